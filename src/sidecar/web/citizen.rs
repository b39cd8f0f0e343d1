//! The citizen's pages: a desk's form, the receipt, a case seen with its receipt code. They work without script and without a cookie.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Multipart, Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde_json::{Value, json};

use super::Shared;
use super::form::{self, Origin, Sent};
use super::page::{keeping, page, shared, term, time, with_status};
use super::problem::Problem;
use crate::sidecar::case::{Deed, Kind, Millis, Publishing, State as CaseState};
use crate::sidecar::casework::{NotDone, Submission};
use crate::sidecar::desk::{Desk, Desks, FieldKind};
use crate::sidecar::letter::{self, Answers, CATEGORY, CONSENT, Mistake};
use crate::sidecar::seal::BadToken;
use crate::sidecar::service::Sidecar;
use crate::sidecar::store::cases::Record;

/// A field nobody sees: what stands in it was put there by a program.
const TRAP: &str = "website";

/// Every desk a citizen can write to.
pub(super) async fn desks(State(sidecar): Shared) -> Result<Response, Problem> {
    let (desks, now) = shared(&sidecar);
    let open = |d: &&Desk| !d.by_clerk && d.opens_at.is_none_or(|at| at <= now);
    let list: Vec<Value> = desks
        .desks
        .values()
        .filter(open)
        .map(|d| json!({"name": d.name, "url": address(&sidecar, d), "intro": d.intro, "site": desks.site_name(&d.site), "open": d.is_open(now)}))
        .collect();
    page(&sidecar, "", "desks", "互动窗口", &json!({"desks": list}))
}

/// Where a desk's page is: another site's on that site's host, which alone has the site's own style sheet.
pub(super) fn address(sidecar: &Sidecar, desk: &Desk) -> String {
    let path = format!("/-/desk/{}", desk.id);
    let elsewhere = desk.site != sidecar.desks().main;
    match sidecar.frames().get(&desk.site).filter(|_| elsewhere) {
        Some(frame) => format!("{}{path}", frame.origin()),
        None => path,
    }
}

fn desk_of<'d>(desks: &'d Desks, id: &str) -> Result<&'d Desk, Problem> {
    desks.desks.get(id).filter(|d| !d.by_clerk).ok_or(Problem::Missing)
}

pub(super) async fn form(State(sidecar): Shared, Path(id): Path<String>) -> Result<Response, Problem> {
    let (desks, now) = shared(&sidecar);
    let desk = desk_of(&desks, &id)?;
    if !desk.is_open(now) {
        let content = json!({"message": closed(desk, &desks, now), "desk": desk.name});
        return page(&sidecar, &desk.site, "message", &desk.name, &content);
    }
    let content = form_view(&sidecar, desk, &Answers::new(), &[], now)?;
    page(&sidecar, &desk.site, "form", &desk.name, &content)
}

fn closed(desk: &Desk, desks: &Desks, now: Millis) -> String {
    match (desk.opens_at, desk.closes_at) {
        (_, Some(at)) if at <= now => format!("“{}”已于 {} 截止，感谢您的关注。", desk.name, time(Some(at), desks)),
        (at, _) => format!("“{}”将于 {} 开始。", desk.name, time(at, desks)),
    }
}

