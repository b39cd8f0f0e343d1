//! An item's body as safe HTML.
//!
//! In: the body and where each of its links leads. Out: HTML and the headings in it. Everything is written from parsed pieces: no text
//! of the author passes unescaped, no element or attribute that is not on the list, no address whose scheme is not. It knows neither
//! items nor files, and trusts neither the body nor the targets.

#[cfg(test)]
mod attacks;
mod draft;
mod footnotes;
mod headings;
mod links;
mod raw;
#[cfg(test)]
mod tests;

use std::ops::Range;

use pulldown_cmark::{Alignment, CodeBlockKind, Event, HeadingLevel, Tag, TagEnd};
use pulldown_cmark_escape::{escape_html, escape_html_body_text};

use crate::plan::view::{FileNote, Target};
use crate::source::Body;
pub use crate::source::markdown::Heading;
use crate::source::markdown::pieces::{Piece, joins, pieces};
use crate::source::markdown::raw_html::Content;
pub use draft::DRAFTER;
use draft::OpenDraft;
use footnotes::Footnotes;
use headings::{Anchors, OpenHeading};
use links::Picture;
use raw::Frame;

/// A rendered body.
#[derive(Debug, Clone, PartialEq)]
pub struct RenderedBody {
    /// The HTML, elements balanced.
    pub html: String,
    /// Its Markdown headings, in order.
    pub headings: Vec<Heading>,
}

/// Renders a body.
///
/// `targets` must come from the same body's outline; a missing one counts as [`Target::Nothing`]. `prefix` (`""`: none) stands before
/// every id, so that several bodies can share a page.
#[must_use]
pub fn render(body: &str, targets: &[Target], prefix: &str) -> RenderedBody {
    let mut writer = Writer::new(body, targets, prefix);
    for (piece, range) in pieces(body) {
        writer.piece(piece, range);
    }
    writer.finish()
}

/// A body as its page shows it; `targets` as for [`render`].
#[must_use]
pub fn rendered(body: &Body<'_>, targets: &[Target]) -> RenderedBody {
    match body {
        Body::Text(text) => render(text, targets, ""),
        Body::Draft(draft) => draft::linked(draft, targets),
    }
}

/// The HTML so far, and what is open in it.
struct Writer<'a> {
    body: &'a str,
    out: String,
    targets: &'a [Target],
    /// The next link's number.
    next: usize,
    prefix: &'a str,
    frames: Vec<Frame>,
    /// How many `a` and raw `table` elements are open; both may not stand in themselves.
    links_open: usize,
    tables_open: usize,
    headings: Vec<Heading>,
    anchors: Anchors,
    heading: Option<OpenHeading>,
    footnotes: Footnotes,
    /// The picture whose alternative text is being collected.
    picture: Option<Picture>,
    /// The range of the paragraph that has just begun, until something stands in it.
    paragraph: Range<usize>,
    /// Whether that paragraph has become a figure.
    figure: bool,
    table: Table,
    /// Where a source line ended, until it is known what follows.
    line_end: Option<usize>,
    /// The last character of running text.
    last: char,
    /// The links, while a draft is made.
    draft: Option<OpenDraft>,
}

/// The Markdown table that is being written.
#[derive(Default)]
struct Table {
    alignments: Vec<Alignment>,
    column: usize,
    head: bool,
    /// Whether its `tbody` is open.
    body: bool,
    /// How many there have been.
    number: usize,
    /// Where the cell's start tag begins, and where its content does.
    cell: (usize, usize),
}

impl<'a> Writer<'a> {
    fn new(body: &'a str, targets: &'a [Target], prefix: &'a str) -> Self {
        Self {
            body,
            out: String::with_capacity(body.len() + body.len() / 2 + 64),
            targets,
            next: 0,
            prefix,
            frames: Vec::new(),
            links_open: 0,
            tables_open: 0,
            headings: Vec::new(),
            anchors: Anchors::default(),
            heading: None,
            footnotes: Footnotes::default(),
            picture: None,
            paragraph: 0..0,
            figure: false,
            table: Table::default(),
            line_end: None,
            last: ' ',
            draft: None,
        }
    }

