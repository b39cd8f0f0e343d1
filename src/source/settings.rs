//! Settings: `sites/group.yaml` and `sites/<site>.yaml`.
//!
//! In: their YAML trees. Out: [`GroupSettings`] and [`SiteSettings`], with everything that is wrong in them. What the whole group
//! must agree on (two sites at one address) is the model's to check.

mod words;

use std::collections::BTreeMap;

use jiff::tz::TimeZone;
use schemars::JsonSchema;
use serde::Serialize;

use super::checking::{CheckSettings, ReportSettings};
use super::date::Date;
use super::fields::{Fields, FromNode};
use super::publishing::PublishSettings;
use super::yaml::{Node, Value};
use crate::diagnostic::{Diagnostic, Place};
pub use words::{BlockStyle, BlockWidth, ColumnType, DisclosurePart, FeedText, SiteKind, Sort};

type Txt = Option<Box<str>>;
type Texts = Vec<Box<str>>;

macro_rules! settings {
    ($(#[$meta:meta])* $name:ident { $($(#[$fmeta:meta])* $field:ident: $ty:ty = $key:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $name { $($(#[$fmeta])* #[serde(rename = $key)] #[schemars(default)] pub $field: $ty,)* }

        impl $name {
            fn take(fields: &mut Fields<'_>) -> Self {
                Self { $($field: fields.take($key),)* }
            }
        }

        impl FromNode for $name {
            fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
                let mut inner = fields.nested(node);
                let value = Self::take(&mut inner);
                fields.absorb(inner);
                Some(value)
            }
        }
    };
}
pub(super) use settings;

settings! {
    /// 页脚要素: what the footer has to show.
    Duties {
        /// 主办单位
        sponsor: Txt = "sponsor",
        /// 承办单位
        organizer: Txt = "organizer",
        /// ICP备案号
        icp: Txt = "icp",
        /// 公安机关备案号
        police: Txt = "police",
        /// The link of the 党政机关 mark
        conac: Txt = "conac",
        /// 联系方式
        contact: Txt = "contact",
        /// The link of 政府网站找错
        error_report: Txt = "error_report",
    }
}

impl Duties {
    /// These duties, and the group's where these are silent.
    #[must_use]
    pub fn or(&self, group: &Self) -> Self {
        let pick = |own: &Txt, other: &Txt| own.clone().or_else(|| other.clone());
        Self {
            sponsor: pick(&self.sponsor, &group.sponsor),
            organizer: pick(&self.organizer, &group.organizer),
            icp: pick(&self.icp, &group.icp),
            police: pick(&self.police, &group.police),
            conac: pick(&self.conac, &group.conac),
            contact: pick(&self.contact, &group.contact),
            error_report: pick(&self.error_report, &group.error_report),
        }
    }
}

settings! {
    /// One entry of the group bar.
    NavEntry {
        /// The wording.
        name: Box<str> = "name",
        /// Where it leads: `@/site`, `@/site/column` or an address.
        link: Txt = "link",
        /// Or: all sites of a kind.
        sites: Option<SiteKind> = "sites",
    }
}

settings! {
    /// One block of a home page.
    Block {
        /// The column shown; none for `entries`.
        column: Box<str> = "column",
        /// How many items.
        count: Option<u32> = "count",
        /// Another heading than the column's name.
        name: Txt = "name",
        /// How it looks.
        style: BlockStyle = "style",
        /// How wide it is; a half for lists, else the whole line.
        width: Option<BlockWidth> = "width",
        /// What `entries` lead to.
        links: Vec<NavEntry> = "links",
    }
}

settings! {
    /// `security.txt` (RFC 9116): where to report a weakness.
    Security {
        /// `mailto:…` or `https://…`
        contact: Texts = "contact",
        /// Until when this holds; at most a year ahead is advised.
        expires: Option<Date> = "expires",
        /// The address of the policy on reports.
        policy: Txt = "policy",
    }
}

settings! {
    /// 站内搜索: what answers the search boxes.
    SearchSettings {
        /// The side service answers at `/-/search`; without it each site's own `search.html` does, in the reader's browser.
        service: bool = "service",
    }
}

settings! {
    /// 栏目 as written in the settings.
    ColumnSettings {
        /// Its folder and part of the address.
        id: Box<str> = "id",
        /// Its name.
        name: Box<str> = "name",
        /// What it holds; `news` when it is missing.
        kind: Option<ColumnType> = "type",
        /// Columns inside it.
        columns: Vec<ColumnSettings> = "columns",
        /// For page tags; the name when it is missing.
        description: Txt = "description",
        /// For page tags; the name when they are missing.
        keywords: Texts = "keywords",
        /// Items on a page.
        page_size: Option<u32> = "page_size",
        /// Columns whose items are shown here too: `jyj/news`, `department/news`, `*/news`.
        collect: Texts = "collect",
        /// The menu entry leads there instead.
        link: Txt = "link",
        /// Not in menus.
        hidden: bool = "hidden",
        /// Order of its items.
        sort: Sort = "sort",
        /// Which part of 政府信息公开 it is.
        disclosure: Option<DisclosurePart> = "disclosure",
    }
}

