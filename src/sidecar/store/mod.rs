//! The store: all SQL, and nothing but SQL. SQLite in one file, or PostgreSQL; the same statements for both.
//!
//! In: plain data of the field. Out: the same, kept. What is done together is written together ([`database::Write`]) by one group-committing
//! [`writer::Writer`]; what it has told to be done is on the disk.

pub mod accounts;
pub mod cases;
pub mod database;
pub mod limits;
pub mod lots;
pub mod numbers;
pub mod outbox;
pub mod sealed;
pub mod vendors;
pub mod writer;

use database::{Database, Dealing, Statement, Trouble, Write, values};
use writer::Writer;

/// The database with its writer.
#[derive(Debug, Clone)]
pub struct Store {
    database: Database,
    writer: Writer,
}

impl Store {
    /// Opens a database, `sqlite:PATH` or `postgres://…`, and brings its tables up to date. The handle ends when everything is written.
    ///
    /// # Errors
    /// When the database cannot be reached or used.
    pub async fn open(url: &str) -> anyhow::Result<(Self, tokio::task::JoinHandle<()>)> {
        let database = Database::open(url).await?;
        let (writer, writing) = Writer::start(database.clone());
        Ok((Self { database, writer }, writing))
    }

    /// Does a write; when this returns `Ok`, it is on the disk.
    ///
    /// # Errors
    /// When its own conditions do not hold, or the database does not answer.
    pub async fn write(&self, write: Write) -> Result<(), Trouble> {
        self.writer.write(write).await
    }

    /// Whether the database answers and can write: what is written differs each time, because SQLite leaves alone what is already so.
    ///
    /// # Errors
    /// When it does not.
    pub async fn ready(&self) -> Result<(), Trouble> {
        let sql = "INSERT INTO settings (name, value) VALUES ('ready', 'yes') \
                   ON CONFLICT (name) DO UPDATE SET value = CASE settings.value WHEN 'yes' THEN 'still' ELSE 'yes' END";
        self.write(vec![Statement::new(sql, vec![])]).await
    }

    /// The installation's secret: `made` when there is none yet. Several sidecars at one database have the same.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn secret(&self, made: &str) -> Result<String, Trouble> {
        let sql = "INSERT INTO settings (name, value) VALUES ('secret', $1) ON CONFLICT (name) DO NOTHING";
        self.write(vec![Statement::new(sql, values![made])]).await?;
        let row = self.database.row("SELECT value FROM settings WHERE name = 'secret'", vec![]).await?;
        Ok(row.map(|mut row| row.text()).unwrap_or_default())
    }

    /// Begins a transaction in which what is written depends on what is read.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn begin(&self) -> Result<Dealing, Trouble> {
        self.database.begin().await
    }

    /// The database's own clock, when it has one that all instances share.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn clock(&self) -> Result<Option<i64>, Trouble> {
        self.database.clock().await
    }

    /// Closes every connection; what was written stays.
    pub async fn close(&self) {
        self.database.close().await;
    }

    /// Copies the whole database into a new file.
    ///
    /// # Errors
    /// When it is not SQLite, or the file cannot be written.
    pub async fn copy_to(&self, file: &str) -> anyhow::Result<()> {
        self.database.copy_to(file).await
    }
}
