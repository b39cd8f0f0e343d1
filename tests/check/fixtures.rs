//! A group without a mistake, and for every rule a change that breaks it and the nearest one that does not.
//!
//! In: nothing. Out: the group, and [`CASES`]: files to write, or with `~old~new` one place to replace.

use super::group::Group;

/// One rule's case.
pub struct Case {
    pub rule: &'static str,
    pub guilty: &'static [(&'static str, &'static str)],
    pub innocent: &'static [(&'static str, &'static str)],
}

const GROUP: &str = "name: 云岫市人民政府门户网站群\ndomain: yunxiu.gov.example\nmain: www\nlanguage: zh-CN\n\
footer: {sponsor: \"{site}\", organizer: 云岫市信息中心, icp: 云ICP备20260001号, police: 云公网安备 53990002000001号, conac: https://bszs.conac.example/x, \
contact: 电话 0630-8800012, error_report: https://jiucuo.gov.example/x}\n";
const WWW: &str = "name: 云岫市人民政府\nkind: portal\nat: www\nidentity_code: \"5399000001\"\ncolumns:\n\
- {id: news, name: 政务要闻, type: news}\n- {id: notices, name: 通知公告, type: notice}\n- {id: guides, name: 办事服务, type: guide}\n- {id: letters, name: 来信选登, type: reply}\n";
const JYJ: &str = "name: 云岫市教育局\nkind: department\nat: jyj\nidentity_code: \"5399000011\"\ncolumns:\n- {id: news, name: 工作动态, type: news}\n- {id: data, name: 数据, type: table}\n";

const GUIDE: &str = "---\ntitle: 居住证办理\ndate: 2026-11-10\nsummary: 办理居住证\nlegal_basis: [居住证暂行条例]\nconditions: [居住半年以上]\nmaterials: [居民身份证]\n\
place: 政务服务中心\nhours: 工作日 8:30—17:30\nphone: 0630-8811234\nprocess: [申请, 受理, 领证]\n---\n携带材料到窗口办理。\n";
const LETTER: &str =
    "---\ntitle: 咨询入学\ndate: 2026-10-23\nsummary: 咨询\nasked_on: 2026-07-19\nanswered_on: 2026-07-22\nquestion: 如何报名？\n---\n您好，请到学校报名。\n";
const NUMBERS: &str = "---\ntitle: 来信统计\ndate: 2026-11-10\nsummary: 统计\ndata: letters.csv\n---\n";

/// A long text of nobody else.
const LONG: &str = "十一月十五日上午，市教育局在第一中学召开全市中小学冬季安全工作会议，传达上级有关文件精神，通报今年以来校园安全检查情况，分析当前存在的薄弱环节，\
对取暖设备、食堂卫生、校车运行和消防通道作出安排。会议要求各校在月底前完成自查，建立台账，逐项销号；教研室和督导室组成三个小组，对山区寄宿制学校开展实地走访，帮助解决热水供应和被褥更换问题。\
各校负责人签订了责任书，家长代表也在会上发言。";

/// The group.
pub fn sound() -> Group {
    let group = Group::empty();
    for (path, text) in [
        ("sites/group.yaml", GROUP),
        ("sites/www.yaml", WWW),
        ("sites/jyj.yaml", JYJ),
        ("content/www/guides/permit.md", GUIDE),
        ("content/www/letters/school.md", LETTER),
        ("content/jyj/data/letters.md", NUMBERS),
        ("content/jyj/data/letters.csv", "月份,收到,已受理,已答复\n2026-06,12,10,10\n2026-07,9,9,9\n"),
    ] {
        group.write(path, text);
    }
    for file in ["content/www/news/a.md", "content/www/notices/a.md"] {
        group.write(file, "---\ntitle: 市政府召开常务会议\ndate: 2026-11-18\nsummary: 会议\n---\n会议研究了有关事项。\n");
    }
    group.write("content/jyj/news/safety.md", format!("---\ntitle: 冬季安全工作会议\ndate: 2026-11-16\nsummary: 会议\n---\n{LONG}\n"));
    group
}

/// A news item of the main site.
pub fn news(group: &Group, name: &str, front: &str, body: &str) {
    group.write(&format!("content/www/news/{name}.md"), format!("---\ntitle: 消息\ndate: 2026-11-18\n{front}---\n{body}\n"));
}

