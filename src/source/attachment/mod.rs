//! What stands inside an attachment: text by sheet, cell or page, and whether pictures tell where they were taken.
//!
//! In: a file's name and bytes. Out: [`Inside`]. Archives and the pictures in documents are looked into, to a fixed depth and size. Knows no
//! rule.

mod office;
mod pdf;
mod picture;

use std::io::{Cursor, Read};

/// How deep archives in archives are opened.
const DEPTH: usize = 4;
/// How much an attachment may hold when it is unpacked, in bytes.
pub(super) const LARGEST: u64 = 256 << 20;

/// What was read of an attachment.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    /// Texts with where they stand: `Sheet1!B2`, `第 3 页`, `a.zip › b.docx`.
    pub texts: Vec<(String, String)>,
    /// Pictures and videos that tell where they were taken, by where they lie.
    pub places: Vec<String>,
    /// Parts that cannot be read, and why.
    pub unread: Vec<(String, &'static str, &'static str)>,
    /// Bytes that may still be unpacked.
    room: u64,
}

/// Reads an attachment.
pub(crate) fn read(name: &str, bytes: &[u8]) -> Inside {
    let mut inside = Inside { room: LARGEST, ..Inside::default() };
    inside.part("", name, bytes, DEPTH);
    inside
}

impl Inside {
    /// Reads one file; `at` is where it lies, empty for the attachment itself.
    fn part(&mut self, at: &str, name: &str, bytes: &[u8], depth: usize) {
        let ending = name.rsplit('.').next().unwrap_or("").to_lowercase();
        match ending.as_str() {
            "docx" | "docm" | "dotx" | "pptx" | "xlsx" | "xlsm" | "odt" | "ods" | "odp" | "ofd" => self.archive(at, bytes, depth, true),
            "zip" => self.archive(at, bytes, depth, false),
            "pdf" => pdf::read(at, bytes, self),
            "csv" | "txt" | "md" | "json" | "xml" | "html" | "htm" | "vtt" | "srt" | "rtf" => self.text(at, &decoded(bytes)),
            "doc" | "xls" | "ppt" | "wps" | "et" | "dps" => self.text(at, &ancient(bytes)),
            "jpg" | "jpeg" | "tif" | "tiff" | "png" | "webp" | "heic" if picture::has_place(bytes) => self.places.push(at.to_string()),
            "mp4" | "mov" | "m4v" if memchr::memmem::find(bytes, b"\xa9xyz").is_some() => self.places.push(at.to_string()),
            "rar" | "7z" | "gz" | "tar" | "bz2" | "xz" => self.fail(at, "这种压缩包打不开，无法检查", "archives of this kind cannot be looked into"),
            _ => {}
        }
    }

    /// Where a part lies: `a.zip › b.docx`.
    fn join(at: &str, name: &str) -> String {
        if at.is_empty() { name.to_string() } else { format!("{at} › {name}") }
    }

    fn text(&mut self, at: &str, text: &str) {
        if !text.is_empty() {
            self.texts.push((at.to_string(), text.to_string()));
        }
    }

    fn fail(&mut self, at: &str, zh: &'static str, en: &'static str) {
        self.unread.push((at.to_string(), zh, en));
    }

    /// Reads a ZIP archive: the parts of a document, or files of their own.
    fn archive(&mut self, at: &str, bytes: &[u8], depth: usize, document: bool) {
        let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
            return self.fail(at, "打不开，文件已损坏或加了密", "it is damaged or encrypted");
        };
        if depth == 0 {
            return self.fail(at, "压缩包套得太深", "archives are nested too deeply");
        }
        let mut strings = Vec::new();
        let mut names: Vec<(usize, String)> = (0..archive.len()).filter_map(|i| Some((i, archive.by_index_raw(i).ok()?.name().ok()?.into_owned()))).collect();
        // A workbook's shared strings come before the sheets that use them.
        names.sort_by_key(|(_, name)| (!name.ends_with("sharedStrings.xml"), name.clone()));
        for (i, name) in names {
            let Ok(file) = archive.by_index(i) else {
                self.fail(&Self::join(at, &name), "加了密，无法检查", "it is encrypted");
                continue;
            };
            let mut part = Vec::new();
            let read = file.take(self.room + 1).read_to_end(&mut part);
            let size = u64::try_from(part.len()).unwrap_or(u64::MAX);
            if read.is_err() || size > self.room {
                self.fail(&Self::join(at, &name), "太大或已损坏，无法检查", "it is too large or damaged");
                continue;
            }
            self.room -= size;
            match office::Part::of(&name).filter(|_| document) {
                Some(office::Part::Strings) => strings = office::shared_strings(&String::from_utf8_lossy(&part)),
                Some(office::Part::Sheet(sheet)) => office::cells(&Self::join(at, &sheet), &String::from_utf8_lossy(&part), &strings, &mut self.texts),
                Some(office::Part::Running) => self.text(at, &office::running(&String::from_utf8_lossy(&part))),
                None => self.part(&Self::join(at, &name), &name, &part, depth - 1),
            }
        }
    }
}

/// UTF-8, UTF-16, or GB 18030 as bytes: digits are the same in all of them.
fn decoded(bytes: &[u8]) -> String {
    let wide = bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]);
    match std::str::from_utf8(bytes) {
        Ok(text) if !wide => text.to_string(),
        _ => ancient(bytes),
    }
}

/// The ASCII of a binary file, whatever it is written in: numbers stand in old documents as bytes or as UTF-16.
fn ancient(bytes: &[u8]) -> String {
    bytes.iter().filter(|b| **b != 0).map(|b| if b.is_ascii_graphic() || *b == b' ' { char::from(*b) } else { '\n' }).collect()
}
