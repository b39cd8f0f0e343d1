//! The printed configurations, in the real servers: what nginx and Caddy answer, header by header, and while releases are switched.
//!
//! In: a small published group, `nginx` and `caddy` as Debian packages them. Out: answers to plain HTTP requests.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use group::{AT, Group, item};
use portico::publish::record::Act;
use portico::publish::store::Store;

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
    portico(&group, &["publish", "--at", AT]);
    group
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server that ends with the test.
struct Server(Child, u16);

impl Drop for Server {
    fn drop(&mut self) {
        // nginx ends its workers when it is asked to, not when it is killed.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

impl Server {
    fn start(program: &str, args: &[&str], port: u16) -> Self {
        let child = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let server = Self(child.unwrap_or_else(|e| panic!("{program}: {e} (tests/run installs it)")), port);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{program} does not answer");
            std::thread::yield_now();
        }
        server
    }

    fn get(&self, host: &str, path: &str, headers: &str) -> Answer {
        ask("127.0.0.1", self.1, &format!("GET {path} HTTP/1.1\r\nHost: {host}:{}\r\nConnection: close\r\n{headers}\r\n", self.1))
    }
}

/// An answer: status, headers by lower-case name, body.
#[derive(Debug)]
struct Answer {
    status: u16,
    headers: BTreeMap<String, String>,
    body: Vec<u8>,
}

impl Answer {
    fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

fn ask(address: &str, port: u16, request: &str) -> Answer {
    let mut stream = TcpStream::connect((address, port)).unwrap();
    stream.write_all(request.as_bytes()).unwrap();
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let Some(end) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        return Answer { status: 0, headers: BTreeMap::new(), body: bytes };
    };
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).unwrap().parse().unwrap();
    let headers: BTreeMap<String, String> = head.lines().skip(1).filter_map(|l| l.split_once(": ")).map(|(k, v)| (k.to_lowercase(), v.to_string())).collect();
    let mut body = bytes[end + 4..].to_vec();
    if headers.get("transfer-encoding").is_some_and(|v| v == "chunked") {
        body = unchunked(&body);
    }
    Answer { status, headers, body }
}

fn unchunked(mut bytes: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    while let Some(end) = bytes.windows(2).position(|w| w == b"\r\n") {
        let length = usize::from_str_radix(std::str::from_utf8(&bytes[..end]).unwrap(), 16).unwrap();
        if length == 0 {
            break;
        }
        body.extend_from_slice(&bytes[end + 2..end + 2 + length]);
        bytes = &bytes[end + 4 + length..];
    }
    body
}

/// nginx's main file around a printed one.
fn nginx_files(folder: &Path, printed: &str) -> String {
    let module = "/usr/lib/nginx/modules/ngx_http_brotli_static_module.so";
    let load = if printed.contains("brotli_static") { format!("load_module {module};\n") } else { String::new() };
    let dir = folder.display();
    fs::write(folder.join("portico.conf"), printed).unwrap();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].iter().map(|t| format!("{t}_temp_path {dir}/{t};\n")).collect();
    let main = format!(
        "{load}pid {dir}/pid;\nerror_log {dir}/error.log;\ndaemon off;\nuser {} ;\nevents {{}}\nhttp {{\ninclude /etc/nginx/mime.types;\naccess_log off;\n\
         {temporary}include {dir}/portico.conf;\n}}\n",
        std::env::var("USER").unwrap_or_else(|_| "root".into())
    );
    let path = folder.join("nginx.conf");
    fs::write(&path, main).unwrap();
    path.to_str().unwrap().to_string()
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
