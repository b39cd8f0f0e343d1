//! What is other in one release than in another.
//!
//! In: the folders of two releases. Out: paths, each with its fate. Folders with one key are not looked into; a file that is the same
//! inode is the same; only two files of one size and two inodes are compared byte by byte.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::os::unix::fs::DirEntryExt;
use std::path::Path;

use rayon::prelude::*;

use super::record::Fate;
use super::shelf::{Shelf, same_bytes};
use super::store::Trees;
use crate::digest::Digest;

/// The endings of compressed copies.
const COPIES: [&str; 3] = [".gz", ".br", ".zst"];

/// The files that are other in `new` than in `old`, sorted by path; compressed copies are left out.
///
/// # Errors
/// When a folder cannot be read.
pub fn difference(shelf: &Shelf, old: &Trees, new: &Trees) -> io::Result<Vec<(String, Fate)>> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).filter(|path| old.get(*path) != new.get(*path)).collect();
    let each: Vec<Vec<(String, Fate)>> = paths.into_par_iter().map(|path| folder(shelf, path, old.get(path), new.get(path))).collect::<io::Result<_>>()?;
    let mut all = each.concat();
    all.sort();
    Ok(all)
}

fn folder(shelf: &Shelf, path: &str, old: Option<&Digest>, new: Option<&Digest>) -> io::Result<Vec<(String, Fate)>> {
    let place = |key: Option<&Digest>| key.map(|key| shelf.path(*key));
    let (old, new) = (place(old), place(new));
    let (before, after) = (files(old.as_deref())?, files(new.as_deref())?);
    let full = |name: &str| if path.is_empty() { name.to_string() } else { format!("{path}/{name}") };
    let mut found = Vec::new();
    for (name, inode) in &after {
        match before.get(name) {
            None => found.push((full(name), Fate::Added)),
            Some(other) if other == inode => {}
            Some(_) => {
                let (Some(old), Some(new)) = (&old, &new) else { continue };
                let size = fs::symlink_metadata(new.join(name))?.len();
                if !same_bytes(&old.join(name), &new.join(name), size) {
                    found.push((full(name), Fate::Changed));
                }
            }
        }
    }
    found.extend(before.keys().filter(|name| !after.contains_key(*name)).map(|name| (full(name), Fate::Removed)));
    Ok(found)
}

/// The files of a folder on the shelf, with their inodes.
fn files(folder: Option<&Path>) -> io::Result<BTreeMap<String, u64>> {
    let Some(folder) = folder else { return Ok(BTreeMap::new()) };
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            all.insert(entry.file_name().to_string_lossy().into_owned(), entry.ino());
        }
    }
    let is_copy = |name: &str| COPIES.iter().any(|ending| name.strip_suffix(ending).is_some_and(|stem| all.contains_key(stem)));
    Ok(all.iter().filter(|(name, _)| !is_copy(name)).map(|(name, inode)| (name.clone(), *inode)).collect())
}
