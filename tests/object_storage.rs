//! Releases in object storage, against a real server (s3s-fs, which checks signatures and preconditions): only what changed goes over, the
//! pointer last; a connection that breaks at any request leaves the old release live.
//!
//! In: a small group, a server, and a wire between them that can be cut. Out: what a reader finds who follows the pointer.

#![cfg(feature = "s3")]
#![expect(clippy::unwrap_used, reason = "tests")]

mod group;
mod web;

use std::collections::BTreeSet;
use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use group::{AT, Group, Tree, item};
use portico::publish::target::s3::{Pointer, Tree as Folder};
use web::{Server, free_port, nginx_files};

/// The server, its folder, and the wire to it.
struct Storage {
    _server: Server,
    dir: tempfile::TempDir,
    wire: Wire,
}

/// s3s-fs over a folder.
fn server(dir: &Path, more: &[&str]) -> Server {
    let (program, port) = (std::env::var("S3S_FS").unwrap_or_else(|_| "s3s-fs".into()), free_port());
    Server::start(&program, &[&["--host", "127.0.0.1", "--port", &port.to_string()], more, &[dir.to_str().unwrap()]].concat(), port)
}

/// A wire that hands on so many requests and is then broken; below zero, it never breaks. Counts what it handed on.
#[derive(Clone)]
struct Wire {
    port: u16,
    left: Arc<AtomicI64>,
    handed: Arc<AtomicUsize>,
    broken: Arc<Mutex<Broken>>,
}

/// How a broken wire behaves.
#[derive(Clone, Copy, PartialEq)]
enum Broken {
    /// The connection is cut.
    Cut,
    /// The storage says that it cannot.
    Refuses,
    /// It says nothing, once; then the wire is whole again.
    Silent,
}

impl Wire {
    fn to(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let wire = Self { port, left: Arc::new(AtomicI64::new(-1)), handed: Arc::default(), broken: Arc::new(Mutex::new(Broken::Cut)) };
        let shared = wire.clone();
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let wire = shared.clone();
                std::thread::spawn(move || wire.hand_on(client, server));
            }
        });
        wire
    }

    fn breaks_after(&self, requests: i64, how: Broken) {
        *self.broken.lock().unwrap() = how;
        self.left.store(requests, Ordering::SeqCst);
    }

    fn is_whole_again(&self) {
        self.left.store(-1, Ordering::SeqCst);
    }

    fn is_broken(&self) -> bool {
        let left = self.left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |l| (l > 0).then(|| l - 1));
        left == Err(0)
    }

    /// Hands one connection's bytes on, until the wire is broken. A request begins with its method.
    fn hand_on(&self, mut client: TcpStream, server: u16) {
        let Ok(mut server) = TcpStream::connect(("127.0.0.1", server)) else { return };
        let (mut answers, mut back) = (server.try_clone().unwrap(), client.try_clone().unwrap());
        std::thread::spawn(move || {
            let _ = std::io::copy(&mut answers, &mut back);
            let _ = back.shutdown(Shutdown::Both);
        });
        let mut bytes = vec![0; 65536];
        while let Ok(n) = client.read(&mut bytes) {
            let begins = [&b"PUT "[..], b"GET ", b"HEAD ", b"POST ", b"DELETE "].iter().any(|m| bytes[..n].starts_with(m));
            if begins && self.is_broken() {
                match *self.broken.lock().unwrap() {
                    Broken::Cut => {}
                    Broken::Refuses => drop(client.write_all(b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")),
                    // The connection stays open, and nothing comes.
                    Broken::Silent => {
                        self.is_whole_again();
                        std::mem::forget((client, server));
                        return;
                    }
                }
                break;
            }
            self.handed.fetch_add(usize::from(begins), Ordering::SeqCst);
            if n == 0 || server.write_all(&bytes[..n]).is_err() {
                break;
            }
        }
        let _ = server.shutdown(Shutdown::Both);
        let _ = client.shutdown(Shutdown::Both);
    }
}

impl Storage {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("portal")).unwrap();
        let server = server(dir.path(), &["--access-key", "portico", "--secret-key", SECRET]);
        let wire = Wire::to(server.1);
        Self { _server: server, dir, wire }
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
        let target = format!("publish:\n  keep: 2\n  targets:\n  - {{name: 云存储, s3: portal/群, endpoint: 'http://127.0.0.1:{}'}}\n", self.wire.port);
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
    for how in [Broken::Cut, Broken::Refuses] {
        let storage = Storage::start();
        let group = storage.group();
        assert_eq!(storage.publish(&group, SECRET).0, 0);
        let (mut old, mut broken) = (storage.live().unwrap(), 0);
        for requests in 0.. {
            group.write("content/www/news/a.md", item(&format!("甲{requests}"), "2026-01-01", "", "改。"));
            storage.wire.breaks_after(requests, how);
            let (status, text) = storage.publish(&group, SECRET);
            let done = storage.wire.left.load(Ordering::SeqCst) > 0;
            storage.wire.is_whole_again();
            let new = seen(&group.path("releases/live"));
            let live = storage.live().unwrap();
            if done {
                // The wire outlasted the publication.
                assert_eq!(status, 0, "{text}");
                group::assert_same_tree(&live, &new);
                break;
            }
            broken += 1;
            assert!(live == old || live == new, "{requests}: {text}");
            assert!(text.contains("发送失败") || live == new, "{requests}: what was not sent is told: {text}");
            if requests % 2 == 1 {
                assert_eq!(storage.publish(&group, SECRET).0, 0);
                group::assert_same_tree(&storage.live().unwrap(), &new);
            }
            old = storage.live().unwrap();
        }
        assert!(broken > 8, "only {broken} publications broke off");
    }
}

