//! Publications that are killed, or that the disk refuses, at every single step: what is live is the old release or the new one, whole,
//! and the next run goes on as if nothing had happened.
//!
//! In: `strace`, which kills the publisher at the N-th system call of a kind, or makes that call fail. Out: the tree behind `live` after each.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use group::{AT, Group, Tree, item};
use portico::digest::Digest;

/// Every way in which a publication changes something on the disk; the last also reads.
const CALLS: [&str; 10] = [
    "write,pwrite64,writev",
    "rename,renameat,renameat2",
    "fsync,fdatasync",
    "syncfs",
    "link,linkat",
    "symlink,symlinkat",
    "mkdir,mkdirat",
    "unlink,unlinkat,rmdir",
    "ftruncate",
    "openat",
];

fn publish(group: &Group, before: &[&str]) -> std::process::Output {
    let program = env!("CARGO_BIN_EXE_portico");
    let mut words: Vec<&str> = before.to_vec();
    // The search index follows when the release is live, and looks after itself (tests/search.rs).
    words.extend([program, "publish", "--no-search", "--at", AT, "--threads", "1", "--keep", "2", "--format", "json", "--lang", "en", "--root"]);
    Command::new(words[0]).args(&words[1..]).arg(group.root()).env("PORTICO_BY", "值班员").stdin(Stdio::null()).output().unwrap()
}

/// What a web server finds, links followed.
fn live(group: &Group) -> Tree {
    let folder = group.path("releases/live");
    let files = walkdir::WalkDir::new(&folder).follow_links(true).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    files.map(|e| (e.path().strip_prefix(&folder).unwrap().to_str().unwrap().to_string(), fs::read(e.path()).unwrap())).collect()
}

fn edit(group: &Group, round: u64) {
    group.write("content/www/news/a.md", item(&format!("甲{round}"), "2026-01-01", "", &format!("第{round}次改。")));
    group.write(&format!("content/jyj/news/r{}.md", round % 3), item("新", "2026-06-01", "", &format!("新{round}。")));
    if round.is_multiple_of(3) {
        let _ = fs::remove_file(group.path("content/jyj/news/r1.md"));
    }
}

/// What would be live after a publication that nothing disturbs, in a store of its own.
fn undisturbed(group: &Group) -> Tree {
    let other = group.copied();
    let _ = fs::remove_dir_all(other.path("releases"));
    assert!(publish(&other, &[]).status.success());
    live(&other)
}

/// Disturbs the `n`-th call of each kind in turn, `n` from 1 with growing steps, until the publication comes to its end undisturbed. Gives how
/// many publications were really disturbed.
fn sweep(fault: &str, kinds: &[&str], steps: impl Fn(u32) -> u32, prepare: impl Fn(&Group)) -> u32 {
    let group = Group::small();
    assert!(publish(&group, &[]).status.success());
    let (mut old, mut disturbed, mut round) = (live(&group), 0, 0);
    for calls in kinds {
        let mut n = 1;
        loop {
            round += 1;
            edit(&group, round);
            let new = undisturbed(&group);
            prepare(&group);
            let inject = format!("inject={calls}:{fault}:when={n}");
            let trace = format!("trace={calls}");
            let output = publish(&group, &["strace", "-f", "-qq", "-o", "/dev/null", "-e", &trace, "-e", &inject]);
            let found = live(&group);
            assert!(found == old || found == new, "{calls} {n}: neither the old nor the new release: {}", String::from_utf8_lossy(&output.stderr));
            if output.status.success() {
                assert!(found == new, "{calls} {n}: it says that it is live");
                old = found;
                break;
            }
            disturbed += 1;
            if round.is_multiple_of(2) {
                // The next run heals: at once, or after another edit in the next round.
                let healed = publish(&group, &[]);
                assert!(healed.status.success(), "{calls} {n}: {}", String::from_utf8_lossy(&healed.stderr));
                assert!(live(&group) == new, "{calls} {n}: healed");
                nothing_is_left_over(&group);
            }
            old = live(&group);
            n += steps(n);
        }
    }
    disturbed
}

