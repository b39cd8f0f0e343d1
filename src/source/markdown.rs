//! Markdown bodies: the events both phases read, and what a body refers to.
//!
//! In: an item's body. Out: [`events`] and pieces for the renderer, or for whoever drafts its HTML meanwhile; an [`Outline`] (links, summary, length), kept instead of the body,
//! and what its author must know. It knows no file but the body, does not know where links lead, and writes no HTML.

mod draft;
mod emphasis;
mod outline;
pub(crate) mod pieces;
pub(crate) mod raw_html;
#[cfg(test)]
mod tests;

use std::ops::Range;

use pulldown_cmark::{Event, OffsetIter, Options, Parser, Tag, TagEnd};

pub use draft::{Draft, DraftLink, Drafter, Heading};

use super::words::Prose;
use crate::diagnostic::{Diagnostic, Place};

/// What an item's body refers to, found when it is read; kept instead of the body.
#[derive(Debug, Clone, PartialEq, Default, bitcode::Encode, bitcode::Decode)]
pub struct Outline {
    /// Every link and picture, in the order in which they stand in the body.
    pub links: Vec<BodyLink>,
    /// The first 100 characters of the body's running text, then `…` if there is more.
    pub summary: Prose,
    /// Visible characters, for the reading time.
    pub characters: u32,
}

/// One link or picture of a body.
#[derive(Debug, Clone, PartialEq, bitcode::Encode, bitcode::Decode)]
pub struct BodyLink {
    /// As the author wrote it, character references decoded; addresses in `<…@…>` with `mailto:`.
    pub target: Box<str>,
    /// Where it stands in the file.
    pub place: Place,
    /// Whether it is shown or followed.
    pub kind: LinkKind,
}

/// Whether a body's reference is shown or followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, bitcode::Encode, bitcode::Decode)]
pub enum LinkKind {
    /// Followed.
    Link,
    /// Shown.
    Picture,
}

/// Reads a body: what it refers to, and what is wrong with it.
///
/// `first_line` is the line of `file` on which the body begins, from 1; without `summarised` the outline has no summary. Findings: `unsafe-html`, `picture-without-text` and
/// `heading-level` (warnings), `unsafe-link` (an error).
#[must_use]
pub fn outline(body: &str, first_line: u32, file: &str, summarised: bool) -> (Outline, Vec<Diagnostic>) {
    let (outline, found, _) = outline::read(body, first_line, file, summarised, None);
    (outline, found)
}

/// As [`outline`], with what a drafter makes of the same pieces: the body is parsed once for both.
#[must_use]
pub fn outline_and_draft(body: &str, first_line: u32, file: &str, summarised: bool, drafter: Option<&Drafter>) -> (Outline, Vec<Diagnostic>, Option<Draft>) {
    outline::read(body, first_line, file, summarised, drafter)
}

/// Whether a link may lead there: `https`, `http`, `mailto`, `tel`, or no scheme (`@/…`, `#…`, `//host/…`, a path).
///
/// Decided as browsers do, without control characters and white space; stricter in that any other word before a colon is refused, and
/// so are backslashes, which browsers read as slashes.
#[must_use]
pub fn allowed_scheme(target: &str) -> bool {
    if memchr::memchr2(b':', b'\\', target.as_bytes()).is_none() {
        return true;
    }
    let mut scheme = [0; 6];
    let mut length = 0;
    let mut undecided = true;
    for c in target.chars() {
        match c {
            '\\' => return false,
            _ if !undecided || c.is_control() || c.is_whitespace() || is_invisible(c) => {}
            '/' | '?' | '#' => undecided = false,
            ':' if matches!(scheme.get(..length), Some(b"https" | b"http" | b"mailto" | b"tel")) => undecided = false,
            ':' => return false,
            _ => {
                // Longer words than `mailto` and other characters leave a name that is none of the four.
                if let Some(slot) = scheme.get_mut(length) {
                    *slot = u8::try_from(c).map_or(b'?', |b| b.to_ascii_lowercase());
                }
                length += 1;
            }
        }
    }
    true
}

/// The text of raw HTML with its character references decoded.
#[must_use]
pub fn decoded(text: &str) -> std::borrow::Cow<'_, str> {
    raw_html::decode(text)
}

/// Characters that do not show; a scheme is judged without them.
fn is_invisible(c: char) -> bool {
    matches!(c as u32, 0xAD | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2064 | 0xFEFF)
}

/// The event stream both phases read, with source ranges in `body`: CommonMark, tables, footnotes, task lists, strikethrough (`~~`
/// only: a single `~` is a range, `8:30~12:00`), and emphasis beside Chinese punctuation.
#[must_use]
pub fn events(body: &str) -> Events<'_> {
    let source = match emphasis::Marked::new(body) {
        None => Source::Plain(Box::new(Parser::new_ext(body, OPTIONS).into_offset_iter())),
        Some(marked) => {
            let parser = Parser::new_ext(&marked.text, OPTIONS).into_offset_iter();
            // The parser cannot tell how many events there will be: about one for every five Chinese characters.
            let mut events = Vec::with_capacity(body.len() / 16 + 16);
            events.extend(parser.map(|(event, range)| (marked.event(event), marked.range(&range))));
            Source::Marked(events.into_iter())
        }
    };
    Events { body, source }
}

const OPTIONS: Options = Options::ENABLE_TABLES.union(Options::ENABLE_FOOTNOTES).union(Options::ENABLE_STRIKETHROUGH).union(Options::ENABLE_TASKLISTS);

/// The events of a body, see [`events`].
pub struct Events<'a> {
    body: &'a str,
    source: Source<'a>,
}

enum Source<'a> {
    Plain(Box<OffsetIter<'a>>),
    Marked(std::vec::IntoIter<(Event<'a>, Range<usize>)>),
}

impl<'a> Iterator for Events<'a> {
    type Item = (Event<'a>, Range<usize>);

    fn next(&mut self) -> Option<Self::Item> {
        let (event, range) = match &mut self.source {
            Source::Plain(events) => events.next(),
            Source::Marked(events) => events.next(),
        }?;
        // Runs of `~` pair only with runs of their own length, so one tilde shows at the start for both ends.
        let single = || self.body.as_bytes().get(range.start + 1) != Some(&b'~');
        match event {
            Event::Start(Tag::Strikethrough) if single() => Some((Event::Text("~".into()), range.start..range.start + 1)),
            Event::End(TagEnd::Strikethrough) if single() => Some((Event::Text("~".into()), range.end - 1..range.end)),
            event => Some((event, range)),
        }
    }
}
