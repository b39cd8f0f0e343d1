//! References: where a link written in one item leads, within a site or across sites.
//!
//! In: the text of a target and the item it stands in. Out: what it means ([`Target`]), or why it means nothing ([`Dead`]).
//! Existence is decided on what was written, so one item's error never makes another's link an error.

use super::PortalGroup;
use super::item::ItemRef;
use crate::source::{SourceTree, beside, folder_of, markdown};

/// What a target means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Target {
    /// A public item.
    Item(ItemRef),
    /// A column: site, column.
    Column(usize, usize),
    /// A site's home page.
    Site(usize),
    /// A file beside an item: site, file.
    File(usize, usize),
    /// An address as it stands.
    Address,
    /// It exists and is not public.
    Hidden,
}

/// Why a target means nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dead {
    /// The code of the diagnostic.
    pub code: &'static str,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
    /// What may have been meant.
    pub near: Option<String>,
}

/// What a target names among the sources, before it is known what is public.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Written {
    /// Site (in the tree), item.
    Item(usize, usize),
    /// Site, column path is valid.
    Column(usize),
    Site(usize),
    /// Site, file.
    File(usize, usize),
    Address,
    /// Something of a site whose settings cannot be read: nobody knows whether it exists.
    Unknown,
}

/// Endings of files that a page may link to and the build may copy. Whatever a browser could run as a page or a script is not among them.
const FILES: &[&str] = &[
    "7z", "csv", "doc", "docx", "dps", "et", "gif", "gz", "jpeg", "jpg", "json", "m4a", "mp3", "mp4", "odp", "ods", "odt", "ofd", "pdf", "png", "ppt", "pptx",
    "rar", "rtf", "txt", "vtt", "wav", "webm", "webp", "wps", "xls", "xlsx", "zip",
];

/// Whether a file may be published at all, by its ending.
#[must_use]
pub fn is_publishable(path: &str) -> bool {
    let name = &path[folder_of(path).len()..];
    name.rsplit_once('.').is_some_and(|(_, ending)| FILES.iter().any(|known| known.eq_ignore_ascii_case(ending)))
}

/// Finds what a target written in `item` of site `site` (an index in the tree) names.
pub(super) fn written(tree: &SourceTree, site: usize, item: &str, target: &str) -> Result<Written, Dead> {
    let bare = memchr::memchr(b'#', target.as_bytes()).map_or(target, |at| &target[..at]);
    if let Some(path) = bare.strip_prefix("@/") {
        return across(tree, path, bare);
    }
    if bare.is_empty() || bare.starts_with('/') || memchr::memchr(b':', bare.as_bytes()).is_some() {
        return if markdown::allowed_scheme(target) { Ok(Written::Address) } else { Err(refused(target)) };
    }
    let Some(path) = beside(item, bare) else {
        return Err(Dead {
            code: "outside-site",
            zh: format!("“{target}”指向站点文件夹之外"),
            en: format!("`{target}` leads outside the site's folder"),
            near: None,
        });
    };
    if path.ends_with(".md") { an_item(tree, site, &path, target) } else { a_file(tree, site, &path, target) }
}

fn refused(target: &str) -> Dead {
    Dead { code: "unsafe-link", zh: format!("不允许这样的链接“{target}”"), en: format!("links such as `{target}` are refused"), near: None }
}

/// What `shown`, a target across sites, names: `path` is what follows its `@/`.
fn across(tree: &SourceTree, path: &str, shown: &str) -> Result<Written, Dead> {
    let (id, rest) = path.split_once('/').unwrap_or((path, ""));
    if tree.unreadable.iter().any(|u| **u == *id) {
        return Ok(Written::Unknown);
    }
    let Ok(site) = tree.sites.binary_search_by(|s| (*s.id).cmp(id)) else {
        let ids: Vec<&str> = tree.sites.iter().map(|s| &*s.id).collect();
        return Err(Dead {
            code: "dead-link",
            zh: format!("没有站点“{id}”（{shown}）"),
            en: format!("there is no site `{id}` ({shown})"),
            near: ids
                .iter()
                .min_by_key(|k| strsim::damerau_levenshtein(id, k))
                .filter(|k| strsim::damerau_levenshtein(id, k) <= id.len() / 4 + usize::from(id.len() > 2))
                .map(|k| format!("@/{k}")),
        });
    };
    let rest = rest.trim_end_matches('/');
    if rest.is_empty() {
        return Ok(Written::Site(site));
    }
    if rest.ends_with(".md") {
        an_item(tree, site, rest, shown)
    } else if has_column(&tree.sites[site].settings.columns, rest) {
        Ok(Written::Column(site))
    } else if path.ends_with('/') || !rest.rsplit('/').next().unwrap_or("").contains('.') {
        Err(no_column(tree, site, rest))
    } else {
        a_file(tree, site, rest, shown)
    }
}

