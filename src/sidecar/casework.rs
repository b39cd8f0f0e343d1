//! Casework (办理): letters are taken, looked up, and dealt with, each step made durable with its record and its notices, or not done.
//!
//! In: checked letters, deeds, who does them and when. Out: receipts and cases as they are afterwards. It joins the pure rules to the store,
//! and knows nothing of forms and pages.

use std::sync::Arc;

use super::accounts::{may_do, may_see};
use super::case::{Case, Deed, Millis, Refused};
use super::configuration::Configuration;
use super::desk::{Desk, Desks};
use super::letter::{Letter, looks_like_advertising};
use super::notices::{self, About, Happened};
use super::seal::{self, Seal};
use super::store::Store;
use super::store::accounts::{self, Account};
use super::store::cases::{self, Attachment, Record};
use super::store::database::{Statement, Trouble, Unmet};
use super::store::limits::{self, Bucket};
use super::store::outbox;

/// What casework is done with.
#[derive(Debug, Clone)]
pub struct Casework {
    /// Where it is kept.
    pub store: Store,
    /// The installation's seal.
    pub seal: Seal,
    /// How the service is set up.
    pub configuration: Arc<Configuration>,
}

/// A letter on its way in.
#[derive(Debug)]
pub struct Submission<'a> {
    /// Its desk.
    pub desk: &'a Desk,
    /// What was written.
    pub letter: Letter,
    /// What was attached.
    pub files: Vec<Attachment>,
    /// The form's nonce: the same nonce is the same letter.
    pub nonce: &'a str,
    /// The clerk; empty for the citizen.
    pub entered_by: &'a str,
    /// Where it comes from; counted, not kept.
    pub address: &'a str,
    /// The moment.
    pub now: Millis,
}

/// What the citizen keeps.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Receipt {
    /// 来信编号
    pub number: String,
    /// 查询码
    pub code: String,
}

