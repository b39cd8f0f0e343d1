//! All that a template may see: plain data, made when a page is planned.
//!
//! A page is a pure function of its [`View`]; the digest of the view (with the engine and the template's closure) is the page's
//! fingerprint. What a template needs and does not find here is added here, never fetched from elsewhere. Texts are as the authors
//! wrote them (templates escape); addresses are ready for `href`.

pub mod finder;
pub mod machine;

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use crate::digest::Digest;
use crate::source::front_matter::{Chart, Details, Words};
use finder::{SearchBox, SearchPage};

/// A link with its wording.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LinkView<'a> {
    /// The wording.
    pub name: Cow<'a, str>,
    /// The address.
    pub url: Cow<'a, str>,
}

/// A date as pages show it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DateView {
    /// `2026-11-03`
    pub day: String,
    /// `2026-11-03 09:30` (the day alone when no time was given)
    pub full: String,
    /// RFC 3339 with the zone's offset, for `<time datetime>` and feeds.
    pub iso: String,
}

/// A picture ready to be shown. A photograph has several sizes, each as WebP and as JPEG; a graphic has one file, which then stands in
/// `src`, `thumb` and `large`, and the WebP fields are empty.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct PictureView<'a> {
    /// The address for browsers that know no WebP: a JPEG of middle size.
    pub src: String,
    /// Every size as WebP, for `srcset` with widths.
    pub srcset: String,
    /// The smallest size, as JPEG.
    pub thumb: String,
    /// The same as WebP.
    pub thumb_webp: String,
    /// The largest size, as JPEG: for links, downloads and other sites' previews.
    pub large: String,
    /// Width in pixels of the largest size.
    pub width: u32,
    /// Height in pixels of the largest size.
    pub height: u32,
    /// The text in its place, maybe empty; in albums, the caption.
    pub alt: Cow<'a, str>,
    /// Credit, for albums.
    pub credit: Cow<'a, str>,
}

/// A file to download.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileView<'a> {
    /// The wording.
    pub name: Cow<'a, str>,
    /// Its address.
    pub url: String,
    /// The ending in capitals: `DOCX`.
    pub format: String,
    /// Bytes; unknown for photographs, of which another file is published than lies beside the item.
    pub size: Option<u64>,
    /// `12 KB`, or nothing.
    pub size_text: String,
    /// SHA-256 in hexadecimal, of forms to download; else empty.
    pub sha256: String,
}

/// The group, as every page of a site sees it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupView {
    /// 网站群名称
    pub name: String,
    /// 简称, or the name.
    pub short_name: String,
    /// The main site's home.
    pub url: String,
}

/// The site a page belongs to.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SiteView {
    /// The settings file's stem.
    pub id: String,
    /// 站点名称
    pub name: String,
    /// 简称, or the name.
    pub short_name: String,
    /// `portal`, `department` or `township`.
    pub kind: &'static str,
    /// The path of its home page, `/` or `/bm/jyj/`.
    pub home: String,
    /// The absolute address of its home page.
    pub url: String,
    /// Scheme and host, without a final `/`: what paths on the host are appended to.
    pub origin: String,
    /// Host name (and path) as shown and in `SiteDomain`.
    pub domain: String,
    /// 网站标识码
    pub identity_code: String,
    /// For page tags.
    pub description: String,
    /// The language of its pages, `zh-CN`.
    pub language: String,
    /// The theme's settings (`color`, `emblem`, `banner`, …).
    pub settings: BTreeMap<String, String>,
    /// 地址
    pub address: String,
    /// 电话
    pub phone: String,
    /// 邮箱
    pub email: String,
    /// 办公时间
    pub hours: String,
    /// The site's feed.
    pub feed: String,
    /// The page that lists all columns.
    pub map: String,
    /// The search box; none in a theme without a page for searching.
    pub search: Option<SearchBox>,
    /// 哀悼日: pages are grey.
    pub mourning: bool,
}

