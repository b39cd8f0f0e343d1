//! Import (导入): letters that were answered elsewhere, such as the hotline's, become closed cases and are published like others.
//!
//! In: a CSV file with the headings 编号, 来信时间, 标题, 内容, 类别, 承办单位, 答复, 答复时间 and, if wanted, 姓名, 评价. Out: [`Record`]s, or what is
//! wrong line by line. The same line imported again is not a second case.

use super::case::{Case, Publication, State};
use super::desk::{Desk, Desks};
use super::letter::Letter;
use super::seal::hash;
use super::store::Store;
use super::store::cases::{self, Record};
use super::store::database::{Trouble, Unmet};
use crate::diagnostic::{Diagnostic, Place};
use crate::source::date::Date;

const NEEDED: [&str; 8] = ["编号", "来信时间", "标题", "内容", "类别", "承办单位", "答复", "答复时间"];

/// Reads a CSV file.
///
/// # Errors
/// Every mistake with its line; then nothing is to be imported.
pub fn read(text: &str, file: &str, desk: &Desk, desks: &Desks) -> Result<Vec<Record>, Vec<Diagnostic>> {
    let wrong = |line: u64, zh: String, en: String| Diagnostic::error("bad-import", file, Place::new(u32::try_from(line).unwrap_or(0), 1), zh, en);
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(text.trim_start_matches('\u{FEFF}').as_bytes());
    let headings = reader.headers().cloned().unwrap_or_default();
    let missing: Vec<&str> = NEEDED.into_iter().filter(|name| !headings.iter().any(|h| h.trim() == *name)).collect();
    if !missing.is_empty() {
        return Err(vec![wrong(1, format!("缺少列：{}", missing.join("、")), format!("missing columns: {}", missing.join(", ")))]);
    }
    let (mut records, mut found) = (Vec::new(), Vec::new());
    for row in reader.records() {
        let row = match row {
            Ok(row) => row,
            Err(e) => {
                found.push(wrong(e.position().map_or(1, csv::Position::line), format!("这一行读不出：{e}"), e.to_string()));
                continue;
            }
        };
        let line = row.position().map_or(0, csv::Position::line);
        let get = |name: &str| headings.iter().position(|h| h.trim() == name).and_then(|at| row.get(at)).unwrap_or("").trim().to_string();
        match record(&get, desk, desks) {
            Ok(record) => records.push(record),
            Err((column, why)) => found.push(wrong(line, format!("{column}：{why}"), format!("{column}: {why}"))),
        }
    }
    if found.is_empty() { Ok(records) } else { Err(found) }
}

fn record(get: &dyn Fn(&str) -> String, desk: &Desk, desks: &Desks) -> Result<Record, (&'static str, String)> {
    let filled = |name: &'static str| Some(get(name)).filter(|v| !v.is_empty()).ok_or((name, "不能为空".to_string()));
    let moment = |name: &'static str| {
        let text = filled(name)?;
        let date = Date::parse(&text, &desks.zone).ok_or((name, format!("看不懂的时间“{text}”，应如 2026-11-03 09:30")))?;
        let stamp: jiff::Timestamp = date.rfc3339(&desks.zone).parse().map_err(|_| (name, format!("没有“{text}”这个时间")))?;
        Ok(stamp.as_millisecond())
    };
    let (received_at, answered_at) = (moment("来信时间")?, moment("答复时间")?);
    if answered_at < received_at {
        return Err(("答复时间", "早于来信时间".into()));
    }
    let office = filled("承办单位")?;
    let department = desks.sites.iter().find(|(id, name)| **id == office || name.contains(&office) || office.contains(name.as_str())).map(|(id, _)| id.clone());
    let department = department.ok_or(("承办单位", format!("没有单位“{office}”，应为站点标识或名称")))?;
    let rating = match get("评价").as_str() {
        "" => None,
        text => Some(text.parse().ok().filter(|n| (1..=5).contains(n)).ok_or(("评价", "应是 1 到 5".to_string()))?),
    };
    let letter =
        Letter { subject: filled("标题")?, text: filled("内容")?, name: get("姓名"), category: get("类别"), consent: true, ..Letter::default() };
    let due = desk.rules.clock.end(received_at, desk.rules.clock.days);
    let case = Case {
        state: State::Closed,
        department: Some(department),
        received_at,
        accepted_at: Some(received_at),
        due_at: None,
        promised_at: Some(due),
        answered_at: Some(answered_at),
        closed_at: Some(answered_at),
        reopened: false,
        rating,
        publication: Publication::Private,
        consent: true,
        reply: Some(filled("答复")?),
        version: 1,
    };
    let publication = if case.may_be_public(&desk.rules) { Publication::Published } else { Publication::Private };
    Ok(Record {
        number: filled("编号")?.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect(),
        code: String::new(),
        desk: desk.id.clone(),
        site: desk.site.clone(),
        confidential: desk.rules.confidential,
        letter,
        entered_by: "import".into(),
        suspect: false,
        case: Case { publication, ..case },
        erased: false,
    })
}

/// Keeps imported cases: how many were taken, and how many were there already.
///
/// # Errors
/// When the database does not answer.
pub async fn keep(store: &Store, records: Vec<Record>) -> Result<(usize, usize), Trouble> {
    let (mut taken, mut there) = (0, 0);
    for record in records {
        let nonce = hash(&format!("import/{}/{}", record.desk, record.number));
        let mut write = cases::add(&record, &nonce, Vec::new());
        write.push(cases::to_publish(&record.number));
        match store.write(write).await {
            Ok(()) => taken += 1,
            Err(Trouble::Unmet(Unmet::Taken)) => there += 1,
            Err(other) => return Err(other),
        }
    }
    Ok((taken, there))
}
