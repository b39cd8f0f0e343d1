//! The answer: what is found, how much of it where, and what else might have been meant.
//!
//! In: a [`Wish`], an open index, the dictionary. Out: an [`Answer`]: results with marked titles and excerpts, counts by site, kind and year, suggestions.
//! A part is found as a phrase, whatever stands between its letters; when that finds little, most of its pairs of letters will do. Every count and
//! every order comes from one look at the matching documents.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use tantivy::collector::{Collector, SegmentCollector};
use tantivy::columnar::Column;
use tantivy::query::{BooleanQuery, BoostQuery, Occur, PhrasePrefixQuery, PhraseQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{DocAddress, DocId, Score, SegmentOrdinal, SegmentReader, Term};

use super::dictionary::{Dictionary, letters};
use super::index::{Fields, SearchError, Searcher, cell_term, facts_of};
use super::question::{LONGEST, Order, PAGE, PAGES, Question, Wish, phrases};
use super::shown::{Catalogue, KINDS, Kind, Shown};
use super::tokens::{Phrase, Way, all, phrase};
use crate::source::folding::folded;
use crate::source::settings::ColumnType;

/// Results from which the best are chosen by looking at their titles.
const LOOKED_AT: usize = 40;
/// With fewer results, texts that hold most of the letters are looked for too.
const FEW: u32 = 3;
/// Letters of an excerpt.
const EXCERPT: usize = 110;
/// Terms that may follow an open end.
const EXPANSIONS: u32 = 2_000;
/// Years are counted from here.
const FIRST_YEAR: u16 = 1900;

/// A piece of text, marked or not.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct Piece {
    /// The text.
    pub text: String,
    /// Whether it is what was looked for.
    pub marked: bool,
}

/// One result.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hit {
    /// What kind of document.
    pub kind: Kind,
    /// Its site, by its number in the catalogue.
    pub site: u16,
    /// What is stored of it.
    pub shown: Shown,
    /// Its title.
    pub title: Vec<Piece>,
    /// Where its text speaks of what was asked.
    pub excerpt: Vec<Piece>,
}

/// What was found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// How many documents.
    pub total: u32,
    /// Those of the page asked for.
    pub hits: Vec<Hit>,
    /// The site that is asked for by its name.
    pub card: Option<Hit>,
    /// By site number, the most first; as if no site had been chosen.
    pub sites: Vec<(u16, u32)>,
    /// By kind, the most first; as if no kind had been chosen.
    pub kinds: Vec<(Kind, u32)>,
    /// By year, the newest first; as if no year had been chosen.
    pub years: Vec<(u16, u32)>,
    /// Nothing fits exactly: these hold most of the letters.
    pub near: bool,
    /// Words that were looked for besides.
    pub added: Vec<String>,
    /// Other words that may have been meant.
    pub meant: Vec<String>,
    /// Whether words were left out because there were too many.
    pub cut: bool,
    /// How many pages there are to look at.
    pub pages: usize,
}

