//! READ FIRST. One build: source → model → plan → render → output.
//!
//! In: a [`Request`]. Out: files in the output folder, and an [`Outcome`] with everything that is wrong. Reads the sources, assembles
//! the group, plans every output, renders and writes those whose fingerprint moved, removes what is stale, and saves the memory
//! last. What fails stays as it was: a broken item, a broken site, a broken template never takes anything else down.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock};
use std::time::Instant;

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Place};
use crate::digest::Digest;
use crate::model::dependence::Outlook;
use crate::model::item::Conditions;
use crate::model::{PortalGroup, assemble};
use crate::output::Writer;
use crate::output::fingerprint::{Fingerprint, Part, fingerprint};
use crate::output::manifest::{Entry, Manifest, SiteStanding, Standing, State, real_path};
use crate::plan::url::{BadBase, Urls, base_pattern};
use crate::plan::view::{Content, View};
use crate::plan::{Dress, Made, Output, PlannedOutput, Planner, SitePlan, with_current};
use crate::render::theme::Theme;
use crate::render::{SiteRenderer, Sources, xml};
use crate::source::date::Date;
use crate::source::front_matter::{Audience, Details};
use crate::source::{self, ReadError, Remembered, Table};

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
    /// Everything that is wrong, sorted.
    pub diagnostics: Vec<Diagnostic>,
    /// Milliseconds.
    pub elapsed_ms: u64,
    /// Why the output asked for is as it is.
    pub explanation: Option<Explanation>,
    /// How long until something appears or disappears by itself.
    pub next_change: Option<std::time::Duration>,
    /// The output folder of the main site's host.
    pub main_host: String,
}

impl Outcome {
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
pub struct Kept(Option<Remembered>);

/// Builds.
///
/// # Errors
/// [`BuildError`] when nothing could be built at all. Authors' mistakes are in the outcome.
pub fn build(request: &Request, progress: &dyn Progress, kept: &mut Kept) -> Result<Outcome, BuildError> {
    let started = Instant::now();
    let base = request.base_url.as_deref().map(base_pattern).transpose()?;
    check_out(request)?;
    let state = State::of(&request.root, &request.out);
    let io = |e| BuildError::Io(state.dir().to_path_buf(), e);
    let _lock = state.lock(|| progress.waiting()).map_err(io)?;
    if request.clean {
        *kept = Kept::default();
        state.clear().map_err(io)?;
    }
    let scan = source::scan(&request.root)?;
    let asked = scan.digest().map(|d| Digest::of(&(d, request.audience, request.drafts, &base)));
    if let (Some(asked), Some(zone)) = (asked, scan.zone())
        && let Some(mut outcome) = nothing_to_do(request, &state, asked, moment(request, &zone)?)
    {
        outcome.elapsed_ms = millis(started);
        return Ok(outcome);
    }
    let remembered = kept.0.take().unwrap_or_else(|| state.sources());
    let tree = source::read(&request.root, scan, remembered)?;
    let at = moment(request, &tree.zone)?;
    if let Some(id) = request.sites.iter().find(|id| !tree.sites.iter().any(|s| *s.id == ***id)) {
        return Err(BuildError::NoSite(id.clone()));
    }
    let frame = Digest::of(&(request.audience, request.drafts, &base, &*tree.group_text));
    let before = state.standing().filter(|s| s.frame == frame && s.at.reached(at) && !s.until.is_some_and(|until| until.reached(at)));
    state.set_standing(None).map_err(io)?;
    let group = assemble(tree, Conditions { at, audience: request.audience, drafts: request.drafts });
    let until = group.until;
    let mut outcome = Outcome { next_change: until.map(|until| until.since(at)), ..Outcome::default() };
    outcome.main_host = group.sites.get(group.main).map_or_else(String::new, |s| s.place.host.to_string());
    let each = write_group(&group, base.as_deref(), request, &state, before.as_ref(), progress, &mut outcome)?;
    outcome.diagnostics.extend(group.diagnostics.iter().cloned());
    crate::diagnostic::sort(&mut outcome.diagnostics);
    let mut tree = group.into_tree();
    state.save_sources(&mut tree).map_err(io)?;
    *kept = Kept(Some(Remembered::of(tree)));
    // What was made only in part, or not as the sources say, is looked at again next time.
    let whole = request.sites.is_empty() && !outcome.diagnostics.iter().any(|d| matches!(&*d.code, "changed-meanwhile" | "bad-template" | "bad-theme"));
    if whole {
        // While some file may yet change unseen, only what the sites use of each other is noted.
        let digest = asked.unwrap_or_default();
        let (sites, outputs, main_host, diagnostics) = (outcome.sites, outcome.outputs, outcome.main_host.clone(), outcome.diagnostics.clone());
        state.set_standing(Some(&Standing { digest, at, until, sites, outputs, main_host, diagnostics, frame, each })).map_err(io)?;
    }
    outcome.elapsed_ms = millis(started);
    Ok(outcome)
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
        trusted && manifest.entries.par_iter().with_min_len(256).all(|e| writer.is_there(&e.path, e.size))
    });
    whole.then(|| Outcome {
        sites: standing.sites,
        outputs: standing.outputs,
        unchanged: standing.outputs,
        next_change: standing.until.map(|until| until.since(at)),
        main_host: standing.main_host,
        diagnostics: standing.diagnostics,
        ..Outcome::default()
    })
}

