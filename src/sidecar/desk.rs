//! Desks (窗口) are data: `sites/desks/<desk>.yaml` says what is asked, who answers, how long it may take and what becomes public.
//!
//! In: the group's `sites/` folder. Out: [`Desks`], and everything that is wrong with them as diagnostics in both languages. A desk
//! with an error is absent; the others work. Knows no database and no web.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::tz::TimeZone;

use super::case::{Clock, Count, Millis, Publishing, Rules};
use super::procurement::{self, CENTRE, Centre};
use super::words::words;
use crate::diagnostic::{Diagnostic, Place};
use crate::source::date::Date;
use crate::source::fields::{Fields, FromNode};
use crate::source::settings::{self, ColumnSettings, ColumnType, SiteSettings};
use crate::source::yaml::{self, Node};

words! {
    /// What is asked for in a field.
    FieldKind {
        /// One line.
        Text = "text" "文字",
        /// Several lines.
        Longtext = "longtext" "长文字",
        /// A telephone number.
        Phone = "phone" "电话",
        /// An e-mail address.
        Email = "email" "邮箱",
        /// A day.
        Date = "date" "日期",
        /// One of the options.
        Choice = "choice" "单选",
        /// Files.
        Files = "files" "附件",
    }
}

words! {
    /// What a file may be.
    FileKind {
        /// JPEG, PNG or WebP; stored anew, without what the camera wrote into it.
        Picture = "picture" "图片（JPG、PNG、WebP）",
        /// PDF.
        Pdf = "pdf" "PDF",
        /// Word, Excel, PowerPoint or OpenDocument.
        Office = "office" "办公文档（DOC、DOCX、XLS、XLSX、WPS 等）",
    }
}

/// One thing a desk asks for.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Its name in forms; `subject`, `text`, `name`, `phone` and `email` have their own meaning.
    pub key: String,
    /// Its label.
    pub label: String,
    /// What is asked for.
    pub kind: FieldKind,
    /// Whether it must be filled in.
    pub required: bool,
    /// Characters at most; for files: how many.
    pub max: usize,
    /// One sentence below the label.
    pub help: String,
    /// For [`FieldKind::Choice`].
    pub options: Vec<String>,
}

/// 来信类别, and who answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Category {
    /// Its name.
    pub name: String,
    /// The site id of the department that answers, if that is settled.
    pub to: Option<String>,
}

/// A desk.
#[derive(Debug, Clone, PartialEq)]
pub struct Desk {
    /// The file's stem, part of its address.
    pub id: String,
    /// 名称
    pub name: String,
    /// The site it belongs to.
    pub site: String,
    /// What it is for.
    pub intro: String,
    /// What happens after sending.
    pub next: String,
    /// Where published replies go: a column of its site.
    pub column: Option<String>,
    /// Where its numbers go: a table column of its site.
    pub numbers: Option<String>,
    /// Where accepted photographs go: an album column of its site.
    pub album: Option<String>,
    /// Clock, publication, confidentiality.
    pub rules: Rules,
    /// Letters are typed in by a clerk; citizens see no form.
    pub by_clerk: bool,
    /// 开始时间
    pub opens_at: Option<Millis>,
    /// 截止时间
    pub closes_at: Option<Millis>,
    /// Categories; maybe none.
    pub categories: Vec<Category>,
    /// What is asked for, in order.
    pub fields: Vec<Field>,
    /// Kinds of files taken.
    pub file_kinds: Vec<FileKind>,
    /// Bytes of one file at most.
    pub max_bytes: usize,
}

impl Desk {
    /// Whether letters are taken at a moment.
    #[must_use]
    pub fn is_open(&self, now: Millis) -> bool {
        self.opens_at.is_none_or(|at| at <= now) && self.closes_at.is_none_or(|at| now < at)
    }

    /// Its field for files, if it has one.
    #[must_use]
    pub fn files(&self) -> Option<&Field> {
        self.fields.iter().find(|f| f.kind == FieldKind::Files)
    }

    /// The department a category leads to.
    #[must_use]
    pub fn department(&self, category: &str) -> Option<&str> {
        self.categories.iter().find(|c| c.name == category)?.to.as_deref()
    }
}

