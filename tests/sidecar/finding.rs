//! Search from outside: a real index over a small group, asked through the web, damaged, removed, flooded.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::Value;

use crate::city::{Answer, City};

const SITES: [(&str, &str); 2] = [
    (
        "sites/www.yaml",
        "name: 云岫市人民政府\nat: www\ncolumns:\n  - {id: mayor, name: 市长信箱, type: reply}\n  - {id: numbers, name: 办理情况, type: table}\n  - {id: album, name: 图集, type: album}\n  - {id: vendors, name: 工商博览, type: vendor}\n  - {id: trade, name: 网上竞价, type: auction}\n  - id: services\n    name: 办事\n    columns:\n      - {id: person, name: 个人办事, type: guide}\n  - {id: policy, name: 政策文件, type: policy}\n",
    ),
    (
        "sites/jyj.yaml",
        "name: 云岫市教育局\nshort_name: 教育局\nat: jyj\naddress: 茶马街18号\nphone: 0630-8802000\nhours: 工作日 9:00—17:00\ncolumns:\n  - {id: news, name: 工作动态, type: news}\n  - {id: guides, name: 办事指南, type: guide}\n  - {id: forms, name: 表格下载, type: download}\n  - {id: data, name: 学校名录, type: table}\n",
    ),
];

const CONTENT: [(&str, &str); 7] = [
    (
        "content/jyj/guides/enrol.md",
        "---\ntitle: 小学一年级入学报名\ndate: 2026-03-04\nplace: 茶马街18号一楼大厅\nphone: 0630-8802011\nforms: [\"@/jyj/forms/form.md\"]\n---\n户口簿和居民身份证。\n",
    ),
    ("content/jyj/forms/form.md", "---\ntitle: 入学报名登记表\ndate: 2026-03-01\nattachments: [form.txt]\n---\n"),
    ("content/jyj/forms/form.txt", "姓名、年龄、住址"),
    (
        "content/www/policy/p1.md",
        "---\ntitle: 关于做好消防工作的通知\ndate: 2025-03-01\ndocument_number: 云政发〔2025〕3号\n---\n正文<script>alert(1)</script>。\n",
    ),
    ("content/jyj/data/schools.md", "---\ntitle: 全市学校名录\ndate: 2026-03-08\ndata: schools.csv\n---\n"),
    ("content/jyj/data/schools.csv", "名称,地址,人数\n云溪小学,茶马街2号,300\n云岫中学,书院路9号,1200\n书院小学,书院路3号,800\n"),
    ("content/www/policy/p2.md", "---\ntitle: 关于印发《\"<b>&'》的通知\ndate: 2026-02-01\n---\n特殊字符。\n"),
];

/// A city with an index, over SQLite: the database has no part in it.
async fn city(set: impl Fn(&mut portico::sidecar::configuration::Configuration)) -> City {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite:{}", folder.path().join("sidecar.db").display());
    let lay_out = |configuration: &mut portico::sidecar::configuration::Configuration| {
        let put = |path: &str, text: &str| {
            let path = configuration.root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        SITES.iter().chain(&CONTENT).for_each(|(path, text)| put(path, text));
        for n in 1..=25 {
            put(&format!("content/jyj/news/n{n}.md"), &format!("---\ntitle: 安全检查第 {n} 期\ndate: 202{}-05-{n:02}\n---\n各学校开展检查。\n", n % 3 + 4));
        }
        set(configuration);
    };
    let city = City::found(folder, url, &lay_out).await;
    // The first round makes the index, the second proves it.
    city.sidecar.finding.look().await;
    city.sidecar.finding.look().await;
    city
}

fn run<F: Future<Output = ()>>(test: F) {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap().block_on(test);
}

fn encoded(text: &str) -> String {
    text.bytes().map(|b| format!("%{b:02X}")).collect()
}

impl City {
    async fn find(&self, words: &str, more: &str) -> Answer {
        self.get(&format!("/-/search?q={}{more}", encoded(words))).await
    }

    async fn find_json(&self, words: &str, more: &str) -> Value {
        let answer = self.get(&format!("/-/api/search?q={}{more}", encoded(words))).await;
        assert_eq!(answer.status, StatusCode::OK, "{}", answer.text);
        serde_json::from_str(&answer.text).unwrap()
    }
}

#[test]
fn results_are_a_page_in_the_sites_frame() {
    run(async {
        let city = city(|_| {}).await;
        let page = city.find("一年级入学", "").await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.text);
        assert_eq!(page.headers["cache-control"], "private, max-age=60");
        assert!(!page.headers.contains_key("set-cookie"));
        for told in [
            "href=\"https://jyj.yunxiu.gov.example/guides/enrol.html\"",
            "小学<mark>一年级入学</mark>报名",
            "0630-8802011",
            "茶马街18号一楼大厅",
            "https://jyj.yunxiu.gov.example/forms/form.html",
            "教育局 · 办事指南 · <time>2026-03-04</time>",
            "role=\"search\"",
        ] {
            assert!(page.has(told), "{told} in {}", page.text);
        }
        let escaped = city.find("关于印发<b>", "").await;
        assert!(escaped.status == StatusCode::OK && !escaped.has("<b>"), "{}", escaped.text);
    });
}

