//! What the numbers are made of: one line a case, without anything that leads to a person.
//!
//! In: a desk. Out: [`Counted`] rows; what is made of them is told in `numbers.rs` of the sidecar.

use super::Store;
use super::database::{Row, Trouble, values};
use crate::sidecar::case::{Millis, State};

/// What is counted of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// The department; empty for the information centre.
    pub department: String,
    /// 办理状态
    pub state: State,
    /// When it came.
    pub received_at: Millis,
    /// When the clock began.
    pub accepted_at: Option<Millis>,
    /// When the answer had to be there.
    pub promised_at: Option<Millis>,
    /// When it was.
    pub answered_at: Option<Millis>,
    /// 1 to 5.
    pub rating: Option<i64>,
}

impl Store {
    /// Every case of a desk that was received before `before`, as it is counted.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn counted(&self, desk: &str, before: Millis) -> Result<Vec<Counted>, Trouble> {
        let sql = "SELECT department, state, received_at, accepted_at, promised_at, answered_at, rating FROM cases \
                   WHERE desk = $1 AND received_at < $2 AND suspect = 0 ORDER BY received_at, number";
        let counted = |mut row: Row| Counted {
            department: row.text(),
            state: State::parse(&row.text()).unwrap_or(State::Received),
            received_at: row.int(),
            accepted_at: row.maybe_int(),
            promised_at: row.maybe_int(),
            answered_at: row.maybe_int(),
            rating: row.maybe_int(),
        };
        Ok(self.database.rows(sql, values![desk, before]).await?.into_iter().map(counted).collect())
    }

    /// Open cases, overdue cases, and all cases there are.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn totals(&self, now: Millis) -> Result<(i64, i64, i64), Trouble> {
        let sql = "SELECT count(due_at), count(CASE WHEN due_at <= $1 THEN 1 END), count(*) FROM cases";
        Ok(self.database.row(sql, values![now]).await?.map_or((0, 0, 0), |mut row| (row.int(), row.int(), row.int())))
    }
}
