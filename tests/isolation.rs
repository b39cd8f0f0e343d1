//! One mistake takes nothing else down, and nothing an author writes reads or writes outside the site's own folders.
//!
//! In: the small group, built well, then a mistake or an attack. Out: what was good stays as it was, what is mended equals a clean
//! build, what is internal or a draft stands in no byte of the public output.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::os::unix::fs::symlink;

use group::{Group, Tree, assert_same_tree, item, picture};

/// The small group, built.
fn built() -> Group {
    let group = Group::small();
    group.build_well(&[]);
    group
}

/// The files that hold these bytes.
fn holding(tree: &Tree, needle: &[u8]) -> Vec<String> {
    tree.iter()
        .filter(|(path, bytes)| bytes.windows(needle.len()).any(|w| w == needle) || path.as_bytes().windows(needle.len()).any(|w| w == needle))
        .map(|(path, _)| path.clone())
        .collect()
}

/// Breaks something, builds, edits elsewhere, builds: every output but the other edit's stays as it was, and the mistake is told;
/// then mends it, and the output equals a clean build's.
#[track_caller]
fn stays_as_it_was(group: &Group, mistake: impl FnOnce(&Group), mend: impl FnOnce(&Group), code: &str) {
    let good = group.tree();
    mistake(group);
    let (changes, said) = group.changes(&[]);
    assert_eq!(said.status, 1, "{}", said.stderr);
    assert!(said.codes().iter().any(|c| c.starts_with(code)), "{:?}", said.codes());
    assert_eq!(changes, group::Changes::default(), "a mistake changes no output\n{}", said.stderr);
    assert_same_tree(&group.tree(), &good);
    // Time and again, and while others go on working.
    assert_eq!(group.changes(&[]).0, group::Changes::default());
    group.edit("content/www/news/b.md", "乙的正文。", "乙的新正文。");
    assert_eq!(group.changes(&[]).0.written.into_iter().collect::<Vec<_>>(), ["www/news/b.html"]);
    mend(group);
    let (_, said) = group.changes(&[]);
    group.equals_clean(&[], &said.exits(0));
}

#[test]
fn a_broken_item_keeps_its_last_good_page_and_its_list_entries() {
    let file = "content/jyj/news/x.md";
    let good = "share: [www/news]\n";
    for (bad, code) in [
        ("share: [www/news]\ntitle: again\n", "bad-yaml"),
        ("share: [www/nothing]\n", "no-such-column"),
        ("share: [www/news]\nupdated: 昨天\n", "bad-date"),
        ("share: [www/news]\nattachments: [nothing.pdf]\n", "missing-file"),
        ("share: [www/news]\nslug: a/b\n", "bad-slug"),
        ("share: [www/news]\naliases: [x.html]\n", "bad-alias"),
        ("share: [www/news]\n---\n[x](@/www/nothing.md)\n", "dead-link"),
        ("share: [www/news]\n---\n[x](javascript:x)\n", "unsafe-link"),
    ] {
        stays_as_it_was(&built(), |g| g.edit(file, good, bad), |g| g.edit(file, bad, good), code);
    }
}

#[test]
fn a_file_that_is_no_longer_text_keeps_its_page() {
    let file = "content/jyj/open/policy/p.md";
    let group = built();
    let good = std::fs::read(group.path(file)).unwrap();
    for bad in [&b"\xb1\xea\xcc\xe2\n"[..], b"", b"\xff\xfe-\0-\0", b"no front matter"] {
        let good = good.clone();
        stays_as_it_was(&built(), |g| g.write(file, bad), |g| g.write(file, &good), "");
    }
}

#[test]
fn a_new_title_in_a_broken_item_is_not_shown_anywhere() {
    let group = built();
    group.edit("content/www/news/a.md", "title: 甲\n", "title: 新的题目\nimage: nothing.png\n");
    let said = group.build().exits(1);
    assert_eq!(holding(&group.tree(), "新的题目".as_bytes()), Vec::<String>::new(), "{}", said.stderr);
    assert!(group.page("www/news/index.html").contains('甲'));
}

