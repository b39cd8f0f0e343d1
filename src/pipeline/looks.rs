//! How closely each site must be looked at, from how it stood and how it stands now.
//!
//! In: the group as it was last built whole, and as it is. Out: a [`Look`] for every site. Errs towards looking more closely, never less.

use std::collections::{BTreeMap, BTreeSet};

use crate::digest::Digest;
use crate::model::PortalGroup;
use crate::model::dependence::{Outlook, Reworded};
use crate::output::manifest::SiteStanding;
use crate::plan::{Planner, SitePlan};
use crate::render::theme::Theme;

/// How closely a site's outputs are looked at: whatever is not looked at cannot have moved.
pub(super) enum Look {
    /// Not at all: nothing of its own has changed, nor anything it uses of others.
    Away,
    /// Only what shows items whose wording has changed, or may.
    Wording(Reworded),
    /// Every output.
    All,
}

/// How every site stands now, in the order of the group's sites.
pub(super) fn standings(planner: &Planner<'_>, plans: &[SitePlan], themes: &BTreeMap<String, Theme>) -> Vec<SiteStanding> {
    let digests: BTreeMap<&str, Digest> = themes.iter().map(|(name, theme)| (name.as_str(), theme.digest())).collect();
    let group = planner.group;
    let standing = |(plan, outlook): (&SitePlan, Outlook)| SiteStanding {
        id: group.source(plan.site).id.clone(),
        dress: Digest::of(&(digests.get(group.theme(plan.site)), plan.chrome_digest, planner.surroundings(plan.site))),
        addresses: outlook.addresses,
        cards: outlook.cards,
        links: outlook.links,
        shows: outlook.shows,
    };
    plans.iter().zip(group.outlooks()).map(standing).collect()
}

/// How closely each site must be looked at: not at all when nothing of its own has changed, nor anything it uses of others, then or now.
pub(super) fn looks(group: &PortalGroup, before: &[SiteStanding], now: &[SiteStanding]) -> Vec<Look> {
    let old: BTreeMap<&str, &SiteStanding> = before.iter().map(|s| (&*s.id, s)).collect();
    let new: BTreeMap<&str, &SiteStanding> = now.iter().map(|s| (&*s.id, s)).collect();
    let moved = |of: fn(&SiteStanding) -> Digest| -> BTreeSet<&str> {
        let ids = old.keys().chain(new.keys()).copied();
        ids.filter(|id| old.get(id).map(|s| of(s)) != new.get(id).map(|s| of(s))).collect()
    };
    let (addresses, cards) = (moved(|s| s.addresses), moved(|s| s.cards));
    let uses = |s: &SiteStanding| s.links.iter().any(|id| addresses.contains(&**id)) || s.shows.iter().any(|id| cards.contains(&**id));
    let look = |(site, now): (usize, &SiteStanding)| {
        let source = group.source(site);
        let Some(before) = old.get(&*now.id).filter(|b| !source.settings_changed && b.dress == now.dress && !uses(b) && !uses(now)) else {
            return Look::All;
        };
        if !source.change.any() {
            return Look::Away;
        }
        group.reworded(site).filter(|_| before.addresses == now.addresses).map_or(Look::All, Look::Wording)
    };
    now.iter().enumerate().map(look).collect()
}
