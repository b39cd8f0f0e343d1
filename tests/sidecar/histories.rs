//! Histories of bids made at the same time by several clients of several services at one database, with lost answers that are asked for again and a
//! clock that jumps, held against a simple model: there must be one order in which the model gives the same answers.
//!
//! `PORTICO_HISTORIES` says how many (8 for each database; the long form is 500).

use std::sync::{Arc, Mutex};

use portico::sidecar::auction::{Bid, Fen, Leading, SETTLE, Standing, Terms};
use portico::sidecar::bidding::{Answer, Auctioneer, Offer};
use stateright::semantics::{ConsistencyTester, LinearizabilityTester, SequentialSpec};

use crate::city::{City, in_a_city};
use crate::market::{CODES, Market};

/// The model: a lot that takes a bid when the rules say so, and remembers what it told under each key.
#[derive(Debug, Clone)]
struct Model {
    terms: Terms,
    standing: Standing,
    told: Vec<(String, Told)>,
    /// The latest moment a bid was judged at: time runs back by no more than a bid may be under way.
    seen: i64,
}

#[derive(Debug, Clone)]
struct Op {
    vendor: &'static str,
    key: String,
    fen: Fen,
    at: i64,
}

#[derive(Debug, Clone, PartialEq)]
enum Told {
    Taken(u64),
    Refused(String),
}

impl SequentialSpec for Model {
    type Op = Op;
    type Ret = Told;

    fn invoke(&mut self, op: &Op) -> Told {
        if let Some((_, told)) = self.told.iter().find(|(key, _)| *key == op.key) {
            return told.clone();
        }
        let bid = Bid { vendor: op.vendor, fen: op.fen, at: op.at.max(self.seen - SETTLE) };
        self.seen = self.seen.max(bid.at);
        let told = match self.standing.judge(&self.terms, &bid) {
            Ok(()) => {
                let index = self.standing.leading.as_ref().map_or(1, |Leading { index, .. }| index + 1);
                self.standing.take(&self.terms, &bid, index);
                Told::Taken(index)
            }
            Err(refused) => Told::Refused(refused.word().into()),
        };
        self.told.push((op.key.clone(), told.clone()));
        told
    }
}

/// A sequence that looks like chance and is the same every time.
fn chance(seed: u64) -> impl FnMut(u64) -> u64 {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    move |below| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state % below
    }
}

#[test]
fn every_history_of_bids_has_an_order_the_model_agrees_with() {
    let histories: u64 = std::env::var("PORTICO_HISTORIES").ok().and_then(|n| n.parse().ok()).unwrap_or(8);
    in_a_city(async |city| {
        let market = Market::open(&city).await;
        // Three services at one database; on SQLite it is one, as it must be.
        let mut services = vec![city.sidecar.auctioneer.clone()];
        for _ in 0..if city.database.starts_with("postgres") { 2 } else { 0 } {
            services.push(another(&city).await);
        }
        for seed in 1..=histories {
            let id = market.announce(1, 2).await;
            one_history(&city, &services, &id, seed).await;
        }
    });
}

async fn another(city: &City) -> Auctioneer {
    let (store, _) = portico::sidecar::store::Store::open(&city.database).await.unwrap();
    let signer = Arc::new(city.sidecar.casework.configuration.signer().unwrap());
    let clock = city.clock.clone();
    Auctioneer::start(store, signer, Arc::new(move || clock.load(std::sync::atomic::Ordering::SeqCst))).0
}

async fn one_history(city: &City, services: &[Auctioneer], id: &str, seed: u64) {
    let lot = city.sidecar.casework.store.lot(id).await.unwrap().unwrap();
    let (opens, closes) = (lot.terms.opens_at, lot.terms.closes_at);
    let model = Model { standing: Standing::of(&lot.terms), terms: lot.terms, told: Vec::new(), seen: 0 };
    let history = Arc::new(Mutex::new(LinearizabilityTester::new(model)));
    let clients = (0..4_usize).map(|client| {
        let (history, service, id) = (history.clone(), services[client % services.len()].clone(), id.to_string());
        let mut random = chance(seed * 31 + client as u64);
        tokio::spawn(async move {
            for n in 0..4 {
                // Each request has been received at its own moment: before, inside or after the window, in no order.
                let at = opens - 40 + random((closes - opens + 80) as u64) as i64;
                let at = if random(4) == 0 { at } else { opens + random(1000) as i64 };
                let fen = 15_300_000 - 30_000 * random(12) as i64;
                let op = Op { vendor: CODES[client % 2], key: format!("{seed}-{client}-{n}"), fen, at };
                history.lock().unwrap().on_invoke(client, op.clone()).unwrap();
                let offer = Offer { lot: id.clone(), vendor: op.vendor.into(), key: op.key, fen, received: at, meant: true };
                // Now and then the answer is lost and the same bid is sent again.
                if random(3) == 0 {
                    drop(tokio::time::timeout(std::time::Duration::from_micros(random(3000)), service.bid(offer.clone())).await);
                }
                let told = match service.bid(offer).await.unwrap() {
                    Answer::Taken(receipt) => Told::Taken(receipt.index),
                    Answer::Refused { why, .. } => Told::Refused(why),
                };
                history.lock().unwrap().on_return(client, told).unwrap();
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    let history = history.lock().unwrap().clone();
    assert!(history.is_consistent(), "seed {seed}: {history:#?}");
    let entries = city.sidecar.casework.store.entries(id, 0, i64::MAX).await.unwrap();
    portico::sidecar::auction::record::verify(&city.sidecar.auctioneer.record(id, entries)).unwrap();
}
