//! Footnotes: numbered in the order of their first reference, shown together at the end of the body, with ways back.
//!
//! In: references and definitions wherever they stand. Out: `sup` links and one section. Ids are `fn_1`, `fnref_1`, `fnref_1_2` after
//! the body's prefix; authors' labels never enter the HTML, and heading ids never hold `_`. It knows nothing of links' targets.

use std::collections::HashMap;

use super::{Writer, write_text};

/// The footnotes of a body.
#[derive(Default)]
pub(super) struct Footnotes {
    notes: Vec<Note>,
    by_label: HashMap<String, usize>,
    /// What was being written when a definition began.
    interrupted: Vec<Interrupted>,
}

#[derive(Default)]
struct Note {
    references: usize,
    html: Option<String>,
}

struct Interrupted {
    note: usize,
    out: String,
    links_open: usize,
    tables_open: usize,
}

impl Footnotes {
    fn find(&mut self, label: &str) -> usize {
        let next = self.notes.len();
        let note = *self.by_label.entry(label.to_lowercase()).or_insert(next);
        if note == next {
            self.notes.push(Note::default());
        }
        note
    }
}

impl Writer<'_> {
    pub(super) fn footnote_reference(&mut self, label: &str) {
        self.end_line(None);
        if self.picture.is_some() {
            return;
        }
        let note = self.footnotes.find(label);
        let (number, prefix) = (note + 1, escaped(self.prefix));
        // A link cannot stand in a link.
        if self.links_open > 0 {
            self.out.push_str(&format!("<sup class=\"footnote\">{number}</sup>"));
            return;
        }
        self.footnotes.notes[note].references += 1;
        let suffix = suffix(self.footnotes.notes[note].references);
        self.out.push_str(&format!(
            "<sup class=\"footnote\"><a href=\"#{prefix}fn_{number}\" id=\"{prefix}fnref_{number}{suffix}\" role=\"doc-noteref\" \
             aria-label=\"脚注 {number}\">{number}</a></sup>"
        ));
    }

    pub(super) fn start_footnote(&mut self, label: &str) {
        let mut note = self.footnotes.find(label);
        if self.footnotes.notes[note].html.is_some() {
            // The parser takes the first of two definitions; the other's text is kept all the same.
            note = self.footnotes.notes.len();
            self.footnotes.notes.push(Note::default());
        }
        self.footnotes.notes[note].html = Some(String::new());
        self.footnotes.interrupted.push(Interrupted {
            note,
            out: std::mem::take(&mut self.out),
            links_open: std::mem::take(&mut self.links_open),
            tables_open: std::mem::take(&mut self.tables_open),
        });
    }

    pub(super) fn end_footnote(&mut self) {
        let Some(interrupted) = self.footnotes.interrupted.pop() else { return };
        self.footnotes.notes[interrupted.note].html = Some(std::mem::replace(&mut self.out, interrupted.out));
        self.links_open = interrupted.links_open;
        self.tables_open = interrupted.tables_open;
    }

    pub(super) fn write_footnotes(&mut self) {
        if self.footnotes.notes.is_empty() {
            return;
        }
        let prefix = escaped(self.prefix);
        self.out.push_str("<section class=\"footnotes\" role=\"doc-endnotes\" aria-label=\"脚注\">\n<ol>\n");
        for (i, note) in self.footnotes.notes.iter().enumerate() {
            let number = i + 1;
            let html = note.html.as_deref().unwrap_or("").trim_end();
            let (html, end) = html.strip_suffix("</p>").map_or((html, ""), |html| (html, "</p>"));
            self.out.push_str(&format!("<li id=\"{prefix}fn_{number}\">{html}"));
            for reference in 1..=note.references {
                let suffix = suffix(reference);
                let which = if reference > 1 { format!("（第 {reference} 处）") } else { String::new() };
                self.out.push_str(&format!(
                    " <a href=\"#{prefix}fnref_{number}{suffix}\" class=\"footnote-back\" role=\"doc-backlink\" \
                     aria-label=\"返回正文脚注 {number}{which}\">↩</a>"
                ));
            }
            self.out.push_str(end);
            self.out.push_str("</li>\n");
        }
        self.out.push_str("</ol>\n</section>\n");
    }
}

fn suffix(reference: usize) -> String {
    if reference > 1 { format!("_{reference}") } else { String::new() }
}

/// The prefix as it may stand in an attribute.
fn escaped(prefix: &str) -> String {
    let mut out = String::new();
    write_text(&mut out, prefix);
    out.replace('"', "&quot;")
}
