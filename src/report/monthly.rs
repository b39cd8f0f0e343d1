//! 每月简报: who published what, ranked, as pages, CSV and Markdown.
//!
//! In: what was counted. Out: `index.html` (which prints on A4), a page for each office with the items behind every number, `report.csv`,
//! `report.md`. For the public, findings are counted and not named.

use std::fmt::Write as _;

use serde::Serialize;

use super::Sheet;
use super::paper::{Press, chart};
use super::ranking::{PARTS, Part, Ranked, formula, ranked};
use super::searches::{Searches, Words};
use super::tally::{Count, Entry, Office, median, months, offices};
use crate::diagnostic::Lang;
use crate::render::chart::Drawing;
use crate::source::front_matter::{Audience, ChartKind};
use crate::source::settings::SiteKind;

#[derive(Serialize)]
struct Cell {
    id: &'static str,
    count: usize,
    points: f64,
}

#[derive(Serialize)]
struct Row {
    rank: usize,
    id: String,
    name: String,
    points: f64,
    cells: Vec<Cell>,
    to_commit: String,
    to_public: String,
}

#[derive(Serialize)]
struct Board {
    name: String,
    rows: Vec<Row>,
}

#[derive(Serialize)]
struct List {
    id: &'static str,
    name: String,
    each: f64,
    points: f64,
    entries: Vec<Entry>,
    hidden: bool,
    count: usize,
}

#[derive(Serialize)]
struct View {
    group: String,
    title: String,
    subtitle: String,
    up: String,
    heads: Vec<String>,
    formula: String,
    boards: Vec<Board>,
    trend: Option<Drawing>,
    trend_label: String,
    best: Option<Drawing>,
    best_label: String,
    silent: Vec<String>,
    tiles: Vec<(String, String)>,
    lists: Vec<List>,
    searches: Option<Searches>,
}

/// Writes a month's report.
///
/// # Errors
/// When the program's own templates fail.
pub fn sheets(count: &Count<'_>, audience: Audience, lang: Lang) -> Result<Vec<Sheet>, tera::Error> {
    let all = offices(count);
    let settings = &count.group.tree.group.report;
    let kinds = [(SiteKind::Department, "部门", "departments"), (SiteKind::Township, "乡镇（街道）", "townships"), (SiteKind::Portal, "门户网站", "portal")];
    let boards: Vec<(String, Vec<Ranked>)> =
        kinds.iter().map(|(kind, zh, en)| (word(lang, zh, en).to_string(), ranked(&all, *kind, settings))).filter(|b| !b.1.is_empty()).collect();
    let press = Press::new(lang)?;
    let mut sheets = vec![
        ("index.html".to_string(), press.page("monthly.html", &front(count, &all, &boards, lang))?),
        ("report.csv".to_string(), csv(&boards, lang)),
        ("report.md".to_string(), markdown(count, &boards, lang)),
    ];
    sheets.extend(count.searches.map(|searches| ("searches.csv".to_string(), searches_csv(searches, lang))));
    for ranked in boards.iter().flat_map(|(_, rows)| rows) {
        sheets.push((format!("{}.html", ranked.office.id), press.page("monthly-site.html", &office_page(count, ranked, audience, lang))?));
    }
    Ok(sheets)
}

fn word<'w>(lang: Lang, zh: &'w str, en: &'w str) -> &'w str {
    if lang == Lang::Zh { zh } else { en }
}

fn name(part: &Part, lang: Lang) -> &'static str {
    if lang == Lang::Zh { part.name.0 } else { part.name.1 }
}

fn title(count: &Count<'_>, lang: Lang) -> String {
    let month = count.month;
    match (lang, month.split_once('-')) {
        (Lang::Zh, Some((year, m))) => format!("{year}年{}月网站信息发布简报", m.trim_start_matches('0')),
        _ => format!("Who published what: {month}"),
    }
}

/// How counts came about, in one line.
fn subtitle(count: &Count<'_>, lang: Lang) -> String {
    match (count.history.is_some(), lang) {
        (true, Lang::Zh) => "依据内容和提交记录统计：以发布日期与首次入库日期中较晚的为准，历史导入的以发布日期为准".into(),
        (true, Lang::En) => {
            "counted from the content and its history: by the date or the first commit, whichever is later; imported archives by their dates".into()
        }
        (false, Lang::Zh) => "没有完整的提交记录，仅按发布日期统计，不计迟报".into(),
        (false, Lang::En) => "without Git's whole history: counted by dates alone, nothing counts as late".into(),
    }
}

