//! SQLite or PostgreSQL: one set of statements, sent to whichever it is.
//!
//! In: SQL with `$n` places, and [`Value`]s. Out: [`Row`]s, or writes done as a whole. What can be asked of a table stands in its own
//! file; this one knows no table.

use std::str::FromStr;
use std::time::Duration;

use sqlx::migrate::{Migration, MigrationType, Migrator};
use sqlx::postgres::{PgConnectOptions, PgPool, PgPoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{AssertSqlSafe, Connection as _, Postgres, Row as _, SqlSafeStr, Sqlite, Transaction, TypeInfo, ValueRef};

/// A value in a row or in a statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// BIGINT, maybe NULL.
    Int(Option<i64>),
    /// TEXT, maybe NULL.
    Text(Option<String>),
    /// BLOB or BYTEA.
    Bytes(Vec<u8>),
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Int(Some(value))
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Int(Some(i64::from(value)))
    }
}

impl From<Option<i64>> for Value {
    fn from(value: Option<i64>) -> Self {
        Self::Int(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        value.to_string().into()
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Some(value).into()
    }
}

/// PostgreSQL knows no NUL in a text; it says nothing anywhere, so it is left out.
impl From<Option<String>> for Value {
    fn from(value: Option<String>) -> Self {
        Self::Text(value.map(|text| if text.contains('\0') { text.replace('\0', "") } else { text }))
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Bytes(value)
    }
}

/// The values of a statement: `values![name, 3, now]`.
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::sidecar::store::database::Value::from($value)),*] };
}
pub(in crate::sidecar::store) use values;

/// One row, read from left to right.
#[derive(Debug)]
pub struct Row(std::vec::IntoIter<Value>);

impl Row {
    /// The next value, a number.
    pub fn int(&mut self) -> i64 {
        self.maybe_int().unwrap_or_default()
    }

    /// The next value, a number or nothing.
    pub fn maybe_int(&mut self) -> Option<i64> {
        match self.0.next() {
            Some(Value::Int(value)) => value,
            _ => None,
        }
    }

    /// The next value, yes or no.
    pub fn flag(&mut self) -> bool {
        self.int() != 0
    }

    /// The next value, a text.
    pub fn text(&mut self) -> String {
        self.maybe_text().unwrap_or_default()
    }

    /// The next value, a text or nothing.
    pub fn maybe_text(&mut self) -> Option<String> {
        match self.0.next() {
            Some(Value::Text(value)) => value,
            _ => None,
        }
    }

    /// The next value, bytes.
    pub fn bytes(&mut self) -> Vec<u8> {
        match self.0.next() {
            Some(Value::Bytes(value)) => value,
            _ => Vec::new(),
        }
    }
}

/// One statement of a write.
#[derive(Debug, Clone)]
pub struct Statement {
    sql: &'static str,
    values: Vec<Value>,
    /// When it touches no row, the whole write is not done, for this reason.
    unless: Option<Unmet>,
}

/// Why a write was not done although the database is well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmet {
    /// Somebody else was faster.
    Conflict,
    /// Too many of the kind in too short a time.
    TooMany,
    /// Such a row is there already.
    Taken,
}

impl Statement {
    /// A statement.
    pub fn new(sql: &'static str, values: Vec<Value>) -> Self {
        Self { sql, values, unless: None }
    }

    /// A statement that must touch a row.
    pub fn or(mut self, unmet: Unmet) -> Self {
        self.unless = Some(unmet);
        self
    }
}

/// Statements that are done together or not at all.
pub type Write = Vec<Statement>;

/// Why the database did not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// The write's own condition does not hold.
    #[error("{0:?}")]
    Unmet(Unmet),
    /// The database cannot be reached, or cannot write. The cause is for the log only.
    #[error("the database does not answer: {0}")]
    Unavailable(String),
}

impl From<sqlx::Error> for Trouble {
    fn from(error: sqlx::Error) -> Self {
        match &error {
            sqlx::Error::Database(e) if e.is_unique_violation() => Self::Unmet(Unmet::Taken),
            _ => Self::Unavailable(error.to_string()),
        }
    }
}

/// How long anything is waited for before the citizen is told to come back.
pub(in crate::sidecar::store) const PATIENCE: Duration = Duration::from_millis(1500);

