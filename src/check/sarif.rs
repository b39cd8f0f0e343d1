//! A check told to machines: SARIF 2.1.0 (OASIS), which code hosts and editors show beside the lines.
//!
//! In: [`Checked`]. Out: one JSON document, or Portico's own. Findings carry masked excerpts only; accepted ones are marked as suppressed.

use serde_json::{Value, json};

use super::finding::Finding;
use super::rules::RULES;
use super::{Checked, score::SiteScore};
use crate::diagnostic::Lang;

/// The SARIF document of a check.
#[must_use]
pub fn sarif(checked: &Checked, lang: Lang) -> Value {
    let name = |(zh, en): (&str, &str)| if lang == Lang::Zh { zh.to_string() } else { en.to_string() };
    let rule = |r: &super::rules::Rule| {
        json!({
            "id": r.id,
            "shortDescription": {"text": name(r.name)},
            "fullDescription": {"text": r.source},
            "defaultConfiguration": {"level": r.level},
        })
    };
    let standing = checked.findings.iter().map(|f| result(f, lang));
    let accepted = checked.accepted.iter().map(|(f, reason)| {
        let mut value = result(f, lang);
        value["suppressions"] = json!([{"kind": "external", "status": "accepted", "justification": reason}]);
        value
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "portico check", "version": env!("CARGO_PKG_VERSION"), "rules": RULES.iter().map(rule).collect::<Vec<_>>()}},
            "columnKind": "unicodeCodePoints",
            "results": standing.chain(accepted).collect::<Vec<_>>(),
        }],
    })
}

fn result(finding: &Finding, lang: Lang) -> Value {
    let d = &finding.told;
    let mut place = json!({"artifactLocation": {"uri": crate::plan::url::encoded(&d.file), "uriBaseId": "%SRCROOT%"}});
    if d.place.line > 0 {
        place["region"] = json!({"startLine": d.place.line, "startColumn": d.place.column.max(1)});
    }
    let hint = d.hint.as_ref().map(|h| format!("\n{}", h.get(lang))).unwrap_or_default();
    json!({
        "ruleId": d.code,
        "level": d.severity,
        "message": {"text": format!("{}{hint}", d.message.get(lang))},
        "locations": [{"physicalLocation": place}],
        "properties": {"site": finding.site, "excerpt": finding.excerpt},
    })
}

/// Portico's own JSON: `{day, files, opened, errors, warnings, phases_ms, sites, findings, accepted}`.
#[must_use]
pub fn json(checked: &Checked, lang: Lang) -> Value {
    let site = |s: &SiteScore| {
        let deducted: Vec<Value> = s.deducted.iter().map(|(rule, count, points)| json!({"rule": rule, "count": count, "points": points})).collect();
        json!({"id": s.id, "name": s.name, "points": s.points, "errors": s.errors, "warnings": s.warnings, "vetoes": s.vetoes, "deducted": deducted})
    };
    let accepted = |(f, reason): &(Finding, Box<str>)| {
        let mut value = f.to_json(lang);
        value["reason"] = (**reason).into();
        value
    };
    json!({
        "day": checked.day,
        "files": checked.files,
        "opened": checked.opened,
        "dated": checked.dated,
        "errors": checked.errors(),
        "warnings": checked.warnings(),
        "phases_ms": checked.phases.iter().copied().collect::<std::collections::BTreeMap<_, _>>(),
        "sites": checked.sites.iter().map(site).collect::<Vec<_>>(),
        "findings": checked.findings.iter().map(|f| f.to_json(lang)).collect::<Vec<_>>(),
        "accepted": checked.accepted.iter().map(accepted).collect::<Vec<_>>(),
    })
}
