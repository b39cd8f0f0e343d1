//! Writing YAML: the front matter of an item in either dialect.
//!
//! In: the fields of an [`Article`](crate::article::Article). Out: a whole content file. Texts stay without quotes where that
//! is safe, as people write them.

use crate::article::{Article, Dialect, Pen, Value};
use crate::group::Id;

/// The item's file: front matter and body.
pub fn item_file(pen: &Pen<'_>, article: &Article) -> String {
    let mut out = String::with_capacity(article.body.len() + 1024);
    out.push_str("---\n");
    if pen.dialect == Dialect::Hugo {
        out.push_str("column_type: ");
        out.push_str(pen.group.column_of(pen.id).spec.kind.word());
        out.push('\n');
    }
    for (key, value) in &article.fields {
        field(pen, key, value, &mut out);
    }
    out.push_str("---\n");
    out.push_str(&article.body);
    out
}

fn field(pen: &Pen<'_>, key: &str, value: &Value, out: &mut String) {
    *out += key;
    match value {
        Value::Maps(maps) => {
            *out += ":\n";
            for map in maps {
                let inner: Vec<String> = map.iter().map(|(key, value)| format!("{key}: {}", flow(pen, key, value))).collect();
                *out += &format!("  - {{{}}}\n", inner.join(", "));
            }
        }
        Value::Text(text) => *out += &format!(": {}\n", scalar(text)),
        other => *out += &format!(": {}\n", flow(pen, key, other)),
    }
}

/// A value on one line, inside braces or brackets or alone.
fn flow(pen: &Pen<'_>, key: &str, value: &Value) -> String {
    match value {
        Value::Text(text) => quoted(text),
        Value::Plain(word) => word.clone(),
        // Hugo reads an unquoted date as a moment, which only these two are to be.
        Value::Time(at) if pen.dialect == Dialect::Hugo && matches!(key, "date" | "lastmod") => at.rfc3339(),
        Value::Time(at) if pen.dialect == Dialect::Hugo => quoted(&at.local()),
        Value::Day(at) if pen.dialect == Dialect::Hugo => quoted(&at.iso_day()),
        Value::Time(at) => at.local(),
        Value::Day(at) => at.iso_day(),
        Value::Texts(texts) => listed(texts.iter().map(|t| quoted(t))),
        Value::Item(id) => item(pen, *id),
        Value::Items(ids) => listed(ids.iter().map(|id| item(pen, *id))),
        Value::File(path) => quoted(&pen.file(path)),
        Value::Files(paths) => listed(paths.iter().map(|p| quoted(&pen.file(p)))),
        Value::Maps(_) => "[]".into(),
    }
}

fn listed(items: impl Iterator<Item = String>) -> String {
    format!("[{}]", items.collect::<Vec<_>>().join(", "))
}

/// Portico takes a link, Hugo the logical path that `site.GetPage` looks up.
fn item(pen: &Pen<'_>, to: Id) -> String {
    match pen.dialect {
        Dialect::Portico => quoted(&pen.link(to)),
        Dialect::Hugo => quoted(pen.link(to).trim_end_matches(".html")),
    }
}

/// A text as a block scalar's line, quoted only where it has to be.
pub fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| !c.is_ascii() || c.is_ascii_alphabetic())
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.ends_with(':')
        && text.trim() == text
        && !matches!(text, "yes" | "no" | "true" | "false" | "null" | "on" | "off");
    if plain { text.into() } else { quoted(text) }
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