/// The output folder must not be where people write.
fn check_out(request: &Request) -> Result<(), BuildError> {
    let out = real_path(&request.out);
    let inside = ["sites", "content", "themes"].iter().any(|part| out.starts_with(real_path(&request.root.join(part))));
    let around = real_path(&request.root).starts_with(&out);
    if inside || around { Err(BuildError::InSources(request.out.clone())) } else { Ok(()) }
}

fn write_group(
    group: &PortalGroup,
    base: Option<&str>,
    request: &Request,
    state: &State,
    before: Option<&Standing>,
    progress: &dyn Progress,
    outcome: &mut Outcome,
) -> Result<Vec<SiteStanding>, BuildError> {
    let planner = Planner::new(group, base);
    let (themes, mut found) = load_themes(group, &request.root);
    outcome.diagnostics.append(&mut found);
    let dresses: Vec<Dress> =
        (0..group.sites.len()).map(|s| themes.get(theme_name(group, s)).map_or_else(Dress::default, |t| t.dress(planner.language(s)))).collect();
    let (plans, mut found) = planner.plan(&|site| dresses[site].clone());
    outcome.diagnostics.append(&mut found);
    let chosen = |plan: &&SitePlan| request.sites.is_empty() || request.sites.iter().any(|id| **id == *group.source(plan.site).id);
    let work: Vec<&SitePlan> = plans.iter().filter(chosen).collect();
    let writer = Writer::new(&request.out);
    let known = state.sites();
    for plan in &work {
        let host = &group.sites[plan.site].place.host;
        let remembered = |s: &crate::model::site::Site| s.place.host == *host && known.iter().any(|id| **id == *group.tree.sites[s.source].id);
        if !request.clean && !writer.is_ours(host) && !group.sites.iter().any(remembered) {
            return Err(BuildError::NotOurs(request.out.join(&**host)));
        }
    }
    let own_hosts = group.sites.iter().map(|s| s.place.host.to_string());
    let ours: BTreeSet<String> = own_hosts.chain(writer.hosts().into_iter().filter(|host| writer.is_ours(host))).collect();
    progress.planned(work.iter().map(|p| p.outputs.len()).sum());
    let each = standings(&planner, &plans, &themes);
    let same = before.filter(|_| request.explain.is_none()).map_or_else(|| vec![false; each.len()], |before| unmoved(group, &before.each, &each));
    let job = Job {
        group,
        planner: &planner,
        plans: &plans,
        themes: &themes,
        dresses: &dresses,
        same: &same,
        ours: &ours,
        writer: &writer,
        state,
        request,
        progress,
    };
    let done: Vec<Result<SiteOutcome, BuildError>> = work.par_iter().map(|plan| job.site(plan)).collect();
    for site in done {
        let site = site?;
        outcome.sites += 1;
        outcome.outputs += site.outputs;
        outcome.written += site.written;
        outcome.unchanged += site.outputs - site.written;
        outcome.removed += site.removed;
        outcome.diagnostics.extend(site.diagnostics);
        outcome.explanation = outcome.explanation.take().or(site.explanation);
    }
    if request.sites.is_empty() {
        outcome.removed += job.remove_gone_sites()?;
    }
    if request.explain.is_some() && outcome.explanation.is_none() {
        outcome.explanation = Some(Explanation::NotPlanned);
    }
    Ok(each)
}

