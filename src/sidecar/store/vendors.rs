//! Vendors and what was done with them.
//!
//! In: a vendor as it is to be. Out: statements, and vendors read back as plain data with the seal of their row.

use super::Store;
use super::database::{Dealing, Row, Statement, Trouble, Unmet, Value, values};
use super::sealed::{fits, sealed};
use crate::sidecar::auction::record::Signer;
use crate::sidecar::case::Millis;
use crate::sidecar::vendor::{Profile, State};

/// A vendor as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Vendor {
    /// 统一社会信用代码
    pub code: String,
    /// 认证状态
    pub state: State,
    /// What has been reviewed; before the first certification, what was registered.
    pub profile: Profile,
    /// Changes that wait for review.
    pub proposed: Option<Profile>,
    /// When it registered.
    pub registered_at: Millis,
    /// When it was first certified.
    pub certified_at: Option<Millis>,
    /// How often it has changed.
    pub version: i64,
    /// The seal of its row.
    pub seal: String,
}

/// A line of a vendor's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The vendor's code.
    pub code: String,
    /// The vendor's version after it.
    pub version: i64,
    /// When.
    pub at: Millis,
    /// An account's name.
    pub who: String,
    /// A word: `register`, `propose`, or a deed of the centre.
    pub deed: String,
    /// Why.
    pub why: String,
    /// The seal of its row.
    pub seal: String,
}

fn columns(vendor: &Vendor) -> Vec<Value> {
    // Texts and numbers always are JSON.
    let json = |profile: &Profile| serde_json::to_string(profile).unwrap_or_default();
    let proposed = vendor.proposed.as_ref().map(json).unwrap_or_default();
    values![&*vendor.code, vendor.state.word(), json(&vendor.profile), proposed, vendor.registered_at, vendor.certified_at, vendor.version]
}

fn event_columns(event: &Event) -> Vec<Value> {
    values![&*event.code, event.version, event.at, &*event.who, &*event.deed, &*event.why]
}

impl Vendor {
    /// Whether its row is as the service wrote it.
    #[must_use]
    pub fn is_whole(&self, signer: &Signer) -> bool {
        fits("vendors", &columns(self), &self.seal, signer)
    }
}

impl Event {
    /// Whether its row is as the service wrote it.
    #[must_use]
    pub fn is_whole(&self, signer: &Signer) -> bool {
        fits("vendor_events", &event_columns(self), &self.seal, signer)
    }
}

/// Adds a vendor; taken when there is one with its code.
#[must_use]
pub fn add(vendor: &Vendor, signer: &Signer) -> Statement {
    let sql =
        "INSERT INTO vendors (code, state, profile, proposed, registered_at, certified_at, version, seal, bulletin) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)";
    Statement::new(sql, sealed("vendors", columns(vendor), signer))
}

/// Changes a vendor to its next version; a conflict when somebody else has done so. Its content file is looked at anew.
#[must_use]
pub fn change(vendor: &Vendor, signer: &Signer) -> Statement {
    let sql = "UPDATE vendors SET state = $2, profile = $3, proposed = $4, registered_at = $5, certified_at = $6, version = $7, seal = $8, bulletin = 1 \
               WHERE code = $1 AND version = $7 - 1";
    Statement::new(sql, sealed("vendors", columns(vendor), signer)).or(Unmet::Conflict)
}

/// Notes what was done with a vendor.
#[must_use]
pub fn note(event: &Event, signer: &Signer) -> Statement {
    let sql = "INSERT INTO vendor_events (code, version, at, who, deed, why, seal) VALUES ($1, $2, $3, $4, $5, $6, $7)";
    Statement::new(sql, sealed("vendor_events", event_columns(event), signer))
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT code, state, profile, proposed, registered_at, certified_at, version, seal FROM vendors ", $rest)
    };
}

fn vendor(mut row: Row) -> Vendor {
    Vendor {
        code: row.text(),
        state: State::parse(&row.text()).unwrap_or(State::Revoked),
        profile: serde_json::from_str(&row.text()).unwrap_or_default(),
        // What cannot be read is not what was sealed.
        proposed: Some(row.text()).filter(|text| !text.is_empty()).map(|text| serde_json::from_str(&text).unwrap_or_default()),
        registered_at: row.int(),
        certified_at: row.maybe_int(),
        version: row.int(),
        seal: row.text(),
    }
}

/// A vendor, as it is inside a transaction.
///
/// # Errors
/// When the database does not answer.
pub async fn inside(dealing: &mut Dealing, code: &str) -> Result<Option<Vendor>, Trouble> {
    Ok(dealing.rows(select!("WHERE code = $1"), values![code]).await?.into_iter().next().map(vendor))
}

impl Store {
    /// A vendor by its code.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn vendor(&self, code: &str) -> Result<Option<Vendor>, Trouble> {
        Ok(self.database.row(select!("WHERE code = $1"), values![code]).await?.map(vendor))
    }

    /// All vendors: those that wait for the centre first, then the newest.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn vendors(&self) -> Result<Vec<Vendor>, Trouble> {
        let sql = select!("ORDER BY CASE WHEN state = 'registered' OR proposed <> '' THEN 0 ELSE 1 END, registered_at DESC, code LIMIT 2000");
        Ok(self.database.rows(sql, vec![]).await?.into_iter().map(vendor).collect())
    }

    /// Vendors whose content file is not yet as it should be.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn unlisted_vendors(&self) -> Result<Vec<Vendor>, Trouble> {
        Ok(self.database.rows(select!("WHERE bulletin = 1 ORDER BY code LIMIT 100"), vec![]).await?.into_iter().map(vendor).collect())
    }

    /// The content file is as this version of the vendor says.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn listed_vendor(&self, vendor: &Vendor) -> Result<(), Trouble> {
        let sql = "UPDATE vendors SET bulletin = 0 WHERE code = $1 AND version = $2";
        self.write(vec![Statement::new(sql, values![&*vendor.code, vendor.version])]).await
    }

    /// What was done with a vendor, the oldest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn vendor_events(&self, code: &str) -> Result<Vec<Event>, Trouble> {
        let sql = "SELECT code, version, at, who, deed, why, seal FROM vendor_events WHERE code = $1 ORDER BY version";
        let event =
            |mut row: Row| Event { code: row.text(), version: row.int(), at: row.int(), who: row.text(), deed: row.text(), why: row.text(), seal: row.text() };
        Ok(self.database.rows(sql, values![code]).await?.into_iter().map(event).collect())
    }
}
