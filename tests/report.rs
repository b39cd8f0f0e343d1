//! The monthly report of a seeded group, compared whole; the pages of a check.
//!
//! In: a group with a history of fixed commits, and `portico report`. Out: every sheet, as it stands in `tests/check/october/`
//! (`PORTICO_BLESS=1` writes it anew).

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use group::{AT, Group};

const GROUP: &str = "name: 云岫市人民政府门户网站群\nshort_name: 云岫市政府网\ndomain: yunxiu.gov.example\nmain: www\n\
footer: {sponsor: \"{site}\", organizer: 云岫市信息中心, icp: 云ICP备20260001号, police: 云公网安备 53990002000001号, conac: https://bszs.conac.example/x, contact: 电话 0630-8800012, error_report: https://jiucuo.gov.example/x}\n\
check: {imported_until: 2026-09-30, links: [{host: \"*.gov.cn\", reviewed: 2026-10-01}]}\n\
report: {points: {item: 1, shared: 2, late: -1}}\n";

fn site(name: &str, short: &str, kind: &str, at: &str, columns: &str) -> String {
    format!("name: {name}\nshort_name: {short}\nkind: {kind}\nat: {at}\nidentity_code: \"5399000001\"\ncolumns:\n{columns}")
}

const NEWS: &str = "- {id: news, name: 工作动态, type: news}\n- {id: forms, name: 通知公告, type: notice}\n";

fn item(title: &str, date: &str, more: &str, body: &str) -> String {
    format!("---\ntitle: {title}\ndate: {date}\nsummary: {title}\n{more}---\n{body}\n")
}

struct Seeded(Group);

impl Seeded {
    fn new() -> Self {
        let group = Group::empty();
        group.write("sites/group.yaml", GROUP);
        let portal = format!("{NEWS}- {{id: letters, name: 来信选登, type: reply}}\n- {{id: services, name: 办事服务, type: guide}}\n");
        group.write("sites/www.yaml", site("云岫市人民政府", "市政府", "portal", "www", &portal));
        group.write("sites/jyj.yaml", site("云岫市教育局", "市教育局", "department", "jyj", NEWS));
        group.write("sites/wjw.yaml", site("云岫市卫生健康委员会", "市卫健委", "department", "wjw", NEWS));
        group.write("sites/chayuan.yaml", site("茶园镇", "茶园镇", "township", "chayuan", NEWS));
        let seeded = Self(group);
        seeded.git(&["init", "-q", "-b", "main"], "2026-09-15");
        seeded.0.write(".gitignore", "/out\n/out-internal\n/.portico\n/reports\n");
        for id in ["www", "jyj", "wjw", "chayuan"] {
            seeded.0.write(&format!("content/{id}/news/old.md"), item("旧网站的消息", "2024-05-01", "", "历史内容。"));
        }
        seeded.commit("2026-09-15");
        seeded
    }

    fn git(&self, args: &[&str], day: &str) {
        let mut command = Command::new("git");
        command.arg("-C").arg(self.0.root()).args(["-c", "user.name=王", "-c", "user.email=w@yunxiu.gov.example"]).args(args);
        command.env("GIT_COMMITTER_DATE", format!("{day}T09:00:00+08:00")).env("GIT_AUTHOR_DATE", format!("{day}T09:00:00+08:00"));
        let output = command.output().unwrap();
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    }

    fn commit(&self, day: &str) {
        self.git(&["add", "."], day);
        self.git(&["commit", "-qm", "内容"], day);
    }

    /// October: each kind of thing that counts, once at least.
    fn october() -> Self {
        let seeded = Self::new();
        let group = &seeded.0;
        group.write("content/jyj/news/exam.md", item("期中考试安排", "2026-10-12", "share: [www/news]\nsource: 云岫市教育局\n", "安排如下。"));
        group.write("content/jyj/forms/form.md", item("助学金申请通知", "2026-10-12", "attachments: [form.txt]\n", "申请条件见附件，请符合条件的学生在规定时间内向学校提出申请，学校初审后报教育局复核，复核结果公示五个工作日，无异议的发放到学生本人的社会保障卡。"));
        group.write("content/jyj/forms/form.txt", "申请表");
        group.write("content/wjw/news/flu.md", item("流感疫苗接种开始", "2026-10-05", "source: 云岫市人民政府\n", "各接种点已经开放。"));
        group.write(
            "content/www/letters/a.md",
            item(
                "咨询接种地点",
                "2026-10-13",
                "asked_on: 2026-10-10\nanswered_on: 2026-10-13\nanswering_office: 云岫市卫生健康委员会\n",
                "各社区卫生服务中心均可接种。",
            ),
        );
        seeded.commit("2026-10-13");
        group.write("content/chayuan/news/road.md", item("通村公路修复", "2026-10-20", "updated: 2026-10-25\ncorrection: 更正里程数\n", "已修复三公里。"));
        seeded.commit("2026-10-21");
        // Dated in October and committed in November: it counts for November.
        group.write("content/wjw/news/late.md", item("补报的消息", "2026-10-30", "", "内容。"));
        seeded.commit("2026-11-03");
        seeded
    }

    fn report(&self, folder: &str, more: &[&str]) -> BTreeMap<String, String> {
        let folder = self.0.path(folder);
        let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
        command.args(["report", "--month", "2026-10", "--at", AT, "--lang", "zh", "--root"]).arg(self.0.root()).arg("--report").arg(&folder).args(more);
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        read(&folder)
    }
}