/// Settings handed to the templates as they are: scalars by name.
#[derive(Debug, Clone, PartialEq, Default, Serialize, JsonSchema)]
pub struct ThemeSettings(pub BTreeMap<String, String>);

impl FromNode for ThemeSettings {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        let Value::Map(entries) = &node.value else {
            return fields.wrong(node, "应是“键: 值”", "expected `key: value` lines");
        };
        let mut map = BTreeMap::new();
        for (key, value) in entries {
            if let Some(text) = Box::<str>::from_node(value, fields) {
                map.insert(key.text.clone(), text.into());
            }
        }
        Some(Self(map))
    }
}

settings! {
    /// `sites/group.yaml`.
    GroupSettings {
        /// 网站群名称
        name: Box<str> = "name",
        /// The domain under which every site has its sub-domain.
        domain: Box<str> = "domain",
        /// The id of the main site.
        main: Box<str> = "main",
        /// Language of the pages, `zh-CN`.
        language: Txt = "language",
        /// IANA name of the time zone, `Asia/Shanghai`.
        timezone: Txt = "timezone",
        /// The theme of every site that names no other, `default`.
        theme: Txt = "theme",
        /// 简称
        short_name: Txt = "short_name",
        /// For page tags.
        description: Txt = "description",
        /// The group bar.
        navigation: Vec<NavEntry> = "navigation",
        /// 页脚要素
        footer: Duties = "footer",
        /// Items on a list page, 20.
        page_size: Option<u32> = "page_size",
        /// 发布
        publish: PublishSettings = "publish",
        /// 检查
        check: CheckSettings = "check",
        /// 每月简报
        report: ReportSettings = "report",
        /// What feeds hold of an item.
        feeds: FeedText = "feeds",
        /// 哀悼日: days on which all pages are grey.
        mourning: Vec<Date> = "mourning",
        /// Where to report a weakness.
        security: Security = "security",
        /// 站内搜索
        search: SearchSettings = "search",
    }
}

settings! {
    /// `sites/<site>.yaml`.
    SiteSettings {
        /// 站点名称
        name: Box<str> = "name",
        /// 站点类别
        kind: SiteKind = "kind",
        /// Where it lives: `jyj`, or `www/bm/jyj` inside another site.
        at: Box<str> = "at",
        /// 网站标识码
        identity_code: Txt = "identity_code",
        /// The column tree.
        columns: Vec<ColumnSettings> = "columns",
        /// 简称
        short_name: Txt = "short_name",
        /// For page tags.
        description: Txt = "description",
        /// For page tags.
        keywords: Texts = "keywords",
        /// Place among its kind in menus.
        order: Option<i64> = "order",
        /// Earlier values of `at`.
        formerly: Texts = "formerly",
        /// Another theme than the group's.
        theme: Txt = "theme",
        /// Settings for the templates.
        settings: ThemeSettings = "settings",
        /// 页脚要素 where they differ from the group's.
        footer: Duties = "footer",
        /// 地址
        address: Txt = "address",
        /// 电话
        phone: Txt = "phone",
        /// 邮箱
        email: Txt = "email",
        /// 办公时间
        hours: Txt = "hours",
        /// Blocks of the home page.
        home: Vec<Block> = "home",
        /// Items on a list page.
        page_size: Option<u32> = "page_size",
        /// Language of its pages, when not the group's.
        language: Txt = "language",
    }
}

impl SiteSettings {
    /// Pictures in the site's own folder that its settings may name, by path in that folder.
    pub(crate) fn pictures(&self) -> impl Iterator<Item = &str> {
        PICTURES.iter().filter_map(|key| self.settings.0.get(*key).map(String::as_str))
    }
}

/// The theme settings that may name a picture in the site's folder.
pub(crate) const PICTURES: [&str; 2] = ["emblem", "banner"];

/// Where a key of a settings file stands, for findings made later: `columns.0.id` → place.
pub(crate) type Places = BTreeMap<String, Place>;

/// The places of every key of a tree, by dotted path.
pub(crate) fn places(node: &Node) -> Places {
    fn walk(node: &Node, path: &str, places: &mut Places) {
        let join = |key: &str| if path.is_empty() { key.to_string() } else { format!("{path}.{key}") };
        match &node.value {
            Value::Map(entries) => {
                for (key, value) in entries {
                    places.insert(join(&key.text), value.place);
                    walk(value, &join(&key.text), places);
                }
            }
            Value::List(items) => {
                for (i, value) in items.iter().enumerate() {
                    places.insert(join(&i.to_string()), value.place);
                    walk(value, &join(&i.to_string()), places);
                }
            }
            _ => {}
        }
    }
    let mut places = Places::new();
    walk(node, "", &mut places);
    places
}

