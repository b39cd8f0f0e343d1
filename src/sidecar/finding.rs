//! Finding: the index that `/-/search` asks, opened, followed and mended while the service runs.
//!
//! In: the index's folder, the dictionary, and an [`IndexSource`] that makes the index anew. Out: answers, or why there is none. A missing or damaged index
//! is made again by itself, one at a time and with growing pauses; what else the service does goes on meanwhile.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::time::{Duration, Instant, SystemTime};

use tokio::sync::Semaphore;

use super::pace::Pace;
use super::searches::Tally;
use crate::diagnostic::Diagnostic;
use crate::search::answer::Answer;
use crate::search::dictionary::Dictionary;
use crate::search::question::Wish;
use crate::search::shown::Catalogue;
use crate::search::{SearchError, Searcher, discard};

/// Brings the index up to the group, making it when there is none; the generator's side gives it, since the sidecar does not know the generator.
pub type IndexSource = Box<dyn Fn() -> anyhow::Result<()> + Send + Sync>;

/// How many questions are answered at once.
const AT_ONCE: usize = 2;
/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause after the first failure to make the index; it doubles with each.
const PAUSE: Duration = Duration::from_secs(4);
/// Doublings of the pause at most: a little over an hour.
const DOUBLINGS: u32 = 10;

/// Why there is no answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unanswered {
    /// There is no usable index at the moment; it is being made.
    NoIndex,
    /// Too much is asked at once.
    Busy,
}

/// What a commit of the index looks like from outside.
type Stamp = (u64, Option<SystemTime>, u64);

/// What the rounds know of each other.
#[derive(Debug)]
struct Standing {
    /// The commit that was opened or followed last.
    seen: Option<Stamp>,
    proven: bool,
    /// How often the index was made in vain.
    failures: u32,
    /// It is not made again before.
    not_before: Instant,
}

/// The index as it is asked.
pub struct Finding {
    dir: PathBuf,
    source: IndexSource,
    open: RwLock<Option<Arc<Searcher>>>,
    dictionary: RwLock<Arc<Dictionary>>,
    turns: Arc<Semaphore>,
    standing: Mutex<Standing>,
    /// The commit that turned out to be damaged.
    damaged: Mutex<Option<Stamp>>,
    /// How often one address may ask.
    pub pace: Pace,
    /// What was asked, counted.
    pub tally: Tally,
}

impl std::fmt::Debug for Finding {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Finding({})", self.dir.display())
    }
}

const CHANGED: &str = "a file of it was changed";

