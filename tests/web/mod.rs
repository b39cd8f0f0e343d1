//! Web servers in a test, and asking them.
//!
//! In: a program and its arguments, requests as text. Out: answers: status, headers, body.

#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// A port that nobody has.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// A server that ends with the test, and its port.
pub struct Server(Child, pub u16);

impl Drop for Server {
    fn drop(&mut self) {
        // nginx ends its workers when it is asked to, not when it is killed.
        let _ = Command::new("kill").arg(self.0.id().to_string()).status();
        let _ = self.0.wait();
    }
}

impl Server {
    /// Starts a program and waits until it answers.
    pub fn start(program: &str, args: &[&str], port: u16) -> Self {
        let child = Command::new(program).args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn();
        let server = Self(child.unwrap_or_else(|e| panic!("{program}: {e} (tests/run installs it)")), port);
        let begun = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(begun.elapsed() < Duration::from_secs(20), "{program} does not answer");
            std::thread::yield_now();
        }
        server
    }

    /// Asks for a page of a host; `headers` are whole lines.
    pub fn get(&self, host: &str, path: &str, headers: &str) -> Answer {
        ask("127.0.0.1", self.1, &format!("GET {path} HTTP/1.1\r\nHost: {host}:{}\r\nConnection: close\r\n{headers}\r\n", self.1))
    }
}

/// An answer: status, headers by lower-case name, body.
#[derive(Debug)]
pub struct Answer {
    /// 0 when there was no answer.
    pub status: u16,
    /// By lower-case name.
    pub headers: BTreeMap<String, String>,
    /// Put together when it came in chunks.
    pub body: Vec<u8>,
}

impl Answer {
    /// A header, empty when it is not there.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", String::as_str)
    }
}

/// Sends a whole request and reads until the end.
pub fn ask(address: &str, port: u16, request: &str) -> Answer {
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
pub fn nginx_files(folder: &Path, printed: &str) -> String {
    let module = "/usr/lib/nginx/modules/ngx_http_brotli_static_module.so";
    let brotli = if printed.contains("brotli_static") { format!("load_module {module};\n") } else { String::new() };
    let script = if printed.contains("js_import") { "load_module /usr/lib/nginx/modules/ngx_http_js_module.so;\n" } else { "" };
    let dir = folder.display();
    fs::write(folder.join("portico.conf"), printed).unwrap();
    let temporary: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].iter().map(|t| format!("{t}_temp_path {dir}/{t};\n")).collect();
    let main = format!(
        "{brotli}{script}pid {dir}/pid;\nerror_log {dir}/error.log;\ndaemon off;\nuser {} ;\nevents {{}}\nhttp {{\ninclude /etc/nginx/mime.types;\naccess_log off;\n\
         {temporary}include {dir}/portico.conf;\n}}\n",
        std::env::var("USER").unwrap_or_else(|_| "root".into())
    );
    let path = folder.join("nginx.conf");
    fs::write(&path, main).unwrap();
    path.to_str().unwrap().to_string()
}
