//! The raw HTML an author may write: which elements and attributes, and the small tokenizer that reads them.
//!
//! In: the text of HTML events. Out: tokens of allowed elements, text, and the names of what is refused. A token never carries markup
//! through: who writes HTML makes it anew from names in [`ELEMENTS`] and from cleaned values. It knows no place and no output.

use std::borrow::Cow;

use pulldown_cmark::{Event, Parser};

use super::LinkKind;

/// What may stand inside an element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Content {
    /// Blocks and text.
    Flow,
    /// Text and inline elements only.
    Phrasing,
    /// Whatever may stand around it.
    Inherit,
    /// Parts of a table only.
    Table,
    /// Nothing: it has no end tag.
    Void,
}

/// An element that authors may write.
#[derive(Debug, PartialEq)]
pub(crate) struct Element {
    /// As it is written.
    pub(crate) name: &'static str,
    /// As it comes out (`center` becomes `div`).
    pub(crate) output: &'static str,
    /// Whether it is a block, which has no place inside a paragraph.
    pub(crate) block: bool,
    /// What may stand inside.
    pub(crate) content: Content,
    /// The elements it has to stand in; empty: anywhere.
    pub(crate) parents: &'static [&'static str],
    key: u128,
}

/// A name of up to 16 bytes as a number, in lower case: numbers are found many times faster than texts, and in the same order.
const fn key(name: &[u8]) -> u128 {
    let mut key = 0;
    let mut i = 0;
    while i < 16 {
        key = key << 8 | if i < name.len() { name[i].to_ascii_lowercase() as u128 } else { 0 };
        i += 1;
    }
    key
}

const fn inline(name: &'static str) -> Element {
    Element { name, output: name, block: false, content: Content::Inherit, parents: &[], key: key(name.as_bytes()) }
}

const fn block(name: &'static str, content: Content) -> Element {
    Element { name, output: name, block: true, content, parents: &[], key: key(name.as_bytes()) }
}

