//! Making and writing the outputs of the sites, and removing what is stale.
//!
//! In: plans, themes, and what stands in the manifests. Out: files, new manifests, and what became of each site. What cannot be made stays
//! as it was.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::sync::{Mutex, OnceLock};

use rayon::prelude::*;

use super::looks::Look;
use super::{BuildError, Explanation, Planned, Run};
use crate::diagnostic::{Diagnostic, Place};
use crate::digest::Digest;
use crate::media::{self, Trouble};
use crate::model::PortalGroup;
use crate::model::item::ItemRef;
use crate::output::Writer;
use crate::output::fingerprint::{Fingerprint, fingerprint};
use crate::output::manifest::{Entry, Manifest, State};
use crate::plan::picture::Variant;
use crate::plan::url::Urls;
use crate::plan::view::machine::{FeedEntry, FeedView};
use crate::plan::view::{Content, View};
use crate::plan::{Made, Output, PlannedOutput, Planner, SitePlan, with_current};
use crate::render::theme::Theme;
use crate::render::{FRAME, SiteRenderer, Sources, body, xml};
use crate::source::front_matter::Details;
use crate::source::picture::Picture;
use crate::source::{self, Body, Table};

/// One run's work on the sites of a group.
pub(super) struct Job<'a> {
    pub run: &'a Run<'a>,
    pub group: &'a PortalGroup,
    pub planner: &'a Planner<'a>,
    pub planned: &'a Planned,
    /// By site: how closely its outputs are looked at.
    pub looks: &'a [Look],
    /// By site's id: what the last build left.
    pub left: &'a BTreeMap<String, Left>,
    /// Hosts whose folders may be swept: decided before anything is written.
    pub ours: &'a BTreeSet<String>,
}

/// What the last build left of a site, and what of it is still there.
pub(super) enum Left {
    /// So many outputs, every one of them. Which they are is asked again for the few sites that are looked at.
    Whole(usize),
    /// Not all.
    Parts(Parts),
}

/// The outputs of a site as the last build left them.
#[derive(Default)]
pub(super) struct Parts {
    manifest: Manifest,
    /// Whether the last build of the site came to its end.
    trusted: bool,
    /// By entry: whether the file is there with its size.
    there: Vec<bool>,
}

/// Looks at what the last build left, file by file.
pub(super) fn left(state: &State, writer: &Writer) -> BTreeMap<String, Left> {
    let look = |site: String| {
        let (manifest, trusted) = state.manifest(&site);
        let files = manifest.entries.iter().map(|e| (e.path.as_str(), e.size));
        let there: Vec<bool> = if trusted { writer.are_there(files).collect() } else { vec![false; manifest.entries.len()] };
        let whole = trusted && there.iter().all(|there| *there);
        (site, if whole { Left::Whole(there.len()) } else { Left::Parts(Parts { manifest, trusted, there }) })
    };
    state.sites().into_iter().map(look).collect()
}

/// How many outputs a site has that needs no look at all: nothing it shows has moved, and all that it had is there.
pub(super) fn stands(look: &Look, left: Option<&Left>) -> Option<usize> {
    match (look, left) {
        (Look::Away, Some(Left::Whole(outputs))) => Some(*outputs),
        _ => None,
    }
}

/// What became of one site.
#[derive(Default)]
pub(super) struct SiteOutcome {
    pub id: Box<str>,
    pub outputs: usize,
    pub written: usize,
    pub removed: usize,
    pub diagnostics: Vec<Diagnostic>,
    pub explanation: Option<Explanation>,
    /// Whether something could not be made for a reason that only making it shows.
    pub unfinished: bool,
}

/// What became of one output.
struct Done {
    entry: Option<Entry>,
    written: bool,
    moved: bool,
    explanation: Option<Explanation>,
}

