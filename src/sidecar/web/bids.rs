//! Auctions in JSON: lots, the record, and bidding. Described in the OpenAPI document.
//!
//! In: JSON with a key that makes a retry the same bid. Out: receipts, or refusals with a word for programs and words for people.

use std::sync::Arc;

use axum::extract::{FromRequest, Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use serde_json::json;
use utoipa::{OpenApi, ToSchema};

use super::Shared;
use super::lots::{public_lot, record};
use super::problem::Problem;
use super::session::Complete;
use crate::sidecar::accounts::vendor_of;
use crate::sidecar::auction::price;
use crate::sidecar::bidding::{Answer, NotDone, Offer};
use crate::sidecar::live::{Seen, View};
use crate::sidecar::service::Sidecar;

/// The document's part about auctions.
#[derive(OpenApi)]
#[openapi(paths(list, one, super::lots::record, bid), components(schemas(LotView, NewBid, ReceiptView, RefusalView)))]
pub(super) struct Document;

pub(super) fn routes() -> Router<Arc<Sidecar>> {
    Router::new()
        .route("/-/api/lots", get(list))
        .route("/-/api/lots/{id}", get(one))
        .route("/-/api/lots/{id}/record", get(record))
        .route("/-/api/lots/{id}/bids", post(bid))
}

/// A lot in short. Moments are milliseconds since 1970-01-01 UTC, prices are fen.
#[derive(Serialize, ToSchema)]
struct LotView {
    id: String,
    title: String,
    /// `announced`, `open`, `closed`, `awarded`, `failed` or `cancelled`.
    phase: String,
    opens_at: i64,
    closes_at: i64,
    ceiling_fen: i64,
    leading_fen: Option<i64>,
    bids: i64,
}

/// A bid: either `price` in yuan as text, or `price_fen` as a whole number.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewBid {
    /// `"132600.00"`
    price: Option<String>,
    /// `13260000`
    #[schema(value_type = Option<i64>)]
    price_fen: Option<serde_json::Value>,
    /// A price far below the others is meant so.
    #[serde(default)]
    meant: bool,
}

/// A bid that is in the record.
#[derive(Serialize, ToSchema)]
struct ReceiptView {
    lot: String,
    /// Its number in the record.
    index: u64,
    /// When the complete request was received.
    at: i64,
    vendor: String,
    fen: i64,
    /// The record's root after it.
    root: String,
    /// Ed25519 over `{"at":…,"lot":…,"root":…,"size":index+1}`.
    signature: String,
    key: String,
}

/// A bid that is not in the record.
#[derive(Serialize, ToSchema)]
struct RefusalView {
    /// `not-yet-open`, `closed`, `ended`, `not-invited`, `above-ceiling`, `too-high`, `below-floor`, `vendor`, `slip` or `price`.
    why: String,
    error: String,
}

/// The lots, the newest first.
#[utoipa::path(get, path = "/-/api/lots", responses((status = 200, body = Vec<LotView>)))]
async fn list(State(sidecar): Shared) -> Result<Json<Vec<LotView>>, Problem> {
    let now = sidecar.auctioneer.now().await?;
    let lots = sidecar.casework.store.lots().await?.into_iter().filter(|lot| lot.tree.size() > 0);
    let view = |lot: crate::sidecar::store::lots::Lot| LotView {
        phase: lot.phase(now).word().into(),
        opens_at: lot.terms.opens_at,
        closes_at: lot.standing.closes_at,
        ceiling_fen: lot.terms.ceiling_fen,
        leading_fen: lot.standing.leading.as_ref().map(|l| l.fen),
        bids: lot.standing.bids,
        title: lot.terms.title,
        id: lot.id,
    };
    Ok(Json(lots.map(view).collect()))
}

/// A lot right now, with its newest bids.
#[utoipa::path(get, path = "/-/api/lots/{id}", params(("id" = String, Path)), responses((status = 200, body = LotView), (status = 404)))]
async fn one(State(sidecar): Shared, Path(id): Path<String>) -> Result<Json<View>, Problem> {
    let (lot, now) = (public_lot(&sidecar, &id).await?, sidecar.auctioneer.now().await?);
    let mut seen = Seen::default();
    seen.follow(&sidecar.casework.store, &lot).await?;
    Ok(Json(seen.view(&lot, now)))
}

fn refusal(why: &str, message: &str) -> Response {
    (StatusCode::UNPROCESSABLE_ENTITY, Json(RefusalView { why: why.into(), error: message.into() })).into_response()
}

/// Makes a bid. `Idempotency-Key` makes a retry the same bid and gives the same answer; the session's token goes in `X-CSRF-Token`.
#[utoipa::path(post, path = "/-/api/lots/{id}/bids", params(("id" = String, Path)), request_body = NewBid,
    responses((status = 201, body = ReceiptView), (status = 401), (status = 403), (status = 404), (status = 409), (status = 422, body = RefusalView), (status = 503)))]
async fn bid(State(sidecar): Shared, Path(id): Path<String>, headers: HeaderMap, complete: Complete) -> Result<Response, Problem> {
    let Complete { officer, received, request } = complete;
    let header = |name: &str| headers.get(name).and_then(|v| v.to_str().ok()).unwrap_or("").trim();
    officer.check(header("x-csrf-token"))?;
    let vendor = vendor_of(&officer.account.grants).ok_or(Problem::Forbidden)?.to_string();
    let key = header("idempotency-key").to_string();
    if !(1..=200).contains(&key.len()) {
        return Ok(refusal("key", "请在 Idempotency-Key 头中给出 1 到 200 个字符的幂等键"));
    }
    let Json(sent) = Json::<NewBid>::from_request(request, &()).await.map_err(|e| Problem::Wrong(format!("请求内容有误：{}", e.body_text())))?;
    let fen = match (&sent.price, &sent.price_fen) {
        (Some(text), None) => price::read(text),
        (None, Some(value)) => price::of_json(value),
        _ => return Ok(refusal("price", "请填写 price（元，文字）或 price_fen（分，整数）其中一项")),
    };
    let fen = match fen {
        Ok(fen) => fen,
        Err(why) => return Ok(refusal("price", &why.to_string())),
    };
    match sidecar.auctioneer.bid(Offer { lot: id, vendor, key, fen, received, meant: sent.meant }).await {
        Ok(Answer::Taken(receipt)) => Ok((StatusCode::CREATED, Json(json!(receipt))).into_response()),
        Ok(Answer::Refused { why, message, .. }) => Ok(refusal(&why, &message)),
        Err(why @ NotDone::Slip) => Ok(refusal("slip", &why.to_string())),
        Err(other) => Err(other.into()),
    }
}
