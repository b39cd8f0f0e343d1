//! What the sites of a group have to do with each other: enough to know which of them need not be planned again.
//!
//! In: an assembled group. Out: for every site, a digest of its addresses and one of its cards (all that other sites can see of it),
//! and the names of the sites whose addresses or cards it uses. Errs towards using more, never less.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::PortalGroup;
use super::item::ItemRef;
use super::reference::index;
use crate::digest::Digest;
use crate::source::front_matter::Details;
use crate::source::settings::{ColumnSettings, FeedText, Sort};

/// How far back in its column an item's page looks for others that are alike.
pub const ALIKE_WITHIN: usize = 24;

/// What others can see of a site, and whom it sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// Where it lives, its columns, its items' places and files: what a link to it depends on.
    pub addresses: Digest,
    /// The same with everything a list may show of its items.
    pub cards: Digest,
    /// Sites it links to, by id, whether they exist or not.
    pub links: Vec<Box<str>>,
    /// Sites whose items it shows.
    pub shows: Vec<Box<str>>,
}

/// What may look different on a site when nothing but the wording of some of its items has changed.
#[derive(Debug)]
pub struct Reworded {
    /// By item: whether its wording has changed, so that lists with its card may look different.
    pub items: Vec<bool>,
    /// By item: whether its page may look different. A plain item's page shows itself, the titles of its two neighbours and of earlier ones
    /// that are alike, and addresses; a page that shows more of others must be counted here.
    pub pages: Vec<bool>,
    /// Whether some title is another one: the search index holds nothing else that is wording.
    pub titles: bool,
}

impl PortalGroup {
    /// What may look different on a site whose addresses stand as they were; `None` when more than wording has changed.
    #[must_use]
    pub fn reworded(&self, s: usize) -> Option<Reworded> {
        let site = &self.sites[s];
        let mut items = vec![false; site.items.len()];
        for source in self.source(s).change.wording()? {
            if let Some(item) = site.by_source[source as usize] {
                items[item as usize] = true;
            }
        }
        let is_reworded = |at: &ItemRef| at.site as usize == s && items[at.item as usize];
        // Where titles decide the order, a new wording may move everything.
        if site.columns.iter().any(|c| c.sort != Sort::Date && c.listing.iter().any(is_reworded)) {
            return None;
        }
        let mut pages = items.clone();
        for column in &site.columns {
            for (place, item) in column.own.iter().enumerate().filter(|(_, item)| items[**item as usize]) {
                let from = place.saturating_sub(1);
                let to = column.own.len().min(place + ALIKE_WITHIN + 1);
                column.own[from..to].iter().for_each(|near| pages[*near as usize] = true);
                pages[*item as usize] = true;
            }
        }
        for (i, page) in pages.iter_mut().enumerate() {
            let at = Self::at(s, i);
            let front = &self.version(at).front;
            *page |= !matches!(front.details, Details::None) || !front.common.topics.is_empty() || self.relations.contains_key(&at);
        }
        Some(Reworded { items, pages, titles: self.source(s).change.titles() })
    }

    /// The outlook of every site.
    #[must_use]
    pub fn outlooks(&self) -> Vec<Outlook> {
        let own: Vec<BTreeSet<Box<str>>> = (0..self.sites.len()).into_par_iter().map(|s| self.linked(s)).collect();
        let led: Vec<BTreeSet<Box<str>>> = (0..self.sites.len()).map(|s| self.led_to(s)).collect();
        (0..self.sites.len())
            .into_par_iter()
            .map(|s| {
                let mut shows = self.shown(s);
                // A link item of another site leads on to a third one; a feed with whole texts has what links these hold.
                let mut links = own[s].clone();
                for (t, led) in led.iter().enumerate() {
                    let id = &self.source(t).id;
                    if t == s || links.contains(id) || shows.contains(id) {
                        links.extend(led.iter().cloned());
                    }
                    if self.feeds_hold_bodies() && shows.contains(id) {
                        links.extend(own[t].iter().cloned());
                    }
                }
                let id = &self.source(s).id;
                links.remove(id);
                shows.remove(id);
                let addresses = self.addresses(s);
                Outlook { addresses, cards: self.cards(s, addresses), links: links.into_iter().collect(), shows: shows.into_iter().collect() }
            })
            .collect()
    }

    fn at(site: usize, item: usize) -> ItemRef {
        ItemRef { site: index(site), item: index(item) }
    }