/// Everything the sidecar knows of the group.
#[derive(Debug, Clone)]
pub struct Desks {
    /// By id.
    pub desks: BTreeMap<String, Desk>,
    /// The sites' names by id: the departments.
    pub sites: BTreeMap<String, String>,
    /// The main site's id.
    pub main: String,
    /// The main site's first column of guides (办事指南), its ids joined by `/`.
    pub guides: Option<String>,
    /// The group's calendar.
    pub zone: TimeZone,
    /// The procurement centre, if the group has one.
    pub centre: Option<Centre>,
}

impl Desks {
    /// Reads `sites/` and `sites/desks/`.
    ///
    /// # Errors
    /// When the group's own settings cannot be read. What is wrong with single desks is in the list.
    pub fn load(root: &Path) -> Result<(Self, Vec<Diagnostic>), Vec<Diagnostic>> {
        let (group, mut found) = read(root, "sites/group.yaml", |node| settings::read_group(node, "sites/group.yaml"));
        let Some(group) = group.filter(|_| !found.iter().any(Diagnostic::is_error)) else { return Err(found) };
        let zone = group.timezone.as_deref().and_then(|name| TimeZone::get(name).ok()).unwrap_or(TimeZone::UTC);
        // What is wrong with a site's settings is told by the build.
        let site = |id: &str| read(root, &format!("sites/{id}.yaml"), |node| settings::read_site(node, id, "")).0;
        let sites: BTreeMap<String, SiteSettings> =
            stems(&root.join("sites")).into_iter().filter(|id| id != "group").filter_map(|id| site(&id).map(|s| (id, s))).collect();
        let mut desks = BTreeMap::new();
        for id in stems(&root.join("sites/desks")) {
            let file = format!("sites/desks/{id}.yaml");
            let (desk, more) = read(root, &file, |node| read_desk(node, &id, &Surroundings { file: &file, sites: &sites, zone: &zone }));
            if let Some(desk) = desk.filter(|_| !more.iter().any(Diagnostic::is_error)) {
                desks.insert(id, desk);
            }
            found.extend(more);
        }
        let centre = root.join(CENTRE).exists().then(|| read(root, CENTRE, |node| procurement::read(node, &sites, &zone)));
        let centre = centre.and_then(|(centre, more)| {
            let good = !more.iter().any(Diagnostic::is_error);
            found.extend(more);
            centre.filter(|_| good)
        });
        let guides = sites.get(&*group.main).and_then(|main| guides(&main.columns));
        let name = |s: &SiteSettings| s.short_name.as_ref().unwrap_or(&s.name).to_string();
        let sites = sites.iter().map(|(id, s)| (id.clone(), name(s))).collect();
        Ok((Self { desks, sites, main: group.main.to_string(), guides, zone, centre }, found))
    }

    /// A site's name; its id when it is gone.
    #[must_use]
    pub fn site_name<'a>(&'a self, id: &'a str) -> &'a str {
        self.sites.get(id).map_or(id, String::as_str)
    }
}

/// The first column of guides among these and those inside them.
fn guides(columns: &[ColumnSettings]) -> Option<String> {
    columns.iter().find_map(|column| match column.kind {
        Some(ColumnType::Guide) => Some(column.id.to_string()),
        _ => guides(&column.columns).map(|inside| format!("{}/{inside}", column.id)),
    })
}

/// Stems of the `.yaml` files of a folder, sorted.
fn stems(dir: &Path) -> Vec<String> {
    let names = std::fs::read_dir(dir).into_iter().flatten().flatten().map(|e| e.file_name().to_string_lossy().into_owned());
    let mut stems: Vec<String> = names.filter_map(|n| n.strip_suffix(".yaml").map(String::from)).filter(|n| settings::is_id(n)).collect();
    stems.sort();
    stems
}

/// Reads one settings file with `take`.
fn read<T>(root: &Path, file: &str, take: impl Fn(&Node) -> (T, Vec<Diagnostic>)) -> (Option<T>, Vec<Diagnostic>) {
    let text = match std::fs::read_to_string(root.join(file)) {
        Ok(text) => text,
        Err(e) => return (None, vec![Diagnostic::error("unreadable", file, Place::default(), format!("读不出：{e}"), format!("cannot be read: {e}"))]),
    };
    match yaml::parse(&text, 1) {
        Ok(node) => {
            let (value, found) = take(&node);
            (Some(value), found)
        }
        Err(e) => (None, vec![Diagnostic::error("bad-yaml", file, e.place, e.zh, e.en)]),
    }
}

