//! Home pages: the blocks of a site's settings, each item standing on the page once.
//!
//! In: the group. Out: [`HomeView`]s and the [`SectionView`]s that column pages have too. Knows no file and no template.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Planner;
use super::view::{CardView, FigureView, HomeView, LinkView, SectionView};
use crate::model::item::ItemRef;
use crate::source::beside;
use crate::source::front_matter::Details;
use crate::source::settings::{Block, BlockStyle, BlockWidth, ColumnType, DisclosurePart, NavEntry};

/// Items in a block when the settings do not say.
const BLOCK_ITEMS: usize = 8;
/// The most figures of a table's row that a home page shows, the row's name not counted.
const FIGURES: usize = 6;

impl Planner<'_> {
    /// A site's home page: the blocks of its settings, or every column that has items.
    pub(super) fn home_view(&self, site: usize) -> HomeView<'_> {
        let s = &self.group.sites[site];
        let settings = &self.group.source(site).settings;
        let mut seen = BTreeSet::new();
        let mut blocks: Vec<SectionView<'_>> = if settings.home.is_empty() {
            let columns = (0..s.columns.len()).filter(|&c| !s.columns[c].listing.is_empty() && !s.columns[c].hidden);
            columns.map(|c| self.section(site, c, default_style(s.columns[c].kind), self.unseen(site, c, BLOCK_ITEMS, &mut seen))).collect()
        } else {
            settings.home.iter().filter_map(|block| self.home_block(site, block, &mut seen)).collect()
        };
        widen_lone_halves(&mut blocks);
        HomeView { blocks, sites: self.group_sites(site) }
    }

    fn home_block<'a>(&'a self, site: usize, block: &'a Block, seen: &mut BTreeSet<ItemRef>) -> Option<SectionView<'a>> {
        let width = width_word(block.width, block.style);
        if block.style == BlockStyle::Entries {
            let links = block.links.iter().filter_map(|entry| self.entry(site, entry)).collect();
            let name = Cow::Borrowed(block.name.as_deref().unwrap_or(""));
            return Some(SectionView { name, style: "entries", width, links, ..SectionView::default() });
        }
        let c = self.group.sites[site].column(&block.column)?;
        let count = block.count.map_or(BLOCK_ITEMS, |n| n as usize);
        let figures = if block.style == BlockStyle::Figures { self.figures(site, c) } else { Vec::new() };
        let mut section = self.section(site, c, style_word(block.style), self.unseen(site, c, count, seen));
        if let Some(name) = &block.name {
            section.name = Cow::Borrowed(name);
        }
        Some(SectionView { width, figures, ..section })
    }

    fn entry<'a>(&self, site: usize, entry: &'a NavEntry) -> Option<LinkView<'a>> {
        let url = self.settings_link(site, entry.link.as_deref()?);
        (!url.is_empty()).then(|| LinkView { name: Cow::Borrowed(&entry.name), url: url.into() })
    }

    /// The newest items of a column that no block before showed; all of them when none would be left.
    fn unseen(&self, site: usize, column: usize, count: usize, seen: &mut BTreeSet<ItemRef>) -> Vec<CardView<'_>> {
        let newest = self.newest_items(site, column, count + seen.len());
        let fresh: Vec<ItemRef> = newest.iter().copied().filter(|at| !seen.contains(at)).take(count).collect();
        let shown = if fresh.is_empty() { newest.into_iter().take(count).collect() } else { fresh };
        seen.extend(&shown);
        shown.into_iter().map(|at| self.card(site, at)).collect()
    }

    /// The newest row of a column's newest table, beginning with what names the row.
    fn figures(&self, site: usize, column: usize) -> Vec<FigureView<'_>> {
        let Some(&at) = self.newest_items(site, column, 1).first() else { return Vec::new() };
        let Details::Table(table) = &self.group.version(at).front.details else { return Vec::new() };
        let source = self.group.source(at.site as usize);
        let file = table.data.as_ref().and_then(|data| beside(&self.group.item_source(at).path, &data.target));
        let file = file.and_then(|path| source.content.files.binary_search_by(|f| (*f.path).cmp(&path)).ok());
        let Some(facts) = file.and_then(|f| source.content.files[f].facts.as_ref()) else { return Vec::new() };
        let wanted = |name: &str| table.columns_shown.is_empty() || table.columns_shown.iter().any(|shown| **shown == *name);
        let shown = facts.latest.iter().filter(|(name, _)| wanted(name)).take(1 + FIGURES);
        shown.map(|(name, value)| FigureView { name, value }).collect()
    }

    /// A column as a block.
    pub(super) fn section<'a>(&'a self, site: usize, column: usize, style: &'static str, items: Vec<CardView<'a>>) -> SectionView<'a> {
        let c = &self.group.sites[site].columns[column];
        SectionView {
            name: Cow::Borrowed(&*c.name),
            url: self.column_url(site, site, column),
            style,
            width: if style == "list" { "half" } else { "full" },
            kind: c.kind.word(),
            disclosure: c.disclosure.map_or("", disclosure_word),
            items,
            ..SectionView::default()
        }
    }
}

pub(super) fn default_style(kind: ColumnType) -> &'static str {
    match kind {
        ColumnType::Album | ColumnType::Video | ColumnType::Topic => "pictures",
        ColumnType::Leader => "cards",
        ColumnType::Link => "links",
        _ => "list",
    }
}

fn style_word(style: BlockStyle) -> &'static str {
    match style {
        BlockStyle::List => "list",
        BlockStyle::Headline => "headline",
        BlockStyle::Pictures => "pictures",
        BlockStyle::Cards => "cards",
        BlockStyle::Links => "links",
        BlockStyle::Entries => "entries",
        BlockStyle::Figures => "figures",
    }
}

fn width_word(width: Option<BlockWidth>, style: BlockStyle) -> &'static str {
    match (width, style) {
        (Some(BlockWidth::Third), _) => "third",
        (Some(BlockWidth::Half), _) | (None, BlockStyle::List) => "half",
        (Some(BlockWidth::TwoThirds), _) => "two-thirds",
        (Some(BlockWidth::Full) | None, _) => "full",
    }
}

/// A half that no other half stands beside takes the whole line.
fn widen_lone_halves(blocks: &mut [SectionView<'_>]) {
    let mut shown: Vec<&mut SectionView<'_>> = blocks.iter_mut().filter(|b| !b.items.is_empty() || !b.links.is_empty()).collect();
    for run in shown.chunk_by_mut(|a, b| a.width == "half" && b.width == "half") {
        if let [.., last] = run
            && last.width == "half"
            && run.len() % 2 == 1
        {
            run[run.len() - 1].width = "full";
        }
    }
}

fn disclosure_word(part: DisclosurePart) -> &'static str {
    match part {
        DisclosurePart::Guide => "guide",
        DisclosurePart::Rules => "rules",
        DisclosurePart::Content => "content",
        DisclosurePart::Report => "report",
        DisclosurePart::Request => "request",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_half_that_stands_alone_takes_the_whole_line() {
        let links = || vec![LinkView { name: "a".into(), url: "/".into() }];
        let block = |width| SectionView { width, links: links(), ..SectionView::default() };
        let mut blocks: Vec<SectionView<'_>> = ["full", "half", "full", "half", "half", "half"].map(block).into();
        blocks.insert(4, SectionView { width: "full", ..SectionView::default() });
        widen_lone_halves(&mut blocks);
        let widths: Vec<&str> = blocks.iter().map(|b| b.width).collect();
        assert_eq!(widths, ["full", "full", "full", "half", "full", "half", "full"], "what is empty is not shown and parts nothing");
    }
}
