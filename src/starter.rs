//! `portico new`: a small working portal group to start from.
//!
//! In: a folder that is not there or empty. Out: settings, a few items and the schemas' wiring in it. Knows no other phase.

use std::path::Path;

use anyhow::{Context, bail};
use include_dir::{Dir, include_dir};

/// The group that is laid down, as it stands in the program's own repository.
static STARTER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/src/starter");

/// Makes the group.
///
/// # Errors
/// When the folder holds something, or cannot be written.
pub fn create(dir: &Path) -> anyhow::Result<()> {
    if dir.read_dir().is_ok_and(|mut entries| entries.next().is_some()) {
        bail!("{}: the folder is not empty", dir.display());
    }
    lay_down(&STARTER, dir)?;
    for (name, schema) in crate::source::schema::all() {
        write(&dir.join("docs/schema").join(name), schema.as_bytes())?;
    }
    Ok(())
}

fn lay_down(from: &Dir<'_>, to: &Path) -> anyhow::Result<()> {
    for file in from.files() {
        // Files whose names would be hidden in this repository are kept under a plain name.
        let name = file.path().to_string_lossy().replace("dot-", ".");
        write(&to.join(name), file.contents())?;
    }
    from.dirs().try_for_each(|inner| lay_down(inner, to))
}

fn write(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if let Some(parent) = path.parent() {
        std::fs::create_dir_all(parent).with_context(|| parent.display().to_string())?;
    }
    std::fs::write(path, bytes).with_context(|| path.display().to_string())
}