/// How every site stands now, in the order of the group's sites.
fn standings(planner: &Planner<'_>, plans: &[SitePlan], themes: &BTreeMap<String, Theme>) -> Vec<SiteStanding> {
    let digests: BTreeMap<&str, Digest> = themes.iter().map(|(name, theme)| (name.as_str(), theme.digest())).collect();
    let group = planner.group;
    let standing = |(plan, outlook): (&SitePlan, Outlook)| SiteStanding {
        id: group.source(plan.site).id.clone(),
        dress: Digest::of(&(digests.get(theme_name(group, plan.site)), plan.chrome_digest, planner.surroundings(plan.site))),
        addresses: outlook.addresses,
        cards: outlook.cards,
        links: outlook.links,
        shows: outlook.shows,
    };
    plans.iter().zip(group.outlooks()).map(standing).collect()
}

/// Which sites need not be looked at page by page: nothing of their own has changed, nor anything they use of others, then or now.
fn unmoved(group: &PortalGroup, before: &[SiteStanding], now: &[SiteStanding]) -> Vec<bool> {
    let old: BTreeMap<&str, &SiteStanding> = before.iter().map(|s| (&*s.id, s)).collect();
    let new: BTreeMap<&str, &SiteStanding> = now.iter().map(|s| (&*s.id, s)).collect();
    let moved = |of: fn(&SiteStanding) -> Digest| -> BTreeSet<&str> {
        let ids = old.keys().chain(new.keys()).copied();
        ids.filter(|id| old.get(id).map(|s| of(s)) != new.get(id).map(|s| of(s))).collect()
    };
    let (addresses, cards) = (moved(|s| s.addresses), moved(|s| s.cards));
    let uses = |s: &SiteStanding| s.links.iter().any(|id| addresses.contains(&**id)) || s.shows.iter().any(|id| cards.contains(&**id));
    let same = |(site, now): (usize, &SiteStanding)| {
        let source = group.source(site);
        let before = old.get(&*now.id);
        !source.content.changed && !source.settings_changed && before.is_some_and(|b| b.dress == now.dress && !uses(b)) && !uses(now)
    };
    now.iter().enumerate().map(same).collect()
}

fn theme_name(group: &PortalGroup, site: usize) -> &str {
    group.source(site).settings.theme.as_deref().or(group.tree.group.theme.as_deref()).unwrap_or("default")
}

/// Loads every theme that a site uses; what cannot be loaded is told and absent.
fn load_themes(group: &PortalGroup, root: &Path) -> (BTreeMap<String, Theme>, Vec<Diagnostic>) {
    let names: BTreeSet<&str> = (0..group.sites.len()).map(|s| theme_name(group, s)).collect();
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

/// One build's work on its sites.
struct Job<'a> {
    group: &'a PortalGroup,
    planner: &'a Planner<'a>,
    plans: &'a [SitePlan],
    themes: &'a BTreeMap<String, Theme>,
    dresses: &'a [Dress],
    /// By site: whether nothing can have moved.
    same: &'a [bool],
    /// Hosts whose folders may be swept: decided before anything is written.
    ours: &'a BTreeSet<String>,
    writer: &'a Writer,
    state: &'a State,
    request: &'a Request,
    progress: &'a dyn Progress,
}

/// What became of one site.
#[derive(Default)]
struct SiteOutcome {
    outputs: usize,
    written: usize,
    removed: usize,
    diagnostics: Vec<Diagnostic>,
    explanation: Option<Explanation>,
}

/// What became of one output.
struct Done {
    entry: Option<Entry>,
    written: bool,
    moved: bool,
    explanation: Option<Explanation>,
}

