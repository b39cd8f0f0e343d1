//! Targets by rsync: a release arrives whole, shares what did not change, survives a failure midway, and can be gone back from.
//!
//! In: a small group and a folder that stands for another machine. Out: what is live there.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;
use std::process::{Child, Command};

use group::{AT, Group, Tree, item};

fn portico(group: &Group, args: &[&str]) -> (i32, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    let output = command.args(args).args(["--lang", "zh", "--root"]).arg(group.root()).env("PORTICO_BY", "值班员").output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn seen(folder: &Path) -> Tree {
    let files = walkdir::WalkDir::new(folder).follow_links(true).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    files.map(|e| (e.path().strip_prefix(folder).unwrap().to_str().unwrap().to_string(), fs::read(e.path()).unwrap())).collect()
}

fn with_target(group: &Group, lines: &str) {
    group.edit("sites/group.yaml", "theme: plain\n", &format!("theme: plain\npublish:\n  keep: 3\n  targets:\n  - name: 外网\n{lines}"));
}

#[track_caller]
fn same_there(group: &Group, there: &Path) {
    group::assert_same_tree(&seen(&there.join("live")), &seen(&group.path("releases/live")));
}

#[test]
fn a_folder_receives_every_release_and_goes_back_with_the_store() {
    let (group, there) = (Group::small(), tempfile::tempdir().unwrap());
    let there = there.path().join("外网 一号");
    with_target(&group, &format!("    rsync: {}\n", there.display()));
    for round in 0..5 {
        // As long as before and of one second: only the nanoseconds tell.
        group.write("content/www/news/a.md", item("甲", "2026-01-01", "summary: 甲的摘要", &format!("第{round}次改。")));
        let (status, text) = portico(&group, &["publish", "--at", AT]);
        assert!(status == 0 && text.contains("外网"), "{text}");
        same_there(&group, &there);
    }
    let inode = |n: &str| fs::metadata(there.join("releases").join(n).join("www/news/b.html")).unwrap().ino();
    let mut names: Vec<String> = fs::read_dir(there.join("releases")).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(inode(&names[1]), inode(&names[2]), "what did not change is shared");
    assert_eq!(portico(&group, &["rollback"]).0, 0);
    same_there(&group, &there);
    assert_eq!(fs::read_link(there.join("live")).unwrap().to_str().unwrap(), format!("releases/{}", names[1]));
}

#[test]
fn a_failure_midway_leaves_the_old_release_live_and_the_next_publication_goes_on() {
    let (group, there) = (Group::small(), tempfile::tempdir().unwrap());
    // "Another machine", reached by a shell; while there is a file `broken`, it takes no file longer than 512 bytes, so rsync breaks down midway.
    let shell = group.path("shell");
    let broken = group.path("broken");
    let script = format!("#!/bin/sh\nshift\nif [ -e {} ]; then case \"$*\" in *rsync*) ulimit -f 1;; esac; fi\nexec sh -c \"$*\"\n", broken.display());
    fs::write(&shell, script).unwrap();
    fs::set_permissions(&shell, fs::Permissions::from_mode(0o755)).unwrap();
    with_target(&group, &format!("    rsync: outer:{}\n    shell: {}\n", there.path().display(), shell.display()));
    let (status, text) = portico(&group, &["publish", "--at", AT]);
    assert_eq!(status, 0, "{text}");
    same_there(&group, there.path());
    let before = seen(&there.path().join("live"));
    group.edit("themes/plain/templates/footer.html", "<footer>", "<footer>第二版");
    fs::write(&broken, "").unwrap();
    for _ in 0..2 {
        let (status, text) = portico(&group, &["publish", "--at", AT]);
        assert!(status == 2 && text.contains("发送失败"), "{text}");
        group::assert_same_tree(&seen(&there.path().join("live")), &before);
    }
    fs::remove_file(&broken).unwrap();
    let (status, text) = portico(&group, &["publish", "--at", AT]);
    assert!(status == 0 && text.contains("没有变化") && text.contains("外网：第 2 版已上线"), "{text}");
    same_there(&group, there.path());
    assert!(portico(&group, &["publish", "--at", AT]).1.contains("外网：已是第 2 版"));
}

/// An SSH server of the system, on a port and with keys of its own. While there is a file `cut`, a connection ends after so many bytes.
struct Ssh {
    daemon: Child,
    dir: tempfile::TempDir,
    port: u16,
}

impl Drop for Ssh {
    fn drop(&mut self) {
        let _ = self.daemon.kill();
        let _ = self.daemon.wait();
    }
}

impl Ssh {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let path = |name: &str| dir.path().join(name).display().to_string();
        for key in ["host", "user"] {
            let made = Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &path(key)]).status();
            assert!(made.unwrap_or_else(|e| panic!("ssh-keygen: {e} (tests/run installs it)")).success());
        }
        let gate = format!(
            "#!/bin/sh\nif [ -e {} ]; then case \"$SSH_ORIGINAL_COMMAND\" in rsync*) {{ dd bs=1 count=2000 status=none; kill -9 0; }} | sh -c \"$SSH_ORIGINAL_COMMAND\";; esac; fi\n\
             exec sh -c \"$SSH_ORIGINAL_COMMAND\"\n",
            path("cut")
        );
        fs::write(path("gate"), gate).unwrap();
        fs::set_permissions(path("gate"), fs::Permissions::from_mode(0o755)).unwrap();
        fs::write(path("keys"), format!("command=\"{}\" {}", path("gate"), fs::read_to_string(path("user.pub")).unwrap())).unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let settings = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\nStrictModes no\nUsePAM no\nPasswordAuthentication no\n\
             PermitRootLogin prohibit-password\n",
            path("host"),
            path("keys")
        );
        fs::write(path("sshd_config"), settings).unwrap();
        // Root's server wants this folder, which the system's own start makes.
        let _ = fs::create_dir_all("/run/sshd");
        let mut command = Command::new("/usr/sbin/sshd");
        command.args(["-D", "-e", "-f", &path("sshd_config")]).stderr(fs::File::create(path("log")).unwrap());
        let daemon = command.spawn().unwrap_or_else(|e| panic!("sshd: {e} (tests/run installs it)"));
        let begun = std::time::Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed().as_secs() < 20, "sshd does not answer: {}", fs::read_to_string(path("log")).unwrap());
            std::thread::yield_now();
        }
        Self { daemon, dir, port }
    }

    fn shell(&self) -> String {
        let path = |name: &str| self.dir.path().join(name).display().to_string();
        format!(
            "ssh -F none -p {} -i {} -o StrictHostKeyChecking=accept-new -o UserKnownHostsFile={} -o LogLevel=ERROR",
            self.port,
            path("user"),
            path("known")
        )
    }
}

