//! What a push brings, asked of Git.
//!
//! In: a repository and two commits. Out: the commits that are new, with their authors and files; a file as it stands in the published
//! branch. Changes nothing.

use std::io;
use std::path::Path;
use std::process::Command;

use super::owners::Commit;

/// The id that stands for "nothing" in a hook's lines.
const NONE: &str = "0000000000000000000000000000000000000000";

/// The commits that `new` brings and that no branch of the repository has yet. A merge counts with what it changes against all of its
/// parents.
///
/// # Errors
/// When Git fails.
pub fn commits(repository: &Path, old: &str, new: &str) -> io::Result<Vec<Commit>> {
    if new == NONE {
        return Ok(Vec::new());
    }
    let mut command = git(repository);
    command.args(["-c", "core.quotePath=false", "log", "-c", "--no-renames", "--name-only", "-z", "--format=%x01%H%x02%an%x02%ae%x02", new, "--not", "--all"]);
    if old != NONE {
        command.arg(old);
    }
    Ok(parsed(&said(command)?))
}

/// A file of the published branch (the repository's `HEAD`); `None` when there is none.
#[must_use]
pub fn published_file(repository: &Path, path: &str) -> Option<String> {
    let mut command = git(repository);
    command.args(["show", &format!("HEAD:{path}")]);
    said(command).ok()
}

fn git(repository: &Path) -> Command {
    let mut command = Command::new("git");
    // A hook's surroundings stay: what is pushed lies where they say until the hook agrees.
    command.arg("--git-dir").arg(repository);
    command
}

fn said(mut command: Command) -> io::Result<String> {
    let output = command.output()?;
    if output.status.success() {
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_string()))
    }
}

fn parsed(text: &str) -> Vec<Commit> {
    let commit = |chunk: &str| {
        let mut parts = chunk.splitn(4, '\u{2}');
        let (id, author, email, rest) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let paths = rest.split(['\0', '\n']).filter(|p| !p.is_empty()).map(str::to_string).collect();
        Some(Commit { id: id.into(), author: author.into(), email: email.into(), paths })
    };
    text.split('\u{1}').filter_map(commit).collect()
}
