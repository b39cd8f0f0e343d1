//! For machines: Atom feeds, site maps and robots.
//!
//! In: the group. Out: [`FeedView`]s and [`MapEntry`]s, all with absolute addresses.

use super::Planner;
use super::view::machine::{FeedEntry, FeedText, FeedView, MapEntry, SecurityView};
use crate::model::item::ItemRef;
use crate::source::front_matter::Details;
use crate::source::settings::{ColumnType, FeedText as Wanted, Security};

/// Entries of a feed.
const FEED_ENTRIES: usize = 20;
/// Where RFC 9116 has it looked for.
pub(super) const SECURITY: &str = ".well-known/security.txt";
/// Addresses in one site map file. The protocol allows 50,000; smaller files change less: they fill from the oldest item.
pub(super) const MAP_ENTRIES: usize = 10_000;

impl Planner<'_> {
    /// The feed of a column, or of a whole site.
    pub(super) fn feed_view(&self, site: usize, column: Option<usize>) -> FeedView<'_> {
        let settings = &self.group.source(site).settings;
        let s = &self.group.sites[site];
        let items = match column {
            Some(c) => s.columns[c].listing.iter().rev().copied().filter(|&at| !self.is_link(at)).take(FEED_ENTRIES).collect(),
            None => self.newest_of_site(site),
        };
        let (title, home, address) = match column {
            Some(c) => {
                let path = self.urls.column_path(site, c, 0);
                (format!("{} - {}", s.columns[c].name, settings.name), self.urls.absolute(site, &path), format!("{path}feed.xml"))
            }
            None => (settings.name.to_string(), self.urls.absolute(site, ""), "feed.xml".to_string()),
        };
        let entries: Vec<FeedEntry<'_>> = items.into_iter().map(|at| self.feed_entry(at)).collect();
        FeedView {
            title,
            home,
            address: self.urls.absolute(site, &address),
            language: self.language(site),
            author: &settings.name,
            updated: entries.iter().map(|e| e.updated.as_str()).max().unwrap_or("1970-01-01T00:00:00Z").to_string(),
            entries,
        }
    }

    /// The newest of what a site itself publishes and readers follow.
    fn newest_of_site(&self, site: usize) -> Vec<ItemRef> {
        let mut items: Vec<ItemRef> = Vec::new();
        let s = &self.group.sites[site];
        for column in s.columns.iter().filter(|c| is_followed(c.kind)) {
            items.extend(column.own.iter().rev().take(FEED_ENTRIES).map(|&item| ItemRef { site: u32::try_from(site).unwrap_or(u32::MAX), item }));
        }
        items.sort_by_key(|&at| std::cmp::Reverse((self.group.version(at).front.common.date, at)));
        items.truncate(FEED_ENTRIES);
        items
    }

    /// A link has no page of its own to lead to.
    fn is_link(&self, at: ItemRef) -> bool {
        matches!(self.group.version(at).front.details, Details::Link(_))
    }

    fn feed_entry(&self, at: ItemRef) -> FeedEntry<'_> {
        let common = &self.group.version(at).front.common;
        let site = at.site as usize;
        let zone = &self.group.tree.zone;
        FeedEntry {
            title: &common.title,
            url: self.urls.absolute(site, &self.urls.item_path(at, 1)),
            published: common.date.rfc3339(zone),
            updated: common.updated.unwrap_or(common.date).max(common.date).rfc3339(zone),
            author: common.source.as_deref().unwrap_or(&self.group.source(site).settings.name),
            summary: self.summary(at),
            // The text of an item's last good version is nowhere any more: while the item is broken, its summary stands for it.
            text: (self.group.tree.group.feeds == Wanted::Full && !self.group.item(at).stale).then(|| FeedText { at, body: self.body_view(at) }),
        }
    }

    /// Where to report a weakness of a host.
    pub(super) fn security_view(&self, site: usize) -> SecurityView<'_> {
        let security = &self.group.tree.group.security;
        SecurityView {
            contact: &security.contact,
            expires: security.expires.map(|d| d.end().rfc3339(&self.group.tree.zone)).unwrap_or_default(),
            languages: self.language(site).to_string(),
            canonical: self.urls.absolute(site, SECURITY),
            policy: security.policy.as_deref().unwrap_or(""),
        }
    }

    /// All addresses of a site: home, columns, then items from the oldest file on.
    pub(super) fn map_entries(&self, site: usize, part: usize) -> Vec<MapEntry> {
        let s = &self.group.sites[site];
        let fixed = 1 + s.columns.len();
        let (from, to) = (part * MAP_ENTRIES, (part + 1) * MAP_ENTRIES);
        let entry = |i: usize| match i {
            0 => MapEntry { address: self.urls.absolute(site, ""), changed: None },
            i if i < fixed => MapEntry { address: self.urls.absolute(site, &self.urls.column_path(site, i - 1, 0)), changed: None },
            i => {
                let at = ItemRef { site: u32::try_from(site).unwrap_or(u32::MAX), item: self.facts(site).by_date[i - fixed] };
                let common = &self.group.version(at).front.common;
                let changed = common.updated.unwrap_or(common.date).max(common.date);
                MapEntry { address: self.urls.absolute(site, &self.urls.item_path(at, 1)), changed: Some(changed.day()) }
            }
        };
        (from..to.min(fixed + self.facts(site).by_date.len())).map(entry).collect()
    }

    /// How many files a site's map needs.
    pub(super) fn map_parts(&self, site: usize) -> usize {
        (1 + self.group.sites[site].columns.len() + self.mapped(site).count()).div_ceil(MAP_ENTRIES)
    }
}

/// Whether there is enough for a `security.txt`: RFC 9116 requires both.
pub(super) fn has_security(security: &Security) -> bool {
    !security.contact.is_empty() && security.expires.is_some()
}

/// Whether readers follow a type of column in the site's feed.
pub(super) fn is_followed(kind: ColumnType) -> bool {
    use ColumnType::{Album, Auction, Download, Explainer, News, Notice, Policy, Reply, Topic, Video};
    matches!(kind, News | Notice | Policy | Explainer | Download | Album | Video | Topic | Reply | Auction)
}
