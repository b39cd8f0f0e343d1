//! Files beside items: which of them items refer to, and what is known of those.
//!
//! In: a site's items, the files listed, and what is remembered of them. Out: [`FileSource`]s. Opens only files that an item refers to
//! and that may have changed.

use std::path::Path;

use rayon::prelude::*;
use sha2::Digest as _;

use super::front_matter;
use super::picture;
use super::settings::SiteSettings;
use super::text;
use super::walk::Found;
use super::{FileFacts, FileSource, ItemSource};
use crate::digest::Digest;

/// Adds remembered files that are no longer there: a broken item's last good page may still show them.
fn add_gone(found: &mut Vec<Found>, old: &[FileSource]) {
    let there = |path: &str| found.binary_search_by(|f| (*f.path).cmp(path)).is_ok();
    let gone: Vec<Found> = old
        .iter()
        .filter(|o| o.facts.is_some() && !there(&o.path))
        .map(|o| Found { path: o.path.clone(), stamp: o.stamp, size: o.size, link: false, gone: true })
        .collect();
    if !gone.is_empty() {
        found.extend(gone);
        found.sort_by(|a, b| a.path.cmp(&b.path));
    }
}

/// Facts about the files that items refer to; the others are only listed.
pub(super) fn read_files(
    dir: &Path,
    settings: &SiteSettings,
    items: &[ItemSource],
    mut found: Vec<Found>,
    old: Vec<FileSource>,
    changed: &mut bool,
) -> Vec<FileSource> {
    add_gone(&mut found, &old);
    let mut wanted = vec![false; found.len()];
    let mut sealed = vec![false; found.len()];
    for path in settings.pictures() {
        if let Ok(at) = found.binary_search_by(|f| (*f.path).cmp(path))
            && !found[at].gone
        {
            wanted[at] = true;
        }
    }
    for item in items {
        for version in item.current.iter().chain(item.last_good.as_deref()) {
            let body = version.outline.links.iter().map(|l| &*l.target).filter(|t| front_matter::is_file(t));
            for target in version.front.files().into_iter().map(|r| &*r.target).chain(body) {
                if let Some(path) = beside(&item.path, target)
                    && let Ok(at) = found.binary_search_by(|f| (*f.path).cmp(&path))
                {
                    wanted[at] = true;
                    sealed[at] |= matches!(version.front.details, front_matter::Details::Download(_));
                }
            }
            if let front_matter::Details::Album(album) = &version.front.details
                && album.photos.is_empty()
            {
                let folder = folder_of(&item.path);
                let from = found.partition_point(|f| *f.path < *folder);
                // What is gone is remembered as long as the item's last good page may show it.
                let remembered = item.last_good.is_some();
                found[from..].iter().zip(&mut wanted[from..]).take_while(|(f, _)| f.path.starts_with(folder)).for_each(|(f, w)| {
                    *w |= (!f.gone || remembered) && is_picture(&f.path) && !f.path[folder.len()..].contains('/');
                });
            }
        }
    }
    let mut old = old.into_iter().peekable();
    let jobs: Vec<(Found, bool, bool, Option<FileSource>)> = found
        .into_iter()
        .zip(wanted)
        .zip(sealed)
        .map(|((f, wanted), sealed)| {
            while old.next_if(|o| *o.path < *f.path).is_some() {}
            let same = old.next_if(|o| *o.path == *f.path);
            (f, wanted, sealed, same)
        })
        .collect();
    let files: Vec<(FileSource, bool)> = jobs
        .into_par_iter()
        .filter(|(f, wanted, ..)| *wanted || !f.gone)
        .map(|(f, wanted, sealed, old)| match old {
            Some(old) if f.gone => (FileSource { gone: true, ..old.clone() }, !old.gone),
            Some(old) if !old.gone && old.stamp == f.stamp && old.stamp != 0 && knows_enough(&old, wanted, sealed) => {
                let fresh = old.facts.is_some() != wanted;
                (FileSource { facts: old.facts.filter(|_| wanted), ..old }, fresh)
            }
            old => {
                let mut facts = wanted.then(|| file_facts(&dir.join(&*f.path), f.size, sealed));
                // What is damaged now still has the form it had on the last good page.
                if let (Some(new), Some(before)) = (facts.as_mut().filter(|f| f.broken.is_some()), old.as_ref().and_then(|o| o.facts.as_ref())) {
                    (new.picture, new.rows) = (before.picture, before.rows);
                }
                let file = FileSource { path: f.path, stamp: f.stamp, size: f.size, facts, gone: false };
                let fresh = old.as_ref() != Some(&file);
                (file, fresh)
            }
        })
        .collect();
    *changed |= files.iter().any(|(_, fresh)| *fresh);
    files.into_iter().map(|(file, _)| file).collect()
}

