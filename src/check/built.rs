//! The built pages: page tags, hidden elements that a theme brings, headings that links lead to.
//!
//! In: pages as they were written. Out: findings. A page is a pure function of its view, so one page of each kind speaks for all of its
//! column: home pages, the first page of every column, the newest item of every column.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Mutex;

use super::finding::Finding;
use super::group::{Shown, id_of};
use super::hidden;
use crate::diagnostic::Place;
use crate::model::PortalGroup;
use crate::plan::url::Urls;

/// Tags that every page has; then those of a column's page; then those of an item's page (政府网站网页标签规范).
const EVERY: [&str; 3] = ["SiteName", "SiteDomain", "SiteIDCode"];
const COLUMN: [&str; 4] = ["ColumnName", "ColumnDescription", "ColumnKeywords", "ColumnType"];
const ITEM: [&str; 3] = ["ArticleTitle", "PubDate", "ContentSource"];

/// Pages that were looked at, by their paths: what was found in each as long as its file stays as it was.
#[derive(Debug, Default)]
pub(super) struct Pages(Mutex<HashMap<String, (FileState, Vec<Finding>)>>);

/// A file's size, inode, and times of its last change, in seconds and nanoseconds.
type FileState = (u64, u64, i64, i64);

impl Pages {
    /// What is found in a page; its file is read when it is not as it was.
    fn find(&self, out: &Path, path: &str, look: impl FnOnce(&str) -> Vec<Finding>) -> Vec<Finding> {
        let file = out.join(path);
        let Ok(meta) = std::fs::metadata(&file) else { return Vec::new() };
        let state = (meta.len(), meta.ino(), meta.ctime(), meta.ctime_nsec());
        let known = self.0.lock().ok().and_then(|known| known.get(path).filter(|(then, _)| *then == state).map(|(_, found)| found.clone()));
        known.unwrap_or_else(|| {
            let Ok(html) = std::fs::read_to_string(file) else { return Vec::new() };
            let found = look(&html);
            if let Ok(mut known) = self.0.lock() {
                known.insert(path.to_string(), (state, found.clone()));
            }
            found
        })
    }
}

/// Looks at the pages of one site that speak for all of it.
pub(super) fn pages(group: &PortalGroup, urls: &Urls<'_>, out: &Path, site: usize, seen: &Pages) -> Vec<Finding> {
    let folder = Urls::folder(&group.sites[site].place);
    let file = format!("sites/{}.yaml", id_of(group, site));
    let page = |path: &str, wanted: &[&str]| seen.find(out, path, |html| page(html, &file, path, wanted));
    let mut found = page(&format!("{folder}index.html"), &EVERY);
    for (c, column) in group.sites[site].columns.iter().enumerate().filter(|(_, c)| c.link.is_none() && !c.listing.is_empty()) {
        let wanted = [&EVERY[..], &COLUMN[..]].concat();
        found.extend(page(&format!("{folder}{}index.html", urls.column_path(site, c, 0)), &wanted));
        let newest = column.own.iter().rev().map(|i| crate::model::item::ItemRef { site: u32::try_from(site).unwrap_or(0), item: *i });
        if let Some(at) = newest.into_iter().find(|at| !group.item(*at).stale) {
            let wanted = [&EVERY[..], &COLUMN[..], &ITEM[..]].concat();
            found.extend(page(&format!("{folder}{}", urls.item_path(at, 1)), &wanted));
        }
    }
    found
}

/// One page; a missing one is the build's to tell.
fn page(html: &str, file: &str, path: &str, wanted: &[&str]) -> Vec<Finding> {
    let missing: Vec<&str> = wanted.iter().filter(|tag| !has_tag(html, tag)).copied().collect();
    let mut found = Vec::new();
    if !missing.is_empty() {
        let tags = missing.join("、");
        found.push(Finding::new(
            "page-tags",
            file,
            Place::default(),
            format!("网页 {path} 缺少标签 {tags}"),
            format!("the page {path} lacks the tags {}", missing.join(", ")),
        ));
    }
    // A theme hides what scripts show; what links out of sight it did not write.
    let planted = hidden::styled(html).into_iter().filter(|h| html[h.range.clone()].contains("style") && leads_out(&html[h.range.end..]));
    found.extend(planted.map(|h| {
        Finding::new(
            "hidden-link",
            file,
            Place::default(),
            format!("网页 {path} 有隐藏的外链（{}）", h.by),
            format!("the page {path} hides links to others ({})", h.by),
        )
    }));
    found
}

/// Whether a tag stands in the page's head with something in it.
fn has_tag(html: &str, tag: &str) -> bool {
    let mark = format!("name=\"{tag}\" content=\"");
    html.find(&mark).is_some_and(|at| !html[at + mark.len()..].starts_with('"'))
}

/// Whether a link to another host follows closely.
fn leads_out(after: &str) -> bool {
    let near: String = after.chars().take(200).collect();
    near.split("</").next().is_some_and(|inner| inner.contains("href=\"http"))
}

/// Links to headings of other items that are not there.
pub(super) fn fragments(group: &PortalGroup, urls: &Urls<'_>, out: &Path, item: &Shown<'_>, links: &[(Box<str>, Place)]) -> Vec<Finding> {
    let path = &*group.item_source(item.at).path;
    let dead = |(target, place): &(Box<str>, Place)| {
        let (_, fragment) = target.split_once('#').filter(|(_, f)| !f.is_empty())?;
        let Some(crate::model::reference::Target::Item(to)) = group.resolve(item.at.site as usize, path, target) else { return None };
        let page = format!("{}{}", Urls::folder(&group.sites[to.site as usize].place), urls.item_path(to, 1));
        let html = std::fs::read_to_string(out.join(page)).ok()?;
        let id = crate::source::percent_decoded(fragment).unwrap_or_else(|| fragment.to_string());
        let there = html.contains(&format!("id=\"{id}\"")) || html.contains(&format!("id={id}"));
        (!there).then(|| {
            Finding::new("dead-fragment", &item.file, *place, format!("“{target}”里没有“{id}”这个位置"), format!("`{target}`: there is no place called `{id}`"))
                .excerpt(&**target)
        })
    };
    links.iter().filter_map(dead).collect()
}
