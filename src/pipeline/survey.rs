//! The group as it was last built, for whoever looks at it without building.
//!
//! In: a [`Request`] whose output folder has been built. Out: the assembled [`PortalGroup`]. Writes nothing.

use super::{BuildError, Kept, Request, Run, Silent, moment};
use crate::model::item::Conditions;
use crate::model::{PortalGroup, assemble};
use crate::source;

/// Reads and assembles the group of a request, opening only what changed since the last build into its output folder.
///
/// # Errors
/// [`BuildError`] when there is no usable group.
pub fn survey(request: &Request) -> Result<PortalGroup, BuildError> {
    let run = Run::new(request, &Silent)?;
    let tree = source::read(&request.root, source::scan(&request.root)?, run.state.sources(), None)?;
    let at = moment(request, &tree.zone)?;
    Ok(assemble(tree, Conditions { at, audience: request.audience, drafts: request.drafts }))
}

impl Kept {
    /// The group as the last build left it; `None` when that build found nothing to do and had no need to read it.
    #[must_use]
    pub fn group(&self) -> Option<&PortalGroup> {
        self.0.as_ref().map(|live| &live.group)
    }
}

/// Room for a group that is read for one look and never given back: the program ends sooner than two hundred thousand items are freed.
pub type Room = Option<std::mem::ManuallyDrop<PortalGroup>>;

/// The group that was just built: as the build kept it, or read into `room` when the build found nothing to do.
///
/// # Errors
/// As [`survey`].
pub fn group_of<'a>(request: &Request, kept: &'a Kept, room: &'a mut Room) -> Result<&'a PortalGroup, BuildError> {
    match kept.group() {
        Some(group) => Ok(group),
        None => Ok(room.insert(std::mem::ManuallyDrop::new(survey(request)?))),
    }
}
