//! Results as they are shown: addresses, facets as links, ways on. For the page as plain data, for the API as its document tells.
//!
//! In: what was asked, the answer, the catalogue. Out: views. A result's address is that of its site's frame, so that links fit a preview too.

use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;

use super::citizen;
use super::search::{Asked, CELLS};
use crate::render::frame::Frame;
use crate::search::answer::{Answer, Hit};
use crate::search::excerpt::{Piece, pieces};
use crate::search::question::{LONGEST, Order, PAGE};
use crate::search::shown::{Catalogue, Kind, Spot, TableEntry};
use crate::sidecar::desk::{Desk, Desks};
use crate::sidecar::service::{Frames, Sidecar};
use crate::source::folding::folded;

/// Entries of a facet that are seen at once.
const SEEN: usize = 12;
/// Files of a result that are shown.
const FILES: usize = 6;
/// Examples for whoever has not asked yet.
const EXAMPLES: usize = 8;
/// Desks that are named when nothing is found.
const DESKS: usize = 4;

/// On which site's page results are shown.
pub(super) struct Place {
    /// The site's id.
    pub site: String,
    /// Its home page.
    home: String,
}

impl Place {
    /// The site asked for when it lives on this host or the host is nobody's; else the host's own; else the main site. Another host would have
    /// other style sheets.
    pub(super) fn of(sidecar: &Sidecar, site: Option<&str>, host: &str) -> Self {
        let (frames, main) = (sidecar.frames(), sidecar.desks().main.clone());
        let here = |frame: &Frame| frame.origin().split_once("://").is_some_and(|(_, own)| own.eq_ignore_ascii_case(host));
        let own = frames.iter().filter(|(_, frame)| here(frame)).min_by_key(|(_, frame)| frame.address().len());
        let asked = site.and_then(|id| frames.get_key_value(id)).filter(|(_, frame)| own.is_none() || here(frame));
        match asked.or(own).or_else(|| frames.get_key_value(&main)) {
            Some((id, frame)) => Self { site: id.clone(), home: frame.address().into() },
            None => Self { site: main, home: "/".into() },
        }
    }
}

/// What was found, and where it is shown.
pub(super) struct Found<'a> {
    pub asked: &'a Asked,
    pub answer: &'a Answer,
    pub catalogue: &'a Catalogue,
    pub place: &'a Place,
}

/// A file or a form of a result.
#[derive(Serialize, ToSchema)]
pub(super) struct FileView {
    name: String,
    url: String,
}

/// Something a result tells of itself.
#[derive(Serialize, ToSchema)]
pub(super) struct FactView {
    name: String,
    value: String,
}

/// A result.
#[derive(Serialize, ToSchema)]
pub(super) struct ResultView {
    /// Absolute; empty when it leads nowhere.
    url: String,
    title: String,
    excerpt: String,
    /// `guide`, `policy`, …, `site` for a site, `row` for a row of a table.
    kind: String,
    kind_name: String,
    /// The site's id.
    site: String,
    site_name: String,
    column: String,
    /// `2026-11-21`; empty for a site.
    day: String,
    /// 发文字号, 索引号 and the like.
    numbers: Vec<String>,
    facts: Vec<FactView>,
    files: Vec<FileView>,
}

/// How many results there are of something.
#[derive(Serialize, ToSchema)]
pub(super) struct CountView {
    id: String,
    name: String,
    count: u32,
}

/// An answer.
#[derive(Serialize, ToSchema)]
pub(super) struct SearchView {
    total: u32,
    page: usize,
    pages: usize,
    /// The question was too long; its beginning was asked.
    cut: bool,
    /// Nothing fits exactly; these hold most of the letters.
    near: bool,
    /// Words that were looked for besides.
    added: Vec<String>,
    /// Other words that may have been meant.
    meant: Vec<String>,
    /// The site that is asked for by its name.
    card: Option<ResultView>,
    results: Vec<ResultView>,
    sites: Vec<CountView>,
    kinds: Vec<CountView>,
    years: Vec<CountView>,
}

/// Where a result leads; nothing for what no browser should open.
fn address(spot: &Spot, catalogue: &Catalogue, frames: &Frames) -> Option<String> {
    let Some(number) = spot.site else {
        return (spot.path.starts_with("https://") || spot.path.starts_with("http://")).then(|| spot.path.to_string());
    };
    let site = catalogue.sites.get(usize::from(number))?;
    let origin = frames.get(&site.id).map_or(site.origin.as_str(), Frame::origin);
    Some(format!("{origin}{}", spot.path))
}

