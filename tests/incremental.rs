//! Edit scripts on a small group: after every edit the output is what a clean build elsewhere makes, byte for byte, and exactly the
//! outputs that show the edit were written.
//!
//! In: `Group::small` and an edit. Out: which outputs were written and removed, told by their times and not by what the build says;
//! what the build says must agree.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use group::{Group, Tree, assert_same_tree, item, picture};

/// The small group, built.
fn built() -> Group {
    let group = Group::small();
    group.build_well(&[]);
    group
}

/// The pages of the theme below a folder: redirects are not among them.
fn pages(tree: &Tree, folder: &str) -> Vec<String> {
    let is_page =
        |p: &&String, bytes: &[u8]| p.starts_with(folder) && p.ends_with(".html") && !String::from_utf8_lossy(bytes).contains("http-equiv=\"refresh\"");
    tree.iter().filter(|(p, bytes)| is_page(p, bytes)).map(|(p, _)| p.clone()).collect()
}

/// All files below a folder.
fn files(tree: &Tree, folder: &str) -> Vec<String> {
    tree.keys().filter(|p| p.starts_with(folder)).cloned().collect()
}

fn strings(paths: &[&str]) -> Vec<String> {
    paths.iter().map(|p| (*p).to_string()).collect()
}

const NOTHING: &[&str] = &[];

#[test]
fn nothing_changed_writes_nothing() {
    let group = built();
    for _ in 0..2 {
        let built = group.expect(&[], NOTHING, NOTHING);
        assert_eq!((built.number("written"), built.number("removed")), (0, 0));
        assert_eq!(built.number("unchanged"), built.number("outputs"));
    }
}

#[test]
fn a_file_touched_without_a_change_writes_nothing() {
    let group = built();
    let text = std::fs::read(group.path("content/www/news/a.md")).unwrap();
    group.write("content/www/news/a.md", text);
    let bytes = std::fs::read(group.path("content/jyj/news/photo.png")).unwrap();
    group.write("content/jyj/news/photo.png", bytes);
    group.expect(&[], NOTHING, NOTHING);
}

#[test]
fn a_new_item_writes_itself_its_neighbour_and_its_lists() {
    let group = built();
    group.write("content/www/news/e.md", item("戊", "2026-05-01", "summary: 戊", "戊。"));
    let written =
        ["www/news/e.html", "www/news/d.html", "www/news/index.html", "www/news/feed.xml", "www/index.html", "www/feed.xml", "www/sitemap.xml", "www/map.html"];
    group.expect(&[], &written, &[]);
}

#[test]
fn a_new_item_never_touches_full_archive_pages() {
    let group = built();
    let lists = ["www/notices/index.html", "www/notices/feed.xml", "www/feed.xml", "www/sitemap.xml", "www/map.html"];
    group.write("content/www/notices/n6.md", item("公告六", "2026-02-06", "summary: 六", "六。"));
    // The last archive page gets a newer neighbour, so its link to newer items moves.
    group.expect(&[], &[&lists[..], &["www/notices/n6.html", "www/notices/n5.html", "www/notices/page-1.html", "www/notices/page-2.html"]].concat(), &[]);
    group.write("content/www/notices/n7.md", item("公告七", "2026-02-07", "summary: 七", "七。"));
    group.expect(&[], &[&lists[..], &["www/notices/n7.html", "www/notices/n6.html"]].concat(), &[]);
}

#[test]
fn an_edited_body_writes_its_own_page_only() {
    let group = built();
    group.edit("content/www/news/b.md", "乙的正文。", "乙的新正文。");
    group.expect(&[], &["www/news/b.html"], &[]);
}

#[test]
fn a_body_that_gives_the_summary_moves_the_lists_too() {
    let group = built();
    group.edit("content/www/news/d.md", "summary: 丁的摘要\n", "");
    group.expect(&[], &["www/news/d.html", "www/news/index.html", "www/news/feed.xml", "www/index.html", "www/feed.xml"], &[]);
}

#[test]
fn front_matter_that_no_page_shows_writes_no_page() {
    let group = built();
    group.edit("content/www/news/b.md", "summary: 乙的摘要", "summary: \"乙的摘要\"\norder: 7");
    group.expect(&[], NOTHING, NOTHING);
}

#[test]
fn a_new_title_is_shown_by_neighbours_and_lists() {
    let group = built();
    group.edit("content/www/news/a.md", "title: 甲", "title: 甲甲");
    group.expect(&[], &["www/news/a.html", "www/news/b.html", "www/news/index.html", "www/news/feed.xml", "www/feed.xml"], &[]);
}

#[test]
fn a_new_title_is_shown_across_sites() {
    let group = built();
    group.edit("content/jyj/news/x.md", "title: 开学", "title: 开学啦");
    let own = ["jyj/news/x.html", "jyj/news/y.html", "jyj/news/index.html", "jyj/news/feed.xml", "jyj/index.html", "jyj/feed.xml"];
    let shared = ["www/news/index.html", "www/news/feed.xml", "www/index.html", "www/depts/index.html", "www/depts/feed.xml"];
    group.expect(&[], &[&own[..], &shared[..]].concat(), &[]);
}

#[test]
fn a_new_title_of_an_explainer_is_shown_by_its_policy() {
    let group = built();
    group.edit("content/jyj/open/explainer/e.md", "title: 办法解读", "title: 一图读懂");
    let own =
        ["jyj/open/explainer/e.html", "jyj/open/explainer/index.html", "jyj/open/explainer/feed.xml", "jyj/feed.xml", "jyj/index.html", "jyj/open/index.html"];
    group.expect(&[], &[&own[..], &["jyj/open/policy/p.html"]].concat(), &[]);
}

