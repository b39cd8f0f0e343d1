//! Builds that are killed, and builds at the same time: whatever was broken off, the next build makes what a clean one would.
//!
//! In: a group of some hundred items, edits, and `kill -9` at random moments (`PORTICO_SEED` repeats them). Out: the same tree as a
//! clean build's, nothing stale in it, and nothing left to do afterwards.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::fs;
use std::io::Read;
use std::process::Stdio;
use std::time::{Duration, Instant};

use group::{Group, item};

/// Numbers that look random and can be had again.
struct Dice(u64);

impl Dice {
    fn new() -> Self {
        let given = std::env::var("PORTICO_SEED").ok().and_then(|s| s.parse().ok());
        let seed = given.unwrap_or_else(|| u64::from(std::process::id()) * 7919);
        #[expect(clippy::print_stdout, reason = "shown when the test fails, to have the same numbers again")]
        {
            println!("PORTICO_SEED={seed}");
        }
        Self(seed)
    }

    fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % n
    }
}

/// The small group with some hundred items more.
fn large() -> Group {
    let group = Group::small();
    for i in 0..120 {
        group.write(&format!("content/www/news/m{i:03}.md"), item(&format!("要闻{i}"), "2026-05-01", "", &"正文。".repeat(i % 40)));
        group.write(&format!("content/jyj/news/m{i:03}.md"), item(&format!("动态{i}"), "2026-05-02", "", "正文。"));
        group.write(&format!("content/tea/news/m{i:03}.md"), item(&format!("镇闻{i}"), "2026-05-03", "share: [www/news]", "正文。"));
    }
    group
}