/// 页脚要素; empty where neither the site nor the group gives one.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DutiesView {
    /// 主办单位
    pub sponsor: String,
    /// 承办单位
    pub organizer: String,
    /// ICP备案号
    pub icp: String,
    /// 公安机关备案号
    pub police: String,
    /// The link of the 党政机关 mark.
    pub conac: String,
    /// 联系方式
    pub contact: String,
    /// The link of 政府网站找错.
    pub error_report: String,
}

/// The group's sites by kind (`portal`, `department`, `township`), each in its order.
pub type SitesView<'a> = BTreeMap<&'static str, Vec<LinkView<'a>>>;

/// One entry of a site's menu.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MenuEntry {
    /// The column's name.
    pub name: String,
    /// Where it leads.
    pub url: String,
    /// Whether the page lies in it.
    pub current: bool,
    /// The columns inside it.
    pub children: Vec<MenuEntry>,
}

/// What a whole site shares: the templates `head.html`, `header.html` and `footer.html` see just this, once for each column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ChromeView {
    /// The group.
    pub group: GroupView,
    /// The site.
    pub site: SiteView,
    /// The group bar. It names no single site: ninety links would outweigh most texts, and a new site would change every page
    /// of the group. A kind of sites leads to its list on the main site's map.
    pub bar: Vec<LinkView<'static>>,
    /// The site's menu, with the current top column marked.
    pub menu: Vec<MenuEntry>,
    /// 页脚要素
    pub duties: DutiesView,
    /// The theme's words in the site's language, by name.
    pub words: BTreeMap<String, String>,
    /// Addresses of the theme's static files by their names (`css/main.css` → `/assets/main.1f2e3d4c.css`).
    pub assets: BTreeMap<String, String>,
    /// What browsers hold scripts and style sheets against, by the same names (`integrity`, W3C Subresource Integrity): pages may come
    /// through a network that others run.
    pub seals: BTreeMap<String, String>,
}

/// Where in its site a page lies. All pages of a column share one, so it is made, digested and turned into template values once.
/// The template `side.html` sees it beside the chrome, once for each column.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PlaceView<'a> {
    /// Which of the site's places it is: 0 outside the columns, else the column's index and one.
    #[serde(skip)]
    pub index: usize,
    /// The top column, which the menu marks as current.
    #[serde(skip)]
    pub section: Option<usize>,
    /// Of the fields below, and of the section.
    #[serde(skip)]
    pub digest: Digest,
    /// From the site's home to the column.
    pub breadcrumbs: Vec<LinkView<'a>>,
    /// 栏目页标签, in order.
    pub tags: Vec<(&'static str, Cow<'a, str>)>,
    /// The columns of its top column, for the side menu.
    pub siblings: Vec<MenuEntry>,
}

/// What every page has.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PageView<'a> {
    /// `home`, `column`, `item`, `topic`, `map`, `search` or `missing`.
    pub kind: &'static str,
    /// The heading.
    pub title: Cow<'a, str>,
    /// The path on its host, `/news/x.html`.
    pub path: String,
    /// The one absolute address.
    pub canonical: String,
    /// For `<meta name="description">`.
    pub description: Cow<'a, str>,
    /// For `<meta name="keywords">`, joined with `,`.
    pub keywords: String,
    /// 网页标签 beyond those of its site and its column, in order.
    pub tags: Vec<(&'static str, Cow<'a, str>)>,
    /// A feed narrower than the site's (name, address).
    pub feed: Option<LinkView<'a>>,
}

/// An item in a list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct CardView<'a> {
    /// 标题
    pub title: &'a str,
    /// Its address: a path on the same host, else absolute.
    pub url: String,
    /// 发布日期
    pub date: DateView,
    /// 摘要
    pub summary: &'a str,
    /// The site it comes from, when it is not the page's own.
    pub site: Option<&'a str>,
    /// 题图
    pub image: Option<PictureView<'a>>,
    /// 置顶
    pub pinned: bool,
    /// A newer form, or a policy that repeals it, stands in its place.
    pub replaced: bool,
    /// The type of its column (`policy`, …).
    pub kind: &'static str,
    /// What its type adds, as written.
    pub details: &'a Details,
    /// For downloads: its files.
    pub files: Vec<FileView<'a>>,
}