/// What a desk's file is read against.
struct Surroundings<'a> {
    file: &'a str,
    sites: &'a BTreeMap<String, SiteSettings>,
    zone: &'a TimeZone,
}

macro_rules! from_word {
    ($($name:ident)*) => {$(
        impl FromNode for $name {
            fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
                let text = Box::<str>::from_node(node, fields)?;
                let words: Vec<&str> = Self::ALL.iter().map(|one| one.word()).collect();
                Self::parse(&text).or_else(|| fields.not_one_of(node, &text, &words))
            }
        }
    )*};
}

from_word! { FieldKind FileKind Publishing Count }

/// A text under a key; empty when it is absent.
fn text(fields: &mut Fields<'_>, key: &'static str) -> String {
    fields.take::<Box<str>>(key).into()
}

impl FromNode for Field {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        let mut inner = fields.nested(node);
        let (key, label) = (text(&mut inner, "key"), text(&mut inner, "label"));
        for (name, zh, en, value) in [("key", "标识", "field's name", &key), ("label", "名称", "field's label", &label)] {
            if value.is_empty() {
                inner.missing(name, zh, en);
            }
        }
        let kind = inner.take::<Option<FieldKind>>("type").unwrap_or(FieldKind::Text);
        let usual = match kind {
            FieldKind::Longtext => 5000,
            FieldKind::Files => 5,
            _ => 100,
        };
        let field = Self {
            key,
            label,
            kind,
            required: inner.take("required"),
            max: inner.take::<Option<u32>>("max").map_or(usual, |n| n as usize),
            help: text(&mut inner, "help"),
            options: inner.take::<Vec<Box<str>>>("options").into_iter().map(String::from).collect(),
        };
        if kind == FieldKind::Choice && field.options.is_empty() {
            inner.missing("options", "可选项", "options");
        }
        if !field.key.is_empty() && !settings::is_id(&field.key) {
            inner.wrong::<()>(node, "标识（key）只能用字母、数字和连字符", "`key` takes letters, digits and hyphens");
        }
        fields.absorb(inner);
        Some(field)
    }
}

impl FromNode for Category {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        if let yaml::Value::Scalar { text, .. } = &node.value {
            return Some(Self { name: text.trim().to_string(), to: None });
        }
        let mut inner = fields.nested(node);
        let category = Self { name: text(&mut inner, "name"), to: inner.take::<Option<Box<str>>>("to").map(String::from) };
        if category.name.is_empty() {
            inner.missing("name", "类别名称", "category's name");
        }
        fields.absorb(inner);
        Some(category)
    }
}

/// The clock as written; its calendar is the group's.
#[derive(Default)]
struct ClockSettings {
    days: Option<u32>,
    screen_days: Option<u32>,
    count: Option<Count>,
}

impl FromNode for ClockSettings {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        let mut inner = fields.nested(node);
        let clock = Self { days: inner.take("days"), screen_days: inner.take("screen_days"), count: inner.take("count") };
        fields.absorb(inner);
        Some(clock)
    }
}

fn read_desk(node: &Node, id: &str, around: &Surroundings<'_>) -> (Desk, Vec<Diagnostic>) {
    let mut fields = Fields::new(node, around.file, around.zone);
    let clock: ClockSettings = fields.take("clock");
    let rules = Rules {
        clock: Clock {
            days: clock.days.unwrap_or(3),
            screen_days: clock.screen_days.unwrap_or(1),
            count: clock.count.unwrap_or(Count::Calendar),
            zone: around.zone.clone(),
        },
        publishing: fields.take::<Option<Publishing>>("publish").unwrap_or(Publishing::Never),
        confidential: fields.take("confidential"),
        reopen_days: fields.take::<Option<u32>>("reopen_days").unwrap_or(15),
    };
    let own = |t: Option<Box<str>>| t.map(String::from);
    let megabytes = fields.take::<Option<u32>>("max_megabytes").unwrap_or(10).min(50);
    let desk = Desk {
        id: id.to_string(),
        name: text(&mut fields, "name"),
        site: text(&mut fields, "site"),
        intro: text(&mut fields, "intro"),
        next: text(&mut fields, "next"),
        column: own(fields.take("column")),
        numbers: own(fields.take("numbers")),
        album: own(fields.take("album")),
        rules,
        by_clerk: fields.take("by_clerk"),
        opens_at: moment(fields.take("opens_at"), around.zone),
        closes_at: moment(fields.take("closes_at"), around.zone),
        categories: fields.take("categories"),
        fields: fields.take("fields"),
        file_kinds: fields.take("file_kinds"),
        max_bytes: megabytes as usize * 1024 * 1024,
    };
    check(&desk, node, around, &mut fields);
    (desk, fields.finish())
}