const fn part(name: &'static str, content: Content, parents: &'static [&'static str]) -> Element {
    Element { name, output: name, block: true, content, parents, key: key(name.as_bytes()) }
}

const SECTIONS: &[&str] = &["table", "thead", "tbody", "tfoot"];
const ROWS: &[&str] = &["tr", "table", "thead", "tbody", "tfoot"];

/// All allowed elements, by name.
pub(crate) static ELEMENTS: &[Element] = &[
    inline("a"),
    inline("abbr"),
    inline("b"),
    block("blockquote", Content::Flow),
    Element { content: Content::Void, ..inline("br") },
    part("caption", Content::Flow, &["table"]),
    Element { output: "div", ..block("center", Content::Flow) },
    inline("cite"),
    inline("code"),
    part("col", Content::Void, &["colgroup", "table"]),
    part("colgroup", Content::Table, &["table"]),
    part("dd", Content::Flow, &["dl"]),
    inline("del"),
    block("details", Content::Flow),
    block("div", Content::Flow),
    block("dl", Content::Flow),
    part("dt", Content::Flow, &["dl"]),
    inline("em"),
    part("figcaption", Content::Flow, &["figure"]),
    block("figure", Content::Flow),
    Element { output: "h2", ..block("h1", Content::Phrasing) },
    block("h2", Content::Phrasing),
    block("h3", Content::Phrasing),
    block("h4", Content::Phrasing),
    block("h5", Content::Phrasing),
    block("h6", Content::Phrasing),
    block("hr", Content::Void),
    inline("i"),
    Element { content: Content::Void, ..inline("img") },
    inline("ins"),
    inline("kbd"),
    part("li", Content::Flow, &["ul", "ol"]),
    inline("mark"),
    block("ol", Content::Flow),
    block("p", Content::Phrasing),
    block("pre", Content::Phrasing),
    inline("q"),
    part("rp", Content::Phrasing, &["ruby"]),
    part("rt", Content::Phrasing, &["ruby"]),
    inline("ruby"),
    inline("s"),
    inline("small"),
    inline("span"),
    inline("strong"),
    inline("sub"),
    part("summary", Content::Phrasing, &["details"]),
    inline("sup"),
    block("table", Content::Table),
    part("tbody", Content::Table, &["table"]),
    part("td", Content::Flow, ROWS),
    part("tfoot", Content::Table, &["table"]),
    part("th", Content::Flow, ROWS),
    part("thead", Content::Table, &["table"]),
    inline("time"),
    part("tr", Content::Table, SECTIONS),
    inline("u"),
    block("ul", Content::Flow),
];

/// Elements whose content is not text to read: dropped with all that is in them.
const HIDDEN: [&str; 14] =
    ["iframe", "math", "noembed", "noframes", "noscript", "object", "plaintext", "script", "style", "svg", "template", "textarea", "title", "xmp"];

/// Those of them that may stand in themselves.
const NESTED: [&str; 4] = ["math", "object", "svg", "template"];

/// A dropped element that is still open, how deep it stands in itself.
#[derive(Debug)]
pub(crate) struct Hidden {
    /// Its name.
    pub(crate) name: &'static str,
    depth: u32,
}

/// A piece of raw HTML.
#[derive(Debug, PartialEq)]
pub(crate) enum Token<'s> {
    /// A start tag: the element, and its attributes as they are written.
    Open(&'static Element, &'s str),
    /// An end tag.
    Close(&'static Element),
    /// Text with its character references.
    Text(&'s str),
    /// What is dropped: an element's name, `?`, `!`.
    Refused(&'s str),
}

/// The allowed element of this name, in any case.
fn element(name: &str) -> Option<&'static Element> {
    if name.len() > 16 || name.contains('\0') {
        return None;
    }
    let key = key(name.as_bytes());
    ELEMENTS.binary_search_by_key(&key, |e| e.key).ok().map(|i| &ELEMENTS[i])
}

/// Reads `html` into tokens with their offsets. `hidden` carries a dropped element that is still open from one call to the next.
pub(crate) fn tokens<'s>(html: &'s str, hidden: &mut Option<Hidden>, mut each: impl FnMut(Token<'s>, usize)) {
    let mut at = 0;
    while at < html.len() {
        if hidden.is_some() {
            at += skip_hidden(&html[at..], hidden);
            continue;
        }
        let rest = &html[at..];
        let text = rest.find('<').unwrap_or(rest.len());
        if text > 0 {
            each(Token::Text(&rest[..text]), at);
        } else {
            let (token, length) = markup(rest, hidden);
            if let Some(token) = token {
                each(token, at);
            }
            at += length;
        }
        at += text;
    }
}

/// One tag, comment or declaration at the start of `rest` (which begins with `<`), and its length.
fn markup<'s>(rest: &'s str, hidden: &mut Option<Hidden>) -> (Option<Token<'s>>, usize) {
    let upto = |end: &str, from: usize| rest[from..].find(end).map_or(rest.len(), |i| from + i + end.len());
    match *rest.as_bytes().get(1).unwrap_or(&b' ') {
        b'!' if rest.starts_with("<!--") => (None, comment(rest)),
        b'!' if rest.starts_with("<![CDATA[") => (Some(Token::Refused("![CDATA[")), upto("]]>", 9)),
        b'!' => (Some(Token::Refused("!")), upto(">", 2)),
        b'?' => (Some(Token::Refused("?")), upto("?>", 2)),
        b'/' if rest.as_bytes().get(2).is_some_and(u8::is_ascii_alphabetic) => match tag(rest, 2) {
            Some(tag) => (element(tag.name).map(Token::Close), tag.length),
            None => (Some(Token::Text(rest)), rest.len()),
        },
        b'/' => (None, upto(">", 2)),
        c if c.is_ascii_alphabetic() => match tag(rest, 1) {
            Some(tag) => (Some(start(&tag, hidden)), tag.length),
            // A tag that never ends is shown as text, once: looking for another inside it would be quadratic.
            None => (Some(Token::Text(rest)), rest.len()),
        },
        _ => (Some(Token::Text(&rest[..1])), 1),
    }
}

fn start<'s>(tag: &Tag<'s>, hidden: &mut Option<Hidden>) -> Token<'s> {
    if let Some(element) = element(tag.name) {
        return Token::Open(element, tag.attributes);
    }
    if let Some(&name) = HIDDEN.iter().find(|h| tag.name.eq_ignore_ascii_case(h)) {
        let closed = tag.attributes.ends_with('/') && NESTED.contains(&name);
        *hidden = (!closed).then_some(Hidden { name, depth: 1 });
    }
    Token::Refused(tag.name)
}

/// The length of a comment, ended as browsers end it.
fn comment(rest: &str) -> usize {
    if rest[4..].starts_with('>') {
        return 5;
    }
    if rest[4..].starts_with("->") {
        return 6;
    }
    let ends = ["-->", "--!>"].map(|end| rest[4..].find(end).map(|i| 4 + i + end.len()));
    ends.into_iter().flatten().min().unwrap_or(rest.len())
}

