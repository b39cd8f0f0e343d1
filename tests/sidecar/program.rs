//! The program itself, as an operator starts it: its commands, how it stops, and what its tests need to start, ask and kill it.

use std::io::{BufRead, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

pub const PROGRAM: &str = env!("CARGO_BIN_EXE_portico-sidecar");
pub const PASSWORD: &str = "yunxiu-program-test";

/// The program, running.
pub struct Service {
    pub child: Child,
    pub base: String,
}

/// A small city's files and a configuration, in a folder.
pub fn lay_out(folder: &Path, more: &str) {
    crate::city::lay_out(folder);
    let text = format!("listen: 127.0.0.1:0\nsecure: false\nletters_per_address: 0\nletters_per_desk: 0\n{more}");
    std::fs::write(folder.join("sidecar.yaml"), text).unwrap();
}

/// Starts the program and waits until it tells its address.
pub fn start(folder: &Path) -> Service {
    start_with(folder, &[])
}

/// The same with more in its environment.
pub fn start_with(folder: &Path, environment: &[(&str, &str)]) -> Service {
    let mut command = Command::new(PROGRAM);
    command.args(["--config", "sidecar.yaml"]).current_dir(folder).envs(environment.iter().copied()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = std::io::BufReader::new(child.stderr.take().unwrap()).lines();
    let address = lines.by_ref().map_while(Result::ok).find_map(|line| {
        let line: Value = serde_json::from_str(&line).ok()?;
        Some(line["fields"]["address"].as_str()?.to_string())
    });
    // What it tells later is read on, so that it never waits for us.
    std::thread::spawn(move || lines.for_each(drop));
    Service { child, base: format!("http://{}", address.expect("the service starts")) }
}

/// A test that fails leaves nothing running.
impl Drop for Service {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Service {
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    pub fn sign_in(&self) -> Session {
        session_at(&self.base)
    }
}

/// Signs the account of [`create_admin`] in: a cookie and a session's form token.
pub fn session_at(base: &str) -> Session {
    let cookie = sign_in(base, "boss", PASSWORD).expect("signed in");
    let page = agent().get(format!("{base}/-/office")).header("cookie", &cookie).call().unwrap().body_mut().read_to_string().unwrap();
    let csrf = page.split("name=\"csrf\" value=\"").nth(1).unwrap().split('"').next().unwrap().to_string();
    Session { cookie, csrf }
}

/// Who is signed in.
#[derive(Clone)]
pub struct Session {
    pub cookie: String,
    pub csrf: String,
}

pub fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).max_redirects(0).http_status_as_error(false).build().into()
}

/// Sends JSON: the status and the answer; nothing when there is none.
pub fn send(url: &str, body: &Value, session: Option<&Session>) -> Option<(u16, Value)> {
    let mut request = agent().post(url).header("content-type", "application/json");
    if let Some(session) = session {
        request = request.header("cookie", &session.cookie).header("x-csrf-token", &session.csrf);
    }
    let mut answer = request.send(body.to_string()).ok()?;
    let text = answer.body_mut().read_to_string().ok()?;
    Some((answer.status().as_u16(), serde_json::from_str(&text).unwrap_or(Value::Null)))
}

pub fn get(url: &str) -> (u16, String) {
    let mut answer = agent().get(url).call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

/// The cookie of a new session; nothing when name and password do not fit.
fn sign_in(base: &str, name: &str, password: &str) -> Option<String> {
    let answer = agent().post(format!("{base}/-/office/sign-in")).send_form([("name", name), ("password", password)]).unwrap();
    Some(answer.headers().get("set-cookie")?.to_str().unwrap().split(';').next().unwrap().to_string())
}

/// A token of the mayor's desk. A form is not taken before a person could have filled it in.
pub fn token(base: &str) -> String {
    serde_json::from_str::<Value>(&get(&format!("{base}/-/api/desks/mayor")).1).unwrap()["token"].as_str().unwrap().to_string()
}

pub const AS_A_PERSON_WRITES: Duration = Duration::from_millis(2100);

pub fn letter(token: &str) -> Value {
    json!({"token": token, "answers": {"category": "教育", "subject": "学校门口缺少斑马线", "text": "请画斑马线", "name": "张三"}})
}

/// Runs a command of the program to its end.
pub fn run(folder: &Path, arguments: &[&str], input: &str) -> Output {
    let mut command = Command::new(PROGRAM);
    command.args(["--config", "sidecar.yaml"]).args(arguments).current_dir(folder).env("LANG", "zh_CN.UTF-8");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap()
}

/// Makes the account `boss`, which does everything at the main site.
pub fn create_admin(folder: &Path) {
    let done = run(folder, &["create-admin", "boss", "centre@www"], &format!("{PASSWORD}\n"));
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}

fn words(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn the_first_account_is_made_with_a_password_that_is_long_enough() {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), "");
    assert_eq!(run(folder.path(), &["create-admin", "boss"], "short\n").status.code(), Some(2));
    assert_eq!(run(folder.path(), &["create-admin", "boss", "king@www"], &format!("{PASSWORD}\n")).status.code(), Some(2));
    create_admin(folder.path());
    assert_eq!(run(folder.path(), &["create-admin", "boss"], &format!("{PASSWORD}\n")).status.code(), Some(2), "there is one of that name");
    let mut service = start(folder.path());
    assert_eq!(sign_in(&service.base, "boss", "yunxiu-wrong-password"), None);
    let session = service.sign_in();
    let accounts = agent().get(format!("{}/-/office/accounts", service.base)).header("cookie", &session.cookie).call().unwrap();
    assert_eq!(accounts.status().as_u16(), 200);
    service.kill();
}

#[test]
fn a_backup_taken_while_letters_come_brings_back_what_was_there() {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), "");
    create_admin(folder.path());
    let mut service = start(folder.path());
    let tokens: Vec<String> = (0..8).map(|_| token(&service.base)).collect();
    std::thread::sleep(AS_A_PERSON_WRITES);
    let url = format!("{}/-/api/desks/mayor/letters", service.base);
    let take = |tokens: &[String]| tokens.iter().map(|t| send(&url, &letter(t), None).unwrap().1).collect::<Vec<Value>>();
    let before = take(&tokens[..4]);
    let writer = std::thread::spawn({
        let (url, last) = (url.clone(), tokens[7].clone());
        move || send(&url, &letter(&last), None).unwrap().0
    });
    let done = run(folder.path(), &["backup", "copy.db"], "");
    assert!(done.status.success(), "{}", words(&done));
    assert_eq!(writer.join().unwrap(), 201, "nobody waits for a backup in vain");
    assert_eq!(run(folder.path(), &["backup", "copy.db"], "").status.code(), Some(2), "a backup is never written over");
    let after = take(&tokens[4..7]);
    service.kill();
    // Without --replace, what is there stays.
    assert_eq!(run(folder.path(), &["restore", "copy.db"], "").status.code(), Some(2));
    std::fs::write(folder.path().join("broken.db"), "this is no database").unwrap();
    assert_eq!(run(folder.path(), &["restore", "broken.db", "--replace"], "").status.code(), Some(2), "what is no backup replaces nothing");
    let done = run(folder.path(), &["restore", "copy.db", "--replace"], "");
    assert!(done.status.success(), "{}", words(&done));
    let mut service = start(folder.path());
    let status = |receipt: &Value| send(&format!("{}/-/api/status", service.base), receipt, None).unwrap().0;
    assert!(before.iter().all(|r| status(r) == 200) && after.iter().all(|r| status(r) == 404));
    // Forms and receipts made before are as good as they were: the seal came back too.
    let again = send(&format!("{}/-/api/desks/mayor/letters", service.base), &letter(&tokens[0]), None).unwrap().1;
    assert_eq!(again, before[0]);
    service.sign_in();
    service.kill();
}

