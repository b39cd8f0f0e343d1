//! READ FIRST. One build: source → model → plan → render → output.
//!
//! In: a [`Request`]. Out: files in the output folder, and an [`Outcome`] with everything that is wrong. Reads the sources, assembles
//! the group, plans every output, renders and writes those whose fingerprint moved, removes what is stale, and saves the memory
//! last. What fails stays as it was: a broken item, a broken site, a broken template never takes anything else down.

mod frames;
#[cfg(feature = "search")]
mod indexing;
mod looks;
mod phases;
mod survey;
mod touch;
mod writing;

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use rayon::prelude::*;

use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::media::Darkroom;
use crate::model::item::Conditions;
use crate::model::{PortalGroup, assemble};
use crate::output::Writer;
use crate::output::fingerprint::Part;
use crate::output::manifest::{Entry, SiteStanding, Standing, State, real_path};
use crate::plan::url::{BadBase, base_pattern};
use crate::plan::{Dress, Planner, SitePlan};
use crate::render::body;
use crate::render::theme::Theme;
use crate::source::date::Date;
use crate::source::front_matter::Audience;
use crate::source::{self, ReadError, Remembered};
pub use frames::frames;
#[cfg(feature = "search")]
pub use indexing::{IndexError, index, index_again, index_folder};
use looks::{Look, looks, standings};
pub use phases::Phases;
pub use survey::{Room, group_of};
pub use touch::touch;
use writing::{Job, Left, SiteOutcome};

/// What is to be built.
#[derive(Debug, Clone)]
pub struct Request {
    /// The group's folder.
    pub root: PathBuf,
    /// The output folder.
    pub out: PathBuf,
    /// Only these sites; all when empty.
    pub sites: Vec<String>,
    /// For whom.
    pub audience: Audience,
    /// With drafts.
    pub drafts: bool,
    /// Another base address than the group's domain.
    pub base_url: Option<String>,
    /// The moment; now when it is missing.
    pub at: Option<String>,
    /// Forget everything and make everything again.
    pub clean: bool,
    /// Explain why this output is or is not written.
    pub explain: Option<String>,
}

/// What a build did.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Sites built.
    pub sites: usize,
    /// Outputs there are.
    pub outputs: usize,
    /// Outputs written.
    pub written: usize,
    /// Outputs left alone.
    pub unchanged: usize,
    /// Files removed.
    pub removed: usize,
    /// Photographs decoded: those whose variants were in no cache.
    pub developed: usize,
    /// Everything that is wrong, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// Milliseconds.
    pub elapsed_ms: u64,
    /// Milliseconds of each phase, in order.
    pub phases: Vec<(&'static str, u64)>,
    /// Why the output asked for is as it is.
    pub explanation: Option<Explanation>,
    /// How long until something appears or disappears by itself.
    pub next_change: Option<std::time::Duration>,
    /// The output folder of the main site's host.
    pub main_host: String,
    /// Under which the group as it was built will be known again; the default when it cannot be.
    pub standing: Digest,
}

impl Outcome {
    /// Nothing was built, for these reasons.
    #[must_use]
    pub fn refused(diagnostics: Vec<Diagnostic>) -> Self {
        Self { diagnostics, ..Self::default() }
    }

    fn add(&mut self, site: SiteOutcome) {
        self.sites += 1;
        self.outputs += site.outputs;
        self.written += site.written;
        self.unchanged += site.outputs - site.written;
        self.removed += site.removed;
        self.diagnostics.extend(site.diagnostics);
        self.explanation = self.explanation.take().or(site.explanation);
    }

    /// How many errors there are.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|d| d.is_error()).count()
    }

    /// How many warnings there are.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.diagnostics.len() - self.errors()
    }
}

/// Why an output is as it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Explanation {
    /// No such output is planned.
    NotPlanned,
    /// It was not there before (or its folder could not be trusted).
    New,
    /// Nothing moved.
    Unchanged,
    /// Nothing moved, but the file was gone or of another size.
    Lost,
    /// These parts of its fingerprint moved.
    Moved(Vec<Part>),
    /// It belongs to a broken item and stays as it was.
    Kept,
}

/// Why nothing was built.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The sources cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// A base address that is none.
    #[error(transparent)]
    Base(#[from] BadBase),
    /// `--at` is no date.
    #[error("--at {0}: write 2026-11-03, 2026-11-03 09:30 or RFC 3339")]
    At(String),
    /// `--site` names no site.
    #[error("--site {0}: there is no sites/{0}.yaml")]
    NoSite(String),
    /// The output folder holds something else.
    #[error("{0} is not empty and was not made by Portico; choose another --out, or use --clean to replace what is in it")]
    NotOurs(PathBuf),
    /// The output folder would lie in the sources.
    #[error("{0} lies inside the sources; choose another --out")]
    InSources(PathBuf),
    /// A file cannot be read or written.
    #[error("{0}: {1}")]
    Io(PathBuf, io::Error),
}

