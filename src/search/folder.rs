//! The index folder as it is read while questions come: what is large stays in its files.
//!
//! In: a folder. Out: a [`Directory`] of it for who only reads. Postings, positions and stored texts are read piece by piece as a question needs them;
//! the small files, of which every question needs most, are held in memory. Nothing is mapped: mapped pages count as the process's own memory and are
//! read ahead by the dozen when room is short, and a mapped file that is cut off ends the process, where a read only fails.

use std::fs::File;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use libdeflater::Crc;
use rustix::buffer::spare_capacity;
use rustix::fs::{Advice, fadvise};
use rustix::io::{pread, retry_on_intr};
use tantivy::HasLen;
use tantivy::directory::error::{DeleteError, LockError, OpenDirectoryError, OpenReadError, OpenWriteError};
use tantivy::directory::footer::Footer;
use tantivy::directory::{Directory, DirectoryLock, FileHandle, FileSlice, Lock, MmapDirectory, OwnedBytes, WatchCallback, WatchHandle, WritePtr};

/// Endings of the files that are read piece by piece: stored texts, positions, postings.
const LARGE: [&str; 3] = ["store", "pos", "idx"];

/// An index folder for reading.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    path: PathBuf,
    /// Does everything but the reading of files that are written once.
    rest: MmapDirectory,
}

impl Folder {
    /// # Errors
    /// When there is no such folder.
    pub(super) fn open(path: &Path) -> Result<Self, OpenDirectoryError> {
        Ok(Self { path: path.to_path_buf(), rest: MmapDirectory::open(path)? })
    }

    /// Whether a file holds what was written: its end tells the checksum of the rest.
    ///
    /// # Errors
    /// When it cannot be read, or has no such end.
    pub(super) fn is_intact(&self, name: &Path) -> io::Result<bool> {
        let (end, body) = Footer::extract_footer(FileSlice::new(handle(&self.path.join(name))?))?;
        let mut crc = Crc::new();
        for piece in body.stream_file_chunks() {
            crc.update(&piece?);
        }
        Ok(crc.sum() == end.crc)
    }
}

/// A file that is read piece by piece.
#[derive(Debug)]
struct Pieces {
    file: File,
    length: usize,
}

impl HasLen for Pieces {
    fn len(&self) -> usize {
        self.length
    }
}

impl FileHandle for Pieces {
    fn read_bytes(&self, range: Range<usize>) -> io::Result<OwnedBytes> {
        // Into room that nobody has to clear first: clearing it takes a tenth of what a question takes.
        let mut bytes = Vec::with_capacity(range.len());
        while bytes.len() < range.len() {
            let at = range.start + bytes.len();
            if retry_on_intr(|| pread(&self.file, spare_capacity(&mut bytes), at as u64))? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
        bytes.truncate(range.len());
        Ok(OwnedBytes::new(bytes))
    }
}

/// A file's bytes, or the way to them.
fn handle(path: &Path) -> io::Result<Arc<dyn FileHandle>> {
    if !path.extension().is_some_and(|ending| LARGE.iter().any(|large| ending == *large)) {
        return Ok(Arc::new(OwnedBytes::new(std::fs::read(path)?)));
    }
    let file = File::open(path)?;
    let length = usize::try_from(file.metadata()?.len()).map_err(io::Error::other)?;
    // Only what is asked for is read: what lies beside it is of other terms and other items. An advice that is not taken changes no answer.
    let _ = fadvise(&file, 0, None, Advice::Random);
    Ok(Arc::new(Pieces { file, length }))
}

impl Directory for Folder {
    fn get_file_handle(&self, path: &Path) -> Result<Arc<dyn FileHandle>, OpenReadError> {
        handle(&self.path.join(path)).map_err(|e| match e.kind() {
            io::ErrorKind::NotFound => OpenReadError::FileDoesNotExist(path.to_path_buf()),
            _ => OpenReadError::wrap_io_error(e, path.to_path_buf()),
        })
    }

    fn delete(&self, path: &Path) -> Result<(), DeleteError> {
        self.rest.delete(path)
    }

    fn exists(&self, path: &Path) -> Result<bool, OpenReadError> {
        self.rest.exists(path)
    }

    fn open_write(&self, path: &Path) -> Result<WritePtr, OpenWriteError> {
        self.rest.open_write(path)
    }

    fn atomic_read(&self, path: &Path) -> Result<Vec<u8>, OpenReadError> {
        self.rest.atomic_read(path)
    }

    fn atomic_write(&self, path: &Path, data: &[u8]) -> io::Result<()> {
        self.rest.atomic_write(path, data)
    }

    fn sync_directory(&self) -> io::Result<()> {
        self.rest.sync_directory()
    }

    fn acquire_lock(&self, lock: &Lock) -> Result<DirectoryLock, LockError> {
        self.rest.acquire_lock(lock)
    }

    fn watch(&self, watch_callback: WatchCallback) -> tantivy::Result<WatchHandle> {
        self.rest.watch(watch_callback)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    /// A folder with a large file and a small one of the same bytes.
    fn folder() -> (tempfile::TempDir, Folder, Vec<u8>) {
        let at = tempfile::tempdir().unwrap();
        let bytes: Vec<u8> = (0..300_000u32).flat_map(u32::to_le_bytes).collect();
        for name in ["a.pos", "a.term"] {
            std::fs::write(at.path().join(name), &bytes).unwrap();
        }
        let folder = Folder::open(at.path()).unwrap();
        (at, folder, bytes)
    }

    #[test]
    fn every_piece_is_what_stands_there() {
        let (_at, folder, bytes) = folder();
        for name in ["a.pos", "a.term"] {
            let file = folder.open_read(Path::new(name)).unwrap();
            assert_eq!(file.len(), bytes.len());
            for range in [0..0, 0..1, 7..4_100, 1_000..bytes.len(), bytes.len()..bytes.len()] {
                assert_eq!(file.read_bytes_slice(range.clone()).unwrap().as_slice(), &bytes[range], "{name}");
            }
        }
        assert!(matches!(folder.open_read(Path::new("b.pos")), Err(OpenReadError::FileDoesNotExist(_))));
        assert!(matches!(folder.open_read(Path::new("b.term")), Err(OpenReadError::FileDoesNotExist(_))));
    }

    #[test]
    fn what_is_cut_off_is_an_error_and_what_is_removed_is_still_read() {
        let (at, folder, bytes) = folder();
        let file = folder.open_read(Path::new("a.pos")).unwrap();
        std::fs::remove_file(at.path().join("a.pos")).unwrap();
        assert_eq!(file.read_bytes().unwrap().as_slice(), bytes);
        std::fs::write(at.path().join("b.pos"), &bytes).unwrap();
        let file = folder.open_read(Path::new("b.pos")).unwrap();
        std::fs::File::options().write(true).open(at.path().join("b.pos")).unwrap().set_len(1_000).unwrap();
        assert_eq!(file.read_bytes().unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(file.read_bytes_slice(2_000..2_001).unwrap_err().kind(), io::ErrorKind::UnexpectedEof);
        assert_eq!(file.read_bytes_slice(0..1_000).unwrap().as_slice(), &bytes[..1_000]);
    }
}
