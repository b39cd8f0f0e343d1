//! A body's HTML as it is while nobody knows yet where its links lead.
//!
//! In: what a [`Drafter`], which reading is given, makes of a body's pieces. Out: a [`Draft`], held until the body's page is made. Nothing here
//! writes HTML: reading only passes the pieces on, so that a body is parsed once.

use std::fmt;
use std::ops::Range;

use super::pieces::Piece;

/// A body as HTML without its links' tags.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    /// The HTML.
    pub html: Box<str>,
    /// The links, in order: as many as the body's outline has.
    pub links: Box<[DraftLink]>,
    /// Its Markdown headings, in order.
    pub headings: Box<[Heading]>,
}

/// A link of a draft: none stands in another.
#[derive(Debug, Clone, PartialEq)]
pub struct DraftLink {
    /// Where its text stands in the HTML, in bytes; never empty.
    pub text: Range<usize>,
    /// Its title, `""`: none.
    pub title: Box<str>,
}

/// A heading of a body.
#[derive(serde::Serialize, Debug, Clone, PartialEq)]
pub struct Heading {
    /// 2 to 6.
    pub level: u8,
    /// Its anchor, unique in the body.
    pub id: String,
    /// Its plain text, not escaped.
    pub text: String,
}

/// Makes a draft of a body and its pieces; `None` when more than tags of links depends on where they lead.
pub struct Drafter(pub(crate) Draw);

/// What a [`Drafter`] does.
pub(crate) type Draw = for<'a> fn(&'a str, &mut dyn Iterator<Item = (Piece<'a>, Range<usize>)>) -> Option<Draft>;

impl fmt::Debug for Drafter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Drafter")
    }
}

impl Draft {
    /// How many bytes it takes, as good as.
    #[must_use]
    pub fn size(&self) -> usize {
        self.html.len() + size_of_val(&*self.links) + size_of_val(&*self.headings)
    }
}
