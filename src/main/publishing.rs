//! The commands of publishing: `publish`, `releases`, `rollback`, `diff`, `owners`, `deploy`.
//!
//! In: their arguments. Out: what the publishing room does, told to people or as JSON. Decides nothing.

use std::fmt::Write;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Mutex;
use std::time::Duration;

use anyhow::Context;
use portico::check::Recalled;
use portico::cli::{DeployArgs, Deployed, DiffArgs, Format, OwnersArgs, PublishArgs, ReleasesArgs, RollbackArgs, StoreArgs};
use portico::diagnostic::Lang;
use portico::digest::Digest;
use portico::pipeline::{Kept, Outcome};
use portico::publish::deploy::{Hosting, bucket, caddy, hook, nginx, pages, units};
use portico::publish::orders::{self, Push};
use portico::publish::owners::{FILE, Owners};
use portico::publish::record::{Changes, Record};
use portico::publish::store::{Store, real_path};
use portico::publish::target::{self, Sent};
use portico::publish::{self, Ending, Order, Publication, pushed};
use portico::source::ReadError;
use portico::source::publishing::{Encoding, PublishSettings, Target};

/// `portico publish`
pub fn publish(args: &PublishArgs, lang: Lang) -> anyhow::Result<u8> {
    crate::set_threads(args.threads)?;
    if args.watch {
        return watch(args, lang);
    }
    if let Some(push) = push(args, lang)? {
        let store = store_alone(&args.store)?;
        if let Some(answer) = orders::ask(&store, &push) {
            eprint!("{}", answer.text);
            return Ok(answer.status);
        }
        publish::lay_out(&store, &push, &args.store.root)?;
    }
    let mut known = Known::default();
    let told = publish_once(args, &Ordered::by(args), lang, &mut known)?;
    told.say();
    told.tidy();
    // The process ends soon: freeing hundreds of thousands of items one by one would only delay it.
    std::mem::forget(known);
    Ok(told.status)
}

/// The push that is to be published, if one is named.
fn push(args: &PublishArgs, lang: Lang) -> anyhow::Result<Option<Push>> {
    let (Some(repository), Some(commit)) = (&args.from, &args.commit) else { return Ok(None) };
    let by = person(args.by.as_deref(), &args.store.root);
    Ok(Some(Push { repository: std::path::absolute(repository)?, commit: commit.clone(), by, allow_errors: args.allow_errors, chinese: lang == Lang::Zh }))
}

/// Publishes whenever something changes, is due or is pushed. What is wrong is told, and the loop goes on.
#[cfg(feature = "serve")]
fn watch(args: &PublishArgs, lang: Lang) -> anyhow::Result<u8> {
    use portico::preview::watch::{News, run_asked};
    use portico::publish::orders::{Answer, Asked};
    let (store, root) = (store_alone(&args.store)?, &args.store.root);
    let mut known = Known::default();
    run_asked(
        root,
        |sender| {
            // Without it everything works but the hook, which then publishes by itself.
            if let Err(error) = orders::listen(&store, move |asked| drop(sender.send(News::Asked(asked)))) {
                eprintln!("portico: {}: {error}", store.dir().display());
            }
        },
        |asked: Asked| (publish::lay_out(&store, &asked.push, root), asked),
        |_, pushed| match pushed {
            None => by_itself(args, &store, lang, &mut known),
            Some((laid_out, asked)) => {
                let lang = if asked.push.chinese { Lang::Zh } else { Lang::En };
                let told = laid_out.map_err(anyhow::Error::from).and_then(|()| publish_once(args, &Ordered::of(&asked.push), lang, &mut known));
                let answer = match &told {
                    Ok(told) => Answer { status: told.status, text: told.text() },
                    Err(error) => Answer { status: 2, text: format!("portico: {error:#}\n") },
                };
                asked.answer(&answer);
                match &told {
                    Ok(told) => told.say(),
                    Err(_) => eprint!("{}", answer.text),
                }
                rest(told)
            }
        },
    );
    Ok(0)
}

/// One publication that nobody asked for.
#[cfg(feature = "serve")]
fn by_itself(args: &PublishArgs, store: &Store, lang: Lang, known: &mut Known) -> Option<Duration> {
    let ordered = Ordered::by(args);
    if publish::was_withdrawn(store, ordered.commit.as_deref()).unwrap_or(false) {
        match lang {
            Lang::Zh => eprintln!("在线的是回退的版本；内容有了新的提交，才会再自动发布"),
            Lang::En => eprintln!("an earlier release is live; nothing is published until the content has a new commit"),
        }
        return None;
    }
    let told = publish_once(args, &ordered, lang, known);
    match &told {
        Ok(told) => told.say(),
        Err(error) => eprintln!("portico: {error:#}"),
    }
    rest(told)
}

