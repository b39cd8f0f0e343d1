//! Limits on how often something is done: counted in the database, so that several sidecars count together.
//!
//! In: a bucket (who, what, which hour). Out: a statement that fails a write when the bucket is full, or the count. Addresses arrive hashed.

use super::Store;
use super::database::{Statement, Trouble, Unmet, values};
use crate::sidecar::case::Millis;

/// A bucket that empties at `until`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bucket {
    /// Its name.
    pub name: String,
    /// How often at most.
    pub most: i64,
    /// When it empties.
    pub until: Millis,
}

/// Counts one more; the write is not done when the bucket is full.
#[must_use]
pub fn count(bucket: &Bucket) -> Statement {
    let sql = "INSERT INTO attempts (bucket, count, until) VALUES ($1, 1, $3) \
               ON CONFLICT (bucket) DO UPDATE SET count = attempts.count + 1 WHERE attempts.count < $2";
    Statement::new(sql, values![&*bucket.name, bucket.most, bucket.until]).or(Unmet::TooMany)
}

impl Store {
    /// Whether a bucket is full.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn is_full(&self, bucket: &Bucket) -> Result<bool, Trouble> {
        let row = self.database.row("SELECT count FROM attempts WHERE bucket = $1", values![&*bucket.name]).await?;
        Ok(row.is_some_and(|mut row| row.int() >= bucket.most))
    }

    /// Forgets buckets that have emptied, and sessions that have ended.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn sweep(&self, now: Millis) -> Result<(), Trouble> {
        let sweep = ["DELETE FROM attempts WHERE until < $1", "DELETE FROM sessions WHERE expires_at < $1"];
        self.write(sweep.into_iter().map(|sql| Statement::new(sql, values![now])).collect()).await
    }
}
