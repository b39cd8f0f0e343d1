//! PDF: the text of its pages, its notes and its form fields.
//!
//! In: bytes. Out: texts by page. A page that is only a picture has no text: that is told, because nothing in it can be found.

use lopdf::{Document, Object};

use super::{Inside, LARGEST};

/// Reads a PDF.
pub(super) fn read(at: &str, bytes: &[u8], inside: &mut Inside) {
    // The reader is of others and meets whatever people attach: should it stumble, the file counts as not read.
    let text = std::panic::catch_unwind(|| texts(bytes)).unwrap_or(Err(Failure::Damaged));
    match text {
        Ok(Pages { texts, whole }) => {
            let empty = texts.iter().all(|(_, text)| text.trim().is_empty());
            if !whole {
                inside.fail(at, "有的文字没有编码对照表，读不出", "some of its text has no map to characters");
            }
            for (page, text) in texts {
                inside.text(&Inside::join(at, &page), &text);
            }
            if empty && whole {
                inside.fail(at, "没有文字（可能是扫描件），无法检查", "it has no text (a scan?)");
            }
        }
        Err(Failure::Encrypted) => inside.fail(at, "加了密，无法检查", "it is encrypted"),
        Err(Failure::Damaged) => inside.fail(at, "读不出，文件可能已损坏", "it cannot be read"),
    }
}

enum Failure {
    Encrypted,
    Damaged,
}

/// What was read of the pages.
struct Pages {
    texts: Vec<(String, String)>,
    /// Whether all text could be read.
    whole: bool,
}

fn texts(bytes: &[u8]) -> Result<Pages, Failure> {
    let document = Document::load_mem(bytes).map_err(|_| Failure::Damaged)?;
    if document.is_encrypted() {
        return Err(Failure::Encrypted);
    }
    let limit = usize::try_from(LARGEST).unwrap_or(usize::MAX);
    let mut whole = true;
    let mut found: Vec<(String, String)> = Vec::new();
    for (n, id) in document.get_pages() {
        let parts = document.extract_text_chunks_with_limit(&[n], limit);
        whole &= parts.iter().all(Result::is_ok) && document.get_page_fonts(id).is_ok_and(|fonts| fonts.values().all(|font| is_readable(font, &document)));
        let text: String = parts.into_iter().filter_map(Result::ok).collect();
        found.push((format!("第 {n} 页"), rejoined(&text)));
    }
    let asides: Vec<String> = document.objects.values().filter_map(|o| o.as_dict().ok()).flat_map(notes).collect();
    if !asides.is_empty() {
        found.push(("批注、表单".into(), asides.join("\n")));
    }
    Ok(Pages { texts: found, whole })
}

/// Whether a font's codes can be read: those of an embedded subset mean nothing without a map to Unicode.
fn is_readable(font: &lopdf::Dictionary, document: &Document) -> bool {
    let is_subset = font.get(b"Encoding").and_then(Object::as_name).is_ok_and(|name| name.starts_with(b"Identity"));
    !is_subset || matches!(font.get_font_encoding(document), Ok(lopdf::Encoding::UnicodeMapEncoding(_)))
}

/// What stands in a note, a form field, or the document's own description.
fn notes(dictionary: &lopdf::Dictionary) -> Vec<String> {
    let keys: [&[u8]; 5] = [b"Contents", b"V", b"Title", b"Subject", b"Keywords"];
    let text = |key: &&[u8]| match dictionary.get(key) {
        Ok(Object::String(bytes, _)) => Some(plain(bytes)),
        _ => None,
    };
    keys.iter().filter_map(text).filter(|t| !t.trim().is_empty()).collect()
}

/// A text string of PDF: UTF-16 with its mark, else bytes.
fn plain(bytes: &[u8]) -> String {
    match bytes.strip_prefix(&[0xFE, 0xFF]) {
        Some(wide) => String::from_utf16_lossy(&wide.as_chunks::<2>().0.iter().map(|pair| u16::from_be_bytes(*pair)).collect::<Vec<_>>()),
        None => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The text, and once more with digits that were set apart (one by one, or over a line's end) joined.
fn rejoined(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let is_digit = |i: usize| chars.get(i).is_some_and(|c| c.is_ascii_digit() || *c == 'X');
    let mut joined = String::new();
    let mut i = 0;
    while i < chars.len() {
        let gap = chars[i..].iter().take_while(|c| c.is_whitespace()).count();
        if gap > 0 && i > 0 && is_digit(i - 1) && is_digit(i + gap) {
            i += gap;
            continue;
        }
        joined.push(chars[i]);
        i += 1;
    }
    if joined == text { joined } else { format!("{text}\n\u{c}{joined}") }
}