/// Told about a build's progress.
pub trait Progress: Sync {
    /// Another build has the lock.
    fn waiting(&self) {}
    /// So many outputs are to be looked at.
    fn planned(&self, _outputs: usize) {}
    /// One more output has been looked at.
    fn done(&self) {}
}

/// Nobody is told.
#[derive(Debug)]
pub struct Silent;

impl Progress for Silent {}

/// What a process that builds again and again keeps in memory instead of loading it anew.
#[derive(Debug, Default)]
pub struct Kept(Option<Live>);

/// A group as it was last built.
#[derive(Debug)]
struct Live {
    group: PortalGroup,
    planned: Planned,
}

/// What was worked out to write a group.
#[derive(Debug)]
struct Planned {
    plans: Vec<SitePlan>,
    themes: BTreeMap<String, Theme>,
}

/// One run over a group: what is asked, and where its outputs and its memory lie.
struct Run<'a> {
    request: &'a Request,
    base: Option<String>,
    writer: Writer,
    state: State,
    darkroom: Darkroom,
    progress: &'a dyn Progress,
}

impl<'a> Run<'a> {
    fn new(request: &'a Request, progress: &'a dyn Progress) -> Result<Self, BuildError> {
        let base = request.base_url.as_deref().map(base_pattern).transpose()?;
        check_out(request)?;
        let darkroom = Darkroom::new(&request.root.join(".portico/pictures"));
        Ok(Self { request, base, writer: Writer::new(&request.out), state: State::of(&request.root, &request.out), darkroom, progress })
    }

    fn lock(&self) -> Result<std::fs::File, BuildError> {
        self.state.lock(|| self.progress.waiting()).map_err(|e| self.io(e))
    }

    fn io(&self, e: io::Error) -> BuildError {
        BuildError::Io(self.state.dir().to_path_buf(), e)
    }
}

/// Builds.
///
/// # Errors
/// [`BuildError`] when nothing could be built at all. Authors' mistakes are in the outcome.
pub fn build(request: &Request, progress: &dyn Progress, kept: &mut Kept) -> Result<Outcome, BuildError> {
    let held = hold(request, progress)?;
    build_held(request, progress, kept, &held)
}

/// An output folder that no other build may touch.
#[derive(Debug)]
pub struct Held(State, #[expect(dead_code, reason = "locks while it is there")] std::fs::File);

impl Held {
    /// What is remembered of the output folder.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.0
    }
}

/// Keeps other builds away from the output folder of a request, after waiting for the one that has it.
///
/// # Errors
/// [`BuildError`] when the folder cannot be an output folder or its lock cannot be had.
pub fn hold(request: &Request, progress: &dyn Progress) -> Result<Held, BuildError> {
    let run = Run::new(request, progress)?;
    let lock = run.lock()?;
    Ok(Held(run.state, lock))
}