impl<'j> Job<'j> {
    /// Makes and writes one site.
    pub(super) fn site(&self, plan: &SitePlan) -> Result<SiteOutcome, BuildError> {
        let id = &*self.group.source(plan.site).id;
        if let Some(outputs) = stands(&self.looks[plan.site], self.left.get(id)) {
            return Ok(SiteOutcome { outputs, ..SiteOutcome::default() });
        }
        let again;
        let left = match self.left.get(id) {
            Some(Left::Whole(_)) => {
                let (manifest, trusted) = self.run.state.manifest(id);
                let there = vec![trusted; manifest.entries.len()];
                again = Parts { manifest, trusted, there };
                &again
            }
            Some(Left::Parts(parts)) => parts,
            None => {
                again = Parts::default();
                &again
            }
        };
        let (manifest, trusted) = (&left.manifest, left.trusted);
        let Some(theme) = self.planned.themes.get(self.group.theme(plan.site)) else {
            // Without its theme the site stays as it was.
            return Ok(SiteOutcome { outputs: manifest.entries.len(), ..SiteOutcome::default() });
        };
        let site = self.site_job(plan, theme, left);
        let done: Vec<Done> = plan.outputs(self.planner).par_iter().map(|output| site.output(output)).collect::<Result<_, _>>()?;
        let written = done.iter().filter(|d| d.written).count();
        let moved = done.iter().any(|d| d.moved);
        let explanation = done.iter().find_map(|d| d.explanation.clone());
        let mut entries: Vec<Entry> = done.into_iter().filter_map(|d| d.entry).collect();
        keep_further_outputs(plan.outputs(self.planner), manifest, &mut entries);
        let now = Manifest { entries };
        let stale = self.stale(plan, manifest, &now, trusted);
        if !stale.is_empty() {
            site.begin()?;
        }
        let mut removed = 0;
        for path in &stale {
            removed += usize::from(self.run.writer.remove(path).map_err(|e| self.io(path, e))?);
        }
        if moved || !trusted || written > 0 || !stale.is_empty() || now.entries.len() != manifest.entries.len() {
            self.run.state.finish(id, &now).map_err(|e| BuildError::Io(self.run.state.dir().to_path_buf(), e))?;
        }
        let diagnostics: Vec<Diagnostic> = site.found.into_inner().unwrap_or_default().into_iter().collect();
        let unfinished = diagnostics.iter().any(|d| *d.code == *BROKEN_PICTURE);
        Ok(SiteOutcome { id: id.into(), outputs: now.entries.len(), written, removed, diagnostics, explanation, unfinished })
    }