fn nothing_is_left_over(group: &Group) {
    let store = group.path("releases");
    let names = |folder: &Path| fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect::<Vec<_>>();
    for folder in ["trees", "releases"] {
        assert!(names(&store.join(folder)).iter().all(|name| !name.contains('.')), "{folder}");
    }
    assert!(names(&store).iter().all(|name| name != "live.new" && !name.ends_with(".open")));
}

#[test]
fn killed_at_any_step_the_live_tree_is_a_whole_release() {
    let killed = sweep("signal=KILL", &CALLS, |n| 1 + n / 12, |_| ());
    assert!(killed >= 100, "only {killed} publications were killed");
}

#[test]
fn a_full_disk_at_any_step_leaves_a_whole_release() {
    let failed = sweep("error=ENOSPC", &CALLS[..9], |n| 1 + n / 4, |_| ());
    assert!(failed >= 40, "only {failed} publications failed");
}

/// Lays a spare of every folder beside the live release, as publications do for folders of a thousand files and more: each a little wrong, as
/// one may be that an earlier run left half made.
fn lay_in_spares(group: &Group) {
    let store = group.path("releases");
    let trees = fs::read_to_string(store.join(fs::read_link(store.join("live")).unwrap()).with_file_name("trees")).unwrap();
    for (key, path) in trees.lines().filter_map(|line| line.split_once(' ')) {
        let spare = store.join("spares").join(Digest::of_bytes(path.as_bytes()).hex(32));
        if spare.exists() {
            continue;
        }
        fs::create_dir_all(&spare).unwrap();
        let files = fs::read_dir(store.join("trees").join(key)).unwrap().map(Result::unwrap).filter(|e| e.file_type().unwrap().is_file());
        files.skip(1).for_each(|e| fs::hard_link(e.path(), spare.join(e.file_name())).unwrap());
        fs::write(spare.join("stray.html"), "多出来的一页").unwrap();
    }
}

#[test]
fn killed_while_folders_are_made_of_spares_the_live_tree_is_a_whole_release() {
    let kinds = ["rename,renameat,renameat2", "link,linkat", "unlink,unlinkat,rmdir", "mkdir,mkdirat"];
    let killed = sweep("signal=KILL", &kinds, |n| 1 + n / 6, lay_in_spares);
    assert!(killed >= 25, "only {killed} publications were killed");
}

#[test]
fn a_release_is_on_the_disk_before_it_is_live() {
    let group = Group::small();
    assert!(publish(&group, &[]).status.success());
    edit(&group, 1);
    let trace = group.path("trace");
    let calls = "trace=write,pwrite64,rename,renameat,renameat2,link,linkat,symlink,symlinkat,syncfs,fsync,unlink,unlinkat";
    let output = publish(&group, &["strace", "-f", "-qq", "-s", "200", "-o", trace.to_str().unwrap(), "-e", calls]);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = fs::read_to_string(trace).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    let at = |what: &dyn Fn(&str) -> bool| lines.iter().position(|l| what(l)).unwrap_or_else(|| panic!("{text}"));
    let switch = at(&|l| l.contains("rename") && l.contains("/live.new\"") && l.contains("/live\""));
    let sync = at(&|l| l.contains("syncfs("));
    let release = at(&|l| l.contains("rename") && l.contains("/releases/2.new\""));
    let note = at(&|l| l.contains("rename") && l.contains(".open\""));
    let page = at(&|l| l.contains("link") && l.contains("\"a.html\""));
    assert!(note < page && page < release && release < sync && sync < switch, "{note} {page} {release} {sync} {switch}");
    let between = &lines[sync + 1..switch];
    assert!(between.iter().all(|l| l.contains("live.new") || l.contains("resumed")), "only the link is made after what it shows is on the disk: {between:?}");
    let linked_after = lines[switch..].iter().any(|l| l.contains("linkat(") && !l.contains("symlinkat(") && !l.contains("unlinkat("));
    assert!(!linked_after, "nothing is added to a live release");
    assert!(lines[switch..].iter().any(|l| l.contains("fsync(")), "the switch itself is brought to the disk");
}
