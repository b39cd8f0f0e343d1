//! The procurement centre's pages: vendors to be certified, lots to be drafted, approved, cancelled and decided.

use axum::Form;
use axum::extract::{Multipart, Path, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Shared;
use super::cases::{Fields, download, office};
use super::form::{self, Sent};
use super::keeping::typed;
use super::lots::{lot_line, moment};
use super::page::{page, time, with_status};
use super::problem::Problem;
use super::session::Officer;
use super::vendors::{FILE_BYTES, FILE_KINDS, centre, event, facts};
use crate::sidecar::accounts::may_procure;
use crate::sidecar::auction::{BelowFloor, Extension, Fen, Names, Phase, Sheet, Single, Standing, Step, Terms, may_decide, price, ranking};
use crate::sidecar::bidding::Decision;
use crate::sidecar::certification::{self, owner};
use crate::sidecar::desk::Desks;
use crate::sidecar::directory::{self, rules};
use crate::sidecar::live::{Seen, course};
use crate::sidecar::procurement::{Centre, moment as read_moment};
use crate::sidecar::service::Sidecar;
use crate::sidecar::store::accounts::look;
use crate::sidecar::store::cases::{Attachment, keep_file};
use crate::sidecar::store::database::{Trouble, Unmet};
use crate::sidecar::store::lots::{self as kept, Lot};
use crate::sidecar::vendor::{Deed, after, credit_code};

/// The centre, for those who look after it.
fn own<'d>(desks: &'d Desks, officer: &Officer) -> Result<&'d Centre, Problem> {
    let centre = centre(desks)?;
    if may_procure(&officer.account.grants, &centre.site) { Ok(centre) } else { Err(Problem::Forbidden) }
}

fn see(to: &str) -> Response {
    (StatusCode::SEE_OTHER, [(header::LOCATION, to)]).into_response()
}

pub(super) async fn vendors(State(sidecar): Shared, officer: Officer) -> Result<Response, Problem> {
    let desks = sidecar.desks();
    own(&desks, &officer)?;
    let now = sidecar.now();
    let line = |v: &crate::sidecar::store::vendors::Vendor| {
        json!({
            "code": v.code, "name": v.profile.name, "state": v.state.word(), "state_name": v.state.name(), "proposed": v.proposed.is_some(),
            "registered_at": time(Some(v.registered_at), &desks), "expired": v.profile.licence_until.is_some_and(|until| now >= until),
        })
    };
    let list: Vec<Value> = sidecar.casework.store.vendors().await?.iter().map(line).collect();
    page(&sidecar, "", "office-vendors", "供应商", &json!({"office": office(&officer, &desks), "vendors": list}))
}

pub(super) async fn vendor(State(sidecar): Shared, officer: Officer, Path(code): Path<String>) -> Result<Response, Problem> {
    vendor_page(&sidecar, &officer, &code, "", StatusCode::OK).await
}

async fn vendor_page(sidecar: &Sidecar, officer: &Officer, code: &str, mistake: &str, status: StatusCode) -> Result<Response, Problem> {
    let (desks, store) = (sidecar.desks(), &sidecar.casework.store);
    own(&desks, officer)?;
    let vendor = store.vendor(code).await?.ok_or(Problem::Missing)?;
    let (events, files) = (store.vendor_events(code).await?, store.files(&owner(code)).await?);
    let can = |deed: &&Deed| after(vendor.state, **deed, "x", vendor.proposed.is_some()).is_ok();
    let content = json!({
        "office": office(officer, &desks), "code": code, "name": vendor.profile.name, "state": vendor.state.word(), "state_name": vendor.state.name(), "version": vendor.version,
        "facts": facts(&vendor.profile, &desks), "proposed": vendor.proposed.as_ref().map(|p| facts(p, &desks)), "mistake": mistake,
        "files": files.iter().map(|f| json!({"id": f.id, "name": f.name})).collect::<Vec<_>>(), "events": events.iter().rev().map(|e| event(e, &desks)).collect::<Vec<_>>(),
        "deeds": Deed::ALL.iter().filter(can).map(|d| json!({"word": d.word(), "name": d.name(), "reason": d.needs_reason()})).collect::<Vec<_>>(),
        "whole": vendor.is_whole(sidecar.auctioneer.signer()) && events.iter().all(|e| e.is_whole(sidecar.auctioneer.signer())),
    });
    with_status(status, page(sidecar, "", "office-vendor", &vendor.profile.name, &content))
}