/// Builds into a folder that is held: what was written stays as it is until it is let go.
///
/// # Errors
/// As [`build`].
pub fn build_held(request: &Request, progress: &dyn Progress, kept: &mut Kept, _held: &Held) -> Result<Outcome, BuildError> {
    let started = Instant::now();
    let run = Run::new(request, progress)?;
    if request.clean {
        *kept = Kept::default();
        run.state.clear().and_then(|()| run.darkroom.clear()).map_err(|e| run.io(e))?;
    }
    if kept.0.is_none() && !run.state.sites().is_empty() {
        spare_memory();
    }
    let (mut outcome, mut phases) = (Outcome::default(), Phases::start());
    let scan = source::scan(&request.root)?;
    let asked = scan.digest().map(|d| Digest::of(&(d, request.audience, request.drafts, &run.base)));
    if let (Some(asked), Some(zone)) = (asked, scan.zone())
        && let Some(mut outcome) = nothing_to_do(request, &run.state, asked, moment(request, &zone)?)
    {
        outcome.elapsed_ms = millis(started);
        return Ok(outcome);
    }
    phases.done("list");
    // What the last build left is looked at while the sources are read: both wait for the disk, or for each other's processor.
    let (state, writer) = (run.state.clone(), run.writer.clone());
    let left = std::thread::spawn(move || writing::left(&state, &writer));
    let remembered = kept.0.take().map_or_else(|| run.state.sources(), |live| Remembered::of(live.group.tree));
    phases.done("load");
    let tree = source::read(&request.root, scan, remembered, Some(&body::DRAFTER))?;
    phases.done("read");
    let at = moment(request, &tree.zone)?;
    if let Some(id) = request.sites.iter().find(|id| !tree.sites.iter().any(|s| *s.id == ***id)) {
        return Err(BuildError::NoSite(id.clone()));
    }
    let frame = Digest::of(&(request.audience, request.drafts, &run.base, &*tree.group_text));
    let before = run.state.standing().filter(|s| s.frame == frame && s.at.reached(at) && !s.until.is_some_and(|until| until.reached(at)));
    run.state.set_standing(None).map_err(|e| run.io(e))?;
    let mut group = assemble(tree, Conditions { at, audience: request.audience, drafts: request.drafts });
    phases.done("assemble");
    let until = group.until;
    outcome.next_change = until.map(|until| until.since(at));
    outcome.main_host = group.sites.get(group.main).map_or_else(String::new, |s| s.place.host.to_string());
    let (each, planned) = run.write_group(&group, before.as_ref(), left, (&mut outcome, &mut phases))?;
    outcome.diagnostics.extend(group.diagnostics.iter().cloned());
    crate::diagnostic::sort(&mut outcome.diagnostics);
    group.settle();
    run.state.save_sources(&mut group.tree).map_err(|e| run.io(e))?;
    *kept = Kept(Some(Live { group, planned }));
    // What was made only in part, or not as the sources say, is looked at again next time.
    let whole = request.sites.is_empty() && !outcome.diagnostics.iter().any(|d| matches!(&*d.code, "changed-meanwhile" | "bad-template" | "bad-theme"));
    if whole {
        // While some file may yet change unseen, only what the sites use of each other is noted.
        let unfinished = each.len() < outcome.sites;
        let digest = asked.filter(|_| !unfinished).unwrap_or_default();
        outcome.standing = known_as(digest, at);
        let (sites, outputs, main_host, diagnostics) = (outcome.sites, outcome.outputs, outcome.main_host.clone(), outcome.diagnostics.clone());
        let standing = Standing { digest, at, until, sites, outputs, main_host, diagnostics, frame, each };
        run.state.set_standing(Some(&standing)).map_err(|e| run.io(e))?;
    }
    phases.done("save");
    outcome.phases = phases.over;
    outcome.elapsed_ms = millis(started);
    Ok(outcome)
}

/// A process that finds most things as the last one left them is over in a moment, and what it pays most for is memory that nobody has touched yet:
/// in pages of 2 MB it would have more cleared than it fills (docs/performance.md). A cold build fills them, and needs less time of its own with them.
fn spare_memory() {
    // Where it cannot be said, nothing is lost but time.
    #[cfg(target_os = "linux")]
    let _ = rustix::thread::disable_transparent_huge_pages(true);
}

fn millis(started: Instant) -> u64 {
    u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)
}

/// The moment of the build, in the group's time.
fn moment(request: &Request, zone: &jiff::tz::TimeZone) -> Result<Date, BuildError> {
    match &request.at {
        Some(text) => Date::parse(text, zone).ok_or_else(|| BuildError::At(text.clone())),
        None => Ok(Date::at(jiff::Timestamp::now(), zone)),
    }
}

/// The outcome when everything stands as the last build left it: the same sources, asked the same, nothing due, every file there.
fn nothing_to_do(request: &Request, state: &State, asked: Digest, at: Date) -> Option<Outcome> {
    if !request.sites.is_empty() || request.explain.is_some() {
        return None;
    }
    let standing = state.standing().filter(|s| s.digest == asked && s.at.reached(at) && !s.until.is_some_and(|until| until.reached(at)))?;
    let writer = Writer::new(&request.out);
    let whole = state.sites().par_iter().all(|site| {
        let (manifest, trusted) = state.manifest(site);
        let are_there = |entries: &[Entry]| writer.are_there(entries.iter().map(|e| (e.path.as_str(), e.size))).all(|there| there);
        trusted && manifest.entries.par_chunks(1024).all(are_there)
    });
    whole.then(|| Outcome {
        sites: standing.sites,
        outputs: standing.outputs,
        unchanged: standing.outputs,
        next_change: standing.until.map(|until| until.since(at)),
        main_host: standing.main_host,
        diagnostics: standing.diagnostics,
        standing: known_as(standing.digest, standing.at),
        ..Outcome::default()
    })
}

/// The digest of a group's sources and of the moment it was built at.
fn known_as(sources: Digest, at: Date) -> Digest {
    if sources == Digest::default() { sources } else { Digest::of(&(sources, at)) }
}

/// The output folder must not be where people write.
fn check_out(request: &Request) -> Result<(), BuildError> {
    let out = real_path(&request.out);
    let inside = ["sites", "content", "themes"].iter().any(|part| out.starts_with(real_path(&request.root.join(part))));
    let around = real_path(&request.root).starts_with(&out);
    if inside || around { Err(BuildError::InSources(request.out.clone())) } else { Ok(()) }
}

