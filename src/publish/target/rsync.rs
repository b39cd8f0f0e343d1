//! A folder on this or another machine, by rsync and a shell.
//!
//! In: a release. Out: `FOLDER/releases/N-KEY` there, its unchanged files shared with the release that was live there, and the link
//! `FOLDER/live` renamed onto it. The other machine needs rsync and `sh`, nothing of Portico.

use std::process::{Command, Output};

use super::{Sent, TargetError};
use crate::publish::store::Store;
use crate::source::publishing::Target;

/// Where a target lies.
struct Place<'a> {
    target: &'a Target,
    /// `user@host`; this machine when there is none.
    host: Option<&'a str>,
    folder: &'a str,
}

pub(super) fn send(store: &Store, number: u64, target: &Target, place: &str, keep: usize) -> Result<Sent, TargetError> {
    let place = Place::of(target, place);
    let key = store.tree(number).unwrap_or_default();
    let name = format!("{number}-{}", key.get(..12).unwrap_or(&key));
    let folder = quoted(place.folder);
    let live = place.shell(&format!("mkdir -p {folder}/releases && cd {folder} && readlink live || true"))?;
    let live = live.trim().strip_prefix("releases/").unwrap_or("").to_string();
    if live == name {
        return Ok(Sent::Already);
    }
    // Only what was sent whole has its name without `.part`.
    if place.shell(&format!("cd {folder} && test -d releases/{name} && echo yes || true"))?.trim() != "yes" {
        place.copy(store, number, &name, &live)?;
    }
    place.shell(&format!(
        "cd {folder} && if [ -d releases/{name}.part ]; then mv -T releases/{name}.part releases/{name}; fi && sync && \
         ln -sfn releases/{name} live.new && mv -T live.new live && \
         ls releases | sort -n | head -n -{keep} | grep -vxF -e {name} -e {} | while read -r old; do rm -rf \"releases/$old\"; done",
        quoted(if live.is_empty() { &name } else { &live })
    ))?;
    Ok(Sent::Live(None))
}

impl<'a> Place<'a> {
    fn of(target: &'a Target, place: &'a str) -> Self {
        let remote = place.split_once(':').filter(|(host, _)| !host.contains('/'));
        let (host, folder) = remote.map_or((None, place), |(host, folder)| (Some(host), folder));
        Self { target, host, folder: folder.trim_end_matches('/') }
    }

    /// Runs a script where the target lies; gives what it says.
    fn shell(&self, script: &str) -> Result<String, TargetError> {
        let mut command = match self.host {
            None => Command::new("sh"),
            Some(host) => {
                let mut words = self.target.shell.as_deref().unwrap_or("ssh").split_whitespace();
                let mut command = Command::new(words.next().unwrap_or("ssh"));
                command.args(words).arg(host).arg("sh");
                command
            }
        };
        let script = if self.host.is_some() { quoted(script) } else { script.to_string() };
        self.said(command.arg("-c").arg(script).output())
    }

    /// Copies a release; files that are as in the live release there are shared with it.
    fn copy(&self, store: &Store, number: u64, name: &str, live: &str) -> Result<(), TargetError> {
        let mut command = Command::new("rsync");
        // Times to the nanosecond: two versions of a page may be as long as each other and of one second.
        command.args(["-rt", "--copy-links", "--delete", "--modify-window=-1", "--chmod=D755,F644"]);
        if !live.is_empty() {
            command.arg(format!("--link-dest=../{live}"));
        }
        if let (Some(shell), Some(_)) = (&self.target.shell, self.host) {
            command.arg("-e").arg(&**shell);
        }
        let to = format!("{}/releases/{name}.part/", self.folder);
        command.arg(format!("{}/releases/{number}/tree/", store.dir().display()));
        command.arg(self.host.map_or_else(|| to.clone(), |host| format!("{host}:{to}")));
        self.said(command.output()).map(drop)
    }

    fn said(&self, output: std::io::Result<Output>) -> Result<String, TargetError> {
        let failed = |text: String| TargetError::Failed(self.target.name.to_string(), text);
        let output = output.map_err(|e| failed(e.to_string()))?;
        if output.status.success() {
            Ok(String::from_utf8_lossy(&output.stdout).into_owned())
        } else {
            Err(failed(String::from_utf8_lossy(&output.stderr).trim().to_string()))
        }
    }
}

/// A text as one word of the shell.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "'\\''"))
}