fn joined(pieces: &[Piece]) -> String {
    pieces.iter().map(|p| p.text.as_str()).collect()
}

fn result(hit: &Hit, sidecar: &Sidecar, catalogue: &Catalogue) -> ResultView {
    let (frames, desks, shown) = (sidecar.frames(), sidecar.desks(), &hit.shown);
    let site = catalogue.sites.get(usize::from(hit.site)).map_or("", |s| &s.id);
    let file = |(name, spot): &(Box<str>, Spot)| Some(FileView { name: name.to_string(), url: address(spot, catalogue, &frames)? });
    ResultView {
        url: address(&shown.spot, catalogue, &frames).unwrap_or_default(),
        title: joined(&hit.title),
        excerpt: joined(&hit.excerpt),
        kind: hit.kind.word().into(),
        kind_name: hit.kind.name().into(),
        site: site.into(),
        site_name: desks.site_name(site).into(),
        column: shown.column.to_string(),
        day: shown.day.to_string(),
        numbers: shown.numbers.iter().map(ToString::to_string).collect(),
        facts: shown.facts.iter().map(|(name, value)| FactView { name: name.to_string(), value: value.to_string() }).collect(),
        files: shown.files.iter().filter_map(file).collect(),
    }
}

/// The answer for the API.
pub(super) fn plain(sidecar: &Sidecar, asked: &Asked, answer: &Answer, catalogue: &Catalogue) -> SearchView {
    let desks = sidecar.desks();
    let result = |hit: &Hit| result(hit, sidecar, catalogue);
    let site = |(number, count): &(u16, u32)| {
        let id = &catalogue.sites.get(usize::from(*number))?.id;
        Some(CountView { id: id.clone(), name: desks.site_name(id).into(), count: *count })
    };
    SearchView {
        total: answer.total,
        page: asked.page.max(1),
        pages: answer.pages,
        cut: answer.cut,
        near: answer.near,
        added: answer.added.clone(),
        meant: answer.meant.clone(),
        card: answer.card.as_ref().map(result),
        results: answer.hits.iter().map(result).collect(),
        sites: answer.sites.iter().filter_map(site).collect(),
        kinds: answer.kinds.iter().map(|(kind, count)| CountView { id: kind.word().into(), name: kind.name().into(), count: *count }).collect(),
        years: answer.years.iter().map(|(year, count)| CountView { id: year.to_string(), name: format!("{year} 年"), count: *count }).collect(),
    }
}

/// A result for the page: what the API tells, and the marks.
fn marked(hit: &Hit, sidecar: &Sidecar, catalogue: &Catalogue) -> Value {
    let mut view = json!(result(hit, sidecar, catalogue));
    view["title"] = json!(hit.title);
    view["excerpt"] = json!(hit.excerpt);
    let more = hit.shown.files.len().saturating_sub(FILES);
    if let Some(files) = view["files"].as_array_mut() {
        files.truncate(FILES);
    }
    // What is told by its name need not be told twice.
    if let Some(numbers) = view["numbers"].as_array_mut() {
        numbers.retain(|number| hit.shown.facts.iter().all(|(_, value)| number != &**value));
    }
    view["more_files"] = json!(more);
    view
}

/// What every state of the page has: the form, the scope, ways on.
fn form(sidecar: &Sidecar, asked: &Asked, place: &Place) -> Value {
    let desks = sidecar.desks();
    let own = asked.site.as_deref().unwrap_or(&place.site);
    let scope = |name: String, site: Option<String>, current: bool| json!({"name": name, "current": current, "url": asked.with(|a| (a.site, a.inside) = (site.clone(), None))});
    let words: String = asked.words.chars().take(LONGEST).collect();
    json!({
        "words": words, "longest": LONGEST, "site": asked.site, "table": Value::Null, "home": place.home,
        "scopes": [
            scope(format!("本站（{}）", desks.site_name(own)), Some(own.to_string()), asked.site.is_some()),
            scope("站群".into(), None, asked.site.is_none()),
        ],
        "chosen": asked.site.is_some() || asked.inside.is_some() || asked.kind.is_some() || asked.year.is_some(),
        "everything": Asked { words: asked.words.clone(), ..Asked::default() }.address(),
        "ways": ways(sidecar, place),
        "state": "asking", "trouble": "", "static": format!("{}search.html", place.home),
    })
}

