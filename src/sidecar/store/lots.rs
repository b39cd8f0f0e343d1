//! Lots, their records, and what was answered to bids.
//!
//! In: a lot as it is to be, signed entries, answers. Out: statements, and the same read back as plain data with the seals of their rows.

use super::Store;
use super::database::{Dealing, Row, Statement, Trouble, Unmet, Value, values};
use super::sealed::{fits, sealed};
use crate::sidecar::auction::record::{Signed, Signer, Tree, canonical};
use crate::sidecar::auction::{Fen, Leading, Phase, Standing, Terms};
use crate::sidecar::case::Millis;

/// A lot as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// 竞价编号
    pub id: String,
    /// What is bought, and by which rules.
    pub terms: Terms,
    /// The official who wrote it.
    pub drafted_by: String,
    /// The other one who approved it; empty while it is a draft.
    pub approved_by: String,
    /// How it stands.
    pub standing: Standing,
    /// Its record's tree; empty while it is a draft.
    pub tree: Tree,
    /// The signature of the record's last head.
    pub signature: String,
    /// When the record's last entry happened.
    pub head_at: Millis,
    /// The latest moment at which a bid was judged.
    pub seen_at: Millis,
    /// How often it has changed.
    pub version: i64,
    /// The seal of its row.
    pub seal: String,
}

impl Lot {
    /// How far it has come at a moment.
    #[must_use]
    pub fn phase(&self, at: Millis) -> Phase {
        if self.tree.size() == 0 { Phase::Draft } else { self.standing.phase(&self.terms, at) }
    }

    /// Whether its row is as the service wrote it.
    #[must_use]
    pub fn is_whole(&self, signer: &Signer) -> bool {
        fits("lots", &columns(self), &self.seal, signer)
    }
}

/// What was answered to a bid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answered {
    /// 竞价编号
    pub lot: String,
    /// The vendor's code.
    pub vendor: String,
    /// The key the vendor gave it.
    pub key: String,
    /// The price.
    pub fen: Fen,
    /// JSON.
    pub answer: String,
    /// The seal of its row.
    pub seal: String,
}

impl Answered {
    /// Whether its row is as the service wrote it.
    #[must_use]
    pub fn is_whole(&self, signer: &Signer) -> bool {
        fits("bid_answers", &answer_columns(self), &self.seal, signer)
    }
}

fn whole(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

fn columns(lot: &Lot) -> Vec<Value> {
    // Texts and numbers always are JSON.
    let (terms, standing) = (serde_json::to_value(&lot.terms).unwrap_or_default(), &lot.standing);
    let leading = standing.leading.as_ref();
    values![
        &*lot.id,
        canonical(&terms),
        &*lot.drafted_by,
        &*lot.approved_by,
        standing.closes_at,
        standing.extended,
        standing.bids,
        leading.map_or("", |l| &*l.vendor),
        leading.map(|l| l.fen),
        leading.map(|l| whole(l.index)),
        standing.ended.map_or("", Phase::word),
        whole(lot.tree.size()),
        lot.tree.peaks(),
        &*lot.signature,
        lot.head_at,
        lot.seen_at,
        lot.version
    ]
}

fn answer_columns(a: &Answered) -> Vec<Value> {
    values![&*a.lot, &*a.vendor, &*a.key, a.fen, &*a.answer]
}

/// Adds a draft; taken when there is a lot of that number.
#[must_use]
pub fn add(lot: &Lot, signer: &Signer) -> Statement {
    let sql = "INSERT INTO lots (id, terms, drafted_by, approved_by, closes_at, extended, bids, leader, leading_fen, leading_entry, ended, size, peaks, signature, \
               head_at, seen_at, version, seal, bulletin) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, 0)";
    Statement::new(sql, sealed("lots", columns(lot), signer))
}

/// Changes a lot to its next version; a conflict when somebody else has done so. Its content file is looked at anew.
#[must_use]
pub fn change(lot: &Lot, signer: &Signer) -> Statement {
    let sql = "UPDATE lots SET terms = $2, drafted_by = $3, approved_by = $4, closes_at = $5, extended = $6, bids = $7, leader = $8, leading_fen = $9, \
               leading_entry = $10, ended = $11, size = $12, peaks = $13, signature = $14, head_at = $15, seen_at = $16, version = $17, seal = $18, \
               bulletin = 1 WHERE id = $1 AND version = $17 - 1";
    Statement::new(sql, sealed("lots", columns(lot), signer)).or(Unmet::Conflict)
}

/// Removes a draft that nobody has approved.
#[must_use]
pub fn remove(id: &str, version: i64) -> Statement {
    Statement::new("DELETE FROM lots WHERE id = $1 AND version = $2 AND size = 0", values![id, version]).or(Unmet::Conflict)
}

/// Appends an entry to a lot's record.
#[must_use]
pub fn append(lot: &str, entry: u64, signed: &Signed) -> Statement {
    let sql = "INSERT INTO lot_entries (lot, entry, text, root, signature) VALUES ($1, $2, $3, $4, $5)";
    Statement::new(sql, values![lot, whole(entry), canonical(&signed.entry), &*signed.root, &*signed.signature])
}

/// Keeps what was answered to a bid.
#[must_use]
pub fn answer(answered: &Answered, signer: &Signer) -> Statement {
    let sql = "INSERT INTO bid_answers (lot, vendor, key, fen, answer, seal) VALUES ($1, $2, $3, $4, $5, $6)";
    Statement::new(sql, sealed("bid_answers", answer_columns(answered), signer))
}

macro_rules! select {
    ($rest:literal) => {
        concat!(
            "SELECT id, terms, drafted_by, approved_by, closes_at, extended, bids, leader, leading_fen, leading_entry, ended, size, peaks, signature, ",
            "head_at, seen_at, version, seal FROM lots ",
            $rest
        )
    };
}

fn lot(mut row: Row) -> Result<Lot, Trouble> {
    let broken = |what: &str| Trouble::Unavailable(format!("a lot's row cannot be read: {what}"));
    let id = row.text();
    let terms = serde_json::from_str(&row.text()).map_err(|e| broken(&e.to_string()))?;
    let (drafted_by, approved_by) = (row.text(), row.text());
    let (closes_at, extended, bids, leader) = (row.int(), row.int(), row.int(), row.text());
    let leading = match (row.maybe_int(), row.maybe_int()) {
        (Some(fen), Some(entry)) => Some(Leading { vendor: leader, fen, index: u64::try_from(entry).map_err(|_| broken("leading_entry"))? }),
        _ => None,
    };
    let ended = match &*row.text() {
        "" => None,
        word => Some(Phase::parse(word).ok_or_else(|| broken("ended"))?),
    };
    let standing = Standing { closes_at, extended, bids, leading, ended };
    let size = u64::try_from(row.int()).map_err(|_| broken("size"))?;
    let tree = Tree::of(size, &row.text()).ok_or_else(|| broken("peaks"))?;
    let (signature, head_at, seen_at, version, seal) = (row.text(), row.int(), row.int(), row.int(), row.text());
    Ok(Lot { id, terms, drafted_by, approved_by, standing, tree, signature, head_at, seen_at, version, seal })
}

fn signed(row: &mut Row) -> Signed {
    // What cannot be read is not what was signed.
    Signed { entry: serde_json::from_str(&row.text()).unwrap_or_default(), root: row.text(), signature: row.text() }
}

/// A lot, alone inside a transaction: whoever else wants it waits until that ends.
///
/// # Errors
/// When the database does not answer.
pub async fn alone(dealing: &mut Dealing, id: &str) -> Result<Option<Lot>, Trouble> {
    // A row that is written is locked, on both databases.
    dealing.run(Statement::new("UPDATE lots SET bulletin = bulletin WHERE id = $1", values![id])).await?;
    dealing.rows(select!("WHERE id = $1"), values![id]).await?.into_iter().next().map(lot).transpose()
}

/// What was answered to a bid with this key, inside a transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn answered(dealing: &mut Dealing, lot: &str, vendor: &str, key: &str) -> Result<Option<(Fen, String)>, Trouble> {
    let sql = "SELECT fen, answer FROM bid_answers WHERE lot = $1 AND vendor = $2 AND key = $3";
    Ok(dealing.rows(sql, values![lot, vendor, key]).await?.first_mut().map(|row| (row.int(), row.text())))
}