const CSV: &str = "编号,来信时间,标题,内容,类别,承办单位,答复,答复时间,姓名,评价\n\
    YX-2026-0101,2026-10-08 09:20,路灯不亮,茶马街路灯不亮，电话13900001234,其他,云岫市住房和城乡建设局,已修复。,2026-10-09 16:00,李四光,5\n\
    YX-2026-0102,2026-10-09 10:00,入学咨询,转学怎么办,教育,jyj,请携带户口本。,2026-10-12 11:00,,\n";

#[test]
fn answered_letters_are_imported_once_and_wrong_lines_stop_it_all() {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), "");
    let bad = CSV.replace("2026-10-09 16:00", "2026-10-07 16:00").replace("jyj,", "火星局,");
    std::fs::write(folder.path().join("bad.csv"), bad).unwrap();
    let done = run(folder.path(), &["import", "mayor", "bad.csv"], "");
    let told = words(&done);
    assert_eq!(done.status.code(), Some(2));
    for wrong in ["bad.csv:2", "早于来信时间", "bad.csv:3", "没有单位“火星局”"] {
        assert!(told.contains(wrong), "{wrong} in {told}");
    }
    std::fs::write(folder.path().join("good.csv"), format!("\u{FEFF}{CSV}")).unwrap();
    for expected in ["2 imported, 0 were there already", "0 imported, 2 were there already"] {
        let done = run(folder.path(), &["import", "mayor", "good.csv"], "");
        assert!(done.status.success() && words(&done).contains(expected), "{}", words(&done));
    }
    let published = std::fs::read_to_string(folder.path().join("content/www/mayor/yx-2026-0101.md")).unwrap();
    assert!(published.contains("已修复") && published.contains("李**") && published.contains("非常满意"), "{published}");
    assert!(!published.contains("李四光") && !published.contains("13900001234"));
    assert_eq!(run(folder.path(), &["import", "nothing", "good.csv"], "").status.code(), Some(2));
}

#[test]
fn it_stops_gracefully_and_checks_its_settings() {
    let folder = tempfile::tempdir().unwrap();
    lay_out(folder.path(), "");
    let mut service = start(folder.path());
    let form = token(&service.base);
    std::thread::sleep(AS_A_PERSON_WRITES);
    let receipt = send(&format!("{}/-/api/desks/mayor/letters", service.base), &letter(&form), None).unwrap().1;
    Command::new("kill").args(["-TERM", &service.child.id().to_string()]).status().unwrap();
    assert_eq!(service.child.wait().unwrap().code(), Some(0));
    let mut service = start(folder.path());
    assert_eq!(send(&format!("{}/-/api/status", service.base), &receipt, None).unwrap().0, 200);
    service.kill();
    assert!(words(&run(folder.path(), &["check"], "")).contains("3 desks"));
    std::fs::write(folder.path().join("sites/desks/mayor.yaml"), "nam: 市长信箱\nsite: nowhere\n").unwrap();
    let done = run(folder.path(), &["check"], "");
    assert!(done.status.code() == Some(1) && words(&done).contains("sites/desks/mayor.yaml"), "{}", words(&done));
}
