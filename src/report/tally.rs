//! Who published what in a month, counted from content and its history, never from what anybody says of himself.
//!
//! In: a [`Count`]: the group, its history, its releases, a check's findings, the month. Out: for every site what counts, each with the list
//! of items behind it. Pure.

use std::collections::{BTreeMap, HashMap};

use super::searches::Searches;
use crate::check::finding::Finding;
use crate::check::history::History;
use crate::model::PortalGroup;
use crate::model::item::ItemRef;
use crate::plan::url::Urls;
use crate::source::ItemVersion;
use crate::source::checking::CheckSettings;
use crate::source::date::Date;
use crate::source::front_matter::Details;
use crate::source::settings::SiteKind;

/// What is counted from.
#[derive(Debug, Clone, Copy)]
pub struct Count<'a> {
    /// The group.
    pub group: &'a PortalGroup,
    /// Its history, when Git knows all of it.
    pub history: Option<&'a History>,
    /// When releases became live, seconds since 1970, ascending.
    pub releases: &'a [i64],
    /// What a check found.
    pub findings: &'a [Finding],
    /// `2026-10`.
    pub month: &'a str,
    /// What was looked for in that month, when the sidecar has counted it.
    pub searches: Option<&'a Searches>,
}

/// Something that counts.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, serde::Serialize)]
pub struct Entry {
    /// The day it counts for.
    pub day: String,
    /// What it is.
    pub title: String,
    /// Its page; empty when it has none.
    pub url: String,
    /// Its file, from the group's root.
    pub file: String,
    /// What is to be said of it.
    pub note: String,
}

/// One office's month.
#[derive(Debug, Clone, Default)]
pub struct Office {
    /// The site's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its short name, for charts.
    pub short: String,
    /// What it is.
    pub kind: SiteKind,
    /// By part (see [`super::ranking::PARTS`]): what counts, in order.
    pub parts: BTreeMap<&'static str, Vec<Entry>>,
    /// Days from an item's date to its first commit; empty without history.
    pub to_commit: Vec<i64>,
    /// Hours from the first commit to the release that showed it.
    pub to_public: Vec<i64>,
}

impl Office {
    /// What counts for a part.
    #[must_use]
    pub fn part(&self, name: &str) -> &[Entry] {
        self.parts.get(name).map_or(&[], Vec::as_slice)
    }

    fn add(&mut self, part: &'static str, entry: Entry) {
        self.parts.entry(part).or_default().push(entry);
    }
}

/// The middle of some numbers.
#[must_use]
pub fn median(numbers: &[i64]) -> Option<i64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied()
}

/// Every site's month, in the order of their ids.
#[must_use]
pub fn offices(count: &Count<'_>) -> Vec<Office> {
    let tally = Tally::of(count);
    let group = count.group;
    let mut offices: Vec<Office> = (0..group.sites.len())
        .map(|site| {
            let source = group.source(site);
            let name = source.settings.name.to_string();
            Office {
                id: source.id.to_string(),
                short: source.settings.short_name.as_deref().unwrap_or(&name).to_string(),
                name,
                kind: source.settings.kind,
                ..Office::default()
            }
        })
        .collect();
    for (site, office) in offices.iter_mut().enumerate() {
        tally.site(site, office);
    }
    tally.letters(&mut offices);
    tally.findings(&mut offices);
    offices.iter_mut().flat_map(|o| o.parts.values_mut()).for_each(|list| list.sort());
    offices
}

/// How many items count for each month, the newest last: so many months up to the one of the report.
#[must_use]
pub fn months(count: &Count<'_>, back: usize) -> Vec<(String, usize)> {
    let tally = Tally::of(count);
    let mut by_month: BTreeMap<String, usize> = BTreeMap::new();
    for site in 0..count.group.sites.len() {
        for at in items(count.group, site) {
            let version = count.group.version(at);
            *by_month.entry(tally.counts_on(&file(count.group, at), version.front.common.date).day()[..7].to_string()).or_default() += 1;
        }
    }
    let mut names = vec![count.month.to_string()];
    while names.len() < back {
        names.push(previous(names.last().map_or("", String::as_str)));
    }
    names.into_iter().rev().map(|name| (name.clone(), by_month.get(&name).copied().unwrap_or(0))).collect()
}

/// The month before: `2026-01` → `2025-12`.
fn previous(month: &str) -> String {
    let (year, month) = month.split_once('-').and_then(|(y, m)| Some((y.parse::<i32>().ok()?, m.parse::<i32>().ok()?))).unwrap_or((0, 1));
    if month > 1 { format!("{year:04}-{:02}", month - 1) } else { format!("{:04}-12", year - 1) }
}

fn items(group: &PortalGroup, site: usize) -> impl Iterator<Item = ItemRef> {
    let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
    let stands = move |(_, item): &(usize, &crate::model::item::Item)| !item.stale;
    group.sites[site].items.iter().enumerate().filter(stands).map(move |(i, _)| ItemRef { site: number(site), item: number(i) })
}

fn file(group: &PortalGroup, at: ItemRef) -> String {
    format!("content/{}/{}", group.source(at.site as usize).id, group.item_source(at).path)
}

struct Tally<'a> {
    count: Count<'a>,
    urls: Urls<'a>,
    first: HashMap<&'a str, i64>,
    settings: &'a CheckSettings,
}

impl<'a> Tally<'a> {
    fn of(count: &Count<'a>) -> Self {
        let first = count.history.map(History::first_seen).unwrap_or_default();
        Self { count: *count, urls: Urls::new(count.group, None), first, settings: &count.group.tree.group.check }
    }

