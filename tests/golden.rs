//! Golden trees: small portal groups under `tests/golden/` whose whole output is compared with `expected/` beside them.
//!
//! In: a group with a theme of its own, a few lines long, so that the default theme may change its looks. Out: every file, byte for
//! byte. `PORTICO_BLESS=1` writes `expected/` anew; look at the difference before keeping it.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::fs;
use std::path::Path;

use group::{Group, Tree, assert_same_tree, tree};

fn output_is_as_expected(name: &str) -> Tree {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    let group = Group::of(&folder);
    let built = group.build_well(&[]);
    let found = group.tree();
    assert_eq!(built.number("outputs"), found.len() as u64);
    let expected = folder.join("expected");
    if std::env::var_os("PORTICO_BLESS").is_some() {
        fs::remove_dir_all(&expected).ok();
        for (path, bytes) in &found {
            fs::create_dir_all(expected.join(path).parent().unwrap()).unwrap();
            fs::write(expected.join(path), bytes).unwrap();
        }
    }
    assert_same_tree(&found, &tree(&expected));
    found
}

/// The text of an output.
fn text<'t>(tree: &'t Tree, path: &str) -> &'t str {
    std::str::from_utf8(tree.get(path).unwrap_or_else(|| panic!("no {path}"))).unwrap()
}

#[test]
fn every_type_of_column_and_what_items_have_to_do_with_each_other() {
    let tree = output_is_as_expected("kinds");
    // What a new expectation must not lose, whatever is blessed.
    assert!(text(&tree, "www/open/policy/p2.html").contains("explained_by: <a href=\"/open/explainer/e2.html\">"));
    assert!(text(&tree, "www/open/policy/p1.html").contains("repealed_by: <a href=\"/open/policy/p2.html\">"));
    assert!(text(&tree, "jyj/old/openday.html").contains("url=/news/open-day.html"));
    assert!(text(&tree, "jyj/data/schools.page-2.html").contains("三小"));
    assert!(text(&tree, "www/topics/tea.html").contains("from 教育局"));
    assert!(text(&tree, "www/feed.xml").contains("<id>https://www.yunxiu.test/news/%E5%81%9C%E6%B0%B4%E9%80%9A%E7%9F%A5.html</id>"));
    // Whole texts in feeds, with the address that their links are written for.
    assert!(text(&tree, "jyj/news/feed.xml").contains("xml:base=\"https://jyj.yunxiu.test/news/open-day.html\">&lt;p&gt;"));
    assert!(text(&tree, "www/.well-known/security.txt").contains("Contact: mailto:security@yunxiu.test\nContact: https://"));
    assert!(text(&tree, "www/.well-known/security.txt").contains("Expires: 2027-06-30T23:59:59+08:00\n"));
    assert!(text(&tree, "www/search/b0.json").contains("云政发") && text(&tree, "www/search.xml").contains("search.html?q={searchTerms}"));
    assert!(text(&tree, "jyj/guides/filter.json").contains("\"words\":\"教育局 个人\""));
    assert!(tree.contains_key("www/open/policy/by-year/2024.html") && !tree.contains_key("jyj/guides/by-office/教育局.html"), "one value parts nothing");
    assert!(!tree.contains_key("jyj/forms/unused.docx") && !tree.contains_key("www/links/prov.html"));
}

#[test]
fn sites_inside_sites_old_places_inherited_themes_and_foreign_files() {
    let tree = output_is_as_expected("places");
    assert!(text(&tree, "www/bm/jyj/notices/b.html").contains("(green notice)"));
    assert!(text(&tree, "jyj/notices/b.html").contains("url=https://www.yunxiu.test/bm/jyj/notices/b.html"));
    assert!(text(&tree, "edu/show.html").contains("url=https://www.yunxiu.test/bm/jyj/notices/b.html"));
    assert!(text(&tree, "www/robots.txt").contains("https://www.yunxiu.test/bm/jyj/sitemap.xml"));
    assert!(!text(&tree, "www/notices/crlf.html").contains('\r'));
    assert!(text(&tree, "mzj/notices/c.html").contains("C &amp; &lt;D&gt;"));
}

#[test]
fn lists_in_pages_pinned_items_and_what_is_not_to_be_seen() {
    let tree = output_is_as_expected("lists");
    assert!(text(&tree, "www/news/page-1.html").contains("第1条") && text(&tree, "www/news/index.html").contains("[news pinned] 第2条"));
    for (path, bytes) in &tree {
        let text = String::from_utf8_lossy(bytes);
        assert!(!text.contains("不见") && !path.contains("inner"), "{path}");
    }
    assert!(tree.contains_key("www/news/today.html"));
}

#[test]
fn every_xml_file_is_well_formed_and_every_address_in_it_is_absolute() {
    for name in ["kinds", "places", "lists"] {
        for (path, bytes) in tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name).join("expected")) {
            if !path.ends_with(".xml") {
                continue;
            }
            let text = String::from_utf8(bytes).unwrap();
            let opened = text.matches('<').count() - text.matches("</").count() - text.matches("<?").count();
            assert_eq!(opened, text.matches("</").count() + text.matches("/>").count(), "{name}: {path}");
            for (tag, end) in [("<loc>", "</loc>"), ("href=\"", "\""), ("<id>", "</id>")] {
                for rest in text.split(tag).skip(1) {
                    let address = rest.split(end).next().unwrap();
                    assert!(address.starts_with("https://"), "{name}: {path}: {address}");
                }
            }
        }
    }
}

/// Every link of every page leads to an output, or outside.
#[test]
fn every_link_inside_the_group_leads_somewhere() {
    for name in ["kinds", "places", "lists"] {
        let tree = tree(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name).join("expected"));
        for (path, bytes) in tree.iter().filter(|(p, _)| p.ends_with(".html")) {
            let host = path.split('/').next().unwrap();
            let page = String::from_utf8_lossy(bytes).into_owned();
            for (attribute, end) in [("href=\"", "\""), ("src=\"", "\""), ("url=", "\"")] {
                for rest in page.split(attribute).skip(1) {
                    let address = rest.split(end).next().unwrap();
                    let Some(mut wanted) = output_of(address, host) else { continue };
                    if wanted.ends_with('/') {
                        wanted.push_str("index.html");
                    }
                    assert!(tree.contains_key(&wanted), "{name}: {path} leads to {address} ({wanted})");
                }
            }
        }
    }
}

/// The output that an address of the group stands for.
fn output_of(address: &str, host: &str) -> Option<String> {
    let address = address.split('#').next().unwrap();
    let path = match address.strip_prefix("https://") {
        Some(rest) => rest.replacen(".yunxiu.test", "", 1),
        None if address.starts_with('/') => format!("{host}{address}"),
        None => return None,
    };
    let ours = address.starts_with('/') || address.contains(".yunxiu.test");
    ours.then(|| portico::source::percent_decoded(&path).unwrap())
}
