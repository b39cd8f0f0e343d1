//! What a build remembers: the manifest of every site's outputs, and what was read of the sources.
//!
//! In: the folder `.portico/<state>/`. Out: plain data, or nothing when a file is damaged, foreign or of another version; then
//! everything is made again. Every file has a header, the version, its own name and a checksum, and is replaced by one rename.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use bitcode::{Decode, DecodeOwned, Encode};

use super::fingerprint::{ENGINE, Fingerprint};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::source::date::Date;
use crate::source::{Remembered, SourceTree};

/// The first bytes of every state file.
const MAGIC: &[u8; 8] = b"PORTICO1";

/// One output that was made.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Entry {
    /// Relative to the output folder.
    pub path: String,
    /// What it was made from.
    pub print: Fingerprint,
    /// Bytes written.
    pub size: u64,
}

/// The outputs of one site, sorted by path.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct Manifest {
    /// One entry a file.
    pub entries: Vec<Entry>,
}

impl Manifest {
    /// The entry of a path.
    #[must_use]
    pub fn get(&self, path: &str) -> Option<&Entry> {
        self.find(path).map(|at| &self.entries[at])
    }

    /// Where the entry of a path stands.
    #[must_use]
    pub fn find(&self, path: &str) -> Option<usize> {
        self.entries.binary_search_by(|e| e.path.as_str().cmp(path)).ok()
    }
}

/// That everything stands as a build left it: enough to know that there is nothing to do.
#[derive(Debug, Clone, Encode, Decode)]
pub struct Standing {
    /// Of all that was listed, and of what was asked.
    pub digest: Digest,
    /// The moment it was built for.
    pub at: Date,
    /// The next moment at which something changes by itself.
    pub until: Option<Date>,
    /// Sites built.
    pub sites: usize,
    /// Outputs there are.
    pub outputs: usize,
    /// The output folder of the main site's host.
    pub main_host: String,
    /// Everything that was wrong.
    pub diagnostics: Vec<Diagnostic>,
    /// Of what was asked and of the group's settings.
    pub frame: Digest,
    /// Every site that stood, by id.
    pub each: Vec<SiteStanding>,
}

/// How one site stood.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct SiteStanding {
    /// Its id.
    pub id: Box<str>,
    /// Of its theme, its chrome and its surroundings.
    pub dress: Digest,
    /// Of where it lives, its columns, its files, and what is replaced on it.
    pub frame: Digest,
    /// Of its items' places: a sum, from which single ones can be taken.
    pub places: Digest,
    /// Of its cards.
    pub cards: Digest,
    /// The sites whose addresses it uses.
    pub links: Vec<Box<str>>,
    /// The sites whose cards it uses.
    pub shows: Vec<Box<str>>,
}

/// The state of one output folder.
#[derive(Debug, Clone)]
pub struct State {
    dir: PathBuf,
}

impl State {
    /// The state of the output folder `out` of the group at `root`: a folder of its own under `.portico/`.
    #[must_use]
    pub fn of(root: &Path, out: &Path) -> Self {
        let (root_abs, out_abs) = (real_path(root), real_path(out));
        // Relative to the root where possible, so that a moved repository keeps its memory.
        let name = out_abs.strip_prefix(&root_abs).unwrap_or(&out_abs).to_string_lossy().into_owned();
        Self { dir: root.join(".portico").join(format!("build-{}", Digest::of_bytes(name.as_bytes()).hex(12))) }
    }

