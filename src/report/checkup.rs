//! A check as pages: one for the group, one for each site, with what changed since the check before.
//!
//! In: a [`Checked`]. Out: `index.html` and a page for each site. Shows masked excerpts only, as the findings have them.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Sheet;
use super::paper::{Press, chart};
use crate::check::finding::Finding;
use crate::check::rules::rule;
use crate::check::score::SiteScore;
use crate::check::{Checked, Mark};
use crate::diagnostic::Lang;
use crate::render::chart::Drawing;
use crate::source::front_matter::ChartKind;

/// Findings of one rule that a site's page shows.
const SHOWN: usize = 500;

#[derive(Serialize)]
struct Tile {
    label: String,
    value: String,
    tone: &'static str,
}

#[derive(Serialize)]
struct SiteRow {
    id: String,
    name: String,
    points: f64,
    change: String,
    tone: &'static str,
    errors: usize,
    warnings: usize,
    vetoes: Vec<String>,
}

#[derive(Serialize)]
struct RuleRow {
    id: String,
    name: String,
    source: String,
    count: usize,
    sites: usize,
    cost: String,
    findings: Vec<Told>,
    more: usize,
}

#[derive(Serialize)]
struct Told {
    level: &'static str,
    tone: &'static str,
    place: String,
    message: String,
    hint: String,
    reason: String,
}

#[derive(Serialize)]
struct View {
    group: String,
    title: String,
    subtitle: String,
    up: String,
    tiles: Vec<Tile>,
    trend: Option<Drawing>,
    trend_label: String,
    sites: Vec<SiteRow>,
    rules: Vec<RuleRow>,
    others: Vec<Told>,
    accepted: Vec<Told>,
}

/// Prints a check.
///
/// # Errors
/// When the program's own templates fail.
pub fn pages(checked: &Checked, group: &str, lang: Lang) -> Result<Vec<Sheet>, tera::Error> {
    let (press, say) = (Press::new(lang)?, Say(lang));
    let mut sheets = vec![("index.html".to_string(), press.page("checkup.html", &say.group(checked, group))?)];
    for site in &checked.sites {
        sheets.push((format!("{}.html", site.id), press.page("checkup-site.html", &say.site(checked, group, site))?));
    }
    Ok(sheets)
}

/// Wording in one language.
#[derive(Clone, Copy)]
struct Say(Lang);

impl Say {
    fn of(self, zh: &str, en: &str) -> String {
        if self.0 == Lang::Zh { zh.into() } else { en.into() }
    }

    fn tile(self, zh: &str, en: &str, value: String, tone: &'static str) -> Tile {
        Tile { label: self.of(zh, en), value, tone }
    }

    fn rule_name(self, id: &str) -> String {
        rule(id).map_or_else(|| id.to_string(), |r| self.of(r.name.0, r.name.1))
    }

    fn group(self, checked: &Checked, group: &str) -> View {
        let failed = checked.sites.iter().filter(|s| !s.vetoes.is_empty()).count();
        let mean = mean(checked.sites.iter().map(|s| s.points));
        let before = before(checked);
        let mut sites: Vec<SiteRow> = checked.sites.iter().map(|s| self.row(s, before)).collect();
        sites.sort_by(|a, b| a.points.total_cmp(&b.points).then_with(|| a.id.cmp(&b.id)));
        let all: Vec<&Finding> = checked.findings.iter().collect();
        let rows = checked
            .marks
            .iter()
            .filter(|m| *m.day != *checked.day)
            .chain([&checked.mark()])
            .map(|m| vec![m.day.to_string(), m.errors.to_string(), m.warnings.to_string()])
            .collect();
        View {
            group: group.into(),
            title: self.of("网站群检查报告", "Check of the portal group"),
            subtitle: self.subtitle(checked),
            up: String::new(),
            tiles: vec![
                self.tile("错误", "errors", checked.errors().to_string(), if checked.errors() > 0 { "bad" } else { "good" }),
                self.tile("警告", "warnings", checked.warnings().to_string(), "warn"),
                self.tile("平均得分", "points on average", format!("{mean:.1}"), ""),
                self.tile("单项否决的站点", "sites that fail", failed.to_string(), if failed > 0 { "bad" } else { "good" }),
                self.tile("已登记的例外", "accepted", checked.accepted.len().to_string(), ""),
            ],
            trend: self.trend(&["错误", "警告"], &["errors", "warnings"], rows),
            trend_label: self.of("历次检查的错误和警告数", "errors and warnings of every check"),
            sites,
            rules: self.rules(&all, None),
            others: checked.findings.iter().filter(|f| f.site.is_empty()).map(|f| self.told(f, "")).collect(),
            accepted: checked.accepted.iter().map(|(f, reason)| self.told(f, reason)).collect(),
        }
    }

