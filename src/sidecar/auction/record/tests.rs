//! Records as they are made, and every way of changing one afterwards.

#![expect(clippy::unwrap_used, reason = "tests")]

use super::*;
use crate::sidecar::auction::tests::terms;
use crate::sidecar::auction::{Phase, SETTLE, Terms};

fn signer() -> Signer {
    Signer::new(&"07".repeat(32)).unwrap()
}

fn announced_by(terms: &Terms) -> Happened {
    Happened::Announced { terms: Box::new(terms.clone()), drafted_by: official("x", "zhou"), approved_by: official("x", "wu") }
}

/// A whole auction: announced, three bids of two vendors, awarded.
fn record() -> Record {
    let (terms, signer, mut tree) = (terms(), signer(), Tree::default());
    let opens = terms.opens_at;
    let bid = |vendor: &str, fen| Happened::Bid { vendor: vendor.into(), name: format!("{vendor}公司"), fen };
    let awarded = Happened::Awarded { bid: 3, vendor: "甲".into(), fen: 14_000_000, reason: String::new() };
    let course = [
        (0, announced_by(&terms)),
        (opens, bid("甲", 15_300_000)),
        (opens + 5, bid("乙", 15_000_000)),
        (opens + 9, bid("甲", 14_000_000)),
        (terms.closes_at + SETTLE, awarded),
    ];
    let entries = course.into_iter().map(|(at, happened)| signer.append(&mut tree, "YXJJ-2026-040", at, happened)).collect();
    Record { format: FORMAT.into(), lot: "YXJJ-2026-040".into(), key: signer.key(), entries }
}

fn receipt(record: &Record, index: usize) -> Receipt {
    let signed = &record.entries[index];
    let bid = bids_of(record).into_iter().find(|b| b.index == index as u64).unwrap();
    Receipt {
        lot: record.lot.clone(),
        index: bid.index,
        at: bid.at,
        vendor: bid.vendor,
        fen: bid.fen,
        root: signed.root.clone(),
        signature: signed.signature.clone(),
        key: record.key.clone(),
    }
}

#[test]
fn a_record_as_it_was_made_is_good() {
    let record = record();
    let verdict = verify(&record).unwrap();
    assert_eq!((verdict.entries, verdict.bids, verdict.phase, verdict.lowest_fen), (5, 3, Phase::Awarded, Some(14_000_000)));
    for index in 1..=3 {
        assert_eq!(verify_receipt(&record, &receipt(&record, index)), Ok(()));
    }
    let again: Record = serde_json::from_str(&serde_json::to_string_pretty(&record).unwrap()).unwrap();
    assert_eq!(verify(&again), Ok(verdict), "how the file is written does not matter");
}

#[test]
fn json_has_one_form() {
    let value: Value = serde_json::from_str(r#"{"b": [1, "a\u0000\n\u00e9"], "a": {"z": null, "y": true}}"#).unwrap();
    assert_eq!(canonical(&value), "{\"a\":{\"y\":true,\"z\":null},\"b\":[1,\"a\\u0000\\né\"]}");
}

/// Every place in a JSON value that holds a plain value, as a path.
fn leaves(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| leaves(inner, &format!("{path}/{key}"), found)),
        Value::Array(items) => items.iter().enumerate().for_each(|(i, inner)| leaves(inner, &format!("{path}/{i}"), found)),
        _ => found.push(path.to_string()),
    }
}

/// The same value, a little different.
fn other(value: &Value) -> Value {
    match value {
        Value::Number(n) => json!(n.as_i64().unwrap() + 1),
        Value::String(text) if text.is_empty() => json!("x"),
        Value::String(text) => {
            let last = text.chars().next_back().unwrap();
            json!(format!("{}{}", &text[..text.len() - last.len_utf8()], if last == '0' { '1' } else { '0' }))
        }
        _ => json!(7),
    }
}

fn faults(value: Value) -> bool {
    serde_json::from_value::<Record>(value).map_or(true, |record| verify(&record).is_err())
}

#[test]
fn whatever_value_of_a_record_is_changed_it_is_found() {
    let whole = serde_json::to_value(record()).unwrap();
    let mut paths = Vec::new();
    leaves(&whole, "", &mut paths);
    assert!(paths.len() > 50);
    for path in paths {
        let mut changed = whole.clone();
        let place = changed.pointer_mut(&path).unwrap();
        *place = other(place);
        assert!(faults(changed), "{path}");
    }
}

#[test]
fn the_entry_that_was_changed_is_named() {
    for (index, pointer) in
        [(1, "/entry/happened/bid/fen"), (2, "/entry/at"), (3, "/entry/happened/bid/vendor"), (0, "/entry/happened/announced/terms/ceiling_fen")]
    {
        let mut changed = record();
        let mut entry = serde_json::to_value(&changed.entries[index]).unwrap();
        let place = entry.pointer_mut(pointer).unwrap();
        *place = other(place);
        changed.entries[index] = serde_json::from_value(entry).unwrap();
        assert_eq!(verify(&changed).unwrap_err().entry, Some(index), "{pointer}");
    }
}

