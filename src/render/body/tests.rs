//! What a rendered body looks like.

use super::*;
use crate::source::markdown::{LinkKind, outline};

/// Renders with targets as a portal would give them for these links.
pub(super) fn page(body: &str, prefix: &str) -> RenderedBody {
    let links = outline(body, 1, "a.md", true).0.links;
    let targets: Vec<_> = links.iter().map(|l| target(&l.target, l.kind)).collect();
    render(body, &targets, prefix)
}

fn target(written: &str, kind: LinkKind) -> Target {
    match kind {
        _ if written.contains("secret") => Target::Nothing,
        LinkKind::Picture => Target::Picture { src: written.into(), srcset: "".into(), width: 4, height: 3 },
        LinkKind::Link => Target::Href {
            url: written.into(),
            external: written.starts_with("http"),
            file: written.ends_with("docx").then(|| FileNote { format: "docx".into(), size: Some(12_000) }),
        },
    }
}

fn html(body: &str) -> String {
    page(body, "").html
}

#[test]
fn headings_get_anchors_of_their_own_words_and_are_never_first_level() {
    let page = page("# 一、总  则（试行）\n\n## 要求\n\n### 要求 2\n\n## 要求\n\n## 要求\n\n## **重** `码` [链](x)\n\n## ！！\n\n##\n", "");
    let seen: Vec<_> = page.headings.iter().map(|h| (h.level, h.id.as_str(), h.text.as_str())).collect();
    assert_eq!(
        seen,
        [
            (2, "一-总-则-试行", "一、总 则（试行）"),
            (2, "要求", "要求"),
            (3, "要求-2", "要求 2"),
            (2, "要求-3", "要求"),
            (2, "要求-4", "要求"),
            (2, "重-码-链", "重 码 链"),
            (2, "section", "！！")
        ]
    );
    assert!(page.html.starts_with("<h2 id=\"一-总-则-试行\">一、总  则（试行）</h2>\n"));
    assert!(page.html.ends_with("<h2 id=\"section\">！！</h2>\n"), "an empty heading is none");
}

#[test]
fn tables_can_be_scrolled_and_their_header_cells_have_a_scope() {
    assert_eq!(
        html("| 甲 | 乙 | |\n|---|--:|:-:|\n| 1 | 2 | |\n| 3 |"),
        "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"表格 1\"><table>\n\
         <thead><tr><th scope=\"col\">甲</th><th scope=\"col\" class=\"align-right\">乙</th><td></td></tr></thead>\n\
         <tbody>\n<tr><td>1</td><td class=\"align-right\">2</td><td class=\"align-center\"></td></tr>\n\
         <tr><td>3</td><td class=\"align-right\"></td><td class=\"align-center\"></td></tr>\n</tbody></table></div>\n"
    );
    assert!(html("| 甲 |\n|---|\n").ends_with("</tr></thead>\n</table></div>\n"));
    assert_eq!(html("| 甲 |\n|---|\n| 一<br>二<ul><li>三 |").matches("<li>三</li></ul></td>").count(), 1);
}

#[test]
fn footnotes_lead_there_and_back() {
    assert_eq!(
        page("甲[^乙]丙[^乙]\n\n[^乙]: 丁\n", "b1_").html,
        "<p>甲<sup class=\"footnote\"><a href=\"#b1_fn_1\" id=\"b1_fnref_1\" role=\"doc-noteref\" aria-label=\"脚注 1\">1</a></sup>丙\
         <sup class=\"footnote\"><a href=\"#b1_fn_1\" id=\"b1_fnref_1_2\" role=\"doc-noteref\" aria-label=\"脚注 1\">1</a></sup></p>\n\
         <section class=\"footnotes\" role=\"doc-endnotes\" aria-label=\"脚注\">\n<ol>\n<li id=\"b1_fn_1\"><p>丁 \
         <a href=\"#b1_fnref_1\" class=\"footnote-back\" role=\"doc-backlink\" aria-label=\"返回正文脚注 1\">↩</a> \
         <a href=\"#b1_fnref_1_2\" class=\"footnote-back\" role=\"doc-backlink\" aria-label=\"返回正文脚注 1（第 2 处）\">↩</a></p></li>\n\
         </ol>\n</section>\n"
    );
    let twice = html("甲[^1]\n\n[^2]: 无人引用\n\n[^1]: 注\n\n[^1]: 又注 [^2]\n");
    assert_eq!(twice.matches("<li id=").count(), 3);
    assert!(twice.contains("又注") && twice.contains("无人引用"));
    assert!(html("甲[^9]").contains("甲[^9]"), "a reference without a definition is text");
    assert!(!html("<a href=x>甲[^1]</a>\n\n[^1]: 注").contains("fnref_"), "a link holds no link");
}

