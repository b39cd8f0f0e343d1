//! Home pages: each item once, large entries, the figures of the newest row of a table.
//!
//! In: the small group with blocks of its own. Out: what its home pages show, in a theme that prints its whole view.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use group::{Group, item};

/// The small group with these blocks on the main site's home page, built.
fn with_home(blocks: &str) -> Group {
    let group = Group::small();
    group.edit("sites/www.yaml", "home:\n- {column: news, count: 3}\n", &format!("home:\n{blocks}"));
    group.build_well(&[]);
    group
}

#[test]
fn an_item_that_two_blocks_hold_stands_once() {
    let group = with_home("- {column: news, count: 9}\n- {column: depts, count: 9, style: pictures}\n");
    let home = group.page("www/index.html");
    let links = |title: &str| home.matches(&format!("&quot;title&quot;: &quot;{title}&quot;")).count();
    assert_eq!((links("开学"), links("运动会"), links("放假")), (1, 1, 1), "{home}");
}

#[test]
fn a_block_that_would_be_empty_shows_what_it_has() {
    let group = with_home("- {column: depts, count: 9}\n- {column: depts, count: 9, style: pictures}\n");
    assert_eq!(group.page("www/index.html").matches("&quot;title&quot;: &quot;放假&quot;").count(), 2);
}

#[test]
fn entries_lead_to_columns_of_any_site_and_not_to_nowhere() {
    let group = with_home(
        "- style: entries\n  links:\n  - {name: 表格, link: \"@/jyj/forms\"}\n  - {name: 没有, link: \"@/jyj/none\"}\n  - {name: 别处, link: \"https://example.com/\"}\n",
    );
    let home = group.page("www/index.html");
    assert!(home.contains("https://jyj.yunxiu.test/forms/") && home.contains("https://example.com/"), "{home}");
    assert!(!home.contains("没有"), "{home}");
}

#[test]
fn figures_are_the_newest_row_whichever_end_of_the_table_it_stands_at() {
    for rows in ["2026-05-01,40\n2026-05-02,41\n", "2026-05-02,41\n2026-05-01,40\n"] {
        let group = Group::small();
        group.edit("sites/www.yaml", "home:\n- {column: news, count: 3}\n", "- {id: air, name: 空气, type: table}\nhome:\n- {column: air, style: figures}\n");
        group.write("content/www/air/day.md", item("日报", "2026-05-03", "summary: 日报\ndata: day.csv", ""));
        group.write("content/www/air/day.csv", format!("日期,AQI\n{rows}"));
        group.build_well(&[]);
        let home = group.page("www/index.html");
        assert!(home.contains("2026-05-02") && home.contains("&quot;41&quot;") && !home.contains("&quot;40&quot;"), "{home}");
    }
}
