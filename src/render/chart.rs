//! Charts: a table's columns drawn as lines or bars, in numbers that a template writes into an SVG.
//!
//! In: a table and which of its columns to draw. Out: a [`Drawing`] of plain numbers. Days, months and years lie where they belong on the
//! axis: one that the table lacks is a gap, named as missing, never a line drawn across it.

use serde::Serialize;

use crate::source::Table;
use crate::source::front_matter::{Chart, ChartKind};

/// The picture's size, and the frame inside it that the values fill.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 280.0;
const LEFT: f64 = 52.0;
const RIGHT: f64 = 708.0;
const TOP: f64 = 12.0;
const BOTTOM: f64 = 244.0;
/// Lines and bars that eyes can tell apart.
const SERIES: usize = 4;
/// Points beyond which a picture of this width shows no more.
const POINTS: usize = 800;
/// Labels that fit under the axis.
const LABELS: usize = 8;

/// A drawn chart. All places are in the picture's own units.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Drawing {
    /// `line` or `bar`.
    pub kind: &'static str,
    /// Width of the picture.
    pub width: f64,
    /// Height of the picture.
    pub height: f64,
    /// Where the frame begins and ends, from left to right.
    pub frame: (f64, f64),
    /// Where nought lies.
    pub base: f64,
    /// What is drawn.
    pub series: Vec<Series>,
    /// Lines across, with their values.
    pub across: Vec<Tick>,
    /// Names under the axis.
    pub along: Vec<Tick>,
    /// Days, months or years the table lacks.
    pub missing: Vec<Tick>,
}

/// One column of the table.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Series {
    /// Its heading.
    pub name: String,
    /// The `d` of a path: a line broken where values are missing, or bars.
    pub path: String,
    /// Values that stand alone between gaps, as points.
    pub dots: Vec<(f64, f64)>,
}

/// A named place on an axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tick {
    /// The place.
    pub at: f64,
    /// The name.
    pub name: String,
}

/// A row's place on the axis, its name, and its values.
struct Point<'a> {
    at: i64,
    name: &'a str,
    values: Vec<Option<f64>>,
}

/// Draws a chart; nothing when the table has not what it asks for.
#[must_use]
pub fn draw(chart: &Chart, table: &Table) -> Option<Drawing> {
    let column = |name: &str| table.headings.iter().position(|h| h == name);
    let x = column(&chart.x)?;
    let drawn: Vec<usize> = chart.y.iter().filter_map(|name| column(name)).take(SERIES).collect();
    let (points, calendar) = points(table, x, &drawn);
    let (first, last) = (points.first()?.at, points.last()?.at);
    let highest = points.iter().flat_map(|p| p.values.iter().flatten()).copied().fold(f64::NAN, f64::max);
    if !highest.is_finite() {
        return None;
    }
    let lowest = points.iter().flat_map(|p| p.values.iter().flatten()).copied().fold(0.0, f64::min);
    let marks = marks(lowest, highest.max(0.0));
    let (floor, ceiling) = (*marks.first()?, *marks.last()?);
    let y = |value: f64| round(BOTTOM - (value - floor) / (ceiling - floor) * (BOTTOM - TOP));
    let step = step(&points);
    #[expect(clippy::cast_precision_loss, reason = "places on a calendar are small numbers")]
    let slots = ((last - first) / step + 1) as f64;
    #[expect(clippy::cast_precision_loss, reason = "places on a calendar are small numbers")]
    let x_of = |at: i64| round(LEFT + (((at - first) as f64 / step as f64) + 0.5) / slots * (RIGHT - LEFT));
    let bar = chart.kind == Some(ChartKind::Bar);
    let series = drawn.iter().enumerate().map(|(i, &c)| Series {
        name: table.headings[c].clone(),
        path: if bar { bars(&points, i, drawn.len(), (RIGHT - LEFT) / slots, &x_of, &y) } else { line(&points, i, step, &x_of, &y) },
        dots: if bar { Vec::new() } else { dots(&points, i, step, &x_of, &y) },
    });
    let every = points.len().div_ceil(LABELS).max(1);
    Some(Drawing {
        kind: if bar { "bar" } else { "line" },
        width: WIDTH,
        height: HEIGHT,
        frame: (LEFT, RIGHT),
        base: y(floor.max(0.0)),
        series: series.collect(),
        across: marks.iter().map(|&m| Tick { at: y(m), name: plain(m) }).collect(),
        along: points.iter().step_by(every).map(|p| Tick { at: x_of(p.at), name: p.name.to_string() }).collect(),
        missing: if calendar == Calendar::None { Vec::new() } else { missing(&points, step, calendar, &x_of) },
    })
}

/// What counts along the axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Calendar {
    Days,
    Months,
    Years,
    None,
}

