//! 检查: what inspectors, lawyers and attackers would find in the group, found before anything is public.
//!
//! In: an [`Inspection`]: the assembled group, where its files and its built output lie. Out: [`Checked`]: findings as plain data, points of
//! every site, what is accepted and why. Files that have not changed since the last check are not opened again. Publishes nothing.

mod built;
mod dates;
mod examine;
pub mod finding;
mod group;
mod hidden;
pub mod history;
mod indicators;
mod likeness;
mod memory;
mod numbers;
pub mod online;
mod outside;
mod passage;
mod rounds;
pub mod rules;
pub mod sarif;
pub mod score;
mod settle;
pub mod table;
mod wording;

use std::collections::HashMap;
use std::path::Path;

use rayon::prelude::*;

use crate::diagnostic::{Diagnostic, Place};
use crate::digest::Digest;
use crate::model::PortalGroup;
use crate::model::item::ItemRef;
use crate::pipeline::Phases;
use crate::plan::url::Urls;
use crate::source::checking::CheckSettings;
use crate::source::date::Date;
use crate::source::front_matter::Details;
use crate::source::{with_many_readers, yaml};
use examine::{Examined, Rulebook};
use finding::Finding;
use group::{Shown, id_of};
use history::History;
pub use memory::Mark;
use memory::{Memory, SiteMemory};
use rounds::Round;
pub use settle::refuses;
use wording::Dictionary;

/// What is to be checked.
#[derive(Debug, Clone, Copy)]
pub struct Inspection<'a> {
    /// The group as it was built.
    pub group: &'a PortalGroup,
    /// Where its files lie.
    pub root: &'a Path,
    /// Where its output lies.
    pub out: &'a Path,
    /// What the build told.
    pub diagnostics: &'a [Diagnostic],
}

/// What a check found.
#[derive(Debug, Default)]
pub struct Checked {
    /// The day of the check.
    pub day: String,
    /// Findings that stand: errors first, then by file and place.
    pub findings: Vec<Finding>,
    /// Findings that are accepted, with the reason.
    pub accepted: Vec<(Finding, Box<str>)>,
    /// Every site with its points, in the order of the ids.
    pub sites: Vec<score::SiteScore>,
    /// Items and attachments there are.
    pub files: usize,
    /// Of these, how many were opened; the others are as the last check left them.
    pub opened: usize,
    /// Whether Git's history could be asked for first commits.
    pub dated: bool,
    /// Earlier checks, the oldest first.
    pub marks: Vec<Mark>,
    /// Milliseconds of each part.
    pub phases: Vec<(&'static str, u64)>,
    /// Outside links, with the places of the first items that have them.
    pub outside: Vec<(String, String, Place)>,
}

impl Checked {
    /// How many errors stand.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.findings.iter().filter(|f| f.told.is_error()).count()
    }

    /// How many warnings stand.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.findings.len() - self.errors()
    }

    /// The mark that is kept for the trend.
    #[must_use]
    pub fn mark(&self) -> Mark {
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        let sites = self.sites.iter().map(|s| (s.id.as_str().into(), s.points, count(s.errors + s.warnings))).collect();
        Mark { day: self.day.as_str().into(), errors: count(self.errors()), warnings: count(self.warnings()), sites }
    }
}

/// What a process that checks again and again keeps in memory instead of loading it anew.
#[derive(Debug, Default)]
pub struct Recalled {
    /// By site's id.
    sites: HashMap<Box<str>, SiteMemory>,
    pages: built::Pages,
}