#[test]
fn a_broken_text_reaches_no_feed_of_whole_texts() {
    let group = Group::small();
    group.edit("sites/group.yaml", "theme: plain\n", "theme: plain\nfeeds: full\n");
    group.build_well(&[]);
    assert!(group.page("www/news/feed.xml").contains("甲的正文"));
    // With another edit that moves the feed, in one build and in the next.
    group.edit("content/www/news/a.md", "甲的正文", "未经核实的[传言](javascript:x)");
    for (old, new) in [("title: 乙", "title: 乙二"), ("title: 乙二", "title: 乙三")] {
        group.edit("content/www/news/b.md", old, new);
        let said = group.build().exits(1);
        assert_eq!(holding(&group.tree(), "未经核实".as_bytes()), Vec::<String>::new(), "{}", said.stderr);
        // The others go on, and its summary stands for its text.
        let feed = group.page("www/news/feed.xml");
        assert!(feed.contains(new.trim_start_matches("title: ")) && feed.contains("甲的摘要") && !feed.contains("甲的正文"), "{feed}");
        assert_eq!(said.codes(), ["unsafe-link content/www/news/a.md"]);
    }
    group.edit("content/www/news/a.md", "未经核实的[传言](javascript:x)", "甲的正文");
    group.equals_clean(&[], &group.build());
    // Nor one that another site shows, which is back when it is mended, though nothing of the site that shows it has changed.
    assert!(group.page("www/news/feed.xml").contains("开学。见"));
    group.edit("content/jyj/news/x.md", "开学。见", "未经核实的[传言](javascript:x)。见");
    group.build().exits(1);
    assert_eq!(holding(&group.tree(), "未经核实".as_bytes()), Vec::<String>::new());
    assert!(!group.page("www/news/feed.xml").contains("开学。见"));
    group.edit("content/jyj/news/x.md", "未经核实的[传言](javascript:x)。见", "开学。见");
    group.equals_clean(&[], &group.build());
}

#[test]
fn a_clean_build_leaves_a_broken_item_out() {
    let group = Group::small();
    group.edit("content/www/news/a.md", "summary: 甲的摘要", "updated: 昨天");
    let said = group.build().exits(1);
    let tree = group.tree();
    assert!(!tree.contains_key("www/news/a.html") && tree.contains_key("www/news/b.html"), "{}", said.stderr);
    // The item that links to it is none the worse: the link becomes plain text.
    assert!(tree.contains_key("jyj/news/x.html") && !group.page("jyj/news/x.html").contains("a.html"));
    group.edit("content/www/news/a.md", "updated: 昨天", "summary: 甲的摘要");
    let (_, said) = group.changes(&[]);
    group.equals_clean(&[], &said.exits(0));
}

#[test]
fn a_deleted_item_breaks_those_that_link_to_it_and_their_pages_stay() {
    let group = built();
    let page = group.page("jyj/news/x.html");
    group.remove("content/www/news/a.md");
    let said = group.build().exits(1);
    assert_eq!(said.codes(), ["dead-link content/jyj/news/x.md"]);
    assert_eq!(group.page("jyj/news/x.html"), page);
    assert!(!group.tree().contains_key("www/news/a.html"));
    assert!(group.page("www/news/index.html").contains("开学"), "shared as before");
    group.edit("content/jyj/news/x.md", "。见[甲](@/www/news/a.md)", "");
    let (_, said) = group.changes(&[]);
    group.equals_clean(&[], &said.exits(0));
}

#[test]
fn a_missing_picture_in_a_text_keeps_page_and_picture() {
    let photo = "content/jyj/news/photo.png";
    stays_as_it_was(&built(), |g| g.remove(photo), |g| g.write(photo, picture(40, 20)), "missing-file");
}

#[test]
fn a_damaged_picture_in_a_text_keeps_page_and_picture() {
    let photo = "content/jyj/news/photo.png";
    stays_as_it_was(&built(), |g| g.write(photo, b"damaged"), |g| g.write(photo, picture(40, 20)), "broken-file");
}

#[test]
fn a_missing_title_picture_keeps_the_list_entries() {
    let group = Group::small();
    let file = "content/jyj/news/y.md";
    group.edit(file, "summary: 运动会", "summary: 运动会\nimage: photo.png");
    group.build_well(&[]);
    let photo = "content/jyj/news/photo.png";
    stays_as_it_was(&group, |g| g.remove(photo), |g| g.write(photo, picture(40, 20)), "missing-file");
}