/// A news item of a day.
pub fn news_of(group: &Group, name: &str, day: &str, body: &str) {
    group.write(&format!("content/www/news/{name}.md"), format!("---\ntitle: 消息\ndate: {day}\nsummary: 消息\n---\n{body}\n"));
}

/// Writes a case's files: a text that begins with `---` or holds settings as it is, any other as the body of an item.
pub fn write_case(group: &Group, files: &[(&str, &str)]) {
    for (path, text) in files {
        if let Some((old, new)) = text.strip_prefix('~').and_then(|t| t.split_once('~')) {
            group.edit(path, old, new);
        } else if path.ends_with(".md") && !text.starts_with("---") {
            let text = text.replace("{long}", LONG);
            group.write(path, format!("---\ntitle: 消息\ndate: 2026-11-18\nsummary: 消息\n---\n{text}\n"));
        } else if path.ends_with(".png") {
            group.write(path, super::group::picture(40, 20));
        } else {
            group.write(path, text);
        }
    }
}

const fn case(rule: &'static str, guilty: &'static [(&'static str, &'static str)], innocent: &'static [(&'static str, &'static str)]) -> Case {
    Case { rule, guilty, innocent }
}

const N: &str = "content/www/news/n.md";
const G: &str = "sites/group.yaml";
const W: &str = "sites/www.yaml";
const LISTED: &str = "~main: www\n~main: www\ncheck: {links: [{host: \"*.gov.cn\", reviewed: 2026-10-01}]}\n";

