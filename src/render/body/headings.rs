//! Headings and their anchors.
//!
//! In: a heading's level and text. Out: an id made of its letters and digits (Chinese ones too), unique in the body. Ids never hold
//! `_`, which the ids of footnotes do. It knows nothing of links.

use std::collections::HashMap;

use super::{Heading, Writer, write_attribute};

/// The longest anchor in characters, before a number is added.
const LONGEST: usize = 64;

/// Ids that pages around the body use.
const RESERVED: [&str; 2] = ["main", "contents"];

/// A heading whose end has not come; its tag is written when its text is known.
pub(super) struct OpenHeading {
    level: u8,
    /// Where it begins in the output.
    start: usize,
    pub(super) text: String,
}

impl OpenHeading {
    pub(super) fn new(level: u8, start: usize) -> Self {
        Self { level, start, text: String::new() }
    }
}

/// The anchors given so far, each with the last number that was added to it.
#[derive(Default)]
pub(super) struct Anchors(HashMap<String, usize>);

impl Anchors {
    /// A new anchor for this text: the second `要求` is `要求-2`.
    pub(super) fn make(&mut self, text: &str) -> String {
        let base = anchor(text);
        if RESERVED.contains(&base.as_str()) {
            self.0.entry(base.clone()).or_insert(1);
        }
        if !self.0.contains_key(&base) {
            self.0.insert(base.clone(), 1);
            return base;
        }
        loop {
            let number = self.0.entry(base.clone()).or_insert(1);
            *number += 1;
            let numbered = format!("{base}-{number}");
            if !self.0.contains_key(&numbered) {
                self.0.insert(numbered.clone(), 1);
                return numbered;
            }
        }
    }
}

fn anchor(text: &str) -> String {
    let mut anchor = String::with_capacity(text.len());
    for c in text.chars().take(4 * LONGEST) {
        if c.is_alphanumeric() {
            anchor.push(c);
        } else if !anchor.is_empty() && !anchor.ends_with('-') {
            anchor.push('-');
        }
    }
    let end = anchor.char_indices().nth(LONGEST).map_or(anchor.len(), |(i, _)| i);
    let anchor = anchor[..end].trim_end_matches('-');
    if anchor.is_empty() { "section".to_string() } else { anchor.to_string() }
}

impl Writer<'_> {
    pub(super) fn end_heading(&mut self) {
        let Some(heading) = self.heading.take() else { return };
        if self.out.len() == heading.start {
            return;
        }
        let text = heading.text.split_whitespace().collect::<Vec<_>>().join(" ");
        let id = format!("{}{}", self.prefix, self.anchors.make(&text));
        let mut tag = format!("<h{}", heading.level);
        write_attribute(&mut tag, "id", &id);
        tag.push('>');
        self.out.insert_str(heading.start, &tag);
        self.shift_after_heading(tag.len());
        self.out.push_str(&format!("</h{}>\n", heading.level));
        self.headings.push(Heading { level: heading.level, id, text });
    }
}
