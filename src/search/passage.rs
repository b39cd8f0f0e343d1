//! A body as it is searched: its running text without markup.
//!
//! In: a Markdown body. Out: text, blocks by lines, cells by tabs.

use pulldown_cmark::{Event, Tag, TagEnd};

use crate::source::markdown::{decoded, events};

/// The running text of a body.
pub(super) fn running_text(body: &str) -> String {
    let mut text = String::with_capacity(body.len());
    // What stands between two tags of raw HTML is text; what stands inside a script or a style is not.
    let mut silent = false;
    for (event, _) in events(body) {
        match event {
            Event::Text(words) | Event::Code(words) => text.push_str(&words),
            Event::Html(html) | Event::InlineHtml(html) => raw(&html, &mut text, &mut silent),
            Event::SoftBreak | Event::HardBreak => soft(&mut text),
            Event::Start(Tag::Item) => soft(&mut text),
            Event::End(TagEnd::TableCell) => text.push('\t'),
            Event::End(TagEnd::TableHead | TagEnd::TableRow) => text.push('\n'),
            Event::End(TagEnd::Paragraph | TagEnd::Heading(_) | TagEnd::Item | TagEnd::CodeBlock | TagEnd::HtmlBlock) => soft(&mut text),
            _ => {}
        }
    }
    text
}

fn soft(text: &mut String) {
    if !text.is_empty() && !text.ends_with('\n') {
        text.push('\n');
    }
}

fn raw(html: &str, text: &mut String, silent: &mut bool) {
    let mut rest = html;
    loop {
        let (words, tag) = rest.split_once('<').map_or((rest, None), |(words, tag)| (words, Some(tag)));
        if !*silent {
            text.push_str(&decoded(words));
        }
        let Some(tag) = tag else { return };
        let name = tag.trim_start_matches('/').split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap_or("").to_ascii_lowercase();
        if matches!(name.as_str(), "script" | "style") {
            *silent = !tag.starts_with('/');
        }
        rest = tag.split_once('>').map_or("", |(_, rest)| rest);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_read_is_there() {
        let body = "## 标题\n\n**重要**内容[办法](a.md)和`代码`。\n续行\n\n| 甲 | 乙 |\n|---|---|\n| 一 | 二 |\n\n- 项\n- 目\n\n<style>p{}</style><p title=\"x\">原文&amp;</p>\n";
        let text = running_text(body);
        assert_eq!(text.split_whitespace().collect::<Vec<_>>(), ["标题", "重要内容办法和代码。", "续行", "甲", "乙", "一", "二", "项", "目", "原文&"]);
    }
}
