//! Writing: files that changed are written, stale ones removed, everything else is left alone.
//!
//! In: paths and bytes. Out: files in the output folder. Knows nothing of what is in them.

pub mod fingerprint;
pub mod manifest;
mod memory;

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, statat};

/// The output folder.
#[derive(Debug, Clone)]
pub struct Writer {
    out: PathBuf,
}

impl Writer {
    /// Writes below `out`.
    #[must_use]
    pub fn new(out: &Path) -> Self {
        Self { out: out.to_path_buf() }
    }

    /// Makes the folders of some paths, each once.
    ///
    /// # Errors
    /// When a folder cannot be made.
    pub fn make_folders<'p>(&self, paths: impl Iterator<Item = &'p str>) -> io::Result<()> {
        let folders: BTreeSet<&str> = paths.filter_map(|p| p.rsplit_once('/')).map(|(folder, _)| folder).collect();
        for folder in folders {
            let path = self.out.join(folder);
            // A file where a folder is needed is a stale output: a site or a column has taken its name.
            if fs::symlink_metadata(&path).is_ok_and(|m| !m.is_dir()) {
                fs::remove_file(&path)?;
            }
            fs::create_dir_all(&path)?;
        }
        Ok(())
    }

    /// For every file, by its path and its size: whether it is there. Files of one folder that follow each other cost one way to the folder.
    pub fn are_there<'p>(&self, files: impl Iterator<Item = (&'p str, u64)>) -> impl Iterator<Item = bool> {
        let mut open: Option<(&str, Option<fs::File>)> = None;
        files.map(move |(path, size)| {
            let (folder, name) = memchr::memrchr(b'/', path.as_bytes()).map_or(("", path), |at| (&path[..at], &path[at + 1..]));
            let known = open.take().filter(|(last, _)| *last == folder).map(|(_, handle)| handle);
            let handle = known.unwrap_or_else(|| fs::File::open(self.out.join(folder)).ok());
            let stat = handle.as_ref().and_then(|folder| statat(folder, name, AtFlags::SYMLINK_NOFOLLOW).ok());
            open = Some((folder, handle));
            stat.is_some_and(|s| FileType::from_raw_mode(s.st_mode).is_file() && u64::try_from(s.st_size) == Ok(size))
        })
    }

    /// Writes a file. A file that is there is overwritten in place, unless it is a link to something else or shared by hard links.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn write(&self, path: &str, bytes: &[u8]) -> io::Result<()> {
        let path = self.out.join(path);
        match fs::OpenOptions::new().write(true).create_new(true).open(&path) {
            Ok(mut file) => return file.write_all(bytes),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(e),
        }
        let meta = fs::symlink_metadata(&path)?;
        if !meta.is_file() || meta.nlink() > 1 {
            if meta.is_dir() {
                fs::remove_dir_all(&path)?;
            } else {
                fs::remove_file(&path)?;
            }
            return fs::File::create_new(&path)?.write_all(bytes);
        }
        let file = fs::OpenOptions::new().write(true).open(&path)?;
        file.write_all_at(bytes, 0)?;
        if meta.len() > bytes.len() as u64 {
            file.set_len(bytes.len() as u64)?;
        }
        Ok(())
    }

    /// Removes a file, and the folders that are empty without it. `true` when it was there.
    ///
    /// # Errors
    /// When it is there and cannot be removed.
    pub fn remove(&self, path: &str) -> io::Result<bool> {
        let there = match fs::remove_file(self.out.join(path)) {
            Ok(()) => true,
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory) => false,
            Err(e) => return Err(e),
        };
        let mut folder = path;
        while let Some((parent, _)) = folder.rsplit_once('/') {
            if fs::remove_dir(self.out.join(parent)).is_err() {
                break;
            }
            folder = parent;
        }
        Ok(there)
    }

    /// All files below a folder of the output, relative to the output folder.
    #[must_use]
    pub fn files_below(&self, folder: &str) -> Vec<String> {
        let mut found = Vec::new();
        let mut todo = vec![folder.trim_end_matches('/').to_string()];
        while let Some(folder) = todo.pop() {
            for entry in fs::read_dir(self.out.join(&folder)).into_iter().flatten().flatten() {
                let Some(name) = entry.file_name().to_str().map(str::to_string) else { continue };
                let path = if folder.is_empty() { name } else { format!("{folder}/{name}") };
                if entry.file_type().is_ok_and(|t| t.is_dir()) {
                    todo.push(path);
                } else {
                    found.push(path);
                }
            }
        }
        found.sort();
        found
    }

    /// Whether a folder of the output was made by Portico (or is empty, or not there), so that what is stale in it may be removed.
    #[must_use]
    pub fn is_ours(&self, folder: &str) -> bool {
        let path = self.out.join(folder);
        let mark = b"<meta name=\"generator\" content=\"Portico\">";
        match fs::read(path.join("index.html")) {
            Ok(bytes) => bytes.windows(mark.len()).any(|w| w == mark),
            Err(_) => fs::read_dir(&path).map_or(true, |mut entries| entries.next().is_none()),
        }
    }

    /// The folders directly in the output folder.
    #[must_use]
    pub fn hosts(&self) -> Vec<String> {
        let entries = fs::read_dir(&self.out).into_iter().flatten().flatten();
        let mut hosts: Vec<String> =
            entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).filter_map(|e| e.file_name().to_str().map(str::to_string)).collect();
        hosts.sort();
        hosts
    }
}
