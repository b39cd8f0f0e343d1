//! The office's own work over HTTP: signing in with one-time codes, many cases at once, paper letters, phrases, exports, erasing; and what
//! is said when something is sent that cannot be used.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use portico::sidecar::configuration::Configuration;
use portico::sidecar::password::{code_at, step_of};

use crate::city::{City, LETTER, Officer, PASSWORD, in_a_city};

const DAY: i64 = 24 * 60;

async fn on_sqlite(set: impl Fn(&mut Configuration)) -> City {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("s.db").display());
    City::found(folder, url, &set).await
}

#[test]
fn a_one_time_code_is_asked_for_once_it_is_set_up_and_works_once() {
    in_a_city(|city| async move {
        let li = city.officer("li", "officer@jyj").await;
        let page = li.get("/-/office/me").await;
        let (csrf, secret) = (page.value("csrf"), page.value("secret"));
        let set = |password: &'static str, code: String| {
            let fields = [("csrf", csrf.clone()), ("secret", secret.clone()), ("password", password.to_string()), ("code", code)];
            let li = &li;
            async move { li.post("/-/office/me", &fields.iter().map(|(k, v)| (*k, v.as_str())).collect::<Vec<_>>()).await }
        };
        let wrong = set(PASSWORD, "000000".into()).await;
        assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("动态码不正确"));
        assert_eq!(wrong.value("secret"), secret, "the telephone knows it already");
        let code = code_at(&secret, city.sidecar.now()).unwrap();
        assert!(set("wrong-password", code.clone()).await.has("当前密码不正确"));
        assert_eq!(set(PASSWORD, code).await.status, StatusCode::SEE_OTHER);
        assert_eq!(li.get("/-/office").await.status, StatusCode::SEE_OTHER, "signed out everywhere");
        city.later(2);
        let code = code_at(&secret, city.sidecar.now()).unwrap();
        assert!(step_of(&code, &secret, city.sidecar.now()).is_some());
        let sign_in = |code: String| {
            let city = &city;
            async move { city.post("/-/office/sign-in", &[("name", "li"), ("password", PASSWORD), ("code", &code)], "").await.status }
        };
        assert_eq!(sign_in(String::new()).await, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(sign_in(code.clone()).await, StatusCode::SEE_OTHER);
        assert_eq!(sign_in(code).await, StatusCode::UNPROCESSABLE_ENTITY, "seen over a shoulder, it is worth nothing");
        // The telephone is lost: whoever keeps the accounts takes the code away.
        let root = city.officer("root", "admin@*").await;
        let csrf = root.get("/-/office/accounts").await.value("csrf");
        let version = city.sidecar.casework.store.account("li").await.unwrap().unwrap().version.to_string();
        let fields = [("csrf", &*csrf), ("name", "li"), ("version", &*version), ("grants", "officer@jyj"), ("drop_totp", "yes")];
        assert!(root.post("/-/office/accounts", &fields).await.has("已保存 li"));
        assert_eq!(sign_in(String::new()).await, StatusCode::SEE_OTHER);
    });
}

#[test]
fn many_letters_are_assigned_at_once_and_what_moved_meanwhile_is_left_alone() {
    in_a_city(|city| async move {
        let mut numbers = Vec::new();
        for _ in 0..3 {
            numbers.push(city.write("mayor", &LETTER, &[]).await.receipt().0);
        }
        let centre = city.officer("wang", "centre@www").await;
        let csrf = centre.get("/-/office").await.value("csrf");
        centre.act(&numbers[2], "decline", "请向省级部门反映", "").await;
        let picked: Vec<String> = numbers.iter().map(|n| format!("{n}@1")).collect();
        let mut fields = vec![("csrf", &*csrf), ("department", "jyj")];
        fields.extend(picked.iter().map(|p| ("case", p.as_str())));
        let told = centre.post("/-/office/assign", &fields).await;
        assert!(told.has("已转办 2 封") && told.has(&format!("{}：", numbers[2])), "{}", told.text);
        let states: Vec<String> = {
            let mut states = Vec::new();
            for number in &numbers {
                let case = city.sidecar.casework.store.case(number).await.unwrap().unwrap().case;
                states.push(format!("{} {}", case.state.word(), case.department.unwrap_or_default()));
            }
            states
        };
        assert_eq!(states, ["assigned jyj", "assigned jyj", "not-ours "]);
        // Each step stands in the record by itself.
        let events = city.sidecar.casework.store.events(&numbers[0]).await.unwrap();
        assert_eq!(events.iter().map(|e| e.version).collect::<Vec<_>>(), [1, 2, 3]);
        fields[0].1 = "forged";
        assert_eq!(centre.post("/-/office/assign", &fields).await.status, StatusCode::FORBIDDEN);
        let jyj = city.officer("li", "officer@jyj").await;
        let csrf = jyj.get("/-/office").await.value("csrf");
        let fields = [("csrf", &*csrf), ("department", "zjj"), ("case", &format!("{}@3", numbers[0]))];
        assert!(jyj.post("/-/office/assign", &fields).await.has("已转办 0 封"));
    });
}

