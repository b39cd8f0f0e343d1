//! Rows that carry a seal: a signature over their other columns, made with a key that does not lie in the database.
//!
//! In: a table's name, a row's values, the signer. Out: the values with their seal, or whether a seal fits. Knows no particular table.

use serde_json::{Value as Json, json};

use super::database::Value;
use crate::sidecar::auction::record::{Signer, canonical};

fn text(table: &str, row: &[Value]) -> String {
    let plain = |value: &Value| match value {
        Value::Int(n) => json!(n),
        Value::Text(t) => json!(t),
        Value::Bytes(bytes) => json!(bytes),
    };
    canonical(&json!([table, row.iter().map(plain).collect::<Vec<Json>>()]))
}

/// A row with its seal at the end.
#[must_use]
pub fn sealed(table: &str, mut row: Vec<Value>, signer: &Signer) -> Vec<Value> {
    let seal = signer.sign(&text(table, &row));
    row.push(seal.into());
    row
}

/// Whether a seal fits a row.
#[must_use]
pub fn fits(table: &str, row: &[Value], seal: &str, signer: &Signer) -> bool {
    signer.has_signed(&text(table, row), seal)
}
