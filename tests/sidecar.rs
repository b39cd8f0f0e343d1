//! The side service, on SQLite and on a real PostgreSQL alike.
//!
//! In: databases of its own. Out: what the store, the rules and the web promise together. PostgreSQL is started here, privately.

#![cfg(feature = "sidecar")]
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

#[path = "sidecar/auctions.rs"]
mod auctions;
#[path = "sidecar/bid_kills.rs"]
mod bid_kills;
#[path = "sidecar/city.rs"]
mod city;
#[path = "sidecar/cluster.rs"]
mod cluster;
#[path = "sidecar/edges.rs"]
mod edges;
#[path = "sidecar/finding.rs"]
mod finding;
#[path = "sidecar/full_disk.rs"]
mod full_disk;
#[path = "sidecar/histories.rs"]
mod histories;
#[path = "sidecar/keeping.rs"]
mod keeping;
#[path = "sidecar/kills.rs"]
mod kills;
#[path = "sidecar/letters.rs"]
mod letters;
#[path = "sidecar/market.rs"]
mod market;
#[path = "sidecar/matrix.rs"]
mod matrix;
#[path = "sidecar/office.rs"]
mod office;
#[path = "sidecar/peers.rs"]
mod peers;
#[path = "sidecar/program.rs"]
mod program;
#[path = "sidecar/provider.rs"]
mod provider;
#[path = "sidecar/several.rs"]
mod several;
#[path = "sidecar/tampering.rs"]
mod tampering;