/// The formula as it is shown: `1×信息 + 0.5×原创 − 0.5×迟报`.
fn formula_text(count: &Count<'_>, lang: Lang) -> String {
    let each = formula(&count.group.tree.group.report);
    let mut text = String::new();
    for (part, points) in PARTS.iter().zip(each).filter(|(_, points)| *points != 0.0) {
        let sign = match (text.is_empty(), points < 0.0) {
            (true, false) => "",
            (true, true) => "−",
            (false, false) => " + ",
            (false, true) => " − ",
        };
        let _ = write!(text, "{sign}{}×{}", points.abs(), name(part, lang));
    }
    text
}

fn shown(value: Option<i64>) -> String {
    value.map_or_else(|| "—".into(), |n| n.to_string())
}

fn row(ranked: &Ranked) -> Row {
    let office = &ranked.office;
    Row {
        rank: ranked.rank,
        id: office.id.clone(),
        name: office.name.clone(),
        points: ranked.points,
        cells: PARTS.iter().zip(&ranked.parts).map(|(p, (count, points))| Cell { id: p.id, count: *count, points: *points }).collect(),
        to_commit: shown(median(&office.to_commit)),
        to_public: shown(median(&office.to_public)),
    }
}

fn front(count: &Count<'_>, all: &[Office], boards: &[(String, Vec<Ranked>)], lang: Lang) -> View {
    let total = |part: &str| all.iter().map(|o| o.part(part).len()).sum::<usize>().to_string();
    let months = months(count, 12).into_iter().map(|(month, n)| vec![month, n.to_string()]).collect();
    let mut best: Vec<&Ranked> =
        boards.iter().filter(|(_, rows)| rows.first().is_some_and(|r| r.office.kind != SiteKind::Portal)).flat_map(|(_, rows)| rows).collect();
    best.sort_by(|a, b| b.points.total_cmp(&a.points).then_with(|| a.office.id.cmp(&b.office.id)));
    let best = best.iter().take(8).map(|r| vec![r.office.short.clone(), r.points.to_string()]).collect();
    let silent = |o: &&Office| o.kind != SiteKind::Portal && o.part("item").is_empty();
    View {
        group: count.group.tree.group.name.to_string(),
        title: title(count, lang),
        subtitle: subtitle(count, lang),
        up: String::new(),
        heads: PARTS.iter().map(|p| name(p, lang).to_string()).collect(),
        formula: formula_text(count, lang),
        boards: boards.iter().map(|(name, rows)| Board { name: name.clone(), rows: rows.iter().map(row).collect() }).collect(),
        trend: chart(ChartKind::Line, &["month", word(lang, "信息", "items")], months),
        trend_label: word(lang, "近十二个月信息数", "items of the last twelve months").into(),
        best: chart(ChartKind::Bar, &["office", word(lang, "得分", "points")], best),
        best_label: word(lang, "得分最高的八个单位", "the eight with most points").into(),
        silent: all.iter().filter(silent).map(|o| o.name.clone()).collect(),
        tiles: [
            ("信息", "items", "item"),
            ("附件", "attachments", "attachment"),
            ("被采用", "shared", "shared"),
            ("答复来信", "letters answered", "answered"),
            ("更正", "corrections", "correction"),
            ("迟报", "late", "late"),
        ]
        .map(|(zh, en, part)| (word(lang, zh, en).to_string(), total(part)))
        .into(),
        lists: Vec::new(),
        searches: count.searches.cloned(),
    }
}

fn office_page(count: &Count<'_>, ranked: &Ranked, audience: Audience, lang: Lang) -> View {
    let office = &ranked.office;
    let each = formula(&count.group.tree.group.report);
    let list = |(i, part): (usize, &Part)| {
        // What is wrong inside is not for everyone.
        let hidden = audience == Audience::Public && matches!(part.id, "error" | "warning" | "overdue");
        let entries = office.part(part.id);
        List {
            id: part.id,
            name: name(part, lang).into(),
            each: each[i],
            points: ranked.parts[i].1,
            entries: if hidden { Vec::new() } else { entries.to_vec() },
            hidden,
            count: entries.len(),
        }
    };
    let rank = ranked.rank;
    View {
        group: count.group.tree.group.name.to_string(),
        title: format!("{}：{}", office.name, title(count, lang)),
        subtitle: match lang {
            Lang::Zh => format!("第 {rank} 名，{} 分", ranked.points),
            Lang::En => format!("rank {rank}, {} points", ranked.points),
        },
        up: word(lang, "全部单位", "all offices").into(),
        heads: Vec::new(),
        formula: formula_text(count, lang),
        boards: Vec::new(),
        trend: None,
        trend_label: String::new(),
        best: None,
        best_label: String::new(),
        silent: Vec::new(),
        tiles: vec![
            (word(lang, "日期到入库（天，中位数）", "days from date to commit (median)").into(), shown(median(&office.to_commit))),
            (word(lang, "入库到上线（小时，中位数）", "hours from commit to release (median)").into(), shown(median(&office.to_public))),
        ],
        lists: PARTS.iter().enumerate().map(list).collect(),
        searches: None,
    }
}

