//! The portal group: sites, columns, items and what they have to do with each other.
//!
//! In: a [`SourceTree`] and the build's [`Conditions`]. Out: an immutable [`PortalGroup`] with every diagnostic as a value. Touches
//! no file system and no clock, knows no address and no HTML.

mod check;
mod columns;
pub mod dependence;
pub mod item;
pub mod reference;
mod relations;
pub mod site;

use std::collections::BTreeSet;

use ahash::{HashMap, HashMapExt as _};
use nohash_hasher::IntMap;
use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Place};
use crate::digest::Digest;
use crate::source::date::Date;
use crate::source::front_matter::Details;
use crate::source::settings::{place_taken, winners};
use crate::source::{FileSource, ItemSource, ItemVersion, SiteSource, SourceTree, folder_of, front_matter, is_picture, markdown};
pub use check::alias_path;
use check::{check, check_columns_named, may_be_seen};
use item::{Conditions, Item, ItemRef, slug_of_path, visibility};
use reference::{Written, index, written};
use site::{Column, Site, SitePlace};

/// 网站群: everything that is public under the build's conditions. Immutable.
#[derive(Debug)]
pub struct PortalGroup {
    /// What was read.
    pub tree: SourceTree,
    /// Under which conditions.
    pub conditions: Conditions,
    /// The sites that stand, in the order of their ids.
    pub sites: Vec<Site>,
    /// The main site.
    pub main: usize,
    /// For every topic: its items, the oldest first.
    pub topics: HashMap<ItemRef, Vec<ItemRef>>,
    /// For items that others refer to: how, and which.
    pub relations: HashMap<ItemRef, Vec<(&'static str, ItemRef)>>,
    /// Everything that is wrong, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// The next moment at which something appears or disappears by itself.
    pub until: Option<Date>,
    /// Which site of the tree stands where.
    standing: Vec<Option<usize>>,
}

impl PortalGroup {
    /// The site's settings and sources.
    #[must_use]
    pub fn source(&self, site: usize) -> &SiteSource {
        &self.tree.sites[self.sites[site].source]
    }

    /// The name of a site's theme: its own, the group's, or `default`.
    #[must_use]
    pub fn theme(&self, site: usize) -> &str {
        self.source(site).settings.theme.as_deref().or(self.tree.group.theme.as_deref()).unwrap_or("default")
    }

    /// What was read of an item.
    #[must_use]
    pub fn item_source(&self, at: ItemRef) -> &ItemSource {
        let site = &self.sites[at.site as usize];
        &self.tree.sites[site.source].content.items[site.items[at.item as usize].source as usize]
    }

    /// An item.
    #[must_use]
    pub fn item(&self, at: ItemRef) -> &Item {
        &self.sites[at.site as usize].items[at.item as usize]
    }

    /// The version of an item that is shown.
    #[must_use]
    pub fn version(&self, at: ItemRef) -> &ItemVersion {
        shown_version(self.item_source(at), self.item(at).stale)
    }

    /// The column an item belongs to.
    #[must_use]
    pub fn column(&self, at: ItemRef) -> &Column {
        &self.sites[at.site as usize].columns[self.item(at).column as usize]
    }

    /// Whether the build's moment lies in a day of mourning (哀悼日).
    #[must_use]
    pub fn mourns(&self) -> bool {
        let at = self.conditions.at;
        self.tree.group.mourning.iter().any(|day| day.reached(at) && !day.end().reached(at))
    }

    fn site_of_source(&self, source: usize) -> Option<usize> {
        self.standing.get(source).copied().flatten()
    }

    /// Gives the sources back, each item marked with whether its current version is good.
    pub fn settle(&mut self) {
        for (source, site) in self.tree.sites.iter_mut().zip(&self.standing) {
            let Some(site) = site.map(|s| &self.sites[s]) else { continue };
            for (item, shown) in source.content.items.iter_mut().zip(&site.by_source) {
                let stale = shown.is_some_and(|at| site.items[at as usize].stale);
                let broken = stale || item.diagnostics.iter().any(Diagnostic::is_error) || site.rejected.binary_search(&item.path).is_ok();
                // Drafts and what has expired are not checked, so they prove nothing.
                let settle = shown.is_some() && !broken && (!item.proven || item.last_good.is_some());
                if settle {
                    item.proven = true;
                    item.last_good = None;
                    source.change.files = true;
                }
            }
        }
    }