/// Bytes that are not what they were may lead the library anywhere.
fn unless_it_panics<T>(work: impl FnOnce() -> Result<T, SearchError>) -> Result<T, String> {
    match catch_unwind(AssertUnwindSafe(work)) {
        Ok(done) => done.map_err(|cause| cause.to_string()),
        Err(_) => Err("it panicked".into()),
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Finding {
    /// Over the index in `dir`, with the dictionaries of the group in `root`; it is opened when it is there.
    #[must_use]
    pub fn new(root: &Path, dir: PathBuf, source: IndexSource, a_minute: i64) -> Self {
        let (dictionary, found) = Dictionary::load(root);
        tell(&found);
        let finding = Self {
            dir,
            source,
            open: RwLock::new(None),
            dictionary: RwLock::new(Arc::new(dictionary)),
            turns: Arc::new(Semaphore::new(AT_ONCE)),
            standing: Mutex::new(Standing { seen: None, proven: false, failures: 0, not_before: Instant::now() }),
            damaged: Mutex::new(None),
            pace: Pace::new(a_minute),
            tally: Tally::new(root.join(".portico/searches")),
        };
        // What is there answers from the first question on.
        let _ = finding.opened(&mut locked(&finding.standing));
        finding
    }

    /// Reads the dictionaries again.
    pub fn read_dictionary(&self, root: &Path) {
        let (dictionary, found) = Dictionary::load(root);
        tell(&found);
        *self.dictionary.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(dictionary);
    }

    /// The index, if there is one to be asked.
    #[must_use]
    pub fn searcher(&self) -> Option<Arc<Searcher>> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// What the index says of itself.
    #[must_use]
    pub fn catalogue(&self) -> Option<Arc<Catalogue>> {
        self.searcher().map(|searcher| searcher.catalogue())
    }

    /// Answers on a thread of its own, a few at a time.
    ///
    /// # Errors
    /// When there is no index, or no answer in time.
    pub async fn answer(self: &Arc<Self>, wish: Wish) -> Result<Answer, Unanswered> {
        let searcher = self.searcher().ok_or(Unanswered::NoIndex)?;
        let work = async {
            // The turn lasts as long as the work, also when nobody waits for it any more.
            let turn = self.turns.clone().acquire_owned().await.ok()?;
            let this = self.clone();
            let answer = move || {
                let _turn = turn;
                this.look_up(&searcher, &wish)
            };
            tokio::task::spawn_blocking(answer).await.ok()
        };
        match tokio::time::timeout(PATIENCE, work).await {
            Ok(Some(answer)) => answer,
            Ok(None) | Err(_) => Err(Unanswered::Busy),
        }
    }

    fn look_up(&self, searcher: &Arc<Searcher>, wish: &Wish) -> Result<Answer, Unanswered> {
        let dictionary = self.dictionary.read().unwrap_or_else(PoisonError::into_inner).clone();
        let answer = if searcher.is_whole() { unless_it_panics(|| searcher.answer(wish, &dictionary)) } else { Err(CHANGED.into()) };
        answer.map_err(|cause| {
            self.give_up(searcher, &cause);
            Unanswered::NoIndex
        })
    }

    /// An index that is damaged is asked no more, and made again.
    fn give_up(&self, searcher: &Arc<Searcher>, cause: &str) {
        let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
        if open.as_ref().is_some_and(|now| Arc::ptr_eq(now, searcher)) {
            tracing::error!(cause, "the search index is damaged; it will be made again");
            *open = None;
            *locked(&self.damaged) = self.stamp();
        }
    }

    /// Goes on for ever: looks at the index every second.
    pub async fn follow(self: &Arc<Self>) {
        let mut ticks = tokio::time::interval(Duration::from_secs(1));
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            self.look().await;
        }
    }

    /// One round: follows new commits, opens what is there, proves it once, makes what is missing.
    pub async fn look(self: &Arc<Self>) {
        let this = self.clone();
        // What panics there has told so; the next round goes on.
        let _ = tokio::task::spawn_blocking(move || this.round()).await;
    }

    fn round(&self) {
        let mut standing = locked(&self.standing);
        let wanted = match self.searcher() {
            Some(searcher) => self.followed(&searcher, &mut standing),
            None => self.opened(&mut standing),
        };
        if wanted.is_err() && Instant::now() >= standing.not_before {
            self.make(&mut standing);
        }
    }

    /// Looks whether the open index still is the one in the folder, and whole.
    fn followed(&self, searcher: &Arc<Searcher>, standing: &mut Standing) -> Result<(), ()> {
        let stamp = self.stamp();
        if !searcher.is_whole() {
            self.give_up(searcher, CHANGED);
            return Err(());
        }
        if stamp != standing.seen {
            // Without a new one to go on with, the old one's answers are better than none.
            return unless_it_panics(|| searcher.reload()).map(|()| standing.seen = stamp).or_else(|_| self.opened(standing));
        }
        if !standing.proven {
            match unless_it_panics(|| searcher.prove()) {
                Ok(()) => (standing.proven, standing.failures, standing.not_before) = (true, 0, Instant::now()),
                // It moved on under our eyes: next time.
                Err(_) if self.stamp() != stamp => {}
                Err(cause) => {
                    self.give_up(searcher, &cause);
                    return Err(());
                }
            }
        }
        Ok(())
    }

    /// Opens what is in the folder, unless that is what has turned out to be damaged.
    fn opened(&self, standing: &mut Standing) -> Result<(), ()> {
        let stamp = self.stamp();
        if stamp.is_none() || stamp == *locked(&self.damaged) {
            return Err(());
        }
        let searcher = unless_it_panics(|| Searcher::open(&self.dir)).map_err(drop)?;
        tracing::info!(documents = searcher.documents(), "the search index is open");
        *self.open.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(searcher));
        (standing.seen, standing.proven) = (stamp, false);
        Ok(())
    }

    fn make(&self, standing: &mut Standing) {
        tracing::info!("the search index is made");
        let begun = Instant::now();
        let damaged = locked(&self.damaged).is_some_and(|damaged| Some(damaged) == self.stamp());
        let discarded = if damaged { discard(&self.dir).map_err(anyhow::Error::from) } else { Ok(()) };
        let made = discarded.and_then(|()| catch_unwind(AssertUnwindSafe(|| (self.source)())).unwrap_or_else(|_| anyhow::bail!("it panicked")));
        standing.not_before = Instant::now() + PAUSE * 2u32.pow(standing.failures.min(DOUBLINGS));
        standing.failures += 1;
        let opened = self.opened(standing);
        match made {
            Ok(()) if opened.is_ok() => tracing::info!(ms = begun.elapsed().as_millis(), "the search index was made"),
            Ok(()) => tracing::error!("the search index was made and cannot be opened; it will be tried again"),
            Err(cause) => tracing::error!(cause = %format!("{cause:#}"), "the search index cannot be made; it will be tried again"),
        }
    }

    /// The index's commit; nothing when there is none.
    fn stamp(&self) -> Option<Stamp> {
        use std::os::unix::fs::MetadataExt;
        let about = std::fs::metadata(self.dir.join("meta.json")).ok()?;
        Some((about.len(), about.modified().ok(), about.ino()))
    }
}

fn tell(found: &[Diagnostic]) {
    for d in found {
        tracing::warn!(code = &*d.code, file = &*d.file, line = d.place.line, "{}", d.message.zh);
    }
}