#[test]
fn a_new_date_moves_an_item_among_its_neighbours() {
    let group = built();
    group.edit("content/www/news/c.md", "2026-01-03", "2026-01-10");
    let written = [
        "www/news/c.html",
        "www/news/b.html",
        "www/news/d.html",
        "www/news/index.html",
        "www/news/feed.xml",
        "www/index.html",
        "www/feed.xml",
        "www/sitemap.xml",
    ];
    group.expect(&[], &written, &[]);
}

#[test]
fn an_item_moved_to_another_column_leaves_the_old_one() {
    let group = built();
    group.rename("content/www/news/d.md", "content/www/notices/d.md");
    let old = ["www/news/c.html", "www/news/index.html", "www/news/feed.xml", "www/index.html"];
    let new =
        ["www/notices/d.html", "www/notices/n1.html", "www/notices/index.html", "www/notices/page-1.html", "www/notices/page-2.html", "www/notices/feed.xml"];
    group.expect(&[], &[&old[..], &new[..], &["www/feed.xml", "www/sitemap.xml", "www/map.html"]].concat(), &["www/news/d.html"]);
}

#[test]
fn a_deleted_item_leaves_no_trace() {
    let group = built();
    group.remove("content/www/news/b.md");
    let written = ["www/news/a.html", "www/news/c.html", "www/news/index.html", "www/news/feed.xml", "www/feed.xml", "www/sitemap.xml", "www/map.html"];
    group.expect(&[], &written, &["www/news/b.html"]);
}

#[test]
fn a_deleted_item_takes_its_redirects_pictures_and_attachments_with_it() {
    let group = built();
    group.remove("content/jyj/open/explainer/e.md");
    group.remove("content/jyj/open/policy/p.md");
    group.remove("content/jyj/news/y.md");
    group.remove("content/jyj/forms/apply.md");
    let removed = [
        "jyj/old/p.html",
        "jyj/open/policy/p.html",
        "jyj/open/policy/feed.xml",
        "jyj/open/explainer/e.html",
        "jyj/open/explainer/feed.xml",
        "jyj/news/y.html",
        "jyj/news/photo.png",
        "jyj/forms/apply.html",
        "jyj/forms/apply.docx",
        "jyj/forms/feed.xml",
        "jyj/forms/filter.json",
        "jyj/open/policy/filter.json",
    ];
    let lists = ["jyj/index.html", "jyj/feed.xml", "jyj/sitemap.xml", "jyj/map.html", "jyj/news/index.html", "jyj/news/feed.xml", "jyj/forms/index.html"];
    let columns = ["jyj/open/index.html", "jyj/open/policy/index.html", "jyj/open/explainer/index.html"];
    let others = ["jyj/news/x.html", "jyj/news/z.html", "www/depts/index.html", "www/depts/feed.xml", "www/map.html"];
    group.expect(&[], &[&lists[..], &columns[..], &others[..]].concat(), &removed);
    assert!(!group.path("out/jyj/old").exists(), "empty folders go too");
}

#[test]
fn a_policy_writes_its_own_shelves_and_no_others() {
    let group = Group::small();
    let policy = |title: &str, year: u32, issuer: &str| item(title, &format!("{year}-05-01"), &format!("summary: {title}\nissuing_agency: {issuer}"), "文。");
    for (name, year, issuer) in [("q", 2024, "甲局"), ("r", 2023, "甲局"), ("s", 2023, "乙局")] {
        group.write(&format!("content/jyj/open/policy/{name}.md"), policy(name, year, issuer));
    }
    group.build_well(&[]);
    let shelves = || -> Vec<String> {
        let (changes, built) = group.changes(&[]);
        group.equals_clean(&[], &built);
        let named = changes.written.iter().chain(&changes.removed).filter_map(|path| path.strip_prefix("jyj/open/policy/by-"));
        named.map(str::to_string).collect()
    };
    group.write("content/jyj/open/policy/t.md", policy("t", 2024, "乙局"));
    assert_eq!(shelves(), ["issuer/乙局.html", "year/2024.html"]);
    // Only the wording has changed.
    group.edit("content/jyj/open/policy/r.md", "title: r", "title: 新题");
    assert_eq!(shelves(), ["issuer/甲局.html", "year/2023.html"]);
    // A shelf goes with the last that stood on it; every shelf's first page names the others.
    group.edit("content/jyj/open/policy/s.md", "乙局", "甲局");
    group.remove("content/jyj/open/policy/t.md");
    let all = ["issuer/教育局.html", "issuer/甲局.html", "year/2023.html", "year/2024.html", "year/2026.html", "issuer/乙局.html"];
    assert_eq!(shelves(), all);
    assert!(!group.out().join("jyj/open/policy/by-issuer/乙局.html").exists());
}

#[test]
fn a_new_name_of_a_column_writes_the_pages_of_its_site_only() {
    let group = built();
    group.edit("sites/jyj.yaml", "name: 动态", "name: 新闻");
    let mut written = pages(&group.tree(), "jyj/");
    written.push("jyj/news/feed.xml".into());
    group.expect(&[], &written, &[]);
}

#[test]
fn a_new_name_of_a_column_is_told_where_another_site_refers_to_the_column() {
    let group = Group::small();
    // On a host of its own: but for the reference the two sites have nothing to do with each other.
    group.edit("sites/tea.yaml", "at: www/tea", "at: tea");
    group.edit("sites/tea.yaml", "columns:\n", "columns:\n- {id: guides, name: 办事, type: guide}\n");
    group.write("content/tea/guides/g.md", item("报名", "2026-04-03", "summary: 报名\nforms: [\"@/jyj/forms/\"]", "见[动态](@/jyj/news/)。"));
    group.settle();
    group.build_well(&[]);
    assert!(group.page("tea/guides/g.html").contains("表格"));
    group.edit("sites/jyj.yaml", "name: 表格", "name: 表单");
    group.equals_clean(&[], &group.build());
    assert!(group.page("tea/guides/g.html").contains("表单"));
}

