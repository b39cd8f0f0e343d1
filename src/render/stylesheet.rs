//! Style sheets as they are published: without the comments and the room that only writers need.
//!
//! In: a theme's CSS. Out: the same rules, shorter. Strings stay as they are; a space stays where it means something.

/// Shortens a style sheet.
#[must_use]
pub(super) fn compact(css: &str) -> String {
    let mut out = String::with_capacity(css.len());
    let mut rest = css;
    while let Some(c) = rest.chars().next() {
        if let Some(comment) = rest.strip_prefix("/*") {
            rest = comment.split_once("*/").map_or("", |(_, after)| after);
        } else if matches!(c, '"' | '\'') {
            let end = string_end(rest, c);
            out.push_str(&rest[..end]);
            rest = &rest[end..];
        } else if c.is_ascii_whitespace() {
            rest = rest.trim_ascii_start();
            let before = out.chars().next_back().unwrap_or('{');
            let after = rest.chars().next().unwrap_or('}');
            // A space before a colon may part a selector from what is inside it; one after never means anything.
            if !matches!(before, '{' | '}' | ';' | ',' | ':') && !matches!(after, '{' | '}' | ';' | ',') {
                out.push(' ');
            }
        } else {
            if c == '}' && out.ends_with(';') {
                out.pop();
            }
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    out
}

/// Where a string that begins with `quote` ends, its closing quote included.
fn string_end(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return at + c.len_utf8(),
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::compact;

    #[test]
    fn only_what_means_nothing_is_left_out() {
        for (css, shorter) in [
            ("/* a */\na , b > c {\n  margin: 0 1px;\n  color: red;\n}\n", "a,b > c{margin:0 1px;color:red}"),
            ("ul :first-child { width: calc(1px + 2em) }", "ul :first-child{width:calc(1px + 2em)}"),
            ("a::after { content: \" ; /* x */ \\\" \" ; }", "a::after{content:\" ; /* x */ \\\" \"}"),
            ("@media (min-width: 4rem) and (hover) { a { b: url(x.png) } }", "@media (min-width:4rem) and (hover){a{b:url(x.png)}}"),
            ("a { b: c } /* open", "a{b:c}"),
            ("a { content: \"open", "a{content:\"open"),
            ("", ""),
        ] {
            assert_eq!(compact(css), shorter);
        }
    }
}