#[test]
fn over_a_real_ssh_server_a_connection_that_is_cut_leaves_the_old_release_live() {
    let (group, ssh) = (Group::small(), Ssh::start());
    let there = ssh.dir.path().join("门户");
    with_target(&group, &format!("    rsync: 127.0.0.1:{}\n    shell: {}\n", there.display(), ssh.shell()));
    let (status, text) = portico(&group, &["publish", "--at", AT]);
    assert!(status == 0 && text.contains("外网：第 1 版已上线"), "{text}");
    same_there(&group, &there);
    let before = seen(&there.join("live"));
    group.edit("themes/plain/templates/footer.html", "<footer>", "<footer>第二版");
    let cut = ssh.dir.path().join("cut");
    fs::write(&cut, "").unwrap();
    for _ in 0..2 {
        let (status, text) = portico(&group, &["publish", "--at", AT]);
        assert!(status == 2 && text.contains("发送失败"), "{text}");
        group::assert_same_tree(&seen(&there.join("live")), &before);
    }
    fs::remove_file(&cut).unwrap();
    let (status, text) = portico(&group, &["publish", "--at", AT]);
    assert!(status == 0 && text.contains("外网：第 2 版已上线"), "{text}");
    same_there(&group, &there);
    assert_eq!(portico(&group, &["rollback"]).0, 0);
    group::assert_same_tree(&seen(&there.join("live")), &before);
}

#[test]
fn shares_of_the_sites_are_together_the_whole() {
    let group = Group::small();
    let (whole, _) = group.clean_with(&[]);
    let (mut together, mut parts) = (Tree::new(), 0);
    for i in 1..=3 {
        let built = group.build_with(&["--shard", &format!("{i}/3"), "--out", group.path(&format!("share{i}")).to_str().unwrap()]);
        // With few sites a share may be empty, which is told.
        assert!(built.status == 0 || built.stderr.contains("no site falls into this share"), "{}", built.stderr);
        for (path, bytes) in group::tree(&group.path(&format!("share{i}"))) {
            assert!(together.insert(path.clone(), bytes).is_none(), "{path} is in two shares");
        }
        parts += usize::from(built.status == 0);
    }
    group::assert_same_tree(&together, &whole);
    assert!(parts > 1, "the sites are spread");
    assert_eq!(group.build_with(&["--shard", "4/3"]).status, 2);
}