    /// The public item that a file of a site's folder is, when it is shown as it stands.
    #[must_use]
    pub fn public_item(&self, site: &str, path: &str) -> Option<ItemRef> {
        let source = self.tree.sites.iter().position(|s| *s.id == *site)?;
        let site = self.site_of_source(source)?;
        let item = (*self.sites[site].by_source.get(self.tree.sites[source].item_at(path)?)?)?;
        let at = ItemRef { site: index(site), item };
        (!self.item(at).stale).then_some(at)
    }
}

/// The version of a file that is shown: the current one, or while it is stale the last good one.
fn shown_version(source: &ItemSource, stale: bool) -> &ItemVersion {
    static NONE: std::sync::LazyLock<ItemVersion> = std::sync::LazyLock::new(|| ItemVersion {
        digest: crate::digest::Digest::default(),
        front: front_matter::FrontMatter::default(),
        outline: markdown::Outline::default(),
    });
    let last = source.last_good.as_deref();
    let chosen = if stale { last.or(source.current.as_ref()) } else { source.current.as_ref() };
    // Items are only made for files that have the version they show, so the empty one is never seen.
    chosen.unwrap_or(&NONE)
}

/// Assembles the group from its sources.
#[must_use]
pub fn assemble(tree: SourceTree, conditions: Conditions) -> PortalGroup {
    let mut diagnostics = tree.diagnostics.clone();
    let (mut sites, standing, main) = lay_out_sites(&tree, &mut diagnostics);
    let read: Vec<SiteItems> = sites.par_iter().map(|site| site_items(&tree, site, &conditions)).collect();
    let mut until: Option<Date> = None;
    for (site, items) in sites.iter_mut().zip(read) {
        site.items = items.items;
        site.by_source = items.by_source;
        site.rejected = items.rejected;
        until = [until, items.until].into_iter().flatten().min();
        diagnostics.extend(items.diagnostics);
    }
    let turns = tree.group.mourning.iter().flat_map(|day| [*day, day.end()]).filter(|turn| !turn.reached(conditions.at));
    until = until.into_iter().chain(turns).min();
    let mut group = PortalGroup { tree, conditions, sites, main, topics: HashMap::new(), relations: HashMap::new(), diagnostics, until, standing };
    group.publish_files();
    group.fill_columns();
    group.relate();
    group.warn_of_hidden();
    group.tell_broken_pictures();
    crate::diagnostic::sort(&mut group.diagnostics);
    group
}

/// The picture in a site's folder with this path.
#[must_use]
pub fn picture(source: &SiteSource, path: &str) -> Option<usize> {
    let at = source.content.file_at(path)?;
    (is_picture(path) && is_good_picture(&source.content.files[at])).then_some(at)
}

/// Whether a file is a picture that can be shown as it stands.
fn is_good_picture(file: &FileSource) -> bool {
    !file.gone && file.facts.as_ref().is_some_and(|f| f.picture.is_some() && f.broken.is_none())
}

/// Where the sites live; a site whose place is taken or cannot be one is left out.
fn lay_out_sites(tree: &SourceTree, diagnostics: &mut Vec<Diagnostic>) -> (Vec<Site>, Vec<Option<usize>>, usize) {
    let mut sites: Vec<Site> = Vec::new();
    let mut standing = vec![None; tree.sites.len()];
    let winners = winners(&tree.group.main, tree.sites.iter().map(|s| (&*s.id, &*s.settings.at)));
    for (source, site) in tree.sites.iter().enumerate() {
        let settings = &site.settings;
        let file = site.settings_file();
        let at = |key: &str| site.places.get(key).copied().unwrap_or_default();
        let Some(place) = SitePlace::parse(&settings.at) else { continue };
        if let Some(other) = winners.get(&*settings.at).filter(|other| **other != source) {
            diagnostics.push(place_taken(&file, at("at"), &settings.at, &tree.sites[*other].id));
            continue;
        }
        let mut formerly = Vec::new();
        for (i, old) in settings.formerly.iter().enumerate() {
            match SitePlace::parse(old) {
                Some(old) => formerly.push(old),
                None => diagnostics.push(Diagnostic::error(
                    "bad-place",
                    &file,
                    at(&format!("formerly.{i}")),
                    format!("“{old}”不能作为站点旧地址（formerly）"),
                    format!("a site cannot have lived at `{old}`"),
                )),
            }
        }
        check_columns_named(tree, site, diagnostics);
        let page_size = settings.page_size.or(tree.group.page_size).unwrap_or(20) as usize;
        standing[source] = Some(sites.len());
        sites.push(Site {
            source,
            place,
            formerly,
            columns: site::columns(&settings.columns, page_size),
            items: Vec::new(),
            by_source: Vec::new(),
            rejected: Vec::new(),
            published: vec![false; site.content.files.len()],
        });
    }
    let main = sites.iter().position(|s| tree.sites[s.source].id == tree.group.main);
    if main.is_none() {
        diagnostics.push(Diagnostic::error(
            "no-main-site",
            "sites/group.yaml",
            Place::default(),
            format!("主站“{}”不存在（main）", tree.group.main),
            format!("the main site `{}` does not exist", tree.group.main),
        ));
    }
    (sites, standing, main.unwrap_or(0))
}

/// What became of one site's files.
struct SiteItems {
    items: Vec<Item>,
    by_source: Vec<Option<u32>>,
    rejected: Vec<Box<str>>,
    diagnostics: Vec<Diagnostic>,
    until: Option<Date>,
}

fn site_items(tree: &SourceTree, site: &Site, conditions: &Conditions) -> SiteItems {
    let source = &tree.sites[site.source];
    let mut out =
        SiteItems { items: Vec::new(), by_source: vec![None; source.content.items.len()], rejected: Vec::new(), diagnostics: Vec::new(), until: None };
    // By the digest of its column and slug: the item that has the address.
    let mut taken: IntMap<u64, usize> = IntMap::default();
    let columns: HashMap<&str, u32> = site.columns.iter().enumerate().map(|(i, c)| (&*c.path, index(i))).collect();
    // Items that stood before come first: a new file takes nobody's address.
    let mut order: Vec<usize> = (0..source.content.items.len()).collect();
    order.sort_by_key(|&at| !stood(&source.content.items[at]));
    let mut file = format!("content/{}/", source.id);
    let folder = file.len();
    for at in order {
        let item = &source.content.items[at];
        file.truncate(folder);
        file.push_str(&item.path);
        let column = column_index(&columns, &item.path);
        out.diagnostics.extend(item.diagnostics.iter().cloned());
        let mut found = Vec::new();
        if let Some(current) = &item.current
            && may_be_seen(current, conditions)
        {
            check(tree, site, item, current, &file, &mut found);
        }
        let mut broken = found.iter().chain(&item.diagnostics).any(Diagnostic::is_error);
        // With the version chosen, its address must be free; the last good version's may be when the current one's is not.
        for attempt in 0..2 {
            let stale = broken;
            let version = if stale { item.last_good.as_deref().or(item.current.as_ref().filter(|_| item.proven)) } else { item.current.as_ref() };
            let (Some(version), Some(column)) = (version, column) else { break };
            // What the author withdraws goes, whatever else is wrong in the file.
            if let Some(current) = item.current.as_ref().filter(|_| stale)
                && !visibility(&current.front, conditions).shown
            {
                break;
            }
            let visible = visibility(&version.front, conditions);
            out.until = [out.until, visible.until].into_iter().flatten().min();
            if !visible.shown {
                break;
            }
            let slug: Box<str> = version.front.seldom().slug.clone().unwrap_or_else(|| slug_of_path(&item.path).into_owned().into());
            let address = Digest::of(&(column, &*slug)).short();
            let clash = taken.get(&address).map(|at| &out.items[*at]).filter(|other| other.column == column && other.slug == slug);
            if let (Some(other), false) = (clash, stale) {
                found.push(duplicate_address(&source.content.items[other.source as usize], &slug, &file));
            }
            if clash.is_some() {
                broken = true;
                if attempt == 0 && !stale {
                    continue;
                }
                break;
            }
            taken.insert(address, out.items.len());
            out.items.push(Item { source: index(at), column, slug, stale });
            break;
        }
        if broken {
            out.rejected.push(item.path.clone());
        }
        out.diagnostics.append(&mut found);
    }
    out.items.sort_by_key(|item| item.source);
    out.rejected.sort();
    for (i, item) in out.items.iter().enumerate() {
        out.by_source[item.source as usize] = Some(index(i));
    }
    out
}

/// Whether an earlier build has shown this item.
fn stood(item: &ItemSource) -> bool {
    item.proven || item.last_good.is_some()
}

fn duplicate_address(other: &ItemSource, slug: &str, file: &str) -> Diagnostic {
    Diagnostic::error(
        "duplicate-address",
        file,
        Place::new(1, 1),
        format!("地址“{slug}.html”已被同栏目的 {} 使用", other.path),
        format!("`{}` in the same column already has the address `{slug}.html`", other.path),
    )
    .hint("给文件改名，或设置不同的 slug", "rename the file or give it another `slug`")
}

/// The index of the deepest column whose folders lead to the path.
fn column_index(columns: &HashMap<&str, u32>, path: &str) -> Option<u32> {
    let mut folder = folder_of(path).strip_suffix('/')?;
    loop {
        if let Some(column) = columns.get(folder) {
            return Some(*column);
        }
        folder = folder_of(folder).strip_suffix('/')?;
    }
}

impl PortalGroup {
    /// Marks the files that public items refer to.
    fn publish_files(&mut self) {
        let marks: Vec<Vec<(usize, usize)>> = (0..self.sites.len())
            .into_par_iter()
            .map(|s| {
                let site = &self.sites[s];
                let source = self.source(s);
                let mut marks: Vec<(usize, usize)> = source.settings.pictures().filter_map(|path| Some((s, picture(source, path)?))).collect();
                for at in 0..site.items.len() {
                    self.files_of(ItemRef { site: index(s), item: index(at) }, |file| marks.push((s, file)));
                }
                marks
            })
            .collect();
        for (site, file) in marks.into_iter().flatten() {
            self.sites[site].published[file] = true;
        }
    }