    pub(super) fn site_job<'s>(&'s self, plan: &'s SitePlan, theme: &'s Theme, left: &'s Parts) -> SiteJob<'s, 'j> {
        SiteJob {
            job: self,
            plan,
            id: &self.group.source(plan.site).id,
            theme,
            chrome: Digest::of(&(plan.chrome_digest, FRAME.map(|file| theme.template(&[file]).map(|t| (t, theme.closure(t)))))),
            renderer: SiteRenderer::new(theme, &plan.chrome, self.group.sites[plan.site].columns.len() + 1),
            left,
            begun: OnceLock::new(),
            found: Mutex::new(std::collections::HashSet::new()),
            table: Mutex::new(None),
        }
    }

    fn io(&self, path: &str, e: io::Error) -> BuildError {
        BuildError::Io(self.run.request.out.join(path), e)
    }

    /// Files of the site that nothing plans any more. When the folder cannot be trusted, everything in it that no site plans.
    fn stale(&self, plan: &SitePlan, before: &Manifest, now: &Manifest, trusted: bool) -> Vec<String> {
        let mut planned = now.entries.iter().map(|e| &e.path).peekable();
        let mut is_planned = |path: &String| {
            while planned.next_if(|p| *p < path).is_some() {}
            planned.peek() == Some(&path)
        };
        let mut stale: Vec<String> = before.entries.iter().map(|e| &e.path).filter(|p| !is_planned(p)).cloned().collect();
        if !trusted {
            let site = &self.group.sites[plan.site];
            let folders = std::iter::once(&site.place).chain(&site.formerly).map(Urls::folder).chain(self.run.state.marked(&self.group.source(plan.site).id));
            for folder in folders.filter(|f| self.may_sweep(f)) {
                stale.extend(self.run.writer.files_below(&folder).into_iter().filter(|p| now.get(p).is_none()));
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
        self.planned.plans.iter().any(|plan| {
            let fits = |folder: String| path.starts_with(&folder);
            let site = &self.group.sites[plan.site];
            let inside = fits(Urls::folder(&site.place)) || site.formerly.iter().any(|old| fits(Urls::folder(old)));
            inside && plan.outputs(self.planner).binary_search_by(|o| o.path.as_str().cmp(path)).is_ok()
        })
    }

    /// Removes the outputs of sites whose settings are gone; those whose settings are broken stay.
    pub(super) fn remove_gone_sites(&self) -> Result<usize, BuildError> {
        let mut removed = 0;
        let stands = |id: &str| self.planned.plans.iter().any(|p| *self.group.source(p.site).id == *id);
        let has_settings = |id: &str| ["yaml", "yml"].iter().any(|e| self.run.request.root.join(format!("sites/{id}.{e}")).exists());
        for id in self.run.state.sites() {
            if stands(&id) || has_settings(&id) {
                continue;
            }
            let broken_off = self.run.state.marked(&id).into_iter().filter(|f| self.may_sweep(f)).flat_map(|f| self.run.writer.files_below(&f));
            let known = self.run.state.manifest(&id).0.entries.into_iter().map(|e| e.path);
            for path in known.chain(broken_off).collect::<BTreeSet<_>>() {
                if !self.is_planned(&path) {
                    removed += usize::from(self.run.writer.remove(&path).map_err(|e| self.io(&path, e))?);
                }
            }
            self.run.state.forget(&id).map_err(|e| BuildError::Io(self.run.state.dir().to_path_buf(), e))?;
        }
        removed += self.sweep_hosts()?;
        Ok(removed)
    }

    /// Removes folders of hosts that no site has and that no memory tells of, when Portico made them.
    fn sweep_hosts(&self) -> Result<usize, BuildError> {
        let known: BTreeSet<&str> = self.group.sites.iter().flat_map(|s| std::iter::once(&s.place).chain(&s.formerly)).map(|p| &*p.host).collect();
        let remembered: BTreeSet<String> = self
            .run
            .state
            .sites()
            .into_iter()
            .filter(|id| !self.planned.plans.iter().any(|p| *self.group.source(p.site).id == **id))
            .flat_map(|id| self.run.state.manifest(&id).0.entries)
            .filter_map(|e| e.path.split('/').next().map(str::to_string))
            .collect();
        let mut removed = 0;
        for host in self.run.writer.hosts() {
            if known.contains(host.as_str()) || remembered.contains(&host) || !self.run.writer.is_ours(&host) {
                continue;
            }
            for path in self.run.writer.files_below(&host) {
                removed += usize::from(self.run.writer.remove(&path).map_err(|e| self.io(&path, e))?);
            }
        }
        Ok(removed)
    }
}

/// One build's work on one site.
pub(super) struct SiteJob<'s, 'j> {
    job: &'s Job<'j>,
    plan: &'s SitePlan,
    id: &'s str,
    theme: &'s Theme,
    /// Of what all pages share, and of the templates that show it.
    chrome: Digest,
    renderer: SiteRenderer<'s>,
    left: &'s Parts,
    begun: OnceLock<Result<(), String>>,
    found: Mutex<std::collections::HashSet<Diagnostic>>,
    table: Mutex<Option<(String, std::sync::Arc<Table>)>>,
}

impl SiteJob<'_, '_> {
    /// Notes, once, that the site is being changed.
    fn begin(&self) -> Result<(), BuildError> {
        let site = &self.job.group.sites[self.plan.site];
        let folders: Vec<String> = std::iter::once(&site.place).chain(&site.formerly).map(Urls::folder).collect();
        let begun = self.begun.get_or_init(|| self.job.run.state.begin(self.id, &folders).map_err(|e| e.to_string()));
        begun.clone().map_err(|e| BuildError::Io(self.job.run.state.dir().to_path_buf(), io::Error::other(e)))
    }

    fn tell(&self, diagnostic: Diagnostic) {
        if let Ok(mut found) = self.found.lock() {
            found.insert(diagnostic);
        }
    }

    fn output(&self, output: &PlannedOutput) -> Result<Done, BuildError> {
        self.job.run.progress.done();
        let at = self.left.manifest.find(&output.path);
        let old = at.map(|at| &self.left.manifest.entries[at]);
        let there = at.is_some_and(|at| self.left.there[at]);
        if there && self.looks_away(&output.what) {
            return Ok(Done { entry: old.cloned(), written: false, moved: false, explanation: None });
        }
        let asked = self.job.run.request.explain.as_deref().is_some_and(|p| p.trim_start_matches("./").trim_start_matches('/') == output.path);
        let mut made = self.job.planner.make(self.plan, &output.what);
        if let Made::Kept = made {
            return Ok(Done { entry: old.cloned(), written: false, moved: false, explanation: asked.then_some(Explanation::Kept) });
        }
        let template = |view: &View<'_>| self.theme.template(&view.templates).map_or(Digest::default(), |t| Digest::of(&(t, self.theme.closure(t))));
        let print = fingerprint(&mut made, template, self.chrome);
        let same = old.is_some_and(|e| e.print == print);
        let there = same && there;
        let explanation = asked.then(|| explain(old, &print, there));
        if there {
            return Ok(Done { entry: old.cloned(), written: false, moved: false, explanation });
        }
        let bytes = self.bytes(&made, output);
        // A page never shows a picture that is not there; what stands in for one has no fingerprint, so the picture is tried again.
        let print = if bytes.is_some() { print } else { Fingerprint::default() };
        let Some(bytes) = bytes.or_else(|| stand_in(&made)) else {
            // What cannot be made stays as it was; its entry keeps the old fingerprint, so it is tried again.
            return Ok(Done { entry: old.cloned(), written: false, moved: false, explanation });
        };
        self.begin()?;
        self.write(&output.path, &bytes)?;
        let entry = Entry { path: output.path.clone(), print, size: bytes.len() as u64 };
        Ok(Done { entry: Some(entry), written: true, moved: true, explanation })
    }

    /// Whether an output cannot have moved.
    fn looks_away(&self, what: &Output) -> bool {
        let stir = match &self.job.looks[self.plan.site] {
            Look::Away => return true,
            Look::All => return false,
            Look::News(stir) => stir,
        };
        let list = |column: usize| &stir.lists[column];
        match what {
            Output::Item { at, .. } => !stir.pages[at.item as usize],
            Output::Finder(_) => !stir.titles,
            Output::SiteMap { .. } => !stir.own,
            Output::Column { column, page } if *page > 0 => !self.job.planner.archive_stirs(self.plan.site, *column, *page, list(*column)),
            Output::Shelf { column, .. } | Output::Index { column } => !list(*column).any(),
            Output::Column { .. } | Output::Feed { .. } => !stir.any_list,
            // Everything else is always looked at.
            _ => false,
        }
    }

    pub(super) fn write(&self, path: &str, bytes: &[u8]) -> Result<(), BuildError> {
        let writer = &self.job.run.writer;
        let written = match writer.write(path, bytes) {
            Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
                writer.make_folders(std::iter::once(path)).and_then(|()| writer.write(path, bytes))
            }
            other => other,
        };
        written.map_err(|e| self.job.io(path, e))
    }

    /// The bytes of an output; `None` after telling why there are none.
    pub(super) fn bytes(&self, made: &Made<'_>, output: &PlannedOutput) -> Option<Vec<u8>> {
        match made {
            Made::Page(view) => self.page(view, &output.what),
            Made::Feed(view) => Some(xml::feed(view, &self.texts(view)?).into_bytes()),
            Made::SiteMap(view) => Some(xml::site_map(view).into_bytes()),
            Made::SiteMapIndex(view) => Some(xml::site_map_index(view).into_bytes()),
            Made::Index(view) => serde_json::to_vec(view).ok(),
            Made::Finder(view) => serde_json::to_vec(view).ok(),
            Made::OpenSearch(view) => Some(xml::open_search(view).into_bytes()),
            Made::Security(view) => Some(xml::security(view).into_bytes()),
            Made::Robots(view) => Some(xml::robots(view).into_bytes()),
            Made::Redirect(to, language, site) => Some(xml::redirect(to, language, site).into_bytes()),
            Made::Copy(path, digest) => self.file(path, *digest, Some),
            Made::Graphic(path, digest) => self.file(path, *digest, |bytes| media::without_metadata(&bytes)),
            Made::Photo(path, picture, variant) => self.photo(&format!("content/{path}"), picture, variant),
            Made::Asset(name, _) => self.theme.file(name).map(<[u8]>::to_vec),
            Made::Style(css) => Some(css.as_bytes().to_vec()),
            Made::Kept => None,
        }
    }

    /// What `make` makes of a file beside an item, by its path below `content/`; `None` after telling that it changed meanwhile.
    fn file(&self, path: &str, digest: Digest, make: impl FnOnce(Vec<u8>) -> Option<Vec<u8>>) -> Option<Vec<u8>> {
        let bytes = std::fs::read(self.job.run.request.root.join("content").join(path)).ok().filter(|b| Digest::of_bytes(b) == digest);
        let made = bytes.and_then(make);
        if made.is_none() {
            self.tell(changed_meanwhile(&format!("content/{path}")));
        }
        made
    }

    fn photo(&self, file: &str, picture: &Picture, variant: &Variant) -> Option<Vec<u8>> {
        match self.job.run.darkroom.variant(&self.job.run.request.root.join(file), picture, variant) {
            Ok(bytes) => return Some(bytes),
            Err(Trouble::Changed) => self.tell(changed_meanwhile(file)),
            Err(Trouble::Broken(why)) => self.tell(
                Diagnostic::error(BROKEN_PICTURE, file, Place::default(), why.zh, why.en)
                    .hint("用看图软件打开核对，重新导出后再放进来", "open it in a picture program, export it again and put that here"),
            ),
        }
        None
    }

    /// The whole texts of a feed's entries, where it holds them; `None` when a text has changed meanwhile.
    fn texts(&self, view: &FeedView<'_>) -> Option<Vec<Option<String>>> {
        let text = |entry: &FeedEntry<'_>| {
            let Some(text) = &entry.text else { return Some(None) };
            let source = self.body(text.at, text.body.digest)?;
            Some(Some(body::rendered(&source, &text.body.targets).html))
        };
        view.entries.iter().map(text).collect()
    }

    /// An item's body; `None` after telling that it changed meanwhile.
    fn body(&self, at: ItemRef, digest: Digest) -> Option<Body<'_>> {
        let site = self.job.group.source(at.site as usize);
        let index = self.job.group.sites[at.site as usize].items[at.item as usize].source as usize;
        let body = source::load_body(&self.job.run.request.root, site, index, digest);
        if body.is_none() {
            self.tell(changed_meanwhile(&format!("content/{}/{}", site.id, self.job.group.item_source(at).path)));
        }
        body
    }

    fn page(&self, view: &View<'_>, what: &Output) -> Option<Vec<u8>> {
        let (mut body, mut table) = (None, None);
        if let (Content::Item(item, needed, _), Output::Item { at, .. }) = (&view.content, what) {
            let path = &self.job.group.item_source(*at).path;
            body = Some(self.body(*at, needed.digest)?);
            if let (Some(wanted), Details::Table(t)) = (&item.table, item.details) {
                let file = t.data.as_ref().and_then(|r| source::beside(path, &r.target))?;
                table = self.table(&file, wanted.digest);
                if table.is_none() {
                    self.tell(changed_meanwhile(&format!("content/{}/{file}", self.id)));
                    return None;
                }
            }
        }
        let sources = Sources { body: body.unwrap_or_default(), table: table.as_deref() };
        let chrome = || with_current(&self.plan.chrome, self.job.planner, self.plan.site, view.place.section);
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
        let table = std::sync::Arc::new(source::load_table(&self.job.run.request.root, self.id, file, digest)?);
        *last = Some((key, table.clone()));
        Some(table)
    }
}