#[test]
fn a_missing_picture_that_two_items_show_is_kept_once() {
    let group = Group::small();
    group.edit("content/jyj/news/z.md", "放假。", "![跑步](photo.png)");
    group.build_well(&[]);
    let photo = "content/jyj/news/photo.png";
    stays_as_it_was(&group, |g| g.remove(photo), |g| g.write(photo, picture(40, 20)), "missing-file");
    group.remove(photo);
    let said = group.build().exits(1);
    assert_eq!(said.codes(), ["missing-file content/jyj/news/y.md", "missing-file content/jyj/news/z.md"]);
}

#[test]
fn a_missing_attachment_keeps_page_and_attachment() {
    let group = built();
    group.remove("content/jyj/forms/apply.docx");
    let page = group.page("jyj/forms/apply.html");
    group.build().exits(1);
    assert_eq!(group.page("jyj/forms/apply.html"), page);
    assert!(group.tree().contains_key("jyj/forms/apply.docx"));
}

#[test]
fn a_missing_attachment_keeps_the_list_entries() {
    let docx = "content/jyj/forms/apply.docx";
    stays_as_it_was(&built(), |g| g.remove(docx), |g| g.write(docx, b"PK-form-1"), "missing-file");
}

fn with_table() -> Group {
    let group = Group::small();
    group.edit("sites/jyj.yaml", "- {id: forms,", "- {id: data, name: 数据, type: table}\n- {id: forms,");
    group.write("content/jyj/data/t.md", item("学校", "2026-03-07", "summary: 学校\ndata: t.csv\nrows_per_page: 2", ""));
    group.write("content/jyj/data/t.csv", TABLE);
    group.build_well(&[]);
    assert!(group.tree().contains_key("jyj/data/t.page-3.html"));
    group
}

const TABLE: &str = "学校,人数\n一,1\n二,2\n三,3\n四,4\n五,5\n";

#[test]
fn a_missing_csv_keeps_all_pages_of_the_table() {
    let csv = "content/jyj/data/t.csv";
    stays_as_it_was(&with_table(), |g| g.remove(csv), |g| g.write(csv, TABLE), "missing-file");
}

#[test]
fn a_broken_csv_keeps_all_pages_of_the_table() {
    let csv = "content/jyj/data/t.csv";
    stays_as_it_was(&with_table(), |g| g.write(csv, "学校,人数\n一\n"), |g| g.write(csv, TABLE), "broken-file");
}

#[test]
fn broken_site_settings_leave_the_site_as_it_was() {
    for (from, to) in [
        ("name: 教育局\n", ""),
        ("name: 教育局", "name: 教育局: 新"),
        ("type: policy", "type: polizy"),
        ("{id: forms", "{id: news"),
        ("{id: news,", "{id: ../news,"),
    ] {
        let group = built();
        let good = std::fs::read(group.path("sites/jyj.yaml")).unwrap();
        stays_as_it_was(&group, |g| g.edit("sites/jyj.yaml", from, to), |g| g.write("sites/jyj.yaml", &good), "");
    }
}

#[test]
fn broken_group_settings_leave_the_group_as_it_was() {
    for (from, to) in [("name: 云岫市人民政府\n", ""), ("domain: yunxiu.test\n", ""), ("main: www", "main: www\ntimezone: Nowhere")] {
        stays_as_it_was(
            &built(),
            |g| g.edit("sites/group.yaml", from, to),
            |g| g.write("sites/group.yaml", "name: 云岫市人民政府\ndomain: yunxiu.test\nmain: www\ntheme: plain\n"),
            "",
        );
    }
}

#[test]
fn a_site_with_broken_settings_still_publishes_its_news() {
    let group = built();
    group.edit("sites/jyj.yaml", "name: 教育局\n", "");
    group.edit("content/jyj/news/z.md", "放假。", "放长假。");
    group.build().exits(1);
    assert!(group.page("jyj/news/z.html").contains("放长假。"));
}

