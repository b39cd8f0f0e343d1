//! What no body may do to a page: a list of attacks, and random bodies made of nasty parts, judged by a reader of HTML that shares
//! nothing with the renderer.

use std::collections::HashSet;

use proptest::prelude::*;

use super::tests::page;
use super::*;
use crate::source::markdown::outline;

const ELEMENTS: &str = " a abbr b blockquote br caption cite code col colgroup dd del details div dl dt em figcaption figure h2 h3 h4 h5 h6 hr i img \
    input ins kbd li mark ol p pre q rp rt ruby s section small span strong sub summary sup table tbody td tfoot th thead time tr u ul ";
const VOID: &str = " br col hr img input ";
const ATTRIBUTES: &str = " alt aria-label checked class colspan datetime decoding dir disabled height href id lang loading open rel reversed role rowspan \
    scope span src start tabindex title type value width ";
/// The classes the renderer itself gives.
const CLASSES: &str = " align-center align-right external file footnote footnote-back footnotes table task ";

fn has(list: &str, word: &str) -> bool {
    !word.is_empty() && list.contains(&format!(" {word} "))
}

/// What is wrong with a piece of HTML; as a browser reads it, but with no mercy.
fn fault(html: &str) -> Option<String> {
    if let Some(c) = html.chars().find(|c| c.is_control() && !matches!(c, '\n' | '\t')) {
        return Some(format!("control character {c:?}"));
    }
    let mut open: Vec<&str> = Vec::new();
    let mut ids = HashSet::new();
    let mut rest = html;
    while let Some(at) = rest.find(['<', '>', '&']) {
        rest = &rest[at..];
        if rest.starts_with('&') {
            if !["&amp;", "&lt;", "&gt;", "&quot;", "&#39;", "&#x27;"].iter().any(|r| rest.starts_with(r)) {
                return Some(format!("bare &: {rest:.20}"));
            }
            rest = &rest[1..];
            continue;
        }
        let Some(end) = rest.find('>').filter(|_| rest.starts_with('<')) else { return Some(format!("stray bracket: {rest:.20}")) };
        let tag = &rest[1..end];
        rest = &rest[end + 1..];
        if let Some(name) = tag.strip_prefix('/') {
            if open.pop() != Some(name) {
                return Some(format!("</{name}> closes nothing"));
            }
            continue;
        }
        let (name, attributes) = tag.split_once(' ').unwrap_or((tag, ""));
        if !has(ELEMENTS, name) {
            return Some(format!("<{name}>"));
        }
        if let Some(fault) = attribute_fault(attributes, &mut ids) {
            return Some(format!("<{tag}>: {fault}"));
        }
        if name == "a" && open.contains(&"a") {
            return Some("a link in a link".to_string());
        }
        if name == "input" && !attributes.starts_with("type=\"checkbox\" disabled") {
            return Some(format!("<{tag}>"));
        }
        if !has(VOID, name) {
            open.push(name);
        }
    }
    open.pop().map(|name| format!("<{name}> is open at the end"))
}

fn attribute_fault(mut rest: &str, ids: &mut HashSet<String>) -> Option<String> {
    while !rest.is_empty() {
        let name_end = rest.find(['=', ' ']).unwrap_or(rest.len());
        let name = &rest[..name_end];
        if !has(ATTRIBUTES, name) {
            return Some(format!("attribute {name}"));
        }
        rest = &rest[name_end..];
        let mut value = "";
        if let Some(quoted) = rest.strip_prefix("=\"") {
            let Some(end) = quoted.find('"') else { return Some("open quotation".to_string()) };
            value = &quoted[..end];
            rest = &quoted[end + 1..];
        }
        if value.contains(['<', '>', '\'']) {
            return Some(format!("{name} holds markup"));
        }
        let decoded = value.replace("&#x27;", "'").replace("&amp;", "&");
        if matches!(name, "href" | "src") && !is_safe(&decoded) {
            return Some(format!("address {decoded}"));
        }
        if name == "class" && !has(CLASSES, value) && !value.starts_with("language-") {
            return Some(format!("class {value}"));
        }
        if name == "id" && !ids.insert(value.to_string()) {
            return Some(format!("id {value} twice"));
        }
        rest = rest.strip_prefix(' ').unwrap_or(rest);
    }
    None
}

