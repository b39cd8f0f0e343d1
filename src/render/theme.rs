//! Themes: a folder of templates, static files and words, which may extend another theme and override single files of it.
//!
//! In: the group's `themes/` folder and a theme's name; the default theme is also inside the program. Out: a [`Theme`] ready to
//! render, with the digest of every template's closure. A theme's mistakes are diagnostics with file and line.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use include_dir::{Dir, include_dir};
use tera::{Context, ErrorKind, Tera};

use super::wording::filled;
use crate::diagnostic::{Diagnostic, Place};
use crate::digest::{Digest, integrity};
use crate::plan::Dress;

/// The default theme, as it stands in the program's own repository.
static DEFAULT: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/themes/default");

/// The language whose words stand in for those another lacks.
const CHINESE: &str = "zh-CN";

/// A theme with everything it inherits.
#[derive(Debug)]
pub struct Theme {
    /// The templates' sources by full name.
    sources: BTreeMap<String, String>,
    /// Language → the templates with its words in them; others than Chinese are compiled when they are first wanted.
    worded: Mutex<BTreeMap<String, Arc<Tera>>>,
    /// The templates as they are written, compiled when something went wrong.
    plain: OnceLock<Tera>,
    /// The themes of the chain, the most particular first.
    chain: Vec<String>,
    /// A template's file → its full name, that of the most particular theme that has it.
    named: BTreeMap<String, String>,
    /// Full template name → digest of it and of all it extends, includes or may call.
    closures: BTreeMap<String, Digest>,
    /// Static files by name.
    files: BTreeMap<String, Vec<u8>>,
    /// Of its scripts and style sheets: what browsers hold them against.
    seals: BTreeMap<String, String>,
    /// Language → words by name.
    words: BTreeMap<String, BTreeMap<String, String>>,
}

/// One theme's own files, by path inside its folder.
type Files = BTreeMap<String, Vec<u8>>;

/// What stands in `theme.yaml`.
struct Manifest {
    extends: Option<String>,
}

impl Theme {
    /// Loads a theme and those it extends.
    ///
    /// # Errors
    /// Everything that is wrong with it: a missing theme, templates that do not parse, words that are not `key: text`.
    pub fn load(root: &Path, name: &str) -> Result<Self, Vec<Diagnostic>> {
        let mut chain: Vec<(String, Files)> = Vec::new();
        let mut next = Some(name.to_string());
        while let Some(name) = next.take() {
            if chain.iter().any(|(n, _)| *n == name) {
                return Err(vec![theme_error(&name, "theme.yaml", Place::default(), "主题互相继承（extends）", "the themes extend each other")]);
            }
            let files = theme_files(root, &name).ok_or_else(|| {
                vec![theme_error(&name, "theme.yaml", Place::default(), &format!("没有主题“{name}”"), &format!("there is no theme `{name}`"))]
            })?;
            next = read_manifest(&name, &files)?.extends;
            chain.push((name, files));
        }
        Self::of(chain)
    }

    fn of(chain: Vec<(String, Files)>) -> Result<Self, Vec<Diagnostic>> {
        let names: Vec<String> = chain.iter().map(|(name, _)| name.clone()).collect();
        let mut errors = Vec::new();
        let mut sources: BTreeMap<String, String> = BTreeMap::new();
        let mut named = BTreeMap::new();
        let (mut files, mut words) = (BTreeMap::new(), BTreeMap::<String, BTreeMap<String, String>>::new());
        for (theme, own) in chain.iter().rev() {
            for (path, bytes) in own {
                if let Some(file) = path.strip_prefix("templates/") {
                    let name = format!("{theme}/{file}");
                    sources.insert(name.clone(), String::from_utf8_lossy(bytes).into_owned());
                    named.insert(file.to_string(), name);
                } else if let Some(file) = path.strip_prefix("static/") {
                    files.insert(file.to_string(), published(file, bytes));
                } else if let Some(lang) = path.strip_prefix("words/").and_then(|p| p.strip_suffix(".yaml")) {
                    match read_words(bytes) {
                        Ok(more) => words.entry(lang.to_string()).or_default().extend(more),
                        Err((place, zh, en)) => errors.push(theme_error(theme, path, place, &zh, &en)),
                    }
                }
            }
        }
        let worded = match with_words(&names, &sources, &words_in(&words, CHINESE)) {
            Ok(tera) if errors.is_empty() => Mutex::new(BTreeMap::from([(CHINESE.to_string(), Arc::new(tera))])),
            Ok(_) => return Err(errors),
            Err(worded) => {
                // Told where its author sees it.
                let plain = compiled(&names, plain(&sources)).err();
                errors.push(template_error(plain.as_ref().unwrap_or(&worded)));
                return Err(errors);
            }
        };
        // The script that switches the interface's language reads the words of both.
        if words.len() > 1 {
            files.extend(words.iter().filter_map(|(lang, words)| Some((format!("words/{lang}.json"), serde_json::to_vec(words).ok()?))));
        }
        let closures = closures(&sources, &names);
        let sealed = files.iter().filter(|(name, _)| name.ends_with(".js") || name.ends_with(".css"));
        let seals = sealed.map(|(name, bytes)| (name.clone(), integrity(bytes))).collect();
        Ok(Self { sources, worded, plain: OnceLock::new(), chain: names, named, closures, files, seals, words })
    }

