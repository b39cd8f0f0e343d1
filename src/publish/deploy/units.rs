//! Units of systemd: the publishing loop, and the side service.
//!
//! In: where things lie and who runs them. Out: the units' texts, each after a line that names its file.

use std::path::Path;

/// What either service may not do: everything but reading, writing its own folders, and talking over the network.
const CONFINED: &str = "\
NoNewPrivileges=yes
CapabilityBoundingSet=
ProtectSystem=strict
ProtectHome=read-only
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
ProtectProc=invisible
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged
SystemCallErrorNumber=EPERM
";

/// The units.
#[must_use]
pub fn units(program: &Path, root: &Path, store: &Path, user: &str) -> String {
    let (program, root, store) = (program.display(), root.display(), store.display());
    let common = format!("User={user}\nGroup={user}\n{CONFINED}Restart=on-failure\nRestartSec=5\n");
    format!(
        "# /etc/systemd/system/portico-publish.service\n[Unit]\nDescription=Portico：内容有变化或定时稿件到期即发布\nAfter=network-online.target\n\
         Wants=network-online.target\nRequiresMountsFor={store} {root}\n\n[Service]\nExecStart={program} publish --watch --allow-errors --root {root} --to {store}\n\
         ReadWritePaths={root} {store}\n{common}\n[Install]\nWantedBy=multi-user.target\n\n\
         # /etc/systemd/system/portico-sidecar.service\n[Unit]\nDescription=Portico 互动服务\nAfter=network-online.target\nWants=network-online.target\n\n\
         [Service]\nExecStart={program}-sidecar --config {root}/sidecar.yaml\nReadWritePaths={root}\nMemoryMax=1G\nTasksMax=200\nLimitNOFILE=65536\n{common}\n\
         [Install]\nWantedBy=multi-user.target\n"
    )
}
