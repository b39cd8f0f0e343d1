//! Listing a group: what there is to be read.
//!
//! In: a group's folder. Out: a [`Scan`]: settings as bytes, everything else as names and stamps. Opens nothing but settings.

use std::collections::HashSet;
use std::path::Path;

use jiff::tz::TimeZone;
use rayon::prelude::*;

use super::choice::{read_plain, site_ids};
use super::files::is_picture;
use super::settings::{self, GroupSettings};
use super::walk::{Found, walk, walk_for};
use super::yaml::{self, Node, Value};
use super::{ReadError, text};
use crate::digest::Digest;

/// What is there to be read: settings as bytes, everything else as names and stamps.
#[derive(Debug)]
pub struct Scan {
    pub(super) group: Vec<u8>,
    pub(super) sites: Vec<SiteScan>,
    themes: Vec<Found>,
    /// The folders in `content/`.
    pub(super) folders: Vec<String>,
}

#[derive(Debug)]
pub(super) struct SiteScan {
    pub(super) id: String,
    pub(super) settings: std::io::Result<Vec<u8>>,
    pub(super) content: Vec<Found>,
}

/// Lists the group under `root`, opening nothing but settings.
///
/// # Errors
/// [`ReadError`] when there is no group at all, or a folder of it cannot be read.
pub fn scan(root: &Path) -> Result<Scan, ReadError> {
    scan_with(root, walk)
}

/// The same, with whatever `content` lists of each site's folder.
fn scan_with(root: &Path, content: impl Fn(&Path) -> Result<Vec<Found>, ReadError> + Sync) -> Result<Scan, ReadError> {
    let path = root.join("sites/group.yaml");
    let group = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(ReadError::NoGroup(root.to_path_buf())),
        Err(e) => return Err(ReadError::Io(path, e)),
    };
    let scan_site = |id: String| {
        let path = ["yaml", "yml"].map(|ending| root.join(format!("sites/{id}.{ending}")));
        let settings = read_plain(if path[0].exists() { &path[0] } else { &path[1] });
        Ok(SiteScan { settings, content: content(&root.join("content").join(&id))?, id })
    };
    let sites = site_ids(root)?.into_par_iter().map(scan_site).collect::<Result<_, ReadError>>()?;
    Ok(Scan { group, sites, themes: walk(&root.join("themes"))?, folders: content_folders(root) })
}

/// Lists of the group under `root` its settings, its themes, and of the content what the settings name: an entry of a menu, a picture of the header.
/// Reading that opens a handful of files, however large the group is. Where a file to open is named, all items of its site are listed: whether a
/// file is published is theirs to decide.
///
/// # Errors
/// As [`scan`].
pub fn scan_named(root: &Path) -> Result<Scan, ReadError> {
    let mut scan = scan_with(root, |_| Ok(Vec::new()))?;
    let mut named = HashSet::new();
    for bytes in std::iter::once(&scan.group).chain(scan.sites.iter().filter_map(|site| site.settings.as_ref().ok())) {
        if let Some(node) = text::decode(bytes, "").ok().and_then(|text| yaml::parse(&text, 1).ok()) {
            names(&node, &mut named);
        }
    }
    for site in &mut scan.sites {
        let dir = root.join("content").join(&site.id);
        site.content = walk_for(&dir, &|name| named.contains(name))?;
        if site.content.iter().any(|f| !is_item(&f.path) && !is_picture(&f.path)) {
            site.content = walk_for(&dir, &|name| named.contains(name) || is_item(name))?;
        }
    }
    Ok(scan)
}

/// The last parts of all texts that could be paths.
fn names(node: &Node, found: &mut HashSet<Box<str>>) {
    match &node.value {
        Value::Null => {}
        Value::Scalar { text, .. } => {
            let path = text.split('#').next().unwrap_or("");
            found.extend(path.rsplit('/').next().filter(|name| name.contains('.')).map(Into::into));
        }
        Value::List(nodes) => nodes.iter().for_each(|node| names(node, found)),
        Value::Map(entries) => entries.iter().for_each(|(_, node)| names(node, found)),
    }
}

fn is_item(name: &str) -> bool {
    name.ends_with(".md")
}

fn content_folders(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root.join("content")).into_iter().flatten().flatten();
    let folders = entries.filter(|e| e.file_type().is_ok_and(|t| t.is_dir())).map(|e| e.file_name().to_string_lossy().into_owned());
    let mut folders: Vec<String> = folders.filter(|name| !name.starts_with('.')).collect();
    folders.sort();
    folders
}

impl Scan {
    /// The time zone the group's settings name, when they can be read.
    #[must_use]
    pub fn zone(&self) -> Option<TimeZone> {
        let text = text::decode(&self.group, "").ok()?;
        let (group, _) = settings::read_group(&yaml::parse(&text, 1).ok()?, "");
        Some(zone_of(&group))
    }

    /// A digest of everything listed: while it stays, nothing has changed. `None` when some file is so young that it may yet change
    /// without showing it.
    #[must_use]
    pub fn digest(&self) -> Option<Digest> {
        let stamps = |found: &[Found]| {
            let settled = found.iter().all(|f| f.stamp != 0);
            settled.then(|| Digest::of(&found.iter().map(|f| (&*f.path, f.stamp)).collect::<Vec<_>>()))
        };
        let sites: Option<Vec<_>> = self.sites.par_iter().map(|s| Some((s.id.as_str(), s.settings.as_ref().ok()?.as_slice(), stamps(&s.content)?))).collect();
        Some(Digest::of(&(&self.group, sites?, stamps(&self.themes)?, &self.folders)))
    }
}

/// The time zone of a group.
pub(super) fn zone_of(group: &GroupSettings) -> TimeZone {
    TimeZone::get(group.timezone.as_deref().unwrap_or("Asia/Shanghai")).unwrap_or(TimeZone::UTC)
}
