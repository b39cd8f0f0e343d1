//! What citizens look for, as counts: by month and words, how often asked and how often without a result.
//!
//! In: words as they were asked. Out: `<root>/.portico/searches/2026-11.csv` (`words,asked,empty`), added to every minute; totals for `/metrics`. Never an
//! address, a time, or words that may be somebody's number, name or letter: those count under [`OTHER`].

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use crate::source::folding::folded;

/// What words count as that are not kept.
pub const OTHER: &str = "其他";
/// Different words a month at most.
const WORDS: usize = 5_000;
/// Letters of words that are kept at most.
const LETTERS: usize = 20;
/// Digits in a row that may be somebody's.
const DIGITS: usize = 6;
/// Seconds up to which an answer counts in a class of the histogram, in milliseconds.
pub const CLASSES: [u64; 6] = [5, 10, 20, 50, 200, 1_000];

/// How often something was asked, and how often nothing was found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Count {
    asked: u64,
    empty: u64,
}

impl Count {
    fn add(&mut self, other: Self) {
        self.asked += other.asked;
        self.empty += other.empty;
    }
}

/// By words.
type Counts = BTreeMap<String, Count>;

/// Counts that wait to be written, and totals since the start.
#[derive(Debug)]
pub struct Tally {
    folder: PathBuf,
    waiting: Mutex<BTreeMap<String, Counts>>,
    /// Answers given.
    pub answered: AtomicU64,
    /// Those without a result.
    pub empty: AtomicU64,
    /// Microseconds all answers took.
    pub micros: AtomicU64,
    /// Answers by [`CLASSES`], each with those below it.
    pub classes: [AtomicU64; CLASSES.len()],
}

/// Words as they are counted: folded, spaces as one; [`OTHER`] for what must not be kept.
#[must_use]
pub fn kept(words: &str) -> String {
    let plain: String = words.chars().filter(|c| !c.is_control() || c.is_whitespace()).map(|c| folded(c).unwrap_or(c)).collect();
    let plain = plain.split_whitespace().collect::<Vec<_>>().join(" ");
    // A spreadsheet takes what begins so for a formula.
    let plain = plain.trim_start_matches(['=', '+', '-', ' ']).to_string();
    let letters = plain.chars().filter(|c| c.is_alphanumeric()).count();
    let telling = letters == 0 || letters > LETTERS || plain.chars().count() > 2 * LETTERS || plain.contains(['@', '＠']) || longest_number(&plain) >= DIGITS;
    if telling { OTHER.into() } else { plain }
}

/// The most digits in a row, whatever parts them as people write telephone numbers.
fn longest_number(text: &str) -> usize {
    let (mut now, mut most) = (0, 0);
    for c in text.chars() {
        match c {
            c if c.is_numeric() || "零一二三四五六七八九".contains(c) => now += 1,
            ' ' | '-' | '－' | '—' | '.' | '·' => {}
            _ => now = 0,
        }
        most = most.max(now);
    }
    most
}

impl Tally {
    /// Writes into a folder.
    #[must_use]
    pub fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            waiting: Mutex::default(),
            answered: AtomicU64::default(),
            empty: AtomicU64::default(),
            micros: AtomicU64::default(),
            classes: Default::default(),
        }
    }

    /// Counts an answer.
    pub fn answered(&self, took: Duration, empty: bool) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.empty.fetch_add(u64::from(empty), Ordering::Relaxed);
        self.micros.fetch_add(u64::try_from(took.as_micros()).unwrap_or(u64::MAX), Ordering::Relaxed);
        for (class, most) in self.classes.iter().zip(CLASSES) {
            class.fetch_add(u64::from(took.as_millis() < u128::from(most)), Ordering::Relaxed);
        }
    }

    /// Counts words asked in a month, `2026-11`.
    pub fn asked(&self, month: &str, words: &str, empty: bool) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        add(waiting.entry(month.into()).or_default(), kept(words), Count { asked: 1, empty: u64::from(empty) });
    }

    /// Adds what waits to the files. What cannot be written waits on.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn write(&self) -> std::io::Result<()> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some((month, counts)) = waiting.pop_first() {
            if let Err(cause) = write(&self.folder, &month, &counts) {
                waiting.insert(month, counts);
                return Err(cause);
            }
        }
        Ok(())
    }
}

