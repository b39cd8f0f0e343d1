//! The service is killed at any moment, again and again: no acknowledged letter is lost, none is doubled.
//!
//! `PORTICO_KILLS` says how often (20; the long form is 200).

use std::io::BufRead;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

pub struct Service {
    pub child: Child,
    pub base: String,
}

/// Starts the program and waits until it tells its address.
pub fn start(folder: &std::path::Path) -> Service {
    let program = env!("CARGO_BIN_EXE_portico-sidecar");
    let mut child = Command::new(program).args(["--config", "sidecar.yaml"]).current_dir(folder).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = std::io::BufReader::new(child.stderr.take().unwrap()).lines();
    let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let line: Value = serde_json::from_str(&line).ok()?;
        Some(line["fields"]["address"].as_str()?.to_string())
    });
    // What it tells later is read on, so that it never waits for us.
    std::thread::spawn(move || lines.for_each(drop));
    Service { child, base: format!("http://{}", address.expect("the service starts")) }
}

pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).http_status_as_error(false).build().into()
}

fn post(agent: &ureq::Agent, url: &str, body: &Value) -> Option<Value> {
    let mut answer = agent.post(url).header("content-type", "application/json").send(body.to_string()).ok()?;
    let text = answer.body_mut().read_to_string().ok()?;
    answer.status().is_success().then(|| serde_json::from_str(&text).ok())?
}

fn get(agent: &ureq::Agent, url: &str) -> String {
    agent.get(url).call().unwrap().body_mut().read_to_string().unwrap()
}

#[test]
fn no_acknowledged_letter_is_lost_or_doubled_when_the_service_is_killed() {
    let kills: usize = std::env::var("PORTICO_KILLS").ok().and_then(|n| n.parse().ok()).unwrap_or(20);
    let folder = tempfile::tempdir().unwrap();
    crate::city::lay_out(folder.path());
    std::fs::write(folder.path().join("sidecar.yaml"), "listen: 127.0.0.1:0\nletters_per_address: 0\nletters_per_desk: 0\n").unwrap();
    let mut service = start(folder.path());
    let client = agent();
    let tokens: Vec<String> = (0..kills * 6)
        .map(|_| serde_json::from_str::<Value>(&get(&client, &format!("{}/-/api/desks/mayor", service.base))).unwrap()["token"].as_str().unwrap().to_string())
        .collect();
    // A form is not taken before a person could have filled it in.
    std::thread::sleep(Duration::from_millis(2100));
    let letter = |token: &str| json!({"token": token, "answers": {"category": "教育", "subject": "标题", "text": "内容", "name": "张三"}});
    let mut receipts: Vec<Value> = Vec::new();
    for (round, mine) in tokens.chunks(6).enumerate() {
        let url = format!("{}/-/api/desks/mayor/letters", service.base);
        let senders: Vec<_> = mine
            .iter()
            .map(|token| {
                let (url, body) = (url.clone(), letter(token));
                std::thread::spawn(move || post(&agent(), &url, &body))
            })
            .collect();
        // Another moment each time: from before the first byte to after the last answer.
        std::thread::sleep(Duration::from_micros((round as u64 * 997) % 9000));
        service.child.kill().unwrap();
        service.child.wait().unwrap();
        let answers: Vec<Option<Value>> = senders.into_iter().map(|s| s.join().unwrap()).collect();
        service = start(folder.path());
        for (token, answer) in mine.iter().zip(answers) {
            // Whoever got no answer sends the same form again.
            let again = post(&client, &format!("{}/-/api/desks/mayor/letters", service.base), &letter(token)).unwrap();
            if let Some(first) = answer {
                assert_eq!(first, again, "an acknowledged letter is there, once");
            }
            receipts.push(again);
        }
    }
    for receipt in &receipts {
        let seen = post(&client, &format!("{}/-/api/status", service.base), receipt).unwrap();
        assert_eq!(seen["state"], "received");
    }
    let metrics = get(&client, &format!("{}/metrics", service.base));
    assert!(metrics.contains(&format!("\nportico_cases {}\n", tokens.len())), "{metrics}");
    service.child.kill().unwrap();
    service.child.wait().unwrap();
}