/// The table as CSV, with a mark that spreadsheets know as UTF-8.
fn csv(boards: &[(String, Vec<Ranked>)], lang: Lang) -> String {
    let mut out = String::from("\u{feff}");
    let heads: Vec<&str> = PARTS.iter().map(|p| name(p, lang)).collect();
    let fixed = if lang == Lang::Zh {
        ["类别", "名次", "单位", "得分", "日期到入库（天）", "入库到上线（小时）"]
    } else {
        ["kind", "rank", "office", "points", "days to commit", "hours to release"]
    };
    let _ = writeln!(out, "{},{},{}", fixed[..4].join(","), heads.join(","), fixed[4..].join(","));
    for (board, rows) in boards {
        for ranked in rows {
            let counts: Vec<String> = ranked.parts.iter().map(|p| p.0.to_string()).collect();
            let (commit, public) = (median(&ranked.office.to_commit), median(&ranked.office.to_public));
            let text = |n: Option<i64>| n.map_or_else(String::new, |n| n.to_string());
            let _ = writeln!(
                out,
                "{},{},{},{},{},{},{}",
                cell(board),
                ranked.rank,
                cell(&ranked.office.name),
                ranked.points,
                counts.join(","),
                text(commit),
                text(public)
            );
        }
    }
    out
}

/// What citizens looked for, as CSV.
fn searches_csv(searches: &Searches, lang: Lang) -> String {
    let mut out = String::from("\u{feff}");
    let _ = writeln!(out, "{}", word(lang, "类别,搜索词,搜索次数,无结果次数", "list,words,asked,without a result"));
    for (list, words) in [(word(lang, "搜索最多", "asked most"), &searches.top), (word(lang, "没有结果", "without a result"), &searches.missed)] {
        for w in words {
            let _ = writeln!(out, "{list},{},{},{}", cell(&w.words), w.asked, w.empty);
        }
    }
    out
}

/// The same as Markdown.
fn searches_markdown(searches: &Searches, lang: Lang) -> String {
    let mut out = format!("\n## {}\n\n", word(lang, "群众在找什么", "What citizens look for"));
    let (asked, empty) = (searches.asked, searches.empty);
    let _ = match lang {
        Lang::Zh => writeln!(out, "本月搜索 {asked} 次，其中 {empty} 次没有结果。不足 3 次的词不列出。"),
        Lang::En => writeln!(out, "{asked} searches, {empty} of them without a result. Words asked fewer than 3 times are not listed."),
    };
    let mut table = |name: &str, words: &[Words]| {
        if !words.is_empty() {
            let _ = write!(out, "\n### {name}\n\n| {} |\n|---|---:|---:|\n", word(lang, "搜索词 | 搜索次数 | 无结果次数", "Words | Asked | Without a result"));
        }
        for w in words {
            let _ = writeln!(out, "| {} | {} | {} |", w.words.replace('|', "\\|"), w.asked, w.empty);
        }
    };
    table(word(lang, "搜索最多的词", "Asked most"), &searches.top);
    table(word(lang, "没有结果的词", "Without a result"), &searches.missed);
    out
}

/// A cell that spreadsheets take for a text, never for a formula.
fn cell(text: &str) -> String {
    let safe = if text.starts_with(['=', '+', '-', '@', '\t']) { format!("'{text}") } else { text.to_string() };
    if safe.contains([',', '"', '\n']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

fn markdown(count: &Count<'_>, boards: &[(String, Vec<Ranked>)], lang: Lang) -> String {
    let mut out = format!("# {}\n\n{}\n\n{}{}\n", title(count, lang), subtitle(count, lang), word(lang, "得分 = ", "points = "), formula_text(count, lang));
    for (board, rows) in boards {
        let heads: Vec<&str> = PARTS.iter().map(|p| name(p, lang)).collect();
        let (rank, office, points) = if lang == Lang::Zh { ("名次", "单位", "得分") } else { ("rank", "office", "points") };
        let _ = write!(out, "\n## {board}\n\n| {rank} | {office} | {points} | {} |\n|---:|---|---:|{}\n", heads.join(" | "), "---:|".repeat(heads.len()));
        for r in rows {
            let counts: Vec<String> = r.parts.iter().map(|p| p.0.to_string()).collect();
            let _ = writeln!(out, "| {} | {} | {} | {} |", r.rank, r.office.name.replace('|', "\\|"), r.points, counts.join(" | "));
        }
    }
    out.push_str(&count.searches.map_or_else(String::new, |searches| searches_markdown(searches, lang)));
    out
}