/// A database, reached.
#[derive(Debug, Clone)]
pub enum Database {
    /// One file; one connection writes, the others read.
    Sqlite {
        /// For writing.
        writer: SqlitePool,
        /// For reading.
        readers: SqlitePool,
        /// Who carries the log over.
        keeper: SqlitePool,
    },
    /// A server.
    Postgres(PgPool),
}

fn bind_all<'q, DB>(sql: &'static str, values: &[Value]) -> sqlx::query::Query<'q, DB, DB::Arguments>
where
    DB: sqlx::Database,
    Option<i64>: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    Option<String>: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
    Vec<u8>: sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    let mut query = sqlx::query::<DB>(sql);
    for value in values {
        query = match value {
            Value::Int(value) => query.bind(*value),
            Value::Text(value) => query.bind(value.clone()),
            Value::Bytes(value) => query.bind(value.clone()),
        };
    }
    query
}

/// Takes a row's values by the types the database gives them.
macro_rules! take_row {
    ($row:expr) => {{
        let row = $row;
        let mut values = Vec::with_capacity(row.len());
        for at in 0..row.len() {
            let kind = row.try_get_raw(at)?.type_info().name().to_string();
            values.push(match kind.as_str() {
                "TEXT" | "VARCHAR" => Value::Text(row.try_get(at)?),
                "BLOB" | "BYTEA" => Value::Bytes(row.try_get::<Option<Vec<u8>>, _>(at)?.unwrap_or_default()),
                "NULL" => Value::Int(None),
                _ => Value::Int(row.try_get(at)?),
            });
        }
        Row(values.into_iter())
    }};
}

/// Does writes in one transaction, each of them in a savepoint of its own.
macro_rules! do_all {
    ($pool:expr, $db:ty, $begin:expr, $writes:expr) => {{
        let mut connection = $pool.acquire().await?;
        let done = async {
            let mut tx = connection.begin_with($begin).await?;
            let mut results = Vec::with_capacity($writes.len());
            for write in $writes {
                sqlx::query("SAVEPOINT one").execute(&mut *tx).await?;
                let mut result = Ok(());
                for statement in write {
                    match bind_all::<$db>(statement.sql, &statement.values).execute(&mut *tx).await {
                        Ok(done) if done.rows_affected() == 0 => {
                            if let Some(unmet) = statement.unless {
                                result = Err(Trouble::Unmet(unmet));
                                break;
                            }
                        }
                        Ok(_) => {}
                        // What the database refuses of one letter is no reason to refuse the others: the savepoint is taken back. If even
                        // that cannot be done, the connection or the disk is gone, and nothing of it all was written.
                        Err(error) => {
                            result = Err(Trouble::from(error));
                            break;
                        }
                    }
                }
                let end = if result.is_ok() { "RELEASE SAVEPOINT one" } else { "ROLLBACK TO SAVEPOINT one" };
                sqlx::query(end).execute(&mut *tx).await?;
                results.push(result);
            }
            tx.commit().await?;
            Ok::<_, sqlx::Error>(results)
        }
        .await;
        // A full disk takes SQLite's transaction back by itself, and sqlx still counts it: the next write gets a fresh connection.
        if done.is_err() {
            connection.close_on_drop();
        }
        done?
    }};
}

/// Pages of the write-ahead log from which whoever writes carries them over by itself, should the keeper be late: 256 MB.
const LONGEST_LOG: &str = "65536";
/// How often the log is carried over.
const CARRIED: Duration = Duration::from_secs(2);

/// Carries what is in SQLite's log over into its file, beside those who write: within a commit it would keep everybody waiting until the disk has
/// taken pages from all over the file. What is in the log is as safe as what is in the file.
async fn keep_log_short(keeper: SqlitePool, closed: impl Future<Output = ()>) {
    let mut rounds = tokio::time::interval(CARRIED);
    rounds.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    let mut closed = std::pin::pin!(closed);
    loop {
        tokio::select! {
            () = &mut closed => break,
            _ = rounds.tick() => {}
        }
        if keeper.is_closed() {
            break;
        }
        // A disk that is full is told by those who write; here the next round tries again.
        let _ = sqlx::query("PRAGMA wal_checkpoint(PASSIVE)").execute(&keeper).await;
    }
    keeper.close().await;
}