/// Why a deed was not done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotDone {
    /// The case's rules forbid it.
    #[error(transparent)]
    Refused(#[from] Refused),
    /// It is not this account's to do, or there is no such case for it.
    #[error("没有这封来信，或您没有办理权限")]
    NotYours,
    /// Somebody else did something with it meanwhile.
    #[error("这封来信刚刚被其他人办理过，请看最新情况后再办理")]
    Conflict,
    /// Too often.
    #[error("操作过于频繁，请稍后再试")]
    TooMany,
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

/// How the citizen is known to the record.
pub const CITIZEN: &str = "";

const HOUR: Millis = 60 * 60 * 1000;

impl Casework {
    /// A bucket that is emptied every hour. `whose` is hashed with the seal.
    #[must_use]
    pub fn bucket(&self, what: &str, whose: &str, most: i64, now: Millis) -> Bucket {
        let hour = now.div_euclid(HOUR);
        let whose: String = seal::hex(&self.seal.sign(&["bucket", whose])).chars().take(24).collect();
        Bucket { name: format!("{what}:{whose}:{hour}"), most, until: (hour + 1) * HOUR }
    }

    /// Takes a letter: when this returns a receipt, the letter is on the disk. A form sent twice gives the same receipt.
    ///
    /// # Errors
    /// When there are too many, or the database does not answer.
    pub async fn submit(&self, submission: Submission<'_>, desks: &Desks) -> Result<Receipt, NotDone> {
        let nonce = seal::hash(submission.nonce);
        let day = day_of(submission.now, desks);
        let accounts = if self.configuration.mail.is_some() { self.store.accounts().await? } else { Vec::new() };
        for attempt in 0..4 {
            let number = self.seal.case_number(submission.nonce, &day, attempt);
            let code = self.seal.receipt_code(submission.nonce, &number);
            let record = fresh(&submission, &number, &seal::hash(&seal::tidy_code(&code)));
            let mut write = self.counted(&submission);
            write.extend(cases::add(&record, &nonce, submission.files.clone()));
            write.extend(self.notices(Happened::Received, &record, &submission.desk.name, &accounts, submission.now));
            match self.store.write(write).await {
                Ok(()) => return Ok(Receipt { number, code }),
                Err(Trouble::Unmet(Unmet::Taken)) => {}
                Err(other) => return Err(other.into()),
            }
            // The form has been sent before, or the number belongs to another letter.
            if let Some(number) = self.store.number_of(&nonce).await? {
                let code = self.seal.receipt_code(submission.nonce, &number);
                return Ok(Receipt { number, code });
            }
        }
        Err(NotDone::Trouble(Trouble::Unavailable("no free case number".into())))
    }

    /// The statements that count a citizen's letter.
    fn counted(&self, submission: &Submission<'_>) -> Vec<Statement> {
        if !submission.entered_by.is_empty() {
            return Vec::new();
        }
        let c = &self.configuration;
        let limits = [("letter", submission.address, c.letters_per_address), ("desk", &*submission.desk.id, c.letters_per_desk)];
        let limits = limits.into_iter().filter(|(.., most)| *most > 0);
        limits.map(|(what, whose, most)| limits::count(&self.bucket(what, whose, most, submission.now))).collect()
    }

    fn notices(&self, happened: Happened, record: &Record, desk: &str, accounts: &[Account], now: Millis) -> Vec<Statement> {
        let (mail, webhook) = (self.configuration.mail.is_some(), self.configuration.webhook.is_some());
        notices::of(happened, &About { record, desk, accounts, mail, webhook, now }).iter().map(outbox::add).collect()
    }

    /// The case that a number and a receipt code open together; nothing when either is wrong, and they cannot be told apart.
    ///
    /// # Errors
    /// [`NotDone::TooMany`] after too many wrong ones from one address.
    pub async fn look_up(&self, number: &str, code: &str, address: &str, now: Millis) -> Result<Option<Record>, NotDone> {
        let bucket = self.bucket("code", address, self.configuration.wrong_codes, now);
        if self.configuration.wrong_codes > 0 && self.store.is_full(&bucket).await? {
            return Err(NotDone::TooMany);
        }
        let given = seal::hash(&seal::tidy_code(code));
        let record = self.store.case(&tidy_number(number)).await?;
        // An absent case takes the same comparison as one with another code.
        let kept = record.as_ref().map_or_else(|| seal::hash(""), |r| r.code.clone());
        let right = seal::same(&kept, &given) && !seal::tidy_code(code).is_empty();
        if !right && self.configuration.wrong_codes > 0 {
            // A full bucket is told at the next try.
            match self.store.write(vec![limits::count(&bucket)]).await {
                Ok(()) | Err(Trouble::Unmet(_)) => {}
                Err(other) => return Err(other.into()),
            }
        }
        Ok(record.filter(|_| right))
    }

    /// Does something with a case for an account that has seen its version `seen`.
    ///
    /// # Errors
    /// When it may not, the rules forbid it, or somebody else was faster.
    pub async fn act(&self, who: &Account, number: &str, seen: i64, deed: &Deed, desks: &Desks, now: Millis) -> Result<Record, NotDone> {
        let record = self.store.case(number).await?.filter(|r| may_see(&who.grants, &r.subject())).ok_or(NotDone::NotYours)?;
        if !may_do(&who.grants, deed.kind, &record.subject()) || (deed.kind.needs_department() && !desks.sites.contains_key(&deed.department)) {
            return Err(if deed.department.is_empty() && deed.kind.needs_department() { Refused::Department.into() } else { NotDone::NotYours });
        }
        if record.case.version != seen {
            return Err(NotDone::Conflict);
        }
        self.advance(record, deed, &who.name, Vec::new(), desks, now).await
    }

    /// Does something with a case for its citizen.
    ///
    /// # Errors
    /// When the rules forbid it.
    pub async fn act_as_citizen(&self, number: &str, deed: &Deed, files: Vec<Attachment>, desks: &Desks, now: Millis) -> Result<Record, NotDone> {
        let record = self.store.case(number).await?.ok_or(NotDone::NotYours)?;
        if !deed.kind.is_citizens() || record.erased {
            return Err(NotDone::NotYours);
        }
        let files = files.into_iter().map(|file| cases::keep_file(number, file, now)).collect();
        self.advance(record, deed, CITIZEN, files, desks, now).await
    }

    async fn advance(&self, record: Record, deed: &Deed, who: &str, mut also: Vec<Statement>, desks: &Desks, now: Millis) -> Result<Record, NotDone> {
        // A desk whose file is gone takes no more deeds.
        let desk = desks.desks.get(&record.desk).ok_or(NotDone::NotYours)?;
        let after = record.case.after(deed, &desk.rules, now)?;
        let mut write = cases::advance(&record.number, &record.case, &after, deed, who, now);
        let record = Record { case: after, ..record };
        let accounts = if self.configuration.mail.is_some() { self.store.accounts().await? } else { Vec::new() };
        write.extend(self.notices(Happened::Done(deed.kind), &record, &desk.name, &accounts, now));
        write.append(&mut also);
        self.store.write(write).await?;
        Ok(record)
    }

    /// Tells those whom open cases wait for, once when a day is left and once when the term has passed.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn warn(&self, desks: &Desks, now: Millis) -> Result<(), NotDone> {
        const DAY: Millis = 24 * HOUR;
        let accounts = self.store.accounts().await?;
        for (until, level, happened) in [(now, 2, Happened::Overdue), (now + DAY, 1, Happened::DueSoon)] {
            for record in self.store.unwarned(until, level).await? {
                let name = desks.desks.get(&record.desk).map_or(&*record.desk, |d| &*d.name);
                let mut write = vec![cases::warn(&record.number, level, record.case.due_at)];
                write.extend(self.notices(happened, &record, name, &accounts, now));
                match self.store.write(write).await {
                    // Another sidecar has told them.
                    Ok(()) | Err(Trouble::Unmet(_)) => {}
                    Err(other) => return Err(other.into()),
                }
            }
        }
        Ok(())
    }

    /// Notes in the log that somebody looked at or did something.
    ///
    /// # Errors
    /// When the database does not answer: then it must not be shown either.
    pub async fn log(&self, who: &str, what: &str, about: &str, now: Millis) -> Result<(), Trouble> {
        let id = seal::random().map_err(|e| Trouble::Unavailable(e.to_string()))?;
        self.store.write(vec![accounts::look(&id, now, who, what, about)]).await
    }
}

