//! Putting a folder of a release on the shelf: its files linked from the build's output, its compressed files beside them.
//!
//! In: a [`Folder`], the build's output, and the folder as it was in the last release. Out: a folder under its key, made whole and then
//! renamed, so that it is there whole or not at all. What is the same as before is the same file; nothing on the shelf is ever written to.
//! A folder of very many files is made from a spare copy of its last state, where only what differs has to be linked.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::io;
use std::os::unix::fs::DirEntryExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, linkat, renameat, unlinkat};

use super::compress;
use super::tree::Folder;
use crate::digest::Digest;
use crate::source::publishing::Encoding;

/// Folders of at least so many files have a spare: to link them all takes longer than to find what differs.
const MANY: usize = 1000;

/// The folder that holds the folders of all releases, each under its key.
#[derive(Debug)]
pub struct Shelf {
    dir: PathBuf,
    /// By the digest of a folder's path: that folder once more, as it was when it was last made. What is in it need not be right.
    spares: PathBuf,
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
    /// The shelf in a folder, with its spares in another of the same file system.
    #[must_use]
    pub fn new(dir: PathBuf, spares: PathBuf) -> Self {
        Self { dir, spares }
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
        if folder.files.is_empty() {
            fs::create_dir(&new)?;
        } else {
            let staged = match Listing::of(output.join(&folder.path)) {
                Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(folder.files.iter().map(|(name, _)| name.clone()).collect()),
                staged => staged?,
            };
            let missing: Vec<String> = folder.files.iter().map(|(name, _)| name).filter(|n| !staged.inodes.contains_key(*n)).cloned().collect();
            if !missing.is_empty() {
                return Ok(missing);
            }
            let before = before.map(|key| Listing::of(self.path(key))).transpose()?;
            self.take_spare(&folder.path, &new)?;
            Making { staged, before, new: Listing::of(new.clone())?, encodings }.fill(folder)?;
        }
        for (name, key) in &folder.folders {
            std::os::unix::fs::symlink(Path::new("..").join(key.hex(32)), new.join(name))?;
        }
        fs::rename(&new, &place)?;
        Ok(Vec::new())
    }

    fn spare(&self, path: &str) -> PathBuf {
        self.spares.join(Digest::of_bytes(path.as_bytes()).hex(32))
    }

    /// The spare of a folder becomes `new`; without one, `new` is empty.
    fn take_spare(&self, path: &str, new: &Path) -> io::Result<()> {
        match fs::rename(self.spare(path), new) {
            Err(e) if e.kind() == io::ErrorKind::NotFound => fs::create_dir(new),
            other => other,
        }
    }

    /// Makes the spares that folders of many files lack, and removes those of folders that are no longer there.
    ///
    /// # Errors
    /// When a file cannot be linked or a spare removed; a spare that is not whole does no harm.
    pub fn lay_in(&self, made: &[(String, Digest)], trees: &BTreeMap<String, Digest>) -> io::Result<()> {
        fs::create_dir_all(&self.spares)?;
        let known: BTreeSet<PathBuf> = trees.keys().map(|path| self.spare(path)).collect();
        for entry in fs::read_dir(&self.spares)? {
            let path = entry?.path();
            if !known.contains(&path) {
                fs::remove_dir_all(path)?;
            }
        }
        made.iter().try_for_each(|(path, key)| self.copy(*key, &self.spare(path)))
    }