pub(super) async fn decide_vendor(State(sidecar): Shared, officer: Officer, Path(code): Path<String>, Form(sent): Fields) -> Result<Response, Problem> {
    officer.check(typed(&sent, "csrf"))?;
    own(&sidecar.desks(), &officer)?;
    let deed = Deed::parse(typed(&sent, "deed")).ok_or(Problem::Missing)?;
    let (seen, why) = (typed(&sent, "version").parse().unwrap_or(0), typed(&sent, "why"));
    let (store, signer) = (&sidecar.casework.store, sidecar.auctioneer.signer());
    match certification::decide(store, signer, (&code, seen), (deed, why), &officer.account.name, sidecar.now()).await {
        Ok(_) => Ok(see(&format!("/-/office/vendor/{code}"))),
        Err(certification::NotDone::Refused(why)) => vendor_page(&sidecar, &officer, &code, &why.to_string(), StatusCode::UNPROCESSABLE_ENTITY).await,
        Err(certification::NotDone::Conflict) => {
            vendor_page(&sidecar, &officer, &code, &certification::NotDone::Conflict.to_string(), StatusCode::CONFLICT).await
        }
        Err(other) => Err(other.into()),
    }
}

/// A vendor's file, to be saved.
pub(super) async fn vendor_file(State(sidecar): Shared, officer: Officer, Path((code, id)): Path<(String, String)>) -> Result<Response, Problem> {
    own(&sidecar.desks(), &officer)?;
    sidecar.casework.log(&officer.account.name, "下载供应商材料", &code, sidecar.now()).await?;
    download(sidecar.casework.store.file(&owner(&code), &id).await?.ok_or(Problem::Missing)?)
}

pub(super) async fn lots(State(sidecar): Shared, officer: Officer) -> Result<Response, Problem> {
    let desks = sidecar.desks();
    own(&desks, &officer)?;
    let now = sidecar.auctioneer.now().await?;
    let list: Vec<Value> = sidecar.casework.store.lots().await?.iter().map(|lot| lot_line(lot, &desks, now)).collect();
    page(&sidecar, "", "office-lots", "竞价", &json!({"office": office(&officer, &desks), "lots": list}))
}

pub(super) async fn draft_form(State(sidecar): Shared, officer: Officer) -> Result<Response, Problem> {
    draft_page(&sidecar, &officer, &Sent::default(), &[], StatusCode::OK)
}

fn draft_page(sidecar: &Sidecar, officer: &Officer, sent: &Sent, mistakes: &[String], status: StatusCode) -> Result<Response, Problem> {
    let desks = sidecar.desks();
    own(&desks, officer)?;
    let content = json!({
        "office": office(officer, &desks), "typed": sent.answers, "mistakes": mistakes,
        "sites": desks.sites.iter().map(|(id, name)| json!({"id": id, "name": name})).collect::<Vec<_>>(),
    });
    with_status(status, page(sidecar, "", "office-draft", "起草竞价公告", &content))
}