    /// The full name of the first template of `candidates` that the theme has.
    #[must_use]
    pub fn template<S: AsRef<str>>(&self, candidates: &[S]) -> Option<&str> {
        candidates.iter().find_map(|c| self.named.get(c.as_ref())).map(String::as_str)
    }

    /// The digest of everything a template is made from.
    #[must_use]
    pub fn closure(&self, template: &str) -> Digest {
        self.closures.get(template).copied().unwrap_or_default()
    }

    /// The digest of the whole theme.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let files: Vec<(&str, Digest)> = self.files.iter().map(|(name, bytes)| (name.as_str(), Digest::of_bytes(bytes))).collect();
        Digest::of(&(&self.chain, &self.closures, files, &self.words))
    }

    /// Renders one of the templates into `bytes`, which are empty. `worded` is the theme's own, with a language's words in it.
    pub(super) fn render(&self, worded: &Tera, name: &str, context: &Context, bytes: &mut Vec<u8>) -> Result<(), Diagnostic> {
        worded.render_to(name, context, &mut *bytes).or_else(|_| {
            // Once more as it is written, so that the mistake is told where its author sees it.
            bytes.clear();
            self.plain().render_to(name, context, bytes).map_err(|e| template_error(&e))
        })
    }

    fn plain(&self) -> &Tera {
        self.plain.get_or_init(|| compiled(&self.chain, plain(&self.sources)).unwrap_or_default())
    }

    /// The templates with the words of a language in them.
    pub(super) fn worded(&self, language: &str) -> Arc<Tera> {
        let mut worded = self.worded.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(tera) = worded.get(language) {
            return tera.clone();
        }
        // Words bring nothing that a template could stumble over.
        let tera = with_words(&self.chain, &self.sources, &words_in(&self.words, language)).unwrap_or_else(|_| self.plain().clone());
        let tera = Arc::new(tera);
        worded.insert(language.to_string(), tera.clone());
        tera
    }

    /// A static file's bytes.
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&[u8]> {
        self.files.get(name).map(Vec::as_slice)
    }

    /// What planning needs to know: words in a language (Chinese where it lacks some) and the static files' published names.
    #[must_use]
    pub fn dress(&self, language: &str) -> Dress {
        let words = words_in(&self.words, language);
        let digests: BTreeMap<String, Digest> = self.files.iter().map(|(name, bytes)| (name.clone(), Digest::of_bytes(bytes))).collect();
        let assets = digests.iter().map(|(name, digest)| (name.clone(), hashed_name(name, *digest))).collect();
        Dress { words, assets, digests, seals: self.seals.clone(), finds: self.template(&["search.html"]).is_some() }
    }
}

/// The words of a language, Chinese ones where it lacks some.
fn words_in(all: &BTreeMap<String, BTreeMap<String, String>>, language: &str) -> BTreeMap<String, String> {
    let short = language.split('-').next().unwrap_or(language);
    let known = [CHINESE, short, language].into_iter().filter_map(|lang| all.get(lang));
    known.flatten().map(|(key, word)| (key.clone(), word.clone())).collect()
}

