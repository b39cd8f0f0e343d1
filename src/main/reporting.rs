//! The command `report`, and the pages of a check.
//!
//! In: their arguments. Out: a folder of pages, CSV and Markdown. Decides nothing.

use std::path::Path;

use anyhow::Context;
use portico::check::{self, Checked};
use portico::cli::ReportArgs;
use portico::diagnostic::Lang;
use portico::pipeline::{self, BuildError, Kept, Outcome, Room};
use portico::publish::record::Act;
use portico::report::searches::{Searches, read};
use portico::report::tally::Count;
use portico::report::{Sheet, checkup, monthly};
use portico::source::ReadError;
use portico::source::front_matter::Audience;

/// `portico report`
pub fn report(args: &ReportArgs, lang: Lang) -> anyhow::Result<u8> {
    let root = &args.store.root;
    let (group_settings, _) = match portico::source::settings_alone(root) {
        Err(ReadError::BadGroup(diagnostics)) => {
            crate::report(&Outcome::refused(diagnostics), root, lang);
            return Ok(1);
        }
        other => other?,
    };
    let audience = args.audience.map_or(group_settings.report.audience.unwrap_or(Audience::Internal), Audience::from);
    let request = args.request(audience);
    let mut kept = Kept::default();
    let outcome = match pipeline::build(&request, &pipeline::Silent, &mut kept) {
        Err(BuildError::Read(ReadError::BadGroup(diagnostics))) => Outcome::refused(diagnostics),
        other => other?,
    };
    let mut room = Room::None;
    let inspection = crate::checking::inspection(&request, &outcome, &kept, &mut room)?;
    let checked = check::check(&inspection, &mut check::Recalled::default())?;
    let history = check::history_of(&request.root);
    let releases = releases(args)?;
    let searches = searches(args)?;
    let count = Count {
        group: inspection.group,
        history: history.as_ref(),
        releases: &releases,
        findings: &checked.findings,
        month: &args.month,
        searches: searches.as_ref(),
    };
    let folder = args.folder.clone().unwrap_or_else(|| request.root.join("reports").join(&args.month));
    write(&folder, &monthly::sheets(&count, audience, lang)?)?;
    std::mem::forget(kept);
    let shown = folder.display();
    match lang {
        Lang::Zh => eprintln!("{} 的简报已写入 {shown}", args.month),
        Lang::En => eprintln!("the report of {} is in {shown}", args.month),
    }
    Ok(0)
}

/// What was looked for in the month; nothing when nobody has counted it.
fn searches(args: &ReportArgs) -> anyhow::Result<Option<Searches>> {
    let folder = args.searches.clone().unwrap_or_else(|| args.store.root.join(".portico/searches"));
    let file = folder.join(format!("{}.csv", args.month));
    match std::fs::read_to_string(&file) {
        Ok(text) => Ok(Some(read(&text))),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e).with_context(|| file.display().to_string()),
    }
}

/// When releases became live, in order.
fn releases(args: &ReportArgs) -> anyhow::Result<Vec<i64>> {
    let folder = crate::publishing::releases_folder(&args.store)?;
    if !folder.join("history.jsonl").exists() {
        return Ok(Vec::new());
    }
    let store = portico::publish::store::Store::open(&folder).with_context(|| folder.display().to_string())?;
    let published = store.history().into_iter().filter(|s| s.act != Act::RolledBack);
    let mut times: Vec<i64> = published.filter_map(|s| s.at.parse::<jiff::Timestamp>().ok()).map(jiff::Timestamp::as_second).collect();
    times.sort_unstable();
    Ok(times)
}

/// A check's pages.
pub fn checkup(folder: &Path, checked: &Checked, group: &str, lang: Lang) -> anyhow::Result<()> {
    write(folder, &checkup::pages(checked, group, lang)?)
}

fn write(folder: &Path, sheets: &[Sheet]) -> anyhow::Result<()> {
    std::fs::create_dir_all(folder).with_context(|| folder.display().to_string())?;
    for (name, text) in sheets {
        std::fs::write(folder.join(name), text).with_context(|| name.clone())?;
    }
    Ok(())
}