#[test]
fn task_boxes_are_disabled_and_say_their_state() {
    assert_eq!(
        html("- [x] 甲\n- [ ] 乙\n"),
        "<ul>\n<li class=\"task\"><input type=\"checkbox\" disabled checked aria-label=\"已完成\"> 甲</li>\n\
         <li class=\"task\"><input type=\"checkbox\" disabled aria-label=\"未完成\"> 乙</li>\n</ul>\n"
    );
    assert!(html("- [x] 甲\n\n- 乙\n").contains("<li class=\"task\">"));
}

#[test]
fn a_picture_alone_is_a_figure_with_its_title_below() {
    let img = "<img src=\"a.jpg\" alt=\"说明 &quot;&lt;\" width=\"4\" height=\"3\" loading=\"lazy\" decoding=\"async\">";
    assert_eq!(html("![说明 **\"<**](a.jpg \"标题\")\n"), format!("<figure>{img}<figcaption>标题</figcaption></figure>\n"));
    assert_eq!(html("> ![说明 \"<](a.jpg)"), format!("<blockquote>\n<figure>{img}</figure>\n</blockquote>\n"));
    assert_eq!(html("甲 ![说明 \"<](a.jpg)"), format!("<p>甲 {img}</p>\n"));
    assert_eq!(
        html("[![图](a.jpg)](x)"),
        "<p><a href=\"x\"><img src=\"a.jpg\" alt=\"图\" width=\"4\" height=\"3\" loading=\"lazy\" decoding=\"async\"></a></p>\n"
    );
    assert_eq!(html("![图](a.jpg)![图](a.jpg)").matches("<img").count(), 2);
    assert_eq!(html("![图](secret.jpg)"), "<p>图</p>\n");
    assert_eq!(html("![](secret.jpg)"), "");
    assert_eq!(render("![图](a)", &[Target::Picture { src: "a".into(), srcset: "".into(), width: 0, height: 0 }], "").html.matches("width").count(), 0);
}

#[test]
fn links_say_where_they_lead() {
    assert_eq!(html("[表](a/表 格.docx)"), "<p>[表](a/表 格.docx)</p>\n");
    assert_eq!(html("[表](<a/表 格.docx>)"), "<p><a href=\"a/%E8%A1%A8%20%E6%A0%BC.docx\">表<span class=\"file\">（DOCX，12 KB）</span></a></p>\n");
    assert_eq!(
        html("[外](https://a/?b&c \"题\")"),
        "<p><a href=\"https://a/?b&amp;c\" class=\"external\" rel=\"noopener noreferrer\" title=\"题\">外</a></p>\n"
    );
    assert_eq!(html("[**内**](secret)"), "<p><strong>内</strong></p>\n");
    assert_eq!(
        html("<a href=https://a title=题>外 [内](x)</a>"),
        "<p><a href=\"https://a\" class=\"external\" rel=\"noopener noreferrer\" title=\"题\">外 内</a></p>\n"
    );
    assert_eq!(html("<a@b.cn>"), "<p><a href=\"mailto:a@b.cn\">a@b.cn</a></p>\n");
    assert_eq!(html("<a href=form.docx>表"), "<p><a href=\"form.docx\">表<span class=\"file\">（DOCX，12 KB）</span></a></p>\n");
}

#[test]
fn sizes_are_told_in_the_unit_one_would_use() {
    for (size, shown) in [(0, "0 B"), (1023, "1023 B"), (1024, "1 KB"), (1025, "2 KB"), (1_048_575, "1.0 MB"), (1_572_864, "1.5 MB"), (3 << 30, "3.0 GB")] {
        let target = Target::Href { url: "x".into(), external: false, file: Some(FileNote { format: "pdf".into(), size: Some(size) }) };
        assert!(render("[x](y)", &[target], "").html.contains(&format!("（PDF，{shown}）")), "{size}");
    }
}

#[test]
fn lines_join_without_a_space_between_chinese_characters() {
    assert_eq!(html("甲\n乙，\n“丙”\nabc\n丁 **戊**\n己 **庚\n辛**"), "<p>甲乙，“丙”\nabc\n丁 <strong>戊</strong>己 <strong>庚辛</strong></p>\n");
    assert_eq!(html("a\n**b**\n甲\n**乙**\n`c`"), "<p>a\n<strong>b</strong>\n甲<strong>乙</strong>\n<code>c</code></p>\n");
}

#[test]
fn blocks_come_out_as_they_are_written() {
    assert_eq!(
        html("3. 甲\n4. 乙\n\n> 丙\n\n---\n\n```rust,x y\n<a>\n```"),
        "<ol start=\"3\">\n<li>甲</li>\n<li>乙</li>\n</ol>\n<blockquote>\n<p>丙</p>\n</blockquote>\n<hr>\n<pre><code class=\"language-rustx\">&lt;a&gt;\n</code></pre>\n"
    );
}

