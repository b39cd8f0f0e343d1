//! A site's frame: its theme, header and footer around pages that no build plans (a form, an answer, the office).
//!
//! In: a theme and a site's chrome, once; then a template, a title and plain data for each page. Out: HTML in the site's own dress.
//! Knows nothing of what the pages are about.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;
use tera::{Context, Tera};

use super::theme::{self, Theme};
use crate::diagnostic::Diagnostic;
use crate::digest::Digest;
use crate::plan::view::{ChromeView, PageView, PlaceView};

/// A site's theme with what all its pages share.
#[derive(Debug)]
pub struct Frame {
    theme: Arc<Theme>,
    /// Its templates with the site's words in them.
    tera: Arc<Tera>,
    shared: Context,
    /// Published path of a file of the theme → its name there.
    files: BTreeMap<String, String>,
    /// The site's own style sheet with its published path.
    style: Option<(String, String)>,
    url: String,
}

impl Frame {
    /// Prepares a site's frame. `style` is the site's own style sheet with its published path.
    ///
    /// # Errors
    /// The mistake of the header's or the footer's template.
    pub fn new(theme: Arc<Theme>, chrome: &ChromeView, style: Option<(String, String)>) -> Result<Self, Diagnostic> {
        let renderer = super::SiteRenderer::new(&theme, chrome, 0);
        // Such pages lie outside the columns.
        let place = PlaceView { index: 0, section: None, digest: Digest::default(), breadcrumbs: Vec::new(), tags: Vec::new(), siblings: Vec::new() };
        let (shared, tera) = (renderer.frame(chrome, &place)?, renderer.tera);
        let published = theme.dress(&chrome.site.language).assets;
        let files = published.into_iter().map(|(name, file)| (format!("assets/{file}"), name)).collect();
        Ok(Self { shared, files, style, url: chrome.site.url.clone(), tera, theme })
    }

    /// A page in this frame: `path` from the host's root, `content` under the name `desk`.
    ///
    /// # Errors
    /// The template's mistake.
    pub fn page(&self, template: &str, title: &str, path: &str, content: &impl Serialize) -> Result<String, Diagnostic> {
        let mut context = self.shared.clone();
        let page = PageView {
            kind: "desk",
            title: title.into(),
            path: path.to_string(),
            canonical: format!("{}{}", self.url.trim_end_matches('/'), path),
            description: "".into(),
            keywords: String::new(),
            tags: Vec::new(),
            feed: None,
        };
        context.insert("page", &page);
        context.insert("desk", content);
        let Some(name) = self.theme.template(&[template]) else { return Err(theme::missing_template(template)) };
        let mut bytes = Vec::new();
        self.theme.render(&self.tera, name, &context, &mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The address of the site's home page.
    #[must_use]
    pub fn address(&self) -> &str {
        &self.url
    }

    /// Scheme, host and port of the site's address.
    #[must_use]
    pub fn origin(&self) -> &str {
        let end = self.url.match_indices('/').nth(2).map_or(self.url.len(), |(at, _)| at);
        &self.url[..end]
    }

    /// A file of the theme or of the site's style by its published path, `assets/css/main.1f2e3d4c.css`.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&[u8]> {
        match &self.style {
            Some((at, css)) if at == path => Some(css.as_bytes()),
            _ => self.theme.file(self.files.get(path)?),
        }
    }
}