/// A desk's form with what has been typed and what is wrong with it.
pub(super) fn form_view(sidecar: &Sidecar, desk: &Desk, answers: &Answers, mistakes: &[Mistake], now: Millis) -> Result<Value, Problem> {
    let typed = |key: &str| answers.get(key).cloned().unwrap_or_default();
    let wrong = |key: &str| mistakes.iter().find(|m| m.field == key).map_or("", |m| &*m.message).to_string();
    let field = |f: &crate::sidecar::desk::Field| {
        let key = if f.kind == FieldKind::Files { "files" } else { &f.key };
        let complete = match &*f.key {
            "name" => "name",
            "phone" => "tel",
            "email" => "email",
            _ => "off",
        };
        json!({
            "key": key, "label": f.label, "kind": f.kind.word(), "required": f.required, "max": f.max, "help": f.help, "options": f.options,
            "autocomplete": complete, "value": typed(key), "mistake": wrong(key),
        })
    };
    Ok(json!({
        "id": desk.id, "name": desk.name, "intro": desk.intro, "next": desk.next,
        "token": sidecar.casework.seal.form_token(&desk.id, now)?,
        "days": desk.rules.clock.days, "count": desk.rules.clock.count.name(),
        "closes_at": time(desk.closes_at, &sidecar.desks()),
        "asks_consent": desk.rules.publishing == Publishing::Consent,
        "consent": !typed(CONSENT).is_empty(),
        "confidential": desk.rules.confidential,
        "categories": desk.categories.iter().map(|c| &c.name).collect::<Vec<_>>(),
        "category": typed(CATEGORY), "category_mistake": wrong(CATEGORY),
        "fields": desk.fields.iter().map(field).collect::<Vec<_>>(),
        "file_kinds": desk.file_kinds.iter().map(|k| k.name()).collect::<Vec<_>>().join("、"),
        "megabytes": desk.max_bytes >> 20,
        "mistakes": mistakes,
        "lost_files": !mistakes.is_empty() && desk.files().is_some(),
    }))
}

pub(super) async fn submit(State(sidecar): Shared, Path(id): Path<String>, origin: Origin, multipart: Multipart) -> Result<Response, Problem> {
    let (desks, now) = shared(&sidecar);
    let desk = desk_of(&desks, &id)?;
    let sent = form::read(multipart, desk).await?;
    let nonce = match sidecar.casework.seal.open_form_token(sent.get("token"), &desk.id, now) {
        _ if !sent.get(TRAP).is_empty() => Err("表单中有不应填写的内容，请重新填写"),
        Err(BadToken::TooFast) => Err("提交过快，请核对内容后再次提交"),
        Err(BadToken::TooOld) => Err("页面打开时间过长，请核对内容后再次提交"),
        Err(BadToken::Forged) => Err("页面已失效，请核对内容后再次提交"),
        Ok(nonce) => Ok(nonce.to_string()),
    };
    take(&sidecar, desk, &desks, sent, nonce, &Taker { entered_by: "", address: &origin.0, now }).await
}

/// Who takes a letter, from where, when.
pub(super) struct Taker<'a> {
    pub entered_by: &'a str,
    pub address: &'a str,
    pub now: Millis,
}

/// Takes a letter, or shows the form again with what is wrong.
pub(super) async fn take(
    sidecar: &Sidecar,
    desk: &Desk,
    desks: &Desks,
    mut sent: Sent,
    nonce: Result<String, &str>,
    taker: &Taker<'_>,
) -> Result<Response, Problem> {
    let mut mistakes = Vec::new();
    let letter = letter::read(desk, &sent.answers);
    if let Err(found) = &letter {
        mistakes.clone_from(found);
    }
    let files = form::attachments(sidecar, &mut sent, &desk.file_kinds).await?;
    mistakes.append(&mut sent.mistakes);
    if let Some(field) = desk.files().filter(|f| f.required && files.is_empty() && mistakes.iter().all(|m| m.field != "files")) {
        mistakes.push(Mistake::new("files", format!("请上传{}", field.label)));
    }
    if let Err(why) = nonce {
        mistakes.push(Mistake::new("", why));
    }
    if !desk.is_open(taker.now) && taker.entered_by.is_empty() {
        mistakes.push(Mistake::new("", closed(desk, desks, taker.now)));
    }
    let (Ok(letter), Ok(nonce), true) = (letter, &nonce, mistakes.is_empty()) else {
        return again(sidecar, desk, &sent.answers, &mistakes, StatusCode::UNPROCESSABLE_ENTITY, taker);
    };
    let submission = Submission { desk, letter, files, nonce, entered_by: taker.entered_by, address: taker.address, now: taker.now };
    let receipt = match sidecar.casework.submit(submission, desks).await {
        Ok(receipt) => receipt,
        Err(not_done) => {
            // What was typed is kept, whatever the reason.
            let problem = Problem::from(not_done);
            if let Some(cause) = problem.cause() {
                tracing::error!(cause, "a letter was not taken");
            }
            let told = [Mistake::new("", problem.message())];
            return again(sidecar, desk, &sent.answers, &told, problem.status(), taker);
        }
    };
    sidecar.count(|c| &c.letters);
    let content = json!({
        "name": desk.name, "number": receipt.number, "code": receipt.code, "days": desk.rules.clock.days, "count": desk.rules.clock.count.name(),
        "next": desk.next, "clerk": !taker.entered_by.is_empty(),
    });
    page(sidecar, &desk.site, "sent", "提交成功", &content)
}

