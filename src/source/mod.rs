//! Reading: everything people write, as plain data with places.
//!
//! In: the group's root folder and what the last build remembers of it. Out: a [`SourceTree`]: settings, items (front matter and
//! outline; the body only to hand it on to rendering, while there is room), facts about files beside them, and what is wrong in
//! each. Files whose stamp has not moved are not opened. Knows nothing of addresses, of other sites or of what is public.

mod choice;
pub mod date;
mod fields;
mod files;
pub mod front_matter;
pub mod markdown;
pub mod schema;
pub mod settings;
mod text;
mod walk;
pub(crate) mod yaml;

use std::borrow::Cow;
use std::collections::HashMap;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use bitcode::{Decode, Encode};
use jiff::tz::TimeZone;
use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Place};
use crate::digest::Digest;
use choice::{Chosen, Input, choose_settings, read_plain, settings_of, settle_places, site_ids};
use files::read_files;
pub use files::{beside, folder_of, is_picture, percent_decoded};
use front_matter::FrontMatter;
use markdown::Outline;
use settings::{ColumnSettings, ColumnType, GroupSettings, Places, SiteSettings};
use walk::Found;

/// Everything people wrote, read.
#[derive(Debug)]
pub struct SourceTree {
    /// `sites/group.yaml`, or the last one that could be read.
    pub group: GroupSettings,
    /// The group's settings as text, for the build's memory.
    pub group_text: Box<str>,
    /// The time zone all dates are in.
    pub zone: TimeZone,
    /// The sites in the order of their ids.
    pub sites: Vec<SiteSource>,
    /// Ids of sites whose settings cannot be read and are not remembered.
    pub unreadable: Vec<Box<str>>,
    /// What is wrong in settings and folders.
    pub diagnostics: Vec<Diagnostic>,
}

/// One site as written.
#[derive(Debug)]
pub struct SiteSource {
    /// The settings file's stem.
    pub id: Box<str>,
    /// Its settings, or the last ones that could be read.
    pub settings: SiteSettings,
    /// Where each key of its settings stands.
    pub(crate) places: Places,
    /// Its settings as text, for the build's memory.
    pub settings_text: Box<str>,
    /// Whether its settings differ from what was remembered.
    pub settings_changed: bool,
    /// What was read from its folder.
    pub content: SiteContent,
    /// For every item: the body, when it was read in this build and there was room to hold it.
    pub(crate) bodies: Vec<Option<Box<str>>>,
    /// Where the item of a path stands, by the path's digest: links are looked up by the hundred thousand.
    by_path: HashMap<u64, u32>,
}

impl SiteSource {
    /// The index of the item with this path, relative to the site's folder.
    #[must_use]
    pub fn item_at(&self, path: &str) -> Option<usize> {
        let items = &self.content.items;
        let at = self.by_path.get(&path_key(path)).map(|at| *at as usize);
        // Two paths with one digest are as good as impossible, and then searched for.
        at.filter(|at| items.get(*at).is_some_and(|i| *i.path == *path)).or_else(|| items.binary_search_by(|i| (*i.path).cmp(path)).ok())
    }

    /// The settings file, relative to the root.
    #[must_use]
    pub fn settings_file(&self) -> String {
        format!("sites/{}.yaml", self.id)
    }
}

fn path_key(path: &str) -> u64 {
    Digest::of_bytes(path.as_bytes()).short()
}

/// What a site's folder holds: this is what a build remembers of it.
#[derive(Debug, Default, Encode, Decode)]
pub struct SiteContent {
    /// Items in the order of their paths.
    pub items: Vec<ItemSource>,
    /// Files beside them in the order of their paths.
    pub files: Vec<FileSource>,
    /// Whether anything differs from what was remembered.
    pub changed: bool,
}

/// One Markdown file.
#[derive(Debug, Clone, Encode, Decode)]
pub struct ItemSource {
    /// Relative to `content/<site>/`, with `/`.
    pub path: Box<str>,
    /// Changes whenever the file may have changed; 0 = read it again.
    pub stamp: u64,
    /// The type of the column it was read for.
    pub column: Option<ColumnType>,
    /// The file as it stands, if its front matter can be used.
    pub current: Option<ItemVersion>,
    /// The last version that was built without errors, while the current one has some.
    pub last_good: Option<Box<ItemVersion>>,
    /// Whether the current version has been built without errors.
    pub proven: bool,
    /// What is wrong in the file itself.
    pub diagnostics: Vec<Diagnostic>,
}

