"""What the benches of the desks are run against: portico-sidecar over the sample group's desks, and a PostgreSQL of its own.

In: a built portico-sidecar; PostgreSQL's programs where Debian puts them. Out: running services, gone when the `with` ends.
"""
import contextlib
import glob
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


class Postgres:
    """A cluster in a temporary folder, reached by a socket there."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.programs = max(glob.glob("/usr/lib/postgresql/*/bin"))
        self.folder.chmod(0o777)
        self.run("initdb", "-D", f"{folder}/data", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8")
        self.start()

    def run(self, program, *arguments, check=True):
        # PostgreSQL refuses to run as root.
        user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        done = subprocess.run([*user, f"{self.programs}/{program}", *arguments], cwd=self.folder, capture_output=True, text=True)
        if check and done.returncode:
            raise RuntimeError(done.stderr)
        return done

    def start(self):
        options = f"-k {self.folder} -c listen_addresses= -c max_connections=100"
        while self.run("pg_ctl", "-D", f"{self.folder}/data", "-l", f"{self.folder}/log", "-o", options, "-w", "start", check=False).returncode:
            time.sleep(0.05)

    def kill(self):
        os.kill(int((self.folder / "data/postmaster.pid").read_text().split()[0]), signal.SIGKILL)

    def stop(self):
        self.run("pg_ctl", "-D", f"{self.folder}/data", "-m", "immediate", "stop", check=False)

    def ask(self, sql):
        return self.run("psql", "-h", str(self.folder), "-U", "postgres", "-Atc", sql).stdout.strip()

    @property
    def url(self):
        return f"postgres://postgres@localhost/postgres?host={self.folder}"


@contextlib.contextmanager
def postgres():
    folder = tempfile.mkdtemp(prefix="portico-bench-pg-", dir="/tmp")
    server = Postgres(folder)
    try:
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def sidecar(program, database=None):
    """The address of a running service without limits; its database is a SQLite file, or `database`."""
    with tempfile.TemporaryDirectory(prefix="portico-bench-") as folder:
        for part in ("sites", "themes"):
            shutil.copytree(ROOT / part, Path(folder) / part)
        settings = {"listen": "127.0.0.1:0", "secure": False, "letters_per_address": 0, "letters_per_desk": 0, "wrong_codes": 0}
        # JSON is YAML.
        (Path(folder) / "sidecar.yaml").write_text(json.dumps(settings | ({"database": database} if database else {})))
        service = subprocess.Popen([str(Path(program).resolve()), "--config", "sidecar.yaml"], cwd=folder, stderr=subprocess.PIPE, text=True)
        try:
            address = next(a for line in service.stderr if (a := json.loads(line).get("fields", {}).get("address")))
            # What it tells later goes by, so that it never waits for us.
            subprocess.Popen(["cat"], stdin=service.stderr, stdout=subprocess.DEVNULL)
            yield f"http://{address}"
        finally:
            service.terminate()
            service.wait()
