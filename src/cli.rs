//! The command line as typed commands.
//!
//! In: the arguments. Out: a [`Cli`]. Runs nothing.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::diagnostic::Lang;
use crate::pipeline::Request;
use crate::source::checking::FailOn;
use crate::source::front_matter::Audience;
use crate::source::publishing::Encoding;

/// Builds a portal group (网站群): many government sites from one content repository, in one run.
#[derive(Debug, Parser)]
#[command(name = "portico", version, about, after_help = "Exit status: 0 fine, 1 mistakes in the content, 2 the command or the machine failed.")]
pub struct Cli {
    /// Language of messages; by the locale when it is missing
    #[arg(long, global = true, value_enum)]
    pub lang: Option<LangArg>,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// Languages of messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// 中文
    Zh,
    /// English
    En,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Make a small working portal group to start from
    New(NewArgs),
    /// Build, watch and show all sites on one local port, reloading the browser
    Serve(ServeArgs),
    /// Build all sites
    Build(BuildArgs),
    /// Build all sites and look for what inspections, privacy and attackers would find
    Check(CheckArgs),
    /// Write who published what in a month: pages, CSV and Markdown
    Report(ReportArgs),
    /// Build all sites, check them, and make them live at once
    Publish(PublishArgs),
    /// List the releases: who published what and when, and which is live
    Releases(ReleasesArgs),
    /// Make an earlier release live again
    Rollback(RollbackArgs),
    /// List what is other in one release than in another
    Diff(DiffArgs),
    /// Refuse pushed commits that change what belongs to another office (sites/owners.yaml)
    Owners(OwnersArgs),
    /// Print configuration for what serves and publishes the sites; writes nothing
    Deploy(DeployArgs),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: clap_complete::Shell,
    },
    /// Write the JSON Schemas of settings and front matter
    Schema {
        /// Folder to write them to
        #[arg(default_value = "docs/schema")]
        dir: PathBuf,
    },
    /// Check the published record of an auction: every entry, its order, its signature, and the rules
    #[cfg(feature = "sidecar")]
    VerifyAuction(VerifyArgs),
}

/// `portico verify-auction`
#[cfg(feature = "sidecar")]
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// The record, a JSON file or its address
    #[arg(value_name = "FILE|URL")]
    pub record: String,
    /// A bidder's receipt that the record must agree with; may be given several times
    #[arg(long, value_name = "FILE")]
    pub receipt: Vec<PathBuf>,
    /// The public key the record must be signed with, as the procurement centre tells it
    #[arg(long, value_name = "HEX")]
    pub key: Option<String>,
}

/// `portico new`
#[derive(Debug, Args)]
pub struct NewArgs {
    /// The folder to make; it must not exist or be empty
    pub dir: PathBuf,
}

/// What every command that builds takes.
#[derive(Debug, Args)]
pub struct SourceArgs {
    /// The portal group's folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub root: PathBuf,
    /// Only these sites, by id; may be given several times
    #[arg(long = "site", value_name = "ID")]
    pub sites: Vec<String>,
    /// For whom: items marked `audience: internal` are left out of public builds
    #[arg(long, value_enum, default_value = "public")]
    pub audience: AudienceArg,
    /// With drafts
    #[arg(long)]
    pub drafts: bool,
    /// Build as of this moment: 2026-11-03, 2026-11-03 09:30 or RFC 3339; now when it is missing
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
}

/// Where releases lie.
#[derive(Debug, Args)]
pub struct StoreArgs {
    /// The portal group's folder
    #[arg(long, default_value = ".", value_name = "DIR")]
    pub root: PathBuf,
    /// The folder of releases [default: `publish.folder` of sites/group.yaml, else ROOT/releases]
    #[arg(long, value_name = "DIR")]
    pub to: Option<PathBuf>,
}