/// The further pages of a kept table stay too, and what was made of a kept page's photographs: how many there were, only the
/// manifest knows.
fn keep_further_outputs(outputs: &[PlannedOutput], before: &Manifest, entries: &mut Vec<Entry>) {
    let kept = outputs.iter().filter(|o| o.what == Output::Kept);
    let prefixes: Vec<String> = kept.map(|o| o.path.strip_suffix(".html").map_or_else(|| format!("{}.", o.path), |stem| format!("{stem}.page-"))).collect();
    let further: BTreeSet<&str> = prefixes
        .iter()
        .flat_map(|prefix| {
            let from = before.entries.partition_point(|e| e.path.as_str() < prefix.as_str());
            before.entries[from..].iter().map(|e| e.path.as_str()).take_while(move |path| path.starts_with(prefix.as_str()))
        })
        .collect();
    let further: Vec<Entry> =
        further.into_iter().filter_map(|path| before.get(path)).filter(|e| entries.binary_search_by(|own| own.path.cmp(&e.path)).is_err()).cloned().collect();
    if !further.is_empty() {
        entries.extend(further);
        entries.sort_by(|a, b| a.path.cmp(&b.path));
    }
}

/// What is published for a photograph that cannot be made.
fn stand_in(made: &Made<'_>) -> Option<Vec<u8>> {
    let Made::Photo(_, _, variant) = made else { return None };
    media::stand_in(variant)
}

/// The code of a picture that turned out to be damaged when it was decoded.
const BROKEN_PICTURE: &str = "broken-picture";

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