impl Run<'_> {
    /// Plans and writes a group. `left` looks at what the last build left.
    fn write_group(
        &self,
        group: &PortalGroup,
        before: Option<&Standing>,
        left: JoinHandle<BTreeMap<String, Left>>,
        (outcome, phases): (&mut Outcome, &mut Phases),
    ) -> Result<(Vec<SiteStanding>, Planned), BuildError> {
        let request = self.request;
        let planner = Planner::new(group, self.base.as_deref());
        let (themes, mut found) = load_themes(group, &request.root);
        outcome.diagnostics.append(&mut found);
        let mut dressed: BTreeMap<(&str, &str), Arc<Dress>> = BTreeMap::new();
        let mut dress = |s: usize| {
            let (theme, language) = (group.theme(s), planner.language(s));
            let dress = || themes.get(theme).map_or_else(Dress::default, |t| t.dress(language));
            dressed.entry((theme, language)).or_insert_with(|| Arc::new(dress())).clone()
        };
        let mut plans = planner.prepare((0..group.sites.len()).map(&mut dress).collect());
        let mut each = standings(&planner, &plans, &themes);
        let looks: Vec<Look> = match before.filter(|_| request.explain.is_none()) {
            Some(before) => looks(group, &before.each, &each),
            None => each.iter().map(|_| Look::All).collect(),
        };
        // Without its answer every file is as if it were not there.
        let left = left.join().unwrap_or_default();
        let stands = |site: usize| writing::stands(&looks[site], left.get(&*group.source(site).id));
        for (site, clash) in planner.plan(&mut plans, &|site| stands(site).is_none()) {
            // It is told by every build: the next one looks at the site again.
            each[site].dress = Digest::default();
            outcome.diagnostics.push(clash);
        }
        let planned = Planned { plans, themes };
        let chosen = |plan: &&SitePlan| request.sites.is_empty() || request.sites.iter().any(|id| **id == *group.source(plan.site).id);
        let work: Vec<&SitePlan> = planned.plans.iter().filter(chosen).collect();
        self.check_hosts(group, &work)?;
        let own_hosts = group.sites.iter().map(|s| s.place.host.to_string());
        let ours: BTreeSet<String> = own_hosts.chain(self.writer.hosts().into_iter().filter(|host| self.writer.is_ours(host))).collect();
        self.progress.planned(work.iter().map(|p| stands(p.site).unwrap_or_else(|| p.outputs(&planner).len())).sum());
        phases.done("plan");
        let job = Job { run: self, group, planner: &planner, planned: &planned, looks: &looks, left: &left, ours: &ours };
        let done: Vec<Result<SiteOutcome, BuildError>> = work.par_iter().map(|plan| job.site(plan)).collect();
        for site in done {
            let site = site?;
            if site.unfinished {
                // Its broken pictures are told again by the next build, which therefore has to look at it.
                each.retain(|s| *s.id != *site.id);
            }
            outcome.add(site);
        }
        if request.sites.is_empty() {
            outcome.removed += job.remove_gone_sites()?;
        }
        self.darkroom.tidy(|| photographs(group));
        outcome.developed = self.darkroom.developed();
        phases.done("write");
        if request.explain.is_some() && outcome.explanation.is_none() {
            outcome.explanation = Some(Explanation::NotPlanned);
        }
        Ok((each, planned))
    }

    /// Refuses to write over what Portico did not make.
    fn check_hosts(&self, group: &PortalGroup, work: &[&SitePlan]) -> Result<(), BuildError> {
        let known = self.state.sites();
        for plan in work {
            let host = &group.sites[plan.site].place.host;
            let remembered = |s: &crate::model::site::Site| s.place.host == *host && known.iter().any(|id| **id == *group.tree.sites[s.source].id);
            if !self.request.clean && !self.writer.is_ours(host) && !group.sites.iter().any(remembered) {
                return Err(BuildError::NotOurs(self.request.out.join(&**host)));
            }
        }
        Ok(())
    }
}

/// All photographs that an item refers to, public or not.
fn photographs(group: &PortalGroup) -> HashSet<Digest> {
    let files = group.tree.sites.iter().flat_map(|s| &s.content.files);
    files.filter_map(|f| f.facts.as_ref()?.picture.map(|p| p.digest)).collect()
}

/// Loads every theme that a site uses; what cannot be loaded is told and absent.
fn load_themes(group: &PortalGroup, root: &Path) -> (BTreeMap<String, Theme>, Vec<Diagnostic>) {
    let names: BTreeSet<&str> = (0..group.sites.len()).map(|s| group.theme(s)).collect();
    let (mut themes, mut found) = (BTreeMap::new(), Vec::new());
    for name in names {
        match Theme::load(root, name) {
            Ok(theme) => {
                themes.insert(name.to_string(), theme);
            }
            Err(errors) => found.extend(errors),
        }
    }
    (themes, found)
}
