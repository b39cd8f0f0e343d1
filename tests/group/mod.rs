//! A portal group in a temporary folder, built by the program itself.
//!
//! In: files, edits and arguments. Out: [`Built`] (status, JSON, report), the output [`Tree`], and which outputs a build really
//! wrote: every output is given an old time first, so a file that was written can be told from one with the same bytes.

#![allow(dead_code, reason = "every test file uses its own part of this")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use portico::pipeline::Request;
use portico::source::front_matter::Audience;
use serde_json::Value;

/// The moment of every build that does not say another.
pub const AT: &str = "2026-11-20 12:00";

/// Output files by their paths.
pub type Tree = BTreeMap<String, Vec<u8>>;

/// A portal group in a folder of its own.
pub struct Group {
    dir: tempfile::TempDir,
}

/// What a build said.
#[derive(Debug)]
pub struct Built {
    /// The exit status; -1 when it was killed.
    pub status: i32,
    /// What stands on stdout.
    pub json: Value,
    /// What stands on stderr.
    pub stderr: String,
}

/// Which outputs a build changed.
#[derive(Debug, PartialEq, Eq, Default)]
pub struct Changes {
    /// Written, whatever the bytes.
    pub written: BTreeSet<String>,
    /// No longer there.
    pub removed: BTreeSet<String>,
}

impl Built {
    /// A number of the JSON object.
    pub fn number(&self, key: &str) -> u64 {
        self.json[key].as_u64().unwrap_or_else(|| panic!("no {key} in {:?}", self))
    }

    /// The diagnostics, as `code file`.
    pub fn codes(&self) -> Vec<String> {
        let text = |d: &Value, key: &str| d[key].as_str().unwrap_or("").to_string();
        self.json["diagnostics"].as_array().into_iter().flatten().map(|d| format!("{} {}", text(d, "code"), text(d, "file"))).collect()
    }

    /// The same, once the status has been checked.
    #[track_caller]
    pub fn exits(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.json, self.stderr);
        self
    }
}

impl Group {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// Three sites (the main one, a department, a township inside the main one's host), some of everything, a theme that shows all.
    pub fn small() -> Self {
        let group = Self::empty();
        for (path, text) in SMALL {
            group.write(path, text);
        }
        group.write("content/jyj/news/photo.png", picture(40, 20));
        group.write("content/tea/album/spring/1.png", picture(8, 8));
        group.write("content/tea/album/spring/2.png", picture(16, 8));
        group.write("content/jyj/forms/apply.docx", b"PK-form-1");
        group
    }

    /// A group read from a folder, the output `expected` beside it left out.
    pub fn of(folder: &Path) -> Self {
        let group = Self::empty();
        copy(folder, group.root(), &["expected"]);
        group
    }

    /// The group's folder.
    pub fn root(&self) -> &Path {
        self.dir.path()
    }

    /// A file of the group.
    pub fn path(&self, path: &str) -> PathBuf {
        self.root().join(path)
    }

    /// Its usual output folder.
    pub fn out(&self) -> PathBuf {
        self.path("out")
    }

    /// Writes a file, making its folders.
    pub fn write(&self, path: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }

    /// What a build of this group into its usual output folder is asked, for whoever calls the library.
    pub fn request(&self) -> Request {
        Request {
            root: self.root().to_path_buf(),
            out: self.out(),
            sites: Vec::new(),
            audience: Audience::Public,
            drafts: false,
            base_url: None,
            at: Some(AT.into()),
            clean: false,
            explain: None,
        }
    }

    /// Replaces the one place where `from` stands.
    #[track_caller]
    pub fn edit(&self, path: &str, from: &str, to: &str) {
        let text = fs::read_to_string(self.path(path)).unwrap_or_else(|e| panic!("{path}: {e}"));
        assert_eq!(text.matches(from).count(), 1, "`{from}` in {path}: {text}");
        self.write(path, text.replace(from, to));
    }

    /// Removes a file or a folder.
    #[track_caller]
    pub fn remove(&self, path: &str) {
        let path = self.path(path);
        let removed = if path.is_dir() { fs::remove_dir_all(&path) } else { fs::remove_file(&path) };
        removed.unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    }

    /// Moves a file or a folder.
    pub fn rename(&self, from: &str, to: &str) {
        fs::create_dir_all(self.path(to).parent().unwrap()).unwrap();
        fs::rename(self.path(from), self.path(to)).unwrap();
    }