/// The scheme as the URL standard finds it.
fn is_safe(url: &str) -> bool {
    let url: String = url.trim_matches(|c: char| c <= ' ').chars().filter(|c| !matches!(c, '\t' | '\n' | '\r')).collect();
    let scheme: String = url.chars().take_while(|c| c.is_ascii_alphanumeric() || "+-.".contains(*c)).collect();
    let has_scheme = url[scheme.len()..].starts_with(':') && scheme.starts_with(|c: char| c.is_ascii_alphabetic());
    !url.contains('\\') && (!has_scheme || ["http", "https", "mailto", "tel"].contains(&scheme.to_ascii_lowercase().as_str()))
}

/// Renders a body with the targets its links name, however hostile, and with too few of them.
fn judge(body: &str) -> Result<(), String> {
    let links = outline(body, 1, "a.md", true).0.links.len();
    for (targets, prefix) in [(usize::MAX, ""), (links / 2, "\"><script>")] {
        let page = if targets > links { page(body, prefix) } else { render(body, &page_targets(targets), "b_") };
        if let Some(fault) = fault(&page.html) {
            return Err(format!("{fault}\n  in {:?}\n  of {body:?}", page.html));
        }
    }
    let mut writer = Writer::new(body, &[], "");
    pieces(body).for_each(|(piece, range)| writer.piece(piece, range));
    if writer.next != links { Err(format!("{links} links, {} targets taken: {body:?}", writer.next)) } else { Ok(()) }
}

fn page_targets(n: usize) -> Vec<Target> {
    let hostile = ["javascript:alert(1)", "\"><script>", "data:text/html,x", "x' onerror='y", "java\nscript:x", "ok.jpg"];
    let href = |url: &str| Target::Href { url: url.into(), external: true, file: Some(FileNote { format: "<b>\"&".into(), size: Some(1) }) };
    let picture = |src: &str| Target::Picture { src: src.into(), srcset: "".into(), width: 1, height: 1 };
    (0..n).map(|i| if i % 2 == 0 { href(hostile[i % 6]) } else { picture(hostile[i % 6]) }).collect()
}

