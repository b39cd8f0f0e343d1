//! A reverse auction (网上竞价): its terms, who leads, when it is open, what may be awarded. Pure: no SQL, no HTTP; time is an argument.
//!
//! In: a lot's [`Terms`] and the bids in the order they were taken. Out: the [`Standing`] afterwards, or why a bid is [`Refused`]. Open and
//! closed are functions of time: nothing has to happen for an auction to end. How it is kept is told in `store/`, how it is proved in `record`.

pub mod price;
pub mod record;

use serde::{Deserialize, Serialize};

use super::case::Millis;
use super::words::words;

/// An amount in fen (分), a hundredth of a yuan.
pub type Fen = i64;

/// 1000 亿元: far above any lot, far below where numbers in JSON lose their last digits (2⁵³).
pub const MOST_FEN: Fen = 10_000_000_000_000;

/// How long a bid that was received in time may be under way. The result waits for so long after the end, and a bid that has waited longer
/// is not judged at all.
pub const SETTLE: Millis = 10_000;

words! {
    /// 竞价状态
    Phase {
        /// Not approved yet.
        Draft = "draft" "待审批",
        /// Public, not open yet.
        Announced = "announced" "未开始",
        /// Bids are taken.
        Open = "open" "竞价中",
        /// Over; not awarded yet.
        Closed = "closed" "已截止",
        /// 已成交
        Awarded = "awarded" "已成交",
        /// 流标
        Failed = "failed" "流标",
        /// 已取消
        Cancelled = "cancelled" "已取消",
    }
}

/// How far below the leading bid the next one must lie.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Step {
    /// At least so many fen.
    Fen(Fen),
    /// At least so many thousandths of the leading bid, 1 to 999.
    Permille(i64),
}

impl Step {
    /// The smallest step down from a leading bid: whole fen, never none.
    #[must_use]
    pub fn below(self, leading: Fen) -> Fen {
        match self {
            Self::Fen(fen) => fen.max(1),
            Self::Permille(share) => ((leading * share + 999) / 1000).max(1),
        }
    }
}

/// 延时规则: a bid in the last minutes puts the end off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// A bid in the last so many milliseconds …
    pub within: Millis,
    /// … puts the end off by so many …
    pub by: Millis,
    /// … at most so many times.
    pub times: i64,
}

words! {
    /// When the bidders' names are shown.
    Names {
        /// Once it is over; before that they are numbers.
        After = "after" "结束后公布",
        /// While it runs.
        During = "during" "竞价时公布",
    }
}

words! {
    /// What a single bidder means.
    Single {
        /// It may be awarded.
        Award = "award" "可以成交",
        /// The auction has failed.
        Fail = "fail" "按流标处理",
    }
}

words! {
    /// What a bid below the floor means.
    BelowFloor {
        /// It is not taken.
        Refuse = "refuse" "不予接受",
        /// It is taken, and awarded only with a stated reason.
        Explain = "explain" "成交须说明理由",
    }
}

macro_rules! words_in_json {
    ($($name:ident)*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let word = String::deserialize(deserializer)?;
                Self::parse(&word).ok_or_else(|| serde::de::Error::custom(format!("no such word: {word}")))
            }
        }
    )*};
}
words_in_json! { Names Single BelowFloor }

/// A file that belongs to the terms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sheet {
    /// Its name.
    pub name: String,
    /// SHA-256 of its bytes, hexadecimal.
    pub sha256: String,
}

/// What is bought, and by which rules. Frozen when it is announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Terms {
    /// 项目名称
    pub title: String,
    /// 标的
    pub goods: String,
    /// 数量
    pub quantity: String,
    /// 技术要求
    pub specification: String,
    /// 附件
    pub attachments: Vec<Sheet>,
    /// 采购单位: a site's id.
    pub department: String,
    /// 采购单位, in words.
    pub purchaser: String,
    /// 预算
    pub budget_fen: Fen,
    /// 最高限价
    pub ceiling_fen: Fen,
    /// 最小降幅
    pub step: Step,
    /// 开始
    pub opens_at: Millis,
    /// 截止: the first moment that is too late.
    pub closes_at: Millis,
    /// 延时规则; none: a hard end.
    pub extension: Option<Extension>,
    /// 信用代码 of those who may bid; empty: every certified vendor.
    pub invited: Vec<String>,
    /// When names are shown.
    pub names: Names,
    /// What a single bidder means.
    pub single: Single,
    /// 合理价下限, if there is one.
    pub floor_fen: Option<Fen>,
    /// What lies below it means.
    pub below_floor: BelowFloor,
    /// 保证金说明
    pub deposit: String,
}

