//! Search over a group: what is found, in which order, what is never found, and an index that follows its group.
//!
//! Over the sample group: the questions of `tests/search/questions.yaml` with what they must find first. Over small groups: edits, withdrawals, leaks,
//! damage, questions that mean harm.

#![cfg(feature = "search")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::fs;
use std::path::{Path, PathBuf};

use portico::pipeline::{self, Kept, Request, Silent};
use portico::search::answer::Answer;
use portico::search::dictionary::Dictionary;
use portico::search::question::{Order, Wish};
use portico::search::shown::{Kind, Shown};
use portico::search::tokens::{Way, phrase};
use portico::search::{Searcher, Updated};
use portico::source::front_matter::Audience;

fn request(root: &Path) -> Request {
    Request {
        root: root.to_path_buf(),
        out: root.join("out"),
        sites: Vec::new(),
        audience: Audience::Public,
        drafts: false,
        base_url: None,
        at: Some("2026-11-20 18:00".into()),
        clean: false,
        explain: None,
    }
}

/// A group in a folder of its own.
struct Group(tempfile::TempDir);

impl Group {
    fn new() -> Self {
        let group = Self(tempfile::tempdir().unwrap());
        group.write("sites/group.yaml", "name: 云岫\ndomain: yunxiu.gov.example\nmain: www\ntimezone: Asia/Shanghai\n");
        group.write("sites/www.yaml", "name: 云岫市人民政府\nkind: portal\ncolumns:\n  - {id: news, name: 要闻, type: news}\n  - {id: guide, name: 办事指南, type: guide}\n  - {id: data, name: 档案目录, type: table}\n");
        group.write("sites/jyj.yaml", "name: 云岫市教育局\nshort_name: 市教育局\nkind: department\nphone: 0630-8811001\ncolumns:\n  - {id: news, name: 工作动态, type: news}\n  - {id: policy, name: 政策文件, type: policy}\n");
        group
    }

