//! Picture files as containers: where the picture itself lies in a file, and whether the file is all there.
//!
//! In: the bytes of a JPEG, PNG, GIF or WebP file. Out: what a JPEG's markers say, or the ranges that are left of another file without
//! its metadata. Nothing is decoded: only lengths and names of parts are looked at.

use std::ops::Range;

/// What the markers of a JPEG say.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(super) struct Jpeg {
    pub width: u32,
    pub height: u32,
    /// 1 grey, 3 colour, 4 CMYK.
    pub components: u8,
    pub progressive: bool,
    /// The Exif data, from the TIFF header on.
    pub exif: Option<Range<usize>>,
}

/// Reads a JPEG from its first marker to its last; `None` when it ends before, or is of a kind that browsers do not show either
/// (lossless, arithmetic, 12 bits) or that the decoder gets wrong (zune-jpeg 0.5 shows sequential pictures with a scan for each colour
/// in green; no camera writes them). What follows the end (cameras put previews there) is not looked at.
pub(super) fn jpeg(bytes: &[u8]) -> Option<Jpeg> {
    let mut found = Jpeg::default();
    let (mut at, mut scans) = (2, 0);
    loop {
        at += bytes.get(at..)?.iter().position(|b| *b == 0xFF)?;
        at += bytes[at..].iter().position(|b| *b != 0xFF)?;
        let marker = bytes[at];
        at += 1;
        match marker {
            0xD9 => return (found.width > 0 && found.height > 0 && (scans == 1 || found.progressive && scans > 1)).then_some(found),
            // Markers without content, and bytes that only look like one.
            0x00 | 0x01 | 0xD0..=0xD8 => continue,
            _ => {}
        }
        let length = usize::from(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?));
        let content = bytes.get(at + 2..at + length)?;
        match marker {
            0xC0..=0xC2 => frame(content, marker == 0xC2, &mut found)?,
            0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF => return None,
            0xE1 if content.starts_with(b"Exif\0\0") => found.exif = Some(at + 8..at + length),
            0xDA => scans += 1,
            _ => {}
        }
        at += length;
    }
}

fn frame(content: &[u8], progressive: bool, found: &mut Jpeg) -> Option<()> {
    let &[8, h1, h0, w1, w0, components @ (1 | 3 | 4), ..] = content else { return None };
    found.height = u32::from(u16::from_be_bytes([h1, h0]));
    found.width = u32::from(u16::from_be_bytes([w1, w0]));
    (found.components, found.progressive) = (components, progressive);
    Some(())
}

/// The parts of a PNG, GIF or WebP file that are the picture itself, in order; `None` when it ends before it is complete.
pub fn parts(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    match bytes.get(..4)? {
        b"\x89PNG" => png(bytes),
        b"GIF8" => gif(bytes),
        b"RIFF" => webp(bytes),
        _ => None,
    }
}

/// Chunks of a PNG that change what is seen; all others (texts, times, Exif) do not.
const PNG_CHUNKS: &[&[u8; 4]] = &[b"IHDR", b"PLTE", b"IDAT", b"IEND", b"tRNS", b"gAMA", b"cHRM", b"sRGB", b"iCCP", b"cICP", b"sBIT", b"acTL", b"fcTL", b"fdAT"];

fn png(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut parts = Vec::new();
    keep(&mut parts, 0..8, true);
    let mut at = 8;
    loop {
        let length = u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?) as usize;
        let end = at.checked_add(length)?.checked_add(12).filter(|end| *end <= bytes.len())?;
        let name: &[u8; 4] = bytes[at + 4..at + 8].try_into().ok()?;
        keep(&mut parts, at..end, PNG_CHUNKS.contains(&name));
        if name == b"IEND" {
            return Some(parts);
        }
        at = end;
    }
}

fn gif(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    let mut at = 13 + colours(*bytes.get(10)?);
    bytes.get(..at)?;
    let mut parts = Vec::new();
    keep(&mut parts, 0..at, true);
    let mut frames = 0;
    // Many a GIF lacks its last byte.
    while let Some(&kind) = bytes.get(at) {
        let from = at;
        let kept = match kind {
            0x3B => {
                keep(&mut parts, at..at + 1, true);
                break;
            }
            0x2C => {
                at = blocks(bytes, at + 11 + colours(*bytes.get(at + 9)?))?;
                frames += 1;
                true
            }
            0x21 => {
                let label = *bytes.get(at + 1)?;
                let name = bytes.get(at + 3..at + 14);
                at = blocks(bytes, at + 2)?;
                // Animation control, and how often it is repeated; comments, texts and XMP are left out.
                label == 0xF9 || (label == 0xFF && matches!(name, Some(b"NETSCAPE2.0" | b"ANIMEXTS1.0")))
            }
            _ => return None,
        };
        keep(&mut parts, from..at, kept);
    }
    (frames > 0).then_some(parts)
}

/// Bytes of the colour table that a GIF's flags announce.
fn colours(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// The end of a chain of GIF sub-blocks.
fn blocks(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let length = usize::from(*bytes.get(at)?);
        at += length + 1;
        if length == 0 {
            return Some(at);
        }
    }
}

/// Chunks of a WebP that change what is seen.
const WEBP_CHUNKS: &[&[u8; 4]] = &[b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF", b"ICCP"];

fn webp(bytes: &[u8]) -> Option<Vec<Range<usize>>> {
    let length = u32::from_le_bytes(bytes.get(4..8)?.try_into().ok()?) as usize;
    let bytes = bytes.get(..length.checked_add(8)?)?;
    let mut parts = Vec::new();
    keep(&mut parts, 0..12, true);
    let mut at = 12;
    while at < bytes.len() {
        let length = u32::from_le_bytes(bytes.get(at + 4..at + 8)?.try_into().ok()?) as usize;
        // A chunk of odd length is followed by one more byte, which the last one may lack.
        let end = at.checked_add(length)?.checked_add(8).filter(|end| *end <= bytes.len())?;
        let end = (end + length % 2).min(bytes.len());
        let name: &[u8; 4] = bytes[at..at + 4].try_into().ok()?;
        keep(&mut parts, at..end, WEBP_CHUNKS.contains(&name));
        at = end;
    }
    (parts.len() > 1 || parts[0].end > 12).then_some(parts)
}

/// Adds a range, joined to the last one where it follows it.
fn keep(parts: &mut Vec<Range<usize>>, range: Range<usize>, kept: bool) {
    match parts.last_mut() {
        _ if !kept => {}
        Some(last) if last.end == range.start => last.end = range.end,
        _ => parts.push(range),
    }
}
