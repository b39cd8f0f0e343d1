//! The auctions' public pages, and bidding on them: the list, a lot live, the step in which a bid is confirmed, receipts, the record.
//!
//! Everything works without script: then pages are fetched again by themselves.

use std::convert::Infallible;

use axum::Form;
use axum::extract::{FromRequest, Path, State};
use axum::http::{StatusCode, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use tokio_stream::StreamExt;
use tokio_stream::wrappers::WatchStream;

use super::Shared;
use super::cases::Fields;
use super::keeping::typed;
use super::page::{page, time, with_status};
use super::problem::Problem;
use super::session::{Complete, Officer, Visitor};
use super::vendors::{centre, own, trade};
use crate::sidecar::accounts::vendor_of;
use crate::sidecar::auction::{Fen, Phase, looks_like_a_slip, price};
use crate::sidecar::bidding::{Answer, NotDone, Offer};
use crate::sidecar::case::Millis;
use crate::sidecar::desk::Desks;
use crate::sidecar::directory::rules;
use crate::sidecar::live::{Seen, course, shows_names};
use crate::sidecar::seal::random;
use crate::sidecar::service::Sidecar;
use crate::sidecar::store::lots::Lot;

const SCRIPT: &str = include_str!("lot.js");

pub(super) async fn script() -> Response {
    ([(header::CONTENT_TYPE, "text/javascript; charset=utf-8"), (header::CACHE_CONTROL, "public, max-age=300")], SCRIPT).into_response()
}

/// A lot in a list.
pub(super) fn lot_line(lot: &Lot, desks: &Desks, now: Millis) -> Value {
    let phase = lot.phase(now);
    json!({
        "id": lot.id, "title": lot.terms.title, "phase": phase.word(), "phase_name": phase.name(), "ceiling": price::yuan(lot.terms.ceiling_fen),
        "opens_at": time(Some(lot.terms.opens_at), desks), "closes_at": time(Some(lot.standing.closes_at), desks), "bids": lot.standing.bids,
        "leading": lot.standing.leading.as_ref().map(|l| price::yuan(l.fen)), "purchaser": lot.terms.purchaser,
    })
}

pub(super) async fn list(State(sidecar): Shared) -> Result<Response, Problem> {
    let desks = sidecar.desks();
    let (centre, now) = (centre(&desks)?, sidecar.auctioneer.now().await?);
    let lots = sidecar.casework.store.lots().await?;
    let lines: Vec<Value> = lots.iter().filter(|lot| lot.tree.size() > 0).map(|lot| lot_line(lot, &desks, now)).collect();
    page(&sidecar, &centre.site, "lots", "网上竞价", &json!({"lots": lines, "centre": centre.name, "phone": centre.phone}))
}

/// A lot that is public.
pub(super) async fn public_lot(sidecar: &Sidecar, id: &str) -> Result<Lot, Problem> {
    sidecar.casework.store.lot(id).await?.filter(|lot| lot.tree.size() > 0).ok_or(Problem::Missing)
}

pub(super) async fn lot(State(sidecar): Shared, Path(id): Path<String>, visitor: Visitor) -> Result<Response, Problem> {
    let lot = public_lot(&sidecar, &id).await?;
    lot_page(&sidecar, &lot, visitor.0.as_ref(), Bidding::default(), StatusCode::OK).await
}

/// What has become of a bid on its page.
#[derive(Default)]
struct Bidding {
    typed: String,
    mistake: String,
    /// A receipt, or nothing.
    taken: Option<Value>,
}

async fn lot_page(sidecar: &Sidecar, lot: &Lot, officer: Option<&Officer>, bidding: Bidding, status: StatusCode) -> Result<Response, Problem> {
    let (desks, store) = (sidecar.desks(), &sidecar.casework.store);
    let (centre, now) = (centre(&desks)?, sidecar.auctioneer.now().await?);
    let mut seen = Seen::default();
    seen.follow(store, lot).await?;
    let view = seen.view(lot, now);
    let most = view.most_fen.max(0);
    let lines: Vec<Value> =
        view.lines.iter().map(|l| json!({"index": l.index, "at": moment(l.at, &desks), "price": price::yuan(l.fen), "who": l.who})).collect();
    let terms = &lot.terms;
    let content = json!({
        "view": serde_json::to_value(&view).unwrap_or_default(), "lines": lines, "course": course(lot, seen.bids(), now),
        "id": lot.id, "title": terms.title, "goods": terms.goods, "quantity": terms.quantity, "specification": terms.specification, "purchaser": terms.purchaser,
        "ceiling": price::yuan(terms.ceiling_fen), "leading": view.leading_fen.map(price::yuan), "most": price::yuan(most), "most_plain": price::plain(most),
        "opens_at": moment(terms.opens_at, &desks), "closes_at": moment(lot.standing.closes_at, &desks), "now": moment(now, &desks),
        "rules": rules(lot), "deposit": terms.deposit, "ended": lot.standing.ended.is_some(), "runs": matches!(view.phase, Phase::Announced | Phase::Open),
        "own": own_state(sidecar, lot, officer, &seen).await?, "bidding": {"typed": bidding.typed, "mistake": bidding.mistake, "taken": bidding.taken},
        "page": format!("/{}/{}.html", centre.lots, lot.id.to_ascii_lowercase()), "signed_in": officer.is_some(),
    });
    with_status(status, page(sidecar, &centre.site, "lot", &terms.title, &content))
}

/// `2026-11-28 09:03:12` on the group's calendar.
pub(super) fn moment(at: Millis, desks: &Desks) -> String {
    let stamp = jiff::Timestamp::from_millisecond(at).unwrap_or_default();
    stamp.to_zoned(desks.zone.clone()).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// How a vendor stands in a lot: for its own eyes.
async fn own_state(sidecar: &Sidecar, lot: &Lot, officer: Option<&Officer>, seen: &Seen) -> Result<Value, Problem> {
    let Some(officer) = officer.filter(|o| vendor_of(&o.account.grants).is_some()) else { return Ok(Value::Null) };
    let vendor = own(sidecar, officer).await?;
    let (desks, mine) = (sidecar.desks(), seen.bids().iter().rev().filter(|bid| bid.vendor == vendor.code));
    let leads = lot.standing.leading.as_ref().is_some_and(|l| l.vendor == vendor.code);
    let bids: Vec<Value> = mine.take(20).map(|b| json!({"index": b.index, "at": moment(b.at, &desks), "price": price::yuan(b.fen)})).collect();
    let number = crate::sidecar::live::numbers(seen.bids()).get(&*vendor.code).copied();
    Ok(json!({"trade": trade(officer, &vendor), "bids": bids, "leads": leads, "number": number, "csrf": officer.csrf}))
}

/// The second step of a bid: what it means is shown, and confirmed.
pub(super) async fn confirm(State(sidecar): Shared, Path(id): Path<String>, officer: Officer, Form(sent): Fields) -> Result<Response, Problem> {
    officer.check(typed(&sent, "csrf"))?;
    let (lot, vendor) = (public_lot(&sidecar, &id).await?, own(&sidecar, &officer).await?);
    let desks = sidecar.desks();
    let fen = match price::read(typed(&sent, "price")) {
        Ok(fen) => fen,
        Err(why) => {
            let bidding = Bidding { typed: typed(&sent, "price").into(), mistake: why.to_string(), taken: None };
            return lot_page(&sidecar, &lot, Some(&officer), bidding, StatusCode::UNPROCESSABLE_ENTITY).await;
        }
    };
    confirm_page(&sidecar, &lot, &officer, &vendor.profile.name, (fen, &random()?, ""), &desks)
}

fn confirm_page(
    sidecar: &Sidecar,
    lot: &Lot,
    officer: &Officer,
    vendor: &str,
    (fen, key, mistake): (Fen, &str, &str),
    desks: &Desks,
) -> Result<Response, Problem> {
    let leading = lot.standing.leading.as_ref().map(|l| l.fen);
    let measure = leading.unwrap_or(lot.terms.ceiling_fen);
    let drop = measure - fen;
    let content = json!({
        "id": lot.id, "title": lot.terms.title, "vendor": vendor, "price": price::yuan(fen), "plain": price::plain(fen), "key": key, "csrf": officer.csrf,
        "leading": leading.map(price::yuan), "ceiling": price::yuan(lot.terms.ceiling_fen), "drop": price::yuan(drop), "share": format!("{}.{}%", drop * 1000 / measure / 10, (drop * 1000 / measure % 10).abs()),
        "slip": looks_like_a_slip(&lot.standing, &lot.terms, fen), "mistake": mistake, "closes_at": moment(lot.standing.closes_at, desks),
    });
    page(sidecar, &centre(desks)?.site, "lot-confirm", "确认报价", &content)
}

/// The bid itself. Sent again, it is the same bid.
pub(super) async fn bid(State(sidecar): Shared, Path(id): Path<String>, complete: Complete) -> Result<Response, Problem> {
    let Complete { officer, received, request } = complete;
    let Form(sent) = Fields::from_request(request, &()).await.map_err(|e| Problem::Wrong(e.body_text()))?;
    officer.check(typed(&sent, "csrf"))?;
    let vendor = own(&sidecar, &officer).await?;
    let fen = price::read(typed(&sent, "price")).map_err(|why| Problem::Wrong(why.to_string()))?;
    let (key, meant) = (typed(&sent, "key").to_string(), typed(&sent, "meant") == "yes");
    let told = sidecar.auctioneer.bid(Offer { lot: id.clone(), vendor: vendor.code.clone(), key: key.clone(), fen, received, meant }).await;
    let lot = public_lot(&sidecar, &id).await?;
    let (bidding, status) = match told {
        Ok(Answer::Taken(receipt)) => (
            Bidding {
                taken: Some(
                    json!({"index": receipt.index, "price": price::yuan(receipt.fen), "at": moment(receipt.at, &sidecar.desks()), "root": receipt.root}),
                ),
                ..Bidding::default()
            },
            StatusCode::OK,
        ),
        Ok(Answer::Refused { message, .. }) => (Bidding { typed: price::plain(fen), mistake: message, taken: None }, StatusCode::UNPROCESSABLE_ENTITY),
        Err(NotDone::Slip) => return confirm_page(&sidecar, &lot, &officer, &vendor.profile.name, (fen, &key, &NotDone::Slip.to_string()), &sidecar.desks()),
        Err(other) => return Err(other.into()),
    };
    lot_page(&sidecar, &lot, Some(&officer), bidding, status).await
}

/// What becomes of a lot, as it happens.
pub(super) async fn live(State(sidecar): Shared, Path(id): Path<String>) -> Result<Response, Problem> {
    public_lot(&sidecar, &id).await?;
    let channel = sidecar.live.watch(&sidecar.casework.store, &id);
    let events = WatchStream::new(channel).filter(|told| !told.view.is_empty()).map(|told| Ok::<_, Infallible>(Event::default().event("lot").data(&told.view)));
    let mut answer = Sse::new(events).keep_alive(KeepAlive::default()).into_response();
    // A proxy in front passes each event on at once.
    answer.headers_mut().insert("x-accel-buffering", header::HeaderValue::from_static("no"));
    Ok(answer)
}

/// The course so far, drawn, for those who watch.
pub(super) async fn course_now(State(sidecar): Shared, Path(id): Path<String>) -> Result<Response, Problem> {
    public_lot(&sidecar, &id).await?;
    let told = sidecar.live.watch(&sidecar.casework.store, &id).borrow().course.to_string();
    Ok(([(header::CONTENT_TYPE, "application/json")], told).into_response())
}

/// A receipt of one's own, as a file for `portico verify-auction --receipt`.
pub(super) async fn receipt(State(sidecar): Shared, Path((id, index)): Path<(String, u64)>, officer: Officer) -> Result<Response, Problem> {
    let (lot, vendor) = (public_lot(&sidecar, &id).await?, own(&sidecar, &officer).await?);
    let answers = sidecar.casework.store.answers(&lot.id).await?;
    let taken = |answer: &str| match serde_json::from_str(answer) {
        Ok(Answer::Taken(receipt)) if receipt.index == index => Some(receipt),
        _ => None,
    };
    let receipt = answers.iter().filter(|a| a.vendor == vendor.code).find_map(|a| taken(&a.answer)).ok_or(Problem::Missing)?;
    let text = serde_json::to_string_pretty(&receipt).unwrap_or_default() + "\n";
    let headers = [(header::CONTENT_TYPE, "application/json".to_string()), (header::CONTENT_DISPOSITION, format!("attachment; filename={id}-{index}.json"))];
    Ok((headers, text).into_response())
}

/// The whole record, once nothing in it is secret any more.
#[utoipa::path(get, path = "/-/api/lots/{id}/record", params(("id" = String, Path)),
    responses((status = 200, body = serde_json::Value), (status = 404), (status = 409)))]
pub(super) async fn record(State(sidecar): Shared, Path(id): Path<String>) -> Result<Response, Problem> {
    let (lot, now) = (public_lot(&sidecar, &id).await?, sidecar.auctioneer.now().await?);
    if !shows_names(&lot, now) && lot.standing.ended.is_none() {
        return Err(Problem::Conflict("竞价期间只公布记录的散列，完整记录随结果公布".into()));
    }
    let entries = sidecar.casework.store.entries(&lot.id, 0, i64::MAX).await?;
    Ok(axum::Json(sidecar.auctioneer.record(&lot.id, entries)).into_response())
}
