//! The service: what all requests share, and what is done without being asked.
//!
//! In: a configuration, and a source of the sites' frames. Out: a [`Sidecar`] whose desks and frames follow the files they are made from,
//! and whose notices, deadlines and content files are looked after.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

use tokio::sync::Semaphore;

use super::bidding::{Auctioneer, Clock};
use super::bulletin;
use super::case::Millis;
use super::casework::Casework;
use super::configuration::Configuration;
use super::delivery;
use super::desk::Desks;
use super::directory;
use super::finding::{Finding, IndexSource};
use super::live::Live;
use super::seal::{Seal, random};
use super::store::Store;
use crate::diagnostic::Diagnostic;
use crate::render::frame::Frame;

/// The sites' frames by id.
pub type Frames = BTreeMap<String, Frame>;

/// Makes the frames anew; the generator's side gives it, since the sidecar does not know the generator.
pub type FrameSource = Box<dyn Fn() -> anyhow::Result<Frames> + Send + Sync>;

/// What the generator's side gives.
pub struct Sources {
    /// The sites' frames.
    pub frames: FrameSource,
    /// The search index.
    pub index: IndexSource,
}

impl std::fmt::Debug for Sources {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sources")
    }
}

/// Gives the moment.
pub type ClockSource = Box<dyn Fn() -> Millis + Send + Sync>;

/// What has been counted since the start, for `/metrics`.
#[derive(Debug, Default)]
pub struct Counters {
    /// Letters taken.
    pub letters: AtomicU64,
    /// Requests answered, by class: 2xx, 3xx, 4xx, 5xx.
    pub answers: [AtomicU64; 4],
    /// Notices delivered.
    pub delivered: AtomicU64,
    /// Tries to deliver a notice that failed.
    pub undelivered: AtomicU64,
    /// Content files written or removed.
    pub published: AtomicU64,
}

/// What all requests share.
pub struct Sidecar {
    /// Letters and deeds.
    pub casework: Casework,
    /// Where bids are taken.
    pub auctioneer: Auctioneer,
    /// Who watches auctions.
    pub live: Live,
    /// The search index.
    pub finding: Arc<Finding>,
    /// The moment.
    pub clock: Clock,
    /// How many passwords are looked at at once.
    pub hashing: Semaphore,
    /// How many pictures are decoded at once.
    pub pictures: Semaphore,
    /// For `/metrics`.
    pub counters: Counters,
    desks: RwLock<Arc<Desks>>,
    frames: RwLock<Arc<Frames>>,
    source: FrameSource,
    stamp: RwLock<u64>,
}

impl std::fmt::Debug for Sidecar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Sidecar")
    }
}

/// The machine's clock as it stood at the start, going on evenly since: when somebody sets the machine's clock while the service runs, no auction
/// opens or ends because of it. What has been set is told (`clock_off`), and followed at the next start.
#[must_use]
pub fn steady_clock() -> ClockSource {
    let (start, since) = (machine_time(), std::time::Instant::now());
    Box::new(move || start + Millis::try_from(since.elapsed().as_millis()).unwrap_or(Millis::MAX - start))
}

fn machine_time() -> Millis {
    jiff::Timestamp::now().as_millisecond()
}

impl Sidecar {
    /// Opens the database, the desks and the frames. The handle ends when everything taken has been written.
    ///
    /// # Errors
    /// When the database, the group's settings or its themes cannot be used.
    pub async fn open(configuration: Configuration, sources: Sources, clock: ClockSource) -> anyhow::Result<(Arc<Self>, tokio::task::JoinHandle<()>)> {
        let (desks, found) = Desks::load(&configuration.root).map_err(|found| anyhow::anyhow!(in_words(&found)))?;
        tell(&found);
        let frames = (sources.frames)()?;
        let (store, writing) = Store::open(&configuration.database).await?;
        let seal = Seal::new(&store.secret(&random()?).await?);
        let stamp = RwLock::new(stamp(&configuration.root));
        let clock: Clock = Arc::from(clock);
        let signer = Arc::new(configuration.signer()?);
        let (auctioneer, bidding) = Auctioneer::start(store.clone(), signer, clock.clone());
        let both = tokio::spawn(async move {
            // The writer goes last: bids are written by themselves, but they hold the store.
            let _ = bidding.await;
            let _ = writing.await;
        });
        let finding = Finding::new(&configuration.root, configuration.search.clone(), sources.index, configuration.searches_per_address);
        let sidecar = Self {
            finding: Arc::new(finding),
            casework: Casework { store, seal, configuration: Arc::new(configuration) },
            live: Live::new(auctioneer.clone()),
            auctioneer,
            clock,
            hashing: Semaphore::new(2),
            pictures: Semaphore::new(2),
            counters: Counters::default(),
            desks: RwLock::new(Arc::new(desks)),
            frames: RwLock::new(Arc::new(frames)),
            source: sources.frames,
            stamp,
        };
        Ok((Arc::new(sidecar), both))
    }