impl Job<'_> {
    fn site(&self, plan: &SitePlan) -> Result<SiteOutcome, BuildError> {
        let id = &*self.group.source(plan.site).id;
        let (manifest, trusted) = self.state.manifest(id);
        if self.same[plan.site] && trusted && manifest.entries.par_iter().with_min_len(256).all(|e| self.writer.is_there(&e.path, e.size)) {
            return Ok(SiteOutcome { outputs: manifest.entries.len(), ..SiteOutcome::default() });
        }
        let Some(theme) = self.themes.get(theme_name(self.group, plan.site)) else {
            // Without its theme the site stays as it was.
            return Ok(SiteOutcome { outputs: manifest.entries.len(), ..SiteOutcome::default() });
        };
        let sections = self.group.sites[plan.site].columns.len();
        let site = SiteJob {
            job: self,
            plan,
            id,
            theme,
            chrome: Digest::of(&(plan.chrome_digest, ["header.html", "footer.html"].map(|file| theme.template(&[file]).map(|t| (t, theme.closure(t)))))),
            renderer: SiteRenderer::new(theme, &plan.chrome, sections),
            manifest: &manifest,
            begun: OnceLock::new(),
            found: Mutex::new(std::collections::HashSet::new()),
            table: Mutex::new(None),
        };
        let done: Vec<Done> = plan.outputs.par_iter().map(|output| site.output(output)).collect::<Result<_, _>>()?;
        let written = done.iter().filter(|d| d.written).count();
        let moved = done.iter().any(|d| d.moved);
        let explanation = done.iter().find_map(|d| d.explanation.clone());
        let mut entries: Vec<Entry> = done.into_iter().filter_map(|d| d.entry).collect();
        keep_further_pages(plan, &manifest, &mut entries);
        let now = Manifest { entries };
        let stale = self.stale(plan, &manifest, &now, trusted);
        if !stale.is_empty() {
            site.begin()?;
        }
        let mut removed = 0;
        for path in &stale {
            removed += usize::from(self.writer.remove(path).map_err(|e| self.io(path, e))?);
        }
        if moved || !trusted || written > 0 || !stale.is_empty() || now.entries.len() != manifest.entries.len() {
            self.state.finish(id, &now).map_err(|e| BuildError::Io(self.state.dir().to_path_buf(), e))?;
        }
        let diagnostics = site.found.into_inner().unwrap_or_default().into_iter().collect();
        Ok(SiteOutcome { outputs: now.entries.len(), written, removed, diagnostics, explanation })
    }

    fn io(&self, path: &str, e: io::Error) -> BuildError {
        BuildError::Io(self.request.out.join(path), e)
    }

    /// Files of the site that nothing plans any more. When the folder cannot be trusted, everything in it that no site plans.
    fn stale(&self, plan: &SitePlan, before: &Manifest, now: &Manifest, trusted: bool) -> Vec<String> {
        let mut stale: Vec<String> = before.entries.iter().map(|e| &e.path).filter(|p| now.get(p).is_none()).cloned().collect();
        if !trusted {
            let site = &self.group.sites[plan.site];
            let folders = std::iter::once(&site.place).chain(&site.formerly).map(Urls::folder).chain(self.state.marked(&self.group.source(plan.site).id));
            for folder in folders.filter(|f| self.may_sweep(f)) {
                stale.extend(self.writer.files_below(&folder).into_iter().filter(|p| now.get(p).is_none()));
            }
        }
        stale.sort();
        stale.dedup();
        stale.retain(|p| !self.is_planned(p));
        stale
    }

    /// Whether a folder's host was made by Portico before this build, or is to be replaced by it.
    fn may_sweep(&self, folder: &str) -> bool {
        let host = folder.split('/').next().unwrap_or(folder);
        self.ours.contains(host)
    }

    /// Whether any site plans this path.
    fn is_planned(&self, path: &str) -> bool {
        self.plans.iter().any(|plan| {
            let fits = |folder: String| path.starts_with(&folder);
            let site = &self.group.sites[plan.site];
            let inside = fits(Urls::folder(&site.place)) || site.formerly.iter().any(|old| fits(Urls::folder(old)));
            inside && plan.outputs.binary_search_by(|o| o.path.as_str().cmp(path)).is_ok()
        })
    }

    /// Removes the outputs of sites whose settings are gone; those whose settings are broken stay.
    fn remove_gone_sites(&self) -> Result<usize, BuildError> {
        let mut removed = 0;
        let stands = |id: &str| self.plans.iter().any(|p| *self.group.source(p.site).id == *id);
        let has_settings = |id: &str| ["yaml", "yml"].iter().any(|e| self.request.root.join(format!("sites/{id}.{e}")).exists());
        for id in self.state.sites() {
            if stands(&id) || has_settings(&id) {
                continue;
            }
            let broken_off = self.state.marked(&id).into_iter().filter(|f| self.may_sweep(f)).flat_map(|f| self.writer.files_below(&f));
            let known = self.state.manifest(&id).0.entries.into_iter().map(|e| e.path);
            for path in known.chain(broken_off).collect::<BTreeSet<_>>() {
                if !self.is_planned(&path) {
                    removed += usize::from(self.writer.remove(&path).map_err(|e| self.io(&path, e))?);
                }
            }
            self.state.forget(&id).map_err(|e| BuildError::Io(self.state.dir().to_path_buf(), e))?;
        }
        removed += self.sweep_hosts()?;
        Ok(removed)
    }

    /// Removes folders of hosts that no site has and that no memory tells of, when Portico made them.
    fn sweep_hosts(&self) -> Result<usize, BuildError> {
        let known: BTreeSet<&str> = self.group.sites.iter().flat_map(|s| std::iter::once(&s.place).chain(&s.formerly)).map(|p| &*p.host).collect();
        let remembered: BTreeSet<String> = self
            .state
            .sites()
            .into_iter()
            .filter(|id| !self.plans.iter().any(|p| *self.group.source(p.site).id == **id))
            .flat_map(|id| self.state.manifest(&id).0.entries)
            .filter_map(|e| e.path.split('/').next().map(str::to_string))
            .collect();
        let mut removed = 0;
        for host in self.writer.hosts() {
            if known.contains(host.as_str()) || remembered.contains(&host) || !self.writer.is_ours(&host) {
                continue;
            }
            for path in self.writer.files_below(&host) {
                removed += usize::from(self.writer.remove(&path).map_err(|e| self.io(&path, e))?);
            }
        }
        Ok(removed)
    }
}

