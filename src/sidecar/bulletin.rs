//! The bulletin (公示): whatever has become public is an ordinary content file, which the next build shows.
//!
//! In: cases whose publication has moved, and the desks' numbers. Out: files below `content/`, made whole from the database, compared, and
//! replaced when they differ; removed when they are withdrawn. What cannot be written is tried again; the case does not wait for it.

use std::io;
use std::path::{Path, PathBuf};
use std::process::Command;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::case::{Kind, Millis, Publication};
use super::desk::{Desk, Desks};
use super::masking;
use super::numbers;
use super::service::Sidecar;
use super::store::accounts::Account;
use super::store::cases::Record;
use crate::source::date::Date;
use crate::source::front_matter::{Chart, ChartKind, Common, Details, FrontMatter, Reference, Reply, Table};

/// A content file as it should be: its path in the group's folder, and its bytes, or that it is not there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// `content/www/interact/mayor/20261121-0001-0002.md`
    pub path: PathBuf,
    /// `None`: withdrawn.
    pub bytes: Option<Vec<u8>>,
}

/// The content file of a case; nothing when its desk publishes none.
#[must_use]
pub fn reply_file(record: &Record, desk: &Desk, desks: &Desks) -> Option<Wanted> {
    let column = desk.column.as_deref()?;
    let path = Path::new("content").join(&desk.site).join(column).join(format!("{}.md", record.number));
    let public = record.case.publication == Publication::Published && record.case.may_be_public(&desk.rules) && !record.erased;
    let bytes = if public { Some(reply_text(record, desk, desks)?.into_bytes()) } else { None };
    Some(Wanted { path, bytes })
}

fn reply_text(record: &Record, desk: &Desk, desks: &Desks) -> Option<String> {
    let (letter, case, zone) = (&record.letter, &record.case, &desks.zone);
    let masked = |text: &str| masking::text(text, &letter.name);
    let office = desks.site_name(case.department.as_deref().unwrap_or(&desk.site)).to_string();
    let common = Common {
        title: masked(&letter.subject).into(),
        date: date(case.closed_at?, zone),
        source: Some(office.clone().into()),
        author: Some(masking::name(&letter.name).into()),
        keywords: [desk.name.as_str()].into_iter().collect(),
        ..Common::default()
    };
    let stars = |rating: i64| ["非常不满意", "不满意", "一般", "满意", "非常满意"].get(usize::try_from(rating - 1).ok()?).map(|s| (*s).into());
    let reply = Reply {
        case_number: Some(record.number.as_str().into()),
        desk: Some(desk.name.as_str().into()),
        asked_on: Some(date(case.received_at, zone)),
        question: Some(masked(&letter.text).into()),
        answered_on: case.answered_at.map(|at| date(at, zone)),
        answering_office: Some(office.into()),
        category: (!letter.category.is_empty()).then(|| letter.category.as_str().into()),
        satisfaction: case.rating.and_then(stars),
    };
    let matter = FrontMatter { common, further: None, details: Details::Reply(Box::new(reply)) };
    matter.to_file(&as_markdown(&masked(case.reply.as_deref()?))).ok()
}

pub(super) fn date(at: Millis, zone: &TimeZone) -> Date {
    Date::at(Timestamp::from_millisecond(at).unwrap_or_default(), zone)
}

/// Plain text as Markdown that says just that: each line a paragraph, no character with a meaning of its own.
pub(super) fn as_markdown(text: &str) -> String {
    let line = |line: &str| {
        let mut out = String::with_capacity(line.len() + 8);
        let number = line.chars().take_while(char::is_ascii_digit).count();
        for (at, c) in line.chars().enumerate() {
            let begins_list = (at == 0 && matches!(c, '+' | '-' | '=')) || (number > 0 && at == number && matches!(c, '.' | ')'));
            if begins_list || matches!(c, '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&' | '!' | '$' | ':') {
                out.push('\\');
            }
            out.push(c);
        }
        out
    };
    text.lines().map(str::trim).filter(|l| !l.is_empty()).map(line).collect::<Vec<_>>().join("\n\n") + "\n"
}

