//! What Git knows of the content: who changed which file when.
//!
//! In: the group's folder. Out: [`History`], every change of every file under `content/`, the oldest first; nothing when there is no
//! repository, or only the last part of one. Changes nothing.

use std::collections::HashMap;
use std::path::Path;
use std::process::Command;

use bitcode::{Decode, Encode};

/// How a file was changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Encode, Decode)]
pub enum Act {
    /// 新增
    Added,
    /// 修改
    Changed,
    /// 删除
    Removed,
}

/// A commit that touched the content.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
pub struct Commit {
    /// Its id.
    pub id: Box<str>,
    /// Seconds since 1970, UTC, when it was committed.
    pub at: i64,
    /// Its author's name.
    pub author: Box<str>,
    /// The files it touches, relative to the group's root, with how.
    pub files: Vec<(Box<str>, Act)>,
}

/// 提交记录: all commits that touched the content, the oldest first.
#[derive(Debug, Clone, Default, PartialEq, Eq, Encode, Decode)]
pub struct History {
    /// The commit it reaches to.
    pub head: Box<str>,
    /// The commits.
    pub commits: Vec<Commit>,
}

impl History {
    /// For every file: when it was first committed. A file that was removed and came back counts from the first time.
    #[must_use]
    pub fn first_seen(&self) -> HashMap<&str, i64> {
        let mut first = HashMap::new();
        for commit in &self.commits {
            for (file, act) in &commit.files {
                if *act != Act::Removed {
                    first.entry(&**file).or_insert(commit.at);
                }
            }
        }
        first
    }
}

/// Reads the history of the content under `root`. With `known`, an earlier answer, only what came since is asked for. `None`: there is no
/// repository, nothing is committed, or its beginning is missing (a shallow clone), so that nothing can be said of first commits.
#[must_use]
pub fn read(root: &Path, known: Option<History>) -> Option<History> {
    let head = said(root, &["rev-parse", "HEAD"])?;
    let head = head.trim();
    if said(root, &["rev-parse", "--is-shallow-repository"])?.trim() != "false" {
        return None;
    }
    if let Some(known) = known.filter(|k| !k.head.is_empty()) {
        if *known.head == *head {
            return Some(known);
        }
        let before = said(root, &["merge-base", "--is-ancestor", &known.head, head]).is_some();
        if before {
            let more = log(root, &format!("{}..{head}", known.head))?;
            return Some(History { head: head.into(), commits: known.commits.into_iter().chain(more).collect() });
        }
    }
    Some(History { head: head.into(), commits: log(root, head)? })
}

fn log(root: &Path, range: &str) -> Option<Vec<Commit>> {
    let format = "--format=%x01%H%x02%ct%x02%an%x02";
    let text = said(
        root,
        &["-c", "core.quotePath=false", "log", "--reverse", "--no-merges", "--no-renames", "--relative", "--name-status", "-z", format, range, "--", "content"],
    )?;
    Some(text.split('\u{1}').filter_map(commit).collect())
}

fn commit(chunk: &str) -> Option<Commit> {
    let mut parts = chunk.splitn(4, '\u{2}');
    let (id, at, author, rest) = (parts.next()?, parts.next()?.parse().ok()?, parts.next()?, parts.next()?);
    let mut words = rest.split(['\0', '\n']).filter(|w| !w.is_empty());
    let mut files = Vec::new();
    while let (Some(how), Some(file)) = (words.next(), words.next()) {
        let act = match how.as_bytes()[0] {
            b'A' => Act::Added,
            b'D' => Act::Removed,
            _ => Act::Changed,
        };
        files.push((file.into(), act));
    }
    Some(Commit { id: id.into(), at, author: author.into(), files })
}

/// What Git says; a hook's own repository is left aside.
fn said(root: &Path, args: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(args).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    let output = command.output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}