    /// Calls `each` with every file of the own site that an item refers to.
    fn files_of(&self, at: ItemRef, mut each: impl FnMut(usize)) {
        let source = self.sites[at.site as usize].source;
        let path = &self.item_source(at).path;
        let version = self.version(at);
        let body = version.outline.links.iter().map(|l| &*l.target);
        let front = version.front.files();
        for target in front.iter().map(|r| &*r.target).chain(body).filter(|t| front_matter::is_file(t)) {
            if let Ok(Written::File(_, file)) = written(&self.tree, source, path, target) {
                each(file);
            }
        }
        for file in self.album_folder(at) {
            each(file);
        }
    }

    /// Damaged pictures that no item names: those of albums' folders, and those of sites' settings. What shows them is made without them.
    fn tell_broken_pictures(&mut self) {
        let found: Vec<Diagnostic> = (0..self.sites.len())
            .into_par_iter()
            .flat_map_iter(|s| {
                let (site, content) = (self.source(s), &self.source(s).content);
                let albums = (0..self.sites[s].items.len()).flat_map(|i| self.album_folder_ever(ItemRef { site: index(s), item: index(i) }));
                let files: BTreeSet<usize> = site.settings.pictures().filter_map(|path| content.file_at(path)).chain(albums).collect();
                let broken = |file: usize| Some((&content.files[file], content.files[file].facts.as_ref()?.broken.as_ref()?));
                files
                    .into_iter()
                    .filter_map(broken)
                    .filter(|(f, _)| !f.gone)
                    .map(|(f, why)| check::broken_picture(&format!("content/{}/{}", site.id, f.path), why))
            })
            .collect();
        self.diagnostics.extend(found);
    }

