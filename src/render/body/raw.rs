//! What is open in the output, and the author's raw HTML in it.
//!
//! In: raw start and end tags. Out: tags that are always balanced: raw elements are closed before the Markdown element they stand in,
//! and an end tag closes only what raw HTML has opened. It trusts the list of elements in `raw_html` and knows no other.

use std::borrow::Cow;

use super::{Writer, write_attribute};
use crate::source::markdown::LinkKind;
use crate::source::markdown::raw_html::{self, Content, Element};

/// Deeper raw elements are dropped: browsers give up somewhere too.
const DEEPEST: usize = 64;

/// An open element.
#[derive(Debug)]
pub(super) struct Frame {
    /// The raw element; `None`: a Markdown one, which only its own end closes.
    raw: Option<&'static Element>,
    /// What may stand in it.
    content: Content,
    /// The number of the target it links to.
    pub(super) link: Option<usize>,
}

impl Frame {
    pub(super) fn markdown(content: Content) -> Self {
        Self { raw: None, content, link: None }
    }

    /// A Markdown link to the `k`-th target, or only its text.
    pub(super) fn link(link: Option<usize>) -> Self {
        Self { link, ..Self::markdown(Content::Phrasing) }
    }

    /// Whether it is a block that holds blocks, whatever it stands in itself.
    fn is_container(&self) -> bool {
        self.content == Content::Flow && self.raw.is_none_or(|e| e.block)
    }

    /// Whether a Markdown block may stand in it.
    fn holds_blocks(&self) -> bool {
        // `del` and `ins` mark whole paragraphs too; other inline elements end with their paragraph.
        self.is_container() || self.content == Content::Flow && (self.is("del") || self.is("ins"))
    }

    fn is(&self, name: &str) -> bool {
        self.raw.is_some_and(|e| e.name == name)
    }
}

