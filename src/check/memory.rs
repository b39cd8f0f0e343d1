//! What a check remembers: what was found in every file, as long as the file and the rules stay as they are.
//!
//! In: `<root>/.portico/check/`. Out: what was examined, by site; the history of the content; the marks of earlier checks. A file that is
//! damaged or of another version is as if it were missing. One site's file is written only when something in it moved.

use std::io;
use std::path::{Path, PathBuf};

use bitcode::{Decode, Encode};

use super::examine::Examined;
use super::history::History;
use crate::digest::Digest;
use crate::output::manifest::{load, save};

/// Where a group's checks are remembered.
#[derive(Debug, Clone)]
pub(crate) struct Memory {
    dir: PathBuf,
}

/// What is remembered of one site: its items, then its files, each in the order of their paths.
#[derive(Debug, Default, Encode, Decode)]
pub(crate) struct SiteMemory {
    /// The rules it was examined by.
    pub rules: Digest,
    pub items: Vec<Examined>,
    pub files: Vec<Examined>,
}

/// How a check ended, kept for the trend.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct Mark {
    /// The day, `2026-11-20`.
    pub day: Box<str>,
    /// Errors and warnings of the whole group.
    pub errors: u32,
    /// See `errors`.
    pub warnings: u32,
    /// By site: its points and how many findings.
    pub sites: Vec<(Box<str>, f64, u32)>,
}

impl Memory {
    /// The memory of the group at `root`.
    pub(crate) fn of(root: &Path) -> Self {
        Self { dir: root.join(".portico/check") }
    }

    /// What is remembered of a site, if it was examined by these rules.
    pub(crate) fn site(&self, id: &str, rules: Digest) -> SiteMemory {
        load::<SiteMemory>(&self.path(id)).filter(|m| m.rules == rules).unwrap_or_default()
    }

    /// Remembers a site.
    pub(crate) fn save_site(&self, id: &str, memory: &SiteMemory) -> io::Result<()> {
        std::fs::create_dir_all(self.dir.join("sites"))?;
        save(&self.path(id), memory)
    }

    fn path(&self, id: &str) -> PathBuf {
        self.dir.join("sites").join(id)
    }

    /// The history as it was last read.
    pub(crate) fn history(&self) -> Option<History> {
        load(&self.dir.join("history"))
    }

    pub(crate) fn save_history(&self, history: &History) -> io::Result<()> {
        std::fs::create_dir_all(&self.dir)?;
        save(&self.dir.join("history"), history)
    }

    /// The marks of earlier checks, the oldest first.
    pub(crate) fn marks(&self) -> Vec<Mark> {
        load(&self.dir.join("marks")).unwrap_or_default()
    }

    /// Remembers the mark of a check; a second one on the same day replaces the first. The last 60 are kept.
    pub(crate) fn save_mark(&self, mark: Mark) -> io::Result<()> {
        let mut marks = self.marks();
        marks.retain(|m| m.day != mark.day);
        marks.push(mark);
        marks.sort_by(|a, b| a.day.cmp(&b.day));
        marks.drain(..marks.len().saturating_sub(60));
        std::fs::create_dir_all(&self.dir)?;
        save(&self.dir.join("marks"), &marks)
    }
}
