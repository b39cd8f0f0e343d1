//! Other places that receive every release: each has the old one whole until it has the new one whole.
//!
//! In: a release of the store and a [`Target`] of the settings. Out: the release there, made live there. Sending again what was sent
//! already does nothing; what broke off goes on where it stopped.

#[cfg(feature = "s3")]
mod cleaning;
mod rsync;
#[cfg(feature = "s3")]
pub mod s3;

use super::store::Store;
use crate::source::publishing::Target;

/// What became of a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sent {
    /// The release was live there already.
    Already,
    /// It is live there now; how many files went over, where that is known.
    Live(Option<usize>),
}

/// Why a target has not got the release; what was live there is live there.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// It is neither `s3` nor `rsync`, or both.
    #[error("target `{0}`: give either `rsync` or `s3`")]
    Unclear(String),
    /// This program was built without it.
    #[error("target `{0}`: this program was built without object storage (feature `s3`)")]
    NotBuilt(String),
    /// A command failed, with what it said.
    #[error("target `{0}`: {1}")]
    Failed(String, String),
    /// Somebody else made a release live there meanwhile.
    #[error("target `{0}`: another publisher switched there meanwhile; publish again")]
    Overtaken(String),
}

/// Sends a release to a target and makes it live there. `keep`: how many releases stay there.
///
/// # Errors
/// [`TargetError`].
pub fn send(store: &Store, number: u64, target: &Target, keep: usize) -> Result<Sent, TargetError> {
    // One sends at a time: two would share what is half sent.
    let _sending = store.lock("sending", || true).map_err(|e| TargetError::Failed(target.name.to_string(), e.to_string()))?;
    match (&target.rsync, &target.s3) {
        (Some(place), None) => rsync::send(store, number, target, place, keep),
        (None, Some(place)) => object_storage(store, number, target, place, keep),
        _ => Err(TargetError::Unclear(target.name.to_string())),
    }
}

#[cfg(feature = "s3")]
fn object_storage(store: &Store, number: u64, target: &Target, place: &str, keep: usize) -> Result<Sent, TargetError> {
    s3::send(store, number, target, place, keep)
}

#[cfg(not(feature = "s3"))]
fn object_storage(_: &Store, _: u64, target: &Target, _: &str, _: usize) -> Result<Sent, TargetError> {
    Err(TargetError::NotBuilt(target.name.to_string()))
}