fn again(sidecar: &Sidecar, desk: &Desk, answers: &Answers, mistakes: &[Mistake], status: StatusCode, taker: &Taker<'_>) -> Result<Response, Problem> {
    let mut content = form_view(sidecar, desk, answers, mistakes, taker.now)?;
    content["clerk"] = json!(!taker.entered_by.is_empty());
    with_status(status, page(sidecar, &desk.site, "form", &format!("请检查：{}", desk.name), &content))
}

pub(super) async fn status(State(sidecar): Shared) -> Result<Response, Problem> {
    page(&sidecar, "", "status", "来信查询", &json!({"number": "", "mistake": ""}))
}

/// A form without files.
type Fields = Form<BTreeMap<String, String>>;

pub(super) async fn look_up(State(sidecar): Shared, origin: Origin, Form(sent): Fields) -> Result<Response, Problem> {
    let (desks, now) = shared(&sidecar);
    let typed = |key: &str| sent.get(key).map_or("", |v| v.trim());
    let found = sidecar.casework.look_up(typed("number"), typed("code"), &origin.0, now).await;
    let (why, status) = match found {
        Ok(Some(record)) => return case(&sidecar, &record, &desks, &CaseNote::default(), now).await,
        Ok(None) => ("编号或查询码不正确，请核对后再试", StatusCode::UNPROCESSABLE_ENTITY),
        Err(NotDone::TooMany) => ("查询次数过多，请一小时后再试", StatusCode::TOO_MANY_REQUESTS),
        Err(other) => return Err(other.into()),
    };
    with_status(status, page(&sidecar, "", "status", "来信查询", &json!({"number": typed("number"), "mistake": why})))
}

/// What a case's page says besides the case.
#[derive(Default)]
struct CaseNote {
    told: &'static str,
    mistake: String,
    /// What was typed for a deed that was refused.
    kind: String,
    text: String,
}

/// What the citizen may see of a case: no names of officers, no notes, the reply only once it is reviewed.
async fn case(sidecar: &Sidecar, record: &Record, desks: &Desks, note: &CaseNote, now: Millis) -> Result<Response, Problem> {
    let desk = desks.desks.get(&record.desk).ok_or(Problem::Missing)?;
    let store = &sidecar.casework.store;
    let shown = |kind: Option<Kind>| !matches!(kind, Some(Kind::Note | Kind::Answer | Kind::SendBack | Kind::Escalate));
    let told_why = |kind: Option<Kind>| matches!(kind, Some(Kind::Return | Kind::MarkDuplicate | Kind::Decline));
    let events: Vec<Value> = store
        .events(&record.number)
        .await?
        .iter()
        .filter(|e| shown(e.deed))
        .map(|e| {
            let own = e.who.is_empty();
            json!({
                "at": time(Some(e.at), desks),
                "deed": e.deed.map_or("来信", |kind| if kind == Kind::Approve { "答复" } else { kind.name() }),
                "who": if own { "来信人" } else { "" },
                "department": if e.department.is_empty() || own { "" } else { desks.site_name(&e.department) },
                "why": if told_why(e.deed) { &*e.why } else { "" },
                "writing": if own { &*e.writing } else { "" },
            })
        })
        .collect();
    let can = |kind| record.case.can(kind, &desk.rules, now) && !record.erased;
    let shows = record.case.state.shows_reply();
    let content = json!({
        "number": record.number, "desk": desk.name, "subject": record.letter.subject, "text": record.letter.text,
        "state": citizens_word(record.case.state), "received_at": time(Some(record.case.received_at), desks),
        "office": desks.site_name(record.case.department.as_deref().unwrap_or(&desk.site)),
        "term": if record.case.accepted_at.is_some() && !shows { term(record.case.due_at, now, desks) } else { Value::Null },
        "reply": if shows { record.case.reply.as_deref() } else { None },
        "answered_at": time(record.case.answered_at, desks),
        "rating": record.case.rating, "public": record.case.publication.name(),
        "files": store.files(&record.number).await?.iter().map(|f| f.name.clone()).collect::<Vec<_>>(),
        "events": events,
        "can_add": can(Kind::Supplement), "can_rate": can(Kind::Rate), "can_reopen": can(Kind::Reopen),
        "returned": record.case.state == CaseState::Returned,
        "takes_files": desk.files().is_some(),
        "file_kinds": desk.file_kinds.iter().map(|k| k.name()).collect::<Vec<_>>().join("、"), "megabytes": desk.max_bytes >> 20,
        "reopen_until": time(record.case.reopen_until(&desk.rules).map(|at| at - 1), desks),
        "pass": sidecar.casework.seal.case_pass(&record.number, now),
        "told": note.told, "mistake": note.mistake, "kind": note.kind, "typed": note.text,
    });
    page(sidecar, &record.site, "case", &format!("来信 {}", record.number), &content)
}

