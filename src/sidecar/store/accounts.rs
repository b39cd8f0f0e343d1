//! Accounts of the office, their sessions, the log of who looked at and did what, and canned phrases.
//!
//! In and out: plain data. Passwords arrive hashed, cookies too.

use super::Store;
use super::database::{Row, Statement, Trouble, Unmet, values};
use crate::sidecar::accounts::Grant;
use crate::sidecar::case::Millis;

/// An account.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Account {
    /// The name to sign in with.
    pub name: String,
    /// 姓名
    pub full_name: String,
    /// Where notices go; maybe empty.
    pub email: String,
    /// Argon2id, as a PHC string.
    pub password: String,
    /// The shared secret of one-time codes, maybe empty.
    pub totp: String,
    /// What it may do, and where.
    pub grants: Vec<Grant>,
    /// Whether it may not sign in any more.
    pub disabled: bool,
    /// Sessions of an earlier version have ended.
    pub version: i64,
}

/// A session with its account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Who.
    pub account: Account,
    /// What forms of this session carry.
    pub csrf: String,
}

/// A line of the log.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Look {
    /// When.
    pub at: Millis,
    /// An account's name.
    pub who: String,
    /// What was done.
    pub what: String,
    /// With what.
    pub about: String,
}

fn account(row: &mut Row) -> Account {
    Account {
        name: row.text(),
        full_name: row.text(),
        email: row.text(),
        password: row.text(),
        totp: row.text(),
        grants: Grant::parse_all(&row.text()).unwrap_or_default(),
        disabled: row.flag(),
        version: row.int(),
    }
}

fn written(grants: &[Grant]) -> String {
    grants.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ")
}

/// Notes in the log that somebody looked at or did something.
#[must_use]
pub fn look(id: &str, at: Millis, who: &str, what: &str, about: &str) -> Statement {
    Statement::new("INSERT INTO audit (id, at, who, what, about) VALUES ($1, $2, $3, $4, $5)", values![id, at, who, what, about])
}

/// Adds an account; taken when there is one of that name.
#[must_use]
pub fn add(account: &Account) -> Statement {
    let sql = "INSERT INTO accounts (name, full_name, email, password, totp, totp_used, grants, disabled, version) VALUES ($1, $2, $3, $4, $5, 0, $6, $7, 1)";
    let grants = written(&account.grants);
    let row = values![&*account.name, &*account.full_name, &*account.email, &*account.password, &*account.totp, grants, account.disabled];
    Statement::new(sql, row)
}

/// Changes an account; its sessions end. A conflict when somebody else changed it meanwhile.
#[must_use]
pub fn change(account: &Account) -> Statement {
    let sql = "UPDATE accounts SET full_name = $3, email = $4, password = $5, totp = $6, grants = $7, disabled = $8, version = version + 1 \
               WHERE name = $1 AND version = $2";
    let grants = written(&account.grants);
    let row = values![&*account.name, account.version, &*account.full_name, &*account.email, &*account.password, &*account.totp, grants, account.disabled];
    Statement::new(sql, row).or(Unmet::Conflict)
}

/// Uses a one-time code's time step; a conflict when it has been used before.
#[must_use]
pub fn use_step(name: &str, step: i64) -> Statement {
    Statement::new("UPDATE accounts SET totp_used = $2 WHERE name = $1 AND totp_used < $2", values![name, step]).or(Unmet::Conflict)
}

/// Begins a session.
#[must_use]
pub fn begin(id: &str, account: &Account, csrf: &str, expires_at: Millis) -> Statement {
    let sql = "INSERT INTO sessions (id, account, account_version, csrf, expires_at) VALUES ($1, $2, $3, $4, $5)";
    Statement::new(sql, values![id, &*account.name, account.version, csrf, expires_at])
}

/// Ends a session.
#[must_use]
pub fn end(id: &str) -> Statement {
    Statement::new("DELETE FROM sessions WHERE id = $1", values![id])
}

/// A canned phrase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phrase {
    /// Ids in the order of time keep the phrases in the order they were added.
    pub id: String,
    /// Whose it is; empty: the information centre's, for everybody.
    pub department: String,
    /// What it says.
    pub text: String,
}

/// Keeps a canned phrase.
#[must_use]
pub fn add_phrase(phrase: &Phrase) -> Statement {
    Statement::new("INSERT INTO phrases (id, department, text) VALUES ($1, $2, $3)", values![&*phrase.id, &*phrase.department, &*phrase.text])
}

/// Changes a department's own phrase; a conflict when there is none such.
#[must_use]
pub fn change_phrase(phrase: &Phrase) -> Statement {
    let sql = "UPDATE phrases SET text = $3 WHERE id = $1 AND department = $2";
    Statement::new(sql, values![&*phrase.id, &*phrase.department, &*phrase.text]).or(Unmet::Conflict)
}

/// Removes a department's own phrase; a conflict when there is none such.
#[must_use]
pub fn remove_phrase(phrase: &Phrase) -> Statement {
    Statement::new("DELETE FROM phrases WHERE id = $1 AND department = $2", values![&*phrase.id, &*phrase.department]).or(Unmet::Conflict)
}

impl Store {
    /// An account by its name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn account(&self, name: &str) -> Result<Option<Account>, Trouble> {
        let sql = "SELECT name, full_name, email, password, totp, grants, disabled, version FROM accounts WHERE name = $1";
        Ok(self.database.row(sql, values![name]).await?.map(|mut row| account(&mut row)))
    }

    /// All accounts by name.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn accounts(&self) -> Result<Vec<Account>, Trouble> {
        let sql = "SELECT name, full_name, email, password, totp, grants, disabled, version FROM accounts ORDER BY name";
        Ok(self.database.rows(sql, vec![]).await?.into_iter().map(|mut row| account(&mut row)).collect())
    }

    /// The session behind a cookie's hash: it ends when its account is changed or disabled.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn session(&self, id: &str, now: Millis) -> Result<Option<Session>, Trouble> {
        let sql = "SELECT a.name, a.full_name, a.email, a.password, a.totp, a.grants, a.disabled, a.version, s.csrf FROM sessions s \
                   JOIN accounts a ON a.name = s.account AND a.version = s.account_version \
                   WHERE s.id = $1 AND s.expires_at > $2 AND a.disabled = 0";
        let session = |mut row: Row| Session { account: account(&mut row), csrf: row.text() };
        Ok(self.database.row(sql, values![id, now]).await?.map(session))
    }

    /// The log, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn looks(&self, most: i64, skip: i64) -> Result<Vec<Look>, Trouble> {
        let sql = "SELECT at, who, what, about FROM audit ORDER BY at DESC, id LIMIT $1 OFFSET $2";
        let look = |mut row: Row| Look { at: row.int(), who: row.text(), what: row.text(), about: row.text() };
        Ok(self.database.rows(sql, values![most, skip]).await?.into_iter().map(look).collect())
    }

    /// The canned phrases of a department, and everybody's.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn phrases(&self, department: &str) -> Result<Vec<Phrase>, Trouble> {
        let sql = "SELECT id, department, text FROM phrases WHERE department = '' OR department = $1 ORDER BY id";
        let phrase = |mut row: Row| Phrase { id: row.text(), department: row.text(), text: row.text() };
        Ok(self.database.rows(sql, values![department]).await?.into_iter().map(phrase).collect())
    }
}
