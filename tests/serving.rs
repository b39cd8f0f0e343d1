//! The printed configurations, in the real servers: what nginx and Caddy answer, header by header, and while releases are switched.
//!
//! In: a small published group, `nginx` and `caddy` as Debian packages them. Out: answers to plain HTTP requests.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;
mod web;

use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use group::{AT, Group, item};
use portico::publish::record::Act;
use portico::publish::store::Store;
use web::{Server, ask, free_port, nginx_files};

fn portico(group: &Group, args: &[&str]) -> String {
    let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
    let output = command.args(args).args(["--lang", "en", "--root"]).arg(group.root()).env("PORTICO_BY", "值班员").output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The small group, one of its sites moved twice, published.
fn published() -> Group {
    let group = Group::small();
    group.edit("sites/jyj.yaml", "at: jyj\n", "at: jyj\nformerly: [www/bm/jyj, edu]\n");
    group.edit("sites/group.yaml", "theme: plain\n", "theme: plain\npublish: {precompress: [gzip, br, zstd]}\n");
    group.write("themes/plain/templates/search.html", "{% extends \"base.html\" %}{% block main %}{{ search }}{% endblock main %}\n");
    portico(&group, &["publish", "--at", AT]);
    group
}

fn nginx_accepts(printed: &str) {
    let dir = tempfile::tempdir().unwrap();
    let main = nginx_files(dir.path(), printed);
    let said = Command::new("nginx").args(["-t", "-c", &main]).output().unwrap_or_else(|e| panic!("nginx: {e} (tests/run installs it)"));
    let text = String::from_utf8_lossy(&said.stderr);
    assert!(
        said.status.success() && !text.contains("[warn] ") || text.matches("[warn]").count() == text.matches("\"user\" directive").count(),
        "{text}\n{printed}"
    );
}

fn nginx(group: &Group, dir: &Path, more: &[&str]) -> Server {
    let port = free_port();
    let printed = portico(group, &[&["deploy", "nginx", "--encodings", "gzip,brotli", "--port", &port.to_string()], more].concat());
    Server::start("nginx", &["-c", &nginx_files(dir, &printed)], port)
}

/// What both servers have to answer.
fn answers_as_promised(server: &Server, group: &Group) {
    let plain = fs::read(group.path("releases/live/www/news/a.html")).unwrap();
    let page = server.get("www.yunxiu.test", "/news/a.html", "");
    assert_eq!((page.status, &page.body), (200, &plain));
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    assert_eq!(page.header("cache-control"), "no-cache");
    let policy = page.header("content-security-policy");
    assert!(policy.contains("default-src 'none'") && policy.contains("script-src 'self';") && !policy.contains("unsafe"), "{policy}");
    for (name, value) in [("x-content-type-options", "nosniff"), ("referrer-policy", "strict-origin-when-cross-origin")] {
        assert_eq!(page.header(name), value);
    }
    let tag = page.header("etag").to_string();
    assert_eq!(server.get("www.yunxiu.test", "/news/a.html", &format!("If-None-Match: {tag}\r\n")).status, 304);

    let packed = server.get("www.yunxiu.test", "/news/a.html", "Accept-Encoding: gzip\r\n");
    assert_eq!((packed.header("content-encoding"), packed.header("vary")), ("gzip", "Accept-Encoding"));
    let mut unpacked = vec![0; plain.len()];
    libdeflater::Decompressor::new().gzip_decompress(&packed.body, &mut unpacked).unwrap();
    assert_eq!(unpacked, plain);
    let packed = server.get("www.yunxiu.test", "/news/a.html", "Accept-Encoding: br\r\n");
    assert_eq!(packed.header("content-encoding"), "br");
    assert_eq!(packed.body, fs::read(group.path("releases/live/www/news/a.html.br")).unwrap());

    let assets = group.path("releases/live/www/assets");
    let hashed = walkdir::WalkDir::new(&assets).follow_links(true).into_iter().map(Result::unwrap).find(|e| e.path().extension().is_some_and(|e| e == "css"));
    let hashed = hashed.unwrap().path().strip_prefix(&assets).unwrap().to_str().unwrap().to_string();
    let style = server.get("www.yunxiu.test", &format!("/assets/{hashed}"), "");
    assert_eq!((style.status, style.header("cache-control")), (200, "public, max-age=31536000, immutable"), "{hashed}");

    let missing = server.get("www.yunxiu.test", "/news/none.html", "");
    assert_eq!((missing.status, &missing.body), (404, &fs::read(group.path("releases/live/www/404.html")).unwrap()));
    assert_eq!(missing.header("x-content-type-options"), "nosniff", "an error has the headers too");
    let missing = server.get("www.yunxiu.test", "/tea/news/none.html", "");
    assert_eq!((missing.status, &missing.body), (404, &fs::read(group.path("releases/live/www/tea/404.html")).unwrap()), "the site's own page");
    assert_eq!(server.get("www.yunxiu.test", "/.git/config", "").status, 404);

    assert_eq!(server.get("jyj.yunxiu.test", "/news/y.html", "").status, 200);
    let column = server.get("jyj.yunxiu.test", "/news", "");
    assert!(matches!(column.status, 301 | 308) && column.header("location").ends_with("/news/"), "{column:?}");
    let port = server.1;
    for (host, path, to) in
        [("www.yunxiu.test", "/bm/jyj/news/y.html", "/news/y.html"), ("www.yunxiu.test", "/bm/jyj/", "/"), ("edu.yunxiu.test", "/news/y.html", "/news/y.html")]
    {
        let moved = server.get(host, path, "");
        assert_eq!((moved.status, moved.header("location")), (301, &*format!("http://jyj.yunxiu.test:{port}{to}")), "{host}{path}");
    }
    let bare = server.get("yunxiu.test", "/news/", "");
    assert_eq!((bare.status, bare.header("location")), (301, &*format!("http://www.yunxiu.test:{port}/news/")));
    let other = ask("::1", port, &format!("GET / HTTP/1.1\r\nHost: jyj.yunxiu.test:{port}\r\nConnection: close\r\n\r\n"));
    assert_eq!(other.status, 200, "IPv6");
    let post = ask("127.0.0.1", port, &format!("POST /news/a.html HTTP/1.1\r\nHost: www.yunxiu.test:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"));
    assert!(matches!(post.status, 403 | 405), "{post:?}");

    fs::write(group.path("releases/maintenance.html"), portico(group, &["deploy", "maintenance-page"])).unwrap();
    let closed = server.get("jyj.yunxiu.test", "/news/y.html", "");
    assert!(closed.status == 503 && String::from_utf8_lossy(&closed.body).contains("正在维护"), "{closed:?}");
    fs::remove_file(group.path("releases/maintenance.html")).unwrap();
    assert_eq!(server.get("jyj.yunxiu.test", "/news/y.html", "").status, 200);

    let down = server.get("www.yunxiu.test", "/-/desk/mayor", "");
    assert!(down.status == 502 && String::from_utf8_lossy(&down.body).contains("互动服务暂停"), "{down:?}");
    for (question, page) in [("q=x", "search.html"), ("q=x&site=www", "search.html"), ("site=tea&q=x", "tea/search.html")] {
        let answer = server.get("www.yunxiu.test", &format!("/-/search?{question}"), "");
        assert_eq!((answer.status, &answer.body), (503, &fs::read(group.path(&format!("releases/live/www/{page}"))).unwrap()), "{question}");
        assert!(answer.header("content-security-policy").contains("script-src 'self';"), "{answer:?}");
    }
}

#[test]
fn nginx_serves_what_was_published_as_promised() {
    let group = published();
    let dir = tempfile::tempdir().unwrap();
    let service = free_port();
    let server = nginx(&group, dir.path(), &["--service", &format!("127.0.0.1:{service}")]);
    answers_as_promised(&server, &group);
    assert_eq!(server.get("evil.test", "/", "").status, 0, "names that are not the group's get no answer");
    let upload = "POST /-/desk/mayor HTTP/1.1\r\nHost: www.yunxiu.test\r\nContent-Length: 30000000\r\nConnection: close\r\n\r\n";
    assert_eq!(ask("127.0.0.1", server.1, upload).status, 413);
    let statuses: Vec<u16> = (0..40).map(|_| server.get("www.yunxiu.test", "/-/desk/mayor", "").status).collect();
    assert!(statuses.contains(&429), "a visitor's requests are limited: {statuses:?}");
    assert_eq!(server.get("www.yunxiu.test", "/news/a.html", "").status, 200, "pages are not");
}

#[test]
fn a_wildcard_configuration_serves_a_site_that_was_not_there_when_it_was_printed() {
    let group = published();
    let dir = tempfile::tempdir().unwrap();
    let server = nginx(&group, dir.path(), &["--wildcard"]);
    group.write("sites/lyj.yaml", "name: 林业局\nkind: department\nat: lyj\ncolumns:\n- {id: news, name: 动态, type: news}\n");
    group.write("content/lyj/news/l.md", item("造林", "2026-05-05", "", "造林。"));
    portico(&group, &["publish", "--at", AT]);
    assert_eq!(server.get("lyj.yunxiu.test", "/news/l.html", "").status, 200);
}

#[test]
fn nginx_accepts_every_kind_of_configuration() {
    let group = published();
    let (certificate, key) = (group.path("c.pem"), group.path("k.pem"));
    let mut openssl = Command::new("openssl");
    openssl.args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=yunxiu.test", "-keyout"]).arg(&key).arg("-out").arg(&certificate);
    let made = openssl.output().unwrap();
    assert!(made.status.success());
    let (certificate, key) = (certificate.to_str().unwrap(), key.to_str().unwrap());
    for more in [&[][..], &["--wildcard"], &["--certificate", certificate, "--key", key, "--service", "127.0.0.1:8090"], &["--service", "127.0.0.1:8090"]] {
        let port = free_port().to_string();
        nginx_accepts(&portico(&group, &[&["deploy", "nginx", "--port", &port], more].concat()));
    }
    let secure = portico(&group, &["deploy", "nginx", "--certificate", certificate, "--key", key]);
    assert!(secure.contains("Strict-Transport-Security") && secure.contains("upgrade-insecure-requests") && secure.contains("listen [::]:443"));
}

#[test]
fn caddy_serves_what_was_published_as_promised() {
    let group = published();
    let dir = tempfile::tempdir().unwrap();
    let (port, service) = (free_port(), free_port());
    let printed = portico(&group, &["deploy", "caddy", "--port", &port.to_string(), "--service", &format!("127.0.0.1:{service}")]);
    let file = dir.path().join("Caddyfile");
    fs::write(&file, format!("{{\n\tadmin off\n}}\n{printed}")).unwrap();
    let server = Server::start("caddy", &["run", "--config", file.to_str().unwrap(), "--adapter", "caddyfile"], port);
    answers_as_promised(&server, &group);
}

/// The texts of the printed units, by their names.
fn units(printed: &str) -> Vec<(&str, String)> {
    let unit = |part| {
        let (head, text): (&str, &str) = str::split_once(part, '\n').unwrap();
        (head.rsplit('/').next().unwrap(), text.to_string())
    };
    printed.split("# /etc/").skip(1).map(unit).collect()
}

#[test]
fn systemd_accepts_the_units_and_finds_them_confined() {
    let group = published();
    let dir = tempfile::tempdir().unwrap();
    let printed = portico(&group, &["deploy", "systemd", "--user", "daemon"]);
    let units = units(&printed);
    assert_eq!(units.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["portico-publish.service", "portico-sidecar.service"]);
    for (name, text) in units {
        let file = dir.path().join(name);
        fs::write(&file, text).unwrap();
        for how in [&["verify", "--man=no"][..], &["security", "--offline=yes", "--threshold=25", "--no-pager"]] {
            let said = Command::new("systemd-analyze").args(how).arg(&file).output().unwrap_or_else(|e| panic!("systemd-analyze: {e} (tests/run installs it)"));
            let text = format!("{}{}", String::from_utf8_lossy(&said.stdout), String::from_utf8_lossy(&said.stderr));
            let about_it: Vec<&str> = text.lines().filter(|l| how[0] == "verify" && l.contains(name)).collect();
            assert!(said.status.success() && about_it.is_empty(), "{how:?} {name}:\n{text}");
        }
    }
}

#[test]
fn nine_hundred_switches_under_load_fail_no_request_and_mix_no_answer() {
    let group = published();
    let dir = tempfile::tempdir().unwrap();
    let server = nginx(&group, dir.path(), &[]);
    // Every page of every site is other in the second release.
    group.edit("themes/plain/templates/footer.html", "<footer>", "<footer>第二版");
    portico(&group, &["publish", "--at", AT]);
    let store = Store::open(&group.path("releases")).unwrap();
    let pages = [("www", "/"), ("www", "/news/a.html"), ("jyj", "/news/y.html"), ("www", "/tea/news/t.html")];
    let known = |host: &str, path: &str| {
        let file = format!("{host}{path}{}", if path.ends_with('/') { "index.html" } else { "" });
        [1, 2].map(|n| fs::read(group.path(&format!("releases/releases/{n}/tree/{file}"))).unwrap())
    };
    let (over, asked, seen) = (AtomicBool::new(false), AtomicUsize::new(0), [AtomicUsize::new(0), AtomicUsize::new(0)]);
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                while !over.load(Ordering::Relaxed) {
                    for (host, path) in pages {
                        let answer = server.get(&format!("{host}.yunxiu.test"), path, "");
                        assert_eq!(answer.status, 200);
                        let which = known(host, path).iter().position(|known| *known == answer.body);
                        seen[which.unwrap_or_else(|| panic!("{path}: neither release's page"))].fetch_add(1, Ordering::Relaxed);
                        asked.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
        for round in 0..900u64 {
            store.switch(1 + round % 2, "值班员", Act::RolledBack, String::new()).unwrap();
        }
        over.store(true, Ordering::Relaxed);
    });
    assert!(seen.iter().all(|s| s.load(Ordering::Relaxed) > 20), "{seen:?} of {asked:?}");
}
