//! The index folder: opened, brought up to the group.
//!
//! In: the assembled group and a folder. Out: an index in it that holds the group's documents; only what differs is made again. What it stands at is
//! in its own commits, so that a process killed at any point leaves a whole index, older or newer. An index that cannot be read is made anew.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rayon::prelude::*;
use tantivy::directory::error::OpenDirectoryError;
use tantivy::directory::{Directory, MmapDirectory};
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, NoMergePolicy};
use tantivy::{Index, IndexWriter, ReloadPolicy, TantivyDocument, Term};

use super::document::{Document, Entry, Library, Origin};
use super::folder::Folder;
use super::schema::{CELL, Fields, facts, schema, tokenizers};
use super::shown::{Catalogue, SiteEntry, TableEntry};
use crate::digest::Digest;
use crate::model::PortalGroup;
use crate::plan::url::Urls;
use crate::source::with_many_readers;

/// Moves with whatever changes what documents are made of or how they are laid out.
const RECIPE: u32 = 1;
/// Documents from which a segment is not merged any further: what is withdrawn is wiped by writing its segment anew.
const LARGEST_SEGMENT: usize = 40_000;
/// Bytes a thread gathers before it writes a segment.
const ROOM: usize = 64 << 20;
/// As many documents as are worth a second thread that writes, and more that read.
const MANY: usize = 2_000;
/// How long another writer is waited for.
const PATIENCE: Duration = Duration::from_secs(60);

/// Opens the index of a folder for asking, if it is one of ours.
pub(super) fn open(dir: &Path) -> Result<(Index, Catalogue), SearchError> {
    ours(dir, Folder::open(dir))
}

/// Opens it for writing: merges read everything there is, and best from mapped files.
fn open_to_write(dir: &Path) -> Result<(Index, Catalogue), SearchError> {
    ours(dir, MmapDirectory::open(dir))
}

fn ours(dir: &Path, directory: Result<impl Directory, OpenDirectoryError>) -> Result<(Index, Catalogue), SearchError> {
    let missing = || SearchError::Missing(dir.to_path_buf());
    let mut index = Index::open(directory.map_err(|_| missing())?).map_err(|_| missing())?;
    index.set_tokenizers(tokenizers());
    if index.schema() != schema().0 {
        return Err(missing());
    }
    let catalogue = catalogue(&index).filter(|c| c.recipe == RECIPE).ok_or_else(missing)?;
    Ok((index, catalogue))
}

fn catalogue(index: &Index) -> Option<Catalogue> {
    serde_json::from_str(&index.load_metas().ok()?.payload?).ok()
}

fn create(dir: &Path) -> Result<Index, SearchError> {
    match std::fs::remove_dir_all(dir) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => return Err(e.into()),
        _ => std::fs::create_dir_all(dir)?,
    }
    let mut index = Index::create_in_dir(dir, schema().0)?;
    index.set_tokenizers(tokenizers());
    Ok(index)
}

