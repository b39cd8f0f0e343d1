//! What citizens and officers are told: which notices follow from a deed, and their words. Pure.
//!
//! In: a case after a deed, the desk's and the department's names, the officers' addresses. Out: [`Notice`]s for the outbox, keyed so that the
//! same notice is never written twice. No notice holds a receipt code or the text of a letter.

use super::accounts::{EVERY_SITE, Role};
use super::case::{Kind, Millis};
use super::store::accounts::Account;
use super::store::cases::Record;
use super::store::outbox::Notice;

/// What a notice is about, and to whom it can go.
#[derive(Debug, Clone, Copy)]
pub struct About<'a> {
    /// The case after what happened.
    pub record: &'a Record,
    /// The desk's name.
    pub desk: &'a str,
    /// The office's accounts.
    pub accounts: &'a [Account],
    /// Whether mail can be sent.
    pub mail: bool,
    /// Whether there is a webhook.
    pub webhook: bool,
    /// The moment.
    pub now: Millis,
}

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happened {
    /// A letter has come.
    Received,
    /// Something was done with it.
    Done(Kind),
    /// Less than a day is left.
    DueSoon,
    /// The term has passed.
    Overdue,
}

impl Happened {
    fn word(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Done(kind) => kind.word(),
            Self::DueSoon => "due-soon",
            Self::Overdue => "overdue",
        }
    }
}

/// The notices that follow.
#[must_use]
pub fn of(happened: Happened, about: &About<'_>) -> Vec<Notice> {
    let mut notices = Vec::new();
    if let Some((subject, text)) = to_citizen(happened, about)
        && about.mail
        && !about.record.letter.email.is_empty()
    {
        notices.push(notice(happened, about, "mail", &about.record.letter.email, &subject, &text));
    }
    if let Some((subject, text)) = to_office(happened, about)
        && about.mail
    {
        notices.extend(officers(about).map(|address| notice(happened, about, "mail", address, &subject, &text)));
    }
    if about.webhook && !matches!(happened, Happened::Done(Kind::Note)) {
        notices.push(notice(happened, about, "webhook", "", happened.word(), &payload(happened, about)));
    }
    notices
}

fn notice(happened: Happened, about: &About<'_>, channel: &str, address: &str, subject: &str, text: &str) -> Notice {
    let record = about.record;
    let kind = happened.word();
    Notice {
        id: format!("{}/{}/{kind}/{channel}/{address}", record.number, record.case.version),
        kind: kind.to_string(),
        number: record.number.clone(),
        channel: channel.to_string(),
        address: address.to_string(),
        subject: subject.to_string(),
        text: text.to_string(),
        created_at: about.now,
        tries: 0,
        delivered_at: None,
        trouble: String::new(),
    }
}

/// Subject and text for the citizen. What is confidential is not told about by mail.
fn to_citizen(happened: Happened, about: &About<'_>) -> Option<(String, String)> {
    let what = match happened {
        _ if about.record.confidential => return None,
        Happened::Received => "已经收到",
        Happened::Done(Kind::Accept) => "已经受理",
        Happened::Done(Kind::Return) => "需要补充内容，请查看退回原因",
        Happened::Done(Kind::Decline) => "不属于本窗口受理范围，请查看说明",
        Happened::Done(Kind::MarkDuplicate) => "与您此前的来信相同，将合并办理",
        Happened::Done(Kind::Approve) => "已经答复",
        _ => return None,
    };
    let (desk, number) = (about.desk, &about.record.number);
    let text = format!(
        "您好！\n\n您写给{desk}的来信（编号 {number}）{what}。\n\n请在网站的“来信查询”页输入编号和查询码查看。查询码在您提交来信时已经显示，出于安全考虑不会通过邮件发送。\n\n此邮件由系统自动发出，请勿直接回复。\n"
    );
    Some((format!("{desk}：来信 {number} {what}"), text))
}

/// Subject and text for those who have to do something.
fn to_office(happened: Happened, about: &About<'_>) -> Option<(String, String)> {
    let what = match happened {
        Happened::Done(Kind::Assign | Kind::Transfer) => "已转到您处，请按期办理",
        Happened::Done(Kind::Escalate) => "已呈报，请批示",
        Happened::Done(Kind::SendBack) => "答复未通过审核，请重新办理",
        Happened::Done(Kind::Reopen) => "来信人申请重办",
        Happened::DueSoon => "将在一天内到期",
        Happened::Overdue => "已经超期",
        _ => return None,
    };
    let (desk, number) = (about.desk, &about.record.number);
    Some((format!("{desk}：来信 {number} {what}"), format!("来信 {number}（{desk}）{what}。\n\n请登录办理平台查看。\n")))
}

/// The addresses of those whom a case waits for.
fn officers<'a>(about: &About<'a>) -> impl Iterator<Item = &'a str> {
    let record = about.record;
    let escalated = record.case.state == super::case::State::Escalated;
    let (role, site) = match &record.case.department {
        _ if record.confidential => (Role::Confidential, &*record.site),
        _ if escalated => (Role::Leader, &*record.site),
        Some(department) => (Role::Officer, &**department),
        None => (Role::Centre, &*record.site),
    };
    let waits = move |a: &&Account| a.grants.iter().any(|g| g.role == role && (g.site == site || g.site == EVERY_SITE));
    about.accounts.iter().filter(|a| !a.disabled && !a.email.is_empty()).filter(waits).map(|a| a.email.as_str())
}

/// What the webhook gets: nothing that leads to a person but the telephone number an SMS gateway needs.
fn payload(happened: Happened, about: &About<'_>) -> String {
    let record = about.record;
    let told = to_citizen(happened, about);
    let phone = told.as_ref().map(|_| record.letter.phone.as_str()).filter(|p| !p.is_empty());
    serde_json::json!({
        "event": happened.word(),
        "number": record.number,
        "version": record.case.version,
        "desk": record.desk,
        "site": record.site,
        "state": record.case.state,
        "department": record.case.department,
        "due_at": record.case.due_at,
        "at": about.now,
        "sms": phone.zip(told.as_ref()).map(|(to, (text, _))| serde_json::json!({"to": to, "text": text})),
    })
    .to_string()
}
