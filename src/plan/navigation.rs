//! Navigation: what a whole site shares (group bar, menu, footer duties), breadcrumbs and the tree of the site map page.
//!
//! In: the group. Out: [`ChromeView`]s and parts of views. Knows no template.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Dress;
use super::Planner;
use super::picture::public_path;
use super::view::{ChromeView, ColumnNode, DutiesView, GroupView, LinkView, MenuEntry, PlaceView, SiteView, SitesView};
use crate::digest::{Digest, integrity};
use crate::model::picture;
use crate::model::reference::Target;
use crate::model::site::Site;
use crate::source::settings::{PICTURES, SiteKind};

impl<'g> Planner<'g> {
    /// What all pages of a site share; no menu entry is marked as current. `style` is the site's own style sheet: its path and its text.
    #[must_use]
    pub fn chrome(&self, site: usize, dress: &Dress, style: Option<(&str, &str)>) -> ChromeView {
        let group = &self.group.tree.group;
        let mut assets: BTreeMap<String, String> =
            dress.assets.iter().map(|(name, file)| (name.clone(), self.urls.link(site, site, &format!("assets/{file}")))).collect();
        let mut seals = dress.seals.clone();
        if let Some((path, css)) = style {
            assets.insert("site.css".into(), self.urls.link(site, site, path));
            seals.insert("site.css".into(), integrity(css.as_bytes()));
        }
        ChromeView {
            group: GroupView {
                name: group.name.to_string(),
                short_name: group.short_name.as_ref().unwrap_or(&group.name).to_string(),
                url: self.urls.link(site, self.group.main, ""),
            },
            site: SiteView { search: dress.finds.then(|| self.search_box(site)), ..self.site_view(site) },
            bar: self.bar(site),
            menu: self.menu(site, None),
            duties: self.duties(site),
            words: dress.words.clone(),
            assets,
            seals,
        }
    }

    fn site_view(&self, site: usize) -> SiteView {
        let s = &self.group.source(site).settings;
        let group = &self.group.tree.group;
        let text = |t: &Option<Box<str>>| t.as_deref().unwrap_or("").to_string();
        SiteView {
            id: self.group.source(site).id.to_string(),
            name: s.name.to_string(),
            short_name: s.short_name.as_ref().unwrap_or(&s.name).to_string(),
            kind: kind_word(s.kind),
            home: self.urls.home(site),
            url: self.urls.absolute(site, ""),
            origin: self.urls.origin(site).to_string(),
            domain: self.urls.domain(site),
            identity_code: text(&s.identity_code),
            description: s.description.as_deref().or(group.description.as_deref()).unwrap_or(&s.name).to_string(),
            language: self.language(site).to_string(),
            settings: self.theme_settings(site),
            address: text(&s.address),
            phone: text(&s.phone),
            email: text(&s.email),
            hours: text(&s.hours),
            feed: self.urls.link(site, site, "feed.xml"),
            map: self.urls.link(site, site, "map.html"),
            search: None,
            mourning: self.group.mourns(),
        }
    }

    /// The settings for the templates; names of pictures in the site's folder become addresses.
    fn theme_settings(&self, site: usize) -> BTreeMap<String, String> {
        let source = self.group.source(site);
        let mut settings = source.settings.settings.0.clone();
        for key in PICTURES {
            let Some(value) = settings.get_mut(key) else { continue };
            if let Some(file) = picture(source, value) {
                *value = self.urls.link(site, site, &public_path(self.file(site, file)));
            } else if source.content.file_at(value).is_some() {
                // What is damaged is told and left out.
                settings.remove(key);
            }
        }
        settings
    }

    /// The language of a site's pages.
    #[must_use]
    pub fn language(&self, site: usize) -> &str {
        let own = self.group.source(site).settings.language.as_deref();
        own.or(self.group.tree.group.language.as_deref()).unwrap_or("zh-CN")
    }

