//! The portal group: sites, columns, items and what they have to do with each other.
//!
//! In: a [`SourceTree`] and the build's [`Conditions`]. Out: an immutable [`PortalGroup`] with every diagnostic as a value. Touches
//! no file system and no clock, knows no address and no HTML.

pub mod dependence;
pub mod item;
pub mod reference;
pub mod site;

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Place};
use crate::source::date::Date;
use crate::source::front_matter::{Common, Details, Reference};
use crate::source::settings::{ColumnType, SiteKind, Sort, place_taken, winners};
use crate::source::{ItemSource, ItemVersion, SiteSource, SourceTree, folder_of, front_matter, is_picture, markdown};
use item::{Conditions, Item, ItemRef, is_slug, slug_of_path, visibility};
use reference::{Dead, Written, index, written};
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

    fn site_of_source(&self, source: usize) -> Option<usize> {
        self.standing.get(source).copied().flatten()
    }

    /// Gives the sources back, each item marked with whether its current version is good.
    #[must_use]
    pub fn into_tree(mut self) -> SourceTree {
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
                    source.content.changed = true;
                }
            }
        }
        self.tree
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
    let mut group = PortalGroup { tree, conditions, sites, main, topics: HashMap::new(), relations: HashMap::new(), diagnostics, until, standing };
    group.publish_files();
    group.fill_columns();
    group.relate();
    group.warn_of_hidden();
    crate::diagnostic::sort(&mut group.diagnostics);
    group
}

