//! A commit of the content repository, laid out in the folder that is published.
//!
//! In: a repository, a commit, the folder. Out: the folder as the commit has it. Only files that are other than in the commit laid out
//! before are touched, so a push costs what it changes, however large the group. What the repository does not know stays.

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

/// In the folder: the commit it holds. Beside what builds remember, not among it, for that may be deleted and this may not: files that
/// later commits lack would stay.
const NOTE: &str = ".portico-commit";
/// The mode Git has for what is not there.
const ABSENT: &str = "000000";
/// Another repository inside this one: nothing to lay out.
const COMMIT: &str = "160000";

/// The commit that lies in a folder; `None` when none was laid out there.
#[must_use]
pub fn commit(root: &Path) -> Option<String> {
    fs::read_to_string(root.join(NOTE)).ok()
}

/// Lays a commit out. Broken off, the next time does it again.
///
/// # Errors
/// When Git fails or a file cannot be written.
pub fn lay_out(repository: &Path, commit: &str, root: &Path) -> io::Result<()> {
    fs::create_dir_all(root)?;
    let note = root.join(NOTE);
    let before = self::commit(root);
    if before.as_deref() == Some(commit) {
        return Ok(());
    }
    let (written, gone) = match before.and_then(|before| changes(repository, &before, commit).ok()) {
        Some(changes) => changes,
        None => (everything(repository, commit)?, Vec::new()),
    };
    gone.iter().try_for_each(|path| remove(root, path))?;
    write(repository, root, &written)?;
    let new = root.join(format!("{NOTE}.new"));
    fs::write(&new, commit)?;
    fs::rename(new, note)
}

/// What other commit `new` is than `old`: lines for Git's index, and paths that are no longer there.
fn changes(repository: &Path, old: &str, new: &str) -> io::Result<(Vec<u8>, Vec<PathBuf>)> {
    let mut command = git(repository);
    command.args(["diff-tree", "-r", "-z", "--raw", "--no-renames", "--no-abbrev", old, new]);
    let output = said(command, &[])?;
    let mut parts = output.split(|b| *b == 0);
    let (mut written, mut gone) = (Vec::new(), Vec::new());
    // `:old-mode new-mode old-id new-id status`, then the path.
    while let (Some(head), Some(path)) = (parts.next(), parts.next()) {
        let head = String::from_utf8_lossy(head).into_owned();
        let mut words = head.split(' ').skip(1);
        let (Some(mode), Some(_), Some(id)) = (words.next(), words.next(), words.next()) else { continue };
        if mode == ABSENT {
            gone.push(PathBuf::from(OsStr::from_bytes(path)));
        } else {
            add(&mut written, mode, id, path);
        }
    }
    Ok((written, gone))
}

/// All files of a commit, as lines for Git's index.
fn everything(repository: &Path, commit: &str) -> io::Result<Vec<u8>> {
    let mut command = git(repository);
    command.args(["ls-tree", "-r", "-z", "--full-tree", commit]);
    let mut written = Vec::new();
    // `mode type id`, a tab, the path.
    for line in said(command, &[])?.split(|b| *b == 0) {
        let Some(tab) = line.iter().position(|b| *b == b'\t') else { continue };
        let head = String::from_utf8_lossy(&line[..tab]).into_owned();
        let mut words = head.split(' ');
        if let (Some(mode), Some(_), Some(id)) = (words.next(), words.next(), words.next()) {
            add(&mut written, mode, id, &line[tab + 1..]);
        }
    }
    Ok(written)
}

fn add(lines: &mut Vec<u8>, mode: &str, id: &str, path: &[u8]) {
    if mode != COMMIT && is_content(Path::new(OsStr::from_bytes(path))) {
        lines.extend_from_slice(format!("{mode} {id}\t").as_bytes());
        lines.extend_from_slice(path);
        lines.push(0);
    }
}

/// Whether a path stays in the folder and out of what the program itself remembers there.
fn is_content(path: &Path) -> bool {
    let first = path.components().next();
    let own = first.is_none_or(|c| c.as_os_str() == ".git" || c.as_os_str().as_bytes().starts_with(b".portico"));
    !own && path.components().all(|c| matches!(c, Component::Normal(_)))
}

/// Git writes files of an index: one that holds these alone.
fn write(repository: &Path, root: &Path, lines: &[u8]) -> io::Result<()> {
    let index = std::path::absolute(root)?.join(format!("{NOTE}.index"));
    let with_index = |args: &[&str]| {
        let mut command = git(repository);
        command.arg("--work-tree").arg(root).args(args).env("GIT_INDEX_FILE", &index).current_dir(root);
        command
    };
    let _ = fs::remove_file(&index);
    said(with_index(&["update-index", "-z", "--index-info"]), lines)?;
    said(with_index(&["checkout-index", "--all", "--force", "--quiet"]), &[])?;
    fs::remove_file(index)
}

/// Removes a file, and the folders that are empty without it.
fn remove(root: &Path, path: &Path) -> io::Result<()> {
    if !is_content(path) {
        return Ok(());
    }
    match fs::remove_file(root.join(path)) {
        // It is gone already, or a folder has taken its name.
        Err(e) if !matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory | io::ErrorKind::IsADirectory) => return Err(e),
        _ => {}
    }
    let folders = path.ancestors().skip(1).take_while(|folder| !folder.as_os_str().is_empty());
    for folder in folders {
        if fs::remove_dir(root.join(folder)).is_err() {
            break;
        }
    }
    Ok(())
}

fn git(repository: &Path) -> Command {
    let mut command = Command::new("git");
    let repository = std::path::absolute(repository).unwrap_or_else(|_| repository.to_path_buf());
    command.arg("--git-dir").arg(repository).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    // A hook's surroundings would lead elsewhere.
    for name in ["GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX"] {
        command.env_remove(name);
    }
    command
}

fn said(mut command: Command, input: &[u8]) -> io::Result<Vec<u8>> {
    let mut child = command.spawn()?;
    // None of these commands speaks before it has read everything.
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(input)?;
    }
    let output = child.wait_with_output()?;
    if output.status.success() { Ok(output.stdout) } else { Err(io::Error::other(String::from_utf8_lossy(&output.stderr).trim().to_string())) }
}