    /// The program, set up to build this group; without `--at` and `--out` when they are among `args`.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
        command.env_remove("LC_ALL").env_remove("LC_MESSAGES").env("LANG", "C").current_dir(self.root());
        command.arg("build").arg("--root").arg(self.root()).args(args);
        if !args.contains(&"--at") {
            command.args(["--at", AT]);
        }
        if !args.contains(&"--out") {
            command.arg("--out").arg(self.out());
        }
        if !args.contains(&"--lang") {
            command.args(["--lang", "en"]);
        }
        if !args.contains(&"--format") {
            command.args(["--format", "json"]);
        }
        command
    }

    /// Builds.
    pub fn build_with(&self, args: &[&str]) -> Built {
        let output = self.command(args).output().unwrap();
        let stdout = String::from_utf8_lossy(&output.stdout);
        Built {
            status: output.status.code().unwrap_or(-1),
            json: serde_json::from_str(&stdout).unwrap_or(Value::Null),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Builds as it is.
    pub fn build(&self) -> Built {
        self.build_with(&[])
    }

    /// Builds, and wants nothing to be wrong.
    #[track_caller]
    pub fn build_well(&self, args: &[&str]) -> Built {
        let built = self.build_with(args).exits(0);
        assert_eq!(built.json["diagnostics"], serde_json::json!([]), "{}", built.stderr);
        built
    }

    /// Lets the files' times grow old enough to be trusted (see `source::walk`), so that the next build may know from a listing what
    /// has not changed.
    pub fn settle(&self) {
        std::thread::sleep(Duration::from_millis(80));
    }

    /// What stands in the output folder.
    pub fn tree(&self) -> Tree {
        tree(&self.out())
    }

    /// One output's text.
    #[track_caller]
    pub fn page(&self, path: &str) -> String {
        fs::read_to_string(self.out().join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// The same sources in a folder of their own, without output and memory.
    pub fn copied(&self) -> Self {
        let other = Self::empty();
        copy(self.root(), other.root(), &["out", ".portico"]);
        other
    }

    /// What a build of a fresh copy makes, and what it says.
    pub fn clean_with(&self, args: &[&str]) -> (Tree, Built) {
        let other = self.copied();
        let built = other.build_with(args);
        (other.tree(), built)
    }

    /// Builds and tells which outputs were written and removed; what the build counts must agree.
    #[track_caller]
    pub fn changes(&self, args: &[&str]) -> (Changes, Built) {
        let before = self.tree();
        age(&self.out());
        let built = self.build_with(args);
        let after = self.tree();
        let changes = Changes {
            written: after.keys().filter(|p| is_fresh(&self.out().join(p))).cloned().collect(),
            removed: before.keys().filter(|p| !after.contains_key(*p)).cloned().collect(),
        };
        for (path, bytes) in &after {
            assert!(changes.written.contains(path) || before.get(path) == Some(bytes), "{path} differs and was not written");
        }
        if built.status < 2 {
            assert_eq!(built.number("written"), changes.written.len() as u64, "written: {:?}\n{}", changes.written, built.json);
            assert_eq!(built.number("removed"), changes.removed.len() as u64, "removed: {:?}\n{}", changes.removed, built.json);
            assert_eq!(built.number("written") + built.number("unchanged"), built.number("outputs"), "{}", built.json);
        }
        (changes, built)
    }

    /// Builds, wants exactly these outputs written and removed, and the same tree and warnings as from a clean build.
    #[track_caller]
    pub fn expect<S: AsRef<str>>(&self, args: &[&str], written: &[S], removed: &[S]) -> Built {
        let (changes, built) = self.changes(args);
        assert_eq!(built.status, 0, "{}", built.stderr);
        let set = |paths: &[S]| paths.iter().map(|p| p.as_ref().to_string()).collect::<BTreeSet<_>>();
        assert_same("written", &changes.written, &set(written));
        assert_same("removed", &changes.removed, &set(removed));
        self.equals_clean(args, &built);
        built
    }

    /// Wants the output and the report to be what a clean build elsewhere makes.
    #[track_caller]
    pub fn equals_clean(&self, args: &[&str], built: &Built) {
        let (clean, other) = self.clean_with(args);
        assert_same_tree(&self.tree(), &clean);
        for key in ["sites", "outputs", "errors", "warnings", "diagnostics"] {
            assert_eq!(built.json[key], other.json[key], "{key}");
        }
    }
}

/// Wants two sets of paths to be equal, and says what they lack.
#[track_caller]
pub fn assert_same(what: &str, found: &BTreeSet<String>, wanted: &BTreeSet<String>) {
    let too_many: Vec<_> = found.difference(wanted).collect();
    let missing: Vec<_> = wanted.difference(found).collect();
    assert!(too_many.is_empty() && missing.is_empty(), "{what}: not expected {too_many:#?}, missing {missing:#?}");
}

/// Wants two output trees to be equal byte for byte.
#[track_caller]
pub fn assert_same_tree(found: &Tree, wanted: &Tree) {
    let keys = |tree: &Tree| tree.keys().cloned().collect::<BTreeSet<_>>();
    assert_same("files", &keys(found), &keys(wanted));
    for (path, bytes) in found {
        if *bytes != wanted[path] {
            let difference = first_difference(&String::from_utf8_lossy(bytes), &String::from_utf8_lossy(&wanted[path]));
            panic!("{path} differs in {}", difference.unwrap_or_default());
        }
    }
}

fn first_difference(found: &str, wanted: &str) -> Option<String> {
    let same = found.chars().zip(wanted.chars()).take_while(|(a, b)| a == b).count();
    let around = |text: &str| text.chars().skip(same.saturating_sub(60)).take(160).collect::<String>();
    (found != wanted).then(|| format!("character {same}\n--- found\n…{}…\n--- wanted\n…{}…", around(found), around(wanted)))
}

/// All files below a folder; links are told as what they are.
pub fn tree(folder: &Path) -> Tree {
    let mut tree = Tree::new();
    for entry in walkdir::WalkDir::new(folder).into_iter().filter_map(Result::ok) {
        let path = entry.path().strip_prefix(folder).unwrap().to_string_lossy().into_owned();
        if entry.file_type().is_file() {
            tree.insert(path, fs::read(entry.path()).unwrap());
        } else if entry.file_type().is_symlink() {
            tree.insert(path, b"(a symbolic link)".to_vec());
        }
    }
    tree
}

fn copy(from: &Path, to: &Path, without: &[&str]) {
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        let name = entry.file_name();
        if without.iter().any(|w| name == *w) {
            continue;
        }
        let target = to.join(&name);
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            fs::create_dir_all(&target).unwrap();
            copy(&entry.path(), &target, &[]);
        } else if kind.is_symlink() {
            std::os::unix::fs::symlink(fs::read_link(entry.path()).unwrap(), target).unwrap();
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// Gives every file an old time.
fn age(folder: &Path) {
    for path in tree(folder).keys() {
        if let Ok(file) = fs::File::options().write(true).open(folder.join(path)) {
            file.set_modified(old()).unwrap();
        }
    }
}

fn is_fresh(path: &Path) -> bool {
    fs::symlink_metadata(path).unwrap().modified().unwrap() != old()
}

fn old() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000)
}

/// A picture of this size.
pub fn picture(width: u32, height: u32) -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    image::RgbImage::from_pixel(width, height, image::Rgb([10, 120, 200])).write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// An item: its title, its date, further lines of front matter, its body.
pub fn item(title: &str, date: &str, more: &str, body: &str) -> String {
    let more = if more.is_empty() || more.ends_with('\n') { more.to_string() } else { format!("{more}\n") };
    format!("---\ntitle: {title}\ndate: {date}\n{more}---\n{body}\n")
}

/// A theme whose pages show their whole view, so that a page's bytes change whenever its view does.
pub const PLAIN: &[(&str, &str)] = &[
    ("themes/plain/theme.yaml", "name: plain\n"),
    ("themes/plain/words/zh-CN.yaml", "greeting: 您好\n"),
    ("themes/plain/static/css/main.css", "body{margin:0}\n"),
    ("themes/plain/templates/header.html", "<header>{{ group }}{{ site }}{{ bar }}{{ menu }}{{ duties }}{{ words }}{{ assets }}</header>\n"),
    ("themes/plain/templates/footer.html", "<footer>{{ words.greeting }}</footer>\n"),
    (
        "themes/plain/templates/base.html",
        "<!DOCTYPE html>\n<html><head><meta name=\"generator\" content=\"Portico\"><title>{{ page.title }}</title></head>\n<body>{{ header | safe }}\n{{ page }}{{ place }}\n{% block main %}{% endblock main %}\n{{ footer | safe }}</body></html>\n",
    ),
    ("themes/plain/templates/home.html", "{% extends \"base.html\" %}{% block main %}{{ home }}{% endblock main %}\n"),
    ("themes/plain/templates/column.html", "{% extends \"base.html\" %}{% block main %}{{ column }}{% endblock main %}\n"),
    (
        "themes/plain/templates/item.html",
        "{% extends \"base.html\" %}{% block main %}{{ item }}\n{{ body.html | safe }}{{ topic }}{% if item.table %}{{ table }}{% endif %}{% endblock main %}\n",
    ),
    ("themes/plain/templates/item-policy.html", "{% extends \"item.html\" %}\n"),
    ("themes/plain/templates/map.html", "{% extends \"base.html\" %}{% block main %}{{ map }}{% endblock main %}\n"),
    ("themes/plain/templates/missing.html", "{% extends \"base.html\" %}\n"),
];

/// The files of [`Group::small`] that are text.
const SMALL: &[(&str, &str)] = &[
    PLAIN[0],
    PLAIN[1],
    PLAIN[2],
    PLAIN[3],
    PLAIN[4],
    PLAIN[5],
    PLAIN[6],
    PLAIN[7],
    PLAIN[8],
    PLAIN[9],
    PLAIN[10],
    PLAIN[11],
    ("sites/group.yaml", "name: 云岫市人民政府\ndomain: yunxiu.test\nmain: www\ntheme: plain\n"),
    (
        "sites/www.yaml",
        "name: 云岫市人民政府\nkind: portal\nat: www\ncolumns:\n\
         - {id: news, name: 要闻, type: news}\n\
         - {id: notices, name: 公告, type: notice, page_size: 2}\n\
         - {id: depts, name: 部门动态, collect: [department/news]}\n\
         home:\n- {column: news, count: 3}\n",
    ),
    (
        "sites/jyj.yaml",
        "name: 教育局\nkind: department\nat: jyj\ncolumns:\n\
         - {id: news, name: 动态, type: news}\n\
         - id: open\n  name: 公开\n  columns:\n  - {id: policy, name: 政策, type: policy}\n  - {id: explainer, name: 解读, type: explainer}\n\
         - {id: forms, name: 表格, type: download}\n",
    ),
    ("sites/tea.yaml", "name: 茶马镇\nkind: township\nat: www/tea\ncolumns:\n- {id: news, name: 镇闻, type: news}\n- {id: album, name: 图集, type: album}\n"),
    ("content/www/news/a.md", "---\ntitle: 甲\ndate: 2026-01-01\nsummary: 甲的摘要\n---\n甲的正文。\n"),
    ("content/www/news/b.md", "---\ntitle: 乙\ndate: 2026-01-02\nsummary: 乙的摘要\n---\n乙的正文。\n"),
    ("content/www/news/c.md", "---\ntitle: 丙\ndate: 2026-01-03\nsummary: 丙的摘要\n---\n丙的正文。\n"),
    ("content/www/news/d.md", "---\ntitle: 丁\ndate: 2026-01-04\nsummary: 丁的摘要\n---\n丁的正文。\n"),
    ("content/www/notices/n1.md", "---\ntitle: 公告一\ndate: 2026-02-01\nsummary: 一\n---\n一。\n"),
    ("content/www/notices/n2.md", "---\ntitle: 公告二\ndate: 2026-02-02\nsummary: 二\n---\n二。\n"),
    ("content/www/notices/n3.md", "---\ntitle: 公告三\ndate: 2026-02-03\nsummary: 三\n---\n三。\n"),
    ("content/www/notices/n4.md", "---\ntitle: 公告四\ndate: 2026-02-04\nsummary: 四\n---\n四。\n"),
    ("content/www/notices/n5.md", "---\ntitle: 公告五\ndate: 2026-02-05\nsummary: 五\n---\n五。\n"),
    ("content/jyj/news/x.md", "---\ntitle: 开学\ndate: 2026-03-01\nsummary: 开学了\nshare: [www/news]\n---\n开学。见[甲](@/www/news/a.md)。\n"),
    ("content/jyj/news/y.md", "---\ntitle: 运动会\ndate: 2026-03-02\nsummary: 运动会\n---\n![跑步](photo.png)\n"),
    ("content/jyj/news/z.md", "---\ntitle: 放假\ndate: 2026-03-03\nsummary: 放假了\n---\n放假。\n"),
    (
        "content/jyj/open/policy/p.md",
        "---\ntitle: 招生办法\ndate: 2026-03-04\nsummary: 办法\ndocument_number: 教发〔2026〕1号\naliases: [/old/p.html]\n---\n## 第一条\n\n招生。\n",
    ),
    ("content/jyj/open/explainer/e.md", "---\ntitle: 办法解读\ndate: 2026-03-05\nsummary: 解读\nexplains: [\"@/jyj/open/policy/p.md\"]\n---\n解读。\n"),
    ("content/jyj/forms/apply.md", "---\ntitle: 申请表\ndate: 2026-03-06\nsummary: 表\nattachments: [apply.docx]\n---\n填写。\n"),
    ("content/tea/news/t.md", "---\ntitle: 采茶\ndate: 2026-04-01\nsummary: 采茶\n---\n采茶。\n"),
    ("content/tea/album/spring/index.md", "---\ntitle: 春色\ndate: 2026-04-02\nsummary: 春色\n---\n"),
];
