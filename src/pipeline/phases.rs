//! What took how long: the phases of a build, a check, a publication.
//!
//! In: the names of phases as they end. Out: their milliseconds, in order.

use std::time::Instant;

/// Phases that are over, and when the one that is running began.
#[derive(Debug)]
pub struct Phases {
    begun: Instant,
    /// Names and milliseconds, in order.
    pub over: Vec<(&'static str, u64)>,
}

impl Phases {
    /// The first phase begins.
    #[must_use]
    pub fn start() -> Self {
        Self { begun: Instant::now(), over: Vec::new() }
    }

    /// A phase is over, the next begins.
    pub fn done(&mut self, name: &'static str) {
        let begun = std::mem::replace(&mut self.begun, Instant::now());
        self.over.push((name, u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX)));
    }
}