/// Why an index cannot be written or asked.
#[derive(Debug, thiserror::Error)]
pub enum SearchError {
    /// There is none, or it is of another version, damaged, or being made.
    #[error("there is no usable search index in {0}")]
    Missing(PathBuf),
    /// The index cannot be read or written.
    #[error("the search index: {0}")]
    Index(#[from] tantivy::TantivyError),
    /// A file cannot be read or written.
    #[error("the search index: {0}")]
    Io(#[from] std::io::Error),
}

/// What bringing an index up to date took.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Updated {
    /// Documents there are.
    pub documents: usize,
    /// Documents made, new or again.
    pub made: usize,
    /// Documents removed for good.
    pub removed: usize,
    /// Whether the whole index was made anew.
    pub anew: bool,
    /// Milliseconds.
    pub elapsed_ms: u64,
}

/// Whether the index in `dir` is known to hold a group that stands at `standing`.
#[must_use]
pub fn stands_at(dir: &Path, standing: Digest) -> bool {
    standing != Digest::default() && open(dir).is_ok_and(|(_, catalogue)| catalogue.standing == standing.hex(32))
}

/// Brings the index in `dir` up to the group: documents that are new or made from something else are made, those that are gone are removed.
///
/// `standing` is a digest under which the group will be known again, or the default.
///
/// # Errors
/// When the index can neither be read nor made, or another process keeps writing it for a minute.
pub fn update(group: &PortalGroup, root: &Path, dir: &Path, standing: Digest) -> Result<Updated, SearchError> {
    let started = Instant::now();
    let _turn = turn(dir)?;
    let mut done = match open_to_write(dir) {
        Ok((index, before)) => match bring(&index, before, group, root, standing) {
            // Whatever is wrong with it: it holds nothing that cannot be made again.
            Err(_) => anew(group, root, dir, standing)?,
            Ok(done) => done,
        },
        Err(_) => anew(group, root, dir, standing)?,
    };
    done.elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    Ok(done)
}

fn anew(group: &PortalGroup, root: &Path, dir: &Path, standing: Digest) -> Result<Updated, SearchError> {
    Ok(Updated { anew: true, ..bring(&create(dir)?, Catalogue::default(), group, root, standing)? })
}

/// One writer at a time: the next waits. The lock lies beside the folder, which may be removed meanwhile.
fn turn(dir: &Path) -> Result<std::fs::File, SearchError> {
    let parent = dir.parent().unwrap_or(dir);
    std::fs::create_dir_all(parent)?;
    let name = dir.file_name().map_or_else(|| "search".into(), |n| n.to_string_lossy().into_owned());
    let lock = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(parent.join(format!("{name}.lock")))?;
    let started = Instant::now();
    loop {
        match lock.try_lock() {
            Ok(()) => return Ok(lock),
            Err(std::fs::TryLockError::Error(e)) => return Err(e.into()),
            Err(std::fs::TryLockError::WouldBlock) if started.elapsed() > PATIENCE => return Err(SearchError::Missing(dir.to_path_buf())),
            Err(std::fs::TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn bring(index: &Index, before: Catalogue, group: &PortalGroup, root: &Path, standing: Digest) -> Result<Updated, SearchError> {
    let urls = Urls::new(group, None);
    let mut next = Catalogue { recipe: RECIPE, standing: if standing == Digest::default() { String::new() } else { standing.hex(32) }, ..Catalogue::default() };
    next.sites = sites(&before.sites, group, &urls);
    let library = Library { group, root, urls, numbers: numbers(&next.sites, group) };
    let entries = library.entries(RECIPE);
    let known = known(index)?;
    let wanted: HashMap<u64, u64> = entries.iter().map(|e| (e.key, e.stamp)).collect();
    let fresh: Vec<&Entry> = entries.iter().filter(|e| known.get(&e.key).map(|(stamp, _)| *stamp) != Some(e.stamp)).collect();
    let gone: Vec<u64> = known.keys().copied().filter(|key| !wanted.contains_key(key)).collect();
    next.tables = tables(&before.tables, &fresh, &entries, &library);
    next.vocabulary = vocabulary(group);
    let removed: usize = gone.iter().filter_map(|key| known.get(key)).map(|(_, count)| count).sum();
    let mut updated = Updated { made: 0, removed, ..Updated::default() };
    if next != before || !fresh.is_empty() || !gone.is_empty() {
        let threads = if fresh.len() >= MANY { 2 } else { 1 };
        let options = IndexWriterOptions::builder().num_worker_threads(threads).memory_budget_per_thread(ROOM).num_merge_threads(2).build();
        let mut writer: IndexWriter = index.writer_with_options(options)?;
        writer.set_merge_policy(Box::new(policy()));
        let fields = schema().1;
        for key in gone.iter().copied().chain(fresh.iter().map(|e| e.key).filter(|key| known.contains_key(key))) {
            writer.delete_term(Term::from_field_u64(fields.key, key));
        }
        let made = fresh.par_iter().with_min_len(8).map(|entry| {
            let documents = library.documents(entry.origin);
            let count = documents.len();
            for document in documents {
                writer.add_document(of_document(&fields, entry, &document, library.number(site_of(entry.origin))))?;
            }
            Ok::<usize, SearchError>(count)
        });
        let make = || made.try_reduce(|| 0, |a, b| Ok(a + b));
        updated.made = if fresh.len() >= MANY { with_many_readers(make) } else { make() }?;
        let payload = serde_json::to_string(&next).map_err(std::io::Error::from)?;
        let mut commit = writer.prepare_commit()?;
        commit.set_payload(&payload);
        commit.commit()?;
        if !gone.is_empty() {
            wipe(index, &mut writer)?;
        }
        writer.wait_merging_threads()?;
    }
    updated.documents = index.searchable_segment_metas()?.iter().map(|meta| meta.num_docs() as usize).sum();
    Ok(updated)
}

fn policy() -> LogMergePolicy {
    let mut policy = LogMergePolicy::default();
    policy.set_max_docs_before_merge(LARGEST_SEGMENT);
    policy.set_del_docs_ratio_before_merge(0.3);
    policy
}

/// What was withdrawn leaves the files too: segments with removed documents are written anew, without them.
fn wipe(index: &Index, writer: &mut IndexWriter) -> Result<(), SearchError> {
    writer.set_merge_policy(Box::new(NoMergePolicy));
    for meta in index.searchable_segment_metas()? {
        if meta.has_deletes() {
            // A merge that was already under way has taken it along.
            let _ = writer.merge(&[meta.id()]).wait();
        }
    }
    writer.garbage_collect_files().wait()?;
    Ok(())
}

fn site_of(origin: Origin) -> usize {
    match origin {
        Origin::Item(at) | Origin::Rows(at) => at.site as usize,
        Origin::Site(site) => site,
    }
}

fn of_document(fields: &Fields, entry: &Entry, document: &Document, site: u16) -> TantivyDocument {
    let mut out = TantivyDocument::new();
    for (field, text) in [(fields.title, &document.title), (fields.number, &document.numbers), (fields.body, &document.body)] {
        if !text.is_empty() {
            out.add_text(field, text);
        }
    }
    if !document.cells.is_empty() {
        out.add_text(fields.cell, document.cells.join(&CELL.to_string()));
        out.add_text(fields.body, document.cells.join("\n"));
    }
    out.add_u64(fields.key, entry.key);
    out.add_u64(fields.stamp, entry.stamp);
    out.add_u64(fields.facts, facts(site, document.kind.map_or(0, super::shown::Kind::number), document.year));
    out.add_u64(fields.date, document.date);
    out.add_bytes(fields.shown, &bitcode::encode(&document.shown));
    out
}

/// Which documents there are: by name, what each was made from, and how many have the name.
fn known(index: &Index) -> Result<HashMap<u64, (u64, usize)>, SearchError> {
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).try_into()?;
    let mut known = HashMap::new();
    for segment in reader.searcher().segment_readers() {
        let (keys, stamps) = (segment.fast_fields().u64("key")?, segment.fast_fields().u64("stamp")?);
        for doc in segment.doc_ids_alive() {
            if let (Some(key), Some(stamp)) = (keys.first(doc), stamps.first(doc)) {
                known.entry(key).or_insert((stamp, 0)).1 += 1;
            }
        }
    }
    Ok(known)
}

/// The sites with their numbers: those that had one keep it.
fn sites(before: &[SiteEntry], group: &PortalGroup, urls: &Urls<'_>) -> Vec<SiteEntry> {
    let mut sites: Vec<SiteEntry> = before.iter().map(|s| SiteEntry { stands: false, ..s.clone() }).collect();
    for (i, site) in group.sites.iter().enumerate() {
        let source = group.source(i);
        let entry = SiteEntry {
            id: source.id.to_string(),
            name: source.settings.name.to_string(),
            host: site.place.host.to_string(),
            origin: urls.origin(i).to_string(),
            stands: true,
        };
        match sites.iter_mut().find(|s| s.id == entry.id) {
            Some(old) => *old = entry,
            None => sites.push(entry),
        }
    }
    sites
}

/// For every site of the group: its number in the index.
fn numbers(sites: &[SiteEntry], group: &PortalGroup) -> Vec<u16> {
    let by_id: BTreeMap<&str, usize> = sites.iter().enumerate().map(|(number, s)| (s.id.as_str(), number)).collect();
    (0..group.sites.len()).map(|site| by_id.get(&*group.source(site).id).and_then(|n| u16::try_from(*n).ok()).unwrap_or(u16::MAX)).collect()
}

/// The tables: read again when their rows are, else as they were.
fn tables(before: &[TableEntry], fresh: &[&Entry], entries: &[Entry], library: &Library<'_>) -> Vec<TableEntry> {
    let mut tables = Vec::new();
    for entry in entries {
        let Origin::Rows(at) = entry.origin else { continue };
        let old = before.iter().find(|t| t.key == entry.key).filter(|_| !fresh.iter().any(|f| f.key == entry.key));
        let made = || {
            let (headings, rows) = library.table(at)?;
            let (title, path) = library.titled(at);
            Some(TableEntry { key: entry.key, site: library.number(at.site as usize), title, path, headings, rows: u32::try_from(rows).unwrap_or(u32::MAX) })
        };
        tables.extend(old.cloned().or_else(made));
    }
    tables
}

/// Names that people look for and misspell: offices, services, forms.
fn vocabulary(group: &PortalGroup) -> Vec<String> {
    use crate::source::settings::ColumnType;
    let mut words = std::collections::BTreeSet::new();
    for (i, site) in group.sites.iter().enumerate() {
        let settings = &group.source(i).settings;
        words.extend([Some(settings.name.to_string()), settings.short_name.as_deref().map(str::to_string)].into_iter().flatten());
        for item in 0..site.items.len() {
            let at = crate::model::item::ItemRef { site: u32::try_from(i).unwrap_or(u32::MAX), item: u32::try_from(item).unwrap_or(u32::MAX) };
            if group.column(at).kind == ColumnType::Guide {
                words.insert(group.version(at).front.common.title.to_string());
            }
        }
    }
    words.into_iter().filter(|w| (2..=24).contains(&w.chars().count())).take(MOST_WORDS).collect()
}

/// Suggestions come from so many names at most: they are held in memory and compared one by one.
const MOST_WORDS: usize = 5_000;

/// Makes the index in `dir` one that nobody opens, so that the next [`update`] makes it anew. Whoever has it open keeps what is there.
///
/// # Errors
/// When it cannot be removed, or another process keeps writing it for a minute.
pub fn discard(dir: &Path) -> Result<(), SearchError> {
    let _turn = turn(dir)?;
    match std::fs::remove_file(dir.join("meta.json")) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(e.into()),
        _ => Ok(()),
    }
}
