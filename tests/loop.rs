//! The publishing loop: a push is checked, built and live, and the pusher is told; what is scheduled comes and goes by itself.
//!
//! In: a bare repository with the printed hook, clones of it, real Git. Out: what is live, and what the pusher reads.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use group::{Group, item};

const OWNERS: &str = "offices:\n  教育局: '*@jyj.yunxiu.test'\n  信息中心: '*@xxzx.yunxiu.test'\npaths:\n  content/jyj: [教育局, 信息中心]\n  content/www: 信息中心\n  sites: 信息中心\n";

/// A server's folder: a bare repository with the hook, the working folder, the store; and a clone of the group.
struct Server {
    dir: tempfile::TempDir,
    clone: Group,
}

fn git(folder: &Path, args: &[&str]) -> (bool, String) {
    let mut command = Command::new("git");
    command.arg("-C").arg(folder).args(["-c", "init.defaultBranch=main", "-c", "core.autocrlf=false"]).args(args);
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"] {
        command.env_remove(name);
    }
    let output = command.env("LANG", "C").output().unwrap();
    (output.status.success(), format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

impl Server {
    fn new() -> Self {
        let server = Self { dir: tempfile::tempdir().unwrap(), clone: Group::small() };
        server.clone.write("sites/owners.yaml", OWNERS);
        let bare = server.path("content.git");
        assert!(git(server.dir.path(), &["init", "--bare", bare.to_str().unwrap()]).0);
        let mut deploy = Command::new(env!("CARGO_BIN_EXE_portico"));
        deploy.args(["deploy", "git-hook", "--root"]).arg(server.clone.root()).arg("--to").arg(server.path("store"));
        let script = String::from_utf8(deploy.output().unwrap().stdout).unwrap();
        // The working folder is the server's own.
        let own = server.path("work");
        let script = script.replace(server.clone.root().canonicalize().unwrap().to_str().unwrap(), own.to_str().unwrap());
        for name in ["pre-receive", "post-receive"] {
            let hook = bare.join("hooks").join(name);
            fs::write(&hook, &script).unwrap();
            fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
        }
        let clone = server.clone.root();
        assert!(git(clone, &["init"]).0 && git(clone, &["remote", "add", "origin", bare.to_str().unwrap()]).0);
        server
    }

    fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// Commits everything as somebody, and pushes.
    fn push(&self, email: &str) -> (bool, String) {
        let clone = self.clone.root();
        git(clone, &["add", "-A"]);
        let name = format!("user.email={email}");
        let (committed, text) = git(clone, &["-c", "user.name=某人", "-c", &name, "commit", "-m", "改"]);
        assert!(committed, "{text}");
        git(clone, &["push", "origin", "HEAD:main"])
    }

    fn live(&self, path: &str) -> Option<String> {
        fs::read_to_string(self.path("store/live").join(path)).ok()
    }
}

#[test]
fn a_push_is_live_when_it_returns_and_mistakes_are_told_in_chinese() {
    let server = Server::new();
    let (pushed, text) = server.push("zhao@xxzx.yunxiu.test");
    assert!(pushed && text.contains("第 1 版已上线"), "{text}");
    assert!(server.live("www/news/a.html").unwrap().contains("甲的正文"));

    server.clone.write("content/jyj/news/push.md", item("推送", "2026-03-09", "", "推上来的。"));
    server.clone.remove("content/jyj/news/z.md");
    let (pushed, text) = server.push("wang@jyj.yunxiu.test");
    assert!(pushed && text.contains("第 2 版已上线"), "{text}");
    assert!(server.live("jyj/news/push.html").unwrap().contains("推上来的") && server.live("jyj/news/z.html").is_none());
    let record = fs::read_to_string(server.path("store/releases/2/record.json")).unwrap();
    assert!(record.contains("wang@jyj.yunxiu.test"), "{record}");

    // One mistake is told and stays out; everything else is live.
    server.clone.write("content/jyj/news/x.md", "没有开头信息");
    server.clone.write("content/jyj/news/y.md", item("运动会改期", "2026-03-02", "", "改期。"));
    let (pushed, text) = server.push("wang@jyj.yunxiu.test");
    assert!(pushed && text.contains("错误[no-front-matter]") && text.contains("content/jyj/news/x.md"), "{text}");
    assert!(server.live("jyj/news/x.html").unwrap().contains("开学"), "the last good page stays");
    assert!(server.live("jyj/news/y.html").unwrap().contains("运动会改期"));
}

#[test]
fn an_office_that_changes_anothers_folder_is_refused() {
    let server = Server::new();
    assert!(server.push("zhao@xxzx.yunxiu.test").0);
    let before = server.live("www/news/a.html").unwrap();
    server.clone.write("content/www/news/a.md", item("越权", "2026-01-01", "", "越权。"));
    let (pushed, text) = server.push("wang@jyj.yunxiu.test");
    assert!(!pushed && text.contains("错误[not-yours]") && text.contains("信息中心"), "{text}");
    assert_eq!(server.live("www/news/a.html").unwrap(), before);
    // Hidden below a later, harmless commit it is refused all the same; so is giving oneself the folder first.
    server.clone.write("content/jyj/news/ok.md", item("正当", "2026-03-09", "", "正当。"));
    assert!(!server.push("wang@jyj.yunxiu.test").0);
    assert!(git(server.clone.root(), &["reset", "--hard", "origin/main"]).0 || git(server.clone.root(), &["reset", "--hard", "HEAD~2"]).0);
    server.clone.write("sites/owners.yaml", OWNERS.replace("content/www: 信息中心", "content/www: 教育局"));
    assert!(!server.push("wang@jyj.yunxiu.test").0);
}

#[test]
fn a_file_that_somebody_changed_on_the_server_does_not_stop_publishing() {
    let server = Server::new();
    assert!(server.push("zhao@xxzx.yunxiu.test").0);
    fs::write(server.path("work/content/jyj/news/x.md"), "有人在服务器上改过").unwrap();
    server.clone.write("content/jyj/news/x.md", item("开学了", "2026-03-01", "", "新的。"));
    let (pushed, text) = server.push("wang@jyj.yunxiu.test");
    assert!(pushed, "{text}");
    assert!(server.live("jyj/news/x.html").unwrap().contains("开学了"), "{text}");
}

#[test]
fn a_watcher_publishes_what_is_pushed_and_without_it_the_hook_does() {
    let server = Server::new();
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    // Its pages are to be told from those that the hook makes by itself. It speaks to machines, and all the same tells pushers in words.
    let said = server.path("said.json");
    command.args(["publish", "--watch", "--allow-errors", "--format", "json", "--base-url", "http://{site}.watcher.test", "--root"]).arg(server.path("work"));
    command.arg("--to").arg(server.path("store")).stdout(fs::File::create(&said).unwrap()).stderr(Stdio::null());
    let mut watcher = command.spawn().unwrap();
    until("the watcher takes orders", || std::os::unix::net::UnixStream::connect(server.path("store/orders.sock")).is_ok());
    let by_the_watcher = |path: &str| server.live(path).unwrap().contains("watcher.test");

    let (pushed, text) = server.push("zhao@xxzx.yunxiu.test");
    assert!(pushed && text.contains("第 1 版已上线") && by_the_watcher("www/news/a.html"), "{text}");
    server.clone.write("content/jyj/news/push.md", item("推送", "2026-03-09", "", "推上来的。"));
    server.clone.remove("content/jyj/news/z.md");
    server.clone.write("content/jyj/news/x.md", "没有开头信息");
    let (pushed, text) = server.push("wang@jyj.yunxiu.test");
    assert!(pushed && text.contains("第 2 版已上线") && text.contains("错误[no-front-matter]"), "{text}");
    assert!(by_the_watcher("jyj/news/push.html") && server.live("jyj/news/z.html").is_none());
    let record = fs::read_to_string(server.path("store/releases/2/record.json")).unwrap();
    assert!(record.contains("wang@jyj.yunxiu.test") && record.contains(&head(&server)), "{record}");

    until("the second release is told to machines", || fs::read_to_string(&said).unwrap().lines().count() == 2);
    let lines: Vec<serde_json::Value> = fs::read_to_string(&said).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.iter().map(|line| line["release"]["number"].as_u64().unwrap()).collect::<Vec<_>>(), [1, 2]);
    watcher.kill().unwrap();
    watcher.wait().unwrap();
    server.clone.write("content/jyj/news/x.md", item("开学", "2026-03-01", "", "改正了。"));
    let (pushed, text) = server.push("wang@jyj.yunxiu.test");
    assert!(pushed && text.contains("第 3 版已上线"), "{text}");
    assert!(server.live("jyj/news/x.html").unwrap().contains("改正了") && !by_the_watcher("jyj/news/x.html"));
}

