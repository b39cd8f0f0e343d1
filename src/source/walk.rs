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
    let mut found = list(dir, "", wanted, now)?;
    found.par_sort_unstable_by(|a, b| a.path.cmp(&b.path));
    Ok(found)
}

fn list(dir: &Path, prefix: &str, wanted: &(dyn Fn(&str) -> bool + Sync), now: Duration) -> Result<Vec<Found>, ReadError> {
    let mut found = Vec::new();
    let mut folders = Vec::new();
    for entry in there(std::fs::read_dir(dir), dir)?.into_iter().flatten() {
        let Some(entry) = there(entry, dir)? else { continue };
        let name = entry.file_name();
        // A name that is not UTF-8 cannot be an address; it is as if it were not there.
        let Some(name) = name.to_str().filter(|n| !n.starts_with('.')) else { continue };
        let Some(kind) = there(entry.file_type(), dir)? else { continue };
        if kind.is_dir() {
            folders.push((entry.path(), format!("{prefix}{name}/")));
        } else if wanted(name)
            && let Some(meta) = there(entry.metadata(), dir)?
        {
            found.push(Found { path: format!("{prefix}{name}").into(), stamp: stamp(&meta, now), size: meta.len(), link: !kind.is_file(), gone: false });
        }
    }
    let inner: Vec<Vec<Found>> = folders.par_iter().map(|(dir, prefix)| list(dir, prefix, wanted, now)).collect::<Result<_, _>>()?;
    found.extend(inner.into_iter().flatten());
    Ok(found)
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
