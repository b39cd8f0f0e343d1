//! YAML with places: text in, a small tree of nodes out, every node and key knowing its line and column.
//!
//! In: the text of a settings file or of a front matter. Out: a [`Node`], or a [`YamlError`] with a place. Aliases are expanded
//! within a budget of nodes; tags are refused. It knows nothing of what the keys mean.

mod plain;

use std::collections::HashMap;

use granit_parser::{Event, Parser, ScalarStyle};

use crate::diagnostic::Place;

/// The most nodes a document may have, aliases expanded: far above any honest file, far below a bomb.
const MAX_NODES: usize = 20_000;
/// The deepest nesting.
const MAX_DEPTH: usize = 40;

/// A value with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Node {
    pub place: Place,
    pub value: Value,
}

/// What a node holds. Scalars stay text: what a key means decides how it is read (`001` is a code, not a number).
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Null,
    Scalar { text: String, plain: bool },
    List(Vec<Node>),
    Map(Vec<(Key, Node)>),
}

/// A mapping's key with its place.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Key {
    pub text: String,
    pub place: Place,
}

/// What is wrong with the YAML itself.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct YamlError {
    pub place: Place,
    pub zh: String,
    pub en: String,
}

impl Node {
    /// The word for a node's kind, in both languages.
    pub(crate) fn kind(&self) -> (&'static str, &'static str) {
        match self.value {
            Value::Null => ("空值", "nothing"),
            Value::Scalar { .. } => ("文字", "text"),
            Value::List(_) => ("列表", "a list"),
            Value::Map(_) => ("一组键值", "a mapping"),
        }
    }
}

/// Parses one YAML document. `first_line` is the line of the file on which `text` begins (from 1).
pub(crate) fn parse(text: &str, first_line: u32) -> Result<Node, YamlError> {
    plain::parse(text, first_line).map_or_else(|| parse_any(text, first_line), Ok)
}

fn parse_any(text: &str, first_line: u32) -> Result<Node, YamlError> {
    let mut builder = Builder { first_line, stack: Vec::new(), anchors: HashMap::new(), nodes: 0, root: None };
    for event in Parser::new_from_str(text) {
        match event {
            Ok((event, span)) => {
                let place = builder.place(&span.start);
                builder.event(event, place)?;
            }
            Err(error) => {
                let place = builder.place(error.marker());
                if let Some(place) = no_space_after_colon(text, builder.first_line, place.line) {
                    return Err(YamlError { place, zh: "冒号后缺少空格".into(), en: "a space is missing after the colon".into() });
                }
                let info = &error.info();
                return Err(YamlError { place, zh: format!("YAML 格式有误：{}", in_chinese(info)), en: format!("the YAML does not parse: {info}") });
            }
        }
    }
    Ok(builder.root.unwrap_or(Node { place: Place::new(first_line, 1), value: Value::Null }))
}

/// The last line before an error that looks like `title:停水`: a key, a colon, and no space. That is not YAML's idea of a key, and what
/// follows it breaks.
fn no_space_after_colon(text: &str, first_line: u32, error_line: u32) -> Option<Place> {
    let lines = text.lines().zip(first_line..).take_while(|(_, line)| *line <= error_line);
    let glued = |line: &str| {
        let (key, rest) = line.split_once(':')?;
        let is_key = !key.is_empty() && key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        (is_key && !rest.is_empty() && !rest.starts_with([' ', '\t', '/'])).then_some(key.len())
    };
    let (at, line) = lines.filter_map(|(text, line)| Some((glued(text)?, line))).last()?;
    Some(Place::new(line, u32::try_from(at).unwrap_or(0) + 2))
}

/// The parser's messages that authors meet most, in Chinese; what is rare stays in the parser's words.
fn in_chinese(info: &str) -> String {
    let known = [
        ("simple key", "这一行缺少冒号，或冒号后缺少空格"),
        ("could not find expected ':'", "这一行缺少冒号，或冒号后缺少空格"),
        ("mapping values are not allowed", "同一行里出现了第二个“: ”，请给整个值加上引号"),
        ("did not find expected key", "缩进不齐，或上一行没有写完"),
        ("expected ',' or ']'", "方括号没有配对"),
        ("expected ',' or '}'", "花括号没有配对"),
        ("unclosed bracket", "括号没有配对"),
        ("unexpected end of stream", "引号或括号没有配对"),
        ("tab", "不能用制表符（Tab）缩进，请改用空格"),
        ("quoted scalar", "引号没有配对"),
        ("indent", "缩进不齐"),
        ("cannot start any token", "这一行以 YAML 的特殊符号开头，请给值加上引号"),
    ];
    known.iter().find(|(part, _)| info.contains(part)).map_or_else(|| info.to_string(), |(_, zh)| (*zh).to_string())
}

enum Open {
    List(Place, usize, Vec<Node>),
    Map(Place, usize, Vec<(Key, Node)>, Option<Key>),
}

struct Builder {
    first_line: u32,
    stack: Vec<Open>,
    anchors: HashMap<usize, (Node, usize)>,
    nodes: usize,
    root: Option<Node>,
}

impl Builder {
    fn place(&self, marker: &granit_parser::Marker) -> Place {
        let line = u32::try_from(marker.line()).unwrap_or(u32::MAX).saturating_sub(1).saturating_add(self.first_line);
        let column = u32::try_from(marker.col()).unwrap_or(u32::MAX - 1) + 1;
        Place::new(line, column)
    }

