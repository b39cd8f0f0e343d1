//! Outside links: whose hosts they lead to, whether those are on the list, and whether they look like hijacked or gambling links.
//!
//! In: the group's domain, its list of hosts, and links with their words. Out: what is wrong with a link. Opens none.

use crate::source::checking::OutsideHost;

/// Words that no outside link of a government site has, in its words or its address.
const BAD: [&str; 34] = [
    "博彩",
    "赌场",
    "赌球",
    "百家乐",
    "时时彩",
    "六合彩",
    "老虎机",
    "真人娱乐",
    "娱乐城",
    "棋牌",
    "体育投注",
    "北京赛车",
    "裸聊",
    "约炮",
    "成人视频",
    "色情",
    "代孕",
    "迷药",
    "办假证",
    "刻章办证",
    "代开发票",
    "私服",
    "外挂",
    "casino",
    "bet365",
    "1xbet",
    "lottery",
    "baccarat",
    "porn",
    "sexy",
    "viagra",
    "poker",
    "jackpot",
    "slots",
];

/// What is wrong with an outside link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Wrong {
    /// Its host is on no list.
    Unlisted(String),
    /// It looks like what hijackers plant.
    Suspicious(String),
}

/// Which hosts are the group's own, and which may be linked to.
#[derive(Debug)]
pub(crate) struct Hosts<'a> {
    pub domain: &'a str,
    pub listed: &'a [OutsideHost],
}

impl Hosts<'_> {
    /// What is wrong with a link to `target` whose words are `words`; nothing when it stays inside.
    pub(crate) fn wrong(&self, target: &str, words: &str) -> Option<Wrong> {
        let host = outside_host(target, self.domain)?;
        if self.lists(&host) {
            return None;
        }
        let all = format!("{words} {target}").to_lowercase();
        let bad = BAD.iter().find(|w| all.contains(**w)).filter(|_| !host.ends_with(".gov.cn"));
        let number = host.parse::<std::net::Ipv4Addr>().is_ok() || host.starts_with('[') || host.split('.').any(|l| l.starts_with("xn--"));
        let user = target.split("//").nth(1).and_then(|rest| rest.split('/').next()).is_some_and(|a| a.contains('@'));
        match bad {
            Some(word) => Some(Wrong::Suspicious((*word).to_string())),
            None if number || user => Some(Wrong::Suspicious(host)),
            None => (!self.listed.is_empty()).then_some(Wrong::Unlisted(host)),
        }
    }

    /// Whether a host is on the list.
    pub(crate) fn lists(&self, host: &str) -> bool {
        self.listed.iter().any(|l| is_below(host, &l.host))
    }
}

/// Whether an entry of the list (`www.gov.cn`, `*.gov.cn`) means a host.
pub(crate) fn is_below(host: &str, entry: &str) -> bool {
    match entry.strip_prefix("*.") {
        Some(parent) => host == parent || host.strip_suffix(parent).is_some_and(|h| h.ends_with('.')),
        None => host.eq_ignore_ascii_case(entry),
    }
}

/// The host of an address that leads out of the group, in lower case, without a port.
pub(crate) fn outside_host(target: &str, domain: &str) -> Option<String> {
    let lower = target.trim().to_lowercase();
    let rest = ["https://", "http://", "//"].iter().find_map(|scheme| lower.strip_prefix(scheme))?;
    let authority = rest.split(['/', '?', '#', '\\']).next().unwrap_or("");
    let host = authority.rsplit('@').next().unwrap_or("");
    let host = if host.starts_with('[') { host } else { host.split(':').next().unwrap_or("") };
    let own = host == domain || host.strip_suffix(domain).is_some_and(|h| h.ends_with('.'));
    (!own && !host.is_empty()).then(|| host.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outside_links_are_held_against_the_list() {
        let listed =
            [OutsideHost { host: "*.gov.cn".into(), ..OutsideHost::default() }, OutsideHost { host: "www.xinhuanet.com".into(), ..OutsideHost::default() }];
        let hosts = Hosts { domain: "yunxiu.gov.example", listed: &listed };
        for fine in
            ["https://www.gov.cn/a", "http://gov.cn", "https://jyj.yunxiu.gov.example/x", "@/jyj/a.md", "https://www.xinhuanet.com:443/", "mailto:a@b.c"]
        {
            assert_eq!(hosts.wrong(fine, "打击赌场专项行动"), None, "{fine}");
        }
        assert_eq!(hosts.wrong("https://evilgov.cn/", "x"), Some(Wrong::Unlisted("evilgov.cn".into())));
        assert_eq!(hosts.wrong("//news.example.org/a", "x"), Some(Wrong::Unlisted("news.example.org".into())));
        for bad in ["https://a.example/casino/", "http://203.0.113.7/", "https://xn--80ak6aa92e.example/", "https://www.gov.cn@evil.example/"] {
            assert!(matches!(hosts.wrong(bad, "x"), Some(Wrong::Suspicious(_))), "{bad}");
        }
        assert!(matches!(hosts.wrong("https://a.example/", "澳门百家乐"), Some(Wrong::Suspicious(_))));
        let none = Hosts { domain: "yunxiu.gov.example", listed: &[] };
        assert_eq!(none.wrong("https://a.example/", "x"), None, "without a list nothing is held against it");
    }
}
