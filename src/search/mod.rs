//! 搜索: everything public in one index, and what is asked of it.
//!
//! In: the assembled group as it was built; words somebody looks for. Out: an index folder that follows the group, changing only what changed; an
//! [`answer::Answer`]. The index is its own memory: each document carries a digest of what it was made from. Nothing in it is shown that the build under
//! its conditions does not publish. Knows no web.

pub mod answer;
pub mod dictionary;
mod document;
pub mod excerpt;
mod folder;
mod gather;
pub mod index;
mod meant;
mod passage;
pub mod question;
mod schema;
mod searcher;
pub mod shown;
pub mod tokens;

pub use index::{SearchError, Updated, discard, update};
pub use searcher::Searcher;
