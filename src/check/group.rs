//! The group as checks see it: its public items with their files, versions and pages.
//!
//! In: an assembled group. Out: [`Shown`] items. Pure: opens nothing.

use crate::model::PortalGroup;
use crate::model::item::ItemRef;
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
        let mut all = Vec::new();
        for (s, site) in (0u32..).zip(&group.sites) {
            let id = &group.source(s as usize).id;
            for (i, _) in (0u32..).zip(&site.items).filter(|(_, item)| !item.stale) {
                let at = ItemRef { site: s, item: i };
                all.push(Self { at, file: format!("content/{id}/{}", group.item_source(at).path), version: group.version(at) });
            }
        }
        all
    }
}

/// The id of a site.
pub(crate) fn id_of(group: &PortalGroup, site: usize) -> &str {
    &group.source(site).id
}