/// Reads `sites/group.yaml`.
pub(crate) fn read_group(node: &Node, file: &str) -> (GroupSettings, Vec<Diagnostic>) {
    let zone = TimeZone::UTC;
    let mut fields = Fields::new(node, file, &zone);
    let group = GroupSettings::take(&mut fields);
    for (key, zh, en, value) in
        [("name", "网站群名称", "group's name", &group.name), ("domain", "域名", "domain", &group.domain), ("main", "主站", "main site", &group.main)]
    {
        if value.is_empty() {
            fields.missing(key, zh, en);
        }
    }
    if let Some(name) = &group.timezone
        && TimeZone::get(name).is_err()
    {
        let place = places(node).get("timezone").copied().unwrap_or_default();
        fields.report(
            Diagnostic::error("bad-timezone", file, place, format!("不认识的时区“{name}”"), format!("unknown time zone `{name}`"))
                .hint("写成 Asia/Shanghai 这样的名称", "write a name such as Asia/Shanghai"),
        );
    }
    (group, fields.finish())
}

/// Reads `sites/<site>.yaml`. An empty `at` falls back to `id`, the file's stem.
pub(crate) fn read_site(node: &Node, id: &str, file: &str) -> (SiteSettings, Vec<Diagnostic>) {
    let zone = TimeZone::UTC;
    let mut fields = Fields::new(node, file, &zone);
    let mut site = SiteSettings::take(&mut fields);
    if site.name.is_empty() {
        fields.missing("name", "站点名称", "site's name");
    }
    if site.at.is_empty() {
        site.at = id.into();
    }
    // `jyj/` and `/jyj` mean `jyj`.
    site.at = site.at.trim_matches('/').into();
    if !is_place(&site.at) {
        let place = places(node).get("at").copied().unwrap_or_default();
        fields.report(
            Diagnostic::error("bad-place", file, place, format!("“{}”不能作为站点地址（at）", site.at), format!("a site cannot live at `{}`", site.at))
                .hint("写子域名，如 jyj，或主机下的路径，如 www/bm/jyj", "write a sub-domain such as `jyj`, or a path such as `www/bm/jyj`"),
        );
    }
    check_columns(&site.columns, "columns", &places(node), &mut fields);
    (site, fields.finish())
}

/// Whether a site can live there: `jyj`, or `www/bm/jyj`.
#[must_use]
pub fn is_place(at: &str) -> bool {
    let mut parts = at.split('/');
    parts.next().is_some_and(is_host) && parts.all(is_id)
}

/// A label of a host name (RFC 1123).
fn is_host(text: &str) -> bool {
    (1..=63).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        && !text.starts_with('-')
        && !text.ends_with('-')
}

/// Who has a place that several sites claim: the main site, then the one named like it, then the first by id. `claims` gives id and place.
pub(crate) fn winners<'a>(main: &str, claims: impl Iterator<Item = (&'a str, &'a str)>) -> BTreeMap<&'a str, usize> {
    let mut claims: Vec<_> = claims.enumerate().map(|(i, (id, at))| (id != main, id != at, i, at)).collect();
    claims.sort_unstable();
    let mut winners = BTreeMap::new();
    for (.., i, at) in claims {
        winners.entry(at).or_insert(i);
    }
    winners
}

/// A site claims a place that another one has.
pub(crate) fn place_taken(file: &str, place: Place, at: &str, other: &str) -> Diagnostic {
    Diagnostic::error("place-taken", file, place, format!("地址 {at} 已被站点 {other} 使用"), format!("the site `{other}` already lives at `{at}`"))
        .hint("换一个 at", "choose another `at`")
}

fn check_columns(columns: &[ColumnSettings], path: &str, places: &Places, fields: &mut Fields<'_>) {
    let file = fields.file().to_string();
    for (i, column) in columns.iter().enumerate() {
        let at = |key: &str| places.get(&format!("{path}.{i}.{key}")).or_else(|| places.get(&format!("{path}.{i}"))).copied().unwrap_or_default();
        if !is_id(&column.id) {
            fields.report(
                Diagnostic::error(
                    "bad-id",
                    &file,
                    at("id"),
                    format!("栏目标识“{}”不能用作地址", column.id),
                    format!("`{}` cannot be a column's id", column.id),
                )
                .hint("用字母、数字和连字符，如 news", "use letters, digits and hyphens, such as `news`"),
            );
        } else if columns[..i].iter().any(|c| c.id == column.id) {
            fields.report(Diagnostic::error(
                "duplicate-column",
                &file,
                at("id"),
                format!("栏目标识“{}”重复", column.id),
                format!("column id `{}` is given twice", column.id),
            ));
        }
        if column.name.is_empty() {
            fields.report(Diagnostic::error("missing-field", &file, at("name"), "栏目缺少名称（name）", "a column lacks its `name`"));
        }
        check_columns(&column.columns, &format!("{path}.{i}.columns"), places, fields);
    }
}

/// Whether a text can be a column's id: part of a folder's name and of an address.
#[must_use]
pub fn is_id(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        && !text.starts_with('-')
        && !(text.starts_with("page-") && text[5..].bytes().all(|b| b.is_ascii_digit()))
}