/// The terms as they were typed, or everything that is wrong with them.
fn terms_of(sent: &Sent, files: &[Attachment], desks: &Desks, now: i64) -> Result<Terms, Vec<String>> {
    let mut mistakes: Vec<String> = sent.mistakes.iter().map(|m| m.message.clone()).collect();
    let text = |key: &str| sent.get(key).trim().to_string();
    let mut amount = |key: &str, label: &str| price::read(sent.get(key)).map_err(|why| mistakes.push(format!("{label}：{why}"))).unwrap_or(0);
    let (budget_fen, ceiling_fen) = (amount("budget", "预算"), amount("ceiling", "最高限价"));
    let floor_fen: Option<Fen> = if text("floor").is_empty() { None } else { Some(amount("floor", "合理价下限")) };
    let step = match sent.get("step_kind") {
        "percent" => Step::Permille(amount("step", "最小降幅") / 10),
        _ => Step::Fen(amount("step", "最小降幅")),
    };
    let whole = |key: &str| sent.get(key).trim().parse::<i64>().unwrap_or(0);
    let extension = (!text("within").is_empty()).then(|| Extension { within: whole("within") * 60_000, by: whole("by") * 60_000, times: whole("times") });
    let mut invited = Vec::new();
    for line in sent.get("invited").lines().filter(|l| !l.trim().is_empty()) {
        match credit_code(line) {
            Ok(code) => invited.push(code),
            Err(why) => mistakes.push(format!("受邀供应商 {}：{why}", line.trim())),
        }
    }
    let mut time = |key: &str, label: &str| {
        read_moment(sent.get(key), &desks.zone).unwrap_or_else(|| {
            mistakes.push(format!("{label}写成 2026-11-28 09:00 的样子"));
            0
        })
    };
    let (opens_at, closes_at) = (time("opens_at", "开始时间"), time("closes_at", "截止时间"));
    let department = text("department");
    let purchaser = desks.sites.get(&department).cloned().unwrap_or_default();
    let sheet = |file: &Attachment| Sheet { name: file.name.clone(), sha256: crate::sidecar::seal::hash_bytes(&file.bytes) };
    let terms = Terms {
        title: text("title"),
        goods: text("goods"),
        quantity: text("quantity"),
        specification: text("specification").replace("\r\n", "\n"),
        attachments: files.iter().map(sheet).collect(),
        department: if purchaser.is_empty() { String::new() } else { department },
        purchaser,
        budget_fen,
        ceiling_fen,
        step,
        opens_at,
        closes_at,
        extension,
        invited,
        names: Names::parse(sent.get("names")).unwrap_or(Names::After),
        single: Single::parse(sent.get("single")).unwrap_or(Single::Award),
        floor_fen,
        below_floor: BelowFloor::parse(sent.get("below_floor")).unwrap_or(BelowFloor::Refuse),
        deposit: text("deposit").replace("\r\n", "\n"),
    };
    if mistakes.is_empty() {
        mistakes = terms.mistakes(now);
    }
    if mistakes.is_empty() { Ok(terms) } else { Err(mistakes) }
}

pub(super) async fn draft(State(sidecar): Shared, officer: Officer, multipart: Multipart) -> Result<Response, Problem> {
    let desks = sidecar.desks();
    let centre = own(&desks, &officer)?;
    let mut sent = form::read_with(multipart, 10, FILE_BYTES).await?;
    officer.check(sent.get("csrf"))?;
    let files = form::attachments(&sidecar, &mut sent, FILE_KINDS).await?;
    let now = sidecar.auctioneer.now().await?;
    let terms = match terms_of(&sent, &files, &desks, now) {
        Ok(terms) => terms,
        Err(mistakes) => return draft_page(&sidecar, &officer, &sent, &mistakes, StatusCode::UNPROCESSABLE_ENTITY),
    };
    let id = keep_draft(&sidecar, &officer, centre, terms, files, now).await?;
    Ok(see(&format!("/-/office/lot/{id}")))
}

/// Keeps a draft under the year's next number.
async fn keep_draft(sidecar: &Sidecar, officer: &Officer, centre: &Centre, terms: Terms, files: Vec<Attachment>, now: i64) -> Result<String, Problem> {
    let (store, signer, who) = (&sidecar.casework.store, sidecar.auctioneer.signer(), &officer.account.name);
    let year = &time(Some(now), &sidecar.desks())[..4];
    let prefix = format!("{}-{year}-", centre.prefix);
    let mut number = store.lots().await?.iter().filter_map(|lot| lot.id.strip_prefix(&prefix)?.parse::<u32>().ok()).max().unwrap_or(0);
    let standing = Standing::of(&terms);
    loop {
        number += 1;
        let id = format!("{prefix}{number:03}");
        let lot = Lot {
            id: id.clone(),
            terms: terms.clone(),
            drafted_by: who.clone(),
            approved_by: String::new(),
            standing: standing.clone(),
            tree: crate::sidecar::auction::record::Tree::default(),
            signature: String::new(),
            head_at: 0,
            seen_at: 0,
            version: 1,
            seal: String::new(),
        };
        let mut write = vec![kept::add(&lot, signer), look(&crate::sidecar::seal::random()?, now, who, "起草竞价公告", &id)];
        write.extend(files.iter().cloned().map(|file| keep_file(&directory::owner(&id), file, now)));
        match store.write(write).await {
            Ok(()) => return Ok(id),
            // Another official has just taken this number.
            Err(Trouble::Unmet(Unmet::Taken)) => {}
            Err(other) => return Err(other.into()),
        }
    }
}