impl Terms {
    /// What is wrong with them, in words for the official who wrote them. `now` is the moment they are to be announced.
    #[must_use]
    pub fn mistakes(&self, now: Millis) -> Vec<String> {
        let fits = |fen: Fen| (1..=MOST_FEN).contains(&fen);
        let step = match self.step {
            Step::Fen(fen) => (1..self.ceiling_fen.max(2)).contains(&fen),
            Step::Permille(share) => (1..=999).contains(&share),
        };
        let extension = self.extension.is_none_or(|e| e.within > 0 && e.by > 0 && (1..=100).contains(&e.times));
        let checks = [
            ([&self.title, &self.goods, &self.quantity, &self.department].iter().all(|text| !text.trim().is_empty()), "项目名称、标的、数量和采购单位都要填写"),
            (fits(self.ceiling_fen) && fits(self.budget_fen), "预算和最高限价应大于 0"),
            (self.ceiling_fen <= self.budget_fen, "最高限价不能高于预算"),
            (step, "最小降幅应大于 0、小于最高限价；按比例的在 0.1% 到 99.9% 之间"),
            (self.opens_at > now, "开始时间应晚于现在"),
            (self.closes_at - self.opens_at >= 60_000, "竞价时间至少 1 分钟"),
            (self.closes_at - self.opens_at <= 31 * 24 * 60 * 60 * 1000, "竞价时间最长 31 天"),
            (extension, "延时规则的三个数都应大于 0，次数最多 100"),
            (self.floor_fen.is_none_or(|floor| floor > 0 && floor < self.ceiling_fen), "合理价下限应大于 0、低于最高限价"),
        ];
        checks.into_iter().filter(|(holds, _)| !holds).map(|(_, why)| why.to_string()).collect()
    }
}

/// A bid to be judged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bid<'a> {
    /// The vendor's 信用代码.
    pub vendor: &'a str,
    /// The price.
    pub fen: Fen,
    /// When the complete request was received.
    pub at: Millis,
}

/// The leading bid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Leading {
    /// The vendor's 信用代码.
    pub vendor: String,
    /// The price.
    pub fen: Fen,
    /// Its number in the lot's record.
    pub index: u64,
}

/// How an announced lot stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The end, put off or not.
    pub closes_at: Millis,
    /// How often it has been put off.
    pub extended: i64,
    /// Bids taken.
    pub bids: i64,
    /// Who leads.
    pub leading: Option<Leading>,
    /// Awarded, failed or cancelled; nothing is taken any more.
    pub ended: Option<Phase>,
}

/// Why a bid is not taken, in words for the vendor.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Refused {
    /// Before the window.
    #[error("竞价尚未开始")]
    NotYet,
    /// After it.
    #[error("竞价已经截止")]
    Closed,
    /// Cancelled or decided.
    #[error("本项目{}，不再接受报价", .0.name())]
    Ended(Phase),
    /// Not on the list.
    #[error("本项目只接受受邀供应商报价")]
    NotInvited,
    /// Above the ceiling.
    #[error("报价高于最高限价 {} 元", price::yuan(*.0))]
    AboveCeiling(Fen),
    /// Not low enough.
    #[error("报价不够低：当前最低 {} 元，下一口价最高 {} 元", price::yuan(*.leading), price::yuan(*.most))]
    TooHigh {
        /// The leading price.
        leading: Fen,
        /// What would be taken.
        most: Fen,
    },
    /// Below the floor.
    #[error("报价低于合理价下限 {} 元", price::yuan(*.0))]
    BelowFloor(Fen),
    /// The vendor is not certified, or not any more.
    #[error("{0}")]
    Vendor(String),
}

impl Refused {
    /// The word it is told as in JSON.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::NotYet => "not-yet-open",
            Self::Closed => "closed",
            Self::Ended(_) => "ended",
            Self::NotInvited => "not-invited",
            Self::AboveCeiling(_) => "above-ceiling",
            Self::TooHigh { .. } => "too-high",
            Self::BelowFloor(_) => "below-floor",
            Self::Vendor(_) => "vendor",
        }
    }
}

impl Standing {
    /// As it is announced.
    #[must_use]
    pub fn of(terms: &Terms) -> Self {
        Self { closes_at: terms.closes_at, extended: 0, bids: 0, leading: None, ended: None }
    }

    /// How far it has come at a moment.
    #[must_use]
    pub fn phase(&self, terms: &Terms, at: Millis) -> Phase {
        match self.ended {
            Some(phase) => phase,
            None if at < terms.opens_at => Phase::Announced,
            None if at < self.closes_at => Phase::Open,
            None => Phase::Closed,
        }
    }

    /// The highest price the next bid may have.
    #[must_use]
    pub fn most(&self, terms: &Terms) -> Fen {
        self.leading.as_ref().map_or(terms.ceiling_fen, |leading| leading.fen - terms.step.below(leading.fen))
    }

