//! Watching what people write: a burst of changes is one build.
//!
//! In: the group's folder, and what is asked meanwhile. Out: calls of `build` with the files that changed. Where the system cannot watch so
//! many folders, it looks every second instead.

use std::collections::{BTreeSet, VecDeque};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::time::{Duration, Instant};

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

/// What may call for a build.
pub enum News<T> {
    /// The system tells of files.
    Files(notify::Result<notify::Event>),
    /// Somebody asks for one.
    Asked(T),
}

type Events<T> = Receiver<News<T>>;

/// Builds now, and again whenever something under `sites/`, `content/` or `themes/` changes or the time `build` gave has come. The files
/// named are those the system told of; there may be others. Never returns.
pub fn run(root: &Path, mut build: impl FnMut(&[PathBuf]) -> Option<Duration>) {
    run_asked(root, drop, |(): ()| (), |changed, _| build(changed));
}

/// The same, and whenever something is sent on the channel that `listen` is given: then `prepare` may change files, of which nothing more
/// is told, before `build` is given what it made of what was sent.
pub fn run_asked<T: Send + 'static, P>(
    root: &Path,
    listen: impl FnOnce(Sender<News<T>>),
    mut prepare: impl FnMut(T) -> P,
    mut build: impl FnMut(&[PathBuf], Option<P>) -> Option<Duration>,
) {
    let (sender, events) = mpsc::channel();
    let _watcher = watcher(root, &sender);
    listen(sender);
    let mut wait = build(&[], None).unwrap_or(LONG);
    let mut heard = Heard { changed: BTreeSet::new(), asked: VecDeque::new() };
    loop {
        heard.changed.clear();
        if heard.asked.is_empty() {
            heard.wait(&events, wait.min(LONG));
        }
        let prepared = heard.asked.pop_front().map(&mut prepare);
        if prepared.is_some() {
            // What was changed before a build begins is seen by it, however late it is told.
            heard.settle(&events);
        }
        wait = build(&Vec::from_iter(heard.changed.iter().cloned()), prepared).unwrap_or(LONG);
    }
}

/// What has been told since the last build.
struct Heard<T> {
    changed: BTreeSet<PathBuf>,
    asked: VecDeque<T>,
}

impl<T> Heard<T> {
    /// Waits for a reason to build: something asked, a burst of changes that is over, or the end of the time.
    fn wait(&mut self, events: &Events<T>, time: Duration) {
        let until = Instant::now() + time;
        loop {
            match events.recv_timeout(until.saturating_duration_since(Instant::now())) {
                Ok(News::Files(event)) if !concerns(&event) => {}
                Ok(news) => {
                    self.hear(news);
                    return self.settle(events);
                }
                Err(RecvTimeoutError::Timeout) => return,
                Err(RecvTimeoutError::Disconnected) => return std::thread::sleep(POLL.min(time)),
            }
        }
    }

    /// Listens until nothing is told for a moment.
    fn settle(&mut self, events: &Events<T>) {
        while let Ok(news) = events.recv_timeout(if self.changed.len() > MANY { QUIET_OF_MANY } else { QUIET }) {
            self.hear(news);
        }
    }

    fn hear(&mut self, news: News<T>) {
        match news {
            News::Files(event) => self.changed.extend(event.ok().filter(|e| !e.kind.is_access()).map(|e| e.paths).unwrap_or_default()),
            News::Asked(asked) => self.asked.push_back(asked),
        }
    }
}

/// Whether an event may mean a change; a lost one always may.
fn concerns(event: &notify::Result<notify::Event>) -> bool {
    event.as_ref().map_or(true, |e| !e.kind.is_access() || e.need_rescan())
}

fn watcher<T: Send + 'static>(root: &Path, sender: &Sender<News<T>>) -> Box<dyn Watcher> {
    let tell = |sender: Sender<News<T>>| move |event| drop(sender.send(News::Files(event)));
    if let Ok(mut watcher) = RecommendedWatcher::new(tell(sender.clone()), Config::default())
        && watch(&mut watcher, root)
    {
        return Box::new(watcher);
    }
    match PollWatcher::new(tell(sender.clone()), Config::default().with_poll_interval(POLL)) {
        Ok(mut watcher) => {
            watch(&mut watcher, root);
            Box::new(watcher)
        }
        Err(_) => Box::new(notify::NullWatcher),
    }
}

fn watch(watcher: &mut dyn Watcher, root: &Path) -> bool {
    // As they really are: events name files by the paths that were given here.
    let parts = ["sites", "content", "themes"].map(|part| root.join(part)).map(|part| part.canonicalize().unwrap_or(part));
    parts.iter().filter(|p| p.is_dir()).all(|p| watcher.watch(p, RecursiveMode::Recursive).is_ok())
}
