//! Old addresses, and who has an address: redirects of items and of sites that moved, and two outputs that want one path.
//!
//! In: the outputs of every site. Out: the same with redirects, each path once, and what had to give way. Knows no view.

use std::collections::BTreeMap;

use ahash::{HashMap, HashMapExt as _};
use rayon::prelude::*;

use super::url::Urls;
use super::{Output, PlannedOutput, Planner};
use crate::diagnostic::{Diagnostic, Place};
use crate::model::alias_path;
use crate::model::item::ItemRef;

impl Planner<'_> {
    /// Old addresses: of single items, and of a whole site that has moved.
    pub(super) fn redirects(&self, site: usize, outputs: &mut Vec<PlannedOutput>) {
        let s = &self.group.sites[site];
        let folder = Urls::folder(&s.place);
        let pages = outputs.len();
        for (item, _) in s.items.iter().enumerate() {
            let at = ItemRef { site: u32::try_from(site).unwrap_or(u32::MAX), item: u32::try_from(item).unwrap_or(u32::MAX) };
            for alias in &self.group.version(at).front.seldom().aliases {
                if let Some(path) = alias_path(&alias.target) {
                    outputs.push(PlannedOutput { path: format!("{folder}{path}"), what: Output::Redirect { to: self.item_url(site, at).into() } });
                }
            }
        }
        let aliases = outputs.len();
        for old in s.formerly.iter().filter(|old| **old != s.place) {
            let old = Urls::folder(old);
            for i in 0..aliases {
                let path = outputs[i].path[folder.len()..].to_string();
                if i < pages && is_page(&outputs[i].what) {
                    let to = self.urls.absolute(site, path.strip_suffix("index.html").unwrap_or(&path)).into();
                    outputs.push(PlannedOutput { path: format!("{old}{path}"), what: Output::Redirect { to } });
                } else if let Output::Redirect { to } = &outputs[i].what {
                    let to = if to.starts_with('/') { format!("{}{to}", self.urls.origin(site)).into() } else { to.clone() };
                    outputs.push(PlannedOutput { path: format!("{old}{path}"), what: Output::Redirect { to } });
                }
            }
        }
    }

    /// The sites of every host, those that have left it among them.
    pub(super) fn hosts(&self) -> BTreeMap<&str, Vec<usize>> {
        let mut hosts: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (site, s) in self.group.sites.iter().enumerate() {
            for place in std::iter::once(&s.place).chain(&s.formerly) {
                let sites = hosts.entry(&place.host).or_default();
                if sites.last() != Some(&site) {
                    sites.push(site);
                }
            }
        }
        hosts
    }

    /// Gives every path to one output: pages before redirects, then the site's order. What had to give way is told, with its site.
    pub(super) fn settle_clashes(&self, hosts: BTreeMap<&str, Vec<usize>>, lists: &mut [Vec<PlannedOutput>]) -> Vec<(usize, Diagnostic)> {
        // Only redirects and sites that share a host can clash: items' addresses are settled in the model.
        let dropped: Vec<Vec<(usize, usize, usize)>> = hosts.into_par_iter().map(|(_, sites)| self.clashes(lists, &sites)).collect();
        // From the back, so that indices stay true while outputs are taken out.
        let mut dropped: Vec<_> = dropped.into_iter().flatten().collect();
        dropped.sort_unstable_by_key(|d| std::cmp::Reverse(*d));
        dropped.dedup_by_key(|d| (d.0, d.1));
        let told = |(site, i, other): (usize, usize, usize)| {
            let output = lists[site].remove(i);
            (site, self.clash(site, other, &output))
        };
        dropped.into_iter().map(told).collect()
    }

    /// The outputs of a host's sites that must give way: the site, the place among its outputs, and the site that has the path.
    fn clashes(&self, lists: &[Vec<PlannedOutput>], sites: &[usize]) -> Vec<(usize, usize, usize)> {
        let mut taken: HashMap<&str, usize> = HashMap::with_capacity(sites.iter().map(|site| lists[*site].len()).sum());
        let mut dropped = Vec::new();
        for redirects in [false, true] {
            for &site in sites {
                for (i, output) in lists[site].iter().enumerate().filter(|(_, o)| is_redirect(o) == redirects) {
                    let inside = if redirects { self.site_inside(site, sites, &output.path) } else { None };
                    if let Some(other) = inside.or_else(|| taken.get(output.path.as_str()).copied()) {
                        dropped.push((site, i, other));
                    } else {
                        taken.insert(&output.path, site);
                    }
                }
            }
        }
        drop_below_files(lists, sites, &taken, &mut dropped);
        dropped
    }

    /// The other site in whose own folder a path of site `site` would lie.
    fn site_inside(&self, site: usize, sites: &[usize], path: &str) -> Option<usize> {
        let own = Urls::folder(&self.group.sites[site].place);
        let inside = |t: &usize| {
            let folder = Urls::folder(&self.group.sites[*t].place);
            *t != site && folder.len() > own.len() && path.starts_with(&folder)
        };
        sites.iter().copied().find(inside)
    }

    fn clash(&self, site: usize, other: usize, output: &PlannedOutput) -> Diagnostic {
        let (zh, en) = match &output.what {
            Output::Redirect { to } => (
                format!("旧地址 /{} 已有页面，未做跳转（应转到 {to}）", output.path),
                format!("the old address /{} already has a page; no redirect to {to} is made", output.path),
            ),
            _ => {
                let other = &self.group.source(other).id;
                (format!("地址 /{} 已被站点 {other} 使用", output.path), format!("the site `{other}` already has the address /{}", output.path))
            }
        };
        let (file, place) = self.alias_at(site, &output.path).unwrap_or_else(|| (self.group.source(site).settings_file(), Place::default()));
        Diagnostic::error("address-taken", &file, place, zh, en)
    }

    /// The file and the place of the alias that an output path comes from.
    fn alias_at(&self, site: usize, path: &str) -> Option<(String, Place)> {
        let s = &self.group.sites[site];
        let path = path.strip_prefix(&Urls::folder(&s.place))?;
        (0..s.items.len()).find_map(|item| {
            let at = ItemRef { site: u32::try_from(site).ok()?, item: u32::try_from(item).ok()? };
            let alias = self.group.version(at).front.seldom().aliases.iter().find(|a| alias_path(&a.target).as_deref() == Some(path))?;
            Some((format!("content/{}/{}", self.group.source(site).id, self.group.item_source(at).path), alias.place))
        })
    }
}

