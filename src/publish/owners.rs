//! Who may change what: the map of folders to offices, held against the authors of pushed commits.
//!
//! In: the text of `sites/owners.yaml` and commits. Out: what is wrong in the map, and every change that is not its author's to make.
//! Touches no file.

use std::collections::BTreeMap;

use crate::diagnostic::{Diagnostic, Place};
use crate::source::yaml::{Node, Value, parse};

/// Where the map stands in the content repository.
pub const FILE: &str = "sites/owners.yaml";

/// 责任分工: which folder belongs to which offices, and who they are.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Owners {
    /// By office: patterns of e-mail addresses, in lower case; `*` stands for anything.
    offices: BTreeMap<String, Vec<String>>,
    /// By folder or file: the offices it belongs to.
    paths: BTreeMap<String, Vec<String>>,
}

/// A pushed commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commit {
    /// Its id.
    pub id: String,
    /// Its author's name.
    pub author: String,
    /// Its author's address.
    pub email: String,
    /// The files it changes, relative to the repository.
    pub paths: Vec<String>,
}

impl Owners {
    /// Reads the map.
    ///
    /// # Errors
    /// What is wrong in it; then it must not be used.
    pub fn read(text: &str) -> Result<Self, Vec<Diagnostic>> {
        let node = parse(text, 1).map_err(|e| vec![Diagnostic::error("bad-yaml", FILE, e.place, e.zh, e.en)])?;
        let mut found = Vec::new();
        let mut owners = Self::default();
        for (key, value) in entries(&node, &mut found) {
            match key {
                "offices" => owners.offices = lists(value, &mut found, |pattern| pattern.to_lowercase()),
                "paths" => owners.paths = lists(value, &mut found, str::to_string),
                other => found.push(Diagnostic::error(
                    "unknown-key",
                    FILE,
                    value.place,
                    format!("不认识的键 {other}，这里只有 offices 和 paths"),
                    format!("unknown key `{other}`: there are `offices` and `paths`"),
                )),
            }
        }
        owners.paths = owners.paths.into_iter().map(|(path, offices)| (path.trim_matches('/').to_string(), offices)).collect();
        for (path, office) in owners.paths.iter().flat_map(|(path, all)| all.iter().map(move |office| (path, office))) {
            if !owners.offices.contains_key(office) {
                found.push(Diagnostic::error(
                    "unknown-office",
                    FILE,
                    Place::default(),
                    format!("{path} 的责任单位“{office}”不在 offices 里"),
                    format!("the office `{office}` of {path} is not among `offices`"),
                ));
            }
        }
        if found.is_empty() { Ok(owners) } else { Err(found) }
    }

    /// The offices that a file belongs to: those of the innermost folder that has any. Empty when it belongs to everyone.
    #[must_use]
    pub fn of(&self, path: &str) -> &[String] {
        let mut at = path;
        loop {
            if let Some(offices) = self.paths.get(at) {
                return offices;
            }
            if at.is_empty() {
                return &[];
            }
            at = at.rsplit_once('/').map_or("", |(parent, _)| parent);
        }
    }

    /// Whether somebody belongs to one of some offices.
    fn is_of(&self, email: &str, offices: &[String]) -> bool {
        let email = email.to_lowercase();
        offices.iter().filter_map(|office| self.offices.get(office)).flatten().any(|pattern| fits(pattern, &email))
    }

    /// Every change that is not its author's to make.
    #[must_use]
    pub fn trespasses(&self, commits: &[Commit]) -> Vec<Diagnostic> {
        let each = commits.iter().flat_map(|commit| commit.paths.iter().map(move |path| (commit, path)));
        each.filter_map(|(commit, path)| {
            let offices = self.of(path);
            let allowed = offices.is_empty() || self.is_of(&commit.email, offices);
            (!allowed).then(|| trespass(commit, path, offices))
        })
        .collect()
    }
}