fn plain(sources: &BTreeMap<String, String>) -> impl Iterator<Item = (&str, &str)> {
    sources.iter().map(|(name, source)| (name.as_str(), source.as_str()))
}

/// Compiles templates with words in them.
fn with_words(chain: &[String], sources: &BTreeMap<String, String>, words: &BTreeMap<String, String>) -> Result<Tera, tera::Error> {
    let filled: Vec<(&str, Cow<'_, str>)> = plain(sources).map(|(name, source)| (name, filled(name, source, words))).collect();
    compiled(chain, filled.iter().map(|(name, source)| (*name, &**source)))
}

/// Compiles the templates of a chain of themes.
fn compiled<'s>(chain: &[String], sources: impl Iterator<Item = (&'s str, &'s str)>) -> Result<Tera, tera::Error> {
    let mut tera = Tera::new();
    super::filters::register(&mut tera);
    tera.set_fallback_prefixes(chain.iter().map(|theme| format!("{theme}/")).collect::<Vec<_>>())?;
    tera.add_raw_templates(sources)?;
    Ok(tera)
}

/// `css/main.css` → `css/main.1f2e3d4c.css`: a name that changes with the bytes may be cached for ever.
fn hashed_name(name: &str, digest: Digest) -> String {
    match name.rsplit_once('.') {
        Some((stem, ending)) => format!("{stem}.{}.{ending}", digest.hex(8)),
        None => format!("{name}.{}", digest.hex(8)),
    }
}

/// A static file as it is published.
fn published(name: &str, bytes: &[u8]) -> Vec<u8> {
    match std::str::from_utf8(bytes) {
        Ok(css) if name.ends_with(".css") => super::stylesheet::compact(css).into_bytes(),
        _ => bytes.to_vec(),
    }
}

fn theme_files(root: &Path, name: &str) -> Option<Files> {
    let dir = root.join("themes").join(name);
    let safe = crate::source::settings::is_id(name);
    // A folder that is a link leads out of the group, where no change to it would be seen.
    let own = std::fs::symlink_metadata(&dir).is_ok_and(|m| m.is_dir());
    if safe && own && dir.join("theme.yaml").is_file() {
        let mut files = Files::new();
        read_folder(&dir, "", &mut files);
        return Some(files);
    }
    (name == "default").then(|| {
        let mut files = Files::new();
        embedded(&DEFAULT, &mut files);
        files
    })
}

fn read_folder(dir: &Path, prefix: &str, files: &mut Files) {
    for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|n| !n.starts_with('.')) else { continue };
        if kind.is_dir() {
            read_folder(&entry.path(), &format!("{prefix}{name}/"), files);
        } else if let (true, Ok(bytes)) = (kind.is_file(), std::fs::read(entry.path())) {
            files.insert(format!("{prefix}{name}"), bytes);
        }
    }
}

fn embedded(dir: &Dir<'_>, files: &mut Files) {
    for file in dir.files() {
        files.insert(file.path().to_string_lossy().into_owned(), file.contents().to_vec());
    }
    for inner in dir.dirs() {
        embedded(inner, files);
    }
}

/// The files of the default theme, for `portico new`.
#[must_use]
pub fn default_files() -> BTreeMap<String, Vec<u8>> {
    let mut files = Files::new();
    embedded(&DEFAULT, &mut files);
    files
}

fn read_manifest(theme: &str, files: &Files) -> Result<Manifest, Vec<Diagnostic>> {
    let bytes = files.get("theme.yaml").map_or(&[][..], Vec::as_slice);
    let entries = read_words(bytes).map_err(|(place, zh, en)| vec![theme_error(theme, "theme.yaml", place, &zh, &en)])?;
    Ok(Manifest { extends: entries.get("extends").cloned() })
}

/// A flat `key: text` file.
fn read_words(bytes: &[u8]) -> Result<BTreeMap<String, String>, (Place, String, String)> {
    use crate::source::yaml::{Value, parse};
    let text = std::str::from_utf8(bytes).map_err(|_| (Place::default(), "文件编码不是 UTF-8".to_string(), "not UTF-8".to_string()))?;
    let node = parse(text, 1).map_err(|e| (e.place, e.zh, e.en))?;
    match node.value {
        Value::Null => Ok(BTreeMap::new()),
        Value::Map(entries) => Ok(entries
            .into_iter()
            .filter_map(|(key, node)| match node.value {
                Value::Scalar { text, .. } => Some((key.text, text)),
                _ => None,
            })
            .collect()),
        _ => Err((node.place, "应是“键: 文字”".into(), "expected `key: text` lines".into())),
    }
}

