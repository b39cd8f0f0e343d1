//! What an author is told: a place, what is wrong and how to mend it, in Chinese and in English.
//!
//! In: nothing. Out: [`Diagnostic`] values, which every phase makes and none prints; [`Report`] turns them into text or JSON.
//! It knows no phase and reads no file: an excerpt's text is handed to it.

use std::fmt;

use serde::Serialize;

/// How bad a [`Diagnostic`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, bitcode::Encode, bitcode::Decode)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// The item (or setting) cannot be used; the build goes on without it and exits with 1.
    Error,
    /// Something an author will want to mend; the output is made all the same.
    Warning,
}

/// The language a report is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lang {
    /// Simplified Chinese.
    #[default]
    Zh,
    /// English.
    En,
}

impl Lang {
    /// The language of a locale name such as `en_US.UTF-8`: English for `en…`, Chinese for everything else.
    #[must_use]
    pub fn of_locale(locale: &str) -> Self {
        if locale.starts_with("en") { Self::En } else { Self::Zh }
    }
}

/// One sentence in both languages.
#[derive(Debug, Clone, PartialEq, Eq, Hash, bitcode::Encode, bitcode::Decode)]
pub struct Text {
    /// In Chinese.
    pub zh: Box<str>,
    /// In English.
    pub en: Box<str>,
}

impl Text {
    /// Both wordings of one sentence.
    pub fn new(zh: impl Into<Box<str>>, en: impl Into<Box<str>>) -> Self {
        Self { zh: zh.into(), en: en.into() }
    }

    /// The wording in `lang`.
    #[must_use]
    pub fn get(&self, lang: Lang) -> &str {
        match lang {
            Lang::Zh => &self.zh,
            Lang::En => &self.en,
        }
    }
}

/// A place in a file: line and column count from 1 (columns in characters); 0 means the whole file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, bitcode::Encode, bitcode::Decode)]
pub struct Place {
    /// Line, from 1.
    pub line: u32,
    /// Column in characters, from 1.
    pub column: u32,
}

impl Place {
    /// A place from a line and a column, both from 1.
    #[must_use]
    pub const fn new(line: u32, column: u32) -> Self {
        Self { line, column }
    }
}

/// One thing an author has to know.
#[derive(Debug, Clone, PartialEq, Eq, Hash, bitcode::Encode, bitcode::Decode)]
pub struct Diagnostic {
    /// Stable name of the finding, `kebab-case` (`missing-title`, `dead-link`, …).
    pub code: Box<str>,
    /// Error or warning.
    pub severity: Severity,
    /// The file, relative to the group's root, with `/`.
    pub file: Box<str>,
    /// Where in the file.
    pub place: Place,
    /// What is wrong.
    pub message: Text,
    /// How to mend it.
    pub hint: Option<Text>,
}

impl Diagnostic {
    /// An error at a place.
    pub fn error(code: &str, file: &str, place: Place, zh: impl Into<Box<str>>, en: impl Into<Box<str>>) -> Self {
        Self { code: code.into(), severity: Severity::Error, file: file.into(), place, message: Text::new(zh, en), hint: None }
    }

    /// A warning at a place.
    pub fn warning(code: &str, file: &str, place: Place, zh: impl Into<Box<str>>, en: impl Into<Box<str>>) -> Self {
        Self { severity: Severity::Warning, ..Self::error(code, file, place, zh, en) }
    }

    /// The same with a hint.
    #[must_use]
    pub fn hint(mut self, zh: impl Into<Box<str>>, en: impl Into<Box<str>>) -> Self {
        self.hint = Some(Text::new(zh, en));
        self
    }

    /// Whether this makes its item unusable.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// Whether its line holds what must not be shown: what a check finds of persons.
    #[must_use]
    pub fn is_private(&self) -> bool {
        self.code.starts_with("private-")
    }

