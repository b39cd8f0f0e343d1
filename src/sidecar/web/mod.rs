//! The web: routes, and what holds for all of them (limits, headers, errors, counting).
//!
//! In: requests. Out: pages in the sites' own frames, JSON below `/-/api/`. Everything lies below `/-/`, which no column's address can be.
//! No SQL, no rules: those are asked for.

mod api;
mod bids;
mod cases;
mod centre;
mod citizen;
mod form;
mod keeping;
mod lots;
mod operation;
mod page;
mod problem;
mod results;
mod search;
mod session;
mod sign_on;
mod vendors;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};

use crate::sidecar::service::Sidecar;
use problem::Problem;

/// Bytes of a form with files at most.
const FORM_BYTES: usize = 52 * 1024 * 1024;
/// Bytes of any other request at most.
const PLAIN_BYTES: usize = 256 * 1024;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(30);

type Shared = State<Arc<Sidecar>>;

/// The service as a router. Connections should be served with their addresses (`ConnectInfo`), so that limits know whom they count.
pub fn router(sidecar: Arc<Sidecar>) -> Router {
    let with_files = Router::new()
        .route("/-/desk/{desk}", post(citizen::submit))
        .route("/-/status/{deed}", post(citizen::act))
        .route("/-/office/enter/{desk}", post(cases::enter))
        .route("/-/vendor/register", post(vendors::register))
        .route("/-/vendor/profile", post(vendors::propose))
        .route("/-/office/lots/draft", post(centre::draft))
        .layer(DefaultBodyLimit::max(FORM_BYTES));
    let plain = Router::new()
        .route("/-/", get(citizen::desks))
        .route("/-/desk/{desk}", get(citizen::form))
        .route("/-/status", get(citizen::status).post(citizen::look_up))
        .route("/-/search", get(search::search))
        .route("/-/style.css", get(page::style))
        .route("/-/office", get(cases::queue))
        .route("/-/office/sign-in", get(session::form).post(session::sign_in))
        .route("/-/office/sign-on", get(sign_on::away))
        .route("/-/office/sign-on/back", get(sign_on::back))
        .route("/-/office/sign-out", post(session::sign_out))
        .route("/-/office/case/{number}", get(cases::case).post(cases::act))
        .route("/-/office/case/{number}/file/{id}", get(cases::file))
        .route("/-/office/assign", post(cases::assign))
        .route("/-/office/export.csv", get(cases::export))
        .route("/-/office/enter/{desk}", get(cases::enter_form))
        .route("/-/office/accounts", get(keeping::accounts).post(keeping::keep_account))
        .route("/-/office/phrases", get(keeping::phrases).post(keeping::keep_phrase))
        .route("/-/office/me", get(keeping::me).post(keeping::change_me))
        .route("/-/office/log", get(keeping::log))
        .merge(auctions())
        .merge(api::routes())
        .layer(DefaultBodyLimit::max(PLAIN_BYTES));
    with_files
        .merge(plain)
        .merge(operation::routes())
        .fallback(page::asset_or_missing)
        .layer(middleware::from_fn_with_state(sidecar.clone(), dress))
        .with_state(sidecar)
}

/// Vendors and auctions: the vendors' own pages, what everybody may watch, and the procurement centre's.
fn auctions() -> Router<Arc<Sidecar>> {
    Router::new()
        .route("/-/vendor", get(vendors::home))
        .route("/-/vendor/register", get(vendors::form))
        .route("/-/vendor/users", post(vendors::add_user))
        .route("/-/lots", get(lots::list))
        .route("/-/lot.js", get(lots::script))
        .route("/-/lot/{id}", get(lots::lot).post(lots::bid))
        .route("/-/lot/{id}/confirm", post(lots::confirm))
        .route("/-/lot/{id}/live", get(lots::live))
        .route("/-/lot/{id}/course.json", get(lots::course_now))
        .route("/-/lot/{id}/record.json", get(lots::record))
        .route("/-/lot/{id}/receipt/{index}", get(lots::receipt))
        .route("/-/office/vendors", get(centre::vendors))
        .route("/-/office/vendor/{code}", get(centre::vendor).post(centre::decide_vendor))
        .route("/-/office/vendor/{code}/file/{id}", get(centre::vendor_file))
        .route("/-/office/lots", get(centre::lots))
        .route("/-/office/lots/draft", get(centre::draft_form))
        .route("/-/office/lot/{id}", get(centre::lot).post(centre::decide_lot))
        .merge(bids::routes())
}

/// What every answer has: strict headers, a page for every problem, a place in the counts; and an end to its patience.
async fn dress(State(sidecar): Shared, request: Request, next: Next) -> Response {
    let (method, path) = (request.method().clone(), request.uri().path().to_string());
    let as_json = path.starts_with("/-/api/");
    let started = std::time::Instant::now();
    let mut answer = match tokio::time::timeout(PATIENCE, next.run(request)).await {
        Ok(answer) => answer,
        Err(_) => problem::response(Problem::Unavailable("no answer in time".into())),
    };
    let problem = answer.extensions_mut().remove::<Arc<Problem>>().or_else(|| unreadable(&answer).map(Arc::new));
    if let Some(problem) = problem {
        let allowed = answer.headers_mut().remove(header::ALLOW);
        answer = page::of_problem(&sidecar, &problem, as_json);
        answer.headers_mut().extend(allowed.map(|methods| (header::ALLOW, methods)));
    }
    headers(&mut answer);
    let class = usize::from(answer.status().as_u16() / 100).clamp(2, 5) - 2;
    sidecar.count(|c| &c.answers[class]);
    // The path's first words only: a case's number leads to a person.
    let route: Vec<&str> = path.split('/').take(4).filter(|part| !part.is_empty() && !part.starts_with(|c: char| c.is_ascii_digit())).collect();
    tracing::info!(%method, route = route.join("/"), status = answer.status().as_u16(), ms = started.elapsed().as_millis(), "answered");
    answer
}

/// What the framework refuses in its own English (a form of another kind, an address that is no text, a method that is not for this address).
fn unreadable(answer: &Response) -> Option<Problem> {
    let own = answer.headers().contains_key(header::CONTENT_TYPE) && !answer.headers()[header::CONTENT_TYPE].as_bytes().starts_with(b"text/plain");
    if own || !(answer.status().is_client_error() || answer.status() == StatusCode::INTERNAL_SERVER_ERROR) {
        return None;
    }
    Some(match answer.status() {
        StatusCode::INTERNAL_SERVER_ERROR => Problem::Broken("the framework could not do what a route asks for".into()),
        StatusCode::NOT_FOUND => Problem::Missing,
        StatusCode::PAYLOAD_TOO_LARGE => Problem::Wrong("提交的内容太大，请精简后重新提交".into()),
        status => Problem::Unreadable(status),
    })
}

/// Nothing from elsewhere, no script but the theme's own files, no frame around it, no address told to others, nothing kept by caches.
fn headers(answer: &mut Response) {
    const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
    let set = [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "same-origin"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
        (HeaderName::from_static("permissions-policy"), "camera=(), microphone=(), geolocation=()"),
    ];
    for (name, value) in set {
        answer.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    answer.headers_mut().entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}
