//! Making a photograph's variants: decode, scale down, turn, bring to sRGB, encode.
//!
//! In: the bytes of a picture file, what its header said, the variants wanted. Out: the bytes of each, without any metadata. Pure: the same
//! file gives the same bytes. Every size is made of the next larger one, so the full picture is gone through once.

use std::io::Cursor;

use fast_image_resize as fir;
use image::metadata::Orientation;
use image::{DynamicImage, ImageDecoder, ImageReader, RgbImage};
use moxcms::{ColorProfile, DataColorSpace, Layout, TransformOptions};

use crate::plan::picture::{Format, Variant};
use crate::source::picture::Picture;

/// Of the JPEGs, 1 to 100.
const JPEG_QUALITY: u8 = 82;
/// Of the WebPs, 1 to 100.
const WEBP_QUALITY: f32 = 80.0;
/// How hard the WebP encoder tries, 0 to 6: from 3 on it takes twice the time for files that are 4 % smaller (docs/performance.md).
const WEBP_EFFORT: i32 = 2;

/// Makes every variant of a photograph; `wanted` goes from the smallest to the largest.
///
/// # Errors
/// What is wrong with the file, in the decoder's words.
pub(super) fn develop(bytes: &[u8], picture: &Picture, wanted: &[Variant]) -> Result<Vec<(Variant, Vec<u8>)>, String> {
    let Some(largest) = wanted.last() else { return Ok(Vec::new()) };
    let (image, profile) = decode(bytes, picture)?;
    let mut image = finish(image, profile.as_deref(), picture, largest)?;
    let mut made = Vec::with_capacity(wanted.len());
    for variant in wanted.iter().rev() {
        image = scaled(image, (variant.width, variant.height))?;
        made.push((*variant, encode(&image, variant.format)?));
    }
    Ok(made)
}

/// A picture of this size and format with nothing on it.
pub(super) fn plain(variant: &Variant) -> Result<Vec<u8>, String> {
    encode(&RgbImage::from_pixel(variant.width, variant.height, image::Rgb([225, 228, 232])), variant.format)
}

/// The pixels as three bytes each, not yet turned, and the colour profile they are meant in.
fn decode(bytes: &[u8], picture: &Picture) -> Result<(RgbImage, Option<Vec<u8>>), String> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|e| e.to_string())?;
    let mut decoder = reader.into_decoder().map_err(|e| e.to_string())?;
    let (width, height) = decoder.dimensions();
    // A file that tells two sizes could pass the limits with one and fill the memory with the other.
    if as_stored(picture, (picture.width, picture.height)) != (width, height) {
        return Err("it tells two different sizes".into());
    }
    let profile = decoder.icc_profile().unwrap_or_default();
    let image = DynamicImage::from_decoder(decoder).map_err(|e| e.to_string())?;
    let image = if image.color().has_alpha() { on_white(&image.into_rgba8()) } else { image.into_rgb8() };
    Ok((image, profile))
}

/// A size as it is seen, as it lies in the file.
fn as_stored(picture: &Picture, (width, height): (u32, u32)) -> (u32, u32) {
    if picture.turn > 4 { (height, width) } else { (width, height) }
}

/// What is transparent shows white.
fn on_white(image: &image::RgbaImage) -> RgbImage {
    let blend = |c: u8, alpha: u8| {
        let (c, alpha) = (u32::from(c), u32::from(alpha));
        u8::try_from((c * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(255)
    };
    let mut out = RgbImage::new(image.width(), image.height());
    for (to, from) in out.pixels_mut().zip(image.pixels()) {
        let [r, g, b, a] = from.0;
        to.0 = [blend(r, a), blend(g, a), blend(b, a)];
    }
    out
}

/// The picture in the largest size, upright and in sRGB. Scaled down first, because there is less to turn then.
fn finish(image: RgbImage, profile: Option<&[u8]>, picture: &Picture, largest: &Variant) -> Result<RgbImage, String> {
    let image = scaled(image, as_stored(picture, (largest.width, largest.height)))?;
    let image = profile.and_then(|profile| in_srgb(&image, profile)).unwrap_or(image);
    let mut image = DynamicImage::ImageRgb8(image);
    image.apply_orientation(Orientation::from_exif(picture.turn).unwrap_or(Orientation::NoTransforms));
    Ok(image.into_rgb8())
}

/// The same colours in sRGB, which is what browsers take pixels without a profile for. `None` when the profile is of no use.
fn in_srgb(image: &RgbImage, profile: &[u8]) -> Option<RgbImage> {
    let profile = ColorProfile::new_from_slice(profile).ok().filter(|p| p.color_space == DataColorSpace::Rgb)?;
    let transform = profile.create_transform_8bit(Layout::Rgb, &ColorProfile::new_srgb(), Layout::Rgb, TransformOptions::default()).ok()?;
    let mut out = RgbImage::new(image.width(), image.height());
    transform.transform(image, &mut out).ok()?;
    Some(out)
}

fn scaled(image: RgbImage, (width, height): (u32, u32)) -> Result<RgbImage, String> {
    if image.dimensions() == (width, height) {
        return Ok(image);
    }
    let from = fir::images::ImageRef::new(image.width(), image.height(), &image, fir::PixelType::U8x3).map_err(|e| e.to_string())?;
    let mut to = fir::images::Image::new(width, height, fir::PixelType::U8x3);
    let how = fir::ResizeOptions::new().resize_alg(fir::ResizeAlg::Convolution(fir::FilterType::Lanczos3));
    fir::Resizer::new().resize(&from, &mut to, &how).map_err(|e| e.to_string())?;
    RgbImage::from_raw(width, height, to.into_vec()).ok_or_else(|| "it could not be scaled".into())
}

fn encode(image: &RgbImage, format: Format) -> Result<Vec<u8>, String> {
    match format {
        Format::WebP => webp(image),
        Format::Jpeg => jpeg(image),
    }
}

/// A plain JPEG for the oldest programs: one scan, the usual tables. (With tables of its own the encoder writes a scan for each colour, which
/// not every decoder understands.)
fn jpeg(image: &RgbImage) -> Result<Vec<u8>, String> {
    let side = |side: u32| u16::try_from(side).map_err(|e| e.to_string());
    let mut bytes = Vec::new();
    let mut encoder = jpeg_encoder::Encoder::new(&mut bytes, JPEG_QUALITY);
    encoder.set_sampling_factor(jpeg_encoder::SamplingFactor::F_2_2);
    encoder.encode(image, side(image.width())?, side(image.height())?, jpeg_encoder::ColorType::Rgb).map_err(|e| e.to_string())?;
    Ok(bytes)
}

fn webp(image: &RgbImage) -> Result<Vec<u8>, String> {
    let mut config = webp::WebPConfig::new().map_err(|()| "no WebP encoder")?;
    (config.quality, config.method) = (WEBP_QUALITY, WEBP_EFFORT);
    let encoder = webp::Encoder::from_rgb(image, image.width(), image.height());
    encoder.encode_advanced(&config).map(|bytes| bytes.to_vec()).map_err(|e| format!("{e:?}"))
}
