//! Pictures as cameras, scanners and tricksters make them, from code alone.
//!
//! In: sizes, turns, metadata. Out: the bytes of JPEG, PNG, GIF and WebP files; and what is seen in one.

#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::io::Cursor;

use image::metadata::Orientation;
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use jpeg_encoder::{ColorType, Encoder};

/// What no published file may hold.
pub const SECRET: &str = "SECRET-CAMERA-4711";

/// A picture whose four quarters are red (left above), green (right above), blue (left below) and white, with grain like a lens's.
pub fn quarters(width: u32, height: u32) -> RgbImage {
    let mut seed = 1u32;
    RgbImage::from_fn(width, height, |x, y| {
        seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        let grain = |c: u8| c.saturating_add(u8::try_from(seed >> 27).unwrap()).saturating_sub(16);
        Rgb(corner(x * 2 >= width, y * 2 >= height).map(grain))
    })
}

fn corner(right: bool, below: bool) -> [u8; 3] {
    match (right, below) {
        (false, false) => [220, 30, 30],
        (true, false) => [30, 200, 30],
        (false, true) => [30, 30, 220],
        (true, true) => [235, 235, 235],
    }
}

/// Whether a file shows [`quarters`] upright.
pub fn is_upright(bytes: &[u8]) -> bool {
    let image = image::load_from_memory(bytes).unwrap().to_rgb8();
    let (w, h) = image.dimensions();
    let near = |x: u32, y: u32| {
        let wanted = corner(x * 2 >= w, y * 2 >= h);
        image.get_pixel(x, y).0.iter().zip(wanted).all(|(a, b)| a.abs_diff(b) < 48)
    };
    [(w / 4, h / 4), (w * 3 / 4, h / 4), (w / 4, h * 3 / 4), (w * 3 / 4, h * 3 / 4)].into_iter().all(|(x, y)| near(x, y))
}

/// Width and height of a picture's file.
pub fn size_of(bytes: &[u8]) -> (u32, u32) {
    image::ImageReader::new(Cursor::new(bytes)).with_guessed_format().unwrap().into_dimensions().unwrap()
}

/// Exif as cameras write it: the maker, how the camera was held, and where (GPS).
pub fn exif(turn: u8) -> Vec<u8> {
    let entry = |tag: u16, kind: u16, count: u32, value: [u8; 4]| [&tag.to_le_bytes()[..], &kind.to_le_bytes(), &count.to_le_bytes(), &value].concat();
    let (maker, place) = (SECRET.as_bytes(), 8 + 2 + 3 * 12 + 4);
    let gps = place + maker.len() as u32 + 1;
    let mut bytes = b"II*\0\x08\0\0\0\x03\0".to_vec();
    bytes.extend(entry(0x010F, 2, maker.len() as u32 + 1, place.to_le_bytes()));
    bytes.extend(entry(0x0112, 3, 1, [turn, 0, 0, 0]));
    bytes.extend(entry(0x8825, 4, 1, gps.to_le_bytes()));
    bytes.extend([0; 4]);
    bytes.extend(maker);
    bytes.push(0);
    bytes.extend(b"\x02\0");
    bytes.extend(entry(0x0001, 2, 2, *b"N\0\0\0"));
    bytes.extend(entry(0x0002, 5, 3, (gps + 2 + 24 + 4).to_le_bytes()));
    bytes.extend([0; 4]);
    bytes.extend([25u32, 1, 36, 1, 4711, 100].into_iter().flat_map(u32::to_le_bytes));
    bytes
}

/// How a JPEG is written.
#[derive(Default)]
pub struct Jpeg {
    pub turn: u8,
    pub progressive: bool,
    /// A scan for each colour.
    pub scans: bool,
    pub profile: Option<Vec<u8>>,
}

/// A JPEG straight from a camera: with Exif, XMP and a comment.
pub fn jpeg(image: &RgbImage, how: &Jpeg) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = Encoder::new(&mut bytes, 90);
    encoder.set_progressive(how.progressive);
    encoder.set_optimized_huffman_tables(how.scans);
    encoder.add_exif_metadata(&exif(how.turn.max(1))).unwrap();
    encoder.add_app_segment(1, [b"http://ns.adobe.com/xap/1.0/\0<x:", SECRET.as_bytes(), b"/>"].concat()).unwrap();
    encoder.add_app_segment(13, SECRET.into()).unwrap();
    if let Some(profile) = &how.profile {
        encoder.add_icc_profile(profile).unwrap();
    }
    let side = |side: u32| u16::try_from(side).unwrap();
    encoder.encode(image, side(image.width()), side(image.height()), ColorType::Rgb).unwrap();
    bytes
}

