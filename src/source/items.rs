//! Reading items: which files must be opened, what they say, and how they differ from what is remembered.
//!
//! In: the Markdown files listed in a site's folder, and the items remembered of it. Out: [`ItemSource`]s, the bodies there is room to
//! hold, and how far anything changed. Files whose stamp has not moved are not opened.

use std::borrow::Cow;
use std::io::Read;
use std::path::Path;

use rayon::prelude::*;

use super::files::folder_of;
use super::front_matter::{Common, FrontMatter, Seldom};
use super::settings::{ColumnSettings, ColumnType, SiteSettings};
use super::walk::Found;
use super::{Body, Held, ItemSource, ItemVersion, Reading, SiteSource, markdown, text, yaml};
use crate::diagnostic::{Diagnostic, Place};
use crate::digest::Digest;

/// How far an item differs from what was remembered of it, from the least on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Fresh {
    /// Not at all.
    #[default]
    No,
    /// Its stamp, or its wording but for the title: summary, source, author, keywords, body. Where it stands and what it refers to in its
    /// front matter is as before.
    Wording,
    /// Its wording, and its title is among it.
    Title,
    /// Nothing was remembered of it: its file is new.
    New,
    /// Anything else.
    More,
}

/// A site's items as they stand now.
pub(super) struct Items {
    pub items: Vec<ItemSource>,
    /// The bodies read and held, by the index of their items.
    pub bodies: Vec<Option<Held>>,
    /// Items that differ from what was remembered, in order.
    pub fresh: Vec<(u32, Fresh)>,
    /// Whether files are gone that were there before.
    pub lost: bool,
}

/// Reads the items of a site. `dir` is the site's folder.
pub(super) fn read_items(reading: &Reading<'_>, dir: &Path, site: &str, settings: &SiteSettings, found: Vec<Found>, old: Vec<ItemSource>) -> Items {
    let one = |found: Found, old: Option<ItemSource>| read_item(reading, dir, site, settings, found, old);
    let same_files = found.len() == old.len() && found.iter().zip(&old).all(|(f, o)| f.path == o.path);
    if !same_files {
        let before = old.len();
        let read: Vec<ReadItem> = paired(found, old).into_par_iter().with_min_len(16).map(|(f, old)| one(f, old.map(|old| *old))).collect();
        let fresh: Vec<(u32, Fresh)> = (0u32..).zip(&read).filter(|(_, r)| r.fresh != Fresh::No).map(|(at, r)| (at, r.fresh)).collect();
        let new = fresh.iter().filter(|(_, fresh)| *fresh == Fresh::New).count();
        let lost = read.len() - new < before;
        let (items, bodies) = read.into_iter().map(|r| (r.item, r.body)).unzip();
        return Items { items, bodies, fresh, lost };
    }
    // The same files: items stay where they are, and those that moved are replaced.
    let mut items = old;
    // Items of one folder follow each other, and lie in one column.
    let mut last: Option<(String, Option<ColumnType>)> = None;
    let mut column = |path: &str| match &last {
        Some((folder, column)) if *folder == folder_of(path) => *column,
        _ => last.insert((folder_of(path).to_string(), column_type(settings, path))).1,
    };
    let moved: Vec<(usize, Found)> = found.into_iter().enumerate().filter(|(at, f)| !stands(&items[*at], f, column(&f.path))).collect();
    let taken: Vec<(usize, Found, ItemSource)> = moved
        .into_iter()
        .map(|(at, found)| {
            let empty = ItemSource { path: found.path.clone(), stamp: 0, column: None, current: None, last_good: None, proven: false, diagnostics: Vec::new() };
            (at, found, std::mem::replace(&mut items[at], empty))
        })
        .collect();
    let read: Vec<(usize, ReadItem)> = taken.into_par_iter().map(|(at, found, old)| (at, one(found, Some(old)))).collect();
    let mut bodies = Vec::new();
    bodies.resize_with(if read.is_empty() { 0 } else { items.len() }, || None);
    let mut fresh = Vec::new();
    for (at, r) in read {
        if r.fresh != Fresh::No {
            fresh.push((u32::try_from(at).unwrap_or(u32::MAX), r.fresh));
        }
        items[at] = r.item;
        bodies[at] = r.body;
    }
    Items { items, bodies, fresh, lost: false }
}

