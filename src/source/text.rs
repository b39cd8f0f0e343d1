//! Bytes to text: encodings named, line ends made equal, front matter split from the body, CSV rows.
//!
//! In: a file's bytes. Out: text, or a diagnostic that names the encoding found. Knows no key and no column.

use std::borrow::Cow;

use crate::diagnostic::{Diagnostic, Place, Text};

/// Decodes UTF-8 with or without BOM and makes line ends `\n`.
///
/// # Errors
/// A diagnostic that names UTF-16 or GBK when the bytes look like them.
pub(super) fn decode<'a>(bytes: &'a [u8], file: &str) -> Result<Cow<'a, str>, Diagnostic> {
    let refuse = |name: &str, at: usize| {
        let line = 1 + bytes[..at].iter().filter(|b| **b == b'\n').count();
        Diagnostic::error(
            "not-utf8",
            file,
            Place::new(u32::try_from(line).unwrap_or(u32::MAX), 1),
            format!("文件编码是 {name}，不是 UTF-8"),
            format!("the file's encoding is {name}, not UTF-8"),
        )
        .hint("用编辑器另存为 UTF-8", "save it as UTF-8 in the editor")
    };
    if bytes.starts_with(&[0xFF, 0xFE]) || bytes.starts_with(&[0xFE, 0xFF]) {
        return Err(refuse("UTF-16", 0));
    }
    let bytes_only = bytes.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(bytes);
    // Nearly every file is sound: the fast look cannot say where one is not.
    let text = simdutf8::basic::from_utf8(bytes_only).or_else(|_| std::str::from_utf8(bytes_only));
    match text {
        Ok(text) if memchr::memchr2(0, b'\r', bytes_only).is_none() => Ok(Cow::Borrowed(text)),
        Ok(_) if bytes_only.contains(&0) => Err(refuse(if utf16_without_bom(bytes) { "UTF-16" } else { "二进制数据 (binary)" }, 0)),
        Ok(text) => Ok(Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))),
        Err(_) if utf16_without_bom(bytes) => Err(refuse("UTF-16", 0)),
        Err(e) => {
            let at = e.valid_up_to() + (bytes.len() - bytes_only.len());
            Err(refuse(if looks_like_gbk(bytes_only) { "GBK (GB18030)" } else { "未知编码 (unknown)" }, at))
        }
    }
}

fn utf16_without_bom(bytes: &[u8]) -> bool {
    let sample = &bytes[..bytes.len().min(512)];
    sample.len() >= 4
        && (sample.iter().step_by(2).filter(|b| **b == 0).count() * 5 > sample.len()
            || sample.iter().skip(1).step_by(2).filter(|b| **b == 0).count() * 5 > sample.len())
}

/// Whether the bytes are well-formed GBK or GB18030: every byte above 0x80 leads a valid pair or a valid four.
fn looks_like_gbk(bytes: &[u8]) -> bool {
    let mut i = 0;
    while i < bytes.len() {
        match (bytes[i], bytes.get(i + 1)) {
            (0..=0x7F, _) => i += 1,
            (0x81..=0xFE, Some(0x40..=0x7E | 0x80..=0xFE)) => i += 2,
            (0x81..=0xFE, Some(0x30..=0x39)) => i += 4,
            _ => return false,
        }
    }
    true
}

/// A Markdown file's two parts.
#[derive(Debug)]
pub(super) struct Parts<'a> {
    /// Between the `---` lines; its first line is line 2 of the file.
    pub yaml: &'a str,
    /// After them.
    pub body: &'a str,
    /// The line on which the body begins, from 1.
    pub body_line: u32,
}

