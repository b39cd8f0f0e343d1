//! Bidding (竞价): bids are judged one after another inside a transaction that has the lot alone, and answered when that is on the disk.
//!
//! In: offers from any number of requests, decisions of officials. Out: receipts or refusals, kept under the vendor's key; the lot's record grown by
//! what happened. Joins the pure rules to the store; knows no forms. Bids that wait together share one commit.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use tokio::sync::{mpsc, oneshot};

use super::auction::record::{FORMAT, Happened, Receipt, Record, Signed, Signer, bids_of, official};
use super::auction::{Bid, Fen, NotSo, Phase, Refused, SETTLE, looks_like_a_slip, may_award, may_decide};
use super::case::Millis;
use super::store::Store;
use super::store::accounts::look;
use super::store::database::{Dealing, Trouble, Unmet};
use super::store::lots::{self, Answered, Lot};
use super::store::vendors::{self, Vendor};
use super::vendor::may_bid;

/// The service's clock.
pub type Clock = Arc<dyn Fn() -> Millis + Send + Sync>;

/// How many bids share one commit at most, and how many may wait; more are told to come back.
const TOGETHER: usize = 256;
const WAITING: usize = 4096;

/// A bid as it came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offer {
    /// 竞价编号
    pub lot: String,
    /// The vendor's 信用代码.
    pub vendor: String,
    /// The key the vendor gave it: the same key is the same bid.
    pub key: String,
    /// The price.
    pub fen: Fen,
    /// When the complete request was received, by the service's clock.
    pub received: Millis,
    /// Whether the vendor has said that a price far below the others is meant.
    pub meant: bool,
}

/// What is answered to a bid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Answer {
    /// It is in the record.
    Taken(Receipt),
    /// It is not, and will not be.
    Refused {
        /// A word, such as `too-high`.
        why: String,
        /// In words for the vendor.
        message: String,
        /// When the complete request was received.
        at: Millis,
    },
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// No such lot.
    #[error("没有这个竞价项目")]
    NoLot,
    /// The key was used for another price.
    #[error("这个幂等键已用于另一报价，请换一个新的键")]
    OtherPrice,
    /// A price that looks like a slip of the decimal point and was not confirmed. Nothing is kept of it.
    #[error("这个价格比当前最低价低了三成以上，请核对小数点；确认无误的，请勾选“价格无误”后再次提交")]
    Slip,
    /// A row is not as the service wrote it.
    #[error("竞价数据校验不通过，已停止受理，请联系采购中心")]
    Altered,
    /// The rules of deciding forbid it.
    #[error(transparent)]
    NotSo(#[from] NotSo),
    /// The same official cannot do both.
    #[error("起草和审批应由两人分别办理")]
    SamePerson,
    /// What is wrong with the terms.
    #[error("{0}")]
    Terms(String),
    /// Somebody else was faster.
    #[error("刚刚被其他人办理过，请看最新情况")]
    Conflict,
    /// The database does not answer.
    #[error(transparent)]
    Trouble(Trouble),
}

impl From<Trouble> for NotDone {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unmet(Unmet::Conflict | Unmet::Taken) => Self::Conflict,
            other => Self::Trouble(other),
        }
    }
}

type Told = Result<Answer, NotDone>;
type Job = (Offer, oneshot::Sender<Told>);

/// Where bids are taken.
#[derive(Clone)]
pub struct Auctioneer {
    store: Store,
    signer: Arc<Signer>,
    clock: Clock,
    offers: mpsc::Sender<Job>,
}

impl std::fmt::Debug for Auctioneer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Auctioneer")
    }
}

/// What an official decides about a lot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    /// Approves a draft: it is announced.
    Approve,
    /// Cancels it, for a reason that is published.
    Cancel(String),
    /// Awards the bid of this number, for a reason when there must be one.
    Award(u64, String),
    /// 流标, for a reason.
    Fail(String),
}

impl Decision {
    fn name(&self) -> &'static str {
        match self {
            Self::Approve => "审批竞价公告",
            Self::Cancel(_) => "取消竞价",
            Self::Award(..) => "确认成交",
            Self::Fail(_) => "竞价流标",
        }
    }
}

