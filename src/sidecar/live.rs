//! Watching an auction (观摩): what everybody may see of a lot right now, looked at twice a second for all who watch it together.
//!
//! In: a lot that somebody watches. Out: a stream of [`View`]s as JSON, the same text for thousands. Reads the database, not this process's memory: whoever took the
//! bid, this service or another one, all viewers see it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;

use super::auction::record::{Happened, Signed};
use super::auction::{Fen, Names, Phase, Taken};
use super::bidding::Auctioneer;
use super::case::Millis;
use super::store::Store;
use super::store::database::Trouble;
use super::store::lots::Lot;
use crate::render::course::{self, Course};

/// How often a watched lot is looked at.
const EVERY: Duration = Duration::from_millis(400);
/// Viewers are told at least so often, so that their clocks and connections stay right.
const AT_LEAST: Millis = 5_000;
/// How many of the newest bids are shown.
pub const SHOWN: i64 = 20;

/// A bid as everybody may see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    /// 序号
    pub index: u64,
    /// When.
    pub at: Millis,
    /// The price.
    pub fen: Fen,
    /// The vendor's name, or its number while names are not shown.
    pub who: String,
}

/// What everybody may see of a lot.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct View {
    /// 竞价编号
    pub lot: String,
    /// The service's clock.
    pub now: Millis,
    /// 竞价状态
    pub phase: Phase,
    /// The same in Chinese.
    pub phase_name: &'static str,
    /// 开始
    pub opens_at: Millis,
    /// 截止, put off or not.
    pub closes_at: Millis,
    /// How often it has been put off.
    pub extended: i64,
    /// 报价次数
    pub bids: i64,
    /// 当前最低
    pub leading_fen: Option<Fen>,
    /// What the next bid may be at most.
    pub most_fen: Fen,
    /// Entries of the record.
    pub size: u64,
    /// The record's root.
    pub root: String,
    /// Its signature.
    pub signature: String,
    /// The newest bids, the newest first.
    pub lines: Vec<Line>,
}

/// Whether names are shown of a lot at a moment.
#[must_use]
pub fn shows_names(lot: &Lot, at: Millis) -> bool {
    lot.terms.names == Names::During || matches!(lot.phase(at), Phase::Awarded | Phase::Failed)
}

/// Vendors of a lot in the order in which they first bid: the numbers they are known by.
#[must_use]
pub fn numbers(bids: &[Taken]) -> BTreeMap<&str, usize> {
    let mut numbers = BTreeMap::new();
    for bid in bids {
        let next = numbers.len() + 1;
        numbers.entry(&*bid.vendor).or_insert(next);
    }
    numbers
}

/// Bids of a lot that have been read, kept so that only new ones are read again.
#[derive(Debug, Default)]
pub struct Seen {
    bids: Vec<Taken>,
    size: u64,
    root: String,
    signature: String,
}

impl Seen {
    /// Reads what has been added since.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn follow(&mut self, store: &Store, lot: &Lot) -> Result<(), Trouble> {
        while self.size < lot.tree.size() {
            let entries = store.entries(&lot.id, self.size, 5_000).await?;
            let Some(last) = entries.last() else { break };
            (self.root, self.signature) = (last.root.clone(), last.signature.clone());
            self.bids.extend(entries.iter().filter_map(bid));
            self.size += entries.len() as u64;
        }
        Ok(())
    }

    /// All bids, the oldest first.
    #[must_use]
    pub fn bids(&self) -> &[Taken] {
        &self.bids
    }

    /// What everybody may see.
    #[must_use]
    pub fn view(&self, lot: &Lot, now: Millis) -> View {
        let (named, numbers) = (shows_names(lot, now), numbers(&self.bids));
        let who = |bid: &Taken| if named { bid.name.clone() } else { format!("供应商 {}", numbers.get(&*bid.vendor).copied().unwrap_or(0)) };
        let newest = self.bids.iter().rev().take(usize::try_from(SHOWN).unwrap_or(0));
        let phase = lot.phase(now);
        View {
            lot: lot.id.clone(),
            now,
            phase,
            phase_name: phase.name(),
            opens_at: lot.terms.opens_at,
            closes_at: lot.standing.closes_at,
            extended: lot.standing.extended,
            bids: lot.standing.bids,
            leading_fen: lot.standing.leading.as_ref().map(|l| l.fen),
            most_fen: lot.standing.most(&lot.terms),
            size: self.size,
            root: self.root.clone(),
            signature: self.signature.clone(),
            lines: newest.map(|bid| Line { index: bid.index, at: bid.at, fen: bid.fen, who: who(bid) }).collect(),
        }
    }
}

