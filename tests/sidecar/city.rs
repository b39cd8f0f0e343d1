//! A small city for the tests: its group in a temporary folder, the service over a database of either kind, a clock that is set by hand,
//! and citizens and officers who send requests.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response, StatusCode};
use portico::sidecar::accounts::Grant;
use portico::sidecar::configuration::Configuration;
use portico::sidecar::finding::IndexSource;
use portico::sidecar::password;
use portico::sidecar::service::{Sidecar, Sources};
use portico::sidecar::store::accounts::{self, Account};
use portico::sidecar::web;
use tower::ServiceExt;

use crate::cluster::postgres_url;

pub struct City {
    pub sidecar: Arc<Sidecar>,
    pub folder: tempfile::TempDir,
    pub clock: Arc<AtomicI64>,
    pub database: String,
    router: Router,
}

const FILES: [(&str, &str); 8] = [
    ("sites/group.yaml", "name: 云岫市网站群\ndomain: yunxiu.gov.example\nmain: www\ntimezone: Asia/Shanghai\n"),
    (
        "sites/www.yaml",
        "name: 云岫市人民政府\nat: www\ncolumns:\n  - {id: mayor, name: 市长信箱, type: reply}\n  - {id: numbers, name: 办理情况, type: table}\n  - {id: album, name: 图集, type: album}\n  - {id: vendors, name: 工商博览, type: vendor}\n  - {id: trade, name: 网上竞价, type: auction}\n",
    ),
    (
        "sites/procurement/centre.yaml",
        "name: 云岫市政府采购中心\nsite: www\nvendors: vendors\nlots: trade\nnumbers: numbers\nprefix: YXJJ\nphone: 0630-8801888\n",
    ),
    ("sites/jyj.yaml", "name: 云岫市教育局\nat: jyj\n"),
    ("sites/zjj.yaml", "name: 云岫市住房和城乡建设局\nat: zjj\n"),
    (
        "sites/desks/mayor.yaml",
        "name: 市长信箱\nsite: www\ncolumn: mayor\nnumbers: numbers\npublish: consent\ncategories:\n  - {name: 教育, to: jyj}\n  - 其他\nfile_kinds: [picture, pdf]\nmax_megabytes: 1\nfields:\n  - {key: subject, label: 标题, required: true, max: 40}\n  - {key: text, label: 内容, type: longtext, required: true, max: 500}\n  - {key: name, label: 姓名, required: true, max: 20}\n  - {key: phone, label: 电话, type: phone, max: 20}\n  - {key: email, label: 邮箱, type: email}\n  - {key: files, label: 附件, type: files, max: 2}\n",
    ),
    (
        "sites/desks/tax.yaml",
        "name: 涉税举报\nsite: www\nconfidential: true\nfields:\n  - {key: subject, label: 被举报人, required: true}\n  - {key: text, label: 事实, type: longtext, required: true}\n",
    ),
    (
        "sites/desks/photos.yaml",
        "name: 百姓摄影\nsite: www\nalbum: album\ncolumn: mayor\npublish: always\nfile_kinds: [picture]\nfields:\n  - {key: subject, label: 作品名称, required: true}\n  - {key: text, label: 说明, type: longtext, required: true}\n  - {key: credit, label: 署名, required: true}\n  - {key: files, label: 照片, type: files, required: true}\n",
    ),
];

/// Writes the group's files.
pub fn lay_out(folder: &Path) {
    for (path, text) in FILES {
        let path = folder.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
}

/// Makes the search index of a city's public content, as of the end of its year.
pub fn index(root: PathBuf, dir: PathBuf) -> IndexSource {
    Box::new(move || {
        portico::pipeline::index_again(&request(&root), &dir)?;
        Ok(())
    })
}

/// The public build of a city.
fn request(root: &Path) -> portico::pipeline::Request {
    portico::pipeline::Request {
        root: root.into(),
        out: root.join("out"),
        sites: vec![],
        audience: portico::source::front_matter::Audience::Public,
        drafts: false,
        base_url: None,
        at: Some("2026-12-31".into()),
        clean: false,
        explain: None,
    }
}

pub const PASSWORD: &str = "yunxiu-test-password";

/// Runs a test in a city of its own for each kind of database.
pub fn in_a_city<F: Future<Output = ()>>(test: impl Fn(City) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for postgres in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let url = if postgres { postgres_url() } else { format!("sqlite:{}", folder.path().join("sidecar.db").display()) };
        runtime.block_on(async {
            let city = City::found(folder, url, &|_| {}).await;
            test(city).await;
        });
    }
}

