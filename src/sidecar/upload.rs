//! Files that citizens send: looked at, never believed.
//!
//! In: a name and bytes. Out: an [`Attachment`] of a kind the desk takes, or what is wrong, in words for the citizen. Pictures are decoded and
//! encoded anew, so that nothing but the picture is kept (no place, no camera, nothing hidden behind it).

use std::io::Cursor;

use image::{DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits};

use super::desk::FileKind;
use super::seal::{NoRandom, random};
use super::store::cases::Attachment;

/// Pixels of a picture's longer side that are kept.
const LONGEST: u32 = 4096;
/// Bytes a picture may take while it is decoded.
const ROOM: u64 = 256 * 1024 * 1024;

/// Why a file is not taken.
#[derive(Debug, thiserror::Error)]
pub enum Unwelcome {
    /// In words for the citizen.
    #[error("{0}")]
    Wrong(String),
    /// The machine gives no random numbers.
    #[error(transparent)]
    NoRandom(#[from] NoRandom),
}

/// Looks at a file. Takes time for pictures: not for a thread that serves others.
///
/// # Errors
/// When it is not of the kinds that are taken, or not what its beginning says.
pub fn look_at(name: &str, bytes: Vec<u8>, kinds: &[FileKind]) -> Result<Attachment, Unwelcome> {
    let name = tidy_name(name);
    let wrong = |why: &str| Unwelcome::Wrong(format!("“{name}”{why}"));
    let refused = || {
        let names: Vec<&str> = kinds.iter().map(|k| k.name()).collect();
        wrong(&format!("不是可以接收的文件，只接收{}", names.join("、")))
    };
    let found = sniff(&name, &bytes).ok_or_else(refused)?;
    if !kinds.contains(&found.0) {
        return Err(refused());
    }
    let (bytes, kind) = match found {
        (FileKind::Picture, _) => anew(&bytes).map_err(|()| wrong("打不开，可能已损坏，请换一张图片"))?,
        (_, kind) => (bytes, kind),
    };
    let id = random()?.chars().take(32).collect();
    Ok(Attachment { id, name, kind: kind.to_string(), bytes })
}

/// What a file is by its first bytes; for office documents, by its ending too.
fn sniff(name: &str, bytes: &[u8]) -> Option<(FileKind, &'static str)> {
    let ending = name.rsplit_once('.').map_or("", |(_, e)| e).to_ascii_lowercase();
    let webp = bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WEBP");
    if bytes.starts_with(b"\xFF\xD8\xFF") || bytes.starts_with(b"\x89PNG\r\n\x1A\n") || webp {
        return Some((FileKind::Picture, "image/jpeg"));
    }
    if bytes.starts_with(b"%PDF-") {
        return Some((FileKind::Pdf, "application/pdf"));
    }
    // Office formats with macros (docm, xlsm, …) are not on these lists.
    let packed = ["docx", "xlsx", "pptx", "odt", "ods", "odp", "ofd"];
    let old = ["doc", "xls", "ppt", "wps", "et", "dps"];
    let office =
        bytes.starts_with(b"PK\x03\x04") && packed.contains(&&*ending) || bytes.starts_with(b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1") && old.contains(&&*ending);
    office.then_some((FileKind::Office, "application/octet-stream"))
}

/// Decodes a picture and encodes it anew, upright and not larger than is useful.
fn anew(bytes: &[u8]) -> Result<(Vec<u8>, &'static str), ()> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(drop)?;
    let png = reader.format() == Some(ImageFormat::Png);
    let mut limits = Limits::default();
    limits.max_image_width = Some(20_000);
    limits.max_image_height = Some(20_000);
    limits.max_alloc = Some(ROOM);
    reader.limits(limits);
    let mut decoder = reader.into_decoder().map_err(drop)?;
    if u64::from(decoder.dimensions().0) * u64::from(decoder.dimensions().1) > 60_000_000 {
        return Err(());
    }
    let orientation = decoder.orientation().map_err(drop)?;
    let mut picture = DynamicImage::from_decoder(decoder).map_err(drop)?;
    picture.apply_orientation(orientation);
    if picture.width().max(picture.height()) > LONGEST {
        picture = picture.resize(LONGEST, LONGEST, image::imageops::FilterType::Triangle);
    }
    let mut out = Cursor::new(Vec::new());
    let (picture, format, kind) =
        if png { (picture, ImageFormat::Png, "image/png") } else { (DynamicImage::ImageRgb8(picture.to_rgb8()), ImageFormat::Jpeg, "image/jpeg") };
    picture.write_to(&mut out, format).map_err(drop)?;
    Ok((out.into_inner(), kind))
}

/// The last part of a path, without characters that mean something to a shell, a header or a file system; at most 80 characters.
fn tidy_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or("");
    let safe: String = last.chars().map(|c| if c.is_alphanumeric() || matches!(c, '.' | '-' | '_' | '（' | '）' | '(' | ')') { c } else { '_' }).collect();
    let from = safe.chars().count().saturating_sub(80);
    let tidy: String = safe.trim_start_matches('.').chars().skip(from).collect();
    if tidy.is_empty() { "附件".to_string() } else { tidy }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const ALL: &[FileKind] = FileKind::ALL;

    fn picture(format: ImageFormat) -> Vec<u8> {
        let mut out = Cursor::new(Vec::new());
        DynamicImage::new_rgb8(30, 20).write_to(&mut out, format).unwrap();
        out.into_inner()
    }

    #[test]
    fn a_picture_is_encoded_anew_and_loses_what_was_behind_it() {
        let mut bytes = picture(ImageFormat::Jpeg);
        bytes.extend(b"<?php hidden ?>");
        let kept = look_at("C:\\照片\\a b.jpg", bytes, ALL).unwrap();
        assert_eq!((kept.name.as_str(), kept.kind.as_str()), ("a_b.jpg", "image/jpeg"));
        assert!(!kept.bytes.windows(6).any(|w| w == b"hidden"));
        assert_eq!(look_at("a.png", picture(ImageFormat::Png), ALL).unwrap().kind, "image/png");
    }

    #[test]
    fn what_a_file_is_does_not_follow_from_its_name() {
        for (name, bytes) in [
            ("a.jpg", b"<html>".to_vec()),
            ("a.jpg", b"\xFF\xD8\xFFbroken".to_vec()),
            ("a.exe", b"MZ".to_vec()),
            ("a.docm", b"PK\x03\x04".to_vec()),
            ("a.zip", b"PK\x03\x04".to_vec()),
            ("a.svg", b"<svg/>".to_vec()),
            ("a.pdf", Vec::new()),
        ] {
            assert!(matches!(look_at(name, bytes, ALL), Err(Unwelcome::Wrong(_))), "{name}");
        }
        assert_eq!(look_at("a.PDF", b"%PDF-1.7".to_vec(), ALL).unwrap().kind, "application/pdf");
        assert!(look_at("申请表.docx", b"PK\x03\x04".to_vec(), ALL).is_ok());
        let told = look_at("a.pdf", b"%PDF-1.7".to_vec(), &[FileKind::Picture]).unwrap_err().to_string();
        assert_eq!(told, "“a.pdf”不是可以接收的文件，只接收图片（JPG、PNG、WebP）");
    }

    #[test]
    fn a_name_is_only_a_name() {
        for (given, kept) in [("../../etc/passwd", "passwd"), ("..", "附件"), ("a\r\nX: y", "a__X__y"), (".htaccess", "htaccess"), ("", "附件")] {
            assert_eq!(tidy_name(given), kept);
        }
    }
}