/// A local time as a moment.
fn moment(date: Option<Date>, zone: &TimeZone) -> Option<Millis> {
    let stamp: jiff::Timestamp = date?.rfc3339(zone).parse().ok()?;
    Some(stamp.as_millisecond())
}

/// What single fields cannot tell.
fn check(desk: &Desk, node: &Node, around: &Surroundings<'_>, fields: &mut Fields<'_>) {
    for (key, zh, en, value) in [("name", "窗口名称", "desk's name", &desk.name), ("site", "所属站点", "desk's site", &desk.site)] {
        if value.is_empty() {
            fields.missing(key, zh, en);
        }
    }
    if desk.fields.is_empty() {
        fields.missing("fields", "表单项", "fields of the form");
    }
    let places = settings::places(node);
    let place = |key: &str| places.get(key).copied().unwrap_or_default();
    let no_site = |at: Place, id: &str| {
        Diagnostic::error("no-such-site", around.file, at, format!("没有站点“{id}”"), format!("there is no site `{id}`"))
            .hint(format!("应与 sites/{id}.yaml 的文件名一致"), format!("it is the name of a file sites/{id}.yaml"))
    };
    if !desk.site.is_empty() && !around.sites.contains_key(&desk.site) {
        fields.report(no_site(place("site"), &desk.site));
    }
    for (i, category) in desk.categories.iter().enumerate() {
        if let Some(to) = category.to.as_deref().filter(|to| !around.sites.contains_key(*to)) {
            fields.report(no_site(place(&format!("categories.{i}.to")), to));
        }
    }
    check_fields(desk, around.file, &place, fields);
    let columns = [("column", &desk.column, ColumnType::Reply), ("numbers", &desk.numbers, ColumnType::Table), ("album", &desk.album, ColumnType::Album)];
    for (key, path, kind) in columns {
        let (Some(path), Some(site)) = (path, around.sites.get(&desk.site)) else { continue };
        if column_type(&site.columns, path) != Some(kind) {
            let (word, at) = (kind.word(), place(key));
            fields.report(Diagnostic::error(
                "no-such-column",
                around.file,
                at,
                format!("站点 {} 没有类型为 {word} 的栏目“{path}”", desk.site),
                format!("the site `{}` has no column `{path}` of the type {word}", desk.site),
            ));
        }
    }
}

fn check_fields(desk: &Desk, file: &str, place: &impl Fn(&str) -> Place, fields: &mut Fields<'_>) {
    for (i, field) in desk.fields.iter().enumerate() {
        let at = place(&format!("fields.{i}.key"));
        if desk.fields[..i].iter().any(|f| f.key == field.key) {
            let (zh, en) = (format!("表单项“{}”写了两次", field.key), format!("the field `{}` is given twice", field.key));
            fields.report(Diagnostic::error("duplicate-field", file, at, zh, en));
        }
    }
    for (key, zh, en) in [("subject", "标题", "subject"), ("text", "正文", "text")] {
        if !desk.fields.iter().any(|f| f.key == key) {
            let message = (format!("表单缺少{zh}项（key: {key}）"), format!("the form lacks its {en} (`key: {key}`)"));
            fields.report(Diagnostic::error("missing-field", file, place("fields"), message.0, message.1));
        }
    }
    if desk.rules.confidential && desk.rules.publishing != Publishing::Never {
        let (zh, en) = ("保密窗口的答复不能公开", "replies of a confidential desk are never published");
        fields.report(Diagnostic::error("confidential-published", file, place("publish"), zh, en).hint("删去 publish 一行", "leave `publish` out"));
    }
    if desk.rules.publishing != Publishing::Never && desk.column.is_none() {
        let (zh, en) = ("要公开答复，须写明栏目（column）", "to publish replies, name their `column`");
        fields.report(Diagnostic::error("missing-field", file, place("publish"), zh, en));
    }
    if desk.files().is_some() && desk.file_kinds.is_empty() {
        let (zh, en) = ("要收附件，须写明种类（file_kinds）", "to take files, name their `file_kinds`");
        fields.report(Diagnostic::error("missing-field", file, place("fields"), zh, en));
    }
}

