//! A synthetic portal group of any size, for benchmarks and tests.
//!
//! In: how many sites and items, a seed, and folders. Out: a Portico group (`DIR/sites`, `DIR/content`) and, with `--hugo`, one
//! Hugo site with the same articles. The same arguments give the same bytes on any machine and any number of threads.
//! Standard library only: `rustc --edition 2024 -O examples/synth/main.rs` builds it too.

mod article;
mod calendar;
mod columns;
mod fields;
mod group;
mod hugo;
mod pictures;
mod portico;
mod random;
mod text;
mod typed;
mod voice;
mod words;
mod write;
mod yaml;

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use article::Dialect;
use group::Group;
use write::WriteError;

const HELP: &str = "\
Writes a synthetic portal group.

usage: synth [--sites N] [--items N] [--seed N] [--threads N] [DIR] [--hugo DIR]

  DIR          write the group for Portico there (sites/, content/)
  --hugo DIR   write the same articles as one Hugo site there
  --sites N    sites: one portal, the others departments and townships (94)
  --items N    items altogether (197201)
  --seed N     another group (1)
  --threads N  writing threads; changes nothing but the time (2)

A folder that is not empty is refused.
";

/// What was asked for.
struct Wish {
    sites: usize,
    items: usize,
    seed: u64,
    threads: usize,
    portico: Option<PathBuf>,
    hugo: Option<PathBuf>,
    help: bool,
}

fn main() -> ExitCode {
    let wish = match parse(std::env::args().skip(1)) {
        Ok(wish) => wish,
        Err(message) => return fail(&format!("{message}\n\n{HELP}")),
    };
    if wish.help {
        return tell(HELP);
    }
    let begun = Instant::now();
    match run(&wish) {
        Ok(group) => tell(&format!("{} sites, {} items: {:.1} s\n", group.sites.len(), group.items, begun.elapsed().as_secs_f64())),
        Err(WriteError(path, e)) => fail(&format!("{}: {e}\n", path.display())),
    }
}

/// A closed pipe is nobody's error here.
fn tell(message: &str) -> ExitCode {
    let _ = std::io::stdout().write_all(message.as_bytes());
    ExitCode::SUCCESS
}

fn fail(message: &str) -> ExitCode {
    let _ = write!(std::io::stderr(), "synth: {message}");
    ExitCode::from(2)
}

fn parse(mut args: impl Iterator<Item = String>) -> Result<Wish, String> {
    let mut wish = Wish { sites: 94, items: 197_201, seed: 1, threads: 2, portico: None, hugo: None, help: false };
    while let Some(arg) = args.next() {
        match arg.as_str() {
            "--sites" => wish.sites = number(&arg, args.next())?,
            "--items" => wish.items = number(&arg, args.next())?,
            "--seed" => wish.seed = number(&arg, args.next())? as u64,
            "--threads" => wish.threads = number(&arg, args.next())?.max(1),
            "--hugo" => wish.hugo = Some(args.next().ok_or("--hugo needs a folder")?.into()),
            "--help" | "-h" => wish.help = true,
            _ if arg.starts_with('-') => return Err(format!("unknown option {arg}")),
            _ if wish.portico.is_none() => wish.portico = Some(arg.into()),
            _ => return Err(format!("one folder too many: {arg}")),
        }
    }
    if wish.sites == 0 {
        return Err("--sites must be 1 or more".into());
    }
    if wish.portico.is_none() && wish.hugo.is_none() && !wish.help {
        return Err("no folder to write to".into());
    }
    Ok(wish)
}

fn number(option: &str, value: Option<String>) -> Result<usize, String> {
    let value = value.ok_or_else(|| format!("{option} needs a number"))?;
    value.replace('_', "").parse().map_err(|_| format!("{option}: {value} is not a number"))
}

fn run(wish: &Wish) -> Result<Group, WriteError> {
    let group = Group::plan(wish.sites, wish.items, wish.seed);
    for dir in wish.portico.iter().chain(&wish.hugo) {
        write::claim(dir)?;
    }
    if let Some(dir) = &wish.portico {
        for (path, text) in portico::settings(&group) {
            write::file(&dir.join(path), text.as_bytes())?;
        }
        corpus(&group, &dir.join("content"), &dir.join("content"), Dialect::Portico, wish.threads)?;
    }
    if let Some(dir) = &wish.hugo {
        for (path, text) in hugo::frame(&group) {
            write::file(&dir.join(path), text.as_bytes())?;
        }
        corpus(&group, &dir.join("content"), &dir.join("static"), Dialect::Hugo, wish.threads)?;
    }
    Ok(group)
}

fn corpus(group: &Group, content: &Path, files: &Path, dialect: Dialect, threads: usize) -> Result<(), WriteError> {
    write::site_files(group, files)?;
    write::items(group, content, dialect, threads)
}
