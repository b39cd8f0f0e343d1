//! Finding without a service: an index of a site's titles and numbers that a browser reads a few kilobytes at a time.
//!
//! In: the group. Out: the page for searching, the parts of the index, the description for browsers. *Blocks* hold items from the oldest on, so
//! that a new item touches the last block alone; *shards* tell in which blocks two neighbouring letters stand. What a browser must do is done in
//! `js/search.js`: the same letters, the same pairs, the same hash.

use std::collections::BTreeMap;
use std::sync::PoisonError;

use super::url::encoded;
use super::view::finder::{FinderBlock, FinderFront, FinderView, OpenSearchView, SearchBox, SearchPage};
use super::view::{Content, LinkView};
use super::{Dress, Output, Planner};
use crate::digest::Digest;
use crate::source::folding::{folded, letters};
use crate::source::sought::numbers;

/// The page for searching.
pub(super) const PAGE: &str = "search.html";
/// The side service's page for searching, on every host.
const SERVICE: &str = "/-/search";
/// How a browser adds the search.
const DESCRIPTION: &str = "search.xml";
/// Items in a block: some 7 KB.
const BLOCK: usize = 64;
/// As many blocks are read for any question; with more, shards tell which.
const READ_WHOLE: usize = 2;

/// A part of a site's search index.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// `search/index.json`
    Front,
    /// `search/b0.json`, by the block's number.
    Block(usize),
    /// `search/s0.json`, by the shard's number.
    Shard(usize),
    /// The table of traditional characters.
    Letters,
}

/// Two neighbouring letters and the block they stand in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pair {
    letters: [char; 2],
    block: u32,
}

impl<'g> Planner<'g> {
    /// What lies in a site's folder for searching, by paths inside it.
    pub(super) fn finder_outputs(&self, site: usize, list: &mut Vec<(String, Output)>) {
        let blocks = self.mapped(site).count().div_ceil(BLOCK);
        list.push((PAGE.into(), Output::Search));
        list.push((DESCRIPTION.into(), Output::OpenSearch));
        list.push(("search/index.json".into(), Output::Finder(Part::Front)));
        list.extend((0..blocks).map(|block| (format!("search/b{block}.json"), Output::Finder(Part::Block(block)))));
        list.extend((0..shards(blocks)).map(|shard| (format!("search/s{shard}.json"), Output::Finder(Part::Shard(shard)))));
        list.push((letters_path(), Output::Finder(Part::Letters)));
    }

    /// The search box on every page of a site.
    pub(super) fn search_box(&self, site: usize) -> SearchBox {
        let service = self.has_search_service();
        SearchBox {
            action: if service { SERVICE.into() } else { self.urls.link(site, site, PAGE) },
            site: if service { self.group.source(site).id.to_string() } else { String::new() },
            description: self.urls.link(site, site, DESCRIPTION),
        }
    }

    /// Whether the side service answers questions.
    pub(super) fn has_search_service(&self) -> bool {
        self.group.tree.group.search.service
    }

