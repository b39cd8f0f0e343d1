//! The JSON API, and the OpenAPI document that describes it.
//!
//! In: JSON. Out: JSON; a problem is `{"error": …}`. The same casework, the same limits and permissions as the pages.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::rejection::JsonRejection;
use axum::extract::{Path, Query, State};
use axum::http::{HeaderMap, StatusCode};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use utoipa::{OpenApi, ToSchema};

use super::Shared;
use super::cases::{Asked, seen};
use super::form::Origin;
use super::page::shared;
use super::problem::Problem;
use super::session::Officer;
use crate::sidecar::accounts::{may_do, scope};
use crate::sidecar::case::{Deed, Kind, urgency};
use crate::sidecar::casework::{Receipt, Submission};
use crate::sidecar::desk::Desks;
use crate::sidecar::letter;
use crate::sidecar::service::Sidecar;
use crate::sidecar::store::cases::Record;

/// The document.
#[derive(OpenApi)]
#[openapi(
    info(title = "Portico sidecar", description = "Desks of a portal group: letters in, answers out; reverse auctions.", version = "1"),
    paths(desks, desk, send, status, list, one, act),
    components(schemas(DeskView, DeskForm, FieldView, NewLetter, ReceiptView, Lookup, StatusView, CaseView, NewDeed, ErrorView))
)]
struct Document;

pub(super) fn routes() -> Router<Arc<Sidecar>> {
    Router::new()
        .route(
            "/-/api/openapi.json",
            get(async || Json(Document::openapi().merge_from(super::bids::Document::openapi()).merge_from(super::search::Document::openapi()))),
        )
        .route("/-/api/desks", get(desks))
        .route("/-/api/desks/{desk}", get(desk))
        .route("/-/api/desks/{desk}/letters", post(send))
        .route("/-/api/search", get(super::search::answer))
        .route("/-/api/status", post(status))
        .route("/-/api/cases", get(list))
        .route("/-/api/cases/{number}", get(one))
        .route("/-/api/cases/{number}/deeds", post(act))
        .route("/-/api/{*rest}", get(async || Problem::Missing).post(async || Problem::Missing))
}

/// A problem in words.
#[derive(Serialize, ToSchema)]
pub(super) struct ErrorView {
    pub error: String,
}

/// A desk citizens can write to.
#[derive(Serialize, ToSchema)]
struct DeskView {
    id: String,
    name: String,
    site: String,
    open: bool,
}

/// A field of a desk's form.
#[derive(Serialize, ToSchema)]
struct FieldView {
    key: String,
    label: String,
    /// `text`, `longtext`, `phone`, `email`, `date`, `choice` or `files`.
    kind: String,
    required: bool,
    max: usize,
    options: Vec<String>,
}

/// What a desk asks, and the token a letter is sent with.
#[derive(Serialize, ToSchema)]
struct DeskForm {
    id: String,
    name: String,
    categories: Vec<String>,
    fields: Vec<FieldView>,
    /// Good for a day, from two seconds after it was given; the same token is the same letter.
    token: String,
}

/// A letter. Files are sent with the form of the page only.
#[derive(Deserialize, ToSchema)]
struct NewLetter {
    /// From the desk's form.
    token: String,
    /// By the fields' keys; besides them `category`, and `consent` to agree to a public reply.
    answers: BTreeMap<String, String>,
}

/// What the citizen keeps; the code is told this once.
#[derive(Serialize, ToSchema)]
struct ReceiptView {
    number: String,
    code: String,
}

/// A case's number and receipt code.
#[derive(Deserialize, ToSchema)]
struct Lookup {
    number: String,
    code: String,
}

/// How a case stands, for its citizen.
#[derive(Serialize, ToSchema)]
struct StatusView {
    number: String,
    state: String,
    received_at: i64,
    due_at: Option<i64>,
    /// Once it is reviewed.
    reply: Option<String>,
    rating: Option<i64>,
}

/// A case, for the office. Moments are milliseconds since 1970-01-01 UTC.
#[derive(Serialize, ToSchema)]
struct CaseView {
    number: String,
    version: i64,
    desk: String,
    site: String,
    department: Option<String>,
    state: String,
    urgency: String,
    subject: String,
    received_at: i64,
    due_at: Option<i64>,
    confidential: bool,
    /// What this account can do with it now.
    deeds: Vec<String>,
}

