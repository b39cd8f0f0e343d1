//! Publishing: all sites become live at once, and a mistake is undone by switching back.
//!
//! In: an [`Order`]. Out: a release that shares with the last one what did not change, made live by one rename. Whatever breaks off, the
//! live tree is a whole release: it is only ever switched to what is complete and on the disk.

mod compress;
pub mod deploy;
pub mod difference;
mod laid_out;
pub mod orders;
pub mod owners;
pub mod pushed;
pub mod record;
mod shelf;
pub mod store;
pub mod target;
mod tree;

use std::collections::BTreeSet;
use std::io;
use std::path::Path;

use rayon::prelude::*;

use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::output::manifest::{Entry, State};
use crate::pipeline::{BuildError, Held, Kept, Outcome, Phases, Progress, Request, build_held, hold};
use crate::source::publishing::Encoding;
use difference::difference;
use record::{Act, Changes, Fate, Record};
use store::{Store, Trees};
use tree::Folder;

/// 发布关口: what else is wrong with a build that is about to be published. Errors among it keep it from being published, as the
/// content's own errors do, and nobody can allow them: what may pass is written down where the gate looks.
pub type Gate<'a> = &'a (dyn Fn(&Outcome, &Path, &Kept) -> Vec<Diagnostic> + Sync);

/// What is to be published, and how.
pub struct Order<'a> {
    /// What to build. Its output folder is not used: releases are built inside the store.
    pub request: Request,
    /// Where releases lie.
    pub store: &'a Store,
    /// Which compressed copies lie beside each text.
    pub encodings: Vec<Encoding>,
    /// Who publishes.
    pub by: String,
    /// The commit of the content.
    pub commit: Option<String>,
    /// Publish in spite of errors: what is broken stays as it was.
    pub allow_errors: bool,
    /// What else must be right; it is handed the outcome, the folder of the built output, and what the build keeps of the group.
    pub gate: Gate<'a>,
    /// Whether to wait for another publisher.
    pub wait: bool,
}

