//! A PostgreSQL of the tests' own: a cluster in a temporary folder, reached by a socket there, gone when the tests end.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicUsize, Ordering};

use portico::sidecar::store::Store;

/// The cluster, and the shell that ends it when this process is gone: its input is then closed.
struct Cluster {
    dir: PathBuf,
    _shell: Child,
}

/// Where PostgreSQL's programs lie.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin"));
    let found = versions.filter(|bin| bin.join("initdb").exists()).max();
    found.expect("PostgreSQL is missing: tests/run installs it (apt-get install postgresql)")
}

/// PostgreSQL refuses to run as root.
fn as_a_user(program: &Path) -> String {
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    if root { format!("runuser -u postgres -- {}", program.display()) } else { program.display().to_string() }
}

fn start() -> Cluster {
    let dir = PathBuf::from(String::from_utf8(Command::new("mktemp").args(["-d", "/tmp/portico-pg-XXXXXX"]).output().unwrap().stdout).unwrap().trim());
    let (initdb, postgres) = (as_a_user(&programs().join("initdb")), as_a_user(&programs().join("postgres")));
    let d = dir.display();
    let script = format!(
        "chmod 777 {d}; cd {d}; {initdb} -D {d}/data -U postgres -A trust -E UTF8 --locale=C.UTF-8 >{d}/log 2>&1 || exit 1
         {postgres} -D {d}/data -k {d} -c listen_addresses= -c max_connections=200 >>{d}/log 2>&1 &
         cat >/dev/null; kill -INT $(head -1 {d}/data/postmaster.pid); wait; rm -rf {d}"
    );
    let shell = Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let cluster = Cluster { dir, _shell: shell };
    for _ in 0..600 {
        if sql(&cluster, "SELECT 1") {
            return cluster;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    panic!("PostgreSQL does not start: {}", std::fs::read_to_string(cluster.dir.join("log")).unwrap_or_default());
}

fn sql(cluster: &Cluster, statement: &str) -> bool {
    let psql = programs().join("psql");
    let done = Command::new(psql).args(["-h", cluster.dir.to_str().unwrap(), "-U", "postgres", "-qc", statement]).output().unwrap();
    done.status.success()
}

/// The address of a fresh, empty PostgreSQL database.
pub fn postgres_url() -> String {
    static CLUSTER: OnceLock<Cluster> = OnceLock::new();
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let cluster = CLUSTER.get_or_init(start);
    let name = format!("t{}", NUMBER.fetch_add(1, Ordering::Relaxed));
    assert!(sql(cluster, &format!("CREATE DATABASE {name}")));
    format!("postgres://postgres@localhost/{name}?host={}", cluster.dir.display())
}

/// A cluster for one test alone, which it may stop and start.
pub struct Server(Cluster);

impl Server {
    pub fn new() -> Self {
        Self(start())
    }

    pub fn url(&self) -> String {
        format!("postgres://postgres@localhost/postgres?host={}", self.0.dir.display())
    }

    /// Runs a statement as its superuser, in a session that may write whatever the others may.
    pub fn run(&self, statement: &str) {
        assert!(sql(&self.0, statement), "{statement}");
    }

    /// Stops it as a power failure would.
    pub fn stop(&self) {
        self.control("-m immediate stop");
    }

    /// Kills all its processes: one that outlived the first for a moment could still keep a letter, and say so.
    pub fn kill(&self) {
        let file = std::fs::read_to_string(self.0.dir.join("data/postmaster.pid")).unwrap();
        let first = file.lines().next().unwrap();
        let others = Command::new("pgrep").args(["-P", first]).output().unwrap().stdout;
        // The first goes first, so that it starts no others; they may have ended by themselves when their turn comes.
        assert!(Command::new("kill").args(["-KILL", first]).status().unwrap().success());
        let _ = Command::new("kill").arg("-KILL").args(String::from_utf8(others).unwrap().split_whitespace()).stderr(Stdio::null()).status();
    }

    /// Starts it again, as soon as nothing is left of what was killed.
    pub fn start(&self) {
        let d = self.0.dir.display();
        while !self.try_control(&format!("-l {d}/log2 -o '-k {d} -c listen_addresses=' -w start")) {
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
    }

    fn control(&self, what: &str) {
        assert!(self.try_control(what), "pg_ctl {what}");
    }

    fn try_control(&self, what: &str) -> bool {
        let d = self.0.dir.display();
        let script = format!("cd {d}; {} -D {d}/data {what} >>{d}/log3 2>&1", as_a_user(&programs().join("pg_ctl")));
        Command::new("sh").args(["-c", &script]).status().unwrap().success()
    }
}

/// Runs a test on a fresh database of each kind.
pub fn on_both<F: Future<Output = ()>>(test: impl Fn(Store, String) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for url in [format!("sqlite:{}", folder.path().join("sidecar.db").display()), postgres_url()] {
        runtime.block_on(async {
            let (store, _) = Store::open(&url).await.unwrap();
            test(store, url).await;
        });
    }
}