/// `portico publish`
#[derive(Debug, Args)]
pub struct PublishArgs {
    /// Where releases lie.
    #[command(flatten)]
    pub store: StoreArgs,
    /// For whom: items marked `audience: internal` are left out of public releases
    #[arg(long, value_enum, default_value = "public")]
    pub audience: AudienceArg,
    /// Build as of this moment; now when it is missing
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// Another base address than the group's domain
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Forget earlier builds and make everything again
    #[arg(long)]
    pub clean: bool,
    /// Publish in spite of errors: what is broken stays as it was, everything else becomes live; the release's record says so
    #[arg(long)]
    pub allow_errors: bool,
    /// From which findings of `portico check` on nothing is published [default: `check.fail_on` of sites/group.yaml, else error]
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOnArg>,
    /// Who publishes [default: $PORTICO_BY, else Git's user, else $USER]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
    /// The commit of the content [default: Git's HEAD in ROOT]
    #[arg(long, value_name = "COMMIT")]
    pub commit: Option<String>,
    /// Publish a commit of this repository: it is laid out in ROOT first. Left to the publisher that watches, when there is one
    #[arg(long, value_name = "REPOSITORY", requires = "commit", conflicts_with = "watch")]
    pub from: Option<PathBuf>,
    /// How many releases are kept [default: `publish.keep`, else 10]
    #[arg(long, value_name = "K")]
    pub keep: Option<usize>,
    /// Publish now, and again whenever the content changes or something scheduled is due
    #[arg(long)]
    pub watch: bool,
    /// Fail when another publisher is at work, instead of waiting
    #[arg(long)]
    pub no_wait: bool,
    /// How to report: for people, or one JSON object on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
    /// Leave the search index as it is
    #[arg(long)]
    pub no_search: bool,
    /// Threads; all processors when it is missing
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// `portico check`
#[derive(Debug, Args)]
pub struct CheckArgs {
    /// What to check.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The output folder that is built and looked at [default: ROOT/out]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// How to report, on stdout
    #[arg(long, value_enum, default_value = "table")]
    pub format: CheckFormat,
    /// The folder of the pages, with --format html [default: ROOT/reports/check]
    #[arg(long, value_name = "DIR")]
    pub report: Option<PathBuf>,
    /// Also ask outside links whether they open: each host one address a second
    #[arg(long)]
    pub online: bool,
    /// From which findings on the exit status is 1 [default: `check.fail_on` of sites/group.yaml, else error]
    #[arg(long, value_enum)]
    pub fail_on: Option<FailOnArg>,
    /// Threads; all processors when it is missing
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// Formats of a check's report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum CheckFormat {
    /// For people
    Table,
    /// One JSON object
    Json,
    /// SARIF 2.1.0, for code hosts and editors
    Sarif,
    /// Static pages, with what changed since the check before
    Html,
}

/// `portico report`
#[derive(Debug, Args)]
pub struct ReportArgs {
    /// The month, 2026-10
    #[arg(long, value_name = "MONTH", value_parser = parse_month)]
    pub month: String,
    /// Where releases lie.
    #[command(flatten)]
    pub store: StoreArgs,
    /// For whom: a public report has no internal items and does not name what checks found [default: `report.audience`, else internal]
    #[arg(long, value_enum)]
    pub audience: Option<AudienceArg>,
    /// As of this moment; now when it is missing
    #[arg(long, value_name = "TIME")]
    pub at: Option<String>,
    /// The output folder that is built and looked at [default: ROOT/out for the public, else ROOT/out-internal]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Where the sidecar counts what citizens look for [default: ROOT/.portico/searches]
    #[arg(long, value_name = "DIR")]
    pub searches: Option<PathBuf>,
    /// The folder of the report [default: ROOT/reports/MONTH]
    #[arg(long = "report", value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// Reads `2026-10`.
fn parse_month(text: &str) -> Result<String, String> {
    let parts = text.split_once('-').filter(|(y, m)| y.len() == 4 && m.len() == 2);
    let month = parts.and_then(|(y, m)| Some((y.parse::<u16>().ok()?, m.parse::<u8>().ok()?))).filter(|(_, m)| (1..=12).contains(m));
    month.map(|_| text.to_string()).ok_or_else(|| "write a month such as 2026-10".to_string())
}

/// From which findings on something is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FailOnArg {
    /// From errors on
    Error,
    /// From warnings on
    Warning,
    /// Never
    Never,
}

impl From<FailOnArg> for FailOn {
    fn from(arg: FailOnArg) -> Self {
        match arg {
            FailOnArg::Error => Self::Error,
            FailOnArg::Warning => Self::Warning,
            FailOnArg::Never => Self::Never,
        }
    }
}

/// `portico releases`
#[derive(Debug, Args)]
pub struct ReleasesArgs {
    /// Where releases lie.
    #[command(flatten)]
    pub store: StoreArgs,
    /// For people, or one JSON object on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// `portico rollback`
#[derive(Debug, Args)]
pub struct RollbackArgs {
    /// Where releases lie.
    #[command(flatten)]
    pub store: StoreArgs,
    /// The release to go back to [default: the one before the live one]
    pub number: Option<u64>,
    /// Who goes back [default: $PORTICO_BY, else Git's user, else $USER]
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

/// `portico diff`
#[derive(Debug, Args)]
pub struct DiffArgs {
    /// Where releases lie.
    #[command(flatten)]
    pub store: StoreArgs,
    /// The earlier release
    pub old: u64,
    /// The later release
    pub new: u64,
    /// For people, or one JSON object on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
}

/// `portico owners`
#[derive(Debug, Args)]
pub struct OwnersArgs {
    /// The Git repository that is pushed to
    #[arg(long, value_name = "DIR")]
    pub repository: PathBuf,
    /// The commit that the branch stood at before
    pub old: String,
    /// The commit that is pushed
    pub new: String,
}

/// `portico deploy`
#[derive(Debug, Args)]
pub struct DeployArgs {
    /// For what
    #[arg(value_enum)]
    pub what: Deployed,
    /// Where releases lie.
    #[command(flatten)]
    pub store: StoreArgs,
    /// One rule for all sub-domains: a new site needs no new configuration
    #[arg(long)]
    pub wildcard: bool,
    /// The certificate for HTTPS (with --key); without one, plain HTTP behind something that does HTTPS
    #[arg(long, value_name = "FILE", requires = "key")]
    pub certificate: Option<PathBuf>,
    /// The certificate's key
    #[arg(long, value_name = "FILE", requires = "certificate")]
    pub key: Option<PathBuf>,
    /// The port of plain HTTP
    #[arg(long, default_value_t = 80, value_name = "PORT")]
    pub port: u16,
    /// Where the side service listens, e.g. 127.0.0.1:8090; without it, there is none
    #[arg(long, value_name = "ADDRESS")]
    pub service: Option<String>,
    /// The compressed copies that the server can hand out; nginx needs a module for brotli and for zstd [default: gzip for nginx, what
    /// is published for Caddy]
    #[arg(long, value_enum, value_name = "ENCODING", value_delimiter = ',')]
    pub encodings: Option<Vec<EncodingArg>>,
    /// Where the bucket is read [default: that of the first target with `s3`] (bucket-nginx)
    #[arg(long, value_name = "URL")]
    pub bucket: Option<String>,
    /// Where the script lies (bucket-nginx)
    #[arg(long, default_value = "/etc/nginx/portico.js", value_name = "FILE")]
    pub script: String,
    /// A folder in which nginx keeps what it fetched (bucket-nginx)
    #[arg(long, default_value = "/var/cache/nginx/portico", value_name = "DIR")]
    pub cache: String,
    /// The user that publishes (systemd)
    #[arg(long, default_value = "portico", value_name = "USER")]
    pub user: String,
    /// The branch that is published (git-hook)
    #[arg(long, default_value = "main", value_name = "BRANCH")]
    pub branch: String,
}

/// What configuration can be printed for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Deployed {
    /// The web server nginx
    Nginx,
    /// The web server Caddy
    Caddy,
    /// nginx in front of object storage, following the pointer there
    BucketNginx,
    /// The script it needs
    BucketScript,
    /// Units of systemd: the publishing loop, the side service
    Systemd,
    /// The hook of a bare content repository
    GitHook,
    /// The page that every address answers during maintenance
    MaintenancePage,
}

/// Encodings of compressed copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum EncodingArg {
    /// Every server and browser
    Gzip,
    /// Smaller
    Brotli,
    /// Faster
    Zstd,
}

impl From<EncodingArg> for Encoding {
    fn from(arg: EncodingArg) -> Self {
        match arg {
            EncodingArg::Gzip => Self::Gzip,
            EncodingArg::Brotli => Self::Brotli,
            EncodingArg::Zstd => Self::Zstd,
        }
    }
}

/// Audiences.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AudienceArg {
    /// Everyone
    Public,
    /// The administration's own network
    Internal,
}