#[test]
fn a_template_writes_the_pages_made_from_it_only() {
    let group = built();
    group.edit("themes/plain/templates/item-policy.html", "item.html\" %}", "item.html\" %}{# more #}");
    // The bytes are the same, but no one can know before rendering.
    group.expect(&[], &["jyj/open/policy/p.html"], &[]);
    group.edit("themes/plain/templates/column.html", "{{ column }}", "<main>{{ column }}</main>");
    let tree = group.tree();
    let columns: Vec<String> = pages(&tree, "")
        .into_iter()
        .filter(|p| p.split('/').count() > 2 && (p.ends_with("/index.html") || p.contains("/page-")) && p != "www/tea/index.html")
        .collect();
    assert_eq!(columns.len(), 11);
    group.expect(&[], &columns, &[]);
}

#[test]
fn a_template_that_others_extend_writes_theirs_too() {
    let group = built();
    group.edit("themes/plain/templates/item.html", "{{ item }}", "<main>{{ item }}</main>");
    let items: Vec<String> =
        group.tree().keys().filter(|p| p.ends_with(".html") && group.page(p).contains("&quot;kind&quot;: &quot;item&quot;")).cloned().collect();
    assert_eq!(items.len(), 17);
    group.expect(&[], &items, &[]);
}

#[test]
fn a_header_is_part_of_every_page() {
    let group = built();
    group.edit("themes/plain/templates/header.html", "<header>", "<header class=\"h\">");
    group.expect(&[], &pages(&group.tree(), ""), &[]);
}

#[test]
fn a_style_sheet_gets_another_name_on_every_page() {
    let group = built();
    group.write("themes/plain/static/css/main.css", "body{margin:1px}\n");
    let before = group.tree();
    let assets: Vec<String> = before.keys().filter(|p| p.contains("/assets/")).cloned().collect();
    assert_eq!(assets.len(), 3);
    let mut written = pages(&before, "");
    let fresh = group.clean_with(&[]).0;
    written.extend(fresh.keys().filter(|p| p.contains("/assets/")).cloned());
    group.expect(&[], &written, &assets);
}

#[test]
fn a_word_writes_every_page() {
    let group = built();
    group.edit("themes/plain/words/zh-CN.yaml", "您好", "你好");
    group.expect(&[], &pages(&group.tree(), ""), &[]);
}

#[test]
fn a_site_colour_makes_a_style_sheet_of_its_own() {
    let group = built();
    group.edit("sites/tea.yaml", "kind: township", "kind: township\nsettings: {color: \"#0a0\"}");
    let mut written = pages(&group.tree(), "www/tea/");
    written.extend(group.clean_with(&[]).0.keys().filter(|p| p.contains("/tea/assets/site.")).cloned());
    group.expect(&[], &written, &[]);
    group.edit("sites/tea.yaml", "settings: {color: \"#0a0\"}\n", "");
    group.expect(&[], &pages(&group.tree(), "www/tea/"), &written[written.len() - 1..]);
}

#[test]
fn a_site_that_moves_leaves_redirects() {
    let group = built();
    let before = group.tree();
    group.edit("sites/tea.yaml", "at: www/tea", "at: tea\nformerly: [www/tea]");
    let moved = pages(&before, "www/tea/");
    let redirects: Vec<String> = moved.iter().filter(|p| !p.ends_with("404.html")).cloned().collect();
    let removed: Vec<String> = files(&before, "www/tea/").into_iter().filter(|p| !redirects.contains(p)).collect();
    let mut written: Vec<String> = files(&before, "www/tea/").iter().map(|p| p.replacen("www/", "", 1)).collect();
    written.extend(redirects);
    // Only the main site's home page and map list sites.
    written.extend(strings(&["tea/robots.txt", "www/robots.txt", "www/index.html", "www/map.html"]));
    group.expect(&[], &written, &removed);
    assert!(group.page("www/tea/news/t.html").contains("https://tea.yunxiu.test/news/t.html"));
    // And back again.
    group.edit("sites/tea.yaml", "at: tea\nformerly: [www/tea]", "at: www/tea");
    group.changes(&[]).1.exits(0);
    assert_same_tree(&group.tree(), &before);
}

#[test]
fn two_sites_may_change_places() {
    let group = built();
    group.edit("sites/tea.yaml", "at: www/tea", "at: jyj\nformerly: [www/tea]");
    group.edit("sites/jyj.yaml", "at: jyj", "at: www/tea\nformerly: [jyj]");
    let (_, built) = group.changes(&[]);
    // Both have pages at `/` and `/news/`, so some redirects find their place taken.
    assert!(built.codes().iter().all(|c| c.starts_with("address-taken")), "{:?}", built.codes());
    group.equals_clean(&[], &built);
}

#[test]
fn a_share_added_and_taken_back_moves_the_other_sites_lists_only() {
    let group = built();
    group.edit("content/jyj/news/y.md", "summary: 运动会\n", "summary: 运动会\nshare: [www/news]\n");
    let lists = ["www/news/index.html", "www/news/feed.xml", "www/index.html", "www/map.html"];
    group.expect(&[], &lists, &[]);
    group.edit("content/jyj/news/y.md", "share: [www/news]\n", "");
    group.expect(&[], &lists, &[]);
}

#[test]
fn a_collect_moves_the_collecting_column_only() {
    let group = built();
    group.edit("sites/www.yaml", "[department/news]", "[department/news, township/news]");
    group.expect(&[], &["www/depts/index.html", "www/depts/feed.xml", "www/map.html"], &[]);
}

#[test]
fn a_picture_of_another_size_writes_the_page_that_shows_it() {
    let group = built();
    group.write("content/jyj/news/photo.png", picture(41, 20));
    group.expect(&[], &["jyj/news/photo.png", "jyj/news/y.html"], &[]);
    let mut bytes = std::fs::read(group.path("content/jyj/news/photo.png")).unwrap();
    bytes.extend_from_slice(b"trailing");
    group.write("content/jyj/news/photo.png", bytes);
    group.expect(&[], &["jyj/news/photo.png"], &[]);
}

