//! Releases in object storage, against a real server (s3s-fs, which checks signatures and preconditions): only what changed goes over, the
//! pointer last; a connection that breaks at any request leaves the old release live.
//!
//! In: a small group, a server, and a wire between them that can be cut. Out: what a reader finds who follows the pointer.

#![cfg(feature = "s3")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use group::{AT, Group, Tree, item};
use portico::publish::target::s3::{Pointer, Tree as Folder};

/// The server, its folder, and the wire to it.
struct Storage {
    server: Child,
    dir: tempfile::TempDir,
    wire: Wire,
}

impl Drop for Storage {
    fn drop(&mut self) {
        let _ = self.server.kill();
        let _ = self.server.wait();
    }
}

/// A wire that hands on so many requests and is then dead; below zero, it never breaks. Counts what it handed on.
struct Wire {
    port: u16,
    left: Arc<AtomicI64>,
    handed: Arc<AtomicUsize>,
}

impl Wire {
    fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let wire = Self { port: listener.local_addr().unwrap().port(), left: Arc::new(AtomicI64::new(-1)), handed: Arc::default() };
        let (left, handed) = (wire.left.clone(), wire.handed.clone());
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let (left, handed) = (left.clone(), handed.clone());
                std::thread::spawn(move || hand_on(client, server, &left, &handed));
            }
        });
        wire
    }
}

/// Hands one connection's bytes on, until the wire is dead. A request begins with its method.
fn hand_on(mut client: TcpStream, server: u16, left: &AtomicI64, handed: &AtomicUsize) {
    let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)) else { return };
    let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut answers, &mut back);
        let _ = back.shutdown(std::net::Shutdown::Both);
    });
    let mut bytes = vec![0; 65536];
    while let Ok(n) = client.read(&mut bytes) {
        let begins = [&b"PUT "[..], b"GET ", b"HEAD "].iter().any(|m| bytes[..n].starts_with(m));
        if begins {
            if left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |l| if l > 0 { Some(l - 1) } else { None }).is_err() && left.load(Ordering::SeqCst) == 0 {
                break;
            }
            handed.fetch_add(1, Ordering::SeqCst);
        }
        if n == 0 || server.write_all(&bytes[..n]).is_err() {
            break;
        }
    }
    let _ = server.shutdown(std::net::Shutdown::Both);
    let _ = client.shutdown(std::net::Shutdown::Both);
}

impl Storage {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("portal")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let program = std::env::var("S3S_FS").unwrap_or_else(|_| "s3s-fs".into());
        let mut command = Command::new(&program);
        command.args(["--access-key", "portico", "--secret-key", "secret-of-tests", "--host", "127.0.0.1", "--port", &port.to_string()]).arg(dir.path());
        let server = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap_or_else(|e| panic!("{program}: {e} (tests/run installs it)"));
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{program} does not answer");
            std::thread::yield_now();
        }
        Self { server, dir, wire: Wire::to(port) }
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join("portal/群").join(path)
    }

    /// What a reader finds who follows the pointer.
    fn live(&self) -> Option<Tree> {
        let pointer: Pointer = serde_json::from_slice(&fs::read(self.path("live.json")).ok()?).unwrap();
        let mut tree = Tree::new();
        self.follow(&pointer.tree, "", &mut tree);
        Some(tree)
    }

    fn follow(&self, key: &str, at: &str, tree: &mut Tree) {
        let folder: Folder = serde_json::from_slice(&fs::read(self.path(&format!("trees/{key}.json"))).unwrap()).unwrap();
        for (name, digest) in folder.files {
            tree.insert(format!("{at}{name}"), fs::read(self.path(&format!("files/{digest}"))).unwrap());
        }
        for (name, key) in folder.folders {
            self.follow(&key, &format!("{at}{name}/"), tree);
        }
    }

    fn names(&self, folder: &str) -> BTreeSet<String> {
        fs::read_dir(self.path(folder)).into_iter().flatten().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
    }

    fn publish(&self, group: &Group, secret: &str) -> (i32, String) {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
        command.args(["publish", "--at", AT, "--lang", "zh", "--root"]).arg(group.root()).env("PORTICO_BY", "值班员");
        let output = command.env("AWS_ACCESS_KEY_ID", "portico").env("AWS_SECRET_ACCESS_KEY", secret).output().unwrap();
        (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
    }

    fn group(&self) -> Group {
        let group = Group::small();
        let target = format!("publish:\n  targets:\n  - {{name: 云存储, s3: portal/群, endpoint: 'http://127.0.0.1:{}'}}\n", self.wire.port);
        group.edit("sites/group.yaml", "theme: plain\n", &format!("theme: plain\n{target}"));
        group
    }
}

