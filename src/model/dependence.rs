//! What the sites of a group have to do with each other: enough to know which of them need not be planned again.
//!
//! In: an assembled group. Out: for every site, digests of its addresses and of its cards (all that other sites can see of it), and the names
//! of the sites whose addresses or cards it uses; of news (new items, other wordings), which pages and lists may show them. Errs towards more,
//! never less.

use std::collections::BTreeSet;

use rayon::prelude::*;

use super::PortalGroup;
use super::item::ItemRef;
use super::reference::index;
use crate::digest::Digest;
use crate::source::Fresh;
use crate::source::front_matter::{Details, FrontMatter};
use crate::source::settings::{ColumnSettings, FeedText, Sort};

/// How far back in its column an item's page looks for others that are alike.
pub const ALIKE_WITHIN: usize = 24;

/// What others can see of a site, and whom it sees.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outlook {
    /// Where it lives, its columns, its files, which of its items another one replaces: what is no single item's. Without names and other
    /// wording: those are on the cards.
    pub frame: Digest,
    /// The sum of what links to its items depend on, one by one: without the new ones it is what it was.
    pub places: Digest,
    /// Everything a list may show of its items.
    pub cards: Digest,
    /// Sites it links to, by id, whether they exist or not.
    pub links: Vec<Box<str>>,
    /// Sites whose items it shows.
    pub shows: Vec<Box<str>>,
}

/// What has happened on a site, as long as it is nothing but new items and others with another wording. Items by their index, in order.
#[derive(Debug, Default)]
pub struct News {
    /// Items with another wording.
    pub reworded: Vec<u32>,
    /// New items.
    pub added: Vec<u32>,
    /// Whether some title is new: the search index holds nothing else that is wording.
    pub titles: bool,
}

impl News {
    /// Whether there are any.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.reworded.is_empty() || !self.added.is_empty()
    }

    fn has(&self, item: u32) -> bool {
        self.reworded.binary_search(&item).is_ok() || self.added.binary_search(&item).is_ok()
    }
}

/// What may look different on a site after some news.
#[derive(Debug)]
pub struct Stir {
    /// By item: whether its page may look different. A plain item's page shows itself, the titles of its two neighbours and of earlier ones
    /// that are alike, and addresses; a page that shows more of others must be counted here.
    pub pages: Vec<bool>,
    /// By column: what may look different of its list.
    pub lists: Vec<ListStir>,
    /// Whether the list of some column may look different.
    pub any_list: bool,
    /// Whether the site's own items are among the news.
    pub own: bool,
    /// Whether some title of its own items is new.
    pub titles: bool,
}

/// What may look different of a column's list.
#[derive(Debug, Default)]
pub struct ListStir {
    /// Where the items of the news stand, in order.
    at: Vec<usize>,
    /// Where the first new one stands; everything after it has moved up.
    first_new: Option<usize>,
    /// How many new ones there are.
    new: usize,
}

impl ListStir {
    /// Whether anything may look different.
    #[must_use]
    pub fn any(&self) -> bool {
        !self.at.is_empty()
    }

    /// Whether anything may look different among the items from `from` up to `to`.
    #[must_use]
    pub fn within(&self, from: usize, to: usize) -> bool {
        let next = self.at.partition_point(|at| *at < from);
        self.first_new.is_some_and(|first| first < to) || self.at.get(next).is_some_and(|at| *at < to)
    }

    /// How many of `now` items there were before.
    #[must_use]
    pub fn before(&self, now: usize) -> usize {
        now - self.new
    }
}

impl PortalGroup {
    /// What has happened on a site; `None` when it is more than news. `places` is what [`Outlook::places`] was before, and is now.
    #[must_use]
    pub fn news(&self, s: usize, places: (Digest, Digest)) -> Option<News> {
        let (site, source) = (&self.sites[s], self.source(s));
        let mut news = News { titles: source.change.titles(), ..News::default() };
        for &(at, fresh) in source.change.narrow()? {
            if let Some(item) = site.by_source[at as usize] {
                if fresh == Fresh::New { news.added.push(item) } else { news.reworded.push(item) }
            }
        }
        // The rest must stand where it stood: a new file may take nothing from another, nor give it anything.
        let added = news.added.iter().map(|&item| self.place(s, item as usize));
        let simple = |item: &u32| self.is_simple(Self::at(s, *item as usize));
        (difference(places.1, sum(added)) == places.0 && news.added.iter().all(simple)).then_some(news)
    }

