//! 暗链: text and links that readers do not see and search engines do.
//!
//! In: a text, or raw HTML as its author wrote it, before the sanitizer. Out: what is hidden, and where. Knows no file.

use std::ops::Range;

/// What kind of hiding it is: its rule, and what is said of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Hidden {
    pub rule: &'static str,
    /// In bytes of the text.
    pub range: Range<usize>,
    /// What hides it, as it may be shown.
    pub by: String,
}

/// Invisible characters and controls of direction in a text, one finding for each run.
pub(crate) fn characters(text: &str) -> Vec<Hidden> {
    let mut found: Vec<Hidden> = Vec::new();
    // Nearly every text has none: all of them begin with one of these bytes.
    if memchr::memchr3(0xE2, 0xEF, 0xC2, text.as_bytes()).is_none() && !text.contains(['\u{180e}', '\u{e0000}']) {
        return found;
    }
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        let rule = match c as u32 {
            0x202A..=0x202E | 0x2066..=0x2069 => "bidi-control",
            // A joiner holds emoji together.
            0x200D if before as u32 > 0x2100 && !('\u{3000}'..='\u{ffef}').contains(&before) => continue,
            0xAD | 0x180E | 0x200B..=0x200F | 0x2060..=0x2064 | 0xFEFF | 0xE0000..=0xE007F => "invisible-text",
            _ => {
                before = c;
                continue;
            }
        };
        let end = at + c.len_utf8();
        match found.last_mut().filter(|h| h.rule == rule && h.range.end == at) {
            Some(run) => run.range.end = end,
            None => found.push(Hidden { rule, range: at..end, by: format!("U+{:04X}", c as u32) }),
        }
    }
    found
}

/// Elements of raw HTML that are styled out of sight, and links without words.
pub(crate) fn styled(html: &str) -> Vec<Hidden> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(open) = html[at..].find('<').map(|i| at + i) {
        let end = html[open..].find('>').map_or(html.len(), |i| open + i + 1);
        let tag = html[open..end].to_lowercase();
        if let Some(by) = hiding(&tag) {
            found.push(Hidden { rule: "hidden-link", range: open..end, by });
        } else if tag.starts_with("<a ") && begins(html[end..].trim_start(), "</a") {
            found.push(Hidden { rule: "hidden-link", range: open..end, by: "<a></a>".into() });
        }
        at = end;
    }
    found
}

/// Whether a text begins so, in letters of either case.
fn begins(text: &str, with: &str) -> bool {
    text.get(..with.len()).is_some_and(|start| start.eq_ignore_ascii_case(with))
}

/// What in a tag (lower case) hides its element.
fn hiding(tag: &str) -> Option<String> {
    if let Some(style) = attribute(tag, "style") {
        let style: String = crate::source::markdown::decoded(&style).chars().filter(|c| !c.is_whitespace()).collect();
        if let Some(part) = style.split(';').find(|part| hides(part, &style)) {
            return Some(part.to_string());
        }
    }
    let zero = |name: &str| attribute(tag, name).is_some_and(|v| matches!(v.trim_end_matches("px"), "0" | "1"));
    if tag.starts_with("<marquee") && (zero("width") || zero("height")) {
        return Some("marquee".into());
    }
    let white = |v: String| matches!(v.as_str(), "white" | "#fff" | "#ffffff");
    if tag.starts_with("<font") && (attribute(tag, "size").is_some_and(|v| v == "0") || attribute(tag, "color").is_some_and(white)) {
        return Some("font".into());
    }
    let bare = tag.split([' ', '\t', '\n', '>', '/']).any(|word| word == "hidden");
    bare.then(|| "hidden".into())
}

/// Whether a declaration hides its element; `style` is the whole style.
fn hides(part: &str, style: &str) -> bool {
    let Some((name, value)) = part.split_once(':') else { return false };
    let value = value.trim_end_matches("!important");
    let number: Option<f64> = value.trim_end_matches(|c: char| c.is_alphabetic() || c == '%').parse().ok();
    let tiny = number.is_some_and(|n| n.abs() <= 1.0);
    match name {
        "display" => value == "none",
        "visibility" => value == "hidden" || value == "collapse",
        "opacity" => number.is_some_and(|n| n < 0.05),
        "font-size" => tiny && !value.ends_with("em") && !value.ends_with('%') || number == Some(0.0),
        "color" => matches!(value, "white" | "#fff" | "#ffffff" | "transparent") || value.starts_with("rgba(") && value.ends_with(",0)"),
        "text-indent" | "left" | "top" | "right" | "margin-left" | "margin-top" => number.is_some_and(|n| n <= -400.0),
        "width" | "height" | "max-height" | "max-width" | "line-height" => {
            tiny && style.contains("overflow:hidden") && !value.ends_with("em") && !value.ends_with('%')
        }
        "clip" => value.starts_with("rect(0") || value.starts_with("rect(1px,1px"),
        "clip-path" => value.starts_with("inset(50%") || value.starts_with("inset(100%"),
        "transform" => value == "scale(0)",
        _ => false,
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let at = tag.match_indices(name).map(|(i, _)| i).find(|i| {
        let after = tag[i + name.len()..].trim_start();
        tag[..*i].ends_with([' ', '\t', '\n', '"', '\'', '/']) && after.starts_with('=')
    })?;
    let value = tag[at + name.len()..].trim_start()[1..].trim_start();
    let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''));
    Some(match quote {
        Some(q) => value[1..].split(q).next().unwrap_or("").to_string(),
        None => value.split([' ', '>', '\t', '\n']).next().unwrap_or("").to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hidden_elements_are_found() {
        for html in [
            "<div style=\"display: none\">x</div>",
            "<span style='position:absolute; left:-9999px'>x</span>",
            "<div style=\"DISPLAY&#58;none\">x</div>",
            "<p style=\"font-size:0\">x</p>",
            "<div style=\"height:1px;overflow:hidden\">x</div>",
            "<marquee width=0 height=0>x</marquee>",
            "<font color=\"#FFFFFF\">x</font>",
            "<a href=\"https://x.example\"></a>",
            "<A HREF=\"https://x.example\"> </A>",
            "<div hidden>x</div>",
            "<p style=\"text-indent:-2000em\">x</p>",
        ] {
            assert_eq!(styled(html).len(), 1, "{html}");
        }
    }

    #[test]
    fn ordinary_styles_are_not() {
        for html in [
            "<p style=\"text-align:center\">x</p>",
            "<p style=\"text-indent:2em;font-size:16px;color:#333\">x</p>",
            "<a href=\"x\" title=\"hidden\">x</a>",
            "<div style=\"width:100%;overflow:hidden\">x</div>",
            "<p style=\"font-size:1em\">x</p>",
            "<table width=1><tr><td>x</td></tr></table>",
        ] {
            assert_eq!(styled(html), [], "{html}");
        }
    }

    #[test]
    fn invisible_characters_are_found_and_emoji_stay_whole() {
        let rules = |text: &str| characters(text).into_iter().map(|h| h.rule).collect::<Vec<_>>();
        assert_eq!(rules("停\u{200b}\u{200b}水"), ["invisible-text"]);
        assert_eq!(rules("停\u{202e}水"), ["bidi-control"]);
        assert!(rules("全家👨\u{200d}👩，“引号”——好").is_empty());
    }
}
