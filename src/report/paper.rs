//! The paper reports are printed on: their templates, their style, their words.
//!
//! In: a template's name and plain data. Out: a page. Templates are inside the program, so that a report needs no theme and shows the same
//! everywhere; a page needs nothing but itself.

use serde::Serialize;
use tera::{Context, Tera};

use crate::diagnostic::Lang;
use crate::render::chart::{Drawing, draw};
use crate::source::Table;
use crate::source::front_matter::{Chart, ChartKind};

const TEMPLATES: [(&str, &str); 5] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("checkup.html", include_str!("templates/checkup.html")),
    ("checkup-site.html", include_str!("templates/checkup-site.html")),
    ("monthly.html", include_str!("templates/monthly.html")),
    ("monthly-site.html", include_str!("templates/monthly-site.html")),
];

/// The style of all pages.
const STYLE: &str = include_str!("templates/style.css");

/// Prints pages in one language.
pub(super) struct Press {
    tera: Tera,
    zh: bool,
}

impl Press {
    /// A press for a language.
    ///
    /// # Errors
    /// When the program's own templates do not parse.
    pub(super) fn new(lang: Lang) -> Result<Self, tera::Error> {
        let mut tera = Tera::new();
        tera.add_raw_templates(TEMPLATES)?;
        Ok(Self { tera, zh: lang == Lang::Zh })
    }

    /// Prints a page.
    ///
    /// # Errors
    /// When a template asks for what its data has not.
    pub(super) fn page(&self, template: &str, data: &impl Serialize) -> Result<String, tera::Error> {
        let mut context = Context::new();
        context.insert("zh", &self.zh);
        context.insert("style", STYLE);
        context.insert("v", data);
        self.tera.render(template, &context)
    }
}

/// A chart of rows with names along the axis.
pub(super) fn chart(kind: ChartKind, headings: &[&str], rows: Vec<Vec<String>>) -> Option<Drawing> {
    let chart = Chart { kind: Some(kind), x: headings[0].into(), y: headings[1..].iter().map(|h| (*h).into()).collect() };
    draw(&chart, &Table { headings: headings.iter().map(|h| (*h).to_string()).collect(), rows })
}
