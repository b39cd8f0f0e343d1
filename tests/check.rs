//! Checks before publishing: every finding has a content that has it and its nearest innocent neighbour.
//!
//! In: a group without a mistake, one change, and `portico check`. Out: exactly the finding expected, or none. Numbers of persons are planted
//! by the thousand in Markdown, Word, Excel, PDF and archives, and all of them must be found.

#![expect(clippy::unwrap_used, reason = "tests")]

#[path = "check/documents.rs"]
mod documents;
#[path = "check/fixtures.rs"]
mod fixtures;
mod group;
#[path = "check/people.rs"]
mod people;

use std::path::Path;
use std::process::Command;

use fixtures::{sound, write_case};
use group::{AT, Group};
use portico::check::{Inspection, Recalled};
use portico::pipeline::{Kept, Silent, build, group_of};
use serde_json::Value;

/// What `portico check` says.
struct Said {
    status: i32,
    stdout: String,
}

impl Said {
    fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|e| panic!("{e}: {}", self.stdout))
    }

    /// Findings as `rule file`.
    fn findings(&self) -> Vec<String> {
        let text = |f: &Value, key: &str| f[key].as_str().unwrap().to_string();
        self.json()["findings"].as_array().unwrap().iter().map(|f| format!("{} {}", text(f, "rule"), text(f, "file"))).collect()
    }
}

fn run(group: &Group, args: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command.args(args).args(["--lang", "zh", "--root"]).arg(group.root()).env("PORTICO_BY", "值班员");
    let output = command.output().unwrap();
    assert!(output.status.code() != Some(2), "{}", String::from_utf8_lossy(&output.stderr));
    Said { status: output.status.code().unwrap(), stdout: String::from_utf8_lossy(&output.stdout).into_owned() }
}

fn check(group: &Group) -> Said {
    run(group, &["check", "--at", AT, "--format", "json"])
}

#[test]
fn a_sound_group_has_no_findings() {
    let said = check(&sound());
    assert_eq!(said.findings(), Vec::<String>::new());
    assert_eq!(said.status, 0);
}

