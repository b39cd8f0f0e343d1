//! The office's pages: the queue by urgency, a case with what can be done, letters typed in from paper, the export.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::Arc;

use axum::Form;
use axum::extract::{Multipart, Path, Query, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use super::citizen::{Taker, form_view, take};
use super::form::{self, Origin};
use super::page::{event, keeping, page, shared, term, time};
use super::problem::Problem;
use super::session::Officer;
use crate::sidecar::accounts::{Role, may_audit, may_do, may_enter, may_keep_accounts, may_procure, may_see, scope};
use crate::sidecar::case::{Deed, Kind, Millis, State as CaseState, Urgency};
use crate::sidecar::casework::NotDone;
use crate::sidecar::desk::Desks;
use crate::sidecar::letter::Answers;
use crate::sidecar::numbers::cell;
use crate::sidecar::service::Sidecar;
use crate::sidecar::store::cases::{Filter, Record};

const ON_A_PAGE: i64 = 50;
const IN_AN_EXPORT: i64 = 20_000;

/// What a queue is asked for, as it stands in its address.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    pub state: String,
    pub desk: String,
    pub department: String,
    pub urgency: String,
    pub q: String,
    pub page: i64,
}

impl Asked {
    pub(super) fn filter(&self, now: Millis) -> Filter {
        const DAY: Millis = 24 * 60 * 60 * 1000;
        let due = match Urgency::parse(&self.urgency) {
            Some(Urgency::Overdue) => Some((1, now)),
            Some(Urgency::Soon) => Some((now, now + DAY)),
            _ => None,
        };
        // Nothing asked: what somebody still has to do something about.
        let open = self.state.is_empty() && self.q.is_empty();
        let state = if self.state == "all" { "" } else { &self.state };
        Filter { state: state.into(), desk: self.desk.clone(), department: self.department.clone(), search: self.q.trim().into(), due, open }
    }

    fn address(&self, page: i64) -> String {
        let part = |name: &str, value: &str| if value.is_empty() { String::new() } else { format!("{name}={}&", encoded(value)) };
        let parts = [("state", &self.state), ("desk", &self.desk), ("department", &self.department), ("urgency", &self.urgency), ("q", &self.q)];
        let parts: String = parts.iter().map(|(name, value)| part(name, value)).collect();
        format!("/-/office?{parts}page={page}")
    }
}

/// A text as a part of an address (RFC 3986).
pub(super) fn encoded(text: &str) -> String {
    text.bytes().fold(String::new(), |mut out, b| {
        if b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(b));
        } else {
            // Writing to a String never fails.
            let _ = write!(out, "%{b:02X}");
        }
        out
    })
}

/// What the office's pages have in common.
pub(super) fn office(officer: &Officer, desks: &Desks) -> Value {
    let grants = &officer.account.grants;
    let role = |g: &crate::sidecar::accounts::Grant| {
        let site = if g.site == "*" { "全部" } else { desks.site_name(&g.site) };
        format!("{}（{site}）", g.role.name())
    };
    let enters: Vec<Value> = desks
        .desks
        .values()
        .filter(|d| may_enter(grants, &d.site, d.rules.confidential))
        .map(|d| json!({"name": d.name, "url": format!("/-/office/enter/{}", d.id)}))
        .collect();
    json!({
        "name": if officer.account.full_name.is_empty() { &officer.account.name } else { &officer.account.full_name },
        "roles": grants.iter().map(role).collect::<Vec<_>>().join("、"),
        "csrf": officer.csrf, "enters": enters,
        "keeps_accounts": may_keep_accounts(grants), "audits": may_audit(grants),
        "reads_letters": !scope(grants).is_empty(),
        "procures": desks.centre.as_ref().is_some_and(|c| may_procure(grants, &c.site)),
    })
}