/// A path cannot be a file and a folder: what would lie below another output is dropped.
fn drop_below_files(lists: &[Vec<PlannedOutput>], sites: &[usize], taken: &HashMap<&str, usize>, dropped: &mut Vec<(usize, usize, usize)>) {
    let gone: std::collections::HashSet<(usize, usize)> = dropped.iter().map(|d| (d.0, d.1)).collect();
    let mut last = "";
    let mut file_above = None;
    for &site in sites {
        for (i, output) in lists[site].iter().enumerate().filter(|(i, _)| !gone.contains(&(site, *i))) {
            let folder = output.path.rsplit_once('/').map_or("", |(folder, _)| folder);
            if folder != last {
                last = folder;
                let above = std::iter::successors(Some(folder), |f| f.rsplit_once('/').map(|(up, _)| up));
                file_above = above.into_iter().find_map(|f| Some((f, *taken.get(f)?)));
            }
            if let Some((_, other)) = file_above {
                dropped.push((site, i, other));
            }
        }
    }
}

fn is_redirect(output: &PlannedOutput) -> bool {
    matches!(output.what, Output::Redirect { .. })
}

/// Whether an output is a page that people may have kept the address of.
fn is_page(what: &Output) -> bool {
    matches!(what, Output::Home | Output::Column { .. } | Output::Item { .. } | Output::Map | Output::Kept)
}
