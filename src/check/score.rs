//! 得分: what the indicator table makes of a site's findings.
//!
//! In: findings that stand. Out: points from 100 down for every site, what each rule cost it, and what fails it outright. Pure.

use std::collections::BTreeMap;

use super::finding::Finding;
use super::rules::{BUILD_POINTS, rule};
use crate::model::PortalGroup;
use crate::source::settings::SiteKind;

/// What one rule can cost at most: a hundred slips of one kind are one weakness.
const MOST: f64 = 20.0;

/// One site's result.
#[derive(Debug, Clone)]
pub struct SiteScore {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What it is.
    pub kind: SiteKind,
    /// See the findings.
    pub errors: usize,
    /// See the findings.
    pub warnings: usize,
    /// 100 less what was deducted, not below 0.
    pub points: f64,
    /// By rule: how many findings, and what they cost.
    pub deducted: Vec<(String, usize, f64)>,
    /// 单项否决: rules that fail the site whatever its points.
    pub vetoes: Vec<String>,
}

/// Every site's result, in the order of the ids.
#[must_use]
pub fn sites(group: &PortalGroup, findings: &[Finding]) -> Vec<SiteScore> {
    let mut by_site: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
    for finding in findings {
        by_site.entry(&finding.site).or_default().push(finding);
    }
    let one = |site: usize| {
        let source = group.source(site);
        score(&source.id, &source.settings.name, source.settings.kind, by_site.get(&*source.id).map_or(&[][..], Vec::as_slice))
    };
    (0..group.sites.len()).map(one).collect()
}

fn score(id: &str, name: &str, kind: SiteKind, found: &[&Finding]) -> SiteScore {
    let mut by_rule: BTreeMap<&str, usize> = BTreeMap::new();
    for finding in found {
        *by_rule.entry(&finding.told.code).or_default() += 1;
    }
    let cost = |(id, count): (&&str, &usize)| {
        #[expect(clippy::cast_precision_loss, reason = "counts of findings")]
        let full = rule(id).map_or(BUILD_POINTS, |r| r.points) * *count as f64;
        ((*id).to_string(), *count, (full.min(MOST) * 10.0).round() / 10.0)
    };
    let deducted: Vec<(String, usize, f64)> = by_rule.iter().map(cost).collect();
    let errors = found.iter().filter(|f| f.told.is_error()).count();
    SiteScore {
        id: id.into(),
        name: name.into(),
        kind,
        errors,
        warnings: found.len() - errors,
        points: ((100.0 - deducted.iter().map(|d| d.2).sum::<f64>()).max(0.0) * 10.0).round() / 10.0,
        vetoes: by_rule.keys().filter(|id| rule(id).is_some_and(|r| r.veto)).map(|id| (*id).to_string()).collect(),
        deducted,
    }
}
