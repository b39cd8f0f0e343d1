//! The service is killed at any moment while bids come in: no acknowledged bid is lost, none is doubled, and the record is good.
//!
//! `PORTICO_KILLS` says how often (12; the long form is 200). The bids of a round are sent again after the service is back.

use std::time::Duration;

use portico::sidecar::accounts::Grant;
use portico::sidecar::auction::record::{Receipt, Record, verify, verify_receipt};
use portico::sidecar::auction::{BelowFloor, Names, Single, Standing, Step, Terms};
use portico::sidecar::bidding::{Auctioneer, Decision};
use portico::sidecar::certification::{self, Registration};
use portico::sidecar::configuration::Configuration;
use portico::sidecar::password;
use portico::sidecar::store::Store;
use portico::sidecar::store::accounts::{Account, add};
use portico::sidecar::store::lots::{self, Lot};
use portico::sidecar::vendor::{Deed, Profile};
use serde_json::json;

use crate::city::PASSWORD;
use crate::market::CODES;
use crate::program::{agent, start};

fn now() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Terms that let every lower price in.
pub fn terms(opens_at: i64, closes_at: i64) -> Terms {
    Terms {
        title: "市直机关公务打印设备".into(),
        goods: "打印机".into(),
        quantity: "85 台".into(),
        specification: String::new(),
        attachments: vec![],
        department: "jyj".into(),
        purchaser: "云岫市教育局".into(),
        budget_fen: 2_000_000_000,
        ceiling_fen: 1_000_000_000,
        step: Step::Fen(1),
        opens_at,
        closes_at,
        extension: None,
        invited: vec![],
        names: Names::During,
        single: Single::Award,
        floor_fen: None,
        below_floor: BelowFloor::Refuse,
        deposit: String::new(),
    }
}

/// A draft of `JJ-1`, not yet approved.
pub fn draft(terms: Terms) -> Lot {
    Lot {
        id: "JJ-1".into(),
        standing: Standing::of(&terms),
        terms,
        drafted_by: "zhou".into(),
        approved_by: String::new(),
        tree: portico::sidecar::auction::record::Tree::default(),
        signature: String::new(),
        head_at: 0,
        seen_at: 0,
        version: 1,
        seal: String::new(),
    }
}

/// A database with a certified vendor and a lot that is open, made before the service starts.
async fn prepare(folder: &std::path::Path) {
    let configuration = Configuration::of_root(folder.into());
    std::fs::create_dir_all(folder.join(".portico")).unwrap();
    let (store, _) = Store::open(&configuration.database).await.unwrap();
    let signer = std::sync::Arc::new(configuration.signer().unwrap());
    let clock = portico::sidecar::service::steady_clock();
    let (auctioneer, _) = Auctioneer::start(store.clone(), signer.clone(), std::sync::Arc::from(clock));
    let profile = Profile { name: "云岫晴岚茶业有限公司".into(), ..Profile::default() };
    let grants = Grant::parse_all(&format!("vendor@{}", CODES[0])).unwrap();
    let account = Account { name: "qinglan".into(), password: password::hashed(PASSWORD).unwrap(), grants, ..Account::default() };
    let registration = Registration { code: CODES[0].into(), profile, account, files: vec![], bucket: None };
    certification::register(&store, &signer, registration, now()).await.unwrap();
    certification::decide(&store, &signer, (CODES[0], 1), (Deed::Certify, ""), "zhou", now()).await.unwrap();
    store.write(vec![add(&Account { name: "zhou".into(), ..Account::default() })]).await.unwrap();
    let lot = draft(terms(now() + 1_500, now() + 3_600_000));
    store.write(vec![lots::add(&lot, &signer)]).await.unwrap();
    auctioneer.decide("JJ-1", Decision::Approve, "wu").await.unwrap();
    store.close().await;
}