#[test]
fn allowed_html_is_written_anew() {
    assert_eq!(html("<CENTER>甲</CENTER>"), "<div class=\"align-center\">甲</div>");
    assert_eq!(
        html("<p title='a\"b' class=x id=y lang=zh dir=up>甲&nbsp;&lt;&hellip;&bogus;"),
        "<p title=\"a&quot;b\" lang=\"zh\">甲\u{A0}&lt;…&amp;bogus;</p>"
    );
    assert_eq!(html("<ol start=3 reversed><li value=5>甲<li>乙</ol>"), "<ol start=\"3\" reversed><li value=\"5\">甲</li><li>乙</li></ol>");
    assert_eq!(
        html("<table><caption>表<tr><th scope=row colspan=0>甲<td rowspan=2>乙<tr><td>丙</table>"),
        "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"表格 1\"><table><caption>表</caption><tr><th scope=\"row\">甲</th>\
         <td rowspan=\"2\">乙</td></tr><tr><td>丙</td></tr></table></div>"
    );
    assert_eq!(html("<dl><dt>甲<dd>乙<dt>丙<dd>丁</dl>"), "<dl><dt>甲</dt><dd>乙</dd><dt>丙</dt><dd>丁</dd></dl>");
    assert_eq!(html("<ruby>汉<rp>(<rt>hàn<rp>)</ruby>"), "<p><ruby>汉<rp>(</rp><rt>hàn</rt><rp>)</rp></ruby></p>\n");
    assert_eq!(html("<h1>甲</h1>"), "<h2>甲</h2>");
    assert_eq!(
        html("甲<br/>乙<img src=a.jpg alt=图 width=9>"),
        "<p>甲<br>乙<img src=\"a.jpg\" alt=\"图\" width=\"4\" height=\"3\" loading=\"lazy\" decoding=\"async\"></p>\n"
    );
}

#[test]
fn html_and_markdown_nest() {
    assert_eq!(html("<details>\n<summary>甲</summary>\n\n**乙**\n\n</details>"), "<details>\n<summary>甲</summary>\n<p><strong>乙</strong></p>\n</details>");
    assert_eq!(html("**甲 <u>乙** 丙</u>"), "<p><strong>甲 <u>乙</u></strong> 丙</p>\n");
    assert_eq!(html("- <div>甲\n- 乙</div>\n\n丙"), "<ul>\n<li><div>甲\n</div></li>\n<li>乙</li>\n</ul>\n<p>丙</p>\n");
    assert_eq!(html("<p>\n\n甲\n\n</p>"), "<p>\n</p><p>甲</p>\n");
    assert_eq!(html("<b><a href=x>甲\n\n[乙](y)"), "<p><b><a href=\"x\">甲</a></b></p>\n<p><a href=\"y\">乙</a></p>\n");
    assert_eq!(html("<div><a href=x>甲\n\n[乙](y)\n\n</div></div>"), "<div><a href=\"x\">甲\n</a><p><a href=\"y\">乙</a></p>\n</div>");
    assert_eq!(html("甲 <div>乙</div> <table> <li> <td>"), "<p>甲 乙   </p>\n");
    assert_eq!(
        html("<table><tr><td>\n\n甲\n\n</td></tr></table>"),
        "<div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"表格 1\"><table><tr><td>\n<p>甲</p>\n</td></tr></table></div>"
    );
}

#[test]
fn what_is_hidden_takes_its_content_along() {
    for body in [
        "甲 <script>x</script>乙",
        "甲<style>\n\nx\n\n# y\n\n</style> z\n\n乙",
        "甲\n\n<svg><svg>x</svg>\n\ny\n\n</svg>\n\n乙",
        "甲 <svg/> 乙",
        "甲\n\n<textarea>\n\n<b>x</textarea>\n\n乙",
    ] {
        let html = html(body);
        assert!(html.contains('甲') && html.contains('乙') && !html.contains(['x', 'y']), "{body}: {html}");
    }
    for body in ["甲 <script> x\n\n- y\n\n> z [z](z)", "甲\n\n<iframe src=x>\n\ny", "甲\n\n<plaintext>x\n\n</plaintext>\n\ny"] {
        assert_eq!(html(body).replace(' ', ""), "<p>甲</p>\n", "{body}");
    }
    assert_eq!(html("> - 甲 <script>\n\n> x\n\n</script>\n\n乙"), "<blockquote>\n<ul>\n<li>甲 </li>\n</ul>\n</blockquote>\n\n<p>乙</p>\n");
}