/// What became of an order.
#[derive(Debug)]
pub struct Publication {
    /// The build's outcome, with the gate's findings.
    pub outcome: Outcome,
    /// How it ended.
    pub ending: Ending,
    /// Milliseconds of each step, in order.
    pub steps: Vec<(&'static str, u64)>,
    /// Folders that the release has and the one before it had not, with their keys.
    pub made: Vec<(String, Digest)>,
}

/// How an order ended.
#[derive(Debug)]
pub enum Ending {
    /// A new release is live.
    Live(Box<Record>),
    /// The live release is what would have been made.
    Unchanged(u64),
    /// There are errors, and nobody said that they are allowed. What was live is live.
    Refused,
}

/// Why nothing could be published. What was live is live.
#[derive(Debug, thiserror::Error)]
pub enum PublishError {
    /// Nothing was built.
    #[error(transparent)]
    Build(#[from] BuildError),
    /// A file cannot be read or written.
    #[error("{0}")]
    Io(&'static str, #[source] io::Error),
    /// Another publisher is at work, and nobody said to wait.
    #[error("another portico is publishing")]
    Busy,
    /// While this was built, somebody switched to another release.
    #[error("release {0} was made live meanwhile; nothing was published. Publish again if that is still wanted")]
    Overtaken(u64),
    /// The output of a site is not whole.
    #[error("the output of site `{0}` is not whole; publish again")]
    NotWhole(String),
    /// There is no such release.
    #[error("there is no release {0}")]
    NoRelease(u64),
    /// There is none to go back to.
    #[error("there is no earlier release to go back to")]
    NoEarlier,
    /// A release whose folders are not all there.
    #[error("release {0} is damaged: folders of it are missing")]
    Damaged(u64),
}

/// Turns an I/O error into one that says during what it happened.
fn during(what: &'static str) -> impl Fn(io::Error) -> PublishError {
    move |e| PublishError::Io(what, e)
}

/// The present moment, RFC 3339.
#[must_use]
pub fn now() -> String {
    jiff::Zoned::now().strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
}

/// Publishes.
///
/// # Errors
/// [`PublishError`]; then what was live is live.
pub fn publish(order: &Order<'_>, progress: &dyn Progress, kept: &mut Kept) -> Result<Publication, PublishError> {
    let store = order.store;
    let mut phases = Phases::start();
    let _publishing = lock(store, order.wait, progress)?;
    {
        let _switching = switching(store)?;
        store.heal(now()).map_err(during("clearing up"))?;
    }
    let live = store.live();
    let staging = store.staging(&order.request.root);
    let whole = store.begin(&staging).map_err(during("the staging folder"))?;
    let request = Request { out: staging.clone(), clean: order.request.clean || !whole, sites: Vec::new(), ..order.request.clone() };
    let held = hold(&request, progress)?;
    let mut outcome = build_held(&request, progress, kept, &held)?;
    phases.done("build");
    let found = (order.gate)(&outcome, &staging, kept);
    let stopped = found.iter().any(Diagnostic::is_error);
    outcome.diagnostics.extend(found);
    crate::diagnostic::sort(&mut outcome.diagnostics);
    phases.done("gate");
    let (ending, made) = if stopped || (outcome.errors() > 0 && !order.allow_errors) {
        store.sync(&request.root).map_err(during("bringing the output to the disk"))?;
        (Ending::Refused, Vec::new())
    } else {
        release(order, &request, &outcome, &held, live, &mut phases)?
    };
    store.end(&staging).map_err(during("the staging folder"))?;
    Ok(Publication { outcome, ending, steps: phases.over, made })
}

/// What can wait until a release is live: removes releases that need not be kept, and lays in spares of the folders that were made. Leaves
/// it to the next time when another publisher is at work.
///
/// # Errors
/// When something cannot be removed or linked; the releases are whole all the same.
pub fn tidy(store: &Store, keep: usize, made: &[(String, Digest)]) -> Result<(), PublishError> {
    let Some(_publishing) = store.lock("publishing", || false).map_err(during("locking"))? else { return Ok(()) };
    let _switching = switching(store)?;
    store.thin(keep).map_err(during("removing old releases"))?;
    store.lay_in(made).map_err(during("linking spare folders"))
}

/// Makes a release of what was built and switches to it, unless it is what is live.
fn release(
    order: &Order<'_>,
    request: &Request,
    outcome: &Outcome,
    held: &Held,
    live: Option<u64>,
    phases: &mut Phases,
) -> Result<(Ending, Vec<(String, Digest)>), PublishError> {
    let store = order.store;
    let entries = entries(held.state())?;
    let before: Option<Trees> = live.map(|n| store.trees(n)).transpose().map_err(during("reading the live release"))?;
    let folders = put(order, &request.out, entries, before.as_ref())?;
    phases.done("link");
    let Some(whole) = folders.last() else { return Ok((Ending::Refused, Vec::new())) };
    let key = whole.key.hex(32);
    if let Some(live) = live.filter(|n| store.tree(*n).as_ref() == Some(&key)) {
        store.sync(&request.root).map_err(during("bringing the output to the disk"))?;
        return Ok((Ending::Unchanged(live), Vec::new()));
    }
    let _switching = switching(store)?;
    if let Some(other) = store.live().filter(|now| Some(*now) != live) {
        return Err(PublishError::Overtaken(other));
    }
    let now_there: Trees = folders.iter().map(|f| (f.path.clone(), f.key)).collect();
    let before = before.unwrap_or_default();
    let fates = difference(&store.shelf(), &before, &now_there).map_err(during("comparing releases"))?;
    let record = Record {
        number: store.numbers().last().copied().max(store.history().iter().map(|s| s.to).max()).unwrap_or(0) + 1,
        made_at: now(),
        by: order.by.clone(),
        commit: order.commit.clone(),
        previous: live,
        tree: key,
        files: folders.iter().map(|f| f.files.len()).sum(),
        bytes: folders.iter().flat_map(|f| &f.files).map(|(_, size)| size).sum(),
        errors: outcome.errors(),
        warnings: outcome.warnings(),
        errors_allowed: outcome.errors() > 0,
        changes: Changes::of(&fates),
    };
    store.add(&record, &folders).map_err(during("writing the release down"))?;
    phases.done("record");
    store.sync(&request.root).map_err(during("bringing the release to the disk"))?;
    phases.done("sync");
    store.switch(record.number, &order.by, Act::Published, now()).map_err(during("switching"))?;
    phases.done("switch");
    let made = now_there.into_iter().filter(|(path, key)| before.get(path) != Some(key)).collect();
    Ok((Ending::Live(Box::new(record)), made))
}

/// Every output of every site, as the build left it.
fn entries(state: &State) -> Result<Vec<Entry>, PublishError> {
    let each: Vec<Vec<Entry>> = state
        .sites()
        .into_par_iter()
        .map(|site| match state.manifest(&site) {
            (manifest, true) => Ok(manifest.entries),
            (_, false) => Err(PublishError::NotWhole(site)),
        })
        .collect::<Result<_, _>>()?;
    Ok(each.into_iter().flatten().collect())
}

/// Puts all folders of a release on the shelf. A file that a manifest names and that is not there (a page that is kept, and was lost) is
/// left out.
fn put(order: &Order<'_>, output: &Path, mut entries: Vec<Entry>, before: Option<&Trees>) -> Result<Vec<Folder>, PublishError> {
    let shelf = order.store.shelf();
    loop {
        let folders = tree::folders(&entries, &order.encodings);
        let put = |folder: &Folder| {
            let old = before.and_then(|trees| trees.get(&folder.path)).copied();
            let missing = shelf.put(folder, output, old, &order.encodings)?;
            Ok(missing.into_iter().map(|name| format!("{}/{name}", folder.path)).collect())
        };
        // Two folders that hold the same are one on the shelf.
        let mut keys = BTreeSet::new();
        let distinct: Vec<&Folder> = folders.iter().filter(|f| keys.insert(f.key)).collect();
        let missing: Vec<Vec<String>> = distinct.into_par_iter().map(put).collect::<io::Result<_>>().map_err(during("linking the release's files"))?;
        let missing: BTreeSet<String> = missing.into_iter().flatten().collect();
        if missing.is_empty() {
            return Ok(folders);
        }
        entries.retain(|e| !missing.contains(&e.path));
    }
}

/// Lays a pushed commit out in the group's folder, while nobody publishes what lies there.
///
/// # Errors
/// When the folder cannot be written, or Git has no such commit.
pub fn lay_out(store: &Store, push: &orders::Push, root: &Path) -> Result<(), PublishError> {
    let _publishing = lock(store, true, &crate::pipeline::Silent)?;
    laid_out::lay_out(&push.repository, &push.commit, root).map_err(during("laying the commit out"))
}

/// The commit that [`lay_out`] laid out in a folder last.
#[must_use]
pub fn laid_out(root: &Path) -> Option<String> {
    laid_out::commit(root)
}

/// Makes an earlier release live again: the one with this number, else the one before the live one. Gives its number.
///
/// # Errors
/// [`PublishError`]; then what was live is live.
pub fn roll_back(store: &Store, to: Option<u64>, by: &str) -> Result<u64, PublishError> {
    let _switching = switching(store)?;
    let live = store.live();
    let to = match to {
        Some(number) => number,
        None => store.numbers().into_iter().rfind(|n| Some(*n) < live).ok_or(PublishError::NoEarlier)?,
    };
    match store.is_whole(to) {
        Ok(true) => {}
        Ok(false) => return Err(PublishError::Damaged(to)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Err(PublishError::NoRelease(to)),
        Err(e) => return Err(PublishError::Io("reading the release", e)),
    }
    if live != Some(to) {
        store.switch(to, by, Act::RolledBack, now()).map_err(during("switching"))?;
    }
    Ok(to)
}

/// Whether publishing of itself would undo a going back: an earlier release is live, and the content is still of the commit from which the
/// newest one was made.
///
/// # Errors
/// When the newest release's record cannot be read.
pub fn was_withdrawn(store: &Store, commit: Option<&str>) -> io::Result<bool> {
    match store.numbers().last() {
        Some(newest) if Some(*newest) != store.live() => Ok(commit.is_some() && store.record(*newest)?.commit.as_deref() == commit),
        _ => Ok(false),
    }
}

/// What is other in release `new` than in release `old`.
///
/// # Errors
/// When one of them is not there or cannot be read.
pub fn compare(store: &Store, old: u64, new: u64) -> Result<Vec<(String, Fate)>, PublishError> {
    let trees = |n: u64| store.trees(n).map_err(|_| PublishError::NoRelease(n));
    difference(&store.shelf(), &trees(old)?, &trees(new)?).map_err(during("comparing releases"))
}

fn lock(store: &Store, wait: bool, progress: &dyn Progress) -> Result<std::fs::File, PublishError> {
    let waiting = || {
        if wait {
            progress.waiting();
        }
        wait
    };
    store.lock("publishing", waiting).map_err(during("locking"))?.ok_or(PublishError::Busy)
}

/// What changes the live release, or which releases there are, goes one at a time; each takes moments.
fn switching(store: &Store) -> Result<std::fs::File, PublishError> {
    store.lock("switching", || true).map_err(during("locking"))?.ok_or(PublishError::Busy)
}
