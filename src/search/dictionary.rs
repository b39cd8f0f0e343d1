//! 搜索词库: words that mean the same, and words that say what somebody is after.
//!
//! In: `sites/search/*.yaml`. Out: a [`Dictionary`], and everything that is wrong in the files. A list of words that mean the same:
//! `synonyms: [[身份证, 居民身份证]]`; words of somebody who wants something done, `service: [办理, 补办]`; words that find nothing, `empty: [怎么, 请问]`.

use std::path::Path;

use jiff::tz::TimeZone;

use crate::diagnostic::Diagnostic;
use crate::source::fields::Fields;
use crate::source::folding::folded;
use crate::source::yaml;

/// What every group has.
const STANDARD: &str = include_str!("standard.yaml");

/// What a word of the dictionary is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// It means the same as the others of this group.
    Same(usize),
    /// Somebody wants something done.
    Service,
    /// It is a name, and stays together.
    Name,
    /// It finds nothing.
    Empty,
}

/// 搜索词库
#[derive(Debug, Default)]
pub struct Dictionary {
    /// Groups of words that mean the same, as written.
    same: Vec<Vec<String>>,
    /// Folded letters of each word, the longest first.
    words: Vec<(Vec<char>, Use)>,
}

/// The letters of a text in their plain form.
pub(super) fn letters(text: &str) -> Vec<char> {
    text.chars().filter_map(folded).collect()
}

impl Dictionary {
    /// Reads the dictionaries of the group in `root`; with them what is wrong in them.
    #[must_use]
    pub fn load(root: &Path) -> (Self, Vec<Diagnostic>) {
        let folder = root.join("sites/search");
        let mut names: Vec<String> = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        let texts = names.iter().filter(|n| n.ends_with(".yaml") || n.ends_with(".yml"));
        let files: Vec<(String, String)> =
            texts.filter_map(|name| Some((format!("sites/search/{name}"), std::fs::read_to_string(folder.join(name)).ok()?))).collect();
        Self::of(&files)
    }

    /// Makes a dictionary of files (name and text) and the standard one.
    #[must_use]
    pub fn of(files: &[(String, String)]) -> (Self, Vec<Diagnostic>) {
        let (mut dictionary, mut found) = (Self::default(), Vec::new());
        for (file, text) in files.iter().map(|(f, t)| (f.as_str(), t.as_str())).chain([("standard.yaml", STANDARD)]) {
            dictionary.read(file, text, &mut found);
        }
        // Of two uses of one word the group's own counts: it was read first, and the sort keeps its place.
        dictionary.words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        (dictionary, found)
    }

    fn read(&mut self, file: &str, text: &str, found: &mut Vec<Diagnostic>) {
        let node = match yaml::parse(text, 1) {
            Ok(node) => node,
            Err(e) => return found.push(Diagnostic::error("bad-yaml", file, e.place, e.zh, e.en)),
        };
        let zone = TimeZone::UTC;
        let mut fields = Fields::new(&node, file, &zone);
        let same: Vec<Vec<Box<str>>> = fields.take("synonyms");
        let (service, empty): (Vec<Box<str>>, Vec<Box<str>>) = (fields.take("service"), fields.take("empty"));
        found.extend(fields.finish());
        for group in same {
            let at = self.same.len();
            self.words.extend(group.iter().map(|word| (letters(word), Use::Same(at))).filter(|(word, _)| word.len() > 1));
            self.same.push(group.iter().map(|word| word.to_string()).collect());
        }
        for (words, what) in [(service, Use::Service), (empty, Use::Empty)] {
            self.words.extend(words.iter().map(|word| (letters(word), what)).filter(|(word, _)| !word.is_empty()));
        }
    }

    /// The longest word of the dictionary with which `text` begins: how many letters, and its use.
    pub(super) fn begins(&self, text: &[char]) -> Option<(usize, Use)> {
        self.words.iter().find(|(word, _)| text.starts_with(word)).map(|(word, what)| (word.len(), *what))
    }

    /// All words that mean the same.
    pub(super) fn same(&self, group: usize) -> &[String] {
        self.same.get(group).map_or(&[], Vec::as_slice)
    }

    /// Every word that has others of the same meaning.
    pub(super) fn terms(&self) -> impl Iterator<Item = &str> {
        self.same.iter().flatten().map(String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dictionary_that_cannot_be_meant_is_told() {
        let codes = |text: &str| Dictionary::of(&[("a.yaml".into(), text.into())]).1.iter().map(|d| d.code.to_string()).collect::<Vec<_>>();
        assert_eq!(codes("synonym: []"), ["unknown-key"]);
        assert_eq!(codes("synonyms: {身份证: 居民身份证}"), ["wrong-value"]);
        assert_eq!(codes("a: ["), ["bad-yaml"]);
        assert!(codes("synonyms: [[身份证, 居民身份证]]").is_empty());
    }

    #[test]
    fn the_longest_word_is_taken() {
        let (dictionary, _) = Dictionary::of(&[("a.yaml".into(), "synonyms: [[证, 身份], [身份证, 居民身份证]]\nservice: [办理]\n".into())]);
        assert_eq!(dictionary.begins(&letters("身份证办理")), Some((3, Use::Same(1))));
        assert_eq!(dictionary.begins(&letters("办理")), Some((2, Use::Service)));
        assert_eq!(dictionary.begins(&letters("天气")), None);
    }
}
