//! What searching without a service needs: the box on every page, the page for searching, the parts of a site's search index.
//!
//! Plain data, made when an output is planned; `static/js/search.js` of the theme reads the index. Knows no format.

use std::collections::BTreeMap;

use serde::Serialize;

use super::LinkView;

/// The search box that every page of a site has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchBox {
    /// Where a question goes, as `q`.
    pub action: String,
    /// What the question is asked with besides: the site's id, for the side service; or nothing.
    pub site: String,
    /// The address of the description for browsers.
    pub description: String,
}

/// `search.html`: the page for searching.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SearchPage<'a> {
    /// The address of the index's front part.
    pub index: String,
    /// Whether the side service answers the box.
    pub service: bool,
    /// The site's top columns: ways on for who finds nothing.
    pub columns: Vec<LinkView<'a>>,
}

/// A part of a site's search index.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum FinderView<'a> {
    /// How large it is.
    Front(FinderFront),
    /// Some of its items.
    Block(FinderBlock<'a>),
    /// Some pairs of letters: in which blocks each stands, as the first block's number and the distances from there on.
    Shard(BTreeMap<String, Vec<u32>>),
    /// Traditional characters, each followed by its simplified form.
    Letters(String),
}

/// `search/index.json`
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FinderFront {
    /// How many items there are.
    pub items: usize,
    /// In how many blocks, the first with the oldest.
    pub blocks: usize,
    /// In how many shards their pairs of letters stand, a power of two; 0 where every block is read.
    pub shards: usize,
    /// The address of the table of traditional characters.
    pub letters: String,
}

/// `search/b0.json`: items from the oldest on.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FinderBlock<'a> {
    /// The columns they lie in: names, and addresses to which an item's file is appended.
    pub columns: Vec<(&'a str, String)>,
    /// The items.
    pub items: Vec<FinderEntry<'a>>,
}

/// Title, file (`x.html`), day, column, numbers, and the title in simplified characters where it is written otherwise.
pub type FinderEntry<'a> = (&'a str, String, String, usize, Vec<&'a str>, String);

/// `search.xml` (OpenSearch 1.1).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct OpenSearchView<'a> {
    /// At most 16 characters.
    pub short_name: String,
    /// At most 48 characters.
    pub long_name: String,
    /// At most 1,024 characters.
    pub description: String,
    /// The absolute address with `{searchTerms}` in it.
    pub template: String,
    /// Its own absolute address.
    pub address: String,
    /// The absolute address of the site's mark, or nothing.
    pub icon: String,
    /// The language of what is found.
    pub language: &'a str,
}
