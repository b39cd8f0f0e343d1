//! How the many texts of a group's items are held: keywords in one piece, summaries as bytes.
//!
//! In: texts. Out: the same texts, where they are asked for. Knows no item.

use bitcode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

use super::fields::{Fields, FromNode};
use super::yaml::Node;

/// Short texts in one piece of memory: a group has hundreds of thousands of keywords.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Words(Box<str>);

/// What ends each of some [`Words`]: a character that no author writes.
const END_OF_WORD: char = '\u{1f}';

impl Words {
    /// The words, in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split_terminator(END_OF_WORD)
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The words with `between` in between.
    #[must_use]
    pub fn join(&self, between: &str) -> String {
        self.0.strip_suffix(END_OF_WORD).unwrap_or_default().replace(END_OF_WORD, between)
    }
}

impl<'w> FromIterator<&'w str> for Words {
    fn from_iter<I: IntoIterator<Item = &'w str>>(words: I) -> Self {
        let mut all = String::new();
        for word in words {
            all.extend(word.chars().filter(|c| *c != END_OF_WORD).chain([END_OF_WORD]));
        }
        Self(all.into())
    }
}

impl Serialize for Words {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.iter())
    }
}

impl JsonSchema for Words {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        <Vec<Box<str>>>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        <Vec<Box<str>>>::json_schema(generator)
    }
}

impl FromNode for Words {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        <Vec<Box<str>>>::from_node(node, fields).map(|words| words.iter().map(|word| &**word).collect())
    }
}

/// A longer text that few builds show: it is loaded as bytes and only becomes text where it is read.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Prose(Box<[u8]>);

impl Prose {
    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        // It was made of a text, and what a build remembers has a checksum.
        simdutf8::basic::from_utf8(&self.0).unwrap_or_default()
    }
}

impl<T: Into<String>> From<T> for Prose {
    fn from(text: T) -> Self {
        Self(text.into().into_bytes().into())
    }
}

impl Serialize for Prose {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.text())
    }
}

impl JsonSchema for Prose {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        <Box<str>>::schema_name()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(generator: &mut schemars::SchemaGenerator) -> schemars::Schema {
        <Box<str>>::json_schema(generator)
    }
}

impl FromNode for Prose {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        <Box<str>>::from_node(node, fields).map(Self::from)
    }
}

#[cfg(test)]
mod tests {
    use super::{Prose, Words};

    #[test]
    fn words_and_prose_give_back_what_they_were_made_of() {
        for words in [&[][..], &["停水"], &["停水", "检修"], &["", "甲", ""]] {
            let kept: Words = words.iter().copied().collect();
            assert_eq!(kept.iter().collect::<Vec<_>>(), words);
            assert_eq!(kept.join(","), words.join(","));
            assert_eq!(kept.is_empty(), words.is_empty());
        }
        // What ends a word cannot stand in one.
        assert_eq!(["甲\u{1f}乙"].into_iter().collect::<Words>().iter().collect::<Vec<_>>(), ["甲乙"]);
        assert_eq!(Prose::from("为做好工作，").text(), "为做好工作，");
    }
}
