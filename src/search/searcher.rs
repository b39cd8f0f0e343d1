//! The index as it is asked: one commit of it, followed on demand, and whether its files are what they were.
//!
//! In: an index folder. Out: what is stored in it, its catalogue, and whether it is damaged. [`super::answer`] asks it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use tantivy::collector::TopDocs;
use tantivy::query::AllQuery;
use tantivy::schema::Value;
use tantivy::{DocAddress, Index, IndexReader, ReloadPolicy, TantivyDocument};

use super::SearchError;
use super::folder::Folder;
use super::index::open;
use super::schema::{Fields, schema};
use super::shown::{Catalogue, Shown};

/// An index that is asked.
pub struct Searcher {
    pub(super) reader: IndexReader,
    pub(super) fields: Fields,
    dir: PathBuf,
    /// The catalogue of the commit that is looked at.
    catalogue: RwLock<Arc<Catalogue>>,
    /// The files that are looked into, as they were when they were opened.
    files: RwLock<Vec<(PathBuf, FileStamp)>>,
}

/// Length and time of a file. Files of an index are written once.
type FileStamp = (u64, Option<std::time::SystemTime>);

fn file_stamp(path: &Path) -> Option<FileStamp> {
    let about = std::fs::metadata(path).ok()?;
    Some((about.len(), about.modified().ok()))
}

/// The files of the commit an index stands at.
fn files(index: &Index, dir: &Path) -> Vec<(PathBuf, FileStamp)> {
    let names = index.load_metas().map(|metas| metas.list_segment_files()).unwrap_or_default();
    names.into_iter().map(|name| dir.join(name)).filter_map(|path| Some((path.clone(), file_stamp(&path)?))).collect()
}

impl std::fmt::Debug for Searcher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Searcher({})", self.dir.display())
    }
}

impl Searcher {
    /// Opens the index in `dir`.
    ///
    /// # Errors
    /// [`SearchError::Missing`] when there is no index of this version, or it is damaged.
    pub fn open(dir: &Path) -> Result<Self, SearchError> {
        let (index, catalogue) = open(dir)?;
        let files = RwLock::new(files(&index, dir));
        let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(32).try_into()?;
        let catalogue = RwLock::new(Arc::new(catalogue.with_names()));
        Ok(Self { reader, fields: schema().1, dir: dir.to_path_buf(), catalogue, files })
    }

    /// Looks at what has been committed since.
    ///
    /// # Errors
    /// [`SearchError`] when the index has become unusable.
    pub fn reload(&self) -> Result<(), SearchError> {
        let (index, catalogue) = open(&self.dir)?;
        let files = files(&index, &self.dir);
        self.reader.reload()?;
        *self.files.write().unwrap_or_else(PoisonError::into_inner) = files;
        *self.catalogue.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(catalogue.with_names());
        Ok(())
    }

    /// Whether no file has been changed since it was opened: what was cut off cannot be read, but what was written over would be answered from. A file
    /// that is gone can still be read by whoever has it open.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let files = self.files.read().unwrap_or_else(PoisonError::into_inner);
        files.iter().all(|(path, before)| file_stamp(path).is_none_or(|now| now == *before))
    }

    /// Reads every byte of the index and compares it with the checksums it was written with.
    ///
    /// # Errors
    /// [`SearchError::Missing`] when something is damaged.
    pub fn prove(&self) -> Result<(), SearchError> {
        let damaged = || SearchError::Missing(self.dir.clone());
        let (index, _) = open(&self.dir)?;
        let folder = Folder::open(&self.dir).map_err(|_| damaged())?;
        let written = index.directory().list_managed_files();
        // A megabyte at a time: the library's own check reads whole files into memory.
        let names = index.load_metas()?.list_segment_files().into_iter().filter(|name| written.contains(name));
        names.into_iter().try_for_each(|name| if folder.is_intact(&name)? { Ok(()) } else { Err(damaged()) })
    }

    /// What the index says of itself.
    #[must_use]
    pub fn catalogue(&self) -> Arc<Catalogue> {
        self.catalogue.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// How many documents there are.
    #[must_use]
    pub fn documents(&self) -> u64 {
        self.reader.searcher().num_docs()
    }

    /// Everything that is stored, for whoever wants to see what is inside.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn everything(&self) -> Result<Vec<Shown>, SearchError> {
        let searcher = self.reader.searcher();
        let all = usize::try_from(searcher.num_docs()).unwrap_or(0).max(1);
        let found = searcher.search(&AllQuery, &TopDocs::with_limit(all).order_by_score())?;
        found.into_iter().map(|(_, at)| self.shown(&searcher, at)).collect()
    }

    pub(super) fn shown(&self, searcher: &tantivy::Searcher, at: DocAddress) -> Result<Shown, SearchError> {
        let document: TantivyDocument = searcher.doc(at)?;
        let bytes = document.get_first(self.fields.shown).and_then(|v| v.as_bytes().map(<[u8]>::to_vec)).unwrap_or_default();
        bitcode::decode(&bytes).map_err(|_| SearchError::Missing(self.dir.clone()))
    }
}
