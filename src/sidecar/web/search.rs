//! Search: the page `/-/search` and its sibling in JSON. A form, an index, results; no script, no cookie, nothing kept but counts.
//!
//! In: words and choices from the address. Out: results in a site's frame, or why there are none just now. What cannot be meant is left out on the page and
//! refused by the API.

use std::fmt::Write;
use std::sync::Arc;
use std::time::Instant;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use utoipa::OpenApi;

use super::Shared;
use super::api::ErrorView;
use super::cases::encoded;
use super::form::Origin;
use super::page::{page, with_status};
use super::problem::Problem;
use super::results::{self, Found, Place};
use crate::search::answer::Answer;
use crate::search::question::{LONGEST, Order, PAGES, Wish};
use crate::search::shown::{Catalogue, Kind};
use crate::sidecar::finding::Unanswered;
use crate::sidecar::service::Sidecar;

/// Columns of a table that can be asked by themselves.
pub(super) const CELLS: usize = 10;

/// What is asked, as the address says it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Asked {
    /// As typed, cut to one letter more than counts.
    pub words: String,
    /// 本站: this site only.
    pub site: Option<String>,
    /// Chosen among the group's results.
    pub inside: Option<String>,
    pub kind: Option<Kind>,
    pub year: Option<u16>,
    pub order: Order,
    /// From 1.
    pub page: usize,
    pub table: Option<u64>,
    pub cells: Vec<(usize, String)>,
}

impl Asked {
    /// Reads the parts of an address; with them the names of those that cannot be meant.
    pub(super) fn read(pairs: &[(String, String)]) -> (Self, Vec<&str>) {
        let (mut asked, mut wrong) = (Self { page: 1, ..Self::default() }, Vec::new());
        for (name, value) in pairs.iter().filter(|(_, value)| !value.trim().is_empty()) {
            if !asked.take(name, value.trim()) {
                wrong.push(name.as_str());
            }
        }
        (asked, wrong)
    }

    /// Takes a part; `false` when it cannot be meant. Parts with other names are no concern of ours.
    fn take(&mut self, name: &str, value: &str) -> bool {
        let id = || Some(value.to_string()).filter(|v| v != "all");
        match name {
            "q" => self.words = typed(value),
            "site" => self.site = id(),
            "in" => self.inside = id(),
            "kind" => self.kind = Kind::of_word(value),
            "year" => self.year = value.parse().ok().filter(|year| (1900..=2155).contains(year)),
            "sort" => self.order = if value == "date" { Order::Date } else { Order::Relevance },
            "page" => self.page = value.parse().ok().filter(|page| (1..=PAGES).contains(page)).unwrap_or(0),
            "table" => self.table = Some(value).filter(|v| v.len() == 16).and_then(|v| u64::from_str_radix(v, 16).ok()),
            _ => return self.take_cell(name, value),
        }
        match name {
            "kind" => self.kind.is_some(),
            "year" => self.year.is_some(),
            "sort" => matches!(value, "date" | "relevance"),
            "page" => self.page > 0,
            "table" => self.table.is_some(),
            _ => true,
        }
    }

    fn take_cell(&mut self, name: &str, value: &str) -> bool {
        let at = name.strip_prefix('c').and_then(|n| n.parse::<usize>().ok()).filter(|at| *at < CELLS);
        if let Some(at) = at {
            self.cells.retain(|(before, _)| *before != at);
            self.cells.push((at, typed(value)));
            self.cells.sort();
        }
        true
    }

    /// Whether there is anything to look for.
    pub(super) fn is_empty(&self) -> bool {
        self.table.is_none() && !self.words.chars().any(char::is_alphanumeric)
    }

    /// The address that asks this.
    pub(super) fn address(&self) -> String {
        let mut out = String::from("/-/search?q=");
        out.push_str(&encoded(&self.words));
        let mut add = |name: &str, value: String| {
            // Writing to a String never fails.
            let _ = write!(out, "&{name}={}", encoded(&value));
        };
        let own = [("site", self.site.clone()), ("in", self.inside.clone()), ("kind", self.kind.map(|k| k.word().to_string()))];
        let more = [("year", self.year.map(|y| y.to_string())), ("sort", (self.order == Order::Date).then(|| "date".into()))];
        let last = [("table", self.table.map(|key| format!("{key:016x}"))), ("page", (self.page > 1).then(|| self.page.to_string()))];
        for (name, value) in own.into_iter().chain(more).chain(last) {
            if let Some(value) = value {
                add(name, value);
            }
        }
        for (at, words) in &self.cells {
            add(&format!("c{at}"), words.clone());
        }
        out
    }

