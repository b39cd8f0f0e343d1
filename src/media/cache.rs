//! The cache of what was made of photographs, by the digest of their files.
//!
//! In: a folder, a photograph's digest, a variant. Out: its bytes, when they are there and whole; a damaged or foreign file is as if it were
//! missing. Files are replaced by one rename, so that several builds can share the folder and none sees half a file.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::digest::Digest;
use crate::plan::picture::Variant;

/// `<dir>/<recipe>/<digest>-960.webp`, each file beginning with a checksum of the rest.
#[derive(Debug)]
pub(super) struct Cache {
    dir: PathBuf,
    recipe: PathBuf,
    saved: AtomicUsize,
}

/// Bytes of the checksum.
const SUM: usize = 16;

impl Cache {
    pub fn new(dir: &Path, recipe: u32) -> Self {
        Self { dir: dir.to_path_buf(), recipe: dir.join(recipe.to_string()), saved: AtomicUsize::new(0) }
    }

    fn path(&self, digest: Digest, variant: &Variant) -> PathBuf {
        self.recipe.join(format!("{}-{}", digest.hex(32), variant.ending()))
    }

    pub fn load(&self, digest: Digest, variant: &Variant) -> Option<Vec<u8>> {
        let mut bytes = fs::read(self.path(digest, variant)).ok()?;
        let whole = bytes.get(..SUM)? == sum(&bytes[SUM..]);
        bytes.drain(..SUM);
        whole.then_some(bytes)
    }

    /// Keeps a variant. What cannot be kept is made again the next time.
    pub fn save(&self, digest: Digest, variant: &Variant, bytes: &[u8]) {
        let _ = self.try_save(&self.path(digest, variant), bytes);
    }

    fn try_save(&self, path: &Path, bytes: &[u8]) -> io::Result<()> {
        let number = self.saved.fetch_add(1, Ordering::Relaxed);
        if number == 0 {
            fs::create_dir_all(&self.recipe)?;
        }
        let new = self.recipe.join(format!("{}-{number}.new", std::process::id()));
        let written = fs::write(&new, [&sum(bytes), bytes].concat()).and_then(|()| fs::rename(&new, path));
        if written.is_err() {
            let _ = fs::remove_file(&new);
        }
        written
    }

    pub fn clear(&self) -> io::Result<()> {
        match fs::remove_dir_all(&self.dir) {
            Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
            _ => Ok(()),
        }
    }

    /// Removes what was made of other photographs, by other recipes, and what is no entry at all. What cannot be removed stays.
    pub fn tidy(&self, used: &HashSet<Digest>) {
        let used: HashSet<String> = used.iter().map(|d| d.hex(32)).collect();
        for path in listed(&self.dir).into_iter().filter(|p| *p != self.recipe) {
            let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
        }
        for path in listed(&self.recipe) {
            let name = path.file_name().and_then(|n| n.to_str()).unwrap_or("");
            if !name.split_once('-').is_some_and(|(digest, _)| used.contains(digest)) {
                let _ = fs::remove_file(&path);
            }
        }
    }
}

fn listed(dir: &Path) -> Vec<PathBuf> {
    fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect()
}

fn sum(bytes: &[u8]) -> [u8; SUM] {
    Digest::of_bytes(bytes).0.to_le_bytes()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::plan::picture::Format;

    const SMALL: Variant = Variant { width: 480, height: 360, format: Format::WebP };

    #[test]
    fn what_is_damaged_or_cut_off_is_as_if_it_were_missing() {
        let dir = tempfile::tempdir().unwrap();
        let cache = Cache::new(dir.path(), 1);
        let digest = Digest(7);
        assert_eq!(cache.load(digest, &SMALL), None);
        cache.save(digest, &SMALL, b"a picture");
        assert_eq!(cache.load(digest, &SMALL).unwrap(), b"a picture");
        assert_eq!(cache.load(Digest(8), &SMALL), None);
        let path = cache.path(digest, &SMALL);
        let whole = fs::read(&path).unwrap();
        for at in [0, SUM, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert_eq!(cache.load(digest, &SMALL), None, "byte {at}");
        }
        for length in [0, SUM - 1, SUM, whole.len() - 1] {
            fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(cache.load(digest, &SMALL), None, "{length} bytes");
        }
        cache.save(digest, &SMALL, b"a picture");
        assert_eq!(cache.load(digest, &SMALL).unwrap(), b"a picture");
    }

    #[test]
    fn only_what_is_used_stays() {
        let dir = tempfile::tempdir().unwrap();
        Cache::new(dir.path(), 1).save(Digest(1), &SMALL, b"old recipe");
        let cache = Cache::new(dir.path(), 2);
        cache.save(Digest(1), &SMALL, b"used");
        cache.save(Digest(2), &SMALL, b"not used");
        fs::write(dir.path().join("2/1-9.new"), b"broken off").unwrap();
        cache.tidy(&HashSet::from([Digest(1)]));
        assert_eq!(cache.load(Digest(1), &SMALL).unwrap(), b"used");
        assert_eq!((listed(dir.path()).len(), listed(&cache.recipe).len()), (1, 1));
    }
}
