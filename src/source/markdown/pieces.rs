//! The body as both phases see it: Markdown events and raw HTML tokens in one stream, without what is dropped.
//!
//! In: a body. Out: [`Piece`]s with their places in the body, Markdown starts and ends always balanced. Reading and rendering both
//! go through here, so that they count the same links. It knows neither diagnostics nor output.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::ops::Range;

use pulldown_cmark::{CowStr, Event, Tag, TagEnd};

use super::raw_html::{self, Element, Hidden, Token};
use super::{Events, events};

/// A piece of a body.
#[derive(Debug)]
pub(crate) enum Piece<'a> {
    /// Anything but HTML.
    Markdown(Event<'a>),
    /// A raw start tag with its attributes as they are written.
    Open(&'static Element, Cow<'a, str>),
    /// A raw end tag.
    Close(&'static Element),
    /// Text between raw tags, character references decoded.
    Text(Cow<'a, str>),
    /// What has been dropped here: an element's name, `!`, `?`.
    Refused(Cow<'a, str>),
}

/// The pieces of a body.
pub(crate) struct Pieces<'a> {
    body: &'a str,
    events: Events<'a>,
    /// Tokens of the HTML that has just been read.
    ready: VecDeque<(Piece<'a>, Range<usize>)>,
    hidden: Option<Hidden>,
    /// How many Markdown elements are open that began inside a dropped element: they are left out whole, to their ends.
    left_out: usize,
}

/// Reads a body into pieces.
pub(crate) fn pieces(body: &str) -> Pieces<'_> {
    Pieces { body, events: events(body), ready: VecDeque::new(), hidden: None, left_out: 0 }
}

impl<'a> Iterator for Pieces<'a> {
    type Item = (Piece<'a>, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(piece) = self.ready.pop_front() {
                return Some(piece);
            }
            let (event, range) = self.events.next()?;
            match event {
                Event::Start(Tag::HtmlBlock) => self.read_block(),
                Event::Html(html) | Event::InlineHtml(html) => self.read_html(html, &[(0, range.start)]),
                event if self.keeps(&event) => return Some((Piece::Markdown(event), range)),
                _ => {}
            }
        }
    }
}

impl<'a> Pieces<'a> {
    /// The dropped element that is open now.
    pub(crate) fn hidden(&self) -> Option<&'static str> {
        self.hidden.as_ref().map(|h| h.name)
    }

    /// Whether a Markdown event lies outside dropped elements; ends are kept exactly when their starts were.
    fn keeps(&mut self, event: &Event<'_>) -> bool {
        match event {
            Event::Start(_) if self.left_out > 0 || self.hidden.is_some() => {
                self.left_out += 1;
                false
            }
            Event::End(_) if self.left_out > 0 => {
                self.left_out -= 1;
                false
            }
            Event::Start(_) | Event::End(_) => true,
            _ => self.left_out == 0 && self.hidden.is_none(),
        }
    }

    /// A block of HTML comes line by line, but its tags may run over lines: they are read together.
    fn read_block(&mut self) {
        let mut whole: Option<Range<usize>> = None;
        let mut joined = String::new();
        let mut lines = Vec::new();
        for (event, range) in self.events.by_ref() {
            let (Event::Html(text) | Event::Text(text)) = event else {
                debug_assert!(matches!(event, Event::End(TagEnd::HtmlBlock)));
                break;
            };
            // As long as the lines follow each other in the body they need no copy.
            let follows = self.body.get(range.clone()) == Some(&*text);
            match &mut whole {
                Some(whole) if joined.is_empty() && follows && whole.end == range.start => whole.end = range.end,
                None if joined.is_empty() && follows => whole = Some(range),
                _ => {
                    if let Some(whole) = whole.take() {
                        lines.push((0, whole.start));
                        joined.push_str(&self.body[whole]);
                    }
                    lines.push((joined.len(), range.start));
                    joined.push_str(&text);
                }
            }
        }
        match whole {
            Some(whole) => self.read_html(CowStr::Borrowed(&self.body[whole.clone()]), &[(0, whole.start)]),
            None => self.read_html(joined.into(), &lines),
        }
    }

    /// `lines`: offsets in `html`, each with its place in the body.
    fn read_html(&mut self, html: CowStr<'a>, lines: &[(usize, usize)]) {
        let left_out = self.left_out > 0;
        let ready = &mut self.ready;
        let place = |offset: usize| {
            let line = lines.partition_point(|l| l.0 <= offset).saturating_sub(1);
            lines.get(line).map_or(0, |&(start, place)| place + offset - start)
        };
        let mut keep = |piece: Piece<'a>, offset: usize| {
            if !left_out {
                ready.push_back((piece, place(offset)..place(offset)));
            }
        };
        match html {
            CowStr::Borrowed(html) => raw_html::tokens(html, &mut self.hidden, |token, at| keep(borrowed(token), at)),
            html => raw_html::tokens(&html, &mut self.hidden, |token, at| keep(owned(token), at)),
        }
    }
}

