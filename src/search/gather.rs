//! Gathering: one look at the documents that match, which gives every count and every order.
//!
//! In: a [`Wish`]. Out: [`Gathered`]: how many there are, by site, kind and year, and the best of them. Documents are told apart by fast fields alone;
//! nothing stored is read.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader};

use super::question::{Order, Wish};
use super::schema::facts_of;
use super::shown::{KINDS, Kind};
use crate::source::settings::ColumnType;

/// Years are counted from here.
const FIRST_YEAR: u16 = 1900;

/// A result as it is gathered: its score (or date), where it is, its site and kind.
pub(super) type Found = (Score, DocAddress, u16, u8);

/// Everything one look at the matching documents gives.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub total: u32,
    /// The best first.
    pub best: Vec<Found>,
    pub sites: BTreeMap<u16, u32>,
    pub kinds: [u32; KINDS],
    pub years: BTreeMap<u16, u32>,
}

impl Gathered {
    /// What fits less follows what fits; documents found both ways count once.
    pub(super) fn add_after(&mut self, near: Self) {
        let least = self.best.last().map_or(1.0, |(score, ..)| *score);
        let most = near.best.first().map_or(1.0, |(score, ..)| score.max(f32::MIN_POSITIVE));
        let known: Vec<DocAddress> = self.best.iter().map(|found| found.1).collect();
        let fresh = near.best.into_iter().filter(|(_, at, ..)| !known.contains(at));
        // Far enough below that no title makes up for it.
        self.best.extend(fresh.map(|(score, at, site, kind)| (score / most * least / 20.0, at, site, kind)));
        // Most of the letters are in every text that has all of them.
        (self.total, self.sites, self.kinds, self.years) = (near.total.max(self.total), near.sites, near.kinds, near.years);
    }
}

/// What is to be gathered.
pub(super) struct Gather {
    pub wish: Wish,
    /// Whether a service is asked for: guides then count for more.
    pub service: bool,
    /// How many of the best.
    pub limit: usize,
}

/// An order of scores.
#[derive(Debug, PartialEq, Clone, Copy)]
struct Rank(f64, DocAddress, u16, u8);

impl Eq for Rank {}

impl PartialOrd for Rank {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rank {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.total_cmp(&other.0).then_with(|| other.1.cmp(&self.1))
    }
}

pub(super) struct GatherSegment {
    segment: SegmentOrdinal,
    facts: Column<u64>,
    dates: Column<u64>,
    site: Option<u16>,
    kind: Option<u8>,
    year: Option<u16>,
    by_date: bool,
    now: u16,
    weights: [Score; KINDS],
    limit: usize,
    best: BinaryHeap<Reverse<Rank>>,
    total: u32,
    sites: Vec<u32>,
    kinds: [u32; KINDS],
    years: Vec<u32>,
}

/// How much a kind counts.
fn weights(service: bool) -> [Score; KINDS] {
    let mut weights = [1.0; KINDS];
    for kind in Kind::all() {
        weights[usize::from(kind.number())] = match kind {
            Kind::Item(ColumnType::Guide) if service => 2.5,
            Kind::Item(ColumnType::Guide) => 1.6,
            Kind::Item(ColumnType::Policy | ColumnType::Leader) => 1.25,
            Kind::Site => 1.5,
            Kind::Item(ColumnType::Topic) => 1.1,
            Kind::Row => 0.5,
            _ => 1.0,
        };
    }
    weights
}

impl Collector for Gather {
    type Fruit = Gathered;
    type Child = GatherSegment;

    fn for_segment(&self, segment: SegmentOrdinal, reader: &SegmentReader) -> tantivy::Result<GatherSegment> {
        let fast = reader.fast_fields();
        Ok(GatherSegment {
            segment,
            facts: fast.u64("facts")?,
            dates: fast.u64("date")?,
            site: self.wish.site,
            kind: self.wish.kind.map(Kind::number),
            year: self.wish.year,
            by_date: self.wish.order == Order::Date,
            now: self.wish.now,
            weights: weights(self.service),
            limit: self.limit,
            best: BinaryHeap::new(),
            total: 0,
            sites: Vec::new(),
            kinds: [0; KINDS],
            years: vec![0; 256],
        })
    }

