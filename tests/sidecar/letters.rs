//! The whole way of a letter over HTTP, and everything that must not happen on it.

use axum::body::Body;
use axum::http::{Request, StatusCode};

use crate::city::{City, LETTER, PASSWORD, in_a_city};

fn picture() -> Vec<u8> {
    let mut out = std::io::Cursor::new(Vec::new());
    image::DynamicImage::new_rgb8(40, 30).write_to(&mut out, image::ImageFormat::Jpeg).unwrap();
    out.into_inner()
}

async fn look_up(city: &City, number: &str, code: &str) -> crate::city::Answer {
    city.post("/-/status", &[("number", number), ("code", code)], "").await
}

#[test]
fn a_letter_becomes_a_page_of_the_portal_and_is_taken_off_again() {
    in_a_city(|city| async move {
        let (number, code) = city.write("mayor", &LETTER, &[("现场.jpg", &picture())]).await.receipt();
        let centre = city.officer("wang", "centre@www").await;
        let jyj = city.officer("li", "officer@jyj").await;
        assert!(centre.get("/-/office").await.has("学校门口缺少斑马线"));
        assert!(!jyj.get("/-/office").await.has("学校门口缺少斑马线"));
        assert_eq!(centre.act(&number, "accept", "", "").await.status, StatusCode::OK);
        assert_eq!(centre.act(&number, "assign", "", "jyj").await.status, StatusCode::OK);
        assert!(jyj.get("/-/office").await.has("学校门口缺少斑马线"));
        jyj.act(&number, "note", "已电话联系来信人", "").await;
        let answered = jyj.act(&number, "answer", "您好！斑马线已于今日施划。\n如有问题请拨打 0630-8811234。", "").await;
        assert!(answered.has("待审核"), "{}", answered.text);
        // Not reviewed: the citizen does not see it.
        let before = look_up(&city, &number, &code).await;
        assert!(before.has("办理中") && !before.has("已于今日施划") && !before.has("已电话联系"));
        centre.act(&number, "approve", "", "").await;
        let seen = look_up(&city, &number, &code).await;
        assert!(seen.has("已于今日施划") && seen.has("已答复") && !seen.has("已电话联系") && !seen.has("li同志"), "{}", seen.text);
        centre.act(&number, "close", "", "").await;
        assert_eq!(centre.act(&number, "publish", "", "").await.status, StatusCode::OK);
        let out = city.build().await;
        let page = std::fs::read_to_string(out.join(format!("www/mayor/{number}.html"))).unwrap();
        assert!(page.contains("学校门口缺少斑马线") && page.contains("斑马线已于今日施划") && page.contains("张**"), "{page}");
        for secret in ["张三丰", "13900001234", "8811234", &*code] {
            assert!(!page.contains(secret), "{secret} is public");
        }
        let rated = {
            let page = look_up(&city, &number, &code).await;
            city.post_files("/-/status/rate", &[("pass", &page.value("pass")), ("rating", "5")], &[], "").await
        };
        assert!(rated.has("感谢您的评价"), "{}", rated.text);
        city.build().await;
        assert!(city.content(&format!("www/mayor/{number}.md")).contains("非常满意"));
        centre.act(&number, "withdraw", "来信人要求撤下", "").await;
        let out = city.build().await;
        assert!(!out.join(format!("www/mayor/{number}.html")).exists());
        assert_eq!(city.content(&format!("www/mayor/{number}.md")), "");
    });
}

#[test]
fn what_was_typed_is_kept_and_every_mistake_is_told() {
    in_a_city(|city| async move {
        let fields = [("category", ""), ("subject", ""), ("text", "一段写了很久的话<script>"), ("name", "张三"), ("phone", "abc")];
        let answer = city.write("mayor", &fields, &[("a.exe", b"MZ...")]).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
        for told in [
            "请选择来信类别",
            "请填写标题",
            "请填写正确的电话号码",
            "“a.exe”不是可以接收的文件",
            "一段写了很久的话&lt;script&gt;",
            "href=\"#field-phone\"",
            "id=\"field-phone\"",
        ] {
            assert!(answer.has(told), "{told} in {}", answer.text);
        }
        let large = vec![b'x'; 1024 * 1024 + 1];
        let answer = city.write("mayor", &LETTER, &[("大.pdf", &large)]).await;
        assert!(answer.status == StatusCode::UNPROCESSABLE_ENTITY && answer.has("超过 1 MB") && answer.has("云溪小学门口"));
        let pdf: &[u8] = b"%PDF-1.4";
        assert!(city.write("mayor", &LETTER, &[("1.pdf", pdf), ("2.pdf", pdf), ("3.pdf", pdf)]).await.has("附件最多 2 个"));
        assert_eq!(city.sidecar.casework.store.totals(0).await.unwrap().2, 0);
    });
}

