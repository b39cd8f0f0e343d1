//! How often one address may ask: a bucket of tokens that fills evenly. Held in memory, for questions that change nothing.
//!
//! In: an address and the moment. Out: whether it may go on. What writes is limited in the database instead.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use super::case::Millis;

/// Addresses that are remembered at most.
const ADDRESSES: usize = 20_000;
const MINUTE: Millis = 60_000;

/// Buckets by address.
#[derive(Debug)]
pub struct Pace {
    /// A minute; 0: without end.
    most: Millis,
    /// What is left of each, in sixty-thousandths of a question, and when that was.
    buckets: Mutex<HashMap<String, (Millis, Millis)>>,
}

impl Pace {
    /// As many questions a minute; 0 for any number.
    #[must_use]
    pub fn new(a_minute: i64) -> Self {
        Self { most: a_minute.clamp(0, 1_000_000), buckets: Mutex::default() }
    }

    /// Takes one from the bucket of an address, if there is one in it. An address that is not known has none.
    #[must_use]
    pub fn takes(&self, address: &str, now: Millis) -> bool {
        if self.most == 0 || address.is_empty() {
            return true;
        }
        let full = self.most * MINUTE;
        let filled = |(left, at): (Millis, Millis)| (left + (now - at).clamp(0, MINUTE) * self.most).min(full);
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= ADDRESSES {
            buckets.retain(|_, bucket| filled(*bucket) < full);
            // So many at once are no citizens; who asks slowly loses nothing by being forgotten.
            if buckets.len() >= ADDRESSES {
                buckets.clear();
            }
        }
        let bucket = buckets.entry(address.to_string()).or_insert((full, now));
        let left = filled(*bucket);
        let takes = left >= MINUTE;
        *bucket = (if takes { left - MINUTE } else { left }, now);
        takes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bucket_empties_and_fills_again() {
        let pace = Pace::new(60);
        assert_eq!((0..100).filter(|_| pace.takes("a", 0)).count(), 60);
        assert!(pace.takes("b", 0), "each has its own");
        assert!(!pace.takes("a", 999) && pace.takes("a", 1_000) && !pace.takes("a", 1_001));
        assert_eq!((0..100).filter(|_| pace.takes("a", 3_600_000)).count(), 60, "never more than full");
    }

    #[test]
    fn without_a_limit_or_an_address_all_go_on() {
        assert!((0..1_000).all(|_| Pace::new(0).takes("a", 0)));
        let pace = Pace::new(1);
        assert!((0..1_000).all(|_| pace.takes("", 0)));
    }

    #[test]
    fn a_flood_of_addresses_takes_a_bounded_room() {
        let pace = Pace::new(60);
        assert!((0..3 * ADDRESSES).all(|n| pace.takes(&n.to_string(), 0)));
        assert!(pace.buckets.lock().is_ok_and(|b| b.len() <= ADDRESSES));
    }
}
