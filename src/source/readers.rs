//! Reading on more threads than there are cores.
//!
//! In: work that opens many files. Out: what it gives. A thread that opens a file waits for the disk, and a disk answers many questions at once: with
//! four readers for each core a group that is not in the page cache is read in half the time, and one that is there no slower (docs/performance.md).

/// Readers for each thread there is to compute with.
const READERS: usize = 4;
/// More do not make a disk faster.
const MOST: usize = 64;

/// Runs `work`, whose parallel parts run on as many threads as a disk keeps busy. Where one thread was asked for, it stays one.
pub fn with_many_readers<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    let threads = rayon::current_num_threads();
    if threads == 1 {
        return work();
    }
    match rayon::ThreadPoolBuilder::new().num_threads((threads * READERS).min(MOST).max(threads)).build() {
        Ok(pool) => pool.install(work),
        // Without threads of their own they read with those there are.
        Err(_) => work(),
    }
}