    /// Its folder.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes the folder and takes the lock that keeps two builds apart; waits while another has it, after calling `waiting`.
    ///
    /// # Errors
    /// When the folder cannot be made or locked.
    pub fn lock(&self, waiting: impl FnOnce()) -> io::Result<fs::File> {
        for part in ["sources", "outputs", "writing", "touched"] {
            fs::create_dir_all(self.dir.join(part))?;
        }
        let file = fs::File::create(self.dir.join("lock"))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(fs::TryLockError::WouldBlock) => {
                waiting();
                file.lock()?;
            }
            Err(fs::TryLockError::Error(e)) => return Err(e),
        }
        Ok(file)
    }

    /// Forgets everything.
    ///
    /// # Errors
    /// When the folder cannot be emptied.
    pub fn clear(&self) -> io::Result<()> {
        self.set_standing(None)?;
        for part in ["sources", "outputs"] {
            let dir = self.dir.join(part);
            fs::remove_dir_all(&dir)?;
            fs::create_dir_all(&dir)?;
        }
        Ok(())
    }

    /// What was read last time.
    #[must_use]
    pub fn sources(&self) -> Remembered {
        super::memory::load_sources(&self.dir.join("sources"))
    }

    /// Saves what was read, as far as it changed, and forgets sites that are gone.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save_sources(&self, tree: &mut SourceTree) -> io::Result<()> {
        super::memory::save_sources(&self.dir.join("sources"), tree)
    }

    /// How the last build left everything, if it came to its end.
    #[must_use]
    pub fn standing(&self) -> Option<Standing> {
        load(&self.dir.join("standing"))
    }

    /// Notes how everything stands; `None` that it does not.
    ///
    /// # Errors
    /// When the note cannot be written or removed.
    pub fn set_standing(&self, standing: Option<&Standing>) -> io::Result<()> {
        let path = self.dir.join("standing");
        match standing {
            Some(standing) => save(&path, standing),
            None => match fs::remove_file(path) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
                _ => Ok(()),
            },
        }
    }

    /// The manifest of a site; empty when it is missing, damaged, or its last build was broken off: then its folder cannot be trusted
    /// (`trusted` is false).
    #[must_use]
    pub fn manifest(&self, site: &str) -> (Manifest, bool) {
        let manifest: Option<Manifest> = load(&self.dir.join("outputs").join(site));
        match manifest {
            Some(mut manifest) if !self.dir.join("writing").join(site).exists() => {
                let touched = fs::read_to_string(self.dir.join("touched").join(site)).unwrap_or_default();
                for path in touched.lines() {
                    if let Some(at) = manifest.find(path) {
                        manifest.entries[at].size = u64::MAX;
                    }
                }
                (manifest, true)
            }
            // What a broken-off build has written is unknown; what it knew of before is still a list of what may be stale.
            Some(manifest) => (Manifest { entries: manifest.entries.into_iter().map(|e| Entry { size: u64::MAX, ..e }).collect() }, false),
            None => (Manifest::default(), false),
        }
    }

    /// The sites that have a manifest or a broken-off build.
    #[must_use]
    pub fn sites(&self) -> Vec<String> {
        let mut sites: Vec<String> = ["outputs", "writing"]
            .iter()
            .flat_map(|part| listed(&self.dir.join(part)))
            .filter_map(|p| p.file_name().and_then(|n| n.to_str()).map(str::to_string))
            .collect();
        sites.sort();
        sites.dedup();
        sites
    }

    /// Notes that a site's outputs, in these folders, are about to be changed.
    ///
    /// # Errors
    /// When the note cannot be written; then nothing may be.
    pub fn begin(&self, site: &str, folders: &[String]) -> io::Result<()> {
        let mut all = self.marked(site);
        all.extend_from_slice(folders);
        all.sort();
        all.dedup();
        fs::write(self.dir.join("writing").join(site), all.join("\n"))
    }

    /// Notes that one output of a site is about to be written out of turn: the next build makes it again.
    ///
    /// # Errors
    /// When the note cannot be written; then the output may not be.
    pub fn touch(&self, site: &str, path: &str) -> io::Result<()> {
        let mut note = fs::OpenOptions::new().create(true).append(true).open(self.dir.join("touched").join(site))?;
        writeln!(note, "{path}")
    }

    /// The folders of the output that a broken-off build was writing for a site.
    #[must_use]
    pub fn marked(&self, site: &str) -> Vec<String> {
        let text = fs::read_to_string(self.dir.join("writing").join(site)).unwrap_or_default();
        text.lines().filter(|l| !l.is_empty() && !l.contains("..")).map(str::to_string).collect()
    }

    /// Saves a site's manifest: its outputs are as the manifest says.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn finish(&self, site: &str, manifest: &Manifest) -> io::Result<()> {
        save(&self.dir.join("outputs").join(site), manifest)?;
        self.remove(&["writing", "touched"], site)
    }

    /// Removes what some parts of the state say of a site.
    fn remove(&self, parts: &[&str], site: &str) -> io::Result<()> {
        for part in parts {
            match fs::remove_file(self.dir.join(part).join(site)) {
                Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(e),
                _ => {}
            }
        }
        Ok(())
    }

    /// Forgets a site that is gone.
    ///
    /// # Errors
    /// When its manifest cannot be removed.
    pub fn forget(&self, site: &str) -> io::Result<()> {
        self.remove(&["outputs", "writing", "touched"], site)
    }
}

/// A path without links and dots. The file itself may not be there yet: then the part of its path that is there decides.
#[must_use]
pub fn real_path(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            std::path::Component::ParentDir => {
                plain = fs::canonicalize(&plain).unwrap_or(plain);
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    let real = plain.ancestors().find_map(|a| Some(fs::canonicalize(a).ok()?.join(plain.strip_prefix(a).ok()?)));
    real.unwrap_or(plain).components().collect()
}

pub(super) fn listed(dir: &Path) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.path()).collect();
    paths.retain(|p| p.extension().is_none_or(|e| e != "new"));
    paths.sort();
    paths
}

/// Saves one state file: whole, or not at all.
pub(crate) fn save<T: Encode + ?Sized>(path: &Path, value: &T) -> io::Result<()> {
    let payload = bitcode::encode(value);
    let mut bytes = Vec::with_capacity(payload.len() + 40);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&origin(path).0.to_le_bytes());
    bytes.extend_from_slice(&Digest::of_bytes(&payload).0.to_le_bytes());
    bytes.extend_from_slice(&payload);
    let new = path.with_extension("new");
    fs::write(&new, bytes)?;
    fs::rename(&new, path)
}

/// Which program wrote a file, and as which: a file in another's place is foreign, however sound it is.
fn origin(path: &Path) -> Digest {
    let name = |path: &Path| path.file_name().map(|n| n.to_string_lossy().into_owned());
    Digest::of(&(ENGINE, path.parent().and_then(name), name(path)))
}

/// Loads one state file; `None` when it is missing, damaged, foreign or of another version.
pub(crate) fn load<T: DecodeOwned>(path: &Path) -> Option<T> {
    let bytes = fs::read(path).ok()?;
    let (head, payload) = bytes.split_at_checked(40)?;
    let sum = Digest::of_bytes(payload).0.to_le_bytes();
    if &head[..8] != MAGIC || head[8..24] != origin(path).0.to_le_bytes() || head[24..40] != sum {
        return None;
    }
    bitcode::decode(payload).ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_damaged_or_foreign_state_file_is_as_if_it_were_missing() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("x");
        save(&path, &"hello".to_string()).unwrap();
        assert_eq!(load::<String>(&path), Some("hello".to_string()));
        let whole = fs::read(&path).unwrap();
        for at in [0, 10, 30, whole.len() - 1] {
            let mut bytes = whole.clone();
            bytes[at] ^= 1;
            fs::write(&path, bytes).unwrap();
            assert_eq!(load::<String>(&path), None, "byte {at}");
        }
        fs::write(&path, &whole[..20]).unwrap();
        assert_eq!(load::<String>(&path), None);
    }
}
