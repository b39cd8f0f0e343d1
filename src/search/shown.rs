//! What the index holds: kinds of documents, what a result shows, and the catalogue of sites and tables.
//!
//! Plain data. A document's stored part is a [`Shown`]; the index's own note is a [`Catalogue`].

use bitcode::{Decode, Encode};
use serde::{Deserialize, Serialize};

use crate::source::settings::ColumnType;

/// What kind of document a result is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// An item of a column of this type.
    Item(ColumnType),
    /// A site, found by its name.
    Site,
    /// A row of a table.
    Row,
}

/// Types of columns in the order of their numbers in the index; a new one goes to the end.
const TYPES: [ColumnType; 15] = [
    ColumnType::News,
    ColumnType::Notice,
    ColumnType::Policy,
    ColumnType::Explainer,
    ColumnType::Guide,
    ColumnType::Download,
    ColumnType::Album,
    ColumnType::Video,
    ColumnType::Leader,
    ColumnType::Table,
    ColumnType::Topic,
    ColumnType::Link,
    ColumnType::Reply,
    ColumnType::Auction,
    ColumnType::Vendor,
];

/// How many numbers of kinds there are at most.
pub(super) const KINDS: usize = 32;

impl Kind {
    /// All kinds.
    pub fn all() -> impl Iterator<Item = Self> {
        TYPES.into_iter().map(Self::Item).chain([Self::Site, Self::Row])
    }

    /// Its number in the index.
    #[must_use]
    pub fn number(self) -> u8 {
        match self {
            Self::Item(of) => TYPES.iter().position(|t| *t == of).and_then(|at| u8::try_from(at).ok()).unwrap_or(0),
            Self::Site => 30,
            Self::Row => 31,
        }
    }

    /// The kind with this number.
    #[must_use]
    pub fn of_number(number: u8) -> Option<Self> {
        match number {
            30 => Some(Self::Site),
            31 => Some(Self::Row),
            number => TYPES.get(usize::from(number)).copied().map(Self::Item),
        }
    }

    /// Its word in addresses: `guide`, `site`, `row`.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Item(of) => of.word(),
            Self::Site => "site",
            Self::Row => "row",
        }
    }

    /// The kind with this word.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::all().find(|kind| kind.word() == word)
    }

    /// Its name for people.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Item(ColumnType::News) => "新闻",
            Self::Item(ColumnType::Notice) => "通知公告",
            Self::Item(ColumnType::Policy) => "政策文件",
            Self::Item(ColumnType::Explainer) => "政策解读",
            Self::Item(ColumnType::Guide) => "办事指南",
            Self::Item(ColumnType::Download) => "表格下载",
            Self::Item(ColumnType::Album) => "图集",
            Self::Item(ColumnType::Video) => "视频",
            Self::Item(ColumnType::Leader) => "领导",
            Self::Item(ColumnType::Table) => "数据表",
            Self::Item(ColumnType::Topic) => "专题",
            Self::Item(ColumnType::Link) => "链接",
            Self::Item(ColumnType::Reply) => "答复",
            Self::Item(ColumnType::Auction) => "网上竞价",
            Self::Item(ColumnType::Vendor) => "供应商",
            Self::Site => "网站",
            Self::Row => "数据记录",
        }
    }
}

/// Where a result leads.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Encode, Decode)]
pub struct Spot {
    /// The site, by its number in the index; `None` for addresses elsewhere.
    pub site: Option<u16>,
    /// The path from the host's root, `/news/x.html`; elsewhere the whole address.
    pub path: Box<str>,
}

/// What a result shows of a document.
#[derive(Debug, Clone, PartialEq, Eq, Default, Encode, Decode)]
pub struct Shown {
    /// 标题
    pub title: Box<str>,
    /// Where it is.
    pub spot: Spot,
    /// The name of its column; empty for a site.
    pub column: Box<str>,
    /// `2026-11-21`; empty for a site.
    pub day: Box<str>,
    /// 发文字号, 索引号 and other numbers, as written.
    pub numbers: Vec<Box<str>>,
    /// Text for the excerpt, as far as it is kept.
    pub text: Box<str>,
    /// Forms and attachments by name.
    pub files: Vec<(Box<str>, Spot)>,
    /// What a kind has besides, by name: validity of a policy, a guide's place and telephone, the cells of a row.
    pub facts: Vec<(Box<str>, Box<str>)>,
}

/// What the index says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Catalogue {
    /// Of the index's layout and of what documents are made of.
    pub recipe: u32,
    /// What the group stood at when the index was last brought up to it; 0: not known.
    pub standing: String,
    /// Sites by their numbers in the index. A number is never given to another site.
    pub sites: Vec<SiteEntry>,
    /// Tables whose rows are documents, with the headings in order.
    pub tables: Vec<TableEntry>,
    /// Words of the group itself, for suggestions: names of offices, columns and services.
    pub vocabulary: Vec<String>,
    /// The letters of the sites' names, the longest first: known while it is asked.
    #[serde(skip)]
    pub(super) names: Vec<Vec<char>>,
}

impl Catalogue {
    /// With the letters of the sites' names, whole and without the city they share.
    pub(super) fn with_names(mut self) -> Self {
        let names: Vec<Vec<char>> = self.sites.iter().filter(|s| s.stands).map(|s| super::dictionary::letters(&s.name)).collect();
        let shared = |n: usize| names.iter().filter(|name| name.get(..n) == names.first().and_then(|first| first.get(..n))).count() * 2 > names.len();
        let city = (2..6).rev().find(|n| names.len() > 2 && shared(*n)).unwrap_or(0);
        let mut all: Vec<Vec<char>> = names.iter().filter_map(|name| Some(name.get(city..)?.to_vec())).chain(names.iter().cloned()).collect();
        all.retain(|name| name.len() > 2);
        all.sort_by_key(|name| std::cmp::Reverse(name.len()));
        self.names = all;
        self
    }
}

/// A site in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct SiteEntry {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its sub-domain.
    pub host: String,
    /// `https://jyj.yunxiu.gov.example`, as the group's settings say.
    pub origin: String,
    /// Whether it is still there.
    pub stands: bool,
}

/// A table in the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct TableEntry {
    /// Its number in the index.
    pub key: u64,
    /// Its site's number.
    pub site: u16,
    /// Its title.
    pub title: String,
    /// The path of its first page from its host's root.
    pub path: String,
    /// The headings of its columns, in order.
    pub headings: Vec<String>,
    /// How many rows it has.
    pub rows: u32,
}
