//! The folders of a release as plain data: what lies in each, and a key that names exactly that.
//!
//! In: outputs with their fingerprints. Out: [`Folder`]s. Same key, same bytes in it and below it, so a folder that did not change is
//! shared by all releases that show it. Touches no file.

use std::collections::BTreeMap;

use crate::digest::Digest;
use crate::output::manifest::Entry;
use crate::source::publishing::Encoding;

/// How folders are laid out; another layout has other keys.
const LAYOUT: u32 = 1;

/// One folder of a release.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Relative to the release: empty, `www`, `www/news`.
    pub path: String,
    /// Names of its files, with their sizes in bytes.
    pub files: Vec<(String, u64)>,
    /// Names of the folders in it, with their keys.
    pub folders: Vec<(String, Digest)>,
    /// Of all that lies in it and below it.
    pub key: Digest,
}

/// The folders that hold some outputs, the innermost first, the whole release last.
#[must_use]
pub fn folders(entries: &[Entry], encodings: &[Encoding]) -> Vec<Folder> {
    let mut inside: BTreeMap<&str, Vec<&Entry>> = BTreeMap::from([("", Vec::new())]);
    for entry in entries {
        inside.entry(parent(&entry.path)).or_default().push(entry);
    }
    let mut above: Vec<&str> = inside.keys().copied().collect();
    while let Some(path) = above.pop() {
        if !path.is_empty() && !inside.contains_key(parent(path)) {
            inside.insert(parent(path), Vec::new());
            above.push(parent(path));
        }
    }
    let mut children: BTreeMap<&str, Vec<(String, Digest)>> = BTreeMap::new();
    let mut made = Vec::with_capacity(inside.len());
    // From the last: what lies in a folder comes before the folder.
    for (path, files) in inside.into_iter().rev() {
        let mut folders = children.remove(path).unwrap_or_default();
        folders.sort();
        let folder = folder(path, files, folders, encodings);
        if !path.is_empty() {
            children.entry(parent(path)).or_default().push((name(path).to_string(), folder.key));
        }
        made.push(folder);
    }
    made
}

fn folder(path: &str, mut files: Vec<&Entry>, folders: Vec<(String, Digest)>, encodings: &[Encoding]) -> Folder {
    files.sort_by(|a, b| a.path.cmp(&b.path));
    files.dedup_by(|a, b| a.path == b.path);
    let prints: Vec<_> = files.iter().map(|e| (name(&e.path), e.print.parts(), e.size)).collect();
    let key = Digest::of(&(LAYOUT, encodings, prints, &folders));
    Folder { path: path.to_string(), files: files.iter().map(|e| (name(&e.path).to_string(), e.size)).collect(), folders, key }
}

fn parent(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(parent, _)| parent)
}

fn name(path: &str) -> &str {
    path.rsplit_once('/').map_or(path, |(_, name)| name)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::output::fingerprint::Fingerprint;

    fn entry(path: &str, print: u64) -> Entry {
        Entry { path: path.into(), print: Fingerprint::of_content(&print), size: 1 }
    }

    fn keys(entries: &[Entry]) -> BTreeMap<String, Digest> {
        folders(entries, &[]).into_iter().map(|f| (f.path, f.key)).collect()
    }

    #[test]
    fn a_change_moves_the_keys_from_its_folder_up_and_no_other() {
        let before = keys(&[entry("www/a.html", 1), entry("www/news/b.html", 2), entry("jyj/x/y/c.html", 3)]);
        let after = keys(&[entry("www/a.html", 1), entry("www/news/b.html", 9), entry("jyj/x/y/c.html", 3)]);
        let moved: Vec<&str> = before.iter().filter(|(path, key)| after[*path] != **key).map(|(path, _)| &**path).collect();
        assert_eq!(moved, ["", "www", "www/news"]);
        assert_eq!(before.len(), 6);
    }

    #[test]
    fn what_is_compressed_names_another_folder() {
        let entries = [entry("www/a.html", 1)];
        assert_ne!(folders(&entries, &[])[0].key, folders(&entries, &[Encoding::Gzip])[0].key);
    }

    #[test]
    fn the_whole_comes_last() {
        let all = folders(&[entry("www/z/q/b.html", 2), entry("www/a.html", 1)], &[]);
        assert_eq!(all.iter().map(|f| &*f.path).collect::<Vec<_>>(), ["www/z/q", "www/z", "www", ""]);
        assert_eq!(all.last().unwrap().folders[0].0, "www");
    }
}