impl Auctioneer {
    /// Starts taking bids. The handle ends when the last `Auctioneer` is gone and everything taken has been written.
    #[must_use]
    pub fn start(store: Store, signer: Arc<Signer>, clock: Clock) -> (Self, tokio::task::JoinHandle<()>) {
        let (offers, receiver) = mpsc::channel(WAITING);
        let handle = tokio::spawn(run(store.clone(), signer.clone(), clock.clone(), receiver));
        (Self { store, signer, clock, offers }, handle)
    }

    /// The key records are signed with.
    #[must_use]
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// The moment by the one clock that counts: the database's, or this machine's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn now(&self) -> Result<Millis, Trouble> {
        Ok(self.store.clock().await?.unwrap_or_else(|| (self.clock)()))
    }

    /// Makes a bid. When this returns an answer it is on the disk, and every bid with the same key gets it.
    ///
    /// # Errors
    /// When there is none, or nobody knows: then the same bid is to be sent again with the same key.
    pub async fn bid(&self, offer: Offer) -> Told {
        let (answer, told) = oneshot::channel();
        let busy = |_| NotDone::Trouble(Trouble::Unavailable("too many bids are waiting".into()));
        self.offers.try_send((offer, answer)).map_err(busy)?;
        told.await.unwrap_or_else(|_| Err(NotDone::Trouble(Trouble::Unavailable("bids are not taken any more".into()))))
    }

    /// Decides about a lot for an official.
    ///
    /// # Errors
    /// When the rules forbid it, or somebody else was faster.
    pub async fn decide(&self, id: &str, decision: Decision, who: &str) -> Result<Lot, NotDone> {
        let mut dealing = self.store.begin().await?;
        let mut lot = lots::alone(&mut dealing, id).await?.ok_or(NotDone::NoLot)?;
        if !lot.is_whole(&self.signer) {
            return Err(NotDone::Altered);
        }
        let now = dealing.ahead_of(&*self.clock).await? + (self.clock)();
        let about = format!("{id} {}", reason_of(&decision));
        let what = decision.name();
        let happened = self.happened(&mut dealing, &mut lot, decision, who, now).await?;
        let signed = self.signer.append(&mut lot.tree, id, now, happened);
        dealing.run(lots::append(id, lot.tree.size() - 1, &signed)).await?;
        (lot.signature, lot.head_at, lot.version) = (signed.signature, now, lot.version + 1);
        dealing.run(lots::change(&lot, &self.signer)).await?;
        let log = super::seal::random().map_err(|e| Trouble::Unavailable(e.to_string()))?;
        dealing.run(look(&log, now, who, what, about.trim())).await?;
        dealing.commit().await?;
        Ok(lot)
    }

    /// What a decision means, when it may be taken.
    async fn happened(&self, dealing: &mut Dealing, lot: &mut Lot, decision: Decision, who: &str, now: Millis) -> Result<Happened, NotDone> {
        let phase = lot.phase(now);
        match decision {
            Decision::Approve => approve(lot, who, now),
            _ if phase == Phase::Draft => Err(NotSo::TooEarly.into()),
            Decision::Cancel(_) if lot.standing.ended.is_some() => Err(NotSo::Ended(phase).into()),
            Decision::Cancel(reason) => end(lot, Phase::Cancelled, reason, |reason| Happened::Cancelled { reason }),
            Decision::Fail(reason) => {
                may_decide(&lot.standing, &lot.terms, now)?;
                end(lot, Phase::Failed, reason, |reason| Happened::Failed { reason })
            }
            Decision::Award(index, reason) => {
                may_decide(&lot.standing, &lot.terms, now)?;
                let bids = bids_of(&self.record(&lot.id, lots::entries_inside(dealing, &lot.id).await?));
                let bid = may_award(&lot.terms, &bids, index, &reason)?;
                lot.standing.ended = Some(Phase::Awarded);
                Ok(Happened::Awarded { bid: index, vendor: bid.vendor.clone(), fen: bid.fen, reason: reason.trim().into() })
            }
        }
    }

    /// A record of these entries.
    #[must_use]
    pub fn record(&self, lot: &str, entries: Vec<Signed>) -> Record {
        Record { format: FORMAT.into(), lot: lot.into(), key: self.signer.key(), entries }
    }
}