/// Builds and kills the build after some time; whether it was still running.
fn kill_after(group: &Group, time: Duration) -> bool {
    let mut build = group.command(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(time);
    let running = build.try_wait().unwrap().is_none();
    build.kill().ok();
    build.wait().unwrap();
    running
}

/// What a build would have left that was killed when it had written everything and saved its memory of the sites `finished` only:
/// its outputs, and for the other sites the memory from before.
fn broken_off(group: &Group, finished: &[&str]) {
    let before = group::tree(&group.path(".portico"));
    group.build().exits(0);
    for path in group::tree(&group.path(".portico")).into_keys() {
        // How everything stood is forgotten before anything is written.
        if path.ends_with("/standing") {
            group.remove(&format!(".portico/{path}"));
            continue;
        }
        let site = path.split_once("/outputs/").map(|(state, site)| (state.to_string(), site.to_string()));
        if site.as_ref().is_some_and(|(_, site)| finished.contains(&&**site)) {
            continue;
        }
        match before.get(&path) {
            Some(bytes) => group.write(&format!(".portico/{path}"), bytes),
            None => group.remove(&format!(".portico/{path}")),
        }
        if let Some((state, site)) = site {
            // As the program marks it: with the folder it was writing.
            let settings = fs::read_to_string(group.path(&format!("sites/{site}.yaml"))).unwrap();
            let at = settings.lines().find_map(|line| line.strip_prefix("at: ")).unwrap_or(&site).to_string();
            group.write(&format!(".portico/{state}/writing/{site}"), format!("{at}/"));
        }
    }
}

#[track_caller]
fn next_build_is_clean(group: &Group) {
    let built = group.build().exits(0);
    group.equals_clean(&[], &built);
    assert_eq!(group.build().exits(0).number("written"), 0, "nothing is left to do");
}

/// One edit; a site moves only where `moves`: see the two tests of a site that moves on.
fn edit(group: &Group, dice: &mut Dice, round: u64, moves: bool) {
    let n = dice.below(120);
    let (site, place) = [("www", "news"), ("jyj", "news"), ("tea", "news")][usize::try_from(dice.below(3)).unwrap()];
    let path = format!("content/{site}/{place}/m{n:03}.md");
    match dice.below(6) {
        0 if group.path(&path).exists() => group.remove(&path),
        1 => group.write(&format!("content/{site}/{place}/r{round}.md"), item("新", "2026-06-01", &format!("aliases: [/r/{round}.html]"), "新。")),
        2 if moves => {
            let text = fs::read_to_string(group.path("sites/tea.yaml")).unwrap();
            let place = ["www/tea", "tea", "jyj/tea", "www/cha/tea"][usize::try_from(dice.below(4)).unwrap()];
            let line = text.lines().find(|l| l.starts_with("at:")).unwrap().to_string();
            group.write("sites/tea.yaml", text.replace(&line, &format!("at: {place}")));
        }
        3 => {
            let text = fs::read_to_string(group.path("sites/www.yaml")).unwrap();
            group.write("sites/www.yaml", text.replace("公告", "公示").replace("要闻,", &format!("要闻{round},")));
        }
        4 => group.write("themes/plain/static/css/main.css", format!("body{{margin:{round}px}}")),
        _ => group.write(&path, item("改", "2026-05-09", "", &format!("第{round}次改。"))),
    }
}

#[test]
fn a_build_killed_at_any_moment_is_made_good_by_the_next() {
    let group = large();
    let begun = Instant::now();
    group.build_well(&[]);
    let whole = u64::try_from(begun.elapsed().as_micros()).unwrap();
    let mut dice = Dice::new();
    let mut killed = 0;
    for round in 0..15 {
        if round % 4 == 3 {
            // A first build broken off, or one that has lost its memory.
            group.remove(if dice.below(2) == 0 { "out" } else { ".portico" });
        }
        for _ in 0..=dice.below(2) {
            edit(&group, &mut dice, round, false);
            killed += u64::from(kill_after(&group, Duration::from_micros(dice.below(whole) >> dice.below(6))));
        }
        if dice.below(2) == 0 {
            edit(&group, &mut dice, round + 100, true);
        }
        let built = group.build();
        if built.status == 2 {
            // Killed before the first home page was there, and the memory is gone: then the folder has to be given up expressly.
            assert!(built.stderr.contains("--clean"), "{}", built.stderr);
            group.build_with(&["--clean"]).exits(0);
        }
        next_build_is_clean(&group);
    }
    assert!(killed > 3, "the builds were too fast to be killed");
}

#[test]
fn a_first_build_broken_off_is_made_good() {
    let group = Group::small();
    broken_off(&group, &[]);
    next_build_is_clean(&group);
}

#[test]
fn what_a_build_broken_off_has_written_is_removed_when_its_source_is_gone() {
    let group = Group::small();
    group.build_well(&[]);
    group.write("content/www/news/e.md", item("戊", "2026-05-01", "aliases: [/old/e.html]\nattachments: [e.pdf]", "戊。"));
    group.write("content/www/news/e.pdf", b"%PDF");
    broken_off(&group, &[]);
    assert!(group.tree().contains_key("www/old/e.html"));
    group.remove("content/www/news/e.md");
    next_build_is_clean(&group);
}

#[test]
fn a_site_that_moves_on_after_a_build_broken_off_leaves_nothing_behind() {
    let group = Group::small();
    group.build_well(&[]);
    group.edit("sites/tea.yaml", "at: www/tea", "at: www/cha");
    broken_off(&group, &["www"]);
    group.edit("sites/tea.yaml", "at: www/cha", "at: www/ming");
    next_build_is_clean(&group);
}

#[test]
fn a_new_site_removed_after_a_build_broken_off_leaves_nothing_behind() {
    let group = Group::small();
    group.build_well(&[]);
    group.write("sites/mzj.yaml", "name: 民政局\nat: www/mzj\ncolumns:\n- {id: news, name: 动态}\n");
    broken_off(&group, &["www", "jyj"]);
    group.remove("sites/mzj.yaml");
    next_build_is_clean(&group);
}

#[test]
fn a_new_site_with_a_host_of_its_own_removed_after_a_build_broken_off_leaves_nothing_behind() {
    let group = Group::small();
    group.build_well(&[]);
    group.write("sites/mzj.yaml", "name: 民政局\nat: mzj\ncolumns:\n- {id: news, name: 动态}\n");
    broken_off(&group, &["www", "jyj"]);
    group.remove("sites/mzj.yaml");
    next_build_is_clean(&group);
}

#[test]
fn an_output_half_written_is_written_again() {
    let group = Group::small();
    group.build_well(&[]);
    group.edit("content/www/news/b.md", "乙的正文。", "乙的新正文。");
    broken_off(&group, &[]);
    let page = fs::read(group.path("out/www/news/b.html")).unwrap();
    group.write("out/www/news/b.html", &page[..page.len() / 2]);
    let other = fs::read(group.path("out/www/news/a.html")).unwrap();
    // Of the right size, and of the wrong bytes.
    group.write("out/www/news/a.html", vec![b'x'; other.len()]);
    next_build_is_clean(&group);
}

#[test]
fn an_internal_build_broken_off_leaves_nothing_for_the_public() {
    let group = Group::small();
    group.write("content/www/news/e.md", item("绝密", "2026-05-01", "audience: internal\nattachments: [secret.docx]", "绝密。"));
    group.write("content/www/news/secret.docx", b"PK");
    group.build_well(&["--audience", "internal"]);
    for (path, _) in group::tree(&group.path(".portico")) {
        if let Some((state, site)) = path.split_once("/outputs/") {
            group.write(&format!(".portico/{state}/writing/{site}"), "");
            group.remove(&format!(".portico/{path}"));
        }
    }
    next_build_is_clean(&group);
    assert!(group.tree().values().all(|b| !String::from_utf8_lossy(b).contains("绝密")));
}

#[test]
fn two_builds_at_once_do_not_mix() {
    let group = large();
    for round in 0..4 {
        group.edit("content/www/news/b.md", &format!("乙的正文。{}", "。".repeat(round)), &format!("乙的正文。{}", "。".repeat(round + 1)));
        group.write(&format!("content/www/news/t{round}.md"), item("同时", "2026-07-01", "", "同时。"));
        let spawn = || group.command(&[]).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let (mut one, mut two) = (spawn(), spawn());
        assert!(one.wait().unwrap().success() && two.wait().unwrap().success());
        next_build_is_clean(&group);
    }
}

#[test]
fn a_build_says_that_it_waits_and_waits() {
    let group = Group::small();
    group.build_well(&[]);
    let lock = fs::read_dir(group.path(".portico")).unwrap().map(|e| e.unwrap().path().join("lock")).find(|p| p.exists()).unwrap();
    let lock = fs::File::create(lock).unwrap();
    lock.lock().unwrap();
    group.edit("content/www/news/b.md", "乙的正文。", "乙的新正文。");
    let mut waiting = group.command(&[]).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let mut said = String::new();
    let mut stderr = waiting.stderr.take().unwrap();
    let mut byte = [0];
    while !said.contains("waiting") && stderr.read(&mut byte).unwrap() == 1 {
        said.push(char::from(byte[0]));
    }
    assert!(said.contains("another portico is building; waiting"), "{said}");
    assert!(waiting.try_wait().unwrap().is_none() && !group.page("www/news/b.html").contains("乙的新正文"));
    drop(lock);
    assert!(waiting.wait().unwrap().success());
    next_build_is_clean(&group);
}

#[test]
fn builds_into_two_folders_at_once_do_not_wait_for_each_other() {
    let group = Group::small();
    let spawn = |out: &str| group.command(&["--out", group.path(out).to_str().unwrap()]).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let (one, two) = (spawn("out"), spawn("other"));
    for build in [one, two] {
        let done = build.wait_with_output().unwrap();
        assert!(done.status.success() && !String::from_utf8_lossy(&done.stderr).contains("waiting"));
    }
    group::assert_same_tree(&group.tree(), &group::tree(&group.path("other")));
}
