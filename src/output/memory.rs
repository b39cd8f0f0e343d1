//! What a build remembers of the sources, in blocks: one changed file costs one block, not a site.
//!
//! In: a folder of the state, and a [`SourceTree`]. Out: files of a few hundred items each, or [`Remembered`] from them. A block that is
//! damaged, foreign or missing only means that its items are read again, and one that is older than its neighbours that the items
//! changed since are: every item carries its own stamp.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use bitcode::{Decode, Encode};
use rayon::prelude::*;

use super::manifest::{listed, load, save};
use crate::digest::Digest;
use crate::source::{FileSource, ItemSource, Remembered, SiteContent, SiteSource, SourceTree};

/// How many items a block has on the average. Blocks begin where the digest of an item's path says so: an item added or removed
/// changes its own block and leaves the others as they are.
const BLOCK: u64 = 512;

/// What is remembered of a site besides its items and files: its settings, and which blocks there are in which state.
#[derive(Debug, Default, Encode, Decode)]
struct SiteNote {
    id: Box<str>,
    settings: Box<str>,
    /// In the order of their items.
    blocks: Vec<Block>,
    files: Digest,
}

/// What is noted of a block of items.
#[derive(Debug, PartialEq, Encode, Decode)]
struct Block {
    /// The digest of its first item's path.
    name: u64,
    /// How many items it has.
    items: u32,
    /// In which state they are.
    state: Digest,
}

/// What was read last time.
#[must_use]
pub(super) fn load_sources(dir: &Path) -> Remembered {
    let notes: Vec<SiteNote> = listed(dir).par_iter().filter(|f| f.extension().is_some_and(|e| e == "site")).filter_map(|f| load(f)).collect();
    let sites = notes.into_par_iter().map(|note| {
        let folder = dir.join(&*note.id);
        let files: Vec<FileSource> = load(&folder.join("files")).unwrap_or_default();
        (note.id, note.settings, SiteContent { items: load_items(&folder, &note.blocks), files })
    });
    Remembered { group_text: load(&dir.join("group")), sites: sites.collect() }
}

/// The items of all blocks in the order of their paths, each once. One block after the other, so that the memory each needs while it is
/// read serves the next.
fn load_items(folder: &Path, blocks: &[Block]) -> Vec<ItemSource> {
    let mut items = Vec::with_capacity(blocks.iter().map(|b| b.items as usize).sum());
    for block in blocks {
        items.extend(load::<Vec<ItemSource>>(&block_file(folder, block.name)).unwrap_or_default());
    }
    if !items.is_sorted_by(|a: &ItemSource, b| a.path < b.path) {
        items.sort_by(|a, b| a.path.cmp(&b.path));
        items.dedup_by(|a, b| a.path == b.path);
    }
    items
}

/// Saves what was read, as far as it changed, and forgets sites that are gone.
///
/// # Errors
/// When a file cannot be written or removed.
pub(super) fn save_sources(dir: &Path, tree: &mut SourceTree) -> io::Result<()> {
    save(&dir.join("group"), &tree.group_text)?;
    tree.sites.par_iter_mut().try_for_each(|site| -> io::Result<()> {
        let file = dir.join(format!("{}.site", site.id));
        if site.change.any() || site.settings_changed || !file.exists() {
            save_site(dir, &file, site)?;
        }
        site.change = Default::default();
        site.settings_changed = false;
        Ok(())
    })?;
    let known = |path: &Path| tree.sites.iter().any(|s| path.file_stem().is_some_and(|stem| stem == &*s.id) || path.file_name().is_some_and(|n| n == "group"));
    for path in listed(dir).into_iter().filter(|p| !known(p)) {
        if path.is_dir() { fs::remove_dir_all(path)? } else { fs::remove_file(path)? }
    }
    Ok(())
}

fn save_site(dir: &Path, file: &Path, site: &SiteSource) -> io::Result<()> {
    let folder = dir.join(&*site.id);
    fs::create_dir_all(&folder)?;
    let old: SiteNote = load(file).unwrap_or_default();
    let now: Vec<(Block, &[ItemSource])> = blocks(&site.content.items).collect();
    now.par_iter().filter(|(block, _)| !old.blocks.contains(block)).try_for_each(|(block, items)| save(&block_file(&folder, block.name), *items))?;
    let files = Digest::of_bytes(&bitcode::encode(&site.content.files));
    if files != old.files {
        save(&folder.join("files"), &site.content.files)?;
    }
    let blocks: Vec<Block> = now.into_iter().map(|(block, _)| block).collect();
    let gone: Vec<u64> = old.blocks.iter().map(|b| b.name).filter(|name| !blocks.iter().any(|b| b.name == *name)).collect();
    save(file, &SiteNote { id: site.id.clone(), settings: site.settings_text.clone(), blocks, files })?;
    for name in gone {
        fs::remove_file(block_file(&folder, name)).or_else(|e| if e.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(e) })?;
    }
    Ok(())
}