impl City {
    pub async fn found(folder: tempfile::TempDir, database: String, set: &dyn Fn(&mut Configuration)) -> Self {
        lay_out(folder.path());
        let mut configuration = Configuration { database: database.clone(), ..Configuration::of_root(folder.path().into()) };
        set(&mut configuration);
        // A Friday noon in Yunxiu.
        let clock = Arc::new(AtomicI64::new("2026-11-20T04:00:00Z".parse::<jiff::Timestamp>().unwrap().as_millisecond()));
        let root = folder.path().to_path_buf();
        let hand = clock.clone();
        let index = index(root.clone(), configuration.search.clone());
        let frames = Box::new(move || Ok(portico::pipeline::frames(&root, None)?.0));
        let (sidecar, _) = Sidecar::open(configuration, Sources { frames, index }, Box::new(move || hand.load(Ordering::SeqCst))).await.unwrap();
        let router = web::router(sidecar.clone());
        let city = Self { sidecar, folder, clock, database, router };
        city.set_database_clock().await;
        city
    }

    pub fn later(&self, minutes: i64) {
        self.clock.fetch_add(minutes * 60_000, Ordering::SeqCst);
    }

    /// Time passes by every clock: the service's and, on PostgreSQL, the database's own, which is replaced by one that is set by hand.
    pub async fn pass(&self, minutes: i64) {
        self.later(minutes);
        self.set_database_clock().await;
    }

    pub async fn set_database_clock(&self) {
        if !self.database.starts_with("postgres") {
            return;
        }
        let now = self.clock.load(Ordering::SeqCst);
        let pool = sqlx::PgPool::connect(&self.database).await.unwrap();
        let sql = format!("CREATE OR REPLACE FUNCTION auction_clock() RETURNS BIGINT LANGUAGE sql VOLATILE AS 'SELECT {now}::BIGINT'");
        sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&pool).await.unwrap();
        pool.close().await;
    }

    pub async fn get_as(&self, path: &str, cookie: &str) -> Answer {
        self.send(Request::get(path).header("cookie", cookie).body(Body::empty()).unwrap()).await
    }

    pub async fn post_json(&self, path: &str, body: &serde_json::Value, headers: &[(&str, &str)]) -> Answer {
        let request = headers.iter().fold(Request::post(path).header("content-type", "application/json"), |r, (k, v)| r.header(*k, *v));
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    pub async fn send(&self, request: Request<Body>) -> Answer {
        Answer::of(self.router.clone().oneshot(request).await.unwrap()).await
    }

    pub async fn get(&self, path: &str) -> Answer {
        self.send(Request::get(path).body(Body::empty()).unwrap()).await
    }

    /// Opens a desk's form, waits a minute, and sends it.
    pub async fn write(&self, desk: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])]) -> Answer {
        let form = self.get(&format!("/-/desk/{desk}")).await;
        let token = form.value("token");
        self.later(1);
        let mut all = vec![("token", token.as_str())];
        all.extend_from_slice(fields);
        self.post_files(&format!("/-/desk/{desk}"), &all, files, "").await
    }

    pub async fn post_files(&self, path: &str, fields: &[(&str, &str)], files: &[(&str, &[u8])], cookie: &str) -> Answer {
        let mut body = Vec::new();
        for (name, value) in fields {
            body.extend(format!("--B\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n").into_bytes());
        }
        for (name, bytes) in files {
            body.extend(format!("--B\r\nContent-Disposition: form-data; name=\"files\"; filename=\"{name}\"\r\nContent-Type: image/jpeg\r\n\r\n").into_bytes());
            body.extend_from_slice(bytes);
            body.extend(b"\r\n");
        }
        body.extend(b"--B--\r\n");
        let request = Request::post(path).header("content-type", "multipart/form-data; boundary=B").header("cookie", cookie);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)], cookie: &str) -> Answer {
        let encode = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
        let body = fields.iter().map(|(k, v)| format!("{}={}", encode(k), encode(v))).collect::<Vec<_>>().join("&");
        let request = Request::post(path).header("content-type", "application/x-www-form-urlencoded").header("cookie", cookie);
        self.send(request.body(Body::from(body)).unwrap()).await
    }

    /// An account with a password everybody knows, signed in.
    pub async fn officer(&self, name: &str, grants: &str) -> Officer<'_> {
        let account = Account {
            name: name.into(),
            full_name: format!("{name}同志"),
            email: format!("{name}@yunxiu.gov.example"),
            password: password::hashed(PASSWORD).unwrap(),
            grants: Grant::parse_all(grants).unwrap(),
            ..Account::default()
        };
        self.sidecar.casework.store.write(vec![accounts::add(&account)]).await.unwrap();
        let cookie = self.sign_in(name).await;
        Officer { city: self, cookie }
    }

    pub async fn sign_in(&self, name: &str) -> String {
        self.sign_in_as(name, PASSWORD).await
    }

    pub async fn sign_in_as(&self, name: &str, password: &str) -> String {
        let answer = self.post("/-/office/sign-in", &[("name", name), ("password", password)], "").await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.text);
        answer.headers["set-cookie"].split(';').next().unwrap().to_string()
    }

    /// Brings content files to what they should be, and builds the sites.
    pub async fn build(&self) -> std::path::PathBuf {
        portico::sidecar::bulletin::publish(&self.sidecar).await;
        let request = request(self.folder.path());
        let outcome = portico::pipeline::build(&request, &portico::pipeline::Silent, &mut portico::pipeline::Kept::default()).unwrap();
        assert_eq!(outcome.diagnostics, [], "what the sidecar writes has no mistakes");
        request.out
    }

    pub fn content(&self, path: &str) -> String {
        std::fs::read_to_string(self.folder.path().join("content").join(path)).unwrap_or_default()
    }
}

