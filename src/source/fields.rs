//! Taking values out of a YAML mapping, key by key, and collecting all that is wrong with them.
//!
//! In: a mapping's node. Out: typed values, and diagnostics with places: wrong types, unknown keys (with the nearest known one),
//! what is missing. It knows no particular key.

use jiff::tz::TimeZone;

use super::date::Date;
use super::yaml::{Key, Node, Value};
use crate::diagnostic::{Diagnostic, Place};

/// A value that can be read from a node; `None` after it has said what is wrong.
pub(crate) trait FromNode: Sized {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self>;
}

/// A mapping being read: keys are taken one by one, what is left over is unknown.
pub(crate) struct Fields<'a> {
    place: Place,
    entries: Vec<(&'a Key, &'a Node)>,
    names: Vec<&'a str>,
    known: Vec<&'static str>,
    path: String,
    file: &'a str,
    zone: &'a TimeZone,
    found: Vec<Diagnostic>,
}

impl<'a> Fields<'a> {
    pub(crate) fn new(node: &'a Node, file: &'a str, zone: &'a TimeZone) -> Self {
        let mut fields =
            Self { place: node.place, entries: Vec::new(), names: Vec::new(), known: Vec::new(), path: String::new(), file, zone, found: Vec::new() };
        match &node.value {
            Value::Map(entries) => {
                fields.entries = entries.iter().map(|(k, v)| (k, v)).collect();
                fields.names = entries.iter().map(|(k, _)| k.text.as_str()).collect();
            }
            Value::Null => {}
            _ => {
                let (zh, en) = node.kind();
                fields.report(Diagnostic::error(
                    "wrong-type",
                    file,
                    node.place,
                    format!("这里应是“键: 值”，写的却是{zh}"),
                    format!("expected `key: value` lines, found {en}"),
                ));
            }
        }
        fields
    }

    pub(crate) fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    pub(crate) fn file(&self) -> &str {
        self.file
    }

    /// Reads keys under their other spellings, unless the proper key stands there too.
    pub(crate) fn rename(&mut self, spellings: &[(&str, &'static str)]) {
        for i in 0..self.names.len() {
            if let Some((_, proper)) = spellings.iter().find(|(other, _)| *other == self.names[i])
                && !self.names.contains(proper)
            {
                self.names[i] = proper;
            }
        }
    }

    /// The node of a key, if the key is there with a value.
    pub(crate) fn node(&mut self, key: &'static str) -> Option<&'a Node> {
        self.known.push(key);
        let at = self.names.iter().position(|name| *name == key)?;
        let node = self.entries[at].1;
        (node.value != Value::Null).then_some(node)
    }

    /// The value of a key; the default when it is absent, empty or wrong (then it has been reported).
    pub(crate) fn take<T: FromNode + Default>(&mut self, key: &'static str) -> T {
        let Some(node) = self.node(key) else { return T::default() };
        let depth = self.path.len();
        if depth > 0 {
            self.path.push('.');
        }
        self.path.push_str(key);
        let value = T::from_node(node, self);
        self.path.truncate(depth);
        value.unwrap_or_default()
    }

    /// The fields of a mapping inside this one; hand them back with [`Fields::absorb`].
    pub(crate) fn nested<'n>(&self, node: &'n Node) -> Fields<'n>
    where
        'a: 'n,
    {
        Fields { path: self.path.clone(), ..Fields::new(node, self.file, self.zone) }
    }

    /// Ends an inner mapping's reading and takes over what it found.
    pub(crate) fn absorb(&mut self, inner: Fields<'_>) {
        self.found.extend(inner.finish());
    }

    /// Reports a node whose value is wrong.
    pub(crate) fn wrong<T>(&mut self, node: &Node, zh: &str, en: &str) -> Option<T> {
        let (label_zh, label_en) =
            if self.path.is_empty() { (String::new(), String::new()) } else { (format!("{}：", self.path), format!("`{}`: ", self.path)) };
        self.report(Diagnostic::error("wrong-value", self.file, node.place, format!("{label_zh}{zh}"), format!("{label_en}{en}")));
        None
    }

    /// Reports a word that is not one of the known ones, with the nearest.
    pub(crate) fn not_one_of<T>(&mut self, node: &Node, word: &str, known: &[&str]) -> Option<T> {
        let all = known.join("、");
        let all_en = known.join(", ");
        let diagnostic = Diagnostic::error(
            "unknown-word",
            self.file,
            node.place,
            format!("{}：不认识“{word}”", self.path),
            format!("`{}`: unknown word `{word}`", self.path),
        );
        let diagnostic = match nearest(word, known) {
            Some(near) => diagnostic.hint(format!("是不是想写 {near}？可用：{all}"), format!("did you mean `{near}`? One of: {all_en}")),
            None => diagnostic.hint(format!("可用：{all}"), format!("one of: {all_en}")),
        };
        self.report(diagnostic);
        None
    }

    /// Reports a required key that is missing, unless its value has already been reported as wrong.
    pub(crate) fn missing(&mut self, key: &'static str, zh: &str, en: &str) {
        let reported = self.names.iter().position(|n| *n == key).map(|at| self.entries[at].1).filter(|n| n.value != Value::Null);
        if reported.is_some_and(|node| self.found.iter().any(|d| d.place.line == node.place.line && d.is_error())) {
            return;
        }
        let item = self.file.ends_with(".md");
        self.report(Diagnostic::error("missing-field", self.file, self.place, format!("缺少{zh}（{key}）"), format!("the {en} (`{key}`) is missing")).hint(
            format!("{}加一行“{key}: …”", if item { "在开头的 --- 之间" } else { "" }),
            format!("add a line `{key}: …`{}", if item { " between the `---` lines" } else { "" }),
        ));
    }

    /// Warns about keys nobody took.
    fn leftovers(&mut self) {
        for at in 0..self.names.len() {
            let name = self.names[at];
            if self.known.contains(&name) {
                continue;
            }
            let place = self.entries[at].0.place;
            let mut diagnostic =
                Diagnostic::warning("unknown-key", self.file, place, format!("不认识的键 {name}，已忽略"), format!("unknown key `{name}`, ignored"));
            if let Some(near) = nearest(name, &self.known) {
                diagnostic = diagnostic.hint(format!("是不是想写 {near}？"), format!("did you mean `{near}`?"));
            }
            self.found.push(diagnostic);
        }
    }

    /// Ends the reading: unknown keys are warned about, and all findings handed over.
    pub(crate) fn finish(mut self) -> Vec<Diagnostic> {
        self.leftovers();
        self.found
    }
}

impl FromNode for Box<str> {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        match &node.value {
            Value::Scalar { text, .. } => Some(text.trim().into()),
            _ => {
                let (zh, en) = node.kind();
                fields.wrong(node, &format!("应是一段文字，写的却是{zh}"), &format!("expected text, found {en}"))
            }
        }
    }
}

impl FromNode for bool {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        match &*Box::<str>::from_node(node, fields)? {
            "true" | "True" | "yes" | "是" => Some(true),
            "false" | "False" | "no" | "否" => Some(false),
            other => fields.wrong(node, &format!("应是 true 或 false，写的却是“{other}”"), &format!("expected true or false, found `{other}`")),
        }
    }
}

