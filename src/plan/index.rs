//! Indexes for finding: what a column holds and by which words it can be found, for the script that does so.
//!
//! In: the group. Out: [`IndexView`]s. Without the script a column is read page by page and shelf by shelf; an index only makes finding quicker.

use super::shelf::Facet;
use super::view::machine::{IndexEntry, IndexView};
use super::{Dress, Planner};
use crate::model::item::ItemRef;
use crate::model::site::Column;
use crate::source::front_matter::Details;

/// Whether a column has an index.
pub(super) fn is_searched(column: &Column) -> bool {
    !Facet::of(column.kind).is_empty() && !column.listing.is_empty()
}

impl Planner<'_> {
    /// The index of a column.
    pub(super) fn index_view(&self, site: usize, column: usize, dress: &Dress) -> IndexView<'_> {
        let c = &self.group.sites[site].columns[column];
        let entry = |&at: &ItemRef| {
            let front = &self.group.version(at).front;
            IndexEntry {
                title: &front.common.title,
                url: self.item_url(site, at),
                day: front.common.date.day(),
                note: searched_too(&front.details),
                words: self.words(at, Facet::of(c.kind), dress),
            }
        };
        IndexView { items: c.listing.iter().rev().map(entry).collect() }
    }

    /// The names of the shelves an item belongs to.
    fn words(&self, at: ItemRef, facets: &[Facet], dress: &Dress) -> String {
        let mut words = Vec::new();
        for facet in facets {
            self.values(at, *facet, &mut |value| words.push(facet.shown(&value, dress).to_string()));
        }
        words.join(" ")
    }
}

/// What is shown and searched besides an item's title.
fn searched_too(details: &Details) -> &str {
    let text = match details {
        Details::Policy(p) => p.document_number.as_deref(),
        Details::Guide(g) => g.item_code.as_deref(),
        Details::Download(d) => d.form_name.as_deref(),
        _ => None,
    };
    text.unwrap_or("")
}