    /// When a file was first committed, if that says when it was published: what was imported from older websites keeps its own date.
    fn committed(&self, file: &str) -> Option<(i64, Date)> {
        let seconds = *self.first.get(file)?;
        let day = Date::at(jiff::Timestamp::from_second(seconds).ok()?, &self.count.group.tree.zone);
        let early = self.settings.imported_until.is_some_and(|until| day.reached(until.end()));
        let archived = self.settings.archives.iter().any(|a| file.strip_prefix(a.trim_matches('/')).is_some_and(|rest| rest.starts_with('/')));
        (!early && !archived).then_some((seconds, day))
    }

    /// The day an item counts for: its date, but not before it was there.
    fn counts_on(&self, file: &str, date: Date) -> Date {
        self.committed(file).map_or(date, |(_, day)| if day.day() > date.day() { day } else { date })
    }

    fn is_in_month(&self, day: Date) -> bool {
        day.day().starts_with(self.count.month)
    }

    fn entry(&self, at: ItemRef, day: Date, note: String) -> Entry {
        let group = self.count.group;
        let common = &group.version(at).front.common;
        let url = self.urls.absolute(at.site as usize, &self.urls.item_path(at, 1));
        Entry { day: day.day(), title: common.title.to_string(), url, file: file(group, at), note }
    }

    fn site(&self, site: usize, office: &mut Office) {
        let group = self.count.group;
        let mut first_of_column: BTreeMap<u32, Date> = BTreeMap::new();
        for at in items(group, site) {
            let version = group.version(at);
            let name = file(group, at);
            let day = self.counts_on(&name, version.front.common.date);
            // A column that holds anything from the older websites is not new.
            let imported = self.count.history.is_some() && self.committed(&name).is_none();
            let first = first_of_column.entry(group.item(at).column).or_insert(day);
            *first = (*first).min(if imported { Date::default() } else { day });
            self.corrected(at, version, office);
            if self.is_in_month(day) && !matches!(version.front.details, Details::Reply(_)) {
                self.item(at, version, &name, day, office);
            }
        }
        for (column, first) in first_of_column.into_iter().filter(|(_, first)| self.is_in_month(*first)) {
            let column = &group.sites[site].columns[column as usize];
            let url = self.urls.absolute(site, &format!("{}/", column.path));
            office.add(
                "new_column",
                Entry { day: first.day(), title: column.name.to_string(), url, file: format!("sites/{}.yaml", office.id), note: String::new() },
            );
        }
    }

    fn item(&self, at: ItemRef, version: &ItemVersion, name: &str, day: Date, office: &mut Office) {
        let common = &version.front.common;
        office.add("item", self.entry(at, day, self.count.group.column(at).name.to_string()));
        if common.source.as_deref().is_none_or(|source| source == office.name || source == office.short) {
            office.add("original", self.entry(at, day, String::new()));
        }
        for attachment in &version.front.seldom().attachments {
            office.add("attachment", self.entry(at, day, attachment.target.to_string()));
        }
        for share in &version.front.seldom().share {
            office.add("shared", self.entry(at, day, share.target.to_string()));
        }
        let Some((seconds, committed)) = self.committed(name) else { return };
        let days = common.date.day().parse::<jiff::civil::Date>().ok().zip(committed.day().parse::<jiff::civil::Date>().ok());
        let days = days.and_then(|(from, to)| to.since(from).ok()).map_or(0, |span| i64::from(span.get_days()));
        office.to_commit.push(days);
        if days > i64::from(self.count.group.tree.group.report.timely_days.unwrap_or(2)) {
            office.add("late", self.entry(at, day, format!("{} → {}（{days}）", common.date.day(), committed.day())));
        }
        let live = self.count.releases.partition_point(|release| *release < seconds);
        office.to_public.extend(self.count.releases.get(live).map(|release| (release - seconds) / 3600));
    }

    fn corrected(&self, at: ItemRef, version: &ItemVersion, office: &mut Office) {
        let (updated, correction) = (version.front.common.updated, &version.front.seldom().correction);
        if let (Some(updated), Some(correction)) = (updated.filter(|day| self.is_in_month(*day)), correction) {
            office.add("correction", self.entry(at, updated, correction.to_string()));
        }
    }

    /// Published answers count for the office that answered, whichever site shows them.
    fn letters(&self, offices: &mut [Office]) {
        let group = self.count.group;
        for site in 0..group.sites.len() {
            for at in items(group, site) {
                let Details::Reply(reply) = &group.version(at).front.details else { continue };
                let Some(day) = reply.answered_on.filter(|day| self.is_in_month(*day)) else { continue };
                let by = reply.answering_office.as_deref().unwrap_or_default();
                let answering = offices.iter().position(|o| o.name == by || o.short == by).unwrap_or(site);
                let note = reply.asked_on.map_or_else(String::new, |asked| format!("{} → {}", asked.day(), day.day()));
                offices[answering].add("answered", self.entry(at, day, note));
            }
        }
    }

    fn findings(&self, offices: &mut [Office]) {
        for finding in self.count.findings {
            let Some(office) = offices.iter_mut().find(|o| *o.id == *finding.site) else { continue };
            let told = &finding.told;
            let part = match (&*told.code, told.is_error()) {
                ("letters-unanswered", _) => "overdue",
                (_, true) => "error",
                (_, false) => "warning",
            };
            let place = if told.place.line == 0 { told.file.to_string() } else { format!("{}:{}", told.file, told.place.line) };
            office.add(part, Entry { day: String::new(), title: told.message.zh.to_string(), url: String::new(), file: place, note: told.code.to_string() });
        }
    }
}