pub struct Officer<'c> {
    pub city: &'c City,
    pub cookie: String,
}

impl Officer<'_> {
    pub async fn get(&self, path: &str) -> Answer {
        self.city.send(Request::get(path).header("cookie", &self.cookie).body(Body::empty()).unwrap()).await
    }

    /// Does something with a case as its page offers it.
    pub async fn act(&self, number: &str, deed: &str, text: &str, department: &str) -> Answer {
        let page = self.get(&format!("/-/office/case/{number}")).await;
        let (csrf, version) = (page.value("csrf"), page.value("version"));
        let fields = [("csrf", &*csrf), ("version", &version), ("deed", deed), ("text", text), ("department", department)];
        self.post(&format!("/-/office/case/{number}"), &fields).await
    }

    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.city.post(path, fields, &self.cookie).await
    }
}

pub struct Answer {
    pub status: StatusCode,
    pub headers: BTreeMap<String, String>,
    pub all_cookies: Vec<String>,
    pub text: String,
}

impl Answer {
    async fn of(response: Response<Body>) -> Self {
        let headers = response.headers().iter().map(|(k, v)| (k.to_string(), v.to_str().unwrap_or("").to_string())).collect();
        let all_cookies = response.headers().get_all("set-cookie").iter().map(|v| v.to_str().unwrap_or("").to_string()).collect();
        let status = response.status();
        let bytes = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
        Self { status, headers, all_cookies, text: String::from_utf8_lossy(&bytes).into_owned() }
    }

    /// The value of a hidden field.
    pub fn value(&self, name: &str) -> String {
        let after = self.text.split(&format!("name=\"{name}\" value=\"")).nth(1);
        after.unwrap_or_else(|| panic!("no {name} in {}", self.text)).split('"').next().unwrap().to_string()
    }

    /// The number and the receipt code of a receipt.
    pub fn receipt(&self) -> (String, String) {
        assert_eq!(self.status, StatusCode::OK, "{}", self.text);
        let mut codes = self.text.split("<code>").skip(1).map(|part| part.split('<').next().unwrap().to_string());
        (codes.next().unwrap(), codes.next().unwrap())
    }

    pub fn has(&self, text: &str) -> bool {
        self.text.contains(text)
    }
}

pub const LETTER: [(&str, &str); 5] = [
    ("category", "教育"),
    ("subject", "学校门口缺少斑马线"),
    ("text", "云溪小学门口放学时车多，请画斑马线。电话13900001234"),
    ("name", "张三丰"),
    ("consent", "yes"),
];

pub fn folder_of(city: &City) -> &Path {
    city.folder.path()
}
