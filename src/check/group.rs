//! The group as checks see it: its public items with their files, versions and pages.
//!
//! In: an assembled group. Out: [`Shown`] items. Pure: opens nothing.

use rayon::prelude::*;

use crate::model::PortalGroup;
use crate::model::item::ItemRef;
use crate::model::site::Site;
use crate::source::ItemVersion;

/// A public item.
#[derive(Debug)]
pub(crate) struct Shown<'g> {
    pub at: ItemRef,
    /// Its file, from the group's root.
    pub file: String,
    pub version: &'g ItemVersion,
}

impl<'g> Shown<'g> {
    /// Every public item that is shown as it stands, site by site in the order of their files.
    pub(crate) fn all(group: &'g PortalGroup) -> Vec<Self> {
        let of_site = |(s, site): (usize, &'g Site)| {
            let (id, s) = (id_of(group, s), u32::try_from(s).unwrap_or(u32::MAX));
            let shown = (0u32..).zip(&site.items).filter(|(_, item)| !item.stale).map(move |(item, _)| ItemRef { site: s, item });
            shown.map(move |at| Self { at, file: format!("content/{id}/{}", group.item_source(at).path), version: group.version(at) })
        };
        group.sites.par_iter().enumerate().flat_map_iter(of_site).collect()
    }
}

/// The id of a site.
pub(crate) fn id_of(group: &PortalGroup, site: usize) -> &str {
    &group.source(site).id
}