impl Database {
    /// Reaches a database, `sqlite:PATH` or `postgres://…`, and brings its tables up to date.
    ///
    /// # Errors
    /// When it cannot be reached, or its tables are of a later version than this program's.
    pub async fn open(url: &str) -> anyhow::Result<Self> {
        let database = if url.starts_with("postgres") { Self::postgres(url).await? } else { Self::sqlite(url).await? };
        let migrator = Migrator::with_migrations(migrations(&database));
        match &database {
            Self::Sqlite { writer, .. } => migrator.run(writer).await?,
            Self::Postgres(pool) => migrator.run(pool).await?,
        }
        Ok(database)
    }

    async fn sqlite(url: &str) -> anyhow::Result<Self> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            .synchronous(SqliteSynchronous::Full)
            .foreign_keys(true)
            .busy_timeout(PATIENCE)
            .pragma("wal_autocheckpoint", LONGEST_LOG);
        let pool = |size| SqlitePoolOptions::new().max_connections(size).acquire_timeout(PATIENCE);
        let writer = pool(1).connect_with(options.clone()).await?;
        let keeper = pool(1).connect_with(options.clone()).await?;
        let readers = pool(4).connect_with(options.pragma("query_only", "on")).await?;
        tokio::spawn(keep_log_short(keeper.clone(), writer.close_event()));
        Ok(Self::Sqlite { writer, readers, keeper })
    }

    async fn postgres(url: &str) -> anyhow::Result<Self> {
        let options = PgConnectOptions::from_str(url)?.application_name("portico-sidecar").options([("statement_timeout", "10000")]);
        Ok(Self::Postgres(PgPoolOptions::new().max_connections(8).acquire_timeout(PATIENCE).connect_with(options).await?))
    }

    /// The rows of a question.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn rows(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Trouble> {
        patiently(PATIENCE, self.rows_now(sql, values)).await
    }

    async fn rows_now(&self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Trouble> {
        let mut rows = Vec::new();
        match self {
            Self::Sqlite { readers, .. } => {
                for row in bind_all::<sqlx::Sqlite>(sql, &values).fetch_all(readers).await? {
                    rows.push(take_row!(row));
                }
            }
            Self::Postgres(pool) => {
                for row in bind_all::<sqlx::Postgres>(sql, &values).fetch_all(pool).await? {
                    rows.push(take_row!(row));
                }
            }
        }
        Ok(rows)
    }

    /// The first row of a question.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn row(&self, sql: &'static str, values: Vec<Value>) -> Result<Option<Row>, Trouble> {
        Ok(self.rows(sql, values).await?.into_iter().next())
    }

    /// Does writes in one transaction: what is told to be done is on the disk. Each write is done or not done by itself.
    ///
    /// # Errors
    /// When the transaction as a whole was not done.
    pub async fn write_all(&self, writes: &[Write]) -> Result<Vec<Result<(), Trouble>>, Trouble> {
        // A commit that is waited for too long may still come: the caller is told that it is unknown, never that it is done.
        patiently(PATIENCE * 4, async {
            Ok(match self {
                Self::Sqlite { writer, .. } => do_all!(writer, sqlx::Sqlite, "BEGIN IMMEDIATE", writes),
                Self::Postgres(pool) => do_all!(pool, sqlx::Postgres, "BEGIN", writes),
            })
        })
        .await
    }

    /// Begins a transaction in which what is written depends on what is read. On SQLite no other write happens meanwhile; on PostgreSQL
    /// whoever wants to be alone with a row writes it first.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn begin(&self) -> Result<Dealing, Trouble> {
        patiently(PATIENCE * 2, async {
            Ok(match self {
                Self::Sqlite { writer, .. } => Dealing::Sqlite(writer.begin_with("BEGIN IMMEDIATE").await?),
                Self::Postgres(pool) => Dealing::Postgres(pool.begin().await?),
            })
        })
        .await
    }

    /// The database's own clock in milliseconds, when it has one that all instances share.
    ///
    /// # Errors
    /// When the database does not answer in time.
    pub async fn clock(&self) -> Result<Option<i64>, Trouble> {
        match self {
            Self::Sqlite { .. } => Ok(None),
            Self::Postgres(_) => Ok(self.row(CLOCK, vec![]).await?.map(|mut row| row.int())),
        }
    }

    /// Closes every connection.
    pub async fn close(&self) {
        match self {
            Self::Sqlite { writer, readers, keeper } => {
                readers.close().await;
                keeper.close().await;
                writer.close().await;
            }
            Self::Postgres(pool) => pool.close().await,
        }
    }

    /// Copies the whole of a SQLite database into a new file, while it is being used.
    ///
    /// # Errors
    /// When it is not SQLite, or the file cannot be written.
    pub async fn copy_to(&self, file: &str) -> anyhow::Result<()> {
        match self {
            Self::Sqlite { writer, .. } => {
                sqlx::query("VACUUM INTO $1").bind(file.to_string()).execute(writer).await?;
                Ok(())
            }
            Self::Postgres(_) => anyhow::bail!("PostgreSQL has its own pg_dump"),
        }
    }
}

