//! Shelves: a column's items by year, by office, by life event, by object, each shelf with pages of its own, so that a long column can be
//! narrowed down without any script.
//!
//! In: the group. Out: which shelves a column has, and the views of their pages. Knows no file and no template.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::listing::archive_pages;
use super::view::{ColumnView, Content, FacetView, MenuEntry, PageView, View};
use super::{Dress, Output, Planner};
use crate::digest::Digest;
use crate::model::item::ItemRef;
use crate::model::site::Column;
use crate::source::date::Date;
use crate::source::front_matter::{Details, ServiceObject};
use crate::source::settings::ColumnType;

/// Items on a shelf's page: they are listed in one line each.
const SHELF_ITEMS: usize = 100;

/// By what items are shelved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Facet {
    /// 成文年份
    Year,
    /// 发文机关
    Issuer,
    /// 生活事件
    LifeEvent,
    /// 办理机构
    Office,
    /// 提供部门
    Provider,
    /// 服务对象、适用对象
    Object,
}

impl Facet {
    /// By what the items of a type of column are shelved.
    pub(super) fn of(kind: ColumnType) -> &'static [Self] {
        match kind {
            ColumnType::Policy => &[Self::Year, Self::Issuer],
            ColumnType::Guide => &[Self::LifeEvent, Self::Office, Self::Object],
            ColumnType::Download => &[Self::Provider, Self::Object],
            _ => &[],
        }
    }

    /// Its part of an address.
    fn word(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Issuer => "issuer",
            Self::LifeEvent => "event",
            Self::Office | Self::Provider => "office",
            Self::Object => "object",
        }
    }

    /// Its name: the theme's word, or what stands for it where the theme has none.
    fn name(self, dress: &Dress) -> &str {
        match self {
            Self::Year => dress.word("year", "年份"),
            Self::Issuer => dress.word("issuing_agency", "发文机关"),
            Self::LifeEvent => dress.word("life_event", "生活事件"),
            Self::Office => dress.word("office", "办理机构"),
            Self::Provider => dress.word("provided_by", "提供部门"),
            Self::Object => dress.word("object", "服务对象"),
        }
    }

    /// A value as people read it.
    pub(super) fn shown<'a>(self, value: &'a str, dress: &'a Dress) -> &'a str {
        match (self, value) {
            (Self::Object, "person") => dress.word("object_person", "个人"),
            (Self::Object, _) => dress.word("object_business", "法人"),
            _ => value,
        }
    }
}

/// Items of a column that have one value in common.
#[derive(Debug)]
pub(super) struct Shelf<'g> {
    facet: Facet,
    /// As written; of objects `person` or `business`.
    value: Cow<'g, str>,
    /// The oldest first.
    items: Vec<ItemRef>,
}

impl Shelf<'_> {
    fn name<'a>(&'a self, dress: &'a Dress) -> &'a str {
        self.facet.shown(&self.value, dress)
    }

    /// The path of its page inside the site's folder; 0 is the first. The folder's name is one that no column's `id` gives by chance.
    fn path(&self, column: &Column, page: usize) -> String {
        let value = &*self.value;
        let plain = value.len() <= 60 && value.chars().all(char::is_alphanumeric);
        let name = if plain { Cow::Borrowed(value) } else { Digest::of_bytes(value.as_bytes()).hex(8).into() };
        let number = if page == 0 { String::new() } else { format!(".page-{page}") };
        format!("{}/by-{}/{name}{number}.html", column.path, self.facet.word())
    }

    fn archives(&self) -> usize {
        archive_pages(self.items.len(), SHELF_ITEMS)
    }

    /// The items on its page, the oldest first; page 0 has the newest.
    fn on_page(&self, page: usize) -> &[ItemRef] {
        if page == 0 { &self.items[self.archives() * SHELF_ITEMS..] } else { &self.items[(page - 1) * SHELF_ITEMS..page * SHELF_ITEMS] }
    }
}