/// What an item's file says, without its body.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct ItemVersion {
    /// Of its body: what stands in its front matter shows in the views.
    pub digest: Digest,
    /// Its front matter.
    pub front: FrontMatter,
    /// What its body refers to.
    pub outline: Outline,
}

/// A file beside the items.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct FileSource {
    /// Relative to `content/<site>/`, with `/`.
    pub path: Box<str>,
    /// Changes whenever the file may have changed; 0 = read it again.
    pub stamp: u64,
    /// Bytes.
    pub size: u64,
    /// What is known of its content; only for files that an item refers to.
    pub facts: Option<FileFacts>,
    /// It is no longer there: this is what the last good pages still show of it.
    pub gone: bool,
}

/// What is inside a file that an item refers to.
#[derive(Debug, Clone, PartialEq, Encode, Decode)]
pub struct FileFacts {
    /// Of its bytes.
    pub digest: Digest,
    /// Width and height of a picture.
    pub picture: Option<(u32, u32)>,
    /// Number of rows below the headings of a CSV file.
    pub rows: Option<u32>,
    /// What is wrong with it, told where an item refers to it.
    pub broken: Option<crate::diagnostic::Text>,
}

/// What a build remembers of the sources.
#[derive(Debug, Default)]
pub struct Remembered {
    /// The last readable `sites/group.yaml`.
    pub group_text: Option<Box<str>>,
    /// By site: the last readable settings and the folder's content.
    pub sites: Vec<(Box<str>, Box<str>, SiteContent)>,
}

/// Why nothing could be read at all.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// No `sites/group.yaml`.
    #[error("{0}: no sites/group.yaml here (is this the root of a portal group?)")]
    NoGroup(PathBuf),
    /// The folder cannot be read.
    #[error("cannot read {0}: {1}")]
    Io(PathBuf, std::io::Error),
    /// `sites/group.yaml` is unusable and no earlier version is remembered.
    #[error("sites/group.yaml cannot be used")]
    BadGroup(Vec<Diagnostic>),
}

impl Remembered {
    /// What there is to remember of a tree.
    #[must_use]
    pub fn of(tree: SourceTree) -> Self {
        Self { group_text: Some(tree.group_text), sites: tree.sites.into_iter().map(|s| (s.id, s.settings_text, s.content)).collect() }
    }
}

/// What is there to be read: settings as bytes, everything else as names and stamps.
#[derive(Debug)]
pub struct Scan {
    group: Vec<u8>,
    sites: Vec<SiteScan>,
    themes: Vec<Found>,
    /// The folders in `content/`.
    folders: Vec<String>,
}

#[derive(Debug)]
pub(crate) struct SiteScan {
    id: String,
    settings: std::io::Result<Vec<u8>>,
    content: Vec<Found>,
}

/// Lists the group under `root`, opening nothing but settings.
///
/// # Errors
/// [`ReadError`] when there is no group at all.
pub fn scan(root: &Path) -> Result<Scan, ReadError> {
    let path = root.join("sites/group.yaml");
    let group = match std::fs::read(&path) {
        Ok(bytes) => bytes,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Err(ReadError::NoGroup(root.to_path_buf())),
        Err(e) => return Err(ReadError::Io(path, e)),
    };
    let scan_site = |id: String| {
        let path = ["yaml", "yml"].map(|ending| root.join(format!("sites/{id}.{ending}")));
        let settings = read_plain(if path[0].exists() { &path[0] } else { &path[1] });
        SiteScan { settings, content: walk::walk(&root.join("content").join(&id)), id }
    };
    let sites = site_ids(root)?.into_par_iter().map(scan_site).collect();
    Ok(Scan { group, sites, themes: walk::walk(&root.join("themes")), folders: content_folders(root) })
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

fn zone_of(group: &GroupSettings) -> TimeZone {
    TimeZone::get(group.timezone.as_deref().unwrap_or("Asia/Shanghai")).unwrap_or(TimeZone::UTC)
}

/// How many bytes of bodies are held from reading to rendering, so that most files are opened once in a build. What finds no room is
/// read again: memory stays within bounds, however large the group is.
const ROOM_FOR_BODIES: usize = 320 << 20;

/// What reading needs everywhere.
struct Reading<'a> {
    root: &'a Path,
    zone: &'a TimeZone,
    /// Bytes of bodies that may still be held.
    room: AtomicUsize,
}