#[test]
fn a_storage_that_falls_silent_is_asked_again() {
    let storage = Storage::start();
    let group = storage.group();
    assert_eq!(storage.publish(&group, SECRET).0, 0);
    group.write("content/www/news/a.md", item("甲", "2026-01-01", "", "改。"));
    storage.wire.breaks_after(2, Broken::Silent);
    let (status, text) = storage.publish(&group, SECRET);
    assert_eq!((status, storage.wire.left.load(Ordering::SeqCst)), (0, -1), "{text}");
    group::assert_same_tree(&storage.live().unwrap(), &seen(&group.path("releases/live")));
}

#[test]
fn old_releases_go_and_what_they_alone_showed_but_nothing_that_is_being_sent() {
    let storage = Storage::start();
    let group = storage.group();
    let write = |round: u32| {
        group.write("content/www/news/a.md", item(&format!("甲{round}"), "2026-01-01", "", "改。"));
        assert_eq!(storage.publish(&group, SECRET).0, 0);
    };
    (1..=3).for_each(write);
    assert_eq!(storage.names("releases").len(), 3, "cleaned when there are twice as many as are kept");
    let orphan = storage.path("files/00ff");
    fs::write(&orphan, "half a release").unwrap();
    fs::write(storage.path("files/00ee"), "somebody is sending this").unwrap();
    for entry in ["files", "trees"].iter().flat_map(|part| fs::read_dir(storage.path(part)).unwrap()) {
        let path = entry.unwrap().path();
        if !path.ends_with("00ee") {
            let file = fs::File::options().write(true).open(path).unwrap();
            file.set_modified(SystemTime::now() - Duration::from_secs(3 * 24 * 3600)).unwrap();
        }
    }
    let before = storage.names("files");
    write(4);
    assert_eq!(storage.names("releases").len(), 2);
    let after = storage.names("files");
    assert!(!after.contains("00ff") && after.contains("00ee"));
    assert!(before.difference(&after).count() > 2, "pages of old releases are gone");
    group::assert_same_tree(&storage.live().unwrap(), &seen(&group.path("releases/live")));
    let kept: Vec<String> = storage.names("releases").iter().map(|n| n.split_once('-').unwrap().1.trim_end_matches(".json").to_string()).collect();
    for tree in kept {
        // Reads every file of it.
        storage.follow(&tree, "", &mut Tree::new());
    }
}

#[test]
fn nginx_follows_the_pointer() {
    let storage = Storage::start();
    let group = storage.group();
    assert_eq!(storage.publish(&group, SECRET).0, 0);
    // The same bucket, readable by everyone.
    let open = server(storage.dir.path(), &[]);
    let (dir, port) = (tempfile::tempdir().unwrap(), free_port());
    let (script, cache) = (dir.path().join("portico.js"), dir.path().join("cache"));
    let print = |words: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_portico")).arg("deploy").args(words).arg("--root").arg(group.root()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    fs::write(&script, print(&["bucket-script"])).unwrap();
    let bucket = format!("http://127.0.0.1:{}/portal/群", open.1);
    let (script, cache) = (script.to_str().unwrap(), cache.to_str().unwrap());
    let printed = print(&["bucket-nginx", "--bucket", &bucket, "--script", script, "--cache", cache, "--port", &port.to_string()]);
    let nginx = Server::start("nginx", &["-c", &nginx_files(dir.path(), &printed)], port);

    let mut asked = 0;
    for (path, bytes) in seen(&group.path("releases/live")) {
        let (host, rest) = path.split_once('/').unwrap();
        let answer = nginx.get(&format!("{host}.yunxiu.test"), &address(rest), "");
        assert_eq!((answer.status, answer.body == bytes), (200, true), "{path}");
        assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
        asked += 1;
    }
    assert!(asked > 20);
    let home = nginx.get("www.yunxiu.test", "/", "");
    assert_eq!((home.status, home.header("content-type"), home.header("cache-control")), (200, "text/html; charset=utf-8", "no-cache"));
    assert!(home.header("content-security-policy").contains("default-src 'none'"));
    let again = nginx.get("www.yunxiu.test", "/", &format!("If-None-Match: {}\r\n", home.header("etag")));
    assert_eq!(again.status, 304, "{home:?}");
    let folder = nginx.get("jyj.yunxiu.test", "/news", "");
    assert_eq!((folder.status, folder.header("location")), (301, "/news/"));
    let missing = nginx.get("www.yunxiu.test", "/tea/none.html", "");
    assert_eq!((missing.status, &missing.body), (404, &fs::read(group.path("releases/live/www/tea/404.html")).unwrap()));
    assert_eq!(nginx.get("www.yunxiu.test", "/~live", "").status, 404, "the script's own addresses are nobody else's");

    group.write("content/www/news/a.md", item("甲", "2026-01-01", "", "指针换了。"));
    assert_eq!(storage.publish(&group, SECRET).0, 0);
    let begun = std::time::Instant::now();
    while !String::from_utf8_lossy(&nginx.get("www.yunxiu.test", "/news/a.html", "").body).contains("指针换了") {
        assert!(begun.elapsed() < Duration::from_secs(20), "the new release is never shown");
        std::thread::yield_now();
    }
}

/// A path as it stands in a request.
fn address(path: &str) -> String {
    path.bytes().fold("/".to_string(), |url, b| if b.is_ascii() { format!("{url}{}", char::from(b)) } else { format!("{url}%{b:02X}") })
}