    fn root(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.root().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn news(&self, path: &str, title: &str, body: &str) {
        self.write(&format!("content/{path}"), &format!("---\ntitle: {title}\ndate: 2026-11-03\n---\n{body}\n"));
    }

    fn folder(&self) -> PathBuf {
        pipeline::index_folder(self.root())
    }

    /// Builds as `portico build` does; gives what became of the index.
    fn build(&self) -> Option<Updated> {
        let (request, mut kept) = (request(self.root()), Kept::default());
        let outcome = pipeline::build(&request, &Silent, &mut kept).unwrap();
        pipeline::index(&request, &outcome, &kept).unwrap()
    }

    fn searcher(&self) -> Searcher {
        Searcher::open(&self.folder()).unwrap()
    }

    fn titles(&self, words: &str) -> Vec<String> {
        ask(&self.searcher(), words).hits.into_iter().map(|hit| hit.shown.title.to_string()).collect()
    }
}

fn ask(searcher: &Searcher, words: &str) -> Answer {
    answer(searcher, &Wish { words: words.into(), ..Wish::default() })
}

fn answer(searcher: &Searcher, wish: &Wish) -> Answer {
    let wish = Wish { now: 2026, page: wish.page.max(1), ..wish.clone() };
    searcher.answer(&wish, &Dictionary::of(&[]).0).unwrap()
}

#[test]
fn the_index_follows_its_group() {
    let group = Group::new();
    group.news("www/news/a.md", "城区停水通知", "因管道检修，明日暂停供水。");
    group.news("jyj/news/b.md", "小学招生公告", "今年小学招生开始报名。");
    let first = group.build().unwrap();
    assert!(first.anew && first.made == 4, "{first:?}");
    assert!(group.build().is_none_or(|again| (again.made, again.removed, again.anew) == (0, 0, false)), "nothing changed");
    group.news("jyj/news/b.md", "小学招生公告", "今年小学招生工作推迟到八月。");
    let second = group.build().unwrap();
    assert_eq!((second.anew, second.made, second.removed, second.documents), (false, 1, 0, 4));
    assert_eq!(group.titles("推迟到八月"), ["小学招生公告"]);
    assert!(group.titles("开始报名").is_empty());
    fs::remove_file(group.root().join("content/www/news/a.md")).unwrap();
    let third = group.build().unwrap();
    assert_eq!((third.made, third.removed, third.documents), (0, 1, 3));
    assert!(group.titles("停水").is_empty());
}

#[test]
fn an_attachment_is_found_by_its_new_name() {
    let group = Group::new();
    let item = |name: &str| {
        group.write(
            "content/www/news/a.md",
            &format!("---\ntitle: 城区停水通知\ndate: 2026-11-03\nattachments:\n  - {{file: a.docx, name: {name}}}\n---\n明日暂停供水。\n"),
        )
    };
    group.write("content/www/news/a.docx", "PK");
    item("受影响小区名单");
    group.build().unwrap();
    assert_eq!(group.titles("小区名单"), ["城区停水通知"]);
    // Nothing but the front matter changes, and of it nothing that every item has.
    item("临时取水点一览");
    let second = group.build().unwrap();
    assert_eq!((second.anew, second.made, second.removed), (false, 1, 0));
    assert_eq!(group.titles("取水点"), ["城区停水通知"]);
    assert!(group.titles("小区名单").is_empty());
}

#[test]
fn a_text_that_was_refused_is_not_found() {
    let group = Group::new();
    group.news("www/news/a.md", "城区停水通知", "明日暂停供水。");
    group.build().unwrap();
    assert_eq!(group.titles("暂停供水"), ["城区停水通知"]);
    group.news("www/news/a.md", "城区停水通知", "水库[决口](javascript:x)，请<b>速</b>撤离。");
    // All of the index is made anew while the item stays as it was. (A body with raw HTML is held as text.)
    fs::remove_dir_all(group.folder()).unwrap();
    assert!(group.build().unwrap().anew);
    assert_eq!(group.titles("城区停水"), ["城区停水通知"]);
    assert!(group.titles("水库决口").is_empty() && !holds(&group.folder(), "决口"));
}

#[test]
fn a_kind_of_words_is_found_in_any_writing() {
    let group = Group::new();
    let policy =
        "---\ntitle: 关于印发《云岫市学校管理办法》的通知\ndate: 2026-05-01\ndocument_number: 云政发〔2026〕12号\n---\n第三条 学校应当公开PDF格式的章程。\n";
    group.write("content/jyj/policy/2026-12.md", policy);
    group.news("www/news/a.md", "贯彻云政发〔2026〕12号文件", "要闻");
    group.build().unwrap();
    for words in ["云政发〔2026〕12号", "云政发[2026]12号", "云政发（２０２６）１２號", "雲政發 2026 12", "云政发202612号"] {
        let titles = group.titles(words);
        assert_eq!(titles.first().map(String::as_str), Some("关于印发《云岫市学校管理办法》的通知"), "{words}");
        assert_eq!(titles.len(), 2, "{words}");
    }
    for words in ["學校管理", "校管", "pdf", "第三条", "《云岫市学", "章程。", "管"] {
        // What holds most of the letters may follow.
        assert_eq!(group.titles(words).first().map(String::as_str), Some("关于印发《云岫市学校管理办法》的通知"), "{words}");
    }
    assert!(group.titles("第四条").is_empty());
}

#[test]
fn every_part_of_every_title_finds_it() {
    let group = Group::new();
    let titles = ["关于2026年“三公”经费预算的公告（第2号）", "PM2.5与空气质量：11月份通报", "云岫—青岚Ｋ12路公交改线", "𠮷祥社区、䶮桥村搬迁"];
    for (i, title) in titles.iter().enumerate() {
        group.write(&format!("content/www/news/n{i}.md"), &format!("---\ntitle: \"{title}\"\ndate: 2026-11-03\n---\n正文\n"));
    }
    group.build().unwrap();
    let searcher = group.searcher();
    for title in titles {
        let letters: Vec<char> = title.chars().collect();
        for (from, to) in (0..letters.len()).flat_map(|from| (from + 1..=letters.len()).map(move |to| (from, to))) {
            let part: String = letters[from..to].iter().collect();
            // What has no letter cannot be looked for; quotation marks have their own meaning, which is the same here.
            if phrase(&part, Way::Pairs).is_none() {
                continue;
            }
            let answer = ask(&searcher, &part);
            assert!(answer.hits.iter().any(|hit| &*hit.shown.title == title), "“{part}” does not find {title}");
        }
    }
}

#[test]
fn sites_kinds_and_years_are_counted_beside_what_is_chosen() {
    let group = Group::new();
    for (site, year, n) in [("www", 2025, 3), ("www", 2026, 12), ("jyj", 2026, 4)] {
        for i in 0..n {
            let text = format!("---\ntitle: 植树活动第{i}场\ndate: {year}-03-{:02}\n---\n植树。\n", i + 1);
            group.write(&format!("content/{site}/news/{year}-{i}.md"), &text);
        }
    }
    group.build().unwrap();
    let searcher = group.searcher();
    let all = ask(&searcher, "植树");
    let number = |id: &str| searcher.catalogue().sites.iter().position(|s| s.id == id).and_then(|n| u16::try_from(n).ok()).unwrap();
    assert_eq!((all.total, all.hits.len(), all.pages), (19, 10, 2));
    assert_eq!(all.sites, [(number("www"), 15), (number("jyj"), 4)]);
    assert_eq!(all.years, [(2026, 16), (2025, 3)]);
    let chosen = answer(&searcher, &Wish { words: "植树".into(), site: Some(number("www")), year: Some(2026), ..Wish::default() });
    assert_eq!((chosen.total, chosen.sites, chosen.years), (12, vec![(number("www"), 12), (number("jyj"), 4)], vec![(2026, 12), (2025, 3)]));
    let second = answer(&searcher, &Wish { words: "植树".into(), order: Order::Date, page: 2, ..Wish::default() });
    assert_eq!(second.hits.len(), 9);
    assert_eq!(&*second.hits.last().unwrap().shown.day, "2025-03-01");
    assert!(answer(&searcher, &Wish { words: "植树".into(), page: 9_999, ..Wish::default() }).hits.is_empty());
}

#[test]
fn rows_of_a_table_are_found_by_their_columns() {
    let group = Group::new();
    group.write(
        "content/www/data/archive.md",
        "---\ntitle: 馆藏档案目录\ndate: 2026-11-03\ndata: archive.csv\ncolumns_shown: [档号, 题名, 年度]\nrows_per_page: 2\n---\n",
    );
    group.write(
        "content/www/data/archive.csv",
        "档号,题名,年度,密级\n001,云溪水利工程图,1958,内部甲\n002,青岚茶园登记册,1962,内部乙\n003,水利会议记录,1962,内部丙\n",
    );
    group.build().unwrap();
    let searcher = group.searcher();
    let table = searcher.catalogue().tables.first().cloned().unwrap();
    assert_eq!((table.headings.join(","), table.rows), ("档号,题名,年度".to_string(), 3));
    let rows = |words: &str, cells: &[(usize, &str)]| {
        let cells = cells.iter().map(|(at, w)| (*at, (*w).to_string())).collect();
        let answer = answer(&searcher, &Wish { words: words.into(), table: Some(table.key), cells, ..Wish::default() });
        let mut numbers: Vec<String> = answer.hits.iter().map(|hit| hit.shown.facts[0].1.to_string()).collect();
        numbers.sort();
        numbers
    };
    assert_eq!(rows("水利", &[]), ["001", "003"]);
    assert_eq!(rows("", &[(2, "1962")]), ["002", "003"]);
    assert_eq!(rows("", &[(1, "水利"), (2, "1962")]), ["003"]);
    assert_eq!(rows("", &[(1, "1962")]), [""; 0], "a word in another column");
    assert_eq!(rows("内部", &[]), [""; 0], "a column that is not shown");
    let row = ask(&searcher, "会议记录").hits.remove(0);
    assert_eq!((row.kind, &*row.shown.spot.path), (Kind::Row, "/data/archive.page-2.html"));
}

#[test]
fn an_office_is_found_by_its_name_and_a_service_by_its_words() {
    let group = Group::new();
    group.write(
        "content/www/guide/id.md",
        "---\ntitle: 居民身份证换领补领\ndate: 2020-01-03\noffice: 云岫市公安局\nphone: 0630-8822000\nforms: [form.docx]\n---\n",
    );
    group.write("content/www/guide/form.docx", "");
    for i in 0..8 {
        group.news(&format!("www/news/n{i}.md"), "身份证补办提醒", "身份证补办身份证补办，市教育局。");
    }
    group.build().unwrap();
    let searcher = group.searcher();
    let answer = ask(&searcher, "身份证怎么补办");
    assert_eq!(&*answer.hits[0].shown.title, "居民身份证换领补领");
    assert_eq!(answer.added, ["居民身份证"]);
    assert_eq!(answer.hits[0].shown.files.len(), 1);
    let card = ask(&searcher, "市教育局").card.unwrap();
    assert_eq!((&*card.shown.title, &*card.shown.spot.path), ("云岫市教育局", "/"));
    assert!(card.shown.facts.iter().any(|(name, value)| &**name == "电话" && &**value == "0630-8811001"));
    assert!(ask(&searcher, "教育局").card.is_some() && ask(&searcher, "身份证").card.is_none());
}

#[test]
fn slips_are_forgiven() {
    let group = Group::new();
    group.news("www/news/a.md", "关于做好高龄老人津贴发放工作的通知", "发放高龄津贴。");
    group.write("content/www/guide/id.md", "---\ntitle: 居民身份证办理\ndate: 2020-01-03\n---\n");
    group.build().unwrap();
    let searcher = group.searcher();
    let near = ask(&searcher, "高龄老人补贴发放");
    assert!(near.near && &*near.hits[0].shown.title == "关于做好高龄老人津贴发放工作的通知", "{near:?}");
    assert!(ask(&searcher, "身分证").meant.contains(&"身份证".to_string()));
    let nothing = ask(&searcher, "量子");
    assert_eq!((nothing.total, nothing.hits.len()), (0, 0));
}

/// All bytes of all files of the index, as they lie there.
fn bytes(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|e| e.file_type().is_file())
        .map(|e| (e.path().into(), fs::read(e.path()).unwrap()))
        .collect()
}

