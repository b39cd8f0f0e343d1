//! The house rules of docs/architecture.md, held against the source text.
//!
//! In: every file under `src/`. Out: the imports that go up or sideways, clocks and files where there may be none, files without an
//! opening note, names that say nothing. Every rule is also tried on a made-up text that breaks it.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// A source file: its path below `src/`, and its text.
type Source = (String, String);

/// What each room may import, from the lowest up: a room may import only rooms that stand above its own line.
const ROOMS: &[(&str, &[&str])] = &[
    ("digest", &[]),
    ("diagnostic", &[]),
    ("source", &["digest", "diagnostic"]),
    ("model", &["digest", "diagnostic", "source"]),
    ("plan", &["digest", "diagnostic", "source", "model"]),
    ("media", &["digest", "diagnostic", "source", "plan"]),
    ("output", &["digest", "diagnostic", "source", "plan"]),
    ("render", &["digest", "diagnostic", "source", "plan"]),
    ("search", &["digest", "diagnostic", "source", "model", "plan"]),
    ("sidecar", &["diagnostic", "source", "render", "search"]),
    ("starter", &["source", "render"]),
    ("pipeline", &["digest", "diagnostic", "source", "model", "plan", "media", "output", "render", "search"]),
    ("check", &["digest", "diagnostic", "source", "model", "plan", "media", "output", "render", "pipeline"]),
    ("publish", &["digest", "diagnostic", "source", "output", "pipeline"]),
    ("report", &["diagnostic", "source", "model", "plan", "render", "check"]),
    ("cli", &["diagnostic", "source", "pipeline", "check", "publish"]),
    ("preview", &["diagnostic", "source", "pipeline", "check", "publish", "search", "cli", "sidecar"]),
    ("main", &["digest", "diagnostic", "source", "pipeline", "check", "publish", "report", "search", "cli", "preview", "starter", "sidecar"]),
    ("lib", &[]),
];

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(&root).into_iter().map(Result::unwrap).filter(|e| e.path().extension().is_some_and(|e| e == "rs")) {
        let path = entry.path().strip_prefix(&root).unwrap().to_str().unwrap().to_string();
        found.push((path, fs::read_to_string(entry.path()).unwrap()));
    }
    found.sort();
    assert!(found.len() > 30, "where are the sources?");
    // Modules that only tests have are not part of the house.
    let tests: Vec<String> = found
        .iter()
        .flat_map(|(path, text)| {
            let folder = path.trim_end_matches("/mod.rs").trim_end_matches(".rs").to_string();
            text.split("#[cfg(test)]\nmod ").skip(1).filter_map(move |rest| Some(format!("{folder}/{}.rs", rest.split_once(';')?.0)))
        })
        .collect();
    found.retain(|(path, _)| !tests.contains(path));
    found
}

/// The room a file lies in: `plan/view.rs` → `plan`; programs are `main`.
fn room(path: &str) -> &str {
    let first = path.split('/').next().unwrap().trim_end_matches(".rs");
    if first == "bin" { "main" } else { first }
}

/// The lines that are code: comments and the tests at the end of a file left out.
fn code(text: &str) -> String {
    let text = text.split("\nmod tests {").next().unwrap();
    text.lines().map(|line| if line.trim_start().starts_with("//") { "" } else { line }).collect::<Vec<_>>().join("\n")
}

/// Every path that begins with `prefix`, a `use` in braces taken apart: `crate::{a, b::{c, d}}` → `a`, `b::c`, `b::d`.
fn paths(code: &str, prefix: &str) -> Vec<String> {
    let mut found = Vec::new();
    for (at, _) in code.match_indices(prefix) {
        let before = code[..at].chars().next_back();
        if !before.is_some_and(|c| c.is_alphanumeric() || c == '_' || c == ':') {
            take_apart(&code[at + prefix.len()..], String::new(), &mut found);
        }
    }
    found
}

