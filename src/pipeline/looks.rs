//! How closely each site must be looked at, from how it stood and how it stands now.
//!
//! In: the group as it was last built whole, and as it is. Out: a [`Look`] for every site. Errs towards looking more closely, never less.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::digest::Digest;
use crate::model::PortalGroup;
use crate::model::dependence::{News, Outlook, Stir};
use crate::output::manifest::SiteStanding;
use crate::plan::{Planner, SitePlan};
use crate::render::theme::Theme;

/// How closely a site's outputs are looked at: whatever is not looked at cannot have moved.
pub(super) enum Look {
    /// Not at all: nothing of its own has changed, nor anything it uses of others.
    Away,
    /// Only what shows new items and other wordings, or may.
    News(Stir),
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
        frame: outlook.frame,
        places: outlook.places,
        cards: outlook.cards,
        links: outlook.links,
        shows: outlook.shows,
    };
    plans.iter().zip(group.outlooks()).map(standing).collect()
}

/// How closely each site must be looked at: not at all when nothing of its own has changed, nor anything it uses of others, then or now.
pub(super) fn looks(group: &PortalGroup, before: &[SiteStanding], now: &[SiteStanding]) -> Vec<Look> {
    let old: BTreeMap<&str, &SiteStanding> = before.iter().map(|s| (&*s.id, s)).collect();
    let new: BTreeMap<&str, usize> = now.iter().enumerate().map(|(at, s)| (&*s.id, at)).collect();
    let of_site = |site: usize| {
        let now = &now[site];
        let before = old.get(&*now.id).filter(|b| !group.source(site).settings_changed && b.dress == now.dress && b.frame == now.frame)?;
        group.news(site, (before.places, now.places))
    };
    let mut news: Vec<Option<News>> = (0..now.len()).map(of_site).collect();
    if group.leads_to_new(&news) {
        // Who shows such links is not worked out: sites with new items have changed beyond news.
        news.iter_mut().filter(|n| n.as_ref().is_some_and(|n| !n.added.is_empty())).for_each(|n| *n = None);
    }
    // Sites that have changed beyond news, in what others see of them.
    let moved = |of: fn(&SiteStanding) -> (Digest, Digest)| -> BTreeSet<&str> {
        let told = |id: &str| new.get(id).is_some_and(|at| old.contains_key(id) && news[*at].is_some());
        let ids = old.keys().chain(new.keys()).copied();
        ids.filter(|id| !told(id) && old.get(id).map(|s| of(s)) != new.get(id).map(|at| of(&now[*at]))).collect()
    };
    let addresses = moved(|s| (s.frame, s.places));
    let cards = moved(|s| (s.cards, s.places));
    let uses = |s: &SiteStanding| {
        let shown = |id: &str| addresses.contains(id) || cards.contains(id);
        s.links.iter().any(|id| addresses.contains(&**id)) || s.shows.iter().any(|id| shown(id))
    };
    let sees_news = |s: &SiteStanding| {
        let of = |id: &str| new.get(id).and_then(|at| news[*at].as_ref());
        s.links.iter().any(|id| of(id).is_some_and(|n| !n.added.is_empty())) || s.shows.iter().any(|id| of(id).is_some_and(News::any))
    };
    let look = |site: usize| {
        let now = &now[site];
        let before = old.get(&*now.id).filter(|b| news[site].is_some() && !uses(b) && !uses(now));
        let Some(before) = before else { return Look::All };
        if !group.source(site).change.any() && !sees_news(before) && !sees_news(now) {
            return Look::Away;
        }
        group.stir(site, &news).map_or(Look::All, Look::News)
    };
    (0..now.len()).into_par_iter().map(look).collect()
}