/// A photograph of this size.
pub fn photo(width: u32, height: u32) -> Vec<u8> {
    jpeg(&quarters(width, height), &Jpeg::default())
}

/// [`quarters`] as a camera held otherwise stores it.
pub fn turned(width: u32, height: u32, turn: u8) -> Vec<u8> {
    let back = match turn {
        6 => 8,
        8 => 6,
        same => same,
    };
    let mut image = DynamicImage::ImageRgb8(quarters(width, height));
    image.apply_orientation(Orientation::from_exif(back).unwrap());
    jpeg(&image.into_rgb8(), &Jpeg { turn, ..Jpeg::default() })
}

/// [`quarters`] as printers want it.
pub fn cmyk(width: u32, height: u32) -> Vec<u8> {
    let pixels: Vec<u8> = quarters(width, height).pixels().flat_map(|p| [255 - p[0], 255 - p[1], 255 - p[2], 0]).collect();
    let mut bytes = Vec::new();
    Encoder::new(&mut bytes, 90).encode(&pixels, u16::try_from(width).unwrap(), u16::try_from(height).unwrap(), ColorType::Cmyk).unwrap();
    bytes
}

/// An image in a format of the library.
pub fn written(image: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    image.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// A chunk of a PNG.
fn chunk(name: &[u8; 4], content: &[u8]) -> Vec<u8> {
    let length = u32::try_from(content.len()).unwrap().to_be_bytes();
    let sum = crc(&[name, content].concat()).to_be_bytes();
    [&length, &name[..], content, &sum].concat()
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |sum: u32, byte: &u8| (0..8).fold(sum ^ u32::from(*byte), |s, _| if s & 1 == 1 { (s >> 1) ^ 0xEDB8_8320 } else { s >> 1 });
    !bytes.iter().fold(u32::MAX, step)
}

/// A PNG with texts and Exif between its head and its pixels.
pub fn with_texts(png: &[u8]) -> Vec<u8> {
    let text = chunk(b"tEXt", format!("Author\0{SECRET}").as_bytes());
    [&png[..33], &text, &chunk(b"eXIf", &exif(1)), &png[33..]].concat()
}

/// A PNG of a few bytes that announces this size.
pub fn png_bomb(width: u32, height: u32) -> Vec<u8> {
    let head = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &head), &chunk(b"IDAT", b"\x78\x9c\x03\0\0\0\0\x01"), &chunk(b"IEND", b"")].concat()
}

/// A JPEG of a few pixels that announces this size.
pub fn jpeg_bomb(width: u16, height: u16) -> Vec<u8> {
    let mut bytes = photo(16, 16);
    let frame = bytes.windows(2).position(|w| w == [0xFF, 0xC0]).unwrap();
    bytes[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    bytes[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    bytes
}

/// An animation of two frames, with a comment.
pub fn animated_gif() -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    encoder.set_repeat(image::codecs::gif::Repeat::Infinite).unwrap();
    let frame = |c: u8| image::Frame::new(image::RgbaImage::from_pixel(20, 10, image::Rgba([c, 0, 0, 255])));
    encoder.encode_frames([frame(0), frame(200)]).unwrap();
    drop(encoder);
    let end = bytes.len() - 1;
    let comment = [&[0x21, 0xFE, u8::try_from(SECRET.len()).unwrap()], SECRET.as_bytes(), &[0]].concat();
    bytes.splice(end..end, comment);
    bytes
}

/// An animation of two frames, with XMP.
pub fn animated_webp() -> Vec<u8> {
    let config = webp::WebPConfig::new().unwrap();
    let mut encoder = webp::AnimEncoder::new(20, 10, &config);
    let frames = [0u8, 200].map(|c| [c, 0, 0].repeat(200));
    for (pixels, at) in frames.iter().zip([0, 500]) {
        encoder.add_frame(webp::AnimFrame::from_rgb(pixels, 20, 10, at));
    }
    let mut bytes = encoder.encode().to_vec();
    bytes.extend([&b"XMP "[..], &u32::try_from(SECRET.len()).unwrap().to_le_bytes(), SECRET.as_bytes()].concat());
    bytes[20] |= 0x04;
    let size = u32::try_from(bytes.len() - 8).unwrap();
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    bytes
}

/// How many frames a file has.
pub fn frames(bytes: &[u8]) -> usize {
    use image::AnimationDecoder;
    let reader = Cursor::new(bytes);
    match image::guess_format(bytes).unwrap() {
        ImageFormat::Gif => image::codecs::gif::GifDecoder::new(reader).unwrap().into_frames().count(),
        _ => image::codecs::webp::WebPDecoder::new(reader).unwrap().into_frames().count(),
    }
}
