//! Listing a site's folder: every file with a stamp that moves whenever the file may have changed.
//!
//! In: a folder. Out: [`Found`] entries in the order of their paths. Opens nothing, follows no symbolic link.

use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use rayon::prelude::*;

use super::ReadError;
use crate::digest::Digest;

/// A file younger than this may change again without its time stamp moving, so its stamp is not trusted next time.
const SETTLED: Duration = Duration::from_millis(50);

/// One file.
#[derive(Debug, Clone)]
pub(super) struct Found {
    /// Relative to the folder, with `/`.
    pub path: Box<str>,
    /// Digest of size, times and inode; 0 when the file is too young to be trusted.
    pub stamp: u64,
    /// Bytes.
    pub size: u64,
    /// A symbolic link (or anything else that is neither a file nor a folder).
    pub link: bool,
    /// Remembered, and no longer there.
    pub gone: bool,
}

/// Lists all files under `dir`, hidden ones left out; nothing when it is not there.
///
/// # Errors
/// [`ReadError::Io`] when a folder cannot be read: taken as empty, all that is in it would be withdrawn.
pub(super) fn walk(dir: &Path) -> Result<Vec<Found>, ReadError> {
    walk_for(dir, &|_| true)
}

/// The same for files whose names are `wanted`; the others are not looked at.
pub(super) fn walk_for(dir: &Path, wanted: &(dyn Fn(&str) -> bool + Sync)) -> Result<Vec<Found>, ReadError> {
    // A folder that is a link would lead out of the group: it is told, not followed.
    if let Ok(meta) = std::fs::symlink_metadata(dir)
        && !meta.is_dir()
    {
        return Ok(vec![Found { path: "".into(), stamp: 0, size: 0, link: true, gone: false }]);
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    list(dir, "", wanted, now)
}

/// What stands in a folder, in the order of paths: a folder's name counts with its `/`.
fn list(dir: &Path, prefix: &str, wanted: &(dyn Fn(&str) -> bool + Sync), now: Duration) -> Result<Vec<Found>, ReadError> {
    let mut found: Vec<(u64, Found)> = Vec::new();
    let mut folders = Vec::new();
    for entry in there(std::fs::read_dir(dir), dir)?.into_iter().flatten() {
        let Some(entry) = there(entry, dir)? else { continue };
        let name = entry.file_name();
        // A name that is not UTF-8 cannot be an address; it is as if it were not there.
        let Some(name) = name.to_str().filter(|n| !n.starts_with('.')) else { continue };
        let Some(kind) = there(entry.file_type(), dir)? else { continue };
        if kind.is_dir() {
            folders.push((entry.path(), [prefix, name, "/"].concat()));
        } else if wanted(name)
            && let Some(meta) = there(entry.metadata(), dir)?
        {
            let path = [prefix, name].concat().into();
            found.push((beginning(name), Found { path, stamp: stamp(&meta, now), size: meta.len(), link: !kind.is_file(), gone: false }));
        }
    }
    found.sort_unstable_by(|(a, one), (b, other)| a.cmp(b).then_with(|| one.path.cmp(&other.path)));
    let found = found.into_iter().map(|(_, found)| found);
    if folders.is_empty() {
        return Ok(found.collect());
    }
    folders.sort_unstable_by(|a, b| a.1.cmp(&b.1));
    let inner: Vec<Vec<Found>> = folders.par_iter().map(|(dir, prefix)| list(dir, prefix, wanted, now)).collect::<Result<_, _>>()?;
    let mut all = Vec::with_capacity(found.len() + inner.iter().map(Vec::len).sum::<usize>());
    let mut files = found.peekable();
    for ((_, prefix), inner) in folders.iter().zip(inner) {
        all.extend(std::iter::from_fn(|| files.next_if(|file| *file.path < **prefix)));
        all.extend(inner);
    }
    all.extend(files);
    Ok(all)
}

/// The first eight bytes of a name as a number: names sort as their numbers do, and most need no second look. No name holds a zero.
fn beginning(name: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = name.len().min(8);
    bytes[..length].copy_from_slice(&name.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}

/// What is there; `None` when it is not, or was removed while it was looked at.
fn there<T>(result: std::io::Result<T>, dir: &Path) -> Result<Option<T>, ReadError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(ReadError::Io(dir.to_path_buf(), e)),
    }
}

fn stamp(meta: &std::fs::Metadata, now: Duration) -> u64 {
    let changed = Duration::new(u64::try_from(meta.ctime()).unwrap_or(0), u32::try_from(meta.ctime_nsec()).unwrap_or(0));
    if changed + SETTLED > now {
        return 0;
    }
    let parts = [
        meta.len().to_le_bytes(),
        meta.mtime().to_le_bytes(),
        meta.mtime_nsec().to_le_bytes(),
        meta.ctime().to_le_bytes(),
        meta.ctime_nsec().to_le_bytes(),
        meta.ino().to_le_bytes(),
    ];
    Digest::of_bytes(parts.as_flattened()).short().max(1)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_listing_is_in_the_order_of_whole_paths() {
        let dir = tempfile::tempdir().unwrap();
        let paths = [
            "a-b/x.md",
            "a-b.md",
            "a.md",
            "a/b/c.md",
            "a/b-c.md",
            "a/b.md",
            "a/b0.md",
            "a0/x.md",
            "a0.md",
            "b.md",
            "停水/甲.md",
            "停水.md",
            ".x/y.md",
            "z/.y.md",
        ];
        for path in paths {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, "").unwrap();
        }
        let mut wanted: Vec<&str> = paths.into_iter().filter(|path| !path.contains("/.") && !path.starts_with('.')).collect();
        wanted.sort_unstable();
        let found = walk(dir.path()).unwrap();
        assert_eq!(found.iter().map(|f| &*f.path).collect::<Vec<_>>(), wanted);
    }
}