const ATTACKS: &[&str] = &[
    // Scripts and what runs like them.
    "<script>alert(1)</script>",
    "<SCRIPT SRC=https://x/y.js></SCRIPT>",
    "<script\n>alert(1)</script\n>",
    "甲<script>alert(1)//",
    "<script/x>alert(1)</script>",
    "<scr<script>ipt>alert(1)</scr</script>ipt>",
    "<<script>alert(1);//<</script>",
    "<script>\n\nalert(1)\n\n</script>",
    "<script><!--<script></script>--></script><img src=x onerror=alert(1)>",
    "<noscript><p title=\"</noscript><img src=x onerror=alert(1)>\">",
    "<style>@import 'javascript:alert(1)';</style>",
    "<style><img src=\"</style><img src=x onerror=alert(1)//\">",
    "<title><img src=\"</title><img src=x onerror=alert(1)//\">",
    "<textarea><img title=\"</textarea><img src=x onerror=alert(1)>\"></textarea>",
    "<xmp><p title=\"</xmp><svg/onload=alert(1)>\">",
    "<plaintext></plaintext><script>alert(1)</script>",
    "<iframe src=javascript:alert(1)></iframe>",
    "<iframe srcdoc=\"<script>alert(1)</script>\">",
    "<object data=javascript:alert(1)><embed src=x></object>",
    "<template><script>alert(1)</script></template>",
    "<base href=//evil/><meta http-equiv=refresh content=0;url=javascript:alert(1)><link rel=stylesheet href=x>",
    "<form action=javascript:alert(1)><input type=submit><button formaction=javascript:alert(1)>x</button></form>",
    "<isindex type=image src=1 onerror=alert(1)>",
    "<marquee onstart=alert(1)><blink><applet><frameset><frame src=javascript:alert(1)>",
    "<audio src=x onerror=alert(1)><video><source onerror=alert(1)></video>",
    // Handlers and attributes.
    "<img src=x onerror=alert(1)>",
    "<p ONCLICK=alert(1) style=\"background:url(javascript:x)\" class=fixed id=main>x</p>",
    "<details open ontoggle=alert(1)>",
    "<a href=x onmouseover=alert(1)>x</a>",
    "<img/src=x/onerror=alert(1)>",
    "<img src=\"x\"onerror=\"alert(1)\">",
    "<img src='x' title='\"><script>alert(1)</script>'>",
    "<img src=x title=`\"><script>alert(1)</script>`>",
    "<img alt=\"``onerror=alert(1)\" src=x>",
    "<img \"\"\"><script>alert(1)</script>\">",
    "<img src=x\nonerror\n=\nalert(1)>",
    "<img src=x \0onerror=alert(1)>",
    "<im\0g src=x onerror=alert(1)>",
    "<p title=a&quot;onclick=&quot;alert(1)>x</p>",
    "<p title='x\ny' lang='\"onx=' dir=rtl\">x",
    "<td colspan=\"1\" onclick=1><table><td colspan='2\"onclick=1'>x",
    "<time datetime='\"><script>'>x</time>",
    "<div =\"x\" =onclick=alert(1) a=b=c>x</div>",
    "<a href=x title=\"</a><script>alert(1)</script>\">x</a>",
    "<p title=\"unclosed\n\n<script>alert(1)</script>",
    // Addresses.
    "[x](javascript:alert(1))",
    "[x](JaVaScRiPt:alert(1))",
    "[x](jav&#x61;script:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](java&Tab;script&NewLine;:alert(1))",
    "[x](<java\tscript:alert(1)>)",
    "[x](&#1;javascript:alert(1))",
    "[x](&#x0A;javascript:alert(1))",
    "[x](\u{A0}javascript:alert(1))",
    "[x](data:text/html;base64,PHNjcmlwdD4=)",
    "[x](vbscript:msgbox(1))",
    "[x](file:///etc/passwd)",
    "![x](javascript:alert(1))",
    "![x](data:image/svg+xml,<svg/onload=alert(1)>)",
    "<javascript:alert(1)>",
    "<DATA:text/html,x>",
    "<vbscript:x>",
    "[x][y]\n\n[y]: javascript:alert(1) \"t\"",
    "[y]\n\n[y]: <data:text/html,<script>alert(1)</script>>",
    "<a href=\"javascript:alert(1)\">x</a>",
    "<a href=\" &#14; javascript:alert(1)\">x</a>",
    "<a href=\"jav&#x09;ascript:alert(1)\">x</a>",
    "<a href=\"&#106&#97&#118&#97&#115&#99&#114&#105&#112&#116&#58alert(1)\">x</a>",
    "<a href=\"&#x6A&#x61vascript&colon;alert(1)\">x</a>",
    "<a href=\"java\0script:alert(1)\">x</a>",
    "<a href=`javascript:alert(1)`>x</a>",
    "<a href='\\\\evil/x'>x</a> [x](\\\\\\\\evil) [x](/\\evil)",
    "<a href=https://ok href=javascript:alert(1)>x</a>",
    "<A HREF=javascript:alert(1)><IMG SRC=javascript:alert(1)>",
    "<img src=\"https://a/\" srcset=\"javascript:x\" lowsrc=javascript:x dynsrc=y>",
    "[x](https://a/\"onclick=\"alert(1))",
    "[x](https://a/'onclick='alert(1) \"t\\\" onclick=\\\"alert(1)\")",
    "[x](https://a '\"><script>alert(1)</script>')",
    // Text that becomes an attribute or a name.
    "![\"><script>alert(1)</script>](x)",
    "![x\" onerror=\"alert(1)](x \"y\\\" onload=\\\"alert(1)\")",
    "![a <img src=x onerror=alert(1)> <b>b](x)",
    "[<script>alert(1)</script>](x)",
    "[a <a href=y>b</a> ![c](d)](x)",
    "[^\"><script>]: x\n\n[^\"><script>]",
    "a[^<b>]\n\n[^<b>]: <script>alert(1)</script>\n\n    x",
    "# <img src=x onerror=alert(1)> \"><script>",
    "## \" onclick=alert(1) x=\"\n\n## fn_1\n\n## fnref_1\n\na[^1]\n\n[^1]: b",
    "## a {#x onclick=alert(1) .y}",
    "```\"><script>alert(1)</script>\nx\n```",
    "~~~ js\" onclick=\"alert(1)\n</code></pre><script>alert(1)</script>\n~~~",
    "`</code><script>alert(1)</script>`",
    "99999999999999999999. x\n\n999999999. y",
    // Nesting and the page's frame.
    "</div></main></body></html>",
    "<div><div><div>",
    "</p></td></li></section>x",
    "| a |\n|---|\n| </td></tr></table><script>alert(1)</script> |",
    "| <table> | <b> |\n|---|---|\n| <tr><td> | </table> |",
    "- <ul>\n- </ul></ul>\n  - <li>",
    "> <blockquote>\n\n</blockquote></blockquote>",
    "<table><tr><td><table></td></tr></table>x</table>",
    "<a href=x><a href=y>[z](w)</a></a>",
    "<p><p><h2><p><ul><p></h2></ul></p>",
    "<b><p>x</b></p><i>",
    "<select><option><p>x</select>",
    "<html><body onload=alert(1)><head><title>x</head>y",
    "[^1]: <div>\n\na[^1]</div>",
    "<section class=x></section></section>",
    "- [ ] a\n  -\n- [x] # b",
    // Declarations and comments.
    "<!--><script>alert(1)</script>-->",
    "<!---><script>alert(1)</script>-->",
    "<!-- --!><script>alert(1)</script>-->",
    "<!--[if gte IE 4]><script>alert(1)</script><![endif]-->",
    "<![CDATA[<script>alert(1)</script>]]>",
    "<![CDATA[ ]><script>alert(1)</script>",
    "<?xml version=\"1.0\"?><?php echo '<script>alert(1)</script>' ?>",
    "<!DOCTYPE html [<!ENTITY x \"<script>\">]>&x;",
    "<!ELEMENT x><% alert(1) %>",
    "<!-- unclosed\n\n<script>alert(1)</script>",
    "</ script>alert(1)</ script><//script>",
    // What changes its meaning when parsed twice.
    "<math><mtext><table><mglyph><style><!--</style><img title=\"--&gt;&lt;img src=1 onerror=alert(1)&gt;\">",
    "<svg></p><style><a id=\"</style><img src=1 onerror=alert(1)>\">",
    "<svg><foreignObject><p><iframe><style></svg><script>alert(1)</script>",
    "<math href=javascript:alert(1)>x</math>",
    "<svg><animate onbegin=alert(1) attributeName=x></svg>",
    "<svg><set attributeName=href to=javascript:alert(1)></svg><use href=\"data:x\">",
    "<form><math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
    "<noscript><style></noscript><img src=x onerror=alert(1)></style>",
    "<p title=\"&lt;/p&gt;&lt;script&gt;\">&lt;script&gt;alert(1)&lt;/script&gt;</p>",
    "&lt;script&gt; &#60;script&#62; &amp;lt;script&amp;gt; \\<script>",
    "<listing>&lt;img src=1 onerror=alert(1)&gt;</listing>",
    "<ruby><rt><svg></rt></ruby><style>",
    // Encodings and invisible characters.
    "+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
    "\u{FF1C}script\u{FF1E}alert(1)\u{FF1C}/script\u{FF1E}",
    "<\u{0}script>alert(1)</script>",
    "<\u{FEFF}script>alert(1)</script>\u{8}\u{1B}[0m",
    "**（<script>）**后，**<b>\"，**乙",
    "⸳**，<script>**甲 ⸴⹇",
];