fn fresh(submission: &Submission<'_>, number: &str, code: &str) -> Record {
    let desk = submission.desk;
    let mut case = Case::receive(&desk.rules, submission.letter.consent, submission.now);
    case.department = None;
    Record {
        number: number.to_string(),
        code: code.to_string(),
        desk: desk.id.clone(),
        site: desk.site.clone(),
        confidential: desk.rules.confidential,
        suspect: looks_like_advertising(&submission.letter),
        letter: submission.letter.clone(),
        entered_by: submission.entered_by.to_string(),
        case,
        erased: false,
    }
}

/// `20261121`, on the group's calendar.
fn day_of(now: Millis, desks: &Desks) -> String {
    let stamp = jiff::Timestamp::from_millisecond(now).unwrap_or_default();
    stamp.to_zoned(desks.zone.clone()).strftime("%Y%m%d").to_string()
}

/// A case number as it was meant: full-width digits are digits, blanks do not count, hyphens are put where they belong.
#[must_use]
pub fn tidy_number(typed: &str) -> String {
    let digits: String = seal::tidy_code(typed).chars().filter(char::is_ascii_digit).collect();
    match (digits.get(..8), digits.get(8..12), digits.get(12..)) {
        (Some(day), Some(a), Some(b)) if digits.len() == 16 => format!("{day}-{a}-{b}"),
        _ => String::new(),
    }
}
