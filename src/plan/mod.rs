//! Planning: which outputs exist, and the view of each. Pure: no files, no HTML, no clock.
//!
//! In: a [`PortalGroup`], the base address and what the themes offer. Out: a [`SitePlan`] for every site, and on demand the
//! [`Made`] view of any of its outputs. A page is a function of its view alone; what a site shares is planned once, as its chrome.

mod detail;
mod feeds;
mod home;
mod index;
mod listing;
mod navigation;
pub mod picture;
pub mod url;
pub mod view;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::sync::OnceLock;

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Place};
use crate::digest::Digest;
use crate::model::item::ItemRef;
use crate::model::site::SitePlace;
use crate::model::{PortalGroup, alias_path};
use crate::source::front_matter::{Details, is_file};
use crate::source::picture::{Picture, PictureKind};
use crate::source::{FileSource, beside};
use picture::{Variant, public_path};
use url::Urls;
use view::machine::{FeedView, IndexView, MapEntry, SecurityView};
use view::{ChromeView, Content, PageView, View};

/// What a theme offers to planning.
#[derive(Debug, Default, Clone)]
pub struct Dress {
    /// Its words in the site's language.
    pub words: BTreeMap<String, String>,
    /// Its static files: name → file name with a digest in it.
    pub assets: BTreeMap<String, String>,
    /// Digests of its static files by name.
    pub digests: BTreeMap<String, Digest>,
}

impl Dress {
    /// One of the theme's words; `default` when it has none.
    #[must_use]
    pub fn word<'a>(&'a self, key: &str, default: &'a str) -> &'a str {
        self.words.get(key).map_or(default, String::as_str)
    }
}

/// One file to be made.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedOutput {
    /// Relative to the output folder: `www/news/x.html`.
    pub path: String,
    /// What it is.
    pub what: Output,
}

/// What an output is.
#[derive(Debug, Clone, PartialEq)]
pub enum Output {
    /// The site's home page.
    Home,
    /// A page of a column, 0 being the first.
    Column {
        /// Index among the site's columns.
        column: usize,
        /// 0 or the archive page's number.
        page: usize,
    },
    /// A page of an item, from 1.
    Item {
        /// Which item.
        at: ItemRef,
        /// Which page.
        page: usize,
    },
    /// The site map page.
    Map,
    /// The page for addresses that do not exist.
    Missing,
    /// A feed of the site, or of one column.
    Feed {
        /// Index among the site's columns.
        column: Option<usize>,
    },
    /// `sitemap.xml`, one part of it, or its index.
    SiteMap {
        /// The part; `None` for the index of parts.
        part: Option<usize>,
    },
    /// A column's index for filtering.
    Index {
        /// Index among the site's columns.
        column: usize,
    },
    /// `robots.txt`
    Robots,
    /// `security.txt`
    Security,
    /// A page that leads on.
    Redirect {
        /// Where to.
        to: Box<str>,
    },
    /// A copy of a file beside an item.
    File {
        /// Index among the site's files.
        file: usize,
    },
    /// A photograph beside an item, in one of its sizes and formats.
    Photo {
        /// Index among the site's files.
        file: usize,
        /// Which size and format.
        variant: Variant,
    },
    /// A static file of the theme.
    Asset {
        /// Its name in the theme.
        name: Box<str>,
    },
    /// The site's own style.
    Style,
    /// Whatever was last made there stays: it belongs to a broken item.
    Kept,
}

/// The outputs of one site.
#[derive(Debug)]
pub struct SitePlan {
    /// Index among the group's sites.
    pub site: usize,
    /// What all its pages share, no menu entry marked as current.
    pub chrome: ChromeView,
    /// Of `chrome`.
    pub chrome_digest: Digest,
    /// The site's own style sheet, if its settings ask for one.
    pub style: Option<String>,
    /// Sorted by path, each path once.
    pub outputs: Vec<PlannedOutput>,
}