/// How much of `rest` belongs to the dropped element; clears `hidden` at its end tag. `<plaintext>` has none.
fn skip_hidden(rest: &str, hidden: &mut Option<Hidden>) -> usize {
    let Some(open) = hidden else { return 0 };
    let mut at = 0;
    while let Some(found) = rest[at..].find('<') {
        at += found + 1;
        let after = rest[at..].strip_prefix('/');
        if !begins_with_name(after.unwrap_or(&rest[at..]), open.name) || open.name == "plaintext" {
            continue;
        }
        let end = rest[at..].find('>').map_or(rest.len(), |i| at + i + 1);
        if after.is_some() {
            open.depth -= 1;
        } else if NESTED.contains(&open.name) && !rest[at..end].ends_with("/>") {
            open.depth += 1;
        }
        at = end;
        if open.depth == 0 {
            *hidden = None;
            return at;
        }
    }
    rest.len()
}

fn begins_with_name(text: &str, name: &str) -> bool {
    let Some(start) = text.as_bytes().get(..name.len()) else { return false };
    let ends = text.as_bytes().get(name.len()).is_none_or(|&b| is_space(b) || b == b'/' || b == b'>');
    ends && start.eq_ignore_ascii_case(name.as_bytes())
}

/// A tag as it is written.
struct Tag<'s> {
    name: &'s str,
    attributes: &'s str,
    length: usize,
}

/// The tag whose name begins at `name`; `None`: it never ends.
fn tag(rest: &str, name: usize) -> Option<Tag<'_>> {
    let bytes = rest.as_bytes();
    let name_end = name + bytes[name..].iter().position(|&b| is_space(b) || b == b'/' || b == b'>')?;
    let mut at = name_end;
    while let Some(attribute) = attribute_at(rest, at)? {
        at = attribute.end;
    }
    let end = at + bytes[at..].iter().position(|&b| b == b'>')?;
    Some(Tag { name: &rest[name..name_end], attributes: &rest[name_end..end], length: end + 1 })
}

/// An attribute as it is written.
pub(crate) struct Attribute<'s> {
    /// Its name, in any case.
    pub(crate) name: &'s str,
    value: &'s str,
    end: usize,
}

impl<'s> Attribute<'s> {
    /// Its value with character references decoded.
    pub(crate) fn value(&self) -> Cow<'s, str> {
        decode(self.value)
    }
}

/// The next attribute from `at`, as browsers read it; `Some(None)`: there is none; `None`: its quotation never ends.
#[expect(clippy::option_option, reason = "the two ways to find none mean different things and never leave this file")]
fn attribute_at(text: &str, mut at: usize) -> Option<Option<Attribute<'_>>> {
    let bytes = text.as_bytes();
    let skip = |from: usize, stop: fn(u8) -> bool| bytes[from..].iter().position(|&b| stop(b)).map_or(text.len(), |i| from + i);
    at = skip(at, |b| !is_space(b) && b != b'/');
    if at == text.len() || bytes[at] == b'>' {
        return Some(None);
    }
    let name_end = skip(at + 1, |b| is_space(b) || matches!(b, b'/' | b'>' | b'=')).max(at + 1);
    let name = text.get(at..name_end)?;
    let equals = skip(name_end, |b| !is_space(b));
    if bytes.get(equals) != Some(&b'=') {
        return Some(Some(Attribute { name, value: "", end: name_end }));
    }
    let value = skip(equals + 1, |b| !is_space(b));
    match bytes.get(value) {
        Some(&quote @ (b'"' | b'\'')) => {
            let end = value + 1 + bytes[value + 1..].iter().position(|&b| b == quote)?;
            Some(Some(Attribute { name, value: &text[value + 1..end], end: end + 1 }))
        }
        _ => {
            let end = skip(value, |b| is_space(b) || b == b'>');
            Some(Some(Attribute { name, value: &text[value..end], end }))
        }
    }
}

/// The attributes of a start tag, in order.
pub(crate) fn attributes(text: &str) -> impl Iterator<Item = Attribute<'_>> {
    let mut at = 0;
    std::iter::from_fn(move || {
        let attribute = attribute_at(text, at)??;
        at = attribute.end;
        Some(attribute)
    })
}

/// The decoded value of one attribute; as in browsers the first of several counts.
pub(crate) fn value<'s>(text: &'s str, name: &str) -> Option<Cow<'s, str>> {
    attributes(text).find(|a| a.name.eq_ignore_ascii_case(name)).map(|a| a.value())
}

