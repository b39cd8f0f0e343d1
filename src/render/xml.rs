//! What is not a page of the theme: feeds, site maps, robots, `security.txt`, search descriptions and redirects.
//!
//! In: views. Out: bytes. Every text is escaped; characters XML cannot hold are left out.

use std::borrow::Cow;

use crate::plan::view::finder::OpenSearchView;
use crate::plan::view::machine::{FeedView, MapEntry, SecurityView};

/// An Atom feed (RFC 4287). `texts` are the whole texts of its entries as HTML, where it holds them.
#[must_use]
pub fn feed(feed: &FeedView<'_>, texts: &[Option<String>]) -> String {
    let mut out = String::with_capacity(1024 + feed.entries.len() * 800);
    out.push_str("<?xml version=\"1.0\" encoding=\"utf-8\"?>\n");
    out.push_str(&format!("<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"{}\">\n", escaped(feed.language)));
    element(&mut out, "title", &feed.title);
    element(&mut out, "id", &feed.home);
    element(&mut out, "updated", &feed.updated);
    out.push_str(&format!("<link rel=\"self\" type=\"application/atom+xml\" href=\"{}\"/>\n", escaped(&feed.address)));
    out.push_str(&format!("<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n", escaped(&feed.home)));
    out.push_str(&format!("<author><name>{}</name></author>\n", escaped(feed.author)));
    out.push_str("<generator>Portico</generator>\n");
    for (i, entry) in feed.entries.iter().enumerate() {
        out.push_str("<entry>\n");
        element(&mut out, "title", entry.title);
        element(&mut out, "id", &entry.url);
        out.push_str(&format!("<link rel=\"alternate\" type=\"text/html\" href=\"{}\"/>\n", escaped(&entry.url)));
        element(&mut out, "published", &entry.published);
        element(&mut out, "updated", &entry.updated);
        out.push_str(&format!("<author><name>{}</name></author>\n", escaped(entry.author)));
        if !entry.summary.is_empty() {
            element(&mut out, "summary", entry.summary);
        }
        if let Some(html) = texts.get(i).and_then(Option::as_deref) {
            // Links in the text are written for the entry's own page.
            out.push_str(&format!("<content type=\"html\" xml:base=\"{}\">{}</content>\n", escaped(&entry.url), escaped_text(html)));
        }
        out.push_str("</entry>\n");
    }
    out.push_str("</feed>\n");
    out
}

/// A site map (sitemaps.org 0.9).
#[must_use]
pub fn site_map(entries: &[MapEntry]) -> String {
    let mut out = String::with_capacity(128 + entries.len() * 120);
    out.push_str("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    for entry in entries {
        out.push_str("<url><loc>");
        out.push_str(&escaped(&entry.address));
        out.push_str("</loc>");
        if let Some(day) = &entry.changed {
            out.push_str("<lastmod>");
            out.push_str(day);
            out.push_str("</lastmod>");
        }
        out.push_str("</url>\n");
    }
    out.push_str("</urlset>\n");
    out
}

/// The index of a site map's parts.
#[must_use]
pub fn site_map_index(parts: &[String]) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<sitemapindex xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">\n");
    for part in parts {
        out.push_str(&format!("<sitemap><loc>{}</loc></sitemap>\n", escaped(part)));
    }
    out.push_str("</sitemapindex>\n");
    out
}

/// A description of a search for browsers (OpenSearch 1.1, draft 6).
#[must_use]
pub fn open_search(view: &OpenSearchView<'_>) -> String {
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<OpenSearchDescription xmlns=\"http://a9.com/-/spec/opensearch/1.1/\">\n");
    element(&mut out, "ShortName", &view.short_name);
    element(&mut out, "LongName", &view.long_name);
    element(&mut out, "Description", &view.description);
    out.push_str(&format!("<Url type=\"text/html\" template=\"{}\"/>\n", escaped(&view.template)));
    out.push_str(&format!("<Url type=\"application/opensearchdescription+xml\" rel=\"self\" template=\"{}\"/>\n", escaped(&view.address)));
    if !view.icon.is_empty() {
        out.push_str(&format!("<Image width=\"64\" height=\"64\" type=\"image/svg+xml\">{}</Image>\n", escaped(&view.icon)));
    }
    element(&mut out, "Language", view.language);
    element(&mut out, "InputEncoding", "UTF-8");
    out.push_str("</OpenSearchDescription>\n");
    out
}

/// `robots.txt` (RFC 9309): everything may be read; here are the site maps.
#[must_use]
pub fn robots(maps: &[String]) -> String {
    let mut out = String::from("User-agent: *\nAllow: /\n\n");
    for map in maps {
        out.push_str(&format!("Sitemap: {map}\n"));
    }
    out
}

/// `security.txt` (RFC 9116).
#[must_use]
pub fn security(view: &SecurityView<'_>) -> String {
    let mut out = String::new();
    let one_line = |text: &str| text.replace(['\r', '\n'], " ");
    for contact in view.contact {
        out.push_str(&format!("Contact: {}\n", one_line(contact)));
    }
    out.push_str(&format!("Expires: {}\nPreferred-Languages: {}\nCanonical: {}\n", view.expires, view.languages, view.canonical));
    if !view.policy.is_empty() {
        out.push_str(&format!("Policy: {}\n", one_line(view.policy)));
    }
    out
}

/// A page that leads on, for servers that know no redirects.
#[must_use]
pub fn redirect(to: &str, language: &str, site: &str) -> String {
    let to = escaped(to);
    let (moved, here) =
        if language.starts_with("en") { ("This page has moved", "Continue to the new address") } else { ("页面已迁移", "前往新地址") };
    format!(
        "<!DOCTYPE html>\n<html lang=\"{}\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{moved} - {}</title>\n<meta name=\"generator\" content=\"Portico\">\n<meta name=\"robots\" content=\"noindex\">\n\
         <meta http-equiv=\"refresh\" content=\"0; url={to}\">\n<link rel=\"canonical\" href=\"{to}\">\n</head>\n<body>\n\
         <main>\n<h1>{moved}</h1>\n<p><a href=\"{to}\">{here}</a></p>\n</main>\n</body>\n</html>\n",
        escaped(language),
        escaped(site),
    )
}

fn element(out: &mut String, name: &str, text: &str) {
    out.push_str(&format!("<{name}>{}</{name}>\n", escaped(text)));
}

/// Escapes text for XML, line breaks kept: in `<pre>` they count.
fn escaped_text(text: &str) -> String {
    text.lines().map(escaped).collect::<Vec<_>>().join("\n")
}

/// Escapes text for XML and HTML, in content and in double-quoted attributes.
fn escaped(text: &str) -> Cow<'_, str> {
    // What may need attention: markup, controls, and the first bytes of characters among which XML forbids some.
    let special = |b: u8| b < b' ' || matches!(b, b'&' | b'<' | b'>' | b'"' | 0x7F | 0xC2 | 0xEF);
    let Some(first) = text.bytes().position(special) else { return Cow::Borrowed(text) };
    let mut out = String::with_capacity(text.len() + 8);
    out.push_str(&text[..first]);
    let mut rest = &text[first..];
    while let Some(c) = rest.chars().next() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\t' | '\n' | '\r' => out.push(' '),
            c if c.is_control() || matches!(c, '\u{FFFE}' | '\u{FFFF}') => {}
            c => out.push(c),
        }
        rest = &rest[c.len_utf8()..];
        let plain = rest.bytes().position(special).unwrap_or(rest.len());
        out.push_str(&rest[..plain]);
        rest = &rest[plain..];
    }
    Cow::Owned(out)
}