impl<'g> Planner<'g> {
    /// The shelves of a column, facet by facet. A facet with a single value parts nothing.
    fn shelve(&self, column: &Column) -> Vec<Shelf<'g>> {
        let mut shelves = Vec::new();
        for &facet in Facet::of(column.kind) {
            let mut by_value: BTreeMap<Cow<'g, str>, Vec<ItemRef>> = BTreeMap::new();
            for &at in &column.listing {
                self.values(at, facet, &mut |value| by_value.entry(value).or_default().push(at));
            }
            if by_value.len() > 1 {
                let filed = by_value.into_iter().map(|(value, items)| Shelf { facet, value, items });
                // People look for what is new, and for themselves before a company.
                let newest_first = matches!(facet, Facet::Year | Facet::Object);
                if newest_first { shelves.extend(filed.rev()) } else { shelves.extend(filed) }
            }
        }
        shelves
    }

    /// An item's values for a facet: both objects for what serves both.
    pub(super) fn values(&self, at: ItemRef, facet: Facet, give: &mut impl FnMut(Cow<'g, str>)) {
        let group = self.group;
        let front = &group.version(at).front;
        let own = || {
            let settings = &group.source(at.site as usize).settings;
            Cow::Borrowed(settings.short_name.as_deref().unwrap_or(&settings.name))
        };
        let or_own = |text: &'g Option<Box<str>>| text.as_deref().map_or_else(own, Cow::Borrowed);
        match (facet, &front.details) {
            (Facet::Year, Details::Policy(p)) => give(year(p.signed_on.unwrap_or(front.common.date)).into()),
            (Facet::Issuer, Details::Policy(p)) => give(or_own(&p.issuing_agency)),
            (Facet::LifeEvent, Details::Guide(g)) => g.life_event.as_deref().into_iter().for_each(|event| give(event.into())),
            (Facet::Office, Details::Guide(g)) => give(or_own(&g.office)),
            (Facet::Provider, Details::Download(d)) => give(or_own(&d.office)),
            (Facet::Object, Details::Guide(g)) => objects(g.object).iter().for_each(|o| give(Cow::Borrowed(o))),
            (Facet::Object, Details::Download(d)) => objects(d.object).iter().for_each(|o| give(Cow::Borrowed(o))),
            _ => {}
        }
    }

    /// The shelves of every column of a site, worked out once.
    fn shelves(&self, site: usize) -> &[Vec<Shelf<'g>>] {
        self.shelves[site].get_or_init(|| self.group.sites[site].columns.iter().map(|column| self.shelve(column)).collect())
    }

    /// The pages of a column's shelves.
    pub(super) fn shelf_outputs(&self, site: usize, column: usize, list: &mut Vec<(String, Output)>) {
        let c = &self.group.sites[site].columns[column];
        for (number, shelf) in self.shelves(site)[column].iter().enumerate() {
            list.extend((0..=shelf.archives()).map(|page| (shelf.path(c, page), Output::Shelf { column, shelf: number, page })));
        }
    }

    /// A column's facets with the addresses of their shelves, `current` being the shelf that is shown.
    pub(super) fn facets<'a>(&'a self, site: usize, column: usize, current: Option<usize>, dress: &'a Dress) -> Vec<FacetView<'a>> {
        let c = &self.group.sites[site].columns[column];
        let mut facets: Vec<FacetView<'a>> = Vec::new();
        for (number, shelf) in self.shelves(site)[column].iter().enumerate() {
            let name = shelf.facet.name(dress);
            if facets.last().is_none_or(|facet| facet.name != name) {
                facets.push(FacetView { name, values: Vec::new() });
            }
            let url = self.urls.link(site, site, &shelf.path(c, 0));
            let entry = MenuEntry { name: shelf.name(dress).to_string(), url, current: current == Some(number), children: Vec::new() };
            facets.last_mut().into_iter().for_each(|facet| facet.values.push(entry.clone()));
        }
        facets
    }

    pub(super) fn shelf_page<'a>(&'a self, site: usize, column: usize, number: usize, page: usize, dress: &'a Dress) -> View<'a> {
        let c = &self.group.sites[site].columns[column];
        let shelf = &self.shelves(site)[column][number];
        let path = shelf.path(c, page);
        let title = format!("{} · {}", c.name, shelf.name(dress));
        View {
            templates: vec!["shelf.html".into(), "column.html".into()],
            place: &self.facts(site).places[column + 1],
            page: PageView {
                kind: "column",
                path: self.urls.link(site, site, &path),
                canonical: self.urls.absolute(site, &path),
                description: Cow::Owned(title.clone()),
                title: Cow::Owned(title),
                keywords: c.keywords.join(","),
                tags: Vec::new(),
                feed: None,
            },
            content: Content::Column(ColumnView {
                name: &c.name,
                shelf: shelf.name(dress),
                kind: c.kind.word(),
                items: shelf.on_page(page).iter().rev().map(|&at| self.card(site, at)).collect(),
                facets: if page == 0 { self.facets(site, column, Some(number), dress) } else { Vec::new() },
                pages: self.pages(site, page, shelf.archives(), |page| shelf.path(c, page)),
                ..ColumnView::default()
            }),
        }
    }
}

fn year(date: Date) -> String {
    let mut day = date.day();
    day.truncate(4);
    day
}

fn objects(object: Option<ServiceObject>) -> &'static [&'static str] {
    match object {
        Some(ServiceObject::Person) => &["person"],
        Some(ServiceObject::Business) => &["business"],
        Some(ServiceObject::Both) => &["person", "business"],
        None => &[],
    }
}
