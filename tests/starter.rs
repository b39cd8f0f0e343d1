//! `portico new`: what it lays down is a group that builds without a mistake, in either language, and never over somebody's files.
//!
//! In: the program. Out: passed or failed.

#![expect(clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::{Command, Output};

fn portico(arguments: &[&str], dir: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_portico")).args(arguments).current_dir(dir).output().unwrap()
}

#[test]
fn a_new_group_builds_without_a_mistake() {
    let dir = tempfile::tempdir().unwrap();
    assert_eq!(portico(&["new", "city"], dir.path()).status.code(), Some(0));
    let built = portico(&["build", "--root", "city", "--format", "json", "--at", "2026-11-21"], dir.path());
    let said: serde_json::Value = serde_json::from_slice(&built.stdout).unwrap();
    assert_eq!(said["diagnostics"], serde_json::json!([]), "{said:#}");
    assert_eq!(built.status.code(), Some(0));
    let page = std::fs::read_to_string(dir.path().join("city/out/www/news/headlines/welcome.html")).unwrap();
    assert!(page.contains("https://jyj.city.example/guide/enrol.html"), "links across sites");
    assert!(dir.path().join("city/.vscode/settings.json").exists() && dir.path().join("city/docs/schema/site.schema.json").exists());
}

#[test]
fn a_folder_that_holds_something_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("city")).unwrap();
    std::fs::write(dir.path().join("city/mine.txt"), "precious").unwrap();
    let refused = portico(&["new", "city"], dir.path());
    assert_eq!(refused.status.code(), Some(2));
    assert_eq!(std::fs::read_dir(dir.path().join("city")).unwrap().count(), 1);
}

#[test]
fn messages_follow_the_option_and_else_the_locale() {
    let dir = tempfile::tempdir().unwrap();
    portico(&["new", "city"], dir.path());
    std::fs::write(dir.path().join("city/content/jyj/news/bad.md"), "no front matter\n").unwrap();
    let said = |option: &[&str], locale: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
        command.args(option).args(["build", "--root", "city"]).current_dir(dir.path());
        for name in ["LC_ALL", "LC_MESSAGES", "LANG"] {
            command.env_remove(name);
        }
        let built = command.env("LANG", locale).output().unwrap();
        assert_eq!(built.status.code(), Some(1));
        String::from_utf8(built.stderr).unwrap()
    };
    assert!(said(&[], "zh_CN.UTF-8").contains("错误[no-front-matter]"));
    assert!(said(&[], "en_GB.UTF-8").contains("error[no-front-matter]"));
    assert!(said(&["--lang", "en"], "zh_CN.UTF-8").contains("error[no-front-matter]"));
    assert!(said(&["--lang", "zh"], "en_US.UTF-8").contains("错误[no-front-matter]"));
}
