//! What reading a body promises: emphasis in Chinese text, links with places, summaries, schemes, findings.

use pulldown_cmark::html::push_html;
use pulldown_cmark::{Event, Parser};

use super::emphasis::MARKERS;
use super::*;

fn html(body: &str) -> String {
    let mut out = String::new();
    push_html(&mut out, events(body).map(|(event, _)| event));
    let out = out.trim_end();
    out.strip_prefix("<p>").and_then(|o| o.strip_suffix("</p>")).unwrap_or(out).to_string()
}

fn unshimmed(body: &str) -> String {
    let mut out = String::new();
    push_html(&mut out, Parser::new_ext(body, OPTIONS));
    out
}

fn codes(body: &str) -> Vec<String> {
    outline(body, 1, "a.md", true).1.into_iter().map(|d| format!("{} {}:{}", d.code, d.place.line, d.place.column)).collect()
}

#[test]
fn emphasis_ends_after_chinese_punctuation() {
    assert_eq!(html("**中文，**后"), "<strong>中文，</strong>后");
    assert_eq!(html("前**“引用”**后"), "前<strong>“引用”</strong>后");
    assert_eq!(html("*（注）*后"), "<em>（注）</em>后");
    assert_eq!(html("前*（注）*后"), "前<em>（注）</em>后");
    assert_eq!(html("前**《办法》**后**《细则》**止"), "前<strong>《办法》</strong>后<strong>《细则》</strong>止");
    assert_eq!(html("一、**适用范围。**依法办理。二、**服务原则。**坚持"), "一、<strong>适用范围。</strong>依法办理。二、<strong>服务原则。</strong>坚持");
    assert_eq!(html("正文。**标题：**内容"), "正文。<strong>标题：</strong>内容");
    assert_eq!(html("**下降5%**的"), "<strong>下降5%</strong>的");
    assert_eq!(html("**重要(注)**后"), "<strong>重要(注)</strong>后");
    assert_eq!(html("**截止：**2026年"), "<strong>截止：</strong>2026年");
    assert_eq!(html("ABC**《文件》**DEF"), "ABC<strong>《文件》</strong>DEF");
    assert_eq!(html("A**“引用”**B"), "A<strong>“引用”</strong>B");
    assert_eq!(html("共**￥100**元、**100￥**整"), "共<strong>￥100</strong>元、<strong>100￥</strong>整");
}

#[test]
fn emphasis_may_hold_links_code_pictures_and_other_emphasis() {
    assert_eq!(html("前**[链接](x)**后"), "前<strong><a href=\"x\">链接</a></strong>后");
    assert_eq!(html("前**`码`**后"), "前<strong><code>码</code></strong>后");
    assert_eq!(html("前**<u>下</u>**后"), "前<strong><u>下</u></strong>后");
    assert_eq!(html("前**_斜_**后"), "前<strong><em>斜</em></strong>后");
    assert_eq!(html("前***“重”***后"), "前<em><strong>“重”</strong></em>后");
    assert_eq!(html("***甲，**乙*丙"), "<em><strong>甲，</strong>乙</em>丙");
    assert_eq!(html("**甲“*乙，*丙”。**丁"), "<strong>甲“<em>乙，</em>丙”。</strong>丁");
    assert_eq!(html("**甲：“*乙*”**丙"), "<strong>甲：“<em>乙</em>”</strong>丙");
    assert_eq!(html("~~旧，~~新"), "<del>旧，</del>新");
    assert_eq!(html("**~~旧，~~**新"), "<strong><del>旧，</del></strong>新");
    assert_eq!(html("前**&quot;引&quot;**后"), "前<strong>&quot;引&quot;</strong>后".replace("&quot;", "\""));
}

#[test]
fn emphasis_may_run_over_lines_but_not_over_paragraphs() {
    assert_eq!(html("**甲，\n乙。**丙"), "<strong>甲，\n乙。</strong>丙");
    assert_eq!(html("前**（甲\n乙）**后"), "前<strong>（甲\n乙）</strong>后");
    assert_eq!(html("前**（甲\n\n乙）后"), "前**（甲</p>\n<p>乙）后");
    assert_eq!(html("> **甲，**乙\n> **丙，**丁"), "<blockquote>\n<p><strong>甲，</strong>乙\n<strong>丙，</strong>丁</p>\n</blockquote>");
}