    /// The same with something changed, from its first page on.
    pub(super) fn with(&self, change: impl Fn(&mut Self)) -> String {
        let mut other = Self { page: 1, ..self.clone() };
        change(&mut other);
        other.address()
    }

    /// What the index is asked. A site that is not there is none.
    fn wish(&self, catalogue: &Catalogue, now: u16) -> Wish {
        let number = |id: &String| catalogue.sites.iter().position(|s| s.stands && s.id == *id).and_then(|n| u16::try_from(n).ok());
        Wish {
            words: self.words.clone(),
            site: self.site.as_ref().and_then(number).or_else(|| self.inside.as_ref().and_then(number)),
            kind: self.kind,
            year: self.year,
            order: self.order,
            page: self.page.max(1),
            table: self.table,
            cells: if self.table.is_some() { self.cells.clone() } else { Vec::new() },
            now,
        }
    }

    /// Parts that name what is not there.
    fn lost(&self, catalogue: &Catalogue) -> Option<&'static str> {
        let stands = |id: &String| catalogue.sites.iter().any(|s| s.stands && s.id == *id);
        let has = |key: u64| catalogue.tables.iter().any(|t| t.key == key);
        let named = [("site", self.site.as_ref().is_some_and(|id| !stands(id))), ("in", self.inside.as_ref().is_some_and(|id| !stands(id)))];
        named.into_iter().chain([("table", self.table.is_some_and(|key| !has(key)))]).find(|(_, lost)| *lost).map(|(name, _)| name)
    }
}

/// What was typed, on one line, no longer than shows that it was cut.
fn typed(value: &str) -> String {
    value.chars().filter(|c| !c.is_control()).take(LONGEST + 1).collect()
}

/// Why a question has no answer.
enum Refused {
    TooMany,
    Unanswered(Unanswered),
}

impl Refused {
    /// Status, seconds after which to try again, and what is said.
    fn told(&self) -> (StatusCode, u32, &'static str) {
        match self {
            Self::TooMany => (StatusCode::TOO_MANY_REQUESTS, 60, "搜索过于频繁，请一分钟后再试"),
            Self::Unanswered(Unanswered::NoIndex) => (StatusCode::SERVICE_UNAVAILABLE, 30, "搜索数据正在整理，请几分钟后再试"),
            Self::Unanswered(Unanswered::Busy) => (StatusCode::SERVICE_UNAVAILABLE, 10, "同时搜索的人较多，请稍后再试"),
        }
    }
}

/// Asks the index, within the pace of one address, and counts it.
async fn ask(sidecar: &Sidecar, asked: &Asked, origin: &Origin) -> Result<(Answer, Arc<Catalogue>), Refused> {
    if !sidecar.finding.pace.takes(&origin.0, sidecar.now()) {
        return Err(Refused::TooMany);
    }
    let catalogue = sidecar.finding.catalogue().ok_or(Refused::Unanswered(Unanswered::NoIndex))?;
    if asked.is_empty() {
        return Ok((Answer::default(), catalogue));
    }
    let day = jiff::Timestamp::from_millisecond(sidecar.now()).unwrap_or_default().to_zoned(sidecar.desks().zone.clone());
    let started = Instant::now();
    let wish = asked.wish(&catalogue, u16::try_from(day.year()).unwrap_or(0));
    let answer = sidecar.finding.answer(wish).await.map_err(Refused::Unanswered)?;
    sidecar.finding.tally.answered(started.elapsed(), answer.total == 0);
    // Choosing among results is no new question, and a table's rows are about people.
    let new = asked.page <= 1 && asked.table.is_none() && asked.inside.is_none() && asked.kind.is_none() && asked.year.is_none();
    if new && asked.order == Order::Relevance {
        sidecar.finding.tally.asked(&day.strftime("%Y-%m").to_string(), &asked.words, answer.total == 0);
    }
    Ok((answer, catalogue))
}

type Pairs = Query<Vec<(String, String)>>;

/// The page.
pub(super) async fn search(State(sidecar): Shared, origin: Origin, headers: HeaderMap, Query(pairs): Pairs) -> Result<Response, Problem> {
    let mut asked = Asked::read(&pairs).0;
    asked.page = asked.page.max(1);
    let place = Place::of(&sidecar, asked.site.as_deref(), headers.get(header::HOST).and_then(|h| h.to_str().ok()).unwrap_or(""));
    let title = if asked.words.is_empty() { "搜索".to_string() } else { format!("搜索：{}", asked.words) };
    let mut answer = match ask(&sidecar, &asked, &origin).await {
        Ok((answer, catalogue)) => {
            let found = Found { asked: &asked, answer: &answer, catalogue: &catalogue, place: &place };
            page(&sidecar, &place.site, "search", &title, &results::view(&sidecar, &found))?
        }
        Err(refused) => {
            let (status, seconds, why) = refused.told();
            let view = results::refusal(&sidecar, &asked, &place, why);
            let mut answer = with_status(status, page(&sidecar, &place.site, "search", &title, &view))?;
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
            answer
        }
    };
    if answer.status() == StatusCode::OK {
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("private, max-age=60"));
    }
    answer.headers_mut().insert(HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex"));
    Ok(answer)
}