fn holds(folder: &Path, words: &str) -> bool {
    let raw = bytes(folder).iter().any(|(_, b)| memchr::memmem::find(b, words.as_bytes()).is_some());
    let in_text = |s: &Shown| format!("{s:?}").contains(words);
    raw || Searcher::open(folder).unwrap().everything().unwrap().iter().any(in_text)
}

#[test]
fn nothing_internal_is_in_any_file_of_the_index() {
    let group = Group::new();
    let secret = "乾坤大挪移";
    let item = |audience: &str| format!("---\ntitle: 内部通报{secret}\ndate: 2026-11-03\n{audience}---\n正文{secret}，zyxwvutsecret。\n");
    group.write("content/www/news/in.md", &item("audience: internal\n"));
    group.write("content/www/news/draft.md", &item("draft: true\n"));
    group.write("content/www/news/later.md", &item("publish_at: 2027-01-01\n"));
    group.write("content/www/news/over.md", &item("expires_at: 2026-01-01\n"));
    group.news("www/news/open.md", "公开通报", "正文。");
    group.build().unwrap();
    let pairs = ["乾坤", "坤大", "挪移", "zyxwvutsecret"];
    for words in pairs.into_iter().chain([secret]) {
        assert!(!holds(&group.folder(), words), "{words}");
    }
    // The same item, public: the test can fail.
    group.write("content/www/news/in.md", &item(""));
    group.build().unwrap();
    assert!(holds(&group.folder(), secret) && holds(&group.folder(), "zyxwvutsecret"));
    // And withdrawn: its words leave the files, not the answers alone.
    group.write("content/www/news/in.md", &item("audience: internal\n"));
    group.build().unwrap();
    for words in pairs.into_iter().chain([secret]) {
        assert!(!holds(&group.folder(), words), "{words} after it was withdrawn");
    }
    let internal = Request { audience: Audience::Internal, out: group.root().join("inner"), ..request(group.root()) };
    let (mut kept, before) = (Kept::default(), bytes(&group.folder()).len());
    let outcome = pipeline::build(&internal, &Silent, &mut kept).unwrap();
    assert_eq!(pipeline::index(&internal, &outcome, &kept).unwrap(), None, "an internal build leaves the public index alone");
    assert_eq!(bytes(&group.folder()).len(), before);
}

