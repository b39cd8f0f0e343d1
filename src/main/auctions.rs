//! `portico verify-auction`: a published record is gone through, offline when it is a file.
//!
//! In: a file or an address, maybe receipts and the key that is expected. Out: what the record shows, or the first entry that is wrong.

use std::path::Path;

use anyhow::Context;
use portico::cli::VerifyArgs;
use portico::diagnostic::Lang;
use portico::sidecar::auction::price::yuan;
use portico::sidecar::auction::record::{Fault, Receipt, Record, Verdict, verify, verify_receipt};

/// Bytes of a record at most: some two million bids.
const LARGEST: u64 = 1024 * 1024 * 1024;

pub(super) fn check(args: &VerifyArgs, lang: Lang) -> anyhow::Result<u8> {
    let record: Record = match serde_json::from_str(&text(&args.record)?) {
        Ok(record) => record,
        Err(e) => return Ok(told(&Fault { entry: None, zh: format!("不是竞价记录：{e}"), en: format!("no record of an auction: {e}") }, lang)),
    };
    let verdict = match verify(&record) {
        Ok(verdict) => verdict,
        Err(fault) => return Ok(told(&fault, lang)),
    };
    if let Some(key) = args.key.as_ref().filter(|key| **key != record.key) {
        let (zh, en) = (format!("签名公钥不是 {key}，而是 {}", record.key), format!("the key is not {key} but {}", record.key));
        return Ok(told(&Fault { entry: None, zh, en }, lang));
    }
    for path in &args.receipt {
        if let Err(fault) = verify_receipt(&record, &receipt(path)?) {
            return Ok(told(&fault, lang));
        }
    }
    println!("{}", summary(&verdict, args.receipt.len(), lang));
    Ok(0)
}

fn told(fault: &Fault, lang: Lang) -> u8 {
    match lang {
        Lang::Zh => eprintln!("核验不通过：{}", fault.zh),
        Lang::En => eprintln!("not good: {}", fault.en),
    }
    1
}

fn text(place: &str) -> anyhow::Result<String> {
    if place.starts_with("https://") || place.starts_with("http://") {
        let mut answer = ureq::get(place).call().with_context(|| place.to_string())?;
        return answer.body_mut().with_config().limit(LARGEST).read_to_string().with_context(|| place.to_string());
    }
    std::fs::read_to_string(place).with_context(|| place.to_string())
}

fn receipt(path: &Path) -> anyhow::Result<Receipt> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    serde_json::from_str(&text).with_context(|| path.display().to_string())
}

fn summary(v: &Verdict, receipts: usize, lang: Lang) -> String {
    let lowest = v.lowest_fen.map_or_else(|| "—".into(), yuan);
    match lang {
        Lang::Zh => format!(
            "{}：{} 条记录全部核验通过，报价 {} 次，最低 {lowest} 元，{}；回执 {receipts} 份相符\n散列 {}\n公钥 {}",
            v.lot,
            v.entries,
            v.bids,
            if v.phase.word() == "open" { "记录尚无结果" } else { v.phase.name() },
            v.root,
            v.key
        ),
        Lang::En => format!(
            "{}: all {} entries are good, {} bids, lowest CNY {lowest}, {}; {receipts} receipts fit\nroot {}\nkey {}",
            v.lot,
            v.entries,
            v.bids,
            if v.phase.word() == "open" { "no result in it yet" } else { v.phase.word() },
            v.root,
            v.key
        ),
    }
}