#[test]
fn an_office_that_is_named_has_its_card() {
    run(async {
        let city = city(|_| {}).await;
        let page = city.find("教育局", "").await;
        let card = page.text.split("class=\"find-card\"").nth(1).and_then(|rest| rest.split("</section>").next()).unwrap_or_else(|| panic!("{}", page.text));
        for told in ["茶马街18号", "0630-8802000", "工作日 9:00—17:00", "https://jyj.yunxiu.gov.example/"] {
            assert!(card.contains(told), "{told} in {card}");
        }
    });
}

#[test]
fn facets_are_links_with_counts_and_can_be_undone() {
    run(async {
        let city = city(|_| {}).await;
        let all = city.find_json("安全检查", "").await;
        assert_eq!((all["total"].as_u64(), all["pages"].as_u64()), (Some(25), Some(3)));
        let years: Vec<u64> = all["years"].as_array().unwrap().iter().map(|y| y["count"].as_u64().unwrap()).collect();
        assert_eq!((years.len(), years.iter().sum::<u64>()), (3, 25));
        let page = city.find("安全检查", "&year=2025").await;
        assert!(page.has("取消年份限制") && page.has("2025 年 <span>9</span>") && page.has("year=2024"), "{}", page.text);
        assert_eq!(city.find_json("安全检查", "&year=2025").await["total"], 9);
        assert_eq!(city.find_json("安全检查", "&in=jyj&kind=news").await["total"], 25);
        assert_eq!(city.find_json("安全检查", "&site=www").await["total"], 0);
        let newest = city.find_json("安全检查", "&sort=date").await;
        let days: Vec<&str> = newest["results"].as_array().unwrap().iter().map(|r| r["day"].as_str().unwrap()).collect();
        assert!(days.windows(2).all(|w| w[0] >= w[1]) && days.len() == 10, "{days:?}");
    });
}

#[test]
fn pages_follow_each_other_and_hold_every_result_once() {
    run(async {
        let city = city(|_| {}).await;
        let first = city.find("安全检查", "").await;
        assert!(first.has("rel=\"next\"") && !first.has("rel=\"prev\""));
        let second = city.find("安全检查", "&page=2").await;
        assert!(second.has("rel=\"next\"") && second.has("rel=\"prev\"") && second.has("start=\"11\""), "{}", second.text);
        let mut seen = std::collections::BTreeSet::new();
        for page in 1..=3 {
            let answer = city.find_json("安全检查", &format!("&page={page}")).await;
            seen.extend(answer["results"].as_array().unwrap().iter().map(|r| r["url"].as_str().unwrap().to_string()));
        }
        assert_eq!(seen.len(), 25);
        let beyond = city.find("安全检查", "&page=40").await;
        assert!(beyond.status == StatusCode::OK && beyond.has("没有第 40 页"), "{}", beyond.text);
    });
}

#[test]
fn the_scope_is_this_site_or_the_group() {
    run(async {
        let city = city(|_| {}).await;
        let at = async |host: &str, path: &str| city.send(Request::get(path).header("host", host).body(Body::empty()).unwrap()).await;
        let own = at("jyj.yunxiu.gov.example", &format!("/-/search?q={}&site=jyj", encoded("安全检查"))).await;
        assert!(own.has("<title>搜索：安全检查 - 云岫市教育局</title>") && own.has("name=\"site\" value=\"jyj\""), "{}", own.text);
        // In the whole group, a host still has its own frame; another site's would lack its style sheets there.
        let group = at("jyj.yunxiu.gov.example", "/-/search?q=a&site=all").await;
        assert!(group.has(" - 云岫市教育局</title>") && !group.has("name=\"site\""), "{}", group.text);
        let elsewhere = at("www.yunxiu.gov.example", "/-/search?q=a&site=jyj").await;
        assert!(elsewhere.has(" - 云岫市人民政府</title>"), "{}", elsewhere.text);
        let nobodys = at("127.0.0.1:8090", "/-/search?q=a&site=jyj").await;
        assert!(nobodys.has(" - 云岫市教育局</title>"));
    });
}

