//! The sites' frames, for pages beside the built ones.
//!
//! In: a group's folder. Out: each site's header, footer and theme, ready to be put around anything. Reads the settings, the themes and the
//! little that settings name; writes nothing.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::{BuildError, load_themes};
use crate::diagnostic::Diagnostic;
use crate::model::assemble;
use crate::model::item::Conditions;
use crate::plan::Planner;
use crate::plan::url::base_pattern;
use crate::render::frame::Frame;
use crate::render::theme::Theme;
use crate::source::date::Date;
use crate::source::front_matter::Audience;
use crate::source::{self, Remembered};

/// The frames of all sites by id. `base_url` as in a [`super::Request`].
///
/// # Errors
/// [`BuildError`] when the sources cannot be read. Sites whose theme is broken have none; what is wrong is in the list.
pub fn frames(root: &Path, base_url: Option<&str>) -> Result<(BTreeMap<String, Frame>, Vec<Diagnostic>), BuildError> {
    let base = base_url.map(base_pattern).transpose()?;
    let tree = source::read(root, source::scan_named(root)?, Remembered::default(), None)?;
    let at = Date::at(jiff::Timestamp::now(), &tree.zone);
    let group = assemble(tree, Conditions { at, audience: Audience::Public, drafts: false });
    let planner = Planner::new(&group, base.as_deref());
    let (themes, mut found) = load_themes(&group, root);
    let themes: BTreeMap<String, Arc<Theme>> = themes.into_iter().map(|(name, theme)| (name, Arc::new(theme))).collect();
    let mut frames = BTreeMap::new();
    for site in 0..group.sites.len() {
        let Some(theme) = themes.get(group.theme(site)) else { continue };
        let dress = theme.dress(planner.language(site));
        let style = planner.style(site);
        let chrome = planner.chrome(site, &dress, style.as_ref().map(|(path, css)| (path.as_str(), css.as_str())));
        match Frame::new(theme.clone(), &chrome, style) {
            Ok(frame) => drop(frames.insert(group.source(site).id.to_string(), frame)),
            Err(diagnostic) => found.push(diagnostic),
        }
    }
    Ok((frames, found))
}