/// Every file with what is remembered of it; both are in the order of their paths.
fn paired(found: Vec<Found>, old: Vec<ItemSource>) -> Vec<(Found, Option<Box<ItemSource>>)> {
    let mut old = old.into_iter().peekable();
    let pair = |f: Found| {
        while old.next_if(|o| *o.path < *f.path).is_some() {}
        let same = old.next_if(|o| *o.path == *f.path);
        (f, same.map(Box::new))
    };
    found.into_iter().map(pair).collect()
}

/// The column an item's path lies in: the deepest one whose folders lead to it.
#[must_use]
pub fn column_of<'a>(columns: &'a [ColumnSettings], path: &str) -> Option<&'a ColumnSettings> {
    let (first, rest) = path.split_once('/')?;
    let column = columns.iter().find(|c| &*c.id == first)?;
    column_of(&column.columns, rest).or(Some(column))
}

fn column_type(settings: &SiteSettings, path: &str) -> Option<ColumnType> {
    column_of(&settings.columns, path).map(|c| c.kind.unwrap_or_default())
}

/// Whether what is remembered of an item holds without opening its file.
fn stands(old: &ItemSource, found: &Found, column: Option<ColumnType>) -> bool {
    old.stamp == found.stamp && old.stamp != 0 && old.column == column
}

/// One item as it stands now.
pub(super) struct ReadItem {
    pub item: ItemSource,
    pub fresh: Fresh,
    pub body: Option<Held>,
}

fn read_item(reading: &Reading<'_>, dir: &Path, site: &str, settings: &SiteSettings, found: Found, old: Option<ItemSource>) -> ReadItem {
    let column = column_type(settings, &found.path);
    let old = match old {
        Some(old) if stands(&old, &found, column) => return ReadItem { item: old, fresh: Fresh::No, body: None },
        old => old,
    };
    let file = format!("content/{site}/{}", found.path);
    let (current, body, diagnostics) = match read_sized(&dir.join(&*found.path), found.size) {
        Ok(bytes) => parse_item(reading, &bytes, column, &file),
        Err(e) => (None, None, vec![Diagnostic::error("unreadable", &file, Place::default(), format!("读不出：{e}"), format!("cannot be read: {e}"))]),
    };
    let mut item = ItemSource { path: found.path, stamp: found.stamp, column, current, last_good: None, proven: false, diagnostics };
    let fresh = old.map_or(Fresh::New, |old| succeed(&mut item, old));
    ReadItem { item, fresh, body }
}

/// Takes over from what was remembered what still holds, and tells how far the two differ.
fn succeed(item: &mut ItemSource, old: ItemSource) -> Fresh {
    let same = old.column == item.column && old.diagnostics == item.diagnostics;
    if same && item.current.is_some() && old.current == item.current {
        (item.last_good, item.proven) = (old.last_good, old.proven);
        return if old.stamp == item.stamp { Fresh::No } else { Fresh::Wording };
    }
    let comparable = same && old.proven && item.diagnostics.is_empty();
    let reworded = old.current.as_ref().zip(item.current.as_ref()).filter(|(a, b)| comparable && reworded(a, b));
    let fresh = match reworded {
        None => Fresh::More,
        Some((a, b)) if a.front.common.title != b.front.common.title => Fresh::Title,
        Some(_) => Fresh::Wording,
    };
    item.last_good = if old.proven { old.current.map(Box::new) } else { old.last_good };
    fresh
}

