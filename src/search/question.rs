//! What somebody asks for, taken apart: parts that must be there, in any of their wordings; words that only say what they are after.
//!
//! In: the words as typed. Out: a [`Question`]. Nothing in the words is an operator: brackets, stars and quotes are what stands between letters, except that a
//! part in quotation marks is taken as it is.

use super::dictionary::{Dictionary, Use, letters};
use super::shown::Kind;
use super::tokens::{Phrase, Way, phrase};

/// Letters of a question that count.
pub const LONGEST: usize = 80;
/// Parts of a question that count.
const MOST_PARTS: usize = 10;
/// Results on a page.
pub const PAGE: usize = 10;
/// Pages that can be looked at.
pub const PAGES: usize = 50;

/// In which order results come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Order {
    /// The best first.
    #[default]
    Relevance,
    /// The newest first.
    Date,
}

/// What is asked for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wish {
    /// The words as typed.
    pub words: String,
    /// Only this site, by its number in the catalogue.
    pub site: Option<u16>,
    /// Only this kind.
    pub kind: Option<Kind>,
    /// Only this year.
    pub year: Option<u16>,
    /// In which order.
    pub order: Order,
    /// Which page, from 1.
    pub page: usize,
    /// Only the rows of this table, by its key in the catalogue.
    pub table: Option<u64>,
    /// Words in single columns of the table, by their place among its headings.
    pub cells: Vec<(usize, String)>,
    /// The year it is: older documents count a little less.
    pub now: u16,
}

/// A part of a question: any of its wordings will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// As typed, then words that mean the same.
    pub wordings: Vec<String>,
}

/// A question taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Question {
    /// Each must be there.
    pub parts: Vec<Part>,
    /// Words that need not be there but say that a service is wanted.
    pub service: Vec<String>,
    /// Whether something was left out because the words were too many.
    pub cut: bool,
}

impl Question {
    /// Takes words apart. `names` are letters of names that stay together, the longest first.
    #[must_use]
    pub fn of(words: &str, dictionary: &Dictionary, names: &[Vec<char>]) -> Self {
        let mut question = Self { cut: words.chars().count() > LONGEST, ..Self::default() };
        let words: String = words.chars().take(LONGEST).collect();
        let mut empty: Vec<String> = Vec::new();
        for (chunk, whole) in chunks(&words) {
            if whole {
                question.part(vec![chunk.to_string()]);
            } else {
                question.take_apart(&chunk, dictionary, names, &mut empty);
            }
        }
        // Somebody who types nothing but “办理” wants that.
        if question.parts.is_empty() {
            let only = if question.service.is_empty() { empty } else { std::mem::take(&mut question.service) };
            only.into_iter().for_each(|word| question.part(vec![word]));
        }
        question.cut |= question.parts.len() > MOST_PARTS;
        question.parts.truncate(MOST_PARTS);
        question
    }

    fn part(&mut self, wordings: Vec<String>) {
        let part = Part { wordings };
        if part.wordings.iter().any(|w| !letters(w).is_empty()) && !self.parts.contains(&part) {
            self.parts.push(part);
        }
    }

    /// Parts a chunk at the dictionary's words. What lies between them stays together.
    fn take_apart(&mut self, chunk: &str, dictionary: &Dictionary, names: &[Vec<char>], empty: &mut Vec<String>) {
        // Letters with the places where they stand, so that a part keeps its numbers' brackets.
        let places: Vec<(usize, char)> = chunk.char_indices().filter_map(|(at, c)| Some((at, crate::source::folding::folded(c)?))).collect();
        let plain: Vec<char> = places.iter().map(|(_, c)| *c).collect();
        let text = |from: usize, to: usize| {
            let end = places.get(to).map_or(chunk.len(), |(at, _)| *at);
            places.get(from).map_or("", |(start, _)| &chunk[*start..end]).trim().to_string()
        };
        let (mut from, mut at) = (0, 0);
        while at < plain.len() {
            let name = names.iter().find(|name| plain[at..].starts_with(name)).map(|name| (name.len(), Use::Name));
            let Some((length, what)) = name.or_else(|| dictionary.begins(&plain[at..])) else {
                at += 1;
                continue;
            };
            // A word that is part of a longer one of the text is left alone: 办理 in 代办理财 cannot be told, a single letter can.
            if length == 1 && (at != from || at + length != plain.len()) {
                at += 1;
                continue;
            }
            // 市 in 市教育局 belongs to the name.
            let start = if what == Use::Name && at == from + 1 { from } else { at };
            if start > from {
                self.part(vec![text(from, start)]);
            }
            let word = text(start, at + length);
            match what {
                Use::Same(group) => {
                    let typed = letters(&word);
                    let others = dictionary.same(group).iter().filter(|w| letters(w) != typed).cloned();
                    self.part(std::iter::once(word).chain(others).collect());
                }
                Use::Name => self.part(vec![word]),
                Use::Service => self.service.push(word),
                Use::Empty => empty.push(word),
            }
            at += length;
            from = at;
        }
        if from < plain.len() {
            self.part(vec![text(from, plain.len())]);
        }
    }