const SECRET: &str = "secret-of-tests";

fn seen(folder: &Path) -> Tree {
    let files = walkdir::WalkDir::new(folder).follow_links(true).into_iter().map(Result::unwrap).filter(|e| e.file_type().is_file());
    let all = files.map(|e| (e.path().strip_prefix(folder).unwrap().to_str().unwrap().to_string(), fs::read(e.path()).unwrap()));
    all.filter(|(path, _)| ![".gz", ".br", ".zst"].iter().any(|ending| path.ends_with(ending))).collect()
}

#[test]
fn only_what_changed_goes_over_and_every_release_stays() {
    let storage = Storage::start();
    let group = storage.group();
    let (status, text) = storage.publish(&group, SECRET);
    assert!(status == 0 && text.contains("云存储：第 1 版已上线"), "{text}");
    group::assert_same_tree(&storage.live().unwrap(), &seen(&group.path("releases/live")));
    let (files, handed) = (storage.names("files"), storage.wire.handed.load(Ordering::SeqCst));
    assert!(storage.publish(&group, SECRET).1.contains("云存储：已是第 1 版"));
    assert_eq!(storage.wire.handed.load(Ordering::SeqCst) - handed, 1, "only the pointer is asked for");

    group.write("content/www/news/a.md", item("甲", "2026-01-01", "summary: 甲的摘要", "改了。"));
    let handed = storage.wire.handed.load(Ordering::SeqCst);
    assert_eq!(storage.publish(&group, SECRET).0, 0);
    group::assert_same_tree(&storage.live().unwrap(), &seen(&group.path("releases/live")));
    assert_eq!(storage.names("files").difference(&files).count(), 1, "one page changed, one file is new");
    let requests = storage.wire.handed.load(Ordering::SeqCst) - handed;
    assert!(requests < 16, "{requests} requests for one page");
    assert_eq!(storage.names("releases").len(), 2);
    assert!(files.is_subset(&storage.names("files")), "the old release stays whole");

    let (status, text) = storage.publish(&group, SECRET);
    assert!(status == 0 && text.contains("云存储：已是第 2 版"), "{text}");
    group.write("content/www/news/a.md", item("甲", "2026-01-01", "summary: 甲的摘要", "又改了。"));
    let (status, text) = storage.publish(&group, "wrong");
    assert!(status == 2 && text.contains("发送失败"), "signatures are checked: {text}");
}

#[test]
fn a_wire_that_breaks_at_any_request_leaves_the_old_release_live_and_the_next_publication_goes_on() {
    let storage = Storage::start();
    let group = storage.group();
    assert_eq!(storage.publish(&group, SECRET).0, 0);
    let (mut old, mut broken) = (storage.live().unwrap(), 0);
    for requests in 0.. {
        group.write("content/www/news/a.md", item(&format!("甲{requests}"), "2026-01-01", "", "改。"));
        storage.wire.left.store(requests, Ordering::SeqCst);
        let (status, text) = storage.publish(&group, SECRET);
        storage.wire.left.store(-1, Ordering::SeqCst);
        let new = seen(&group.path("releases/live"));
        let live = storage.live().unwrap();
        if status == 0 {
            group::assert_same_tree(&live, &new);
            break;
        }
        broken += 1;
        assert!(text.contains("发送失败") && (live == old || live == new), "{requests}: {text}");
        if requests % 2 == 1 {
            assert_eq!(storage.publish(&group, SECRET).0, 0);
            group::assert_same_tree(&storage.live().unwrap(), &new);
        }
        old = storage.live().unwrap();
    }
    assert!(broken > 8, "only {broken} publications broke off");
}