fn reason_of(decision: &Decision) -> &str {
    match decision {
        Decision::Approve => "",
        Decision::Cancel(reason) | Decision::Fail(reason) | Decision::Award(_, reason) => reason,
    }
}

fn approve(lot: &mut Lot, who: &str, now: Millis) -> Result<Happened, NotDone> {
    if lot.phase(now) != Phase::Draft {
        return Err(NotDone::Conflict);
    }
    if lot.drafted_by == who {
        return Err(NotDone::SamePerson);
    }
    let mistakes = lot.terms.mistakes(now);
    if !mistakes.is_empty() {
        return Err(NotDone::Terms(mistakes.join("；")));
    }
    lot.approved_by = who.to_string();
    lot.standing = super::auction::Standing::of(&lot.terms);
    Ok(Happened::Announced { terms: Box::new(lot.terms.clone()), drafted_by: official(&lot.id, &lot.drafted_by), approved_by: official(&lot.id, who) })
}

fn end(lot: &mut Lot, phase: Phase, reason: String, happened: impl Fn(String) -> Happened) -> Result<Happened, NotDone> {
    let reason = reason.trim().to_string();
    if reason.is_empty() {
        return Err(NotSo::Reason("理由将在网站公布").into());
    }
    lot.standing.ended = Some(phase);
    Ok(happened(reason))
}

/// Takes what waits, lot by lot, for ever.
async fn run(store: Store, signer: Arc<Signer>, clock: Clock, mut jobs: mpsc::Receiver<Job>) {
    let mut taken = Vec::with_capacity(TOGETHER);
    while jobs.recv_many(&mut taken, TOGETHER).await > 0 {
        let mut by_lot = BTreeMap::<String, (Vec<Offer>, Vec<oneshot::Sender<Told>>)>::new();
        for (offer, answer) in taken.drain(..) {
            let (offers, answers) = by_lot.entry(offer.lot.clone()).or_default();
            offers.push(offer);
            answers.push(answer);
        }
        for (lot, (offers, answers)) in by_lot {
            let told = match judge(&store, &signer, &clock, &lot, &offers).await {
                Ok(told) => told,
                Err(trouble) => {
                    tracing::error!(cause = %trouble, lot, bids = offers.len(), "not judged");
                    vec![Err(trouble); offers.len()]
                }
            };
            for (answer, told) in answers.into_iter().zip(told) {
                // Nobody waiting any more is no mistake: what is answered stays answered.
                let _ = answer.send(told);
            }
        }
    }
}

/// Judges bids on one lot in their order, in one transaction.
async fn judge(store: &Store, signer: &Signer, clock: &Clock, id: &str, offers: &[Offer]) -> Result<Vec<Told>, NotDone> {
    let mut dealing = store.begin().await?;
    let Some(mut lot) = lots::alone(&mut dealing, id).await?.filter(|lot| lot.tree.size() > 0) else {
        return Ok(vec![Err(NotDone::NoLot); offers.len()]);
    };
    if !lot.is_whole(signer) {
        return Err(NotDone::Altered);
    }
    let ahead = dealing.ahead_of(&**clock).await?;
    let mut bench = Bench { signer, now: clock(), ahead, vendors: BTreeMap::new() };
    let before = (lot.tree.size(), lot.seen_at);
    let mut told = Vec::with_capacity(offers.len());
    for offer in offers {
        told.push(bench.judge(&mut dealing, &mut lot, offer).await?);
    }
    if before != (lot.tree.size(), lot.seen_at) {
        lot.version += 1;
        dealing.run(lots::change(&lot, signer)).await?;
    }
    dealing.commit().await?;
    Ok(told)
}