/// What the closures of templates are made from: one template's digest, and those it extends or includes.
struct Link<'a> {
    digest: Digest,
    wants: Vec<&'a str>,
    components: bool,
}

/// Of every template the digest of it and of everything it extends or includes; files that define components belong to every
/// closure.
fn closures(sources: &BTreeMap<String, String>, chain: &[String]) -> BTreeMap<String, Digest> {
    let full = |wanted: &str| {
        let mut names = std::iter::once(wanted.to_string()).chain(chain.iter().map(|t| format!("{t}/{wanted}")));
        names.find_map(|name| sources.get_key_value(&name)).map(|(name, _)| name.as_str())
    };
    let link = |(name, source): (&'_ String, &'_ String)| {
        let components = source.contains("{% component") || source.contains("{%- component");
        let wants = named(source).into_iter().filter_map(full).collect();
        (name.clone(), Link { digest: Digest::of_bytes(source.as_bytes()), wants, components })
    };
    let links: BTreeMap<String, Link<'_>> = sources.iter().map(link).collect();
    let shared: Vec<&str> = links.iter().filter(|(_, link)| link.components).map(|(name, _)| name.as_str()).collect();
    sources.keys().map(|name| (name.clone(), closure(name, &shared, &links))).collect()
}

fn closure(name: &str, shared: &[&str], links: &BTreeMap<String, Link<'_>>) -> Digest {
    let mut seen = BTreeSet::new();
    let mut todo: Vec<&str> = shared.iter().copied().chain([name]).collect();
    while let Some(at) = todo.pop() {
        if let Some(link) = links.get(at)
            && seen.insert(at)
        {
            todo.extend(&link.wants);
        }
    }
    let parts: Vec<(&str, Digest)> = seen.into_iter().map(|n| (n, links[n].digest)).collect();
    Digest::of(&parts)
}

/// The templates a source names after `extends` and `include`.
fn named(source: &str) -> Vec<&str> {
    let mut names = Vec::new();
    for keyword in ["extends", "include"] {
        for (at, _) in source.match_indices(keyword) {
            let rest = source[at + keyword.len()..].trim_start();
            if let Some(quote) = rest.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))
                && let Some(end) = rest[1..].find(quote)
            {
                names.push(&rest[1..=end]);
            }
        }
    }
    names
}

fn theme_error(theme: &str, file: &str, place: Place, zh: &str, en: &str) -> Diagnostic {
    Diagnostic::error("bad-theme", &format!("themes/{theme}/{file}"), place, format!("主题：{zh}"), format!("theme: {en}"))
}

/// A template's mistake as a diagnostic in the template.
pub(super) fn template_error(error: &tera::Error) -> Diagnostic {
    let text = error.to_string();
    let report = match error.kind() {
        ErrorKind::SyntaxError(r) | ErrorKind::RenderingError(r) => Some(r),
        _ => None,
    };
    let (file, place) = report.map_or((String::new(), Place::default()), |r| {
        let span = r.span();
        (r.filename().to_string(), Place::new(u32::try_from(span.start_line).unwrap_or(0), u32::try_from(span.start_col).unwrap_or(0) + 1))
    });
    let message: Cow<'_, str> = report.map_or(Cow::Borrowed(text.as_str()), |r| Cow::Borrowed(r.message()));
    let file = match file.split_once('/') {
        Some((theme, rest)) => format!("themes/{theme}/templates/{rest}"),
        None => format!("themes/{file}"),
    };
    Diagnostic::error("bad-template", &file, place, format!("模板出错：{message}"), format!("template error: {message}"))
}

/// A template the theme ought to have.
pub(super) fn missing_template(file: &str) -> Diagnostic {
    Diagnostic::error("bad-theme", &format!("themes/{file}"), Place::default(), format!("主题缺少模板 {file}"), format!("the theme lacks the template {file}"))
}
