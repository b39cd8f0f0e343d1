//! How documents lie in the index: its fields, and how their texts become terms.
//!
//! In: nothing. Out: the schema, the tokenizers it names, and the number that tells a document's site, kind and year.

use tantivy::schema::{BytesOptions, FAST, Field, INDEXED, IndexRecordOption, NumericOptions, Schema, TextFieldIndexing, TextOptions};
use tantivy::tokenizer::{TextAnalyzer, Token, TokenStream, Tokenizer, TokenizerManager};

use super::tokens::{Tokens, Way};

/// The fields of a document.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields {
    pub title: Field,
    pub number: Field,
    pub body: Field,
    pub cell: Field,
    /// Its name, by which it is replaced.
    pub key: Field,
    /// Of what it is made from.
    pub stamp: Field,
    /// Site, kind and year, see [`facts`].
    pub facts: Field,
    pub date: Field,
    pub shown: Field,
}

/// The schema of an index, and its fields.
pub(super) fn schema() -> (Schema, Fields) {
    let mut schema = Schema::builder();
    let text = |tokenizer: &str| {
        let indexing = TextFieldIndexing::default().set_tokenizer(tokenizer).set_index_option(IndexRecordOption::WithFreqsAndPositions);
        TextOptions::default().set_indexing_options(indexing)
    };
    let fast = || NumericOptions::default() | FAST;
    let fields = Fields {
        title: schema.add_text_field("title", text("pairs")),
        number: schema.add_text_field("number", text("pairs")),
        body: schema.add_text_field("body", text("words")),
        cell: schema.add_text_field("cell", text("cells")),
        key: schema.add_u64_field("key", fast() | INDEXED),
        stamp: schema.add_u64_field("stamp", fast()),
        facts: schema.add_u64_field("facts", fast()),
        date: schema.add_u64_field("date", fast()),
        shown: schema.add_bytes_field("shown", BytesOptions::default().set_stored()),
    };
    (schema.build(), fields)
}

/// Site, kind and year of a document in one number.
pub(super) fn facts(site: u16, kind: u8, year: u16) -> u64 {
    u64::from(site) << 32 | u64::from(kind) << 16 | u64::from(year)
}

/// The same taken apart.
pub(super) fn facts_of(facts: u64) -> (u16, u8, u16) {
    let part = |shift: u32| u16::try_from(facts >> shift & 0xFFFF).unwrap_or(0);
    (part(32), u8::try_from(part(16) & 0xFF).unwrap_or(0), part(0))
}

/// Our tokens as the index's library wants them.
#[derive(Clone)]
struct Ours(Way, bool);

/// The cells of a row come as one text, parted by this.
pub(super) const CELL: char = '\u{1E}';

struct Stream<'t> {
    tokens: Tokens<'t>,
    token: Token,
    /// The cell being read, when cells are told apart.
    cell: Option<(usize, std::str::Split<'t, char>)>,
    /// Where the cell's positions begin.
    base: usize,
}

/// Two cells' tokens never stand beside each other.
const GAP: usize = 100;

/// The term of a token within a cell.
pub(super) fn cell_term(cell: usize, token: &str) -> String {
    format!("{cell}:{token}")
}

impl TokenStream for Stream<'_> {
    fn advance(&mut self) -> bool {
        loop {
            if self.tokens.advance() {
                let found = &mut self.tokens.token;
                self.token.position = self.base + found.position;
                (self.token.offset_from, self.token.offset_to) = (found.range.start, found.range.end);
                match &self.cell {
                    Some((cell, _)) => self.token.text = cell_term(*cell, &found.text),
                    None => std::mem::swap(&mut self.token.text, &mut found.text),
                }
                return true;
            }
            let Some((cell, rest)) = &mut self.cell else { return false };
            let Some(text) = rest.next() else { return false };
            *cell += 1;
            self.base = self.token.position.wrapping_add(GAP).max(GAP);
            self.tokens = Tokens::of(text, Way::Pairs);
        }
    }

    fn token(&self) -> &Token {
        &self.token
    }

    fn token_mut(&mut self) -> &mut Token {
        &mut self.token
    }
}

impl Tokenizer for Ours {
    type TokenStream<'a> = Stream<'a>;

    fn token_stream<'a>(&'a mut self, text: &'a str) -> Stream<'a> {
        let Self(way, in_cells) = *self;
        let mut cells = in_cells.then(|| (0, text.split(CELL)));
        let first = cells.as_mut().map_or(text, |(_, rest)| rest.next().unwrap_or(""));
        Stream { tokens: Tokens::of(first, way), token: Token { position: 0, ..Token::default() }, cell: cells, base: 0 }
    }
}

/// The tokenizers that the schema names.
pub(super) fn tokenizers() -> TokenizerManager {
    let manager = TokenizerManager::default();
    for (name, way, in_cells) in [("pairs", Way::Pairs, false), ("words", Way::Words, false), ("cells", Way::Pairs, true)] {
        manager.register(name, TextAnalyzer::from(Ours(way, in_cells)));
    }
    manager
}
