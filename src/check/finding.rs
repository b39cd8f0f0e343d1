//! A finding: plain data about one thing that is wrong, and where.
//!
//! In: a rule, a place, words. Out: [`Finding`]. Knows no check; the sentence, its place and its hint are a [`Diagnostic`], so that builds,
//! checks and the publishing gate tell mistakes the same way.

use bitcode::{Decode, Encode};

use super::rules::rule;
use crate::diagnostic::{Diagnostic, Lang, Place, Severity};

/// 检查发现: one thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Encode, Decode)]
pub struct Finding {
    /// The site it is about; empty for the group.
    pub site: Box<str>,
    /// The rule (its `code`), level, file, place, sentence and hint.
    pub told: Diagnostic,
    /// The text it is about, masked where it is private; may be empty.
    pub excerpt: Box<str>,
}

impl Finding {
    /// A finding of a rule, at the rule's own level.
    #[must_use]
    pub(crate) fn new(name: &'static str, file: &str, place: Place, zh: impl Into<Box<str>>, en: impl Into<Box<str>>) -> Self {
        let told = match rule(name).map_or(Severity::Warning, |r| r.level) {
            Severity::Error => Diagnostic::error(name, file, place, zh, en),
            Severity::Warning => Diagnostic::warning(name, file, place, zh, en),
        };
        Self { site: site_of(file).into(), told, excerpt: "".into() }
    }

    /// The same with how to mend it.
    #[must_use]
    pub(crate) fn hint(mut self, zh: impl Into<Box<str>>, en: impl Into<Box<str>>) -> Self {
        self.told = self.told.hint(zh, en);
        self
    }

    /// The same with the text it is about.
    #[must_use]
    pub(crate) fn excerpt(mut self, text: impl Into<Box<str>>) -> Self {
        self.excerpt = text.into();
        self
    }

    /// The JSON form: the diagnostic's, with `rule` for its code, `site` and `excerpt`.
    #[must_use]
    pub fn to_json(&self, lang: Lang) -> serde_json::Value {
        let mut value = self.told.to_json(lang);
        if let Some(map) = value.as_object_mut() {
            let code = map.shift_remove("code").unwrap_or_default();
            map.shift_insert(0, "rule".into(), code);
            map.shift_insert(2, "site".into(), (*self.site).into());
            map.insert("excerpt".into(), (*self.excerpt).into());
        }
        value
    }
}

/// The site a file belongs to: `content/jyj/news/a.md` and `sites/jyj.yaml` are of `jyj`.
#[must_use]
pub(crate) fn site_of(file: &str) -> &str {
    match file.strip_prefix("content/") {
        Some(rest) => rest.split('/').next().unwrap_or(""),
        None => file.strip_prefix("sites/").and_then(|f| f.strip_suffix(".yaml")).filter(|id| *id != "group" && !id.contains('/')).unwrap_or(""),
    }
}