/// The picture in a site's folder with this path.
#[must_use]
pub fn picture(source: &SiteSource, path: &str) -> Option<usize> {
    let at = source.content.files.binary_search_by(|f| (*f.path).cmp(path)).ok()?;
    (is_picture(path) && !source.content.files[at].gone && source.content.files[at].facts.as_ref()?.picture.is_some()).then_some(at)
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

/// Columns that the site's settings name and that do not exist: blocks of the home page, links of menu entries.
fn check_columns_named(tree: &SourceTree, site: &SiteSource, diagnostics: &mut Vec<Diagnostic>) {
    let file = site.settings_file();
    for (i, block) in site.settings.home.iter().enumerate() {
        if written_column(tree, &site.id, &block.column).is_none() {
            let place = site.places.get(&format!("home.{i}.column")).copied().unwrap_or_default();
            diagnostics.push(Diagnostic::warning(
                "no-such-column",
                &file,
                place,
                format!("首页版块的栏目“{}”不存在", block.column),
                format!("the home page's column `{}` does not exist", block.column),
            ));
        }
    }
}

/// The tree's site that has the column `path` of site `id`.
fn written_column(tree: &SourceTree, id: &str, path: &str) -> Option<usize> {
    let path = path.trim_matches('/');
    match written(tree, 0, "", &format!("@/{id}/{path}")) {
        Ok(Written::Column(site)) => Some(site),
        _ => None,
    }
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
    let mut taken: HashMap<(u32, Box<str>), usize> = HashMap::new();
    let columns: HashMap<&str, u32> = site.columns.iter().enumerate().map(|(i, c)| (&*c.path, index(i))).collect();
    // Items that stood before come first: a new file takes nobody's address.
    let mut order: Vec<usize> = (0..source.content.items.len()).collect();
    order.sort_by_key(|&at| !stood(&source.content.items[at]));
    for at in order {
        let item = &source.content.items[at];
        let file = format!("content/{}/{}", source.id, item.path);
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
            let slug: Box<str> = version.front.common.slug.clone().unwrap_or_else(|| slug_of_path(&item.path).into());
            let clash = taken.get(&(column, slug.clone()));
            if let (Some(other), false) = (clash, stale) {
                found.push(duplicate_address(&source.content.items[*other], &slug, &file));
            }
            if clash.is_some() {
                broken = true;
                if attempt == 0 && !stale {
                    continue;
                }
                break;
            }
            taken.insert((column, slug.clone()), at);
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
    let mut folder = path.rsplit_once('/')?.0;
    loop {
        if let Some(column) = columns.get(folder) {
            return Some(*column);
        }
        folder = folder.rsplit_once('/')?.0;
    }
}

/// Whether anyone will see this version now or later: drafts and what has expired are not checked.
fn may_be_seen(version: &ItemVersion, conditions: &Conditions) -> bool {
    let visible = visibility(&version.front, conditions);
    let internal = version.front.common.audience == front_matter::Audience::Internal;
    visible.shown || visible.until.is_some() || (internal && !version.front.common.draft)
}

/// Holds an item against the rest of the group: its address, references, files, topics and shares.
fn check(tree: &SourceTree, site: &Site, item: &ItemSource, version: &ItemVersion, file: &str, found: &mut Vec<Diagnostic>) {
    let common = &version.front.common;
    check_address(common, item, file, found);
    for reference in version.front.files().into_iter().chain(version.front.links()) {
        let dead = match written(tree, site.source, &item.path, &reference.target) {
            Ok(Written::File(site, at)) => wrong_kind(reference, version, &tree.sites[site].content.files[at].path),
            Ok(_) => None,
            Err(dead) => Some(dead),
        };
        found.extend(dead.map(|d| dead_link(&d, file, reference.place)));
    }
    for link in version.outline.links.iter().filter(|l| markdown::allowed_scheme(&l.target)) {
        match written(tree, site.source, &item.path, &link.target) {
            Err(dead) => found.push(dead_link(&dead, file, link.place)),
            Ok(Written::Address) if link.kind == markdown::LinkKind::Picture => found.push(
                Diagnostic::error(
                    "outside-picture",
                    file,
                    link.place,
                    format!("不能引用外部图片“{}”", link.target),
                    format!("pictures of other hosts are not shown: `{}`", link.target),
                )
                .hint("把图片放在稿件旁边", "put the picture beside the item"),
            ),
            Ok(Written::Address) if link.target.starts_with('/') && !link.target.starts_with("//") => found.push(
                Diagnostic::warning("unchecked-link", file, link.place, format!("“{}”无法检查", link.target), format!("`{}` cannot be checked", link.target))
                    .hint("改用 @/站点/栏目/文件.md", "use @/site/column/file.md"),
            ),
            Ok(_) => {}
        }
    }
    for share in &common.share {
        if let Err((zh, en)) = shared_column(tree, &share.target) {
            found.push(
                Diagnostic::error("no-such-column", file, share.place, zh, en).hint("写成 站点/栏目，如 www/news", "write `site/column`, such as `www/news`"),
            );
        }
    }
}

fn check_address(common: &Common, item: &ItemSource, file: &str, found: &mut Vec<Diagnostic>) {
    let own = slug_of_path(&item.path);
    let slug = common.slug.as_deref().unwrap_or(&own);
    if !is_slug(slug) {
        found.push(
            Diagnostic::error("bad-slug", file, Place::new(1, 1), format!("“{slug}”不能用作地址"), format!("`{slug}` cannot be an address"))
                .hint("用字母、数字、汉字和连字符；不能是 index、page-数字", "use letters, digits and hyphens; not `index` or `page-N`"),
        );
    }
    for alias in &common.aliases {
        if alias_path(&alias.target).is_none() {
            found.push(
                Diagnostic::error(
                    "bad-alias",
                    file,
                    alias.place,
                    format!("旧地址“{}”不可用", alias.target),
                    format!("the old address `{}` cannot be used", alias.target),
                )
                .hint("写成本站内的路径，如 /old/123.html", "write a path on this site, such as /old/123.html"),
            );
        }
    }
}

/// A file an alias or a redirect is written to: `/old/x.html` → `old/x.html`, `/old/` → `old/index.html`. `None` when it
/// would leave the site's folder or would not be served as a page.
#[must_use]
pub fn alias_path(alias: &str) -> Option<String> {
    let path = alias.strip_prefix('/')?;
    let safe = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.' | '~' | '/' | ' ' | '+' | ',' | '=');
    if path.len() > 300 || !path.chars().all(safe) {
        return None;
    }
    let folder = path.is_empty() || path.ends_with('/');
    let mut parts: Vec<&str> = path.trim_end_matches('/').split('/').collect();
    if path.is_empty() || parts.iter().any(|p| p.is_empty() || p.starts_with('.')) {
        return None;
    }
    match parts.last().and_then(|name| name.rsplit_once('.')) {
        _ if folder => parts.push("index.html"),
        Some((_, "html" | "htm" | "shtml")) => {}
        Some(_) => return None,
        None => parts.push("index.html"),
    }
    Some(parts.join("/"))
}

/// A picture is wanted and something else is given.
fn wrong_kind(reference: &Reference, version: &ItemVersion, path: &str) -> Option<Dead> {
    let front = &version.front;
    let is = |r: &Option<Reference>| r.as_ref().is_some_and(|r| std::ptr::eq(r, reference));
    let picture = is(&front.common.image)
        || match &front.details {
            Details::Album(a) => a.photos.iter().any(|p| std::ptr::eq(&p.file, reference)),
            Details::Leader(l) => is(&l.portrait),
            Details::Topic(t) => is(&t.banner),
            Details::Link(l) => is(&l.logo),
            Details::Video(v) => is(&v.poster),
            _ => false,
        };
    let target = &reference.target;
    if picture && !is_picture(path) {
        return Some(Dead { code: "not-a-picture", zh: format!("“{target}”不是图片"), en: format!("`{target}` is not a picture"), near: None });
    }
    let table = matches!(&front.details, Details::Table(t) if is(&t.data));
    let csv = path.to_ascii_lowercase().ends_with(".csv");
    (table && !csv).then(|| Dead { code: "not-csv", zh: format!("“{target}”不是 CSV 文件"), en: format!("`{target}` is not a CSV file"), near: None })
}

fn dead_link(dead: &Dead, file: &str, place: Place) -> Diagnostic {
    let diagnostic = Diagnostic::error(dead.code, file, place, dead.zh.as_str(), dead.en.as_str());
    match &dead.near {
        Some(near) => diagnostic.hint(format!("是不是 {near}？"), format!("did you mean `{near}`?")),
        None if dead.code == "missing-file" => diagnostic.hint("把文件放在稿件旁边，并核对文件名", "put the file beside the item and check its name"),
        None if dead.code == "refused-file" => {
            diagnostic.hint("改用 PDF、Office、WPS、图片、音视频或压缩文件", "use PDF, office files, pictures, audio, video or archives")
        }
        None => diagnostic,
    }
}

/// The site (in the tree) and the column's path that `www/news` names.
fn shared_column<'a>(tree: &SourceTree, target: &'a str) -> Result<(usize, &'a str), (String, String)> {
    let target = target.trim_start_matches("@/").trim_matches('/');
    let (id, path) = target.split_once('/').unwrap_or((target, ""));
    if tree.unreadable.iter().any(|u| **u == *id) {
        return Ok((usize::MAX, path));
    }
    if !tree.sites.iter().any(|s| *s.id == *id) {
        return Err((format!("没有站点“{id}”"), format!("there is no site `{id}`")));
    }
    match written_column(tree, id, path) {
        Some(site) => Ok((site, path)),
        None => Err((format!("站点 {id} 没有栏目“{path}”"), format!("the site `{id}` has no column `{path}`"))),
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

    /// The pictures in the folder of an album that lists none, in the order of their names.
    #[must_use]
    pub fn album_folder(&self, at: ItemRef) -> Vec<usize> {
        let source = self.item_source(at);
        let folder = folder_of(&source.path);
        match &self.version(at).front.details {
            // Only a folder of its own: a column's folder holds other items' pictures.
            Details::Album(album) if album.photos.is_empty() && source.path.ends_with("/index.md") => {
                let files = &self.source(at.site as usize).content.files;
                let from = files.partition_point(|f| *f.path < *folder);
                let inside = files[from..].iter().enumerate().take_while(|(_, f)| f.path.starts_with(folder));
                let good = |f: &crate::source::FileSource| !f.gone && f.facts.as_ref().is_some_and(|x| x.picture.is_some());
                // Folders below it belong to other items.
                let own = |f: &crate::source::FileSource| !f.path[folder.len()..].contains('/');
                inside.filter(|(_, f)| own(f) && is_picture(&f.path) && good(f)).map(|(i, _)| from + i).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Warns of links to what exists and is not public: they become plain text.
    fn warn_of_hidden(&mut self) {
        let hides: Vec<bool> = self
            .tree
            .sites
            .iter()
            .zip(&self.standing)
            .map(|(source, standing)| standing.is_none_or(|s| self.sites[s].items.len() != source.content.items.len()))
            .collect();
        if !hides.contains(&true) && self.tree.unreadable.is_empty() {
            return;
        }
        let group = &*self;
        let items = |s: usize| (0..group.sites[s].items.len()).map(move |i| ItemRef { site: index(s), item: index(i) });
        let found: Vec<Diagnostic> = (0..group.sites.len()).into_par_iter().flat_map_iter(|s| items(s).flat_map(|at| group.hidden_links(at))).collect();
        self.diagnostics.extend(found);
    }

    fn hidden_links(&self, at: ItemRef) -> Vec<Diagnostic> {
        let source = self.source(at.site as usize);
        let path = &self.item_source(at).path;
        let version = self.version(at);
        let body = version.outline.links.iter().map(|l| (&*l.target, l.place));
        let links = version.front.links().into_iter().map(|r| (&*r.target, r.place)).chain(body);
        let hidden = links.filter(|(target, _)| {
            (target.starts_with("@/") || target.contains(".md")) && self.resolve(at.site as usize, path, target) == Some(reference::Target::Hidden)
        });
        let warn = |(target, place): (&str, Place)| {
            Diagnostic::warning(
                "hidden-link",
                &format!("content/{}/{path}", source.id),
                place,
                format!("“{target}”没有公开，这里只显示文字"),
                format!("`{target}` is not public; only the wording is shown"),
            )
            .hint("对方公开后链接会自动恢复；不再需要就删掉", "the link returns when it becomes public; remove it when it is not needed")
        };
        hidden.map(warn).collect()
    }

    /// Fills the columns: own items, then what is shared to them and what they collect.
    fn fill_columns(&mut self) {
        let mut own: Vec<Vec<Vec<u32>>> = self.sites.iter().map(|s| vec![Vec::new(); s.columns.len()]).collect();
        for (s, site) in self.sites.iter().enumerate() {
            for (at, item) in site.items.iter().enumerate() {
                own[s][item.column as usize].push(index(at));
            }
        }
        let mut extra: BTreeMap<(usize, usize), Vec<ItemRef>> = BTreeMap::new();
        self.shares(&mut extra);
        self.collects(&own, &mut extra);
        let filled: Vec<Vec<(Vec<u32>, Vec<ItemRef>)>> = own
            .into_par_iter()
            .enumerate()
            .map(|(s, columns)| {
                let fill = |(c, own): (usize, Vec<u32>)| {
                    let sort = self.sites[s].columns[c].sort;
                    let mut own: Vec<ItemRef> = own.into_iter().map(|item| ItemRef { site: index(s), item }).collect();
                    self.sort(&mut own, sort);
                    let mut listing = own.clone();
                    if let Some(extra) = extra.get(&(s, c)) {
                        listing.extend(extra.iter().copied());
                        self.sort(&mut listing, sort);
                        listing.dedup();
                    }
                    (own.into_iter().map(|r| r.item).collect(), listing)
                };
                columns.into_iter().enumerate().map(fill).collect()
            })
            .collect();
        for (site, columns) in self.sites.iter_mut().zip(filled) {
            for (column, (own, listing)) in site.columns.iter_mut().zip(columns) {
                column.own = own;
                column.listing = listing;
            }
        }
    }

    fn shares(&self, extra: &mut BTreeMap<(usize, usize), Vec<ItemRef>>) {
        for (s, site) in self.sites.iter().enumerate() {
            for i in 0..site.items.len() {
                let at = ItemRef { site: index(s), item: index(i) };
                for share in &self.version(at).front.common.share {
                    let column = shared_column(&self.tree, &share.target).ok().and_then(|(source, path)| {
                        let site = self.site_of_source(source)?;
                        Some((site, self.sites[site].column(path)?))
                    });
                    if let Some(key) = column {
                        extra.entry(key).or_default().push(at);
                    }
                }
            }
        }
    }

    fn collects(&mut self, own: &[Vec<Vec<u32>>], extra: &mut BTreeMap<(usize, usize), Vec<ItemRef>>) {
        let mut found = Vec::new();
        for (s, site) in self.sites.iter().enumerate() {
            for (c, column) in site.columns.iter().enumerate() {
                for (i, pattern) in column.collect.iter().enumerate() {
                    let from = self.collected(s, c, pattern);
                    if from.is_empty() {
                        let source = self.source(s);
                        let place = source.places.get(&format!("{}.collect.{i}", column.key)).or_else(|| source.places.get(&format!("{}.collect", column.key)));
                        found.push(Diagnostic::warning(
                            "collects-nothing",
                            &source.settings_file(),
                            place.copied().unwrap_or_default(),
                            format!("collect：没有与“{pattern}”相符的栏目"),
                            format!("collect: no column matches `{pattern}`"),
                        ));
                    }
                    let items = from.iter().flat_map(|&(s, c)| own[s][c].iter().map(move |&item| ItemRef { site: index(s), item }));
                    extra.entry((s, c)).or_default().extend(items);
                }
            }
        }
        self.diagnostics.extend(found);
    }

    /// The columns of other sites (or other columns of this one, when it is named) that a pattern means.
    fn collected(&self, site: usize, column: usize, pattern: &str) -> Vec<(usize, usize)> {
        let Some((who, path)) = pattern.trim_start_matches("@/").split_once('/') else { return Vec::new() };
        let kind = match who {
            "portal" => Some(SiteKind::Portal),
            "department" => Some(SiteKind::Department),
            "township" => Some(SiteKind::Township),
            _ => None,
        };
        (0..self.sites.len())
            .filter(|&s| match kind {
                Some(kind) => s != site && self.source(s).settings.kind == kind,
                None if who == "*" => s != site,
                None => *self.source(s).id == *who,
            })
            .filter_map(|s| Some((s, self.sites[s].column(path)?)))
            .filter(|&at| at != (site, column))
            .collect()
    }

    /// Sorts items so that the first of the list stands last: `date` by date, `order` and `title` backwards.
    fn sort(&self, items: &mut [ItemRef], sort: Sort) {
        let common = |at: &ItemRef| &self.version(*at).front.common;
        match sort {
            Sort::Date => items.par_sort_by_cached_key(|at| (common(at).date, *at)),
            Sort::Order => items.sort_by(|a, b| {
                let key = |at: &ItemRef| (common(at).order.unwrap_or(i64::MAX), common(at).title.clone(), *at);
                key(b).cmp(&key(a))
            }),
            Sort::Title => items.sort_by(|a, b| (&common(b).title, *b).cmp(&(&common(a).title, *a))),
        }
    }

    /// Topics' items, and what policies, explainers and forms have to do with each other.
    fn relate(&mut self) {
        let topics = self.topic_ids();
        let mut found = Vec::new();
        let mut joined: HashMap<ItemRef, Vec<ItemRef>> = HashMap::new();
        let mut relations: HashMap<ItemRef, Vec<(&'static str, ItemRef)>> = HashMap::new();
        for s in 0..self.sites.len() {
            for i in 0..self.sites[s].items.len() {
                let at = ItemRef { site: index(s), item: index(i) };
                let front = &self.version(at).front;
                for topic in &front.common.topics {
                    match self.topic(s, &topic.target, &topics) {
                        Some(topic) => joined.entry(topic).or_default().push(at),
                        None => found.push(self.unknown_topic(at, topic, s, &topics)),
                    }
                }
                self.relations_of(at, &front.details, &mut relations);
            }
        }
        for items in joined.values_mut() {
            self.sort(items, Sort::Date);
            items.dedup();
        }
        for list in relations.values_mut() {
            list.sort_by_key(|(kind, at)| (*kind, std::cmp::Reverse(self.version(*at).front.common.date), *at));
            list.dedup();
        }
        self.topics = joined;
        self.relations = relations;
        self.diagnostics.extend(found);
    }

    fn topic_ids(&self) -> HashMap<(usize, &str), ItemRef> {
        let mut ids = HashMap::new();
        for (s, site) in self.sites.iter().enumerate() {
            for column in site.columns.iter().filter(|c| c.kind == ColumnType::Topic) {
                for &item in &column.own {
                    ids.insert((s, &*site.items[item as usize].slug), ItemRef { site: index(s), item });
                }
            }
        }
        ids
    }

    fn topic(&self, site: usize, id: &str, topics: &HashMap<(usize, &str), ItemRef>) -> Option<ItemRef> {
        topics.get(&(site, id)).or_else(|| topics.get(&(self.main, id))).copied()
    }

    fn unknown_topic(&self, at: ItemRef, topic: &Reference, site: usize, topics: &HashMap<(usize, &str), ItemRef>) -> Diagnostic {
        let file = format!("content/{}/{}", self.source(site).id, self.item_source(at).path);
        let id = &topic.target;
        let mut known: Vec<&str> = topics.keys().filter(|(s, _)| *s == site || *s == self.main).map(|(_, id)| *id).collect();
        known.sort_unstable();
        known.dedup();
        let diagnostic = Diagnostic::warning("no-such-topic", &file, topic.place, format!("没有专题“{id}”"), format!("there is no topic `{id}`"));
        if known.is_empty() { diagnostic } else { diagnostic.hint(format!("现有：{}", known.join("、")), format!("there are: {}", known.join(", "))) }
    }

    fn relations_of(&self, at: ItemRef, details: &Details, relations: &mut HashMap<ItemRef, Vec<(&'static str, ItemRef)>>) {
        let path = &self.item_source(at).path;
        let mut relate = |references: &[Reference], there: &'static str, here: &'static str| {
            for reference in references {
                if let Some(reference::Target::Item(other)) = self.resolve(at.site as usize, path, &reference.target) {
                    relations.entry(other).or_default().push((there, at));
                    relations.entry(at).or_default().push((here, other));
                }
            }
        };
        match details {
            Details::Policy(p) => {
                relate(&p.explained_by, "explains", "explained_by");
                relate(&p.repeals, "repealed_by", "repeals");
            }
            Details::Explainer(e) => relate(&e.explains, "explained_by", "explains"),
            Details::Download(d) => relate(d.supersedes.as_slice(), "superseded_by", "supersedes"),
            _ => {}
        }
    }
}