    fn copy(&self, key: Digest, spare: &Path) -> io::Result<()> {
        let from = Listing::of(self.path(key))?;
        if spare.exists() || from.inodes.len() < MANY {
            return Ok(());
        }
        fs::create_dir(spare)?;
        let to = fs::File::open(spare)?;
        from.inodes.keys().try_for_each(|name| match linkat(&from.handle, name.as_str(), &to, name.as_str(), AtFlags::empty()) {
            // What cannot be linked is copied when it is needed.
            Ok(()) | Err(rustix::io::Errno::MLINK | rustix::io::Errno::PERM | rustix::io::Errno::XDEV) => Ok(()),
            Err(e) => Err(e.into()),
        })
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
    fn fill(mut self, folder: &Folder) -> io::Result<()> {
        let own: BTreeSet<&str> = folder.files.iter().map(|(name, _)| name.as_str()).collect();
        for (name, size) in &folder.files {
            let same = self.is_same(name, *size);
            self.link(same, name)?;
            if !compress::is_worth_it(name, *size) {
                continue;
            }
            for encoding in self.encodings {
                let packed = format!("{name}.{}", encoding.ending());
                let there = same && self.before.as_ref().is_some_and(|before| before.inodes.contains_key(&packed));
                match there {
                    _ if own.contains(packed.as_str()) => {}
                    true => self.link(true, &packed)?,
                    false => self.compress(name, &packed, *encoding)?,
                }
            }
        }
        // What the spare held and the folder does not.
        self.new.inodes.keys().try_for_each(|name| unlinkat(&self.new.handle, name.as_str(), AtFlags::empty()).map_err(io::Error::from))
    }

    /// Whether a file holds what it held in the last release; as a rule it is the very same file.
    fn is_same(&self, name: &str, size: u64) -> bool {
        let Some(before) = &self.before else { return false };
        match (before.inodes.get(name), self.staged.inodes.get(name)) {
            (Some(old), Some(new)) if old == new => true,
            (Some(_), Some(_)) => {
                same_bytes(&before.path.join(name), &self.staged.path.join(name), size) && {
                    // From now on it is the very same file: it need not be read again, nor lie on the disk twice.
                    let _ = self.unite(before, name);
                    true
                }
            }
            _ => false,
        }
    }

    /// Puts a file of the last release in the place of the output's own copy of it.
    fn unite(&self, before: &Listing, name: &str) -> rustix::io::Result<()> {
        const AWAY: &str = ".united";
        linkat(&before.handle, name, &self.new.handle, AWAY, AtFlags::empty())?;
        renameat(&self.new.handle, AWAY, &self.staged.handle, name).or_else(|_| unlinkat(&self.new.handle, AWAY, AtFlags::empty()))
    }

    /// Links a file of the last release, or of the output; nothing is to be done when the spare has the very same file.
    fn link(&mut self, of_before: bool, name: &str) -> io::Result<()> {
        let from = self.before.as_ref().filter(|_| of_before).unwrap_or(&self.staged);
        match self.new.inodes.remove(name) {
            Some(there) if from.inodes.get(name) == Some(&there) => return Ok(()),
            Some(_) => unlinkat(&self.new.handle, name, AtFlags::empty())?,
            None => {}
        }
        match linkat(&from.handle, name, &self.new.handle, name, AtFlags::empty()) {
            Ok(()) => Ok(()),
            // A file has as many links as it can have, or this file system has none.
            Err(rustix::io::Errno::MLINK | rustix::io::Errno::PERM | rustix::io::Errno::XDEV) => {
                fs::copy(from.path.join(name), self.new.path.join(name)).map(drop)
            }
            Err(e) => Err(e.into()),
        }
    }

    fn compress(&mut self, name: &str, packed: &str, encoding: Encoding) -> io::Result<()> {
        // What the spare has under this name is a file of other releases: it is never written to.
        if self.new.inodes.remove(packed).is_some() {
            unlinkat(&self.new.handle, packed, AtFlags::empty())?;
        }
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

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use std::os::unix::fs::MetadataExt;

    /// A built folder of many files; every version writes its changed files anew, as the build does.
    struct Built {
        dir: tempfile::TempDir,
        shelf: Shelf,
    }

    impl Built {
        fn new() -> Self {
            let dir = tempfile::tempdir().unwrap();
            for part in ["trees", "out/www"] {
                fs::create_dir_all(dir.path().join(part)).unwrap();
            }
            let shelf = Shelf::new(dir.path().join("trees"), dir.path().join("spares"));
            Self { dir, shelf }
        }

        fn write(&self, name: &str, text: &str) {
            let path = self.dir.path().join("out/www").join(name);
            let _ = fs::remove_file(&path);
            fs::write(path, text.repeat(400)).unwrap();
        }

        fn put(&self, names: &[String], key: u128, before: Option<u128>) -> BTreeMap<String, Vec<u8>> {
            let size = |name: &str| fs::metadata(self.dir.path().join("out/www").join(name)).unwrap().len();
            let files = names.iter().map(|n| (n.clone(), size(n))).collect();
            let folder = Folder { path: "www".into(), files, folders: vec![("news".into(), Digest(7))], key: Digest(key) };
            let missing = self.shelf.put(&folder, &self.dir.path().join("out"), before.map(Digest), &[Encoding::Gzip]).unwrap();
            assert!(missing.is_empty());
            self.held(key)
        }

        fn held(&self, key: u128) -> BTreeMap<String, Vec<u8>> {
            let read = |e: fs::DirEntry| (e.file_name().into_string().unwrap(), fs::read(e.path()).unwrap_or_default());
            fs::read_dir(self.shelf.path(Digest(key))).unwrap().map(|e| read(e.unwrap())).collect()
        }

        fn inode(&self, key: u128, name: &str) -> u64 {
            fs::metadata(self.shelf.path(Digest(key)).join(name)).unwrap().ino()
        }
    }

    #[test]
    fn a_folder_made_of_a_spare_is_as_one_made_of_nothing_and_the_old_one_stays_as_it_was() {
        let (built, plain) = (Built::new(), Built::new());
        let mut names: Vec<String> = (0..MANY).map(|n| format!("{n:04}.html")).collect();
        for both in [&built, &plain] {
            names.iter().for_each(|name| both.write(name, "云岫"));
        }
        let first = built.put(&names, 1, None);
        plain.put(&names, 1, None);
        built.shelf.lay_in(&[("www".into(), Digest(1))], &BTreeMap::from([("www".into(), Digest(1))])).unwrap();
        names.remove(3);
        names.push("new.html".into());
        for both in [&built, &plain] {
            both.write("0005.html", "改了");
            both.write("new.html", "新的");
        }
        assert!(built.shelf.spare("www").exists());
        let second = built.put(&names, 2, Some(1));
        assert!(!built.shelf.spare("www").exists(), "the spare has become the folder");
        assert!(second == plain.put(&names, 2, Some(1)) && built.held(1) == first);
        assert!(!second.contains_key("0003.html") && !second.contains_key("0003.html.gz") && second.contains_key("new.html.gz"));
        assert_eq!(built.inode(1, "0004.html.gz"), built.inode(2, "0004.html.gz"));
        assert_ne!(built.inode(1, "0005.html.gz"), built.inode(2, "0005.html.gz"));
    }

    #[test]
    fn an_output_written_again_with_the_same_bytes_becomes_the_file_of_the_last_release() {
        let built = Built::new();
        let names = ["a.html".to_string(), "b.html".to_string()];
        names.iter().for_each(|name| built.write(name, "云岫"));
        built.put(&names, 1, None);
        built.write("a.html", "云岫");
        built.write("b.html", "改了");
        let output = |name: &str| fs::metadata(built.dir.path().join("out/www").join(name)).unwrap().ino();
        assert_ne!(output("a.html"), built.inode(1, "a.html"));
        built.put(&names, 2, Some(1));
        assert_eq!([output("a.html"), built.inode(2, "a.html")], [built.inode(1, "a.html"); 2]);
        assert_eq!(output("b.html"), built.inode(2, "b.html"));
        assert_ne!(output("b.html"), built.inode(1, "b.html"));
    }

    #[test]
    fn spares_of_folders_that_are_gone_go_too() {
        let built = Built::new();
        let names: Vec<String> = (0..MANY).map(|n| format!("{n:04}.html")).collect();
        names.iter().for_each(|name| built.write(name, "云岫"));
        built.put(&names, 1, None);
        built.shelf.lay_in(&[("www".into(), Digest(1))], &BTreeMap::from([("www".into(), Digest(1))])).unwrap();
        assert!(built.shelf.spare("www").exists());
        built.shelf.lay_in(&[], &BTreeMap::new()).unwrap();
        assert!(!built.shelf.spare("www").exists());
    }
}
