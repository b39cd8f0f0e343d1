//! Links and pictures, with the targets they were given.
//!
//! In: the k-th target for the k-th link. Out: `a` with format and size of files, `img` and `figure`. Addresses are checked once more
//! here, whoever made them. It does not know how targets are found.

use std::ops::Range;

use pulldown_cmark::{CowStr, Tag, TagEnd};
use pulldown_cmark_escape::escape_href;

use super::raw::Frame;
use super::{FileNote, Target, Writer, write_attribute, write_text};
use crate::source::markdown::allowed_scheme;

/// How wide a text is that a picture stands in: the whole window on a phone, else 45 of its letters.
const PICTURE_SIZES: &str = "(min-width: 48em) 45em, 100vw";

/// A picture whose alternative text is being collected.
pub(super) struct Picture {
    target: usize,
    title: String,
    pub(super) text: String,
    /// Whether nothing else stands in its paragraph.
    alone: bool,
    /// How many Markdown elements are open in its text.
    depth: usize,
}

impl<'a> Writer<'a> {
    /// Takes the next target's number.
    pub(super) fn take_target(&mut self) -> usize {
        self.next += 1;
        self.next - 1
    }

    /// Opens a link to the `k`-th target; `false`: there is none, or a link is open already.
    pub(super) fn open_link(&mut self, k: usize, title: &str) -> bool {
        let Some(Target::Href { url, external, .. }) = self.targets.get(k) else { return false };
        if self.links_open > 0 || !allowed_scheme(url) {
            return false;
        }
        self.links_open += 1;
        self.out.push_str("<a");
        write_address(&mut self.out, "href", url);
        if *external {
            self.out.push_str(" class=\"external\" rel=\"noopener noreferrer\"");
        }
        if !title.is_empty() {
            write_attribute(&mut self.out, "title", title);
        }
        self.out.push('>');
        true
    }

    /// Closes the link to the `k`-th target, after what a reader should know of the file.
    pub(super) fn close_link(&mut self, k: usize) {
        self.links_open = self.links_open.saturating_sub(1);
        if let Some(Target::Href { file: Some(note), .. }) = self.targets.get(k) {
            self.out.push_str("<span class=\"file\">（");
            write_text(&mut self.out, &describe(note));
            self.out.push_str("）</span>");
        }
        self.out.push_str("</a>");
    }

    pub(super) fn start_link(&mut self, title: &str) {
        let k = self.take_target();
        let link = (self.draft_link(title) || self.open_link(k, title)).then_some(k);
        self.frames.push(Frame::link(link));
    }

    pub(super) fn end_link(&mut self, frame: Option<&Frame>) {
        if let Some(k) = frame.and_then(|f| f.link)
            && !self.end_draft_link()
        {
            self.close_link(k);
        }
    }

    pub(super) fn start_picture(&mut self, title: CowStr<'a>, range: &Range<usize>) {
        self.end_line(None);
        let target = self.take_target();
        let paragraph = self.body.get(self.paragraph.clone()).unwrap_or("");
        let alone = self.paragraph.start == range.start && self.paragraph.start + paragraph.trim_end().len() == range.end;
        let alone = alone && self.out.ends_with("<p>");
        self.picture = Some(Picture { target, title: title.into_string(), text: String::new(), alone, depth: 0 });
    }

    /// Links and pictures in a picture's text count like all others, but only their text stays.
    pub(super) fn start_in_picture(&mut self, tag: &Tag<'_>) {
        if matches!(tag, Tag::Link { .. } | Tag::Image { .. }) {
            self.take_target();
        }
        if let Some(picture) = &mut self.picture {
            picture.depth += 1;
        }
    }

    pub(super) fn end_in_picture(&mut self, _tag: TagEnd) {
        match self.picture.take() {
            Some(picture) if picture.depth > 0 => self.picture = Some(Picture { depth: picture.depth - 1, ..picture }),
            Some(picture) => self.end_picture(&picture),
            None => {}
        }
    }

    fn end_picture(&mut self, picture: &Picture) {
        let alt = picture.text.trim();
        let shown = self.shows_picture(picture.target);
        if !shown {
            self.text(alt);
            return;
        }
        if !picture.alone {
            self.write_picture(picture.target, alt, &picture.title, (0, 0));
            return;
        }
        self.figure = true;
        self.out.truncate(self.out.len() - "<p>".len());
        self.out.push_str("<figure>");
        self.write_picture(picture.target, alt, "", (0, 0));
        if !picture.title.trim().is_empty() {
            self.out.push_str("<figcaption>");
            write_text(&mut self.out, picture.title.trim());
            self.out.push_str("</figcaption>");
        }
    }

    /// Whether the `k`-th target is a picture that may be shown.
    pub(super) fn shows_picture(&self, k: usize) -> bool {
        matches!(self.targets.get(k), Some(Target::Picture { src, .. }) if allowed_scheme(src))
    }

    /// Writes the `k`-th target as a picture; `size` is taken where the target knows none.
    pub(super) fn write_picture(&mut self, k: usize, alt: &str, title: &str, size: (u32, u32)) {
        let Some(Target::Picture { src, srcset, width, height }) = self.targets.get(k) else { return };
        let (width, height) = if *width > 0 && *height > 0 { (*width, *height) } else { size };
        // One address that may not be shown stands for all.
        let photo = !srcset.is_empty() && srcset.split(", ").all(allowed_scheme);
        if photo {
            self.out.push_str("<picture><source type=\"image/webp\"");
            write_attribute(&mut self.out, "srcset", srcset);
            write_attribute(&mut self.out, "sizes", PICTURE_SIZES);
            self.out.push('>');
        }
        self.out.push_str("<img");
        write_address(&mut self.out, "src", src);
        write_attribute(&mut self.out, "alt", alt);
        if !title.is_empty() {
            write_attribute(&mut self.out, "title", title);
        }
        if width > 0 && height > 0 {
            self.out.push_str(&format!(" width=\"{width}\" height=\"{height}\""));
        }
        self.out.push_str(" loading=\"lazy\" decoding=\"async\">");
        if photo {
            self.out.push_str("</picture>");
        }
        self.last = ' ';
    }
}

fn write_address(out: &mut String, name: &str, url: &str) {
    out.push(' ');
    out.push_str(name);
    out.push_str("=\"");
    let written = escape_href(&mut *out, url);
    debug_assert!(written.is_ok());
    out.push('"');
}

/// `DOCX，12 KB`, or `JPG` where the size is not known.
fn describe(note: &FileNote) -> String {
    const KB: u64 = 1024;
    let format = note.format.to_uppercase();
    let tenths = |size: u64, unit: u64| format!("{:.1}", size as f64 / unit as f64);
    let size = match note.size {
        None => return format,
        Some(size) if size < KB => format!("{size} B"),
        // Rounded up: no file of a thousand bytes and one is smaller than it is.
        Some(size) if size <= 1023 * KB => format!("{} KB", size.div_ceil(KB)),
        Some(size) if size < KB * KB * KB => format!("{} MB", tenths(size, KB * KB)),
        Some(size) => format!("{} GB", tenths(size, KB * KB * KB)),
    };
    format!("{format}，{size}")
}