fn no_column(tree: &SourceTree, site: usize, path: &str) -> Dead {
    fn paths(columns: &[crate::source::settings::ColumnSettings], prefix: &str, all: &mut Vec<String>) {
        for column in columns {
            let path = format!("{prefix}{}", column.id);
            paths(&column.columns, &format!("{path}/"), all);
            all.push(path);
        }
    }
    let mut all = Vec::new();
    paths(&tree.sites[site].settings.columns, "", &mut all);
    let id = &tree.sites[site].id;
    let score = |p: &String| strsim::damerau_levenshtein(path, p);
    let near = all.into_iter().min_by_key(score).filter(|p| score(p) <= 3);
    Dead {
        code: "dead-link",
        zh: format!("站点 {id} 没有栏目“{path}”"),
        en: format!("the site `{id}` has no column `{path}`"),
        near: near.map(|p| format!("@/{id}/{p}/")),
    }
}

fn has_column(columns: &[crate::source::settings::ColumnSettings], path: &str) -> bool {
    let (first, rest) = path.split_once('/').unwrap_or((path, ""));
    columns.iter().find(|c| *c.id == *first).is_some_and(|c| rest.is_empty() || has_column(&c.columns, rest))
}

fn an_item(tree: &SourceTree, site: usize, path: &str, shown: &str) -> Result<Written, Dead> {
    let source = &tree.sites[site];
    source.item_at(path).map(|at| Written::Item(site, at)).ok_or_else(|| Dead {
        code: "dead-link",
        zh: format!("“{shown}”指向的稿件不存在"),
        en: format!("`{shown}` leads to an item that does not exist"),
        near: nearest_path(path, source.content.items.iter().map(|i| &*i.path)).map(|p| format!("@/{}/{p}", source.id)),
    })
}

fn a_file(tree: &SourceTree, site: usize, path: &str, shown: &str) -> Result<Written, Dead> {
    let files = &tree.sites[site].content.files;
    let Some(at) = files.binary_search_by(|f| (*f.path).cmp(path)).ok().filter(|at| !files[*at].gone) else {
        return Err(Dead {
            code: "missing-file",
            zh: format!("找不到文件“{shown}”"),
            en: format!("the file `{shown}` does not exist"),
            near: nearest_path(path, files.iter().filter(|f| !f.gone).map(|f| &*f.path)).map(|p| p.rsplit('/').next().unwrap_or(p).to_string()),
        });
    };
    if !is_publishable(path) {
        return Err(Dead {
            code: "refused-file",
            zh: format!("这种文件不能发布：“{shown}”"),
            en: format!("files of this kind are not published: `{shown}`"),
            near: None,
        });
    }
    if let Some(broken) = files[at].facts.as_ref().and_then(|f| f.broken.as_ref()) {
        return Err(Dead { code: "broken-file", zh: format!("“{shown}”：{}", broken.zh), en: format!("`{shown}`: {}", broken.en), near: None });
    }
    Ok(Written::File(site, at))
}

/// The path in the same folder whose name is nearest, or one with the same name elsewhere.
fn nearest_path<'p>(path: &str, paths: impl Iterator<Item = &'p str>) -> Option<&'p str> {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let mut best: Option<(usize, &str)> = None;
    for other in paths {
        let (other_folder, other_name) = other.rsplit_once('/').unwrap_or(("", other));
        let score = if other_name == name {
            1
        } else if other_folder == folder {
            strsim::damerau_levenshtein(name, other_name)
        } else {
            continue;
        };
        if score <= 3 && best.is_none_or(|(s, _)| score < s) {
            best = Some((score, other));
        }
    }
    best.map(|(_, path)| path)
}

impl PortalGroup {
    /// Where a target written in `item` (a path) of site `site` leads, as far as it is public. `None` when it is dead.
    #[must_use]
    pub fn resolve(&self, site: usize, item: &str, target: &str) -> Option<Target> {
        let source = self.sites[site].source;
        Some(match written(&self.tree, source, item, target).ok()? {
            Written::Item(source, at) => match self.site_of_source(source).and_then(|s| Some((s, self.sites[s].by_source[at]?))) {
                Some((site, item)) => Target::Item(ItemRef { site: index(site), item }),
                None => Target::Hidden,
            },
            Written::Column(source) => {
                let path = target.split('#').next().unwrap_or("").trim_start_matches("@/").split_once('/').map_or("", |(_, rest)| rest);
                let site = self.site_of_source(source)?;
                Target::Column(site, self.sites[site].column(path)?)
            }
            Written::Site(source) => self.site_of_source(source).map_or(Target::Hidden, Target::Site),
            Written::File(source, at) => match self.site_of_source(source) {
                Some(site) if self.sites[site].published[at] => Target::File(site, at),
                _ => Target::Hidden,
            },
            Written::Address => Target::Address,
            Written::Unknown => Target::Hidden,
        })
    }
}

/// Indices of sites and items fit in 32 bits: a group of four thousand million items is not one.
pub(super) fn index(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}
