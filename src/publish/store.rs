//! The folder of releases: which there are, which is live, and the one rename that switches.
//!
//! In: a folder. Out: releases, records and switches in it. Knows nothing of how a release comes about.
//! `live` → `releases/N/tree` → `trees/<key>`; the folders in a tree are links to other trees, so releases share what did not change.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};

use super::record::{Act, Record, Switch};
use super::shelf::Shelf;
use super::tree::Folder;
use crate::digest::Digest;
pub use crate::output::manifest::real_path;

/// 发布目录: the folder of releases.
#[derive(Debug)]
pub struct Store {
    dir: PathBuf,
}

/// By folder of a release: the key of what lies in it.
pub type Trees = BTreeMap<String, Digest>;

impl Store {
    /// The store in a folder, made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub fn open(dir: &Path) -> io::Result<Self> {
        fs::create_dir_all(dir.join("trees"))?;
        fs::create_dir_all(dir.join("releases"))?;
        Ok(Self { dir: real_path(dir) })
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The link that a web server reads through.
    #[must_use]
    pub fn live_path(&self) -> PathBuf {
        self.dir.join("live")
    }

    /// Where the group at `root` is built. Another group has another folder: what is remembered of one is never taken for the other.
    #[must_use]
    pub fn staging(&self, root: &Path) -> PathBuf {
        let name = real_path(root).to_string_lossy().into_owned();
        self.dir.join(format!("staging-{}", Digest::of_bytes(name.as_bytes()).hex(12)))
    }

    /// The folders of all releases.
    #[must_use]
    pub fn shelf(&self) -> Shelf {
        Shelf::new(self.dir.join("trees"), self.dir.join("spares"))
    }

    /// Takes one of the store's locks: `publishing` for a whole publication, `switching` for what makes a release live. When another has
    /// it, `waiting` says whether to wait; `None` when not.
    ///
    /// # Errors
    /// When the lock's file cannot be opened or locked.
    pub fn lock(&self, name: &str, waiting: impl FnOnce() -> bool) -> io::Result<Option<fs::File>> {
        let file = fs::File::create(self.dir.join(format!("{name}.lock")))?;
        match file.try_lock() {
            Ok(()) => Ok(Some(file)),
            Err(fs::TryLockError::WouldBlock) if waiting() => file.lock().map(|()| Some(file)),
            Err(fs::TryLockError::WouldBlock) => Ok(None),
            Err(fs::TryLockError::Error(e)) => Err(e),
        }
    }

    /// The number of the live release.
    #[must_use]
    pub fn live(&self) -> Option<u64> {
        let target = fs::read_link(self.live_path()).ok()?;
        target.parent()?.file_name()?.to_str()?.parse().ok()
    }

    /// The numbers of all releases, the newest last.
    #[must_use]
    pub fn numbers(&self) -> Vec<u64> {
        let entries = fs::read_dir(self.dir.join("releases")).into_iter().flatten().flatten();
        let mut numbers: Vec<u64> = entries.filter_map(|e| e.file_name().to_str()?.parse().ok()).collect();
        numbers.sort_unstable();
        numbers
    }

    fn release(&self, number: u64) -> PathBuf {
        self.dir.join("releases").join(number.to_string())
    }

    /// The record of a release.
    ///
    /// # Errors
    /// When there is no such release, or its record cannot be read.
    pub fn record(&self, number: u64) -> io::Result<Record> {
        Ok(serde_json::from_slice(&fs::read(self.release(number).join("record.json"))?)?)
    }

    /// The folders of a release.
    ///
    /// # Errors
    /// When there is no such release.
    pub fn trees(&self, number: u64) -> io::Result<Trees> {
        let text = fs::read_to_string(self.release(number).join("trees"))?;
        let line = |line: &str| {
            let (key, path) = line.split_once(' ')?;
            Some((path.to_string(), Digest(u128::from_str_radix(key, 16).ok()?)))
        };
        text.lines().map(|l| line(l).ok_or_else(|| io::Error::other(format!("release {number}: {l}")))).collect()
    }

    /// The key of a whole release.
    #[must_use]
    pub fn tree(&self, number: u64) -> Option<String> {
        let target = fs::read_link(self.release(number).join("tree")).ok()?;
        Some(target.file_name()?.to_str()?.to_string())
    }