/// One build's work on one site.
struct SiteJob<'a> {
    job: &'a Job<'a>,
    plan: &'a SitePlan,
    id: &'a str,
    theme: &'a Theme,
    /// Of what all pages share, and of the templates that show it.
    chrome: Digest,
    renderer: SiteRenderer<'a>,
    manifest: &'a Manifest,
    begun: OnceLock<Result<(), String>>,
    found: Mutex<std::collections::HashSet<Diagnostic>>,
    table: Mutex<Option<(String, std::sync::Arc<Table>)>>,
}

impl SiteJob<'_> {
    /// Notes, once, that the site is being changed.
    fn begin(&self) -> Result<(), BuildError> {
        let site = &self.job.group.sites[self.plan.site];
        let folders: Vec<String> = std::iter::once(&site.place).chain(&site.formerly).map(Urls::folder).collect();
        let begun = self.begun.get_or_init(|| self.job.state.begin(self.id, &folders).map_err(|e| e.to_string()));
        begun.clone().map_err(|e| BuildError::Io(self.job.state.dir().to_path_buf(), io::Error::other(e)))
    }

    fn tell(&self, diagnostic: Diagnostic) {
        if let Ok(mut found) = self.found.lock() {
            found.insert(diagnostic);
        }
    }

    fn output(&self, output: &PlannedOutput) -> Result<Done, BuildError> {
        let old = self.manifest.get(&output.path);
        let asked = self.job.request.explain.as_deref().is_some_and(|p| p.trim_start_matches("./").trim_start_matches('/') == output.path);
        let mut made = self.job.planner.make(self.plan, &output.what, &self.job.dresses[self.plan.site]);
        self.job.progress.done();
        if let Made::Kept = made {
            return Ok(Done { entry: old.cloned(), written: false, moved: false, explanation: asked.then_some(Explanation::Kept) });
        }
        let template = |view: &View<'_>| self.theme.template(&view.templates).map_or(Digest::default(), |t| Digest::of(&(t, self.theme.closure(t))));
        let print = fingerprint(&mut made, template, self.chrome);
        let same = old.is_some_and(|e| e.print == print);
        let there = same && old.is_some_and(|e| self.job.writer.is_there(&output.path, e.size));
        let explanation = asked.then(|| explain(old, &print, there));
        if there {
            return Ok(Done { entry: old.cloned(), written: false, moved: false, explanation });
        }
        let Some(bytes) = self.bytes(&made, output) else {
            // What cannot be made stays as it was; its entry keeps the old fingerprint, so it is tried again.
            return Ok(Done { entry: old.cloned(), written: false, moved: false, explanation });
        };
        self.begin()?;
        self.write(&output.path, &bytes)?;
        let entry = Entry { path: output.path.clone(), print, size: bytes.len() as u64 };
        Ok(Done { entry: Some(entry), written: true, moved: true, explanation })
    }

    fn write(&self, path: &str, bytes: &[u8]) -> Result<(), BuildError> {
        let writer = self.job.writer;
        let written = match writer.write(path, bytes) {
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                writer.make_folders(std::iter::once(path)).and_then(|()| writer.write(path, bytes))
            }
            other => other,
        };
        written.map_err(|e| self.job.io(path, e))
    }

    /// The bytes of an output; `None` after telling why there are none.
    fn bytes(&self, made: &Made<'_>, output: &PlannedOutput) -> Option<Vec<u8>> {
        match made {
            Made::Page(view) => self.page(view, &output.what),
            Made::Feed(view) => Some(xml::feed(view).into_bytes()),
            Made::SiteMap(view) => Some(xml::site_map(view).into_bytes()),
            Made::SiteMapIndex(view) => Some(xml::site_map_index(view).into_bytes()),
            Made::Robots(view) => Some(xml::robots(view).into_bytes()),
            Made::Redirect(to, language, site) => Some(xml::redirect(to, language, site).into_bytes()),
            Made::Copy(path, digest) => {
                let bytes = std::fs::read(self.job.request.root.join("content").join(path)).ok().filter(|b| Digest::of_bytes(b) == *digest);
                if bytes.is_none() {
                    self.tell(changed_meanwhile(&format!("content/{path}")));
                }
                bytes
            }
            Made::Asset(name, _) => self.theme.file(name).map(<[u8]>::to_vec),
            Made::Style(css) => Some(css.as_bytes().to_vec()),
            Made::Kept => None,
        }
    }

    fn page(&self, view: &View<'_>, what: &Output) -> Option<Vec<u8>> {
        let root = &self.job.request.root;
        let (mut body, mut table) = (None, None);
        if let (Content::Item(item, needed, _), Output::Item { at, .. }) = (&view.content, what) {
            let path = &self.job.group.item_source(*at).path;
            body = source::load_body(root, self.id, path, needed.digest);
            if body.is_none() {
                self.tell(changed_meanwhile(&format!("content/{}/{path}", self.id)));
                return None;
            }
            if let (Some(wanted), Details::Table(t)) = (&item.table, item.details) {
                let file = t.data.as_ref().and_then(|r| source::beside(path, &r.target))?;
                table = self.table(&file, wanted.digest);
                if table.is_none() {
                    self.tell(changed_meanwhile(&format!("content/{}/{file}", self.id)));
                    return None;
                }
            }
        }
        let sources = Sources { body: body.as_ref().map_or("", |b| b.markdown()), table: table.as_deref() };
        let chrome = || with_current(&self.plan.chrome, self.job.planner, self.plan.site, view.section);
        match self.renderer.page(view, &sources, chrome) {
            Ok(bytes) => Some(bytes),
            Err(diagnostic) => {
                self.tell(diagnostic);
                None
            }
        }
    }

    /// A table's rows; the last one read is kept, since a table's pages are made one after another.
    fn table(&self, file: &str, digest: Digest) -> Option<std::sync::Arc<Table>> {
        let key = format!("{file} {}", digest.hex(32));
        let mut last = self.table.lock().ok()?;
        if let Some((_, table)) = last.as_ref().filter(|(k, _)| *k == key) {
            return Some(table.clone());
        }
        let table = std::sync::Arc::new(source::load_table(&self.job.request.root, self.id, file, digest)?);
        *last = Some((key, table.clone()));
        Some(table)
    }
}

