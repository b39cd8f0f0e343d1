//! A lot's record (竞价记录) that cannot be quietly changed. Pure.
//!
//! In: what happened, entry by entry. Out: signed entries, each bound to all before it, receipts, and the verdict on a published record. Leaves
//! and nodes are hashed as in RFC 9162 (SHA-256, `0x00` and `0x01` before them); an entry's bytes are its JSON in the form of RFC 8785;
//! tree heads are signed with Ed25519.

mod tree;
mod verdict;

use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Fen, Terms};
use crate::sidecar::case::Millis;
pub use tree::Tree;
pub use verdict::{Fault, Verdict, bids_of, verify, verify_receipt};

/// What a published record calls itself.
pub const FORMAT: &str = "portico-auction-record/1";

/// What happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", deny_unknown_fields)]
pub enum Happened {
    /// The lot was announced: always the first entry.
    Announced {
        /// Frozen from here on.
        terms: Box<Terms>,
        /// SHA-256 of `LOT/ACCOUNT` of the official who wrote them.
        drafted_by: String,
        /// The same of the other official who approved them.
        approved_by: String,
    },
    /// A bid was taken.
    Bid {
        /// The vendor's 信用代码.
        vendor: String,
        /// The vendor's name.
        name: String,
        /// The price.
        fen: Fen,
    },
    /// The lot was cancelled: the last entry.
    Cancelled {
        /// Why.
        reason: String,
    },
    /// 流标: the last entry.
    Failed {
        /// Why.
        reason: String,
    },
    /// 成交: the last entry.
    Awarded {
        /// The number of the bid's entry.
        bid: u64,
        /// The vendor's 信用代码.
        vendor: String,
        /// The price.
        fen: Fen,
        /// Why, when it is not the lowest or lies below the floor.
        reason: String,
    },
}

/// One entry of a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// 竞价编号
    pub lot: String,
    /// Its place in the record, from 0: the sequence number.
    pub index: u64,
    /// When: for a bid, when the complete request was received.
    pub at: Millis,
    /// The root of the tree of all entries before it, hexadecimal.
    pub previous: String,
    /// What happened.
    pub happened: Happened,
}

/// An entry as it is kept and published: with the root of the tree that ends with it, signed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// The entry. Its bytes are [`canonical`].
    pub entry: Value,
    /// The tree's root after it, hexadecimal.
    pub root: String,
    /// Ed25519 over [`head_text`], hexadecimal.
    pub signature: String,
}

/// A whole record as it is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// [`FORMAT`]
    pub format: String,
    /// 竞价编号
    pub lot: String,
    /// The public key, hexadecimal.
    pub key: String,
    /// The entries in their order.
    pub entries: Vec<Signed>,
}

/// What a vendor keeps of a bid that was taken. It proves that the record held the bid, at this place and time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// 竞价编号
    pub lot: String,
    /// 序号: the entry's place in the record.
    pub index: u64,
    /// When the complete request was received.
    pub at: Millis,
    /// The vendor's 信用代码.
    pub vendor: String,
    /// The price.
    pub fen: Fen,
    /// The record's root after it, hexadecimal.
    pub root: String,
    /// Ed25519 over [`head_text`], hexadecimal.
    pub signature: String,
    /// The public key, hexadecimal.
    pub key: String,
}

/// How an official stands in a record: bound to it, without the name of an account being told.
#[must_use]
pub fn official(lot: &str, account: &str) -> String {
    crate::sidecar::seal::hash(&format!("{lot}/{account}"))
}

/// JSON in one form only (RFC 8785): keys sorted, no blanks. Records hold whole numbers below 2⁵³, texts, lists and maps with plain keys.
#[must_use]
pub fn canonical(value: &Value) -> String {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.sort_unstable();
            let members: Vec<String> = keys.into_iter().map(|key| format!("{}:{}", json!(key), canonical(&map[key]))).collect();
            format!("{{{}}}", members.join(","))
        }
        Value::Array(items) => format!("[{}]", items.iter().map(canonical).collect::<Vec<_>>().join(",")),
        plain => plain.to_string(),
    }
}

/// What is signed of a tree head.
#[must_use]
pub fn head_text(lot: &str, size: u64, at: Millis, root: &str) -> String {
    canonical(&json!({"lot": lot, "size": size, "at": at, "root": root}))
}

/// Signs tree heads.
pub struct Signer(Ed25519KeyPair);

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Signer")
    }
}

/// Not thirty-two bytes as sixty-four hexadecimal digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a signing key is 32 bytes, written as 64 hexadecimal digits")]
pub struct BadSeed;

impl Signer {
    /// From a secret seed, hexadecimal.
    ///
    /// # Errors
    /// When it is none.
    pub fn new(seed: &str) -> Result<Self, BadSeed> {
        let seed = tree::bytes::<32>(seed.trim()).ok_or(BadSeed)?;
        Ed25519KeyPair::from_seed_unchecked(&seed).map(Self).map_err(|_| BadSeed)
    }

    /// The public key, hexadecimal.
    #[must_use]
    pub fn key(&self) -> String {
        tree::hex(self.0.public_key().as_ref())
    }

    /// Signs a text, hexadecimal.
    #[must_use]
    pub fn sign(&self, text: &str) -> String {
        tree::hex(self.0.sign(text.as_bytes()).as_ref())
    }

    /// Whether a text was signed with this key.
    #[must_use]
    pub fn has_signed(&self, text: &str, signature: &str) -> bool {
        is_signed(&self.key(), text, signature)
    }

    /// Appends what happened to a lot's record.
    #[must_use]
    pub fn append(&self, tree: &mut Tree, lot: &str, at: Millis, happened: Happened) -> Signed {
        let entry = Entry { lot: lot.to_string(), index: tree.size(), at, previous: tree.root(), happened };
        // Numbers, texts and lists always are JSON.
        let entry = serde_json::to_value(entry).unwrap_or_default();
        tree.append(canonical(&entry).as_bytes());
        let root = tree.root();
        let signature = self.sign(&head_text(lot, tree.size(), at, &root));
        Signed { entry, root, signature }
    }
}

/// Whether a tree head is signed by the holder of a key.
#[must_use]
fn is_signed(key: &str, text: &str, signature: &str) -> bool {
    let (Some(key), Some(signature)) = (tree::bytes::<32>(key), tree::bytes::<64>(signature)) else { return false };
    UnparsedPublicKey::new(&ED25519, key).verify(text.as_bytes(), &signature).is_ok()
}

#[cfg(test)]
mod tests;