/// Where else somebody can look or ask.
fn ways(sidecar: &Sidecar, place: &Place) -> Vec<Value> {
    let (desks, frames, now) = (sidecar.desks(), sidecar.frames(), sidecar.now());
    let mut ways = vec![json!({"name": "网站地图", "url": format!("{}map.html", place.home)})];
    if let (Some(guides), Some(main)) = (&desks.guides, frames.get(&desks.main)) {
        ways.push(json!({"name": "办事指南", "url": format!("{}{guides}/", main.address())}));
    }
    let mut open: Vec<&Desk> = desks.desks.values().filter(|d| !d.by_clerk && d.is_open(now) && d.closes_at.is_none() && d.site == desks.main).collect();
    // Who takes most kinds of letters takes this one.
    open.sort_by_key(|d| std::cmp::Reverse(d.categories.len()));
    ways.extend(open.into_iter().take(DESKS).map(|d| json!({"name": d.name, "url": citizen::address(sidecar, d)})));
    ways
}

/// The page that says why there are no results just now.
pub(super) fn refusal(sidecar: &Sidecar, asked: &Asked, place: &Place, why: &str) -> Value {
    let mut view = form(sidecar, asked, place);
    view["trouble"] = json!(why);
    view["state"] = json!("trouble");
    view
}

/// The page with what was found.
pub(super) fn view(sidecar: &Sidecar, found: &Found<'_>) -> Value {
    let Found { asked, answer, catalogue, place } = found;
    let mut view = form(sidecar, asked, place);
    if let Some(key) = asked.table {
        match catalogue.tables.iter().find(|t| t.key == key) {
            Some(table) => view["table"] = rows(sidecar, found, table),
            None => return refusal(sidecar, &Asked { table: None, ..(*asked).clone() }, place, "没有这张数据表，可以在全部内容中搜索"),
        }
    }
    if asked.is_empty() {
        view["examples"] = json!(examples(asked, catalogue, &sidecar.desks()));
        return view;
    }
    view["state"] = json!(if answer.total > 0 { "found" } else { "none" });
    view["total"] = json!(answer.total);
    view["card"] = json!(answer.card.as_ref().map(|hit| marked(hit, sidecar, catalogue)));
    view["hits"] = if asked.table.is_some() { json!([]) } else { json!(answer.hits.iter().map(|hit| marked(hit, sidecar, catalogue)).collect::<Vec<_>>()) };
    view["near"] = json!(answer.near);
    view["cut"] = json!(answer.cut);
    view["added"] = json!(answer.added.join("、"));
    let meant = |words: &String| json!({"name": words, "url": asked.with(|a| a.words.clone_from(words))});
    view["meant"] = json!(answer.meant.iter().map(meant).collect::<Vec<_>>());
    view["first"] = json!((asked.page.max(1) - 1) * PAGE + 1);
    let sort = |name: &str, order: Order| json!({"name": name, "current": asked.order == order, "url": asked.with(|a| a.order = order)});
    view["sorts"] = json!([sort("按相关度", Order::Relevance), sort("按日期", Order::Date)]);
    view["facets"] = if asked.table.is_some() { json!([]) } else { json!(facets(sidecar, found)) };
    view["pages"] = pages(asked, answer.pages);
    view
}

