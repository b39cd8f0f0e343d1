//! The course of an auction as a picture: price against time, in numbers that a template writes into an SVG.
//!
//! In: bids in their order, the ceiling and the window. Out: a [`Course`]: a line of steps, since a price holds until the next one. Pure.

use std::fmt::Write;

use serde::Serialize;

use crate::source::date::Date;
use crate::source::front_matter::ReverseAuction;

/// The picture's size and the frame inside it that the prices fill, in its own units.
const WIDTH: i64 = 720;
const HEIGHT: i64 = 240;
const LEFT: i64 = 96;
const RIGHT: i64 = 708;
const TOP: i64 = 16;
const BOTTOM: i64 = 208;

/// A drawn course.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Course {
    /// Width of the picture.
    pub width: i64,
    /// Height of the picture.
    pub height: i64,
    /// Where the frame begins and ends: left, right, top, bottom.
    pub frame: (i64, i64, i64, i64),
    /// The `d` of a path.
    pub path: String,
    /// Where the last price stands.
    pub last: (i64, i64),
    /// Heights, and the prices in fen that lie there.
    pub prices: Vec<(i64, i64)>,
}

/// Draws prices in fen at their moments, from `opens_at` to `until`, all in the same unit; nothing without a bid.
#[must_use]
pub fn draw(bids: &[(i64, i64)], ceiling: i64, opens_at: i64, until: i64) -> Option<Course> {
    let lowest = bids.iter().map(|(_, fen)| *fen).min()?;
    let (span, drop) = ((until - opens_at).max(1), (ceiling - lowest).max(1));
    let x = |at: i64| LEFT + (at.clamp(opens_at, until.max(opens_at)) - opens_at) * (RIGHT - LEFT) / span;
    // The lowest price stays a little above the frame's lower edge.
    let y = |fen: i64| TOP + (ceiling - fen.min(ceiling)) * (BOTTOM - TOP - 12) / drop;
    let mut path = format!("M{} {}", LEFT, y(ceiling));
    let mut last = (LEFT, y(ceiling));
    for (at, fen) in bids {
        let here = (x(*at), y(*fen));
        // Many bids at one place are one step.
        if here != last {
            // Writing to a String never fails.
            let _ = write!(path, "H{}V{}", here.0, here.1);
            last = here;
        }
    }
    let _ = write!(path, "H{RIGHT}");
    let mut prices: Vec<(i64, i64)> = [ceiling, ceiling - (ceiling - lowest) / 2, lowest].into_iter().map(|fen| (y(fen), fen)).collect();
    prices.dedup();
    Some(Course { width: WIDTH, height: HEIGHT, frame: (LEFT, RIGHT, TOP, BOTTOM), path, last: (RIGHT, last.1), prices })
}

/// The course of a lot whose front matter tells its bids.
#[must_use]
pub fn of(lot: &ReverseAuction) -> Option<Course> {
    let seconds = |date: Date| date.civil().to_zoned(jiff::tz::TimeZone::UTC).map_or(0, |z| z.timestamp().as_second());
    let bids: Vec<(i64, i64)> = lot.course.iter().filter_map(|bid| Some((seconds(bid.at?), bid.fen?))).collect();
    let (opens_at, closes_at) = (seconds(lot.opens_at?), seconds(lot.closes_at?));
    draw(&bids, lot.ceiling_fen?, opens_at, closes_at)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_price_holds_until_the_next_one() {
        let course = draw(&[(25, 900), (75, 500)], 1000, 0, 100).unwrap();
        assert_eq!(course.path, "M96 16H249V52H555V196H708");
        assert_eq!(course.prices, [(16, 1000), (106, 750), (196, 500)]);
        assert_eq!(draw(&[], 1000, 0, 100), None);
    }

    #[test]
    fn everything_lies_inside_the_frame() {
        let course = draw(&[(-5, 2000), (500, 1)], 1000, 0, 0).unwrap();
        assert!(course.prices.iter().all(|(y, _)| (TOP..=BOTTOM).contains(y)));
        assert!(draw(&[(5, 10_000_000_000_000)], 10_000_000_000_000, 0, 10).is_some());
    }
}