fn take_apart(rest: &str, so_far: String, found: &mut Vec<String>) -> usize {
    let word = rest.find(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':')).unwrap_or(rest.len());
    let path = format!("{so_far}{}", &rest[..word]);
    if !rest[word..].starts_with('{') || !(path.is_empty() || path.ends_with("::")) {
        found.push(path.trim_end_matches(':').to_string());
        return word;
    }
    let mut at = word + 1;
    loop {
        at += rest[at..].len() - rest[at..].trim_start_matches([' ', '\n', ',']).len();
        if at >= rest.len() || rest[at..].starts_with('}') {
            return at + 1;
        }
        let taken = take_apart(&rest[at..], path.clone(), found);
        at += taken.max(1);
        // `x as y`
        at += rest[at..].find([',', '}']).unwrap_or(rest[at..].len());
    }
}

/// Imports that break the order of the rooms.
fn wrong_imports(files: &[Source]) -> Vec<String> {
    let may: BTreeMap<&str, &[&str]> = ROOMS.iter().copied().collect();
    let mut wrong = Vec::new();
    for (path, text) in files {
        let room = room(path);
        let Some(may) = may.get(room) else {
            wrong.push(format!("{path}: the room `{room}` is not on the map"));
            continue;
        };
        let code = code(text);
        let own = if room == "main" { paths(&code, "portico::") } else { paths(&code, "crate::") };
        for import in own {
            let other = import.split("::").next().unwrap();
            let is_room = ROOMS.iter().any(|(name, _)| *name == other);
            if is_room && other != room && !may.contains(&other) {
                wrong.push(format!("{path} imports {import}"));
            }
        }
    }
    wrong
}

/// What the side service may know of the generator.
fn wrong_imports_of_the_sidecar(files: &[Source]) -> Vec<String> {
    // Desks are settings like others, so they are read with the readers of settings.
    let may = [
        "source::front_matter",
        "source::content_type",
        "source::date",
        "source::fields",
        "source::folding",
        "source::settings",
        "source::yaml",
        "diagnostic",
        "render",
        "search",
        "sidecar",
    ];
    let mut wrong = Vec::new();
    for (path, text) in files.iter().filter(|(p, _)| room(p) == "sidecar") {
        let code = code(text);
        wrong.extend(paths(&code, "crate::").into_iter().filter(|i| !may.iter().any(|m| i.starts_with(m))).map(|i| format!("{path} imports {i}")));
        let pure = ["case", "auction", "accounts", "letter", "masking", "vendor"]
            .iter()
            .any(|f| path.starts_with(&format!("sidecar/{f}.")) || path.starts_with(&format!("sidecar/{f}/")));
        let known = [
            "sqlx",
            "rusqlite",
            "axum",
            "http::",
            "hyper",
            "Timestamp::now",
            "SystemTime",
            "crate::sidecar::store",
            "crate::sidecar::web",
            "super::store",
            "super::web",
        ];
        wrong.extend(known.iter().filter(|k| pure && code.contains(**k)).map(|k| format!("{path} knows {k}")));
        let sql = ["SELECT ", "INSERT INTO", "UPDATE ", "DELETE FROM", "CREATE TABLE"];
        wrong.extend(sql.iter().filter(|s| !path.starts_with("sidecar/store") && code.contains(**s)).map(|s| format!("{path} holds SQL: {s}")));
    }
    wrong
}

/// Files, clocks and surroundings where everything is to follow from what was read.
fn impurities(files: &[Source]) -> Vec<String> {
    let refused = ["std::fs", "std::time", "std::env", "std::net", "std::process", "std::io", "SystemTime", "Instant", "::now(", "File::", "read_to_string"];
    let mut found = Vec::new();
    for (path, text) in
        files.iter().filter(|(p, _)| matches!(room(p), "model" | "plan" | "digest" | "diagnostic") || p.starts_with("render/body") || p == "render/xml.rs")
    {
        let code = code(text);
        found.extend(refused.iter().filter(|r| code.contains(**r)).map(|r| format!("{path} has {r}")));
    }
    found
}

