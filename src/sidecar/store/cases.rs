//! Cases, what was done with them, what was written and attached.
//!
//! In: a letter with its case, or a case after a deed. Out: writes, and rows read back as plain data.

use super::Store;
use super::database::{Row, Statement, Trouble, Unmet, Value, Write, values};
use crate::sidecar::accounts::{EVERY_SITE, Scope, Subject};
use crate::sidecar::case::{Case, Deed, Kind, Millis, Publication, State};
use crate::sidecar::letter::Letter;

/// A case as it is kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// 来信编号
    pub number: String,
    /// Hash of the receipt code.
    pub code: String,
    /// The desk's id.
    pub desk: String,
    /// The desk's site.
    pub site: String,
    /// Whether the desk is confidential.
    pub confidential: bool,
    /// What the citizen wrote.
    pub letter: Letter,
    /// The clerk who typed it in; empty for the citizen.
    pub entered_by: String,
    /// Whether it looks like advertising.
    pub suspect: bool,
    /// Its course.
    pub case: Case,
    /// Whether personal data has been erased.
    pub erased: bool,
}

impl Record {
    /// Where it stands in the house.
    #[must_use]
    pub fn subject(&self) -> Subject<'_> {
        Subject { site: &self.site, department: self.case.department.as_deref(), confidential: self.confidential }
    }
}

/// A file to be kept with a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attachment {
    /// Random.
    pub id: String,
    /// Its name, tidied.
    pub name: String,
    /// Its media type as found by looking at it.
    pub kind: String,
    /// Bytes; empty when only listed.
    pub bytes: Vec<u8>,
}

/// One line of a case's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The case's version after it.
    pub version: i64,
    /// When.
    pub at: Millis,
    /// An account's name; empty for the citizen.
    pub who: String,
    /// What was done; nothing for the arrival.
    pub deed: Option<Kind>,
    /// The state after it.
    pub state: State,
    /// The department after it.
    pub department: String,
    /// Why.
    pub why: String,
    /// What was written besides: a reply, an addition, a note.
    pub writing: String,
}

/// What a queue is to show.
#[derive(Debug, Clone, Default)]
pub struct Filter {
    /// Only this state.
    pub state: String,
    /// Only this desk.
    pub desk: String,
    /// Only this department.
    pub department: String,
    /// Only with this in number, subject, name or text.
    pub search: String,
    /// Only what is due after the first and up to the second moment.
    pub due: Option<(Millis, Millis)>,
    /// Only what somebody still has to do something about.
    pub open: bool,
}

/// A question about cases: `select!("WHERE …")`.
macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT number, code, desk, site, confidential, category, subject, text, name, phone, email, others, consent, entered_by, suspect, ",
            "state, department, received_at, accepted_at, due_at, promised_at, answered_at, closed_at, reopened, rating, publication, reply, erased_at, version ",
            "FROM cases ",
            $rest
        )
    };
}

/// What a scope and a filter leave of the cases: `$1` to `$3` the scope's lists, `$4` to `$10` the filter.
macro_rules! in_scope {
    ($rest:literal) => {
        concat!(
            "WHERE ((confidential = 0 AND ($1 = '*' OR replace($1, ',' || site || ',', '') <> $1)) ",
            "OR (confidential = 0 AND department <> '' AND ($2 = '*' OR replace($2, ',' || department || ',', '') <> $2)) ",
            "OR (confidential = 1 AND ($3 = '*' OR replace($3, ',' || site || ',', '') <> $3))) ",
            "AND ($4 = '' OR state = $4) AND ($5 = '' OR desk = $5) AND ($6 = '' OR department = $6) ",
            "AND ($7 = '' OR lower(number || ' ' || subject || ' ' || name || ' ' || text) LIKE $7 ESCAPE '\\') ",
            "AND ($8 = 0 OR due_at IS NOT NULL) AND ($9 = 0 OR due_at > $9) AND ($10 = 0 OR due_at <= $10) ",
            $rest
        )
    };
}

/// Cases whose personal data is to be erased: done before `$1`.
macro_rules! expired {
    () => {
        "due_at IS NULL AND erased_at IS NULL AND coalesce(closed_at, received_at) < $1"
    };
}

