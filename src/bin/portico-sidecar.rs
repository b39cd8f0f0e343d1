//! `portico-sidecar`: parse, run one command, print, exit.

#![expect(clippy::print_stdout, clippy::print_stderr, reason = "this is where the program speaks")]

use std::io::{BufRead, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use clap::{Parser, Subcommand};
use portico::cli::locale_language;
use portico::diagnostic::Report;
use portico::sidecar::accounts::Grant;
use portico::sidecar::bidding::Auctioneer;
use portico::sidecar::configuration::Configuration;
use portico::sidecar::finding::IndexSource;
use portico::sidecar::import;
use portico::sidecar::password::{SHORTEST, hashed};
use portico::sidecar::service::{FrameSource, Sidecar, Sources, steady_clock};
use portico::sidecar::store::Store;
use portico::sidecar::store::accounts::{self, Account};
use portico::sidecar::web;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The service beside the static sites: mailboxes and every desk like them
#[derive(Parser)]
#[command(version)]
struct Arguments {
    /// The configuration file; without it, the group in this folder with a SQLite database in .portico/
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Serve until Ctrl-C or SIGTERM (what is done without a command)
    Serve,
    /// Check the configuration and the desks
    Check,
    /// Create an account that keeps the accounts; its password is read from standard input
    CreateAdmin {
        /// The name to sign in with
        name: String,
        /// Other roles besides, such as `centre@www`
        grants: Vec<String>,
    },
    /// Copy the whole SQLite database into a new file, while it is being used
    Backup {
        /// The new file
        file: PathBuf,
    },
    /// Put a backup in place of a SQLite database; the service must not be running
    Restore {
        /// The backup
        file: PathBuf,
        /// Replace a database that is there
        #[arg(long)]
        replace: bool,
    },
    /// Bring the search index up to the group, making it when there is none
    Index,
    /// Check that the database still says of every auction and vendor what the service wrote there
    Audit,
    /// Import answered letters from a CSV file, published as the desk's rules say
    Import {
        /// The desk's id
        desk: String,
        /// The CSV file, see the manual
        file: PathBuf,
    },
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = std::env::var("PORTICO_LOG").unwrap_or_else(|_| "info,sqlx=warn".into());
    tracing_subscriber::fmt().json().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(arguments) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("portico-sidecar: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<ExitCode> {
    let file = arguments.config.clone();
    let Some(configuration) = configuration(arguments.config)? else { return Ok(ExitCode::from(1)) };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    match arguments.command.unwrap_or(Command::Serve) {
        Command::Serve => {
            let source = sources(&configuration, file);
            runtime.block_on(serve(configuration, source))?;
            // An index that is being made goes on by itself.
            runtime.shutdown_timeout(Duration::from_secs(1));
        }
        Command::Index => index(&configuration)?,
        Command::Check => return check(&configuration),
        Command::CreateAdmin { name, grants } => runtime.block_on(create_admin(&configuration, &name, &grants))?,
        Command::Backup { file } => runtime.block_on(async {
            let (store, _) = Store::open(&configuration.database).await?;
            store.copy_to(&file.display().to_string()).await
        })?,
        Command::Restore { file, replace } => runtime.block_on(restore(&configuration, &file, replace))?,
        Command::Audit => return runtime.block_on(audit(configuration)),
        Command::Import { desk, file: letters } => {
            let source = sources(&configuration, file);
            let done = runtime.block_on(import(configuration, source, &desk, &letters))?;
            println!("{done}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The configuration; nothing after its mistakes have been told.
fn configuration(file: Option<PathBuf>) -> anyhow::Result<Option<Configuration>> {
    let (text, name) = match &file {
        Some(file) => (std::fs::read_to_string(file).with_context(|| file.display().to_string())?, file.display().to_string()),
        None => (String::new(), "sidecar.yaml".to_string()),
    };
    match Configuration::read(&text, &name, &|variable| std::env::var(variable).ok()) {
        Ok(configuration) => Ok(Some(configuration)),
        Err(found) => {
            let line_of = |_: &str, line: u32| text.lines().nth(line as usize - 1).map(String::from);
            eprint!("{}", Report { diagnostics: &found, lang: locale_language(), line_of });
            Ok(None)
        }
    }
}

fn check(configuration: &Configuration) -> anyhow::Result<ExitCode> {
    let root = &configuration.root;
    let (desks, found) = match portico::sidecar::desk::Desks::load(root) {
        Ok((desks, found)) => (desks.desks.len(), found),
        Err(found) => (0, found),
    };
    let line_of = |file: &str, line: u32| portico::source::line_of(root, file, line);
    eprint!("{}", Report { diagnostics: &found, lang: locale_language(), line_of });
    println!("{desks} desks");
    Ok(ExitCode::from(u8::from(found.iter().any(portico::diagnostic::Diagnostic::is_error))))
}

fn frames(configuration: &Configuration) -> FrameSource {
    let (root, base) = (configuration.root.clone(), configuration.base_url.clone());
    Box::new(move || Ok(portico::pipeline::frames(&root, base.as_deref())?.0))
}

/// A child of this program makes the index: what that takes is given back when it ends.
fn child(config: Option<PathBuf>) -> IndexSource {
    Box::new(move || {
        let mut command = std::process::Command::new(std::env::current_exe()?);
        command.args(config.iter().flat_map(|file| [std::ffi::OsStr::new("--config"), file.as_os_str()])).arg("index");
        let status = command.stdin(std::process::Stdio::null()).stdout(std::process::Stdio::null()).status()?;
        anyhow::ensure!(status.success(), "portico-sidecar index: {status}");
        Ok(())
    })
}

fn sources(configuration: &Configuration, config: Option<PathBuf>) -> Sources {
    Sources { frames: frames(configuration), index: child(config) }
}

fn index(configuration: &Configuration) -> anyhow::Result<()> {
    let root = &configuration.root;
    let request = portico::pipeline::Request {
        root: root.clone(),
        out: root.join("out"),
        sites: Vec::new(),
        audience: portico::source::front_matter::Audience::Public,
        drafts: false,
        base_url: None,
        at: None,
        clean: false,
        explain: None,
    };
    let done = portico::pipeline::index_again(&request, &configuration.search)?;
    println!("{} documents, {} made, {} removed, {} ms", done.documents, done.made, done.removed, done.elapsed_ms);
    Ok(())
}

async fn serve(configuration: Configuration, sources: Sources) -> anyhow::Result<()> {
    let listen = configuration.listen;
    prepare_folder(&configuration)?;
    let (sidecar, writing) = Sidecar::open(configuration, sources, steady_clock()).await?;
    let finding = sidecar.finding.clone();
    let listener = tokio::net::TcpListener::bind(listen).await.with_context(|| listen.to_string())?;
    tracing::info!(address = %listener.local_addr()?, desks = sidecar.desks().desks.len(), "serving");
    let looking_after = tokio::spawn(Arc::clone(&sidecar).look_after());
    let live = sidecar.live.clone();
    let stop = async move {
        stopped().await;
        // Who watches an auction would keep us waiting for ever.
        live.end();
    };
    let service = web::router(sidecar).into_make_service_with_connect_info::<SocketAddr>();
    axum::serve(listener, service).with_graceful_shutdown(stop).await?;
    looking_after.abort();
    if let Err(cause) = finding.tally.write() {
        tracing::error!(%cause, "what was looked for in the last minute is not counted");
    }
    // The last holders of the writer are gone with the server; what was taken is written before we go.
    let _ = tokio::time::timeout(Duration::from_secs(10), writing).await;
    tracing::info!("stopped");
    Ok(())
}

/// The folder of the usual SQLite database.
fn prepare_folder(configuration: &Configuration) -> anyhow::Result<()> {
    let usual = configuration.root.join(".portico");
    if configuration.database.contains(&*usual.to_string_lossy()) {
        std::fs::create_dir_all(&usual).with_context(|| usual.display().to_string())?;
    }
    Ok(())
}

/// Ctrl-C or SIGTERM.
async fn stopped() {
    let mut term = match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
        Ok(term) => term,
        Err(_) => return std::future::pending().await,
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        _ = term.recv() => {}
    }
}

async fn create_admin(configuration: &Configuration, name: &str, grants: &[String]) -> anyhow::Result<()> {
    let mut all = vec![Grant::parse("admin@*").context("admin@*")?];
    for grant in grants {
        all.push(Grant::parse(grant).with_context(|| format!("`{grant}` is no role at a site, such as centre@www"))?);
    }
    if std::io::stdin().is_terminal() {
        eprint!("密码 / password: ");
    }
    let mut password = String::new();
    std::io::stdin().lock().read_line(&mut password)?;
    let password = password.trim_end_matches(['\r', '\n']);
    anyhow::ensure!(password.chars().count() >= SHORTEST, "a password has at least {SHORTEST} characters");
    prepare_folder(configuration)?;
    let (store, _) = Store::open(&configuration.database).await?;
    let account = Account { name: name.into(), full_name: name.into(), password: hashed(password)?, grants: all, ..Account::default() };
    store.write(vec![accounts::add(&account)]).await.with_context(|| format!("the account {name}"))?;
    println!("{name}");
    Ok(())
}

async fn restore(configuration: &Configuration, file: &std::path::Path, replace: bool) -> anyhow::Result<()> {
    let to = configuration.database.strip_prefix("sqlite:").context("PostgreSQL has its own pg_restore")?;
    let to = PathBuf::from(to.split('?').next().unwrap_or(to).trim_start_matches("//"));
    anyhow::ensure!(replace || !to.exists(), "{} is there; --replace puts the backup in its place", to.display());
    prepare_folder(configuration)?;
    let new = to.with_extension("restored");
    std::fs::copy(file, &new).with_context(|| file.display().to_string())?;
    std::fs::File::open(&new)?.sync_all()?;
    // Opening it proves that it is a database of ours, of this version or an earlier one.
    let (store, writing) = Store::open(&format!("sqlite:{}", new.display())).await?;
    store.ready().await?;
    store.close().await;
    drop(store);
    writing.await?;
    for ending in ["-wal", "-shm"] {
        let _ = std::fs::remove_file(format!("{}{ending}", to.display()));
    }
    std::fs::rename(&new, &to)?;
    println!("{}", to.display());
    Ok(())
}

async fn audit(configuration: Configuration) -> anyhow::Result<ExitCode> {
    let (store, _) = Store::open(&configuration.database).await?;
    let clock = Arc::from(steady_clock());
    let (auctioneer, _) = Auctioneer::start(store.clone(), Arc::new(configuration.signer()?), clock);
    let found = portico::sidecar::audit::everything(&store, &auctioneer).await?;
    for fault in &found {
        println!("{fault}");
    }
    println!("{} faults", found.len());
    Ok(ExitCode::from(u8::from(!found.is_empty())))
}

async fn import(configuration: Configuration, sources: Sources, desk: &str, file: &std::path::Path) -> anyhow::Result<String> {
    let text = std::fs::read_to_string(file).with_context(|| file.display().to_string())?;
    prepare_folder(&configuration)?;
    let (sidecar, _) = Sidecar::open(configuration, sources, steady_clock()).await?;
    let desks = sidecar.desks();
    let desk = desks.desks.get(desk).with_context(|| format!("there is no desk {desk}"))?;
    let records = match import::read(&text, &file.display().to_string(), desk, &desks) {
        Ok(records) => records,
        Err(found) => {
            eprint!(
                "{}",
                Report { diagnostics: &found, lang: locale_language(), line_of: |_: &str, line: u32| text.lines().nth(line as usize - 1).map(String::from) }
            );
            anyhow::bail!("nothing was imported");
        }
    };
    let (taken, there) = import::keep(&sidecar.casework.store, records).await?;
    portico::sidecar::bulletin::publish(&sidecar).await;
    Ok(format!("{taken} imported, {there} were there already"))
}