    /// The JSON form: `{code, severity, file, line, column, message, hint}` in one language.
    #[must_use]
    pub fn to_json(&self, lang: Lang) -> serde_json::Value {
        serde_json::json!({
            "code": self.code,
            "severity": self.severity,
            "file": self.file,
            "line": self.place.line,
            "column": self.place.column,
            "message": self.message.get(lang),
            "hint": self.hint.as_ref().map(|h| h.get(lang)),
        })
    }
}

/// The order in which a report lists findings: by file, place, severity, code, wording.
pub fn sort(diagnostics: &mut Vec<Diagnostic>) {
    diagnostics.sort_by(|a, b| (&a.file, a.place, a.severity, &a.code, &a.message.zh).cmp(&(&b.file, b.place, b.severity, &b.code, &b.message.zh)));
    diagnostics.dedup();
}

/// Diagnostics as text for people: one block each, with the line it points at where `line_of` finds it.
pub struct Report<'a, F> {
    /// What to print, in order.
    pub diagnostics: &'a [Diagnostic],
    /// In which language.
    pub lang: Lang,
    /// The text of a line of a file (line numbers from 1).
    pub line_of: F,
}

impl<F: Fn(&str, u32) -> Option<String>> fmt::Display for Report<'_, F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (error, warning, hint) = match self.lang {
            Lang::Zh => ("错误", "警告", "建议"),
            Lang::En => ("error", "warning", "hint"),
        };
        for d in self.diagnostics {
            let severity = if d.is_error() { error } else { warning };
            writeln!(f, "{severity}[{}]: {}", d.code, d.message.get(self.lang))?;
            if d.place.line == 0 {
                writeln!(f, "  --> {}", d.file)?;
            } else {
                writeln!(f, "  --> {}:{}:{}", d.file, d.place.line, d.place.column)?;
                // A line that gives a person away is not shown again.
                if let Some(text) = (self.line_of)(&d.file, d.place.line).filter(|_| !d.is_private()) {
                    write_excerpt(f, &text, d.place)?;
                }
            }
            if let Some(text) = &d.hint {
                writeln!(f, "  = {hint}: {}", text.get(self.lang))?;
            }
            writeln!(f)?;
        }
        Ok(())
    }
}

/// The excerpt's longest width in characters, so that a paragraph on one line stays readable.
const EXCERPT_CHARS: usize = 72;

/// One line with a caret under the column; wide (CJK) characters take two cells, so the caret is moved with full-width spaces.
fn write_excerpt(f: &mut fmt::Formatter<'_>, text: &str, place: Place) -> fmt::Result {
    let column = place.column.saturating_sub(1) as usize;
    let skip = column.saturating_sub(EXCERPT_CHARS / 2);
    let shown: String = text.chars().skip(skip).take(EXCERPT_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect();
    let pad: String = shown.chars().take(column - skip).map(|c| if is_wide(c) { '\u{3000}' } else { ' ' }).collect();
    let number = place.line.to_string();
    let gutter = " ".repeat(number.len());
    writeln!(f, " {gutter} |")?;
    writeln!(f, " {number} | {shown}")?;
    writeln!(f, " {gutter} | {pad}^")
}

/// Whether a character takes two cells in a terminal.
fn is_wide(c: char) -> bool {
    matches!(c as u32, 0x1100..=0x115F | 0x2E80..=0xA4CF | 0xAC00..=0xD7A3 | 0xF900..=0xFAFF | 0xFE30..=0xFE4F | 0xFF00..=0xFF60 | 0xFFE0..=0xFFE6 | 0x1F300..=0x1FAFF | 0x20000..=0x3FFFD)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_points_at_the_column_under_wide_characters() {
        let d = Diagnostic::error("dead-link", "content/a/b.md", Place::new(3, 3), "链接失效", "dead link").hint("改正", "mend it");
        let report = Report { diagnostics: &[d], lang: Lang::Zh, line_of: |_: &str, _| Some("详见[这里](x)".to_string()) };
        assert_eq!(
            report.to_string(),
            "错误[dead-link]: 链接失效\n  --> content/a/b.md:3:3\n   |\n 3 | 详见[这里](x)\n   | \u{3000}\u{3000}^\n  = 建议: 改正\n\n"
        );
    }
}
