//! Forged dates: items dated before they were there, and items dated in the future.
//!
//! In: the group, when each file was first committed, and the settings. Out: findings. Imported archives are excepted by the settings;
//! without a history only future dates are told.

use std::collections::HashMap;

use super::finding::Finding;
use super::group::Shown;
use crate::diagnostic::Place;
use crate::source::checking::CheckSettings;
use crate::source::date::Date;

/// Holds every item's date against its first commit and the moment `at`.
pub(super) fn check(items: &[Shown<'_>], first: Option<&HashMap<&str, Date>>, settings: &CheckSettings, at: Date) -> Vec<Finding> {
    let allowed = i64::from(settings.backdated_days.unwrap_or(7));
    let mut found = Vec::new();
    for item in items {
        let date = item.version.front.common.date;
        if !date.reached(at) && item.version.front.seldom().publish_at.is_none() {
            found.push(
                Finding::new("future-date", &item.file, Place::new(1, 1), format!("发布日期 {date} 在将来"), format!("it is dated in the future: {date}"))
                    .hint("改正 date；要定时发布，用 publish_at", "mend `date`; to publish later, use `publish_at`"),
            );
        }
        let Some(seen) = first.and_then(|first| first.get(&*item.file)).copied() else { continue };
        if is_imported(&item.file, seen, settings) {
            continue;
        }
        let days = days_between(date, seen);
        if days > allowed {
            let day = seen.day();
            found.push(
                Finding::new(
                    "backdated",
                    &item.file,
                    Place::new(1, 1),
                    format!("发布日期 {date} 比入库日期 {day} 早 {days} 天"),
                    format!("it is dated {date}, {days} days before it was first committed ({day})"),
                )
                .hint("写真实的发布日期；成批导入的旧稿，在 check.archives 里登记", "give the real date; register imported archives in `check.archives`"),
            );
        }
    }
    found
}

/// Whether a file came from older websites, so that its date is its own.
fn is_imported(file: &str, seen: Date, settings: &CheckSettings) -> bool {
    let early = settings.imported_until.is_some_and(|until| seen.reached(until.end()));
    early || settings.archives.iter().any(|folder| file.strip_prefix(folder.trim_matches('/')).is_some_and(|rest| rest.starts_with('/')))
}

/// Whole days from one day to a later one; nothing when it is not later.
pub(crate) fn days_between(from: Date, to: Date) -> i64 {
    let days = |d: Date| i64::from(d.civil().date().since(jiff::civil::date(1970, 1, 1)).map_or(0, |s| s.get_days()));
    days(to) - days(from)
}