#[test]
fn robots_are_not_taken_for_citizens() {
    in_a_city(|city| async move {
        let token = city.get("/-/desk/mayor").await.value("token");
        let mut fields = vec![("token", token.as_str())];
        fields.extend(LETTER);
        let fast = city.post_files("/-/desk/mayor", &fields, &[], "").await;
        assert!(fast.status == StatusCode::UNPROCESSABLE_ENTITY && fast.has("提交过快") && fast.has("云溪小学门口"));
        city.later(1);
        let mut trapped = fields.clone();
        trapped.push(("website", "https://spam.example"));
        assert_eq!(city.post_files("/-/desk/mayor", &trapped, &[], "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert_eq!(city.post_files("/-/desk/tax", &fields, &[], "").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        city.later(60 * 25);
        assert!(city.post_files("/-/desk/mayor", &fields, &[], "").await.has("页面打开时间过长"));
        assert_eq!(city.sidecar.casework.store.totals(0).await.unwrap().2, 0);
    });
}

#[test]
fn a_form_sent_twice_is_one_letter_with_one_receipt() {
    in_a_city(|city| async move {
        let token = city.get("/-/desk/mayor").await.value("token");
        city.later(1);
        let mut fields = vec![("token", token.as_str())];
        fields.extend(LETTER);
        let (one, two) = tokio::join!(city.post_files("/-/desk/mayor", &fields, &[], ""), city.post_files("/-/desk/mayor", &fields, &[], ""));
        assert_eq!(one.receipt(), two.receipt());
        assert_eq!(city.sidecar.casework.store.totals(0).await.unwrap().2, 1);
    });
}

#[test]
fn a_wrong_code_and_an_absent_case_look_alike_and_are_throttled() {
    in_a_city(|city| async move {
        let (number, code) = city.write("mayor", &LETTER, &[]).await.receipt();
        let wrong = look_up(&city, &number, "0000-0000-0000-0000-0000").await;
        let absent = look_up(&city, "20261120-0000-0000", &code).await;
        assert_eq!(wrong.status, absent.status);
        assert_eq!(wrong.text.replace(&number, "N"), absent.text.replace("20261120-0000-0000", "N"));
        assert!(look_up(&city, &number, "").await.has("不正确"));
        for _ in 0..20 {
            look_up(&city, &number, "x").await;
        }
        assert_eq!(look_up(&city, &number, &code).await.status, StatusCode::TOO_MANY_REQUESTS);
        city.later(60);
        assert!(look_up(&city, &format!(" {} ", number.replace('-', "")), &code.to_lowercase()).await.has("学校门口缺少斑马线"));
    });
}

#[test]
fn letters_from_one_address_are_limited_and_none_is_lost() {
    in_a_city(|city| async move {
        for _ in 0..20 {
            city.write("mayor", &LETTER, &[]).await.receipt();
            // The minute that each form takes would empty the bucket sooner.
            city.later(-1);
        }
        let refused = city.write("mayor", &LETTER, &[]).await;
        assert!(refused.status == StatusCode::TOO_MANY_REQUESTS && refused.has("云溪小学门口") && refused.has("12345"));
    });
}

#[test]
fn a_returned_letter_is_completed_by_its_citizen() {
    in_a_city(|city| async move {
        let (number, code) = city.write("mayor", &LETTER, &[]).await.receipt();
        let centre = city.officer("wang", "centre@www").await;
        centre.act(&number, "return", "请补充照片", "").await;
        let page = look_up(&city, &number, &code).await;
        assert!(page.has("已退回") && page.has("请补充照片"));
        let pass = page.value("pass");
        let sent = city.post_files("/-/status/supplement", &[("pass", &pass), ("text", "照片见附件")], &[("1.jpg", &picture())], "").await;
        assert!(sent.has("补充内容已提交") && sent.has("待受理") && sent.has("1.jpg"), "{}", sent.text);
        assert_eq!(city.post_files("/-/status/supplement", &[("pass", "forged"), ("text", "x")], &[], "").await.status, StatusCode::FORBIDDEN);
        let reopen = city.post_files("/-/status/reopen", &[("pass", &pass), ("text", "x")], &[], "").await;
        assert_eq!(reopen.status, StatusCode::UNPROCESSABLE_ENTITY);
        let accept = city.post_files("/-/status/accept", &[("pass", &pass)], &[], "").await;
        assert_eq!(accept.status, StatusCode::NOT_FOUND);
    });
}

#[test]
fn two_officers_at_one_case_are_told_and_what_was_typed_is_kept() {
    in_a_city(|city| async move {
        let (number, _) = city.write("mayor", &LETTER, &[]).await.receipt();
        let (wang, zhao) = (city.officer("wang", "centre@www").await, city.officer("zhao", "centre@www").await);
        let page = zhao.get(&format!("/-/office/case/{number}")).await;
        wang.act(&number, "accept", "", "").await;
        let fields = [("csrf", page.value("csrf")), ("version", page.value("version")), ("deed", "return".into()), ("text", "请写明地点".into())];
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (*k, v.as_str())).collect();
        let late = zhao.post(&format!("/-/office/case/{number}"), &fields).await;
        assert!(late.status == StatusCode::CONFLICT && late.has("刚刚被其他人办理过"), "{}", late.text);
        assert!(late.has("已受理"));
        let illegal = wang.act(&number, "close", "", "").await;
        assert!(illegal.status == StatusCode::CONFLICT && illegal.has("“已受理”的来信不能办结"));
    });
}

#[test]
fn what_is_confidential_is_seen_by_one_role_and_every_look_is_logged() {
    in_a_city(|city| async move {
        let (number, code) = city.write("tax", &[("subject", "某某商行"), ("text", "不开发票")], &[]).await.receipt();
        for (name, grants) in [("wang", "centre@*"), ("lead", "leader@*"), ("audit", "auditor@*"), ("root", "admin@*"), ("li", "officer@*")] {
            let other = city.officer(name, grants).await;
            assert_eq!(other.get(&format!("/-/office/case/{number}")).await.status, StatusCode::NOT_FOUND, "{grants}");
            assert!(!other.get("/-/office?state=all").await.has("某某商行"));
            assert!(!other.get("/-/office/export.csv?state=all").await.has("某某商行"));
        }
        let secret = city.officer("bao", "confidential@www").await;
        assert!(secret.get("/-/office").await.has("某某商行"));
        assert!(secret.get(&format!("/-/office/case/{number}")).await.has("不开发票"));
        let looks = city.sidecar.casework.store.looks(100, 0).await.unwrap();
        assert!(looks.iter().any(|l| l.who == "bao" && l.what == "查看保密来信" && l.about == number));
        for (deed, to) in [("accept", ""), ("assign", "jyj"), ("answer", ""), ("approve", ""), ("close", "")] {
            assert_eq!(secret.act(&number, deed, "已处理", to).await.status, StatusCode::OK, "{deed}");
        }
        assert_eq!(secret.act(&number, "publish", "", "").await.status, StatusCode::NOT_FOUND);
        assert!(look_up(&city, &number, &code).await.has("已处理"));
        city.build().await;
        assert!(!folder_has(&city, "某某商行"));
    });
}

fn folder_has(city: &City, text: &str) -> bool {
    let files = walkdir::WalkDir::new(crate::city::folder_of(city).join("content")).into_iter().filter_map(Result::ok);
    files.filter(|e| e.file_type().is_file()).any(|e| std::fs::read_to_string(e.path()).is_ok_and(|t| t.contains(text)))
}

#[test]
fn sessions_are_only_for_those_who_signed_in_and_end_with_their_roles() {
    in_a_city(|city| async move {
        let wrong = city.post("/-/office/sign-in", &[("name", "nobody"), ("password", PASSWORD)], "").await;
        assert!(wrong.status == StatusCode::UNPROCESSABLE_ENTITY && wrong.has("用户名、密码或动态码不正确"));
        let root = city.officer("root", "admin@*").await;
        let li = city.officer("li", "officer@jyj").await;
        assert!(li.cookie.starts_with("__Host-portico="));
        assert_eq!(li.get("/-/office").await.status, StatusCode::OK);
        assert_eq!(li.get("/-/office/accounts").await.status, StatusCode::FORBIDDEN);
        assert_eq!(li.get("/-/office/log").await.status, StatusCode::FORBIDDEN);
        let csrf = root.get("/-/office/accounts").await.value("csrf");
        let change = [("csrf", &*csrf), ("name", "li"), ("version", "1"), ("full_name", "李四"), ("grants", "officer@zjj")];
        assert!(root.post("/-/office/accounts", &change).await.has("已保存 li"));
        assert_eq!(li.get("/-/office").await.headers["location"], "/-/office/sign-in");
        let forged = [("csrf", "0"), ("name", "li"), ("version", "2"), ("grants", "admin@*")];
        assert_eq!(root.post("/-/office/accounts", &forged).await.status, StatusCode::FORBIDDEN);
        let cross = Request::get("/-/office").header("cookie", &root.cookie).header("sec-fetch-site", "cross-site");
        assert_eq!(city.send(cross.body(Body::empty()).unwrap()).await.status, StatusCode::FORBIDDEN);
        let csrf = root.get("/-/office/accounts").await.value("csrf");
        assert_eq!(root.post("/-/office/sign-out", &[("csrf", &csrf)]).await.status, StatusCode::SEE_OTHER);
        assert_eq!(root.get("/-/office/accounts").await.status, StatusCode::SEE_OTHER);
    });
}

#[test]
fn guessing_passwords_is_throttled() {
    in_a_city(|city| async move {
        city.officer("li", "officer@jyj").await;
        for _ in 0..20 {
            city.post("/-/office/sign-in", &[("name", "li"), ("password", "guess")], "").await;
        }
        let right = city.post("/-/office/sign-in", &[("name", "li"), ("password", PASSWORD)], "").await;
        assert_eq!(right.status, StatusCode::TOO_MANY_REQUESTS);
    });
}

#[test]
fn files_are_saved_and_never_shown_and_exports_hold_no_formulas() {
    in_a_city(|city| async move {
        let mut letter = LETTER.to_vec();
        letter[1] = ("subject", "=HYPERLINK(\"http://evil\")");
        let (number, _) = city.write("mayor", &letter, &[("材料.pdf", b"%PDF-1.4 <script>")]).await.receipt();
        let centre = city.officer("wang", "centre@www").await;
        let page = centre.get(&format!("/-/office/case/{number}")).await;
        let link = page.text.split("/file/").nth(1).unwrap().split('"').next().unwrap().to_string();
        let file = centre.get(&format!("/-/office/case/{number}/file/{link}")).await;
        assert_eq!((file.headers["content-type"].as_str(), &file.headers["content-disposition"][..10]), ("application/octet-stream", "attachment"));
        assert_eq!(city.get(&format!("/-/office/case/{number}/file/{link}")).await.status, StatusCode::SEE_OTHER);
        let csv = centre.get("/-/office/export.csv").await;
        assert!(csv.has("\"'=HYPERLINK(\"\"http://evil\"\")\""), "{}", csv.text);
    });
}

#[test]
fn every_page_has_strict_headers() {
    in_a_city(|city| async move {
        for path in ["/-/", "/-/desk/mayor", "/-/status", "/-/office/sign-in", "/-/nowhere", "/-/api/desks", "/-/style.css"] {
            let answer = city.get(path).await;
            let policy = &answer.headers["content-security-policy"];
            assert!(policy.starts_with("default-src 'none'") && !policy.contains("unsafe") && policy.contains("script-src 'self';"), "{path}");
            assert_eq!(answer.headers["x-content-type-options"], "nosniff");
            assert!(!answer.has(" style=\"") && !answer.has(" onclick"), "{path}");
            // The theme's own scripts (text size, contrast) are files; nothing runs from within the page.
            let own = |script: &str| [" src=\"/", " type=\"module\" src=\"/"].iter().any(|begin| script.starts_with(begin));
            assert!(answer.text.split("<script").skip(1).all(own), "{path}: {}", answer.text);
        }
        assert_eq!(city.get("/-/desk/nothing").await.status, StatusCode::NOT_FOUND);
        assert_eq!(city.get("/-/office").await.status, StatusCode::SEE_OTHER);
        assert_eq!(city.get("/healthz").await.text, "ok\n");
        assert_eq!(city.get("/readyz").await.text, "ready\n");
        assert!(city.get("/metrics").await.has("portico_letters_total 0"));
    });
}

#[test]
fn deadlines_are_told_once() {
    use portico::sidecar::configuration::{Mail, Webhook};
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("s.db").display());
        let city = City::found(folder, url, &|c| {
            c.mail = Some(Mail { server: "smtp://localhost".into(), from: "a@b.cn".into() });
            c.webhook = Some(Webhook { url: "http://localhost".into(), secret: "s".into() });
        })
        .await;
        let mut letter = LETTER.to_vec();
        letter.push(("email", "zhang@mail.example"));
        let (number, code) = city.write("mayor", &letter, &[]).await.receipt();
        let centre = city.officer("wang", "centre@www").await;
        city.officer("li", "officer@jyj").await;
        centre.act(&number, "accept", "", "").await;
        centre.act(&number, "assign", "", "jyj").await;
        let casework = &city.sidecar.casework;
        for days in [0, 3, 0, 1, 0, 5] {
            city.later(days * 24 * 60);
            casework.warn(&city.sidecar.desks(), city.sidecar.now()).await.unwrap();
        }
        let notices = casework.store.notices_of(&number).await.unwrap();
        let told = |kind: &str, channel: &str| notices.iter().filter(|n| n.kind == kind && n.channel == channel).map(|n| n.address.clone()).collect::<Vec<_>>();
        assert_eq!(told("due-soon", "mail"), ["li@yunxiu.gov.example"]);
        assert_eq!(told("overdue", "mail"), ["li@yunxiu.gov.example"]);
        assert_eq!(told("overdue", "webhook").len(), 1);
        assert_eq!(told("received", "mail"), ["zhang@mail.example"]);
        assert_eq!(told("assign", "mail"), ["li@yunxiu.gov.example"]);
        assert!(notices.iter().all(|n| !n.text.contains(&code) && !n.text.contains("斑马线")));
    });
}