#[test]
fn no_attack_gets_through() {
    assert!(ATTACKS.len() > 100);
    for attack in ATTACKS {
        let shapes = [
            attack.to_string(),
            format!("甲 {attack} 乙"),
            format!("> {attack}\n\n乙"),
            format!("- {attack}\n- 乙"),
            format!("| {attack} |\n|---|\n| {attack} |"),
            format!("## {attack}"),
            format!("[{attack}](x)"),
            format!("**甲，**{attack}"),
        ];
        for body in shapes {
            assert_eq!(judge(&body), Ok(()));
        }
    }
}

#[test]
fn attacks_together_are_no_worse() {
    assert_eq!(judge(&ATTACKS.join("\n\n")), Ok(()));
    assert_eq!(judge(&ATTACKS.join(" ")), Ok(()));
    assert_eq!(judge(&ATTACKS.iter().rev().copied().collect::<String>()), Ok(()));
}

#[test]
fn hostile_bodies_are_rendered_in_linear_time() {
    let parts = [
        "<div>",
        "<p>",
        "<td><table>",
        "<li><ul>",
        "a[^1]",
        "# x\n",
        "[a](b)\n",
        "<a href=x>",
        "![",
        "> ",
        "- [ ] a\n",
        "甲\n",
        "\n[^1]: x\n",
        "**（",
        "<script>",
        "</b>",
    ];
    for part in parts {
        let body = format!("{}\n\n[^1]: y", part.repeat(20_000));
        let start = std::time::Instant::now();
        let _ = page(&body, "");
        assert!(start.elapsed().as_secs() < 10, "{part:?}");
    }
}