pub(super) async fn queue(State(sidecar): Shared, officer: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (desks, now) = shared(&sidecar);
    let (scope, filter, store) = (scope(&officer.account.grants), asked.filter(now), &sidecar.casework.store);
    let at = asked.page.max(0);
    let records = store.queue(&scope, &filter, ON_A_PAGE, at * ON_A_PAGE).await?;
    if records.iter().any(|r| r.confidential) {
        sidecar.casework.log(&officer.account.name, "查看保密来信列表", "", now).await?;
    }
    let total = store.queue_length(&scope, &filter).await?;
    let counts = |urgency: Urgency| Asked { urgency: urgency.word().into(), ..Asked::default() }.filter(now);
    let (overdue, soon) = (store.queue_length(&scope, &counts(Urgency::Overdue)).await?, store.queue_length(&scope, &counts(Urgency::Soon)).await?);
    let open = store.queue_length(&scope, &Asked::default().filter(now)).await?;
    let seen: Vec<_> = desks
        .desks
        .values()
        .filter(|d| records.iter().any(|r| r.desk == d.id) || asked.desk == d.id || may_enter(&officer.account.grants, &d.site, d.rules.confidential))
        .collect();
    let content = json!({
        "office": office(&officer, &desks),
        "cases": records.iter().map(|r| line(r, &desks, now, &officer)).collect::<Vec<_>>(),
        "total": total, "overdue": overdue, "soon": soon, "open": open,
        "states": CaseState::ALL.iter().map(|s| json!({"word": s.word(), "name": s.name()})).collect::<Vec<_>>(),
        "desks": seen.iter().map(|d| json!({"word": d.id, "name": d.name})).collect::<Vec<_>>(),
        "departments": desks.sites.iter().map(|(id, name)| json!({"word": id, "name": name})).collect::<Vec<_>>(),
        "asked": {"state": asked.state, "desk": asked.desk, "department": asked.department, "urgency": asked.urgency, "q": asked.q},
        "assigns": records.iter().any(|r| assignable(r, &officer)),
        "before": if at > 0 { asked.address(at - 1) } else { String::new() },
        "after": if (at + 1) * ON_A_PAGE < total { asked.address(at + 1) } else { String::new() },
        "export": asked.address(0).replacen("/-/office?", "/-/office/export.csv?", 1),
    });
    page(&sidecar, "", "office-queue", "来信办理", &content)
}

fn assignable(record: &Record, officer: &Officer) -> bool {
    matches!(record.case.state, CaseState::Received | CaseState::Accepted) && may_do(&officer.account.grants, Kind::Assign, &record.subject())
}

fn line(record: &Record, desks: &Desks, now: Millis, officer: &Officer) -> Value {
    json!({
        "number": record.number, "version": record.case.version, "subject": record.letter.subject,
        "desk": desks.desks.get(&record.desk).map_or(&*record.desk, |d| &*d.name), "category": record.letter.category,
        "department": record.case.department.as_deref().map_or("", |d| desks.site_name(d)),
        "state": record.case.state.name(), "word": record.case.state.word(), "received_at": time(Some(record.case.received_at), desks),
        "term": term(record.case.due_at, now, desks), "confidential": record.confidential, "suspect": record.suspect, "reopened": record.case.reopened,
        "assignable": assignable(record, officer),
    })
}

/// A case this account may see; every look at a confidential one is in the log before it is shown.
pub(super) async fn seen(sidecar: &Sidecar, officer: &Officer, number: &str, what: &str, now: Millis) -> Result<Record, Problem> {
    let record = sidecar.casework.store.case(number).await?.filter(|r| may_see(&officer.account.grants, &r.subject())).ok_or(Problem::Missing)?;
    if record.confidential {
        sidecar.casework.log(&officer.account.name, what, number, now).await?;
    }
    Ok(record)
}

pub(super) async fn case(State(sidecar): Shared, officer: Officer, Path(number): Path<String>) -> Result<Response, Problem> {
    let (desks, now) = shared(&sidecar);
    let record = seen(&sidecar, &officer, &number, "查看保密来信", now).await?;
    case_page(&sidecar, &officer, &record, &desks, &CaseNote::default()).await
}