const CLOCK: &str = "SELECT auction_clock()";

/// A transaction: gone without a trace unless it is committed.
pub enum Dealing {
    /// With a file.
    Sqlite(Transaction<'static, Sqlite>),
    /// With a server.
    Postgres(Transaction<'static, Postgres>),
}

impl Dealing {
    /// The rows of a question.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn rows(&mut self, sql: &'static str, values: Vec<Value>) -> Result<Vec<Row>, Trouble> {
        let mut rows = Vec::new();
        match self {
            Self::Sqlite(tx) => {
                for row in bind_all::<Sqlite>(sql, &values).fetch_all(&mut **tx).await? {
                    rows.push(take_row!(row));
                }
            }
            Self::Postgres(tx) => {
                for row in bind_all::<Postgres>(sql, &values).fetch_all(&mut **tx).await? {
                    rows.push(take_row!(row));
                }
            }
        }
        Ok(rows)
    }

    /// Does one statement.
    ///
    /// # Errors
    /// When its condition does not hold, or the database does not answer.
    pub async fn run(&mut self, statement: Statement) -> Result<(), Trouble> {
        let touched = match self {
            Self::Sqlite(tx) => bind_all::<Sqlite>(statement.sql, &statement.values).execute(&mut **tx).await?.rows_affected(),
            Self::Postgres(tx) => bind_all::<Postgres>(statement.sql, &statement.values).execute(&mut **tx).await?.rows_affected(),
        };
        match statement.unless.filter(|_| touched == 0) {
            Some(unmet) => Err(Trouble::Unmet(unmet)),
            None => Ok(()),
        }
    }

    /// How far the database's own clock is ahead of `here`, at most half a question's way off; a file has none.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn ahead_of(&mut self, here: impl Fn() -> i64) -> Result<i64, Trouble> {
        if let Self::Sqlite(_) = self {
            return Ok(0);
        }
        let asked = here();
        let told = self.rows(CLOCK, vec![]).await?.first_mut().map_or(0, Row::int);
        Ok(told - i64::midpoint(asked, here()))
    }

    /// Makes it all durable.
    ///
    /// # Errors
    /// When the database does not answer: then it is unknown whether it was done.
    pub async fn commit(self) -> Result<(), Trouble> {
        match self {
            Self::Sqlite(tx) => tx.commit().await?,
            Self::Postgres(tx) => tx.commit().await?,
        }
        Ok(())
    }
}

pub(in crate::sidecar::store) async fn patiently<T>(limit: Duration, work: impl Future<Output = Result<T, Trouble>>) -> Result<T, Trouble> {
    tokio::time::timeout(limit, work).await.unwrap_or_else(|_| Err(Trouble::Unavailable("no answer in time".into())))
}

/// The steps that lead from an empty database to today's tables.
fn migrations(database: &Database) -> Vec<Migration> {
    let sqlite = matches!(database, Database::Sqlite { .. });
    let tables = |schema: &str| if sqlite { schema.to_string() } else { schema.replace(" BLOB ", " BYTEA ") };
    let either = |file: &'static str, server: &'static str| if sqlite { file } else { server }.to_string();
    let step = |version, name: &'static str, sql: String| {
        let sql = AssertSqlSafe(sql).into_sql_str();
        Migration::new(version, name.into(), MigrationType::Simple, sql, false)
    };
    vec![
        step(1, "tables", tables(include_str!("schema.sql"))),
        step(2, "append only", either(include_str!("append_only.sqlite.sql"), include_str!("append_only.postgres.sql"))),
        step(10, "auction", tables(include_str!("auction.sql"))),
        step(11, "auction, append only", either(include_str!("auction.sqlite.sql"), include_str!("auction.postgres.sql"))),
    ]
}