/// Whether what is remembered of a file answers what is asked of it now.
fn knows_enough(old: &FileSource, wanted: bool, sealed: bool) -> bool {
    match &old.facts {
        Some(facts) => !sealed || facts.sha256.is_some() || facts.broken.is_some(),
        None => !wanted,
    }
}

/// The folder of an item, with a final `/`; empty for the site's own folder.
#[must_use]
pub fn folder_of(path: &str) -> &str {
    memchr::memrchr(b'/', path.as_bytes()).map_or("", |at| &path[..=at])
}

/// Whether a file's name is that of a picture pages can show.
#[must_use]
pub fn is_picture(path: &str) -> bool {
    let ending = path.rsplit('.').next().unwrap_or("").to_ascii_lowercase();
    matches!(ending.as_str(), "jpg" | "jpeg" | "png" | "webp" | "gif")
}

/// The media type of a file, by its name (RFC 6838 names; texts are UTF-8).
#[must_use]
pub fn content_type(name: &str) -> &'static str {
    let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending).to_ascii_lowercase();
    match ending.as_str() {
        "html" | "htm" | "shtml" => "text/html; charset=utf-8",
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "xml" => "application/xml; charset=utf-8",
        "txt" => "text/plain; charset=utf-8",
        "csv" => "text/csv; charset=utf-8",
        "json" => "application/json; charset=utf-8",
        "vtt" => "text/vtt; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        "jpg" | "jpeg" => "image/jpeg",
        "webp" => "image/webp",
        "gif" => "image/gif",
        "woff2" => "font/woff2",
        "pdf" => "application/pdf",
        "mp4" => "video/mp4",
        "webm" => "video/webm",
        "mp3" => "audio/mpeg",
        _ => "application/octet-stream",
    }
}

/// The path of the file that `target` names beside the item at `item`; `None` when it would leave the site's folder.
#[must_use]
pub fn beside(item: &str, target: &str) -> Option<String> {
    // Most targets are names or paths as they are, maybe of folders further up: nothing to decode, nothing to put together piece by piece.
    let (mut folder, mut rest) = (folder_of(item), target);
    while let Some(above) = rest.strip_prefix("../") {
        folder = folder_of(folder.strip_suffix('/')?);
        rest = above;
    }
    let mut before = b'/';
    let plain = |b: u8| {
        let begins = std::mem::replace(&mut before, b) == b'/';
        b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_') || b >= 0x80 || (!begins && matches!(b, b'.' | b'/'))
    };
    if !rest.is_empty() && rest.bytes().all(plain) && !rest.ends_with('/') {
        return Some([folder, rest].concat());
    }
    let target = target.split(['#', '?']).next().unwrap_or("");
    let decoded = percent_decoded(target)?;
    if decoded.is_empty() || decoded.contains(['\\', '\0']) || decoded.starts_with('/') {
        return None;
    }
    let mut parts: Vec<&str> = folder_of(item).split('/').filter(|p| !p.is_empty()).collect();
    for part in decoded.split('/') {
        match part {
            "" | "." => {}
            ".." => {
                parts.pop()?;
            }
            name => parts.push(name),
        }
    }
    Some(parts.join("/"))
}

