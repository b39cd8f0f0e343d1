//! 用字用语: wrong and sensitive expressions, names of offices, punctuation, traditional characters.
//!
//! In: the dictionaries, the offices' names, and texts. Out: where something is to be written otherwise. One automaton finds all
//! expressions in one pass, however many there are. Knows no file and no item.

mod offices;
mod punctuation;
mod traditional;

use std::collections::HashSet;
use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};

use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::source::settings::SiteSettings;
use crate::source::yaml::{Node, Value, parse};
pub(crate) use punctuation::slips;
pub(crate) use traditional::traditional;

/// The dictionary every group has.
const STANDARD: &str = include_str!("standard.yaml");

/// The rules whose expressions a dictionary may hold.
const RULES: [&str; 3] = ["wrong-word", "sensitive-word", "office-name"];

/// Something to be written otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Slip {
    /// The rule.
    pub rule: &'static str,
    /// Where it stands in the text, in bytes.
    pub range: Range<usize>,
    /// How to write it.
    pub write: String,
}

/// 词库: expressions, and how to write them.
#[derive(Debug)]
pub(crate) struct Dictionary {
    automaton: AhoCorasick,
    /// For every pattern: its rule and the right form; none for what must be left alone.
    entries: Vec<Option<(&'static str, String)>>,
    /// Changes whenever anything in it does.
    pub digest: Digest,
}

/// Patterns in the order in which they count.
#[derive(Default)]
struct Patterns {
    known: HashSet<String>,
    texts: Vec<String>,
    entries: Vec<Option<(&'static str, String)>>,
}

impl Patterns {
    fn add(&mut self, text: &str, entry: Option<(&'static str, String)>) {
        if !text.is_empty() && self.known.insert(text.to_string()) {
            self.texts.push(text.to_string());
            self.entries.push(entry);
        }
    }
}

impl Dictionary {
    /// Makes the dictionary of a group: its own files (name and text), the offices' names, then the standard one. Tells what is wrong in the
    /// files.
    pub(crate) fn of<'a>(files: &[(String, String)], offices: impl Iterator<Item = &'a SiteSettings>) -> (Self, Vec<Diagnostic>) {
        let (mut patterns, mut found) = (Patterns::default(), Vec::new());
        for (file, text) in files {
            read(file, text, &mut patterns, &mut found);
        }
        for (wrong, right) in offices::wrong_names(offices) {
            patterns.add(&wrong, right.map(|r| ("office-name", r)));
        }
        read("standard.yaml", STANDARD, &mut patterns, &mut found);
        let digest = Digest::of(&(&patterns.texts, &patterns.entries));
        let build = |texts: &[String]| AhoCorasick::builder().match_kind(MatchKind::LeftmostLongest).build(texts);
        // Only a dictionary of gigabytes is refused; then it is as if there were none.
        let automaton = build(&patterns.texts).or_else(|_| build(&[])).unwrap_or_else(|_| AhoCorasick::new([""; 0]).unwrap_or_else(|_| unreachable!()));
        (Self { automaton, entries: patterns.entries, digest }, found)
    }

    /// Every expression in a text that is to be written otherwise.
    pub(crate) fn slips(&self, text: &str) -> Vec<Slip> {
        let slip = |m: aho_corasick::Match| {
            let (rule, write) = self.entries.get(m.pattern().as_usize())?.clone()?;
            Some(Slip { rule, range: m.range(), write })
        };
        self.automaton.find_iter(text).filter_map(slip).collect()
    }
}

/// Reads one dictionary: by rule a list of `{write: 安装, not: [按装], unless: […]}`.
fn read(file: &str, text: &str, patterns: &mut Patterns, found: &mut Vec<Diagnostic>) {
    let node = match parse(text, 1) {
        Ok(node) => node,
        Err(e) => return found.push(Diagnostic::error("bad-yaml", file, e.place, e.zh, e.en)),
    };
    let Value::Map(rules) = &node.value else { return };
    for (key, list) in rules {
        let Some(rule) = RULES.iter().find(|r| **r == key.text) else {
            let known = RULES.join("、");
            found.push(
                Diagnostic::error("unknown-key", file, key.place, format!("不认识的键 {}", key.text), format!("unknown key `{}`", key.text))
                    .hint(format!("可用：{known}"), format!("one of: {}", RULES.join(", "))),
            );
            continue;
        };
        for entry in items(list) {
            let write = texts(field(entry, "write")).into_iter().next().unwrap_or_default();
            let wrong = texts(field(entry, "not"));
            if wrong.is_empty() {
                let (zh, en) = ("词条缺少 not：哪些写法不对", "an entry lacks `not`: the wrong forms");
                found.push(Diagnostic::error("missing-field", file, entry.place, zh, en));
            }
            texts(field(entry, "unless")).iter().for_each(|right| patterns.add(right, None));
            wrong.iter().for_each(|wrong| patterns.add(wrong, Some((*rule, write.clone()))));
        }
    }
}

fn field<'n>(node: &'n Node, key: &str) -> Option<&'n Node> {
    let Value::Map(entries) = &node.value else { return None };
    entries.iter().find(|(k, _)| k.text == key).map(|(_, v)| v)
}

fn items(node: &Node) -> &[Node] {
    if let Value::List(items) = &node.value { items } else { &[] }
}

/// A text or a list of texts.
fn texts(node: Option<&Node>) -> Vec<String> {
    match node.map(|n| &n.value) {
        Some(Value::Scalar { text, .. }) => vec![text.clone()],
        Some(Value::List(items)) => items.iter().flat_map(|i| texts(Some(i))).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dictionary(text: &str) -> Dictionary {
        Dictionary::of(&[("sites/wording/a.yaml".into(), text.into())], std::iter::empty()).0
    }

    #[test]
    fn the_longest_expression_counts_and_exceptions_are_left_alone() {
        let d = dictionary("wrong-word:\n  - {write: 其他, not: 其它, unless: [其它语种]}\n  - {write: 甲乙丙, not: [甲已丙, 甲已]}\n");
        let slips = |text: &str| d.slips(text).into_iter().map(|s| (text[s.range].to_string(), s.write)).collect::<Vec<_>>();
        assert_eq!(slips("其它事项"), [("其它".to_string(), "其他".to_string())]);
        assert_eq!(slips("其它语种"), []);
        assert_eq!(slips("甲已丙"), [("甲已丙".to_string(), "甲乙丙".to_string())]);
        assert_eq!(slips("全面布署工作").len(), 1, "the standard dictionary");
    }

    #[test]
    fn a_dictionary_that_cannot_be_meant_is_told() {
        let codes = |text: &str| {
            let (_, found) = Dictionary::of(&[("sites/wording/a.yaml".into(), text.into())], std::iter::empty());
            found.iter().map(|d| d.code.to_string()).collect::<Vec<_>>()
        };
        assert_eq!(codes("wrong-words: []"), ["unknown-key"]);
        assert_eq!(codes("wrong-word:\n  - {write: 安装}\n"), ["missing-field"]);
        assert_eq!(codes("a: ["), ["bad-yaml"]);
        assert!(codes("").is_empty());
    }
}