#[test]
fn without_a_memory_a_broken_site_takes_no_other_sites_item_down() {
    let group = Group::small();
    group.edit("content/www/news/a.md", "甲的正文。", "见[教育局](@/jyj/news/z.md)和[首页](@/jyj)。");
    group.edit("content/tea/news/t.md", "summary: 采茶", "summary: 采茶\nshare: [jyj/news]");
    group.edit("sites/jyj.yaml", "name: 教育局\n", "");
    let said = group.build().exits(1);
    let tree = group.tree();
    assert!(tree.contains_key("www/news/a.html") && tree.contains_key("www/tea/news/t.html"), "{}", said.stderr);
}

#[test]
fn a_site_that_claims_a_taken_place_takes_nobody_down() {
    let group = built();
    let good = group.tree();
    group.edit("sites/jyj.yaml", "at: jyj", "at: www");
    let said = group.build().exits(1);
    let tree = group.tree();
    for (path, bytes) in good.iter().filter(|(p, _)| p.starts_with("www/news/")) {
        assert_eq!(tree.get(path), Some(bytes), "{path}\n{}", said.stderr);
    }
}

#[test]
fn a_site_whose_place_cannot_be_used_keeps_its_last_pages() {
    let group = built();
    let good = group.tree();
    group.edit("sites/jyj.yaml", "at: jyj", "at: ../jyj");
    group.build().exits(1);
    let tree = group.tree();
    for path in good.keys().filter(|p| p.starts_with("jyj/")) {
        assert_eq!(tree.get(path), good.get(path), "{path}");
    }
}

#[test]
fn an_item_that_claims_a_taken_address_takes_nobodys_page() {
    let group = built();
    let page = group.page("www/news/b.html");
    group.write("content/www/news/0.md", item("零", "2026-01-05", "slug: b", "零。"));
    let said = group.build().exits(1);
    assert_eq!(said.codes(), ["duplicate-address content/www/news/0.md"]);
    assert_eq!(group.page("www/news/b.html"), page);
}

#[test]
fn a_broken_template_leaves_every_page_as_it_was() {
    let good = "{{ column }}";
    for bad in ["{{ column }", "{{ colunm.name }}", "{% include \"nothing.html\" %}", "{{ column | nofilter }}"] {
        let file = "themes/plain/templates/column.html";
        let group = built();
        let before = group.tree();
        group.edit(file, good, bad);
        let (changes, said) = group.changes(&[]);
        assert_eq!(said.status, 1, "{bad}");
        assert!(said.codes().iter().all(|c| c.starts_with("bad-t")), "{:?}", said.codes());
        assert_eq!(changes, group::Changes::default(), "{bad}");
        assert_same_tree(&group.tree(), &before);
        group.edit(file, bad, good);
        group.expect::<&str>(&[], &[], &[]);
    }
}

#[test]
fn a_template_that_fails_for_some_pages_leaves_the_others_alive() {
    let group = built();
    let page = group.page("www/news/a.html");
    group.edit("themes/plain/templates/item-policy.html", "%}\n", "%}{% block main %}{{ nothing.at.all }}{% endblock main %}\n");
    group.edit("content/www/news/b.md", "乙的正文。", "乙的新正文。");
    let policy = group.page("jyj/open/policy/p.html");
    let (changes, said) = group.changes(&[]);
    assert_eq!(said.codes(), ["bad-template themes/plain/templates/item-policy.html"]);
    assert_eq!(changes.written.into_iter().collect::<Vec<_>>(), ["www/news/b.html"]);
    assert_eq!((group.page("www/news/a.html"), group.page("jyj/open/policy/p.html")), (page, policy));
}

#[test]
fn a_missing_theme_leaves_its_sites_as_they_were() {
    let group = built();
    let before = group.tree();
    group.edit("sites/jyj.yaml", "kind: department", "kind: department\ntheme: nothing");
    group.edit("content/www/news/b.md", "乙的正文。", "乙的新正文。");
    let (changes, said) = group.changes(&[]);
    assert_eq!(said.status, 1);
    assert_eq!(changes.written.into_iter().collect::<Vec<_>>(), ["www/news/b.html"]);
    assert_eq!(group.tree().keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>());
}

// What authors may try.

const SECRET: &[u8] = b"TOP-SECRET-BYTES";