/// The choices among results, each with what undoes it. Those that leave nothing to choose are left out.
fn facets(sidecar: &Sidecar, found: &Found<'_>) -> Vec<Value> {
    let Found { asked, answer, catalogue, .. } = found;
    let desks = sidecar.desks();
    let entry = |name: String, count: u32, current: bool, url: String| json!({"name": name, "count": count, "current": current, "url": url});
    let id = |number: u16| catalogue.sites.get(usize::from(number)).map(|s| s.id.clone());
    let site = |(number, count): &(u16, u32)| {
        let id = id(*number)?;
        let current = asked.inside.as_ref() == Some(&id);
        Some(entry(desks.site_name(&id).to_string(), *count, current, asked.with(|a| a.inside = Some(id.clone()))))
    };
    let kind = |(kind, count): &(Kind, u32)| entry(kind.name().into(), *count, asked.kind == Some(*kind), asked.with(|a| a.kind = Some(*kind)));
    let year = |(year, count): &(u16, u32)| entry(format!("{year} 年"), *count, asked.year == Some(*year), asked.with(|a| a.year = Some(*year)));
    let sites: Vec<Value> = if asked.site.is_some() { Vec::new() } else { answer.sites.iter().filter_map(site).collect() };
    let all = [
        ("站点", sites, asked.inside.as_ref().map(|_| asked.with(|a| a.inside = None))),
        ("类型", answer.kinds.iter().map(kind).collect(), asked.kind.map(|_| asked.with(|a| a.kind = None))),
        ("年份", answer.years.iter().map(year).collect(), asked.year.map(|_| asked.with(|a| a.year = None))),
    ];
    let facet = |(name, mut entries, cancel): (&str, Vec<Value>, Option<String>)| {
        let more = entries.split_off(SEEN.min(entries.len()));
        json!({"name": name, "entries": entries, "more": more, "cancel": cancel})
    };
    all.into_iter().filter(|(_, entries, cancel)| entries.len() > 1 || cancel.is_some()).map(facet).collect()
}

/// Links to pages: the first, the last, and those around this one.
fn pages(asked: &Asked, last: usize) -> Value {
    let now = asked.page.max(1);
    let at = |page: usize| asked.with(|a| a.page = page);
    let near = (1..=last).filter(|p| *p == 1 || *p == last || p.abs_diff(now) <= 2);
    let numbers: Vec<Value> = near.map(|p| json!({"number": p, "current": p == now, "url": at(p)})).collect();
    json!({
        "now": now, "last": last, "numbers": numbers,
        "previous": (now > 1).then(|| at((now - 1).min(last.max(1)))), "next": (now < last).then(|| at(now + 1)),
    })
}

/// Things to look for: services of the group, spread over what there is.
fn examples(asked: &Asked, catalogue: &Catalogue, desks: &Desks) -> Vec<Value> {
    let short = |word: &&String| word.chars().count() <= 14 && catalogue.sites.iter().map(|s| &s.name).chain(desks.sites.values()).all(|name| name != *word);
    let words: Vec<&String> = catalogue.vocabulary.iter().filter(short).collect();
    let step = (words.len() / EXAMPLES).max(1);
    words.into_iter().step_by(step).take(EXAMPLES).map(|word| json!({"name": word, "url": asked.with(|a| a.words.clone_from(word))})).collect()
}

/// The rows of a table, and a field for each of its first columns.
fn rows(sidecar: &Sidecar, found: &Found<'_>, table: &TableEntry) -> Value {
    let Found { asked, answer, catalogue, .. } = found;
    let frames = sidecar.frames();
    let marks: Vec<Vec<char>> = std::iter::once(&asked.words)
        .chain(asked.cells.iter().map(|(_, w)| w))
        .flat_map(|w| w.split_whitespace())
        .map(|w| w.chars().filter_map(folded).collect())
        .filter(|m: &Vec<char>| !m.is_empty())
        .collect();
    let typed = |at: usize| asked.cells.iter().find(|(cell, _)| *cell == at).map_or("", |(_, words)| words);
    let cell = |hit: &Hit, heading: &String| {
        let text = hit.shown.facts.iter().find(|(name, _)| **name == **heading).map_or("", |(_, value)| value);
        json!(pieces(text, &marks))
    };
    let row =
        |hit: &Hit| json!({"cells": table.headings.iter().map(|h| cell(hit, h)).collect::<Vec<_>>(), "url": address(&hit.shown.spot, catalogue, &frames)});
    let spot = Spot { site: Some(table.site), path: table.path.as_str().into() };
    json!({
        "key": format!("{:016x}", table.key), "title": table.title, "url": address(&spot, catalogue, &frames), "count": table.rows, "headings": table.headings,
        "fields": table.headings.iter().take(CELLS).enumerate().map(|(at, name)| json!({"key": format!("c{at}"), "name": name, "value": typed(at)})).collect::<Vec<_>>(),
        "rows": answer.hits.iter().map(row).collect::<Vec<_>>(),
        "all": Asked { table: Some(table.key), ..Asked::default() }.address(),
    })
}