pub(super) async fn lot(State(sidecar): Shared, officer: Officer, Path(id): Path<String>) -> Result<Response, Problem> {
    lot_page(&sidecar, &officer, &id, "", StatusCode::OK).await
}

async fn lot_page(sidecar: &Sidecar, officer: &Officer, id: &str, mistake: &str, status: StatusCode) -> Result<Response, Problem> {
    let (desks, store) = (sidecar.desks(), &sidecar.casework.store);
    own(&desks, officer)?;
    let lot = store.lot(id).await?.ok_or(Problem::Missing)?;
    let (now, mut seen) = (sidecar.auctioneer.now().await?, Seen::default());
    seen.follow(store, &lot).await?;
    let (terms, phase) = (&lot.terms, lot.phase(now));
    let bid = |b: &crate::sidecar::auction::Taken| json!({"index": b.index, "name": b.name, "vendor": b.vendor, "price": price::yuan(b.fen), "at": moment(b.at, &desks)});
    let decidable = may_decide(&lot.standing, terms, now).is_ok();
    let content = json!({
        "office": office(officer, &desks), "id": id, "title": terms.title, "phase": phase.word(), "phase_name": phase.name(), "version": lot.version, "mistake": mistake,
        "facts": [
            {"label": "标的", "value": terms.goods}, {"label": "数量", "value": terms.quantity}, {"label": "采购单位", "value": terms.purchaser},
            {"label": "预算", "value": price::yuan(terms.budget_fen)}, {"label": "最高限价", "value": price::yuan(terms.ceiling_fen)},
            {"label": "开始", "value": moment(terms.opens_at, &desks)}, {"label": "截止", "value": moment(lot.standing.closes_at, &desks)},
            {"label": "起草", "value": lot.drafted_by}, {"label": "审批", "value": lot.approved_by},
        ],
        "specification": terms.specification, "deposit": terms.deposit, "rules": rules(&lot), "invited": terms.invited, "attachments": terms.attachments.iter().map(|a| &a.name).collect::<Vec<_>>(),
        "bids": seen.bids().iter().rev().take(200).map(bid).collect::<Vec<_>>(), "ranking": ranking(seen.bids()).into_iter().map(bid).collect::<Vec<_>>(),
        "course": course(&lot, seen.bids(), now), "draft": phase == Phase::Draft, "own_draft": lot.drafted_by == officer.account.name,
        "cancels": phase != Phase::Draft && lot.standing.ended.is_none(), "decides": decidable, "whole": lot.is_whole(sidecar.auctioneer.signer()),
        "closed": phase == Phase::Closed,
    });
    with_status(status, page(sidecar, "", "office-lot", &terms.title, &content))
}

pub(super) async fn decide_lot(State(sidecar): Shared, officer: Officer, Path(id): Path<String>, Form(sent): Fields) -> Result<Response, Problem> {
    officer.check(typed(&sent, "csrf"))?;
    own(&sidecar.desks(), &officer)?;
    let reason = typed(&sent, "reason").replace("\r\n", "\n");
    let decision = match typed(&sent, "deed") {
        "discard" => return discard(&sidecar, &officer, &id, typed(&sent, "version").parse().unwrap_or(0)).await,
        "approve" => Decision::Approve,
        "cancel" => Decision::Cancel(reason),
        "award" => Decision::Award(typed(&sent, "bid").parse().unwrap_or(0), reason),
        "fail" => Decision::Fail(reason),
        _ => return Err(Problem::Missing),
    };
    match sidecar.auctioneer.decide(&id, decision, &officer.account.name).await {
        Ok(_) => Ok(see(&format!("/-/office/lot/{id}"))),
        Err(why) => match Problem::from(why) {
            Problem::Wrong(why) => lot_page(&sidecar, &officer, &id, &why, StatusCode::UNPROCESSABLE_ENTITY).await,
            Problem::Conflict(why) => lot_page(&sidecar, &officer, &id, &why, StatusCode::CONFLICT).await,
            other => Err(other),
        },
    }
}

/// Throws a draft away.
async fn discard(sidecar: &Sidecar, officer: &Officer, id: &str, version: i64) -> Result<Response, Problem> {
    let log = look(&crate::sidecar::seal::random()?, sidecar.now(), &officer.account.name, "删除竞价草稿", id);
    sidecar.casework.store.write(vec![kept::remove(id, version), log]).await?;
    Ok(see("/-/office/lots"))
}