#[test]
fn an_accepted_photograph_joins_the_album_with_credit() {
    in_a_city(|city| async move {
        let photo = [("subject", "云岫晨雾"), ("text", "清晨拍摄"), ("credit", "山里人")];
        let (number, _) = city.write("photos", &photo, &[("雾.jpg", &picture())]).await.receipt();
        let centre = city.officer("wang", "centre@www").await;
        for deed in ["accept", "answer", "approve", "close", "publish"] {
            assert_eq!(centre.act(&number, deed, "已采用", "").await.status, StatusCode::OK, "{deed}");
        }
        let out = city.build().await;
        let page = std::fs::read_to_string(out.join("www/album/photos-2026.html")).unwrap();
        assert!(page.contains("山里人") && page.contains("云岫晨雾"));
        centre.act(&number, "withdraw", "作者要求", "").await;
        let out = city.build().await;
        assert!(!out.join("www/album/photos-2026.html").exists());
        assert!(!folder_has(&city, "云岫晨雾"));
    });
}

#[test]
fn the_numbers_are_a_table_of_the_portal() {
    in_a_city(|city| async move {
        let (number, _) = city.write("mayor", &LETTER, &[]).await.receipt();
        let centre = city.officer("wang", "centre@www").await;
        for (deed, to) in [("accept", ""), ("assign", "jyj"), ("answer", ""), ("approve", ""), ("close", "")] {
            centre.act(&number, deed, "已办", to).await;
        }
        city.later(1);
        portico::sidecar::bulletin::publish_numbers(&city.sidecar, city.sidecar.now()).await;
        let out = city.build().await;
        let page = std::fs::read_to_string(out.join("www/numbers/mayor-departments.html")).unwrap();
        assert!(page.contains("云岫市教育局") && page.contains("100.0%"), "{page}");
        assert!(out.join("www/numbers/mayor-monthly.html").exists());
    });
}