    fn finish(mut self) -> RenderedBody {
        self.close_raw();
        self.write_footnotes();
        RenderedBody { html: self.out, headings: self.headings }
    }

    fn piece(&mut self, piece: Piece<'a>, range: Range<usize>) {
        match piece {
            Piece::Markdown(event) => self.event(event, range),
            Piece::Open(element, attributes) => {
                self.end_line(None);
                self.open_raw(element, &attributes);
            }
            Piece::Close(element) => {
                self.end_line(None);
                self.close_raw_element(element);
            }
            Piece::Text(text) => self.text(&text),
            Piece::Refused(_) => {}
        }
    }

    fn event(&mut self, event: Event<'a>, range: Range<usize>) {
        match event {
            Event::Text(text) => self.text(&text),
            Event::Start(tag) if self.picture.is_some() => self.start_in_picture(&tag),
            Event::End(tag) if self.picture.is_some() => self.end_in_picture(tag),
            Event::Start(tag) => self.start(tag, range),
            Event::End(tag) => self.end(tag),
            Event::SoftBreak => self.soft_break(),
            Event::Code(text) => self.code(&text),
            Event::HardBreak => self.hard_break(),
            Event::Rule => {
                self.begin_block();
                self.out.push_str("<hr>\n");
            }
            Event::FootnoteReference(label) => self.footnote_reference(&label),
            Event::TaskListMarker(done) => self.task(done),
            // HTML comes as pieces of its own, mathematics is not enabled.
            Event::Html(_) | Event::InlineHtml(_) | Event::InlineMath(_) | Event::DisplayMath(_) => {}
        }
    }

    fn start(&mut self, tag: Tag<'a>, range: Range<usize>) {
        match tag {
            Tag::Emphasis => self.start_inline("<em>"),
            Tag::Strong => self.start_inline("<strong>"),
            Tag::Strikethrough => self.start_inline("<del>"),
            Tag::Link { title, .. } => self.start_link(&title),
            Tag::Image { title, .. } => self.start_picture(title, &range),
            Tag::TableHead => self.start_row(true),
            Tag::TableRow => self.start_row(false),
            Tag::TableCell => self.start_cell(),
            other => self.start_block(other, range),
        }
    }

    fn start_block(&mut self, tag: Tag<'a>, range: Range<usize>) {
        self.begin_block();
        let content = match &tag {
            Tag::Paragraph | Tag::Heading { .. } | Tag::CodeBlock(_) => Content::Phrasing,
            _ => Content::Flow,
        };
        self.frames.push(Frame::markdown(content));
        match tag {
            Tag::Paragraph => {
                self.paragraph = range;
                self.out.push_str("<p>");
            }
            Tag::Heading { level, .. } => {
                self.note_heading();
                self.heading = Some(OpenHeading::new(level_of(level), self.out.len()));
            }
            Tag::BlockQuote(_) => self.out.push_str("<blockquote>\n"),
            Tag::CodeBlock(kind) => self.start_code(&kind),
            Tag::List(Some(1)) => self.out.push_str("<ol>\n"),
            Tag::List(Some(first)) => {
                // HTML holds a list's first number in 32 bits, signed.
                self.out.push_str(&format!("<ol start=\"{}\">\n", first.min(i32::MAX as u64)));
            }
            Tag::List(None) => self.out.push_str("<ul>\n"),
            Tag::Item => self.out.push_str("<li>"),
            Tag::FootnoteDefinition(label) => self.start_footnote(&label),
            Tag::Table(alignments) => self.start_table(alignments),
            // Not enabled: only their text.
            _ => {}
        }
    }