impl Reading<'_> {
    /// A body to be held, while there is room.
    fn hold(&self, body: &str) -> Option<Box<str>> {
        let take = |room: usize| room.checked_sub(body.len());
        self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok().map(|_| body.into())
    }
}

/// Reads what was listed under `root`.
///
/// # Errors
/// [`ReadError`] when there is no usable group at all; everything else is a diagnostic.
pub fn read(root: &Path, scan: Scan, mut remembered: Remembered) -> Result<SourceTree, ReadError> {
    let mut diagnostics = Vec::new();
    let (group, group_text) = read_group(&scan.group, remembered.group_text.take(), &mut diagnostics)?;
    let zone = zone_of(&group);
    let mut inputs = Vec::new();
    for site in scan.sites {
        let old = remembered.sites.iter().position(|(old, ..)| **old == *site.id).map(|at| remembered.sites.swap_remove(at));
        let (old_text, old_content) = old.map_or((None, SiteContent::default()), |(_, text, content)| (Some(text), content));
        let (chosen, found) = choose_settings(&site, old_text.as_deref());
        diagnostics.extend(found);
        inputs.push((site, chosen, old_text, old_content));
    }
    settle_places(&group.main, &mut inputs, &mut diagnostics);
    let reading = Reading { root, zone: &zone, room: AtomicUsize::new(ROOM_FOR_BODIES) };
    let read: Vec<_> = inputs.into_par_iter().map(|input| read_site(&reading, input)).collect();
    let (mut sites, mut unreadable) = (Vec::new(), Vec::new());
    for (id, site, found) in read {
        diagnostics.extend(found);
        match site {
            Some(site) => sites.push(site),
            None => unreadable.push(id.into()),
        }
    }
    diagnostics.extend(unclaimed_folders(root, &scan.folders, &sites));
    Ok(SourceTree { group, group_text, zone, sites, unreadable, diagnostics })
}

fn read_group(bytes: &[u8], remembered: Option<Box<str>>, diagnostics: &mut Vec<Diagnostic>) -> Result<(GroupSettings, Box<str>), ReadError> {
    let file = "sites/group.yaml";
    let (group, text, mut found) = settings_of(bytes, file, |node| settings::read_group(node, file));
    let usable = !found.iter().any(Diagnostic::is_error);
    if let (Some(group), true) = (group, usable) {
        diagnostics.append(&mut found);
        return Ok((group, text));
    }
    let old = remembered.and_then(|text| {
        let node = yaml::parse(&text, 1).ok()?;
        Some((settings::read_group(&node, file).0, text))
    });
    match old {
        Some(old) => {
            diagnostics.append(&mut found);
            Ok(old)
        }
        None => Err(ReadError::BadGroup(found)),
    }
}

fn read_site(reading: &Reading<'_>, input: Input) -> (String, Option<SiteSource>, Vec<Diagnostic>) {
    let (scan, chosen, old_text, old_content) = input;
    let id = scan.id;
    let mut found = Vec::new();
    let Some(Chosen { settings, places, text }) = chosen else { return (id, None, found) };
    let (content, bodies) = read_content(reading, &id, &settings, scan.content, old_content, &mut found);
    let settings_changed = old_text.as_ref() != Some(&text);
    let by_path = (0u32..).zip(&content.items).map(|(at, item)| (path_key(&item.path), at)).collect();
    let site = SiteSource { id: id.as_str().into(), settings, places, settings_text: text, settings_changed, content, bodies, by_path };
    (id, Some(site), found)
}

