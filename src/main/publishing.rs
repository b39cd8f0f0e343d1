//! The commands of publishing: `publish`, `releases`, `rollback`, `diff`, `deploy`.
//!
//! In: their arguments. Out: what the publishing room does, told to people or as JSON. Decides nothing.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;
use portico::cli::{DeployArgs, Deployed, DiffArgs, Format, PublishArgs, ReleasesArgs, RollbackArgs, StoreArgs};
use portico::diagnostic::Lang;
use portico::pipeline::{BuildError, Kept, Outcome};
use portico::publish::deploy::{Hosting, caddy, hook, nginx, pages, units};
use portico::publish::record::{Changes, Record};
use portico::publish::store::Store;
use portico::publish::{self, Ending, Order, Publication, PublishError};
use portico::source::ReadError;
use portico::source::publishing::{Encoding, PublishSettings};

/// `portico publish`
pub fn publish(args: &PublishArgs, lang: Lang) -> anyhow::Result<u8> {
    crate::set_threads(args.threads)?;
    let settings = match settings(&args.store.root) {
        Err(ReadError::BadGroup(diagnostics)) => {
            crate::report(&Outcome::refused(diagnostics), &args.store.root, lang);
            return Ok(1);
        }
        other => other?,
    };
    let store = store(&args.store, &settings)?;
    let order = Order {
        request: args.request(),
        store: &store,
        keep: args.keep.unwrap_or_else(|| settings.keep.map_or(10, |k| k as usize)),
        encodings: encodings(&settings),
        by: person(args.by.as_deref(), &args.store.root),
        commit: args.commit.clone().or_else(|| git(&args.store.root, &["rev-parse", "HEAD"])),
        allow_errors: args.allow_errors,
        gate: &|_, _| Vec::new(),
        wait: !args.no_wait,
    };
    let bar = crate::Bar::new(args.format == Format::Human && std::io::stderr().is_terminal(), lang);
    let mut kept = Kept::default();
    let result = publish::publish(&order, &bar, &mut kept);
    // The process ends soon: freeing hundreds of thousands of items one by one would only delay it.
    std::mem::forget(kept);
    bar.0.finish_and_clear();
    let done = match result {
        Err(PublishError::Build(BuildError::Read(ReadError::BadGroup(diagnostics)))) => {
            Publication { outcome: Outcome::refused(diagnostics), ending: Ending::Refused, steps: Vec::new() }
        }
        other => other?,
    };
    crate::report(&done.outcome, &args.store.root, lang);
    match args.format {
        Format::Json => println!("{}", json(&done, lang)),
        Format::Human => eprintln!("{}\n{}", crate::summary(&done.outcome, lang), ending(&done.ending, &store, lang)),
    }
    Ok(u8::from(done.outcome.errors() > 0))
}

fn settings(root: &Path) -> Result<PublishSettings, ReadError> {
    Ok(portico::source::settings_alone(root)?.0.publish)
}

fn store(args: &StoreArgs, settings: &PublishSettings) -> anyhow::Result<Store> {
    let dir = store_dir(args, settings);
    Store::open(&dir).with_context(|| dir.display().to_string())
}

fn store_dir(args: &StoreArgs, settings: &PublishSettings) -> PathBuf {
    let named = || args.root.join(settings.folder.as_deref().unwrap_or("releases"));
    args.to.clone().unwrap_or_else(named)
}

fn encodings(settings: &PublishSettings) -> Vec<Encoding> {
    settings.precompress.clone().unwrap_or_else(|| vec![Encoding::Gzip, Encoding::Brotli])
}

/// The store, for commands that need no settings but its place.
fn store_alone(args: &StoreArgs) -> anyhow::Result<Store> {
    let settings = if args.to.is_some() { PublishSettings::default() } else { settings(&args.root)? };
    store(args, &settings)
}

/// Who is acting.
fn person(given: Option<&str>, root: &Path) -> String {
    let set = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let of_git = || Some(format!("{} <{}>", git(root, &["config", "user.name"])?, git(root, &["config", "user.email"])?));
    given.map(str::to_string).or_else(|| set("PORTICO_BY")).or_else(of_git).or_else(|| set("USER")).unwrap_or_else(|| "unknown".into())
}

/// One line that Git says about the repository at `root`; a hook's own repository is left aside.
fn git(root: &Path, args: &[&str]) -> Option<String> {
    let mut command = Command::new("git");
    command.arg("-C").arg(root).args(args).env_remove("GIT_DIR").env_remove("GIT_WORK_TREE").env_remove("GIT_INDEX_FILE");
    let output = command.output().ok().filter(|o| o.status.success())?;
    Some(String::from_utf8_lossy(&output.stdout).trim().to_string()).filter(|line| !line.is_empty())
}

fn json(done: &Publication, lang: Lang) -> serde_json::Value {
    let mut value = crate::json(&done.outcome, lang);
    value["steps_ms"] = done.steps.iter().map(|(name, ms)| ((*name).to_string(), (*ms).into())).collect::<serde_json::Map<_, _>>().into();
    match &done.ending {
        Ending::Live(record) => value["release"] = serde_json::json!(record),
        Ending::Unchanged(number) => value["unchanged_release"] = (*number).into(),
        Ending::Refused => value["refused"] = true.into(),
    }
    value
}