impl Searcher {
    /// Answers.
    ///
    /// # Errors
    /// When the index cannot be read.
    pub fn answer(&self, wish: &Wish, dictionary: &Dictionary) -> Result<Answer, SearchError> {
        let catalogue = self.catalogue();
        let question = Question::of(&wish.words, dictionary, &catalogue.names);
        let mut answer = Answer { cut: question.cut, added: question.added().into_iter().map(str::to_string).collect(), ..Answer::default() };
        let Some(strict) = self.strict(wish, &question) else { return Ok(answer) };
        let searcher = self.reader.searcher();
        let page = wish.page.clamp(1, PAGES);
        let look = |query: &dyn Query| {
            let service = !question.service.is_empty();
            searcher.search(query, &Gather { wish: wish.clone(), service, limit: (page * PAGE).max(LOOKED_AT) })
        };
        let mut gathered = look(&*strict)?;
        if gathered.total < FEW
            && wish.table.is_none()
            && let Some(loose) = self.loose(&question)
        {
            let near = look(&*loose)?;
            answer.near = gathered.total == 0 && near.total > 0;
            gathered.add_after(near);
        }
        if gathered.total < FEW {
            answer.meant = meant(&wish.words, &catalogue, dictionary);
        }
        answer.total = gathered.total;
        answer.pages = (gathered.total as usize).div_ceil(PAGE).min(PAGES);
        let plain = letters(&wish.words);
        let mut ranked: Vec<(Score, Hit)> = Vec::new();
        let first = (page - 1) * PAGE;
        // The best are put in order together, so that the first pages share them out; later pages come as they were gathered.
        let looked = if wish.order == Order::Relevance && first < LOOKED_AT { 0..LOOKED_AT } else { first..first + PAGE };
        for (score, at, site, kind) in gathered.best.into_iter().skip(looked.start).take(looked.len()) {
            let shown = self.shown(&searcher, at)?;
            let Some(kind) = Kind::of_number(kind) else { continue };
            let score = score * likeness(&shown, kind, &plain, &question);
            ranked.push((score, Hit { kind, site, title: Vec::new(), excerpt: Vec::new(), shown }));
        }
        if wish.order == Order::Relevance {
            ranked.sort_by(|a, b| b.0.total_cmp(&a.0));
        }
        if looked.start == 0 && wish.kind.is_none() && wish.table.is_none() {
            let card = ranked.iter().position(|(_, hit)| is_named(hit, &plain, &question)).map(|at| ranked.remove(at).1);
            answer.card = card.filter(|_| page == 1);
        }
        let marks: Vec<Vec<char>> = question.marked().map(letters).chain(wish.cells.iter().map(|(_, w)| letters(w))).filter(|m| !m.is_empty()).collect();
        answer.hits = ranked.into_iter().skip(first - looked.start).take(PAGE).map(|(_, hit)| dressed(hit, &marks)).collect();
        answer.card = answer.card.map(|hit| dressed(hit, &marks));
        answer.sites = gathered.sites.into_iter().collect();
        answer.sites.sort_by_key(|(site, count)| (Reverse(*count), *site));
        answer.kinds = gathered.kinds.iter().zip(0..).filter(|(n, _)| **n > 0).filter_map(|(n, kind)| Some((Kind::of_number(kind)?, *n))).collect();
        answer.kinds.sort_by_key(|(kind, count)| (Reverse(*count), kind.number()));
        answer.years = gathered.years.into_iter().rev().collect();
        Ok(answer)
    }

    /// Every part as a phrase, in any of its wordings.
    fn strict(&self, wish: &Wish, question: &Question) -> Option<Box<dyn Query>> {
        let f = &self.fields;
        let mut all: Vec<(Occur, Box<dyn Query>)> = Vec::new();
        for part in &question.parts {
            let mut any: Vec<(Occur, Box<dyn Query>)> = Vec::new();
            for wording in &part.wordings {
                any.extend(wording_query(f, wording, wish.table.is_some()).into_iter().map(|q| (Occur::Should, q)));
            }
            if !any.is_empty() {
                all.push((Occur::Must, Box::new(BooleanQuery::new(any))));
            }
        }
        for (cell, words) in &wish.cells {
            if let Some(query) = cell_query(f.cell, *cell, words) {
                all.push((Occur::Must, query));
            }
        }
        if let Some(table) = wish.table {
            let rows = TermQuery::new(Term::from_field_u64(f.key, table), IndexRecordOption::Basic);
            all.push((Occur::Must, Box::new(rows)));
        }
        let asked = !all.is_empty();
        // What need not be there, but makes a result better: words of a service, and everything as it was typed.
        let whole = (question.parts.len() + question.service.len() > 1).then_some(&wish.words).into_iter();
        for (words, boost) in question.service.iter().zip(std::iter::repeat(0.3)).chain(whole.zip(std::iter::repeat(1.0))) {
            let few: String = words.chars().take(LONGEST).collect();
            for query in wording_query(f, &few, false) {
                all.push((Occur::Should, Box::new(BoostQuery::new(query, boost))));
            }
        }
        asked.then(|| Box::new(BooleanQuery::new(all)) as Box<dyn Query>)
    }