#[test]
fn a_database_that_is_gone_takes_no_letter_and_loses_none() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let server = crate::cluster::Server::new();
        let city = City::found(tempfile::tempdir().unwrap(), server.url(), &|_| {}).await;
        let (first, code) = city.write("mayor", &LETTER, &[]).await.receipt();
        let token = city.get("/-/desk/mayor").await.value("token");
        city.later(1);
        let mut fields = vec![("token", token.as_str())];
        fields.extend(LETTER);
        server.stop();
        let refused = city.post_files("/-/desk/mayor", &fields, &[], "").await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
        assert!(refused.has("尚未提交") && refused.has("云溪小学门口"), "what was typed is kept");
        assert_eq!(city.get("/readyz").await.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(look_up(&city, &first, &code).await.status, StatusCode::SERVICE_UNAVAILABLE);
        server.start();
        city.post_files("/-/desk/mayor", &fields, &[], "").await.receipt();
        assert!(look_up(&city, &first, &code).await.has("学校门口缺少斑马线"));
        assert_eq!(city.sidecar.casework.store.totals(0).await.unwrap().2, 2);
    });
}

#[test]
fn several_sidecars_at_one_database_work_as_one() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let url = crate::cluster::postgres_url();
        let mut cities = Vec::new();
        for _ in 0..3 {
            cities.push(City::found(tempfile::tempdir().unwrap(), url.clone(), &|_| {}).await);
        }
        let token = cities[0].get("/-/desk/mayor").await.value("token");
        cities[1].later(1);
        let mut fields = vec![("token", token.as_str())];
        fields.extend(LETTER);
        let (number, code) = cities[1].post_files("/-/desk/mayor", &fields, &[], "").await.receipt();
        assert!(look_up(&cities[2], &number, &code).await.has("学校门口缺少斑马线"));
        let wang = cities[0].officer("wang", "centre@www").await;
        let elsewhere = |path: String| Request::get(path).header("cookie", &wang.cookie).body(Body::empty()).unwrap();
        assert!(cities[2].send(elsewhere(format!("/-/office/case/{number}"))).await.has("学校门口缺少斑马线"));
        wang.act(&number, "accept", "", "").await;
        assert!(cities[1].send(elsewhere("/-/office".into())).await.has("已受理"));
    });
}

