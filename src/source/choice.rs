//! Which settings of a site are used: those that stand in its file or, when they have errors, the last ones that could be read.
//!
//! In: settings files as bytes, and the texts that are remembered. Out: settings with the places of their keys, and all that is wrong.

use std::path::Path;

use super::scan::SiteScan;
use super::settings::{self, GroupSettings, Places, SiteSettings};
use super::{ReadError, SiteContent, text, yaml};
use crate::diagnostic::{Diagnostic, Place};

/// A site to be read: what was listed, its settings, and what is remembered of it.
pub(super) type Input = (SiteScan, Option<Chosen>, Option<Box<str>>, SiteContent);

/// Decodes and parses a settings file, then hands its tree to `read`.
pub(super) fn settings_of<T>(bytes: &[u8], file: &str, read: impl Fn(&yaml::Node) -> (T, Vec<Diagnostic>)) -> (Option<T>, Box<str>, Vec<Diagnostic>) {
    let text = match text::decode(bytes, file) {
        Ok(text) => text,
        Err(diagnostic) => return (None, "".into(), vec![diagnostic]),
    };
    match yaml::parse(&text, 1) {
        Ok(node) => {
            let (value, found) = read(&node);
            (Some(value), text.into(), found)
        }
        Err(e) => (None, text.into(), vec![Diagnostic::error("bad-yaml", file, e.place, e.zh, e.en)]),
    }
}

/// A site's settings that are used, with the places of their keys and their text.
pub(super) struct Chosen {
    pub settings: SiteSettings,
    pub places: Places,
    pub text: Box<str>,
}

/// A site's settings: those that stand in its file or, when they have errors, the last ones that could be read.
pub(super) fn choose_settings(scan: &SiteScan, old: Option<&str>) -> (Option<Chosen>, Vec<Diagnostic>) {
    let id = &*scan.id;
    let file = format!("sites/{id}.yaml");
    let (settings, text, mut found) = match &scan.settings {
        Ok(bytes) => settings_of(bytes, &file, |node| {
            let (settings, found) = settings::read_site(node, id, &file);
            ((settings, settings::places(node)), found)
        }),
        Err(e) => (None, "".into(), vec![Diagnostic::error("unreadable", &file, Place::default(), format!("读不出：{e}"), format!("cannot be read: {e}"))]),
    };
    if !settings::is_id(id) {
        found.push(Diagnostic::error("bad-id", &file, Place::default(), format!("站点标识“{id}”不能用作地址"), format!("`{id}` cannot be a site's id")));
    }
    let usable = !found.iter().any(Diagnostic::is_error);
    let chosen = match settings {
        Some((settings, places)) if usable => Some(Chosen { settings, places, text }),
        _ => old.and_then(|text| remembered_settings(id, text)),
    };
    (chosen, found)
}

fn remembered_settings(id: &str, text: &str) -> Option<Chosen> {
    let node = yaml::parse(text, 1).ok()?;
    Some(Chosen { settings: settings::read_site(&node, id, "").0, places: settings::places(&node), text: text.into() })
}

/// A site that claims another's place keeps its last settings, if they name another one.
pub(super) fn settle_places(main: &str, inputs: &mut [Input], diagnostics: &mut Vec<Diagnostic>) {
    let claims = inputs.iter().map(|(scan, chosen, ..)| (&*scan.id, chosen.as_ref().map_or("", |c| &*c.settings.at)));
    let winners: std::collections::BTreeMap<String, usize> = settings::winners(main, claims).into_iter().map(|(at, i)| (at.to_string(), i)).collect();
    for i in 0..inputs.len() {
        let Some(chosen) = &inputs[i].1 else { continue };
        let at = chosen.settings.at.clone();
        let Some(&winner) = winners.get(&*at).filter(|w| **w != i) else { continue };
        let id = inputs[i].0.id.clone();
        let last = inputs[i].2.as_deref().and_then(|text| remembered_settings(&id, text)).filter(|last| !winners.contains_key(&*last.settings.at));
        if let Some(last) = last {
            let place = chosen.places.get("at").copied().unwrap_or_default();
            diagnostics.push(settings::place_taken(&format!("sites/{id}.yaml"), place, &at, &inputs[winner].0.id));
            inputs[i].1 = Some(last);
        }
    }
}

/// Reads a file that is no symbolic link: settings come from the group's own folder.
pub(super) fn read_plain(path: &Path) -> std::io::Result<Vec<u8>> {
    if std::fs::symlink_metadata(path)?.is_file() { std::fs::read(path) } else { Err(std::io::Error::other("not a plain file")) }
}

/// The settings of the group and of its sites by id, as they stand in their files, without anything else being read. Sites whose settings
/// have errors are left out: a build tells of them.
///
/// # Errors
/// [`ReadError`] when the group's settings cannot be used.
pub fn settings_alone(root: &Path) -> Result<(GroupSettings, Vec<(String, SiteSettings)>), ReadError> {
    let file = "sites/group.yaml";
    let bytes = std::fs::read(root.join(file)).map_err(|e| match e.kind() {
        std::io::ErrorKind::NotFound => ReadError::NoGroup(root.to_path_buf()),
        _ => ReadError::Io(root.join(file), e),
    })?;
    let (group, _, found) = settings_of(&bytes, file, |node| settings::read_group(node, file));
    let Some(group) = group.filter(|_| !found.iter().any(Diagnostic::is_error)) else { return Err(ReadError::BadGroup(found)) };
    let site = |id: String| {
        let path = ["yaml", "yml"].iter().map(|e| root.join(format!("sites/{id}.{e}"))).find(|p| p.exists())?;
        let (settings, _, found) = settings_of(&read_plain(&path).ok()?, "", |node| settings::read_site(node, &id, ""));
        settings.filter(|_| !found.iter().any(Diagnostic::is_error)).map(|s| (id, s))
    };
    Ok((group, site_ids(root)?.into_iter().filter_map(site).collect()))
}

/// The ids of the sites in the `i`-th of `n` shares, `i` from 1. A site's share follows from its id alone, so it stays when others come and go.
///
/// # Errors
/// [`ReadError`] when there is no folder of settings.
pub fn share_of_sites(root: &Path, (i, n): (u32, u32)) -> Result<Vec<String>, ReadError> {
    let is_in = |id: &String| crate::digest::Digest::of_bytes(id.as_bytes()).short() % u64::from(n.max(1)) == u64::from(i.saturating_sub(1));
    Ok(site_ids(root)?.into_iter().filter(is_in).collect())
}

pub(super) fn site_ids(root: &Path) -> Result<Vec<String>, ReadError> {
    let dir = root.join("sites");
    let mut ids = Vec::new();
    for entry in std::fs::read_dir(&dir).map_err(|e| ReadError::Io(dir.clone(), e))? {
        let name = entry.map_err(|e| ReadError::Io(dir.clone(), e))?.file_name();
        let Some(id) = name.to_str().and_then(|n| n.strip_suffix(".yaml").or_else(|| n.strip_suffix(".yml"))) else { continue };
        if !matches!(id, "group" | "owners") && !id.starts_with('.') {
            ids.push(id.to_string());
        }
    }
    ids.sort();
    ids.dedup();
    Ok(ids)
}
