//! Planning: which outputs exist, and the view of each. Pure: no files, no HTML, no clock.
//!
//! In: a [`PortalGroup`], the base address and what the themes offer. Out: a [`SitePlan`] for every site, and on demand the
//! [`Made`] view of any of its outputs. A page is a function of its view alone; what a site shares is planned once, as its chrome.

mod detail;
mod feeds;
mod finder;
mod home;
mod index;
mod listing;
mod navigation;
mod pages;
pub mod picture;
mod redirects;
mod shelf;
pub mod url;
pub mod view;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, OnceLock};

use rayon::prelude::*;

use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::model::PortalGroup;
use crate::model::item::ItemRef;
use crate::model::site::SitePlace;
use crate::source::front_matter::{Details, is_file};
use crate::source::picture::{Picture, PictureKind};
use crate::source::{FileSource, beside};
pub use finder::Part;
pub use navigation::with_current;
use picture::{Variant, public_path};
use url::Urls;
use view::finder::{FinderView, OpenSearchView};
use view::machine::{FeedView, IndexView, MapEntry, SecurityView};
use view::{ChromeView, Content, View};

/// What a theme offers to planning.
#[derive(Debug, Default, Clone)]
pub struct Dress {
    /// Its words in the site's language.
    pub words: BTreeMap<String, String>,
    /// Its static files: name → file name with a digest in it.
    pub assets: BTreeMap<String, String>,
    /// Digests of its static files by name.
    pub digests: BTreeMap<String, Digest>,
    /// Of its scripts and style sheets: `integrity` by name.
    pub seals: BTreeMap<String, String>,
    /// Whether it has a page for searching.
    pub finds: bool,
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
    /// A page of a shelf: a column's items that have one value in common.
    Shelf {
        /// Index among the site's columns.
        column: usize,
        /// Index among the column's shelves.
        shelf: usize,
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
    /// The page for searching.
    Search,
    /// A part of the site's search index.
    Finder(Part),
    /// `search.xml`: how a browser adds the site's search.
    OpenSearch,
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
    /// What its theme gives it.
    pub dress: Arc<Dress>,
    outputs: OnceLock<Vec<PlannedOutput>>,
}

impl SitePlan {
    /// The site's outputs, sorted by path, each path once. Those of a site that [`Planner::plan`] was not asked about are worked out when
    /// they are first asked for: there is nothing of another site's that they could clash with.
    pub fn outputs(&self, planner: &Planner<'_>) -> &[PlannedOutput] {
        self.outputs.get_or_init(|| {
            let mut outputs = planner.outputs(self);
            outputs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
            outputs
        })
    }
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
    /// A part of the site's search index.
    Finder(FinderView<'a>),
    /// How a browser adds the site's search.
    OpenSearch(OpenSearchView<'a>),
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
    /// By site and column.
    shelves: Vec<OnceLock<Vec<Vec<shelf::Shelf<'g>>>>>,
    /// By site and shard: where every pair of letters stands, worked out when the search index must be looked at, until it is handed out.
    pairs: Vec<Mutex<Vec<Option<Vec<finder::Pair>>>>>,
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
    /// Made when the first of its pages is.
    keywords: OnceLock<detail::Keywords>,
}

impl<'g> Planner<'g> {
    /// Prepares planning. `base` is a pattern of [`url::base_pattern`].
    #[must_use]
    pub fn new(group: &'g PortalGroup, base: Option<&str>) -> Self {
        Self {
            group,
            urls: Urls::new(group, base),
            sites: group.sites.iter().map(|_| OnceLock::new()).collect(),
            shelves: group.sites.iter().map(|_| OnceLock::new()).collect(),
            pairs: group.sites.iter().map(|_| Mutex::default()).collect(),
        }
    }

    fn facts(&self, site: usize) -> &SiteFacts<'g> {
        self.sites[site].get_or_init(|| SiteFacts {
            positions: self.positions(site),
            by_date: self.by_date(site),
            places: self.places(site),
            keywords: OnceLock::new(),
        })
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
        items.sort_by_cached_key(|&i| (self.group.version(Self::item_at(site, i)).front.common.date, i));
        items
    }

    fn item_at(site: usize, item: u32) -> ItemRef {
        ItemRef { site: u32::try_from(site).unwrap_or(u32::MAX), item }
    }

    /// The items of a site that its map names: links have no page of their own.
    fn mapped(&self, site: usize) -> impl Iterator<Item = u32> {
        let items = (0u32..).take(self.group.sites[site].items.len());
        items.filter(move |&i| !matches!(self.group.version(Self::item_at(site, i)).front.details, Details::Link(_)))
    }

    /// What the pages of every site share, in the order of the group's sites. `dresses` are what their themes give them.
    #[must_use]
    pub fn prepare(&self, dresses: Vec<Arc<Dress>>) -> Vec<SitePlan> {
        let prepare = |(site, dress): (usize, Arc<Dress>)| {
            let (style_name, style) = self.style(site).unzip();
            let chrome = self.chrome(site, &dress, style_name.as_deref().zip(style.as_deref()));
            SitePlan { site, chrome_digest: Digest::of(&chrome), chrome, style, dress, outputs: OnceLock::new() }
        };
        dresses.into_par_iter().enumerate().map(prepare).collect()
    }

    /// Works out the outputs of the sites that are `wanted` and of all that share a host. Two outputs never have one path: the later one is
    /// told and left out. Gives what is told, with the site that had to give way.
    #[must_use]
    pub fn plan(&self, plans: &mut [SitePlan], wanted: &(dyn Fn(usize) -> bool + Sync)) -> Vec<(usize, Diagnostic)> {
        let hosts = self.hosts();
        let shared: BTreeSet<usize> = hosts.values().filter(|sites| sites.len() > 1).flatten().copied().collect();
        let planned = |site: usize| wanted(site) || shared.contains(&site);
        let outputs = |plan: &SitePlan| if planned(plan.site) { self.outputs(plan) } else { Vec::new() };
        let mut lists: Vec<Vec<PlannedOutput>> = plans.par_iter().map(outputs).collect();
        let clashes = self.settle_clashes(hosts, &mut lists);
        plans.par_iter_mut().zip(lists).filter(|(plan, _)| planned(plan.site)).for_each(|(plan, mut outputs)| {
            outputs.sort_unstable_by(|a, b| a.path.cmp(&b.path));
            plan.outputs = OnceLock::from(outputs);
        });
        clashes
    }

    /// A site's own style sheet, if its settings ask for one: its path and its text.
    #[must_use]
    pub fn style(&self, site: usize) -> Option<(String, String)> {
        let css = site_style(&self.group.source(site).settings.settings.0)?;
        Some((format!("assets/site.{}.css", Digest::of_bytes(css.as_bytes()).hex(8)), css))
    }

    fn outputs(&self, plan: &SitePlan) -> Vec<PlannedOutput> {
        let (site, dress) = (plan.site, &plan.dress);
        let mut list = Vec::with_capacity(self.group.sites[site].items.len() + 64);
        self.own_outputs(site, &mut list);
        if dress.finds {
            self.finder_outputs(site, &mut list);
        }
        for (name, file) in &dress.assets {
            list.push((format!("assets/{file}"), Output::Asset { name: name.as_str().into() }));
        }
        list.extend(self.style(site).map(|(name, _)| (name, Output::Style)));
        // Several items may keep the same lost file.
        let mut kept = std::collections::HashSet::new();
        list.retain(|(path, what)| *what != Output::Kept || kept.insert(path.clone()));
        let folder = Urls::folder(&self.group.sites[site].place);
        let mut outputs: Vec<PlannedOutput> = list.into_iter().map(|(path, what)| PlannedOutput { path: format!("{folder}{path}"), what }).collect();
        self.redirects(site, &mut outputs);
        outputs
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
            self.shelf_outputs(site, column, list);
            if index::is_searched(c) {
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

    /// The view of an output.
    #[must_use]
    pub fn make<'a>(&'a self, plan: &'a SitePlan, output: &'a Output) -> Made<'a> {
        let dress = &*plan.dress;
        let site = plan.site;
        match output {
            Output::Home => self.page(self.home_page(site)),
            Output::Column { column, page } => self.page(self.column_page(site, *column, *page, dress)),
            Output::Shelf { column, shelf, page } => self.page(self.shelf_page(site, *column, *shelf, *page, dress)),
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
            Output::Search => self.page(self.plain_page(site, "search", finder::PAGE, "search.html", finder::title(dress), self.search_page(site))),
            Output::Finder(part) => Made::Finder(self.finder_view(site, *part)),
            Output::OpenSearch => Made::OpenSearch(self.open_search_view(site, dress)),
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
}

/// The site's own style: its colour, when it is one.
fn site_style(settings: &BTreeMap<String, String>) -> Option<String> {
    let color = settings.get("color")?;
    let hex = color.strip_prefix('#')?;
    (matches!(hex.len(), 3 | 6) && hex.bytes().all(|b| b.is_ascii_hexdigit())).then(|| format!(":root{{--accent:#{hex}}}\n"))
}