#[test]
fn a_picture_added_to_an_albums_folder_is_shown() {
    let group = built();
    group.write("content/tea/album/spring/3.png", picture(9, 9));
    group.expect(&[], &["www/tea/album/spring/3.png", "www/tea/album/spring.html"], &[]);
    // The first picture is the cover.
    group.write("content/tea/album/spring/0.png", picture(9, 9));
    group.expect(&[], &["www/tea/album/spring/0.png", "www/tea/album/spring.html", "www/tea/album/index.html", "www/tea/index.html"], &[]);
    group.remove("content/tea/album/spring/0.png");
    group.expect(&[], &["www/tea/album/spring.html", "www/tea/album/index.html", "www/tea/index.html"], &["www/tea/album/spring/0.png"]);
}

#[test]
fn an_attachment_replaced_is_copied_and_its_seal_and_size_shown() {
    let group = built();
    group.write("content/jyj/forms/apply.docx", b"PK-form-2");
    group.expect(&[], &["jyj/forms/apply.docx", "jyj/forms/apply.html"], &[]);
    group.write("content/jyj/forms/apply.docx", b"PK-form-three");
    group.expect(&[], &["jyj/forms/apply.docx", "jyj/forms/apply.html", "jyj/forms/index.html", "jyj/index.html"], &[]);
}

#[test]
fn a_file_that_nothing_refers_to_is_not_published() {
    let group = built();
    group.write("content/jyj/forms/other.docx", b"PK-other");
    group.expect(&[], NOTHING, NOTHING);
}

#[test]
fn time_passing_publishes_and_withdraws() {
    let group = built();
    group.write("content/www/news/e.md", item("戊", "2026-05-01", "summary: 戊\npublish_at: 2026-12-01 08:00\nexpires_at: 2026-12-05", "戊。"));
    let lists = ["www/news/d.html", "www/news/index.html", "www/news/feed.xml", "www/index.html", "www/feed.xml", "www/sitemap.xml", "www/map.html"];
    group.expect(&[], NOTHING, NOTHING);
    group.expect(&["--at", "2026-12-01 07:59:59"], NOTHING, NOTHING);
    group.expect(&["--at", "2026-12-01 08:00"], &[&lists[..], &["www/news/e.html"]].concat(), &[]);
    group.expect(&["--at", "2026-12-05 23:59:58"], NOTHING, NOTHING);
    group.expect(&["--at", "2026-12-06"], &lists, &["www/news/e.html"]);
    group.expect(&["--at", "2026-12-02"], &[&lists[..], &["www/news/e.html"]].concat(), &[]);
}

#[test]
fn switching_audience_and_drafts_in_one_output_folder_leaves_nothing_behind() {
    let group = built();
    group.write("content/www/news/e.md", item("戊", "2026-05-01", "summary: 戊\naudience: internal\nattachments: [e.pdf]", "戊。"));
    group.write("content/www/news/e.pdf", b"%PDF-e");
    group.write("content/www/news/f.md", item("己", "2026-05-02", "summary: 己\ndraft: true", "己。"));
    let lists = ["www/news/index.html", "www/news/feed.xml", "www/index.html", "www/feed.xml", "www/sitemap.xml", "www/map.html"];
    group.expect(&[], NOTHING, NOTHING);
    group.expect(&["--audience", "internal"], &[&lists[..], &["www/news/d.html", "www/news/e.html", "www/news/e.pdf"]].concat(), &[]);
    group.expect(&["--audience", "internal", "--drafts"], &[&lists[..], &["www/news/e.html", "www/news/f.html"]].concat(), &[]);
    group.expect(&["--drafts"], &[&lists[..], &["www/news/d.html", "www/news/f.html"]].concat(), &["www/news/e.html", "www/news/e.pdf"]);
    group.expect(&[], &[&lists[..], &["www/news/d.html"]].concat(), &["www/news/f.html"]);
}

#[test]
fn another_base_address_writes_all_that_holds_absolute_addresses() {
    let group = built();
    let tree = group.tree();
    let mut written = pages(&tree, "");
    written.extend(tree.keys().filter(|p| p.ends_with(".xml") || p.ends_with("robots.txt")).cloned());
    group.expect(&["--base-url", "http://localhost:8080"], &written, &[]);
    group.expect(&[], &written, &[]);
}

#[test]
fn a_site_added_enters_the_lists_of_sites_and_no_other_page() {
    let group = built();
    let mut written = strings(&["www/index.html", "www/map.html", "www/depts/index.html"]);
    group.write("sites/mzj.yaml", "name: 民政局\nkind: department\nat: mzj\ncolumns:\n- {id: news, name: 动态}\n");
    group.write("content/mzj/news/m.md", item("敬老", "2026-06-01", "summary: 敬老", "敬老。"));
    written.extend(files(&group.clean_with(&[]).0, "mzj/"));
    written.push("www/depts/feed.xml".into());
    group.expect(&[], &written, &[]);
}

#[test]
fn the_last_site_of_a_kind_leaves_every_group_bar() {
    let group = built();
    let tree = group.tree();
    group.remove("sites/tea.yaml");
    group.remove("content/tea");
    let mut written = pages(&tree, "jyj/");
    written.extend(pages(&tree, "www/").into_iter().filter(|p| !p.starts_with("www/tea/")));
    written.push("www/robots.txt".into());
    group.expect(&[], &written, &files(&tree, "www/tea/"));
    assert!(!group.path("out/www/tea").exists());
}

#[test]
fn a_column_removed_leaves_the_menu() {
    let group = built();
    let tree = group.tree();
    group.edit("sites/jyj.yaml", "- {id: forms, name: 表格, type: download}\n", "");
    group.remove("content/jyj/forms");
    let mut written: Vec<String> = pages(&tree, "jyj/").into_iter().filter(|p| !p.starts_with("jyj/forms/")).collect();
    written.extend(strings(&["jyj/feed.xml", "jyj/sitemap.xml"]));
    group.expect(&[], &written, &files(&tree, "jyj/forms/"));
}