/// What can wait until everybody has been told; and how long until the next publication.
#[cfg(feature = "serve")]
fn rest(told: anyhow::Result<Told>) -> Option<Duration> {
    match told {
        Ok(told) => {
            told.tidy();
            told.next
        }
        Err(_) => Some(Duration::from_secs(60)),
    }
}

#[cfg(not(feature = "serve"))]
fn watch(_: &PublishArgs, _: Lang) -> anyhow::Result<u8> {
    anyhow::bail!("this program was built without watching (feature `serve`)")
}

/// Who wants what published.
struct Ordered {
    by: String,
    commit: Option<String>,
    allow_errors: bool,
}

impl Ordered {
    fn by(args: &PublishArgs) -> Self {
        let root = &args.store.root;
        let commit = args.commit.clone().or_else(|| publish::laid_out(root)).or_else(|| git(root, &["rev-parse", "HEAD"]));
        Self { by: person(args.by.as_deref(), root), commit, allow_errors: args.allow_errors }
    }

    #[cfg(feature = "serve")]
    fn of(push: &Push) -> Self {
        Self { by: push.by.clone(), commit: Some(push.commit.clone()), allow_errors: push.allow_errors }
    }
}

/// What became of one publication, its targets included.
#[derive(Default)]
struct Told {
    /// What is wrong, for people.
    report: String,
    /// How it ended, for people.
    ending: String,
    /// What became of targets and of the search index, for people.
    after: String,
    /// The same for machines, instead of `ending`.
    json: Option<serde_json::Value>,
    status: u8,
    /// How long until something appears or disappears by itself.
    #[cfg_attr(not(feature = "serve"), expect(dead_code, reason = "only who watches waits for it"))]
    next: Option<Duration>,
    /// What is left to do once it is live.
    rest: Option<Rest>,
}

/// What can wait: which releases to keep, and what the last one made.
struct Rest {
    store: Store,
    keep: usize,
    made: Vec<(String, Digest)>,
}

impl Told {
    /// Says it where the program runs.
    fn say(&self) {
        match &self.json {
            Some(json) => {
                eprint!("{}{}", self.report, self.after);
                println!("{json}");
            }
            None => eprint!("{}", self.text()),
        }
    }

    /// All of it, for whoever pushed.
    fn text(&self) -> String {
        [&*self.report, &self.ending, &self.after].concat()
    }

    fn tidy(&self) {
        if let Some(rest) = &self.rest
            && let Err(error) = publish::tidy(&rest.store, rest.keep, &rest.made)
        {
            eprintln!("portico: {error}");
        }
    }
}

/// What a watcher knows from one publication to the next: the group, and what was found in it.
#[derive(Default)]
struct Known {
    kept: Kept,
    recalled: Mutex<Recalled>,
}

fn publish_once(args: &PublishArgs, ordered: &Ordered, lang: Lang, known: &mut Known) -> anyhow::Result<Told> {
    let Known { kept, recalled } = known;
    let root = &args.store.root;
    let settings = match settings(root) {
        Err(ReadError::BadGroup(diagnostics)) => {
            let report = crate::report_text(&Outcome::refused(diagnostics), root, lang);
            return Ok(Told { report, status: 1, ..Told::default() });
        }
        other => other?,
    };
    let store = store(&args.store, &settings)?;
    let order = Order {
        request: args.request(),
        store: &store,
        encodings: encodings(&settings),
        by: ordered.by.clone(),
        commit: ordered.commit.clone(),
        allow_errors: ordered.allow_errors,
        gate: &|outcome, out, kept| crate::checking::gate(&args.request(), args.fail_on, outcome, out, kept, recalled),
        wait: !args.no_wait,
    };
    let bar = crate::Bar::new(args.format == Format::Human && std::io::stderr().is_terminal(), lang);
    let done = publish::publish(&order, &bar, kept);
    bar.0.finish_and_clear();
    let done = done?;
    let report = crate::report_text(&done.outcome, root, lang);
    let ending = format!("{}\n{}\n", crate::summary(&done.outcome, lang), ending(&done.ending, &store, lang));
    let mut after = String::new();
    let live = match &done.ending {
        Ending::Live(record) => Some(record.number),
        Ending::Unchanged(number) => Some(*number),
        Ending::Refused => None,
    };
    let sent = live.is_none_or(|number| send(&store, number, &settings, lang, &mut after));
    // What is live is searched; a release that was refused is not.
    let indexed = match live {
        Some(_) if !args.no_search => crate::searching::index(&args.request(), &done.outcome, kept, lang),
        _ => crate::searching::Indexed::default(),
    };
    after.push_str(&indexed.text);
    let json = (args.format == Format::Json).then(|| crate::searching::with(json(&done, lang), &indexed));
    let status = if sent { u8::from(done.outcome.errors() > 0) } else { 2 };
    let keep = args.keep.unwrap_or_else(|| kept_releases(&settings));
    Ok(Told { report, ending, after, json, status, next: done.outcome.next_change, rest: Some(Rest { store, keep, made: done.made }) })
}