/// What a start tag refers to: `href` of `a`, `src` of `img`.
pub(crate) fn reference<'s>(element: &Element, attributes: &'s str) -> Option<(Cow<'s, str>, LinkKind)> {
    match element.name {
        "a" => value(attributes, "href").map(|v| (v, LinkKind::Link)),
        "img" => value(attributes, "src").map(|v| (v, LinkKind::Picture)),
        _ => None,
    }
}

/// The name of an attribute as it may come out on this element; `None`: it is dropped.
pub(crate) fn allowed(element: &Element, name: &str) -> Option<&'static str> {
    const GLOBAL: &[&str] = &["title", "lang", "dir"];
    let own: &[&'static str] = match element.name {
        "a" => &["href"],
        "img" => &["src", "alt", "width", "height"],
        "td" => &["colspan", "rowspan"],
        "th" => &["colspan", "rowspan", "scope"],
        "col" | "colgroup" => &["span"],
        "details" => &["open"],
        "ol" => &["start", "reversed"],
        "li" => &["value"],
        "time" | "del" | "ins" => &["datetime"],
        _ => &[],
    };
    GLOBAL.iter().chain(own).find(|a| a.eq_ignore_ascii_case(name)).copied()
}

/// Whether a value is one that an allowed attribute can have.
pub(crate) fn is_valid(name: &str, value: &str) -> bool {
    let digits = |v: &str| (1..=5).contains(&v.len()) && v.bytes().all(|b| b.is_ascii_digit());
    match name {
        "colspan" | "rowspan" | "span" => digits(value) && matches!(value.parse(), Ok(1..=1000)),
        "width" | "height" => digits(value),
        "start" | "value" => digits(value.strip_prefix('-').unwrap_or(value)),
        "dir" => matches!(value, "ltr" | "rtl" | "auto"),
        "scope" => matches!(value, "row" | "col" | "rowgroup" | "colgroup"),
        "lang" => value.len() <= 35 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-'),
        "datetime" => value.len() <= 40 && value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-:+. ".contains(&b)),
        _ => true,
    }
}

fn is_space(b: u8) -> bool {
    matches!(b, b' ' | b'\t' | b'\n' | b'\r' | 0x0C)
}

/// The text with its character references decoded.
pub(crate) fn decode(text: &str) -> Cow<'_, str> {
    if !text.contains('&') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('&') {
        out.push_str(&rest[..at]);
        let length = decode_one(&rest[at..], &mut out);
        rest = &rest[at + length..];
    }
    out.push_str(rest);
    Cow::Owned(out)
}

/// Decodes the reference that `text` begins with, or copies its `&`; gives the length that was read.
fn decode_one(text: &str, out: &mut String) -> usize {
    if let Some(number) = text.strip_prefix("&#") {
        return decode_number(number, out).map_or_else(|| copy_ampersand(out), |length| length + 2);
    }
    let name = text[1..].bytes().take(32).take_while(u8::is_ascii_alphanumeric).count();
    if name == 0 || text.as_bytes().get(name + 1) != Some(&b';') {
        return copy_ampersand(out);
    }
    match &text[1..=name] {
        "nbsp" => out.push('\u{A0}'),
        "amp" => out.push('&'),
        "lt" => out.push('<'),
        "gt" => out.push('>'),
        "quot" => out.push('"'),
        // The parser knows the other two thousand.
        _ => Parser::new(&text[..name + 2]).for_each(|event| {
            if let Event::Text(decoded) = event {
                out.push_str(&decoded);
            }
        }),
    }
    name + 2
}

fn copy_ampersand(out: &mut String) -> usize {
    out.push('&');
    1
}

/// Decodes `x3a;` or `58;` (browsers do without the semicolon); gives the length that was read.
fn decode_number(number: &str, out: &mut String) -> Option<usize> {
    let (digits, radix, skipped) = match number.strip_prefix(['x', 'X']) {
        Some(hex) => (hex, 16, 1),
        None => (number, 10, 0),
    };
    let length = digits.bytes().take_while(|b| char::from(*b).is_digit(radix)).count();
    if length == 0 {
        return None;
    }
    let code = u32::from_str_radix(&digits[..length], radix).unwrap_or(0);
    out.push(char::from_u32(code).filter(|c| *c != '\0').unwrap_or('\u{FFFD}'));
    Some(skipped + length + usize::from(digits.as_bytes().get(length) == Some(&b';')))
}
