//! A case (来信): its states, what may be done in each, and its clock. Pure: no SQL, no HTTP; time is an argument.
//!
//! In: a [`Case`], a [`Deed`], the desk's [`Rules`] and the moment. Out: the case as it is afterwards, or why it is [`Refused`].
//! Who may do what is told in `accounts.rs`; how it is kept, in `store/`.

use jiff::civil::Weekday;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span, Timestamp};

use super::words::words;

/// Milliseconds since 1970-01-01 00:00 UTC.
pub type Millis = i64;

words! {
    /// 办理状态
    State {
        /// The citizen has sent it; nobody has looked at it.
        Received = "received" "待受理",
        /// Sent back to the citizen, who may add what is missing.
        Returned = "returned" "已退回",
        /// The same was asked in another case.
        Duplicate = "duplicate" "重复来信",
        /// Another body is responsible.
        NotOurs = "not-ours" "不予受理",
        /// The clock runs; nobody in particular has it.
        Accepted = "accepted" "已受理",
        /// A department has it.
        Assigned = "assigned" "办理中",
        /// A leader has it.
        Escalated = "escalated" "已呈报",
        /// There is a reply that nobody has reviewed.
        Answered = "answered" "待审核",
        /// The reply is approved and can be read by the citizen.
        Reviewed = "reviewed" "已答复",
        /// Done.
        Closed = "closed" "已办结",
    }
}

impl State {
    /// Whether somebody still has to do something.
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Received | Self::Accepted | Self::Assigned | Self::Escalated | Self::Answered | Self::Reviewed)
    }

    /// Whether the citizen may read the reply.
    #[must_use]
    pub fn shows_reply(self) -> bool {
        matches!(self, Self::Reviewed | Self::Closed)
    }
}

words! {
    /// 公开状态
    Publication {
        /// Not on the portal.
        Private = "private" "不公开",
        /// On the portal.
        Published = "published" "已公开",
        /// Was on the portal, and was taken off.
        Withdrawn = "withdrawn" "已撤下",
    }
}

words! {
    /// What can be done with a case.
    Kind {
        /// 受理
        Accept = "accept" "受理",
        /// 退回
        Return = "return" "退回来信人",
        /// 标记重复
        MarkDuplicate = "mark-duplicate" "标为重复",
        /// 不予受理
        Decline = "decline" "不予受理",
        /// 转办
        Assign = "assign" "转办",
        /// 呈报
        Escalate = "escalate" "呈报领导",
        /// 移交
        Transfer = "transfer" "移交",
        /// 答复
        Answer = "answer" "答复",
        /// 审核通过
        Approve = "approve" "审核通过",
        /// 退回重办
        SendBack = "send-back" "退回重办",
        /// 办结
        Close = "close" "办结",
        /// 公开
        Publish = "publish" "公开答复",
        /// 撤下
        Withdraw = "withdraw" "撤下公开",
        /// 备注
        Note = "note" "内部备注",
        /// 补充
        Supplement = "supplement" "补充内容",
        /// 重新办理
        Reopen = "reopen" "申请重办",
        /// 评价
        Rate = "rate" "评价",
    }
}

impl Kind {
    /// Whether the citizen does it (and not the office).
    #[must_use]
    pub fn is_citizens(self) -> bool {
        matches!(self, Self::Supplement | Self::Reopen | Self::Rate)
    }

    /// Whether it needs words: a reason, a reply, a note.
    #[must_use]
    pub fn needs_text(self) -> bool {
        use Kind::{Answer, Decline, Escalate, MarkDuplicate, Note, Reopen, Return, SendBack, Supplement, Transfer, Withdraw};
        matches!(self, Return | MarkDuplicate | Decline | Escalate | Transfer | Answer | SendBack | Withdraw | Note | Supplement | Reopen)
    }

    /// Whether it needs a department.
    #[must_use]
    pub fn needs_department(self) -> bool {
        matches!(self, Self::Assign | Self::Transfer)
    }
}