/// A column in a list of columns.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct SectionView<'a> {
    /// Its name, or the block's.
    pub name: Cow<'a, str>,
    /// Where it leads.
    pub url: String,
    /// How its block looks: `list headline pictures cards links entries figures`.
    pub style: &'static str,
    /// How wide it is: `third half two-thirds full`.
    pub width: &'static str,
    /// The type of the column.
    pub kind: &'static str,
    /// Which part of 政府信息公开 the column is: `guide rules content report request`, or nothing.
    pub disclosure: &'static str,
    /// Its newest items.
    pub items: Vec<CardView<'a>>,
    /// For `entries`: where they lead.
    pub links: Vec<LinkView<'a>>,
    /// For `figures`: the newest row of the first item's table.
    pub figures: Vec<FigureView<'a>>,
}

/// One figure of a table's newest row; the first names the row (its day).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FigureView<'a> {
    /// The heading.
    pub name: &'a str,
    /// The cell.
    pub value: &'a str,
}

/// A column in the tree of the site map page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ColumnNode<'a> {
    /// Its name.
    pub name: &'a str,
    /// Where it leads.
    pub url: String,
    /// How many items it shows.
    pub count: usize,
    /// The columns inside it.
    pub children: Vec<ColumnNode<'a>>,
}

/// One thing by which a column's items are shelved (年份, 发文机关, …), with a page for every value.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FacetView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its values; the one whose page is shown is marked.
    pub values: Vec<MenuEntry>,
}

/// `column.html`: a column's newest items, or a page of its archive; `shelf.html`: those that have one value in common.
#[derive(Debug, Clone, PartialEq, Default, Serialize)]
pub struct ColumnView<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its description.
    pub description: &'a str,
    /// Its type.
    pub kind: &'static str,
    /// Pinned items; on the first page only.
    pub pinned: Vec<CardView<'a>>,
    /// The items of this page, newest first.
    pub items: Vec<CardView<'a>>,
    /// The newest items of the columns inside it; on the first page only.
    pub sections: Vec<SectionView<'a>>,
    /// Pages of the list.
    pub pages: PagesView,
    /// The address of the column's index for finding, or nothing.
    pub index: String,
    /// How the column can be narrowed down; on first pages only.
    pub facets: Vec<FacetView<'a>>,
    /// The value that the page's items have in common, or nothing.
    pub shelf: &'a str,
}

/// Where a page stands in a list that is numbered from the oldest.
#[derive(Debug, Clone, PartialEq, Serialize, Default)]
pub struct PagesView {
    /// The number of this archive page; 0 on the first page.
    pub number: usize,
    /// The page with newer items, empty when there is none.
    pub newer: String,
    /// The page with older items, empty when there is none.
    pub older: String,
    /// The page with the newest.
    pub newest: String,
    /// The page with the oldest, empty when there is only one page.
    pub oldest: String,
}

/// `item.html`: one item.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct ItemView<'a> {
    /// 标题
    pub title: &'a str,
    /// The type of its column.
    pub kind: &'static str,
    /// 发布日期
    pub date: DateView,
    /// 更新日期
    pub updated: Option<DateView>,
    /// 更正说明
    pub correction: &'a str,
    /// 来源, or the site's name.
    pub source: &'a str,
    /// 作者, or nothing.
    pub author: &'a str,
    /// 关键词
    pub keywords: &'a Words,
    /// 摘要
    pub summary: &'a str,
    /// 题图
    pub image: Option<PictureView<'a>>,
    /// What its type adds, as written; look references up in `refs`.
    pub details: &'a Details,
    /// Where the references in `details` lead, by what is written; one that leads nowhere public is absent.
    pub refs: BTreeMap<&'a str, LinkView<'a>>,
    /// Items that refer to this one: `explained_by`, `repealed_by`, `superseded_by`.
    pub related: BTreeMap<&'static str, Vec<LinkView<'a>>>,
    /// Earlier items of the column that share keywords.
    pub alike: Vec<LinkView<'a>>,
    /// 附件
    pub attachments: Vec<FileView<'a>>,
    /// The pictures of an album.
    pub photos: Vec<PictureView<'a>>,
    /// 专题 it belongs to.
    pub topics: Vec<LinkView<'a>>,
    /// The item published before it in its column.
    pub previous: Option<LinkView<'a>>,
    /// The item published after it.
    pub next: Option<LinkView<'a>>,
    /// Visible characters of the body.
    pub characters: u32,
    /// For tables: which rows this page shows.
    pub table: Option<TableView<'a>>,
}