/// A group with secrets beside it and in it, all around where authors write; and what may not change.
fn with_secrets() -> (Group, Group) {
    let outer = Group::empty();
    let group = Group::small();
    outer.write("secret.txt", SECRET);
    outer.write("folder/secret.pdf", SECRET);
    outer.write("folder/secret.md", item("TOP-SECRET-BYTES", "2026-01-01", "", "TOP-SECRET-BYTES"));
    outer.write("folder/secret.png", [&picture(3, 3)[..], SECRET].concat());
    group.write("secret.pdf", SECRET);
    group.write("sites/secret.txt", SECRET);
    group.write("content/secret.pdf", SECRET);
    group.write("content/jyj/secret.pdf", SECRET);
    (group, outer)
}

/// Wants nothing secret in the output, nothing written outside `out/<host>`, and nothing outside changed.
#[track_caller]
fn nothing_leaks(group: &Group, outer: &Group) {
    let before = (group::tree(outer.root()), sources(group));
    let said = group.build();
    assert!(said.status < 2, "{}", said.stderr);
    assert_eq!(holding(&group.tree(), SECRET), Vec::<String>::new(), "{}", said.stderr);
    assert!(!said.stderr.contains("TOP-SECRET") && !said.json.to_string().contains("TOP-SECRET"), "{}", said.stderr);
    assert!(before == (group::tree(outer.root()), sources(group)), "something outside the output changed");
    let hosts: Vec<String> = std::fs::read_dir(group.out()).into_iter().flatten().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert!(hosts.iter().all(|h| ["www", "jyj", "etc"].contains(&&**h)), "{hosts:?}");
    for (path, bytes) in group.tree() {
        assert_ne!(bytes, b"(a symbolic link)", "{path}");
    }
}

fn sources(group: &Group) -> Tree {
    let mut tree = group::tree(group.root());
    tree.retain(|p, _| !p.starts_with("out/") && !p.starts_with(".portico/"));
    tree
}

#[test]
fn no_reference_reads_outside_the_site() {
    let (group, outer) = with_secrets();
    let absolute = outer.path("secret.txt").to_str().unwrap().to_string();
    let ways = [
        "../../secret.pdf".to_string(),
        "../../../secret.pdf".into(),
        "../../jyj/secret.pdf".into(),
        "../../../../../../../../../../etc/passwd.txt".into(),
        "%2e%2e/%2e%2e/secret.pdf".into(),
        "..%2f..%2fsecret.pdf".into(),
        "..\\\\..\\\\secret.pdf".into(),
        "./../../secret.pdf?x".into(),
        format!("file://{absolute}"),
        absolute,
        "@/../secret.pdf".into(),
        "@/www/../secret.pdf".into(),
        "@/www/../../secret.pdf".into(),
        "@/www/../jyj/secret.pdf".into(),
        "//secret.pdf".into(),
        "secret.pdf\\0".into(),
    ];
    for (i, way) in ways.iter().enumerate() {
        group.write(&format!("content/www/news/h{i}.md"), item("题", "2026-01-01", &format!("attachments: [\"{way}\"]\nimage: \"{way}\""), ""));
        let body = way.replace("\\\\", "\\").replace("\\0", "\0");
        group.write(&format!("content/www/news/b{i}.md"), item("题", "2026-01-01", "", &format!("[x](<{body}>) ![x](<{body}>)")));
        group.write(&format!("content/tea/album/a{i}.md"), item("题", "2026-01-01", &format!("photos: [\"{way}\"]"), ""));
        group.write(
            &format!("content/jyj/forms/f{i}.md"),
            item("题", "2026-01-01", &format!("supersedes: \"{way}\"\nattachments: [apply.docx, \"{way}\"]"), ""),
        );
    }
    nothing_leaks(&group, &outer);
}

#[test]
fn symbolic_links_are_not_followed() {
    let (group, outer) = with_secrets();
    let link = |to: &str, at: &str| symlink(outer.path(to), group.path(at)).unwrap();
    link("folder/secret.md", "content/www/news/linked.md");
    link("folder/secret.pdf", "content/www/news/linked.pdf");
    link("folder/secret.png", "content/jyj/news/linked.png");
    link("folder", "content/www/news/linked");
    link("folder", "content/tea/album/linked");
    link("folder/secret.png", "content/tea/album/spring/linked.png");
    group.write(
        "content/www/news/l.md",
        item("题", "2026-01-01", "attachments: [linked.pdf, linked/secret.pdf]", "![x](linked/secret.png) [x](linked/secret.md)"),
    );
    group.write("content/jyj/news/l.md", item("题", "2026-01-01", "", "![x](linked.png)"));
    group.write("content/tea/album/l.md", item("题", "2026-01-01", "photos: [linked/secret.png, spring/linked.png]", ""));
    nothing_leaks(&group, &outer);
}

