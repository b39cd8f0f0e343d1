//! What a picture's header says: enough to know, without decoding it, what will be made of it.
//!
//! In: the bytes of a picture file. Out: a [`Picture`], or why it cannot be used: damaged, incomplete, too large. Files that would
//! fill the memory when they are decoded are refused here, before anything decodes them.

mod container;

use std::io::Cursor;

use bitcode::{Decode, Encode};
use image::metadata::Orientation;
use image::{ColorType, ImageDecoder, ImageFormat};
use serde::Serialize;

use crate::diagnostic::Text;
use crate::digest::Digest;
use container::Jpeg;
pub use container::parts;

/// The most pixels a picture may have.
pub const MOST_PIXELS: u64 = 100_000_000;
/// The most bytes decoding a picture may take, and all that are decoded at the same time together.
pub const MOST_MEMORY: u64 = 640 << 20;
/// The most bytes a picture's file may have.
pub const MOST_BYTES: u64 = 128 << 20;

/// A picture as its header tells it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Encode, Decode)]
pub struct Picture {
    /// Of the file.
    pub digest: Digest,
    /// Width in pixels, as it is to be seen: after turning.
    pub width: u32,
    /// Height in pixels, as it is to be seen.
    pub height: u32,
    /// How its pixels are to be turned, as in Exif: 1 (not at all) to 8.
    pub turn: u8,
    /// What becomes of it.
    pub kind: PictureKind,
    /// Bytes without metadata, of a graphic.
    pub bytes: u64,
    /// Bytes that decoding it may take.
    pub memory: u64,
}

/// What becomes of a picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Encode, Decode)]
pub enum PictureKind {
    /// A photograph: published in several sizes, never as it is.
    Photo,
    /// A drawing, a screenshot, an animation: published as it is, without metadata.
    Graphic,
}

/// What the header of any kind of picture says.
struct Header {
    width: u32,
    height: u32,
    turn: Orientation,
    kind: PictureKind,
    bytes: usize,
    /// Bytes that decoding takes for each pixel.
    cost: u64,
}

/// Reads a picture's header and holds it against the limits. `digest` is that of `bytes`.
///
/// # Errors
/// Why the picture cannot be used.
pub fn read(bytes: &[u8], digest: Digest) -> Result<Picture, Text> {
    let format = image::guess_format(bytes).map_err(|_| damaged())?;
    let header = match format {
        ImageFormat::Jpeg => of_jpeg(bytes).ok_or_else(incomplete),
        ImageFormat::Png | ImageFormat::Gif | ImageFormat::WebP => of_others(bytes, format),
        _ => Err(damaged()),
    }?;
    let (width, height) = (header.width, header.height);
    if width == 0 || height == 0 {
        return Err(damaged());
    }
    let pixels = u64::from(width) * u64::from(height);
    let memory = pixels.saturating_mul(header.cost);
    if pixels > MOST_PIXELS || memory > MOST_MEMORY {
        return Err(too_large(width, height));
    }
    let turn = header.turn.to_exif();
    let (width, height) = if turn > 4 { (height, width) } else { (width, height) };
    Ok(Picture { digest, width, height, turn, kind: header.kind, bytes: header.bytes as u64, memory })
}

fn of_jpeg(bytes: &[u8]) -> Option<Header> {
    let Jpeg { width, height, components, progressive, exif } = container::jpeg(bytes)?;
    let turn = exif.and_then(|range| Orientation::from_exif_chunk(&bytes[range])).unwrap_or(Orientation::NoTransforms);
    // Beside the three bytes of each pixel, and what is made of them, a progressive picture's coefficients are held, two bytes each.
    let cost = 5 + if progressive { 2 * u64::from(components) } else { 0 };
    Some(Header { width, height, turn, kind: PictureKind::Photo, bytes: bytes.len(), cost })
}

fn of_others(bytes: &[u8], format: ImageFormat) -> Result<Header, Text> {
    let mut decoder = image::ImageReader::with_format(Cursor::new(bytes), format).into_decoder().map_err(|_| damaged())?;
    let kept: usize = parts(bytes).ok_or_else(incomplete)?.iter().map(|part| part.end - part.start).sum();
    let (width, height) = decoder.dimensions();
    let color = decoder.color_type();
    let turn = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let pixels = usize::try_from(u64::from(width) * u64::from(height)).unwrap_or(usize::MAX);
    let photo = match format {
        ImageFormat::Png => !is_animated_png(bytes) && (turn != Orientation::NoTransforms || is_noisy(kept, pixels, color)),
        ImageFormat::WebP => !is_animated_webp(bytes) && (turn != Orientation::NoTransforms || !color.has_alpha()),
        _ => false,
    };
    let kind = if photo { PictureKind::Photo } else { PictureKind::Graphic };
    // Beside the pixels as they come out, the same with three bytes each, and what the decoder itself needs.
    Ok(Header { width, height, turn, kind, bytes: kept, cost: u64::from(color.bytes_per_pixel()) + 5 })
}

/// Whether an opaque PNG is a photograph: areas and lines compress to a fraction of a byte for each sample, what a lens saw does not.
fn is_noisy(bytes: usize, pixels: usize, color: ColorType) -> bool {
    let bytes_per_sample = usize::from(color.bytes_per_pixel() / color.channel_count());
    !color.has_alpha() && bytes > 200_000 && bytes / bytes_per_sample > pixels
}

fn is_animated_png(bytes: &[u8]) -> bool {
    let decoder = image::codecs::png::PngDecoder::new(Cursor::new(bytes));
    decoder.is_ok_and(|d| d.is_apng().unwrap_or(false))
}

fn is_animated_webp(bytes: &[u8]) -> bool {
    let decoder = image::codecs::webp::WebPDecoder::new(Cursor::new(bytes));
    decoder.is_ok_and(|d| d.has_animation())
}

fn damaged() -> Text {
    Text::new("不是可用的图片（文件损坏，或格式与扩展名不符）", "not a usable picture (damaged, or of another format than its name says)")
}

fn incomplete() -> Text {
    Text::new("图片文件不完整，或不是常见的图片格式", "the picture file is incomplete, or of a kind that browsers do not show")
}

fn too_large(width: u32, height: u32) -> Text {
    Text::new(
        format!("图片太大（{width}×{height}）：最多 1 亿像素，渐进式 JPEG、16 位图片约 6000 万像素"),
        format!("the picture is too large ({width}×{height}): at most 100 million pixels, some 60 million in a progressive or 16-bit one"),
    )
}

/// Why a file of so many bytes is not even opened as a picture.
pub(super) fn too_heavy(bytes: u64) -> Option<Text> {
    let megabytes = MOST_BYTES >> 20;
    (bytes > MOST_BYTES).then(|| Text::new(format!("图片文件太大：最多 {megabytes} MB"), format!("the picture's file is too large: at most {megabytes} MB")))
}
