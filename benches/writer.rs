//! What the disk needs: writes the files of a finished tree again, with two threads and nothing else.
//!
//! In: a folder to read and a folder to make. Out: the same files there, and one JSON object on stdout. The files are read into
//! memory some hundred megabytes at a time; only making folders and writing is counted. Standard library only:
//! `rustc --edition 2024 -O benches/writer.rs`.

use std::collections::BTreeSet;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, Instant};

/// Bytes read before they are written again.
const HELPING: u64 = 256 << 20;

struct File {
    path: PathBuf,
    bytes: Vec<u8>,
}

#[derive(Default)]
struct Count {
    files: usize,
    bytes: u64,
    elapsed: Duration,
    cpu: f64,
}

fn main() -> ExitCode {
    let args: Vec<PathBuf> = std::env::args_os().skip(1).map(PathBuf::from).collect();
    let [from, to] = args.as_slice() else {
        let _ = writeln!(io::stderr(), "usage: writer FROM TO");
        return ExitCode::from(2);
    };
    match copy(from, to) {
        Ok(count) => {
            let seconds = count.elapsed.as_secs_f64();
            let _ = writeln!(io::stdout(), "{{\"files\":{},\"bytes\":{},\"seconds\":{seconds:.4},\"cpu\":{:.2}}}", count.files, count.bytes, count.cpu);
            ExitCode::SUCCESS
        }
        Err(e) => {
            let _ = writeln!(io::stderr(), "writer: {e}");
            ExitCode::from(2)
        }
    }
}

fn copy(from: &Path, to: &Path) -> io::Result<Count> {
    let mut paths = Vec::new();
    list(from, Path::new(""), &mut paths)?;
    paths.sort();
    // The folder must be fresh: writing over files is another kind of work.
    fs::create_dir(to)?;
    let mut count = Count::default();
    let mut made = BTreeSet::new();
    let mut rest = paths.into_iter().peekable();
    while rest.peek().is_some() {
        let mut helping = Vec::new();
        let mut held = 0;
        while held < HELPING {
            let Some(path) = rest.next() else { break };
            let bytes = fs::read(from.join(&path))?;
            held += bytes.len() as u64;
            helping.push(File { path, bytes });
        }
        write(to, &helping, &mut made, &mut count)?;
        count.files += helping.len();
        count.bytes += held;
    }
    Ok(count)
}

fn list(root: &Path, folder: &Path, paths: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(root.join(folder))? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() { list(root, &path, paths)? } else { paths.push(path) }
    }
    Ok(())
}

fn write(to: &Path, files: &[File], made: &mut BTreeSet<PathBuf>, count: &mut Count) -> io::Result<()> {
    let (begun, cpu) = (Instant::now(), cpu_seconds());
    for folder in files.iter().filter_map(|f| f.path.parent()) {
        if !made.contains(folder) {
            fs::create_dir_all(to.join(folder))?;
            made.insert(folder.to_path_buf());
        }
    }
    // Files of one folder go to one thread as far as possible: a folder admits one newcomer at a time.
    let (left, right) = files.split_at(files.len() / 2);
    let work = |part: &[File]| part.iter().try_for_each(|file| fs::write(to.join(&file.path), &file.bytes));
    thread::scope(|scope| {
        let other = scope.spawn(|| work(right));
        work(left).and(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })?;
    count.elapsed += begun.elapsed();
    count.cpu += cpu_seconds() - cpu;
    Ok(())
}

/// User and system time of this process, in hundredths of a second; 0 where there is no `/proc`.
fn cpu_seconds() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    // Fields are counted after the name, which stands in brackets and may hold spaces.
    let ticks = stat.rsplit(')').next().unwrap_or("").split_whitespace().skip(11).take(2);
    ticks.filter_map(|t| t.parse::<f64>().ok()).sum::<f64>() / 100.0
}
