//! The darkroom: what is published of pictures. Photographs in several sizes, turned the right way up, without any metadata; graphics
//! as they are, without theirs.
//!
//! In: a picture's file, what its header says, and which variant is wanted. Out: bytes. A photograph is decoded once for all its variants, all
//! sites and all output folders: what was made is kept in a cache by the digest of the file. It knows no site and no page.

mod cache;
mod develop;
mod graphic;
mod room;

use std::collections::{HashMap, HashSet};
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::diagnostic::Text;
use crate::digest::Digest;
use crate::plan::picture::{RECIPE, Variant, variants};
use crate::source::picture::{MOST_MEMORY, Picture};
use cache::Cache;
pub use graphic::without_metadata;
use room::Room;

/// Why a photograph could not be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trouble {
    /// The file is no longer what was read, or cannot be read.
    Changed,
    /// It cannot be decoded.
    Broken(Text),
}

/// Whether a photograph has been made in this build: asked by many, done by one.
type Made = Arc<OnceLock<Result<(), Trouble>>>;

/// One build's photographs.
#[derive(Debug)]
pub struct Darkroom {
    cache: Cache,
    made: Mutex<HashMap<Digest, Made>>,
    room: Room,
    developed: AtomicUsize,
}

impl Darkroom {
    /// A darkroom that keeps what it makes in the folder `dir` (made when it is needed).
    #[must_use]
    pub fn new(dir: &Path) -> Self {
        Self { cache: Cache::new(dir, RECIPE), made: Mutex::default(), room: Room::new(MOST_MEMORY), developed: AtomicUsize::new(0) }
    }

    /// Forgets everything that was made.
    ///
    /// # Errors
    /// When the cache cannot be removed.
    pub fn clear(&self) -> io::Result<()> {
        self.cache.clear()
    }

    /// The bytes of a variant of the photograph in `file`. Whoever asks first for a photograph that is not in the cache makes all its
    /// variants, the others wait for that.
    ///
    /// # Errors
    /// Why there are none.
    pub fn variant(&self, file: &Path, picture: &Picture, variant: &Variant) -> Result<Vec<u8>, Trouble> {
        if let Some(bytes) = self.cache.load(picture.digest, variant) {
            return Ok(bytes);
        }
        let mut own = None;
        self.made_once(picture.digest).get_or_init(|| self.develop(file, picture).map(|all| own = Some(all))).clone()?;
        let of = |all: Vec<(Variant, Vec<u8>)>| all.into_iter().find(|(v, _)| v == variant).map(|(_, bytes)| bytes);
        // Whoever cannot keep what was made (a full disk) makes it again.
        let bytes = own.and_then(of).or_else(|| self.cache.load(picture.digest, variant));
        bytes.map_or_else(|| self.develop(file, picture).map(|all| of(all).unwrap_or_default()), Ok)
    }

    fn made_once(&self, digest: Digest) -> Made {
        self.made.lock().unwrap_or_else(PoisonError::into_inner).entry(digest).or_default().clone()
    }

    /// Makes and keeps every variant of a photograph.
    fn develop(&self, file: &Path, picture: &Picture) -> Result<Vec<(Variant, Vec<u8>)>, Trouble> {
        let _place = self.room.enter(picture.memory);
        let bytes = std::fs::read(file).map_err(|_| Trouble::Changed)?;
        if Digest::of_bytes(&bytes) != picture.digest {
            return Err(Trouble::Changed);
        }
        let wanted = variants(picture);
        // Decoders read what anyone may have written: one that gives up must not take the build with it.
        let made = catch_unwind(AssertUnwindSafe(|| develop::develop(&bytes, picture, &wanted)));
        let made = made.unwrap_or_else(|_| Err("the decoder gave up".into())).map_err(|reason| Trouble::Broken(broken(&reason)))?;
        self.developed.fetch_add(1, Ordering::Relaxed);
        for (variant, bytes) in &made {
            self.cache.save(picture.digest, variant, bytes);
        }
        Ok(made)
    }

    /// How many photographs were decoded.
    pub fn developed(&self) -> usize {
        self.developed.load(Ordering::Relaxed)
    }

    /// Removes from the cache what was made of photographs that are not `used` any more. Only after something was made: a build that makes
    /// nothing looks at nothing.
    pub fn tidy(&self, used: impl FnOnce() -> HashSet<Digest>) {
        if self.developed() > 0 {
            self.cache.tidy(&used());
        }
    }
}

/// A plain grey picture in place of one that cannot be decoded: the text that says what it shows stands around it.
#[must_use]
pub fn stand_in(variant: &Variant) -> Option<Vec<u8>> {
    develop::plain(variant).ok()
}

fn broken(reason: &str) -> Text {
    Text::new(format!("图片已损坏，无法解码（{reason}）"), format!("the picture is damaged and cannot be decoded ({reason})"))
}
