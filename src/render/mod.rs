//! Rendering: a view and a template make bytes. Pure but for loading the theme.
//!
//! In: a site's chrome and the views of its outputs, with a body's text or a table's rows where the view stands for them. Out:
//! bytes. Knows only views: nothing here can reach the group.

pub mod body;
pub(crate) mod chart;
pub mod course;
mod filters;
pub mod frame;
mod stylesheet;
pub mod theme;
mod wording;
pub mod xml;

use std::sync::{Arc, OnceLock};

use tera::{Context, Tera, Value};

use crate::diagnostic::Diagnostic;
use crate::plan::view::{ChromeView, Content, PlaceView, View};
use crate::source::front_matter::Details;
use crate::source::{Body, Table};
use theme::Theme;

/// The templates of what all pages of a place share.
pub const FRAME: [&str; 6] = ["head.html", "header.html", "footer.html", "side.html", "trail.html", "way.html"];

/// Renders the pages of one site.
#[derive(Debug)]
pub struct SiteRenderer<'a> {
    theme: &'a Theme,
    /// The theme's templates with the site's words in them.
    tera: Arc<Tera>,
    shared: Context,
    /// What all pages of each place share, rendered.
    frames: Vec<OnceLock<Result<Context, Diagnostic>>>,
}

/// What stands behind a view's digests.
#[derive(Debug, Default)]
pub struct Sources<'a> {
    /// The item's body.
    pub body: Body<'a>,
    /// The rows of its table.
    pub table: Option<&'a Table>,
}

impl<'a> SiteRenderer<'a> {
    /// Prepares a site that has so many places.
    #[must_use]
    pub fn new(theme: &'a Theme, chrome: &ChromeView, places: usize) -> Self {
        let mut shared = Context::new();
        shared.insert("group", &chrome.group);
        shared.insert("site", &chrome.site);
        shared.insert("words", &chrome.words);
        shared.insert("assets", &chrome.assets);
        shared.insert("seals", &chrome.seals);
        Self { theme, tera: theme.worded(&chrome.site.language), shared, frames: (0..places).map(|_| OnceLock::new()).collect() }
    }

    /// Renders a page. `chrome` gives the chrome of the page's section; what a place's pages share is rendered once.
    ///
    /// # Errors
    /// The template's mistake, as a diagnostic in the template.
    pub fn page(&self, view: &View<'_>, sources: &Sources<'_>, chrome: impl FnOnce() -> ChromeView) -> Result<Vec<u8>, Diagnostic> {
        let frame = self.frames[view.place.index].get_or_init(|| self.frame(&chrome(), view.place)).as_ref().map_err(Clone::clone)?;
        let mut context = frame.clone();
        context.insert("page", &view.page);
        fill(&mut context, &view.content, sources);
        let mut bytes = Vec::with_capacity(16 * 1024);
        self.render(&view.templates, &context, &mut bytes)?;
        Ok(bytes)
    }

    fn frame(&self, chrome: &ChromeView, place: &PlaceView<'_>) -> Result<Context, Diagnostic> {
        let mut context = Context::from_serialize(chrome).map_err(|e| theme::template_error(&e))?;
        let place = Value::from_serializable(place);
        context.insert_value("place", place.clone());
        let part = |file: &str| {
            let mut bytes = Vec::new();
            self.render(&[file], &context, &mut bytes)?;
            Ok(Value::safe_string(&String::from_utf8_lossy(&bytes)))
        };
        // A theme may do without a side menu, without telling people or machines where a page lies, and with heads that share nothing.
        let wanted = |file: &str| if self.theme.template(&[file]).is_some() { part(file) } else { Ok(Value::from("")) };
        let mut frame = self.shared.clone();
        frame.insert_value("head", wanted("head.html")?);
        frame.insert_value("header", part("header.html")?);
        frame.insert_value("footer", part("footer.html")?);
        frame.insert_value("side", wanted("side.html")?);
        frame.insert_value("trail", wanted("trail.html")?);
        frame.insert_value("way", wanted("way.html")?);
        frame.insert_value("place", place);
        Ok(frame)
    }

    fn render<S: AsRef<str>>(&self, candidates: &[S], context: &Context, bytes: &mut Vec<u8>) -> Result<(), Diagnostic> {
        let Some(name) = self.theme.template(candidates) else {
            let wanted = candidates.last().map_or("", AsRef::as_ref);
            return Err(theme::missing_template(wanted));
        };
        self.theme.render(&self.tera, name, context, bytes)
    }
}

/// Puts what fills a page under the name of its kind.
fn fill(context: &mut Context, content: &Content<'_>, sources: &Sources<'_>) {
    match content {
        Content::Home(home) => context.insert("home", home),
        Content::Column(column) => context.insert("column", column),
        Content::Map(map) => context.insert("map", map),
        Content::Search(search) => context.insert("search", search),
        Content::Missing => {}
        Content::Item(item, body, topic) => {
            context.insert("item", item);
            context.insert("topic", topic);
            if let Details::Auction(lot) = item.details {
                context.insert("course", &course::of(lot));
            }
            let rendered = body::rendered(&sources.body, &body.targets);
            let mut value = tera::Map::new();
            value.insert("html".into(), Value::safe_string(&rendered.html));
            value.insert("headings".into(), Value::from_serializable(&rendered.headings));
            context.insert_value("body", Value::from(value));
            if let (Some(view), Some(table)) = (&item.table, sources.table) {
                context.insert("table", &table_page(view, table));
            }
        }
    }
}

/// The rows of a page of a table, with the view's own fields.
#[derive(serde::Serialize)]
struct TablePage<'a> {
    headings: Vec<&'a str>,
    rows: Vec<Vec<&'a str>>,
    /// Places of the columns that hold numbers, from 1.
    numeric: Vec<usize>,
    /// The rows are records with texts in them, not figures.
    records: bool,
    drawing: Option<chart::Drawing>,
    #[serde(flatten)]
    view: &'a crate::plan::view::TableView<'a>,
}

fn table_page<'a>(view: &'a crate::plan::view::TableView<'a>, table: &'a Table) -> TablePage<'a> {
    let at = |name: &str| table.headings.iter().position(|h| h == name);
    let mut shown: Vec<usize> = view.columns.iter().filter_map(|name| at(name)).collect();
    if shown.is_empty() {
        shown = (0..table.headings.len()).collect();
    }
    let row = |cells: &'a Vec<String>| shown.iter().map(|&i| cells[i].as_str()).collect();
    let rows: Vec<Vec<&str>> = table.rows.get(view.from..view.to).unwrap_or(&[]).iter().map(row).collect();
    let cells = |i: usize| rows.iter().map(move |row| row[i]);
    let is_number = |cell: &str| cell.bytes().all(|b| b.is_ascii_digit() || b"+-.,%".contains(&b)) || matches!(cell, "" | "—" | "-");
    let numeric = (1..shown.len()).filter(|&i| cells(i).all(is_number)).map(|i| i + 1).collect();
    let long = |i: usize| cells(i).filter(|cell| cell.chars().count() > LONG_CELL).count() * 2 > rows.len();
    TablePage {
        headings: row(&table.headings),
        numeric,
        records: (0..shown.len()).any(long),
        drawing: view.chart.and_then(|chart| chart::draw(chart, table)),
        rows,
        view,
    }
}

/// Characters beyond which a cell is a text rather than a figure or a name.
const LONG_CELL: usize = 12;