#[test]
fn a_damaged_index_is_known_and_made_again() {
    let group = Group::new();
    for i in 0..50 {
        group.news(&format!("www/news/n{i}.md"), &format!("第{i}期简报"), "内容");
    }
    group.build().unwrap();
    let files: Vec<PathBuf> = bytes(&group.folder()).into_iter().map(|(path, _)| path).filter(|p| !p.to_string_lossy().ends_with(".lock")).collect();
    assert!(files.len() > 5);
    for path in files {
        let whole = fs::read(&path).unwrap();
        for damage in [Vec::new(), whole[..whole.len() / 2].to_vec(), whole.iter().map(|b| b ^ 0x55).collect()] {
            fs::write(&path, damage).unwrap();
            let known = Searcher::open(&group.folder()).and_then(|s| s.prove()).is_err();
            assert!(known || path.ends_with(".managed.json"), "{} is damaged, and nobody noticed", path.display());
            fs::write(&path, &whole).unwrap();
        }
    }
    assert!(group.searcher().prove().is_ok());
    fs::remove_dir_all(group.folder()).unwrap();
    assert!(group.build().unwrap().anew);
    assert_eq!(ask(&group.searcher(), "简报").total, 50);
}

#[test]
fn a_file_that_is_cut_off_under_an_open_index_is_an_error() {
    for ending in ["store", "pos", "idx"] {
        let group = Group::new();
        for i in 0..50 {
            group.news(&format!("www/news/n{i}.md"), &format!("第{i}期简报"), "内容");
        }
        group.build().unwrap();
        assert_eq!(ask(&group.searcher(), "简报").total, 50);
        let searcher = group.searcher();
        let files: Vec<PathBuf> = bytes(&group.folder()).into_iter().map(|(path, _)| path).filter(|p| p.extension().is_some_and(|e| e == ending)).collect();
        assert!(!files.is_empty(), "{ending}");
        files.iter().for_each(|path| fs::File::options().write(true).open(path).unwrap().set_len(0).unwrap());
        let asked = searcher.answer(&Wish { words: "第7期简报".into(), ..Wish::default() }, &Dictionary::of(&[]).0);
        assert!(asked.is_err(), "{ending}: {asked:?}");
        assert!(searcher.prove().is_err() && !searcher.is_whole(), "{ending}");
    }
}

