//! Filling the columns: their own items, what is shared to them and what they collect, in order.
//!
//! In: a group whose items are known. Out: every column's lists, the oldest item first.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::PortalGroup;
use super::check::shared_column;
use super::item::ItemRef;
use super::reference::index;
use crate::diagnostic::Diagnostic;
use crate::source::front_matter::Reference;
use crate::source::settings::{SiteKind, Sort};

impl PortalGroup {
    /// Fills the columns: own items, then what is shared to them and what they collect.
    pub(super) fn fill_columns(&mut self) {
        let mut own: Vec<Vec<Vec<u32>>> = self.sites.iter().map(|s| vec![Vec::new(); s.columns.len()]).collect();
        for (s, site) in self.sites.iter().enumerate() {
            for (at, item) in site.items.iter().enumerate() {
                own[s][item.column as usize].push(index(at));
            }
        }
        let mut extra: BTreeMap<(usize, usize), Vec<ItemRef>> = BTreeMap::new();
        self.shares(&mut extra);
        self.collects(&own, &mut extra);
        let filled: Vec<Vec<(Vec<u32>, Vec<ItemRef>)>> = own
            .into_par_iter()
            .enumerate()
            .map(|(s, columns)| {
                let fill = |(c, own): (usize, Vec<u32>)| {
                    let sort = self.sites[s].columns[c].sort;
                    let mut own: Vec<ItemRef> = own.into_iter().map(|item| ItemRef { site: index(s), item }).collect();
                    self.sort(&mut own, sort);
                    let mut listing = own.clone();
                    if let Some(extra) = extra.get(&(s, c)) {
                        listing.extend(extra.iter().copied());
                        self.sort(&mut listing, sort);
                        listing.dedup();
                    }
                    (own.into_iter().map(|r| r.item).collect(), listing)
                };
                columns.into_iter().enumerate().map(fill).collect()
            })
            .collect();
        for (site, columns) in self.sites.iter_mut().zip(filled) {
            for (column, (own, listing)) in site.columns.iter_mut().zip(columns) {
                column.own = own;
                column.listing = listing;
            }
        }
    }

    fn shares(&self, extra: &mut BTreeMap<(usize, usize), Vec<ItemRef>>) {
        let of_site = |s: usize| {
            let items = (0..self.sites[s].items.len()).map(move |i| ItemRef { site: index(s), item: index(i) });
            let shares = |at: ItemRef| self.version(at).front.seldom().share.iter().map(move |share| (share, at));
            let column = |share: &Reference| {
                let (source, path) = shared_column(&self.tree, &share.target).ok()?;
                let site = self.site_of_source(source)?;
                Some((site, self.sites[site].column(path)?))
            };
            items.flat_map(shares).filter_map(|(share, at)| Some((column(share)?, at))).collect::<Vec<_>>()
        };
        let found: Vec<_> = (0..self.sites.len()).into_par_iter().map(of_site).collect();
        for (column, at) in found.into_iter().flatten() {
            extra.entry(column).or_default().push(at);
        }
    }

    fn collects(&mut self, own: &[Vec<Vec<u32>>], extra: &mut BTreeMap<(usize, usize), Vec<ItemRef>>) {
        let mut found = Vec::new();
        for (s, site) in self.sites.iter().enumerate() {
            for (c, column) in site.columns.iter().enumerate() {
                for (i, pattern) in column.collect.iter().enumerate() {
                    let from = self.collected(s, c, pattern);
                    if from.is_empty() {
                        let source = self.source(s);
                        let place = source.places.get(&format!("{}.collect.{i}", column.key)).or_else(|| source.places.get(&format!("{}.collect", column.key)));
                        found.push(Diagnostic::warning(
                            "collects-nothing",
                            &source.settings_file(),
                            place.copied().unwrap_or_default(),
                            format!("collect：没有与“{pattern}”相符的栏目"),
                            format!("collect: no column matches `{pattern}`"),
                        ));
                    }
                    let items = from.iter().flat_map(|&(s, c)| own[s][c].iter().map(move |&item| ItemRef { site: index(s), item }));
                    extra.entry((s, c)).or_default().extend(items);
                }
            }
        }
        self.diagnostics.extend(found);
    }

    /// The columns of other sites (or other columns of this one, when it is named) that a pattern means.
    pub(super) fn collected(&self, site: usize, column: usize, pattern: &str) -> Vec<(usize, usize)> {
        let Some((who, path)) = pattern.trim_start_matches("@/").split_once('/') else { return Vec::new() };
        let kind = match who {
            "portal" => Some(SiteKind::Portal),
            "department" => Some(SiteKind::Department),
            "township" => Some(SiteKind::Township),
            _ => None,
        };
        (0..self.sites.len())
            .filter(|&s| match kind {
                Some(kind) => s != site && self.source(s).settings.kind == kind,
                None if who == "*" => s != site,
                None => *self.source(s).id == *who,
            })
            .filter_map(|s| Some((s, self.sites[s].column(path)?)))
            .filter(|&at| at != (site, column))
            .collect()
    }

    /// Sorts items so that the first of the list stands last: `date` by date, `order` and `title` backwards.
    pub(super) fn sort(&self, items: &mut [ItemRef], sort: Sort) {
        let common = |at: &ItemRef| &self.version(*at).front.common;
        match sort {
            Sort::Date => items.par_sort_by_cached_key(|at| (common(at).date, *at)),
            Sort::Order => items.sort_by(|a, b| {
                let key = |at: &ItemRef| (self.version(*at).front.seldom().order.unwrap_or(i64::MAX), common(at).title.clone(), *at);
                key(b).cmp(&key(a))
            }),
            Sort::Title => items.sort_by(|a, b| (&common(b).title, *b).cmp(&(&common(a).title, *a))),
        }
    }
}