    fn requires_scoring(&self) -> bool {
        self.wish.order == Order::Relevance
    }

    fn merge_fruits(&self, parts: Vec<GatherSegmentFruit>) -> tantivy::Result<Gathered> {
        let mut out = Gathered::default();
        let mut ranks: Vec<Rank> = Vec::new();
        for part in parts {
            out.total += part.total;
            ranks.extend(part.ranks);
            for (site, count) in (0..).zip(part.sites).filter(|(_, n)| *n > 0) {
                *out.sites.entry(site).or_default() += count;
            }
            out.kinds.iter_mut().zip(part.kinds).for_each(|(sum, n)| *sum += n);
            for (year, count) in (FIRST_YEAR..).zip(part.years).filter(|(_, n)| *n > 0) {
                *out.years.entry(year).or_default() += count;
            }
        }
        ranks.sort_by(|a, b| b.cmp(a));
        ranks.truncate(self.limit);
        #[expect(clippy::cast_possible_truncation, reason = "only its order matters from here on")]
        let narrow = |score: f64| score as Score;
        out.best = ranks.into_iter().map(|Rank(score, at, site, kind)| (narrow(score), at, site, kind)).collect();
        Ok(out)
    }
}

/// What a segment gives.
pub(super) struct GatherSegmentFruit {
    total: u32,
    ranks: Vec<Rank>,
    sites: Vec<u32>,
    kinds: [u32; KINDS],
    years: Vec<u32>,
}

impl SegmentCollector for GatherSegment {
    type Fruit = GatherSegmentFruit;

    fn collect(&mut self, doc: DocId, score: Score) {
        let (site, kind, year) = facts_of(self.facts.first(doc).unwrap_or(0));
        let of_site = self.site.is_none_or(|wanted| wanted == site);
        let of_kind = self.kind.is_none_or(|wanted| wanted == kind);
        let of_year = self.year.is_none_or(|wanted| wanted == year);
        if of_kind && of_year {
            let at = usize::from(site);
            if self.sites.len() <= at {
                self.sites.resize(at + 1, 0);
            }
            self.sites[at] += 1;
        }
        if of_site && of_year {
            self.kinds[usize::from(kind) % KINDS] += 1;
        }
        // Sites have no year.
        if of_site
            && of_kind
            && let Some(count) = year.checked_sub(FIRST_YEAR).and_then(|at| self.years.get_mut(usize::from(at)))
        {
            *count += 1;
        }
        if !(of_site && of_kind && of_year) {
            return;
        }
        self.total += 1;
        #[expect(clippy::cast_precision_loss, reason = "minutes fit")]
        let rank = if self.by_date {
            self.dates.first(doc).unwrap_or(0) as f64
        } else {
            // A tenth less for every three years, and no more than a third in all.
            let age = f64::from(if year == 0 { 0 } else { self.now.saturating_sub(year) }.min(10));
            f64::from(score) * f64::from(self.weights[usize::from(kind) % KINDS]) * (1.0 - age / 30.0)
        };
        let rank = Rank(rank, DocAddress::new(self.segment, doc), site, kind);
        if self.best.len() < self.limit {
            self.best.push(Reverse(rank));
        } else if let Some(mut least) = self.best.peek_mut()
            && least.0 < rank
        {
            *least = Reverse(rank);
        }
    }

    fn harvest(self) -> GatherSegmentFruit {
        let ranks = self.best.into_iter().map(|Reverse(rank)| rank).collect();
        GatherSegmentFruit { total: self.total, ranks, sites: self.sites, kinds: self.kinds, years: self.years }
    }
}
