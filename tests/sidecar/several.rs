//! Three programs at one PostgreSQL behind one nginx: they work as one, also when one of them is killed, and when PostgreSQL is.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::cluster::Server;
use crate::program::{AS_A_PERSON_WRITES, Service, create_admin, get, lay_out, letter, send, session_at, start, token};

/// nginx before several services, on a port of its own.
struct Balancer {
    child: Child,
    base: String,
    _folder: tempfile::TempDir,
}

impl Balancer {
    fn before(services: &[Service]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let servers: String = services.iter().map(|s| format!("server {} max_fails=0;", s.base.trim_start_matches("http://"))).collect();
        let d = folder.path().display();
        let text = format!(
            "daemon off; pid {d}/pid; error_log {d}/error.log; worker_processes 1; events {{}}
             http {{ access_log off; client_body_temp_path {d}/body; proxy_temp_path {d}/proxy; fastcgi_temp_path {d}/f; uwsgi_temp_path {d}/u; scgi_temp_path {d}/s;
               upstream desks {{ {servers} }}
               server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass http://desks; proxy_connect_timeout 1s; proxy_max_temp_file_size 0; }} }} }}"
        );
        std::fs::write(folder.path().join("nginx.conf"), text).unwrap();
        let mut nginx = Command::new("nginx");
        nginx.args(["-p", &d.to_string(), "-e", &format!("{d}/error.log"), "-c", &format!("{d}/nginx.conf")]);
        let child = nginx.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Self { child, base: format!("http://127.0.0.1:{port}"), _folder: folder }
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // Asked to stop, it takes its workers with it.
        let _ = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// Sends every letter, all at once: what each was answered.
fn post_all(base: &str, tokens: &[String]) -> Vec<(u16, Value)> {
    let one = |token: &String| {
        let (url, body) = (format!("{base}/-/api/desks/mayor/letters"), letter(token));
        std::thread::spawn(move || send(&url, &body, None).unwrap_or((0, Value::Null)))
    };
    let all: Vec<_> = tokens.iter().map(one).collect();
    all.into_iter().map(|thread| thread.join().unwrap()).collect()
}

#[test]
fn three_behind_a_balancer_work_as_one_whatever_is_killed() {
    let server = Server::new();
    let folders: Vec<_> = (0..3).map(|_| tempfile::tempdir().unwrap()).collect();
    for folder in &folders {
        lay_out(folder.path(), &format!("database: \"{}\"\n", server.url()));
    }
    create_admin(folders[0].path());
    let mut services: Vec<Service> = folders.iter().map(|folder| start(folder.path())).collect();
    let balancer = Balancer::before(&services);
    let base = &balancer.base;
    // Signed in at one of them, known to all; a form from one is taken by another.
    let session = session_at(base);
    let tokens: Vec<String> = (0..18).map(|_| token(base)).collect();
    std::thread::sleep(AS_A_PERSON_WRITES);
    let mut receipts = post_all(base, &tokens[..6]);
    assert!(receipts.iter().all(|(status, _)| *status == 201), "{receipts:?}");
    let number = receipts[0].1["number"].as_str().unwrap().to_string();
    for (version, deed) in (1..).zip(["accept", "note", "note", "answer", "approve", "close"]) {
        let body = json!({"version": version, "deed": deed, "text": "已办"});
        let (status, answer) = send(&format!("{base}/-/api/cases/{number}/deeds"), &body, Some(&session)).unwrap();
        assert_eq!(status, 200, "{deed}: {answer}");
    }
    // One of them is killed: the others go on, and a letter that lost its answer is sent again.
    services[1].kill();
    post_all(base, &tokens[6..12]);
    receipts.extend(post_all(base, &tokens[6..12]));
    assert!(receipts.iter().all(|(status, _)| *status == 201), "{receipts:?}");
    // PostgreSQL is killed: nobody is told that anything was kept, and nobody has to be started again.
    server.kill();
    let refused = post_all(base, &tokens[12..]);
    assert!(refused.iter().all(|(status, answer)| *status == 503 && answer["code"].is_null()), "{refused:?}");
    assert_eq!(get(&format!("{base}/readyz")).0, 503);
    server.start();
    receipts.extend(post_all(base, &tokens[12..]));
    assert!(receipts.iter().all(|(status, _)| *status == 201), "{receipts:?}");
    let all = post_all(base, &tokens);
    assert_eq!(receipts, all, "each form is one letter with one receipt, whoever took it");
    for (_, receipt) in &receipts {
        assert_eq!(send(&format!("{base}/-/api/status"), receipt, None).unwrap().0, 200);
    }
    assert!(get(&format!("{base}/metrics")).1.contains("\nportico_cases 18\n"));
    drop(balancer);
    services[0].kill();
    services[2].kill();
}