    /// What fills the page for searching.
    pub(super) fn search_page(&self, site: usize) -> Content<'_> {
        let s = &self.group.sites[site];
        let tops = (0..s.columns.len()).filter(|&c| s.columns[c].parent.is_none() && !s.columns[c].hidden);
        let link = |c: usize| LinkView { name: (&*s.columns[c].name).into(), url: self.column_url(site, site, c).into() };
        Content::Search(SearchPage {
            index: self.urls.link(site, site, "search/index.json"),
            service: self.has_search_service(),
            columns: tops.map(link).collect(),
        })
    }

    /// How a browser adds the site's search.
    pub(super) fn open_search_view(&self, site: usize, dress: &Dress) -> OpenSearchView<'_> {
        let settings = &self.group.source(site).settings;
        let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
        let template = if self.has_search_service() {
            format!("{}{SERVICE}?q={{searchTerms}}&site={}", self.urls.origin(site), self.group.source(site).id)
        } else {
            format!("{}?q={{searchTerms}}", self.urls.absolute(site, PAGE))
        };
        let icon = dress.assets.get("img/emblem.svg");
        OpenSearchView {
            short_name: cut(settings.short_name.as_deref().unwrap_or(&settings.name), 16),
            long_name: cut(&settings.name, 48),
            description: cut(&format!("{}{}{}", title(dress), dress.word("colon", "："), settings.name), 1024),
            template,
            address: self.urls.absolute(site, DESCRIPTION),
            icon: icon.map_or_else(String::new, |file| self.urls.absolute(site, &format!("assets/{file}"))),
            language: self.language(site),
        }
    }

    /// A part of a site's search index.
    pub(super) fn finder_view(&self, site: usize, part: Part) -> FinderView<'_> {
        let count = self.facts(site).by_date.len();
        match part {
            Part::Front => {
                let blocks = count.div_ceil(BLOCK);
                let letters = self.urls.link(site, site, &letters_path());
                FinderView::Front(FinderFront { items: count, blocks, shards: shards(blocks), letters })
            }
            Part::Block(block) => FinderView::Block(self.finder_block(site, block)),
            Part::Shard(shard) => FinderView::Shard(spread(self.pairs(site, shard))),
            Part::Letters => FinderView::Letters(letters()),
        }
    }

    fn finder_block(&self, site: usize, block: usize) -> FinderBlock<'_> {
        let mut columns: Vec<u32> = Vec::new();
        let mut items = Vec::with_capacity(BLOCK);
        for &i in self.facts(site).by_date.iter().skip(block * BLOCK).take(BLOCK) {
            let at = Self::item_at(site, i);
            let (item, front) = (self.group.item(at), &self.group.version(at).front);
            let column = columns.iter().position(|c| *c == item.column).unwrap_or_else(|| {
                columns.push(item.column);
                columns.len() - 1
            });
            let path = self.urls.item_path(at, 1);
            let file = encoded(path.rsplit('/').next().unwrap_or(&path)).into_owned();
            items.push((&*front.common.title, file, front.common.date.day(), column, numbers(&front.details), otherwise(&front.common.title)));
        }
        let own = &self.group.sites[site].columns;
        let column = |c: u32| (&*own[c as usize].name, self.urls.link(site, site, &self.urls.column_path(site, c as usize, 0)));
        FinderBlock { columns: columns.into_iter().map(column).collect(), items }
    }

    /// The pairs of letters in a shard of a site, block after block. All shards are worked out together and each is handed out once: a build asks for each once, and
    /// together they are as large as all titles several times over. Nothing here is done in parallel: whoever waits for it would be given other
    /// outputs to make, and those may wait for this.
    fn pairs(&self, site: usize, shard: usize) -> Vec<Pair> {
        let mut held = self.pairs[site].lock().unwrap_or_else(PoisonError::into_inner);
        let taken = |held: &mut Vec<Option<Vec<Pair>>>| held.get_mut(shard).and_then(Option::take);
        taken(&mut held).unwrap_or_else(|| {
            *held = self.all_pairs(site).into_iter().map(Some).collect();
            taken(&mut held).unwrap_or_default()
        })
    }

    /// By shard: the pairs of letters of a site's titles and numbers.
    fn all_pairs(&self, site: usize) -> Vec<Vec<Pair>> {
        let by_date = &self.facts(site).by_date;
        let mut found = vec![Vec::new(); shards(by_date.len().div_ceil(BLOCK))];
        for (block, items) in (0u32..).zip(by_date.chunks(BLOCK)) {
            for &i in items {
                let front = &self.group.version(Self::item_at(site, i)).front;
                std::iter::once(&*front.common.title).chain(numbers(&front.details)).for_each(|text| {
                    pairs_of(text, |letters| {
                        let shard = shard_of(letters, found.len());
                        found[shard].push(Pair { letters, block });
                    });
                });
            }
        }
        found
    }
}

