//! The command `check`.
//!
//! In: its arguments. Out: the group built, checked, and what was found told as a table, JSON, SARIF or pages. Decides nothing.

use std::io::IsTerminal;
use std::path::Path;
use std::sync::{Mutex, PoisonError};
#[cfg(feature = "sidecar")]
use std::time::Duration;

#[cfg(feature = "sidecar")]
use portico::check::online::{self, Answer};
use portico::check::{self, Checked, Inspection, Recalled, finding::Finding, sarif, table};
use portico::cli::{CheckArgs, CheckFormat, FailOnArg};
use portico::diagnostic::{Diagnostic, Lang, Place, Severity};
use portico::pipeline::{self, BuildError, Kept, Outcome, Request, Room};
use portico::source::ReadError;
use portico::source::checking::FailOn;

/// `portico check`
pub fn check(args: &CheckArgs, lang: Lang) -> anyhow::Result<u8> {
    crate::set_threads(args.threads)?;
    let request = args.request();
    let bar = crate::Bar::new(args.format == CheckFormat::Table && std::io::stderr().is_terminal(), lang);
    let mut kept = Kept::default();
    let built = pipeline::build(&request, &bar, &mut kept);
    bar.0.finish_and_clear();
    let outcome = match built {
        Err(BuildError::Read(ReadError::BadGroup(diagnostics))) => {
            crate::report(&Outcome::refused(diagnostics), &request.root, lang);
            return Ok(1);
        }
        other => other?,
    };
    let mut room = Room::None;
    let inspection = inspection(&request, &outcome, &kept, &mut room)?;
    let (mut checked, usual) = (check::check(&inspection, &mut Recalled::default())?, inspection.group.tree.group.check.fail_on);
    if args.online {
        checked.findings.extend(probe(&checked)?);
    }
    let group = portico::source::settings_alone(&request.root).map(|(group, _)| group.name).unwrap_or_default();
    std::mem::forget(kept);
    check::remember(&request.root, &checked)?;
    match args.format {
        CheckFormat::Table => print!("{}", table::table(&checked, lang)),
        CheckFormat::Json => println!("{}", sarif::json(&checked, lang)),
        CheckFormat::Html => {
            let folder = args.report.clone().unwrap_or_else(|| request.root.join("reports/check"));
            crate::reporting::checkup(&folder, &checked, &group, lang)?;
            print!("{}", table::summary(&checked, lang));
            println!("{}", folder.join("index.html").display());
        }
        CheckFormat::Sarif => println!("{:#}", sarif::sarif(&checked, lang)),
    }
    Ok(u8::from(check::refuses(&checked.findings, args.fail_on.map_or(usual.unwrap_or_default(), FailOn::from))))
}

/// What there is to check of what a build has just made.
pub fn inspection<'a>(request: &'a Request, outcome: &'a Outcome, kept: &'a Kept, room: &'a mut Room) -> anyhow::Result<Inspection<'a>> {
    let group = pipeline::group_of(request, kept, room)?;
    Ok(Inspection { group, root: &request.root, out: &request.out, diagnostics: &outcome.diagnostics })
}

/// 发布关口: what a check refuses of a build that is about to be published, as errors.
pub fn gate(request: &Request, fail_on: Option<FailOnArg>, outcome: &Outcome, out: &Path, kept: &Kept, recalled: &Mutex<Recalled>) -> Vec<Diagnostic> {
    let request = Request { out: out.to_path_buf(), sites: Vec::new(), ..request.clone() };
    let mut room = Room::None;
    let mut known = recalled.lock().unwrap_or_else(PoisonError::into_inner);
    let looked = inspection(&request, outcome, kept, &mut room).and_then(|i| Ok((check::check(&i, &mut known)?, i.group.tree.group.check.fail_on)));
    let (checked, usual) = match looked {
        Ok(looked) => looked,
        // Nothing is published unchecked.
        Err(e) => return vec![Diagnostic::error("check-failed", "sites", Place::default(), format!("检查没有完成：{e}"), format!("the check broke off: {e}"))],
    };
    let from = fail_on.map_or(usual.unwrap_or_default(), FailOn::from);
    let ours = checked.findings.into_iter().filter(|f| !outcome.diagnostics.contains(&f.told));
    let stops = |told: &Diagnostic| from == FailOn::Warning || (from == FailOn::Error && told.is_error());
    ours.map(|f| f.told).filter(stops).map(|told| Diagnostic { severity: Severity::Error, ..told }).collect()
}

/// Asks the outside links of a check.
#[cfg(feature = "sidecar")]
#[expect(clippy::unnecessary_wraps, reason = "without a network client it fails")]
fn probe(checked: &Checked) -> anyhow::Result<Vec<Finding>> {
    let agent = ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(15)))
        .http_status_as_error(false)
        .max_redirects(5)
        .user_agent("portico-check (link check of a government portal)")
        .build()
        .new_agent();
    let ask = |target: &str| {
        let target = if target.starts_with("//") { format!("https:{target}") } else { target.to_string() };
        // Some servers refuse HEAD.
        let asked = agent.head(&target).call().ok().filter(|r| !matches!(r.status().as_u16(), 404 | 405 | 501));
        match asked.or_else(|| agent.get(&target).call().ok()) {
            Some(response) => Answer::Status(response.status().as_u16()),
            None => Answer::Silence,
        }
    };
    Ok(online::probe(&checked.outside, &ask, &|| std::thread::sleep(online::PAUSE)))
}

#[cfg(not(feature = "sidecar"))]
fn probe(_: &Checked) -> anyhow::Result<Vec<Finding>> {
    anyhow::bail!("this program was built without a network client (feature `sidecar`)")
}