/// Whether two versions of an item differ in their wording alone.
#[must_use]
pub fn reworded(old: &ItemVersion, new: &ItemVersion) -> bool {
    let (old, new) = (&old.front, &new.front);
    let (a, b) = (&old.common, &new.common);
    let worded = Common {
        title: a.title.clone(),
        source: a.source.clone(),
        author: a.author.clone(),
        keywords: a.keywords.clone(),
        summary: a.summary.clone(),
        updated: a.updated,
        ..b.clone()
    };
    let (c, d) = (old.seldom(), new.seldom());
    let further = Seldom { correction: c.correction.clone(), ..d.clone() };
    worded == *a && further == *c && old.details == new.details
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

/// Reads one item's file again, whatever is remembered of it: its version, when it has no mistakes, with its body.
#[must_use]
pub fn read_again(root: &Path, zone: &jiff::tz::TimeZone, site: &SiteSource, item: usize) -> Option<(ItemVersion, Held)> {
    let old = site.content.items.get(item)?;
    let bytes = std::fs::read(root.join("content").join(&*site.id).join(&*old.path)).ok()?;
    let reading = Reading::of(root, zone, None);
    let (version, body, diagnostics) = parse_item(&reading, &bytes, old.column, "");
    version.zip(body).filter(|_| diagnostics.is_empty())
}

/// An item's file as it stands: for whoever looks at how it is written, not at what it says.
#[derive(Debug)]
pub struct Written {
    /// The whole file, line ends made equal.
    pub text: String,
    /// Where the body begins in it, in bytes.
    pub body_at: usize,
    /// The line on which the body begins, from 1.
    pub body_line: u32,
}

/// Reads an item's file as it stands; `None` when it has no front matter or cannot be read.
#[must_use]
pub fn written_item(root: &Path, site: &SiteSource, item: usize) -> Option<Written> {
    let found = site.content.items.get(item)?;
    let bytes = std::fs::read(root.join("content").join(&*site.id).join(&*found.path)).ok()?;
    let text = text::decode(&bytes, "").ok()?;
    let parts = text::split(&text, "").ok()?;
    let (body_at, body_line) = (text.len() - parts.body.len(), parts.body_line);
    Some(Written { text: text.into_owned(), body_at, body_line })
}

fn parse_item(reading: &Reading<'_>, bytes: &[u8], column: Option<ColumnType>, file: &str) -> (Option<ItemVersion>, Option<Held>, Vec<Diagnostic>) {
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
    // The author's own summary is shown where there is one.
    let summarised = front.as_ref().is_none_or(|f| f.common.summary.is_none());
    let drafter = reading.drafter.filter(|_| reading.has_room());
    let (outline, found, draft) = markdown::outline_and_draft(parts.body, parts.body_line, file, summarised, drafter);
    diagnostics.extend(found);
    let version = front.map(|front| ItemVersion { digest: Digest::of_bytes(parts.body.as_bytes()), front, outline });
    let body = version.is_some().then(|| reading.hold(parts.body, draft)).flatten();
    (version, body, diagnostics)
}

/// The body of an item with this digest, for rendering: held since it was read, or read again. `None` when the file holds another,
/// because it has changed meanwhile or because an earlier version is shown.
#[must_use]
pub fn load_body<'a>(root: &Path, site: &'a SiteSource, item: usize, digest: Digest) -> Option<Body<'a>> {
    match held(site, item, digest) {
        Some(Held::Draft(draft)) => Some(Body::Draft(draft)),
        _ => load_text(root, site, item, digest).map(Body::Text),
    }
}

/// What is held of an item's body, when it is the one with this digest: that of its current version, which need not be the one shown.
fn held(site: &SiteSource, item: usize, digest: Digest) -> Option<&Held> {
    let current = site.content.items.get(item)?.current.as_ref()?;
    site.bodies.get(item)?.as_ref().filter(|_| current.digest == digest)
}

/// As [`load_body`], always as text.
#[must_use]
pub fn load_text<'a>(root: &Path, site: &'a SiteSource, item: usize, digest: Digest) -> Option<Cow<'a, str>> {
    if let Some(Held::Text(text)) = held(site, item, digest) {
        return Some(Cow::Borrowed(text));
    }
    let bytes = std::fs::read(root.join("content").join(&*site.id).join(&*site.content.items.get(item)?.path)).ok()?;
    let text = text::decode(&bytes, "").ok()?;
    let body = text::split(&text, "").ok()?.body;
    (Digest::of_bytes(body.as_bytes()) == digest).then(|| Cow::Owned(body.to_string()))
}
