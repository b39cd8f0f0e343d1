//! Lists: column pages and cards. Archive pages are numbered from the oldest and never shift.
//!
//! In: the group. Out: [`ColumnView`]s and [`CardView`]s. Knows no file and no template.

use super::home::default_style;
use super::index::is_searched;
use super::view::{CardView, ColumnView, PagesView, SectionView, TopicView};
use super::{Dress, Planner};
use crate::model::dependence::ListStir;
use crate::model::item::ItemRef;
use crate::source::front_matter::Details;

/// Items of each column on a section page.
const SECTION_ITEMS: usize = 6;
/// The most pinned items shown.
const PINNED_ITEMS: usize = 10;

/// How many archive pages a list of `items` has: the first page holds the newest, from one to nearly two pages of them, so
/// that full archive pages, once made, never change.
#[must_use]
pub fn archive_pages(items: usize, page_size: usize) -> usize {
    (items / page_size.max(1)).saturating_sub(1)
}

impl Planner<'_> {
    /// A column's page: 0 is the first, others are archive pages.
    pub(super) fn column_view<'a>(&'a self, site: usize, column: usize, page: usize, dress: &'a Dress) -> ColumnView<'a> {
        let c = &self.group.sites[site].columns[column];
        let archives = archive_pages(c.listing.len(), c.page_size);
        let shown = if page == 0 { &c.listing[archives * c.page_size..] } else { self.archived(site, column, page) };
        let pinned: Vec<ItemRef> = if page == 0 { self.pinned(&c.listing) } else { Vec::new() };
        let shown = shown.iter().rev().filter(|at| !pinned.contains(at));
        ColumnView {
            name: &c.name,
            description: c.description.as_deref().unwrap_or(""),
            kind: c.kind.word(),
            items: shown.map(|&at| self.card(site, at)).collect(),
            pinned: pinned.iter().map(|&at| self.card(site, at)).collect(),
            sections: if page == 0 { self.sections(site, column) } else { Vec::new() },
            pages: self.pages(site, page, archives, |page| self.urls.column_path(site, column, page)),
            facets: if page == 0 { self.facets(site, column, None, dress) } else { Vec::new() },
            shelf: "",
            index: if is_searched(c) { self.urls.link(site, site, &format!("{}/filter.json", c.path)) } else { String::new() },
        }
    }

    /// The items on an archive page, from 1.
    #[must_use]
    pub fn archived(&self, site: usize, column: usize, page: usize) -> &[ItemRef] {
        let c = &self.group.sites[site].columns[column];
        &c.listing[(page - 1) * c.page_size..page * c.page_size]
    }

    /// Whether an archive page, from 1, may look different after the news of its column's list. The page that was the newest one leads on to
    /// the next when there are more.
    #[must_use]
    pub fn archive_stirs(&self, site: usize, column: usize, page: usize, stir: &ListStir) -> bool {
        let c = &self.group.sites[site].columns[column];
        let grown = archive_pages(c.listing.len(), c.page_size) > archive_pages(stir.before(c.listing.len()), c.page_size);
        stir.within((page - 1) * c.page_size, page * c.page_size) || (grown && page >= archive_pages(stir.before(c.listing.len()), c.page_size))
    }

    fn pinned(&self, listing: &[ItemRef]) -> Vec<ItemRef> {
        listing.iter().rev().copied().filter(|&at| self.group.version(at).front.common.pinned).take(PINNED_ITEMS).collect()
    }

    /// Where page `page` stands in a list with so many archive pages, each at its `path`.
    pub(super) fn pages(&self, site: usize, page: usize, archives: usize, path: impl Fn(usize) -> String) -> PagesView {
        let url = |page: usize| self.urls.link(site, site, &path(page));
        let some = |there: bool, page: usize| if there { url(page) } else { String::new() };
        let (newer, older) = match page {
            0 => (String::new(), some(archives > 0, archives)),
            p => (url(if p == archives { 0 } else { p + 1 }), some(p > 1, p - 1)),
        };
        PagesView { number: page, newer, older, newest: url(0), oldest: some(archives > 0, 1) }
    }

    /// The columns inside a column with their newest items.
    fn sections(&self, site: usize, column: usize) -> Vec<SectionView<'_>> {
        let s = &self.group.sites[site];
        let shown = s.columns[column].children.iter().filter(|&&c| !s.columns[c].hidden);
        shown.map(|&c| self.section(site, c, default_style(s.columns[c].kind), self.newest(site, c, SECTION_ITEMS))).collect()
    }

    /// The newest items of a column and of those inside it.
    fn newest(&self, site: usize, column: usize, count: usize) -> Vec<CardView<'_>> {
        self.newest_items(site, column, count).into_iter().map(|at| self.card(site, at)).collect()
    }

    pub(super) fn newest_items(&self, site: usize, column: usize, count: usize) -> Vec<ItemRef> {
        let mut found: Vec<ItemRef> = Vec::new();
        self.newest_refs(site, column, count, &mut found);
        let column = &self.group.sites[site].columns[column];
        if !column.children.is_empty() {
            found.sort_by_key(|&at| std::cmp::Reverse((self.group.version(at).front.common.date, at)));
            found.dedup();
        }
        found.truncate(count);
        found
    }

    fn newest_refs(&self, site: usize, column: usize, count: usize, found: &mut Vec<ItemRef>) {
        let c = &self.group.sites[site].columns[column];
        found.extend(c.listing.iter().rev().take(count));
        for &child in &c.children {
            self.newest_refs(site, child, count, found);
        }
    }

    /// An item as a list on a page of site `from` shows it.
    pub(super) fn card(&self, from: usize, at: ItemRef) -> CardView<'_> {
        let front = &self.group.version(at).front;
        let site = at.site as usize;
        let mut files = if matches!(front.details, Details::Download(_)) { self.files(from, at) } else { Vec::new() };
        // Seals are for the form's own page.
        files.iter_mut().for_each(|file| file.sha256.clear());
        CardView {
            title: &front.common.title,
            url: self.item_url(from, at),
            date: self.date(front.common.date),
            summary: self.summary(at),
            site: (site != from).then(|| {
                let settings = &self.group.source(site).settings;
                settings.short_name.as_deref().unwrap_or(&settings.name)
            }),
            image: self.cover(from, at),
            pinned: front.common.pinned,
            replaced: self.group.is_replaced(at),
            kind: self.group.column(at).kind.word(),
            details: &front.details,
            files,
        }
    }

    /// A topic's items, newest first.
    pub(super) fn topic_view(&self, at: ItemRef) -> Option<TopicView<'_>> {
        let Details::Topic(topic) = &self.group.version(at).front.details else { return None };
        let site = at.site as usize;
        let items = self.group.topics.get(&at).map_or(&[][..], Vec::as_slice);
        Some(TopicView {
            items: items.iter().rev().map(|&item| self.card(site, item)).collect(),
            banner: topic.banner.as_ref().and_then(|b| self.picture(site, at, &b.target, "")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::archive_pages;

    #[test]
    fn a_new_item_never_shifts_an_archive_page() {
        assert_eq!([0, 1, 19, 20, 39, 40, 59, 60].map(|n| archive_pages(n, 20)), [0, 0, 0, 0, 0, 1, 1, 2]);
    }
}