    fn duties(&self, site: usize) -> DutiesView {
        let duties = self.group.source(site).settings.footer.or(&self.group.tree.group.footer);
        // `{code}` and `{site}` stand for the site's own identity code and name, so that the group can word the duties once.
        let own = &self.group.source(site).settings;
        let code = own.identity_code.as_deref().unwrap_or("");
        let fill = |t: Option<Box<str>>| t.map(|t| t.replace("{code}", code).replace("{site}", &own.name).into_boxed_str());
        let text = |t: Option<Box<str>>| fill(t).map(String::from).unwrap_or_default();
        DutiesView {
            sponsor: text(duties.sponsor),
            organizer: text(duties.organizer),
            icp: text(duties.icp),
            police: text(duties.police),
            conac: safe_address(fill(duties.conac).as_deref()),
            contact: text(duties.contact),
            error_report: safe_address(fill(duties.error_report).as_deref()),
        }
    }

    /// The group bar: the group's `navigation`, or every kind of site there is.
    fn bar(&self, site: usize) -> Vec<LinkView<'static>> {
        let entries = &self.group.tree.group.navigation;
        let list = |name: &str, kind: SiteKind| LinkView {
            name: name.to_string().into(),
            url: format!("{}#{}", self.urls.link(site, self.group.main, "map.html"), kind_word(kind)).into(),
        };
        let there = |kind: SiteKind| (0..self.group.sites.len()).any(|s| self.group.source(s).settings.kind == kind);
        if entries.is_empty() {
            let kinds = [(SiteKind::Portal, "门户"), (SiteKind::Department, "部门网站"), (SiteKind::Township, "乡镇街道")];
            return kinds.into_iter().filter(|(kind, _)| there(*kind)).map(|(kind, name)| list(name, kind)).collect();
        }
        let entry = |e: &crate::source::settings::NavEntry| match e.sites {
            Some(kind) => there(kind).then(|| list(&e.name, kind)),
            None => {
                let url = self.settings_link(site, e.link.as_deref().unwrap_or(""));
                (!url.is_empty()).then(|| LinkView { name: e.name.to_string().into(), url: url.into() })
            }
        };
        entries.iter().filter_map(entry).collect()
    }

    /// The lists of sites on the main site's home page and map; empty elsewhere.
    pub(super) fn group_sites(&self, site: usize) -> SitesView<'_> {
        let kinds = [SiteKind::Portal, SiteKind::Department, SiteKind::Township];
        if site == self.group.main { kinds.into_iter().map(|kind| (kind_word(kind), self.sites_of(kind, site))).collect() } else { BTreeMap::new() }
    }

    /// The sites of a kind in their order, as seen from `from`.
    fn sites_of(&self, kind: SiteKind, from: usize) -> Vec<LinkView<'_>> {
        let mut sites: Vec<usize> = (0..self.group.sites.len()).filter(|&s| self.group.source(s).settings.kind == kind).collect();
        sites.sort_by_key(|&s| (self.group.source(s).settings.order.unwrap_or(i64::MAX), s));
        let link = |s: usize| {
            let settings = &self.group.source(s).settings;
            LinkView { name: Cow::Borrowed(settings.short_name.as_deref().unwrap_or(&settings.name)), url: self.urls.link(from, s, "").into() }
        };
        sites.into_iter().map(link).collect()
    }

    /// A link written in the settings (`@/site/column`, an address, `/-/…` for the desks beside the pages); empty when it leads nowhere.
    pub(super) fn settings_link(&self, from: usize, target: &str) -> String {
        if target.starts_with("/-/") {
            return target.to_string();
        }
        match self.group.resolve(from, "", target) {
            Some(Target::Address) => safe_address(Some(target)),
            Some(target) => self.target_url(from, target).unwrap_or_default(),
            None => String::new(),
        }
    }

    fn menu(&self, site: usize, current: Option<usize>) -> Vec<MenuEntry> {
        let s = &self.group.sites[site];
        let tops = (0..s.columns.len()).filter(|&c| s.columns[c].parent.is_none());
        tops.filter(|&c| !s.columns[c].hidden).map(|c| self.menu_entry(site, c, 1, current)).collect()
    }

    fn menu_entry(&self, site: usize, column: usize, depth: usize, current: Option<usize>) -> MenuEntry {
        let s = &self.group.sites[site];
        let c = &s.columns[column];
        let children = if depth == 0 { Vec::new() } else { shown_children(s, column).map(|child| self.menu_entry(site, child, depth - 1, current)).collect() };
        MenuEntry { name: c.name.to_string(), url: self.column_url(site, site, column), current: current == Some(column), children }
    }

    /// A site's places: outside its columns, then each column.
    pub(super) fn places(&self, site: usize) -> Vec<PlaceView<'g>> {
        let outside = self.place(site, None);
        std::iter::once(outside).chain((0..self.group.sites[site].columns.len()).map(|c| self.place(site, Some(c)))).collect()
    }

    fn place(&self, site: usize, column: Option<usize>) -> PlaceView<'g> {
        let section = column.map(|c| self.group.sites[site].columns[c].top);
        let breadcrumbs = self.breadcrumbs(site, column);
        let (tags, siblings) = column.map_or_else(Default::default, |c| (self.column_tags(site, c), self.siblings(site, c)));
        let digest = Digest::of(&(section, &breadcrumbs, &tags, &siblings));
        PlaceView { index: column.map_or(0, |c| c + 1), section, digest, breadcrumbs, tags, siblings }
    }

    /// 栏目页标签; description and keywords fall back to the name.
    fn column_tags(&self, site: usize, column: usize) -> Vec<(&'static str, Cow<'g, str>)> {
        let c = &self.group.sites[site].columns[column];
        let keywords = if c.keywords.is_empty() { Cow::Borrowed(&*c.name) } else { c.keywords.join(",").into() };
        vec![
            ("ColumnName", Cow::Borrowed(&*c.name)),
            ("ColumnDescription", Cow::Borrowed(c.description.as_deref().unwrap_or(&c.name))),
            ("ColumnKeywords", keywords),
            ("ColumnType", Cow::Borrowed(&*self.group.sites[site].columns[c.top].name)),
        ]
    }

    /// The columns of the top column that `column` lies in, with the current one marked; empty when there are none beside it.
    fn siblings(&self, site: usize, column: usize) -> Vec<MenuEntry> {
        let s = &self.group.sites[site];
        shown_children(s, s.columns[column].top).map(|c| self.menu_entry(site, c, 1, Some(column))).collect()
    }

    /// Where a column's menu entry leads: its page, or its `link`.
    pub(super) fn column_url(&self, from: usize, site: usize, column: usize) -> String {
        let c = &self.group.sites[site].columns[column];
        let link = c.link.as_deref().map(|l| self.settings_link(from, l)).filter(|l| !l.is_empty());
        link.unwrap_or_else(|| self.urls.link(from, site, &self.urls.column_path(site, column, 0)))
    }

    /// From the site's home down to a column.
    fn breadcrumbs(&self, site: usize, column: Option<usize>) -> Vec<LinkView<'g>> {
        let s = &self.group.sites[site];
        let mut crumbs = Vec::new();
        let mut at = column;
        while let Some(c) = at {
            crumbs.push(LinkView { name: Cow::Borrowed(&*s.columns[c].name), url: self.column_url(site, site, c).into() });
            at = s.columns[c].parent;
        }
        let name = self.group.source(site).settings.short_name.as_deref().unwrap_or(&self.group.source(site).settings.name);
        crumbs.push(LinkView { name: Cow::Borrowed(name), url: self.urls.home(site).into() });
        crumbs.reverse();
        crumbs
    }

    /// The tree of the site map page.
    pub(super) fn column_tree(&self, site: usize) -> Vec<ColumnNode<'_>> {
        let s = &self.group.sites[site];
        (0..s.columns.len()).filter(|&c| s.columns[c].parent.is_none()).map(|c| self.column_node(site, c)).collect()
    }

    fn column_node(&self, site: usize, column: usize) -> ColumnNode<'_> {
        let c = &self.group.sites[site].columns[column];
        ColumnNode {
            name: &c.name,
            url: self.column_url(site, site, column),
            count: c.listing.len(),
            children: c.children.iter().map(|&child| self.column_node(site, child)).collect(),
        }
    }
}

fn shown_children(site: &Site, column: usize) -> impl Iterator<Item = usize> + '_ {
    site.columns[column].children.iter().copied().filter(|&c| !site.columns[c].hidden)
}

/// An address from the settings: http(s) only.
fn safe_address(address: Option<&str>) -> String {
    address.filter(|a| a.starts_with("https://") || a.starts_with("http://")).unwrap_or("").to_string()
}

/// The word for a kind of site in views and template names.
#[must_use]
pub fn kind_word(kind: SiteKind) -> &'static str {
    match kind {
        SiteKind::Portal => "portal",
        SiteKind::Department => "department",
        SiteKind::Township => "township",
    }
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