/// What the page for searching is called.
pub(super) fn title(dress: &Dress) -> &str {
    dress.word("search_title", "站内搜索")
}

/// How many shards the pairs of so many blocks are spread over: each then has some 3 KB. The first blocks bring most of the pairs.
fn shards(blocks: usize) -> usize {
    if blocks <= READ_WHOLE { 0 } else { (blocks / 2 + 6).next_power_of_two() }
}

fn letters_path() -> String {
    format!("assets/traditional.{}.json", Digest::of(&letters()).hex(8))
}

/// A text in simplified characters; nothing when that is how it is written.
fn otherwise(text: &str) -> String {
    let plain: String = text.chars().map(|c| crate::source::folding::simplified(c).unwrap_or(c)).collect();
    if plain == text { String::new() } else { plain }
}

/// Tells each two neighbouring letters of a text, whatever stands between them.
fn pairs_of(text: &str, mut tell: impl FnMut([char; 2])) {
    let mut before = None;
    for letter in text.chars().filter_map(folded) {
        if let Some(before) = before.replace(letter) {
            tell([before, letter]);
        }
    }
}

/// In which of so many shards (a power of two) a pair stands: 32-bit FNV-1a over its UTF-16 units, both halves folded into one.
fn shard_of(pair: [char; 2], shards: usize) -> usize {
    let mut units = [0; 4];
    let mut hash = 0x811C_9DC5_u32;
    let (first, rest) = units.split_at_mut(2);
    for unit in pair[0].encode_utf16(first).iter().chain(pair[1].encode_utf16(rest).iter()) {
        hash = (hash ^ u32::from(*unit)).wrapping_mul(0x0100_0193);
    }
    (hash ^ hash >> 16) as usize & (shards - 1)
}

/// The blocks of each pair, as distances.
fn spread(mut pairs: Vec<Pair>) -> BTreeMap<String, Vec<u32>> {
    pairs.sort_unstable();
    pairs.dedup();
    let gaps = |same: &[Pair]| {
        let befores = std::iter::once(0).chain(same.iter().map(|p| p.block));
        same.iter().zip(befores).map(|(p, before)| p.block - before).collect()
    };
    pairs.chunk_by(|a, b| a.letters == b.letters).map(|same| (same[0].letters.iter().collect(), gaps(same))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_run_across_brackets_and_widths() {
        let pairs = |text: &str| {
            let mut found = Vec::new();
            pairs_of(text, |p| found.push(p.iter().collect::<String>()));
            found
        };
        assert_eq!(pairs("云政〔26〕号"), ["云政", "政2", "26", "6号"]);
        assert_eq!(pairs("雲政（２６）號"), pairs("云政〔26〕号"));
        assert!(pairs("茶").is_empty());
    }

    /// The values are what `js/search.js` computes for the same pairs.
    #[test]
    fn the_shard_of_a_pair_never_changes() {
        for (pair, shard) in [(['云', '岫'], 809), (['2', '6'], 427), (['a', 'b'], 239), (['𠀀', '号'], 664)] {
            assert_eq!(shard_of(pair, 1024), shard, "{pair:?}");
        }
    }

    #[test]
    fn blocks_are_told_as_distances_each_once() {
        let pair = |letters, block| Pair { letters, block };
        let found = spread(vec![pair(['b', 'c'], 7), pair(['a', 'b'], 2), pair(['a', 'b'], 2), pair(['a', 'b'], 9)]);
        assert_eq!(found, BTreeMap::from([("ab".to_string(), vec![2, 7]), ("bc".to_string(), vec![7])]));
    }

    #[test]
    fn small_sites_have_no_shards_and_others_a_power_of_two() {
        assert_eq!([0, 1, 2, 3, 4, 5, 313].map(shards), [0, 0, 0, 8, 8, 8, 256]);
    }
}