#[test]
fn a_column_of_another_type_reads_its_items_again() {
    let group = built();
    group.edit("sites/jyj.yaml", "{id: news, name: 动态, type: news}", "{id: news, name: 动态, type: notice}");
    let (changes, built) = group.changes(&[]);
    group.equals_clean(&[], &built);
    assert!(changes.written.contains("jyj/news/x.html") && changes.written.contains("www/depts/index.html"));
    assert!(!changes.written.contains("jyj/forms/apply.html"));
}

#[test]
fn a_page_may_stand_where_a_folder_was_and_the_other_way_round() {
    let group = built();
    let mut aliases = "[/old/p.html]";
    for next in ["[/old.html/, /old/]", "[/old.html]", "[/old.html/x.html]", "[/old/p.html]"] {
        group.edit("content/jyj/open/policy/p.md", aliases, next);
        aliases = next;
        let built = group.build_well(&[]);
        group.equals_clean(&[], &built);
    }
}

#[test]
fn any_number_of_threads_makes_the_same_bytes() {
    let group = Group::small();
    let (one, _) = group.clean_with(&["--threads", "1"]);
    assert!(one.len() > 60);
    for threads in ["2", "8"] {
        assert_same_tree(&group.clean_with(&["--threads", threads]).0, &one);
    }
}

#[test]
fn the_same_group_in_another_folder_makes_the_same_bytes() {
    let group = built();
    assert_same_tree(&group.clean_with(&["--lang", "zh"]).0, &group.tree());
}

#[test]
fn without_its_memory_a_build_makes_everything_and_removes_what_is_stale() {
    let group = built();
    group.remove("content/www/news/b.md");
    group.remove("sites/tea.yaml");
    group.remove("content/tea");
    group.edit("sites/jyj.yaml", "id: forms", "id: downloads");
    group.rename("content/jyj/forms", "content/jyj/downloads");
    group.remove(".portico");
    let (_, built) = group.changes(&[]);
    group.equals_clean(&[], &built.exits(0));
}

#[test]
fn without_its_memory_a_build_removes_the_folder_of_a_site_that_is_gone() {
    let group = built();
    group.edit("content/jyj/news/x.md", "share: [www/news]\n", "");
    group.edit("sites/www.yaml", "collect: [department/news]", "type: news");
    group.remove("sites/jyj.yaml");
    group.remove("content/jyj");
    group.remove(".portico");
    let (_, built) = group.changes(&[]);
    group.equals_clean(&[], &built.exits(0));
}

#[test]
fn a_clean_build_replaces_everything() {
    let group = built();
    let all: Vec<String> = group.tree().into_keys().collect();
    group.write("out/www/news/stray.html", "stray");
    group.expect(&["--clean"], &all, &["www/news/stray.html".to_string()]);
}

/// All files of the build's memory; the search index is no part of it, and looked after by itself.
fn memory(group: &Group) -> Vec<String> {
    group::tree(&group.path(".portico")).into_keys().filter(|p| !p.ends_with("/lock") && !p.starts_with("search")).map(|p| format!(".portico/{p}")).collect()
}

#[test]
fn a_damaged_memory_is_as_good_as_none() {
    let group = built();
    let files = memory(&group);
    assert!(files.len() >= 7, "{files:?}");
    let foreign = std::fs::read(group.path(&files[0])).unwrap();
    for (i, file) in files.iter().enumerate() {
        let whole = std::fs::read(group.path(file)).unwrap();
        let mut flipped = whole.clone();
        let last = flipped.len() - 1;
        flipped[last] ^= 0x40;
        let damages: [&[u8]; 5] = [&flipped, &whole[..whole.len() / 2], b"", b"PORTICO1 nonsense that is longer than a header of forty bytes", &foreign];
        for damage in damages {
            group.write(file, damage);
            // Something else moves at the same time: an edit, and an item that comes and goes.
            group.edit("content/www/news/a.md", "甲的正文。", "甲的正文。。");
            if i % 2 == 0 {
                group.write("content/www/news/e.md", item("戊", "2026-05-01", "", "戊。"));
            } else if group.path("content/www/news/e.md").exists() {
                group.remove("content/www/news/e.md");
            }
            let (_, built) = group.changes(&[]);
            group.equals_clean(&[], &built.exits(0));
            group.edit("content/www/news/a.md", "甲的正文。。", "甲的正文。");
            group.build_well(&[]);
        }
        group.remove(file);
        let (_, built) = group.changes(&[]);
        group.equals_clean(&[], &built.exits(0));
    }
}

#[test]
fn a_lost_or_resized_output_is_made_again() {
    let group = built();
    group.remove("out/www/news/a.html");
    group.remove("out/jyj/forms/apply.docx");
    group.write("out/www/robots.txt", "Disallow: /");
    group.remove("out/www/notices");
    std::fs::create_dir_all(group.path("out/www/feed.xml.d")).unwrap();
    group.remove("out/jyj/feed.xml");
    std::fs::create_dir_all(group.path("out/jyj/feed.xml")).unwrap();
    let notices: Vec<String> = files(&group.clean_with(&[]).0, "www/notices/");
    group.expect(&[], &[notices, strings(&["www/news/a.html", "jyj/forms/apply.docx", "www/robots.txt", "jyj/feed.xml"])].concat(), &[]);
}

#[test]
fn an_output_that_is_a_link_is_replaced_and_what_it_led_to_left_alone() {
    let group = built();
    group.write("precious.txt", "precious");
    group.remove("out/www/news/a.html");
    std::os::unix::fs::symlink(group.path("precious.txt"), group.path("out/www/news/a.html")).unwrap();
    std::fs::remove_file(group.path("out/www/news/b.html")).unwrap();
    std::fs::hard_link(group.path("precious.txt"), group.path("out/www/news/b.html")).unwrap();
    let built = group.build_well(&[]);
    group.equals_clean(&[], &built);
    assert_eq!(std::fs::read(group.path("precious.txt")).unwrap(), b"precious");
}