    /// The moment.
    #[must_use]
    pub fn now(&self) -> Millis {
        (self.clock)()
    }

    /// By how many milliseconds the service's clock is ahead of the machine's.
    #[must_use]
    pub fn clock_off(&self) -> Millis {
        self.now() - machine_time()
    }

    /// The desks as they are now.
    #[must_use]
    pub fn desks(&self) -> Arc<Desks> {
        self.desks.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// The frames as they are now.
    #[must_use]
    pub fn frames(&self) -> Arc<Frames> {
        self.frames.read().unwrap_or_else(std::sync::PoisonError::into_inner).clone()
    }

    /// Reads desks and frames again when their files have changed; what cannot be read stays as it was.
    pub fn reload(&self) {
        let root = &self.casework.configuration.root;
        let now = stamp(root);
        if std::mem::replace(&mut *self.stamp.write().unwrap_or_else(std::sync::PoisonError::into_inner), now) == now {
            return;
        }
        match Desks::load(root) {
            Ok((desks, found)) => {
                tell(&found);
                *self.desks.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(desks);
            }
            Err(found) => tell(&found),
        }
        self.finding.read_dictionary(root);
        match (self.source)() {
            Ok(frames) => *self.frames.write().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(frames),
            Err(cause) => tracing::error!(%cause, "the themes cannot be used; the pages stay as they were"),
        }
    }

    /// Looks after everything for ever: notices and the search index every second, files that changed and content every two seconds, deadlines every
    /// minute. Each goes at its own pace: a mail server that does not answer keeps no reply from being published.
    pub async fn look_after(self: Arc<Self>) {
        tokio::join!(self.send_notices(), self.follow_files(), self.keep_time(), self.finding.follow());
    }

    async fn send_notices(&self) {
        let mut rounds = every(1);
        loop {
            rounds.tick().await;
            delivery::deliver(self).await;
        }
    }

    async fn follow_files(self: &Arc<Self>) {
        let mut rounds = every(2);
        loop {
            rounds.tick().await;
            let this = self.clone();
            // What panics there has told so; the next round goes on.
            let _ = tokio::task::spawn_blocking(move || this.reload()).await;
            bulletin::publish(self).await;
            directory::publish(self).await;
        }
    }

    async fn keep_time(&self) {
        let mut rounds = every(60);
        loop {
            rounds.tick().await;
            self.keep_house(self.now()).await;
        }
    }

    /// Deadlines, numbers, what has emptied, what is to be erased.
    pub async fn keep_house(&self, now: Millis) {
        let (casework, desks) = (&self.casework, self.desks());
        let mut troubles = Vec::new();
        troubles.extend(casework.warn(&desks, now).await.err().map(|e| e.to_string()));
        troubles.extend(casework.store.sweep(now).await.err().map(|e| e.to_string()));
        if casework.configuration.retention_days > 0 {
            let before = now - casework.configuration.retention_days * 24 * 60 * 60 * 1000;
            troubles.extend(casework.store.erase(before, now).await.err().map(|e| e.to_string()));
        }
        bulletin::publish_numbers(self, now).await;
        directory::publish_numbers(self, now).await;
        let finding = self.finding.clone();
        match tokio::task::spawn_blocking(move || finding.tally.write()).await {
            Ok(written) => troubles.extend(written.err().map(|e| format!("what was looked for: {e}"))),
            Err(cause) => troubles.push(cause.to_string()),
        }
        if self.clock_off().abs() > 2_000 {
            tracing::warn!(ms = self.clock_off(), "the machine's clock was set; restart the service to follow it");
        }
        for cause in troubles {
            tracing::error!(cause, "not looked after this minute");
        }
    }

    /// Adds to a counter.
    pub fn count(&self, counter: impl Fn(&Counters) -> &AtomicU64) {
        counter(&self.counters).fetch_add(1, Ordering::Relaxed);
    }
}

/// Ticks every so many seconds, and never catches up on what it has missed.
fn every(seconds: u64) -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(Duration::from_secs(seconds));
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    ticks
}

fn in_words(found: &[Diagnostic]) -> String {
    found.iter().map(|d| format!("{}:{}: {}", d.file, d.place.line, d.message.zh)).collect::<Vec<_>>().join("\n")
}

fn tell(found: &[Diagnostic]) {
    for d in found {
        tracing::warn!(code = &*d.code, file = &*d.file, line = d.place.line, "{}", d.message.zh);
    }
}

/// Changes when a settings file or a theme's file changes.
fn stamp(root: &Path) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    let mut folders = vec![root.join("sites"), root.join("themes")];
    while let Some(folder) = folders.pop() {
        let mut entries: Vec<_> = std::fs::read_dir(&folder).into_iter().flatten().flatten().map(|e| e.path()).collect();
        entries.sort();
        for path in entries {
            let Ok(about) = std::fs::metadata(&path) else { continue };
            if about.is_dir() {
                folders.push(path);
            } else {
                (path, about.len(), about.modified().ok()).hash(&mut hasher);
            }
        }
    }
    hasher.finish()
}
