//! Putting a folder of a release on the shelf: its files linked from the build's output, its compressed files beside them.
//!
//! In: a [`Folder`], the build's output, and the folder as it was in the last release. Out: a folder under its key, made whole and then
//! renamed, so that it is there whole or not at all. What is the same as before is the same file; nothing on the shelf is ever written to.

use std::collections::{BTreeSet, HashMap};
use std::fs;
use std::io;
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, linkat};

use super::compress;
use super::tree::Folder;
use crate::digest::Digest;
use crate::source::publishing::Encoding;

/// The folder that holds the folders of all releases, each under its key.
#[derive(Debug)]
pub struct Shelf {
    dir: PathBuf,
}

/// An open folder, and the inode of each file in it.
struct Listing {
    handle: fs::File,
    path: PathBuf,
    inodes: HashMap<String, u64>,
}

impl Listing {
    fn of(path: PathBuf) -> io::Result<Self> {
        let mut inodes = HashMap::new();
        for entry in fs::read_dir(&path)? {
            let entry = entry?;
            if let (Some(name), true) = (entry.file_name().to_str(), entry.file_type()?.is_file()) {
                inodes.insert(name.to_string(), entry.ino());
            }
        }
        Ok(Self { handle: fs::File::open(&path)?, path, inodes })
    }
}

/// A folder that is being made.
struct Making<'a> {
    staged: Listing,
    before: Option<Listing>,
    new: Listing,
    encodings: &'a [Encoding],
}

impl Shelf {
    /// The shelf in a folder.
    #[must_use]
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    /// Where the folder with this key lies.
    #[must_use]
    pub fn path(&self, key: Digest) -> PathBuf {
        self.dir.join(key.hex(32))
    }

    /// Makes a folder unless it is there. Gives the names of files that the output lacks: then nothing was made.
    ///
    /// # Errors
    /// When a file cannot be linked, read or written.
    pub fn put(&self, folder: &Folder, output: &Path, before: Option<Digest>, encodings: &[Encoding]) -> io::Result<Vec<String>> {
        let place = self.path(folder.key);
        if place.exists() {
            return Ok(Vec::new());
        }
        let new = place.with_extension("new");
        if new.exists() {
            fs::remove_dir_all(&new)?;
        }
        fs::create_dir(&new)?;
        if !folder.files.is_empty() {
            let staged = Listing::of(output.join(&folder.path));
            if staged.as_ref().is_err_and(|e| e.kind() == io::ErrorKind::NotFound) {
                fs::remove_dir(&new)?;
                return Ok(folder.files.iter().map(|(name, _)| name.clone()).collect());
            }
            let staged = staged?;
            let missing: Vec<String> = folder.files.iter().map(|(name, _)| name).filter(|n| !staged.inodes.contains_key(*n)).cloned().collect();
            if !missing.is_empty() {
                fs::remove_dir(&new)?;
                return Ok(missing);
            }
            let before = before.map(|key| Listing::of(self.path(key))).transpose()?;
            Making { staged, before, new: Listing::of(new.clone())?, encodings }.fill(folder)?;
        }
        for (name, key) in &folder.folders {
            std::os::unix::fs::symlink(Path::new("..").join(key.hex(32)), new.join(name))?;
        }
        fs::rename(&new, &place)?;
        Ok(Vec::new())
    }

    /// Takes every folder from the shelf that is not to be kept, and what a broken-off run left there.
    ///
    /// # Errors
    /// When a folder cannot be renamed or removed.
    pub fn clear(&self, keep: &BTreeSet<String>) -> io::Result<()> {
        let mut gone = Vec::new();
        // Listed first: a folder renamed meanwhile may be listed under both names.
        let names: Vec<_> = fs::read_dir(&self.dir)?.map(|e| e.map(|e| e.file_name())).collect::<io::Result<_>>()?;
        for name in names {
            let name = name.to_string_lossy().into_owned();
            if name.contains('.') {
                gone.push(self.dir.join(name));
            } else if !keep.contains(&name) {
                // Half removed, it must not be taken for whole.
                let away = self.dir.join(format!("{name}.gone"));
                fs::rename(self.dir.join(&name), &away)?;
                gone.push(away);
            }
        }
        if gone.is_empty() {
            return Ok(());
        }
        fs::File::open(&self.dir)?.sync_all()?;
        gone.iter().try_for_each(fs::remove_dir_all)
    }
}

impl Making<'_> {
    fn fill(&self, folder: &Folder) -> io::Result<()> {
        let own: BTreeSet<&str> = folder.files.iter().map(|(name, _)| name.as_str()).collect();
        for (name, size) in &folder.files {
            let same = self.before.as_ref().filter(|before| self.is_same(before, name, *size));
            self.link(same.unwrap_or(&self.staged), name)?;
            if !compress::is_worth_it(name, *size) {
                continue;
            }
            for encoding in self.encodings {
                let packed = format!("{name}.{}", encoding.ending());
                match same.filter(|before| before.inodes.contains_key(&packed)) {
                    _ if own.contains(packed.as_str()) => {}
                    Some(before) => self.link(before, &packed)?,
                    None => self.compress(name, &packed, *encoding)?,
                }
            }
        }
        Ok(())
    }

    /// Whether a file holds what it held in the last release; as a rule it is the very same file.
    fn is_same(&self, before: &Listing, name: &str, size: u64) -> bool {
        match (before.inodes.get(name), self.staged.inodes.get(name)) {
            (Some(old), Some(new)) if old == new => true,
            (Some(_), Some(_)) => same_bytes(&before.path.join(name), &self.staged.path.join(name), size),
            _ => false,
        }
    }

    fn link(&self, from: &Listing, name: &str) -> io::Result<()> {
        match linkat(&from.handle, name, &self.new.handle, name, AtFlags::empty()) {
            Ok(()) => Ok(()),
            // A file has as many links as it can have, or this file system has none.
            Err(rustix::io::Errno::MLINK | rustix::io::Errno::PERM | rustix::io::Errno::XDEV) => {
                fs::copy(from.path.join(name), self.new.path.join(name)).map(drop)
            }
            Err(e) => Err(e.into()),
        }
    }

    fn compress(&self, name: &str, packed: &str, encoding: Encoding) -> io::Result<()> {
        let bytes = fs::read(self.staged.path.join(name))?;
        match compress::compressed(&bytes, encoding)? {
            Some(fewer) => fs::write(self.new.path.join(packed), fewer),
            None => Ok(()),
        }
    }
}

/// Whether two files hold the same `size` bytes.
pub(super) fn same_bytes(a: &Path, b: &Path, size: u64) -> bool {
    let is_long = |p: &Path| fs::symlink_metadata(p).is_ok_and(|m| m.is_file() && m.len() == size);
    is_long(a) && is_long(b) && matches!((fs::read(a), fs::read(b)), (Ok(a), Ok(b)) if a == b)
}
