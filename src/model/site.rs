//! Sites and their columns: where a site lives, and its column tree laid out flat.
//!
//! In: a site's settings. Out: [`Site`] and [`Column`] without items. Knows no file and no address beyond the site's place.

use std::fmt;

use super::item::{Item, ItemRef};
use crate::source::settings::{ColumnSettings, ColumnType, DisclosurePart, Sort, is_place};

/// Where a site lives: a sub-domain, and maybe a path inside the site that has it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SitePlace {
    /// The sub-domain: `jyj`; also the name of the output folder.
    pub host: Box<str>,
    /// The path inside it, `bm/jyj/`; empty for a site with its own sub-domain.
    pub path: Box<str>,
}

impl SitePlace {
    /// Reads `jyj` or `www/bm/jyj`. `None` when a part cannot be part of an address.
    #[must_use]
    pub fn parse(at: &str) -> Option<Self> {
        if !is_place(at) {
            return None;
        }
        let (host, path) = at.split_once('/').unwrap_or((at, ""));
        let path = if path.is_empty() { String::new() } else { format!("{path}/") };
        Some(Self { host: host.into(), path: path.into() })
    }
}

impl fmt::Display for SitePlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.host)?;
        if self.path.is_empty() { Ok(()) } else { write!(f, "/{}", self.path.trim_end_matches('/')) }
    }
}

/// 站点
#[derive(Debug)]
pub struct Site {
    /// Index in the source tree.
    pub source: usize,
    /// Where it lives.
    pub place: SitePlace,
    /// Where it lived.
    pub formerly: Vec<SitePlace>,
    /// Its columns, parents before children.
    pub columns: Vec<Column>,
    /// Its public items, in the order of their files' paths.
    pub items: Vec<Item>,
    /// For every item of the source: its index in `items`.
    pub(super) by_source: Vec<Option<u32>>,
    /// Files whose current version has errors, sorted by path.
    pub(super) rejected: Vec<Box<str>>,
    /// For every file of the source: whether a public item refers to it.
    pub published: Vec<bool>,
}

/// 栏目
#[derive(Debug)]
pub struct Column {
    /// Its folder: `open/policy`.
    pub path: Box<str>,
    /// Its name.
    pub name: Box<str>,
    /// What it holds.
    pub kind: ColumnType,
    /// The column it lies in.
    pub parent: Option<usize>,
    /// The top column it lies in, maybe itself.
    pub top: usize,
    /// The columns inside it.
    pub children: Vec<usize>,
    /// For page tags.
    pub description: Option<Box<str>>,
    /// For page tags.
    pub keywords: Vec<Box<str>>,
    /// Items on a list page.
    pub page_size: usize,
    /// The menu entry leads there instead.
    pub link: Option<Box<str>>,
    /// Not in menus.
    pub hidden: bool,
    /// Order of its items.
    pub sort: Sort,
    /// Which part of 政府信息公开 it is.
    pub disclosure: Option<DisclosurePart>,
    /// What it collects, as written, with its place in the settings (`columns.0.columns.1`).
    pub(super) collect: Vec<Box<str>>,
    /// Its key in the settings file.
    pub(super) key: Box<str>,
    /// Its own items, in the order of the list's opposite: the oldest first.
    pub own: Vec<u32>,
    /// All items it shows, shared and collected ones included, the oldest first.
    pub listing: Vec<ItemRef>,
}

/// Lays a column tree out flat, parents before children.
pub(super) fn columns(settings: &[ColumnSettings], page_size: usize) -> Vec<Column> {
    let mut flat = Vec::new();
    lay_out(settings, None, "", "columns", page_size, &mut flat);
    flat
}

fn lay_out(settings: &[ColumnSettings], parent: Option<usize>, prefix: &str, key: &str, page_size: usize, flat: &mut Vec<Column>) {
    for (i, s) in settings.iter().enumerate() {
        let at = flat.len();
        let path = format!("{prefix}{}", s.id);
        let key = format!("{key}.{i}");
        flat.push(Column {
            path: path.as_str().into(),
            name: s.name.clone(),
            kind: s.kind.unwrap_or_default(),
            parent,
            top: parent.map_or(at, |p| flat[p].top),
            children: Vec::new(),
            description: s.description.clone(),
            keywords: s.keywords.clone(),
            page_size: s.page_size.map_or(page_size, |n| n as usize),
            link: s.link.clone(),
            hidden: s.hidden,
            // Leaders stand in the order of their rank, whatever the dates of their pages.
            sort: if s.kind == Some(ColumnType::Leader) && s.sort == Sort::Date { Sort::Order } else { s.sort },
            disclosure: s.disclosure,
            collect: s.collect.clone(),
            key: key.as_str().into(),
            own: Vec::new(),
            listing: Vec::new(),
        });
        if let Some(parent) = parent {
            flat[parent].children.push(at);
        }
        let page_size = flat[at].page_size;
        lay_out(&s.columns, Some(at), &format!("{path}/"), &format!("{key}.columns"), page_size, flat);
    }
}

impl Site {
    /// The column with this path.
    #[must_use]
    pub fn column(&self, path: &str) -> Option<usize> {
        let path = path.trim_matches('/');
        self.columns.iter().position(|c| &*c.path == path)
    }
}