/// The further pages of a kept table stay too: how many there were, only the manifest knows.
fn keep_further_pages(plan: &SitePlan, before: &Manifest, entries: &mut Vec<Entry>) {
    let kept = plan.outputs.iter().filter(|o| o.what == Output::Kept).filter_map(|o| o.path.strip_suffix(".html"));
    let further: Vec<Entry> = kept
        .flat_map(|stem| before.entries.iter().filter(move |e| e.path.strip_prefix(stem).is_some_and(|rest| rest.starts_with(".page-"))))
        .filter(|e| entries.binary_search_by(|own| own.path.cmp(&e.path)).is_err())
        .cloned()
        .collect();
    if !further.is_empty() {
        entries.extend(further);
        entries.sort_by(|a, b| a.path.cmp(&b.path));
    }
}

fn explain(old: Option<&Entry>, print: &Fingerprint, there: bool) -> Explanation {
    match old {
        None => Explanation::New,
        Some(old) if old.print == *print => {
            if there {
                Explanation::Unchanged
            } else {
                Explanation::Lost
            }
        }
        Some(old) => Explanation::Moved(print.moved(&old.print)),
    }
}

fn changed_meanwhile(file: &str) -> Diagnostic {
    Diagnostic::error(
        "changed-meanwhile",
        file,
        Place::default(),
        "文件在生成过程中被修改，本次未更新它的页面",
        "the file changed during the build; its page was not updated",
    )
    .hint("再生成一次", "build once more")
}