/// The type of a column by its path: `interact/mayor`.
pub(super) fn column_type(columns: &[ColumnSettings], path: &str) -> Option<ColumnType> {
    let (id, rest) = path.split_once('/').map_or((path, None), |(id, rest)| (id, Some(rest)));
    let column = columns.iter().find(|c| *c.id == *id)?;
    match rest {
        Some(rest) => column_type(&column.columns, rest),
        None => Some(column.kind.unwrap_or(ColumnType::News)),
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;
    use crate::diagnostic::Lang;

    fn group(desk: &str) -> (Desks, Vec<Diagnostic>) {
        let dir = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = dir.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        write("sites/group.yaml", "name: 云岫\ndomain: yunxiu.gov.example\nmain: www\ntimezone: Asia/Shanghai\n");
        write("sites/www.yaml", "name: 云岫市人民政府\nat: www\ncolumns:\n  - {id: mayor, name: 市长信箱, type: reply}\n");
        write("sites/jyj.yaml", "name: 云岫市教育局\nat: jyj\n");
        write("sites/desks/mayor.yaml", desk);
        Desks::load(dir.path()).unwrap()
    }

    const GOOD: &str = "name: 市长信箱\nsite: www\ncolumn: mayor\npublish: consent\nclock: {days: 5}\ncategories:\n  - {name: 教育, to: jyj}\n  - 其他\nfields:\n  - {key: subject, label: 标题, required: true}\n  - {key: text, label: 内容, type: longtext}\n";

    #[test]
    fn a_desk_is_what_its_file_says() {
        let (desks, found) = group(GOOD);
        assert_eq!(found, []);
        let desk = &desks.desks["mayor"];
        assert_eq!(
            (desk.rules.clock.days, desk.rules.publishing, desk.department("教育"), desk.department("其他")),
            (5, Publishing::Consent, Some("jyj"), None)
        );
        assert_eq!((desk.fields[0].max, desk.fields[1].max), (100, 5000));
    }

    #[test]
    fn mistakes_are_told_with_their_places_all_at_once() {
        let bad = "name: 信箱\nsite: www\ncolum: x\ncolumn: news\npublish: maybe\nclosed_at: 2026-01-01\ncategories:\n  - {name: 教育, to: nobody}\nfields:\n  - {key: subject, label: 标题}\n  - {key: subject, label: 又一个, type: choice}\n";
        let (desks, found) = group(bad);
        assert!(desks.desks.is_empty());
        let told: Vec<String> = found.iter().map(|d| format!("{}:{} {}", d.code, d.place.line, d.message.get(Lang::Zh))).collect();
        for wanted in [
            "unknown-word:5",
            "no-such-site:8",
            "no-such-column:4",
            "duplicate-field:11",
            "missing-field:11",
            "missing-field:10",
            "unknown-key:3",
            "unknown-key:6",
        ] {
            assert!(told.iter().any(|t| t.starts_with(&format!("{wanted} "))), "{wanted} in {told:#?}");
        }
    }

    #[test]
    fn a_confidential_desk_publishes_nothing() {
        let (desks, found) = group(&GOOD.replace("clock: {days: 5}", "confidential: true"));
        assert!(desks.desks.is_empty());
        assert_eq!(&*found[0].code, "confidential-published");
    }

    #[test]
    fn a_desk_opens_and_closes_at_its_hours() {
        let (desks, _) = group(&format!("{GOOD}opens_at: 2026-11-01\ncloses_at: 2026-11-30 18:00\n"));
        let desk = &desks.desks["mayor"];
        let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_millisecond();
        assert!(!desk.is_open(at("2026-10-31T23:59:59+08:00")) && desk.is_open(at("2026-11-01T00:00:00+08:00")));
        assert!(desk.is_open(at("2026-11-30T17:59:59+08:00")) && !desk.is_open(at("2026-11-30T18:00:00+08:00")));
    }
}