/// One thing done with a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Deed {
    /// What is done.
    pub kind: Kind,
    /// The reply, the reason, the note or the addition; empty when the kind needs none.
    pub text: String,
    /// The department's site id, for [`Kind::Assign`] and [`Kind::Transfer`].
    pub department: String,
    /// 1 (very dissatisfied) to 5, for [`Kind::Rate`].
    pub rating: i64,
}

impl Deed {
    /// A deed that needs nothing but its kind.
    #[must_use]
    pub fn of(kind: Kind) -> Self {
        Self { kind, text: String::new(), department: String::new(), rating: 0 }
    }

    /// A deed with words.
    #[must_use]
    pub fn saying(kind: Kind, text: &str) -> Self {
        Self { text: text.to_string(), ..Self::of(kind) }
    }
}

words! {
    /// How the days of a clock are counted.
    Count {
        /// Every day, weekends included.
        Calendar = "calendar" "自然日",
        /// Monday to Friday.
        Working = "working" "工作日",
    }
}

/// 办理时限
#[derive(Debug, Clone, PartialEq)]
pub struct Clock {
    /// Days from acceptance to the answer.
    pub days: u32,
    /// Days from arrival to screening.
    pub screen_days: u32,
    /// Which days count.
    pub count: Count,
    /// The calendar it is read on.
    pub zone: TimeZone,
}

impl Clock {
    /// The end of the last day of a term: the day of `from` is not counted, and the last day ends at 24:00 (Civil Code of the PRC, articles 201 and 203).
    #[must_use]
    pub fn end(&self, from: Millis, days: u32) -> Millis {
        let Ok(start) = Timestamp::from_millisecond(from) else { return from };
        let mut day = start.to_zoned(self.zone.clone()).date();
        let mut left = days;
        while left > 0 {
            let Ok(next) = day.tomorrow() else { return from };
            day = next;
            if self.count == Count::Calendar || !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday) {
                left -= 1;
            }
        }
        let midnight = day.checked_add(Span::new().days(1)).and_then(|d| d.to_zoned(self.zone.clone()));
        midnight.map_or(from, |m| m.timestamp().as_millisecond())
    }
}

/// How long before its end a term counts as near: one day.
const SOON: Millis = SignedDuration::from_hours(24).as_millis() as Millis;

words! {
    /// 紧急程度
    Urgency {
        /// The term has passed.
        Overdue = "overdue" "已超期",
        /// Less than a day is left.
        Soon = "soon" "即将到期",
        /// There is time.
        Calm = "calm" "期限内",
        /// No clock runs.
        Done = "done" "不计时",
    }
}

/// How urgent a term is at a moment.
#[must_use]
pub fn urgency(due_at: Option<Millis>, now: Millis) -> Urgency {
    match due_at {
        None => Urgency::Done,
        Some(due) if due <= now => Urgency::Overdue,
        Some(due) if due - now <= SOON => Urgency::Soon,
        Some(_) => Urgency::Calm,
    }
}

words! {
    /// Whether a desk's replies become public.
    Publishing {
        /// Never.
        Never = "never" "不公开",
        /// When the citizen has agreed.
        Consent = "consent" "征得来信人同意后公开",
        /// Always, with names masked.
        Always = "always" "公开",
    }
}

/// What a desk lays down for its cases.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// 办理时限
    pub clock: Clock,
    /// Whether replies become public.
    pub publishing: Publishing,
    /// 保密: never public, whatever else is said.
    pub confidential: bool,
    /// Days after closing in which the citizen may have the case reopened.
    pub reopen_days: u32,
}