/// The view of an output.
#[derive(Debug)]
pub enum Made<'a> {
    /// An HTML page of the theme.
    Page(Box<View<'a>>),
    /// An Atom feed.
    Feed(FeedView<'a>),
    /// A site map, or a part of one.
    SiteMap(Vec<MapEntry>),
    /// The addresses of a site map's parts.
    SiteMapIndex(Vec<String>),
    /// A column's index for filtering.
    Index(IndexView<'a>),
    /// The addresses of the site maps on this host.
    Robots(Vec<String>),
    /// Where to report a weakness.
    Security(SecurityView<'a>),
    /// Where a redirect leads, and the site's language and name.
    Redirect(&'a str, &'a str, &'a str),
    /// A file to be copied: its path relative to `content/`, and its digest.
    Copy(String, Digest),
    /// A graphic to be copied without its metadata: the same.
    Graphic(String, Digest),
    /// A photograph to be made: its path relative to `content/`, what its header says, and what is wanted of it.
    Photo(String, &'a Picture, Variant),
    /// A static file of the theme: its name, and its digest.
    Asset(&'a str, Digest),
    /// The text of a style sheet.
    Style(&'a str),
    /// Left as it is.
    Kept,
}

/// Plans outputs and makes their views.
#[derive(Debug)]
pub struct Planner<'g> {
    /// The group.
    pub group: &'g PortalGroup,
    /// Addresses.
    pub urls: Urls<'g>,
    /// By site, made when the first of its pages is.
    sites: Vec<OnceLock<SiteFacts<'g>>>,
}

/// What planning works out of a site once.
#[derive(Debug)]
struct SiteFacts<'g> {
    /// By item: its place among its column's own items.
    positions: Vec<u32>,
    /// Its items from the oldest on, links left out.
    by_date: Vec<u32>,
    /// Where its pages may lie: outside its columns, then in each.
    places: Vec<view::PlaceView<'g>>,
}

impl<'g> Planner<'g> {
    /// Prepares planning. `base` is a pattern of [`url::base_pattern`].
    #[must_use]
    pub fn new(group: &'g PortalGroup, base: Option<&str>) -> Self {
        Self { group, urls: Urls::new(group, base), sites: group.sites.iter().map(|_| OnceLock::new()).collect() }
    }

    fn facts(&self, site: usize) -> &SiteFacts<'g> {
        self.sites[site].get_or_init(|| SiteFacts { positions: self.positions(site), by_date: self.by_date(site), places: self.places(site) })
    }

    fn positions(&self, site: usize) -> Vec<u32> {
        let site = &self.group.sites[site];
        let mut positions = vec![0; site.items.len()];
        for column in &site.columns {
            for (place, &item) in (0u32..).zip(&column.own) {
                positions[item as usize] = place;
            }
        }
        positions
    }

    fn by_date(&self, site: usize) -> Vec<u32> {
        let mut items: Vec<u32> = self.mapped(site).collect();
        items.sort_by_cached_key(|&i| (self.group.version(item_at(site, i)).front.common.date, i));
        items
    }

    /// The items of a site that its map names: links have no page of their own.
    fn mapped(&self, site: usize) -> impl Iterator<Item = u32> {
        let items = (0u32..).take(self.group.sites[site].items.len());
        items.filter(move |&i| !matches!(self.group.version(item_at(site, i)).front.details, Details::Link(_)))
    }

    /// Which outputs there are. `dress` gives each site's theme. Two outputs never have one path: the later one is told and left out.
    #[must_use]
    pub fn plan(&self, dress: &(dyn Fn(usize) -> Dress + Sync)) -> (Vec<SitePlan>, Vec<Diagnostic>) {
        let mut plans: Vec<SitePlan> = (0..self.group.sites.len()).into_par_iter().map(|site| self.plan_site(site, &dress(site))).collect();
        let mut diagnostics = Vec::new();
        self.settle_clashes(&mut plans, &mut diagnostics);
        plans.par_iter_mut().for_each(|plan| plan.outputs.sort_unstable_by(|a, b| a.path.cmp(&b.path)));
        (plans, diagnostics)
    }

    /// A site's own style sheet, if its settings ask for one: its path and its text.
    #[must_use]
    pub fn style(&self, site: usize) -> Option<(String, String)> {
        let css = site_style(&self.group.source(site).settings.settings.0)?;
        Some((format!("assets/site.{}.css", Digest::of_bytes(css.as_bytes()).hex(8)), css))
    }

    fn plan_site(&self, site: usize, dress: &Dress) -> SitePlan {
        let (style_name, style) = self.style(site).unzip();
        let mut list = Vec::new();
        self.own_outputs(site, &mut list);
        for (name, file) in &dress.assets {
            list.push((format!("assets/{file}"), Output::Asset { name: name.as_str().into() }));
        }
        list.extend(style_name.clone().map(|name| (name, Output::Style)));
        // Several items may keep the same lost file.
        let mut kept = std::collections::HashSet::new();
        list.retain(|(path, what)| *what != Output::Kept || kept.insert(path.clone()));
        let folder = Urls::folder(&self.group.sites[site].place);
        let mut outputs: Vec<PlannedOutput> = list.into_iter().map(|(path, what)| PlannedOutput { path: format!("{folder}{path}"), what }).collect();
        self.redirects(site, &mut outputs);
        let chrome = self.chrome(site, dress, style_name.as_deref());
        SitePlan { site, chrome_digest: Digest::of(&chrome), chrome, style, outputs }
    }

    /// What lies in a site's own folder, by paths inside it.
    fn own_outputs(&self, site: usize, list: &mut Vec<(String, Output)>) {
        let s = &self.group.sites[site];
        list.push(("index.html".into(), Output::Home));
        list.push(("map.html".into(), Output::Map));
        list.push(("404.html".into(), Output::Missing));
        list.push(("feed.xml".into(), Output::Feed { column: None }));
        if s.place.path.is_empty() || !self.group.sites.iter().any(|o| o.place.host == s.place.host && o.place.path.is_empty()) {
            list.push(("robots.txt".into(), Output::Robots));
        }
        if s.place.path.is_empty() && feeds::has_security(&self.group.tree.group.security) {
            list.push((feeds::SECURITY.into(), Output::Security));
        }
        let parts = self.map_parts(site);
        if parts > 1 {
            list.push(("sitemap.xml".into(), Output::SiteMap { part: None }));
            list.extend((0..parts).map(|part| (format!("sitemap-{}.xml", part + 1), Output::SiteMap { part: Some(part) })));
        } else {
            list.push(("sitemap.xml".into(), Output::SiteMap { part: Some(0) }));
        }
        for (column, c) in s.columns.iter().enumerate() {
            for page in 0..=listing::archive_pages(c.listing.len(), c.page_size) {
                let path = self.urls.column_path(site, column, page);
                list.push((if page == 0 { format!("{path}index.html") } else { path }, Output::Column { column, page }));
            }
            if feeds::is_followed(c.kind) && !c.listing.is_empty() {
                list.push((format!("{}/feed.xml", c.path), Output::Feed { column: Some(column) }));
            }
            if index::is_filtered(c) {
                list.push((format!("{}/filter.json", c.path), Output::Index { column }));
            }
        }
        for item in 0..s.items.len() {
            self.item_outputs(ItemRef { site: u32::try_from(site).unwrap_or(u32::MAX), item: u32::try_from(item).unwrap_or(u32::MAX) }, list);
        }
        let files = &self.group.source(site).content.files;
        for (file, _) in s.published.iter().enumerate().filter(|(_, public)| **public) {
            self.file_outputs(&files[file], file, list);
        }
    }

    /// A file is published as it is, a photograph in its sizes.
    #[expect(clippy::unused_self, reason = "reads as one of the kinds of outputs")]
    fn file_outputs(&self, source: &FileSource, file: usize, list: &mut Vec<(String, Output)>) {
        match source.facts.as_ref().and_then(|f| f.picture.as_ref()) {
            Some(photo) if photo.kind == PictureKind::Photo => {
                let variants = picture::variants(photo).into_iter();
                list.extend(variants.map(|variant| (picture::variant_path(&source.path, photo, &variant), Output::Photo { file, variant })));
            }
            _ => list.push((source.path.to_string(), Output::File { file })),
        }
    }

    fn item_outputs(&self, at: ItemRef, list: &mut Vec<(String, Output)>) {
        let item = self.group.item(at);
        if !item.stale {
            if !matches!(self.group.version(at).front.details, Details::Link(_)) {
                list.extend((1..=self.item_pages(at)).map(|page| (self.urls.item_path(at, page), Output::Item { at, page })));
            }
            return;
        }
        list.extend((1..=self.item_pages(at)).map(|page| (self.urls.item_path(at, page), Output::Kept)));
        // Files the last good page shows stay as they were when they are no longer beside it.
        let version = self.group.version(at);
        let content = &self.group.source(at.site as usize).content;
        let files = &content.files;
        let front = version.front.files();
        let body = version.outline.links.iter().map(|l| &*l.target);
        let named = front.iter().map(|r| &*r.target).chain(body).filter(|t| is_file(t));
        let named = named.filter_map(|target| beside(&self.group.item_source(at).path, target));
        for path in named.chain(self.group.album_folder_ever(at).map(|f| files[f].path.to_string())) {
            let there = content.file_at(&path).filter(|i| self.group.sites[at.site as usize].published[*i]);
            // Of a photograph that changed, the page that stays shows what was made of it before.
            let as_it_is = there.is_some_and(|i| public_path(&files[i]) == path);
            if !as_it_is && crate::model::reference::is_publishable(&path) {
                list.push((path, Output::Kept));
            }
        }
    }

    /// Old addresses: of single items, and of a whole site that has moved.
    fn redirects(&self, site: usize, outputs: &mut Vec<PlannedOutput>) {
        let s = &self.group.sites[site];
        let folder = Urls::folder(&s.place);
        let pages = outputs.len();
        for (item, _) in s.items.iter().enumerate() {
            let at = ItemRef { site: u32::try_from(site).unwrap_or(u32::MAX), item: u32::try_from(item).unwrap_or(u32::MAX) };
            for alias in &self.group.version(at).front.common.aliases {
                if let Some(path) = alias_path(&alias.target) {
                    outputs.push(PlannedOutput { path: format!("{folder}{path}"), what: Output::Redirect { to: self.item_url(site, at).into() } });
                }
            }
        }
        let aliases = outputs.len();
        for old in s.formerly.iter().filter(|old| **old != s.place) {
            let old = Urls::folder(old);
            for i in 0..aliases {
                let path = outputs[i].path[folder.len()..].to_string();
                if i < pages && is_page(&outputs[i].what) {
                    let to = self.urls.absolute(site, path.strip_suffix("index.html").unwrap_or(&path)).into();
                    outputs.push(PlannedOutput { path: format!("{old}{path}"), what: Output::Redirect { to } });
                } else if let Output::Redirect { to } = &outputs[i].what {
                    let to = if to.starts_with('/') { format!("{}{to}", self.urls.origin(site)).into() } else { to.clone() };
                    outputs.push(PlannedOutput { path: format!("{old}{path}"), what: Output::Redirect { to } });
                }
            }
        }
    }

    /// Gives every path to one output: pages before redirects, then the site's order.
    fn settle_clashes(&self, plans: &mut [SitePlan], diagnostics: &mut Vec<Diagnostic>) {
        let mut hosts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for plan in plans.iter() {
            let s = &self.group.sites[plan.site];
            for place in std::iter::once(&s.place).chain(&s.formerly) {
                hosts.entry(&place.host).or_default().push(plan.site);
            }
        }
        // Only redirects and sites that share a host can clash: items' addresses are settled in the model.
        for mut sites in hosts.into_values() {
            sites.sort_unstable();
            sites.dedup();
            let mut taken: HashMap<&str, usize> = HashMap::new();
            let mut dropped: Vec<(usize, usize, usize)> = Vec::new();
            for redirects in [false, true] {
                for &site in &sites {
                    for (i, output) in plans[site].outputs.iter().enumerate().filter(|(_, o)| is_redirect(o) == redirects) {
                        let inside = if redirects { self.site_inside(site, &sites, &output.path) } else { None };
                        if let Some(other) = inside.or_else(|| taken.get(output.path.as_str()).copied()) {
                            dropped.push((site, i, other));
                        } else {
                            taken.insert(&output.path, site);
                        }
                    }
                }
            }
            drop_below_files(plans, &sites, &taken, &mut dropped);
            // From the back, so that indices stay true while outputs are taken out.
            dropped.sort_unstable_by_key(|d| std::cmp::Reverse((d.0, d.1)));
            for (site, i, other) in dropped {
                let output = plans[site].outputs.remove(i);
                diagnostics.push(self.clash(site, other, &output));
            }
        }
    }

    /// The other site in whose own folder a path of site `site` would lie.
    fn site_inside(&self, site: usize, sites: &[usize], path: &str) -> Option<usize> {
        let own = Urls::folder(&self.group.sites[site].place);
        let inside = |t: &usize| {
            let folder = Urls::folder(&self.group.sites[*t].place);
            *t != site && folder.len() > own.len() && path.starts_with(&folder)
        };
        sites.iter().copied().find(inside)
    }

    fn clash(&self, site: usize, other: usize, output: &PlannedOutput) -> Diagnostic {
        let (zh, en) = match &output.what {
            Output::Redirect { to } => (
                format!("旧地址 /{} 已有页面，未做跳转（应转到 {to}）", output.path),
                format!("the old address /{} already has a page; no redirect to {to} is made", output.path),
            ),
            _ => {
                let other = &self.group.source(other).id;
                (format!("地址 /{} 已被站点 {other} 使用", output.path), format!("the site `{other}` already has the address /{}", output.path))
            }
        };
        let (file, place) = self.alias_at(site, &output.path).unwrap_or_else(|| (self.group.source(site).settings_file(), Place::default()));
        Diagnostic::error("address-taken", &file, place, zh, en)
    }

    /// The file and the place of the alias that an output path comes from.
    fn alias_at(&self, site: usize, path: &str) -> Option<(String, Place)> {
        let s = &self.group.sites[site];
        let path = path.strip_prefix(&Urls::folder(&s.place))?;
        (0..s.items.len()).find_map(|item| {
            let at = ItemRef { site: u32::try_from(site).ok()?, item: u32::try_from(item).ok()? };
            let alias = self.group.version(at).front.common.aliases.iter().find(|a| alias_path(&a.target).as_deref() == Some(path))?;
            Some((format!("content/{}/{}", self.group.source(site).id, self.group.item_source(at).path), alias.place))
        })
    }

    /// The view of an output.
    #[must_use]
    pub fn make<'a>(&'a self, plan: &'a SitePlan, output: &'a Output, dress: &'a Dress) -> Made<'a> {
        let site = plan.site;
        match output {
            Output::Home => self.page(self.home_page(site)),
            Output::Column { column, page } => self.page(self.column_page(site, *column, *page)),
            Output::Item { at, page } => self.page(self.item_page(*at, *page)),
            Output::Map => {
                let content = Content::Map(view::MapView { columns: self.column_tree(site), sites: self.group_sites(site) });
                self.page(self.plain_page(site, "map", "map.html", "map.html", dress.word("site_map", "网站地图"), content))
            }
            Output::Missing => {
                self.page(self.plain_page(site, "missing", "404.html", "missing.html", dress.word("missing_title", "页面不存在"), Content::Missing))
            }
            Output::Feed { column } => Made::Feed(self.feed_view(site, *column)),
            Output::SiteMap { part: Some(part) } => Made::SiteMap(self.map_entries(site, *part)),
            Output::SiteMap { part: None } => {
                Made::SiteMapIndex((0..self.map_parts(site)).map(|p| self.urls.absolute(site, &format!("sitemap-{}.xml", p + 1))).collect())
            }
            Output::Index { column } => Made::Index(self.index_view(site, *column, dress)),
            Output::Security => Made::Security(self.security_view(site)),
            Output::Robots => Made::Robots(self.maps_on_host(&self.group.sites[site].place)),
            Output::Redirect { to } => Made::Redirect(to, self.language(site), &self.group.source(site).settings.name),
            Output::File { file } => {
                let source = self.file(site, *file);
                let facts = source.facts.as_ref();
                let (path, digest) = (self.content_path(site, source), facts.map(|f| f.digest).unwrap_or_default());
                if facts.is_some_and(|f| f.picture.is_some()) { Made::Graphic(path, digest) } else { Made::Copy(path, digest) }
            }
            Output::Photo { file, variant } => {
                let source = self.file(site, *file);
                match source.facts.as_ref().and_then(|f| f.picture.as_ref()) {
                    Some(picture) => Made::Photo(self.content_path(site, source), picture, *variant),
                    None => Made::Kept,
                }
            }
            Output::Asset { name } => Made::Asset(name, dress.digests.get(&**name).copied().unwrap_or_default()),
            Output::Style => Made::Style(plan.style.as_deref().unwrap_or("")),
            Output::Kept => Made::Kept,
        }
    }

    fn content_path(&self, site: usize, file: &FileSource) -> String {
        format!("{}/{}", self.group.source(site).id, file.path)
    }

    #[expect(clippy::unused_self, reason = "reads as one of the cases of `make`")]
    fn page<'a>(&self, view: View<'a>) -> Made<'a> {
        Made::Page(Box::new(view))
    }

    /// What a site shows of the group as a whole beyond its chrome: the lists of sites, the site maps on its host.
    #[must_use]
    pub fn surroundings(&self, site: usize) -> Digest {
        Digest::of(&(self.maps_on_host(&self.group.sites[site].place), self.group_sites(site)))
    }

    fn maps_on_host(&self, place: &SitePlace) -> Vec<String> {
        let here = (0..self.group.sites.len()).filter(|&s| self.group.sites[s].place.host == place.host);
        here.map(|s| self.urls.absolute(s, "sitemap.xml")).collect()
    }

    fn home_page(&self, site: usize) -> View<'_> {
        let settings = &self.group.source(site).settings;
        let kind = navigation::kind_word(settings.kind);
        View {
            templates: vec![format!("home-{kind}.html"), "home.html".into()],
            place: &self.facts(site).places[0],
            page: PageView {
                kind: "home",
                title: Cow::Borrowed(&settings.name),
                path: self.urls.home(site),
                canonical: self.urls.absolute(site, ""),
                description: Cow::Borrowed(settings.description.as_deref().or(self.group.tree.group.description.as_deref()).unwrap_or(&settings.name)),
                keywords: settings.keywords.join(","),
                tags: Vec::new(),
                feed: None,
            },
            content: Content::Home(self.home_view(site)),
        }
    }

    fn column_page(&self, site: usize, column: usize, page: usize) -> View<'_> {
        let c = &self.group.sites[site].columns[column];
        let path = self.urls.column_path(site, column, page);
        let description = c.description.as_deref().unwrap_or(&c.name);
        let feed = format!("{}/feed.xml", c.path);
        View {
            templates: vec![format!("column-{}.html", c.kind.word()), "column.html".into()],
            place: &self.facts(site).places[column + 1],
            page: PageView {
                kind: "column",
                title: Cow::Borrowed(&c.name),
                path: self.urls.link(site, site, &path),
                canonical: self.urls.absolute(site, &path),
                description: Cow::Borrowed(description),
                keywords: c.keywords.join(","),
                tags: Vec::new(),
                feed: (feeds::is_followed(c.kind) && !c.listing.is_empty())
                    .then(|| view::LinkView { name: Cow::Borrowed(&*c.name), url: self.urls.link(site, site, &feed).into() }),
            },
            content: Content::Column(self.column_view(site, column, page)),
        }
    }

    fn item_page(&self, at: ItemRef, page: usize) -> View<'_> {
        let site = at.site as usize;
        let column = self.group.item(at).column as usize;
        let common = &self.group.version(at).front.common;
        let path = self.urls.item_path(at, page);
        let canonical = self.urls.absolute(site, &path);
        let item = self.item_view(at, page);
        let kind = item.kind;
        let mut tags = Vec::with_capacity(7);
        tags.push(("ArticleTitle", Cow::Borrowed(&*common.title)));
        tags.push(("PubDate", common.date.minute().into()));
        tags.push(("ContentSource", Cow::Borrowed(item.source)));
        let optional =
            [("Keywords", Cow::Owned(common.keywords.join(","))), ("Author", Cow::Borrowed(item.author)), ("Description", Cow::Borrowed(item.summary))];
        tags.extend(optional.into_iter().filter(|(_, text)| !text.is_empty()));
        tags.push(("Url", canonical.clone().into()));
        View {
            templates: vec![format!("item-{kind}.html"), "item.html".into()],
            place: &self.facts(site).places[column + 1],
            page: PageView {
                kind: "item",
                title: Cow::Borrowed(&common.title),
                path: self.urls.link(site, site, &path),
                canonical,
                description: Cow::Borrowed(item.summary),
                keywords: common.keywords.join(","),
                tags,
                feed: None,
            },
            content: Content::Item(Box::new(item), self.body_view(at), self.topic_view(at)),
        }
    }

    fn plain_page<'a>(&'a self, site: usize, kind: &'static str, path: &str, template: &str, title: &'a str, content: Content<'a>) -> View<'a> {
        View {
            templates: vec![template.into()],
            place: &self.facts(site).places[0],
            page: PageView {
                kind,
                title: Cow::Borrowed(title),
                path: self.urls.link(site, site, path),
                canonical: self.urls.absolute(site, path),
                description: Cow::Borrowed(title),
                keywords: String::new(),
                tags: Vec::new(),
                feed: None,
            },
            content,
        }
    }
}