fn bid(signed: &Signed) -> Option<Taken> {
    let entry: super::auction::record::Entry = serde_json::from_value(signed.entry.clone()).ok()?;
    let Happened::Bid { vendor, name, fen } = entry.happened else { return None };
    Some(Taken { index: entry.index, vendor, name, fen, at: entry.at })
}

/// What viewers are told: both as JSON, made once for all.
#[derive(Debug, Clone)]
pub struct Told {
    /// A [`View`].
    pub view: Arc<str>,
    /// The course, drawn; `null` without a bid.
    pub course: Arc<str>,
}

type Channel = watch::Receiver<Told>;

/// Who watches what. One look at a lot serves all its viewers.
#[derive(Debug, Clone)]
pub struct Live {
    auctioneer: Auctioneer,
    watched: Arc<Mutex<BTreeMap<String, Channel>>>,
    over: Arc<AtomicBool>,
}

impl Live {
    /// Nobody watches anything yet.
    #[must_use]
    pub fn new(auctioneer: Auctioneer) -> Self {
        Self { auctioneer, watched: Arc::default(), over: Arc::default() }
    }

    /// Ends all streams: the service stops, and nobody is to be waited for.
    pub fn end(&self) {
        self.over.store(true, Ordering::Relaxed);
    }

    /// What becomes of a lot, as JSON, from now on. The looking ends with the last viewer.
    #[must_use]
    pub fn watch(&self, store: &Store, lot: &str) -> Channel {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(channel) = watched.get(lot).filter(|c| c.has_changed().is_ok()) {
            return channel.clone();
        }
        let (sender, channel) = watch::channel(Told { view: Arc::from(""), course: Arc::from("null") });
        // The map keeps a receiver of its own, so the last viewer leaves one behind.
        watched.insert(lot.to_string(), channel.clone());
        tokio::spawn(self.clone().look(store.clone(), lot.to_string(), sender));
        channel
    }

    /// Looks at a lot until nobody watches it.
    async fn look(self, store: Store, id: String, sender: watch::Sender<Told>) {
        let (mut seen, mut told) = (Seen::default(), None::<View>);
        let mut ticks = tokio::time::interval(EVERY);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        while sender.receiver_count() > 1 && !self.over.load(Ordering::Relaxed) {
            ticks.tick().await;
            let Ok((Some(lot), now)) = both(store.lot(&id).await, self.auctioneer.now().await) else { continue };
            if seen.follow(&store, &lot).await.is_err() {
                continue;
            }
            let view = seen.view(&lot, now);
            let same = |old: &View| View { now, ..old.clone() } == view && now - old.now < AT_LEAST;
            if told.as_ref().is_some_and(same) {
                continue;
            }
            // Texts and numbers always are JSON.
            let json = |text: serde_json::Result<String>| -> Arc<str> { Arc::from(text.unwrap_or_default()) };
            let course = course(&lot, seen.bids(), now);
            sender.send_replace(Told { view: json(serde_json::to_string(&view)), course: json(serde_json::to_string(&course)) });
            told = Some(view);
        }
    }
}

/// The course of a lot so far, drawn.
#[must_use]
pub fn course(lot: &Lot, bids: &[Taken], now: Millis) -> Option<Course> {
    let points: Vec<(Millis, Fen)> = bids.iter().map(|bid| (bid.at, bid.fen)).collect();
    course::draw(
        &points,
        lot.terms.ceiling_fen,
        lot.terms.opens_at,
        now.clamp(lot.terms.opens_at + 60_000, lot.standing.closes_at.max(lot.terms.opens_at + 60_000)),
    )
}

fn both<A, B, E>(a: Result<A, E>, b: Result<B, E>) -> Result<(A, B), E> {
    Ok((a?, b?))
}
