//! The verdict on a record: whether it is whole, in order, signed, and by the rules. Pure; needs nothing but the record.
//!
//! In: a [`Record`] as it was published, maybe a [`Receipt`]. Out: what it shows, or the first entry that is wrong and why, in Chinese and English.

use serde::Serialize;
use serde_json::Value;

use super::{Entry, FORMAT, Happened, Receipt, Record, Tree, canonical, head_text, is_signed};
use crate::sidecar::auction::{Bid, Phase, Standing, Taken, Terms, may_award, may_decide};

/// What is wrong, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[error("{zh} / {en}")]
pub struct Fault {
    /// The entry's place in the record; nothing when it is the record as a whole.
    pub entry: Option<usize>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Fault {
    fn whole(zh: impl Into<String>, en: impl Into<String>) -> Self {
        Self { entry: None, zh: zh.into(), en: en.into() }
    }

    fn at(entry: usize, zh: impl Into<String>, en: impl Into<String>) -> Self {
        let (zh, en) = (zh.into(), en.into());
        Self { entry: Some(entry), zh: format!("第 {entry} 条：{zh}"), en: format!("entry {entry}: {en}") }
    }
}

/// What a good record shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verdict {
    /// 竞价编号
    pub lot: String,
    /// How many entries it has.
    pub entries: usize,
    /// How many bids.
    pub bids: i64,
    /// How it stands after the last entry; [`Phase::Open`] for one without an end.
    pub phase: Phase,
    /// The lowest price, in fen.
    pub lowest_fen: Option<i64>,
    /// The last root.
    pub root: String,
    /// The key it is signed with.
    pub key: String,
}

/// Goes through a record from its first entry to its last.
///
/// # Errors
/// The first thing that is wrong.
pub fn verify(record: &Record) -> Result<Verdict, Fault> {
    if record.format != FORMAT {
        return Err(Fault::whole(format!("格式不是 {FORMAT}"), format!("the format is not {FORMAT}")));
    }
    let mut tree = Tree::default();
    let mut course = Course::default();
    for (place, signed) in record.entries.iter().enumerate() {
        let entry = read(record, place, &signed.entry, &tree)?;
        tree.append(canonical(&signed.entry).as_bytes());
        if tree.root() != signed.root {
            return Err(Fault::at(place, "内容与散列不符，本条或其散列被改动", "its content does not lead to its root: one of them was changed"));
        }
        if !is_signed(&record.key, &head_text(&record.lot, tree.size(), entry.at, &signed.root), &signed.signature) {
            return Err(Fault::at(place, "签名不符", "its signature does not fit"));
        }
        course.follow(entry).map_err(|why| Fault::at(place, why.0, why.1))?;
    }
    let Some((_, standing)) = &course.lot else { return Err(Fault::whole("记录是空的", "the record is empty")) };
    Ok(Verdict {
        lot: record.lot.clone(),
        entries: record.entries.len(),
        bids: standing.bids,
        phase: standing.ended.unwrap_or(Phase::Open),
        lowest_fen: standing.leading.as_ref().map(|leading| leading.fen),
        root: tree.root(),
        key: record.key.clone(),
    })
}

/// An entry's own words, and its bond to those before it.
fn read(record: &Record, place: usize, entry: &Value, before: &Tree) -> Result<Entry, Fault> {
    let entry: Entry = serde_json::from_value(entry.clone()).map_err(|e| Fault::at(place, format!("读不懂：{e}"), format!("cannot be read: {e}")))?;
    if entry.index != before.size() {
        return Err(Fault::at(place, format!("序号应为 {place}，写的是 {}", entry.index), format!("its number should be {place}, it is {}", entry.index)));
    }
    if entry.lot != record.lot {
        return Err(Fault::at(place, format!("属于另一项目 {}", entry.lot), format!("it belongs to another lot, {}", entry.lot)));
    }
    if entry.previous != before.root() {
        return Err(Fault::at(place, "与之前的记录不衔接", "it is not bound to what stands before it"));
    }
    Ok(entry)
}

type Why = (String, String);

fn why(zh: impl Into<String>, en: impl Into<String>) -> Why {
    (zh.into(), en.into())
}

/// The auction, gone through once more.
#[derive(Default)]
struct Course {
    lot: Option<(Box<Terms>, Standing)>,
    bids: Vec<Taken>,
}