fn item_at(site: usize, item: u32) -> ItemRef {
    ItemRef { site: u32::try_from(site).unwrap_or(u32::MAX), item }
}

/// A path cannot be a file and a folder: what would lie below another output is dropped.
fn drop_below_files(plans: &[SitePlan], sites: &[usize], taken: &HashMap<&str, usize>, dropped: &mut Vec<(usize, usize, usize)>) {
    let gone: std::collections::HashSet<(usize, usize)> = dropped.iter().map(|d| (d.0, d.1)).collect();
    let mut last = "";
    let mut file_above = None;
    for &site in sites {
        for (i, output) in plans[site].outputs.iter().enumerate().filter(|(i, _)| !gone.contains(&(site, *i))) {
            let folder = output.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if folder != last {
                last = folder;
                let above = std::iter::successors(Some(folder), |f| f.rsplit_once('/').map(|(up, _)| up));
                file_above = above.into_iter().find_map(|f| Some((f, *taken.get(f)?)));
            }
            if let Some((_, other)) = file_above {
                dropped.push((site, i, other));
            }
        }
    }
}

fn is_redirect(output: &PlannedOutput) -> bool {
    matches!(output.what, Output::Redirect { .. })
}

/// Whether an output is a page that people may have kept the address of.
fn is_page(what: &Output) -> bool {
    matches!(what, Output::Home | Output::Column { .. } | Output::Item { .. } | Output::Map | Output::Kept)
}

/// The site's own style: its colour, when it is one.
fn site_style(settings: &BTreeMap<String, String>) -> Option<String> {
    let color = settings.get("color")?;
    let hex = color.strip_prefix('#')?;
    (matches!(hex.len(), 3 | 6) && hex.bytes().all(|b| b.is_ascii_hexdigit())).then(|| format!(":root{{--accent:#{hex}}}\n"))
}

/// The chrome with the menu entry of a top column marked.
#[must_use]
pub fn with_current(chrome: &ChromeView, planner: &Planner<'_>, site: usize, section: Option<usize>) -> ChromeView {
    let mut chrome = chrome.clone();
    if let Some(column) = section {
        let s = &planner.group.sites[site];
        let tops = (0..s.columns.len()).filter(|&c| s.columns[c].parent.is_none() && !s.columns[c].hidden);
        for (entry, c) in chrome.menu.iter_mut().zip(tops) {
            entry.current = c == column;
        }
    }
    chrome
}
