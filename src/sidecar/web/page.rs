//! Pages: a template of the theme in a site's frame.
//!
//! In: a site, a template, plain data. Out: HTML. Times and words for people are made here.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, Uri, header};
use axum::response::{Html, IntoResponse, Response};
use serde::Serialize;
use serde_json::{Value, json};

use super::Shared;
use super::problem::Problem;
use crate::sidecar::case::{Millis, urgency};
use crate::sidecar::desk::Desks;
use crate::sidecar::service::Sidecar;
use crate::sidecar::store::cases::Event;
use crate::source::content_type;

/// The form's and the office's own style; the theme's colours and letters come from the theme.
const STYLE: &str = include_str!("style.css");

/// A page in a site's frame; in the main site's when it has none.
pub(super) fn page(sidecar: &Sidecar, site: &str, template: &str, title: &str, content: &impl Serialize) -> Result<Response, Problem> {
    let frames = sidecar.frames();
    let main = &sidecar.desks().main;
    let frame = frames.get(site).or_else(|| frames.get(main)).ok_or_else(|| Problem::Broken(format!("no frame for {site}")))?;
    let html = frame.page(&format!("sidecar/{template}.html"), title, "/-/", content)?;
    Ok(Html(html).into_response())
}

/// The same with another status.
pub(super) fn with_status(status: StatusCode, page: Result<Response, Problem>) -> Result<Response, Problem> {
    page.map(|mut answer| {
        *answer.status_mut() = status;
        answer
    })
}

/// The page (or the JSON) that tells of a problem.
pub(super) fn of_problem(sidecar: &Sidecar, problem: &Problem, as_json: bool) -> Response {
    if let Some(cause) = problem.cause() {
        tracing::error!(cause, "not answered as asked");
    }
    let status = problem.status();
    if as_json {
        return (status, axum::Json(json!({"error": problem.message()}))).into_response();
    }
    if matches!(problem, Problem::SignIn) {
        return (StatusCode::SEE_OTHER, [(header::LOCATION, "/-/office/sign-in")]).into_response();
    }
    let content = json!({"message": problem.message()});
    let answer = with_status(status, page(sidecar, "", "message", "请注意", &content));
    let mut answer = answer.unwrap_or_else(|_| (status, problem.message().to_string()).into_response());
    if status == StatusCode::SERVICE_UNAVAILABLE {
        answer.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("30"));
    }
    answer
}

/// What was typed, shown to be copied, when there is no saying it in its place because the database is gone.
pub(super) fn keeping(sidecar: &Sidecar, text: &str, answer: Result<Response, Problem>) -> Result<Response, Problem> {
    match answer {
        Err(problem) if problem.cause().is_some() && !text.is_empty() => {
            tracing::error!(cause = problem.cause(), "not answered as asked; what was typed is shown");
            let content = json!({"message": problem.message(), "kept": text});
            with_status(problem.status(), page(sidecar, "", "message", "请注意", &content))
        }
        answer => answer,
    }
}

pub(super) async fn style() -> Response {
    ([(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")], STYLE).into_response()
}

/// The theme's own files, for hosts that serve nothing else; everything else is missing.
pub(super) async fn asset_or_missing(State(sidecar): Shared, uri: Uri) -> Result<Response, Problem> {
    let frames = sidecar.frames();
    let path = uri.path().trim_start_matches('/');
    let bytes = frames.values().find_map(|frame| frame.file(path)).ok_or(Problem::Missing)?.to_vec();
    let kind = content_type(path);
    Ok(([(header::CONTENT_TYPE, kind), (header::CACHE_CONTROL, "public, max-age=31536000, immutable")], bytes).into_response())
}

/// `2026-11-21 15:40` on the group's calendar; empty for nothing.
pub(super) fn time(at: Option<Millis>, desks: &Desks) -> String {
    let Some(stamp) = at.and_then(|at| jiff::Timestamp::from_millisecond(at).ok()) else { return String::new() };
    stamp.to_zoned(desks.zone.clone()).strftime("%Y-%m-%d %H:%M").to_string()
}

/// A term for people: its last minute (terms end at midnight), how urgent it is, and what is left.
pub(super) fn term(due_at: Option<Millis>, now: Millis, desks: &Desks) -> Value {
    let Some(due) = due_at else { return Value::Null };
    let hours = (due - now).abs() / 3_600_000;
    let span = if hours >= 48 { format!("{} 天", hours / 24) } else { format!("{hours} 小时") };
    let left = if due <= now { format!("超期 {span}") } else { format!("还剩 {span}") };
    let urgency = urgency(due_at, now);
    json!({"time": time(Some(due - 1), desks), "urgency": urgency.word(), "name": urgency.name(), "left": left})
}

/// A line of a case's history for people. `names` gives an account's full name.
pub(super) fn event(event: &Event, desks: &Desks, names: &dyn Fn(&str) -> String) -> Value {
    json!({
        "at": time(Some(event.at), desks),
        "who": names(&event.who),
        "deed": event.deed.map_or("来信", |kind| kind.name()),
        "kind": event.deed.map_or("receive", |kind| kind.word()),
        "state": event.state.name(),
        "department": if event.department.is_empty() { "" } else { desks.site_name(&event.department) },
        "why": event.why,
        "writing": event.writing,
    })
}

/// Shared state, for those who only have the request.
pub(super) fn shared(sidecar: &Arc<Sidecar>) -> (Arc<Desks>, Millis) {
    (sidecar.desks(), sidecar.now())
}
