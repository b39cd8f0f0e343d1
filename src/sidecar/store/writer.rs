//! Group commit: writes that come at the same time are made durable together.
//!
//! In: [`Write`]s from any number of requests. Out: each one's result, given only when it is on the disk. A disk that takes five
//! milliseconds to flush takes them once for a hundred letters instead of a hundred times.

use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::database::{Database, Trouble, Write};

/// How many writes are made durable together at most.
const TOGETHER: usize = 128;
/// How many may wait; more are told to come back.
const WAITING: usize = 2048;
/// How long a write is waited for. Whoever is told that it has not come in time can send it again: the same form is the same letter.
const PATIENCE: Duration = Duration::from_millis(1800);

type Job = (Write, oneshot::Sender<Result<(), Trouble>>);

/// Takes writes.
#[derive(Debug, Clone)]
pub struct Writer(mpsc::Sender<Job>);

impl Writer {
    /// Starts writing to a database. It ends when the last `Writer` is gone and everything taken has been written.
    #[must_use]
    pub fn start(database: Database) -> (Self, tokio::task::JoinHandle<()>) {
        let (sender, receiver) = mpsc::channel(WAITING);
        (Self(sender), tokio::spawn(run(database, receiver)))
    }

    /// Does a write; when this returns `Ok`, it is on the disk.
    ///
    /// # Errors
    /// When its own conditions do not hold, or the database does not answer.
    pub async fn write(&self, write: Write) -> Result<(), Trouble> {
        let (answer, result) = oneshot::channel();
        self.0.try_send((write, answer)).map_err(|_| Trouble::Unavailable("too many writes are waiting".into()))?;
        match tokio::time::timeout(PATIENCE, result).await {
            Ok(result) => result.unwrap_or_else(|_| Err(Trouble::Unavailable("the writer has stopped".into()))),
            Err(_) => Err(Trouble::Unavailable("not written in time".into())),
        }
    }
}

async fn run(database: Database, mut jobs: mpsc::Receiver<Job>) {
    let mut taken = Vec::with_capacity(TOGETHER);
    while jobs.recv_many(&mut taken, TOGETHER).await > 0 {
        // What nobody waits for any more has been told to be not done.
        let (writes, answers): (Vec<Write>, Vec<_>) = taken.drain(..).filter(|(_, answer): &Job| !answer.is_closed()).unzip();
        if writes.is_empty() {
            continue;
        }
        let results = match database.write_all(&writes).await {
            Ok(results) => results,
            Err(trouble) => {
                tracing::error!(cause = %trouble, writes = writes.len(), "not written");
                vec![Err(trouble); answers.len()]
            }
        };
        for (answer, result) in answers.into_iter().zip(results) {
            // Nobody waiting any more is no mistake: what is written is written.
            let _ = answer.send(result);
        }
    }
}