    /// Most of the pairs of letters of all parts.
    fn loose(&self, question: &Question) -> Option<Box<dyn Query>> {
        let f = &self.fields;
        let typed = question.parts.iter().filter_map(|p| p.wordings.first());
        let mut pairs: Vec<String> = typed.flat_map(|w| all(w, Way::Words)).map(|t| t.text).filter(|t| t.chars().count() > 1).collect();
        pairs.sort();
        pairs.dedup();
        if pairs.len() < 2 {
            return None;
        }
        let least = (pairs.len() * 3).div_ceil(5).max(2).min(pairs.len());
        let either = |pair: &String| -> Box<dyn Query> {
            let term = |field: Field| -> Box<dyn Query> { Box::new(TermQuery::new(Term::from_field_text(field, pair), IndexRecordOption::WithFreqs)) };
            Box::new(BooleanQuery::union(vec![Box::new(BoostQuery::new(term(f.title), 3.0)), term(f.body)]))
        };
        Some(Box::new(BooleanQuery::union_with_minimum_required_clauses(pairs.iter().map(either).collect(), least)))
    }
}

/// One wording, in titles, numbers and running text.
fn wording_query(f: &Fields, wording: &str, rows_only: bool) -> Vec<Box<dyn Query>> {
    let (title, body) = phrases(wording);
    let mut found: Vec<Box<dyn Query>> = Vec::new();
    if !rows_only {
        for (field, boost) in [(f.title, 5.0), (f.number, 8.0)] {
            if let Some(query) = title.as_ref().and_then(|p| phrase_query(field, p)) {
                found.push(Box::new(BoostQuery::new(query, boost)));
            }
        }
    }
    // A single letter stands in nearly every text.
    found.extend(body.as_ref().filter(|p| !p.open || p.terms.len() > 1 || rows_only).and_then(|p| phrase_query(f.body, p)));
    found
}

fn phrase_query(field: Field, phrase: &Phrase) -> Option<Box<dyn Query>> {
    let terms: Vec<(usize, Term)> = phrase.terms.iter().map(|(at, text)| (*at, Term::from_field_text(field, text))).collect();
    let (_, first) = terms.first()?.clone();
    Some(if phrase.open {
        let mut query = PhrasePrefixQuery::new_with_offset(terms);
        query.set_max_expansions(EXPANSIONS);
        Box::new(query)
    } else if terms.len() == 1 {
        Box::new(TermQuery::new(first, IndexRecordOption::WithFreqs))
    } else {
        Box::new(PhraseQuery::new_with_offset(terms))
    })
}

/// Words within one column of a table.
fn cell_query(field: Field, cell: usize, words: &str) -> Option<Box<dyn Query>> {
    let mut phrase = phrase(words, Way::Pairs)?;
    phrase.terms.iter_mut().for_each(|(_, term)| *term = cell_term(cell, term));
    phrase_query(field, &phrase)
}

/// How much better a result is than its words alone say: by what its title has in common with the question.
fn likeness(shown: &Shown, kind: Kind, plain: &[char], question: &Question) -> Score {
    let title = letters(&shown.title);
    let holds = |wording: &String| {
        let letters = letters(wording);
        !letters.is_empty() && title.windows(letters.len()).any(|w| w == letters)
    };
    let all = question.parts.iter().all(|p| p.wordings.iter().any(holds));
    let mut likeness = 1.0;
    if title == plain {
        likeness *= 3.0;
    } else if all {
        likeness *= 1.6;
        // Of two titles that hold everything the shorter one says more about it.
        let share = f32::from(u16::try_from(plain.len()).unwrap_or(u16::MAX)) / f32::from(u16::try_from(title.len().max(1)).unwrap_or(u16::MAX));
        likeness *= 1.0 + share.min(1.0) / 2.0;
        if plain.len() > 2 && title.windows(plain.len()).any(|w| w == plain) {
            likeness *= 1.5;
        }
        if kind == Kind::Item(ColumnType::Guide) && question.service.iter().any(holds) {
            likeness *= 1.5;
        }
    }
    // Whoever types a number wants what has it, not what speaks of it.
    let by_number = |n: &str| {
        let number = letters(n);
        if number == plain {
            8.0
        } else if plain.len() > 3 && number.windows(plain.len()).any(|w| w == plain) {
            5.0
        } else {
            1.0
        }
    };
    likeness * shown.numbers.iter().map(|n| by_number(n)).fold(1.0, Score::max)
}