fn scope_values(scope: &Scope, filter: &Filter) -> Vec<Value> {
    let list = |sites: &[String]| if sites.iter().any(|s| s == EVERY_SITE) { "*".to_string() } else { format!(",{},", sites.join(",")) };
    let escaped = filter.search.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
    let search = if escaped.is_empty() { String::new() } else { format!("%{escaped}%") };
    let (after, until) = filter.due.unwrap_or_default();
    values![
        list(&scope.sites),
        list(&scope.departments),
        list(&scope.confidential),
        &*filter.state,
        &*filter.desk,
        &*filter.department,
        search,
        filter.open,
        after,
        until,
    ]
}

/// Words written by the program itself; another one's are read as the safest.
fn record(mut row: Row) -> Record {
    let (number, code, desk, site, confidential) = (row.text(), row.text(), row.text(), row.text(), row.flag());
    let letter = Letter {
        category: row.text(),
        subject: row.text(),
        text: row.text(),
        name: row.text(),
        phone: row.text(),
        email: row.text(),
        others: serde_json::from_str(&row.text()).unwrap_or_default(),
        consent: row.flag(),
    };
    let (entered_by, suspect) = (row.text(), row.flag());
    let state = State::parse(&row.text()).unwrap_or(State::Received);
    let department = Some(row.text()).filter(|d| !d.is_empty());
    let case = Case {
        state,
        department,
        received_at: row.int(),
        accepted_at: row.maybe_int(),
        due_at: row.maybe_int(),
        promised_at: row.maybe_int(),
        answered_at: row.maybe_int(),
        closed_at: row.maybe_int(),
        reopened: row.flag(),
        rating: row.maybe_int(),
        publication: Publication::parse(&row.text()).unwrap_or(Publication::Private),
        consent: letter.consent,
        reply: row.maybe_text(),
        version: 0,
    };
    let erased = row.maybe_int().is_some();
    let case = Case { version: row.int(), ..case };
    Record { number, code, desk, site, confidential, letter, entered_by, suspect, case, erased }
}

/// Keeps a new case with its files. Taken when the form's nonce or the number is there already.
#[must_use]
pub fn add(record: &Record, nonce: &str, files: Vec<Attachment>) -> Write {
    let sql = "INSERT INTO cases (number, code, desk, site, confidential, category, subject, text, name, phone, email, others, consent, entered_by, suspect, \
               state, department, received_at, accepted_at, due_at, promised_at, answered_at, closed_at, reopened, rating, publication, reply, erased_at, version, \
               nonce, warned, bulletin) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, $25, \
               $26, $27, NULL, $28, $29, 0, 0)";
    let (letter, case) = (&record.letter, &record.case);
    let others = serde_json::to_string(&letter.others).unwrap_or_default();
    let row = values![
        &*record.number,
        &*record.code,
        &*record.desk,
        &*record.site,
        record.confidential,
        &*letter.category,
        &*letter.subject,
        &*letter.text,
        &*letter.name,
        &*letter.phone,
        &*letter.email,
        others,
        letter.consent,
        &*record.entered_by,
        record.suspect,
        case.state.word(),
        case.department.as_deref().unwrap_or(""),
        case.received_at,
        case.accepted_at,
        case.due_at,
        case.promised_at,
        case.answered_at,
        case.closed_at,
        case.reopened,
        case.rating,
        case.publication.word(),
        case.reply.clone(),
        case.version,
        nonce,
    ];
    let arrival = event(&record.number, case, &record.entered_by, "receive", "", case.received_at);
    let mut write = vec![Statement::new(sql, row), arrival];
    write.extend(files.into_iter().map(|file| keep_file(&record.number, file, case.received_at)));
    write
}

fn event(number: &str, case: &Case, who: &str, deed: &str, why: &str, now: Millis) -> Statement {
    let sql = "INSERT INTO events (number, version, at, who, deed, state, department, why) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    Statement::new(sql, values![number, case.version, now, who, deed, case.state.word(), case.department.as_deref().unwrap_or(""), why])
}