/// What the case page says besides the case.
#[derive(Default)]
struct CaseNote {
    told: String,
    mistake: String,
    /// The deed that was refused, and what was typed for it.
    kind: String,
    text: String,
}

async fn case_page(sidecar: &Sidecar, officer: &Officer, record: &Record, desks: &Desks, note: &CaseNote) -> Result<Response, Problem> {
    let (store, now) = (&sidecar.casework.store, sidecar.now());
    let accounts = store.accounts().await?;
    let full = |who: &str| match who {
        "" => "来信人".to_string(),
        who => accounts.iter().find(|a| a.name == who && !a.full_name.is_empty()).map_or_else(|| who.to_string(), |a| a.full_name.clone()),
    };
    let rules = desks.desks.get(&record.desk).map(|d| &d.rules);
    let can = |kind: &&Kind| rules.is_some_and(|r| record.case.can(**kind, r, now)) && may_do(&officer.account.grants, **kind, &record.subject());
    let deed = |kind: &Kind| {
        let typed = if note.kind == kind.word() { &*note.text } else { "" };
        json!({"word": kind.word(), "name": kind.name(), "text": kind.needs_text(), "department": kind.needs_department(), "typed": typed, "open": note.kind == kind.word()})
    };
    let own = officer.account.grants.iter().find(|g| g.role == Role::Officer).map_or("", |g| &*g.site);
    let letter = &record.letter;
    let suggested = desks.desks.get(&record.desk).and_then(|d| d.department(&letter.category)).unwrap_or("");
    let content = json!({
        "office": office(officer, desks), "case": line(record, desks, now, officer),
        "letter": {"text": letter.text, "name": letter.name, "phone": letter.phone, "email": letter.email, "others": letter.others, "consent": letter.consent},
        "entered_by": if record.entered_by.is_empty() { String::new() } else { full(&record.entered_by) },
        "reply": record.case.reply, "answered_at": time(record.case.answered_at, desks), "rating": record.case.rating,
        "publication": record.case.publication.name(), "erased": record.erased,
        "files": store.files(&record.number).await?.iter().map(|f| json!({"id": f.id, "name": f.name})).collect::<Vec<_>>(),
        "events": store.events(&record.number).await?.iter().map(|e| event(e, desks, &full)).collect::<Vec<_>>(),
        "notices": store.notices_of(&record.number).await?.iter().map(|n| json!({
            "at": time(Some(n.created_at), desks), "channel": if n.channel == "mail" { "邮件" } else { "推送" }, "subject": if n.channel == "mail" { &n.subject } else { &n.kind },
            "state": match (n.delivered_at, n.tries) { (Some(at), _) => format!("{} 送达", time(Some(at), desks)), (None, 0) => "待发送".into(), (None, n) => format!("已尝试 {n} 次，未送达") },
        })).collect::<Vec<_>>(),
        "deeds": Kind::ALL.iter().filter(can).map(deed).collect::<Vec<_>>(),
        "departments": desks.sites.iter().map(|(id, name)| json!({"word": id, "name": name})).collect::<Vec<_>>(),
        "suggested": suggested, "phrases": store.phrases(own).await?.into_iter().map(|p| p.text).collect::<Vec<_>>(), "told": note.told, "mistake": note.mistake,
    });
    page(sidecar, "", "office-case", &format!("来信 {}", record.number), &content)
}

/// What is done with a case, as it was sent.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Sent {
    csrf: String,
    version: i64,
    deed: String,
    text: String,
    phrase: String,
    department: String,
}

