"""Starts portico-sidecar over a copy of the sample group's desks, signs an officer in, and lets Schemathesis loose on it.

In: the program and Schemathesis; EXAMPLES, DATABASE. Out: Schemathesis' exit status; 2 when the program does not start or has died.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from pathlib import Path

PASSWORD = "yunxiu-schemathesis"
CHECKS = "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance"


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def lay_out(folder):
    for part in ("sites", "themes"):
        shutil.copytree(part, folder / part)
    settings = {"listen": "127.0.0.1:0", "secure": False, "letters_per_address": 0, "letters_per_desk": 0, "wrong_codes": 0, "searches_per_address": 0}
    if os.environ.get("DATABASE"):
        settings["database"] = os.environ["DATABASE"]
    # JSON is YAML.
    (folder / "sidecar.yaml").write_text(json.dumps(settings))


def start(command, folder):
    """The running program and its address."""
    service = subprocess.Popen(command, cwd=folder, stderr=subprocess.PIPE, text=True)
    for line in service.stderr:
        if address := json.loads(line).get("fields", {}).get("address"):
            return service, f"http://{address}"
    sys.exit(f"{command[0]} does not start")


def sign_in(base):
    """The headers of a session: its cookie and its form token."""
    form = urllib.parse.urlencode({"name": "boss", "password": PASSWORD}).encode()
    try:
        urllib.request.build_opener(NoRedirect).open(f"{base}/-/office/sign-in", form)
    except urllib.error.HTTPError as answer:
        cookie = answer.headers["Set-Cookie"].split(";")[0]
    request = urllib.request.Request(f"{base}/-/office", headers={"Cookie": cookie})
    page = urllib.request.urlopen(request).read().decode()
    return {"Cookie": cookie, "X-CSRF-Token": re.search('name="csrf" value="([^"]+)"', page)[1]}


def main(program, schemathesis):
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        lay_out(folder)
        command = [program, "--config", "sidecar.yaml"]
        subprocess.run([*command, "create-admin", "boss", "centre@*"], cwd=folder, input=f"{PASSWORD}\n", text=True, check=True, stdout=sys.stderr)
        service, base = start(command, folder)
        # What it tells later goes by, so that it never waits for us.
        subprocess.Popen(["cat"], stdin=service.stderr, stdout=subprocess.DEVNULL)
        headers = [part for name, value in sign_in(base).items() for part in ("-H", f"{name}: {value}")]
        examples = os.environ.get("EXAMPLES", "50")
        run = [schemathesis, "run", f"{base}/-/api/openapi.json", "--checks", CHECKS, "--max-examples", examples, "--seed", "20261121", "--no-color"]
        done = subprocess.run([*run, "--generation-database", "none", "--workers", "2", "--request-timeout", "10", *headers], cwd=folder)
        died = service.poll() is not None
        service.terminate()
        service.wait()
        return 2 if died else done.returncode


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