/// The commit that was pushed last.
fn head(server: &Server) -> String {
    git(server.clone.root(), &["rev-parse", "HEAD"]).1.trim().to_string()
}

/// Waits for something that another process does.
#[track_caller]
fn until(what: &str, is: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is() {
        assert!(begun.elapsed() < Duration::from_secs(60), "{what} never happened");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn the_watcher_publishes_what_changes_and_what_is_due() {
    let group = Group::small();
    let moment = |seconds: i64| (jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds)).to_string();
    let (come, go) = (moment(8), moment(8));
    group.write("content/www/news/soon.md", item("将到", "2026-01-09", &format!("publish_at: {come}"), "到了。"));
    group.write("content/www/news/gone.md", item("将去", "2026-01-09", &format!("expires_at: {go}"), "还在。"));
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    command.args(["publish", "--watch", "--root"]).arg(group.root()).stdout(Stdio::null()).stderr(Stdio::null());
    let mut watcher = command.spawn().unwrap();
    let live = |path: &str| group.path("releases/live/www/news").join(path).exists();
    until("the first release", || live("gone.html"));
    let scheduled = !live("soon.html");
    group.write("content/www/news/more.md", item("又一篇", "2026-01-10", "", "又。"));
    until("an article written", || live("more.html"));
    until("an article due", || live("soon.html"));
    until("an article expired", || !live("gone.html"));
    watcher.kill().unwrap();
    watcher.wait().unwrap();
    assert!(scheduled, "it was not live before its time");
}