    /// Whether a bid would be taken. Of two equal prices the second is never low enough: the step is never nothing.
    ///
    /// # Errors
    /// Why not.
    pub fn judge(&self, terms: &Terms, bid: &Bid<'_>) -> Result<(), Refused> {
        match self.phase(terms, bid.at) {
            Phase::Open => {}
            Phase::Announced | Phase::Draft => return Err(Refused::NotYet),
            Phase::Closed => return Err(Refused::Closed),
            ended => return Err(Refused::Ended(ended)),
        }
        if !terms.invited.is_empty() && !terms.invited.iter().any(|code| code == bid.vendor) {
            return Err(Refused::NotInvited);
        }
        if bid.fen > terms.ceiling_fen {
            return Err(Refused::AboveCeiling(terms.ceiling_fen));
        }
        let most = self.most(terms);
        if let Some(leading) = self.leading.as_ref().filter(|_| bid.fen > most) {
            return Err(Refused::TooHigh { leading: leading.fen, most });
        }
        match terms.floor_fen.filter(|floor| bid.fen < *floor && terms.below_floor == BelowFloor::Refuse) {
            Some(floor) => Err(Refused::BelowFloor(floor)),
            None => Ok(()),
        }
    }

    /// Takes a bid that was judged well, as number `index` of the record.
    pub fn take(&mut self, terms: &Terms, bid: &Bid<'_>, index: u64) {
        if let Some(rule) = terms.extension.filter(|rule| self.extended < rule.times && self.closes_at - bid.at <= rule.within) {
            self.closes_at += rule.by;
            self.extended += 1;
        }
        self.bids += 1;
        self.leading = Some(Leading { vendor: bid.vendor.to_string(), fen: bid.fen, index });
    }
}

/// How far a price falls from what it is measured against, in thousandths: from this on it looks like a slip of the decimal point.
pub const SLIP_PERMILLE: i64 = 300;

/// Whether a price lies so far below the leading one (or the ceiling, when there is none) that it must be confirmed once more.
#[must_use]
pub fn looks_like_a_slip(standing: &Standing, terms: &Terms, fen: Fen) -> bool {
    let measure = standing.leading.as_ref().map_or(terms.ceiling_fen, |leading| leading.fen);
    fen < measure - measure * SLIP_PERMILLE / 1000
}

/// A bid that was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taken {
    /// Its number in the lot's record.
    pub index: u64,
    /// The vendor's 信用代码.
    pub vendor: String,
    /// The vendor's name.
    pub name: String,
    /// The price.
    pub fen: Fen,
    /// When it was received.
    pub at: Millis,
}

/// Why something cannot be decided so, in words for the official.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotSo {
    /// It still runs, or has not begun, or bids may be under way.
    #[error("竞价尚未结束（截止后 10 秒方可确认结果）")]
    TooEarly,
    /// It has been decided or cancelled.
    #[error("本项目{}，不能再办理", .0.name())]
    Ended(Phase),
    /// Nobody has bid.
    #[error("没有供应商报价，只能按流标处理")]
    NoBid,
    /// One vendor alone has bid, and that is not enough for this lot.
    #[error("只有一家供应商报价，按本项目规则应作流标处理")]
    Single,
    /// No such bid, or not its vendor's last.
    #[error("没有这次报价，或它不是该供应商的最低报价")]
    NoSuchBid,
    /// A reason is wanted.
    #[error("请说明理由：{0}")]
    Reason(&'static str),
}

/// Vendors with their last, which is their lowest, bid; the lowest first.
#[must_use]
pub fn ranking(bids: &[Taken]) -> Vec<&Taken> {
    let mut ranking: Vec<&Taken> = Vec::new();
    for bid in bids.iter().rev() {
        if ranking.iter().all(|other| other.vendor != bid.vendor) {
            ranking.push(bid);
        }
    }
    ranking
}

/// Whether a lot can be decided at all.
///
/// # Errors
/// When it is too early or too late.
pub fn may_decide(standing: &Standing, terms: &Terms, at: Millis) -> Result<(), NotSo> {
    match standing.phase(terms, at) {
        Phase::Closed if at >= standing.closes_at + SETTLE => Ok(()),
        Phase::Closed | Phase::Open | Phase::Announced | Phase::Draft => Err(NotSo::TooEarly),
        ended => Err(NotSo::Ended(ended)),
    }
}

/// Whether the bid number `index` may be awarded, for `reason`.
///
/// # Errors
/// Why not.
pub fn may_award<'b>(terms: &Terms, bids: &'b [Taken], index: u64, reason: &str) -> Result<&'b Taken, NotSo> {
    let ranking = ranking(bids);
    let lowest = ranking.first().ok_or(NotSo::NoBid)?;
    if ranking.len() == 1 && terms.single == Single::Fail {
        return Err(NotSo::Single);
    }
    let bid = ranking.iter().find(|bid| bid.index == index).ok_or(NotSo::NoSuchBid)?;
    let silent = reason.trim().is_empty();
    if silent && bid.index != lowest.index {
        return Err(NotSo::Reason("成交的不是最低报价"));
    }
    if silent && terms.floor_fen.is_some_and(|floor| bid.fen < floor) {
        return Err(NotSo::Reason("报价低于合理价下限"));
    }
    Ok(bid)
}

#[cfg(test)]
mod tests;
