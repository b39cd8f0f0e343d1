//! What is written down: of every release what is in it, of every switch who made it and when.
//!
//! In: plain data. Out: plain data, as JSON. Touches no file.

use serde::{Deserialize, Serialize};

/// How many changed paths a record names; the numbers count all.
pub const NAMED: usize = 500;

/// 发布记录: `releases/N/record.json`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// Its number, from 1.
    pub number: u64,
    /// When it was made, RFC 3339.
    pub made_at: String,
    /// Who published it.
    pub by: String,
    /// The commit of the content it was built from, when it lies in Git.
    pub commit: Option<String>,
    /// The release that was live before.
    pub previous: Option<u64>,
    /// The key of its whole folder: same key, same bytes.
    pub tree: String,
    /// Outputs in it.
    pub files: usize,
    /// Their bytes, compressed copies not counted.
    pub bytes: u64,
    /// Errors in the content when it was made.
    pub errors: usize,
    /// Warnings.
    pub warnings: usize,
    /// It was published in spite of its errors, which somebody asked for.
    pub errors_allowed: bool,
    /// What is other than in the release that was live before.
    pub changes: Changes,
}

/// What is other in one release than in another.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Changes {
    /// Files that were not there.
    pub added: usize,
    /// Files with other bytes.
    pub changed: usize,
    /// Files that are no longer there.
    pub removed: usize,
    /// The first of them, each with `+`, `*` or `-` before it.
    pub paths: Vec<String>,
}

/// What happened to a file from one release to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It was not there.
    Added,
    /// It has other bytes.
    Changed,
    /// It is no longer there.
    Removed,
}

impl Fate {
    /// The mark before its path.
    #[must_use]
    pub fn mark(self) -> char {
        match self {
            Self::Added => '+',
            Self::Changed => '*',
            Self::Removed => '-',
        }
    }
}

impl Changes {
    /// Counts, and names the first.
    #[must_use]
    pub fn of(fates: &[(String, Fate)]) -> Self {
        let count = |fate| fates.iter().filter(|(_, f)| *f == fate).count();
        let paths = fates.iter().take(NAMED).map(|(path, fate)| format!("{} {path}", fate.mark())).collect();
        Self { added: count(Fate::Added), changed: count(Fate::Changed), removed: count(Fate::Removed), paths }
    }
}

/// Why another release became live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Act {
    /// 发布
    Published,
    /// 回退
    RolledBack,
    /// The next run found it live: the run that switched was broken off before it could write this line.
    Found,
}

/// 切换记录: one line of `history.jsonl`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Switch {
    /// When, RFC 3339.
    pub at: String,
    /// Who.
    pub by: String,
    /// Why.
    pub act: Act,
    /// What was live before.
    pub from: Option<u64>,
    /// What is live since.
    pub to: u64,
}