#[test]
fn a_table_is_asked_column_by_column() {
    run(async {
        let city = city(|_| {}).await;
        let key = city.sidecar.finding.catalogue().unwrap().tables.iter().find(|t| t.title == "全市学校名录").unwrap().key;
        let all = city.get(&format!("/-/search?table={key:016x}")).await;
        for told in ["共找到 3 行", "<th scope=\"col\">地址</th>", "name=\"c1\"", "云溪小学", "https://jyj.yunxiu.gov.example/data/schools.html"] {
            assert!(all.has(told), "{told} in {}", all.text);
        }
        let street = city.get(&format!("/-/search?table={key:016x}&c1={}", encoded("书院路"))).await;
        assert!(street.has("共找到 2 行") && street.has("<mark>书院路</mark>3号") && !street.has("云溪小学"), "{}", street.text);
        let both = city.get(&format!("/-/search?table={key:016x}&c1={}&c0={}", encoded("书院路"), encoded("小学"))).await;
        assert!(both.has("共找到 1 行"), "{}", both.text);
        let gone = city.get("/-/search?table=0123456789abcdef").await;
        assert!(gone.status == StatusCode::OK && gone.has("没有这张数据表"), "{}", gone.text);
    });
}

#[test]
fn nothing_found_and_nothing_asked_lead_on() {
    run(async {
        let city = city(|_| {}).await;
        let none = city.find("飞碟租赁", "&site=jyj").await;
        for told in ["没有找到“飞碟租赁”", "12345", "href=\"/-/desk/mayor\"", "map.html", "https://www.yunxiu.gov.example/services/person/", "在整个站群中搜索"]
        {
            assert!(none.has(told), "{told} in {}", none.text);
        }
        let empty = city.get("/-/search").await;
        assert!(empty.status == StatusCode::OK && empty.has("小学一年级入学报名") && !empty.has("没有找到"), "{}", empty.text);
        assert_eq!(city.get("/-/search?q=%20%20").await.status, StatusCode::OK);
        let near = city.find("小学一年级报名入学须知", "").await;
        assert!(near.has("包含其中的大部分文字"), "{}", near.text);
    });
}

#[test]
fn whatever_is_asked_is_answered_or_refused() {
    run(async {
        let city = city(|_| {}).await;
        let long = "云".repeat(3_000);
        let told = city.find(&long, "").await;
        assert!(told.status == StatusCode::OK && told.has("只搜索了前面的部分"), "{}", told.text);
        for query in [
            "q=%FF%FE%00%01",
            "q=%ZZ%",
            "q=%E4%BA",
            "q=*%3A*+AND+%28title%3Ax%29",
            "q=%22%22%22",
            "q=a&page=99999999999999999999",
            "q=a&page=-1",
            "q=a&year=x&kind=x&sort=x",
            "q=a&site=../../etc&in=%00",
            "q=a&q=b&q=c",
            "table=zzzz&c0=a",
            "c99999999999999999999=a",
            "q=%F0%9F%98%80",
            "&&&===",
            "q=%3Cscript%3Ealert(1)%3C/script%3E",
        ] {
            let page = city.get(&format!("/-/search?{query}")).await;
            assert!(page.status == StatusCode::OK && !page.has("<script>alert"), "{query}: {} {}", page.status, page.text);
            let api = city.get(&format!("/-/api/search?{query}")).await;
            assert!(matches!(api.status, StatusCode::OK | StatusCode::UNPROCESSABLE_ENTITY), "{query}: {} {}", api.status, api.text);
        }
        assert_eq!(city.get("/-/api/search?q=a&site=nowhere").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let post = city.post("/-/search", &[("q", "a")], "").await;
        assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED);
    });
}

