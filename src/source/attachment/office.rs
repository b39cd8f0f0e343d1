//! Documents of office programs: OOXML (docx, xlsx, pptx) and OpenDocument, as running text and as cells.
//!
//! In: the XML parts of a document. Out: their text. A paragraph is one text however many runs it is written in, so that a number split by
//! formatting is whole again; numbers are taken as they are written, not as a program would round them.

use quick_xml::Reader;
use quick_xml::XmlVersion;
use quick_xml::events::{BytesStart, Event};

/// What a part of a document is.
pub(super) enum Part {
    /// The strings that a workbook's sheets share.
    Strings,
    /// A sheet, by its name.
    Sheet(String),
    /// Running text.
    Running,
}

impl Part {
    /// What the part of this name is; `None` when it is a file of its own, such as a picture.
    pub(super) fn of(name: &str) -> Option<Self> {
        if !name.ends_with(".xml") {
            return None;
        }
        if name.ends_with("sharedStrings.xml") {
            return Some(Self::Strings);
        }
        let sheet = name.strip_prefix("xl/worksheets/").and_then(|n| n.strip_suffix(".xml"));
        Some(sheet.map_or(Self::Running, |s| Self::Sheet(s.to_string())))
    }
}

/// Elements that end a paragraph, a cell, a line.
const ENDS: [&str; 12] = ["p", "si", "c", "tr", "row", "br", "tab", "comment", "line-break", "table-cell", "text", "h"];

/// The text of a part, a line for each paragraph.
pub(super) fn running(xml: &str) -> String {
    let mut out = String::new();
    walk(xml, |event| match event {
        Piece::Text(text) => out.push_str(text),
        // `w:t` and `a:t` end runs, not paragraphs.
        Piece::End(name) if ENDS.contains(&name) && !out.ends_with('\n') => out.push('\n'),
        _ => {}
    });
    out
}

/// The strings that a workbook's sheets share, in order.
pub(super) fn shared_strings(xml: &str) -> Vec<String> {
    let (mut strings, mut current) = (Vec::new(), String::new());
    walk(xml, |piece| match piece {
        Piece::Text(text) => current.push_str(text),
        Piece::End("si") => strings.push(std::mem::take(&mut current)),
        _ => {}
    });
    strings
}

/// The cells of a sheet that hold anything: `sheet1!B2` and the text.
pub(super) fn cells(sheet: &str, xml: &str, strings: &[String], out: &mut Vec<(String, String)>) {
    let (mut name, mut shared, mut text) = (String::new(), false, String::new());
    walk(xml, |piece| match piece {
        Piece::Start("c", start) => {
            let value = |key: &str| start.try_get_attribute(key).ok().flatten().map(|a| a.value.to_string()).unwrap_or_default();
            (name, shared) = (value("r"), value("t") == "s");
            text.clear();
        }
        Piece::Text(t) => text.push_str(t),
        Piece::End("f") => text.clear(),
        Piece::End("c" | "row") if !text.trim().is_empty() => {
            let text = std::mem::take(&mut text);
            let text = if shared { text.trim().parse::<usize>().ok().and_then(|i| strings.get(i)).cloned().unwrap_or_default() } else { text };
            out.push((format!("{sheet}!{name}"), text));
        }
        _ => {}
    });
}

/// A piece of XML.
enum Piece<'a> {
    Start(&'a str, &'a BytesStart<'a>),
    Text(&'a str),
    End(&'a str),
}

/// Goes through XML, names without their prefixes. What is broken ends it: what came before has been seen.
fn walk(xml: &str, mut each: impl FnMut(Piece<'_>)) {
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event() {
            Ok(Event::Start(start)) => each(Piece::Start(start.local_name().as_ref(), &start)),
            Ok(Event::Empty(start)) => {
                each(Piece::Start(start.local_name().as_ref(), &start));
                each(Piece::End(start.local_name().as_ref()));
            }
            Ok(Event::Text(text)) => each(Piece::Text(&text.xml_content(XmlVersion::Implicit1_0))),
            Ok(Event::CData(text)) => each(Piece::Text(&text.xml_content(XmlVersion::Implicit1_0))),
            Ok(Event::GeneralRef(reference)) => {
                let c = reference.resolve_char_ref().ok().flatten().unwrap_or('\u{fffd}');
                each(Piece::Text(c.encode_utf8(&mut [0; 4])));
            }
            Ok(Event::End(end)) => each(Piece::End(end.local_name().as_ref())),
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_split_by_formatting_is_whole() {
        let xml = "<w:p><w:r><w:t>530102</w:t></w:r><w:r><w:rPr><w:b/></w:rPr><w:t>1990&#48;307</w:t></w:r></w:p><w:p><w:t>下一段</w:t></w:p>";
        assert_eq!(running(xml), "53010219900307\n下一段\n");
    }

    #[test]
    fn cells_have_names_and_their_shared_text() {
        let strings = shared_strings("<sst><si><t>姓名</t></si><si><r><t>张</t></r><r><t>三</t></r></si></sst>");
        assert_eq!(strings, ["姓名", "张三"]);
        let mut out = Vec::new();
        let xml = "<sheetData><row r=\"1\"><c r=\"A1\" t=\"s\"><v>1</v></c><c r=\"B1\"><f>A1</f><v>13987654321</v></c><c r=\"C1\" t=\"inlineStr\"><is><t>行内</t></is></c></row></sheetData>";
        cells("sheet1", xml, &strings, &mut out);
        let expected = [("sheet1!A1", "张三"), ("sheet1!B1", "13987654321"), ("sheet1!C1", "行内")];
        assert_eq!(out, expected.map(|(a, b)| (a.to_string(), b.to_string())));
    }
}
