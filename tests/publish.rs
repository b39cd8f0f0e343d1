//! Releases: made whole, sharing what did not change, switched at once, undone at once.
//!
//! In: a small group, edits, and the commands of publishing. Out: what a web server would find behind `live`.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use group::{AT, Group, Tree, item};
use portico::diagnostic::{Diagnostic, Place};
use portico::pipeline::{Kept, Request, Silent};
use portico::publish::store::Store;
use portico::publish::{self, Ending, Order, PublishError};
use serde_json::Value;

struct Said {
    status: i32,
    json: Value,
    stderr: String,
}

impl Said {
    #[track_caller]
    fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.json, self.stderr);
        self
    }
}

fn portico(group: &Group, args: &[&str]) -> Said {
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_portico"));
    command.args(args).args(["--lang", "en", "--root"]).arg(group.root()).env("PORTICO_BY", "值班员");
    let output = command.output().unwrap();
    Said {
        status: output.status.code().unwrap_or(-1),
        json: serde_json::from_slice(&output.stdout).unwrap_or(Value::Null),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

fn publish_with(group: &Group, more: &[&str]) -> Said {
    portico(group, &[&["publish", "--at", AT, "--format", "json"], more].concat())
}

#[track_caller]
fn publish(group: &Group) -> u64 {
    let said = publish_with(group, &[]).exits(0);
    said.json["release"]["number"].as_u64().unwrap_or_else(|| panic!("no release: {}", said.json))
}

/// What a web server finds below a folder, links followed, compressed copies left out.
fn seen(folder: &Path) -> Tree {
    let files = walkdir::WalkDir::new(folder).follow_links(true).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    files
        .map(|e| (e.path().strip_prefix(folder).unwrap().to_str().unwrap().to_string(), fs::read(e.path()).unwrap()))
        .filter(|(path, _)| ![".gz", ".br", ".zst"].iter().any(|ending| path.ends_with(ending)))
        .collect()
}

fn live(group: &Group) -> Tree {
    seen(&group.path("releases/live"))
}

fn release(group: &Group, number: u64) -> Tree {
    seen(&group.path(&format!("releases/releases/{number}/tree")))
}

fn inodes(folder: &Path) -> BTreeMap<String, u64> {
    let files = walkdir::WalkDir::new(folder).follow_links(true).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    files.map(|e| (e.path().strip_prefix(folder).unwrap().to_str().unwrap().to_string(), fs::metadata(e.path()).unwrap().ino())).collect()
}

#[track_caller]
fn live_is_clean(group: &Group) {
    let (clean, _) = group.clean_with(&[]);
    group::assert_same_tree(&live(group), &clean);
}

const ARTICLE: &str = "content/www/news/a.md";

#[test]
fn the_live_tree_is_what_a_clean_build_makes() {
    let group = Group::small();
    assert_eq!(publish(&group), 1);
    live_is_clean(&group);
    group.write(ARTICLE, item("甲二", "2026-01-01", "", "改了。"));
    group.remove("content/jyj/news/z.md");
    assert_eq!(publish(&group), 2);
    live_is_clean(&group);
}

#[test]
fn a_release_shares_every_file_that_did_not_change_and_an_old_one_never_changes() {
    let group = Group::small();
    publish(&group);
    let (first, before) = (live(&group), inodes(&group.path("releases/releases/1/tree")));
    for round in 0..3 {
        // As long as before, so that a file written in place would keep its size.
        group.write(ARTICLE, item("甲", "2026-01-01", "summary: 甲的摘要", &format!("第{round}次改。")));
        publish(&group);
    }
    let after = inodes(&group.path("releases/live"));
    let moved: Vec<&String> = before.keys().filter(|path| before[*path] != after[*path]).collect();
    assert_eq!(moved, ["www/news/a.html", "www/news/a.html.br", "www/news/a.html.gz"]);
    group::assert_same_tree(&release(&group, 1), &first);
}

#[test]
fn nothing_changed_makes_no_release_even_when_everything_was_made_again() {
    let group = Group::small();
    publish(&group);
    let said = publish_with(&group, &["--clean"]).exits(0);
    assert_eq!(said.json["unchanged_release"], 1);
    group.write(ARTICLE, item("甲", "2026-01-01", "summary: 甲的摘要", "改了。"));
    let said = publish_with(&group, &["--clean"]).exits(0);
    assert_eq!(said.json["release"]["changes"]["paths"], serde_json::json!(["* www/news/a.html"]), "same bytes are no change");
}

#[test]
fn a_record_says_who_and_what_and_from_which_commit() {
    let group = Group::small();
    publish(&group);
    group.write("content/www/news/new.md", item("新", "2026-05-01", "", "新。"));
    group.remove("content/jyj/news/z.md");
    let said = publish_with(&group, &["--commit", "0123abcd", "--by", "王敏"]).exits(0);
    let record: Value = serde_json::from_slice(&fs::read(group.path("releases/releases/2/record.json")).unwrap()).unwrap();
    assert_eq!(said.json["release"], record);
    assert_eq!((&record["by"], &record["commit"], &record["previous"]), (&"王敏".into(), &"0123abcd".into(), &1.into()));
    let paths: Vec<&str> = record["changes"]["paths"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(paths.contains(&"+ www/news/new.html") && paths.contains(&"- jyj/news/z.html") && paths.contains(&"* www/news/index.html"), "{paths:?}");
    let listed = portico(&group, &["releases", "--format", "json"]).exits(0).json;
    assert_eq!((&listed["live"], listed["releases"].as_array().unwrap().len()), (&2.into(), 2));
    let diff = portico(&group, &["diff", "1", "2", "--format", "json"]).exits(0).json;
    assert_eq!(diff["files"].as_array().unwrap().len(), paths.len());
}

#[test]
fn rolling_back_and_forth_shows_exactly_the_old_bytes() {
    let group = Group::small();
    let mut trees = vec![];
    for round in 1..=3 {
        group.write(ARTICLE, item(&format!("甲{round}"), "2026-01-01", "", "改。"));
        assert_eq!(publish(&group), round);
        trees.push(live(&group));
    }
    portico(&group, &["rollback"]).exits(0);
    group::assert_same_tree(&live(&group), &trees[1]);
    portico(&group, &["rollback"]).exits(0);
    group::assert_same_tree(&live(&group), &trees[0]);
    portico(&group, &["rollback"]).exits(2);
    portico(&group, &["rollback", "3"]).exits(0);
    group::assert_same_tree(&live(&group), &trees[2]);
    portico(&group, &["rollback", "9"]).exits(2);
    portico(&group, &["rollback", "1"]).exits(0);
    assert_eq!(publish(&group), 4, "what was rolled back can be published again");
    group::assert_same_tree(&live(&group), &trees[2]);
    let history = portico(&group, &["releases", "--format", "json"]).json["switches"].clone();
    let acts: Vec<_> = history.as_array().unwrap().iter().map(|s| (s["act"].as_str().unwrap(), s["to"].as_u64().unwrap())).collect();
    assert_eq!(acts[3..], [("rolledback", 2), ("rolledback", 1), ("rolledback", 3), ("rolledback", 1), ("published", 4)]);
    assert!(history.as_array().unwrap().iter().all(|s| s["by"] == "值班员"));
}

#[test]
fn errors_keep_a_build_from_being_published_unless_allowed() {
    let group = Group::small();
    publish(&group);
    let before = live(&group);
    group.write(ARTICLE, "没有开头信息");
    group.write("content/jyj/news/x.md", item("开学了", "2026-03-01", "", "改了。"));
    let said = publish_with(&group, &[]).exits(1);
    assert_eq!(said.json["refused"], true);
    group::assert_same_tree(&live(&group), &before);
    let said = publish_with(&group, &["--allow-errors"]).exits(1);
    assert_eq!((&said.json["release"]["errors_allowed"], &said.json["release"]["errors"]), (&true.into(), &1.into()));
    let after = live(&group);
    assert_eq!(after["www/news/a.html"], before["www/news/a.html"], "the last good page stays");
    assert!(String::from_utf8_lossy(&after["jyj/news/x.html"]).contains("开学了"));
}

#[test]
fn only_the_last_releases_are_kept_with_the_live_one_and_the_one_before() {
    let group = Group::small();
    let numbers = |group: &Group| -> Vec<u64> {
        let listed = portico(group, &["releases", "--format", "json"]).exits(0).json;
        listed["releases"].as_array().unwrap().iter().map(|r| r["number"].as_u64().unwrap()).collect()
    };
    for round in 1..=4 {
        group.write(ARTICLE, item(&format!("甲{round}"), "2026-01-01", "", "改。"));
        publish_with(&group, &["--keep", "3"]).exits(0);
    }
    assert_eq!(numbers(&group), [2, 3, 4]);
    portico(&group, &["rollback", "2"]).exits(0);
    group.write(ARTICLE, item("甲五", "2026-01-01", "", "改。"));
    publish_with(&group, &["--keep", "1"]).exits(0);
    assert_eq!(numbers(&group), [2, 5], "what was live before can be gone back to");
    for number in [2, 5] {
        assert!(!release(&group, number).is_empty());
    }
    // What no release shows is gone: every folder on the shelf belongs to one.
    let shown: std::collections::BTreeSet<String> = [2, 5]
        .iter()
        .flat_map(|n| fs::read_to_string(group.path(&format!("releases/releases/{n}/trees"))).unwrap().lines().map(|l| l[..32].to_string()).collect::<Vec<_>>())
        .collect();
    let there: std::collections::BTreeSet<String> =
        fs::read_dir(group.path("releases/trees")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(there, shown);
}

#[test]
fn compressed_copies_hold_the_same_bytes_and_only_what_changed_is_compressed() {
    let group = Group::small();
    group.edit("sites/group.yaml", "theme: plain\n", "theme: plain\npublish: {precompress: [gzip, br, zstd]}\n");
    publish(&group);
    let www = group.path("releases/live/www");
    let plain = fs::read(www.join("index.html")).unwrap();
    let mut unpacked = vec![0; plain.len()];
    libdeflater::Decompressor::new().gzip_decompress(&fs::read(www.join("index.html.gz")).unwrap(), &mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
    assert_eq!(zstd::bulk::decompress(&fs::read(www.join("index.html.zst")).unwrap(), plain.len()).unwrap(), plain);
    assert!(www.join("index.html.br").exists() && !group.path("releases/live/jyj/news/photo.png.gz").exists());
    let before = inodes(&group.path("releases/live"));
    group.edit("sites/group.yaml", "[gzip, br, zstd]", "[br]");
    publish(&group);
    let after = inodes(&group.path("releases/live"));
    assert!(after.keys().all(|path| !path.ends_with(".gz") && !path.ends_with(".zst")));
    assert!(after.iter().all(|(path, inode)| before[path] == *inode), "nothing is compressed again");
}

#[test]
fn a_second_publisher_is_told_and_going_back_does_not_wait_for_it() {
    let group = Group::small();
    publish(&group);
    group.write(ARTICLE, item("甲二", "2026-01-01", "", "改。"));
    publish(&group);
    let store = Store::open(&group.path("releases")).unwrap();
    let held = store.lock("publishing", || false).unwrap().unwrap();
    let said = publish_with(&group, &["--no-wait"]).exits(2);
    assert!(said.stderr.contains("another portico is publishing"), "{}", said.stderr);
    portico(&group, &["rollback"]).exits(0);
    drop(held);
    assert_eq!(store.live(), Some(1));
}

fn order<'a>(group: &Group, store: &'a Store, gate: publish::Gate<'a>) -> Order<'a> {
    let request = Request { out: std::path::PathBuf::new(), ..group.request() };
    Order { request, store, encodings: Vec::new(), by: "值班员".into(), commit: None, allow_errors: false, gate, wait: true }
}

#[test]
fn a_publication_that_somebody_overtook_by_going_back_does_not_bring_the_mistake_back() {
    let group = Group::small();
    publish(&group);
    group.write(ARTICLE, item("错", "2026-01-01", "", "错。"));
    publish(&group);
    group.write(ARTICLE, item("还错", "2026-01-01", "", "还错。"));
    let store = Store::open(&group.path("releases")).unwrap();
    // The gate is called between the build and the switch.
    let go_back = |_: &_, _: &Path, _: &_| {
        publish::roll_back(&store, None, "主任").unwrap();
        Vec::new()
    };
    let result = publish::publish(&order(&group, &store, &go_back), &Silent, &mut Kept::default());
    assert!(matches!(result, Err(PublishError::Overtaken(1))), "{result:?}");
    assert_eq!(store.live(), Some(1));
    assert_eq!(publish(&group), 3);
    live_is_clean(&group);
}

#[test]
fn the_gate_sees_what_was_built_and_may_refuse_it() {
    let group = Group::small();
    let store = Store::open(&group.path("releases")).unwrap();
    let refuse = |_: &_, output: &Path, _: &_| {
        assert!(output.join("www/index.html").exists());
        vec![Diagnostic::error("home-stale", "content/www", Place::default(), "首页两周未更新", "the home page was not updated for two weeks")]
    };
    let done = publish::publish(&order(&group, &store, &refuse), &Silent, &mut Kept::default()).unwrap();
    assert!(matches!(done.ending, Ending::Refused));
    assert_eq!((done.outcome.errors(), store.live()), (1, None));
    let in_spite = Order { allow_errors: true, ..order(&group, &store, &refuse) };
    let done = publish::publish(&in_spite, &Silent, &mut Kept::default()).unwrap();
    assert!(matches!(done.ending, Ending::Refused), "what the gate refuses cannot be allowed like a broken page");
}

#[test]
fn after_a_loss_of_power_what_was_being_written_is_not_trusted() {
    let group = Group::small();
    publish(&group);
    // The system went down in the middle of a publication: a page is as long as it should be and holds something else.
    let staging = Store::open(&group.path("releases")).unwrap().staging(group.root());
    let page = staging.join("www/news/b.html");
    let length = fs::read(&page).unwrap().len();
    fs::remove_file(&page).unwrap();
    fs::write(&page, vec![0; length]).unwrap();
    fs::write(staging.with_extension("open"), "another-boot").unwrap();
    // The next attempt is refused; what it left is no more to be trusted than before.
    group.write("content/jyj/news/x.md", "没有开头信息");
    publish_with(&group, &[]).exits(1);
    group.write("content/jyj/news/x.md", item("开学", "2026-03-01", "", "改好了。"));
    publish(&group);
    live_is_clean(&group);
    assert!(!staging.with_extension("open").exists());
}

#[test]
fn whatever_is_lost_beside_the_releases_is_made_again() {
    let group = Group::small();
    publish(&group);
    for (round, lost) in [".portico", "releases/history.jsonl", "out"].iter().enumerate() {
        let path = group.path(lost);
        if path.exists() {
            group.remove(lost);
        }
        group.write(ARTICLE, item(&format!("甲{round}"), "2026-01-01", "", "改。"));
        publish(&group);
        live_is_clean(&group);
    }
    fs::remove_dir_all(Store::open(&group.path("releases")).unwrap().staging(group.root())).unwrap();
    group.write(ARTICLE, item("甲末", "2026-01-01", "", "改。"));
    publish(&group);
    live_is_clean(&group);
}

#[test]
fn folders_that_hold_the_same_are_one() {
    let group = Group::small();
    group.edit("sites/jyj.yaml", "at: jyj\n", "at: jyj\nformerly: [edu, jiaoyu, www/bm/jyj]\n");
    for round in 0..5 {
        group.write("content/jyj/news/y.md", item(&format!("运动会{round}"), "2026-03-02", "", "跑。"));
        group.write(&format!("content/jyj/open/policy/q{round}.md"), item("办法", "2026-03-02", "", "办法。"));
        publish(&group);
        live_is_clean(&group);
    }
    let link = |place: &str| fs::read_link(group.path(&format!("releases/live/{place}"))).unwrap();
    assert_eq!(link("edu"), link("jiaoyu"));
}

#[test]
fn what_was_withdrawn_is_not_published_of_itself_until_there_is_a_new_commit() {
    let group = Group::small();
    let store = Store::open(&group.path("releases")).unwrap();
    let withdrawn = |commit: &str| publish::was_withdrawn(&store, Some(commit)).unwrap();
    publish_with(&group, &["--commit", "c1"]).exits(0);
    group.write(ARTICLE, item("错", "2026-01-01", "", "错。"));
    publish_with(&group, &["--commit", "c2"]).exits(0);
    assert!(!withdrawn("c2"));
    portico(&group, &["rollback"]).exits(0);
    assert!(withdrawn("c2") && !withdrawn("c3"));
    group.write(ARTICLE, item("对", "2026-01-01", "", "对。"));
    publish_with(&group, &["--commit", "c3"]).exits(0);
    assert!(!withdrawn("c3"));
}

#[test]
fn two_groups_in_one_store_never_mix() {
    let (one, two) = (Group::small(), Group::small());
    two.write(ARTICLE, item("另甲", "2026-01-01", "summary: 甲的摘要", "另一个。"));
    let store = one.path("releases").to_str().unwrap().to_string();
    for _ in 0..2 {
        for group in [&one, &two] {
            publish_with(group, &["--to", &store]).exits(0);
            group::assert_same_tree(&live(&one), &group.clean_with(&[]).0);
        }
    }
}