/// Writes what differs. Durable: the file and its folder are flushed, so that what the database calls published is.
///
/// # Errors
/// When the folder cannot be written. Says whether anything changed.
pub fn put(root: &Path, wanted: &Wanted) -> io::Result<bool> {
    let path = root.join(&wanted.path);
    let Some(bytes) = &wanted.bytes else {
        return match std::fs::remove_file(&path) {
            Ok(()) => flush_folder(&path).map(|()| true),
            Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(e) => Err(e),
        };
    };
    if std::fs::read(&path).is_ok_and(|there| there == *bytes) {
        return Ok(false);
    }
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    // A name that no build reads; the rename makes the file appear whole.
    let new = path.with_file_name(format!(".{}.new", path.file_name().unwrap_or_default().to_string_lossy()));
    let mut file = std::fs::File::create(&new)?;
    io::Write::write_all(&mut file, bytes)?;
    file.sync_all()?;
    std::fs::rename(&new, &path)?;
    flush_folder(&path)?;
    Ok(true)
}

fn flush_folder(path: &Path) -> io::Result<()> {
    path.parent().map_or(Ok(()), |folder| std::fs::File::open(folder)?.sync_all())
}

/// Brings the content files of all cases whose publication has moved to what they should be.
pub async fn publish(sidecar: &Sidecar) {
    let records = match sidecar.casework.store.unpublished().await {
        Ok(records) => records,
        Err(cause) => return tracing::error!(%cause, "what is to be published cannot be read"),
    };
    for record in records {
        if let Err(cause) = publish_one(sidecar, &record).await {
            tracing::error!(cause = %format!("{cause:#}"), number = record.number, "not published; it will be tried again");
        }
    }
}

async fn publish_one(sidecar: &Sidecar, record: &Record) -> anyhow::Result<()> {
    let (desks, store) = (sidecar.desks(), &sidecar.casework.store);
    let desk = desks.desks.get(&record.desk).ok_or_else(|| anyhow::anyhow!("the desk {} is gone", record.desk))?;
    let mut wanted = Vec::new();
    wanted.extend(reply_file(record, desk, &desks));
    if desk.album.is_some() {
        wanted.extend(super::album::files(store, record, desk, &desks).await?);
    }
    let (author, message) = (author(sidecar, record).await?, format!("{}：来信 {} {}", desk.name, record.number, record.case.publication.name()));
    let configuration = sidecar.casework.configuration.clone();
    let changed = tokio::task::spawn_blocking(move || put_all(&configuration.root, &wanted, configuration.git.then_some((&author, &message)))).await??;
    if changed {
        sidecar.count(|c| &c.published);
    }
    store.published(&record.number, record.case.version).await?;
    Ok(())
}

/// Whoever last moved the publication.
async fn author(sidecar: &Sidecar, record: &Record) -> anyhow::Result<Account> {
    let store = &sidecar.casework.store;
    let moves = |kind: Option<Kind>| matches!(kind, Some(Kind::Publish | Kind::Withdraw | Kind::Reopen));
    let who = store.events(&record.number).await?.into_iter().rev().find(|e| moves(e.deed)).map(|e| e.who).unwrap_or_default();
    Ok(store.account(&who).await?.unwrap_or_default())
}

pub(super) fn put_all(root: &Path, wanted: &[Wanted], git: Option<(&Account, &String)>) -> anyhow::Result<bool> {
    let mut changed = false;
    for file in wanted {
        changed |= put(root, file)?;
    }
    if let Some((author, message)) = git {
        let files: Vec<&Path> = wanted.iter().map(|file| &*file.path).collect();
        commit(root, &files, author, message)?;
    }
    Ok(changed)
}

/// Runs git in the group's folder.
fn git<'a>(root: &Path, arguments: &[&str], files: impl Iterator<Item = &'a std::ffi::OsStr>) -> anyhow::Result<Vec<u8>> {
    let identity = ["-c", "user.name=portico-sidecar", "-c", "user.email=portico-sidecar@localhost", "-c", "core.quotePath=off"];
    let done = Command::new("git").arg("-C").arg(root).args(identity).args(arguments).arg("--").args(files).output()?;
    anyhow::ensure!(done.status.success(), "git: {}", String::from_utf8_lossy(&done.stderr).trim());
    Ok(done.stdout)
}

/// Commits those of the files that differ from the last commit, and nothing else, with the officer as author.
fn commit(root: &Path, files: &[&Path], author: &Account, message: &str) -> anyhow::Result<()> {
    let status = git(root, &["status", "--porcelain", "-z", "--untracked-files=all"], files.iter().map(|f| f.as_os_str()))?;
    // Each entry is two letters, a blank and the path; none is a rename, since nothing has been staged by us.
    let moved: Vec<String> = status.split(|b| *b == 0).filter_map(|entry| Some(String::from_utf8_lossy(entry.get(3..)?).into_owned())).collect();
    if moved.is_empty() {
        return Ok(());
    }
    let moved = || moved.iter().map(std::ffi::OsStr::new);
    let name = if author.full_name.is_empty() { "来信办理平台" } else { &author.full_name };
    let email = if author.email.is_empty() { "portico-sidecar@localhost" } else { &author.email };
    git(root, &["add", "--all"], moved())?;
    git(root, &["commit", "--quiet", "--author", &format!("{name} <{email}>"), "--message", message], moved())?;
    Ok(())
}

