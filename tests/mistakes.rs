//! Authors' mistakes: for each a folder under `tests/mistakes/` with the mistaken files, and the whole report beside them in Chinese
//! (`report.zh.txt`) and English (`report.en.txt`).
//!
//! In: a sound group with the mistaken files laid over it. Out: the report, the exit status, and every other page as if the mistake
//! were not there. `PORTICO_BLESS=1` writes the reports anew; look at the difference before keeping it.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::fs;
use std::path::{Path, PathBuf};

use group::{Group, PLAIN, item};

/// Mistakes that are warned about: the page is made all the same.
const WARNINGS: &[&str] = &[
    "folder-without-site",
    "group-unknown-key",
    "link-to-what-is-not-public",
    "no-such-topic",
    "site-collects-nothing",
    "site-unknown-key",
    "unknown-key",
    "unsafe-html",
];

/// Mistakes after which nothing can be built at all.
const NOTHING_BUILT: &[&str] = &[
    "group-bad-timezone",
    "group-bad-yaml",
    "group-missing-keys",
    "group-unknown-theme",
    "template-syntax",
    "template-unknown-parent",
    "theme-bad-words",
    "theme-extends-itself",
    "theme-extends-nothing",
];

/// Mistakes that take the site `jyj` down, and no other.
const NO_JYJ: &[&str] =
    &["site-bad-column", "site-bad-place", "site-bad-yaml", "site-duplicate-column", "site-missing-name", "site-place-taken", "site-unknown-kind"];

fn sound_group() -> Group {
    let group = Group::empty();
    for (path, text) in PLAIN {
        group.write(path, text);
    }
    group.write("sites/group.yaml", "name: 云岫市人民政府\ndomain: yunxiu.test\nmain: www\ntheme: plain\n");
    group.write(
        "sites/www.yaml",
        "name: 云岫市人民政府\nkind: portal\nat: www\ncolumns:\n- {id: news, name: 要闻}\n- {id: policy, name: 政策, type: policy}\n\
         - {id: explainer, name: 解读, type: explainer}\n- {id: data, name: 数据, type: table}\n- {id: forms, name: 表格, type: download}\n\
         - {id: links, name: 链接, type: link}\n- {id: topics, name: 专题, type: topic}\n",
    );
    group.write("sites/jyj.yaml", "name: 教育局\nkind: department\nat: jyj\ncolumns:\n- {id: news, name: 动态}\n");
    group.write("content/www/news/good.md", item("好稿", "2026-11-01", "", "正文。"));
    group.write("content/www/news/better.md", item("另一篇", "2026-11-01", "", "见[教育局](@/jyj/news/good.md)。"));
    group.write("content/www/topics/tea.md", item("茶", "2026-11-01", "", "茶。"));
    group.write("content/jyj/news/good.md", item("好稿", "2026-11-01", "share: [www/news]", "见[要闻](@/www/news/good.md)。"));
    group
}

fn cases() -> Vec<(String, PathBuf)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/mistakes");
    let mut cases: Vec<(String, PathBuf)> =
        fs::read_dir(folder).unwrap().map(|e| e.unwrap()).map(|e| (e.file_name().into_string().unwrap(), e.path())).collect();
    cases.sort();
    assert!(cases.len() > 60);
    cases
}

/// The sound group with a case's files laid over it.
fn mistaken(case: &Path) -> Group {
    let group = sound_group();
    for entry in walkdir::WalkDir::new(case).min_depth(2).into_iter().map(Result::unwrap) {
        let path = entry.path().strip_prefix(case).unwrap().to_str().unwrap();
        if entry.file_type().is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), group.path(path)).unwrap();
        } else if entry.file_type().is_file() {
            group.write(path, fs::read(entry.path()).unwrap());
        }
    }
    group
}

#[test]
fn every_mistake_is_reported_in_both_languages() {
    let bless = std::env::var_os("PORTICO_BLESS").is_some();
    let mut wrong = Vec::new();
    for (name, case) in cases() {
        let group = mistaken(&case);
        for lang in ["zh", "en"] {
            // With JSON on stdout, stderr holds the report alone.
            let report = group.build_with(&["--lang", lang]).stderr.replace(&*group.root().to_string_lossy(), "ROOT");
            let file = case.join(format!("report.{lang}.txt"));
            if bless {
                fs::write(&file, &report).unwrap();
            } else {
                let wanted = fs::read_to_string(&file).unwrap_or_default();
                if report != wanted {
                    wrong.push(format!("{name} ({lang})\n--- found\n{report}--- wanted\n{wanted}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_mistake_gives_its_exit_status_and_leaves_every_other_page_standing() {
    let sound = sound_group();
    sound.build_well(&[]);
    let sound = sound.tree();
    for (name, case) in cases().into_iter() {
        let name = name.as_str();
        let built = mistaken(&case);
        let said = built.build();
        let tree = built.tree();
        assert_eq!(said.status, i32::from(!WARNINGS.contains(&name)), "{name}: {}", said.stderr);
        assert_eq!(said.number("errors") > 0, said.status == 1, "{name}");
        assert!(said.number("errors") + said.number("warnings") > 0, "{name} is not reported");
        let broken = tree.keys().filter(|p| p.ends_with("/bad.html")).count();
        let may_stand = WARNINGS.contains(&name) && name != "folder-without-site" || name == "alias-taken" || name.starts_with("template-");
        assert!(broken == 0 || may_stand, "{name}: the broken item has a page");
        if NOTHING_BUILT.contains(&name) {
            continue;
        }
        for path in sound.keys().filter(|p| p.ends_with(".html")) {
            let of_an_item = !["index.html", "map.html", "404.html"].iter().any(|page| path.ends_with(page));
            if of_an_item && name == "template-unknown-variable" || path.starts_with("jyj/") && NO_JYJ.contains(&name) {
                assert!(!tree.contains_key(path), "{name}: {path}");
            } else {
                assert!(tree.contains_key(path), "{name}: {path} is missing\n{}", said.stderr);
            }
        }
    }
}

#[test]
fn a_mistake_mended_leaves_no_trace() {
    for (name, case) in cases().into_iter().filter(|(name, _)| !name.starts_with("group-")) {
        let group = mistaken(&case);
        group.build();
        let sound = sound_group();
        for part in ["content", "sites", "themes"] {
            group.remove(part);
            group.rename(sound.path(part).to_str().unwrap(), part);
        }
        let (_, built) = group.changes(&[]);
        assert_eq!(built.status, 0, "{name}: {}", built.stderr);
        group.equals_clean(&[], &built);
    }
}

#[test]
fn every_mistake_is_told_with_its_place_wherever_there_is_one() {
    // Found in a folder, a symbolic link or a whole file: there is no line to point at.
    let whole = ["symbolic-link", "no-column", "no-site", "bad-theme", "no-main-site"];
    // Tera does not say where a parent that is not there is named.
    let open = ["template-unknown-parent"];
    for (name, case) in cases().into_iter().filter(|(name, _)| !open.contains(&name.as_str())) {
        let built = mistaken(&case).build();
        for d in built.json["diagnostics"].as_array().unwrap() {
            let code = d["code"].as_str().unwrap();
            assert!(d["line"].as_u64() > Some(0) || whole.contains(&code), "{name}: {d}");
            assert!(!d["message"].as_str().unwrap().is_empty() && !d["file"].as_str().unwrap().starts_with('/'), "{name}: {d}");
        }
    }
}