#[test]
fn one_site_alone_can_be_built() {
    let group = built();
    group.edit("content/jyj/news/x.md", "title: 开学", "title: 开学啦");
    group.edit("content/www/news/b.md", "乙的正文。", "乙的新正文。");
    let (changes, built) = group.changes(&["--site", "jyj"]);
    assert_eq!((built.status, built.number("sites")), (0, 1));
    assert!(changes.written.contains("jyj/news/x.html") && changes.written.iter().all(|p| p.starts_with("jyj/")), "{changes:?}");
    let shared = ["www/news/index.html", "www/news/feed.xml", "www/index.html", "www/depts/index.html", "www/depts/feed.xml"];
    group.expect(&[], &[&shared[..], &["www/news/b.html"]].concat(), &[]);
    assert_eq!(group.build_with(&["--site", "nobody"]).status, 2);
}

#[test]
fn one_site_alone_can_be_built_first() {
    let group = Group::small();
    group.build_well(&["--site", "tea"]);
    let tree = group.tree();
    assert!(tree.contains_key("www/tea/index.html") && tree.keys().all(|p| p.starts_with("www/tea/")), "{:?}", tree.keys());
    let built = group.build_well(&[]);
    group.equals_clean(&[], &built);
}

#[test]
fn a_build_explains_which_part_of_a_page_moved() {
    let group = built();
    let explain = |path: &str| group.build_well(&["--explain", path]).json["explanation"].as_str().unwrap().to_string();
    assert_eq!(explain("www/news/b.html"), "unchanged");
    assert_eq!(explain("www/news/nowhere.html"), "no such output is planned");
    group.edit("themes/plain/templates/item.html", "{{ item }}", "{{ item }} ");
    assert_eq!(explain("www/news/b.html"), "written, moved: template");
    group.edit("sites/www.yaml", "name: 公告", "name: 通知");
    assert_eq!(explain("www/news/b.html"), "written, moved: chrome");
    group.edit("content/www/news/b.md", "乙的正文。", "己的正文。");
    assert_eq!(explain("www/news/b.html"), "written, moved: body");
    group.edit("content/www/news/a.md", "title: 甲", "title: 甲甲");
    assert_eq!(explain("www/news/b.html"), "written, moved: around");
    group.edit("content/www/news/b.md", "title: 乙", "title: 乙乙");
    assert_eq!(explain("www/news/b.html"), "written, moved: page, content");
    group.remove("out/www/news/b.html");
    assert_eq!(explain("www/news/b.html"), "the file was gone or of another size, and was made again");
    group.write("content/www/news/e.md", item("戊", "2026-05-01", "", "戊。"));
    assert_eq!(explain("www/news/e.html"), "new");
}

#[test]
fn a_group_reached_by_another_way_is_the_same_group() {
    let group = Group::small();
    let way = tempfile::tempdir().unwrap();
    let link = way.path().join("link");
    std::os::unix::fs::symlink(group.root(), &link).unwrap();
    let (root, out) = (link.to_str().unwrap(), link.join("out"));
    let args = ["--root", root, "--out", out.to_str().unwrap()];
    let run = || {
        let output =
            std::process::Command::new(env!("CARGO_BIN_EXE_portico")).arg("build").args(args).args(["--at", group::AT, "--format", "json"]).output().unwrap();
        let json: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        json["written"].as_u64()
    };
    assert_eq!(run(), Some(64));
    assert_eq!(run(), Some(0));
}

#[test]
fn an_output_folder_elsewhere_is_remembered_too() {
    let group = Group::small();
    let elsewhere = tempfile::tempdir().unwrap();
    let out = elsewhere.path().join("web/root");
    let args = ["--out", out.to_str().unwrap()];
    assert_eq!(group.build_well(&args).number("written"), 64);
    assert_eq!(group.build_well(&args).number("written"), 0);
    assert_same_tree(&group::tree(&out), &group.clean_with(&[]).0);
}

#[test]
fn a_day_of_mourning_turns_every_page_grey_and_back() {
    let group = built();
    group.edit("sites/group.yaml", "name: ", "mourning: [2026-12-13]\nname: ");
    group.build_with(&["--at", "2026-12-01"]).exits(0);
    let every = pages(&group.tree(), "");
    group.expect(&["--at", "2026-12-12 23:59:59"], NOTHING, NOTHING);
    group.expect(&["--at", "2026-12-13"], &every, &[]);
    assert!(group.page("jyj/news/x.html").contains("mourning&quot;: true"));
    group.expect(&["--at", "2026-12-13 23:59:58"], NOTHING, NOTHING);
    group.expect(&["--at", "2026-12-14"], &every, &[]);
    assert!(group.page("jyj/news/x.html").contains("mourning&quot;: false"));
}

#[test]
fn a_title_is_corrected_where_later_items_show_it_as_alike() {
    let group = Group::small();
    for n in 1..=30 {
        let keywords = if n == 1 || n == 20 || n == 30 { "keywords: [采茶]" } else { "summary: 无" };
        group.write(&format!("content/tea/news/n{n:02}.md"), item(&format!("第{n}条"), &format!("2026-03-{n:02}"), keywords, "文。"));
    }
    group.settle();
    group.build().exits(0);
    group.build().exits(0);
    assert!(group.page("www/tea/news/n20.html").contains("第1条"), "nineteen items back");
    assert!(!group.page("www/tea/news/n30.html").contains("第1条"), "too far back");
    group.edit("content/tea/news/n01.md", "第1条", "头一条");
    let built = group.build();
    group.equals_clean(&[], &built);
    assert!(group.page("www/tea/news/n20.html").contains("头一条"));
}