#[test]
fn symbolic_links_in_a_theme_are_not_followed() {
    let (group, outer) = with_secrets();
    std::fs::create_dir_all(group.path("themes/plain/static/img")).unwrap();
    symlink(outer.path("secret.txt"), group.path("themes/plain/static/img/a.txt")).unwrap();
    symlink(outer.path("folder"), group.path("themes/plain/static/folder")).unwrap();
    nothing_leaks(&group, &outer);
}

#[test]
fn a_sites_folder_that_is_a_link_is_not_followed() {
    let (group, outer) = with_secrets();
    outer.write("site/news/secret.md", item("TOP-SECRET-BYTES", "2026-01-01", "", ""));
    group.remove("content/tea");
    symlink(outer.path("site"), group.path("content/tea")).unwrap();
    nothing_leaks(&group, &outer);
}

#[test]
fn settings_that_are_links_are_not_followed() {
    let (group, outer) = with_secrets();
    outer.write("site.yaml", "name: TOP-SECRET-BYTES\nat: www/tea\ncolumns:\n- {id: news, name: 动态}\n");
    group.remove("sites/tea.yaml");
    symlink(outer.path("site.yaml"), group.path("sites/tea.yaml")).unwrap();
    nothing_leaks(&group, &outer);
}

#[test]
fn no_address_writes_outside_the_site() {
    let (group, outer) = with_secrets();
    let slugs = ["../../../x", "..", "/etc/x", "a/b", "..\\x", "index", ".htaccess", "x\\0y", "page-1", "con/../../x"];
    for (i, slug) in slugs.iter().enumerate() {
        group.write(&format!("content/www/news/s{i}.md"), item("题", "2026-01-01", &format!("slug: \"{slug}\""), ""));
    }
    let aliases = [
        "/../../x.html",
        "/../jyj/index.html",
        "/%2e%2e/x.html",
        "/a/../../x.html",
        "//x.html",
        "/.htaccess",
        "/x.php",
        "/a\\..\\x.html",
        "../x.html",
        "/..",
        "/.",
        "/",
        "/x\\0.html",
    ];
    for (i, alias) in aliases.iter().enumerate() {
        group.write(&format!("content/www/news/a{i}.md"), item("题", "2026-01-01", &format!("aliases: [\"{alias}\"]"), ""));
    }
    nothing_leaks(&group, &outer);
}

#[test]
fn no_site_settings_write_outside_the_output() {
    for (from, to) in [
        ("at: www/tea", "at: ../../x"),
        ("at: www/tea", "at: www/../../x"),
        ("at: www/tea", "at: /etc"),
        ("at: www/tea", "at: \"..\""),
        ("at: www/tea", "at: .portico"),
        ("at: www/tea", "at: www//x/..\\x"),
        ("at: www/tea", "at: www/tea\nformerly: [../x, \"www/../../x\", /etc/x]"),
        ("{id: news,", "{id: ../../x,"),
        ("{id: news,", "{id: /etc,"),
        ("{id: news,", "{id: .., "),
        ("kind: township", "kind: township\ntheme: ../../folder"),
        ("kind: township", "kind: township\nfooter: {conac: \"javascript:alert(1)\"}"),
    ] {
        let (group, outer) = with_secrets();
        outer.write("folder/theme.yaml", "name: TOP-SECRET-BYTES");
        group.edit("sites/tea.yaml", from, to);
        nothing_leaks(&group, &outer);
    }
}