    /// Whether nobody but lists, neighbours and who links to it can show a new item.
    fn is_simple(&self, at: ItemRef) -> bool {
        let front = &self.version(at).front;
        let leads = matches!(front.details, Details::Topic(_) | Details::Link(_) | Details::Album(_));
        !leads && front.seldom().topics.is_empty() && !self.relations.contains_key(&at)
    }

    /// Whether the new items of some news may be what a link that leads on leads to: a link item, or an entry of a menu or a home page.
    #[must_use]
    pub fn leads_to_new(&self, news: &[Option<News>]) -> bool {
        let names = self.new_names(news);
        let named = |text: &str| names.iter().any(|name| may_name(text, name));
        let led = |s: usize| {
            let item = |i: usize| match &self.version(Self::at(s, i)).front.details {
                Details::Link(link) => link.url.as_ref().is_some_and(|url| named(&url.target)),
                _ => false,
            };
            named(&self.source(s).settings_text) || (0..self.sites[s].items.len()).any(item)
        };
        !names.is_empty() && (named(&self.tree.group_text) || (0..self.sites.len()).into_par_iter().any(led))
    }

    /// The names of the files of new items.
    fn new_names(&self, news: &[Option<News>]) -> BTreeSet<&str> {
        let each = news.iter().enumerate().filter_map(|(s, news)| Some((s, news.as_ref()?)));
        let items = each.flat_map(|(s, news)| news.added.iter().map(move |&item| Self::at(s, item as usize)));
        items.map(|at| self.item_source(at).path.rsplit('/').next().unwrap_or("")).collect()
    }

    /// What may look different on a site that has or sees news; `None` when it may be anything.
    #[must_use]
    pub fn stir(&self, s: usize, news: &[Option<News>]) -> Option<Stir> {
        let site = &self.sites[s];
        let is_news = |at: &ItemRef| news[at.site as usize].as_ref().is_some_and(|n| n.has(at.item));
        let is_new = |at: &ItemRef| news[at.site as usize].as_ref().is_some_and(|n| n.added.binary_search(&at.item).is_ok());
        let busy: Vec<bool> = news.iter().map(|n| n.as_ref().is_some_and(News::any)).collect();
        let mut lists = Vec::with_capacity(site.columns.len());
        for column in &site.columns {
            let listed = column.listing.iter().enumerate().filter(|(_, at)| busy[at.site as usize] && is_news(at));
            let at: Vec<usize> = listed.map(|(place, _)| place).collect();
            let new: Vec<usize> = at.iter().copied().filter(|place| is_new(&column.listing[*place])).collect();
            let list = ListStir { first_new: new.first().copied(), new: new.len(), at };
            // Where titles decide the order, a new wording may move everything; what was empty gets pages of its own.
            if list.any() && (column.sort != Sort::Date || list.new == column.listing.len()) {
                return None;
            }
            lists.push(list);
        }
        let own = news[s].as_ref()?;
        let mut pages = vec![false; site.items.len()];
        own.reworded.iter().chain(&own.added).for_each(|item| pages[*item as usize] = true);
        for column in site.columns.iter().filter(|_| own.any()) {
            for (place, _) in column.own.iter().enumerate().filter(|(_, item)| own.has(**item)) {
                let from = place.saturating_sub(1);
                let to = column.own.len().min(place + ALIKE_WITHIN + 1);
                column.own[from..to].iter().for_each(|near| pages[*near as usize] = true);
            }
        }
        let names = self.new_names(news);
        for (i, page) in pages.iter_mut().enumerate() {
            let at = Self::at(s, i);
            let version = self.version(at);
            *page |= shows_others(&version.front) || self.relations.contains_key(&at);
            *page |= !names.is_empty() && version.outline.links.iter().any(|link| names.iter().any(|name| may_name(&link.target, name)));
        }
        // A feed with whole texts has what links they hold.
        let any_list = lists.iter().any(ListStir::any) || (self.feeds_hold_bodies() && !names.is_empty());
        Some(Stir { pages, lists, any_list, own: own.any(), titles: own.titles })
    }