/// Brings the numbers of every desk that publishes them to what they should be.
pub async fn publish_numbers(sidecar: &Sidecar, now: Millis) {
    let desks = sidecar.desks();
    for desk in desks.desks.values().filter(|d| d.numbers.is_some()) {
        let counted = match sidecar.casework.store.counted(&desk.id, now).await {
            Ok(counted) => counted,
            Err(cause) => return tracing::error!(%cause, "the numbers cannot be read"),
        };
        // A desk that has never had a letter has no numbers.
        if counted.is_empty() {
            continue;
        }
        let files = number_files(desk, &desks, &counted, now);
        for file in files {
            if let Err(cause) = put(&sidecar.casework.configuration.root, &file) {
                tracing::error!(%cause, desk = desk.id, "the numbers are not written; they will be tried again");
            }
        }
    }
}

/// Two tables with their CSV files: month by month, and department by department.
#[must_use]
pub fn number_files(desk: &Desk, desks: &Desks, counted: &[super::store::numbers::Counted], now: Millis) -> Vec<Wanted> {
    let Some(column) = &desk.numbers else { return Vec::new() };
    let folder = Path::new("content").join(&desk.site).join(column);
    let monthly = numbers::monthly(counted, &desks.zone);
    let departments = numbers::by_department(counted, desks);
    let mut files = Vec::new();
    for (name, title, csv, chart) in [
        ("monthly", format!("{}来信办理情况（按月）", desk.name), monthly, true),
        ("departments", format!("{}来信办理情况（按承办单位）", desk.name), departments, false),
    ] {
        let file = format!("{}-{name}.csv", desk.id);
        let text = number_text(&title, &file, chart, desk, desks, now);
        files.push(Wanted { path: folder.join(&file), bytes: Some(csv.into_bytes()) });
        files.extend(text.map(|text| Wanted { path: folder.join(format!("{}-{name}.md", desk.id)), bytes: Some(text.into_bytes()) }));
    }
    files
}

/// The table item around a CSV file. Its date is the day, so that it changes once a day at most.
fn number_text(title: &str, csv: &str, chart: bool, desk: &Desk, desks: &Desks, now: Millis) -> Option<String> {
    let today = Date::parse(&date(now, &desks.zone).day(), &desks.zone)?;
    let common = Common { title: title.into(), date: today, source: Some(desks.site_name(&desk.site).into()), ..Common::default() };
    let drawn = Chart { kind: Some(ChartKind::Line), x: "月份".into(), y: vec!["收到".into(), "已答复".into()] };
    let table = Table { data: Some(Reference::to(csv)), chart: chart.then_some(drawn), rows_per_page: Some(60), ..Table::default() };
    let matter = FrontMatter { common, further: None, details: Details::Table(Box::new(table)) };
    let body = "“按时”指在承诺期限内答复；“办理时长”自受理起算，取中位数；“满意率”为来信人评价中四星、五星所占比例。\n";
    matter.to_file(body).ok()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn plain_text_stays_plain_in_markdown() {
        assert_eq!(as_markdown("您好！\r\n\r\n1. <b>已修</b>\n- *完*"), "您好！\n\n1\\. \\<b\\>已修\\</b\\>\n\n\\- \\*完\\*\n");
    }

    #[test]
    fn a_file_is_replaced_when_it_differs_and_removed_when_withdrawn() {
        let dir = tempfile::tempdir().unwrap();
        let with = |bytes: Option<&str>| Wanted { path: "content/www/a.md".into(), bytes: bytes.map(|b| b.as_bytes().to_vec()) };
        assert!(put(dir.path(), &with(Some("一"))).unwrap());
        assert!(!put(dir.path(), &with(Some("一"))).unwrap());
        assert!(put(dir.path(), &with(Some("二"))).unwrap());
        assert_eq!(std::fs::read_to_string(dir.path().join("content/www/a.md")).unwrap(), "二");
        assert!(put(dir.path(), &with(None)).unwrap());
        assert!(!put(dir.path(), &with(None)).unwrap());
        assert_eq!(std::fs::read_dir(dir.path().join("content/www")).unwrap().count(), 0);
    }
}
