//! For those who operate it: whether it lives, whether it is ready, and what has been counted.

use std::fmt::Write;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};
use axum::routing::get;

use super::Shared;
use super::problem::Problem;
use crate::sidecar::service::Sidecar;

pub(super) fn routes() -> Router<Arc<Sidecar>> {
    Router::new().route("/healthz", get(async || "ok\n")).route("/readyz", get(ready)).route("/metrics", get(metrics))
}

/// Ready is who can make a letter durable.
async fn ready(State(sidecar): Shared) -> Result<&'static str, Problem> {
    sidecar.casework.store.ready().await?;
    Ok("ready\n")
}

/// Prometheus' text format, version 0.0.4. Numbers only: nothing in it leads to a person.
async fn metrics(State(sidecar): Shared) -> Result<Response, Problem> {
    let c = &sidecar.counters;
    let mut text = String::new();
    let mut add = |name: &str, kind: &str, help: &str, lines: &[(&str, u64)]| {
        // Writing to a String never fails.
        let _ = writeln!(text, "# HELP portico_{name} {help}\n# TYPE portico_{name} {kind}");
        for (labels, value) in lines {
            let _ = writeln!(text, "portico_{name}{labels} {value}");
        }
    };
    let of = |n: &std::sync::atomic::AtomicU64| n.load(Ordering::Relaxed);
    let classes = ["{class=\"2xx\"}", "{class=\"3xx\"}", "{class=\"4xx\"}", "{class=\"5xx\"}"];
    let answers: Vec<(&str, u64)> = classes.iter().zip(&c.answers).map(|(label, n)| (*label, of(n))).collect();
    add("answers_total", "counter", "Requests answered.", &answers);
    add("letters_total", "counter", "Letters taken.", &[("", of(&c.letters))]);
    add("notices_delivered_total", "counter", "Notices delivered.", &[("", of(&c.delivered))]);
    add("notices_failed_total", "counter", "Tries to deliver a notice that failed.", &[("", of(&c.undelivered))]);
    add("publications_total", "counter", "Changes of content files.", &[("", of(&c.published))]);
    let tally = &sidecar.finding.tally;
    add("searches_total", "counter", "Searches answered.", &[("", of(&tally.answered))]);
    add("searches_empty_total", "counter", "Searches without a result.", &[("", of(&tally.empty))]);
    add("search_documents", "gauge", "Documents in the search index; 0 while there is none.", &[("", sidecar.finding.searcher().map_or(0, |s| s.documents()))]);
    let store = &sidecar.casework.store;
    let whole = |n: i64| u64::try_from(n).unwrap_or(0);
    let ((open, overdue, all), (waiting, lost)) = (store.totals(sidecar.now()).await?, store.notices_waiting().await?);
    add("cases", "gauge", "Cases.", &[("", whole(all))]);
    add("cases_open", "gauge", "Cases somebody has to do something about.", &[("", whole(open))]);
    add("cases_overdue", "gauge", "Open cases whose term has passed.", &[("", whole(overdue))]);
    add("notices_waiting", "gauge", "Notices not yet delivered.", &[("", whole(waiting))]);
    add("notices_given_up", "gauge", "Notices given up.", &[("", whole(lost))]);
    let bounds = ["0.005", "0.01", "0.02", "0.05", "0.2", "1"];
    let within: Vec<String> =
        bounds.iter().map(|most| format!("_bucket{{le=\"{most}\"}}")).chain(["_bucket{le=\"+Inf\"}", "_count"].map(String::from)).collect();
    let counts = tally.classes.iter().map(of).chain([of(&tally.answered); 2]);
    let lines: Vec<(&str, u64)> = within.iter().map(String::as_str).zip(counts).collect();
    add("search_seconds", "histogram", "Seconds answers took.", &lines);
    let seconds = Duration::from_micros(of(&tally.micros)).as_secs_f64();
    let _ = writeln!(text, "portico_search_seconds_sum {seconds}");
    Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}