impl Writer<'_> {
    fn content(&self) -> Content {
        self.frames.last().map_or(Content::Flow, |f| f.content)
    }

    /// The raw elements above the innermost Markdown one, and where they begin.
    fn segment(&self) -> (usize, &[Frame]) {
        let start = self.frames.iter().rposition(|f| f.raw.is_none()).map_or(0, |i| i + 1);
        (start, &self.frames[start..])
    }

    /// Closes the raw elements above the innermost Markdown one.
    pub(super) fn close_raw(&mut self) {
        while self.frames.last().is_some_and(|f| f.raw.is_some()) {
            self.close_top();
        }
    }

    /// Closes raw elements until `depth` frames are left.
    fn close_to(&mut self, depth: usize) {
        while self.frames.len() > depth {
            self.close_top();
        }
    }

    fn close_top(&mut self) {
        let Some(Frame { raw: Some(element), link, .. }) = self.frames.pop() else { return };
        if let Some(k) = link {
            self.close_link(k);
            return;
        }
        self.out.push_str("</");
        self.out.push_str(element.output);
        self.out.push('>');
        if element.name == "table" {
            self.tables_open = self.tables_open.saturating_sub(1);
            if self.tables_open == 0 {
                self.out.push_str("</div>");
            }
        }
    }

    /// A Markdown block begins: raw elements that cannot hold one end here.
    pub(super) fn begin_block(&mut self) {
        self.line_end = None;
        let (start, raw) = self.segment();
        let inner = raw.iter().rposition(Frame::is_container).map_or(0, |i| i + 1);
        if let Some(i) = raw[inner..].iter().position(|f| !f.holds_blocks()) {
            self.close_to(start + inner + i);
        }
    }

    /// A raw start tag. Its link's target is taken whether or not the tag can stand here.
    pub(super) fn open_raw(&mut self, element: &'static Element, attributes: &str) {
        let reference = raw_html::reference(element, attributes).map(|(_, kind)| (kind, self.take_target()));
        match reference {
            Some((LinkKind::Picture, k)) => self.raw_picture(k, attributes),
            Some((LinkKind::Link, k)) => self.raw_link(element, k, attributes),
            None if matches!(element.name, "a" | "img") || self.picture.is_some() => {}
            None => self.raw_element(element, attributes),
        }
    }

    fn raw_picture(&mut self, k: usize, attributes: &str) {
        let text = |name| raw_html::value(attributes, name).unwrap_or(Cow::Borrowed(""));
        let alt = text("alt");
        let alt = alt.trim();
        if self.picture.is_some() || !self.shows_picture(k) {
            self.text(alt);
        } else if self.content() != Content::Table {
            let number = |name| text(name).parse().ok().filter(|n| *n < 100_000).unwrap_or(0);
            self.write_picture(k, alt, &text("title"), (number("width"), number("height")));
        }
    }

    fn raw_link(&mut self, element: &'static Element, k: usize, attributes: &str) {
        if self.picture.is_some() || self.content() == Content::Table || self.is_too_deep() {
            return;
        }
        let title = raw_html::value(attributes, "title").unwrap_or(Cow::Borrowed(""));
        if self.open_link(k, &title) {
            let content = self.content();
            self.frames.push(Frame { raw: Some(element), content, link: Some(k) });
        }
    }

    fn raw_element(&mut self, element: &'static Element, attributes: &str) {
        if self.is_too_deep() || !self.make_room(element) {
            return;
        }
        let content = if element.content == Content::Inherit { self.content() } else { element.content };
        if element.name == "table" {
            self.start_raw_table();
        }
        self.write_raw_start(element, attributes);
        if content != Content::Void {
            self.frames.push(Frame { raw: Some(element), content, link: None });
        }
    }

    fn is_too_deep(&self) -> bool {
        self.segment().1.len() >= DEEPEST
    }

    /// Raw tables can be scrolled on phones like others, but only as a whole.
    fn start_raw_table(&mut self) {
        if self.tables_open == 0 {
            self.table.number += 1;
            let number = self.table.number;
            self.out.push_str(&format!("<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"表格 {number}\">"));
        }
        self.tables_open += 1;
    }

    /// Closes what an element ends by beginning (`<li>` the `<li>` before it); `false`: it cannot stand here.
    fn make_room(&mut self, element: &Element) -> bool {
        let (start, raw) = self.segment();
        if !element.parents.is_empty() {
            let Some(parent) = parent_of(element, raw) else { return false };
            self.close_to(start + parent + 1);
            return true;
        }
        match self.content() {
            Content::Table => false,
            Content::Phrasing if element.block => {
                // A block ends the paragraph before it, but no other element of text.
                let Some(paragraph) = raw.iter().rposition(|f| f.is("p")) else { return false };
                let only_inline = raw[paragraph + 1..].iter().all(|f| f.raw.is_some_and(|e| !e.block));
                if only_inline {
                    self.close_to(start + paragraph);
                }
                only_inline && self.content() == Content::Flow
            }
            _ => true,
        }
    }

    fn write_raw_start(&mut self, element: &Element, attributes: &str) {
        self.out.push('<');
        self.out.push_str(element.output);
        if element.name == "center" {
            self.out.push_str(" class=\"align-center\"");
        }
        let mut written: Vec<&str> = Vec::new();
        for attribute in raw_html::attributes(attributes) {
            let Some(name) = raw_html::allowed(element, attribute.name) else { continue };
            let value = attribute.value();
            if written.contains(&name) || !raw_html::is_valid(name, &value) {
                continue;
            }
            written.push(name);
            match name {
                "open" | "reversed" => {
                    self.out.push(' ');
                    self.out.push_str(name);
                }
                _ => write_attribute(&mut self.out, name, &value),
            }
        }
        self.out.push('>');
    }

    /// A raw end tag: closes the innermost raw element of its name, if no table cell or Markdown element is between.
    pub(super) fn close_raw_element(&mut self, element: &Element) {
        if self.picture.is_some() {
            return;
        }
        let (start, raw) = self.segment();
        let is_cell = |f: &Frame| f.is("td") || f.is("th") || f.is("caption") || f.is("table");
        let in_table = element.content == Content::Table || element.parents.contains(&"table");
        for (i, frame) in raw.iter().enumerate().rev() {
            if frame.is(element.name) {
                self.close_to(start + i);
                return;
            }
            if frame.is("table") || is_cell(frame) && !in_table {
                return;
            }
        }
    }
}

/// The innermost of `raw` that the element may stand in, with only what it ends above it.
fn parent_of(element: &Element, raw: &[Frame]) -> Option<usize> {
    let in_table = element.parents.contains(&"table");
    for (i, frame) in raw.iter().enumerate().rev() {
        let open = frame.raw?;
        if element.parents.contains(&open.name) {
            return Some(i);
        }
        // A part of a table ends everything in the part before it; other parts only their likes, paragraphs and elements of text.
        let sibling = !open.parents.is_empty() && open.parents == element.parents;
        if !in_table && open.block && !sibling && open.name != "p" {
            return None;
        }
    }
    None
}
