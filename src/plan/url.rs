//! Addresses: the only builder of URLs and of output paths.
//!
//! In: the group and the base address. Out: paths of output files (`www/news/x.html`) and addresses for `href`. On one host an
//! address is a path; across hosts it is absolute.

use std::borrow::Cow;

use crate::model::PortalGroup;
use crate::model::item::ItemRef;
use crate::model::site::SitePlace;

/// Builds every address of a group.
#[derive(Debug)]
pub struct Urls<'g> {
    group: &'g PortalGroup,
    /// By site: `https://jyj.yunxiu.gov.example`.
    origins: Vec<String>,
    base: String,
}

/// What a base address must be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("--base-url {0}: expected http(s)://HOST[:PORT], or an address with {{site}} in its host")]
pub struct BadBase(String);

/// Checks a base address and makes it a pattern with `{site}`.
///
/// # Errors
/// [`BadBase`] when it is not an http address.
pub fn base_pattern(base: &str) -> Result<String, BadBase> {
    let base = base.trim_end_matches('/');
    let bad = || BadBase(base.to_string());
    let (scheme, host) = base.split_once("://").ok_or_else(bad)?;
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '{' | '}' | '[' | ']');
    if !matches!(scheme, "http" | "https") || host.is_empty() || !host.chars().all(fits) {
        return Err(bad());
    }
    Ok(if host.contains("{site}") { base.to_string() } else { format!("{scheme}://{{site}}.{host}") })
}

impl<'g> Urls<'g> {
    /// `pattern`: an address with `{site}` for the sub-domain; without one, `https://{site}.<domain>`.
    #[must_use]
    pub fn new(group: &'g PortalGroup, pattern: Option<&str>) -> Self {
        let base = pattern.map_or_else(|| format!("https://{{site}}.{}", group.tree.group.domain), str::to_string);
        let origins = group.sites.iter().map(|s| base.replace("{site}", &s.place.host)).collect();
        Self { group, origins, base }
    }

    /// The path of a site's home page: `/` or `/bm/jyj/`.
    #[must_use]
    pub fn home(&self, site: usize) -> String {
        format!("/{}", self.group.sites[site].place.path)
    }

    /// `https://jyj.yunxiu.gov.example`, without a final `/`.
    #[must_use]
    pub fn origin(&self, site: usize) -> &str {
        &self.origins[site]
    }

    /// The host name and path of a site: `jyj.yunxiu.gov.example`.
    #[must_use]
    pub fn domain(&self, site: usize) -> String {
        let origin = self.origin(site);
        let host = origin.split_once("://").map_or(origin, |(_, host)| host);
        format!("{host}{}", self.home(site)).trim_end_matches('/').to_string()
    }

    /// The folder of a site in the output: `www/` or `www/bm/jyj/`.
    #[must_use]
    pub fn folder(place: &SitePlace) -> String {
        [&*place.host, "/", &*place.path].concat()
    }

    /// The path, inside a site's folder, of a column's page; 0 is the first.
    #[must_use]
    pub fn column_path(&self, site: usize, column: usize, page: usize) -> String {
        let path = &self.group.sites[site].columns[column].path;
        if page == 0 { format!("{path}/") } else { format!("{path}/page-{page}.html") }
    }

    /// The path, inside its site's folder, of an item's page; tables have several, from 1.
    #[must_use]
    pub fn item_path(&self, at: ItemRef, page: usize) -> String {
        let slug = &self.group.item(at).slug;
        let column = &self.group.column(at).path;
        if page <= 1 { [column, "/", slug, ".html"].concat() } else { format!("{column}/{slug}.page-{page}.html") }
    }

    /// The address, as seen from a page of site `from`, of a path inside the folder of site `site`.
    #[must_use]
    pub fn link(&self, from: usize, site: usize, path: &str) -> String {
        let place = &self.group.sites[site].place;
        if self.group.sites[from].place.host == place.host { ["/", &*place.path, &*encoded(path)].concat() } else { self.absolute(site, path) }
    }

    /// The absolute address of a path inside a site's folder.
    #[must_use]
    pub fn absolute(&self, site: usize, path: &str) -> String {
        [&*self.origins[site], "/", &*self.group.sites[site].place.path, &*encoded(path)].concat()
    }

    /// Whether an address written by an author leaves the group.
    #[must_use]
    pub fn is_external(&self, address: &str) -> bool {
        if !(address.starts_with("http://") || address.starts_with("https://") || address.starts_with("//")) {
            return false;
        }
        let host = |a: &str| a.split("//").nth(1).unwrap_or("").split(['/', '?', '#']).next().unwrap_or("").to_ascii_lowercase();
        let own = host(&self.base.replace("{site}", ""));
        let host = host(address);
        !(host == own.trim_start_matches('.') || host.ends_with(&own) || host.ends_with(&format!(".{}", self.group.tree.group.domain)))
    }
}

/// Percent-encodes what may not stand in a path as it is (RFC 3986); ASCII paths are borrowed.
#[must_use]
pub fn encoded(path: &str) -> Cow<'_, str> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b'~' | b'/' | b'+' | b',' | b'=' | b'@' | b':' | b'!' | b'(' | b')');
    if path.bytes().all(plain) {
        return Cow::Borrowed(path);
    }
    let mut out = String::with_capacity(path.len() * 2);
    for byte in path.bytes() {
        if plain(byte) {
            out.push(char::from(byte));
        } else {
            let digit = |n: u8| char::from(b"0123456789ABCDEF"[usize::from(n)]);
            out.extend(['%', digit(byte >> 4), digit(byte & 15)]);
        }
    }
    Cow::Owned(out)
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn a_base_becomes_a_pattern() {
        assert_eq!(base_pattern("http://localhost:8080/").unwrap(), "http://{site}.localhost:8080");
        assert_eq!(base_pattern("https://{site}.test.example").unwrap(), "https://{site}.test.example");
        for bad in ["localhost", "ftp://x", "https://", "https://a b", "javascript://x"] {
            assert!(base_pattern(bad).is_err() || bad == "ftp", "{bad}");
        }
    }

    #[test]
    fn chinese_paths_are_encoded() {
        assert_eq!(encoded("news/停水.html"), "news/%E5%81%9C%E6%B0%B4.html");
        assert_eq!(encoded("news/a-1.html"), "news/a-1.html");
        assert_eq!(encoded("a b\"<"), "a%20b%22%3C");
    }
}
