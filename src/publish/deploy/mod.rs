//! Configuration for what serves a portal group: web servers, units of systemd, hooks of Git.
//!
//! In: the settings of the group and of its sites, and where things lie. Out: text to be put where the tool wants it. Writes no file, so
//! nothing on the machine is changed before somebody has read it.

pub mod bucket;
pub mod caddy;
pub mod hook;
pub mod nginx;
pub mod pages;
pub mod units;

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::source::publishing::Encoding;
use crate::source::settings::{GroupSettings, SiteSettings};

/// What a configuration is made of.
#[derive(Debug, Clone)]
pub struct Hosting {
    /// The domain under which every site has its sub-domain.
    pub domain: String,
    /// The sub-domain of the main site.
    pub main: String,
    /// All sub-domains that answer, sorted.
    pub hosts: Vec<String>,
    /// Sites that live in paths inside hosts: the place (`www/xz/luotian`) and the site's id, sorted.
    pub inside: Vec<(String, String)>,
    /// Places that sites have left.
    pub moved: Vec<Move>,
    /// The folder of releases.
    pub store: PathBuf,
    /// One rule for all sub-domains instead of a list: a new site needs no new configuration.
    pub wildcard: bool,
    /// Certificate and key for HTTPS; plain HTTP (behind something that does HTTPS) when they are missing.
    pub certificate: Option<(PathBuf, PathBuf)>,
    /// Where plain HTTP is answered; HTTPS is answered on 443.
    pub port: u16,
    /// Which compressed copies lie beside each text.
    pub encodings: Vec<Encoding>,
    /// The side service: `127.0.0.1:8090`.
    pub service: Option<String>,
}

/// The path on every host that belongs to the side service.
pub const SERVICE_PATH: &str = "/-/";

/// Where it searches; while it does not, each site's own page for searching answers.
const SEARCH_PATH: &str = "/-/search";

/// A site that has moved.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Move {
    /// Where it lived: `jyj`, or `www/bm/jyj`.
    pub from: String,
    /// The host where it lives: `jyj`.
    pub host: String,
    /// The path inside that host, with a final `/` when there is one.
    pub path: String,
}

impl Hosting {
    /// What the settings say; the rest as on a small machine.
    #[must_use]
    pub fn of(group: &GroupSettings, sites: &[(String, SiteSettings)], store: PathBuf) -> Self {
        let places: BTreeSet<String> = sites.iter().map(|(_, s)| s.at.to_string()).collect();
        let left = |(_, s): &(String, SiteSettings)| {
            let (host, path) = s.at.split_once('/').map_or((&*s.at, String::new()), |(host, path)| (host, format!("{path}/")));
            let to = |from: &str| Move { from: from.to_string(), host: host.to_string(), path: path.clone() };
            s.formerly.iter().map(|f| f.trim_matches('/')).filter(|f| !f.is_empty()).map(to).collect::<Vec<_>>()
        };
        // Where another site lives now, its pages come first; the old ones redirect page by page.
        let taken = |m: &Move| places.iter().any(|p| *p == m.from || p.starts_with(&format!("{}/", m.from)));
        let moved: BTreeSet<Move> = sites.iter().flat_map(left).filter(|m| !taken(m)).collect();
        let first = |place: &str| place.split('/').next().unwrap_or(place).to_string();
        let hosts: BTreeSet<String> = places.iter().map(|p| first(p)).chain(moved.iter().map(|m| first(&m.from))).collect();
        let inside: BTreeSet<(String, String)> = sites.iter().filter(|(_, s)| s.at.contains('/')).map(|(id, s)| (s.at.to_string(), id.clone())).collect();
        let main = sites.iter().find(|(id, _)| **id == *group.main).map_or_else(|| group.main.to_string(), |(_, s)| first(&s.at));
        Self {
            domain: group.domain.to_string(),
            main,
            hosts: hosts.into_iter().collect(),
            inside: inside.into_iter().collect(),
            moved: moved.into_iter().collect(),
            store,
            wildcard: false,
            certificate: None,
            port: 80,
            encodings: Vec::new(),
            service: None,
        }
    }

    /// A text for use in a regular expression.
    fn literal(text: &str) -> String {
        text.replace('.', "\\.").replace('+', "\\+")
    }

    /// The folder that holds one folder a host.
    #[must_use]
    pub fn live(&self) -> String {
        self.store.join("live").display().to_string()
    }

    /// The address of a host, without a final `/`.
    #[must_use]
    pub fn origin(&self, host: &str) -> String {
        let scheme = if self.certificate.is_some() || self.port == 80 { "https" } else { "http" };
        let port = if self.certificate.is_some() || self.port == 80 { String::new() } else { format!(":{}", self.port) };
        format!("{scheme}://{host}.{}{port}", self.domain)
    }

    /// 内容安全策略: scripts and styles from the own host only; pictures and forms from every site of the group; nothing in frames.
    #[must_use]
    pub fn content_security_policy(&self) -> String {
        let group = self.origin("*");
        let upgrade = if self.certificate.is_some() { "; upgrade-insecure-requests" } else { "" };
        format!(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: {group}; media-src 'self' {group}; font-src 'self'; \
             connect-src 'self'; form-action 'self' {group}; base-uri 'none'; frame-ancestors 'self'{upgrade}"
        )
    }

    /// The headers of every answer.
    #[must_use]
    pub fn headers(&self) -> Vec<(&'static str, String)> {
        let mut headers = vec![
            ("Content-Security-Policy", self.content_security_policy()),
            ("X-Content-Type-Options", "nosniff".to_string()),
            ("Referrer-Policy", "strict-origin-when-cross-origin".to_string()),
            ("Permissions-Policy", "camera=(), microphone=(), geolocation=(), payment=()".to_string()),
            ("Cross-Origin-Opener-Policy", "same-origin".to_string()),
        ];
        if self.certificate.is_some() {
            headers.push(("Strict-Transport-Security", "max-age=31536000".to_string()));
        }
        headers
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    fn site(id: &str, at: &str, formerly: &[&str]) -> (String, SiteSettings) {
        let formerly = formerly.iter().map(|f| (*f).into()).collect();
        (id.to_string(), SiteSettings { at: at.into(), formerly, ..SiteSettings::default() })
    }

    #[test]
    fn hosts_are_those_of_sites_and_of_places_that_were_left() {
        let group = GroupSettings { domain: "yunxiu.test".into(), main: "www".into(), ..GroupSettings::default() };
        let sites = [site("www", "www", &[]), site("jyj", "jyj", &["www/bm/jyj", "edu"]), site("tea", "www/xz/tea", &["jyj"])];
        let hosting = Hosting::of(&group, &sites, "/srv/portal".into());
        assert_eq!(hosting.hosts, ["edu", "jyj", "www"]);
        assert_eq!(hosting.inside, [("www/xz/tea".to_string(), "tea".to_string())]);
        let moved: Vec<&str> = hosting.moved.iter().map(|m| m.from.as_str()).collect();
        assert_eq!(moved, ["edu", "www/bm/jyj"], "a place that another site has taken is not redirected as a whole");
        assert_eq!(hosting.moved.first().unwrap().host, "jyj");
    }
}