/// For every rule what breaks it, and its nearest innocent neighbour.
pub const CASES: &[Case] = &[
    case(
        "private-id",
        &[(N, "身份证号53010219900307106X。")],
        &[(N, "身份证号530102********106X，统一社会信用代码91530100MA6K3X1A2B，索引号530102199003071061。")],
    ),
    case("private-mobile", &[(N, "联系电话：139-8765-4321。")], &[(N, "联系电话：0630-8812345，总投资13987654321元，文号云政发〔2026〕139号。")]),
    case("private-bank", &[(N, "卡号6222020000000000000。")], &[(N, "单号6222020000000000000，卡号6222020000000000001。")]),
    case("wrong-word", &[(N, "全面布署安全工作。")], &[(N, "全面部署安全工作。")]),
    case("sensitive-word", &[(N, "关爱残废人。")], &[(N, "关爱残疾人。")]),
    case("office-name", &[(N, "云岫市教育厅发布通知。")], &[(N, "云岫市教育局发布通知，省教育厅转发。")]),
    case("punctuation", &[(N, "通知如下,请各单位执行。")], &[(N, "通知如下，请各单位执行，经费1,000元。")]),
    case("traditional", &[(N, "市政府關于冬季供暖的通知已经印发，请各单位遵照执行。")], &[(N, "市政府关于冬季供暖的通知已经印发，李喆同志负责。")]),
    case(
        "outside-link",
        &[(G, LISTED), (N, "见[新闻](https://news.example.org/a)。")],
        &[(G, LISTED), (N, "见[国务院](https://www.gov.cn/a)、[教育局](https://jyj.yunxiu.gov.example/)。")],
    ),
    case("outside-link-review", &[(G, "~main: www\n~main: www\ncheck: {links: [{host: www.gov.cn, reviewed: 2024-10-01}]}\n")], &[(G, LISTED)]),
    case("suspicious-link", &[(N, "见[澳门百家乐](https://a.example/)。")], &[(N, "公安机关打击百家乐等网络赌博，见[通报](https://a.example/)。")]),
    case(
        "dead-fragment",
        &[(N, "见[会议](@/www/news/b.md#第二节)。"), ("content/www/news/b.md", "## 第一节\n\n内容。")],
        &[(N, "见[会议](@/www/news/b.md#第一节)。"), ("content/www/news/b.md", "## 第一节\n\n内容。")],
    ),
    case("dead-link", &[(N, "见[会议](@/www/news/none.md)。")], &[(N, "见[会议](@/www/news/a.md)。")]),
    case(
        "future-date",
        &[(N, "---\ntitle: 消息\ndate: 2026-12-18\n---\n内容。\n")],
        &[(N, "---\ntitle: 消息\ndate: 2026-12-18\npublish_at: 2026-12-18\n---\n内容。\n")],
    ),
    case("duplicate", &[(N, "{long}（转载）")], &[(N, "十一月十五日上午，市教育局召开会议。")]),
    case("click-here", &[(N, "办法全文[点击这里](a.md)。")], &[(N, "[办法全文](a.md)，点击这里的按钮。")]),
    case("table-headings", &[(N, "|  |  |\n|---|---|\n| 张 | 三 |\n")], &[(N, "| 姓 |  |\n|---|---|\n| 张 | 三 |\n")]),
    case(
        "alt-is-name",
        &[(N, "![IMG_2031.JPG](p.png)"), ("content/www/news/p.png", "")],
        &[(N, "![会议现场，图片右侧为主席台](p.png)"), ("content/www/news/p.png", "")],
    ),
    case("invisible-text", &[(N, "停\u{200b}水通知。")], &[(N, "停水通知👨\u{200d}👩。")]),
    case("bidi-control", &[(N, "停\u{202e}水通知。")], &[(N, "停水通知——“请转告”。")]),
    case(
        "hidden-link",
        &[(N, "<div style=\"position:absolute;left:-9999px\"><a href=\"https://a.example\">x</a></div>\n")],
        &[(N, "<div style=\"text-align:center\"><a href=\"a.md\">会议</a></div>\n")],
    ),
    case(
        "home-silent",
        &[
            ("content/www/news/a.md", "~2026-11-18~2026-10-18"),
            ("content/www/notices/a.md", "~2026-11-18~2026-10-18"),
            ("content/www/guides/permit.md", "~2026-11-10~2026-10-10"),
        ],
        &[("content/www/news/a.md", "~2026-11-18~2026-11-07")],
    ),
    case("column-silent", &[("content/www/news/a.md", "~2026-11-18~2026-10-18")], &[("content/www/notices/a.md", "~2026-11-18~2026-10-18")]),
    case(
        "columns-silent",
        &[(G, "~main: www\n~main: www\ncheck: {silent_columns: 1}\n"), ("content/www/news/a.md", "~2026-11-18~2026-10-18")],
        &[("content/www/news/a.md", "~2026-11-18~2026-10-18")],
    ),
    case(
        "column-empty",
        &[(W, "~- {id: notices~- {id: empty, name: 空栏目, type: notice}\n- {id: notices")],
        &[(W, "~- {id: notices~- {id: empty, name: 外链栏目, type: notice, link: \"@/jyj\"}\n- {id: notices")],
    ),
    case(
        "columns-empty",
        &[(G, "~main: www\n~main: www\ncheck: {empty_columns: 1}\n"), (W, "~- {id: notices~- {id: empty, name: 空栏目, type: notice}\n- {id: notices")],
        &[(W, "~- {id: notices~- {id: empty, name: 空栏目, type: notice}\n- {id: notices")],
    ),
    case(
        "letters-unanswered",
        &[("content/jyj/data/letters.csv", "月份,收到,已受理,已答复\n2026-07,9,9,8\n")],
        &[("content/jyj/data/letters.csv", "月份,收到,已受理,已答复\n2026-10,9,9,8\n")],
    ),
    case("no-consultation", &[(W, "~来信选登, type: reply~图片新闻, type: news")], &[(W, "~来信选登, type: reply~咨询答复, type: news")]),
    case("no-guides", &[(W, "~办事服务, type: guide~办事服务, type: news")], &[(W, "~办事服务, type: guide~网上办事, type: guide")]),
    case(
        "guide-incomplete",
        &[("content/www/guides/permit.md", "~phone: 0630-8811234\n~")],
        &[("content/www/guides/permit.md", "~phone: 0630-8811234~phone: \"12345\"")],
    ),
    case("footer-incomplete", &[(W, "~5399000001~53990001")], &[(W, "~5399000001~5399000009")]),
    case(
        "page-tags",
        &[
            ("themes/own/theme.yaml", "extends: default\n"),
            ("themes/own/templates/item-reply.html", "<title>{{ page.title }}</title>"),
            (G, "~main: www\n~main: www\ntheme: own\n"),
        ],
        &[("themes/own/theme.yaml", "extends: default\n"), (G, "~main: www\n~main: www\ntheme: own\n")],
    ),
    case(
        "suppression",
        &[(G, "~main: www\n~main: www\ncheck: {suppress: [{rule: private-id, path: content/www, reason: 依法公告, until: 2026-11-01}]}\n")],
        &[
            (N, "身份证号53010219900307106X。"),
            (G, "~main: www\n~main: www\ncheck: {suppress: [{rule: private-id, path: content/www, reason: 依法公告, until: 2026-12-01}]}\n"),
        ],
    ),
];
