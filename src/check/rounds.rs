//! One round through a site's files: its items and what is handed out beside them, as far as they changed since the last check.
//!
//! In: an [`Inspection`], the rules, a site. Out: what was examined of every file, remembered for the next round.

use std::path::Path;

use rayon::prelude::*;

use super::Inspection;
use super::examine::{self, Examined, Rulebook};
use super::finding::Finding;
use super::group::{Shown, id_of};
use super::memory::{Memory, SiteMemory};
use super::numbers;
use crate::diagnostic::Place;
use crate::digest::Digest;
use crate::source::attachment;

/// One site, examined.
pub(super) struct Round {
    pub memory: SiteMemory,
    /// How many files were opened.
    pub opened: usize,
}

/// Examines the items and the published files of a site, as far as they changed. `known`: what was examined before, if it is at hand.
pub(super) fn site(
    inspection: &Inspection<'_>,
    rules: &Rulebook,
    digest: Digest,
    (site, items): (usize, &[Shown<'_>]),
    known: Option<SiteMemory>,
) -> std::io::Result<Round> {
    let Inspection { group, root, .. } = *inspection;
    let (id, source) = (id_of(group, site), group.source(site));
    let memory = Memory::of(root);
    let before = known.filter(|m| m.rules == digest).unwrap_or_else(|| memory.site(id, digest));
    let count = (before.items.len(), before.files.len());
    let item = |(shown, old): (&Shown<'_>, Option<Examined>)| {
        let read = group.item_source(shown.at);
        if let Some(old) = old {
            return (old, false);
        }
        let index = group.item(shown.at).source as usize;
        let written = crate::source::written_item(root, source, index);
        let examined = written.map_or_else(Examined::default, |w| examine::item(rules, &shown.file, shown.version, &w));
        (Examined { path: read.path.clone(), stamp: read.stamp, ..examined }, true)
    };
    let file = |(at, old): (usize, Option<Examined>)| {
        let file = &source.content.files[at];
        if let Some(old) = old {
            return (old, false);
        }
        let findings = examine_file(root, id, &file.path);
        (Examined { path: file.path.clone(), stamp: file.stamp, findings, ..Examined::default() }, true)
    };
    let wanted = items.iter().map(|shown| group.item_source(shown.at)).map(|read| (&*read.path, read.stamp));
    let old = standing(wanted, before.items);
    let (items, fresh): (Vec<Examined>, Vec<bool>) = items.par_iter().zip(old).with_min_len(16).map(item).unzip();
    // Photographs are published without what the camera wrote into them, so only what is handed out as it stands is opened.
    let is_original =
        |at: &usize| group.sites[site].published[*at] && !source.content.files[*at].gone && !crate::source::is_picture(&source.content.files[*at].path);
    let published: Vec<usize> = (0..source.content.files.len()).filter(is_original).collect();
    let old = standing(published.iter().map(|at| &source.content.files[*at]).map(|file| (&*file.path, file.stamp)), before.files);
    let (files, fresh_files): (Vec<Examined>, Vec<bool>) = published.into_par_iter().zip(old).map(file).unzip();
    let opened = fresh.iter().chain(&fresh_files).filter(|f| **f).count();
    let moved = opened > 0 || count != (items.len(), files.len());
    let result = Round { memory: SiteMemory { rules: digest, items, files }, opened };
    if moved {
        memory.save_site(id, &result.memory)?;
    }
    Ok(result)
}

/// For every wanted file, by its path and its stamp, what was examined of it when that still holds. Both are in the order of their paths.
fn standing<'p>(wanted: impl Iterator<Item = (&'p str, u64)>, old: Vec<Examined>) -> Vec<Option<Examined>> {
    let mut old = old.into_iter().peekable();
    let same = |(path, stamp): (&str, u64)| {
        while old.next_if(|e| *e.path < *path).is_some() {}
        old.next_if(|e| *e.path == *path).filter(|e| stamp != 0 && e.stamp == stamp)
    };
    wanted.map(same).collect()
}

/// Looks into an attachment.
fn examine_file(root: &Path, id: &str, path: &str) -> Vec<Finding> {
    let file = format!("content/{id}/{path}");
    let Ok(bytes) = std::fs::read(root.join(&file)) else { return Vec::new() };
    let inside = attachment::read(path, &bytes);
    let mut found = Vec::new();
    for (place, text) in &inside.texts {
        let mut told = std::collections::HashSet::new();
        for number in numbers::find(text) {
            if told.insert(number.digest) {
                found.push(examine::private(&file, Place::default(), &number, place));
            }
        }
    }
    for place in &inside.places {
        let (zh, en) = if place.is_empty() { (String::new(), String::new()) } else { (format!("（{place}）"), format!(" ({place})")) };
        found.push(
            Finding::new("private-place", &file, Place::default(), format!("图片带有拍摄位置{zh}"), format!("a picture tells where it was taken{en}"))
                .hint("清除位置信息后再放进来", "remove the place from its metadata"),
        );
    }
    for (place, zh, en) in &inside.unread {
        let at = if place.is_empty() { String::new() } else { format!("（{place}）") };
        found.push(Finding::new("attachment-unread", &file, Place::default(), format!("附件{at}{zh}"), format!("attachment{at}: {en}")));
    }
    found
}
