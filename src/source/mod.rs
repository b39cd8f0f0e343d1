//! Reading: everything people write, as plain data with places.
//!
//! In: the group's root folder and what the last build remembers of it. Out: a [`SourceTree`]: settings, items (front matter and
//! outline; the body only to hand it on to rendering, while there is room), facts about files beside them, and what is wrong in
//! each. Files whose stamp has not moved are not opened. Knows nothing of addresses, of other sites or of what is public.

pub mod attachment;
pub mod checking;
mod choice;
pub mod date;
pub(crate) mod fields;
mod files;
pub mod folding;
pub mod front_matter;
mod items;
pub mod markdown;
pub mod picture;
pub mod publishing;
mod readers;
mod scan;
pub mod schema;
pub mod settings;
pub mod sought;
mod text;
mod walk;
mod words;
pub(crate) mod yaml;

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use bitcode::{Decode, Encode};
use jiff::tz::TimeZone;
use nohash_hasher::IntMap;
use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Place};
use crate::digest::Digest;
use choice::{Chosen, Input, choose_settings, settings_of, settle_places};
pub use choice::{settings_alone, share_of_sites};
use files::read_files;
pub use files::{beside, content_type, folder_of, is_picture, percent_decoded};
use front_matter::FrontMatter;
use items::read_items;
pub use items::{Fresh, Written, column_of, load_body, load_text, read_again, reworded, written_item};
use markdown::{Draft, Drafter, Outline};
use picture::Picture;
use scan::zone_of;
use settings::{ColumnType, GroupSettings, Places, SiteSettings};
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
#[derive(Debug, Default)]
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
    /// What differs from what was remembered of its folder.
    pub change: Change,
    /// What was read from its folder.
    pub content: SiteContent,
    /// For every item: the body, when it was read in this build and there was room to hold it.
    pub(crate) bodies: Vec<Option<Held>>,
    /// Where the item of a path stands, by the path's digest: links are looked up by the hundred thousand.
    pub(crate) by_path: OnceLock<IntMap<u64, u32>>,
}

impl SiteSource {
    /// The index of the item with this path, relative to the site's folder.
    #[must_use]
    pub fn item_at(&self, path: &str) -> Option<usize> {
        let items = &self.content.items;
        let by_path = self.by_path.get_or_init(|| (0u32..).zip(items).map(|(at, item)| (path_key(&item.path), at)).collect());
        let at = by_path.get(&path_key(path)).map(|at| *at as usize);
        // Two paths with one digest are as good as impossible, and then searched for.
        at.filter(|at| items.get(*at).is_some_and(|i| *i.path == *path)).or_else(|| items.binary_search_by(|i| (*i.path).cmp(path)).ok())
    }