/// What is known of a case's course.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// 办理状态
    pub state: State,
    /// The site id of the department that has it.
    pub department: Option<String>,
    /// When it came.
    pub received_at: Millis,
    /// When the clock began.
    pub accepted_at: Option<Millis>,
    /// When the running term ends; nothing when no clock runs.
    pub due_at: Option<Millis>,
    /// When the answer had to be there at the latest: kept when the clock has stopped, for the numbers.
    pub promised_at: Option<Millis>,
    /// When the last reply was written.
    pub answered_at: Option<Millis>,
    /// When it was done.
    pub closed_at: Option<Millis>,
    /// Whether the citizen has used the one reopening.
    pub reopened: bool,
    /// 1 to 5.
    pub rating: Option<i64>,
    /// 公开状态
    pub publication: Publication,
    /// Whether the citizen agrees to a public reply.
    pub consent: bool,
    /// The last reply.
    pub reply: Option<String>,
    /// Counts the deeds; two officers at one case are told apart by it.
    pub version: i64,
}

/// Why a deed is not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Not in this state.
    #[error("“{}”的来信不能{}", .0.name(), .1.name())]
    State(State, Kind),
    /// The words are missing.
    #[error("请填写{}", if *.0 == Kind::Answer { "答复内容" } else if matches!(.0, Kind::Note | Kind::Supplement) { "内容" } else { "原因" })]
    Text(Kind),
    /// The department is missing.
    #[error("请选择承办单位")]
    Department,
    /// It is there already.
    #[error("来信已经在这个单位")]
    SameDepartment,
    /// A rating out of 1 to 5.
    #[error("请在一至五星中选择")]
    Rating,
    /// Rated before.
    #[error("已经评价过")]
    RatedBefore,
    /// Reopened before, or too late.
    #[error("每封来信只能在办结后的规定期限内申请重办一次")]
    ReopenOver,
    /// The desk or the citizen does not want it public.
    #[error("这封来信不能公开：窗口规定不公开，或来信人未同意公开")]
    NotPublic,
}

impl Case {
    /// A case that has just come.
    #[must_use]
    pub fn receive(rules: &Rules, consent: bool, now: Millis) -> Self {
        Self {
            state: State::Received,
            department: None,
            received_at: now,
            accepted_at: None,
            due_at: Some(rules.clock.end(now, rules.clock.screen_days)),
            promised_at: None,
            answered_at: None,
            closed_at: None,
            reopened: false,
            rating: None,
            publication: Publication::Private,
            consent,
            reply: None,
            version: 1,
        }
    }

    /// Whether a kind of deed is possible now, its particulars aside.
    #[must_use]
    pub fn can(&self, kind: Kind, rules: &Rules, now: Millis) -> bool {
        self.refusal(kind, rules, now).is_none()
    }

    /// Whether the reply may become public.
    #[must_use]
    pub fn may_be_public(&self, rules: &Rules) -> bool {
        !rules.confidential && (rules.publishing == Publishing::Always || rules.publishing == Publishing::Consent && self.consent)
    }

    fn refusal(&self, kind: Kind, rules: &Rules, now: Millis) -> Option<Refused> {
        use State::{Accepted, Answered, Assigned, Closed, Escalated, Received, Returned, Reviewed};
        let state = self.state;
        let fits = match kind {
            Kind::Accept | Kind::Return | Kind::MarkDuplicate | Kind::Decline => state == Received,
            Kind::Assign => matches!(state, Accepted | Escalated),
            Kind::Escalate => matches!(state, Accepted | Assigned),
            Kind::Transfer => state == Assigned,
            Kind::Answer => matches!(state, Accepted | Assigned | Escalated),
            Kind::Approve | Kind::SendBack => state == Answered,
            Kind::Close => state == Reviewed,
            Kind::Publish | Kind::Reopen | Kind::Rate => state == Closed,
            Kind::Withdraw => self.publication == Publication::Published,
            Kind::Note => true,
            Kind::Supplement => matches!(state, Received | Returned | Accepted | Assigned | Escalated),
        };
        if !fits {
            return Some(Refused::State(state, kind));
        }
        match kind {
            Kind::Rate if self.rating.is_some() => Some(Refused::RatedBefore),
            Kind::Reopen if self.reopened || self.reopen_until(rules).is_none_or(|until| now >= until) => Some(Refused::ReopenOver),
            Kind::Publish if self.publication == Publication::Published => Some(Refused::State(state, kind)),
            Kind::Publish if !self.may_be_public(rules) => Some(Refused::NotPublic),
            _ => None,
        }
    }