    fn event(&mut self, event: Event<'_>, place: Place) -> Result<(), YamlError> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                if tag.is_some() {
                    return Err(refused(place, "标签（!…）", "tags"));
                }
                let plain = style == ScalarStyle::Plain;
                let value = if plain && matches!(text.as_ref(), "" | "~" | "null" | "Null" | "NULL") {
                    Value::Null
                } else {
                    Value::Scalar { text: text.into_owned(), plain }
                };
                self.add(Node { place, value }, anchor, 1)
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.open(tag.is_some(), place)?;
                self.stack.push(Open::List(place, anchor, Vec::new()));
                Ok(())
            }
            Event::MappingStart(_, anchor, tag) => {
                self.open(tag.is_some(), place)?;
                self.stack.push(Open::Map(place, anchor, Vec::new(), None));
                Ok(())
            }
            Event::SequenceEnd | Event::MappingEnd => match self.stack.pop() {
                Some(Open::List(place, anchor, items)) => self.add(Node { place, value: Value::List(items) }, anchor, 1),
                Some(Open::Map(place, anchor, entries, _)) => self.add(Node { place, value: Value::Map(entries) }, anchor, 1),
                None => Ok(()),
            },
            Event::Alias(id) => match self.anchors.get(&id) {
                Some((node, size)) => {
                    let (mut node, size) = (node.clone(), *size);
                    node.place = place;
                    self.add(node, 0, size)
                }
                None => Err(YamlError {
                    place, zh: "引用（*…）没有对应的锚点（&…）".into(), en: "an alias (*…) without its anchor (&…)".into()
                }),
            },
            Event::DocumentStart(..) if self.root.is_some() => {
                Err(YamlError { place, zh: "一个文件里只能有一份 YAML".into(), en: "only one YAML document is allowed here".into() })
            }
            _ => Ok(()),
        }
    }

    fn open(&mut self, tagged: bool, place: Place) -> Result<(), YamlError> {
        if tagged {
            return Err(refused(place, "标签（!…）", "tags"));
        }
        if self.stack.len() >= MAX_DEPTH {
            return Err(YamlError { place, zh: "嵌套太深".into(), en: "nested too deeply".into() });
        }
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize, size: usize) -> Result<(), YamlError> {
        self.nodes += size;
        if self.nodes > MAX_NODES {
            return Err(YamlError {
                place: node.place,
                zh: format!("内容太多（超过 {MAX_NODES} 个值）"),
                en: format!("too much in one document (more than {MAX_NODES} values)"),
            });
        }
        if anchor != 0 {
            let size = count(&node);
            self.anchors.insert(anchor, (node.clone(), size));
        }
        match self.stack.last_mut() {
            None => self.root = Some(node),
            Some(Open::List(_, _, items)) => items.push(node),
            Some(Open::Map(_, _, entries, key)) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => match node.value {
                    Value::Scalar { text, .. } => {
                        if entries.iter().any(|(k, _)| k.text == text) {
                            return Err(YamlError { place: node.place, zh: format!("“{text}” 写了两次"), en: format!("`{text}` is given twice") });
                        }
                        *key = Some(Key { text, place: node.place });
                    }
                    _ => return Err(refused(node.place, "文字以外的键", "keys that are not text")),
                },
            },
        }
        Ok(())
    }
}

fn count(node: &Node) -> usize {
    1 + match &node.value {
        Value::List(items) => items.iter().map(count).sum(),
        Value::Map(entries) => entries.iter().map(|(_, n)| count(n)).sum(),
        _ => 0,
    }
}

fn refused(place: Place, zh: &str, en: &str) -> YamlError {
    YamlError { place, zh: format!("这里不支持{zh}"), en: format!("{en} are not supported here") }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn keys_and_values_know_their_places() {
        let node = parse("title: 春耕\nshare:\n  - www/news\n", 2).unwrap();
        let Value::Map(entries) = node.value else { panic!("not a mapping") };
        assert_eq!((entries[0].0.text.as_str(), entries[0].0.place, entries[0].1.place), ("title", Place::new(2, 1), Place::new(2, 8)));
        let Value::List(items) = &entries[1].1.value else { panic!("not a list") };
        assert_eq!(items[0].place, Place::new(4, 5));
    }

    #[test]
    fn a_bomb_of_aliases_is_refused() {
        let mut text = String::from("a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n");
        for i in 1..9 {
            let list = vec![format!("*a{}", i - 1); 10].join(", ");
            text.push_str(&format!("a{i}: &a{i} [{list}]\n"));
        }
        assert!(parse(&text, 1).unwrap_err().en.contains("too much"));
        assert!(parse(&"[".repeat(100_000), 1).is_err());
    }

    #[test]
    fn an_alias_repeats_its_anchor() {
        let node = parse("a: &x [1, 2]\nb: *x\n", 1).unwrap();
        let Value::Map(entries) = node.value else { panic!("not a mapping") };
        assert!(matches!(&entries[1].1.value, Value::List(items) if items.len() == 2));
    }

    #[test]
    fn a_key_given_twice_and_a_stray_colon_are_told_with_their_places() {
        let twice = parse("title: a\ntitle: b\n", 2).unwrap_err();
        assert_eq!((twice.place, twice.zh.as_str()), (Place::new(3, 1), "“title” 写了两次"));
        let colon = parse("title: 通知: 停水\n", 2).unwrap_err();
        assert_eq!(colon.place.line, 2);
    }
}