/// Undoes percent-encoding; `None` when the result is not UTF-8.
#[must_use]
pub fn percent_decoded(text: &str) -> Option<String> {
    if !text.contains('%') {
        return Some(text.to_string());
    }
    let bytes = text.as_bytes();
    let mut out = Vec::with_capacity(bytes.len());
    let mut i = 0;
    while i < bytes.len() {
        let hex = (bytes[i] == b'%').then(|| text.get(i + 1..i + 3)).flatten().and_then(|h| u8::from_str_radix(h, 16).ok());
        match hex {
            Some(byte) => {
                out.push(byte);
                i += 3;
            }
            None => {
                out.push(bytes[i]);
                i += 1;
            }
        }
    }
    String::from_utf8(out).ok()
}

fn file_facts(path: &Path, size: u64, sealed: bool) -> FileFacts {
    let mut facts = FileFacts { digest: Digest::default(), picture: None, rows: None, latest: Vec::new(), sha256: None, broken: None };
    let name = path.to_string_lossy();
    let a_picture = is_picture(&name);
    if a_picture && let Some(text) = picture::too_heavy(size) {
        facts.broken = Some(text);
        return facts;
    }
    let bytes = match std::fs::read(path) {
        Ok(bytes) => bytes,
        Err(e) => {
            facts.broken = Some(crate::diagnostic::Text::new(format!("读不出：{e}"), format!("cannot be read: {e}")));
            return facts;
        }
    };
    facts.digest = Digest::of_bytes(&bytes);
    facts.sha256 = sealed.then(|| sha2::Sha256::digest(&bytes).into());
    if a_picture {
        match picture::read(&bytes, facts.digest) {
            Ok(picture) => facts.picture = Some(picture),
            Err(text) => facts.broken = Some(text),
        }
    } else if name.to_ascii_lowercase().ends_with(".csv") {
        match text::rows(&bytes) {
            Ok(table) => {
                facts.rows = Some(u32::try_from(table.rows.len()).unwrap_or(u32::MAX));
                facts.latest = latest_row(table);
            }
            Err(text) => facts.broken = Some(text),
        }
    }
    facts
}

/// The newest row of a table with its headings. Tables that count time backwards begin with it.
fn latest_row(table: super::Table) -> Vec<(Box<str>, Box<str>)> {
    let (Some(first), Some(last)) = (table.rows.first(), table.rows.last()) else { return Vec::new() };
    let newest = if first.first() > last.first() { first } else { last };
    table.headings.iter().zip(newest).map(|(heading, cell)| (heading.as_str().into(), cell.as_str().into())).collect()
}

#[cfg(test)]
mod tests {
    use super::beside;

    #[test]
    fn a_target_is_found_from_the_folder_of_its_item() {
        for (item, target, wanted) in [
            ("news/2026/a.md", "b.md", Some("news/2026/b.md")),
            ("news/2026/a.md", "图 1.png", Some("news/2026/图 1.png")),
            ("news/2026/a.md", "%E5%9B%BE.png?x#y", Some("news/2026/图.png")),
            ("news/2026/a.md", "../b.md", Some("news/b.md")),
            ("news/2026/a.md", "../../pictures/p.jpg", Some("pictures/p.jpg")),
            ("news/2026/a.md", "../../%70.jpg", Some("p.jpg")),
            ("news/2026/a.md", "../../../p.jpg", None),
            ("news/2026/a.md", "../../../../etc/passwd.txt", None),
            ("news/2026/a.md", "../..//p.jpg", Some("p.jpg")),
            ("news/2026/a.md", "../.././p.jpg", Some("p.jpg")),
            ("news/2026/a.md", "../x/../p.jpg", Some("news/p.jpg")),
            ("news/2026/a.md", "x/../../../../p.jpg", None),
            ("news/2026/a.md", "..%2F..%2F..%2Fp.jpg", None),
            ("news/2026/a.md", "./p.jpg", Some("news/2026/p.jpg")),
            ("news/2026/a.md", "a//b/", Some("news/2026/a/b")),
            ("news/2026/a.md", "/p.jpg", None),
            ("news/2026/a.md", "a\\b", None),
            ("news/2026/a.md", "", None),
            ("a.md", "p.jpg", Some("p.jpg")),
            ("a.md", "../p.jpg", None),
        ] {
            assert_eq!(beside(item, target).as_deref(), wanted, "{target} from {item}");
        }
    }
}
