//! The YAML that nearly every front matter consists of, read without a parser: lines of `key: text`, `key: "text"` and
//! `key: [text, "text"]`.
//!
//! In: the text of a document. Out: the very tree the parser would give, or `None` wherever the text might mean anything else: then the
//! parser reads it. The tests hold the two against each other.

use super::{Key, Node, Value};
use crate::diagnostic::Place;

/// Reads a document of simple lines. `first_line` is the line of the file on which it begins.
pub(super) fn parse(text: &str, first_line: u32) -> Option<Node> {
    let mut entries: Vec<(Key, Node)> = Vec::with_capacity(8);
    for (line, number) in text.lines().zip(first_line..) {
        let (key, value) = entry(line, number)?;
        if entries.iter().any(|(k, _)| k.text == key.text) {
            return None;
        }
        entries.push((key, value));
    }
    (!entries.is_empty()).then(|| Node { place: Place::new(first_line, 1), value: Value::Map(entries) })
}

fn entry(line: &str, number: u32) -> Option<(Key, Node)> {
    let (key, rest) = line.split_once(": ")?;
    let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic()) && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !is_key || is_null(key) || !line.chars().all(is_ordinary) {
        return None;
    }
    let text = rest.trim_start_matches(' ');
    let column = key.len() + 2 + (rest.len() - text.len());
    let value = value(text.trim_end_matches(' '), number, column)?;
    Some((Key { text: key.to_string(), place: Place::new(number, 1) }, value))
}

/// A value that begins `column` characters into its line.
fn value(text: &str, line: u32, column: usize) -> Option<Node> {
    let place = Place::new(line, u32::try_from(column).ok()? + 1);
    let value = match text.as_bytes().first()? {
        b'"' => Value::Scalar { text: quoted(text)?.to_string(), plain: false },
        b'[' => Value::List(list(text, line, column)?),
        _ if is_plain(text) => Value::Scalar { text: text.to_string(), plain: true },
        _ => return None,
    };
    Some(Node { place, value })
}

/// `[a, "b"]`
fn list(text: &str, line: u32, column: usize) -> Option<Vec<Node>> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    let mut nodes = Vec::new();
    let mut at = column + 1;
    for part in inside.split(',') {
        let item = part.trim_start_matches(' ');
        let start = at + (part.len() - item.len());
        let item = item.trim_end_matches(' ');
        // Whatever has a meaning of its own inside brackets is left to the parser.
        if item.starts_with('[') || !item.starts_with('"') && item.contains(['[', ']', '{', '}', ':', '#', '"', '\'']) {
            return None;
        }
        nodes.push(value(item, line, start)?);
        at += part.chars().count() + 1;
    }
    Some(nodes)
}

/// The inside of a text in double quotes that escapes nothing.
fn quoted(text: &str) -> Option<&str> {
    let inside = text.strip_prefix('"')?.strip_suffix('"')?;
    (!inside.contains(['"', '\\'])).then_some(inside)
}

/// Whether a text is a plain value that is not nothing, on one line and by itself.
fn is_plain(text: &str) -> bool {
    let begins = |c: char| !"-?:,[]{}#&*!|>'\"%@`~.=<".contains(c) && !c.is_whitespace();
    text.starts_with(begins) && !is_null(text) && !text.contains(": ") && !text.contains(" #") && !text.ends_with(':')
}

fn is_null(text: &str) -> bool {
    matches!(text, "null" | "Null" | "NULL" | "~")
}

/// Characters that mean themselves wherever they stand.
fn is_ordinary(c: char) -> bool {
    matches!(c, ' '..='~' | '\u{a0}'..='\u{2027}' | '\u{202a}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::super::parse_any;
    use super::*;
    use proptest::prelude::*;

    fn same(text: &str) {
        if let Some(node) = parse(text, 2) {
            assert_eq!(parse_any(text, 2), Ok(node), "{text:?}");
        }
    }

    #[test]
    fn what_authors_write_most_is_read_without_the_parser() {
        let text =
            "title: 春耕  备耕\ndate: 2026-11-03 09:30\nkeywords: [春耕, \"农资、化肥\", a b]\nimage: \"../p.png\"\npinned: true\nsummary: “三农”：开局 \n";
        assert!(parse(text, 2).is_some());
        same(text);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn it_reads_nothing_as_the_parser_would_not(text in document()) {
            same(&text);
        }
    }

    /// Lines that are simple or nearly so.
    fn document() -> impl Strategy<Value = String> {
        let word = prop_oneof!["[a-c中文。\u{3000}\u{a0}é🙂]{1,3}", "[0-9. -]{1,4}"];
        let mark = prop::sample::select(vec![
            "-", "?", ":", ": ", ",", ", ", "[", "]", "{", "}", "#", " #", "&", "*", "!", "|", ">", "'", "\"", "%", "@", "`", "~", "\\", "\t", "null", "---",
            "\u{85}", "\u{2028}", "\u{feff}", "\r",
        ]);
        let text = prop::collection::vec(prop_oneof![3 => word, 1 => mark.prop_map(str::to_string)], 0..5).prop_map(|parts| parts.concat());
        let wrapped = (text, prop::sample::select(vec![("", ""), ("\"", "\""), ("[", "]"), ("[\"", "\"]"), (" ", " ")]))
            .prop_map(|(text, (a, b))| format!("{a}{text}{b}"));
        let line = ("[a-zN_0-9]{1,3}", prop::sample::select(vec![": ", ": ", ": ", ":", ":  "]), wrapped)
            .prop_map(|(key, colon, value)| format!("{key}{colon}{value}\n"));
        prop::collection::vec(line, 1..4).prop_map(|lines| lines.concat())
    }
}