fn borrowed(token: Token<'_>) -> Piece<'_> {
    match token {
        Token::Open(element, attributes) => Piece::Open(element, Cow::Borrowed(attributes)),
        Token::Close(element) => Piece::Close(element),
        Token::Text(text) => Piece::Text(raw_html::decode(text)),
        Token::Refused(name) => Piece::Refused(Cow::Borrowed(name)),
    }
}

fn owned(token: Token<'_>) -> Piece<'static> {
    let own = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
    match borrowed(token) {
        Piece::Open(element, attributes) => Piece::Open(element, own(attributes)),
        Piece::Close(element) => Piece::Close(element),
        Piece::Text(text) => Piece::Text(own(text)),
        Piece::Refused(name) => Piece::Refused(own(name)),
        // No token becomes an event.
        Piece::Markdown(event) => Piece::Markdown(event.into_static()),
    }
}

/// Plain text as it is put together from pieces: white space collapsed, and no space where a line breaks between Chinese characters.
#[derive(Default)]
pub(crate) struct PlainText {
    text: String,
    characters: usize,
    /// What stands between the last character and the next.
    gap: Gap,
}

#[derive(Default, PartialEq, Clone, Copy)]
enum Gap {
    #[default]
    None,
    Space,
    /// A line ends: a space, but not between Chinese characters.
    Break,
    /// A block ends: a space, but not after a Chinese punctuation mark.
    Block,
}

impl PlainText {
    /// Adds text until `limit` characters are full; `false`: there was more.
    pub(crate) fn push(&mut self, text: &str, limit: usize) -> bool {
        for c in text.chars() {
            if c.is_whitespace() {
                self.gap = if c == '\n' && self.gap == Gap::None { Gap::Break } else { Gap::Space };
                continue;
            }
            if c.is_control() {
                continue;
            }
            if self.has_space_before(c) {
                self.text.push(' ');
                self.characters += 1;
            }
            self.gap = Gap::None;
            if self.characters >= limit {
                return false;
            }
            self.text.push(c);
            self.characters += 1;
        }
        true
    }

    /// A line ends here.
    pub(crate) fn line_break(&mut self) {
        if self.gap == Gap::None {
            self.gap = Gap::Break;
        }
    }

    /// A block ends here.
    pub(crate) fn block_end(&mut self) {
        self.gap = Gap::Block;
    }

    fn has_space_before(&self, next: char) -> bool {
        let Some(last) = self.text.chars().next_back() else { return false };
        match self.gap {
            Gap::None => false,
            Gap::Space => true,
            Gap::Break => !joins(last, next),
            Gap::Block => last.is_alphanumeric() || !super::emphasis::is_cjk(last),
        }
    }

    /// The text so far.
    pub(crate) fn into_text(self) -> String {
        self.text
    }
}

/// Whether two characters follow each other without a space when a line breaks between them.
pub(crate) fn joins(last: char, next: char) -> bool {
    use super::emphasis::{is_cjk, is_shared_mark};
    let wide = |c| is_cjk(c) || is_shared_mark(c);
    wide(last) && wide(next) && (is_cjk(last) || is_cjk(next))
}
