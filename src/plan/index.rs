//! Indexes for filtering: what a column holds and by what it can be filtered, for the script that does so.
//!
//! In: the group. Out: [`IndexView`]s. Without the script a column is read page by page; an index only makes finding quicker.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::Dress;
use super::Planner;
use super::view::machine::{FacetView, IndexEntry, IndexView};
use crate::model::item::ItemRef;
use crate::model::site::Column;
use crate::source::front_matter::{Details, ServiceObject};
use crate::source::settings::ColumnType;

/// Values of one item, facet by facet.
type Values<'a> = Vec<Option<Cow<'a, str>>>;

/// Whether a column has an index.
pub(super) fn is_filtered(column: &Column) -> bool {
    matches!(column.kind, ColumnType::Policy | ColumnType::Guide | ColumnType::Download) && !column.listing.is_empty()
}

impl Planner<'_> {
    /// The index of a column.
    pub(super) fn index_view<'a>(&'a self, site: usize, column: usize, dress: &'a Dress) -> IndexView<'a> {
        let c = &self.group.sites[site].columns[column];
        let of: Vec<(ItemRef, Values<'a>)> = c.listing.iter().rev().map(|&at| (at, self.facets(at, dress))).collect();
        let names = facet_names(c.kind).iter().map(|(key, default)| dress.word(key, default));
        let facets: Vec<FacetView<'a>> = names.enumerate().map(|(i, name)| facet(name, i, &of)).collect();
        IndexView { items: of.iter().map(|(at, values)| self.index_entry(site, *at, values, &facets)).collect(), facets }
    }

    fn index_entry<'a>(&'a self, site: usize, at: ItemRef, values: &Values<'a>, facets: &[FacetView<'a>]) -> IndexEntry<'a> {
        let front = &self.group.version(at).front;
        let place = |(value, facet): (&Option<Cow<'_, str>>, &FacetView<'_>)| facet.values.iter().position(|v| Some(v) == value.as_ref());
        IndexEntry {
            title: &front.common.title,
            url: self.item_url(site, at),
            day: front.common.date.day(),
            note: searched_too(&front.details),
            facets: values.iter().zip(facets).map(place).collect(),
        }
    }

    fn facets<'a>(&'a self, at: ItemRef, dress: &'a Dress) -> Values<'a> {
        let front = &self.group.version(at).front;
        let settings = &self.group.source(at.site as usize).settings;
        let own = settings.short_name.as_deref().unwrap_or(&settings.name);
        let text = |t: &'a Option<Box<str>>| t.as_deref().map(Cow::Borrowed);
        let or_own = |t: &'a Option<Box<str>>| Some(Cow::Borrowed(t.as_deref().unwrap_or(own)));
        match &front.details {
            Details::Policy(p) => {
                let year = p.signed_on.unwrap_or(front.common.date).day().chars().take(4).collect::<String>();
                vec![Some(year.into()), or_own(&p.issuing_agency)]
            }
            Details::Guide(g) => vec![text(&g.life_event), or_own(&g.office), g.object.map(|o| object(o, dress))],
            Details::Download(d) => vec![or_own(&d.office), d.object.map(|o| object(o, dress))],
            _ => Vec::new(),
        }
    }
}

/// By what a type of column is filtered: the theme's word, and what stands for it where the theme has none.
fn facet_names(kind: ColumnType) -> &'static [(&'static str, &'static str)] {
    match kind {
        ColumnType::Policy => &[("year", "年份"), ("issuing_agency", "发文机关")],
        ColumnType::Guide => &[("life_event", "生活事件"), ("office", "办理机构"), ("object", "服务对象")],
        _ => &[("provided_by", "提供部门"), ("applies_to", "适用对象")],
    }
}

/// What is searched besides an item's title.
fn searched_too(details: &Details) -> &str {
    let text = match details {
        Details::Policy(p) => p.document_number.as_deref(),
        Details::Guide(g) => g.item_code.as_deref(),
        Details::Download(d) => d.form_name.as_deref(),
        _ => None,
    };
    text.unwrap_or("")
}

/// The values that items have for their facet `i`, each once, in order; years from the newest.
fn facet<'a>(name: &'a str, i: usize, of: &[(ItemRef, Values<'a>)]) -> FacetView<'a> {
    let values: BTreeSet<Cow<'a, str>> = of.iter().filter_map(|(_, values)| values.get(i).cloned().flatten()).collect();
    let mut values: Vec<Cow<'a, str>> = values.into_iter().collect();
    if values.iter().all(|v| v.bytes().all(|b| b.is_ascii_digit())) {
        values.reverse();
    }
    FacetView { name: Cow::Borrowed(name), values }
}

fn object(object: ServiceObject, dress: &Dress) -> Cow<'_, str> {
    Cow::Borrowed(match object {
        ServiceObject::Person => dress.word("object_person", "个人"),
        ServiceObject::Business => dress.word("object_business", "法人"),
        ServiceObject::Both => dress.word("object_both", "个人和法人"),
    })
}
