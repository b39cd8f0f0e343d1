//! Putting a corpus on disk with a few threads.
//!
//! In: the plan, a dialect, a folder that is empty or not there. Out: files. Every file is a function of the plan alone, so the
//! number of threads and their order do not matter.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::article::{Dialect, FORMS, PICTURES, Pen, compose};
use crate::group::Group;
use crate::pictures;
use crate::yaml::item_file;

/// Items a thread takes at a time.
const HELPING: usize = 256;

/// What went wrong with which path.
#[derive(Debug)]
pub struct WriteError(pub PathBuf, pub io::Error);

fn at<T>(path: &Path, result: io::Result<T>) -> Result<T, WriteError> {
    result.map_err(|e| WriteError(path.into(), e))
}

/// Makes the folder, or takes one that is empty: what an earlier run left would become part of the corpus.
pub fn claim(dir: &Path) -> Result<(), WriteError> {
    at(dir, fs::create_dir_all(dir))?;
    match at(dir, fs::read_dir(dir))?.next() {
        None => Ok(()),
        Some(_) => at(dir, Err(io::Error::new(io::ErrorKind::AlreadyExists, "the folder is not empty"))),
    }
}

/// Writes one file, making its folder.
pub fn file(path: &Path, bytes: &[u8]) -> Result<(), WriteError> {
    if let Some(folder) = path.parent() {
        at(folder, fs::create_dir_all(folder))?;
    }
    at(path, fs::write(path, bytes))
}

/// Writes the pictures and forms of every site below `dir/<site>/`.
pub fn site_files(group: &Group, dir: &Path) -> Result<(), WriteError> {
    for (i, site) in group.sites.iter().enumerate().filter(|(_, s)| s.items() > 0) {
        let home = dir.join(&site.id);
        for (n, name) in PICTURES.iter().enumerate() {
            let variant = i * PICTURES.len() + n;
            let bytes = if name.ends_with(".png") { pictures::png(variant) } else { pictures::jpeg(variant) };
            file(&home.join(name), &bytes)?;
        }
        for (n, name) in FORMS.iter().enumerate() {
            file(&home.join(name), &pictures::docx(&format!("{}申请表（样式{}）", site.name, n + 1)))?;
        }
    }
    Ok(())
}

/// Writes every item below `dir/<site>/`.
pub fn items(group: &Group, dir: &Path, dialect: Dialect, threads: usize) -> Result<(), WriteError> {
    make_folders(group, dir)?;
    let next = AtomicUsize::new(0);
    let work = || -> Result<(), WriteError> {
        loop {
            let from = next.fetch_add(HELPING, Ordering::Relaxed);
            if from >= group.items {
                return Ok(());
            }
            for n in from..(from + HELPING).min(group.items) {
                item(group, dir, dialect, n)?;
            }
        }
    };
    thread::scope(|scope| {
        let handles: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        handles.into_iter().try_for_each(|handle| handle.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)))
    })
}

/// All folders first, so that no thread has to ask for each file whether its folder is there.
fn make_folders(group: &Group, dir: &Path) -> Result<(), WriteError> {
    let mut folders = BTreeSet::new();
    for n in 0..group.items {
        let id = group.nth(n);
        let stem = group.stem(id);
        let folder = stem.rsplit_once('/').map_or("", |(folder, _)| folder);
        folders.insert(format!("{}/{folder}", group.sites[id.site].id));
    }
    folders.iter().try_for_each(|folder| {
        let folder = dir.join(folder);
        at(&folder, fs::create_dir_all(&folder))
    })
}

fn item(group: &Group, dir: &Path, dialect: Dialect, n: usize) -> Result<(), WriteError> {
    let id = group.nth(n);
    let pen = Pen { group, id, dialect };
    let article = compose(&pen);
    let stem = dir.join(format!("{}/{}", group.sites[id.site].id, group.stem(id)));
    let path = stem.with_extension("md");
    at(&path, fs::write(&path, item_file(&pen, &article)))?;
    match article.csv {
        Some(csv) => at(&path, fs::write(stem.with_extension("csv"), csv)),
        None => Ok(()),
    }
}