/// What bids of one transaction are judged with.
struct Bench<'a> {
    signer: &'a Signer,
    /// The service's clock.
    now: Millis,
    /// How far the clock that counts is ahead of it.
    ahead: Millis,
    vendors: BTreeMap<String, Option<Vendor>>,
}

impl Bench<'_> {
    async fn judge(&mut self, dealing: &mut Dealing, lot: &mut Lot, offer: &Offer) -> Result<Told, NotDone> {
        if let Some((fen, answer)) = lots::answered(dealing, &lot.id, &offer.vendor, &offer.key).await? {
            let kept = || serde_json::from_str(&answer).map_err(|_| NotDone::Altered);
            return Ok(if fen == offer.fen { kept() } else { Err(NotDone::OtherPrice) });
        }
        if !offer.meant && looks_like_a_slip(&lot.standing, &lot.terms, offer.fen) {
            return Ok(Err(NotDone::Slip));
        }
        // What has waited for so long may come after the result: it is not judged, and may be sent again.
        if self.now - offer.received > SETTLE {
            return Ok(Err(NotDone::Trouble(Trouble::Unavailable("a bid has waited too long".into()))));
        }
        // A clock that was put back does not open again what has been over: by no more than a bid may be under way.
        let at = (offer.received + self.ahead).max(lot.seen_at - SETTLE);
        lot.seen_at = lot.seen_at.max(at);
        let vendor = self.vendor(dealing, &offer.vendor).await?;
        let answer = match self.taken(dealing, lot, offer, vendor.as_ref(), at).await? {
            Ok(receipt) => Answer::Taken(receipt),
            Err(refused) => Answer::Refused { why: refused.word().into(), message: refused.to_string(), at },
        };
        let text = serde_json::to_string(&answer).map_err(|e| Trouble::Unavailable(e.to_string()))?;
        let (lot, vendor, key) = (lot.id.clone(), offer.vendor.clone(), offer.key.clone());
        dealing.run(lots::answer(&Answered { lot, vendor, key, fen: offer.fen, answer: text, seal: String::new() }, self.signer)).await?;
        Ok(Ok(answer))
    }

    async fn taken(
        &self,
        dealing: &mut Dealing,
        lot: &mut Lot,
        offer: &Offer,
        vendor: Option<&Vendor>,
        at: Millis,
    ) -> Result<Result<Receipt, Refused>, NotDone> {
        let nobody = || Refused::Vendor("只有经过认证的供应商可以报价".into());
        let Some(vendor) = vendor else { return Ok(Err(nobody())) };
        if !vendor.is_whole(self.signer) {
            return Err(NotDone::Altered);
        }
        let bid = Bid { vendor: &offer.vendor, fen: offer.fen, at };
        let allowed = may_bid(vendor.state, vendor.profile.licence_until, at).map_err(Refused::Vendor);
        if let Err(refused) = allowed.and_then(|()| lot.standing.judge(&lot.terms, &bid)) {
            return Ok(Err(refused));
        }
        let index = lot.tree.size();
        let happened = Happened::Bid { vendor: offer.vendor.clone(), name: vendor.profile.name.clone(), fen: offer.fen };
        let signed = self.signer.append(&mut lot.tree, &lot.id, at, happened);
        lot.standing.take(&lot.terms, &bid, index);
        (lot.signature, lot.head_at) = (signed.signature.clone(), at);
        dealing.run(lots::append(&lot.id, index, &signed)).await?;
        Ok(Ok(Receipt {
            lot: lot.id.clone(),
            index,
            at,
            vendor: offer.vendor.clone(),
            fen: offer.fen,
            root: signed.root,
            signature: signed.signature,
            key: self.signer.key(),
        }))
    }

    async fn vendor(&mut self, dealing: &mut Dealing, code: &str) -> Result<Option<Vendor>, Trouble> {
        if let Some(vendor) = self.vendors.get(code) {
            return Ok(vendor.clone());
        }
        let vendor = vendors::inside(dealing, code).await?;
        self.vendors.insert(code.to_string(), vendor.clone());
        Ok(vendor)
    }
}
