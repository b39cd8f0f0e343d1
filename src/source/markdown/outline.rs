//! Reads a body once for what it refers to and for its author's mistakes.
//!
//! In: the body's pieces. Out: the [`Outline`] and diagnostics with places in the file. It does not know where links lead: a file that
//! does not exist is the model's finding.

use std::borrow::Cow;
use std::ops::Range;

use pulldown_cmark::{Event, HeadingLevel, LinkType, Tag, TagEnd};

use super::pieces::{Piece, PlainText, pieces};
use super::raw_html::{self, Content, Element};
use super::{BodyLink, Draft, Drafter, LinkKind, Outline, allowed_scheme};
use crate::diagnostic::{Diagnostic, Place};

/// The summary's length in characters.
const SUMMARY: usize = 100;

/// How many kinds of dropped HTML are told: who pastes more has read enough.
const KINDS: usize = 30;

/// How much of an author's text a message repeats.
const QUOTED: usize = 60;

/// Reads the pieces of a body, and lets `drafter` have them too.
pub(super) fn read(body: &str, first_line: u32, file: &str, summarised: bool, drafter: Option<&Drafter>) -> (Outline, Vec<Diagnostic>, Option<Draft>) {
    let mut reader = Reader { summarised, ..Reader::new(body, first_line, file) };
    let mut pieces = pieces(body);
    let mut dropped_at = 0;
    let mut read = pieces.by_ref().inspect(|(piece, range)| {
        if matches!(piece, Piece::Refused(_)) {
            dropped_at = range.start;
        }
        reader.piece(piece, range);
    });
    let draft = drafter.and_then(|drafter| drafter.0(body, &mut read));
    // What the drafter has left is read all the same.
    read.for_each(drop);
    if let Some(name) = pieces.hidden() {
        reader.never_closed(name, dropped_at);
    }
    let (outline, found) = reader.finish();
    (outline, found, draft)
}

struct Reader<'a> {
    body: &'a str,
    file: &'a str,
    at: Cursor,
    links: Vec<BodyLink>,
    summary: PlainText,
    summarised: bool,
    summary_full: bool,
    characters: usize,
    found: Vec<Diagnostic>,
    /// Elements and attributes that have been reported: each is reported once.
    reported: Vec<String>,
    /// Open elements whose text is no running text (headings, code, tables, footnotes).
    aside: usize,
    /// The picture whose alternative text is being read.
    picture: Option<Picture>,
}

struct Picture {
    place: Place,
    has_text: bool,
    /// How many pictures are open within it.
    depth: usize,
}

/// A place in the body together with its line and column.
struct Cursor {
    offset: usize,
    place: Place,
    first_line: u32,
}

impl Cursor {
    /// The place of an offset; cheap when offsets ascend.
    fn place(&mut self, body: &str, offset: usize) -> Place {
        if offset < self.offset {
            (self.offset, self.place) = (0, Place::new(self.first_line, 1));
        }
        let passed = &body[self.offset..offset];
        let last = match memchr::memrchr(b'\n', passed.as_bytes()) {
            Some(end) => {
                let lines = memchr::memchr_iter(b'\n', &passed.as_bytes()[..=end]).count();
                self.place = Place::new(self.place.line + count(lines), 1);
                &passed[end + 1..]
            }
            None => passed,
        };
        self.place.column += count(last.chars().count());
        self.offset = offset;
        self.place
    }
}

fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

/// The text's beginning, for a message.
fn quoted(text: &str) -> Cow<'_, str> {
    let visible = |c: char| if c.is_control() { ' ' } else { c };
    match text.char_indices().nth(QUOTED) {
        None if !text.contains(char::is_control) => Cow::Borrowed(text),
        None => Cow::Owned(text.chars().map(visible).collect()),
        Some((end, _)) => Cow::Owned(text[..end].chars().map(visible).chain(['…']).collect()),
    }
}

impl<'a> Reader<'a> {
    fn new(body: &'a str, first_line: u32, file: &'a str) -> Self {
        Self {
            body,
            file,
            at: Cursor { offset: 0, place: Place::new(first_line, 1), first_line },
            links: Vec::new(),
            summary: PlainText::default(),
            summarised: true,
            summary_full: false,
            characters: 0,
            found: Vec::new(),
            reported: Vec::new(),
            aside: 0,
            picture: None,
        }
    }

