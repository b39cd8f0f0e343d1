//! The ranking: points for what counts, by a formula that is written in the settings and shown with its parts.
//!
//! In: offices with what counts for them, and the settings. Out: offices with their points, the best first. The same input gives the same
//! ranking: equal points are ranked alike and listed by id. Pure.

use super::tally::Office;
use crate::source::checking::ReportSettings;
use crate::source::settings::SiteKind;

/// A part of the formula.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    /// Its name in settings, anchors and CSV.
    pub id: &'static str,
    /// Its name in Chinese and English.
    pub name: (&'static str, &'static str),
    /// Points for each, when the settings do not say otherwise.
    pub points: f64,
}

const fn part(id: &'static str, zh: &'static str, en: &'static str, points: f64) -> Part {
    Part { id, name: (zh, en), points }
}

/// All parts, in the order of the table.
pub const PARTS: [Part; 11] = [
    part("item", "信息", "items", 1.0),
    part("original", "原创", "original", 0.5),
    part("attachment", "附件", "attachments", 0.2),
    part("new_column", "新栏目", "new columns", 2.0),
    part("shared", "被采用", "shared", 1.0),
    part("answered", "答复来信", "letters answered", 1.0),
    part("late", "迟报", "late", -0.5),
    part("correction", "更正", "corrections", -0.3),
    part("overdue", "超期来信", "letters overdue", -5.0),
    part("error", "检查错误", "errors", -2.0),
    part("warning", "检查警告", "warnings", -0.1),
];

/// An office with its points.
#[derive(Debug, Clone)]
pub struct Ranked {
    /// From 1; equal points have equal ranks.
    pub rank: usize,
    /// The sum of its parts, to a hundredth.
    pub points: f64,
    /// For each of [`PARTS`]: how many, and what they give.
    pub parts: Vec<(usize, f64)>,
    /// The office.
    pub office: Office,
}

/// Points for each of [`PARTS`], as the settings have them.
#[must_use]
pub fn formula(settings: &ReportSettings) -> Vec<f64> {
    let own = |p: &Part| settings.points.0.get(p.id).and_then(|text| text.trim().parse().ok()).filter(|n: &f64| n.is_finite());
    PARTS.iter().map(|p| own(p).unwrap_or(p.points)).collect()
}

/// Ranks offices of one kind: departments among departments, townships among townships.
#[must_use]
pub fn ranked(offices: &[Office], kind: SiteKind, settings: &ReportSettings) -> Vec<Ranked> {
    let formula = formula(settings);
    let one = |office: &Office| {
        #[expect(clippy::cast_precision_loss, reason = "counts of a month")]
        let parts: Vec<(usize, f64)> =
            PARTS.iter().zip(&formula).map(|(p, each)| (office.part(p.id).len(), rounded(office.part(p.id).len() as f64 * each))).collect();
        Ranked { rank: 0, points: rounded(parts.iter().map(|p| p.1).sum()), parts, office: office.clone() }
    };
    let mut all: Vec<Ranked> = offices.iter().filter(|o| o.kind == kind).map(one).collect();
    all.sort_by(|a, b| b.points.total_cmp(&a.points).then_with(|| a.office.id.cmp(&b.office.id)));
    for i in 0..all.len() {
        let same = i > 0 && all[i - 1].points.total_cmp(&all[i].points).is_eq();
        all[i].rank = if same { all[i - 1].rank } else { i + 1 };
    }
    all
}

fn rounded(points: f64) -> f64 {
    // Adding nought makes the negative nought a plain one.
    (points * 100.0).round() / 100.0 + 0.0
}

#[cfg(test)]
mod tests {
    use super::super::tally::Entry;
    use super::*;
    use crate::source::settings::ThemeSettings;

    fn office(id: &str, items: usize) -> Office {
        let entry = Entry { day: String::new(), title: String::new(), url: String::new(), file: String::new(), note: String::new() };
        Office { id: id.into(), kind: SiteKind::Department, parts: [("item", vec![entry; items])].into(), ..Office::default() }
    }

    #[test]
    fn equal_points_share_a_rank_whatever_the_order() {
        let mut offices = vec![office("a", 2), office("c", 5), office("b", 2), office("d", 1)];
        let ranks = |offices: &[Office]| {
            ranked(offices, SiteKind::Department, &ReportSettings::default()).into_iter().map(|r| (r.rank, r.office.id)).collect::<Vec<_>>()
        };
        let expected = [(1, "c"), (2, "a"), (2, "b"), (4, "d")].map(|(n, id)| (n, id.to_string()));
        assert_eq!(ranks(&offices), expected);
        offices.reverse();
        assert_eq!(ranks(&offices), expected);
    }

    #[test]
    fn the_formula_is_the_settings() {
        let settings = ReportSettings {
            points: ThemeSettings([("item".to_string(), "-3".to_string()), ("late".to_string(), "much".to_string())].into()),
            ..ReportSettings::default()
        };
        assert!((formula(&settings)[0] + 3.0).abs() < 1e-9);
        assert!((formula(&settings)[6] + 0.5).abs() < 1e-9, "what is no number does not count");
    }
}
