//! Bids thrown around the opening and around the end, while clocks jump (SQLite: the machine's; PostgreSQL: each of three services has its own, wrong by
//! seconds) and services are started anew: each is judged by the moment its own request was received, none wrongly taken or refused.
//!
//! `PORTICO_BIDS` says how many at each edge (2,500; with both edges and both databases 10,000).

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use portico::sidecar::bidding::{Answer, Auctioneer, Decision, Offer};
use portico::sidecar::store::Store;
use portico::sidecar::store::lots;

use crate::bid_kills::{draft, terms};
use crate::city::{City, in_a_city};
use crate::market::{CODES, Market};

fn machine() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// One service with its own clock, wrong by `off`.
async fn service(city: &City, off: Arc<AtomicI64>) -> Auctioneer {
    let (store, _) = Store::open(&city.database).await.unwrap();
    let signer = Arc::new(city.sidecar.casework.configuration.signer().unwrap());
    Auctioneer::start(store, signer, Arc::new(move || machine() + off.load(Ordering::SeqCst))).0
}

/// The database's clock goes like the machine's, `shift` milliseconds ahead.
async fn database_clock(city: &City, shift: i64) {
    if city.database.starts_with("postgres") {
        let pool = sqlx::PgPool::connect(&city.database).await.unwrap();
        let sql = format!(
            "CREATE OR REPLACE FUNCTION auction_clock() RETURNS BIGINT LANGUAGE sql VOLATILE AS 'SELECT (extract(epoch FROM clock_timestamp()) * 1000)::BIGINT + {shift}'"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

/// A bid, the moments between which its answer came, and the answer.
struct Thrown {
    received: i64,
    between: (i64, i64),
    answer: Answer,
}

/// Throws bids at a constant rate for two seconds around `edge`.
async fn throw(city: &City, offs: &[Arc<AtomicI64>], edge: i64, shift: i64, (from, many): (i64, i64)) -> Vec<Thrown> {
    let postgres = city.database.starts_with("postgres");
    let mut services = Vec::new();
    for off in offs {
        services.push(service(city, off.clone()).await);
    }
    let mut thrown = Vec::new();
    for n in 0..many {
        let due = edge - 1000 + 2000 * n / many - shift;
        tokio::time::sleep(Duration::from_millis(u64::try_from(due - machine()).unwrap_or(0))).await;
        let at = usize::try_from(n).unwrap() % services.len();
        if n % 400 == 399 {
            services[at] = service(city, offs[at].clone()).await;
        }
        if !postgres && n % 37 == 0 {
            // Somebody sets the clock: up to a fifth of a second forth and back.
            offs[at].store(shift + (n * 7919) % 401 - 200, Ordering::SeqCst);
        }
        let (service, off) = (services[at].clone(), offs[at].clone());
        let (vendor, fen) = (CODES[usize::try_from(n % 2).unwrap()], 900_000_000 - from - n);
        thrown.push(tokio::spawn(async move {
            let (sent, received) = (machine() + shift, machine() + off.load(Ordering::SeqCst));
            let offer = Offer { lot: "JJ-1".into(), vendor: vendor.into(), key: format!("{}", from + n), fen, received, meant: true };
            let answer = service.bid(offer).await.unwrap();
            Thrown { received, between: (sent, machine() + shift), answer }
        }));
    }
    let mut all = Vec::new();
    for one in thrown {
        all.push(one.await.unwrap());
    }
    all
}

#[test]
fn bids_around_the_opening_and_the_end_are_judged_by_their_own_moment() {
    let many: i64 = std::env::var("PORTICO_BIDS").ok().and_then(|n| n.parse().ok()).unwrap_or(2_500);
    in_a_city(async |city| {
        let _market = Market::open(&city).await;
        let postgres = city.database.starts_with("postgres");
        let skews: &[i64] = if postgres { &[0, 7_000, -3_000] } else { &[0] };
        let offs: Vec<Arc<AtomicI64>> = skews.iter().map(|skew| Arc::new(AtomicI64::new(*skew))).collect();
        database_clock(&city, 0).await;
        let first = service(&city, Arc::new(AtomicI64::new(0))).await;
        // Time enough for what comes before the first bid, on a busy machine too.
        let (opens, closes) = (machine() + 6_000, machine() + 6_000 + 60_000);
        city.sidecar.casework.store.write(vec![lots::add(&draft(terms(opens, closes)), first.signer())]).await.unwrap();
        first.decide("JJ-1", Decision::Approve, "wu").await.unwrap();
        let mut thrown = throw(&city, &offs, opens, 0, (0, many)).await;
        // An hour's minute goes by at once, for every clock.
        let shift = closes - 4_000 - machine();
        database_clock(&city, shift).await;
        offs.iter().zip(skews).for_each(|(off, skew)| off.store(skew + shift, Ordering::SeqCst));
        thrown.extend(throw(&city, &offs, closes, shift, (many, many)).await);
        let (mut taken, mut early, mut late) = (0, 0, 0);
        for Thrown { received, between, answer } in thrown {
            let (at, told) = match &answer {
                Answer::Taken(receipt) => (receipt.at, "taken"),
                Answer::Refused { why, at, .. } => (*at, why.as_str()),
            };
            if postgres {
                // The two clocks are compared by a question that itself takes a while on a busy machine.
                assert!(between.0 - 50 <= at && at <= between.1 + 50, "{at} is not between {between:?}: {told}");
            } else {
                assert_eq!(at, received, "{told}");
            }
            match told {
                "not-yet-open" => early += 1,
                "closed" => late += 1,
                _ => taken += 1,
            }
            let right = if at < opens {
                told == "not-yet-open"
            } else if at < closes {
                matches!(told, "taken" | "too-high")
            } else {
                told == "closed"
            };
            assert!(right, "{told} at {at}, open from {opens} to {closes}");
        }
        assert!(early > many / 4 && late > many / 4 && taken > many / 2, "both sides of both edges: {early} early, {taken} between, {late} late");
        let entries = city.sidecar.casework.store.entries("JJ-1", 0, i64::MAX).await.unwrap();
        portico::sidecar::auction::record::verify(&first.record("JJ-1", entries)).unwrap();
    });
}
