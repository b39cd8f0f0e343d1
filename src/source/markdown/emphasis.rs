//! Emphasis as a Chinese writer expects it: `**中文，**后` is bold although a punctuation mark stands before the stars.
//!
//! In: a body. Out: where a marker must stand so that the parser sees the run of `*` or `~~` as the writer does; and the way back
//! from the marked body to the body. CommonMark asks for a space or a punctuation mark on the other side of such a run, and Chinese
//! text has no spaces: the marker is a rare punctuation mark, put on that other side. It knows nothing of HTML and of diagnostics.

use std::ops::Range;

use pulldown_cmark::{CodeBlockKind, CowStr, Event, Tag};

/// Rare punctuation marks (three bytes each) of which the first that a body does not hold becomes its marker.
pub(super) const MARKERS: [char; 3] = ['\u{2E33}', '\u{2E34}', '\u{2E47}'];

/// How many runs away a run looks for its partner; keeps hostile bodies linear.
const LOOK_AHEAD: usize = 32;

/// A body with its markers.
pub(super) struct Marked<'a> {
    body: &'a str,
    /// The body with a marker at each place of `at`.
    pub(super) text: String,
    marker: char,
    /// Where the markers stand in `text`, ascending.
    at: Vec<usize>,
}

impl<'a> Marked<'a> {
    /// `None`: nothing to mark, the body can be parsed as it is (nearly always).
    pub(super) fn new(body: &'a str) -> Option<Self> {
        let places = places(body);
        if places.is_empty() {
            return None;
        }
        let marker = MARKERS.into_iter().find(|m| !body.contains(*m))?;
        let mut text = String::with_capacity(body.len() + places.len() * marker.len_utf8());
        let mut at = Vec::with_capacity(places.len());
        let mut from = 0;
        for place in places {
            text.push_str(&body[from..place]);
            at.push(text.len());
            text.push(marker);
            from = place;
        }
        text.push_str(&body[from..]);
        Some(Self { body, text, marker, at })
    }

    /// A place of the marked text in the body.
    fn original(&self, place: usize) -> usize {
        place - self.at.partition_point(|&m| m < place) * self.marker.len_utf8()
    }

    /// A range of the marked text in the body.
    pub(super) fn range(&self, range: &Range<usize>) -> Range<usize> {
        self.original(range.start)..self.original(range.end)
    }