fn block_file(folder: &Path, name: u64) -> PathBuf {
    folder.join(format!("{name:016x}"))
}

fn path_key(item: &ItemSource) -> u64 {
    Digest::of_bytes(item.path.as_bytes()).short()
}

/// Items in the order of their paths, cut into blocks.
fn blocks(items: &[ItemSource]) -> impl Iterator<Item = (Block, &[ItemSource])> {
    let block = |items: &[ItemSource]| Block { name: path_key(&items[0]), items: u32::try_from(items.len()).unwrap_or(u32::MAX), state: state_of(items) };
    items.chunk_by(|_, next| !path_key(next).is_multiple_of(BLOCK)).map(move |items| (block(items), items))
}

/// In which state the items of a block are: the stamps say what was read, the rest what was made of it. Where a stamp says nothing, no
/// two states are the same.
fn state_of(items: &[ItemSource]) -> Digest {
    let state = |item: &ItemSource| (item.stamp, item.column.map(|c| c as u8), item.proven, item.last_good.is_some());
    let young = items.iter().filter(|i| i.stamp == 0).filter_map(|i| i.current.as_ref()).map(|v| Digest::of_bytes(&bitcode::encode(v))).collect::<Vec<_>>();
    Digest::of(&(items.iter().map(|i| (&*i.path, state(i))).collect::<Vec<_>>(), young))
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn item(at: usize, stamp: u64) -> ItemSource {
        let path = format!("news/n{at:05}.md").into();
        ItemSource { path, stamp, column: None, current: None, last_good: None, proven: false, diagnostics: Vec::new() }
    }

    fn site(items: Vec<ItemSource>) -> SiteSource {
        SiteSource { id: "jyj".into(), content: SiteContent { items, files: Vec::new() }, ..SiteSource::default() }
    }

    fn stamps(dir: &Path) -> std::collections::BTreeMap<PathBuf, std::time::SystemTime> {
        listed(&dir.join("jyj")).into_iter().map(|p| (p.clone(), fs::metadata(&p).unwrap().modified().unwrap())).collect()
    }

    #[test]
    fn one_changed_item_costs_one_block_and_everything_is_read_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("jyj.site");
        let mut items: Vec<ItemSource> = (0..6000).map(|at| item(at, 7)).collect();
        save_site(dir.path(), &file, &site(items.clone())).unwrap();
        let before = stamps(dir.path());
        assert!(before.len() > 5, "{} blocks", before.len());
        items[3000].stamp = 8;
        items.remove(10);
        save_site(dir.path(), &file, &site(items.clone())).unwrap();
        let after = stamps(dir.path());
        let rewritten = after.iter().filter(|(path, time)| before.get(*path) != Some(time)).count();
        assert!((1..=3).contains(&rewritten), "{rewritten} blocks");
        let read = load_sources(dir.path());
        let read: Vec<(Box<str>, u64)> = read.sites.into_iter().flat_map(|(_, _, c)| c.items).map(|i| (i.path, i.stamp)).collect();
        assert_eq!(read, items.into_iter().map(|i| (i.path, i.stamp)).collect::<Vec<_>>());
    }

    #[test]
    fn a_damaged_block_loses_its_own_items_only() {
        let dir = tempfile::tempdir().unwrap();
        let items: Vec<ItemSource> = (0..6000).map(|at| item(at, 7)).collect();
        save_site(dir.path(), &dir.path().join("jyj.site"), &site(items)).unwrap();
        let block = listed(&dir.path().join("jyj")).into_iter().find(|p| p.file_name().is_some_and(|n| n != "files")).unwrap();
        fs::write(block, "x").unwrap();
        let left: usize = load_sources(dir.path()).sites.iter().map(|(_, _, c)| c.items.len()).sum();
        assert!(left < 6000 && left > 1000, "{left}");
    }
}