fn trespass(commit: &Commit, path: &str, offices: &[String]) -> Diagnostic {
    let id: String = commit.id.chars().take(10).collect();
    let (author, email, all, all_en) = (&commit.author, &commit.email, offices.join("、"), offices.join(", "));
    Diagnostic::error(
        "not-yours",
        path,
        Place::default(),
        format!("由{all}负责，{author} <{email}> 不能改动（提交 {id}）"),
        format!("belongs to {all_en}; {author} <{email}> may not change it (commit {id})"),
    )
    .hint("请责任单位修改，或由信息中心调整 sites/owners.yaml", "ask the office, or have sites/owners.yaml changed")
}

/// The entries of a mapping; anything else is told.
fn entries<'n>(node: &'n Node, found: &mut Vec<Diagnostic>) -> Vec<(&'n str, &'n Node)> {
    match &node.value {
        Value::Map(entries) => entries.iter().map(|(key, value)| (key.text.as_str(), value)).collect(),
        Value::Null => Vec::new(),
        _ => {
            found.push(Diagnostic::error("wrong-type", FILE, node.place, "这里应是“键: 值”", "expected `key: value` lines"));
            Vec::new()
        }
    }
}

/// Lists by key; a single word stands for a list of one.
fn lists(node: &Node, found: &mut Vec<Diagnostic>, read: impl Fn(&str) -> String) -> BTreeMap<String, Vec<String>> {
    let mut all = BTreeMap::new();
    for (key, value) in entries(node, found) {
        let words = match &value.value {
            Value::List(items) => items.iter().collect(),
            _ => vec![value],
        };
        let mut list = Vec::new();
        for word in words {
            match &word.value {
                Value::Scalar { text, .. } => list.push(read(text.trim())),
                _ => found.push(Diagnostic::error("wrong-type", FILE, word.place, "应是一段文字", "expected text")),
            }
        }
        all.insert(key.to_string(), list);
    }
    all
}

/// Whether a text fits a pattern in which `*` stands for anything.
fn fits(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((before, after)) => {
            let Some(rest) = text.strip_prefix(before) else { return false };
            (0..=rest.len()).filter(|at| rest.is_char_boundary(*at)).any(|at| fits(after, &rest[at..]))
        }
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    const MAP: &str = "offices:\n  教育局: ['*@jyj.yunxiu.gov.example', li@edu.example]\n  信息中心: '*@xxzx.yunxiu.gov.example'\npaths:\n  \
                       content/jyj/: 教育局\n  content/jyj/topics: [教育局, 信息中心]\n  sites: 信息中心\n";

    fn codes(email: &str, paths: &[&str]) -> usize {
        let commit =
            Commit { id: "0123456789abcdef".into(), author: "某人".into(), email: email.into(), paths: paths.iter().map(|p| (*p).to_string()).collect() };
        Owners::read(MAP).unwrap().trespasses(&[commit]).len()
    }

    #[test]
    fn an_office_changes_its_own_folders_only() {
        assert_eq!(codes("Wang@JYJ.yunxiu.gov.example", &["content/jyj/news/a.md", "content/jyj/topics/b.md"]), 0);
        assert_eq!(codes("wang@jyj.yunxiu.gov.example", &["content/wjw/a.md"]), 0, "what is in no office's folder is everyone's");
        assert_eq!(codes("wang@jyj.yunxiu.gov.example", &["sites/jyj.yaml", "sites/owners.yaml"]), 2);
        assert_eq!(codes("zhao@xxzx.yunxiu.gov.example", &["content/jyj/topics/b.md", "content/jyj/news/a.md"]), 1, "the innermost folder decides");
        assert_eq!(codes("wang@jyj.yunxiu.gov.example.evil.example", &["content/jyj/news/a.md"]), 1);
        assert_eq!(codes("li@edu.example", &["content/jyjx/a.md", "content/jyj/a.md"]), 0);
    }

    #[test]
    fn a_map_that_cannot_be_meant_is_told() {
        for (text, code) in [("paths: {a: 财政局}", "unknown-office"), ("owners: {}", "unknown-key"), ("offices: [a]", "wrong-type"), ("a: [", "bad-yaml")] {
            assert_eq!(&*Owners::read(text).unwrap_err()[0].code, code, "{text}");
        }
        assert_eq!(Owners::read("").unwrap(), Owners::default());
    }
}