    /// A text of the parser without markers, borrowed from the body wherever it was borrowed from the marked text.
    fn strip(&self, text: CowStr<'_>) -> CowStr<'a> {
        if let CowStr::Borrowed(slice) = text {
            let offset = (slice.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
            if offset < self.text.len() && offset + slice.len() <= self.text.len() {
                return CowStr::Borrowed(&self.body[self.original(offset)..self.original(offset + slice.len())]);
            }
        }
        if text.contains(self.marker) { text.replace(self.marker, "").into() } else { text.into_static() }
    }

    /// An event of the parser without markers.
    pub(super) fn event(&self, event: Event<'_>) -> Event<'a> {
        match event {
            Event::Start(tag) => Event::Start(self.tag(tag)),
            Event::Text(text) => Event::Text(self.strip(text)),
            Event::Code(text) => Event::Code(self.strip(text)),
            Event::Html(text) => Event::Html(self.strip(text)),
            Event::InlineHtml(text) => Event::InlineHtml(self.strip(text)),
            Event::FootnoteReference(label) => Event::FootnoteReference(self.strip(label)),
            other => other.into_static(),
        }
    }

    fn tag(&self, tag: Tag<'_>) -> Tag<'a> {
        match tag {
            Tag::CodeBlock(CodeBlockKind::Fenced(info)) => Tag::CodeBlock(CodeBlockKind::Fenced(self.strip(info))),
            Tag::FootnoteDefinition(label) => Tag::FootnoteDefinition(self.strip(label)),
            Tag::Link { link_type, dest_url, title, id } => {
                Tag::Link { link_type, dest_url: self.strip(dest_url), title: self.strip(title), id: self.strip(id) }
            }
            Tag::Image { link_type, dest_url, title, id } => {
                Tag::Image { link_type, dest_url: self.strip(dest_url), title: self.strip(title), id: self.strip(id) }
            }
            other => other.into_static(),
        }
    }
}

/// What a run of delimiters lacks.
#[derive(Clone, Copy, PartialEq)]
enum Lack {
    Nothing,
    /// It could open but not close: a marker after it lets it do both.
    Closing,
    /// It could close but not open: a marker before it lets it do both.
    Opening,
}

struct Run {
    start: usize,
    end: usize,
    byte: u8,
    lack: Lack,
}

impl Run {
    fn width(&self) -> usize {
        self.end - self.start
    }

    /// Whether two runs can be the two ends of one emphasis.
    fn pairs_with(&self, other: &Run) -> bool {
        self.byte == other.byte && (self.width() == other.width() || self.width() > 2 || other.width() > 2)
    }
}

/// Where markers must stand, ascending.
fn places(body: &str) -> Vec<usize> {
    let mut runs = Vec::new();
    find_runs(body, b'*', &mut runs);
    find_runs(body, b'~', &mut runs);
    if runs.iter().all(|r| r.lack == Lack::Nothing) {
        return Vec::new();
    }
    runs.sort_unstable_by_key(|r| r.start);
    let mut places = Vec::new();
    for (i, run) in runs.iter().enumerate() {
        match run.lack {
            Lack::Closing if run.width() > 1 || has_opener(body, run, &runs[..i]) => places.push(run.end),
            Lack::Opening if has_closer(body, run, &runs[i + 1..]) => places.push(run.start),
            _ => {}
        }
    }
    places
}

/// A single star is as often a mark (`：*表示必填，*号`) as emphasis: it is helped only towards a partner that needs no help.
fn has_opener(body: &str, run: &Run, before: &[Run]) -> bool {
    let mut start = run.start;
    for other in before.iter().rev().take(LOOK_AHEAD) {
        if has_blank_line(&body[other.end..start]) {
            return false;
        }
        if other.pairs_with(run) && other.lack != Lack::Closing {
            return true;
        }
        start = other.start;
    }
    false
}

/// Whether a later run in the same block can close this one and is not itself such an opening run (`姓名*（必填）、电话*（必填）`).
fn has_closer(body: &str, run: &Run, after: &[Run]) -> bool {
    let mut end = run.end;
    for other in after.iter().take(LOOK_AHEAD) {
        if has_blank_line(&body[end..other.start]) {
            return false;
        }
        if other.pairs_with(run) && other.lack != Lack::Opening {
            return true;
        }
        end = other.end;
    }
    false
}

fn has_blank_line(text: &str) -> bool {
    let blank = |rest: &str| rest.starts_with('\n') || rest.starts_with("\r\n");
    text.match_indices('\n').any(|(at, _)| blank(&text[at + 1..]))
}

/// The runs of one delimiter, without escaped ones; of `~` only pairs.
fn find_runs(body: &str, byte: u8, runs: &mut Vec<Run>) {
    let bytes = body.as_bytes();
    let mut from = 0;
    while let Some(found) = memchr::memchr(byte, &bytes[from..]) {
        let first = from + found;
        let end = first + bytes[first..].iter().take_while(|&&b| b == byte).count();
        let escaped = bytes[..first].iter().rev().take_while(|&&b| b == b'\\').count() % 2;
        let start = first + escaped;
        if start < end && (byte == b'*' || end - start == 2) {
            runs.push(Run { start, end, byte, lack: lack(body, start, end) });
        }
        from = end;
    }
}

fn lack(body: &str, start: usize, end: usize) -> Lack {
    let mut before = body[..start].chars().rev();
    let mut after = body[end..].chars();
    let (Some(previous), Some(next)) = (before.next(), after.next()) else { return Lack::Nothing };
    if previous.is_whitespace() || next.is_whitespace() {
        return Lack::Nothing;
    }
    match (is_punctuation(previous), is_punctuation(next)) {
        (true, false) if !is_opening(previous) && (is_cjk(next) || is_cjk_mark(previous, before.next())) => Lack::Closing,
        // `~~` can always open.
        (false, true) if body.as_bytes()[start] == b'*' && !is_closing(next) && (is_cjk(previous) || is_cjk_mark(next, after.next())) => Lack::Opening,
        _ => Lack::Nothing,
    }
}

/// Han, kana, their punctuation and full-width forms.
pub(crate) fn is_cjk(c: char) -> bool {
    matches!(c as u32, 0x2E80..=0x9FFF | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFFEF | 0x20000..=0x3FFFD)
}

/// Quotation marks, dashes, ellipses and middle dots, which Chinese and Latin text share.
pub(crate) fn is_shared_mark(c: char) -> bool {
    matches!(c, '“' | '”' | '‘' | '’' | '—' | '…' | '·')
}

/// Whether a mark belongs to Chinese text: by itself, or by the character beyond it.
fn is_cjk_mark(mark: char, beyond: Option<char>) -> bool {
    is_cjk(mark) || is_shared_mark(mark) && beyond.is_some_and(is_cjk)
}

/// Punctuation and symbols, nearly as Unicode has it.
fn is_punctuation(c: char) -> bool {
    if c.is_ascii() {
        return c.is_ascii_punctuation();
    }
    let invisible = matches!(c as u32, 0x80..=0x9F | 0xAD | 0x300..=0x36F | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x2064
        | 0x20D0..=0x20FF | 0x302A..=0x302D | 0x3099 | 0x309A | 0xE000..=0xF8FF | 0xFE00..=0xFE0F | 0xFE20..=0xFE2F | 0xFEFF | 0x1FBCB..);
    !c.is_alphanumeric() && !c.is_whitespace() && !invisible
}

/// Marks after which nothing can end.
fn is_opening(c: char) -> bool {
    matches!(c, '(' | '[' | '{' | '<' | '|' | '“' | '‘' | '（' | '《' | '〈' | '「' | '『' | '【' | '〔' | '〖' | '［' | '｛')
}

/// Marks before which nothing begins.
fn is_closing(c: char) -> bool {
    matches!(c, ')' | ']' | '}' | '>' | '|' | ',' | '.' | ';' | ':' | '?' | '%' | '”' | '’' | '）' | '》' | '〉' | '」' | '』' | '】')
        || matches!(c, '〕' | '〗' | '］' | '｝' | '，' | '。' | '、' | '；' | '：' | '？' | '！' | '％')
}
