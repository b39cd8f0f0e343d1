//! What becomes of findings: levels by the settings, written exceptions, and whether the gate refuses.
//!
//! In: findings, settings, the day. Out: those that stand, those that are accepted, and what is wrong with the exceptions themselves. Pure.

use super::finding::Finding;
use super::rules::{RULES, rule};
use crate::diagnostic::{Place, Severity};
use crate::source::checking::{CheckSettings, FailOn, Suppression};
use crate::source::date::Date;

/// The file in which exceptions stand.
const GROUP: &str = "sites/group.yaml";

/// Findings after the settings were applied.
#[derive(Debug, Default)]
pub(super) struct Settled {
    pub standing: Vec<Finding>,
    /// Findings that are accepted, with the reason.
    pub accepted: Vec<(Finding, Box<str>)>,
}

/// Applies levels and exceptions.
pub(super) fn settle(found: Vec<Finding>, settings: &CheckSettings, at: Date) -> Settled {
    let mut settled = Settled::default();
    let mut used = vec![false; settings.suppress.len()];
    let valid: Vec<bool> = settings.suppress.iter().map(|s| is_whole(s) && s.until.is_some_and(|until| !until.end().reached(at))).collect();
    for mut finding in found {
        match settings.rules.0.get(&*finding.told.code).map(String::as_str) {
            Some("off") => continue,
            Some("error") => finding.told.severity = Severity::Error,
            Some("warning") => finding.told.severity = Severity::Warning,
            _ => {}
        }
        let covers = |s: &Suppression| *s.rule == *finding.told.code && is_within(&finding.told.file, &s.path) && speaks_of(s, &finding);
        match settings.suppress.iter().position(covers).filter(|i| valid[*i]) {
            Some(i) => {
                used[i] = true;
                settled.accepted.push((finding, settings.suppress[i].reason.clone()));
            }
            None => settled.standing.push(finding),
        }
    }
    settled.standing.extend(wrong_levels(settings));
    for (i, s) in settings.suppress.iter().enumerate() {
        settled.standing.extend(wrong(s, used[i], at));
    }
    settled.standing.sort_by(|a, b| order(a).cmp(&order(b)));
    settled
}

fn order(f: &Finding) -> (Severity, &str, Place, &str, &str) {
    (f.told.severity, &f.told.file, f.told.place, &f.told.code, &f.told.message.zh)
}

fn is_within(file: &str, path: &str) -> bool {
    let path = path.trim_end_matches("**").trim_end_matches('/');
    file == path || file.strip_prefix(path).is_some_and(|rest| rest.starts_with('/'))
}

fn speaks_of(s: &Suppression, finding: &Finding) -> bool {
    s.text.as_deref().is_none_or(|text| finding.excerpt.contains(text) || finding.told.message.zh.contains(text))
}

/// An exception without a rule, a place, a reason and a last day is none.
fn is_whole(s: &Suppression) -> bool {
    !s.rule.is_empty() && !s.path.trim_matches(['*', '/']).is_empty() && !s.reason.trim().is_empty() && s.until.is_some()
}

fn wrong(s: &Suppression, used: bool, at: Date) -> Option<Finding> {
    let told = |zh: String, en: String| Some(Finding::new("suppression", GROUP, Place::default(), zh, en));
    let (rule, path) = (&s.rule, &s.path);
    if !is_whole(s) {
        return told(
            format!("例外（{rule} {path}）不生效：rule、path、reason、until 都要写"),
            format!("the exception ({rule} {path}) does not hold: it needs rule, path, reason and until"),
        );
    }
    if s.until.is_some_and(|until| until.end().reached(at)) {
        let day = s.until.map(Date::day).unwrap_or_default();
        return told(format!("例外（{rule} {path}）已于 {day} 到期"), format!("the exception ({rule} {path}) expired on {day}"));
    }
    if used {
        None
    } else {
        told(format!("例外（{rule} {path}）没有对应的发现，可以删去"), format!("nothing is found any more for the exception ({rule} {path}): remove it"))
    }
}

/// Rules and levels in the settings that there are not.
fn wrong_levels(settings: &CheckSettings) -> Vec<Finding> {
    let is_known = |(id, level): &(&String, &String)| rule(id).is_some() && matches!(level.as_str(), "error" | "warning" | "off");
    let told = |(id, level): (&String, &String)| {
        Finding::new(
            "suppression",
            GROUP,
            Place::default(),
            format!("check.rules：没有规则或级别“{id}: {level}”"),
            format!("check.rules: no such rule or level: `{id}: {level}`"),
        )
        .hint("级别可用 error、warning、off", format!("levels: error, warning, off; rules: {}", RULES.iter().map(|r| r.id).collect::<Vec<_>>().join(", ")))
    };
    settings.rules.0.iter().filter(|entry| !is_known(entry)).map(told).collect()
}

/// Whether the gate refuses a build with these findings.
#[must_use]
pub fn refuses(found: &[Finding], fail_on: FailOn) -> bool {
    match fail_on {
        FailOn::Never => false,
        FailOn::Warning => !found.is_empty(),
        FailOn::Error => found.iter().any(|f| f.told.is_error()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::settings::ThemeSettings;

    fn day(text: &str) -> Option<Date> {
        Date::parse(text, &jiff::tz::TimeZone::UTC)
    }

    fn found() -> Vec<Finding> {
        vec![Finding::new("private-mobile", "content/www/news/a.md", Place::new(3, 1), "手机号码 139****4321", "a mobile number").excerpt("139****4321")]
    }

    fn exception(until: &str, reason: &str, path: &str) -> CheckSettings {
        let suppress = Suppression { rule: "private-mobile".into(), path: path.into(), text: None, reason: reason.into(), until: day(until) };
        CheckSettings { suppress: vec![suppress], ..CheckSettings::default() }
    }

    fn codes(settings: &CheckSettings) -> Vec<String> {
        let at = day("2026-11-20").unwrap_or_default();
        settle(found(), settings, at).standing.iter().map(|f| f.told.code.to_string()).collect()
    }

    #[test]
    fn an_exception_holds_with_a_reason_until_its_last_day() {
        assert_eq!(codes(&CheckSettings::default()), ["private-mobile"]);
        assert!(codes(&exception("2026-11-20", "值班电话", "content/www/news/a.md")).is_empty());
        assert!(codes(&exception("2026-12-01", "值班电话", "content/www/news")).is_empty());
        assert_eq!(codes(&exception("2026-11-19", "值班电话", "content/www/news/a.md")), ["private-mobile", "suppression"]);
        assert_eq!(codes(&exception("2026-12-01", "", "content/www/news/a.md")), ["private-mobile", "suppression"]);
        assert_eq!(codes(&exception("2026-12-01", "值班电话", "**")), ["private-mobile", "suppression"]);
        assert_eq!(codes(&exception("2026-12-01", "值班电话", "content/www/new")), ["private-mobile", "suppression"]);
    }

    #[test]
    fn levels_are_the_settings_to_choose_and_the_gate_follows_them() {
        let level = |text: &str| CheckSettings { rules: ThemeSettings([("private-mobile".to_string(), text.to_string())].into()), ..CheckSettings::default() };
        assert!(codes(&level("off")).is_empty());
        assert_eq!(codes(&level("strict")), ["private-mobile", "suppression"]);
        let warned = settle(found(), &level("warning"), Date::default()).standing;
        assert!(!refuses(&warned, FailOn::Error) && refuses(&warned, FailOn::Warning) && !refuses(&warned, FailOn::Never));
        assert!(refuses(&found(), FailOn::Error));
    }
}