/// Whether a site is what was asked for by its name, whole or without its city.
fn is_named(hit: &Hit, plain: &[char], question: &Question) -> bool {
    if hit.kind != Kind::Site || plain.len() < 2 {
        return false;
    }
    let title = letters(&hit.shown.title);
    let one = |letters: &[char]| letters.len() >= 2 && (title.ends_with(letters) || (title.starts_with(letters) && letters.len() * 2 > title.len()));
    one(plain) || question.parts.iter().any(|p| p.wordings.first().is_some_and(|w| one(&letters(w)) && letters(w).len() >= 3))
}

/// A result with what was looked for marked in it.
fn dressed(hit: Hit, marks: &[Vec<char>]) -> Hit {
    let title = pieces(&hit.shown.title, marks);
    let text: &str = if hit.kind == Kind::Row { "" } else { &hit.shown.text };
    let excerpt = pieces(&excerpt(text, marks), marks);
    Hit { title, excerpt, ..hit }
}

/// Where the marks stand in a text, in bytes, ascending and apart from each other.
fn places(text: &str, marks: &[Vec<char>]) -> Vec<(usize, usize)> {
    let letters: Vec<(usize, usize, char)> = text.char_indices().filter_map(|(at, c)| Some((at, at + c.len_utf8(), folded(c)?))).collect();
    let mut found: Vec<(usize, usize)> = Vec::new();
    for mark in marks {
        let fits = |w: &[(usize, usize, char)]| w.iter().map(|l| l.2).eq(mark.iter().copied());
        found.extend(letters.windows(mark.len().max(1)).filter(|w| fits(w)).map(|w| (w[0].0, w[w.len() - 1].1)));
    }
    found.sort_unstable();
    let mut apart: Vec<(usize, usize)> = Vec::new();
    for (from, to) in found {
        match apart.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => apart.push((from, to)),
        }
    }
    apart
}

/// A text cut at its marks.
#[must_use]
pub fn pieces(text: &str, marks: &[Vec<char>]) -> Vec<Piece> {
    let mut out = Vec::new();
    let mut at = 0;
    let mut push = |text: &str, marked: bool| {
        if !text.is_empty() {
            out.push(Piece { text: text.to_string(), marked });
        }
    };
    for (from, to) in places(text, marks) {
        push(&text[at..from], false);
        push(&text[from..to], true);
        at = to;
    }
    push(&text[at..], false);
    out
}

/// As much of a text as a result shows: around the place that holds the most of what was looked for.
fn excerpt(text: &str, marks: &[Vec<char>]) -> String {
    let places = places(text, marks);
    let near = |from: usize| places.iter().filter(|(at, _)| (from..from + EXCERPT * 2).contains(at)).count();
    let best = places.iter().map(|(from, _)| *from).max_by_key(|from| (near(*from), Reverse(*from))).unwrap_or(0);
    let mut start = best;
    // Some letters before it, from the beginning of a sentence when one is near.
    for (at, c) in text[..best].char_indices().rev().take(EXCERPT / 4) {
        if matches!(c, '。' | '！' | '？' | '；' | '\n') {
            break;
        }
        start = at;
    }
    let shown: String = text[start..].chars().take(EXCERPT).map(|c| if c.is_whitespace() || c.is_control() { ' ' } else { c }).collect();
    let (before, after) = (if start > 0 { "…" } else { "" }, if shown.len() < text.len() - start { "…" } else { "" });
    format!("{before}{}{after}", shown.split_whitespace().collect::<Vec<_>>().join(" "))
}