    /// Shows another version of an item, with its body when that is at hand. Gives back the version shown before.
    pub(crate) fn show(&mut self, item: usize, version: ItemVersion, body: Option<Held>) -> Option<ItemVersion> {
        self.bodies.resize_with(self.content.items.len(), || None);
        self.bodies[item] = body;
        self.content.items[item].current.replace(version)
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
#[derive(Debug, Default)]
pub struct SiteContent {
    /// Items in the order of their paths.
    pub items: Vec<ItemSource>,
    /// Files beside them in the order of their paths.
    pub files: Vec<FileSource>,
}

/// How a site's folder differs from what was remembered of it.
#[derive(Debug, Default)]
pub struct Change {
    /// Items were removed, or files beside them changed.
    pub files: bool,
    /// Items that differ, in order.
    pub items: Vec<(u32, Fresh)>,
}

impl Change {
    /// Whether anything differs.
    #[must_use]
    pub fn any(&self) -> bool {
        self.files || !self.items.is_empty()
    }

    /// The items that differ, when nothing does but that some are new and others worded otherwise.
    #[must_use]
    pub fn narrow(&self) -> Option<&[(u32, Fresh)]> {
        let alone = !self.files && self.items.iter().all(|(_, fresh)| *fresh < Fresh::More);
        alone.then_some(&*self.items)
    }

    /// Whether some item has another title.
    #[must_use]
    pub fn titles(&self) -> bool {
        self.items.iter().any(|(_, fresh)| *fresh >= Fresh::Title)
    }
}

impl SiteContent {
    /// The index of the file with this path, relative to the site's folder.
    #[must_use]
    pub fn file_at(&self, path: &str) -> Option<usize> {
        self.files.binary_search_by(|f| (*f.path).cmp(path)).ok()
    }
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
    /// What a picture's header says. While the file is damaged: what it said before, for the last good page still shows that.
    pub picture: Option<Picture>,
    /// Number of rows below the headings of a CSV file.
    pub rows: Option<u32>,
    /// The newest row of a CSV file, heading by heading: its last one, or its first when that has the greater first cell.
    pub latest: Vec<(Box<str>, Box<str>)>,
    /// SHA-256 of a form to download, for whoever wants to check it.
    pub sha256: Option<[u8; 32]>,
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

/// How many bytes of bodies are held from reading to rendering, so that most files are opened once in a build. What finds no room is
/// read again: memory stays within bounds, however large the group is.
const ROOM_FOR_BODIES: usize = 320 << 20;

/// A body that is held from reading to rendering.
#[derive(Debug)]
pub enum Held {
    /// As it was written.
    Text(Box<str>),
    /// As it will be shown.
    Draft(Box<Draft>),
}

/// A body to be rendered.
#[derive(Debug)]
pub enum Body<'a> {
    /// As it was written.
    Text(Cow<'a, str>),
    /// Parsed already.
    Draft(&'a Draft),
}

impl Default for Body<'_> {
    fn default() -> Self {
        Self::Text(Cow::Borrowed(""))
    }
}

/// What reading needs everywhere.
struct Reading<'a> {
    root: &'a Path,
    zone: &'a TimeZone,
    /// Who drafts the bodies that are held.
    drafter: Option<&'a Drafter>,
    /// Bytes of bodies that may still be held.
    room: AtomicUsize,
}

impl<'a> Reading<'a> {
    fn of(root: &'a Path, zone: &'a TimeZone, drafter: Option<&'a Drafter>) -> Self {
        Self { root, zone, drafter, room: AtomicUsize::new(ROOM_FOR_BODIES) }
    }

    /// Whether another body of a usual length can be held.
    fn has_room(&self) -> bool {
        self.room.load(Ordering::Relaxed) > 64 * 1024
    }

    /// A body to be held, while there is room: its draft where there is one.
    fn hold(&self, body: &str, draft: Option<Draft>) -> Option<Held> {
        let size = draft.as_ref().map_or(body.len(), Draft::size);
        let take = |room: usize| room.checked_sub(size);
        self.room.fetch_update(Ordering::Relaxed, Ordering::Relaxed, take).ok()?;
        Some(draft.map_or_else(|| Held::Text(body.into()), |draft| Held::Draft(Box::new(draft))))
    }
}

/// Reads what was listed under `root`. Bodies that are held are held as the drafter's drafts, where there is one.
///
/// # Errors
/// [`ReadError`] when there is no usable group at all; everything else is a diagnostic.
pub fn read(root: &Path, scan: Scan, mut remembered: Remembered, drafter: Option<&Drafter>) -> Result<SourceTree, ReadError> {
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
    let reading = Reading::of(root, &zone, drafter);
    // What was read before need not be opened again.
    let fresh = inputs.iter().all(|(.., content)| content.items.is_empty());
    let read_all = || inputs.into_par_iter().map(|input| read_site(&reading, input)).collect();
    let read: Vec<_> = if fresh { with_many_readers(read_all) } else { read_all() };
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
    let (content, bodies, change) = read_content(reading, &id, &settings, scan.content, old_content, &mut found);
    let settings_changed = old_text.as_ref() != Some(&text);
    let by_path = OnceLock::new();
    let site = SiteSource { id: id.as_str().into(), settings, places, settings_text: text, settings_changed, change, content, bodies, by_path };
    (id, Some(site), found)
}

fn read_content(
    reading: &Reading<'_>,
    id: &str,
    settings: &SiteSettings,
    mut found: Vec<Found>,
    old: SiteContent,
    diagnostics: &mut Vec<Diagnostic>,
) -> (SiteContent, Vec<Option<Held>>, Change) {
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
    let dir = reading.root.join("content").join(id);
    let read = read_items(reading, &dir, id, settings, items, old.items);
    let files_before = old.files.len();
    let mut changed = read.lost;
    let files = read_files(&dir, settings, &read.items, files, old.files, &mut changed);
    changed |= files.len() != files_before;
    (SiteContent { items: read.items, files }, read.bodies, Change { files: changed, items: read.fresh })
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

pub use readers::with_many_readers;
pub use scan::{Scan, scan, scan_named};
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
