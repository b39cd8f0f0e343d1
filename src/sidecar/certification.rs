//! Certification (认证): vendors register, propose changes, and are dealt with by the procurement centre, each step made durable with its note.
//!
//! In: profiles, deeds, who does them and when. Out: the vendor as it is afterwards. Joins the pure rules to the store; knows no forms.

use super::auction::record::Signer;
use super::case::Millis;
use super::store::Store;
use super::store::accounts::{self, Account};
use super::store::cases::{Attachment, keep_file};
use super::store::database::{Statement, Trouble, Unmet};
use super::store::limits::{self, Bucket};
use super::store::vendors::{self, Event, Vendor};
use super::vendor::{Deed, Profile, Refused, State, after};

/// Why something was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// The rules forbid it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// No such vendor.
    #[error("没有这家供应商")]
    NoVendor,
    /// The code is registered.
    #[error("该统一社会信用代码已登记，请由本企业已有用户登录后添加新用户；如有疑问请联系采购中心")]
    Registered,
    /// The name to sign in with belongs to somebody.
    #[error("用户名已有人使用，请换一个")]
    NameTaken,
    /// Too often.
    #[error("操作过于频繁，请一小时后再试")]
    TooMany,
    /// Somebody else was faster.
    #[error("刚刚被其他人修改过，请看最新情况")]
    Conflict,
    /// A row is not as the service wrote it.
    #[error("供应商数据校验不通过，请联系系统管理员")]
    Altered,
    /// The database does not answer.
    #[error(transparent)]
    Trouble(Trouble),
}

impl From<Trouble> for NotDone {
    fn from(trouble: Trouble) -> Self {
        match trouble {
            Trouble::Unmet(Unmet::TooMany) => Self::TooMany,
            Trouble::Unmet(_) => Self::Conflict,
            other => Self::Trouble(other),
        }
    }
}

/// A vendor that registers.
#[derive(Debug)]
pub struct Registration {
    /// 统一社会信用代码, checked.
    pub code: String,
    /// What it writes of itself, checked.
    pub profile: Profile,
    /// Its first user.
    pub account: Account,
    /// Licence and the like.
    pub files: Vec<Attachment>,
    /// Counted, if it is.
    pub bucket: Option<Bucket>,
}

/// Under what a vendor's files are kept.
#[must_use]
pub fn owner(code: &str) -> String {
    format!("vendor/{code}")
}

fn note(vendor: &Vendor, at: Millis, who: &str, deed: &str, why: &str, signer: &Signer) -> Statement {
    let event =
        Event { code: vendor.code.clone(), version: vendor.version, at, who: who.into(), deed: deed.into(), why: why.trim().into(), seal: String::new() };
    vendors::note(&event, signer)
}

/// Registers a vendor with its first user.
///
/// # Errors
/// When the code or the user's name is taken, or too many come from one place.
pub async fn register(store: &Store, signer: &Signer, registration: Registration, now: Millis) -> Result<Vendor, NotDone> {
    let Registration { code, profile, account, files, bucket } = registration;
    if store.vendor(&code).await?.is_some() {
        return Err(NotDone::Registered);
    }
    if store.account(&account.name).await?.is_some() {
        return Err(NotDone::NameTaken);
    }
    let state = State::Registered;
    let vendor = Vendor { code, state, profile, proposed: None, registered_at: now, certified_at: None, version: 1, seal: String::new() };
    let mut write: Vec<Statement> = bucket.iter().map(limits::count).collect();
    write.push(vendors::add(&vendor, signer));
    write.push(note(&vendor, now, &account.name, "register", "", signer));
    write.push(accounts::add(&account));
    write.extend(files.into_iter().map(|file| keep_file(&owner(&vendor.code), file, now)));
    store.write(write).await?;
    Ok(vendor)
}

/// The vendor, when its row is as the service wrote it.
async fn whole(store: &Store, signer: &Signer, code: &str) -> Result<Vendor, NotDone> {
    let vendor = store.vendor(code).await?.ok_or(NotDone::NoVendor)?;
    if vendor.is_whole(signer) { Ok(vendor) } else { Err(NotDone::Altered) }
}

async fn keep(store: &Store, signer: &Signer, mut vendor: Vendor, told: (&str, &str, &str), files: Vec<Attachment>, now: Millis) -> Result<Vendor, NotDone> {
    vendor.version += 1;
    let (who, deed, why) = told;
    let mut write = vec![vendors::change(&vendor, signer), note(&vendor, now, who, deed, why, signer)];
    write.extend(files.into_iter().map(|file| keep_file(&owner(&vendor.code), file, now)));
    store.write(write).await?;
    Ok(vendor)
}

/// Proposes another profile. Before the first certification there is nothing to keep: it is registered anew.
///
/// # Errors
/// When the vendor is revoked, or somebody else was faster.
pub async fn propose(store: &Store, signer: &Signer, code: &str, profile: Profile, files: Vec<Attachment>, who: &str, now: Millis) -> Result<Vendor, NotDone> {
    let mut vendor = whole(store, signer, code).await?;
    match vendor.state {
        State::Registered | State::Returned => (vendor.state, vendor.profile) = (State::Registered, profile),
        State::Certified | State::Suspended => vendor.proposed = Some(profile),
        State::Revoked => return Err(Refused::State(State::Revoked, Deed::Accept).into()),
    }
    keep(store, signer, vendor, (who, "propose", ""), files, now).await
}

/// Does something with a vendor for an official who has seen its version `seen`.
///
/// # Errors
/// When the rules forbid it, or somebody else was faster.
pub async fn decide(store: &Store, signer: &Signer, (code, seen): (&str, i64), (deed, why): (Deed, &str), who: &str, now: Millis) -> Result<Vendor, NotDone> {
    let mut vendor = whole(store, signer, code).await?;
    if vendor.version != seen {
        return Err(NotDone::Conflict);
    }
    vendor.state = after(vendor.state, deed, why, vendor.proposed.is_some())?;
    match deed {
        Deed::Certify => vendor.certified_at = vendor.certified_at.or(Some(now)),
        Deed::Accept => vendor.profile = vendor.proposed.take().unwrap_or_default(),
        Deed::Decline => vendor.proposed = None,
        Deed::Return | Deed::Suspend | Deed::Revoke => {}
    }
    keep(store, signer, vendor, (who, deed.word(), why), Vec::new(), now).await
}

/// Adds a user to a vendor.
///
/// # Errors
/// When the name is taken.
pub async fn add_user(store: &Store, account: &Account, who: &str, now: Millis) -> Result<(), NotDone> {
    let log = super::seal::random().map_err(|e| NotDone::Trouble(Trouble::Unavailable(e.to_string())))?;
    match store.write(vec![accounts::add(account), accounts::look(&log, now, who, "新增供应商用户", &account.name)]).await {
        Err(Trouble::Unmet(Unmet::Taken)) => Err(NotDone::NameTaken),
        other => Ok(other?),
    }
}