#[test]
fn refused_addresses_leave_only_their_text() {
    for attack in ["[x](javascript:y)", "<a href=javascript:y>x</a>", "![x](data:y)", "<img alt=x src=data:y>"] {
        assert!(page(attack, "").html.replace("<p>", "").starts_with('x'), "{attack}");
    }
}

#[test]
fn the_judge_is_not_blind() {
    for html in [
        "<script>",
        "<p>",
        "</p>",
        "<p onclick=\"x\">x</p>",
        "<a href=\"javascript:x\">x</a>",
        "<a href=\"java\tscript:x\">x</a>",
        "<b><i></b></i>",
        "a & b",
        "a > b",
        "<p title=\"<b>\">x</p>",
        "<p title=x>y</p>",
        "<i id=\"a\"></i><i id=\"a\"></i>",
        "<a href=\"x\"><a href=\"y\"></a></a>",
        "<input>",
        "<p class=\"x\"></p>",
        "\u{0}",
    ] {
        assert!(fault(html).is_some(), "{html}");
    }
}

/// The parts random bodies are made of.
const PARTS: &[&str] = &[
    "<",
    ">",
    "</",
    "/>",
    "\"",
    "'",
    "=",
    "`",
    "``",
    "```",
    "~~~",
    "~~",
    "~",
    "*",
    "**",
    "***",
    "_",
    "\\",
    "&",
    "&#",
    "&#x3c;",
    "&lt;",
    "&colon;",
    ";",
    "#",
    "# ",
    "## ",
    "- ",
    "1. ",
    "> ",
    "|",
    "|---|",
    "\n",
    "\n\n",
    "\n    ",
    "\r\n",
    "\t",
    " ",
    "  ",
    "\0",
    "\u{B}",
    "\u{A0}",
    "\u{3000}",
    "!",
    "[",
    "]",
    "(",
    ")",
    "![",
    "](",
    "[^1]",
    "[^1]: ",
    "[x]: ",
    "[x]",
    "- [ ] ",
    "- [x] ",
    ":",
    "javascript:",
    "data:",
    "https://a",
    "//b",
    "@/c",
    "d.jpg",
    "x",
    "甲",
    "乙，",
    "“丙”",
    "（丁）",
    "。",
    "5%",
    "é",
    "😀",
    "⸳",
    "<a href=",
    "<a href=\"x\">",
    "</a>",
    "<img src=",
    "<img src=y alt=z>",
    " onclick=",
    " style=",
    " title=\"",
    "<b>",
    "</b>",
    "<p>",
    "</p>",
    "<div>",
    "</div>",
    "<table>",
    "<tr>",
    "<td>",
    "</td>",
    "</table>",
    "<ul>",
    "<li>",
    "</ul>",
    "<dl>",
    "<dt>",
    "<ruby>",
    "<rt>",
    "<h2>",
    "</h2>",
    "<pre>",
    "</pre>",
    "<del>",
    "<details>",
    "<summary>",
    "</details>",
    "<br>",
    "<hr>",
    "<script>",
    "</script>",
    "<style>",
    "</style>",
    "<svg>",
    "</svg>",
    "<math>",
    "<title>",
    "<textarea>",
    "<iframe>",
    "<x>",
    "<!--",
    "-->",
    "<![CDATA[",
    "]]>",
    "<?",
    "?>",
    "<!X",
];

/// Parts of the last kind hide all that follows, so they come seldom.
fn body() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        20 => proptest::sample::select(&PARTS[..PARTS.len() - 20]),
        1 => proptest::sample::select(PARTS),
    ];
    proptest::collection::vec(part, 0..40).prop_map(|parts| parts.concat())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 8 * ProptestConfig::default().cases, ..ProptestConfig::default() })]

    #[test]
    fn no_body_breaks_its_page(body in body()) {
        judge(&body).map_err(TestCaseError::fail)?;
    }

    #[test]
    fn no_text_at_all_breaks_its_page(body in "\\PC{0,80}") {
        judge(&body).map_err(TestCaseError::fail)?;
    }
}