pub(super) async fn act(State(sidecar): Shared, officer: Officer, Path(number): Path<String>, Form(sent): Form<Sent>) -> Result<Response, Problem> {
    officer.check(&sent.csrf)?;
    let kind = Kind::parse(&sent.deed).ok_or_else(|| Problem::Wrong("请选择办理动作".into()))?;
    let text = [sent.text.trim(), sent.phrase.trim()].into_iter().filter(|t| !t.is_empty()).collect::<Vec<_>>().join("\n");
    let text: String = text.replace("\r\n", "\n").chars().filter(|c| *c == '\n' || !c.is_control()).take(20_000).collect();
    let deed = Deed { department: sent.department, ..Deed::saying(kind, &text) };
    keeping(&sidecar, &text, do_deed(&sidecar, &officer, &number, sent.version, &deed).await)
}

async fn do_deed(sidecar: &Arc<Sidecar>, officer: &Officer, number: &str, seen_version: i64, deed: &Deed) -> Result<Response, Problem> {
    let ((desks, now), kind) = (shared(sidecar), deed.kind);
    let done = sidecar.casework.act(&officer.account, number, seen_version, deed, &desks, now).await;
    let (record, note, status) = match done {
        Ok(record) => (record, CaseNote { told: format!("已{}", kind.name()), ..CaseNote::default() }, StatusCode::OK),
        Err(not_done @ (NotDone::Refused(_) | NotDone::Conflict)) => {
            let record = seen(sidecar, officer, number, "查看保密来信", now).await?;
            let note = CaseNote { mistake: not_done.to_string(), kind: kind.word().into(), text: deed.text.clone(), told: String::new() };
            (record, note, StatusCode::CONFLICT)
        }
        Err(other) => return Err(other.into()),
    };
    // After a transfer it may be out of sight.
    if !may_see(&officer.account.grants, &record.subject()) {
        return Ok((StatusCode::SEE_OTHER, [(header::LOCATION, "/-/office")]).into_response());
    }
    super::page::with_status(status, case_page(sidecar, officer, &record, &desks, &note).await)
}

/// Accepts and assigns several cases at once; those that moved meanwhile stay as they are.
pub(super) async fn assign(State(sidecar): Shared, officer: Officer, Form(sent): Form<Vec<(String, String)>>) -> Result<Response, Problem> {
    let first = |key: &str| sent.iter().find(|(k, _)| k == key).map_or("", |(_, v)| &**v);
    officer.check(first("csrf"))?;
    let (desks, now) = shared(&sidecar);
    let (mut done, mut not_done) = (0, Vec::new());
    for (number, version) in sent.iter().filter(|(k, _)| k == "case").filter_map(|(_, v)| v.split_once('@')).take(100) {
        match assign_one(&sidecar, &officer, number, version.parse().unwrap_or(0), first("department"), &desks, now).await {
            Ok(()) => done += 1,
            Err(NotDone::Trouble(trouble)) => return Err(trouble.into()),
            Err(why) => not_done.push(format!("{number}：{why}")),
        }
    }
    let message = format!("已转办 {done} 封。{}", not_done.join("；"));
    page(&sidecar, "", "office-message", "批量转办", &json!({"office": office(&officer, &desks), "message": message}))
}

async fn assign_one(sidecar: &Sidecar, officer: &Officer, number: &str, version: i64, to: &str, desks: &Desks, now: Millis) -> Result<(), NotDone> {
    let record = sidecar.casework.store.case(number).await?.ok_or(NotDone::NotYours)?;
    let deed = Deed { department: to.into(), ..Deed::of(Kind::Assign) };
    let mut version = version;
    if record.case.state == CaseState::Received {
        if to.is_empty() {
            return Err(crate::sidecar::case::Refused::Department.into());
        }
        version = sidecar.casework.act(&officer.account, number, version, &Deed::of(Kind::Accept), desks, now).await?.case.version;
    }
    sidecar.casework.act(&officer.account, number, version, &deed, desks, now).await.map(drop)
}

/// A file, to be saved and never shown: whatever it is, it does nothing on this host.
pub(super) async fn file(State(sidecar): Shared, officer: Officer, Path((number, id)): Path<(String, String)>) -> Result<Response, Problem> {
    let now = sidecar.now();
    seen(&sidecar, &officer, &number, "下载保密来信附件", now).await?;
    let file = sidecar.casework.store.file(&number, &id).await?.ok_or(Problem::Missing)?;
    download(file)
}