/// Keeps a file with a case.
#[must_use]
pub fn keep_file(number: &str, file: Attachment, now: Millis) -> Statement {
    let sql = "INSERT INTO files (id, number, name, kind, bytes, added_at) VALUES ($1, $2, $3, $4, $5, $6)";
    Statement::new(sql, values![file.id, number, file.name, file.kind, file.bytes, now])
}

/// Keeps a case after a deed; a conflict when somebody else did something with it meanwhile. What the citizen or the public reads is
/// kept apart from the record, which is never erased.
#[must_use]
pub fn advance(number: &str, before: &Case, after: &Case, deed: &Deed, who: &str, now: Millis) -> Write {
    let sql = "UPDATE cases SET state = $3, department = $4, accepted_at = $5, due_at = $6, promised_at = $7, answered_at = $8, closed_at = $9, \
               reopened = $10, rating = $11, publication = $12, reply = $13, version = $14, \
               warned = CASE WHEN due_at = $6 THEN warned ELSE 0 END, bulletin = CASE WHEN $15 = 1 THEN 1 ELSE bulletin END \
               WHERE number = $1 AND version = $2";
    let moved = after.publication != before.publication || after.publication == Publication::Published;
    let row = values![
        number,
        before.version,
        after.state.word(),
        after.department.as_deref().unwrap_or(""),
        after.accepted_at,
        after.due_at,
        after.promised_at,
        after.answered_at,
        after.closed_at,
        after.reopened,
        after.rating,
        after.publication.word(),
        after.reply.clone(),
        after.version,
        moved,
    ];
    let writes_apart = matches!(deed.kind, Kind::Answer | Kind::Supplement | Kind::Reopen | Kind::Note);
    let why = if writes_apart { "" } else { deed.text.trim() };
    let mut write = vec![Statement::new(sql, row).or(Unmet::Conflict), event(number, after, who, deed.kind.word(), why, now)];
    if writes_apart {
        let sql = "INSERT INTO writings (number, version, kind, text) VALUES ($1, $2, $3, $4)";
        write.push(Statement::new(sql, values![number, after.version, deed.kind.word(), deed.text.trim()]));
    }
    write
}