/// A lot's record, inside a transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn entries_inside(dealing: &mut Dealing, lot: &str) -> Result<Vec<Signed>, Trouble> {
    let sql = "SELECT text, root, signature FROM lot_entries WHERE lot = $1 ORDER BY entry";
    Ok(dealing.rows(sql, values![lot]).await?.iter_mut().map(signed).collect())
}

impl Store {
    /// A lot by its number.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn lot(&self, id: &str) -> Result<Option<Lot>, Trouble> {
        self.database.row(select!("WHERE id = $1"), values![id]).await?.map(lot).transpose()
    }

    /// All lots, the newest number first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn lots(&self) -> Result<Vec<Lot>, Trouble> {
        self.database.rows(select!("ORDER BY id DESC LIMIT 2000"), vec![]).await?.into_iter().map(lot).collect()
    }

    /// The numbers of all lots, also of those whose entries stand without one.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn lot_ids(&self) -> Result<Vec<String>, Trouble> {
        let sql = "SELECT id FROM lots UNION SELECT lot FROM lot_entries UNION SELECT lot FROM bid_answers ORDER BY 1";
        Ok(self.database.rows(sql, vec![]).await?.into_iter().map(|mut row| row.text()).collect())
    }

    /// Lots whose content file is not yet as it should be.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unlisted_lots(&self) -> Result<Vec<Lot>, Trouble> {
        self.database.rows(select!("WHERE bulletin = 1 ORDER BY id LIMIT 100"), vec![]).await?.into_iter().map(lot).collect()
    }

    /// The content file is as this version of the lot says.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn listed_lot(&self, lot: &Lot) -> Result<(), Trouble> {
        let sql = "UPDATE lots SET bulletin = 0 WHERE id = $1 AND version = $2";
        self.write(vec![Statement::new(sql, values![&*lot.id, lot.version])]).await
    }

    /// A lot's record from entry `from` on, at most `most` entries.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn entries(&self, lot: &str, from: u64, most: i64) -> Result<Vec<Signed>, Trouble> {
        let sql = "SELECT text, root, signature FROM lot_entries WHERE lot = $1 AND entry >= $2 ORDER BY entry LIMIT $3";
        Ok(self.database.rows(sql, values![lot, whole(from), most]).await?.iter_mut().map(signed).collect())
    }

    /// Everything that was answered to a lot's bids.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn answers(&self, lot: &str) -> Result<Vec<Answered>, Trouble> {
        let sql = "SELECT lot, vendor, key, fen, answer, seal FROM bid_answers WHERE lot = $1 ORDER BY vendor, key";
        let answered = |mut row: Row| Answered { lot: row.text(), vendor: row.text(), key: row.text(), fen: row.int(), answer: row.text(), seal: row.text() };
        Ok(self.database.rows(sql, values![lot]).await?.into_iter().map(answered).collect())
    }
}