fn read_content(
    reading: &Reading<'_>,
    id: &str,
    settings: &SiteSettings,
    mut found: Vec<Found>,
    old: SiteContent,
    diagnostics: &mut Vec<Diagnostic>,
) -> (SiteContent, Vec<Option<Box<str>>>) {
    for refused in found.extract_if(.., |f| f.link) {
        diagnostics.push(
            Diagnostic::error(
                "symbolic-link",
                &format!("content/{id}/{}", refused.path),
                Place::default(),
                "符号链接不会被读取",
                "symbolic links are not followed",
            )
            .hint("把文件本身放进来", "put the file itself here"),
        );
    }
    let (items, files): (Vec<Found>, Vec<Found>) = found.into_iter().partition(|f| f.path.ends_with(".md"));
    let before = (old.items.len(), old.files.len());
    let mut old_items = old.items.into_iter().peekable();
    let jobs: Vec<(Found, Option<ItemSource>)> = items
        .into_iter()
        .map(|f| {
            while old_items.next_if(|o| *o.path < *f.path).is_some() {}
            let same = old_items.next_if(|o| *o.path == *f.path);
            (f, same)
        })
        .collect();
    let dir = reading.root.join("content").join(id);
    let read: Vec<ReadItem> = jobs.into_par_iter().with_min_len(16).map(|(f, old)| read_item(reading, &dir, id, settings, f, old)).collect();
    let mut changed = read.len() != before.0 || read.iter().any(|r| r.fresh);
    let (items, bodies): (Vec<ItemSource>, Vec<Option<Box<str>>>) = read.into_iter().map(|r| (r.item, r.body)).unzip();
    let files = read_files(&dir, settings, &items, files, old.files, &mut changed);
    changed |= files.len() != before.1;
    (SiteContent { items, files, changed }, bodies)
}

/// The column an item's path lies in: the deepest one whose folders lead to it.
#[must_use]
pub fn column_of<'a>(columns: &'a [ColumnSettings], path: &str) -> Option<&'a ColumnSettings> {
    let (first, rest) = path.split_once('/')?;
    let column = columns.iter().find(|c| &*c.id == first)?;
    column_of(&column.columns, rest).or(Some(column))
}

/// One item as it stands now.
struct ReadItem {
    item: ItemSource,
    /// Whether it differs from what was remembered.
    fresh: bool,
    body: Option<Box<str>>,
}

fn read_item(reading: &Reading<'_>, dir: &Path, site: &str, settings: &SiteSettings, found: Found, old: Option<ItemSource>) -> ReadItem {
    let column = column_of(&settings.columns, &found.path).map(|c| c.kind.unwrap_or_default());
    let old = match old {
        Some(old) if old.stamp == found.stamp && old.stamp != 0 && old.column == column => return ReadItem { item: old, fresh: false, body: None },
        old => old,
    };
    let file = format!("content/{site}/{}", found.path);
    let (current, body, diagnostics) = match read_sized(&dir.join(&*found.path), found.size) {
        Ok(bytes) => parse_item(reading, &bytes, column, &file),
        Err(e) => (None, None, vec![Diagnostic::error("unreadable", &file, Place::default(), format!("读不出：{e}"), format!("cannot be read: {e}"))]),
    };
    let (mut last_good, mut proven) = (None, false);
    let mut fresh = true;
    if let Some(old) = old {
        if old.current == current && current.is_some() && old.diagnostics == diagnostics && old.column == column {
            (last_good, proven) = (old.last_good, old.proven);
            fresh = old.stamp != found.stamp;
        } else {
            last_good = if old.proven { old.current.map(Box::new) } else { old.last_good };
        }
    }
    ReadItem { item: ItemSource { path: found.path, stamp: found.stamp, column, current, last_good, proven, diagnostics }, fresh, body }
}

/// Reads a file that was listed with this size, without asking for the size again.
fn read_sized(path: &Path, size: u64) -> std::io::Result<Vec<u8>> {
    let mut file = std::fs::File::open(path)?;
    let size = usize::try_from(size).unwrap_or(0);
    // One byte more than expected: a read that comes back short has seen the end.
    let mut bytes = vec![0; size + 1];
    let read = file.read(&mut bytes)?;
    bytes.truncate(read);
    if read != size {
        file.read_to_end(&mut bytes)?;
    }
    Ok(bytes)
}