#[test]
fn every_finding_has_its_case_and_its_innocent_neighbour() {
    let mut wrong = Vec::new();
    for case in fixtures::CASES {
        let group = sound();
        write_case(&group, case.guilty);
        let found = check(&group).findings();
        if !found.iter().any(|f| f.starts_with(&format!("{} ", case.rule))) {
            wrong.push(format!("{}: not found in {:?}: {found:?}", case.rule, case.guilty));
        }
        let group = sound();
        write_case(&group, case.innocent);
        let found = check(&group).findings();
        if found.iter().any(|f| f.starts_with(&format!("{} ", case.rule))) {
            wrong.push(format!("{}: found in {:?}: {found:?}", case.rule, case.innocent));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_rule_has_a_case() {
    // Needs the network, or a history: these have tests of their own.
    let elsewhere = ["outside-link-dead", "backdated", "attachment-unread", "private-place"];
    let covered = |id: &str| elsewhere.contains(&id) || fixtures::CASES.iter().any(|c| c.rule == id);
    let bare: Vec<&str> = portico::check::rules::RULES.iter().map(|r| r.id).filter(|id| !covered(id)).collect();
    assert_eq!(bare, Vec::<&str>::new());
}

#[test]
fn a_thousand_planted_numbers_are_found_without_exception() {
    let group = sound();
    let people = people::people(1000);
    let expected = documents::plant(&group, &people);
    let said = check(&group);
    let mut found = documents::Expected::new();
    for finding in said.json()["findings"].as_array().unwrap() {
        let (rule, file) = (finding["rule"].as_str().unwrap(), finding["file"].as_str().unwrap());
        assert!(rule.starts_with("private-"), "{finding}");
        *found.entry((file.to_string(), rule.to_string())).or_default() += 1;
    }
    assert_eq!(expected.values().sum::<usize>(), 1000);
    assert_eq!(found, expected);
    assert!(people.iter().all(|p| !said.stdout.contains(&p.number) && !said.stdout.contains(&p.written)), "a report never repeats a number");
}

#[test]
fn what_cannot_be_looked_into_is_told_and_places_in_pictures_are_found() {
    let group = sound();
    documents::attach(&group, "locked.zip", b"PK\x03\x04 not an archive");
    documents::attach(&group, "scan.rar", b"Rar!");
    let mut unmapped = documents::pdf(&["13987654321".to_string()], true);
    let at = unmapped.windows(10).position(|w| w == b"/ToUnicode").unwrap();
    unmapped[at..at + 10].copy_from_slice(b"/ToNothing");
    documents::attach(&group, "unmapped.pdf", &unmapped);
    documents::attach(&group, "photos.zip", &documents::zip(&[("a.jpg", &documents::photo(true))]));
    documents::attach(&group, "clean.zip", &documents::zip(&[("b.jpg", &documents::photo(false))]));
    let found = check(&group).findings();
    let of = |rule: &str| found.iter().filter(|f| f.starts_with(rule)).map(|f| f.rsplit('/').next().unwrap().to_string()).collect::<Vec<_>>();
    assert_eq!(of("attachment-unread "), ["locked.zip", "scan.rar", "unmapped.pdf"]);
    assert_eq!(of("private-place "), ["photos.zip"]);
}

#[test]
fn after_an_edit_only_the_changed_file_is_opened_and_the_findings_are_those_of_a_fresh_check() {
    let group = sound();
    fixtures::news(&group, "b", "", "电话13987654321。");
    group.settle();
    check(&group);
    let again = check(&group).json();
    assert_eq!(again["opened"], 0, "nothing changed");
    fixtures::news(&group, "c", "", "身份证号53010219900307106X。");
    group.settle();
    let edited = check(&group).json();
    assert_eq!(edited["opened"], 1);
    let fresh = check(&group.copied()).json();
    assert_eq!(edited["findings"], fresh["findings"]);
    fixtures::news(&group, "c", "", "内容已改正。");
    group.settle();
    assert_eq!(check(&group).findings(), ["private-mobile content/www/news/b.md"]);
    // Another dictionary is another rule: everything is looked at again.
    group.write("sites/wording/own.yaml", "wrong-word:\n  - {write: 改正, not: [已改正]}\n");
    assert!(check(&group).findings().contains(&"wrong-word content/www/news/c.md".to_string()));
}

#[test]
fn what_a_watcher_recalls_changes_no_finding() {
    let group = sound();
    let (mut kept, mut recalled) = (Kept::default(), Recalled::default());
    let mut findings = |recall: bool| {
        let request = group.request();
        let outcome = build(&request, &Silent, &mut kept).unwrap();
        let mut room = None;
        let seen = group_of(&request, &kept, &mut room).unwrap();
        let inspection = Inspection { group: seen, root: group.root(), out: &request.out, diagnostics: &outcome.diagnostics };
        let mut nothing = Recalled::default();
        let checked = portico::check::check(&inspection, if recall { &mut recalled } else { &mut nothing }).unwrap();
        (checked.findings.iter().map(|f| format!("{} {}", f.told.code, f.told.file)).collect::<Vec<_>>(), checked.opened)
    };
    group.settle();
    let everything = findings(true);
    assert!(everything.0.is_empty() && everything.1 > 5);
    let edits: [(&str, &dyn Fn()); 5] = [
        ("a leak", &|| fixtures::news(&group, "leak", "", "身份证号53010219900307106X。")),
        ("between others", &|| fixtures::news(&group, "aa", "", "电话13987654321。")),
        ("corrected", &|| fixtures::news(&group, "leak", "", "内容已改正。")),
        ("removed", &|| group.remove("content/www/news/aa.md")),
        ("another theme", &|| {
            group.write("themes/own/theme.yaml", "name: own\nextends: default\n");
            group.write("themes/own/templates/footer.html", "<footer><p style=\"display:none\"><a href=\"https://bet.example/\">赢</a></p></footer>");
            group.edit("sites/group.yaml", "main: www\n", "main: www\ntheme: own\n");
        }),
    ];
    let mut most = 0;
    for (what, edit) in edits {
        edit();
        group.settle();
        let (found, opened) = findings(true);
        assert!(opened <= 1, "{what}: {opened}");
        // With nothing in memory and nothing on the disk.
        std::fs::remove_dir_all(group.path(".portico/check")).unwrap();
        assert_eq!(found, findings(false).0, "{what}");
        most = most.max(found.len());
    }
    assert!(most > 1, "the last edit hides a link on every page");
}

#[test]
fn a_leaked_identity_number_cannot_be_published_unless_it_is_written_down_why() {
    let group = sound();
    let publish = |more: &[&str]| run(&group, &[&["publish", "--at", AT, "--format", "json"], more].concat());
    assert_eq!(publish(&[]).status, 0);
    fixtures::news(&group, "leak", "", "名单：张三 53010219900307106X。");
    for more in [&[][..], &["--allow-errors"], &["--fail-on", "warning"]] {
        let said = publish(more);
        assert_eq!(said.status, 1, "{more:?}");
        assert_eq!(said.json()["refused"], true, "{more:?}");
        assert!(!said.stdout.contains("53010219900307106X"), "a report never repeats a number");
    }
    assert!(!group.path("releases/live/www/news/leak.html").exists());
    let settings = std::fs::read_to_string(group.path("sites/group.yaml")).unwrap();
    let exception = "check: {suppress: [{rule: private-id, path: content/www/news/leak.md, reason: 法院公告送达依法载明, until: 2026-12-31}]}\n";
    group.write("sites/group.yaml", format!("{settings}{exception}"));
    assert_eq!(publish(&[]).status, 0);
    assert!(group.path("releases/live/www/news/leak.html").exists());
}

#[test]
fn the_report_for_people_speaks_both_languages_and_sarif_is_sarif() {
    let group = sound();
    fixtures::news(&group, "b", "", "电话13987654321。[点击这里](a.md)");
    let said = run(&group, &["check", "--at", AT]);
    for part in ["content/www/news/b.md", "错误", "手机号码 139****4321", "链接文字“点击这里”", "得分"] {
        assert!(said.stdout.contains(part), "{part}: {}", said.stdout);
    }
    assert_eq!(said.status, 1);
    let sarif = run(&group, &["check", "--at", AT, "--format", "sarif"]).json();
    assert_eq!(sarif["version"], "2.1.0");
    let result = sarif["runs"][0]["results"].as_array().unwrap().iter().find(|r| r["ruleId"] == "private-mobile").unwrap();
    assert_eq!(result["level"], "error");
    assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "content/www/news/b.md");
    assert_eq!(result["locations"][0]["physicalLocation"]["region"], serde_json::json!({"startLine": 5, "startColumn": 3}));
    assert_eq!(run(&group, &["check", "--at", AT, "--fail-on", "never"]).status, 0);
}

#[cfg(feature = "sidecar")]
#[test]
fn outside_links_are_asked_over_the_network() {
    use std::io::{Read, Write};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    // Refuses HEAD, as some servers do; one page is there, one has moved to it, all others are missing.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let (mut request, mut piece) = (Vec::new(), [0; 1024]);
            while !request.windows(4).any(|w| w == b"\r\n\r\n") {
                let n = stream.read(&mut piece).unwrap();
                request.extend_from_slice(&piece[..n]);
            }
            let request = String::from_utf8(request).unwrap();
            let answer = match request.lines().next().unwrap() {
                head if head.starts_with("HEAD") => "405 Method Not Allowed\r\n",
                head if head.contains("/there ") => "200 OK\r\n",
                head if head.contains("/moved ") => "302 Found\r\nLocation: /there\r\n",
                _ => "404 Not Found\r\n",
            };
            let _ = write!(stream, "HTTP/1.1 {answer}Content-Length: 0\r\nConnection: close\r\n\r\n");
        }
    });
    let group = sound();
    fixtures::news(&group, "b", "", &format!("[招标公告](http://{address}/there)，[旧公告](http://{address}/moved)，[附图](http://{address}/gone)"));
    let dead = |arguments: &[&str]| -> Vec<String> {
        let findings = run(&group, arguments).json()["findings"].clone();
        let dead = findings.as_array().unwrap().iter().filter(|f| f["rule"] == "outside-link-dead");
        dead.map(|f| format!("{}:{} {}", f["file"].as_str().unwrap(), f["line"], f["excerpt"].as_str().unwrap())).collect()
    };
    assert_eq!(dead(&["check", "--at", AT, "--format", "json", "--online"]), [format!("content/www/news/b.md:5 http://{address}/gone")]);
    assert_eq!(dead(&["check", "--at", AT, "--format", "json"]), [""; 0]);
}