/// How many releases are kept, 10 unless the settings say otherwise.
fn kept_releases(settings: &PublishSettings) -> usize {
    settings.keep.map_or(10, |k| k as usize)
}

/// Sends a release to all targets; one that fails keeps what it has and is told. Whether all have it.
fn send(store: &Store, number: u64, settings: &PublishSettings, lang: Lang, text: &mut String) -> bool {
    let mut all = true;
    for t in &settings.targets {
        let said = match (target::send(store, number, t, kept_releases(settings)), lang) {
            (Ok(Sent::Already), Lang::Zh) => format!("{}：已是第 {number} 版", t.name),
            (Ok(Sent::Already), Lang::En) => format!("{}: release {number} is live there", t.name),
            (Ok(Sent::Live(_)), Lang::Zh) => format!("{}：第 {number} 版已上线", t.name),
            (Ok(Sent::Live(_)), Lang::En) => format!("{}: release {number} is live there now", t.name),
            (Err(e), Lang::Zh) => {
                all = false;
                format!("{}：发送失败，那里在线的仍是原来的版本；再次 publish 会接着发送。{e}", t.name)
            }
            (Err(e), Lang::En) => {
                all = false;
                format!("{}: what was live there is still live; publish again to go on. {e}", t.name)
            }
        };
        let _ = writeln!(text, "{said}");
    }
    all
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

/// The folder of releases that these arguments mean; nothing is made there.
pub fn releases_folder(args: &StoreArgs) -> anyhow::Result<PathBuf> {
    Ok(store_dir(args, &settings(&args.root)?))
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
            format!(
                "有错误，没有发布，{stays}。改正后再发布。出错的页面可以保留旧版、先发布其余内容（--allow-errors）；检查发现的问题，确有理由的登记在 check.suppress"
            )
        }
        (Ending::Refused, Lang::En) => {
            let stays = live.map_or_else(|| "nothing is live yet".to_string(), |n| format!("release {n} is still live"));
            format!(
                "there are errors: nothing was published, {stays}. With --allow-errors, broken pages stay as they were and the rest is published; what the check found can only be accepted in `check.suppress`"
            )
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
    // Settings that cannot be read keep nobody from going back here.
    let settings = settings(&args.store.root).unwrap_or_default();
    let mut text = String::new();
    let all = send(&store, number, &settings, lang, &mut text);
    eprint!("{text}");
    Ok(if all { 0 } else { 2 })
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

/// `portico owners`
pub fn owners(args: &OwnersArgs, lang: Lang) -> anyhow::Result<u8> {
    // The map that counts is the published one: who pushes cannot change it for the same push.
    let Some(text) = pushed::published_file(&args.repository, FILE) else { return Ok(0) };
    let found = match Owners::read(&text) {
        Ok(owners) => owners.trespasses(&pushed::commits(&args.repository, &args.old, &args.new)?),
        Err(found) => found,
    };
    crate::report(&Outcome::refused(found.clone()), &args.repository, lang);
    Ok(u8::from(!found.is_empty()))
}

/// `portico deploy`
pub fn deploy(args: &DeployArgs) -> anyhow::Result<u8> {
    let (group, sites) = portico::source::settings_alone(&args.store.root)?;
    let (root, store) = (real_path(&args.store.root), real_path(&store_dir(&args.store, &group.publish)));
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
        Deployed::BucketNginx => bucket::configuration(&hosting, &read_at(args, &group.publish)?, &args.script, &args.cache),
        Deployed::BucketScript => bucket::SCRIPT.to_string(),
        Deployed::Systemd => units::units(&program, &root, &store, &args.user),
        Deployed::GitHook => hook::script(&program, &root, &store, &args.branch),
        Deployed::MaintenancePage => pages::maintenance(&group.name),
    };
    print!("{text}");
    Ok(0)
}

/// Where the bucket of the first target with `s3` is read.
fn read_at(args: &DeployArgs, settings: &PublishSettings) -> anyhow::Result<String> {
    let of = |t: &Target| Some(format!("{}/{}", t.endpoint.as_deref()?.trim_end_matches('/'), t.s3.as_deref()?.trim_matches('/')));
    let named = args.bucket.as_deref().map(|url| url.trim_end_matches('/').to_string());
    named.or_else(|| settings.targets.iter().find_map(of)).context("say where the bucket is read: --bucket URL, or a target with `s3` and `endpoint`")
}