/// Checks a group.
///
/// # Errors
/// When what is to be remembered cannot be written.
pub fn check(inspection: &Inspection<'_>, recalled: &mut Recalled) -> std::io::Result<Checked> {
    let Inspection { group, root, out, diagnostics } = *inspection;
    let mut phases = Phases::start();
    let settings = &group.tree.group.check;
    let at = group.conditions.at;
    let memory = Memory::of(root);
    let (rules, mut found) = rulebook(group, root);
    let digest = Digest::of(&(rules.dictionary.digest, &rules.domain, &settings.links));
    let shown = Shown::all(group);
    let mut known = std::mem::take(&mut recalled.sites);
    let work: Vec<_> = by_site(group, &shown).into_iter().map(|(site, items)| (site, items, known.remove(id_of(group, site)))).collect();
    let few = work.iter().all(|(.., known)| known.is_some());
    let round = |(site, items, known)| rounds::site(inspection, &rules, digest, (site, items), known);
    let go_round = || work.into_par_iter().map(round).collect::<std::io::Result<_>>();
    let sites: Vec<Round> = if few { go_round()? } else { with_many_readers(go_round)? };
    phases.done("examine");
    let known = memory.history();
    let head = known.as_ref().map(|h| h.head.clone());
    let history = history::read(root, known);
    if let Some(history) = history.as_ref().filter(|h| head.as_ref() != Some(&h.head)) {
        memory.save_history(history)?;
    }
    let first = history.as_ref().map(|h| first_dates(h, group));
    found.extend(dates::check(&shown, first.as_ref(), settings, at));
    phases.done("history");
    let shapes: Vec<_> = sites.iter().flat_map(|s| s.memory.items.iter()).collect();
    found.extend(duplicates(group, &shown, &shapes, settings));
    phases.done("duplicates");
    let urls = Urls::new(group, None);
    let desks = desks(root);
    let view = indicators::Inspection { group, settings, at, desks: &desks };
    found.extend(
        (0..group.sites.len())
            .into_par_iter()
            .flat_map_iter(|site| [view.site(site), built::pages(group, &urls, out, site, &recalled.pages)].concat())
            .collect::<Vec<_>>(),
    );
    found.extend(shown.iter().filter_map(|item| view.letter(&item.file, item.version)));
    found.extend(shown.iter().flat_map(|item| numbers_of_letters(&view, group, root, item)));
    found.extend(
        shown.iter().zip(&shapes).filter(|(_, e)| !e.fragments.is_empty()).flat_map(|(item, e)| built::fragments(group, &urls, out, item, &e.fragments)),
    );
    found.extend(reviews(settings, at));
    phases.done("indicators");
    let mut checked = Checked { day: at.day(), dated: first.is_some(), marks: memory.marks(), ..Checked::default() };
    checked.outside = outside(&shown, &shapes);
    for site in &sites {
        checked.files += site.memory.items.len() + site.memory.files.len();
        checked.opened += site.opened;
        found.extend(site.memory.items.iter().chain(&site.memory.files).flat_map(|e| e.findings.iter().cloned()));
    }
    recalled.sites = sites.into_iter().enumerate().map(|(site, round)| (id_of(group, site).into(), round.memory)).collect();
    found.extend(diagnostics.iter().map(of_build));
    let settled = settle::settle(found, settings, at);
    (checked.findings, checked.accepted) = (settled.standing, settled.accepted);
    checked.sites = score::sites(group, &checked.findings);
    phases.done("settle");
    checked.phases = phases.over;
    Ok(checked)
}

/// Remembers how a check ended, for the trend of the next one.
///
/// # Errors
/// When it cannot be written.
pub fn remember(root: &Path, checked: &Checked) -> std::io::Result<()> {
    Memory::of(root).save_mark(checked.mark())
}

/// The history of the content under `root`, with what is remembered of it.
#[must_use]
pub fn history_of(root: &Path) -> Option<History> {
    history::read(root, Memory::of(root).history())
}

/// What every item is held against, and what is wrong in the dictionaries.
fn rulebook(group: &PortalGroup, root: &Path) -> (Rulebook, Vec<Finding>) {
    let mut files = Vec::new();
    let folder = root.join("sites/wording");
    let mut names: Vec<String> = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    for name in names.iter().filter(|n| n.ends_with(".yaml")) {
        if let Ok(text) = std::fs::read_to_string(folder.join(name)) {
            files.push((format!("sites/wording/{name}"), text));
        }
    }
    let offices = group.tree.sites.iter().map(|s| &s.settings);
    let (dictionary, wrong) = Dictionary::of(&files, offices);
    let settings = &group.tree.group;
    let rules = Rulebook { dictionary, domain: settings.domain.to_string(), listed: settings.check.links.clone() };
    (rules, wrong.iter().map(of_build).collect())
}

/// A build's diagnostic as a finding.
fn of_build(diagnostic: &Diagnostic) -> Finding {
    Finding { site: finding::site_of(&diagnostic.file).into(), told: diagnostic.clone(), excerpt: "".into() }
}

fn by_site<'a, 'g>(group: &PortalGroup, shown: &'a [Shown<'g>]) -> Vec<(usize, &'a [Shown<'g>])> {
    let of = |site: usize| {
        let from = shown.partition_point(|s| (s.at.site as usize) < site);
        let to = shown.partition_point(|s| s.at.site as usize <= site);
        (site, &shown[from..to])
    };
    (0..group.sites.len()).map(of).collect()
}

/// When each file was first committed, in the group's time.
fn first_dates<'h>(history: &'h History, group: &PortalGroup) -> HashMap<&'h str, Date> {
    let date = |seconds: i64| jiff::Timestamp::from_second(seconds).map_or_else(|_| Date::default(), |t| Date::at(t, &group.tree.zone));
    history.first_seen().into_iter().map(|(file, at)| (file, date(at))).collect()
}