/// Children of a folder that take a function of its front door: they may take sibling modules, and the types a phase is made of.
fn children_at_the_front_door(files: &[Source]) -> Vec<String> {
    let doors: Vec<&str> = files.iter().filter_map(|(p, _)| p.strip_suffix("/mod.rs")).collect();
    let mut wrong = Vec::new();
    for (path, text) in files {
        let Some(door) = doors.iter().find(|d| path.strip_prefix(&format!("{d}/")).is_some_and(|rest| !rest.contains('/') && rest != "mod.rs")) else {
            continue;
        };
        let module = |name: &str| files.iter().any(|(p, _)| *p == format!("{door}/{name}.rs") || *p == format!("{door}/{name}/mod.rs"));
        let code = code(text);
        let own = door.replace('/', "::");
        let imports = paths(&code, "super::").into_iter().chain(paths(&code, &format!("crate::{own}::")));
        for import in imports {
            let name = import.split("::").next().unwrap();
            if name.starts_with(char::is_lowercase) && !module(name) {
                wrong.push(format!("{path} takes {name} from {door}/mod.rs"));
            }
        }
    }
    wrong
}

/// Files that do not open with their note, or whose note is a story.
fn without_a_note(files: &[Source]) -> Vec<String> {
    let lines = |text: &str| text.lines().take_while(|l| l.starts_with("//!")).count();
    files.iter().filter(|(_, text)| !(1..=8).contains(&lines(text))).map(|(path, text)| format!("{path}: {} lines", lines(text))).collect()
}

/// Names that say nothing of what is inside.
fn empty_names(paths: &[String]) -> Vec<String> {
    let refused = ["utils", "util", "types", "helpers", "helper", "common", "misc", "shared"];
    paths.iter().filter(|p| p.split('/').any(|part| refused.contains(&part.split('.').next().unwrap()))).cloned().collect()
}

fn forbidden_words(files: &[Source]) -> Vec<String> {
    let refused = ["static mut", "thread_local!", "unsafe {", "lazy_static", "#[allow("];
    let mut found = Vec::new();
    for (path, text) in files {
        let code = code(text);
        found.extend(refused.iter().filter(|r| code.contains(**r)).map(|r| format!("{path} has {r}")));
        let speaks = ["println!", "eprintln!", "print!(", "eprint!("];
        found.extend(speaks.iter().filter(|s| room(path) != "main" && code.contains(**s)).map(|s| format!("{path} speaks: {s}")));
    }
    found
}

const NOTHING: Vec<String> = Vec::new();

#[test]
fn imports_only_go_down() {
    assert_eq!(wrong_imports(&sources()), NOTHING);
}

#[test]
fn the_order_of_the_rooms_is_an_order() {
    for (i, (room, may)) in ROOMS.iter().enumerate() {
        for other in *may {
            assert!(ROOMS[..i].iter().any(|(name, _)| name == other), "{room} may import {other}, which is not below it");
        }
    }
    let may = |room: &str| ROOMS.iter().find(|(name, _)| *name == room).unwrap().1;
    for room in ["render", "output", "media"] {
        assert!(!may(room).contains(&"model"), "{room} knows views, never the model");
    }
    assert!(ROOMS.iter().all(|(room, may)| !may.contains(&"sidecar") || matches!(*room, "main" | "preview")));
}

#[test]
fn the_model_and_the_plan_touch_no_file_and_no_clock() {
    assert_eq!(impurities(&sources()), NOTHING);
}

#[test]
fn the_sidecar_knows_front_matter_and_the_renderer_only() {
    assert_eq!(wrong_imports_of_the_sidecar(&sources()), NOTHING);
}

#[test]
fn children_do_not_take_functions_from_their_front_door() {
    assert_eq!(children_at_the_front_door(&sources()), NOTHING);
}

#[test]
fn every_file_opens_with_what_comes_in_and_what_goes_out() {
    assert_eq!(without_a_note(&sources()), NOTHING);
}

#[test]
fn every_file_is_named_for_a_thing_of_the_field() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut all = Vec::new();
    for part in ["src", "tests", "examples", "benches"] {
        let files = walkdir::WalkDir::new(root.join(part)).into_iter().filter_map(Result::ok);
        all.extend(files.map(|e| e.path().strip_prefix(root).unwrap().to_string_lossy().into_owned()).filter(|p| p.ends_with(".rs")));
    }
    assert_eq!(empty_names(&all), NOTHING);
}

#[test]
fn nothing_is_mutable_for_everyone_and_only_the_program_speaks() {
    assert_eq!(forbidden_words(&sources()), NOTHING);
}