impl FromNode for i64 {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        let text = Box::<str>::from_node(node, fields)?;
        text.parse().ok().or_else(|| fields.wrong(node, &format!("应是整数，写的却是“{text}”"), &format!("expected a whole number, found `{text}`")))
    }
}

impl FromNode for u32 {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        let number = i64::from_node(node, fields)?;
        match number {
            1..=100_000 => u32::try_from(number).ok(),
            _ => fields.wrong(node, "应在 1 与 100000 之间", "expected a number from 1 to 100000"),
        }
    }
}

impl FromNode for Date {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        let text = Box::<str>::from_node(node, fields)?;
        Self::parse(&text, fields.zone).or_else(|| {
            let path = &fields.path;
            let diagnostic =
                Diagnostic::error("bad-date", fields.file, node.place, format!("{path}：看不懂的日期“{text}”"), format!("`{path}`: not a date: `{text}`"))
                    .hint("写成 2026-11-03 或 2026-11-03 09:30", "write 2026-11-03 or 2026-11-03 09:30");
            fields.report(diagnostic);
            None
        })
    }
}

impl<T: FromNode> FromNode for Option<T> {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        T::from_node(node, fields).map(Some)
    }
}

/// A list, or a single value standing for a list of one.
impl<T: FromNode> FromNode for Vec<T> {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        match &node.value {
            Value::List(items) => Some(items.iter().filter(|n| n.value != Value::Null).filter_map(|n| T::from_node(n, fields)).collect()),
            _ => T::from_node(node, fields).map(|one| vec![one]),
        }
    }
}

/// The nearest of the known words, if it is near enough to be meant.
pub(crate) fn nearest<'w>(word: &str, known: &[&'w str]) -> Option<&'w str> {
    let score = |k: &str| strsim::damerau_levenshtein(&word.to_lowercase(), k);
    known.iter().copied().min_by_key(|k| score(k)).filter(|k| score(k) <= (k.len() / 3).clamp(1, 3))
}