/// Items that are copies of earlier ones on other sites, without saying so by `share:`.
fn duplicates(group: &PortalGroup, shown: &[Shown<'_>], examined: &[&Examined], settings: &CheckSettings) -> Vec<Finding> {
    let dated = |i: usize| examined[i].shape.is_some().then(|| (shown[i].version.front.common.date, i));
    let mut order: Vec<(Date, usize)> = (0..shown.len().min(examined.len())).into_par_iter().filter_map(dated).collect();
    order.par_sort_unstable();
    let order: Vec<usize> = order.into_iter().map(|(_, i)| i).collect();
    let shapes: Vec<_> = order.iter().map(|i| examined[*i].shape.as_ref()).collect();
    let share = f64::from(settings.similar.unwrap_or(85)) / 100.0;
    let may = |a: usize, b: usize| shown[order[a]].at.site != shown[order[b]].at.site;
    let copies = likeness::copies(&shapes, share, may);
    let told = |(i, first): (usize, Option<usize>)| {
        let (copy, original) = (&shown[order[i]], &shown[order[first?]]);
        let column = |at: ItemRef| format!("{}/{}", id_of(group, at.site as usize), group.column(at).path);
        let (file, to) = (&original.file, column(copy.at));
        Some(
            Finding::new("duplicate", &copy.file, Place::new(1, 1), format!("与 {file} 内容基本相同"), format!("nearly the same as {file}"))
                .hint(format!("只留一份，在原稿里写 share: [{to}]"), format!("keep one, and write `share: [{to}]` into the original")),
        )
    };
    copies.into_iter().enumerate().filter_map(told).collect()
}

/// What the published numbers of letters say.
fn numbers_of_letters(view: &indicators::Inspection<'_>, group: &PortalGroup, root: &Path, item: &Shown<'_>) -> Vec<Finding> {
    let Details::Table(table) = &item.version.front.details else { return Vec::new() };
    let site = item.at.site as usize;
    let path = &group.item_source(item.at).path;
    let file = table.data.as_ref().and_then(|data| crate::source::beside(path, &data.target));
    let found = file.and_then(|path| {
        let source = group.source(site);
        let facts = source.content.files[source.content.file_at(&path)?].facts.as_ref()?;
        if !facts.latest.iter().any(|(heading, _)| &**heading == "已受理") {
            return None;
        }
        let table = crate::source::load_table(root, &source.id, &path, facts.digest)?;
        Some(view.numbers(&format!("content/{}/{path}", source.id), &table))
    });
    found.unwrap_or_default()
}

/// Ids of sites that have desks for letters.
fn desks(root: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(root.join("sites/desks")).into_iter().flatten().flatten();
    let site = |path: std::path::PathBuf| {
        let node = yaml::parse(&std::fs::read_to_string(path).ok()?, 1).ok()?;
        let yaml::Value::Map(keys) = node.value else { return None };
        let (_, site) = keys.into_iter().find(|(key, _)| key.text == "site")?;
        if let yaml::Value::Scalar { text, .. } = site.value { Some(text) } else { None }
    };
    entries.filter_map(|e| site(e.path())).collect()
}

/// Entries of the list of outside hosts that nobody has looked at for too long.
fn reviews(settings: &CheckSettings, at: Date) -> Vec<Finding> {
    let allowed = i64::from(settings.link_review_days.unwrap_or(365));
    let due = |host: &crate::source::checking::OutsideHost| {
        let days = host.reviewed.map(|day| dates::days_between(day, at));
        days.is_none_or(|days| days > allowed).then(|| {
            let (host, since) = (&host.host, days.map_or_else(|| "从未".to_string(), |d| format!("{d} 天没有")));
            Finding::new(
                "outside-link-review",
                "sites/group.yaml",
                Place::default(),
                format!("外链 {host} {since}复核"),
                format!("the outside host {host} is due for review"),
            )
            .hint("打开看一看，确认仍属原单位，再改 reviewed 的日期", "open it, make sure that it is still theirs, and renew `reviewed`")
        })
    };
    settings.links.iter().filter_map(due).collect()
}

/// Every outside address once, with the first item that has it.
fn outside(shown: &[Shown<'_>], examined: &[&Examined]) -> Vec<(String, String, Place)> {
    let mut first: std::collections::BTreeMap<&str, (&str, Place)> = std::collections::BTreeMap::new();
    for (item, e) in shown.iter().zip(examined) {
        for (target, place) in &e.outside {
            first.entry(target).or_insert((&item.file, *place));
        }
    }
    first.into_iter().map(|(target, (file, place))| (target.to_string(), file.to_string(), place)).collect()
}
