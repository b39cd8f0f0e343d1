//! Asking outside links whether they open, politely.
//!
//! In: addresses with the places that have them, and a way to ask one. Out: findings of those that do not open. Hosts are asked side by side,
//! each host one address at a time with a pause between; a host that does not answer at all is not asked again.

use std::collections::BTreeMap;
use std::time::Duration;

use rayon::prelude::*;

use super::finding::Finding;
use super::outside::outside_host;
use crate::diagnostic::Place;

/// Between two questions to one host.
pub const PAUSE: Duration = Duration::from_secs(1);

/// Hosts that are asked side by side.
const AT_ONCE: usize = 16;

/// What an address answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// An HTTP status.
    Status(u16),
    /// Nothing: no such host, no connection, no answer in time.
    Silence,
}

/// Asks every address once. `links`: address, file, place. `ask` asks one address; `pause` is called between two questions to one host.
pub fn probe(links: &[(String, String, Place)], ask: &(dyn Fn(&str) -> Answer + Sync), pause: &(dyn Fn() + Sync)) -> Vec<Finding> {
    let mut by_host: BTreeMap<String, Vec<&(String, String, Place)>> = BTreeMap::new();
    for link in links {
        if let Some(host) = outside_host(&link.0, "") {
            by_host.entry(host).or_default().push(link);
        }
    }
    let all = || by_host.par_iter().flat_map_iter(|(host, links)| one_host(host, links, ask, pause)).collect();
    // Whoever asks mostly waits: more at once than there are cores. Without threads of its own it asks with those there are.
    rayon::ThreadPoolBuilder::new().num_threads(AT_ONCE).build().map_or_else(|_| all(), |pool| pool.install(all))
}

fn one_host(host: &str, links: &[&(String, String, Place)], ask: &dyn Fn(&str) -> Answer, pause: &dyn Fn()) -> Vec<Finding> {
    let mut found = Vec::new();
    let mut silent = false;
    for (i, (target, file, place)) in links.iter().enumerate() {
        if i > 0 && !silent {
            pause();
        }
        let answer = if silent { Answer::Silence } else { ask(target) };
        silent = answer == Answer::Silence;
        let (zh, en) = match answer {
            // Whoever must log in first, or is asked too often, is there.
            Answer::Status(200..=399 | 401 | 403 | 405 | 429) => continue,
            Answer::Status(status) => (format!("外链打不开（{status}）：{target}"), format!("the outside link does not open ({status}): {target}")),
            Answer::Silence => (format!("外链没有应答：{host}"), format!("the outside host does not answer: {host}")),
        };
        found.push(
            Finding::new("outside-link-dead", file, *place, zh, en)
                .hint("核对地址，或删去链接", "mend the address, or remove the link")
                .excerpt(target.as_str()),
        );
    }
    found
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[test]
    fn a_silent_host_is_asked_once_and_others_with_pauses() {
        let link = |target: &str| (target.to_string(), "content/www/a.md".to_string(), Place::new(1, 1));
        let links = ["https://a.example/1", "https://a.example/2", "https://a.example/3", "https://b.example/1", "https://b.example/2"].map(link);
        let (asked, pauses) = (AtomicUsize::new(0), AtomicUsize::new(0));
        let ask = |target: &str| {
            asked.fetch_add(1, Ordering::Relaxed);
            match target {
                "https://a.example/2" => Answer::Status(404),
                t if t.starts_with("https://b") => Answer::Silence,
                _ => Answer::Status(200),
            }
        };
        let pause = || {
            pauses.fetch_add(1, Ordering::Relaxed);
        };
        let found: Vec<String> = probe(&links, &ask, &pause).into_iter().map(|f| f.excerpt.to_string()).collect();
        assert_eq!(found, ["https://a.example/2", "https://b.example/1", "https://b.example/2"]);
        assert_eq!((asked.into_inner(), pauses.into_inner()), (4, 2));
    }
}