    fn end(&mut self, tag: TagEnd) {
        if !matches!(tag, TagEnd::Emphasis | TagEnd::Strong | TagEnd::Strikethrough | TagEnd::Link) {
            self.line_end = None;
        }
        self.close_raw();
        let frame = self.frames.pop();
        match tag {
            TagEnd::Paragraph => self.end_paragraph(),
            TagEnd::Heading(_) => self.end_heading(),
            TagEnd::Emphasis => self.out.push_str("</em>"),
            TagEnd::Strong => self.out.push_str("</strong>"),
            TagEnd::Strikethrough => self.out.push_str("</del>"),
            TagEnd::Link => self.end_link(frame.as_ref()),
            TagEnd::BlockQuote(_) => self.out.push_str("</blockquote>\n"),
            TagEnd::CodeBlock => self.out.push_str("</code></pre>\n"),
            TagEnd::List(true) => self.out.push_str("</ol>\n"),
            TagEnd::List(false) => self.out.push_str("</ul>\n"),
            TagEnd::Item => self.out.push_str("</li>\n"),
            TagEnd::FootnoteDefinition => self.end_footnote(),
            TagEnd::Table => self.end_table(),
            TagEnd::TableHead => self.out.push_str("</tr></thead>\n"),
            TagEnd::TableRow => self.out.push_str("</tr>\n"),
            TagEnd::TableCell => self.end_cell(),
            _ => {}
        }
    }

    fn start_inline(&mut self, tag: &str) {
        self.out.push_str(tag);
        self.frames.push(Frame::markdown(Content::Phrasing));
    }

    fn end_paragraph(&mut self) {
        if self.figure {
            self.figure = false;
            self.out.push_str("</figure>\n");
        } else if self.out.ends_with("<p>") {
            self.out.truncate(self.out.len() - 3);
        } else {
            self.out.push_str("</p>\n");
        }
    }
}

/// Text and what stands in a line.
impl Writer<'_> {
    fn text(&mut self, text: &str) {
        if let Some(picture) = &mut self.picture {
            picture.text.push_str(text);
            return;
        }
        self.end_line(text.chars().next());
        self.add_to_heading(text);
        write_text(&mut self.out, text);
        if let Some(last) = text.chars().next_back() {
            self.last = last;
        }
    }

    fn code(&mut self, text: &str) {
        if let Some(picture) = &mut self.picture {
            picture.text.push_str(text);
            return;
        }
        self.end_line(None);
        self.add_to_heading(text);
        self.out.push_str("<code>");
        write_text(&mut self.out, text);
        self.out.push_str("</code>");
        self.last = ' ';
    }

    fn add_to_heading(&mut self, text: &str) {
        if let Some(heading) = &mut self.heading {
            heading.text.push_str(text);
        }
    }

    fn soft_break(&mut self) {
        if let Some(picture) = &mut self.picture {
            picture.text.push(' ');
        } else {
            self.end_line(None);
            self.add_to_heading(" ");
            self.line_end = Some(self.out.len());
            self.note_line_end();
        }
    }

    fn hard_break(&mut self) {
        if let Some(picture) = &mut self.picture {
            picture.text.push(' ');
        } else {
            self.end_line(None);
            self.add_to_heading(" ");
            self.out.push_str("<br>\n");
        }
    }

    /// A line break in the source is a space on the page, but not between two Chinese characters.
    fn end_line(&mut self, next: Option<char>) {
        if let Some(at) = self.line_end.take()
            && !next.is_some_and(|next| joins(self.last, next))
        {
            self.out.insert(at, '\n');
            self.shift_after_line_end();
        }
    }

    fn task(&mut self, done: bool) {
        let item = ["<li>", "<li><p>"].into_iter().find(|start| self.out.ends_with(start));
        // A heading's tag is not written yet: what stands before it must stay where it is.
        if let Some(start) = item.filter(|_| self.heading.is_none()) {
            self.out.insert_str(self.out.len() - start.len() + "<li".len(), " class=\"task\"");
        }
        self.out.push_str(if done {
            "<input type=\"checkbox\" disabled checked aria-label=\"已完成\"> "
        } else {
            "<input type=\"checkbox\" disabled aria-label=\"未完成\"> "
        });
    }
}