    fn finish(self) -> (Outline, Vec<Diagnostic>) {
        let mut summary = self.summary.into_text();
        if self.summary_full {
            summary.push('…');
        }
        (Outline { links: self.links, summary: summary.into(), characters: count(self.characters) }, self.found)
    }

    fn piece(&mut self, piece: &Piece<'_>, range: &Range<usize>) {
        match piece {
            Piece::Markdown(event) => self.event(event, range),
            Piece::Open(element, attributes) => self.open(element, attributes, range.start),
            Piece::Close(element) if is_aside(element) => self.aside = self.aside.saturating_sub(1),
            Piece::Close(_) => {}
            Piece::Text(text) => self.text(text),
            Piece::Refused(name) => self.refused_element(name, range.start),
        }
    }

    fn event(&mut self, event: &Event<'_>, range: &Range<usize>) {
        match event {
            Event::Start(tag) => self.start(tag, range.start),
            Event::End(tag) => self.end(*tag),
            Event::Text(text) | Event::Code(text) => self.text(text),
            Event::SoftBreak | Event::HardBreak => self.summary.line_break(),
            _ => {}
        }
    }

    fn start(&mut self, tag: &Tag<'_>, offset: usize) {
        match tag {
            Tag::Heading { level, .. } => {
                self.aside += 1;
                if *level == HeadingLevel::H1 {
                    self.first_level_heading(offset);
                }
            }
            Tag::CodeBlock(_) | Tag::Table(_) | Tag::FootnoteDefinition(_) => self.aside += 1,
            Tag::Link { link_type: LinkType::Email, dest_url, .. } => self.link(&format!("mailto:{dest_url}"), LinkKind::Link, offset),
            Tag::Link { dest_url, .. } => self.link(dest_url, LinkKind::Link, offset),
            Tag::Image { dest_url, .. } => {
                self.link(dest_url, LinkKind::Picture, offset);
                self.begin_picture(offset);
            }
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        match tag {
            TagEnd::Heading(_) | TagEnd::CodeBlock | TagEnd::Table | TagEnd::FootnoteDefinition => self.aside = self.aside.saturating_sub(1),
            TagEnd::Paragraph | TagEnd::Item => self.summary.block_end(),
            TagEnd::Image => self.end_picture(),
            _ => {}
        }
    }

    fn begin_picture(&mut self, offset: usize) {
        match &mut self.picture {
            Some(picture) => picture.depth += 1,
            None => {
                let place = self.at.place(self.body, offset);
                self.picture = Some(Picture { place, has_text: false, depth: 0 });
            }
        }
    }

    fn end_picture(&mut self) {
        match self.picture.take() {
            Some(picture) if picture.depth > 0 => self.picture = Some(Picture { depth: picture.depth - 1, ..picture }),
            Some(picture) if !picture.has_text => self.picture_without_text(picture.place),
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        if let Some(picture) = &mut self.picture {
            picture.has_text |= !text.trim().is_empty();
            return;
        }
        self.characters += visible(text);
        if self.aside == 0 && self.summarised && !self.summary_full {
            self.summary_full = !self.summary.push(text, SUMMARY);
        }
    }

    fn link(&mut self, target: &str, kind: LinkKind, offset: usize) {
        let place = self.at.place(self.body, offset);
        if !allowed_scheme(target) {
            self.refused_link(target, place);
        }
        self.links.push(BodyLink { target: target.into(), place, kind });
    }

    fn open(&mut self, element: &'static Element, attributes: &str, offset: usize) {
        if let Some((target, kind)) = raw_html::reference(element, attributes) {
            self.link(&target, kind, offset);
        }
        if element.name == "img" && raw_html::value(attributes, "alt").is_none_or(|alt| alt.trim().is_empty()) {
            let place = self.at.place(self.body, offset);
            self.picture_without_text(place);
        }
        if element.name == "h1" {
            self.first_level_heading(offset);
        }
        if is_aside(element) {
            self.aside += 1;
        } else if element.block {
            self.summary.block_end();
        }
        for attribute in raw_html::attributes(attributes).filter(|a| raw_html::allowed(element, a.name).is_none()) {
            self.refused_attribute(element.name, attribute.name, offset);
        }
    }
}

/// Raw elements whose text is no running text.
fn is_aside(element: &Element) -> bool {
    element.name == "table" || element.block && element.content == Content::Phrasing && element.name.starts_with('h')
}

/// How many characters of a text one sees.
fn visible(text: &str) -> usize {
    // Counting bytes that begin a character is many times faster than decoding them; the full-width space is the one that indents paragraphs.
    let bytes = text.as_bytes();
    let begins = |b: &u8| u8::from((*b > b' ' && *b < 0x80) || *b >= 0xC0);
    // Sums of so few fit in a byte, which lets the compiler count many at a time.
    let characters: usize = bytes.chunks(usize::from(u8::MAX)).map(|chunk| usize::from(chunk.iter().map(begins).sum::<u8>())).sum();
    // Its first byte is rare in running text, its last one is not.
    characters - memchr::memchr_iter(0xE3, bytes).filter(|&at| bytes[at..].starts_with("\u{3000}".as_bytes())).count()
}

/// The findings.
impl Reader<'_> {
    /// Whether a finding of this name is the first, and to be told.
    fn is_new(&mut self, name: String) -> bool {
        let new = self.reported.len() < KINDS && !self.reported.contains(&name);
        if new {
            self.reported.push(name);
        }
        new
    }

    fn refused_element(&mut self, name: &str, offset: usize) {
        let name = quoted(name).to_lowercase();
        if !self.is_new(format!("<{name}")) {
            return;
        }
        let place = self.at.place(self.body, offset);
        let (zh, en) = (format!("正文中的 <{name}> 会被去掉"), format!("<{name}> in the body is dropped"));
        self.found.push(
            Diagnostic::warning("unsafe-html", self.file, place, zh, en)
                .hint("改用 Markdown 写法；允许的 HTML 元素见 docs/content.md", "write it in Markdown; docs/content.md tells which HTML elements are allowed"),
        );
    }

    fn refused_attribute(&mut self, element: &str, name: &str, offset: usize) {
        let name = quoted(name).to_lowercase();
        if !self.is_new(name.clone()) {
            return;
        }
        let place = self.at.place(self.body, offset);
        let zh = format!("正文中 <{element}> 的属性 {name} 会被去掉");
        let en = format!("the attribute {name} of <{element}> in the body is dropped");
        self.found.push(
            Diagnostic::warning("unsafe-html", self.file, place, zh, en).hint("删去它；版式由主题统一决定", "remove it; the theme decides how things look"),
        );
    }

    fn never_closed(&mut self, name: &str, offset: usize) {
        let place = self.at.place(self.body, offset);
        let zh = format!("<{name}> 没有结束标签，它后面的正文都会被去掉");
        let en = format!("<{name}> is never closed: all of the body after it is dropped");
        self.found.push(
            Diagnostic::warning("unsafe-html", self.file, place, zh, en)
                .hint(format!("删去 <{name}>，或补上 </{name}>"), format!("remove <{name}>, or add </{name}>")),
        );
    }

    fn refused_link(&mut self, target: &str, place: Place) {
        let shown = quoted(target);
        let zh = format!("链接“{shown}”不被允许");
        let en = format!("the link \"{shown}\" is not allowed");
        self.found.push(Diagnostic::error("unsafe-link", self.file, place, zh, en).hint(
            "只能用 https://、http://、mailto:、tel:、@/站点/栏目/文件.md 或本条信息旁的文件，不能有反斜杠",
            "use https://, http://, mailto:, tel:, @/site/column/file.md or a file beside the item, without backslashes",
        ));
    }

    fn picture_without_text(&mut self, place: Place) {
        self.found.push(
            Diagnostic::warning("picture-without-text", self.file, place, "图片没有文字说明", "the picture has no alternative text")
                .hint("写成 ![图片上是什么](文件名)", "write ![what the picture shows](file)"),
        );
    }

    fn first_level_heading(&mut self, offset: usize) {
        let place = self.at.place(self.body, offset);
        self.found.push(
            Diagnostic::warning("heading-level", self.file, place, "正文中不应有一级标题", "a first-level heading in the body")
                .hint("标题已由 title 给出；从“## ”写起（现按二级标题显示）", "the title is the first level; begin with \"## \" (it is shown as second level)"),
        );
    }
}
