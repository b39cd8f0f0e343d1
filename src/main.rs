//! `portico`: parse, run one command, print, exit.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program speaks")]

#[cfg(feature = "sidecar")]
#[path = "main/auctions.rs"]
mod auctions;
#[path = "main/checking.rs"]
mod checking;
#[path = "main/publishing.rs"]
mod publishing;
#[path = "main/reporting.rs"]
mod reporting;
#[path = "main/searching.rs"]
mod searching;

use std::io::IsTerminal;
use std::process::ExitCode;

use clap::{CommandFactory, Parser};
use portico::cli::{BuildArgs, Cli, Command, Format, NewArgs};
use portico::diagnostic::{Diagnostic, Lang, Report};
use portico::pipeline::{self, BuildError, Explanation, Kept, Outcome, Progress};
use portico::source::ReadError;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    let lang = cli.language();
    let result = match cli.command {
        Command::Build(args) => build(&args, lang),
        #[cfg(feature = "serve")]
        Command::Serve(args) => portico::preview::serve(&args, lang, |line| eprintln!("{line}")).map(|()| 0),
        #[cfg(not(feature = "serve"))]
        Command::Serve(_) => Err(anyhow::anyhow!("this program was built without the preview (feature `serve`)")),
        Command::New(args) => new(&args, lang),
        Command::Check(args) => checking::check(&args, lang),
        Command::Report(args) => reporting::report(&args, lang),
        Command::Publish(args) => publishing::publish(&args, lang),
        Command::Releases(args) => publishing::releases(&args, lang),
        Command::Rollback(args) => publishing::roll_back(&args, lang),
        Command::Diff(args) => publishing::diff(&args, lang),
        Command::Owners(args) => publishing::owners(&args, lang),
        Command::Deploy(args) => publishing::deploy(&args),
        Command::Completions { shell } => {
            clap_complete::generate(shell, &mut Cli::command(), "portico", &mut std::io::stdout());
            Ok(0)
        }
        Command::Schema { dir } => write_schemas(&dir),
        #[cfg(feature = "sidecar")]
        Command::VerifyAuction(args) => auctions::check(&args, lang),
    };
    match result {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("portico: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn build(args: &BuildArgs, lang: Lang) -> anyhow::Result<u8> {
    set_threads(args.threads)?;
    let mut request = args.request();
    if let Some(shard) = args.shard {
        request.sites = portico::source::share_of_sites(&request.root, shard)?;
        // No site at all would mean all sites.
        anyhow::ensure!(!request.sites.is_empty(), "--shard {}/{}: no site falls into this share; use fewer shares", shard.0, shard.1);
    }
    let bar = Bar::new(args.format == Format::Human && std::io::stderr().is_terminal(), lang);
    let mut kept = Kept::default();
    let outcome = match pipeline::build(&request, &bar, &mut kept) {
        Err(BuildError::Read(ReadError::BadGroup(diagnostics))) => Outcome::refused(diagnostics),
        other => other?,
    };
    bar.0.finish_and_clear();
    report(&outcome, &request.root, lang);
    if args.format == Format::Human {
        if let (Some(path), Some(why)) = (&request.explain, &outcome.explanation) {
            eprintln!("{path}: {}", explanation(why, lang));
        }
        eprintln!("{}", summary(&outcome, lang));
    }
    let indexed = if args.no_search { searching::Indexed::default() } else { searching::index(&request, &outcome, &kept, lang) };
    match args.format {
        Format::Json => println!("{}", searching::with(json(&outcome, lang), &indexed)),
        Format::Human => eprint!("{}", indexed.text),
    }
    // The process ends soon: freeing hundreds of thousands of items one by one would only delay it.
    std::mem::forget(kept);
    Ok(u8::from(outcome.errors() > 0))
}

fn set_threads(number: Option<usize>) -> anyhow::Result<()> {
    if let Some(number) = number {
        rayon::ThreadPoolBuilder::new().num_threads(number.max(1)).build_global()?;
    }
    Ok(())
}

fn report(outcome: &Outcome, root: &std::path::Path, lang: Lang) {
    eprint!("{}", report_text(outcome, root, lang));
}

fn report_text(outcome: &Outcome, root: &std::path::Path, lang: Lang) -> String {
    let line_of = |file: &str, line: u32| portico::source::line_of(root, file, line);
    Report { diagnostics: &outcome.diagnostics, lang, line_of }.to_string()
}

fn summary(o: &Outcome, lang: Lang) -> String {
    #[expect(clippy::cast_precision_loss, reason = "seconds for people")]
    let seconds = o.elapsed_ms as f64 / 1000.0;
    let (errors, warnings) = (o.errors(), o.warnings());
    match lang {
        Lang::Zh => format!(
            "{} 个站点，{} 个文件：写入 {}，未变 {}，删除 {}；错误 {errors}，警告 {warnings}；用时 {seconds:.2} 秒",
            o.sites, o.outputs, o.written, o.unchanged, o.removed
        ),
        Lang::En => format!(
            "{} sites, {} files: {} written, {} unchanged, {} removed; {errors} errors, {warnings} warnings; {seconds:.2} s",
            o.sites, o.outputs, o.written, o.unchanged, o.removed
        ),
    }
}

fn json(o: &Outcome, lang: Lang) -> serde_json::Value {
    let mut value = serde_json::json!({
        "sites": o.sites,
        "outputs": o.outputs,
        "written": o.written,
        "unchanged": o.unchanged,
        "removed": o.removed,
        "photos_made": o.developed,
        "errors": o.errors(),
        "warnings": o.warnings(),
        "elapsed_ms": o.elapsed_ms,
        "phases_ms": o.phases.iter().copied().collect::<std::collections::BTreeMap<_, _>>(),
        "diagnostics": o.diagnostics.iter().map(|d: &Diagnostic| d.to_json(lang)).collect::<Vec<_>>(),
    });
    if let Some(why) = &o.explanation {
        value["explanation"] = explanation(why, lang).into();
    }
    value
}

fn explanation(why: &Explanation, lang: Lang) -> String {
    let (zh, en) = match why {
        Explanation::NotPlanned => ("没有这个文件".to_string(), "no such output is planned".to_string()),
        Explanation::New => ("新文件".into(), "new".into()),
        Explanation::Unchanged => ("未变".into(), "unchanged".into()),
        Explanation::Lost => ("文件丢失或大小不符，已重新生成".into(), "the file was gone or of another size, and was made again".into()),
        Explanation::Kept => ("所属稿件有错误，保留上次的页面".into(), "its item has errors: the last good page stays".into()),
        Explanation::Moved(parts) => {
            let zh: Vec<&str> = parts.iter().map(|p| p.1).collect();
            let en: Vec<&str> = parts.iter().map(|p| p.0).collect();
            (format!("已更新，变化的部分：{}", zh.join("；")), format!("written, moved: {}", en.join(", ")))
        }
    };
    match lang {
        Lang::Zh => zh,
        Lang::En => en,
    }
}

fn new(args: &NewArgs, lang: Lang) -> anyhow::Result<u8> {
    portico::starter::create(&args.dir)?;
    let dir = args.dir.display();
    match lang {
        Lang::Zh => eprintln!("已在 {dir} 建好一个小网站群。预览：portico serve --root {dir}"),
        Lang::En => eprintln!("A small portal group is in {dir}. Look at it: portico serve --root {dir}"),
    }
    Ok(0)
}

fn write_schemas(dir: &std::path::Path) -> anyhow::Result<u8> {
    std::fs::create_dir_all(dir)?;
    for (name, text) in portico::source::schema::all() {
        std::fs::write(dir.join(name), text)?;
    }
    Ok(0)
}

/// A progress bar on a terminal, nothing elsewhere.
struct Bar(indicatif::ProgressBar, Lang);

impl Bar {
    fn new(shown: bool, lang: Lang) -> Self {
        let bar = if shown { indicatif::ProgressBar::new(0) } else { indicatif::ProgressBar::hidden() };
        if let Ok(style) = indicatif::ProgressStyle::with_template("{wide_bar} {pos}/{len} {elapsed}") {
            bar.set_style(style);
        }
        Self(bar, lang)
    }
}

impl Progress for Bar {
    fn waiting(&self) {
        let text = match self.1 {
            Lang::Zh => "另一个 portico 正在生成，等待中……",
            Lang::En => "another portico is building; waiting …",
        };
        eprintln!("{text}");
    }

    fn planned(&self, outputs: usize) {
        self.0.set_length(outputs as u64);
    }

    fn done(&self) {
        self.0.inc(1);
    }
}
