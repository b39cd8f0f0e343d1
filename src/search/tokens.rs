//! Text as it is indexed and asked for: folded letters, in pairs where no spaces part words.
//!
//! In: a text. Out: tokens with positions, in one of two ways. *Pairs*: every two neighbouring letters, whatever stands between them, so that
//! any two letters of a title find it. *Words*: pairs within Chinese, whole words and numbers elsewhere, which keeps long texts' postings short.
//! The last letter of a run stands for itself too, so that each letter begins a token.

use std::ops::Range;

use crate::source::folding::{folded, is_wide};

/// Letters of a word that count; the rest of longer ones (addresses, digests) is left out.
const LONGEST: usize = 40;

/// A token and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// Two letters, one, or a word.
    pub text: String,
    /// Place among the tokens' places.
    pub position: usize,
    /// Bytes of the text.
    pub range: Range<usize>,
}

/// How a text is taken apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Titles and numbers.
    Pairs,
    /// Running text.
    Words,
}

/// The tokens of a text, one after the other.
#[derive(Debug)]
pub struct Tokens<'t> {
    letters: std::str::CharIndices<'t>,
    way: Way,
    run: Run,
    position: usize,
    word: String,
    /// What stands at the moment.
    pub token: Token,
}

/// What is being read, with the bytes where it stands.
#[derive(Debug)]
enum Run {
    None,
    /// A letter that makes a pair with the next one.
    Letter(Range<usize>, char),
    /// A word, and how many letters it has.
    Word(Range<usize>, usize),
}

impl<'t> Tokens<'t> {
    /// Takes a text apart.
    #[must_use]
    pub fn of(text: &'t str, way: Way) -> Self {
        let token = Token { text: String::with_capacity(16), position: 0, range: 0..0 };
        Self { letters: text.char_indices(), way, run: Run::None, position: 0, word: String::new(), token }
    }

    /// Goes on to the next token; `false` at the end.
    pub fn advance(&mut self) -> bool {
        while let Some((at, c)) = self.letters.next() {
            let Some(plain) = folded(c) else {
                // Whatever stands between two letters of a title parts nothing.
                if self.way == Way::Words && self.end() {
                    return true;
                }
                continue;
            };
            let range = at..at + c.len_utf8();
            let paired = self.way == Way::Pairs || is_wide(plain);
            match (&mut self.run, paired) {
                (Run::Letter(from, before), true) => {
                    let (range_of_both, before) = (from.start..range.end, *before);
                    self.run = Run::Letter(range, plain);
                    self.token.text.clear();
                    self.token.text.extend([before, plain]);
                    self.stand(range_of_both);
                    return true;
                }
                (Run::Word(whole, length), false) => {
                    whole.end = range.end;
                    *length += 1;
                    if *length <= LONGEST {
                        self.word.push(plain);
                    }
                }
                (_, paired) => {
                    let ended = self.end();
                    if paired {
                        self.run = Run::Letter(range, plain);
                    } else {
                        self.word.clear();
                        self.word.push(plain);
                        self.run = Run::Word(range, 1);
                    }
                    if ended {
                        return true;
                    }
                }
            }
        }
        self.end()
    }

    fn stand(&mut self, range: Range<usize>) {
        self.token.range = range;
        self.token.position = self.position;
        self.position += 1;
    }

    /// The token that ends with the run, if there is one.
    fn end(&mut self) -> bool {
        match std::mem::replace(&mut self.run, Run::None) {
            Run::None => return false,
            Run::Letter(range, c) => {
                self.token.text.clear();
                self.token.text.push(c);
                self.stand(range);
            }
            Run::Word(range, _) => {
                std::mem::swap(&mut self.token.text, &mut self.word);
                self.stand(range);
            }
        }
        true
    }
}

/// What is asked for within one field: terms with their positions, the last of which may be a beginning only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phrase {
    /// Terms with their positions.
    pub terms: Vec<(usize, String)>,
    /// The last term stands for every term that begins with it: a single letter goes on in most texts.
    pub open: bool,
}

/// All tokens of a text.
#[must_use]
pub fn all(text: &str, way: Way) -> Vec<Token> {
    let (mut tokens, mut found) = (Tokens::of(text, way), Vec::new());
    while tokens.advance() {
        found.push(tokens.token.clone());
    }
    found
}

