//! The service is killed at any moment, again and again: no acknowledged letter, deed or notice is lost, and none is doubled.
//!
//! `PORTICO_KILLS` says how often (20; the long form is 200).

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use serde_json::{Value, json};
use sqlx::Row;

use crate::program::{AS_A_PERSON_WRITES, Session, create_admin, get, lay_out, letter, send, start, token};

/// Letters and deeds in each round.
const AT_ONCE: usize = 6;

/// A webhook's receiver: how often each key has come.
fn receiver() -> (String, Arc<Mutex<BTreeMap<String, usize>>>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap());
    let seen: Arc<Mutex<BTreeMap<String, usize>>> = Arc::default();
    let own = seen.clone();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = BufReader::new(stream.unwrap());
            let (mut key, mut length) = (String::new(), 0);
            for line in stream.by_ref().lines().map_while(Result::ok).take_while(|line| !line.is_empty()) {
                let (name, value) = line.split_once(": ").unwrap_or(("", ""));
                match name.to_ascii_lowercase().as_str() {
                    "idempotency-key" => key = value.to_string(),
                    "content-length" => length = value.parse().unwrap(),
                    _ => {}
                }
            }
            let mut body = vec![0; length];
            // Killed while it was sending: that is no notice.
            if stream.read_exact(&mut body).is_ok() && !key.is_empty() {
                *own.lock().unwrap().entry(key).or_default() += 1;
                let _ = stream.get_mut().write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
            }
        }
    });
    (url, seen)
}

/// Sends several at once. Gives a handle for each.
fn at_once(bodies: Vec<(String, Value)>, session: &Session) -> Vec<std::thread::JoinHandle<Option<(u16, Value)>>> {
    let one = |(url, body): (String, Value)| {
        let session = session.clone();
        std::thread::spawn(move || send(&url, &body, Some(&session)))
    };
    bodies.into_iter().map(one).collect()
}

fn accept() -> Value {
    json!({"version": 1, "deed": "accept"})
}

#[test]
#[expect(clippy::print_stdout, reason = "the long form's figures")]
fn nothing_that_was_acknowledged_is_lost_or_doubled_when_the_service_is_killed() {
    let kills: usize = std::env::var("PORTICO_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let folder = tempfile::tempdir().unwrap();
    let (hook, seen) = receiver();
    lay_out(folder.path(), &format!("webhook: {{url: \"{hook}\", secret: s}}\n"));
    create_admin(folder.path());
    let mut service = start(folder.path());
    let session = service.sign_in();
    let tokens: Vec<String> = (0..kills * AT_ONCE).map(|_| token(&service.base)).collect();
    std::thread::sleep(AS_A_PERSON_WRITES);
    let mut receipts: Vec<Value> = Vec::new();
    let mut unanswered = [0, 0];
    for (round, mine) in tokens.chunks(AT_ONCE).enumerate() {
        let letters = |base: &str| mine.iter().map(|t| (format!("{base}/-/api/desks/mayor/letters"), letter(t))).collect();
        // The letters of the round before are accepted meanwhile.
        let before: Vec<String> = receipts.iter().rev().take(AT_ONCE).map(|r| r["number"].as_str().unwrap().to_string()).collect();
        let deeds = |base: &str| before.iter().map(|n| (format!("{base}/-/api/cases/{n}/deeds"), accept())).collect();
        let (sent, done) = (at_once(letters(&service.base), &session), at_once(deeds(&service.base), &session));
        // Another moment each time: from before the first byte to after the last answer.
        std::thread::sleep(Duration::from_micros((round as u64 * 1997) % 60_000));
        service.kill();
        let sent: Vec<_> = sent.into_iter().map(|s| s.join().unwrap()).collect();
        let done: Vec<_> = done.into_iter().map(|s| s.join().unwrap()).collect();
        service = start(folder.path());
        // Whoever got no answer sends the same again.
        for (first, again) in sent.into_iter().zip(at_once(letters(&service.base), &session)) {
            let (status, receipt) = again.join().unwrap().unwrap();
            assert_eq!(status, 201, "{receipt}");
            match first {
                Some((201, first)) => assert_eq!(first, receipt, "an acknowledged letter is there, once"),
                _ => unanswered[0] += 1,
            }
            receipts.push(receipt);
        }
        for (first, again) in done.into_iter().zip(at_once(deeds(&service.base), &session)) {
            let (status, answer) = again.join().unwrap().unwrap();
            match first {
                // A deed that was done is in the way of the same deed.
                Some((200, _)) => assert_eq!(status, 409, "an acknowledged deed is there: {answer}"),
                _ => unanswered[1] += 1,
            }
            assert!(status == 200 || status == 409, "{status} {answer}");
        }
    }
    for receipt in &receipts {
        assert_eq!(send(&format!("{}/-/api/status", service.base), receipt, None).unwrap().0, 200);
    }
    let metrics = get(&format!("{}/metrics", service.base)).1;
    assert!(metrics.contains(&format!("\nportico_cases {}\n", tokens.len())), "{metrics}");
    service.kill();
    let accepted = receipts.len() - AT_ONCE;
    let expected = records(folder.path(), receipts.len(), accepted);
    // What was being sent when it was killed is sent again after a minute: which is over now.
    let mut service = start(folder.path());
    while !get(&format!("{}/metrics", service.base)).1.contains("\nportico_notices_waiting 0\n") {
        std::thread::sleep(Duration::from_millis(50));
    }
    service.kill();
    let seen = seen.lock().unwrap();
    assert!(seen.keys().eq(&expected), "each notice came, and none of what never was");
    let repeated = seen.values().filter(|n| **n > 1).count();
    println!(
        "{kills} kills: {} letters ({} unanswered), {accepted} deeds ({} unanswered), {} notices ({repeated} sent more than once under one key)",
        receipts.len(),
        unanswered[0],
        unanswered[1],
        seen.len()
    );
}

/// Every letter and deed stands in the record once, with its notice. Gives the notices' keys, all of them due.
fn records(folder: &std::path::Path, letters: usize, accepted: usize) -> Vec<String> {
    let url = format!("sqlite:{}", folder.join(".portico/sidecar.db").display());
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let database = sqlx::SqlitePool::connect(&url).await.unwrap();
        let counts = "SELECT count(*), sum(state = 'accepted'), sum(version) FROM cases";
        let row = sqlx::query(counts).fetch_one(&database).await.unwrap();
        assert_eq!((row.get::<i64, _>(0), row.get::<i64, _>(1), row.get::<i64, _>(2)), (letters as i64, accepted as i64, (letters + accepted) as i64));
        let row = sqlx::query("SELECT sum(deed = 'receive'), sum(deed = 'accept'), count(*) FROM events").fetch_one(&database).await.unwrap();
        assert_eq!((row.get::<i64, _>(0), row.get::<i64, _>(1), row.get::<i64, _>(2)), (letters as i64, accepted as i64, (letters + accepted) as i64));
        let keys = sqlx::query("SELECT id FROM outbox ORDER BY id").fetch_all(&database).await.unwrap();
        assert_eq!(keys.len(), letters + accepted, "as many notices as letters and deeds");
        sqlx::query("UPDATE outbox SET next_at = 0 WHERE next_at IS NOT NULL").execute(&database).await.unwrap();
        database.close().await;
        keys.iter().map(|row| row.get::<String, _>(0)).collect()
    })
}
