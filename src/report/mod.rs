//! Reports to be read by people: what a check found, and who published what in a month.
//!
//! In: a check's findings; a group and its history. Out: static pages with their own style, CSV and Markdown, as names and texts. The same input
//! gives the same texts. Writes no file and reads no clock.

pub mod checkup;
pub mod monthly;
mod paper;
pub mod ranking;
pub mod searches;
pub mod tally;

/// A file of a report: its name in the report's folder, and its text.
pub type Sheet = (String, String);