/// A page of a table. The rows themselves are read when the page is rendered: the digest stands for them.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TableView<'a> {
    /// The digest of the CSV file.
    pub digest: Digest,
    /// The headings shown, in order; empty for all.
    pub columns: &'a [Box<str>],
    /// The first row, from 0.
    pub from: usize,
    /// One past the last row.
    pub to: usize,
    /// All rows.
    pub total: usize,
    /// The page, from 1.
    pub page: usize,
    /// Every page of the table.
    pub pages: Vec<LinkView<'a>>,
    /// The whole table as a file.
    pub file: FileView<'a>,
    /// By what the side service knows its rows; nothing without the service.
    pub key: String,
    /// How it is drawn; on the first page only.
    pub chart: Option<&'a Chart>,
}

/// Where one link or picture of a body leads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Target {
    /// A link.
    Href {
        /// Its address.
        url: Box<str>,
        /// Whether it leaves the group.
        external: bool,
        /// What is said of a file behind the link.
        file: Option<FileNote>,
    },
    /// A picture.
    Picture {
        /// Its address.
        src: Box<str>,
        /// Its sizes as WebP with their widths, for `srcset`; empty for graphics.
        srcset: Box<str>,
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
    },
    /// Nowhere public: only the wording stays.
    Nothing,
}

/// What is said of a file behind a link.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FileNote {
    /// The ending, `docx`.
    pub format: Box<str>,
    /// Bytes, if they are known.
    pub size: Option<u64>,
}

/// What a body needs besides its text: the text's digest and where its links lead.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct BodyView {
    /// The digest of the text.
    pub digest: Digest,
    /// The targets of its links and pictures, in order.
    pub targets: Vec<Target>,
}

/// `home.html`: a site's home page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HomeView<'a> {
    /// Its blocks, in order.
    pub blocks: Vec<SectionView<'a>>,
    /// The group's sites, on the main site only.
    pub sites: SitesView<'a>,
}

/// `map.html`: the site map page.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapView<'a> {
    /// The tree of columns.
    pub columns: Vec<ColumnNode<'a>>,
    /// The group's sites, on the main site only; the group bar leads to `#department` and its like.
    pub sites: SitesView<'a>,
}

/// `topic.html`: a topic and the items that joined it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TopicView<'a> {
    /// Its items, newest first.
    pub items: Vec<CardView<'a>>,
    /// 横幅
    pub banner: Option<PictureView<'a>>,
}

/// What fills a page, by its kind. In a template the fields stand under the name of the kind:
/// `home`, `column`, `item` (with `topic` for topics), `map`, `search`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub enum Content<'a> {
    /// A home page.
    Home(HomeView<'a>),
    /// A column's page.
    Column(ColumnView<'a>),
    /// An item's page.
    Item(Box<ItemView<'a>>, BodyView, Option<TopicView<'a>>),
    /// The site map page.
    Map(MapView<'a>),
    /// The page for searching.
    Search(SearchPage<'a>),
    /// The page for addresses that do not exist.
    Missing,
}

/// An HTML page: the template chosen, the chrome it stands in, and what fills it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct View<'a> {
    /// Template names to try, the most particular first.
    #[serde(skip)]
    pub templates: Vec<String>,
    /// Where it lies.
    #[serde(skip)]
    pub place: &'a PlaceView<'a>,
    /// What every page has.
    pub page: PageView<'a>,
    /// What fills it.
    pub content: Content<'a>,
}
