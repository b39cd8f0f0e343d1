//! A theme's words put into its templates: what is the same on every page of a language is looked up once, not on every page.
//!
//! In: a template's source and the words of a language. Out: the source with the plain `{{ words.name }}` in it replaced by the words
//! themselves, escaped as the template would. Whatever could then mean anything else stays as it is. Lines stay where they are.

use std::borrow::Cow;
use std::collections::BTreeMap;

/// How a printed word begins and ends.
const BEGIN: &str = "{{ words.";
const END: &str = " }}";

/// The source of a template with the words of a language in it.
pub(super) fn filled<'s>(name: &str, source: &'s str, words: &BTreeMap<String, String>) -> Cow<'s, str> {
    // Other files are not escaped as HTML is; where the name stands for something else, or nothing is read, nothing is replaced.
    let html = [".html", ".htm"].iter().any(|ending| name.ends_with(ending));
    if !html || !source.contains(BEGIN) || source.contains("raw %}") || source.contains("raw -%}") || is_named_otherwise(source) {
        return Cow::Borrowed(source);
    }
    let mut out = String::with_capacity(source.len());
    let mut done = 0;
    for (at, _) in source.match_indices(BEGIN) {
        let after = &source[at + BEGIN.len()..];
        let name = &after[..after.bytes().take_while(|b| is_of_name(*b)).count()];
        let written = after[name.len()..].starts_with(END) && !is_in_a_tag(&source[..at]);
        if let Some(word) = words.get(name).filter(|word| written && is_plain(word)) {
            out.push_str(&source[done..at]);
            out.push_str(&escaped(word));
            done = at + BEGIN.len() + name.len() + END.len();
        }
    }
    out.push_str(&source[done..]);
    Cow::Owned(out)
}

/// Whether what follows stands in a tag that is still open: in a text of an expression.
fn is_in_a_tag(before: &str) -> bool {
    let last = |marks: [&str; 2]| marks.iter().filter_map(|mark| before.rfind(mark)).max();
    last(["{{", "{%"]) > last(["}}", "%}"])
}

/// Whether a template uses the name `words` for anything but looking words up: then nobody can tell what it stands for.
fn is_named_otherwise(source: &str) -> bool {
    let bytes = source.as_bytes();
    source.match_indices("words").any(|(at, word)| {
        let before = at.checked_sub(1).map_or(b' ', |at| bytes[at]);
        let after = bytes.get(at + word.len()).copied().unwrap_or(b' ');
        let part_of_another = is_of_name(before) || is_of_name(after) || matches!(before, b'.' | b'-' | b'"' | b'\'') || after == b'-';
        !part_of_another && before != b'@' && !matches!(after, b'.' | b'[')
    })
}

fn is_of_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Whether a word is the same as text of the template: nothing a template would read, no line of its own, no space at its ends that the
/// template might take away.
fn is_plain(word: &str) -> bool {
    !word.is_empty() && word.trim().len() == word.len() && !word.contains(['{', '}', '\n', '\r'])
}

fn escaped(word: &str) -> String {
    let mut bytes = Vec::with_capacity(word.len());
    // Writing to memory cannot fail.
    let written = tera::escape_html(word, &mut bytes);
    debug_assert!(written.is_ok());
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn words() -> BTreeMap<String, String> {
        let pairs = [("share", "分享"), ("colon", ": "), ("none", ""), ("quoted", "<\"甲\" & '乙'>"), ("odd", "{{ 1 }}"), ("lines", "一\n二")];
        pairs.iter().map(|(k, v)| ((*k).to_string(), (*v).to_string())).collect()
    }

    /// What a template makes, with its words looked up and with its words in it.
    fn both(source: &str) -> (String, String) {
        let mut context = tera::Context::new();
        context.insert("words", &words());
        context.insert("yes", &true);
        let made = |source: &str| {
            let mut tera = tera::Tera::new();
            tera.add_raw_template("t.html", source).unwrap();
            tera.render("t.html", &context).unwrap()
        };
        (made(source), made(&filled("t.html", source, &words())))
    }

    #[test]
    fn a_template_makes_the_same_with_its_words_in_it() {
        for source in [
            "<a title=\"{{ words.quoted }}\">{{ words.share }}</a>{{ words.share }}",
            "{{ words.share }}{{ words.colon }}{%- if yes %} {{ words.share }} {%- endif %}",
            "{{ words.none }}\n{%- if yes %}x{% endif %}",
            "{{ words.share }}\n{%- if yes %}x{% endif -%}\n {{ words.share }}",
            "{{- words.share -}} {{ words.share | upper }} {{ words[\"share\"] }}",
            "{{ words.odd }}{{ words.lines }}",
            "{% raw %}{{ words.share }}{% endraw %}",
            "{% set a = \"{{ words.share }}\" %}{{ a }}{{ words.share }}",
            "{{ \"{{ words.share }}\" }}{{ words.share }}",
            "{% set words = {\"share\": \"别的\"} %}{{ words.share }}",
            "{% for words in [{\"share\": \"别的\"}] %}{{ words.share }}{% endfor %}",
            "{% component c(words) %}{{ words.share }}{% endcomponent c %}{{ <c words={ {\"share\": \"别的\"} }/> }}",
            "{% component c(@words) %}{{ words.share }}{% endcomponent c %}{{ <c/> }}",
        ] {
            let (looked_up, put_in) = both(source);
            assert_eq!(put_in, looked_up, "{source}");
        }
    }

    #[test]
    fn words_are_put_in_where_they_are_printed() {
        let source = "{{ words.share }}{{ words.colon }}{{ words.quoted }}{% if words.share %}{{ words.nothing }}{{ words.share }}{% endif %}";
        let wanted = "分享{{ words.colon }}&lt;&quot;甲&quot; &amp; &#39;乙&#39;&gt;{% if words.share %}{{ words.nothing }}分享{% endif %}";
        assert_eq!(filled("a/t.html", source, &words()), wanted.replace("&#39;", &escaped("'")));
        assert_eq!(filled("a/t.xml", source, &words()), source);
    }
}
