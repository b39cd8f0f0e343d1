//! What machines are given beside the pages: feeds, site maps, indexes for finding, `security.txt`.
//!
//! Plain data, made when an output is planned; `render` and the pipeline write it. Knows no format.

use serde::Serialize;

use super::BodyView;
use crate::model::item::ItemRef;

/// `filter.json`: every item of a column with the words it is found by, for the script that does so.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexView<'a> {
    /// The items in the order of the list.
    pub items: Vec<IndexEntry<'a>>,
}

/// One item of an index.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndexEntry<'a> {
    /// 标题
    pub title: &'a str,
    /// Its address.
    pub url: String,
    /// 发布日期
    pub day: String,
    /// What is shown and searched besides the title: 发文字号 and its like.
    pub note: &'a str,
    /// What else it is found by: its year, its office.
    pub words: String,
}

/// `security.txt` (RFC 9116).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SecurityView<'a> {
    /// Where to report, the preferred first.
    pub contact: &'a [Box<str>],
    /// RFC 3339.
    pub expires: String,
    /// The languages reports may be written in.
    pub languages: String,
    /// Its own absolute address.
    pub canonical: String,
    /// The address of the policy, or nothing.
    pub policy: &'a str,
}

/// An Atom feed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedView<'a> {
    /// Its title.
    pub title: String,
    /// The page it follows.
    pub home: String,
    /// Its own address.
    pub address: String,
    /// Its language.
    pub language: &'a str,
    /// Who writes it when an entry does not say.
    pub author: &'a str,
    /// When its newest entry changed; the epoch when it is empty.
    pub updated: String,
    /// Its entries, newest first.
    pub entries: Vec<FeedEntry<'a>>,
}

/// One entry of a feed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedEntry<'a> {
    /// 标题
    pub title: &'a str,
    /// The absolute address.
    pub url: String,
    /// RFC 3339.
    pub published: String,
    /// RFC 3339.
    pub updated: String,
    /// 来源
    pub author: &'a str,
    /// 摘要
    pub summary: &'a str,
    /// The whole text, where feeds hold it.
    pub text: Option<FeedText>,
}

/// The whole text of an entry: read when the feed is rendered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct FeedText {
    /// Which item.
    #[serde(skip)]
    pub at: ItemRef,
    /// What its body needs.
    pub body: BodyView,
}

/// One address of a `sitemap.xml`.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MapEntry {
    /// The absolute address.
    pub address: String,
    /// `2026-11-03`, when known.
    pub changed: Option<String>,
}