#[test]
fn feeds_of_whole_texts_follow_texts_and_links_of_other_sites() {
    let group = Group::small();
    group.edit("sites/group.yaml", "theme: plain\n", "theme: plain\nfeeds: full\n");
    group.edit("sites/tea.yaml", "at: www/tea", "at: tea");
    group.edit("content/jyj/news/x.md", "见[甲](@/www/news/a.md)。", "见[采茶](@/tea/news/t.md)。");
    group.build().exits(0);
    group.build().exits(0);
    assert!(group.page("www/news/feed.xml").contains("tea.yunxiu.test/news/t"), "a text of one site, with a link to a third");
    group.edit("content/jyj/news/x.md", "开学。见", "开学典礼。见");
    group.equals_clean(&[], &group.build());
    assert!(group.page("www/news/feed.xml").contains("开学典礼"));
    group.edit("content/tea/news/t.md", "title: 采茶", "draft: true\ntitle: 采茶");
    group.equals_clean(&[], &group.build());
    assert!(!group.page("www/news/feed.xml").contains("tea.yunxiu.test/news/t"));
}

// New items: whatever they move on other sites is moved, without looking at everything.

#[test]
fn new_items_shared_into_an_archive_move_its_pages_on_the_other_site() {
    let group = built();
    let shared = |n: u32, date: &str| group.write(&format!("content/jyj/news/s{n}.md"), item(&format!("转发{n}"), date, "share: [www/notices]", "转。"));
    let lists = ["www/notices/index.html", "www/notices/feed.xml", "www/map.html"];
    let depts = ["www/depts/index.html", "www/depts/feed.xml"];
    let own = ["jyj/news/index.html", "jyj/news/feed.xml", "jyj/index.html", "jyj/feed.xml", "jyj/sitemap.xml", "jyj/map.html"];
    shared(1, "2026-02-03 12:00");
    let written = [&lists[..], &depts, &own, &["jyj/news/s1.html", "jyj/news/x.html", "www/notices/page-1.html", "www/notices/page-2.html"]].concat();
    group.expect(&[], &written, &[]);
    // Among the oldest: every archive page after it shifts.
    shared(2, "2026-02-01 12:00");
    let written = [&lists[..], &depts, &own, &["jyj/news/s2.html", "jyj/news/s1.html", "www/notices/page-1.html", "www/notices/page-2.html"]].concat();
    group.expect(&[], &written, &[]);
    // Several at once, more than one page of them.
    (3..8).for_each(|n| shared(n, "2026-02-10"));
    group.equals_clean(&[], &group.build());
}

#[test]
fn links_that_led_nowhere_come_to_life_when_their_item_is_new() {
    let group = Group::small();
    group.edit("sites/www.yaml", "home:\n", "- {id: links, name: 链接, type: link}\nhome:\n");
    group.edit("content/jyj/news/z.md", "放假。", "放假，见[通知](@/tea/news/new.md)。");
    group.write("content/www/links/l.md", item("采茶通知", "2026-01-05", "url: \"@/tea/news/new.md\"", ""));
    group.write("content/www/news/f.md", item("己", "2026-01-06", "summary: 己", "[链接](@/www/links/l.md)"));
    assert_eq!(group.build().status, 1);
    group.write("content/tea/news/new.md", item("采茶节", "2026-05-06", "summary: 节", "节。"));
    let built = group.build().exits(0);
    group.equals_clean(&[], &built);
    assert!(group.page("jyj/news/z.html").contains("tea/news/new.html"));
    assert!(group.page("www/news/f.html").contains("tea/news/new.html"), "by way of a link item");
}

#[test]
fn a_new_item_that_replaces_another_is_told_where_a_third_site_lists_that_one() {
    let group = Group::small();
    group.edit("sites/tea.yaml", "columns:\n", "columns:\n- {id: policy, name: 文件, type: policy}\n");
    // On a host of its own: the main site has nothing to do with it.
    group.edit("sites/tea.yaml", "at: www/tea", "at: tea");
    group.edit("content/jyj/open/policy/p.md", "summary: 办法\n", "summary: 办法\nshare: [www/notices]\n");
    group.build_well(&[]);
    assert!(!group.page("www/notices/index.html").contains("replaced&quot;: true"));
    group.write("content/tea/policy/q.md", item("新办法", "2026-05-07", "summary: 新\nrepeals: [\"@/jyj/open/policy/p.md\"]", "新。"));
    group.equals_clean(&[], &group.build());
    assert!(group.page("www/notices/index.html").contains("replaced&quot;: true"));
}

#[test]
fn news_of_several_sites_at_once_is_shown_everywhere() {
    let group = built();
    group.write("content/jyj/news/new.md", item("招考", "2026-03-02 12:00", "share: [www/news]\nkeywords: [招考]", "见[采茶](@/tea/news/new.md)。"));
    group.write("content/tea/news/new.md", item("茶市", "2026-04-03", "summary: 市", "见[招考](@/jyj/news/new.md)。"));
    group.edit("content/jyj/news/x.md", "title: 开学", "title: 开学典礼");
    group.edit("content/www/news/b.md", "乙的正文", "乙改过的正文");
    group.equals_clean(&[], &group.build().exits(0));
    // A second time, now that the new ones are known.
    group.edit("content/jyj/news/new.md", "title: 招考", "title: 招考结果");
    group.equals_clean(&[], &group.build().exits(0));
    group.edit("content/jyj/news/new.md", "见[采茶](@/tea/news/new.md)。", "完。");
    group.remove("content/tea/news/new.md");
    group.equals_clean(&[], &group.build().exits(0));
}

// What is known from a listing alone, once the files' times can be trusted.

/// The small group, built so that the next build may know from a listing that nothing changed.
fn settled() -> Group {
    let group = Group::small();
    group.write("content/www/news/w.md", item("警", "2025-12-31", "summary: 警\nunknown: 1", "警。"));
    group.settle();
    group.build().exits(0);
    group.build().exits(0);
    group
}

