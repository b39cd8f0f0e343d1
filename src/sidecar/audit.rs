//! The audit (核查): whether the database still says what the service wrote there.
//!
//! In: a lot or a vendor. Out: everything that does not fit: rows whose seal is broken, entries that do not follow from each other, answers and
//! rows that say something else than the record.

use super::auction::record::{Receipt, Record, bids_of, verify, verify_receipt};
use super::bidding::{Answer, Auctioneer};
use super::store::Store;
use super::store::database::Trouble;
use super::store::lots::{Answered, Lot};

/// What is wrong with a lot; nothing when all is well.
///
/// # Errors
/// When the database does not answer.
pub async fn lot(store: &Store, auctioneer: &Auctioneer, id: &str) -> Result<Vec<String>, Trouble> {
    let lot = match store.lot(id).await {
        Ok(Some(lot)) => lot,
        Ok(None) => return Ok(vec![format!("{id}: the lot is gone")]),
        Err(cause) => return Ok(vec![format!("{id}: {cause}")]),
    };
    let record = auctioneer.record(id, store.entries(id, 0, i64::MAX).await?);
    let mut found = Vec::new();
    if !lot.is_whole(auctioneer.signer()) {
        found.push(format!("{id}: the lot's row was changed"));
    }
    if lot.tree.size() == 0 && record.entries.is_empty() {
        return Ok(found);
    }
    found.extend(verify(&record).err().map(|fault| format!("{id}: {}", fault.en)));
    found.extend(beside(&lot, &record));
    let answers = store.answers(id).await?;
    found.extend(answers.iter().filter_map(|answer| answered(answer, &record, auctioneer)));
    let told = answers.iter().filter(|a| receipt(a).is_some()).count();
    if told != bids_of(&record).len() {
        found.push(format!("{id}: {told} receipts for {} bids", bids_of(&record).len()));
    }
    Ok(found)
}

/// Whether a lot's row is the one that belongs to the end of its record, and not an earlier one.
fn beside(lot: &Lot, record: &Record) -> Option<String> {
    let last = record.entries.last();
    let same = last.is_some_and(|last| last.root == lot.tree.root() && last.signature == lot.signature);
    let sizes = record.entries.len() as u64 == lot.tree.size();
    (!same || !sizes).then(|| format!("{}: the lot's row is not the one that belongs to the record", lot.id))
}

fn receipt(answer: &Answered) -> Option<Receipt> {
    match serde_json::from_str(&answer.answer) {
        Ok(Answer::Taken(receipt)) => Some(receipt),
        _ => None,
    }
}

fn answered(answer: &Answered, record: &Record, auctioneer: &Auctioneer) -> Option<String> {
    let told = |what: &str| Some(format!("{}: the answer {} of {} {what}", answer.lot, answer.key, answer.vendor));
    if !answer.is_whole(auctioneer.signer()) {
        return told("was changed");
    }
    let receipt = receipt(answer)?;
    let same = receipt.vendor == answer.vendor && receipt.fen == answer.fen && receipt.lot == answer.lot;
    if same && verify_receipt(record, &receipt).is_ok() { None } else { told("is not in the record") }
}

/// What is wrong with a vendor; nothing when all is well.
///
/// # Errors
/// When the database does not answer.
pub async fn vendor(store: &Store, auctioneer: &Auctioneer, code: &str) -> Result<Vec<String>, Trouble> {
    let Some(vendor) = store.vendor(code).await? else { return Ok(vec![format!("{code}: the vendor is gone")]) };
    let (events, signer) = (store.vendor_events(code).await?, auctioneer.signer());
    let mut found = Vec::new();
    if !vendor.is_whole(signer) {
        found.push(format!("{code}: the vendor's row was changed"));
    }
    found.extend(events.iter().filter(|event| !event.is_whole(signer)).map(|event| format!("{code}: event {} was changed", event.version)));
    let in_order = events.iter().zip(1..).all(|(event, n)| event.version == n);
    if !in_order || events.len() as i64 != vendor.version {
        found.push(format!("{code}: {} events for version {}", events.len(), vendor.version));
    }
    Ok(found)
}

/// What is wrong anywhere.
///
/// # Errors
/// When the database does not answer.
pub async fn everything(store: &Store, auctioneer: &Auctioneer) -> Result<Vec<String>, Trouble> {
    let mut found = Vec::new();
    for id in store.lot_ids().await? {
        found.extend(lot(store, auctioneer, &id).await?);
    }
    for each in store.vendors().await? {
        found.extend(vendor(store, auctioneer, &each.code).await?);
    }
    Ok(found)
}
