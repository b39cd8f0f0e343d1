//! Graphics (PNG drawings, animations): the file as it is, without its metadata.
//!
//! In: the bytes of a PNG, GIF or WebP file. Out: the parts of it that are seen; not a pixel changes.

use crate::source::picture::parts;

/// A WebP's flags that announce Exif and XMP.
const ANNOUNCED: u8 = 0x08 | 0x04;

/// The file without texts, times, places, cameras' and programs' notes; `None` when it is not complete.
#[must_use]
pub fn without_metadata(bytes: &[u8]) -> Option<Vec<u8>> {
    let mut kept: Vec<u8> = parts(bytes)?.into_iter().flat_map(|part| &bytes[part]).copied().collect();
    if kept.starts_with(b"RIFF") {
        let size = u32::try_from(kept.len() - 8).ok()?;
        kept[4..8].copy_from_slice(&size.to_le_bytes());
        if kept.get(12..16) == Some(b"VP8X") {
            *kept.get_mut(20)? &= !ANNOUNCED;
        }
    }
    Some(kept)
}
