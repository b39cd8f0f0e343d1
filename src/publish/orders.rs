//! What a running publisher is asked to publish: through a socket in the folder of releases.
//!
//! In: a [`Push`], from the hook of the content repository. Out: the [`Answer`] its pusher reads. A publisher that is always there keeps
//! the group in memory, so it is much quicker than one that is started for each push. Knows nothing of what publishing is.

use std::fs;
use std::io::{self, BufRead, BufReader, Write};
use std::os::unix::net::{UnixListener, UnixStream};
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::store::Store;

/// A commit that is to be published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Push {
    /// The repository it lies in.
    pub repository: PathBuf,
    /// Its id.
    pub commit: String,
    /// Who pushed it.
    pub by: String,
    /// Publish in spite of errors.
    pub allow_errors: bool,
    /// Answer in Chinese.
    pub chinese: bool,
}

/// What became of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    /// The exit status of the publication.
    pub status: u8,
    /// What is told to people.
    pub text: String,
}

/// A push, and the wire on which its answer goes back.
#[derive(Debug)]
pub struct Asked {
    /// What is asked.
    pub push: Push,
    wire: UnixStream,
}

impl Asked {
    /// Answers. That nobody waits any more is no mistake.
    pub fn answer(mut self, answer: &Answer) {
        if let Ok(line) = serde_json::to_vec(answer) {
            let _ = self.wire.write_all(&line);
        }
    }
}

fn place(store: &Store) -> PathBuf {
    store.dir().join("orders.sock")
}

/// Takes orders from now on: `taken` is called with each, on threads of its own.
///
/// # Errors
/// When there can be no socket in the store's folder.
pub fn listen(store: &Store, taken: impl Fn(Asked) + Clone + Send + 'static) -> io::Result<()> {
    let place = place(store);
    // One that a killed publisher left answers nobody.
    if UnixStream::connect(&place).is_err() {
        let _ = fs::remove_file(&place);
    }
    let listener = UnixListener::bind(&place)?;
    std::thread::spawn(move || {
        for wire in listener.incoming().map_while(Result::ok) {
            let taken = taken.clone();
            std::thread::spawn(move || read(wire).map(|asked| asked.map(taken)));
        }
    });
    Ok(())
}

fn read(wire: UnixStream) -> io::Result<Option<Asked>> {
    let mut line = String::new();
    BufReader::new(&wire).read_line(&mut line)?;
    Ok(serde_json::from_str(&line).ok().map(|push| Asked { push, wire }))
}

/// Asks the publisher of a store; `None` when there is none, or when it ended before it answered.
#[must_use]
pub fn ask(store: &Store, push: &Push) -> Option<Answer> {
    let mut wire = UnixStream::connect(place(store)).ok()?;
    let mut line = serde_json::to_vec(push).ok()?;
    line.push(b'\n');
    wire.write_all(&line).ok()?;
    serde_json::from_reader(wire).ok()
}