/// What is to be looked for to find `text`; nothing when it has no letters.
#[must_use]
pub fn phrase(text: &str, way: Way) -> Option<Phrase> {
    let mut found = all(text, way);
    let last = found.pop()?;
    let alone = last.text.chars().count() == 1 && (way == Way::Pairs || last.text.chars().all(is_wide));
    if !alone {
        found.push(last);
        return Some(phrase_of(found, false));
    }
    // The last letter of a run is the second of the pair before it, and a text that goes on has no such token.
    let second = found.last().is_some_and(|before| before.range.end == last.range.end);
    if second {
        return Some(phrase_of(found, false));
    }
    found.push(last);
    Some(phrase_of(found, true))
}

fn phrase_of(tokens: Vec<Token>, open: bool) -> Phrase {
    Phrase { terms: tokens.into_iter().map(|t| (t.position, t.text)).collect(), open }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(text: &str, way: Way) -> Vec<String> {
        all(text, way).into_iter().map(|t| t.text).collect()
    }

    #[test]
    fn running_text_is_pairs_and_words() {
        assert_eq!(texts("办理 PDF 2026年，第３号", Way::Words), ["办理", "理", "pdf", "2026", "年", "第", "3", "号"]);
        assert_eq!(texts("云政发〔2026〕12号", Way::Pairs), texts("雲政發(２０２６) 12 號", Way::Pairs));
    }

    #[test]
    fn an_end_of_a_question_may_go_on_in_the_text() {
        let terms = |text: &str| phrase(text, Way::Words).map(|p| (p.terms.into_iter().map(|(_, t)| t).collect::<Vec<_>>(), p.open));
        assert_eq!(terms("身份证"), Some((vec!["身份".into(), "份证".into()], false)));
        assert_eq!(terms("第3号"), Some((vec!["第".into(), "3".into(), "号".into()], true)));
        assert_eq!(terms("证"), Some((vec!["证".into()], true)));
        assert_eq!(terms("pdf"), Some((vec!["pdf".into()], false)));
        assert_eq!(terms("——"), None);
    }

    /// Whether a phrase stands in a text: what the index answers, without an index.
    fn stands(phrase: &Phrase, text: &str, way: Way) -> bool {
        let found: Vec<(usize, String)> = all(text, way).into_iter().map(|t| (t.position, t.text)).collect();
        let last = phrase.terms.len() - 1;
        let fits = |from: usize| {
            phrase.terms.iter().enumerate().all(|(i, (position, term))| {
                let begins = |t: &String| if phrase.open && i == last { t.starts_with(term.as_str()) } else { t == term };
                found.iter().any(|(p, t)| *p == from + position && begins(t))
            })
        };
        (0..=found.len()).any(fits)
    }

    proptest! {
        /// Every part of a title that has two letters finds it; one letter does too.
        #[test]
        fn any_part_of_a_title_finds_it(title in "[a-zA-Z0-9云岫市人民政府关於印發通知〔〕（）《》 、２０號-]{2,24}", from in 0usize..24, length in 1usize..24) {
            let letters: Vec<char> = title.chars().collect();
            let part: String = letters.iter().skip(from % letters.len()).take(length).collect();
            if let Some(phrase) = phrase(&part, Way::Pairs) {
                prop_assert!(stands(&phrase, &title, Way::Pairs), "{part} in {title}: {phrase:?}");
            }
        }

        /// Every part of a Chinese text finds it, and so do whole words.
        #[test]
        fn any_chinese_part_of_a_text_finds_it(text in "[云岫市人民政府关于印发通知第，。 0-9]{2,24}", from in 0usize..24, length in 1usize..24) {
            let letters: Vec<char> = text.chars().collect();
            let from = from % letters.len();
            let to = (from + length).min(letters.len());
            let cut = |at: usize| at > 0 && at < letters.len() && letters[at - 1].is_ascii_digit() && letters[at].is_ascii_digit();
            prop_assume!(!cut(from) && !cut(to));
            if let Some(phrase) = phrase(&letters[from..to].iter().collect::<String>(), Way::Words) {
                prop_assert!(stands(&phrase, &text, Way::Words), "{from}..{to} of {text}: {phrase:?}");
            }
        }
    }
}