    /// The pictures in the folder of an album that lists none, in the order of their names.
    #[must_use]
    pub fn album_folder(&self, at: ItemRef) -> Vec<usize> {
        let files = &self.source(at.site as usize).content.files;
        self.album_folder_ever(at).filter(|f| is_good_picture(&files[*f])).collect()
    }

    /// The same with those that are damaged, and those that are gone and only remembered.
    pub fn album_folder_ever(&self, at: ItemRef) -> impl Iterator<Item = usize> {
        let files = &self.source(at.site as usize).content.files;
        album_files(&self.item_source(at).path, self.version(at), files)
    }
}

/// The pictures in the folder of the item at `path`, when it is an album that lists none.
fn album_files<'a>(path: &'a str, version: &ItemVersion, files: &'a [FileSource]) -> impl Iterator<Item = usize> + use<'a> {
    let folder = folder_of(path);
    // Only a folder of its own: a column's folder holds other items' pictures.
    let whole = matches!(&version.front.details, Details::Album(album) if album.photos.is_empty() && path.ends_with("/index.md"));
    let from = if whole { files.partition_point(|f| *f.path < *folder) } else { files.len() };
    let inside = (from..files.len()).take_while(move |f| files[*f].path.starts_with(folder));
    // Folders below it belong to other items.
    inside.filter(move |f| !files[*f].path[folder.len()..].contains('/') && is_picture(&files[*f].path))
}
