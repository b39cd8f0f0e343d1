//! Excerpts: where a text speaks of what was looked for, and the marks in it.
//!
//! In: a text and the folded letters that were looked for. Out: [`Piece`]s, marked or not. Pure: knows nothing of the index.

use std::cmp::Reverse;

use crate::source::folding::folded;

/// Letters of an excerpt.
const EXCERPT: usize = 110;

/// A piece of text, marked or not.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it is what was looked for.
    pub marked: bool,
}

/// Where the marks stand in a text, in bytes, ascending and apart from each other.
fn places(text: &str, marks: &[Vec<char>]) -> Vec<(usize, usize)> {
    let letters: Vec<(usize, usize, char)> = text.char_indices().filter_map(|(at, c)| Some((at, at + c.len_utf8(), folded(c)?))).collect();
    let mut found: Vec<(usize, usize)> = Vec::new();
    for mark in marks {
        let fits = |w: &[(usize, usize, char)]| w.iter().map(|l| l.2).eq(mark.iter().copied());
        found.extend(letters.windows(mark.len().max(1)).filter(|w| fits(w)).map(|w| (w[0].0, w[w.len() - 1].1)));
    }
    found.sort_unstable();
    let mut apart: Vec<(usize, usize)> = Vec::new();
    for (from, to) in found {
        match apart.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => apart.push((from, to)),
        }
    }
    apart
}

/// A text cut at its marks.
#[must_use]
pub fn pieces(text: &str, marks: &[Vec<char>]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut push = |text: &str, marked: bool| {
        if !text.is_empty() {
            out.push(Piece { text: text.to_string(), marked });
        }
    };
    for (from, to) in places(text, marks) {
        push(&text[at..from], false);
        push(&text[from..to], true);
        at = to;
    }
    push(&text[at..], false);
    out
}

/// As much of a text as a result shows: around the place that holds the most of what was looked for.
pub(super) fn excerpt(text: &str, marks: &[Vec<char>]) -> String {
    let places = places(text, marks);
    let near = |from: usize| places.iter().filter(|(at, _)| (from..from + EXCERPT * 2).contains(at)).count();
    let best = places.iter().map(|(from, _)| *from).max_by_key(|from| (near(*from), Reverse(*from))).unwrap_or(0);
    let mut start = best;
    // Some letters before it, from the beginning of a sentence when one is near.
    for (at, c) in text[..best].char_indices().rev().take(EXCERPT / 4) {
        if matches!(c, '。' | '！' | '？' | '；' | '\n') {
            break;
        }
        start = at;
    }
    let shown: String = text[start..].chars().take(EXCERPT).map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c }).collect();
    let (before, after) = (if start > 0 { "…" } else { "" }, if shown.len() < text.len() - start { "…" } else { "" });
    format!("{before}{}{after}", shown.split_whitespace().collect::<Vec<_>>().join(" "))
}

#[cfg(test)]
mod tests {
    use super::super::dictionary::letters;
    use super::*;

    #[test]
    fn what_was_looked_for_is_marked_in_any_writing() {
        let marks = [letters("云政发2026"), letters("政发")];
        let shown: Vec<(String, bool)> = pieces("见雲政發〔２０２６〕12号", &marks).into_iter().map(|p| (p.text, p.marked)).collect();
        assert_eq!(shown, [("见".into(), false), ("雲政發〔２０２６".into(), true), ("〕12号".into(), false)]);
    }

    #[test]
    fn an_excerpt_begins_before_what_was_looked_for() {
        let text = format!("{}。{}身份证{}", "甲".repeat(300), "乙".repeat(5), "丙".repeat(300));
        let cut = excerpt(&text, &[letters("身份证")]);
        assert!(cut.starts_with("…乙乙乙乙乙身份证丙") && cut.ends_with("…"), "{cut}");
        assert_eq!(excerpt("短", &[letters("无")]), "短");
    }
}
