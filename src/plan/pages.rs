//! The views of whole pages: which template, which place, which title and page tags, and what fills them.
//!
//! In: the group. Out: [`View`]s of home pages, columns, items and the plain pages of a site.

use std::borrow::Cow;

use super::view::{Content, LinkView, PageView, View};
use super::{Dress, Planner, feeds, navigation};
use crate::model::item::ItemRef;

impl Planner<'_> {
    pub(super) fn home_page(&self, site: usize) -> View<'_> {
        let settings = &self.group.source(site).settings;
        let kind = navigation::kind_word(settings.kind);
        View {
            templates: vec![format!("home-{kind}.html"), "home.html".into()],
            place: &self.facts(site).places[0],
            page: PageView {
                kind: "home",
                title: Cow::Borrowed(&settings.name),
                path: self.urls.home(site),
                canonical: self.urls.absolute(site, ""),
                description: Cow::Borrowed(settings.description.as_deref().or(self.group.tree.group.description.as_deref()).unwrap_or(&settings.name)),
                keywords: settings.keywords.join(","),
                tags: Vec::new(),
                feed: None,
            },
            content: Content::Home(self.home_view(site)),
        }
    }

    pub(super) fn column_page<'a>(&'a self, site: usize, column: usize, page: usize, dress: &'a Dress) -> View<'a> {
        let c = &self.group.sites[site].columns[column];
        let path = self.urls.column_path(site, column, page);
        let description = c.description.as_deref().unwrap_or(&c.name);
        let feed = format!("{}/feed.xml", c.path);
        View {
            templates: vec![format!("column-{}.html", c.kind.word()), "column.html".into()],
            place: &self.facts(site).places[column + 1],
            page: PageView {
                kind: "column",
                title: Cow::Borrowed(&c.name),
                path: self.urls.link(site, site, &path),
                canonical: self.urls.absolute(site, &path),
                description: Cow::Borrowed(description),
                keywords: c.keywords.join(","),
                tags: Vec::new(),
                feed: (feeds::is_followed(c.kind) && !c.listing.is_empty())
                    .then(|| LinkView { name: Cow::Borrowed(&*c.name), url: self.urls.link(site, site, &feed).into() }),
            },
            content: Content::Column(self.column_view(site, column, page, dress)),
        }
    }

    pub(super) fn item_page(&self, at: ItemRef, page: usize) -> View<'_> {
        let site = at.site as usize;
        let column = self.group.item(at).column as usize;
        let common = &self.group.version(at).front.common;
        let path = self.urls.item_path(at, page);
        let canonical = self.urls.absolute(site, &path);
        let item = self.item_view(at, page);
        let kind = item.kind;
        let mut tags = Vec::with_capacity(7);
        tags.push(("ArticleTitle", Cow::Borrowed(&*common.title)));
        tags.push(("PubDate", common.date.minute().into()));
        tags.push(("ContentSource", Cow::Borrowed(item.source)));
        let optional =
            [("Keywords", Cow::Owned(common.keywords.join(","))), ("Author", Cow::Borrowed(item.author)), ("Description", Cow::Borrowed(item.summary))];
        tags.extend(optional.into_iter().filter(|(_, text)| !text.is_empty()));
        tags.push(("Url", canonical.clone().into()));
        View {
            templates: vec![format!("item-{kind}.html"), "item.html".into()],
            place: &self.facts(site).places[column + 1],
            page: PageView {
                kind: "item",
                title: Cow::Borrowed(&common.title),
                path: self.urls.link(site, site, &path),
                canonical,
                description: Cow::Borrowed(item.summary),
                keywords: common.keywords.join(","),
                tags,
                feed: None,
            },
            content: Content::Item(Box::new(item), self.body_view(at), self.topic_view(at)),
        }
    }

    pub(super) fn plain_page<'a>(&'a self, site: usize, kind: &'static str, path: &str, template: &str, title: &'a str, content: Content<'a>) -> View<'a> {
        View {
            templates: vec![template.into()],
            place: &self.facts(site).places[0],
            page: PageView {
                kind,
                title: Cow::Borrowed(title),
                path: self.urls.link(site, site, path),
                canonical: self.urls.absolute(site, path),
                description: Cow::Borrowed(title),
                keywords: String::new(),
                tags: Vec::new(),
                feed: None,
            },
            content,
        }
    }
}
