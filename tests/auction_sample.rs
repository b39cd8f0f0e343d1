//! The sample's finished auction: its published record is good, and the page says what the record says.
//!
//! `PORTICO_BLESS=1` writes the record anew, from the bids below.

#![cfg(feature = "sidecar")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

use portico::sidecar::auction::record::{FORMAT, Happened, Record, Signer, Tree, official, verify};
use portico::sidecar::auction::{BelowFloor, Extension, Names, Phase, Single, Step, Terms};

const LOT: &str = "YXJJ-2026-027";
const VENDORS: [(&str, &str); 4] = [
    ("91539900MA5KBG9PX0", "云岫启衡办公设备有限公司"),
    ("91539001MA6YX2Q779", "云岫文澜办公用品有限公司"),
    ("91539900MA6LQ3T81R", "云岫正和信息技术有限公司"),
    ("91539900MA7BW2H45M", "云岫联拓商贸有限公司"),
];
/// The vendor, the moment, the price in yuan.
const BIDS: [(usize, &str, i64); 9] = [
    (1, "09:41:12.308", 151_700),
    (2, "09:52:40.115", 149_600),
    (0, "10:15:03.642", 146_200),
    (3, "10:38:27.087", 144_500),
    (1, "10:57:51.960", 141_100),
    (0, "11:12:34.271", 137_700),
    (2, "11:24:09.533", 136_000),
    (0, "11:26:45.019", 134_300),
    (0, "11:29:58.704", 132_600),
];

fn at(day: &str, time: &str) -> i64 {
    format!("2026-10-{day}T{time}+08:00").parse::<jiff::Timestamp>().unwrap().as_millisecond()
}

fn terms() -> Terms {
    Terms {
        title: "市直机关公务打印设备".into(),
        goods: "A4 黑白激光打印机".into(),
        quantity: "85 台".into(),
        specification: "A4 幅面黑白激光打印，自动双面，不低于 30 页/分，首页输出时间不超过 8 秒，支持国产操作系统，整机保修三年。".into(),
        attachments: vec![],
        department: "jgj".into(),
        purchaser: "云岫市机关事务管理局".into(),
        budget_fen: 16_000_000,
        ceiling_fen: 15_300_000,
        step: Step::Fen(30_000),
        opens_at: at("28", "09:30:00"),
        closes_at: at("28", "11:30:00"),
        extension: Some(Extension { within: 180_000, by: 180_000, times: 3 }),
        invited: vec![],
        names: Names::After,
        single: Single::Award,
        floor_fen: None,
        below_floor: BelowFloor::Refuse,
        deposit: "本项目不收取保证金。".into(),
    }
}

fn record() -> Record {
    // A key for the sample alone: it signs nothing else.
    let (signer, mut tree) = (Signer::new(&"27".repeat(32)).unwrap(), Tree::default());
    let announced = Happened::Announced { terms: Box::new(terms()), drafted_by: official(LOT, "zhou"), approved_by: official(LOT, "wu") };
    let mut entries = vec![signer.append(&mut tree, LOT, at("23", "16:05:11.240"), announced)];
    for (vendor, time, yuan) in BIDS {
        let (code, name) = VENDORS[vendor];
        entries.push(signer.append(&mut tree, LOT, at("28", time), Happened::Bid { vendor: code.into(), name: name.into(), fen: yuan * 100 }));
    }
    let awarded = Happened::Awarded { bid: 9, vendor: VENDORS[0].0.into(), fen: 13_260_000, reason: String::new() };
    entries.push(signer.append(&mut tree, LOT, at("30", "10:02:47.885"), awarded));
    Record { format: FORMAT.into(), lot: LOT.into(), key: signer.key(), entries }
}

fn file(ending: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("content/www/market/trade/yx-jj-2026-027.{ending}"))
}

#[test]
fn the_record_is_what_was_bid_and_the_page_says_so() {
    let record = record();
    let verdict = verify(&record).unwrap();
    assert_eq!((verdict.bids, verdict.phase, verdict.lowest_fen), (9, Phase::Awarded, Some(13_260_000)));
    let text = serde_json::to_string_pretty(&record).unwrap() + "\n";
    if std::env::var_os("PORTICO_BLESS").is_some() {
        std::fs::write(file("json"), &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file("json")).unwrap(), text, "PORTICO_BLESS=1 writes it");
    let page = std::fs::read_to_string(file("md")).unwrap();
    for said in ["award_fen: 13260000", "bids: 9", "award_vendor: 云岫启衡办公设备有限公司", "closes_at: 2026-10-28 11:33", &verdict.root, &verdict.key]
    {
        assert!(page.contains(said), "{said}");
    }
    assert_eq!(page.matches("- {at: 2026-10-28 ").count(), 9, "the course");
}

fn verified(arguments: &[&str]) -> (Option<i32>, String, String) {
    let done = Command::new(env!("CARGO_BIN_EXE_portico")).args(["--lang", "zh", "verify-auction"]).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (done.status.code(), text(&done.stdout), text(&done.stderr))
}

#[test]
fn the_program_finds_the_entry_that_was_changed() {
    let good = file("json");
    let (code, told, _) = verified(&[good.to_str().unwrap()]);
    assert!(code == Some(0) && told.contains("11 条记录全部核验通过，报价 9 次，最低 132,600.00 元，已成交"), "{told}");
    let dir = tempfile::tempdir().unwrap();
    let bad = dir.path().join("bad.json");
    let text = std::fs::read_to_string(&good).unwrap();
    std::fs::write(&bad, text.replacen("\"fen\": 14110000", "\"fen\": 14110001", 1)).unwrap();
    let (code, _, told) = verified(&[bad.to_str().unwrap()]);
    assert_eq!((code, told.trim()), (Some(1), "核验不通过：第 5 条：内容与散列不符，本条或其散列被改动"));
    let (code, _, told) = verified(&[good.to_str().unwrap(), "--key", &"0".repeat(64)]);
    assert!(code == Some(1) && told.contains("签名公钥不是"), "{told}");
    std::fs::write(&bad, "{}").unwrap();
    assert_eq!(verified(&[bad.to_str().unwrap()]).0, Some(1));
    assert_eq!(verified(&["/no/such/file"]).0, Some(2));
}