#[test]
fn what_is_no_emphasis_stays_as_it_is_written() {
    for body in ["\\*\\*甲，\\*\\*乙", "\\**甲，\\**乙", "`**甲，**乙`", "    **甲，**乙", "```\n**甲，**乙\n```", "5*3=15，2*4=8"] {
        assert_eq!(html(body), html_of(&unshimmed(body)), "{body}");
    }
    assert_eq!(html("姓名*（必填）、电话*（必填）"), "姓名*（必填）、电话*（必填）");
    assert_eq!(html("姓名*、电话*（必填）"), "姓名*、电话*（必填）");
    assert_eq!(html("注：*表示必填，*号后填写"), "注：*表示必填，*号后填写");
    assert_eq!(html("`甲，**乙`与**丙，**丁"), "<code>甲，**乙</code>与<strong>丙，</strong>丁");
    assert_eq!(html("[甲，**乙](x，**丁)"), "<a href=\"x%EF%BC%8C**%E4%B8%81\">甲，**乙</a>");
    assert_eq!(html("<a title=\"甲，**乙\">丙</a>"), "<a title=\"甲，**乙\">丙</a>");
    assert_eq!(html("<div>\n前**（甲，**乙\n</div>"), "<div>\n前**（甲，**乙\n</div>");
}

fn html_of(full: &str) -> String {
    let out = full.trim_end();
    out.strip_prefix("<p>").and_then(|o| o.strip_suffix("</p>")).unwrap_or(out).to_string()
}

#[test]
fn pairs_that_common_mark_sees_are_seen_as_before() {
    for body in
        ["**甲**，**乙**丙", "“**甲**”，（**乙**）", "**甲**：乙*丙*丁", "*甲* **乙** ***丙***", "**甲，** 乙", "前 **“甲”** 后", "*甲**，乙*", "`<u>`**甲**"]
    {
        assert_eq!(html(body), html_of(&unshimmed(body)), "{body}");
    }
    assert_eq!(html("<u>**甲**</u>：**乙**"), "<u><strong>甲</strong></u>：<strong>乙</strong>");
    assert_eq!(html("[甲]**乙**丙|**丁**"), "[甲]<strong>乙</strong>丙|<strong>丁</strong>");
}

#[test]
fn latin_text_is_untouched() {
    let bodies = [
        "a**\"b\"**c",
        "**a.**b",
        "*(a)*b",
        "a*(b)*c **d:**e",
        "snake_case_name",
        "2*3*4",
        "**bold**text",
        "a * b * c",
        "***x** y*",
        "word**“quoted”**word",
        "**foo, bar.**baz",
        "* item\n* item **x)**y",
        "a~~b~~c",
        "~~b.~~c",
        "***\n\n**x**\n***",
        "[x*](y*) *z*",
        "\\*a\\* **b\\***",
    ];
    for body in bodies {
        assert!(emphasis::Marked::new(body).is_none(), "{body}");
        assert_eq!(html(body), html_of(&unshimmed(body)), "{body}");
    }
}

#[test]
fn a_single_tilde_is_a_range() {
    assert_eq!(html("“甲”~“乙”，“丙”~“丁”"), "“甲”~“乙”，“丙”~“丁”");
    assert_eq!(html("~a~ ~~b~~"), "~a~ <del>b</del>");
}

#[test]
fn markers_leave_no_trace_and_places_are_the_bodys() {
    let body = "前**（甲）**后[链](x) **乙，**丙 ![图](y)\n\n**丁，**戊[链](z)";
    for (event, range) in events(body) {
        let shown = format!("{event:?}");
        assert!(!MARKERS.iter().any(|m| shown.contains(*m)), "{shown}");
        if let Event::Text(text) = &event {
            assert_eq!(&body[range], &**text);
        }
    }
    let places: Vec<_> = outline(body, 7, "a.md", true).0.links.iter().map(|l| (l.place.line, l.place.column)).collect();
    assert_eq!(places, [(7, 10), (7, 25), (9, 8)]);
}

#[test]
fn a_body_that_holds_a_marker_gets_another_or_none() {
    assert_eq!(html("⸳**中文，**后"), "⸳<strong>中文，</strong>后");
    assert_eq!(html("⸳⸴⹇**中文，**后"), "⸳⸴⹇**中文，**后");
    for marker in MARKERS {
        let body = format!("{}**中文，**后", MARKERS.iter().filter(|m| **m != marker).collect::<String>());
        assert!(html(&body).contains("<strong>中文，</strong>"), "{marker:?} is punctuation");
    }
}

#[test]
fn every_link_and_picture_is_listed_in_order() {
    let body = "[甲](a) <https://b> <c@d.e> ![戊 [己](f)](g)\n\n<a href=\"h&amp;i\">x</a> <img src=j alt=k>\n\n> <table>\n> <tr><td><a\n> href='l'>m</a></table>\n\n[n][o]\n\n[o]: p\n\n<script><a href=q></script>\n\n<a name=r>";
    let links: Vec<_> = outline(body, 1, "a.md", true).0.links.into_iter().map(|l| format!("{} {}:{}", l.target, l.place.line, l.place.column)).collect();
    assert_eq!(links, ["a 1:1", "https://b 1:8", "mailto:c@d.e 1:20", "g 1:28", "f 1:32", "h&i 3:1", "j 3:25", "l 6:11", "p 9:1"]);
}