/// Splits front matter from body.
///
/// # Errors
/// A diagnostic when there is no front matter, it does not end, or it is TOML.
pub(super) fn split<'a>(text: &'a str, file: &str) -> Result<Parts<'a>, Diagnostic> {
    let mut lines = text.split_inclusive('\n');
    let first = lines.next().unwrap_or("");
    let no_front = |zh: &str, en: &str| {
        Err(Diagnostic::error("no-front-matter", file, Place::new(1, 1), zh, en).hint(
            "文件开头写：---，换行 title: 标题，换行 date: 2026-11-03，换行 ---",
            "begin the file with `---`, `title: …`, `date: 2026-11-03`, `---`, each on its line",
        ))
    };
    match first.trim_end() {
        "---" => {}
        "+++" => return no_front("开头信息是 TOML（+++），这里用 YAML（---）", "the front matter is TOML (`+++`), YAML (`---`) is needed"),
        _ => return no_front("文件开头没有“---”包围的标题和日期", "the file does not begin with front matter between `---` lines"),
    }
    let mut at = first.len();
    for (number, line) in (2u32..).zip(lines) {
        if matches!(line.trim_end(), "---" | "...") {
            return Ok(Parts { yaml: &text[first.len()..at], body: &text[at + line.len()..], body_line: number + 1 });
        }
        at += line.len();
    }
    no_front("开头的“---”没有结束：缺少第二个“---”", "the front matter does not end: the second `---` is missing")
}

/// A CSV file's content.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// Its first line.
    pub headings: Vec<String>,
    /// The other lines, each as long as the headings.
    pub rows: Vec<Vec<String>>,
}

/// Reads a CSV file: UTF-8, comma-separated, the first line holding the headings.
///
/// # Errors
/// What is wrong, with the line.
pub(super) fn rows(bytes: &[u8]) -> Result<Table, Text> {
    let text = decode(bytes, "").map_err(|d| d.message)?;
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.as_bytes());
    let headings: Vec<String> = reader.headers().map_err(|e| csv_error(&e))?.iter().map(str::to_string).collect();
    if headings.iter().all(String::is_empty) {
        return Err(Text::new("CSV 的第一行没有列名", "the first line of the CSV file has no headings"));
    }
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|e| csv_error(&e))?;
        if record.len() != headings.len() {
            let line = record.position().map_or(0, csv::Position::line);
            let (found, wanted) = (record.len(), headings.len());
            return Err(Text::new(
                format!("CSV 第 {line} 行有 {found} 列，应有 {wanted} 列"),
                format!("line {line} of the CSV file has {found} cells, the headings have {wanted}"),
            ));
        }
        rows.push(record.iter().map(str::to_string).collect());
    }
    Ok(Table { headings, rows })
}

fn csv_error(e: &csv::Error) -> Text {
    Text::new(format!("CSV 读不出：{e}"), format!("the CSV file cannot be read: {e}"))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn foreign_encodings_are_named() {
        let gbk = [0xB1, 0xEA, 0xCC, 0xE2, b'\n'];
        assert!(decode(&gbk, "a.md").unwrap_err().message.en.contains("GBK"));
        assert!(decode(&[0xFF, 0xFE, b'a', 0], "a.md").unwrap_err().message.en.contains("UTF-16"));
        assert!(decode(&[b'-', 0, b'-', 0, b'-', 0], "a.md").unwrap_err().message.en.contains("UTF-16"));
        assert_eq!(decode(b"\xEF\xBB\xBFa\r\nb", "a.md").unwrap(), "a\nb");
    }

    #[test]
    fn the_body_knows_its_line() {
        let parts = split("---\ntitle: a\n---\nbody\n", "a.md").unwrap();
        assert_eq!((parts.yaml, parts.body, parts.body_line), ("title: a\n", "body\n", 4));
        assert!(split("---\ntitle: a\n", "a.md").is_err());
        assert!(split("+++\n", "a.md").unwrap_err().message.en.contains("TOML"));
    }

    #[test]
    fn a_ragged_csv_names_its_line() {
        assert!(rows("a,b\n1,2\n3\n".as_bytes()).unwrap_err().en.contains("line 3"));
        assert_eq!(rows("\u{feff}名称,数量\r\n茶,3\r\n".as_bytes()).unwrap().rows, [["茶", "3"]]);
    }
}