fn ending(ending: &Ending, store: &Store, lang: Lang) -> String {
    let live = store.live();
    match (ending, lang) {
        (Ending::Live(r), Lang::Zh) => format!("第 {} 版已上线：{}", r.number, counted(&r.changes, lang)),
        (Ending::Live(r), Lang::En) => format!("release {} is live: {}", r.number, counted(&r.changes, lang)),
        (Ending::Unchanged(n), Lang::Zh) => format!("没有变化，在线的仍是第 {n} 版"),
        (Ending::Unchanged(n), Lang::En) => format!("nothing changed; release {n} is live"),
        (Ending::Refused, Lang::Zh) => {
            let stays = live.map_or_else(|| "尚无在线版本".to_string(), |n| format!("在线的仍是第 {n} 版"));
            format!("内容有错误，没有发布，{stays}。改正后再发布；若要保留出错页面的旧版、先发布其余内容，加 --allow-errors")
        }
        (Ending::Refused, Lang::En) => {
            let stays = live.map_or_else(|| "nothing is live yet".to_string(), |n| format!("release {n} is still live"));
            format!("the content has errors: nothing was published, {stays}. With --allow-errors, broken pages stay as they were and the rest is published")
        }
    }
}

fn counted(changes: &Changes, lang: Lang) -> String {
    let (added, changed, removed) = (changes.added, changes.changed, changes.removed);
    match lang {
        Lang::Zh => format!("新增 {added} 个文件，更新 {changed} 个，删除 {removed} 个"),
        Lang::En => format!("{added} files added, {changed} changed, {removed} removed"),
    }
}

/// `portico releases`
pub fn releases(args: &ReleasesArgs, lang: Lang) -> anyhow::Result<u8> {
    let store = store_alone(&args.store)?;
    let records = store.numbers().into_iter().map(|n| store.record(n).with_context(|| format!("release {n}"))).collect::<anyhow::Result<Vec<Record>>>()?;
    let live = store.live();
    match args.format {
        Format::Json => println!("{}", serde_json::json!({"live": live, "releases": records, "switches": store.history()})),
        Format::Human => records.iter().rev().for_each(|record| println!("{}", line(record, live == Some(record.number), lang))),
    }
    Ok(0)
}

fn line(r: &Record, live: bool, lang: Lang) -> String {
    let commit: String = r.commit.iter().flat_map(|c| c.chars()).take(10).collect();
    let mark = match (live, lang) {
        (false, _) => "",
        (true, Lang::Zh) => "（在线）",
        (true, Lang::En) => " (live)",
    };
    let errors = match (r.errors_allowed, lang) {
        (false, _) => String::new(),
        (true, Lang::Zh) => format!("，带 {} 个错误发布", r.errors),
        (true, Lang::En) => format!(", published with {} errors", r.errors),
    };
    format!("{}{mark}  {}  {}  {commit}  {}{errors}", r.number, r.made_at, r.by, counted(&r.changes, lang))
}

/// `portico rollback`
pub fn roll_back(args: &RollbackArgs, lang: Lang) -> anyhow::Result<u8> {
    let store = store_alone(&args.store)?;
    let number = publish::roll_back(&store, args.number, &person(args.by.as_deref(), &args.store.root))?;
    match lang {
        Lang::Zh => eprintln!("已回退，在线的是第 {number} 版"),
        Lang::En => eprintln!("rolled back: release {number} is live"),
    }
    Ok(0)
}

/// `portico diff`
pub fn diff(args: &DiffArgs, lang: Lang) -> anyhow::Result<u8> {
    let store = store_alone(&args.store)?;
    let fates = publish::compare(&store, args.old, args.new)?;
    match args.format {
        Format::Json => {
            let all: Vec<_> = fates.iter().map(|(path, fate)| serde_json::json!({"path": path, "fate": fate.mark().to_string()})).collect();
            println!("{}", serde_json::json!({"old": args.old, "new": args.new, "files": all}));
        }
        Format::Human => {
            fates.iter().for_each(|(path, fate)| println!("{} {path}", fate.mark()));
            eprintln!("{}", counted(&Changes::of(&fates), lang));
        }
    }
    Ok(0)
}

/// `portico deploy`
pub fn deploy(args: &DeployArgs) -> anyhow::Result<u8> {
    let (group, sites) = portico::source::settings_alone(&args.store.root)?;
    let real = portico::output::manifest::real_path;
    let (root, store) = (real(&args.store.root), real(&store_dir(&args.store, &group.publish)));
    let program = std::env::current_exe()?;
    // nginx as it is packaged knows gzip alone.
    let usual = if args.what == Deployed::Nginx { vec![Encoding::Gzip] } else { encodings(&group.publish) };
    let published = encodings(&group.publish);
    let wished = args.encodings.as_ref().map_or(usual, |list| list.iter().map(|e| Encoding::from(*e)).collect());
    let hosting = Hosting {
        wildcard: args.wildcard,
        certificate: args.certificate.clone().zip(args.key.clone()),
        port: args.port,
        encodings: wished.into_iter().filter(|e| published.contains(e)).collect(),
        service: args.service.clone(),
        ..Hosting::of(&group, &sites, store.clone())
    };
    let text = match args.what {
        Deployed::Nginx => nginx::configuration(&hosting),
        Deployed::Caddy => caddy::configuration(&hosting),
        Deployed::Systemd => units::units(&program, &root, &store, &args.user),
        Deployed::GitHook => hook::script(&program, &root, &store, &args.branch),
        Deployed::MaintenancePage => pages::maintenance(&group.name),
    };
    print!("{text}");
    Ok(0)
}
