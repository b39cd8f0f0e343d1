//! A body as its readers read it: running text without markup, knowing where each piece of it stands in the file.
//!
//! In: a Markdown body. Out: a [`Passage`]: text, links, tables, pictures, raw HTML, each with its place in the body. Knows no rule.

use std::ops::Range;

use pulldown_cmark::{Event, LinkType, Tag, TagEnd};

use crate::diagnostic::Place;
use crate::source::markdown::{decoded, events};

/// A body taken apart.
#[derive(Debug, Default)]
pub(crate) struct Passage {
    /// What is read, blocks by lines, cells by tabs.
    pub text: String,
    /// From the place in `text` on which a piece begins to its place in the body; ascending.
    pieces: Vec<(usize, usize)>,
    /// What is to be read after the body, with its place in it.
    asides: Vec<(String, usize)>,
    /// Links with their words.
    pub links: Vec<Link>,
    /// Descriptions of pictures, with where they lead.
    pub pictures: Vec<Link>,
    /// Tables whose heading cells are all empty, by their places in the body.
    pub headless: Vec<usize>,
    /// Raw HTML as it is written.
    pub raw: Vec<Range<usize>>,
    /// Code, where anything may stand.
    pub code: Vec<Range<usize>>,
}

/// A link or a picture.
#[derive(Debug)]
pub(crate) struct Link {
    /// Where its words stand in `text`.
    pub words: Range<usize>,
    /// Where it leads.
    pub target: String,
    /// Where it begins in the body.
    pub at: usize,
    /// Whether its words are its address.
    pub is_bare: bool,
}

impl Passage {
    /// Takes a body apart.
    pub(crate) fn of(body: &str) -> Self {
        let mut passage = Self { text: String::with_capacity(body.len()), ..Self::default() };
        let mut open: Vec<Link> = Vec::new();
        let mut head: Option<(usize, usize)> = None;
        for (event, range) in events(body) {
            match event {
                Event::Start(Tag::Link { link_type, dest_url, title, .. }) => {
                    passage.aside(&title, range.start);
                    let bare = matches!(link_type, LinkType::Autolink | LinkType::Email);
                    open.push(passage.opened(&dest_url, range.start, bare));
                }
                Event::Start(Tag::Image { dest_url, title, .. }) => {
                    passage.aside(&title, range.start);
                    open.push(passage.opened(&dest_url, range.start, false));
                }
                Event::End(end @ (TagEnd::Link | TagEnd::Image)) => {
                    if let Some(mut link) = open.pop() {
                        link.words.end = passage.text.len();
                        if end == TagEnd::Link { &mut passage.links } else { &mut passage.pictures }.push(link);
                    }
                }
                Event::Start(Tag::TableHead) => head = Some((passage.text.len(), range.start)),
                Event::End(TagEnd::TableHead) => {
                    if let Some((_, at)) = head.take().filter(|(from, _)| passage.text[*from..].trim().is_empty()) {
                        passage.headless.push(at);
                    }
                    passage.text.push('\n');
                }
                Event::End(TagEnd::TableCell) => passage.text.push('\t'),
                Event::Text(text) => passage.push(&text, range.start),
                Event::Code(text) => {
                    let from = passage.text.len();
                    passage.push(&text, range.start + 1);
                    passage.code.push(from..passage.text.len());
                }
                Event::Html(html) | Event::InlineHtml(html) => passage.raw(&html, range),
                Event::SoftBreak | Event::HardBreak => passage.text.push('\n'),
                Event::End(end) if is_block(end) && !passage.text.ends_with('\n') => passage.text.push('\n'),
                _ => {}
            }
        }
        for (text, at) in std::mem::take(&mut passage.asides) {
            passage.text.push('\n');
            passage.push(&text, at);
        }
        passage
    }

    fn opened(&self, target: &str, at: usize, is_bare: bool) -> Link {
        Link { words: self.text.len()..self.text.len(), target: target.to_string(), at, is_bare }
    }

