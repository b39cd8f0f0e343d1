//! 群众在找什么: words that were looked for in a month, and those that found nothing.
//!
//! In: the text of a month's counts as the sidecar keeps them (`words,asked,empty`). Out: the words asked most, ranked. What only one or two people asked
//! is nobody's concern and not shown. Pure.

use serde::Serialize;

/// Words asked less often are not shown.
const LEAST: u64 = 3;
/// Words that are shown.
const SHOWN: usize = 20;
/// What the sidecar counts words under that it does not keep.
const OTHER: &str = "其他";

/// Words and how often.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Words {
    /// As counted.
    pub words: String,
    /// How often they were looked for.
    pub asked: u64,
    /// How often without a result.
    pub empty: u64,
}

/// A month's searches.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Searches {
    /// How many there were.
    pub asked: u64,
    /// How many had no result.
    pub empty: u64,
    /// The words asked most, the most first.
    pub top: Vec<Words>,
    /// The words that found nothing most often, the most first.
    pub missed: Vec<Words>,
}

/// Reads a month's counts; lines that are none are left out.
#[must_use]
pub fn read(text: &str) -> Searches {
    let lines = csv::Reader::from_reader(text.as_bytes()).into_deserialize::<(String, u64, u64)>().flatten();
    let all: Vec<Words> = lines.map(|(words, asked, empty)| Words { words, asked, empty }).collect();
    let ranked = |count: fn(&Words) -> u64| {
        let mut ranked: Vec<Words> = all.iter().filter(|w| w.words != OTHER && count(w) >= LEAST).cloned().collect();
        ranked.sort_by(|a, b| count(b).cmp(&count(a)).then_with(|| a.words.cmp(&b.words)));
        ranked.truncate(SHOWN);
        ranked
    };
    Searches { asked: all.iter().map(|w| w.asked).sum(), empty: all.iter().map(|w| w.empty).sum(), top: ranked(|w| w.asked), missed: ranked(|w| w.empty) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_few_have_asked_is_not_shown() {
        let text = "words,asked,empty\n公积金,9,0\n\"落户,随迁\",3,3\n张三丰,2,2\n其他,40,12\n坏行\n身份证,9,1\n";
        let found = read(text);
        let names = |list: &[Words]| list.iter().map(|w| w.words.clone()).collect::<Vec<_>>();
        assert_eq!((found.asked, found.empty), (63, 18));
        assert_eq!(names(&found.top), ["公积金", "身份证", "落户,随迁"]);
        assert_eq!(names(&found.missed), ["落户,随迁"]);
        assert_eq!(read(""), Searches::default());
    }
}