/// Signs in, and gives the cookie and the token forms carry.
fn sign_in(base: &str) -> (String, String) {
    let agent = ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().new_agent();
    let answer = agent.post(format!("{base}/-/office/sign-in")).send_form([("name", "qinglan"), ("password", PASSWORD)]).unwrap();
    let cookie = answer.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_string();
    let mut page = agent.get(format!("{base}/-/vendor")).header("cookie", &cookie).call().unwrap();
    let text = page.body_mut().read_to_string().unwrap();
    let csrf = text.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
    (cookie, csrf)
}

/// Sends a bid; nothing when there is no answer.
fn bid(base: &str, session: &(String, String), key: &str, fen: i64) -> Option<(u16, String)> {
    let request = agent().post(format!("{base}/-/api/lots/JJ-1/bids")).header("content-type", "application/json");
    let request = request.header("cookie", &session.0).header("x-csrf-token", &session.1).header("idempotency-key", key);
    let mut answer = request.send(json!({"price_fen": fen, "meant": true}).to_string()).ok()?;
    let text = answer.body_mut().read_to_string().ok()?;
    (answer.status() != 503).then_some((answer.status().as_u16(), text))
}

#[test]
fn no_acknowledged_bid_is_lost_or_doubled_when_the_service_is_killed() {
    let kills: i64 = std::env::var("PORTICO_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(12);
    let folder = tempfile::tempdir().unwrap();
    crate::city::lay_out(folder.path());
    std::fs::write(folder.path().join("sidecar.yaml"), "listen: 127.0.0.1:0\nsecure: false\n").unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(prepare(folder.path()));
    let mut service = start(folder.path());
    let session = sign_in(&service.base);
    // The lot opens soon.
    while bid(&service.base, &session, &format!("open-{}", now()), 999_999_999).is_none_or(|(status, _)| status != 201) {
        std::thread::sleep(Duration::from_millis(100));
    }
    let mut receipts: Vec<Receipt> = Vec::new();
    let (mut acknowledged, mut keys) = (0, 0);
    for round in 0..kills {
        let base = service.base.clone();
        let sent: Vec<(String, i64)> = (0..8).map(|n| (format!("k{round}-{n}"), 999_000_000 - round * 1000 - n)).collect();
        let senders: Vec<_> = sent
            .iter()
            .cloned()
            .map(|(key, fen)| {
                let (base, session) = (base.clone(), session.clone());
                std::thread::spawn(move || bid(&base, &session, &key, fen))
            })
            .collect();
        // Another moment each time: from before the first byte to after the last answer.
        std::thread::sleep(Duration::from_micros((round as u64 * 1_237) % 12_000));
        service.child.kill().unwrap();
        service.child.wait().unwrap();
        let answers: Vec<_> = senders.into_iter().map(|s| s.join().unwrap()).collect();
        service = start(folder.path());
        for ((key, fen), answer) in sent.iter().zip(answers) {
            let again = bid(&service.base, &session, key, *fen).expect("an answer");
            acknowledged += i32::from(answer.is_some());
            if let Some(first) = answer {
                assert_eq!(first, again, "an acknowledged bid is answered as before");
            }
            keys += 1;
            if again.0 == 201 {
                receipts.push(serde_json::from_str(&again.1).unwrap());
            }
        }
    }
    let url = format!("{}/-/lot/JJ-1/record.json", service.base);
    let record: Record = serde_json::from_str(&agent().get(url).call().unwrap().body_mut().read_to_string().unwrap()).unwrap();
    let verdict = verify(&record).unwrap();
    for receipt in &receipts {
        verify_receipt(&record, receipt).unwrap();
    }
    let mut indexes: Vec<u64> = receipts.iter().map(|r| r.index).collect();
    indexes.sort_unstable();
    indexes.dedup();
    assert_eq!(indexes.len(), receipts.len(), "no two bids have one number");
    assert_eq!(verdict.bids as usize, receipts.len() + 1, "and the record holds no other");
    assert!(keys == kills * 8 && !receipts.is_empty(), "{acknowledged} acknowledged before a kill");
    service.child.kill().unwrap();
    service.child.wait().unwrap();
}