#[test]
fn forged_dates_are_held_against_the_first_commit() {
    let group = sound();
    let git = |args: &[&str], day: &str| {
        let mut command = Command::new("git");
        command.arg("-C").arg(group.root()).args(["-c", "user.name=王", "-c", "user.email=w@yunxiu.gov.example"]).args(args);
        command.env("GIT_COMMITTER_DATE", format!("{day}T09:00:00+08:00")).env("GIT_AUTHOR_DATE", format!("{day}T09:00:00+08:00"));
        assert!(command.output().unwrap().status.success(), "{args:?}");
    };
    git(&["init", "-q"], "2026-11-01");
    std::fs::write(group.path(".gitignore"), "/out\n/.portico\n").unwrap();
    git(&["add", "."], "2026-11-01");
    git(&["commit", "-qm", "first"], "2026-11-01");
    fixtures::news_of(&group, "late", "2026-10-01", "补发的消息。");
    fixtures::news_of(&group, "soon", "2026-11-14", "按时发布的消息。");
    git(&["add", "."], "2026-11-15");
    git(&["commit", "-qm", "second"], "2026-11-15");
    let settings = std::fs::read_to_string(group.path("sites/group.yaml")).unwrap();
    group.write("sites/group.yaml", format!("{settings}check: {{imported_until: 2026-11-01}}\n"));
    let backdated = |group: &Group| check(group).findings().into_iter().filter(|f| f.starts_with("backdated")).collect::<Vec<_>>();
    assert_eq!(backdated(&group), ["backdated content/www/news/late.md"]);
    group.write("sites/group.yaml", format!("{settings}check: {{imported_until: 2026-11-01, archives: [content/www/news]}}\n"));
    assert_eq!(backdated(&group), Vec::<String>::new());
}

#[test]
fn the_sample_group_passes_its_own_gate() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let out = tempfile::tempdir().unwrap();
    let command = Command::new(env!("CARGO_BIN_EXE_portico"))
        .args(["check", "--at", "2026-11-20 18:00", "--format", "json", "--lang", "zh", "--root"])
        .arg(root)
        .arg("--out")
        .arg(out.path().join("out"))
        .output()
        .unwrap();
    let said: Value = serde_json::from_slice(&command.stdout).unwrap();
    let errors: Vec<&Value> = said["findings"].as_array().unwrap().iter().filter(|f| f["severity"] == "error").collect();
    assert_eq!((command.status.code(), errors), (Some(0), Vec::new()));
}
