//! The answer: what is found, how much of it where, and what else might have been meant.
//!
//! In: a [`Wish`], an open index, the dictionary. Out: an [`Answer`]: results with marked titles and excerpts, counts by site, kind and year, suggestions.
//! A part is found as a phrase, whatever stands between its letters; when that finds little, most of its pairs of letters will do. Every count and
//! every order comes from one look at the matching documents.

use std::cmp::Reverse;

use tantivy::query::{BooleanQuery, BoostQuery, Occur, PhrasePrefixQuery, PhraseQuery, Query, TermQuery};
use tantivy::schema::{Field, IndexRecordOption};
use tantivy::{Score, Term};

use super::dictionary::{Dictionary, letters};
use super::excerpt::{Piece, excerpt, pieces};
use super::gather::Gather;
use super::meant::meant;
use super::question::{LONGEST, Order, PAGE, PAGES, Question, Wish, phrases};
use super::schema::{Fields, cell_term};
use super::shown::{Kind, Shown};
use super::tokens::{Phrase, Way, all, phrase};
use super::{SearchError, Searcher};
use crate::source::settings::ColumnType;

/// Results from which the best are chosen by looking at their titles.
const LOOKED_AT: usize = 40;
/// With fewer results, texts that hold most of the letters are looked for too.
const FEW: u32 = 3;
/// Terms that may follow an open end.
const EXPANSIONS: u32 = 2_000;
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