/// Something to be done with a case.
#[derive(Deserialize, ToSchema)]
struct NewDeed {
    /// The version that was seen; 409 when it is another by now.
    version: i64,
    /// `accept`, `assign`, `answer`, …
    deed: String,
    #[serde(default)]
    text: String,
    #[serde(default)]
    department: String,
}

fn body<T>(sent: Result<Json<T>, JsonRejection>) -> Result<T, Problem> {
    sent.map(|Json(value)| value).map_err(|e| Problem::Wrong(format!("请求内容有误：{}", e.body_text())))
}

/// The desks.
#[utoipa::path(get, path = "/-/api/desks", responses((status = 200, body = Vec<DeskView>)))]
async fn desks(State(sidecar): Shared) -> Json<Vec<DeskView>> {
    let (desks, now) = shared(&sidecar);
    let view = |d: &crate::sidecar::desk::Desk| DeskView { id: d.id.clone(), name: d.name.clone(), site: d.site.clone(), open: d.is_open(now) };
    Json(desks.desks.values().filter(|d| !d.by_clerk).map(view).collect())
}

/// What a desk asks.
#[utoipa::path(get, path = "/-/api/desks/{desk}", params(("desk" = String, Path)), responses((status = 200, body = DeskForm), (status = 404, body = ErrorView)))]
async fn desk(State(sidecar): Shared, Path(id): Path<String>) -> Result<Json<DeskForm>, Problem> {
    let (desks, now) = shared(&sidecar);
    let desk = desks.desks.get(&id).filter(|d| !d.by_clerk && d.is_open(now)).ok_or(Problem::Missing)?;
    let field = |f: &crate::sidecar::desk::Field| FieldView {
        key: f.key.clone(),
        label: f.label.clone(),
        kind: f.kind.word().into(),
        required: f.required,
        max: f.max,
        options: f.options.clone(),
    };
    Ok(Json(DeskForm {
        id: desk.id.clone(),
        name: desk.name.clone(),
        categories: desk.categories.iter().map(|c| c.name.clone()).collect(),
        fields: desk.fields.iter().map(field).collect(),
        token: sidecar.casework.seal.form_token(&desk.id, now)?,
    }))
}

/// Sends a letter. Sent again with the same token, it is the same letter and the same receipt.
#[utoipa::path(post, path = "/-/api/desks/{desk}/letters", params(("desk" = String, Path)), request_body = NewLetter,
    responses((status = 201, body = ReceiptView), (status = 404, body = ErrorView), (status = 422, body = ErrorView), (status = 429, body = ErrorView), (status = 503, body = ErrorView)))]
async fn send(
    State(sidecar): Shared,
    Path(id): Path<String>,
    origin: Origin,
    sent: Result<Json<NewLetter>, JsonRejection>,
) -> Result<(StatusCode, Json<ReceiptView>), Problem> {
    let (desks, now) = shared(&sidecar);
    let desk = desks.desks.get(&id).filter(|d| !d.by_clerk && d.is_open(now)).ok_or(Problem::Missing)?;
    let sent = body(sent)?;
    let nonce = sidecar.casework.seal.open_form_token(&sent.token, &desk.id, now).map_err(|_| Problem::Wrong("token 无效、过早或过期".into()))?;
    let in_words = |found: Vec<letter::Mistake>| Problem::Wrong(found.iter().map(|m| format!("{}：{}", m.field, m.message)).collect::<Vec<_>>().join("；"));
    let letter = letter::read(desk, &sent.answers).map_err(in_words)?;
    if desk.files().is_some_and(|f| f.required) {
        return Err(Problem::Wrong("这个窗口须随信上传文件，请使用网页表单".into()));
    }
    let submission = Submission { desk, letter, files: Vec::new(), nonce, entered_by: "", address: &origin.0, now };
    let Receipt { number, code } = sidecar.casework.submit(submission, &desks).await?;
    sidecar.count(|c| &c.letters);
    Ok((StatusCode::CREATED, Json(ReceiptView { number, code })))
}

/// Looks a case up with its receipt code. A wrong and an absent one are answered alike.
#[utoipa::path(post, path = "/-/api/status", request_body = Lookup,
    responses((status = 200, body = StatusView), (status = 404, body = ErrorView), (status = 422, body = ErrorView), (status = 429, body = ErrorView), (status = 503, body = ErrorView)))]