impl Store {
    /// A case by its number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn case(&self, number: &str) -> Result<Option<Record>, Trouble> {
        Ok(self.database.row(select!("WHERE number = $1"), values![number]).await?.map(record))
    }

    /// The number of the case a form has already become.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn number_of(&self, nonce: &str) -> Result<Option<String>, Trouble> {
        Ok(self.database.row("SELECT number FROM cases WHERE nonce = $1", values![nonce]).await?.map(|mut row| row.text()))
    }

    /// A page of a queue: what is due first comes first, then what is done, the newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn queue(&self, scope: &Scope, filter: &Filter, most: i64, skip: i64) -> Result<Vec<Record>, Trouble> {
        let mut values = scope_values(scope, filter);
        values.extend(values![most, skip]);
        let rows = self.database.rows(
            concat!(select!(""), in_scope!("ORDER BY CASE WHEN due_at IS NULL THEN 1 ELSE 0 END, due_at, received_at DESC, number LIMIT $11 OFFSET $12")),
            values,
        );
        Ok(rows.await?.into_iter().map(record).collect())
    }

    /// How many cases a queue holds.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn queue_length(&self, scope: &Scope, filter: &Filter) -> Result<i64, Trouble> {
        let row = self.database.row(concat!("SELECT count(*) FROM cases ", in_scope!("")), scope_values(scope, filter)).await?;
        Ok(row.map_or(0, |mut row| row.int()))
    }

    /// What was done with a case, in order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn events(&self, number: &str) -> Result<Vec<Event>, Trouble> {
        let sql = "SELECT e.version, e.at, e.who, e.deed, e.state, e.department, e.why, coalesce(w.text, '') FROM events e \
                   LEFT JOIN writings w ON w.number = e.number AND w.version = e.version WHERE e.number = $1 ORDER BY e.version";
        let event = |mut row: Row| Event {
            version: row.int(),
            at: row.int(),
            who: row.text(),
            deed: Kind::parse(&row.text()),
            state: State::parse(&row.text()).unwrap_or(State::Received),
            department: row.text(),
            why: row.text(),
            writing: row.text(),
        };
        Ok(self.database.rows(sql, values![number]).await?.into_iter().map(event).collect())
    }

    /// A case's files, without their bytes.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn files(&self, number: &str) -> Result<Vec<Attachment>, Trouble> {
        let sql = "SELECT id, name, kind FROM files WHERE number = $1 ORDER BY added_at, name, id";
        let file = |mut row: Row| Attachment { id: row.text(), name: row.text(), kind: row.text(), bytes: Vec::new() };
        Ok(self.database.rows(sql, values![number]).await?.into_iter().map(file).collect())
    }

    /// A file of a case.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn file(&self, number: &str, id: &str) -> Result<Option<Attachment>, Trouble> {
        let sql = "SELECT id, name, kind, bytes FROM files WHERE number = $1 AND id = $2";
        let file = |mut row: Row| Attachment { id: row.text(), name: row.text(), kind: row.text(), bytes: row.bytes() };
        Ok(self.database.row(sql, values![number, id]).await?.map(file))
    }

    /// Cases whose content file is not yet as it should be.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unpublished(&self) -> Result<Vec<Record>, Trouble> {
        Ok(self.database.rows(select!("WHERE bulletin = 1 ORDER BY number LIMIT 200"), vec![]).await?.into_iter().map(record).collect())
    }

    /// The published cases of a desk that were received from `from` until before `to`, in order.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn published_between(&self, desk: &str, from: Millis, to: Millis) -> Result<Vec<Record>, Trouble> {
        let sql = select!(
            "WHERE desk = $1 AND received_at >= $2 AND received_at < $3 AND publication = 'published' AND erased_at IS NULL ORDER BY received_at, number"
        );
        Ok(self.database.rows(sql, values![desk, from, to]).await?.into_iter().map(record).collect())
    }

    /// A case's content file is as version `version` of the case says.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn published(&self, number: &str, version: i64) -> Result<(), Trouble> {
        let sql = "UPDATE cases SET bulletin = 0 WHERE number = $1 AND version = $2";
        self.write(vec![Statement::new(sql, values![number, version])]).await
    }

    /// Open cases whose term ends before `until` and of which nobody has been told `level` yet.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unwarned(&self, until: Millis, level: i64) -> Result<Vec<Record>, Trouble> {
        let sql = select!("WHERE due_at <= $1 AND warned < $2 ORDER BY due_at LIMIT 200");
        Ok(self.database.rows(sql, values![until, level]).await?.into_iter().map(record).collect())
    }

    /// Erases what leads to a person from cases that were done before `before`: the numbers and the record of deeds stay.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn erase(&self, before: Millis, now: Millis) -> Result<(), Trouble> {
        let old = |sql| Statement::new(sql, values![before]);
        let erase = concat!(
            "UPDATE cases SET subject = '（已按期清除）', text = '', name = '', phone = '', email = '', others = '[]', reply = '', code = '', ",
            "erased_at = $2 WHERE ",
            expired!()
        );
        self.write(vec![
            old(concat!("DELETE FROM files WHERE number IN (SELECT number FROM cases WHERE ", expired!(), ")")),
            old(concat!("UPDATE writings SET text = '' WHERE number IN (SELECT number FROM cases WHERE ", expired!(), ")")),
            old(concat!("DELETE FROM outbox WHERE number IN (SELECT number FROM cases WHERE ", expired!(), ")")),
            Statement::new(erase, values![before, now]),
        ])
        .await
    }
}

/// A case's content file is to be looked at.
#[must_use]
pub fn to_publish(number: &str) -> Statement {
    Statement::new("UPDATE cases SET bulletin = 1 WHERE number = $1", values![number])
}

/// Notes that a case's people have been told `level` (1: due soon, 2: overdue) about this term; a conflict when they have been already.
#[must_use]
pub fn warn(number: &str, level: i64, due_at: Option<Millis>) -> Statement {
    let sql = "UPDATE cases SET warned = $2 WHERE number = $1 AND warned < $2 AND due_at = $3";
    Statement::new(sql, values![number, level, due_at]).or(Unmet::Conflict)
}