/// Code and tables.
impl Writer<'_> {
    /// The fence's first word tells the language; of it only what a class name may hold.
    fn start_code(&mut self, kind: &CodeBlockKind<'_>) {
        let language: String = match kind {
            CodeBlockKind::Indented => String::new(),
            CodeBlockKind::Fenced(info) => {
                let word = info.split_whitespace().next().unwrap_or("");
                word.chars().filter(|c| c.is_ascii_alphanumeric() || "-_+#.".contains(*c)).take(32).collect()
            }
        };
        if language.is_empty() {
            self.out.push_str("<pre><code>");
        } else {
            self.out.push_str(&format!("<pre><code class=\"language-{language}\">"));
        }
    }

    fn start_table(&mut self, alignments: Vec<Alignment>) {
        let number = self.table.number + 1;
        self.table = Table { alignments, number, ..Table::default() };
        self.out.push_str(&format!("<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"表格 {number}\"><table>\n"));
    }

    fn end_table(&mut self) {
        self.out.push_str(if self.table.body { "</tbody></table></div>\n" } else { "</table></div>\n" });
    }

    fn start_row(&mut self, head: bool) {
        self.table.column = 0;
        self.table.head = head;
        self.frames.push(Frame::markdown(Content::Table));
        if head {
            self.out.push_str("<thead><tr>");
        } else if self.table.body {
            self.out.push_str("<tr>");
        } else {
            self.table.body = true;
            self.out.push_str("<tbody>\n<tr>");
        }
    }

    fn start_cell(&mut self) {
        let start = self.out.len();
        self.out.push_str(if self.table.head { "<th scope=\"col\"" } else { "<td" });
        self.out.push_str(match self.table.alignments.get(self.table.column) {
            Some(Alignment::Center) => " class=\"align-center\">",
            Some(Alignment::Right) => " class=\"align-right\">",
            _ => ">",
        });
        self.table.cell = (start, self.out.len());
        self.frames.push(Frame::markdown(Content::Flow));
    }

    fn end_cell(&mut self) {
        let (start, content) = self.table.cell;
        if self.table.head && self.out.len() == content {
            // A header without words heads nothing.
            self.out.truncate(start);
            self.out.push_str("<td></td>");
        } else {
            self.out.push_str(if self.table.head { "</th>" } else { "</td>" });
        }
        self.table.column += 1;
    }
}

/// The level on the page: the page's own title is the only first-level heading.
fn level_of(level: HeadingLevel) -> u8 {
    (level as u8).max(2)
}

/// Writes text; control characters, which HTML does not allow, are left out.
fn write_text(out: &mut String, text: &str) {
    let written = match without_controls(text) {
        None => escape_html_body_text(&mut *out, text),
        Some(text) => escape_html_body_text(&mut *out, &text),
    };
    // Writing to a string cannot fail.
    debug_assert!(written.is_ok());
}

/// Writes ` name="value"`.
fn write_attribute(out: &mut String, name: &str, value: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    let written = match without_controls(value) {
        None => escape_html(&mut *out, value),
        Some(value) => escape_html(&mut *out, &value),
    };
    debug_assert!(written.is_ok());
    out.push('"');
}

/// The text without control characters, if it has any but tabs and line ends.
fn without_controls(text: &str) -> Option<String> {
    // All bytes are looked at, without a way out, so that the compiler can look at many at a time; C1 controls begin with 0xC2.
    let suspect = text.bytes().fold(false, |found, b| found | ((b < b' ') & (b != b'\n') & (b != b'\t')) | (b == 0x7F) | (b == 0xC2));
    suspect.then(|| text.chars().filter(|c| !c.is_control() || matches!(c, '\n' | '\t')).collect())
}