#[test]
fn no_theme_reads_outside_its_folder() {
    for (file, text) in [
        ("themes/plain/theme.yaml", "extends: ../../content/jyj\n".to_string()),
        ("themes/plain/templates/item.html", "{% include \"../../../secret.pdf\" %}".into()),
        ("themes/plain/templates/item.html", "{% include \"/etc/passwd\" %}".into()),
        ("themes/plain/templates/item.html", "{{ load_data(path=\"secret.pdf\") }}{{ get_env(name=\"HOME\") }}".into()),
    ] {
        let (group, outer) = with_secrets();
        group.write(file, text);
        nothing_leaks(&group, &outer);
    }
}

#[test]
fn an_alias_writes_no_page_into_another_sites_folder() {
    let group = built();
    group.edit("content/www/news/a.md", "summary: 甲的摘要", "summary: 甲的摘要\naliases: [/tea/news/fake.html]");
    group.build().exits(1);
    assert!(!group.tree().contains_key("www/tea/news/fake.html"));
}

#[test]
fn an_old_address_below_a_page_takes_no_page_away() {
    for alias in ["/news/b.html/", "/news/b.html/x.html"] {
        let group = built();
        let page = group.page("www/news/b.html");
        group.edit("content/www/news/a.md", "summary: 甲的摘要", &format!("summary: 甲的摘要\naliases: [{alias}]"));
        let said = group.build();
        assert_eq!(said.status, 1, "{}", said.stderr);
        assert_eq!(group.page("www/news/b.html"), page);
        assert_eq!(group.build().number("written"), 0);
    }
}

#[test]
fn a_folder_named_like_a_page_takes_no_page_away() {
    let group = Group::small();
    group.write("content/www/news/b.html/k.md", item("题", "2026-01-01", "attachments: [k.pdf]", ""));
    group.write("content/www/news/b.html/k.pdf", b"%PDF");
    let said = group.build();
    assert!(group.out().join("www/news/b.html").is_file(), "{}", said.stderr);
    assert_eq!(group.build().number("written"), 0);
}

#[test]
fn files_of_others_in_the_output_folder_are_left_alone() {
    let group = Group::small();
    group.write("out/www/index.html", "somebody else's");
    let said = group.build();
    assert_eq!(said.status, 2);
    assert!(said.stderr.contains("--clean"), "{}", said.stderr);
    assert_eq!(group.tree().len(), 1);
    for inside in ["content/out", "sites", "themes/plain/static", "."] {
        let out = group.path(inside);
        assert_eq!(group.build_with(&["--out", out.to_str().unwrap()]).status, 2, "{inside}");
    }
}

#[test]
fn a_former_place_removes_no_files_of_others() {
    let group = Group::small();
    group.edit("sites/tea.yaml", "at: www/tea", "at: tea\nformerly: [shop]");
    group.write("out/shop/index.html", "somebody else's");
    group.write("out/shop/orders/1.txt", "precious");
    group.build();
    assert_eq!(group.page("shop/orders/1.txt"), "precious");
}

#[test]
fn an_output_folder_in_the_sources_is_refused_however_it_is_written() {
    let group = Group::small();
    for out in ["out/../content", "./content/../sites/x", ".portico/../themes"] {
        let out = group.root().join(out);
        assert_eq!(group.build_with(&["--out", out.to_str().unwrap()]).status, 2, "{}", out.display());
    }
}

// What is not public.

const TITLE: &str = "绝密题目";
const TEXT: &str = "绝密正文";

/// Puts an item that is not public, with everything that could tell of it, among public ones that refer to it.
fn hide(group: &Group, how: &str) {
    let more = format!(
        "{how}\nslug: jue-mi\naliases: [/jue-mi-old.html]\nsummary: 绝密摘要\nkeywords: [绝密词]\nimage: jue-mi.png\nattachments: [{{file: jue-mi.pdf, name: 绝密附件}}]\nshare: [www/news]\ntopics: [t1]"
    );
    group.write("content/jyj/news/h.md", item(TITLE, "2026-05-05", &more, TEXT));
    group.write("content/jyj/news/jue-mi.png", picture(33, 77));
    group.write("content/jyj/news/jue-mi.pdf", b"jue-mi-bytes");
    group.write(
        "content/jyj/open/policy/h.md",
        item(TITLE, "2026-05-05", &format!("{how}\nslug: jue-mi\nexplained_by: [\"@/jyj/open/explainer/e.md\"]\nrepeals: [\"@/jyj/open/policy/p.md\"]"), TEXT),
    );
    group.edit(
        "content/jyj/open/explainer/e.md",
        "explains: [\"@/jyj/open/policy/p.md\"]",
        "explains: [\"@/jyj/open/policy/p.md\", \"@/jyj/open/policy/h.md\"]",
    );
    group.edit("content/jyj/news/z.md", "放假。", "见[这里](h.md)和[那里](@/jyj/open/policy/h.md#x)。");
    group.edit("sites/www.yaml", "- {id: news,", "- {id: topics, name: 专题, type: topic}\n- {id: news,");
    group.write("content/www/topics/t1.md", item("专题一", "2026-01-01", "", ""));
}