#[test]
fn summaries_are_running_text() {
    let summary = |body: &str| outline(body, 1, "a.md", true).0.summary;
    assert_eq!(
        summary("## 标题\n\n各有关\n单位：\n\n现将 English\ntext 通知\n\n- 一\n- 二\n\n```\n码\n```\n\n| a |\n|---|\n| b |\n").text(),
        "各有关单位：现将 English text 通知 一 二"
    );
    assert_eq!(summary("<p>　　正文&nbsp;&ldquo;甲&rdquo;</p>\n<p>乙</p>").text(), "正文 “甲” 乙");
    assert_eq!(summary(&"字".repeat(100)).text(), "字".repeat(100));
    assert_eq!(summary(&"字".repeat(101)).text(), format!("{}…", "字".repeat(100)));
    assert_eq!(summary("![图](a.jpg)\n\n正文[^1]\n\n[^1]: 注").text(), "正文");
    assert_eq!(outline("　甲 乙\n`c`\n\n![图](a) é", 1, "a.md", true).0.characters, 4);
}

#[test]
fn schemes_are_judged_as_browsers_do() {
    for target in ["https://a", "HTTP://a", "mailto:a@b", "tel:12345", "@/jyj/a.md", "#锚:点", "a/b:c", "//host/x", "", "?a=b:c", "文件（1）.docx", "../a"]
    {
        assert!(allowed_scheme(target), "{target}");
    }
    for target in [
        "javascript:alert(1)",
        "JaVaScRiPt:x",
        " javascript:x",
        "java\nscript:x",
        "java\tscript:x",
        "\u{1}javascript:x",
        "java\0script:x",
        "data:text/html,x",
        "vbscript:x",
        "file:///etc/passwd",
        "ftp://a",
        "blob:x",
        "about:blank",
        "view-source:x",
        "a\\b",
        "\\\\host\\x",
        "https:\\\\a",
        "C:\\x",
        "中:x",
        ":x",
        "java\u{200B}script:x",
        "\u{FEFF}javascript:x",
        "httpsx:a",
        "mailtomailto:a",
        "https://a/\\b",
        "http\u{DF}:a",
    ] {
        assert!(!allowed_scheme(target), "{target}");
    }
}

#[test]
fn mistakes_are_told_with_their_places() {
    assert_eq!(codes("# 一\n\n二 [x](javascript:1) ![](a.jpg)"), ["heading-level 1:1", "unsafe-link 3:3", "picture-without-text 3:21"]);
    assert_eq!(codes("![![甲](a)](b) ![ ](c) ![`码`](d)"), ["picture-without-text 1:15"]);
    assert_eq!(
        codes("<div class=a style=b>\n<p class=c onclick=d>x</p><FONT>y</FONT><font>"),
        ["unsafe-html 1:1", "unsafe-html 1:1", "unsafe-html 2:1", "unsafe-html 2:27"]
    );
    assert_eq!(codes("<img src=data:x><h1>y</h1>"), ["unsafe-link 1:1", "picture-without-text 1:1", "heading-level 1:17"]);
    assert_eq!(codes("甲 <iframe src=x>\n\n乙 <script>"), ["unsafe-html 1:3", "unsafe-html 1:3"]);
    assert!(codes("<!-- 批注 -->\n\n<details open><summary title=a>b</summary></details> <br/>").is_empty());
}

#[test]
fn a_finding_speaks_both_languages_and_names_what_is_dropped() {
    let (_, found) = outline("<Marquee>x</Marquee>", 12, "content/a.md", true);
    assert_eq!(&*found[0].message.zh, "正文中的 <marquee> 会被去掉");
    assert_eq!(&*found[0].message.en, "<marquee> in the body is dropped");
    assert_eq!((&*found[0].file, found[0].place), ("content/a.md", Place::new(12, 1)));
    assert!(found[0].hint.is_some());
}

#[test]
fn the_list_of_elements_is_in_order() {
    assert!(raw_html::ELEMENTS.is_sorted_by(|a, b| a.name < b.name));
}

#[test]
fn hostile_bodies_are_read_in_linear_time() {
    let n = 20_000;
    let bodies = [
        "<a <a ".repeat(n),
        "<div title=\"".repeat(n),
        "<!--".repeat(n),
        "前**（".repeat(n),
        "，*后".repeat(n),
        "<x1>".repeat(n),
        "</".repeat(n),
        "<svg>".repeat(n),
        "\n<div>".repeat(n),
        "&#".repeat(n),
        "*".repeat(n),
        "[".repeat(n),
        "![".repeat(n),
        "\\".repeat(n),
        "<![CDATA[".repeat(n),
        "<?".repeat(n),
    ];
    for body in bodies {
        let start = std::time::Instant::now();
        let _ = outline(&body, 1, "a.md", true);
        assert!(start.elapsed().as_secs() < 5, "{:?}", &body[..20]);
    }
}