fn parse_item(reading: &Reading<'_>, bytes: &[u8], column: Option<ColumnType>, file: &str) -> (Option<ItemVersion>, Option<Box<str>>, Vec<Diagnostic>) {
    let text = match text::decode(bytes, file) {
        Ok(text) => text,
        Err(diagnostic) => return (None, None, vec![diagnostic]),
    };
    let Some(column) = column else {
        return (
            None,
            None,
            vec![
                Diagnostic::error("no-column", file, Place::default(), "这个文件不在任何栏目里", "this file lies in no column")
                    .hint("移到某个栏目的文件夹里，或在站点设置中添加这个栏目", "move it into a column's folder, or add the column to the site's settings"),
            ],
        );
    };
    let parts = match text::split(&text, file) {
        Ok(parts) => parts,
        Err(diagnostic) => return (None, None, vec![diagnostic]),
    };
    let node = match yaml::parse(parts.yaml, 2) {
        Ok(node) => node,
        Err(e) => return (None, None, vec![Diagnostic::error("bad-yaml", file, e.place, e.zh, e.en)]),
    };
    let (front, mut diagnostics) = FrontMatter::read(&node, column, file, reading.zone);
    let (outline, found) = markdown::outline(parts.body, parts.body_line, file);
    diagnostics.extend(found);
    let version = front.map(|front| ItemVersion { digest: Digest::of_bytes(parts.body.as_bytes()), front, outline });
    let body = version.is_some().then(|| reading.hold(parts.body)).flatten();
    (version, body, diagnostics)
}

/// The body of an item's current version, for rendering: held since it was read, or read again. `None` when the file is no longer
/// what was read.
#[must_use]
pub fn load_body<'a>(root: &Path, site: &'a SiteSource, item: usize, digest: Digest) -> Option<Cow<'a, str>> {
    if let Some(body) = site.bodies.get(item).and_then(Option::as_deref) {
        return Some(Cow::Borrowed(body));
    }
    let bytes = std::fs::read(root.join("content").join(&*site.id).join(&*site.content.items.get(item)?.path)).ok()?;
    let text = text::decode(&bytes, "").ok()?;
    let body = text::split(&text, "").ok()?.body;
    (Digest::of_bytes(body.as_bytes()) == digest).then(|| Cow::Owned(body.to_string()))
}

/// Reads a CSV file again, for rendering. `None` when the file is no longer what was read.
#[must_use]
pub fn load_table(root: &Path, site: &str, path: &str, digest: Digest) -> Option<Table> {
    let bytes = std::fs::read(root.join("content").join(site).join(path)).ok()?;
    if Digest::of_bytes(&bytes) != digest {
        return None;
    }
    text::rows(&bytes).ok()
}

pub use text::Table;

/// Folders under `content/` that belong to no site.
fn unclaimed_folders(root: &Path, folders: &[String], sites: &[SiteSource]) -> Vec<Diagnostic> {
    let mut found = Vec::new();
    for name in folders {
        let has_settings = root.join(format!("sites/{name}.yaml")).exists() || root.join(format!("sites/{name}.yml")).exists();
        if !has_settings && !sites.iter().any(|s| *s.id == **name) {
            found.push(Diagnostic::warning(
                "no-site",
                &format!("content/{name}"),
                Place::default(),
                format!("没有 sites/{name}.yaml，这个文件夹不会发布"),
                format!("there is no sites/{name}.yaml; this folder is not published"),
            ));
        }
    }
    crate::diagnostic::sort(&mut found);
    found
}

/// The text of a line of a source file, for reports: line numbers from 1.
#[must_use]
pub fn line_of(root: &Path, file: &str, line: u32) -> Option<String> {
    let bytes = std::fs::read(root.join(file)).ok()?;
    let text = text::decode(&bytes, file).ok()?;
    text.lines().nth(line.checked_sub(1)? as usize).map(str::to_string)
}