fn traces(tree: &Tree) -> Vec<String> {
    ["绝密", "jue-mi"].iter().flat_map(|n| holding(tree, n.as_bytes())).collect()
}

#[test]
fn what_is_not_public_stands_in_no_byte_of_the_public_output() {
    for (how, show) in [
        ("audience: internal", &["--audience", "internal"][..]),
        ("audience: 内部", &["--audience", "internal"]),
        ("draft: true", &["--drafts"]),
        ("publish_at: 2026-12-01", &["--at", "2026-12-02"]),
        ("expires_at: 2026-11-01", &["--at", "2026-10-01"]),
    ] {
        let group = built();
        hide(&group, how);
        group.build().exits(0);
        assert_eq!(traces(&group.tree()), Vec::<String>::new(), "{how}");
        assert!(group.page("jyj/news/z.html").contains("这里"), "the link's words stay");
        group.build_with(show).exits(0);
        let tree = group.tree();
        for shown in ["jyj/news/jue-mi.html", "jyj/news/jue-mi.png", "jyj/news/jue-mi.pdf", "jyj/jue-mi-old.html", "jyj/open/policy/jue-mi.html"] {
            assert!(tree.contains_key(shown), "{how}: {shown}");
        }
        assert!(group.page("www/news/index.html").contains(TITLE) && group.page("jyj/news/jue-mi.html").contains(TEXT));
        // And gone again.
        let (_, said) = group.changes(&[]);
        assert_eq!(traces(&group.tree()), Vec::<String>::new(), "{how}");
        group.equals_clean(&[], &said);
    }
}

#[test]
fn an_item_made_internal_disappears() {
    let group = built();
    group.edit("content/jyj/forms/apply.md", "summary: 表", "summary: 表\naudience: internal");
    let said = group.build_well(&[]);
    group.equals_clean(&[], &said);
    assert!(!group.tree().keys().any(|p| p.contains("apply")));
}

#[test]
fn an_item_made_internal_disappears_even_with_a_mistake_in_it() {
    for mistake in ["[x](nothing.md)", "![x](nothing.png)"] {
        let group = built();
        group.edit("content/jyj/news/z.md", "summary: 放假了", "summary: 放假了\naudience: internal");
        group.edit("content/jyj/news/z.md", "放假。", mistake);
        let said = group.build();
        assert!(!group.tree().contains_key("jyj/news/z.html"), "{}", said.stderr);
        assert!(!group.page("jyj/news/index.html").contains("放假"));
    }
}

#[test]
fn an_album_shows_no_picture_of_an_internal_item_below_it() {
    let group = Group::small();
    group.write("content/tea/album/spring/inner/index.md", item("内部图集", "2026-04-03", "audience: internal", ""));
    group.write("content/tea/album/spring/inner/secret.png", picture(5, 5));
    group.build().exits(0);
    assert_eq!(holding(&group.tree(), b"secret.png"), Vec::<String>::new());
}

#[test]
fn a_broken_draft_is_left_out_whatever_was_built_before() {
    let group = Group::small();
    group.write("content/www/news/e.md", item("戊", "2026-05-01", "draft: true", "[x](nothing.md)"));
    group.build_well(&[]);
    group.build_with(&["--drafts"]).exits(1);
    assert!(!group.tree().contains_key("www/news/e.html"));
    assert!(!group.page("www/news/index.html").contains("e.html"), "listed without a page");
}

#[test]
fn the_memory_is_never_published() {
    let group = built();
    assert!(group.tree().keys().all(|p| !p.contains(".portico") && !p.contains("manifest")));
    assert!(group.path(".portico").is_dir());
}
