//! Names and titles of offices that are mixed up: a city has bureaus (局) and no departments (厅), a commission has a director (主任).
//!
//! In: the sites' settings. Out: wrong names with the right ones, and names that only look wrong. Guesses nothing that another office is called.

use std::collections::BTreeSet;

use crate::source::settings::{SiteKind, SiteSettings};

/// What an office's head is called, by how its name ends, and what others are called.
const HEADS: [(&str, &str, &[&str]); 6] = [
    ("委员会", "主任", &["局长", "厅长", "委员长"]),
    ("局", "局长", &["厅长", "部长"]),
    ("街道办事处", "主任", &["镇长", "乡长", "局长"]),
    ("街道", "主任", &["镇长", "乡长"]),
    ("镇", "镇长", &["乡长"]),
    ("乡", "乡长", &["镇长"]),
];

/// Every wrong name with the right one; without a right one: what must be left alone.
pub(super) fn wrong_names<'a>(sites: impl Iterator<Item = &'a SiteSettings>) -> Vec<(String, Option<String>)> {
    let offices: Vec<&SiteSettings> = sites.filter(|s| s.kind != SiteKind::Portal).collect();
    let names: BTreeSet<&str> = offices.iter().flat_map(|s| [Some(&*s.name), s.short_name.as_deref()]).flatten().collect();
    let mut wrong = Vec::new();
    for name in &names {
        if let Some(stem) = name.strip_suffix('局') {
            wrong.extend([format!("{stem}厅")].into_iter().filter(|w| !names.contains(w.as_str())).map(|w| (w, Some((*name).to_string()))));
        }
        if let Some((ending, head, others)) = HEADS.iter().find(|(ending, ..)| name.ends_with(ending)) {
            let base = name.strip_suffix("街道").filter(|_| *ending == "街道").map_or_else(|| (*name).to_string(), |stem| format!("{stem}街道"));
            wrong.extend(others.iter().map(|other| (format!("{base}{other}"), Some(format!("{base}{head}")))));
        }
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offices_and_their_heads_are_not_mixed_up() {
        let site = |name: &str| SiteSettings { name: name.into(), kind: SiteKind::Department, ..SiteSettings::default() };
        let sites = [site("云岫市教育局"), site("云岫市发展和改革委员会"), site("茶园镇")];
        let wrong = wrong_names(sites.iter());
        let right = |text: &str| wrong.iter().find(|(w, _)| w == text).and_then(|(_, r)| r.as_deref());
        assert_eq!(right("云岫市教育厅"), Some("云岫市教育局"));
        assert_eq!(right("云岫市发展和改革委员会局长"), Some("云岫市发展和改革委员会主任"));
        assert_eq!(right("茶园镇乡长"), Some("茶园镇镇长"));
        assert_eq!(right("云岫市教育局局长"), None);
    }
}