    /// Until when the citizen may have a closed case reopened.
    #[must_use]
    pub fn reopen_until(&self, rules: &Rules) -> Option<Millis> {
        self.closed_at.map(|at| Clock { count: Count::Calendar, ..rules.clock.clone() }.end(at, rules.reopen_days))
    }

    /// The case after a deed.
    ///
    /// # Errors
    /// When the state, the desk's rules or the deed's particulars forbid it; the case is as it was.
    pub fn after(&self, deed: &Deed, rules: &Rules, now: Millis) -> Result<Self, Refused> {
        if let Some(refused) = self.refusal(deed.kind, rules, now) {
            return Err(refused);
        }
        self.check(deed)?;
        let mut next = Self { version: self.version + 1, ..self.clone() };
        next.take(deed, rules, now);
        Ok(next)
    }

    fn check(&self, deed: &Deed) -> Result<(), Refused> {
        let kind = deed.kind;
        if kind.needs_department() && deed.department.is_empty() {
            return Err(Refused::Department);
        }
        if kind == Kind::Transfer && self.department.as_deref() == Some(&*deed.department) {
            return Err(Refused::SameDepartment);
        }
        if kind == Kind::Rate && !(1..=5).contains(&deed.rating) {
            return Err(Refused::Rating);
        }
        if kind.needs_text() && deed.text.trim().is_empty() { Err(Refused::Text(kind)) } else { Ok(()) }
    }

    fn take(&mut self, deed: &Deed, rules: &Rules, now: Millis) {
        match deed.kind {
            Kind::Accept => self.start(rules, now),
            Kind::Return => self.stop(State::Returned),
            Kind::MarkDuplicate => self.stop(State::Duplicate),
            Kind::Decline => self.stop(State::NotOurs),
            Kind::Assign | Kind::Transfer => {
                self.state = State::Assigned;
                self.department = Some(deed.department.clone());
            }
            Kind::Escalate => self.state = State::Escalated,
            Kind::Answer => {
                self.state = State::Answered;
                self.reply = Some(deed.text.clone());
                self.answered_at = Some(now);
            }
            Kind::Approve => self.state = State::Reviewed,
            Kind::SendBack => self.state = if self.department.is_some() { State::Assigned } else { State::Accepted },
            Kind::Close => {
                self.stop(State::Closed);
                self.closed_at = Some(now);
            }
            Kind::Publish => self.publication = Publication::Published,
            Kind::Withdraw => self.publication = Publication::Withdrawn,
            Kind::Note => {}
            Kind::Supplement if self.state == State::Returned => {
                self.state = State::Received;
                self.due_at = Some(rules.clock.end(now, rules.clock.screen_days));
            }
            Kind::Supplement => {}
            Kind::Reopen => self.reopen(rules, now),
            Kind::Rate => self.rating = Some(deed.rating),
        }
    }

    fn start(&mut self, rules: &Rules, now: Millis) {
        self.state = State::Accepted;
        self.accepted_at = Some(now);
        self.due_at = Some(rules.clock.end(now, rules.clock.days));
        self.promised_at = self.due_at;
    }

    fn stop(&mut self, state: State) {
        self.state = state;
        self.due_at = None;
    }

    /// The public reply no longer stands when the case is dealt with again.
    fn reopen(&mut self, rules: &Rules, now: Millis) {
        self.start(rules, now);
        self.reopened = true;
        self.closed_at = None;
        self.rating = None;
        self.department = None;
        if self.publication == Publication::Published {
            self.publication = Publication::Withdrawn;
        }
    }

    /// Whether it was answered within its term; nothing while that is open.
    #[must_use]
    pub fn on_time(&self) -> Option<bool> {
        Some(self.answered_at? <= self.promised_at?)
    }
}

#[cfg(test)]
mod tests;