#[test]
fn one_address_asks_at_a_bounded_pace() {
    run(async {
        let city = city(|c| (c.behind_proxy, c.searches_per_address) = (true, 5)).await;
        let ask = async |from: &str, path: &str| city.send(Request::get(path).header("x-forwarded-for", from).body(Body::empty()).unwrap()).await;
        for _ in 0..5 {
            assert_eq!(ask("192.0.2.1", "/-/search?q=a").await.status, StatusCode::OK);
        }
        let refused = ask("192.0.2.1", "/-/search?q=a").await;
        assert_eq!((refused.status, refused.headers["retry-after"].as_str()), (StatusCode::TOO_MANY_REQUESTS, "60"));
        assert_eq!(ask("192.0.2.1", "/-/api/search?q=a").await.status, StatusCode::TOO_MANY_REQUESTS);
        assert_eq!(ask("192.0.2.2", "/-/search?q=a").await.status, StatusCode::OK);
        city.later(1);
        assert_eq!(ask("192.0.2.1", "/-/search?q=a").await.status, StatusCode::OK);
    });
}

/// The files of the index that hold documents.
fn files(city: &City) -> Vec<std::path::PathBuf> {
    let names = std::fs::read_dir(city.folder.path().join(".portico/search")).unwrap().map(|e| e.unwrap().path());
    names.filter(|p| !p.file_name().unwrap().to_string_lossy().contains("json") && p.extension().is_some_and(|e| e != "lock")).collect()
}