impl Calendar {
    /// The place of a name: days since 1970, months since year 0, years.
    fn place(self, name: &str) -> Option<i64> {
        let mut parts = name.trim_end_matches(['日', '月', '年']).split(['-', '/', '年', '月']);
        let mut number = || parts.next().and_then(|p| p.parse::<i64>().ok());
        let place = match self {
            Self::Days => {
                let (year, month, day) = (number()?, number()?, number()?);
                let date = jiff::civil::Date::new(year.try_into().ok()?, month.try_into().ok()?, day.try_into().ok()?).ok()?;
                i64::from(date.since(jiff::civil::date(1970, 1, 1)).ok()?.get_days())
            }
            Self::Months => number()? * 12 + number().filter(|m| (1..=12).contains(m))? - 1,
            Self::Years => number().filter(|y| (1000..=9999).contains(y))?,
            Self::None => return None,
        };
        parts.next().is_none().then_some(place)
    }

    /// The name of a place.
    fn name(self, at: i64) -> String {
        match self {
            Self::Days => jiff::civil::date(1970, 1, 1).checked_add(jiff::Span::new().days(at)).map_or_else(|_| at.to_string(), |d| d.to_string()),
            Self::Months => format!("{:04}-{:02}", at / 12, at % 12 + 1),
            Self::Years | Self::None => at.to_string(),
        }
    }
}

/// The newest rows in order along the axis, and what counts there.
fn points<'a>(table: &'a Table, x: usize, drawn: &[usize]) -> (Vec<Point<'a>>, Calendar) {
    let all = |calendar: Calendar| table.rows.iter().all(|row| calendar.place(&row[x]).is_some());
    let calendar = [Calendar::Days, Calendar::Months, Calendar::Years].into_iter().find(|&c| all(c)).unwrap_or(Calendar::None);
    let point = |(i, row): (usize, &'a Vec<String>)| Point {
        at: calendar.place(&row[x]).unwrap_or(i64::try_from(i).unwrap_or(i64::MAX)),
        name: row[x].as_str(),
        values: drawn.iter().map(|&c| number(&row[c])).collect(),
    };
    let mut points: Vec<Point<'a>> = table.rows.iter().enumerate().map(point).collect();
    points.sort_by_key(|p| p.at);
    points.dedup_by_key(|p| p.at);
    let skipped = points.len().saturating_sub(POINTS);
    points.drain(..skipped);
    (points, calendar)
}

/// A cell as a number: `1,234.5`; nothing for `—` and other words.
fn number(cell: &str) -> Option<f64> {
    cell.trim().replace(',', "").parse().ok().filter(|n: &f64| n.is_finite())
}