#[test]
fn a_clerk_types_in_what_came_on_paper() {
    in_a_city(|city| async move {
        let centre = city.officer("wang", "centre@www").await;
        let form = centre.get("/-/office/enter/mayor").await;
        city.later(1);
        let token = form.value("token");
        let mut fields = vec![("token", token.as_str())];
        fields.extend(LETTER);
        let path = "/-/office/enter/mayor";
        let (number, _) = city.post_files(path, &fields, &[], &centre.cookie).await.receipt();
        let record = city.sidecar.casework.store.case(&number).await.unwrap().unwrap();
        assert_eq!((record.entered_by.as_str(), record.letter.name.as_str()), ("wang", "张三丰"));
        assert!(centre.get(&format!("/-/office/case/{number}")).await.has("wang同志 代录"));
        let mut wrong = fields.clone();
        wrong.retain(|(key, _)| *key != "category");
        let again = city.post_files(path, &wrong, &[], &centre.cookie).await;
        assert!(again.status == StatusCode::UNPROCESSABLE_ENTITY && again.has("请选择来信类别") && again.has("云溪小学门口") && again.has("代录"));
        assert_eq!(city.post_files(path, &fields, &[], "").await.status, StatusCode::SEE_OTHER);
        let jyj = city.officer("li", "officer@jyj").await;
        assert_eq!(city.post_files(path, &fields, &[], &jyj.cookie).await.status, StatusCode::NOT_FOUND);
        assert_eq!(city.post_files("/-/office/enter/tax", &fields, &[], &centre.cookie).await.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn phrases_are_added_changed_and_removed_by_whose_they_are() {
    in_a_city(|city| async move {
        let (centre, jyj) = (city.officer("wang", "centre@www").await, city.officer("li", "officer@jyj").await);
        let (zjj, lead) = (city.officer("zhou", "officer@zjj").await, city.officer("lead", "leader@www").await);
        let path = "/-/office/phrases";
        let of = async |who: &crate::city::Officer<'_>| who.get(path).await.value("csrf");
        let (wang, li, zhou) = (of(&centre).await, of(&jyj).await, of(&zjj).await);
        assert_eq!(centre.post(path, &[("csrf", &wang), ("text", "感谢您的关心。")]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(jyj.post(path, &[("csrf", &li), ("text", "教育局办公室电话 <0630>")]).await.status, StatusCode::SEE_OTHER);
        assert!(zjj.get(path).await.has("感谢您的关心。") && !zjj.get(path).await.has("教育局办公室电话"));
        let id = jyj.get(path).await.value("id");
        // Neither another department nor everybody may change what is not theirs; what they typed is kept.
        let refused = zjj.post(path, &[("csrf", &zhou), ("id", &id), ("text", "改掉它")]).await;
        assert!(refused.status == StatusCode::UNPROCESSABLE_ENTITY && refused.has("改掉它"));
        let shared = centre.get(path).await.value("id");
        assert_eq!(jyj.post(path, &[("csrf", &li), ("id", &shared), ("remove", "yes")]).await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(jyj.post(path, &[("csrf", &li), ("id", &id), ("text", "教育局 0630-8801234")]).await.status, StatusCode::SEE_OTHER);
        assert!(jyj.get(path).await.has("教育局 0630-8801234") && !jyj.get(path).await.has("教育局办公室电话"));
        let long = "长".repeat(501);
        let kept = jyj.post(path, &[("csrf", &li), ("id", &id), ("text", &long)]).await;
        assert!(kept.status == StatusCode::UNPROCESSABLE_ENTITY && kept.has(&long) && kept.has("500 字以内"));
        assert_eq!(jyj.post(path, &[("csrf", &li), ("id", &id), ("text", "x"), ("remove", "yes")]).await.status, StatusCode::SEE_OTHER);
        assert!(!jyj.get(path).await.has("0630-8801234") && jyj.get(path).await.has("感谢您的关心。"));
        assert_eq!(lead.post(path, &[("csrf", &of(&lead).await), ("text", "x")]).await.status, StatusCode::FORBIDDEN);
        // And they are offered where one answers.
        let (number, _) = city.write("mayor", &LETTER, &[]).await.receipt();
        assert!(centre.get(&format!("/-/office/case/{number}")).await.has("<option>感谢您的关心。</option>"));
    });
}

#[test]
fn an_export_holds_what_the_queue_shows_and_no_formula() {
    in_a_city(|city| async move {
        for subject in ["=1+1", "+86 打头", "-减", "@某人", "\t制表", "普通，有\"引号\""] {
            let mut letter = LETTER.to_vec();
            letter[1] = ("subject", subject);
            city.write("mayor", &letter, &[]).await.receipt();
        }
        let centre = city.officer("wang", "centre@www").await;
        let csv = centre.get("/-/office/export.csv").await;
        assert_eq!(csv.headers["content-disposition"], "attachment; filename=letters.csv");
        let text = csv.text.trim_start_matches('\u{FEFF}');
        let mut rows = csv::Reader::from_reader(text.as_bytes());
        let cells: Vec<String> = rows.records().flat_map(|row| row.unwrap().iter().map(String::from).collect::<Vec<_>>()).collect();
        assert_eq!(cells.len(), 6 * 12);
        let begins = |cell: &&String| cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
        assert_eq!(cells.iter().find(begins), None, "a spreadsheet would reckon with it");
        assert!(cells.iter().any(|c| c == "普通，有\"引号\"") && cells.iter().any(|c| c.contains("=1+1")));
        let jyj = city.officer("li", "officer@jyj").await;
        assert_eq!(jyj.get("/-/office/export.csv?state=all").await.text.lines().count(), 1);
        assert!(city.sidecar.casework.store.looks(10, 0).await.unwrap().iter().any(|l| l.who == "wang" && l.what == "导出来信" && l.about == "6 封"));
    });
}

#[test]
fn personal_data_goes_when_its_time_is_over_and_what_was_promised_stays() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let city = on_sqlite(|c| c.retention_days = 30).await;
        let (number, code) = city.write("mayor", &LETTER, &[("材料.pdf", b"%PDF-1.4")]).await.receipt();
        let (open, _) = city.write("mayor", &LETTER, &[]).await.receipt();
        let centre = city.officer("wang", "centre@www").await;
        for (deed, to) in [("accept", ""), ("assign", "jyj"), ("answer", ""), ("approve", ""), ("close", "")] {
            let text = if deed == "answer" { "张三丰先生：已办" } else { "" };
            assert_eq!(centre.act(&number, deed, text, to).await.status, StatusCode::OK, "{deed}");
        }
        let keep = async |days: i64| {
            city.later(days * DAY);
            city.sidecar.keep_house(city.sidecar.now()).await;
        };
        keep(29).await;
        assert!(city.sidecar.casework.store.case(&number).await.unwrap().unwrap().letter.name == "张三丰");
        keep(2).await;
        let erased = city.sidecar.casework.store.case(&number).await.unwrap().unwrap();
        assert!(erased.erased && erased.letter.name.is_empty() && erased.case.reply.as_deref() == Some(""));
        assert!(city.sidecar.casework.store.files(&number).await.unwrap().is_empty());
        // The record of deeds and the numbers stay; the open case is as it was; the code opens nothing any more.
        let wang = Officer { city: &city, cookie: city.sign_in("wang").await };
        let page = wang.get(&format!("/-/office/case/{number}")).await;
        assert!(page.has("已按期清除") && page.has("办结") && !page.has("张三丰") && !page.has("云溪小学"), "{}", page.text);
        assert!(city.content("www/numbers/mayor-monthly.csv").contains("2026-11,2,1"), "{}", city.content("www/numbers/mayor-monthly.csv"));
        assert_eq!(city.sidecar.casework.store.case(&open).await.unwrap().unwrap().letter.name, "张三丰");
        let look = city.post("/-/status", &[("number", &number), ("code", &code)], "").await;
        assert_eq!(look.status, StatusCode::UNPROCESSABLE_ENTITY);
    });
}

#[test]
fn a_consultation_opens_and_closes_at_its_hour() {
    in_a_city(|city| async move {
        let desk = "name: 养犬管理办法意见征集\nsite: www\nopens_at: 2026-11-20 12:00\ncloses_at: 2026-11-21 00:00\nfields:\n  - {key: subject, label: 意见要点, required: true}\n  - {key: text, label: 意见, type: longtext, required: true}\n";
        std::fs::write(city.folder.path().join("sites/desks/dogs.yaml"), desk).unwrap();
        city.sidecar.reload();
        let opinion = [("subject", "第八条"), ("text", "建议增加牵引绳长度的规定")];
        city.write("dogs", &opinion, &[]).await.receipt();
        let token = city.get("/-/desk/dogs").await.value("token");
        // Shortly before midnight it is open, at midnight it is not; whoever was writing keeps the words.
        city.later(12 * 60 - 3);
        assert!(city.get("/-/desk/dogs").await.has("截止时间"));
        city.later(2);
        let late = city.post_files("/-/desk/dogs", &[("token", token.as_str()), opinion[0], opinion[1]], &[], "").await;
        assert!(late.status == StatusCode::UNPROCESSABLE_ENTITY && late.has("已于 2026-11-21 00:00 截止") && late.has("牵引绳长度"), "{}", late.text);
        assert!(city.get("/-/desk/dogs").await.has("已于 2026-11-21 00:00 截止"));
        city.later(-24 * 60);
        assert!(city.get("/-/desk/dogs").await.has("将于 2026-11-20 12:00 开始"));
        assert_eq!(city.sidecar.casework.store.totals(0).await.unwrap().2, 1);
    });
}

/// A request as a program or a broken browser may send it.
async fn raw(city: &City, method: &str, path: &str, kind: &str, body: &[u8], cookie: &str) -> crate::city::Answer {
    let request = Request::builder().method(method).uri(path).header("content-type", kind).header("cookie", cookie);
    city.send(request.body(Body::from(body.to_vec())).unwrap()).await
}

fn is_chinese(text: &str) -> bool {
    let main = text.split("<main").nth(1).unwrap_or(text);
    main.chars().filter(|c| ('\u{4e00}'..='\u{9fff}').contains(c)).count() > 5
}

#[test]
fn what_cannot_be_read_is_told_in_chinese_and_nothing_breaks() {
    in_a_city(|city| async move {
        let wang = city.officer("wang", "centre@www").await.cookie;
        let (form, parts) = ("application/x-www-form-urlencoded", "multipart/form-data; boundary=B");
        let broken: &[u8] = b"--B\r\nContent-Disposition: form-data; name=\"token\"\r\n\r\nx";
        let large = vec![b'a'; 300 * 1024];
        for (method, path, kind, body, status) in [
            ("POST", "/-/desk/mayor", "text/plain", &b"x"[..], 400),
            ("POST", "/-/desk/mayor", "multipart/form-data", b"x", 400),
            ("POST", "/-/desk/mayor", parts, b"", 422),
            ("POST", "/-/desk/mayor", parts, broken, 422),
            ("POST", "/-/desk/mayor", parts, b"--B\r\n\r\n\xFF\xFE\r\n--B--", 422),
            ("PUT", "/-/desk/mayor", form, b"", 405),
            ("GET", "/-/desk/%FF", form, b"", 400),
            ("POST", "/-/status", "application/json", b"{}", 415),
            ("POST", "/-/status", form, b"%FF%FE=&&&==", 422),
            ("POST", "/-/status", form, &large, 422),
            ("POST", "/-/status/dance", parts, b"--B--\r\n", 404),
            ("POST", "/-/office/sign-in", "", b"", 415),
            ("GET", "/-/office?page=x", form, b"", 400),
            ("GET", "/-/office/log?page=99999999999999999999", form, b"", 400),
            ("POST", "/-/office/case/1", form, b"version=x", 422),
            ("POST", "/-/office/assign", form, b"", 403),
            ("GET", "/-/nowhere", form, b"", 404),
            ("GET", "/-/office/case/%00", form, b"", 404),
            ("POST", "/-/status", form, b"number=%00&code=%00", 422),
            ("POST", "/-/office/sign-in", form, b"name=%00&password=%00", 422),
        ] {
            let answer = raw(&city, method, path, kind, body, &wang).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {path} {kind}: {}", answer.text);
            assert!(answer.headers["content-type"].starts_with("text/html") && is_chinese(&answer.text), "{method} {path}: {}", answer.text);
        }
        for (method, path, body, status) in [
            ("POST", "/-/api/status", &b"{"[..], 422),
            ("DELETE", "/-/api/status", b"", 405),
            ("GET", "/-/api/cases?page=x", b"", 400),
            ("GET", "/-/api/none", b"", 404),
        ] {
            let answer = raw(&city, method, path, "application/json", body, &wang).await;
            assert_eq!(answer.status.as_u16(), status, "{method} {path}");
            assert!(answer.text.starts_with("{\"error\":") && is_chinese(&answer.text), "{method} {path}: {}", answer.text);
        }
    });
}

#[test]
fn what_was_typed_is_kept_when_a_form_breaks_off_or_grows_too_large() {
    in_a_city(|city| async move {
        let token = city.get("/-/desk/mayor").await.value("token");
        city.later(1);
        let part = |name: &str, value: &str| format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n");
        let typed: String = [("token", token.as_str())].into_iter().chain(LETTER).map(|(k, v)| part(k, v)).collect();
        let file = "--B\r\nContent-Disposition: form-data; name=\"files\"; filename=\"大.pdf\"\r\n\r\n";
        let mut large = format!("{typed}{file}").into_bytes();
        let cut_off = large.clone();
        large.resize(large.len() + 53 * 1024 * 1024, b'x');
        for (body, told) in [(cut_off, "没有传完整"), (large, "太大")] {
            // As it comes over a line: piece by piece.
            let pieces: Vec<Result<Vec<u8>, std::io::Error>> = body.chunks(64 * 1024).map(|piece| Ok(piece.to_vec())).collect();
            let request = Request::post("/-/desk/mayor").header("content-type", "multipart/form-data; boundary=B");
            let answer = city.send(request.body(Body::from_stream(tokio_stream::iter(pieces))).unwrap()).await;
            assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.has(told) && answer.has("云溪小学门口"), "{told}: {}", answer.text);
        }
        assert_eq!(city.sidecar.casework.store.totals(0).await.unwrap().2, 0);
    });
}

#[test]
fn what_was_typed_for_a_case_or_an_account_is_kept() {
    in_a_city(|city| async move {
        let (number, code) = city.write("mayor", &LETTER, &[]).await.receipt();
        let page = city.post("/-/status", &[("number", &number), ("code", &code)], "").await;
        let pass = page.value("pass");
        let add = [("pass", pass.as_str()), ("text", "补充：每天早晚最堵")];
        let wrong = city.post_files("/-/status/supplement", &add, &[("a.exe", b"MZ")], "").await;
        assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("不是可以接收的文件") && wrong.has("每天早晚最堵"), "{}", wrong.text);
        let none = city.post_files("/-/status/supplement", &[("pass", pass.as_str()), ("text", " ")], &[], "").await;
        assert!(none.status == StatusCode::UNPROCESSABLE_ENTITY && none.has("请填写内容"));
        let root = city.officer("root", "admin@*").await;
        let csrf = root.get("/-/office/accounts").await.value("csrf");
        let new = |name: &'static str, grants: &'static str, password: &'static str| {
            let (root, csrf) = (&root, csrf.clone());
            async move {
                let fields = [("csrf", &*csrf), ("name", name), ("full_name", "孙晓梅"), ("grants", grants), ("password", password)];
                root.post("/-/office/accounts", &fields).await
            }
        };
        for (name, grants, password, told) in [
            ("sun", "king@www", PASSWORD, "角色写法有误"),
            ("sun", "officer@jyj", "short", "密码至少 12 个字符"),
            ("孙", "officer@jyj", PASSWORD, "用户名只能用字母"),
        ] {
            let answer = new(name, grants, password).await;
            assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.has(told) && answer.has("孙晓梅") && answer.has(grants), "{told}");
            assert!(!answer.has(password), "a password is never shown");
        }
        assert!(new("sun", "officer@jyj", PASSWORD).await.has("已保存 sun"));
    });
}

#[test]
fn an_address_is_what_the_proxy_says_only_behind_a_proxy() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        for (behind_proxy, refused) in [(true, false), (false, true)] {
            let city = on_sqlite(|c| (c.behind_proxy, c.wrong_codes) = (behind_proxy, 2)).await;
            let mut last = StatusCode::OK;
            for i in 0..4 {
                // What a visitor writes there himself stands before what the proxy appends.
                let request = Request::post("/-/status").header("content-type", "application/x-www-form-urlencoded");
                let request = request.header("x-forwarded-for", format!("9.9.9.9, 10.0.0.{i}"));
                last = city.send(request.body(Body::from("number=1&code=x")).unwrap()).await.status;
            }
            assert_eq!(last == StatusCode::TOO_MANY_REQUESTS, refused, "behind a proxy: {behind_proxy}");
        }
    });
}
