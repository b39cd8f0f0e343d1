//! What was saved is shown at once: the page of an item whose wording alone has changed, before the whole group is looked at.
//!
//! In: the group as it was last built, and the files that changed. Out: those items' pages. Whatever is more than wording waits for the
//! build that follows, which does everything else as if nothing had been done here.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use super::writing::{Job, Parts};
use super::{BuildError, Kept, Live, Request, Run, Silent};
use crate::model::item::ItemRef;
use crate::output::manifest::real_path;
use crate::plan::Planner;
use crate::plan::url::Urls;
use crate::source;

/// Makes at once the pages of those of `files` (paths as the system tells them) that are items known from the last build and changed in
/// their wording alone. Gives how many. Everything else that shows them follows in the next build, which writes these pages again if it
/// must: nothing is remembered but that they are not as the last build left them.
///
/// # Errors
/// [`BuildError`] when a page cannot be written.
pub fn touch(request: &Request, kept: &mut Kept, files: &[PathBuf]) -> Result<usize, BuildError> {
    let Some(live) = &mut kept.0 else { return Ok(0) };
    let run = Run::new(request, &Silent)?;
    let _lock = run.lock()?;
    let content = real_path(&request.root.join("content"));
    let mut touched = 0;
    for file in files {
        let path = file.strip_prefix(&content).ok().and_then(Path::to_str).and_then(|p| p.split_once('/'));
        if let Some(item) = path.and_then(|(site, path)| live.group.public_item(site, path)) {
            touched += usize::from(run.touch_item(live, item)?);
        }
    }
    Ok(touched)
}

impl Run<'_> {
    /// Makes the page of one item whose wording may have changed. `false` when more has changed, or nothing.
    fn touch_item(&self, live: &mut Live, at: ItemRef) -> Result<bool, BuildError> {
        let group = &mut live.group;
        let (site, index) = (group.sites[at.site as usize].source, group.item(at).source as usize);
        let Some((version, body)) = source::read_again(&self.request.root, &group.tree.zone, &group.tree.sites[site], index) else { return Ok(false) };
        let simple = group
            .item_source(at)
            .current
            .as_ref()
            .is_some_and(|old| *old != version && old.outline.links == version.outline.links && source::reworded(old, &version));
        if !simple {
            return Ok(false);
        }
        // The last build's version is put back: the next one must see that it has changed.
        let old = group.tree.sites[site].show(index, version, Some(body));
        let made = {
            let planner = Planner::new(group, self.base.as_deref());
            let (left, ours) = (BTreeMap::new(), BTreeSet::new());
            Job { run: self, group, planner: &planner, planned: &live.planned, looks: &[], left: &left, ours: &ours }.item(at)
        };
        if let Some(old) = old {
            group.tree.sites[site].show(index, old, None);
        }
        made
    }
}

impl Job<'_> {
    /// Makes and writes the first page of one item, whatever was left of it. `false` when it cannot be made.
    fn item(&self, at: ItemRef) -> Result<bool, BuildError> {
        let plan = &self.planned.plans[at.site as usize];
        let path = format!("{}{}", Urls::folder(&self.group.sites[plan.site].place), self.planner.urls.item_path(at, 1));
        let output = {
            let outputs = plan.outputs(self.planner);
            outputs.binary_search_by(|o| o.path.as_str().cmp(&path)).ok().map(|i| &outputs[i])
        };
        let (Some(output), Some(theme)) = (output, self.planned.themes.get(self.group.theme(plan.site))) else { return Ok(false) };
        let nothing = Parts::default();
        let site = self.site_job(plan, theme, &nothing);
        let made = self.planner.make(plan, &output.what);
        let Some(bytes) = site.bytes(&made, output) else { return Ok(false) };
        self.run.state.touch(&self.group.source(plan.site).id, &path).map_err(|e| self.run.io(e))?;
        site.write(&path, &bytes)?;
        Ok(true)
    }
}