    /// The wordings that were added to what was typed.
    #[must_use]
    pub fn added(&self) -> Vec<&str> {
        self.parts.iter().flat_map(|p| p.wordings.iter().skip(1)).map(String::as_str).collect()
    }

    /// Everything that is to be marked in a result.
    pub(super) fn marked(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(|p| &p.wordings).chain(&self.service).map(String::as_str)
    }
}

/// A wording as it is looked for in titles and in running text.
pub(super) fn phrases(wording: &str) -> (Option<Phrase>, Option<Phrase>) {
    (phrase(wording, Way::Pairs), phrase(wording, Way::Words))
}

/// The words between spaces; what stands in quotation marks is one, and told so.
fn chunks(words: &str) -> Vec<(String, bool)> {
    let mut found: Vec<(String, bool)> = Vec::new();
    let mut now = String::new();
    let mut quoted = false;
    let end = |now: &mut String, whole: bool, found: &mut Vec<(String, bool)>| {
        if !now.trim().is_empty() {
            found.push((std::mem::take(now), whole));
        }
        now.clear();
    };
    for c in words.chars() {
        match c {
            '"' | '“' | '”' | '「' | '」' => {
                end(&mut now, quoted, &mut found);
                quoted = !quoted;
            }
            c if !quoted && (c.is_whitespace() || c.is_control() || matches!(c, '，' | '、' | '；' | '。' | '？' | '?' | '！' | '+')) => {
                end(&mut now, false, &mut found)
            }
            c => now.push(c),
        }
    }
    // Marks that are not closed mean nothing.
    end(&mut now, false, &mut found);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(words: &str) -> (Vec<String>, Vec<String>) {
        let text = "synonyms: [[身份证, 居民身份证]]\nservice: [补办]\nempty: [怎么]\n";
        let (dictionary, _) = Dictionary::of(&[("a.yaml".into(), text.into())]);
        let question = Question::of(words, &dictionary, &[letters("教育局")]);
        (question.parts.into_iter().map(|p| p.wordings.join("|")).collect(), question.service)
    }

    #[test]
    fn words_are_taken_apart() {
        let texts = |list: &[&str]| list.iter().map(|t| t.to_string()).collect::<Vec<_>>();
        assert_eq!(question("身份证怎么补办"), (texts(&["身份证|居民身份证"]), texts(&["补办"])));
        assert_eq!(question("云政发〔2026〕12号 全文"), (texts(&["云政发〔2026〕12号", "全文"]), vec![]));
        assert_eq!(question("“身份证怎么补办”"), (texts(&["身份证怎么补办"]), vec![]));
        assert_eq!(question("市教育局电话"), (texts(&["市教育局"]), texts(&["电话"])));
        assert_eq!(question("补办"), (texts(&["补办"]), vec![]));
        assert_eq!(question("怎么"), (texts(&["怎么"]), vec![]));
        assert_eq!(question("*:* AND (title:x) \u{0} ???"), (texts(&["AND", "title:x)"]), vec![]));
    }

    #[test]
    fn a_question_has_an_end() {
        let (dictionary, _) = Dictionary::of(&[]);
        let question = Question::of(&"云 ".repeat(5_000), &dictionary, &[]);
        assert!(question.cut && question.parts.len() == 1);
        assert!(Question::of(&"云岫市".repeat(3_000), &dictionary, &[]).parts[0].wordings[0].chars().count() <= LONGEST);
    }
}