// Every rule must be able to fail.

fn made_up(path: &str, text: &str) -> Vec<Source> {
    vec![(path.to_string(), text.to_string())]
}

#[test]
fn imports_are_found_however_they_are_written() {
    let of = |text: &str| paths(text, "crate::");
    assert_eq!(of("use crate::model::PortalGroup;"), ["model::PortalGroup"]);
    assert_eq!(
        of("use crate::{digest::Digest, model::{self, item::{Item, ItemRef as At}}, plan};"),
        ["digest::Digest", "model::self", "model::item::Item", "model::item::ItemRef", "plan"]
    );
    assert_eq!(of("pub(crate) fn f(x: &crate::model::Item) { crate::plan::go() }"), ["model::Item", "plan::go"]);
    assert_eq!(of("use crate::{\n    model,\n    plan::view,\n};"), ["model", "plan::view"]);
    assert_eq!(code("a\n// crate::model\nb\nmod tests {\n use crate::model;"), "a\n\nb");
}

#[test]
fn every_rule_can_be_broken() {
    for (path, text) in [
        ("render/body.rs", "use crate::model::PortalGroup;"),
        ("output/mod.rs", "fn f(x: crate::model::Item) {}"),
        ("source/mod.rs", "use crate::{digest::Digest, plan::view};"),
        ("model/item.rs", "use crate::render;"),
        ("plan/mod.rs", "use crate::output::manifest;"),
        ("pipeline.rs", "use crate::sidecar::web;"),
        ("diagnostic.rs", "use crate::digest;"),
        ("digest.rs", "use crate::source;"),
        ("pipeline.rs", "use crate::cli::Cli;"),
        ("bin/other.rs", "use portico::model::assemble;"),
        ("cellar/mod.rs", ""),
    ] {
        assert_eq!(wrong_imports(&made_up(path, text)).len(), 1, "{path}: {text}");
    }
    assert_eq!(wrong_imports(&made_up("render/mod.rs", "use crate::plan::view; // crate::x")), NOTHING);
    for text in ["use std::fs;", "let now = jiff::Timestamp::now();", "std::env::var(\"X\")", "use std::time::SystemTime;", "Instant::now()"] {
        assert!(!impurities(&made_up("plan/feeds.rs", text)).is_empty(), "{text}");
        assert_eq!(impurities(&made_up("source/walk.rs", text)), NOTHING);
    }
    for (path, text) in [
        ("sidecar/case.rs", "use sqlx::query;"),
        ("sidecar/web/letters.rs", "\"SELECT * FROM x\""),
        ("sidecar/bulletin.rs", "use crate::model;"),
        ("sidecar/auction.rs", "jiff::Timestamp::now()"),
        ("sidecar/auction/record/verdict.rs", "use crate::sidecar::store::Store;"),
        ("sidecar/vendor.rs", "use axum::Router;"),
    ] {
        assert_eq!(wrong_imports_of_the_sidecar(&made_up(path, text)).len(), 1, "{path}");
    }
    let door = |text: &str| children_at_the_front_door(&[made_up("plan/mod.rs", ""), made_up("plan/view.rs", ""), made_up("plan/feeds.rs", text)].concat());
    assert_eq!(door("use super::word;"), ["plan/feeds.rs takes word from plan/mod.rs"]);
    assert_eq!(door("use crate::plan::word;"), ["plan/feeds.rs takes word from plan/mod.rs"]);
    assert_eq!(door("use super::view::FeedView;\nuse super::Planner;\nimpl super::Planner<'_> {}"), NOTHING);
    assert_eq!(without_a_note(&made_up("x.rs", "fn f() {}")).len(), 1);
    assert_eq!(without_a_note(&made_up("x.rs", &"//! on and on\n".repeat(9))).len(), 1);
    assert_eq!(empty_names(&["src/plan/utils.rs".into(), "src/common/mod.rs".into(), "src/plan/url.rs".into()]).len(), 2);
    for text in ["static mut X: u8 = 0;", "println!(\"x\");", "#[allow(dead_code)]"] {
        assert_eq!(forbidden_words(&made_up("plan/mod.rs", text)).len(), 1, "{text}");
    }
}