/// The document's part.
#[derive(OpenApi)]
#[openapi(paths(answer), components(schemas(results::SearchView, results::ResultView, results::FileView, results::FactView, results::CountView)))]
pub(super) struct Document;

/// Looks for something in all sites of the group, or in one.
#[utoipa::path(get, path = "/-/api/search",
    params(
        ("q" = Option<String>, Query, description = "Words; the first 80 letters count"),
        ("site" = Option<String>, Query, description = "Only this site, by its id"),
        ("in" = Option<String>, Query, description = "The same, chosen among the group's results"),
        ("kind" = Option<String>, Query, description = "Only this kind: news, notice, policy, explainer, guide, download, …, site, row"),
        ("year" = Option<u16>, Query, description = "Only this year"),
        ("sort" = Option<String>, Query, description = "date: the newest first; relevance"),
        ("page" = Option<u32>, Query, description = "From 1 to 50, ten results each"),
        ("table" = Option<String>, Query, description = "Only the rows of this table: 16 hexadecimal digits"),
        ("c0" = Option<String>, Query, description = "With table: words in its first column; c1 to c9 likewise"),
    ),
    responses((status = 200, body = results::SearchView), (status = 422, body = ErrorView), (status = 429, body = ErrorView), (status = 503, body = ErrorView)))]
pub(super) async fn answer(State(sidecar): Shared, origin: Origin, Query(pairs): Pairs) -> Result<Response, Problem> {
    let (asked, wrong) = Asked::read(&pairs);
    if let Some(name) = wrong.first() {
        return Err(Problem::Wrong(format!("参数 {name} 的值不可用")));
    }
    Ok(match ask(&sidecar, &asked, &origin).await {
        Ok((_, catalogue)) if asked.lost(&catalogue).is_some() => {
            return Err(Problem::Wrong(format!("没有参数 {} 所指的站点或表格", asked.lost(&catalogue).unwrap_or_default())));
        }
        Ok((answer, catalogue)) => Json(results::plain(&sidecar, &asked, &answer, &catalogue)).into_response(),
        Err(refused) => {
            let (status, seconds, why) = refused.told();
            (status, [(header::RETRY_AFTER, seconds.to_string())], Json(ErrorView { error: why.into() })).into_response()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(query: &[(&str, &str)]) -> (Asked, usize) {
        let pairs: Vec<(String, String)> = query.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect();
        let (asked, wrong) = Asked::read(&pairs);
        (asked, wrong.len())
    }

    #[test]
    fn an_address_says_what_it_asks() {
        let parts = [
            ("q", "身份证 补办"),
            ("site", "gaj"),
            ("kind", "guide"),
            ("year", "2026"),
            ("sort", "date"),
            ("page", "3"),
            ("table", "00000000000000ff"),
            ("c2", "张"),
        ];
        let (all, wrong) = asked(&parts);
        assert_eq!(wrong, 0);
        let address = all.address();
        assert!(address.starts_with("/-/search?q=%E8%BA%AB") && address.ends_with("&table=00000000000000ff&page=3&c2=%E5%BC%A0"), "{address}");
        assert!(!all.with(|a| a.kind = None).contains("page="), "another choice begins at its first page");
    }

    #[test]
    fn what_cannot_be_meant_is_left_out_and_told() {
        for (name, value) in
            [("kind", "x"), ("year", "-1"), ("year", "99999999999"), ("sort", "sideways"), ("page", "0"), ("page", "18446744073709551616"), ("table", "zz")]
        {
            let (read, wrong) = asked(&[("q", "云"), (name, value)]);
            assert_eq!((wrong, read.address().as_str()), (1, "/-/search?q=%E4%BA%91"), "{name}={value}");
        }
        assert_eq!(asked(&[("c10", "x"), ("utm", "y"), ("kind", " ")]).1, 0);
    }

    #[test]
    fn words_come_to_an_end_and_hold_no_controls() {
        let (read, _) = asked(&[("q", &format!("a\u{0}\u{1b}{}", "云".repeat(10_000)))]);
        assert_eq!(read.words.chars().count(), LONGEST + 1);
        assert!(asked(&[("q", "？ *")]).0.is_empty() && !asked(&[("q", "云")]).0.is_empty());
    }
}