    fn addresses(&self, s: usize) -> Digest {
        let site = &self.sites[s];
        let settings = &self.source(s).settings;
        let files = &self.source(s).content.files;
        let items: Vec<_> = site
            .items
            .iter()
            .enumerate()
            .map(|(i, item)| {
                let at = Self::at(s, i);
                let url = match &self.version(at).front.details {
                    Details::Link(link) => link.url.as_ref(),
                    _ => None,
                };
                (&*self.item_source(at).path, item.column, &*item.slug, url, item.stale)
            })
            .collect();
        let files: Vec<_> = files
            .iter()
            .zip(&site.published)
            .filter(|(_, public)| **public)
            .map(|(f, _)| (&*f.path, f.size, f.facts.as_ref().map(|x| (x.digest, x.picture, x.rows, &x.latest))))
            .collect();
        Digest::of(&(&*settings.at, &settings.formerly, &settings.columns, items, files))
    }

    fn cards(&self, s: usize, addresses: Digest) -> Digest {
        let settings = &self.source(s).settings;
        let items: Vec<_> = (0..self.sites[s].items.len())
            .map(|i| {
                let version = self.version(Self::at(s, i));
                (&version.front.common, &version.front.details, &*version.outline.summary, self.feeds_hold_bodies().then_some(version.digest))
            })
            .collect();
        Digest::of(&(addresses, &*settings.name, &settings.short_name, settings.kind, items))
    }

    /// Whether another site's feed may show the whole text of an item.
    fn feeds_hold_bodies(&self) -> bool {
        self.tree.group.feeds == FeedText::Full
    }

    /// The sites that a site's items and settings link to.
    fn linked(&self, s: usize) -> BTreeSet<Box<str>> {
        let mut ids = BTreeSet::new();
        let mut last = "";
        for item in &self.source(s).content.items {
            for version in item.current.iter().chain(item.last_good.as_deref()) {
                let body = version.outline.links.iter().map(|l| &*l.target);
                for id in body.filter_map(site_of) {
                    if id != last {
                        ids.insert(id.into());
                        last = id;
                    }
                }
            }
        }
        each_column(&self.source(s).settings.columns, &mut |column| ids.extend(column.link.as_deref().and_then(site_of).map(Box::from)));
        let entries = self.source(s).settings.home.iter().flat_map(|block| &block.links);
        ids.extend(entries.filter_map(|entry| entry.link.as_deref()).filter_map(site_of).map(Box::from));
        ids
    }

    /// The sites that a site's link items and menu entries lead to.
    fn led_to(&self, s: usize) -> BTreeSet<Box<str>> {
        let mut ids = BTreeSet::new();
        for i in 0..self.sites[s].items.len() {
            if let Details::Link(link) = &self.version(Self::at(s, i)).front.details {
                ids.extend(link.url.as_ref().and_then(|u| site_of(&u.target)).map(Box::from));
            }
        }
        each_column(&self.source(s).settings.columns, &mut |column| ids.extend(column.link.as_deref().and_then(site_of).map(Box::from)));
        ids
    }

    /// The sites whose items a site shows: shared, collected, joined to its topics, referred to by fields. Sites on the same host
    /// count too: their addresses may clash.
    fn shown(&self, s: usize) -> BTreeSet<Box<str>> {
        let site = &self.sites[s];
        let mut sites: BTreeSet<usize> = BTreeSet::new();
        for (c, column) in site.columns.iter().enumerate() {
            sites.extend(column.listing.iter().map(|at| at.site as usize).filter(|t| *t != s));
            sites.extend(column.collect.iter().flat_map(|pattern| self.collected(s, c, pattern)).map(|(t, _)| t));
        }
        let mut ids: BTreeSet<Box<str>> = BTreeSet::new();
        for i in 0..site.items.len() {
            let at = Self::at(s, i);
            let front = &self.version(at).front;
            if !front.common.topics.is_empty() {
                sites.insert(self.main);
            }
            sites.extend(self.topics.get(&at).into_iter().flatten().map(|other| other.site as usize));
            sites.extend(self.relations.get(&at).into_iter().flatten().map(|(_, other)| other.site as usize));
            if !matches!(front.details, Details::None) {
                ids.extend(front.links().into_iter().filter_map(|r| site_of(&r.target)).map(Box::from));
            }
        }
        let hosts = |t: usize| std::iter::once(&self.sites[t].place).chain(&self.sites[t].formerly).map(|p| &p.host);
        sites.extend((0..self.sites.len()).filter(|&t| t != s && hosts(t).any(|host| hosts(s).any(|own| own == host))));
        ids.extend(sites.into_iter().map(|t| self.source(t).id.clone()));
        ids
    }
}

/// The site a target across sites names: `@/jyj/news/x.md` → `jyj`.
fn site_of(target: &str) -> Option<&str> {
    let path = target.strip_prefix("@/")?;
    path.split(['/', '#']).next()
}

fn each_column(columns: &[ColumnSettings], each: &mut impl FnMut(&ColumnSettings)) {
    for column in columns {
        each(column);
        each_column(&column.columns, each);
    }
}
