//! Searching without a service: which parts of a site's search index an edit touches, and what stands in them.
//!
//! In: a group of one site with 150 items, three blocks of the index. Out: the outputs written, byte for byte those of a clean build.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::collections::BTreeSet;

use group::{Group, item};

const PAGE: &str = "{% extends \"base.html\" %}{% block main %}{{ search }}{% endblock main %}\n";
const ITEMS: usize = 150;

fn path(i: usize) -> String {
    format!("content/www/news/n{i:03}.md")
}

fn group() -> Group {
    let group = Group::small();
    group.write("themes/plain/templates/search.html", PAGE);
    for i in 0..ITEMS {
        let (title, date) = (format!("第{i}期茶叶质量抽检公告"), format!("2025-{:02}-{:02}", 1 + i / 28, 1 + i % 28));
        group.write(&path(i), item(&title, &date, "", "正文\n"));
    }
    group.settle();
    group.build_well(&[]);
    group.settle();
    group
}

/// Builds after an edit; gives the parts of the main site's index that were written or removed.
fn touched(group: &Group) -> BTreeSet<String> {
    group.settle();
    let (changes, built) = group.changes(&[]);
    group.equals_clean(&[], &built);
    let of_index = |path: &&String| path.starts_with("www/search/");
    changes.written.iter().chain(&changes.removed).filter(of_index).map(|p| p["www/search/".len()..].to_string()).collect()
}

fn blocks(touched: &BTreeSet<String>) -> Vec<&str> {
    touched.iter().map(String::as_str).filter(|name| name.starts_with('b')).collect()
}

#[test]
fn an_edit_touches_only_the_parts_of_the_index_that_hold_it() {
    let group = group();
    let first = "b0.json";
    assert!(group.page("www/search/b0.json").contains("第7期茶叶质量抽检公告"));
    let front = group.page("www/search/index.json");
    assert!(front.contains("\"blocks\":3,\"shards\":8"), "{front}");

    group.edit(&path(7), "正文", "改过的正文");
    assert_eq!(touched(&group), BTreeSet::new(), "a text is not in the index");

    group.edit(&path(7), "茶叶", "茶具");
    let parts = touched(&group);
    assert_eq!(blocks(&parts), [first]);
    // 期茶 and 茶具, 具质 come; those of the old title still stand in the block.
    assert!((1..=3).contains(&(parts.len() - 1)) && !parts.contains("index.json"), "{parts:?}");

    group.edit(&path(7), "2025-01-08", "2025-01-07");
    assert_eq!(blocks(&touched(&group)), [first]);

    // The newest item stands in the last block.
    group.write("content/www/news/new.md", item("新开公交线路", "2026-11-20", "", "正文\n"));
    let parts = touched(&group);
    assert_eq!(blocks(&parts), ["b2.json"]);
    assert!(parts.contains("index.json"));

    group.remove("content/www/news/new.md");
    assert_eq!(blocks(&touched(&group)), ["b2.json"]);
    assert!(!group.page("www/search/b2.json").contains("新开公交线路"));

    // The fewest blocks of which all are read need no shards.
    for i in 0..40 {
        group.remove(&path(i));
    }
    let parts = touched(&group);
    assert!(parts.contains("s0.json") && parts.contains("b2.json"));
    assert!(group.page("www/search/index.json").contains("\"shards\":0"));
}

#[test]
fn what_is_not_public_is_in_no_part_of_the_index() {
    let group = group();
    for (i, hidden) in ["draft: true\n", "audience: internal\n", "publish_at: 2099-01-01\n", "expires_at: 2026-01-01\n"].into_iter().enumerate() {
        group.write(&path(i), item("机密不见事项", "2025-01-02", hidden, "正文\n"));
    }
    assert!(!blocks(&touched(&group)).is_empty());
    for (path, bytes) in group.tree() {
        let text = String::from_utf8_lossy(&bytes);
        assert!(!text.contains("机密") && !text.contains("密不"), "{path}");
    }
}

#[test]
fn a_theme_without_a_page_for_searching_has_no_index() {
    let group = Group::small();
    group.build_well(&[]);
    assert!(group.tree().keys().all(|path| !path.contains("search") && !path.contains("traditional")));
}

#[test]
fn a_browser_is_told_how_to_search_the_site_it_is_on() {
    let group = group();
    let text = group.page("www/search.xml");
    assert!(text.contains("template=\"https://www.yunxiu.test/search.html?q={searchTerms}\""), "{text}");
    let settings = std::fs::read_to_string(group.path("sites/group.yaml")).unwrap();
    group.write("sites/group.yaml", format!("{settings}search: {{service: true}}\n"));
    group.build_well(&[]);
    let text = group.page("www/search.xml");
    assert!(text.contains("template=\"https://www.yunxiu.test/-/search?q={searchTerms}&amp;site=www\""), "{text}");
}
