//! A check told to people: a table of findings by file, then what every site has, in Chinese or English.
//!
//! In: [`Checked`]. Out: text. Columns are counted in cells, of which a Chinese character takes two.

use std::fmt::Write as _;

use super::rules::rule;
use super::{Checked, finding::Finding};
use crate::diagnostic::Lang;

/// How many findings the table shows; all of them are in JSON, SARIF and the pages.
const SHOWN: usize = 200;

/// The whole report for a terminal.
#[must_use]
pub fn table(checked: &Checked, lang: Lang) -> String {
    let mut out = String::new();
    let mut file = "";
    for finding in checked.findings.iter().take(SHOWN) {
        if *finding.told.file != *file {
            file = &finding.told.file;
            let _ = writeln!(out, "{file}");
        }
        out.push_str(&line(finding, lang));
    }
    if checked.findings.len() > SHOWN {
        let more = checked.findings.len() - SHOWN;
        let _ = match lang {
            Lang::Zh => writeln!(out, "……另有 {more} 条，见 --format json、sarif 或 html"),
            Lang::En => writeln!(out, "… and {more} more: see --format json, sarif or html"),
        };
    }
    out.push_str(&scores(checked, lang));
    out.push_str(&summary(checked, lang));
    out
}

fn line(finding: &Finding, lang: Lang) -> String {
    let d = &finding.told;
    let level = match (d.is_error(), lang) {
        (true, Lang::Zh) => "错误",
        (true, Lang::En) => "error",
        (false, Lang::Zh) => "警告",
        (false, Lang::En) => "warning",
    };
    let place = if d.place.line == 0 { String::new() } else { format!("{}:{}", d.place.line, d.place.column) };
    let hint = d.hint.as_ref().map(|h| format!("\n{:>30}↳ {}", "", h.get(lang))).unwrap_or_default();
    format!("  {} {} {} {}{hint}\n", padded(&place, 9), padded(level, 8), padded(&d.code, 20), d.message.get(lang))
}

/// Sites that have anything, the poorest first.
fn scores(checked: &Checked, lang: Lang) -> String {
    let mut sites: Vec<_> = checked.sites.iter().filter(|s| s.errors + s.warnings > 0).collect();
    sites.sort_by(|a, b| a.points.total_cmp(&b.points).then_with(|| a.id.cmp(&b.id)));
    let mut out = String::new();
    if sites.is_empty() {
        return out;
    }
    let head = match lang {
        Lang::Zh => ["站点", "得分", "错误", "警告", "单项否决"],
        Lang::En => ["site", "points", "errors", "warnings", "fails by"],
    };
    let row = |cells: [&str; 5]| format!("{} {} {} {} {}\n", padded(cells[0], 34), padded(cells[1], 7), padded(cells[2], 7), padded(cells[3], 9), cells[4]);
    out.push('\n');
    out.push_str(&row(head));
    for s in sites.iter().take(20) {
        let vetoes: Vec<&str> = s.vetoes.iter().map(|v| rule(v).map_or(v.as_str(), |r| if lang == Lang::Zh { r.name.0 } else { r.name.1 })).collect();
        out.push_str(&row([
            &format!("{} ({})", s.name, s.id),
            &format!("{:.1}", s.points),
            &s.errors.to_string(),
            &s.warnings.to_string(),
            &vetoes.join("、"),
        ]));
    }
    out
}

/// One line: how much was looked at and what was found.
#[must_use]
pub fn summary(checked: &Checked, lang: Lang) -> String {
    let (errors, warnings, accepted) = (checked.errors(), checked.warnings(), checked.accepted.len());
    let (sites, files, opened) = (checked.sites.len(), checked.files, checked.opened);
    let undated = match (checked.dated, lang) {
        (true, _) => "",
        (false, Lang::Zh) => "；没有完整的提交记录，未核对入库日期",
        (false, Lang::En) => "; without Git's whole history, first commits were not asked for",
    };
    match lang {
        Lang::Zh => format!("\n检查 {sites} 个站点、{files} 个文件（重新打开 {opened} 个）：错误 {errors}，警告 {warnings}，已登记例外 {accepted}{undated}\n"),
        Lang::En => {
            format!("\n{sites} sites and {files} files checked ({opened} opened): {errors} errors, {warnings} warnings, {accepted} accepted{undated}\n")
        }
    }
}

/// A text filled up to so many cells.
fn padded(text: &str, cells: usize) -> String {
    let width: usize = text.chars().map(|c| if c.is_ascii() { 1 } else { 2 }).sum();
    format!("{text}{}", " ".repeat(cells.saturating_sub(width)))
}