    /// The outlook of every site.
    #[must_use]
    pub fn outlooks(&self) -> Vec<Outlook> {
        let own: Vec<BTreeSet<Box<str>>> = (0..self.sites.len()).into_par_iter().map(|s| self.linked(s)).collect();
        let led: Vec<BTreeSet<Box<str>>> = (0..self.sites.len()).into_par_iter().map(|s| self.led_to(s)).collect();
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
                Outlook {
                    frame: self.frame(s),
                    places: sum((0..self.sites[s].items.len()).map(|i| self.place(s, i))),
                    cards: self.cards(s),
                    links: links.into_iter().collect(),
                    shows: shows.into_iter().collect(),
                }
            })
            .collect()
    }

    fn at(site: usize, item: usize) -> ItemRef {
        ItemRef { site: index(site), item: index(item) }
    }

    fn frame(&self, s: usize) -> Digest {
        let settings = &self.source(s).settings;
        let files = self.source(s).content.files.iter().zip(&self.sites[s].published).filter(|(_, public)| **public);
        let files: Vec<_> = files.map(|(f, _)| (&*f.path, f.size, f.facts.as_ref().map(|x| (x.digest, x.picture, x.rows, &x.latest)))).collect();
        // Cards tell of an item that another one has taken its place, which is nothing that happened on its own site.
        let items = (0..self.sites[s].items.len()).map(|i| Self::at(s, i));
        let replaced: Vec<&str> = items.filter(|at| self.is_replaced(*at)).map(|at| &*self.item_source(at).path).collect();
        Digest::of(&(&*settings.at, &settings.formerly, without_wording(&settings.columns), files, replaced))
    }

    /// What a link to an item depends on.
    fn place(&self, s: usize, i: usize) -> Digest {
        let (at, item) = (Self::at(s, i), &self.sites[s].items[i]);
        let url = match &self.version(at).front.details {
            Details::Link(link) => link.url.as_ref(),
            _ => None,
        };
        Digest::of(&(&*self.item_source(at).path, item.column, &*item.slug, url, item.stale))
    }

    fn cards(&self, s: usize) -> Digest {
        let settings = &self.source(s).settings;
        let items: Vec<_> = (0..self.sites[s].items.len())
            .map(|i| {
                let version = self.version(Self::at(s, i));
                let body = self.feeds_hold_bodies().then_some(version.digest);
                (&version.front, &version.outline.summary, body)
            })
            .collect();
        let columns: Vec<&str> = self.sites[s].columns.iter().map(|c| &*c.name).collect();
        Digest::of(&(&*settings.name, &settings.short_name, settings.kind, columns, items))
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
                        if !ids.contains(id) {
                            ids.insert(id.into());
                        }
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
            if !front.seldom().topics.is_empty() {
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

/// Whether an item's page shows more of others than addresses: the names of what its fields refer to, its topics, what has joined it.
fn shows_others(front: &FrontMatter) -> bool {
    match &front.details {
        Details::None => !front.seldom().topics.is_empty(),
        Details::Topic(_) => true,
        _ => !front.seldom().topics.is_empty() || !front.links().is_empty(),
    }
}

/// Columns without what only tells of them: no address depends on it, and other sites show nothing of it but the names.
fn without_wording(columns: &[ColumnSettings]) -> Vec<ColumnSettings> {
    let silent = |c: &ColumnSettings| ColumnSettings {
        name: Box::default(),
        description: None,
        keywords: Vec::new(),
        columns: without_wording(&c.columns),
        ..c.clone()
    };
    columns.iter().map(silent).collect()
}

/// The sum of digests: it does not depend on their order, and single ones can be taken from it.
fn sum(digests: impl Iterator<Item = Digest>) -> Digest {
    digests.fold(Digest::default(), |sum, digest| Digest(sum.0.wrapping_add(digest.0)))
}

fn difference(from: Digest, what: Digest) -> Digest {
    Digest(from.0.wrapping_sub(what.0))
}

/// Whether a text may name a file of this name; what is written in percent signs may name any.
fn may_name(text: &str, name: &str) -> bool {
    text.contains(name) || text.contains('%')
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