    fn site(self, checked: &Checked, group: &str, site: &SiteScore) -> View {
        let found: Vec<&Finding> = checked.findings.iter().filter(|f| *f.site == *site.id).collect();
        let of = |mark: &Mark| mark.sites.iter().find(|s| *s.0 == *site.id).map(|s| vec![mark.day.to_string(), format!("{:.1}", s.1)]);
        let rows = checked.marks.iter().filter(|m| *m.day != *checked.day).chain([&checked.mark()]).filter_map(of).collect();
        let vetoes: Vec<String> = site.vetoes.iter().map(|v| self.rule_name(v)).collect();
        View {
            group: group.into(),
            title: site.name.clone(),
            subtitle: self.subtitle(checked),
            up: self.of("全部站点", "all sites"),
            tiles: vec![
                self.tile("得分", "points", format!("{:.1}", site.points), if site.points < 60.0 { "bad" } else { "good" }),
                self.tile("错误", "errors", site.errors.to_string(), if site.errors > 0 { "bad" } else { "good" }),
                self.tile("警告", "warnings", site.warnings.to_string(), "warn"),
                self.tile(
                    "单项否决",
                    "fails by",
                    if vetoes.is_empty() { self.of("无", "nothing") } else { vetoes.join("、") },
                    if vetoes.is_empty() { "good" } else { "bad" },
                ),
            ],
            trend: self.trend(&["得分"], &["points"], rows),
            trend_label: self.of("历次检查的得分", "points of every check"),
            sites: Vec::new(),
            rules: self.rules(&found, Some(site)),
            others: Vec::new(),
            accepted: Vec::new(),
        }
    }

    fn subtitle(self, checked: &Checked) -> String {
        let (day, files) = (&checked.day, checked.files);
        self.of(&format!("{day} · 检查了 {files} 个文件"), &format!("{day} · {files} files checked"))
    }

    /// One line a heading; nothing while there is but one check.
    fn trend(self, zh: &[&str], en: &[&str], rows: Vec<Vec<String>>) -> Option<Drawing> {
        let names = if self.0 == Lang::Zh { zh } else { en };
        (rows.len() > 1).then(|| chart(ChartKind::Line, &[&["day"], names].concat(), rows))?
    }

    fn row(self, site: &SiteScore, before: Option<&Mark>) -> SiteRow {
        let then = before.and_then(|m| m.sites.iter().find(|s| *s.0 == *site.id)).map(|s| s.1);
        let change = then.map(|then| site.points - then).filter(|c| c.abs() > 0.04);
        SiteRow {
            id: site.id.clone(),
            name: site.name.clone(),
            points: site.points,
            change: change.map_or_else(|| "—".into(), |c| format!("{c:+.1}")),
            tone: change.map_or("", |c| if c > 0.0 { "good" } else { "bad" }),
            errors: site.errors,
            warnings: site.warnings,
            vetoes: site.vetoes.iter().map(|v| self.rule_name(v)).collect(),
        }
    }

    /// Findings by rule, the most first; with a site: each with its place.
    fn rules(self, found: &[&Finding], site: Option<&SiteScore>) -> Vec<RuleRow> {
        let mut by_rule: BTreeMap<&str, Vec<&Finding>> = BTreeMap::new();
        found.iter().for_each(|f| by_rule.entry(&f.told.code).or_default().push(f));
        let row = |(id, found): (&str, Vec<&Finding>)| {
            let cost = site.and_then(|s| s.deducted.iter().find(|d| d.0 == id)).map_or(0.0, |d| d.2);
            RuleRow {
                id: id.into(),
                name: self.rule_name(id),
                source: rule(id).map_or_else(String::new, |r| r.source.into()),
                count: found.len(),
                sites: found.iter().map(|f| &f.site).collect::<BTreeSet<_>>().len(),
                cost: if cost > 0.0 { self.of(&format!("扣 {cost} 分"), &format!("costs {cost} points")) } else { String::new() },
                findings: if site.is_some() { found.iter().take(SHOWN).map(|f| self.told(f, "")).collect() } else { Vec::new() },
                more: found.len().saturating_sub(SHOWN),
            }
        };
        let mut rows: Vec<RuleRow> = by_rule.into_iter().map(row).collect();
        rows.sort_by(|a, b| b.count.cmp(&a.count).then_with(|| a.id.cmp(&b.id)));
        rows
    }

    fn told(self, finding: &Finding, reason: &str) -> Told {
        let d = &finding.told;
        let place = if d.place.line == 0 { d.file.to_string() } else { format!("{}:{}", d.file, d.place.line) };
        Told {
            level: match (d.is_error(), self.0) {
                (true, Lang::Zh) => "错误",
                (true, Lang::En) => "error",
                (false, Lang::Zh) => "警告",
                (false, Lang::En) => "warning",
            },
            tone: if d.is_error() { "bad" } else { "warn" },
            place,
            message: d.message.get(self.0).into(),
            hint: d.hint.as_ref().map_or_else(String::new, |h| h.get(self.0).into()),
            reason: reason.into(),
        }
    }
}

/// The check before this one.
fn before(checked: &Checked) -> Option<&Mark> {
    checked.marks.iter().rev().find(|m| *m.day < *checked.day)
}

fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "some hundred sites")]
    let count = values.len().max(1) as f64;
    values.sum::<f64>() / count
}