    /// Writes a release down. It is there whole or not at all, and not live yet.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn add(&self, record: &Record, folders: &[Folder]) -> io::Result<()> {
        let new = self.dir.join("releases").join(format!("{}.new", record.number));
        fs::create_dir(&new)?;
        fs::write(new.join("record.json"), serde_json::to_vec_pretty(record)?)?;
        let lines: Vec<String> = folders.iter().map(|f| format!("{} {}\n", f.key.hex(32), f.path)).collect();
        fs::write(new.join("trees"), lines.concat())?;
        symlink(Path::new("../../trees").join(&record.tree), new.join("tree"))?;
        fs::rename(new, self.release(record.number))
    }

    /// Whether every folder of a release is there.
    ///
    /// # Errors
    /// When there is no such release.
    pub fn is_whole(&self, number: u64) -> io::Result<bool> {
        let shelf = self.shelf();
        Ok(self.trees(number)?.values().all(|key| shelf.path(*key).is_dir()))
    }

    /// Brings everything written so far to the disk: the store, and what the builds of the group at `root` remember.
    ///
    /// # Errors
    /// When the disk does not take it.
    pub fn sync(&self, root: &Path) -> io::Result<()> {
        let store = fs::File::open(&self.dir)?;
        rustix::fs::syncfs(&store)?;
        if let Ok(memory) = fs::File::open(root.join(".portico"))
            && memory.metadata()?.dev() != store.metadata()?.dev()
        {
            rustix::fs::syncfs(&memory)?;
        }
        Ok(())
    }

    /// Makes a release live, by one rename, and writes down who did it. What it shows must have been brought to the disk before.
    ///
    /// # Errors
    /// When the link cannot be made or renamed: then nothing has changed.
    pub fn switch(&self, to: u64, by: &str, act: Act, at: String) -> io::Result<()> {
        let from = self.live();
        let new = self.dir.join("live.new");
        remove_if_there(&new)?;
        symlink(Path::new("releases").join(to.to_string()).join("tree"), &new)?;
        fs::rename(&new, self.live_path())?;
        fs::File::open(&self.dir)?.sync_all()?;
        self.note(&Switch { at, by: by.to_string(), act, from, to })
    }

    fn note(&self, switch: &Switch) -> io::Result<()> {
        let mut file = fs::OpenOptions::new().create(true).append(true).open(self.dir.join("history.jsonl"))?;
        // A line that was broken off is ended first.
        let mut line = if self.history_ends_well() { Vec::new() } else { b"\n".to_vec() };
        serde_json::to_writer(&mut line, switch)?;
        line.push(b'\n');
        file.write_all(&line)?;
        file.sync_data()
    }

    fn history_ends_well(&self) -> bool {
        fs::read(self.dir.join("history.jsonl")).map_or(true, |bytes| bytes.last().is_none_or(|b| *b == b'\n'))
    }

    /// All switches, the first first; a line that was broken off is left out.
    #[must_use]
    pub fn history(&self) -> Vec<Switch> {
        let text = fs::read_to_string(self.dir.join("history.jsonl")).unwrap_or_default();
        text.lines().filter_map(|line| serde_json::from_str(line).ok()).collect()
    }

    /// Clears away what a run left that was broken off. `at`: now, RFC 3339.
    ///
    /// # Errors
    /// When something cannot be removed.
    pub fn heal(&self, at: String) -> io::Result<()> {
        remove_if_there(&self.dir.join("live.new"))?;
        let live = self.live();
        if let Some(to) = live.filter(|live| self.history().last().is_none_or(|last| last.to != *live)) {
            let from = self.history().last().map(|last| last.to);
            self.note(&Switch { at, by: "portico".into(), act: Act::Found, from, to })?;
        }
        // A release that never was live is one whose run was broken off.
        let newest = self.history().iter().map(|s| s.to).max();
        let never_live: Vec<u64> = self.numbers().into_iter().filter(|n| Some(*n) > newest).collect();
        self.remove(&never_live)?;
        self.clear()
    }

    /// Removes all but the newest `keep` releases, the live one and the one that was live before it.
    ///
    /// # Errors
    /// When one cannot be removed.
    pub fn thin(&self, keep: usize) -> io::Result<()> {
        let numbers = self.numbers();
        let before = self.history().last().and_then(|last| last.from);
        let old = &numbers[..numbers.len().saturating_sub(keep.max(1))];
        let gone: Vec<u64> = old.iter().copied().filter(|n| Some(*n) != self.live() && Some(*n) != before).collect();
        self.remove(&gone)?;
        if gone.is_empty() { Ok(()) } else { self.clear() }
    }

    /// Lays in spares of folders, so that the next release is made of them quickly.
    ///
    /// # Errors
    /// When a file cannot be linked.
    pub fn lay_in(&self, made: &[(String, Digest)]) -> io::Result<()> {
        let Some(live) = self.live() else { return Ok(()) };
        self.shelf().lay_in(made, &self.trees(live)?)
    }

    /// Half removed, a release must not be taken for one: it is renamed first.
    fn remove(&self, numbers: &[u64]) -> io::Result<()> {
        numbers.iter().try_for_each(|n| fs::rename(self.release(*n), self.release(*n).with_extension("gone")))
    }

    /// Removes what is no release, then the folders that no release shows.
    fn clear(&self) -> io::Result<()> {
        let releases = self.dir.join("releases");
        fs::File::open(&releases)?.sync_all()?;
        for entry in fs::read_dir(&releases)? {
            let path = entry?.path();
            if path.extension().is_some() {
                fs::remove_dir_all(path)?;
            }
        }
        let mut shown = BTreeSet::new();
        for number in self.numbers() {
            shown.extend(self.trees(number)?.into_values().map(|key| key.hex(32)));
        }
        self.shelf().clear(&shown)
    }

    /// Notes that the output of a staging folder is about to change. `false` when an earlier change was cut short by a loss of power (or
    /// any other end of the system): then what stands in the folder need not be what was written.
    ///
    /// # Errors
    /// When the note cannot be written.
    pub fn begin(&self, staging: &Path) -> io::Result<bool> {
        let note = staging.with_extension("open");
        let boot = fs::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
        if let Ok(earlier) = fs::read_to_string(&note) {
            // An earlier note stays until a change has come to its end.
            return Ok(earlier == boot && !boot.is_empty());
        }
        let new = staging.with_extension("new");
        fs::write(&new, &boot)?;
        fs::File::open(&new)?.sync_all()?;
        fs::rename(&new, &note)?;
        fs::File::open(&self.dir)?.sync_all()?;
        Ok(true)
    }

    /// Notes that all changes of a staging folder are on the disk.
    ///
    /// # Errors
    /// When the note cannot be removed.
    pub fn end(&self, staging: &Path) -> io::Result<()> {
        remove_if_there(&staging.with_extension("open"))
    }
}

fn remove_if_there(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}