/// `portico build`
#[derive(Debug, Args)]
pub struct BuildArgs {
    /// What to build.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The output folder, one folder a sub-domain [default: ROOT/out]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Another base address, e.g. https://test.example or `https://{site}.test.example` [default: https://{site}.DOMAIN]
    #[arg(long, value_name = "URL")]
    pub base_url: Option<String>,
    /// Forget earlier builds and make everything again
    #[arg(long)]
    pub clean: bool,
    /// Build only the I-th of N shares of the sites: the shares of N machines together are the whole, byte for byte
    #[arg(long, value_name = "I/N", value_parser = parse_shard, conflicts_with = "sites")]
    pub shard: Option<(u32, u32)>,
    /// Say why this output (a path in the output folder) is or is not written
    #[arg(long, value_name = "PATH")]
    pub explain: Option<String>,
    /// How to report: for people, or one JSON object on stdout
    #[arg(long, value_enum, default_value = "human")]
    pub format: Format,
    /// Leave the search index as it is
    #[arg(long)]
    pub no_search: bool,
    /// Threads; all processors when it is missing
    #[arg(long, value_name = "N")]
    pub threads: Option<usize>,
}

/// Reads `2/5`: the second of five shares.
fn parse_shard(text: &str) -> Result<(u32, u32), String> {
    let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
    parts.filter(|(i, n)| (1..=*n).contains(i)).ok_or_else(|| "write I/N, with I from 1 to N".to_string())
}

