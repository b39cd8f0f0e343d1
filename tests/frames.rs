//! Frames around pages that no build plans: they are those of the built pages, though they are made from the settings and the little that
//! settings name.
//!
//! In: the small group in the default theme, whose settings lead to items, columns, files and pictures. Out: header and footer, held against
//! those of built pages.

#![expect(clippy::unwrap_used, reason = "tests")]

mod group;

use group::{Group, picture};
use portico::pipeline::frames;
use serde_json::json;

fn between<'p>(page: &'p str, from: &str, to: &str) -> &'p str {
    let start = page.find(from).unwrap_or_else(|| panic!("no {from} in {page}"));
    &page[start..start + page[start..].find(to).unwrap() + to.len()]
}

#[test]
fn frames_lead_where_built_pages_lead() {
    let group = Group::small();
    group.edit(
        "sites/group.yaml",
        "theme: plain\n",
        "navigation:\n- {name: 申请表, link: \"@/jyj/forms/apply.docx\"}\n- {name: 开学, link: \"@/jyj/news/x.md\"}\n",
    );
    group.edit(
        "sites/www.yaml",
        "- {id: depts",
        "- {id: first, name: 甲的正文, link: \"@/www/news/a.md\"}\n- {id: lost, name: 不在, link: \"@/www/news/none.md\"}\n- {id: depts",
    );
    group.edit("sites/jyj.yaml", "at: jyj\n", "at: jyj\nsettings: {emblem: images/emblem.png}\n");
    group.edit("sites/jyj.yaml", "- {id: news", "- {id: album, name: 图集, link: \"@/tea/album/spring/index.md\"}\n- {id: news");
    group.write("content/jyj/images/emblem.png", picture(30, 30));
    group.build_well(&[]);
    let (frames, found) = frames(group.root(), None).unwrap();
    assert!(found.is_empty(), "{found:?}");
    for (site, host) in [("www", "www"), ("jyj", "jyj"), ("tea", "www/tea")] {
        let built = group.page(&format!("{host}/404.html"));
        let framed = frames[site].page("sidecar/message.html", "好", "/-/x", &json!({"message": "好"})).unwrap();
        let (start, end) = ("<header class=\"top\">", "</header>");
        assert_eq!(between(&framed, start, end), between(&built, start, end), "{site}");
        assert_eq!(between(&framed, "<footer", "</footer>"), between(&built, "<footer", "</footer>"), "{site}");
    }
    // What settings name is really there, not left out on both sides.
    for (host, parts) in [
        ("www", ["https://jyj.yunxiu.test/forms/apply.docx", "https://jyj.yunxiu.test/news/x.html", "/news/a.html"]),
        ("jyj", ["/forms/apply.docx", "/images/emblem.png", "https://www.yunxiu.test/tea/album/spring.html"]),
    ] {
        let page = group.page(&format!("{host}/404.html"));
        let header = between(&page, "<header class=\"top\">", "</header>");
        assert!(parts.iter().all(|part| header.contains(part)), "{parts:?}: {header}");
    }
}