#[test]
fn git_names_the_officer_as_author_and_takes_no_other_edit() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("s.db").display());
        let city = City::found(folder, url, &|c| c.git = true).await;
        let git = |arguments: &[&str]| {
            let done = std::process::Command::new("git").arg("-C").arg(crate::city::folder_of(&city)).args(arguments).output().unwrap();
            String::from_utf8_lossy(&done.stdout).into_owned()
        };
        git(&["init", "-q"]);
        let (number, _) = city.write("mayor", &LETTER, &[]).await.receipt();
        let centre = city.officer("wang", "centre@www").await;
        for (deed, to) in [("accept", ""), ("assign", "jyj"), ("answer", ""), ("approve", ""), ("close", ""), ("publish", "")] {
            centre.act(&number, deed, "已办", to).await;
        }
        portico::sidecar::bulletin::publish(&city.sidecar).await;
        assert_eq!(git(&["log", "--format=%an <%ae>"]), "wang同志 <wang@yunxiu.gov.example>\n");
        assert_eq!(git(&["show", "--format=", "--name-only"]), format!("content/www/mayor/{number}.md\n"));
        centre.act(&number, "withdraw", "来信人要求", "").await;
        portico::sidecar::bulletin::publish(&city.sidecar).await;
        assert_eq!(git(&["ls-files"]), "");
        assert_eq!(git(&["log", "--format=%s"]).lines().count(), 2);
    });
}
