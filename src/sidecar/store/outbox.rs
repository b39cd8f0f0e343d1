//! Notices waiting to be delivered: written together with what they tell of, so that none is lost, and under a key of their own, so that
//! none is written twice.
//!
//! In: notices, and how their delivery went. Out: those that are due. How they are delivered is not known here.

use super::Store;
use super::database::{Row, Statement, Trouble, Unmet, values};
use crate::sidecar::case::Millis;

/// A notice.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Notice {
    /// The case, its version, the kind and the addressee: the same notice has the same key.
    pub id: String,
    /// `received`, `answered`, `due-soon`, …
    pub kind: String,
    /// The case.
    pub number: String,
    /// `mail` or `webhook`.
    pub channel: String,
    /// A mail address; empty for the webhook.
    pub address: String,
    /// The subject line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// When it was written.
    pub created_at: Millis,
    /// How often its delivery has failed.
    pub tries: i64,
    /// When it was delivered.
    pub delivered_at: Option<Millis>,
    /// Why the last try failed.
    pub trouble: String,
}

/// Puts a notice into the outbox.
#[must_use]
pub fn add(notice: &Notice) -> Statement {
    let sql = "INSERT INTO outbox (id, kind, number, channel, address, subject, text, created_at, next_at, tries, delivered_at, trouble) \
               VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8, 0, NULL, '') ON CONFLICT (id) DO NOTHING";
    let n = notice;
    Statement::new(sql, values![&*n.id, &*n.kind, &*n.number, &*n.channel, &*n.address, &*n.subject, &*n.text, n.created_at])
}

/// Claims a notice until `until`, so that no other sidecar delivers it meanwhile; a conflict when another one has.
#[must_use]
pub fn claim(notice: &Notice, now: Millis, until: Millis) -> Statement {
    let sql = "UPDATE outbox SET next_at = $3 WHERE id = $1 AND next_at <= $2 AND delivered_at IS NULL";
    Statement::new(sql, values![&*notice.id, now, until]).or(Unmet::Conflict)
}

/// A notice has been delivered.
#[must_use]
pub fn delivered(id: &str, now: Millis) -> Statement {
    Statement::new("UPDATE outbox SET delivered_at = $2, next_at = NULL, trouble = '' WHERE id = $1", values![id, now])
}

/// A notice could not be delivered; it is tried again at `next`, or given up.
#[must_use]
pub fn failed(id: &str, trouble: &str, next: Option<Millis>) -> Statement {
    Statement::new("UPDATE outbox SET tries = tries + 1, next_at = $2, trouble = $3 WHERE id = $1", values![id, next, trouble])
}

fn notice(mut row: Row) -> Notice {
    Notice {
        id: row.text(),
        kind: row.text(),
        number: row.text(),
        channel: row.text(),
        address: row.text(),
        subject: row.text(),
        text: row.text(),
        created_at: row.int(),
        tries: row.int(),
        delivered_at: row.maybe_int(),
        trouble: row.text(),
    }
}

impl Store {
    /// Notices that are due.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notices_due(&self, now: Millis) -> Result<Vec<Notice>, Trouble> {
        let sql = "SELECT id, kind, number, channel, address, subject, text, created_at, tries, delivered_at, trouble FROM outbox \
                   WHERE next_at <= $1 ORDER BY next_at, id LIMIT 50";
        Ok(self.database.rows(sql, values![now]).await?.into_iter().map(notice).collect())
    }

    /// The notices of a case, and how their delivery stands.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notices_of(&self, number: &str) -> Result<Vec<Notice>, Trouble> {
        let sql = "SELECT id, kind, number, channel, address, subject, text, created_at, tries, delivered_at, trouble FROM outbox \
                   WHERE number = $1 ORDER BY created_at, id";
        Ok(self.database.rows(sql, values![number]).await?.into_iter().map(notice).collect())
    }

    /// How many notices wait, and how many have been given up.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn notices_waiting(&self) -> Result<(i64, i64), Trouble> {
        let sql = "SELECT count(next_at), count(*) - count(next_at) - count(delivered_at) FROM outbox";
        Ok(self.database.row(sql, vec![]).await?.map_or((0, 0), |mut row| (row.int(), row.int())))
    }
}