#[test]
fn a_listing_in_which_nothing_changed_tells_the_same_as_before() {
    let group = settled();
    let built = group.expect(&[], NOTHING, NOTHING);
    assert_eq!((built.number("outputs"), built.number("warnings"), built.number("sites")), (65, 1, 3));
    assert!(group.build_with(&["--lang", "zh"]).stderr.contains("警告[unknown-key]"));
}

#[test]
fn a_listing_shows_every_kind_of_change() {
    type Change = (&'static str, fn(&Group));
    let changes: [Change; 9] = [
        ("an item", |g| g.edit("content/www/news/a.md", "甲的正文。", "甲的正问。")),
        ("a new item", |g| g.write("content/www/news/e.md", item("戊", "2026-05-01", "", "戊。"))),
        ("an item gone", |g| g.remove("content/www/news/b.md")),
        ("a picture", |g| g.write("content/jyj/news/photo.png", picture(20, 40))),
        ("settings", |g| g.edit("sites/jyj.yaml", "name: 动态", "name: 新闻")),
        ("group settings", |g| g.edit("sites/group.yaml", "云岫市人民政府", "云岫市人民正府")),
        ("a site gone", |g| g.remove("sites/tea.yaml")),
        ("a template", |g| g.edit("themes/plain/templates/item.html", "{{ item }}", "{{ item}} ")),
        ("an output gone", |g| g.remove("out/www/news/c.html")),
    ];
    for (what, change) in changes {
        let group = settled();
        change(&group);
        for round in 0..2 {
            let built = group.build().exits(0);
            let (clean, said) = group.clean_with(&[]);
            assert_same_tree(&group.tree(), &clean);
            assert_eq!(built.json["diagnostics"], said.json["diagnostics"], "{what}, build {round}");
            group.settle();
        }
    }
}

#[test]
fn a_listing_in_which_nothing_changed_does_not_hide_time_audience_or_address() {
    let group = settled();
    group.write("content/www/news/e.md", item("戊", "2026-05-01", "summary: 戊\npublish_at: 2026-12-01\nexpires_at: 2026-12-05", "戊。"));
    group.write("content/www/news/f.md", item("己", "2026-05-01", "audience: internal", "己。"));
    group.write("content/www/news/g.md", item("庚", "2026-05-01", "draft: true", "庚。"));
    group.settle();
    group.build().exits(0);
    for args in [
        &["--at", "2026-12-02"][..],
        &["--at", "2026-12-09"],
        &["--at", "2026-12-02"],
        &[],
        &["--audience", "internal"],
        &[],
        &["--drafts"],
        &[],
        &["--base-url", "http://localhost:1"],
        &[],
    ] {
        let built = group.build_with(args).exits(0);
        group.equals_clean(args, &built);
    }
}

#[test]
fn mistakes_are_told_again_when_nothing_changed() {
    let group = settled();
    group.edit("content/www/news/a.md", "summary: 甲的摘要", "updated: 昨天");
    group.edit("themes/plain/templates/item-policy.html", "item.html", "nothing.html");
    let first = group.build().exits(1);
    group.settle();
    for _ in 0..3 {
        let again = group.build().exits(1);
        assert_eq!(again.json["diagnostics"], first.json["diagnostics"]);
        assert_eq!(again.number("written"), 0);
    }
    group.edit("themes/plain/templates/item-policy.html", "nothing.html", "item.html");
    group.edit("content/www/news/a.md", "updated: 昨天", "summary: 甲的摘要");
    let built = group.build().exits(0);
    group.equals_clean(&[], &built);
}

#[test]
fn an_address_that_is_taken_is_told_again_when_only_another_site_changed() {
    let group = built();
    group.edit("content/jyj/news/y.md", "summary: 运动会\n", "summary: 运动会\naliases: [/news/x.html]\n");
    let first = group.build().exits(1);
    assert_eq!(first.codes().iter().filter(|c| c.starts_with("address-taken")).count(), 1, "{:?}", first.codes());
    for body in ["乙的新正文。", "乙的更新正文。"] {
        group.edit("content/www/news/b.md", "乙的正文。", body);
        let again = group.build().exits(1);
        assert_eq!(again.json["diagnostics"], first.json["diagnostics"]);
        assert_eq!(again.number("outputs"), first.number("outputs"));
        group.equals_clean(&[], &again);
        group.edit("content/www/news/b.md", body, "乙的正文。");
        group.build().exits(1);
    }
}

#[test]
fn a_listing_shows_a_folder_that_is_no_sites() {
    let group = settled();
    group.write("content/jy/news/x.md", item("题", "2026-05-01", "", ""));
    assert_eq!(group.build().exits(0).codes(), ["no-site content/jy", "unknown-key content/www/news/w.md"]);
}

#[test]
fn a_theme_behind_a_link_is_refused_or_its_changes_are_seen() {
    let group = Group::small();
    group.rename("themes/plain", "kept/plain");
    std::os::unix::fs::symlink(group.path("kept/plain"), group.path("themes/plain")).unwrap();
    group.settle();
    if group.build().status == 1 {
        return;
    }
    group.build().exits(0);
    group.edit("kept/plain/words/zh-CN.yaml", "您好", "你好");
    group.settle();
    group.build().exits(0);
    assert!(group.page("www/index.html").contains("你好"));
}

#[test]
fn a_folder_that_cannot_be_read_stops_the_build() {
    let group = built();
    let before = group.tree();
    // Deeper than a path may be long: nobody, not even root, opens it by its whole path.
    let deep = "cd content/www/news && for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18; do mkdir $0 && cd $0; done";
    let made = std::process::Command::new("bash").args(["-c", deep, &"d".repeat(240)]).current_dir(group.root()).status().unwrap();
    assert!(made.success());
    let built = group.build().exits(2);
    assert!(built.stderr.contains("ddd"), "{}", built.stderr);
    assert_same_tree(&group.tree(), &before);
}