/// How far two neighbours usually are apart: the distance most of them have.
fn step(points: &[Point<'_>]) -> i64 {
    let mut gaps: Vec<i64> = points.windows(2).map(|w| w[1].at - w[0].at).collect();
    gaps.sort_unstable();
    gaps.get(gaps.len() / 2).copied().unwrap_or(1).max(1)
}

/// Round values from below the lowest to above the highest.
fn marks(lowest: f64, highest: f64) -> Vec<f64> {
    let span = (highest - lowest).max(f64::MIN_POSITIVE);
    let power = 10f64.powf((span / 4.0).log10().floor());
    let unit = [1.0, 2.0, 2.5, 5.0, 10.0].into_iter().map(|m| m * power).find(|u| span / u <= 5.0).unwrap_or(10.0 * power);
    let (from, to) = ((lowest / unit).floor(), (highest / unit).ceil().max(1.0));
    std::iter::successors(Some(from), |n| Some(n + 1.0)).take_while(|n| *n <= to).map(|n| n * unit).collect()
}

/// A value as a label, without the dust of floating point.
fn plain(value: f64) -> String {
    let text = format!("{value:.4}");
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

fn round(value: f64) -> f64 {
    (value * 10.0).round() / 10.0
}

/// The values of one series in runs without a gap.
fn runs(points: &[Point<'_>], i: usize, step: i64) -> Vec<Vec<(i64, f64)>> {
    let mut runs: Vec<Vec<(i64, f64)>> = Vec::new();
    for (at, value) in points.iter().filter_map(|p| Some((p.at, p.values[i]?))) {
        match runs.last_mut().filter(|run| run.last().is_some_and(|(before, _)| at - before <= step)) {
            Some(run) => run.push((at, value)),
            None => runs.push(vec![(at, value)]),
        }
    }
    runs
}

fn line(points: &[Point<'_>], i: usize, step: i64, x: &dyn Fn(i64) -> f64, y: &dyn Fn(f64) -> f64) -> String {
    let run = |run: &Vec<(i64, f64)>| {
        run.iter().enumerate().map(|(n, (at, v))| format!("{}{} {}", if n == 0 { "M" } else { "L" }, x(*at), y(*v))).collect::<String>()
    };
    runs(points, i, step).iter().filter(|r| r.len() > 1).map(run).collect()
}

fn dots(points: &[Point<'_>], i: usize, step: i64, x: &dyn Fn(i64) -> f64, y: &dyn Fn(f64) -> f64) -> Vec<(f64, f64)> {
    runs(points, i, step).iter().filter(|r| r.len() == 1).map(|r| (x(r[0].0), y(r[0].1))).collect()
}

/// Bars side by side in their slot.
fn bars(points: &[Point<'_>], i: usize, count: usize, slot: f64, x: &dyn Fn(i64) -> f64, y: &dyn Fn(f64) -> f64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "four series at most")]
    let (i_, count) = (i as f64, count as f64);
    let width = slot * 0.72 / count;
    let bar = |p: &Point<'_>| {
        let value = p.values[i]?;
        let left = round(x(p.at) - slot * 0.36 + width * i_);
        Some(format!("M{left} {}V{}h{}V{}z", y(0.0), y(value), round(width), y(0.0)))
    };
    points.iter().filter_map(bar).collect()
}

/// The places between the first and the last that have no value at all.
fn missing(points: &[Point<'_>], step: i64, calendar: Calendar, x: &dyn Fn(i64) -> f64) -> Vec<Tick> {
    let there = |at: i64| points.binary_search_by_key(&at, |p| p.at).is_ok_and(|i| points[i].values.iter().any(Option::is_some));
    let (Some(first), Some(last)) = (points.first(), points.last()) else { return Vec::new() };
    let all = std::iter::successors(Some(first.at), |at| Some(at + step)).take_while(|at| *at <= last.at);
    all.filter(|at| !there(*at)).map(|at| Tick { at: x(at), name: calendar.name(at) }).collect()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn table(rows: &[(&str, &str)]) -> Table {
        Table { headings: vec!["日期".into(), "AQI".into()], rows: rows.iter().map(|(a, b)| vec![(*a).to_string(), (*b).to_string()]).collect() }
    }

    fn chart(kind: ChartKind) -> Chart {
        Chart { kind: Some(kind), x: "日期".into(), y: vec!["AQI".into()] }
    }

    #[test]
    fn a_missing_day_breaks_the_line_and_is_named() {
        let rows = [("2026-10-11", "40"), ("2026-10-12", "50"), ("2026-10-15", "60"), ("2026-10-16", "55"), ("2026-10-17", "—"), ("2026-10-18", "70")];
        let drawing = draw(&chart(ChartKind::Line), &table(&rows)).unwrap();
        let missing: Vec<&str> = drawing.missing.iter().map(|t| t.name.as_str()).collect();
        assert_eq!(missing, ["2026-10-13", "2026-10-14", "2026-10-17"]);
        assert_eq!(drawing.series[0].path.matches('M').count(), 2, "two runs, no line across the gap");
        assert_eq!(drawing.series[0].dots.len(), 1, "a day alone is a point");
    }

    #[test]
    fn values_lie_inside_the_frame_whatever_their_order() {
        let up = [("2026-01", "3.5"), ("2026-02", "1,200"), ("2026-03", "-20")];
        let mut down = up;
        down.reverse();
        let drawing = draw(&chart(ChartKind::Bar), &table(&up)).unwrap();
        assert_eq!(drawing, draw(&chart(ChartKind::Bar), &table(&down)).unwrap());
        assert!(drawing.across.iter().all(|t| (TOP..=BOTTOM).contains(&t.at)));
        assert!(drawing.base < BOTTOM, "nought lies above the lowest value");
        assert_eq!(drawing.along.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["2026-01", "2026-02", "2026-03"]);
    }

    #[test]
    fn words_are_names_and_nothing_is_drawn_of_nothing() {
        let drawing = draw(&chart(ChartKind::Bar), &table(&[("茶叶", "3"), ("蜂蜜", "4")])).unwrap();
        assert!(drawing.missing.is_empty());
        assert_eq!(draw(&chart(ChartKind::Line), &table(&[("2026-01-01", "—")])), None);
        assert_eq!(draw(&Chart { x: "没有".into(), ..chart(ChartKind::Line) }, &table(&[("a", "1")])), None);
    }

    #[test]
    fn marks_are_round_and_enclose_the_values() {
        assert_eq!(marks(0.0, 93.0), [0.0, 20.0, 40.0, 60.0, 80.0, 100.0]);
        assert!(marks(0.0, 0.0).len() > 1, "a table of noughts has an axis too");
        assert_eq!(plain(0.25), "0.25");
        assert_eq!(plain(100.0), "100");
    }
}
