//! Watching what people write: a burst of changes is one build.
//!
//! In: the group's folder. Out: calls of `build` with the files that changed. Where the system cannot watch so many folders, it looks every second instead.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::time::Duration;

use notify::{Config, PollWatcher, RecommendedWatcher, RecursiveMode, Watcher};

/// A burst is over when nothing happens for so long.
const QUIET: Duration = Duration::from_millis(8);
/// A burst of many files, as a `git pull` makes it, pauses for longer than an editor's save takes.
const QUIET_OF_MANY: Duration = Duration::from_millis(60);
/// How many files are many.
const MANY: usize = 16;
/// Between two looks where the system cannot watch.
const POLL: Duration = Duration::from_secs(1);
/// The longest wait; a safety net for lost events.
const LONG: Duration = Duration::from_secs(3600);

type Events = Receiver<notify::Result<notify::Event>>;

/// Builds now, and again whenever something under `sites/`, `content/` or `themes/` changes or the time `build` gave has come. The files
/// named are those the system told of; there may be others. Never returns.
pub fn run(root: &Path, mut build: impl FnMut(&[PathBuf]) -> Option<Duration>) {
    let (_watcher, events) = watcher(root);
    let mut wait = build(&[]).unwrap_or(LONG);
    loop {
        let mut changed = BTreeSet::new();
        match events.recv_timeout(wait.min(LONG)) {
            Ok(event) if !concerns(&event) => continue,
            Ok(event) => {
                changed.extend(files(event));
                while let Ok(event) = events.recv_timeout(if changed.len() > MANY { QUIET_OF_MANY } else { QUIET }) {
                    changed.extend(files(event));
                }
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => std::thread::sleep(POLL),
        }
        wait = build(&Vec::from_iter(changed)).unwrap_or(LONG);
    }
}

/// The files an event names.
fn files(event: notify::Result<notify::Event>) -> Vec<PathBuf> {
    event.ok().filter(|e| !e.kind.is_access()).map(|e| e.paths).unwrap_or_default()
}

/// Whether an event may mean a change; a lost one always may.
fn concerns(event: &notify::Result<notify::Event>) -> bool {
    event.as_ref().map_or(true, |e| !e.kind.is_access() || e.need_rescan())
}

fn watcher(root: &Path) -> (Box<dyn Watcher>, Events) {
    let (send, events) = mpsc::channel();
    if let Ok(mut watcher) = RecommendedWatcher::new(send, Config::default())
        && watch(&mut watcher, root)
    {
        return (Box::new(watcher), events);
    }
    let (send, events) = mpsc::channel();
    match PollWatcher::new(send, Config::default().with_poll_interval(POLL)) {
        Ok(mut watcher) => {
            watch(&mut watcher, root);
            (Box::new(watcher), events)
        }
        Err(_) => (Box::new(notify::NullWatcher), events),
    }
}

fn watch(watcher: &mut dyn Watcher, root: &Path) -> bool {
    // As they really are: events name files by the paths that were given here.
    let parts = ["sites", "content", "themes"].map(|part| root.join(part)).map(|part| part.canonicalize().unwrap_or(part));
    parts.iter().filter(|p| p.is_dir()).all(|p| watcher.watch(p, RecursiveMode::Recursive).is_ok())
}