/// Is asked while there is no index: friendly, and everything else goes on.
async fn expect_unavailable(city: &City) {
    let page = city.find("入学", "").await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{}", page.text);
    assert!(page.headers.contains_key("retry-after") && page.has("/search.html") && page.has("value=\"入学\""), "{}", page.text);
    assert_eq!(city.get("/-/api/search?q=a").await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(city.get("/-/desk/mayor").await.status, StatusCode::OK);
}

#[test]
fn a_damaged_index_is_made_again_by_itself() {
    run(async {
        let city = city(|_| {}).await;
        let finding = &city.sidecar.finding;
        type Harm = fn(&std::path::Path);
        let cut: Harm = |path| std::fs::OpenOptions::new().write(true).open(path).unwrap().set_len(7).unwrap();
        let overwrite: Harm = |path| {
            let length = std::fs::metadata(path).unwrap().len();
            std::fs::write(path, vec![0xA5; usize::try_from(length).unwrap()]).unwrap();
        };
        for harm in [cut, overwrite] {
            assert_eq!(city.find_json("入学", "").await["results"][0]["title"], "小学一年级入学报名");
            files(&city).iter().for_each(|path| harm(path));
            // The first question after it notices.
            expect_unavailable(&city).await;
            finding.look().await;
            assert_eq!(city.find_json("入学", "").await["results"][0]["title"], "小学一年级入学报名");
            finding.look().await;
        }
    });
}

#[test]
fn an_index_that_was_damaged_while_nobody_looked_is_found_out() {
    run(async {
        let city = city(|_| {}).await;
        // One letter in the stored texts, with the file's time as it was: only its checksum tells.
        let store = files(&city).into_iter().find(|p| p.extension().is_some_and(|e| e == "store")).unwrap();
        let (mut bytes, time) = (std::fs::read(&store).unwrap(), std::fs::metadata(&store).unwrap().modified().unwrap());
        bytes[20] ^= 0xFF;
        std::fs::remove_file(&store).unwrap();
        std::fs::write(&store, bytes).unwrap();
        std::fs::File::options().write(true).open(&store).unwrap().set_modified(time).unwrap();
        let root = city.folder.path().to_path_buf();
        let other =
            portico::sidecar::finding::Finding::new(&root, root.join(".portico/search"), crate::city::index(root.clone(), root.join(".portico/search")), 0);
        let other = std::sync::Arc::new(other);
        // Opens it, finds out, makes it again.
        for _ in 0..3 {
            other.look().await;
        }
        assert!(other.searcher().unwrap().prove().is_ok());
    });
}

#[test]
fn an_index_that_is_removed_is_made_again_and_answers_meanwhile() {
    run(async {
        let city = city(|_| {}).await;
        std::fs::remove_dir_all(city.folder.path().join(".portico/search")).unwrap();
        assert_eq!(city.find_json("入学", "").await["results"][0]["title"], "小学一年级入学报名");
        city.sidecar.finding.look().await;
        assert!(city.folder.path().join(".portico/search/meta.json").exists());
        assert_eq!(city.find_json("入学", "").await["results"][0]["title"], "小学一年级入学报名");
    });
}

#[test]
fn what_cannot_be_made_is_tried_again_later_and_hinders_nothing() {
    run(async {
        let tries = std::sync::Arc::new(std::sync::atomic::AtomicU32::new(0));
        let folder = tempfile::tempdir().unwrap();
        let (count, dir) = (tries.clone(), folder.path().join("search"));
        let source = Box::new(move || {
            count.fetch_add(1, std::sync::atomic::Ordering::SeqCst);
            anyhow::bail!("no room left")
        });
        let finding = std::sync::Arc::new(portico::sidecar::finding::Finding::new(folder.path(), dir, source, 0));
        for _ in 0..5 {
            finding.look().await;
        }
        assert_eq!(tries.load(std::sync::atomic::Ordering::SeqCst), 1, "with a pause in between");
        assert!(finding.searcher().is_none());
    });
}

#[test]
fn a_new_commit_is_followed() {
    run(async {
        let city = city(|_| {}).await;
        std::fs::write(city.folder.path().join("content/jyj/news/late.md"), "---\ntitle: 彩虹桥通车\ndate: 2026-11-20\n---\n").unwrap();
        assert_eq!(city.find_json("彩虹桥", "").await["total"], 0);
        crate::city::index(city.folder.path().into(), city.folder.path().join(".portico/search"))().unwrap();
        city.sidecar.finding.look().await;
        assert_eq!(city.find_json("彩虹桥", "").await["total"], 1);
        // Words that mean the same are settings like others.
        assert_eq!(city.find_json("虹霓大桥", "").await["results"].as_array().unwrap().len(), 0);
        std::fs::create_dir_all(city.folder.path().join("sites/search")).unwrap();
        std::fs::write(city.folder.path().join("sites/search/own.yaml"), "synonyms: [[虹霓大桥, 彩虹桥]]\n").unwrap();
        city.sidecar.reload();
        assert_eq!(city.find_json("虹霓大桥", "").await["added"][0], "彩虹桥");
    });
}

#[test]
fn questions_are_counted_and_nothing_else_is_kept() {
    run(async {
        let city = city(|_| {}).await;
        for (words, more) in
            [("入学", ""), ("入学", ""), ("入学", "&page=2"), ("入学", "&kind=guide"), ("飞碟", ""), ("13900001234", ""), ("张三 a@b.example", "")]
        {
            city.find(words, more).await;
        }
        city.sidecar.keep_house(city.sidecar.now()).await;
        let text = std::fs::read_to_string(city.folder.path().join(".portico/searches/2026-11.csv")).unwrap();
        assert_eq!(text, "words,asked,empty\n入学,2,0\n其他,2,2\n飞碟,1,1\n");
        let metrics = city.get("/metrics").await;
        for line in
            ["portico_searches_total 7\n", "portico_search_seconds_count 7\n", "portico_search_seconds_bucket{le=\"+Inf\"} 7\n", "portico_search_seconds_sum "]
        {
            assert!(metrics.has(line), "{line} in {}", metrics.text);
        }
    });
}

#[test]
fn the_program_makes_its_index_and_refuses_addresses_without_end() {
    let folder = tempfile::tempdir().unwrap();
    crate::program::lay_out(folder.path(), "searches_per_address: 0\n");
    std::fs::create_dir_all(folder.path().join("content/www/mayor")).unwrap();
    std::fs::write(folder.path().join("content/www/mayor/r1.md"), "---\ntitle: 候车亭已修好\ndate: 2026-10-02\n---\n已修好。\n").unwrap();
    let mut service = crate::program::start(folder.path());
    let url = format!("{}/-/api/search?q={}", service.base, encoded("候车亭"));
    let deadline = std::time::Instant::now() + std::time::Duration::from_secs(60);
    let found = loop {
        let (status, text) = crate::program::get(&url);
        if status == 200 {
            break text;
        }
        assert!(status == 503 && std::time::Instant::now() < deadline, "{status} {text}");
        std::thread::sleep(std::time::Duration::from_millis(100));
    };
    assert!(found.contains("候车亭已修好"), "{found}");
    // Ninety thousand bytes, which no client would send.
    let mut raw = std::net::TcpStream::connect(service.base.trim_start_matches("http://")).unwrap();
    let _ = std::io::Write::write_all(
        &mut raw,
        format!("GET /-/search?q={} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", encoded(&"云".repeat(10_000))).as_bytes(),
    );
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(raw), &mut line).unwrap();
    assert!(["400", "414", "431"].iter().any(|status| line.contains(status)), "{line}");
    let (status, _) = crate::program::get(&format!("{}/-/search?q={}", service.base, "a".repeat(10_000)));
    assert_eq!(status, 200);
    service.kill();
}