#[test]
fn what_is_asked_is_not_mapped() {
    let group = Group::new();
    group.news("www/news/a.md", "第1期简报", "内容");
    group.build().unwrap();
    let searcher = group.searcher();
    assert_eq!(ask(&searcher, "简报").total, 1);
    searcher.prove().unwrap();
    let (maps, folder) = (fs::read_to_string("/proc/self/maps").unwrap(), group.folder());
    let mapped: Vec<&str> = maps.lines().filter(|line| line.contains(folder.to_str().unwrap())).collect();
    assert!(mapped.is_empty(), "{mapped:#?}");
}

#[test]
fn a_question_that_means_harm_is_only_words() {
    let group = Group::new();
    for i in 0..40 {
        group.news(&format!("www/news/n{i}.md"), "标题标题标题", &"内容".repeat(200));
    }
    group.build().unwrap();
    let searcher = group.searcher();
    let long = "标题".repeat(5_000);
    let many = (0..2_000).map(|i| format!("{}{} ", char::from_u32(0x4E00 + i).unwrap(), i)).collect::<String>();
    for words in [
        "*",
        "*:*",
        "title:*",
        "\"",
        "\"\"",
        "“",
        "a OR b",
        "NOT 标题",
        "标题~9999",
        "[* TO *]",
        "\\",
        "\u{0}\u{1}\u{202E}",
        "' OR 1=1 --",
        "(((((",
        "^^^",
        "",
        " ",
        "的",
        &long,
        &many,
    ] {
        let answer = ask(&searcher, words);
        assert!(answer.hits.len() <= 10, "{words}");
    }
    assert_eq!(ask(&searcher, "标题 \"题标\" *").total, 40);
    assert!(ask(&searcher, &long).cut);
}

/// The questions of `questions.yaml`: what is asked, and what must come first, among the first three, or as the office's card.
#[test]
fn people_find_what_they_ask_for() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let group = tempfile::tempdir().unwrap();
    for part in ["sites", "content", "themes"] {
        if root.join(part).exists() {
            std::os::unix::fs::symlink(root.join(part), group.path().join(part)).unwrap();
        }
    }
    let request = request(group.path());
    pipeline::index_again(&request, &pipeline::index_folder(group.path())).unwrap();
    let searcher = Searcher::open(&pipeline::index_folder(group.path())).unwrap();
    let (dictionary, found) = Dictionary::load(root);
    assert_eq!(found, []);
    let questions: Vec<std::collections::BTreeMap<String, String>> = questions(&fs::read_to_string(root.join("tests/search/questions.yaml")).unwrap());
    assert!(questions.len() >= 60);
    let mut wrong = Vec::new();
    for question in &questions {
        let wish = Wish { words: question["ask"].clone(), now: 2026, page: 1, ..Wish::default() };
        let answer = searcher.answer(&wish, &dictionary).unwrap();
        let titles: Vec<&str> = answer.hits.iter().take(4).map(|hit| &*hit.shown.title).collect();
        let card = answer.card.as_ref().map_or("", |hit| &*hit.shown.title);
        let right = match (question.get("first"), question.get("top"), question.get("card")) {
            (Some(first), ..) => titles.first() == Some(&first.as_str()),
            (_, Some(top), _) => titles.iter().take(3).any(|t| t == top),
            (.., Some(office)) => card == office,
            _ => panic!("{question:?}"),
        };
        if !right {
            wrong.push(format!("{question:?}\n    card {card:?}; {titles:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), questions.len(), wrong.join("\n"));
}

/// Reads `- {key: value, key: value}` lines.
fn questions(text: &str) -> Vec<std::collections::BTreeMap<String, String>> {
    let entry = |line: &str| {
        let fields = line.strip_prefix("- {")?.strip_suffix('}')?;
        Some(fields.split(", ").map(|field| field.split_once(": ").unwrap()).map(|(k, v)| (k.to_string(), v.trim_matches('"').to_string())).collect())
    };
    text.lines().filter_map(entry).collect()
}