async fn status(State(sidecar): Shared, origin: Origin, sent: Result<Json<Lookup>, JsonRejection>) -> Result<Json<StatusView>, Problem> {
    let sent = body(sent)?;
    let record = sidecar.casework.look_up(&sent.number, &sent.code, &origin.0, sidecar.now()).await?.ok_or(Problem::Missing)?;
    let shows = record.case.state.shows_reply();
    Ok(Json(StatusView {
        number: record.number,
        state: record.case.state.word().into(),
        received_at: record.case.received_at,
        due_at: record.case.due_at,
        reply: record.case.reply.filter(|_| shows),
        rating: record.case.rating,
    }))
}

fn view(record: Record, officer: &Officer, desks: &Desks, now: i64) -> CaseView {
    let rules = desks.desks.get(&record.desk).map(|d| &d.rules);
    let can = |kind: &&Kind| rules.is_some_and(|r| record.case.can(**kind, r, now)) && may_do(&officer.account.grants, **kind, &record.subject());
    let deeds = Kind::ALL.iter().filter(can).map(|k| k.word().to_string()).collect();
    CaseView {
        version: record.case.version,
        department: record.case.department.clone(),
        state: record.case.state.word().into(),
        urgency: urgency(record.case.due_at, now).word().into(),
        received_at: record.case.received_at,
        due_at: record.case.due_at,
        subject: record.letter.subject.clone(),
        confidential: record.confidential,
        number: record.number,
        desk: record.desk,
        site: record.site,
        deeds,
    }
}

/// The queue of the signed-in account, at most fifty cases.
#[utoipa::path(get, path = "/-/api/cases", params(("state" = Option<String>, Query), ("desk" = Option<String>, Query), ("department" = Option<String>, Query), ("q" = Option<String>, Query), ("page" = Option<i64>, Query)),
    responses((status = 200, body = Vec<CaseView>), (status = 400, body = ErrorView), (status = 401, body = ErrorView), (status = 503, body = ErrorView)))]
async fn list(State(sidecar): Shared, officer: Officer, Query(asked): Query<Asked>) -> Result<Json<Vec<CaseView>>, Problem> {
    let (desks, now) = shared(&sidecar);
    let skip = asked.page.clamp(0, 1_000_000) * 50;
    let records = sidecar.casework.store.queue(&scope(&officer.account.grants), &asked.filter(now), 50, skip).await?;
    if records.iter().any(|r| r.confidential) {
        sidecar.casework.log(&officer.account.name, "查看保密来信列表", "", now).await?;
    }
    Ok(Json(records.into_iter().map(|r| view(r, &officer, &desks, now)).collect()))
}

/// One case of the signed-in account's.
#[utoipa::path(get, path = "/-/api/cases/{number}", params(("number" = String, Path)),
    responses((status = 200, body = CaseView), (status = 401, body = ErrorView), (status = 404, body = ErrorView), (status = 503, body = ErrorView)))]
async fn one(State(sidecar): Shared, officer: Officer, Path(number): Path<String>) -> Result<Json<CaseView>, Problem> {
    let (desks, now) = shared(&sidecar);
    let record = seen(&sidecar, &officer, &number, "查看保密来信", now).await?;
    Ok(Json(view(record, &officer, &desks, now)))
}

/// Does something with a case. The session's form token goes in the header `X-CSRF-Token`.
#[utoipa::path(post, path = "/-/api/cases/{number}/deeds", params(("number" = String, Path)), request_body = NewDeed,
    responses((status = 200, body = CaseView), (status = 401, body = ErrorView), (status = 403, body = ErrorView), (status = 404, body = ErrorView), (status = 409, body = ErrorView), (status = 422, body = ErrorView), (status = 503, body = ErrorView)))]
async fn act(
    State(sidecar): Shared,
    officer: Officer,
    headers: HeaderMap,
    Path(number): Path<String>,
    sent: Result<Json<NewDeed>, JsonRejection>,
) -> Result<Json<CaseView>, Problem> {
    officer.check(headers.get("x-csrf-token").and_then(|v| v.to_str().ok()).unwrap_or(""))?;
    let (desks, now) = shared(&sidecar);
    let sent = body(sent)?;
    let kind = Kind::parse(&sent.deed).ok_or_else(|| Problem::Wrong(format!("没有“{}”这个动作", sent.deed)))?;
    let text: String = sent.text.chars().filter(|c| *c == '\n' || !c.is_control()).take(20_000).collect();
    let deed = Deed { department: sent.department, ..Deed::saying(kind, &text) };
    let record = sidecar.casework.act(&officer.account, &number, sent.version, &deed, &desks, now).await?;
    Ok(Json(view(record, &officer, &desks, now)))
}