    fn push(&mut self, text: &str, at: usize) {
        self.pieces.push((self.text.len(), at));
        self.text.push_str(text);
    }

    /// A text that readers meet aside from the running one (a link's title): it comes after the body, so that it parts no word.
    fn aside(&mut self, text: &str, at: usize) {
        if !text.is_empty() {
            self.asides.push((text.to_string(), at));
        }
    }

    /// Text between raw tags, and what their attributes say.
    fn raw(&mut self, html: &str, range: Range<usize>) {
        let mut rest = html;
        let mut at = range.start;
        while !rest.is_empty() {
            let text = rest.find('<').unwrap_or(rest.len());
            if text > 0 {
                let words = decoded(&rest[..text]);
                self.push(&words, at);
            }
            let tag = rest[text..].find('>').map_or(rest.len(), |end| text + end + 1);
            for value in rest[text..tag].split(['"', '\'']).skip(1).step_by(2) {
                self.aside(&decoded(value), at + text);
            }
            if parts(&rest[text..tag]) {
                self.text.push('\n');
            }
            at += tag;
            rest = &rest[tag..];
        }
        self.raw.push(range);
    }

    /// Where a place in the text stands in the body.
    pub(crate) fn in_body(&self, at: usize) -> usize {
        let piece = self.pieces.partition_point(|(from, _)| *from <= at).checked_sub(1).map(|i| self.pieces[i]);
        piece.map_or(0, |(from, place)| place + (at - from))
    }
}

/// Whether a raw tag parts what stands before it from what stands behind.
fn parts(tag: &str) -> bool {
    let name: String = tag.trim_start_matches(['<', '/']).chars().take_while(char::is_ascii_alphanumeric).collect();
    !name.is_empty()
        && !matches!(
            name.to_ascii_lowercase().as_str(),
            "a" | "b" | "i" | "u" | "s" | "em" | "strong" | "span" | "font" | "sub" | "sup" | "mark" | "small" | "code" | "wbr"
        )
}

fn is_block(end: TagEnd) -> bool {
    !matches!(end, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link | TagEnd::Image | TagEnd::TableCell)
}

/// The line and column of a place in `text`, whose first line is `first_line` of its file.
pub(crate) fn place_in(text: &str, at: usize, first_line: u32) -> Place {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    let line = text[..at].matches('\n').count();
    let column = text[..at].rsplit('\n').next().unwrap_or("").chars().count() + 1;
    Place::new(first_line + u32::try_from(line).unwrap_or(0), u32::try_from(column).unwrap_or(0))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_knows_where_it_stands() {
        let body = "第一段**重要**内容。\n\n| 姓名 | 号码 |\n|---|---|\n| 张 | 139 |\n\n<p title=\"提示\">原文&amp;</p>\n\n[办法](a.md \"标题\")\n";
        let passage = Passage::of(body);
        assert!(passage.text.starts_with("第一段重要内容。\n姓名\t号码\t\n张\t139\t\n"), "{}", passage.text);
        let at = passage.text.find("重要").unwrap();
        assert!(body[passage.in_body(at)..].starts_with("重要"));
        for word in ["139", "提示", "原文", "标题"] {
            assert!(passage.text.contains(word), "{word}: {}", passage.text);
        }
        assert_eq!(place_in(body, body.find("139").unwrap(), 5), Place::new(9, 7));
        assert_eq!(&passage.text[passage.links[0].words.clone()], "办法");
        assert!(!passage.raw.is_empty());
        assert!(Passage::of("号码530<b class=\"x\">102</b>[19](a \"题\")90\n").text.starts_with("号码5301021990\n"), "markup parts no number");
    }

    #[test]
    fn a_table_whose_headings_are_empty_is_noted() {
        assert_eq!(Passage::of("|  |  |\n|---|---|\n| a | b |\n").headless, [0]);
        assert!(Passage::of("| a |  |\n|---|---|\n| a | b |\n").headless.is_empty());
    }
}
