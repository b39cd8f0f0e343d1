//! A disk that is full, read-only or broken: nothing is acknowledged, 503, and all is well again without a restart.

use std::process::Command;

use axum::http::StatusCode;
use serde_json::json;

use crate::city::{City, LETTER};
use crate::cluster::Server;
use crate::program::{AS_A_PERSON_WRITES, create_admin, get, lay_out, letter, send, start_with, token};

/// The shim that lets the program's writes fail, compiled.
fn shim(folder: &std::path::Path) -> String {
    let (source, library) = (concat!(env!("CARGO_MANIFEST_DIR"), "/tests/sidecar/full_disk.c"), folder.join("full_disk.so"));
    let done = Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o", library.to_str().unwrap(), source, "-ldl"]).output().unwrap();
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    library.display().to_string()
}

#[test]
fn a_disk_that_takes_nothing_takes_no_letter_and_no_deed_and_it_heals() {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), "");
    create_admin(folder.path());
    let switch = folder.path().join("full");
    let environment = [("LD_PRELOAD", shim(folder.path())), ("FULL_DISK", switch.display().to_string())];
    let mut service = start_with(folder.path(), &environment.each_ref().map(|(k, v)| (*k, v.as_str())));
    let base = service.base.clone();
    let session = service.sign_in();
    let tokens: Vec<String> = (0..13).map(|_| token(&base)).collect();
    std::thread::sleep(AS_A_PERSON_WRITES);
    let write = |token: &str| send(&format!("{base}/-/api/desks/mayor/letters"), &letter(token), None).unwrap();
    let mut receipts = vec![write(&tokens[0]).1];
    for (round, errno) in ["28", "30", "5"].into_iter().enumerate() {
        let number = receipts.last().unwrap()["number"].as_str().unwrap().to_string();
        let accept = || send(&format!("{base}/-/api/cases/{number}/deeds"), &json!({"version": 1, "deed": "accept"}), Some(&session)).unwrap().0;
        std::fs::write(&switch, errno).unwrap();
        let mine = &tokens[1 + round * 4..][..4];
        for token in mine {
            let (status, answer) = write(token);
            assert!(status == 503 && answer["code"].is_null(), "error {errno}: {status} {answer}");
        }
        assert_eq!((accept(), get(&format!("{base}/readyz")).0, get(&format!("{base}/healthz")).0), (503, 503, 200), "error {errno}");
        assert_eq!(send(&format!("{base}/-/api/status"), &receipts[0], None).unwrap().0, 200, "what is there can be read");
        std::fs::remove_file(&switch).unwrap();
        assert_eq!(get(&format!("{base}/readyz")).0, 200, "error {errno} is over");
        // What was refused was not done, and is done now.
        assert_eq!(accept(), 200);
        receipts.extend(mine.iter().map(|token| write(token)).map(|(status, receipt)| {
            assert_eq!(status, 201, "{receipt}");
            receipt
        }));
    }
    for receipt in &receipts {
        assert_eq!(send(&format!("{base}/-/api/status"), receipt, None).unwrap().0, 200);
    }
    assert!(get(&format!("{base}/metrics")).1.contains(&format!("\nportico_cases {}\n", receipts.len())));
    assert_eq!(service.child.try_wait().unwrap(), None, "it was never started again");
    service.kill();
}

#[test]
fn a_postgresql_that_only_reads_takes_no_letter_and_it_heals() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = Server::new();
        let city = City::found(tempfile::tempdir().unwrap(), server.url(), &|_| {}).await;
        let wang = city.officer("wang", "centre@www").await;
        let (number, _) = city.write("mayor", &LETTER, &[]).await.receipt();
        let page = wang.get(&format!("/-/office/case/{number}")).await;
        let (csrf, version) = (page.value("csrf"), page.value("version"));
        let note = [("csrf", &*csrf), ("version", &version), ("deed", "note"), ("text", "已电话核实，明日现场查看")];
        server.run("ALTER SYSTEM SET default_transaction_read_only = on");
        server.run("SELECT pg_reload_conf()");
        let refused = city.write("mayor", &LETTER, &[]).await;
        assert!(refused.status == StatusCode::SERVICE_UNAVAILABLE && refused.has("尚未提交") && refused.has("云溪小学门口"), "{}", refused.text);
        let kept = wang.post(&format!("/-/office/case/{number}"), &note).await;
        assert!(kept.status == StatusCode::SERVICE_UNAVAILABLE && kept.has("明日现场查看"), "{}", kept.text);
        server.run("ALTER SYSTEM RESET default_transaction_read_only");
        server.run("SELECT pg_reload_conf()");
        assert_eq!(wang.post(&format!("/-/office/case/{number}"), &note).await.status, StatusCode::OK);
        city.write("mayor", &LETTER, &[]).await.receipt();
        assert_eq!(city.sidecar.casework.store.totals(0).await.unwrap().2, 2);
    });
}