#[test]
fn entries_taken_out_put_in_or_moved_are_found() {
    let whole = record();
    for at in 0..4 {
        let mut cut = whole.clone();
        cut.entries.remove(at);
        assert_eq!(verify(&cut).unwrap_err().entry, Some(at), "the first that does not follow");
        let mut swapped = whole.clone();
        swapped.entries.swap(at, at + 1);
        assert_eq!(verify(&swapped).unwrap_err().entry, Some(at));
        let mut doubled = whole.clone();
        doubled.entries.insert(at, whole.entries[at].clone());
        assert_eq!(verify(&doubled).unwrap_err().entry, Some(at + 1));
    }
    // A cut tail leaves a record that is good as far as it goes; it shows no end, and receipts beyond it speak against it.
    let mut short = whole.clone();
    short.entries.truncate(3);
    assert_eq!(verify(&short).unwrap().phase, Phase::Open);
    assert!(verify_receipt(&short, &receipt(&whole, 3)).is_err());
}

#[test]
fn a_record_made_anew_by_the_holder_of_the_key_is_found_by_receipts() {
    let before = record();
    let (signer, mut tree) = (signer(), Tree::default());
    let forged = before.entries.iter().map(|signed| {
        let mut entry: Entry = serde_json::from_value(signed.entry.clone()).unwrap();
        if let (2, Happened::Bid { fen, .. }) = (entry.index, &mut entry.happened) {
            *fen -= 100;
        }
        signer.append(&mut tree, &entry.lot, entry.at, entry.happened)
    });
    let forged = Record { entries: forged.collect(), ..before.clone() };
    assert!(verify(&forged).is_ok(), "by itself it looks good");
    assert_eq!(verify_receipt(&forged, &receipt(&before, 1)), Ok(()), "before the change nothing differs");
    assert_eq!(verify_receipt(&forged, &receipt(&before, 2)).unwrap_err().entry, Some(2));
    assert_eq!(verify_receipt(&forged, &receipt(&before, 3)).unwrap_err().entry, Some(3), "what follows is bound to it");
}

#[test]
fn a_receipt_that_was_changed_is_worth_nothing() {
    let record = record();
    let whole = serde_json::to_value(receipt(&record, 2)).unwrap();
    for key in whole.as_object().unwrap().keys() {
        let mut changed = whole.clone();
        changed[key] = other(&changed[key]);
        let receipt: Receipt = serde_json::from_value(changed).unwrap();
        assert!(verify_receipt(&record, &receipt).is_err(), "{key}");
    }
}

#[test]
fn a_record_that_is_signed_but_breaks_the_rules_is_found() {
    let terms = terms();
    let bid = |fen| Happened::Bid { vendor: "甲".into(), name: "甲".into(), fen };
    let award = |bid, fen, reason: &str| Happened::Awarded { bid, vendor: "甲".into(), fen, reason: reason.into() };
    let announced = |terms: &Terms| (0, announced_by(terms));
    let (opens, after) = (terms.opens_at, terms.closes_at + SETTLE);
    let late = Terms { opens_at: 0, ..terms.clone() };
    for (entry, course) in [
        (1, vec![announced(&terms), (opens - 1, bid(100))]),
        (1, vec![announced(&terms), (terms.closes_at, bid(100))]),
        (2, vec![announced(&terms), (opens, bid(200_000)), (opens, bid(190_000))]),
        (0, vec![(opens, bid(100))]),
        (0, vec![announced(&late)]),
        (1, vec![announced(&terms), announced(&terms)]),
        (2, vec![announced(&terms), (opens, bid(100)), (opens + 1, award(1, 100, ""))]),
        (2, vec![announced(&terms), (opens, bid(100)), (after, award(1, 99, ""))]),
        (2, vec![announced(&terms), (1, Happened::Cancelled { reason: "需求变更".into() }), (opens, bid(100))]),
        (1, vec![announced(&terms), (1, Happened::Cancelled { reason: " ".into() })]),
        (1, vec![announced(&terms), (opens, Happened::Failed { reason: "无人报价".into() })]),
    ] {
        let (signer, mut tree) = (signer(), Tree::default());
        let entries = course.into_iter().map(|(at, happened)| signer.append(&mut tree, "x", at, happened)).collect();
        let record = Record { format: FORMAT.into(), lot: "x".into(), key: signer.key(), entries };
        assert_eq!(verify(&record).unwrap_err().entry, Some(entry), "{record:?}");
    }
}

#[test]
fn a_key_of_another_kind_is_refused() {
    for bad in ["", "00", "zz", &"0".repeat(63), &"0".repeat(66)] {
        assert_eq!(Signer::new(bad).err(), Some(BadSeed), "{bad}");
    }
    assert_eq!(signer().key(), signer().key());
}
