//! A market to be measured: a database with certified vendors and one open lot, for `benches/bids.py`.
//!
//! In: a group's folder, maybe a database's address. Out: the database; accounts `v0`, `v1`, … with the password `yunxiu-bench-password`, and the lot
//! `JJ-1`, open for an hour. Run it while no service runs.

#![expect(clippy::print_stdout, reason = "this is where the program speaks")]

use std::sync::Arc;

use anyhow::Context;
use portico::sidecar::accounts::Grant;
use portico::sidecar::auction::record::Tree;
use portico::sidecar::auction::{BelowFloor, Names, Single, Standing, Step, Terms};
use portico::sidecar::bidding::{Auctioneer, Decision};
use portico::sidecar::certification::{self, Registration};
use portico::sidecar::configuration::Configuration;
use portico::sidecar::password::hashed;
use portico::sidecar::service::steady_clock;
use portico::sidecar::store::Store;
use portico::sidecar::store::accounts::Account;
use portico::sidecar::store::lots::{self, Lot};
use portico::sidecar::vendor::{Deed, Profile, credit_code};

const VENDORS: usize = 20;
const LOT: &str = "JJ-1";

fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let root = arguments.next().context("usage: market ROOT [DATABASE]")?;
    let mut configuration = Configuration::of_root(root.into());
    configuration.database = arguments.next().unwrap_or(configuration.database);
    std::fs::create_dir_all(configuration.root.join(".portico"))?;
    tokio::runtime::Runtime::new()?.block_on(prepare(&configuration))
}

async fn prepare(configuration: &Configuration) -> anyhow::Result<()> {
    let (store, _) = Store::open(&configuration.database).await?;
    let signer = Arc::new(configuration.signer()?);
    let (auctioneer, _) = Auctioneer::start(store.clone(), signer.clone(), Arc::from(steady_clock()));
    let (now, password) = (auctioneer.now().await?, hashed("yunxiu-bench-password")?);
    for (n, code) in codes().into_iter().enumerate() {
        let profile = Profile { name: format!("云岫第{n}商贸有限公司"), ..Profile::default() };
        let grants = Grant::parse_all(&format!("vendor@{code}")).context("a grant")?;
        let account = Account { name: format!("v{n}"), password: password.clone(), grants, ..Account::default() };
        certification::register(&store, &signer, Registration { code: code.clone(), profile, account, files: vec![], bucket: None }, now).await?;
        certification::decide(&store, &signer, (&code, 1), (Deed::Certify, ""), "zhou", now).await?;
    }
    let terms = terms(now + 2_000);
    let standing = Standing::of(&terms);
    let (drafted_by, approved_by, signature, seal) = ("zhou".into(), String::new(), String::new(), String::new());
    let lot = Lot { id: LOT.into(), terms, drafted_by, approved_by, standing, tree: Tree::default(), signature, head_at: 0, seen_at: 0, version: 1, seal };
    store.write(vec![lots::add(&lot, &signer)]).await?;
    auctioneer.decide(LOT, Decision::Approve, "wu").await?;
    println!("{LOT} opens in two seconds; {VENDORS} vendors");
    Ok(())
}

/// Codes that have their check.
fn codes() -> Vec<String> {
    let alphabet: Vec<char> = "0123456789ABCDEFGHJKLMNPQRTUWXY".chars().collect();
    (0..VENDORS).filter_map(|n| alphabet.iter().find_map(|check| credit_code(&format!("91539900MA7XQ{n:04}{check}")).ok())).collect()
}

fn terms(opens_at: i64) -> Terms {
    Terms {
        title: "市直机关公务打印设备".into(),
        goods: "A4 黑白激光打印机".into(),
        quantity: "85 台".into(),
        specification: String::new(),
        attachments: vec![],
        department: "jgj".into(),
        purchaser: "云岫市机关事务管理局".into(),
        budget_fen: 2_000_000_000,
        ceiling_fen: 1_000_000_000,
        step: Step::Fen(1),
        opens_at,
        closes_at: opens_at + 3_600_000,
        extension: None,
        invited: vec![],
        names: Names::During,
        single: Single::Award,
        floor_fen: None,
        below_floor: BelowFloor::Refuse,
        deposit: String::new(),
    }
}
