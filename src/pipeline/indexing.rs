//! The search index, brought up to a group that has just been built.
//!
//! In: a [`Request`] and what became of it. Out: the index in the group's `.portico/search`, which the sidecar answers from. It follows the pages and never
//! keeps them waiting. Only the whole group as everybody sees it is indexed: no single sites, no drafts, nothing internal.

use std::path::{Path, PathBuf};

use super::{BuildError, Kept, Outcome, Request, Room, group_of};
use crate::digest::Digest;
use crate::search::{self, SearchError, Updated};
use crate::source::front_matter::Audience;

/// Why the index was not brought up to date.
#[derive(Debug, thiserror::Error)]
pub enum IndexError {
    /// There is no group to index.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// The index cannot be written.
    #[error(transparent)]
    Search(#[from] SearchError),
}

/// Where the index of the group in `root` lies.
#[must_use]
pub fn index_folder(root: &Path) -> PathBuf {
    root.join(".portico/search")
}

/// Brings the index up to what was built. `None` when there was nothing to look at, or the build was not one that everybody sees.
///
/// # Errors
/// [`IndexError`]; the index is then as it was, or missing.
pub fn index(request: &Request, outcome: &Outcome, kept: &Kept) -> Result<Option<Updated>, IndexError> {
    if request.audience != Audience::Public || request.drafts || !request.sites.is_empty() {
        return Ok(None);
    }
    let folder = index_folder(&request.root);
    if search::index::stands_at(&folder, outcome.standing) {
        return Ok(None);
    }
    let mut room = Room::None;
    let group = group_of(request, kept, &mut room)?;
    Ok(Some(search::update(group, &request.root, &folder, outcome.standing)?))
}

/// Brings the index in `folder` up to the group as it is, without building it: for whoever finds the index missing or damaged.
///
/// # Errors
/// As [`index`].
pub fn index_again(request: &Request, folder: &Path) -> Result<Updated, IndexError> {
    let public = Request { audience: Audience::Public, drafts: false, ..request.clone() };
    let (kept, mut room) = (Kept::default(), Room::None);
    let group = group_of(&public, &kept, &mut room)?;
    Ok(search::update(group, &request.root, folder, Digest::default())?)
}