/// Formats of reports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people, on stderr
    Human,
    /// One JSON object on stdout
    Json,
}

/// `portico serve`
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// What to build.
    #[command(flatten)]
    pub source: SourceArgs,
    /// The port
    #[arg(long, default_value_t = 8080)]
    pub port: u16,
    /// The address to listen on
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub listen: std::net::IpAddr,
}

impl Cli {
    /// The language of messages: `--lang`, else the locale (`LC_ALL`, `LC_MESSAGES`, `LANG`), else Chinese.
    #[must_use]
    pub fn language(&self) -> Lang {
        match self.lang {
            Some(LangArg::Zh) => Lang::Zh,
            Some(LangArg::En) => Lang::En,
            None => locale_language(),
        }
    }
}

/// The language of the locale.
#[must_use]
pub fn locale_language() -> Lang {
    let set = |name: &str| std::env::var(name).ok().filter(|v| !v.is_empty());
    let locale = set("LC_ALL").or_else(|| set("LC_MESSAGES")).or_else(|| set("LANG"));
    Lang::of_locale(&locale.unwrap_or_default())
}

impl SourceArgs {
    /// The request these arguments make, for an output folder.
    #[must_use]
    pub fn request(&self, out: PathBuf) -> Request {
        Request {
            root: self.root.clone(),
            out,
            sites: self.sites.clone(),
            audience: self.audience.into(),
            drafts: self.drafts,
            base_url: None,
            at: self.at.clone(),
            clean: false,
            explain: None,
        }
    }
}

impl From<AudienceArg> for Audience {
    fn from(arg: AudienceArg) -> Self {
        match arg {
            AudienceArg::Public => Self::Public,
            AudienceArg::Internal => Self::Internal,
        }
    }
}

impl PublishArgs {
    /// The build these arguments ask for; its output folder is the store's to choose.
    #[must_use]
    pub fn request(&self) -> Request {
        Request {
            root: self.store.root.clone(),
            out: PathBuf::new(),
            sites: Vec::new(),
            audience: self.audience.into(),
            drafts: false,
            base_url: self.base_url.clone(),
            at: self.at.clone(),
            clean: self.clean,
            explain: None,
        }
    }
}

impl ReportArgs {
    /// The build that is reported on. What is internal never comes into the folder of the public sites.
    #[must_use]
    pub fn request(&self, audience: Audience) -> Request {
        Request {
            root: self.store.root.clone(),
            out: self.out.clone().unwrap_or_else(|| self.store.root.join(if audience == Audience::Public { "out" } else { "out-internal" })),
            sites: Vec::new(),
            audience,
            drafts: false,
            base_url: None,
            at: self.at.clone(),
            clean: false,
            explain: None,
        }
    }
}

impl CheckArgs {
    /// The build that is checked.
    #[must_use]
    pub fn request(&self) -> Request {
        self.source.request(self.out.clone().unwrap_or_else(|| self.source.root.join("out")))
    }
}

impl BuildArgs {
    /// The request these arguments make.
    #[must_use]
    pub fn request(&self) -> Request {
        let out = self.out.clone().unwrap_or_else(|| self.source.root.join("out"));
        Request { base_url: self.base_url.clone(), clean: self.clean, explain: self.explain.clone(), ..self.source.request(out) }
    }
}