fn read(folder: &Path) -> BTreeMap<String, String> {
    let files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    files.map(|p| (p.file_name().unwrap().to_str().unwrap().to_string(), std::fs::read_to_string(&p).unwrap())).collect()
}

#[test]
fn the_report_of_a_seeded_group_is_what_stands_here() {
    let sheets = Seeded::october().report("reports/a", &[]);
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/check/october");
    if std::env::var_os("PORTICO_BLESS").is_some() {
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in &sheets {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }
    let expected = read(&folder);
    assert_eq!(sheets.keys().collect::<Vec<_>>(), expected.keys().collect::<Vec<_>>());
    for (name, text) in &expected {
        assert_eq!(&sheets[name], text, "{name}");
    }
}

#[test]
fn the_same_input_gives_the_same_report_and_the_public_one_names_no_findings() {
    let seeded = Seeded::october();
    seeded.0.write("content/jyj/news/leak.md", item("名单", "2026-10-14", "", "电话13987654321。"));
    seeded.0.write("content/jyj/news/inside.md", item("内部通报", "2026-10-14", "audience: internal\n", "内部。"));
    seeded.commit("2026-10-14");
    let internal = seeded.report("reports/a", &[]);
    assert_eq!(internal, seeded.report("reports/b", &[]));
    assert!(internal["jyj.html"].contains("139****4321") && internal["jyj.html"].contains("内部通报"));
    let public = seeded.report("reports/c", &["--audience", "public"]);
    assert!(!public["jyj.html"].contains("139****4321") && !public["jyj.html"].contains("内部通报"));
    assert!(public["jyj.html"].contains("清单只在内部版本中列出"));
    assert!(!seeded.0.path("out/jyj/news/inside.html").exists(), "what is internal never comes into the public output");
}

#[test]
fn what_citizens_looked_for_is_reported_when_it_was_counted() {
    let seeded = Seeded::october();
    seeded.0.write(".portico/searches/2026-10.csv", "words,asked,empty\n公积金,9,0\n<b>落户,4,4\n张三丰,2,2\n其他,30,3\n");
    seeded.0.write(".portico/searches/2026-09.csv", "words,asked,empty\n上月的词,9,9\n");
    let sheets = seeded.report("reports/a", &[]);
    assert!(sheets["index.html"].contains("群众在找什么") && sheets["index.html"].contains("本月搜索 45 次，其中 9 次没有结果"));
    for sheet in ["index.html", "report.md", "searches.csv"] {
        assert!(sheets[sheet].contains("公积金") && !sheets[sheet].contains("张三丰") && !sheets[sheet].contains("上月的词"), "{sheet}");
    }
    assert!(sheets["index.html"].contains("&lt;b>落户") || sheets["index.html"].contains("&lt;b&gt;落户"));
    assert_eq!(sheets["searches.csv"], "\u{feff}类别,搜索词,搜索次数,无结果次数\n搜索最多,公积金,9,0\n搜索最多,<b>落户,4,4\n没有结果,<b>落户,4,4\n");
    seeded.0.write("elsewhere/2026-10.csv", "words,asked,empty\n身份证,5,0\n");
    let other = seeded.report("reports/b", &["--searches", seeded.0.path("elsewhere").to_str().unwrap()]);
    assert!(other["report.md"].contains("| 身份证 | 5 | 0 |"));
}

#[test]
fn every_number_of_the_table_leads_to_as_many_entries() {
    let sheets = Seeded::october().report("reports/a", &[]);
    let front = &sheets["index.html"];
    let mut links = 0;
    for link in front.split("<a href=\"").skip(1) {
        let Some((target, rest)) = link.split_once("\">") else { continue };
        let Some((file, part)) = target.split_once('#').filter(|(file, _)| !file.is_empty()) else { continue };
        let Ok(count) = rest.split_once("</a>").unwrap().0.parse::<usize>() else { continue };
        let section = sheets[file].split(&format!("<h2 id=\"{part}\">")).nth(1).unwrap().split("<h2").next().unwrap();
        assert_eq!(section.matches("<td class=\"l\">").count(), count, "{target}");
        links += 1;
    }
    assert!(links > 10, "{links}");
}

#[test]
fn a_check_has_pages_and_the_next_one_shows_what_changed() {
    let seeded = Seeded::october();
    let check = |at: &str| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_portico"));
        command.args(["check", "--format", "html", "--at", at, "--lang", "zh", "--root"]).arg(seeded.0.root());
        assert!(command.output().unwrap().status.code() != Some(2));
        read(&seeded.0.path("reports/check"))
    };
    let first = check("2026-11-04 09:00");
    assert!(!first["index.html"].contains("历次检查"), "one check is no trend");
    seeded.0.write("content/jyj/news/leak.md", item("名单", "2026-11-04", "", "身份证号53010219900307106X。"));
    let second = check("2026-11-05 09:00");
    assert!(second["index.html"].contains("历次检查") && second["jyj.html"].contains("历次得分"));
    assert!(second["jyj.html"].contains("530*************6X") && !second["jyj.html"].contains("53010219900307106X"));
    assert!(second["index.html"].contains("-9.0"), "the leak costs ten points, the column is silent no longer");
}