/// Other words that may have been meant: names and words of the dictionary from which a letter or two differ.
fn meant(words: &str, catalogue: &Catalogue, dictionary: &Dictionary) -> Vec<String> {
    let typed = letters(words);
    if !(2..=30).contains(&typed.len()) {
        return Vec::new();
    }
    let text: String = typed.iter().collect();
    let mut found: Vec<(usize, usize, String)> = Vec::new();
    for word in dictionary.terms() {
        let letters = letters(word);
        // One wrong letter within what was typed: the rest stays as it is.
        for (at, window) in typed.windows(letters.len().max(1)).enumerate() {
            if letters.len() >= 3 && window.iter().zip(&letters).filter(|(a, b)| a != b).count() == 1 {
                let mut right = typed.clone();
                right.splice(at..at + letters.len(), letters.iter().copied());
                found.push((1, 0, right.into_iter().collect()));
            }
        }
    }
    let names = catalogue.vocabulary.iter().map(String::as_str).chain(dictionary.terms());
    for name in names {
        let plain: String = letters(name).into_iter().collect();
        let allowed = match typed.len() {
            0..3 => 0,
            3..6 => 1,
            _ => 2,
        };
        let apart = strsim::damerau_levenshtein(&text, &plain);
        if (1..=allowed).contains(&apart) {
            found.push((apart, 1, name.to_string()));
        } else if typed.len() >= 2 && holds_in_order(&plain, &typed) && plain != text {
            found.push((3, plain.chars().count(), name.to_string()));
        }
    }
    found.sort();
    let mut out: Vec<String> = Vec::new();
    for (_, _, word) in found {
        if letters(&word) != typed && !out.contains(&word) {
            out.push(word);
        }
    }
    out.truncate(4);
    out
}

/// Whether a name has all letters in order, as abbreviations do.
fn holds_in_order(name: &str, letters: &[char]) -> bool {
    let mut rest = name.chars();
    letters.iter().all(|letter| rest.any(|c| c == *letter))
}

/// A result as it is gathered: its score (or date), where it is, its site and kind.
type Found = (Score, DocAddress, u16, u8);

/// Everything one look at the matching documents gives.
#[derive(Debug, Default)]
struct Gathered {
    total: u32,
    /// The best first.
    best: Vec<Found>,
    sites: BTreeMap<u16, u32>,
    kinds: [u32; KINDS],
    years: BTreeMap<u16, u32>,
}

impl Gathered {
    /// What fits less follows what fits; documents found both ways count once.
    fn add_after(&mut self, near: Self) {
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
struct Gather {
    wish: Wish,
    service: bool,
    limit: usize,
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

struct GatherSegment {
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
struct GatherSegmentFruit {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_looked_for_is_marked_in_any_writing() {
        let marks = [letters("云政发2026"), letters("政发")];
        let shown: Vec<(String, bool)> = pieces("见雲政發〔２０２６〕12号", &marks).into_iter().map(|p| (p.text, p.marked)).collect();
        assert_eq!(shown, [("见".into(), false), ("雲政發〔２０２６".into(), true), ("〕12号".into(), false)]);
    }

    #[test]
    fn an_excerpt_begins_before_what_was_looked_for() {
        let text = format!("{}。{}身份证{}", "甲".repeat(300), "乙".repeat(5), "丙".repeat(300));
        let cut = excerpt(&text, &[letters("身份证")]);
        assert!(cut.starts_with("…乙乙乙乙乙身份证丙") && cut.ends_with("…"), "{cut}");
        assert_eq!(excerpt("短", &[letters("无")]), "短");
    }
}