/// A file as an answer, to be saved.
pub(super) fn download(file: crate::sidecar::store::cases::Attachment) -> Result<Response, Problem> {
    let disposition = HeaderValue::from_str(&format!("attachment; filename*=UTF-8''{}", encoded(&file.name))).map_err(|e| Problem::Broken(e.to_string()))?;
    let kind = HeaderValue::from_static("application/octet-stream");
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, disposition)], file.bytes).into_response())
}

pub(super) async fn export(State(sidecar): Shared, officer: Officer, Query(asked): Query<Asked>) -> Result<Response, Problem> {
    let (desks, now) = shared(&sidecar);
    let records = sidecar.casework.store.queue(&scope(&officer.account.grants), &asked.filter(now), IN_AN_EXPORT, 0).await?;
    sidecar.casework.log(&officer.account.name, "导出来信", &format!("{} 封", records.len()), now).await?;
    // The mark at the beginning tells spreadsheets that it is UTF-8.
    let mut csv = "\u{FEFF}编号,窗口,类别,标题,状态,承办单位,收到,受理,期限,答复,评价,公开\n".to_string();
    for r in &records {
        let desk = desks.desks.get(&r.desk).map_or(&*r.desk, |d| &*d.name);
        let c = &r.case;
        let cells = [
            r.number.clone(),
            desk.into(),
            r.letter.category.clone(),
            r.letter.subject.clone(),
            c.state.name().into(),
            c.department.as_deref().map_or("", |d| desks.site_name(d)).into(),
            time(Some(c.received_at), &desks),
            time(c.accepted_at, &desks),
            time(c.promised_at, &desks),
            time(c.answered_at, &desks),
            c.rating.map(|n| n.to_string()).unwrap_or_default(),
            c.publication.name().into(),
        ];
        csv.push_str(&cells.iter().map(|text| cell(text)).collect::<Vec<_>>().join(","));
        csv.push('\n');
    }
    let headers = [(header::CONTENT_TYPE, "text/csv; charset=utf-8"), (header::CONTENT_DISPOSITION, "attachment; filename=letters.csv")];
    Ok((headers, csv).into_response())
}

/// A desk's form for the clerk who types in what came on paper.
pub(super) async fn enter_form(State(sidecar): Shared, officer: Officer, Path(id): Path<String>) -> Result<Response, Problem> {
    let (desks, now) = shared(&sidecar);
    let desk = desks.desks.get(&id).filter(|d| may_enter(&officer.account.grants, &d.site, d.rules.confidential)).ok_or(Problem::Missing)?;
    let mut content = form_view(&sidecar, desk, &Answers::new(), &[], now)?;
    content["clerk"] = json!(true);
    page(&sidecar, &desk.site, "form", &format!("代录：{}", desk.name), &content)
}

pub(super) async fn enter(State(sidecar): Shared, officer: Officer, Path(id): Path<String>, origin: Origin, multipart: Multipart) -> Result<Response, Problem> {
    let (desks, now) = shared(&sidecar);
    let desk = desks.desks.get(&id).filter(|d| may_enter(&officer.account.grants, &d.site, d.rules.confidential)).ok_or(Problem::Missing)?;
    let sent = form::read(multipart, desk).await?;
    // The form's own signed token is given to this page only, and the cookie goes with requests from this host only.
    let nonce = sidecar.casework.seal.open_form_token(sent.get("token"), &desk.id, now).map(String::from).map_err(|_| "页面已失效，请核对内容后再次提交");
    take(&sidecar, desk, &desks, sent, nonce, &Taker { entered_by: &officer.account.name, address: &origin.0, now }).await
}

/// A form without files, as a map.
pub(super) type Fields = Form<BTreeMap<String, String>>;
