//! The numbers of a desk: letters received, answered, in time, how long it took, how content people were. Pure.
//!
//! In: what is counted of each case. Out: CSV texts, by month and by department. Nothing in them leads to a person.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::case::{Millis, State};
use super::desk::Desks;
use super::store::numbers::Counted;

const HEADINGS: &str = "收到,已受理,已答复,按时答复,按时率,办理时长（小时）,满意率";

/// One line a month, the newest last.
#[must_use]
pub fn monthly(counted: &[Counted], zone: &TimeZone) -> String {
    let lines = grouped(counted.iter().map(|c| (month(c.received_at, zone), c)));
    csv(&format!("月份,{HEADINGS}"), lines.into_iter().map(|(month, cases)| format!("{month},{}", line(&cases))))
}

/// One line a month and department.
#[must_use]
pub fn by_department(counted: &[Counted], desks: &Desks) -> String {
    let name = |c: &Counted| if c.department.is_empty() { "信息中心".to_string() } else { desks.site_name(&c.department).to_string() };
    let lines = grouped(counted.iter().map(|c| ((month(c.received_at, &desks.zone), name(c)), c)));
    csv(&format!("月份,承办单位,{HEADINGS}"), lines.into_iter().map(|((month, name), cases)| format!("{month},{},{}", cell(&name), line(&cases))))
}

fn grouped<'a, K: Ord>(cases: impl Iterator<Item = (K, &'a Counted)>) -> BTreeMap<K, Vec<&'a Counted>> {
    let mut groups = BTreeMap::<K, Vec<&Counted>>::new();
    for (key, case) in cases {
        groups.entry(key).or_default().push(case);
    }
    groups
}

fn csv(headings: &str, lines: impl Iterator<Item = String>) -> String {
    let mut text = format!("{headings}\n");
    for line in lines {
        text.push_str(&line);
        text.push('\n');
    }
    text
}

/// A cell of a CSV file: quoted where it must be, and never a formula.
#[must_use]
pub fn cell(text: &str) -> String {
    let safe = if text.starts_with(['=', '+', '-', '@', '\t', '\r', '＝', '＋', '－', '＠']) { format!("'{text}") } else { text.to_string() };
    if safe.contains([',', '"', '\n', '\r']) { format!("\"{}\"", safe.replace('"', "\"\"")) } else { safe }
}

fn month(at: Millis, zone: &TimeZone) -> String {
    Timestamp::from_millisecond(at).unwrap_or_default().to_zoned(zone.clone()).strftime("%Y-%m").to_string()
}

fn line(cases: &[&Counted]) -> String {
    let accepted: Vec<&&Counted> = cases.iter().filter(|c| c.accepted_at.is_some()).collect();
    let answered: Vec<&&&Counted> = accepted.iter().filter(|c| c.answered_at.is_some() && matches!(c.state, State::Reviewed | State::Closed)).collect();
    let on_time = answered.iter().filter(|c| c.answered_at <= c.promised_at).count();
    let mut took: Vec<Millis> = answered.iter().filter_map(|c| Some(c.answered_at? - c.accepted_at?)).collect();
    let rated: Vec<i64> = cases.iter().filter_map(|c| c.rating).collect();
    let content = rated.iter().filter(|stars| **stars >= 4).count();
    format!(
        "{},{},{},{on_time},{},{},{}",
        cases.len(),
        accepted.len(),
        answered.len(),
        share(on_time, answered.len()),
        median(&mut took).map_or(String::new(), hours),
        share(content, rated.len())
    )
}

/// A share as a percentage with one decimal; empty of nothing.
fn share(part: usize, whole: usize) -> String {
    if whole == 0 {
        return String::new();
    }
    let tenths = (part * 2000 + whole) / (whole * 2);
    format!("{}.{}%", tenths / 10, tenths % 10)
}

fn median(values: &mut [Millis]) -> Option<Millis> {
    values.sort_unstable();
    let middle = values.len() / 2;
    match values.len() {
        0 => None,
        n if n % 2 == 1 => Some(values[middle]),
        _ => Some(i64::midpoint(values[middle - 1], values[middle])),
    }
}

fn hours(millis: Millis) -> String {
    let tenths = millis / 360_000;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(received_at: Millis, answered_at: Option<Millis>, rating: Option<i64>) -> Counted {
        let hour = 3_600_000;
        Counted {
            department: "jyj".into(),
            state: if answered_at.is_some() { State::Closed } else { State::Assigned },
            received_at: received_at * hour,
            accepted_at: Some(received_at * hour),
            promised_at: Some((received_at + 72) * hour),
            answered_at: answered_at.map(|at| at * hour),
            rating,
        }
    }

    #[test]
    fn letters_are_counted_by_the_month_they_came_in() {
        // 1970-01-31 23:00 UTC is the first of February in Shanghai.
        let shanghai = TimeZone::get("Asia/Shanghai").unwrap_or(TimeZone::UTC);
        let all = [case(0, Some(10), Some(5)), case(1, Some(100), Some(2)), case(2, Some(22), None), case(3, None, None), case(24 * 30 + 23, None, None)];
        let lines = monthly(&all, &shanghai);
        let expected = format!("月份,{HEADINGS}\n1970-01,4,4,3,2,66.7%,20.0,50.0%\n1970-02,1,1,0,0,,,\n");
        assert_eq!(lines, expected);
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, safe) in [("=1+1", "'=1+1"), ("@x", "'@x"), ("-1", "'-1"), ("a,b", "\"a,b\""), ("+\"", "\"'+\"\"\""), ("张三", "张三")] {
            assert_eq!(cell(text), safe);
        }
    }
}