impl Course {
    fn follow(&mut self, entry: Entry) -> Result<(), Why> {
        let (index, at) = (entry.index, entry.at);
        let Some((terms, standing)) = &mut self.lot else {
            let Happened::Announced { terms, drafted_by, approved_by } = entry.happened else {
                return Err(why("第一条应是公告", "the first entry is not the announcement"));
            };
            if drafted_by == approved_by {
                return Err(why("起草与审批是同一人", "drafted and approved by one and the same"));
            }
            if at >= terms.opens_at {
                return Err(why("公告晚于竞价开始", "announced after it had opened"));
            }
            let standing = Standing::of(&terms);
            self.lot = Some((terms, standing));
            return Ok(());
        };
        if standing.ended.is_some() {
            return Err(why("结束以后不应再有记录", "nothing may follow the end"));
        }
        match entry.happened {
            Happened::Announced { .. } => return Err(why("公告只能是第一条", "only the first entry announces")),
            Happened::Bid { vendor, name, fen } => {
                let bid = Bid { vendor: &vendor, fen, at };
                standing.judge(terms, &bid).map_err(|refused| why(format!("按规则不应接受：{refused}"), format!("not by the rules: {}", refused.word())))?;
                standing.take(terms, &bid, index);
                self.bids.push(Taken { index, vendor, name, fen, at });
            }
            Happened::Cancelled { reason } => end(standing, Phase::Cancelled, &reason)?,
            Happened::Failed { reason } => {
                decided_in_time(standing, terms, at)?;
                end(standing, Phase::Failed, &reason)?;
            }
            Happened::Awarded { bid, vendor, fen, reason } => {
                decided_in_time(standing, terms, at)?;
                let taken = may_award(terms, &self.bids, bid, &reason).map_err(|e| why(format!("成交不合规则：{e}"), format!("not to be awarded: {e:?}")))?;
                if taken.vendor != vendor || taken.fen != fen {
                    return Err(why("成交的供应商或价格与报价不符", "the award is not the bid's vendor or price"));
                }
                standing.ended = Some(Phase::Awarded);
            }
        }
        Ok(())
    }
}

fn end(standing: &mut Standing, phase: Phase, reason: &str) -> Result<(), Why> {
    standing.ended = Some(phase);
    if reason.trim().is_empty() { Err(why("没有说明理由", "no reason is given")) } else { Ok(()) }
}

fn decided_in_time(standing: &Standing, terms: &Terms, at: i64) -> Result<(), Why> {
    may_decide(standing, terms, at).map_err(|e| why(e.to_string(), format!("not to be decided then: {e:?}")))
}

/// The bids of a record that was verified.
#[must_use]
pub fn bids_of(record: &Record) -> Vec<Taken> {
    let bid = |signed: &super::Signed| {
        let entry: Entry = serde_json::from_value(signed.entry.clone()).ok()?;
        let Happened::Bid { vendor, name, fen } = entry.happened else { return None };
        Some(Taken { index: entry.index, vendor, name, fen, at: entry.at })
    };
    record.entries.iter().filter_map(bid).collect()
}

/// Whether a record that was verified holds what a receipt promises.
///
/// # Errors
/// When it does not: then the record was made anew after the receipt was given.
pub fn verify_receipt(record: &Record, receipt: &Receipt) -> Result<(), Fault> {
    let place = usize::try_from(receipt.index).unwrap_or(usize::MAX);
    let Some(signed) = record.entries.get(place) else {
        return Err(Fault::whole(format!("记录中没有第 {place} 条，回执却在"), format!("the record has no entry {place}, which the receipt shows")));
    };
    let head = head_text(&receipt.lot, receipt.index + 1, receipt.at, &receipt.root);
    if receipt.key != record.key || !is_signed(&receipt.key, &head, &receipt.signature) {
        return Err(Fault::whole("回执的签名不符", "the receipt's signature does not fit"));
    }
    let held = bids_of(record).into_iter().find(|bid| bid.index == receipt.index);
    let same = held.is_some_and(|bid| bid.vendor == receipt.vendor && bid.fen == receipt.fen && bid.at == receipt.at);
    if same && signed.root == receipt.root && record.lot == receipt.lot {
        return Ok(());
    }
    Err(Fault::at(place, "与回执不符：回执发出后记录被改动过", "differs from the receipt: the record was changed after it was given"))
}