/// Adds to one of the counts; beyond their number, to the others.
fn add(counts: &mut Counts, words: String, count: Count) {
    let room = counts.len() < WORDS || counts.contains_key(&words);
    counts.entry(if room { words } else { OTHER.into() }).or_default().add(count);
}

/// Adds counts to a month's file, which is whole at any moment. Several services take turns.
fn write(folder: &Path, month: &str, counts: &Counts) -> std::io::Result<()> {
    std::fs::create_dir_all(folder)?;
    let lock = std::fs::OpenOptions::new().create(true).truncate(false).write(true).open(folder.join("lock"))?;
    lock.lock()?;
    let path = folder.join(format!("{month}.csv"));
    let mut all = match std::fs::read_to_string(&path) {
        Ok(text) => read(&text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Counts::new(),
        Err(e) => return Err(e),
    };
    for (words, count) in counts {
        add(&mut all, words.clone(), *count);
    }
    let mut csv = csv::Writer::from_writer(Vec::new());
    csv.write_record(["words", "asked", "empty"])?;
    for (words, count) in &all {
        csv.write_record([words, &count.asked.to_string(), &count.empty.to_string()])?;
    }
    let new = path.with_extension("new");
    let mut file = std::fs::File::create(&new)?;
    file.write_all(&csv.into_inner().map_err(csv::IntoInnerError::into_error)?)?;
    file.sync_all()?;
    std::fs::rename(&new, &path)
}

fn read(text: &str) -> Counts {
    let mut counts = Counts::new();
    for (words, asked, empty) in csv::Reader::from_reader(text.as_bytes()).deserialize::<(String, u64, u64)>().flatten() {
        counts.entry(words).or_default().add(Count { asked, empty });
    }
    counts
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_somebodys_is_not_kept() {
        for words in [
            "13900001234",
            "电话 139 0000 1234",
            "5399001990０１０１1234",
            "a@b.example",
            "一三九零零零零一二三四",
            "……",
            "我家住在茶马街中段三号楼的老人想问问什么时候修路灯",
        ] {
            assert_eq!(kept(words), OTHER, "{words}");
        }
        assert_eq!(kept("  雲岫市  教育局 "), "云岫市 教育局");
        assert_eq!(kept("云政发〔2026〕12号"), "云政发〔2026〕12号");
        assert_eq!(kept("=1+SUM(公积金)"), "1+sum(公积金)");
    }

    #[test]
    fn counts_are_added_to_what_is_there() {
        let folder = tempfile::tempdir().unwrap();
        for _ in 0..2 {
            let tally = Tally::new(folder.path().join("searches"));
            tally.asked("2026-11", "公积金,\"贷款\"", false);
            tally.asked("2026-11", "13900001234", true);
            tally.asked("2026-12", "身份证", false);
            tally.write().unwrap();
            tally.write().unwrap();
        }
        let text = std::fs::read_to_string(folder.path().join("searches/2026-11.csv")).unwrap();
        assert_eq!(text, "words,asked,empty\n\"公积金,\"\"贷款\"\"\",2,0\n其他,2,2\n");
        assert!(folder.path().join("searches/2026-12.csv").exists());
    }

    #[test]
    fn a_month_has_an_end() {
        let mut counts = Counts::new();
        (0..2 * WORDS).for_each(|n| add(&mut counts, format!("词{n}"), Count { asked: 1, empty: 0 }));
        assert!(counts.len() <= WORDS + 1);
        assert_eq!(counts[OTHER].asked, WORDS as u64);
    }

    #[test]
    fn what_cannot_be_written_waits() {
        let folder = tempfile::tempdir().unwrap();
        let tally = Tally::new(folder.path().join("searches"));
        std::fs::write(folder.path().join("searches"), "in the way").unwrap();
        tally.asked("2026-11", "公积金", false);
        assert!(tally.write().is_err());
        std::fs::remove_file(folder.path().join("searches")).unwrap();
        tally.write().unwrap();
        assert!(std::fs::read_to_string(folder.path().join("searches/2026-11.csv")).unwrap().contains("公积金,1,0"));
    }
}