/// A state as the citizen knows it: a reply that waits for review is still being worked on.
fn citizens_word(state: CaseState) -> &'static str {
    match state {
        CaseState::Answered | CaseState::Escalated => CaseState::Assigned.name(),
        other => other.name(),
    }
}

/// An addition, a rating, a reopening: with the pass that the right code gave.
pub(super) async fn act(State(sidecar): Shared, Path(deed): Path<String>, multipart: Multipart) -> Result<Response, Problem> {
    let desks = sidecar.desks();
    let kind = Kind::parse(&deed).filter(|k| k.is_citizens()).ok_or(Problem::Missing)?;
    // Read with the widest desk's limits; the case's own desk is known only from the form.
    let widest =
        desks.desks.values().filter(|d| d.files().is_some()).max_by_key(|d| d.max_bytes).or_else(|| desks.desks.values().next()).ok_or(Problem::Missing)?;
    let mut sent = form::read(multipart, widest).await?;
    let text: String = sent.get("text").trim().chars().take(5000).collect();
    keeping(&sidecar, &text, do_deed(&sidecar, kind, &mut sent, &text).await)
}

async fn do_deed(sidecar: &Arc<Sidecar>, kind: Kind, sent: &mut Sent, text: &str) -> Result<Response, Problem> {
    let (desks, now) = shared(sidecar);
    let number = sidecar.casework.seal.open_case_pass(sent.get("pass"), now).ok_or(Problem::Expired)?.to_string();
    let record = sidecar.casework.store.case(&number).await?.ok_or(Problem::Expired)?;
    let desk = desks.desks.get(&record.desk).ok_or(Problem::Missing)?;
    let deed = Deed { rating: sent.get("rating").parse().unwrap_or(0), ..Deed::saying(kind, text) };
    let kinds = if kind == Kind::Supplement && desk.files().is_some() { desk.file_kinds.clone() } else { Vec::new() };
    let files = form::attachments(sidecar, sent, &kinds).await?;
    let there = sidecar.casework.store.files(&number).await?.len();
    if there + files.len() > 20 {
        sent.mistakes.push(Mistake::new("files", "每封来信最多 20 个附件"));
    }
    let not_done = match sent.mistakes.first() {
        Some(mistake) => Problem::Wrong(mistake.message.clone()),
        None => match sidecar.casework.act_as_citizen(&number, &deed, files, &desks, now).await {
            Ok(record) => return case(sidecar, &record, &desks, &CaseNote { told: thanks(kind), ..CaseNote::default() }, now).await,
            Err(NotDone::Refused(why)) => Problem::Wrong(why.to_string()),
            Err(other) => other.into(),
        },
    };
    if not_done.cause().is_some() {
        return Err(not_done);
    }
    let note = CaseNote { told: "", mistake: not_done.message().into(), kind: kind.word().into(), text: text.into() };
    with_status(not_done.status(), case(sidecar, &record, &desks, &note, now).await)
}

fn thanks(kind: Kind) -> &'static str {
    match kind {
        Kind::Rate => "感谢您的评价。",
        Kind::Reopen => "已重新受理，将按期再次办理。",
        _ => "补充内容已提交。",
    }
}
