//! How the service is set up: a YAML file, then the environment.
//!
//! In: the file's text and variables `PORTICO_SIDECAR_…`. Out: a [`Configuration`], or diagnostics with places. Secrets may stand in the
//! environment only (`PORTICO_SIDECAR_DATABASE`, `…_MAIL_SERVER`, `…_WEBHOOK_SECRET`, `…_SIGNING_KEY`).

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use anyhow::Context;
use jiff::tz::TimeZone;

use super::auction::record::Signer;
use super::seal::random;
use super::sign_on::{SignOn, is_private};
use crate::diagnostic::{Diagnostic, Place};
use crate::source::fields::{Fields, FromNode};
use crate::source::yaml::{self, Node};

/// Where mail goes out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Mail {
    /// `smtps://user:password@host` or `smtp://host:25`.
    pub server: String,
    /// `云岫市市长信箱 <noreply@yunxiu.gov.example>`
    pub from: String,
}

/// Where events are sent to: an SMS gateway, an office system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Webhook {
    /// An address.
    pub url: String,
    /// What the signature is made with.
    pub secret: String,
}

/// How the service is set up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    /// The group's folder: `sites/`, `themes/`, `content/`.
    pub root: PathBuf,
    /// `sqlite:PATH` or `postgres://…`
    pub database: String,
    /// Where it listens.
    pub listen: SocketAddr,
    /// Whether citizens reach it by https: cookies are then bound to the host and to https.
    pub secure: bool,
    /// Whether a proxy stands before it that appends the citizen's address to `X-Forwarded-For`.
    pub behind_proxy: bool,
    /// Another base address of the sites than the group's domain: `http://{site}.localhost:8080`.
    pub base_url: Option<String>,
    /// The folder of the search index.
    pub search: PathBuf,
    /// Questions to the search index a minute from one address; 0: any number.
    pub searches_per_address: i64,
    /// Letters an hour from one address.
    pub letters_per_address: i64,
    /// Letters an hour at one desk.
    pub letters_per_desk: i64,
    /// Wrong receipt codes or passwords an hour from one address.
    pub wrong_codes: i64,
    /// Days after which personal data of closed cases is erased; 0: never.
    pub retention_days: i64,
    /// Whether published replies are committed to git.
    pub git: bool,
    /// Mail, if notices are sent by it.
    pub mail: Option<Mail>,
    /// The webhook, if there is one.
    pub webhook: Option<Webhook>,
    /// The file that holds the key auctions' records are signed with; made when it is missing.
    pub signing_key_file: PathBuf,
    /// The key itself, from the environment: then there is no file.
    pub signing_key: Option<String>,
    /// The identity provider, if there is one.
    pub sign_on: Option<SignOn>,
}

impl Configuration {
    /// What holds where nothing is said: a database inside the group's `.portico/`.
    #[must_use]
    pub fn of_root(root: PathBuf) -> Self {
        Self {
            database: format!("sqlite:{}", root.join(".portico/sidecar.db").display()),
            signing_key_file: root.join(".portico/auction.key"),
            search: root.join(".portico/search"),
            searches_per_address: 60,
            root,
            listen: SocketAddr::from(([127, 0, 0, 1], 8090)),
            secure: true,
            behind_proxy: false,
            base_url: None,
            letters_per_address: 20,
            letters_per_desk: 3000,
            wrong_codes: 20,
            retention_days: 0,
            git: false,
            mail: None,
            webhook: None,
            signing_key: None,
            sign_on: None,
        }
    }

    /// The signer of auctions' records. Its key is not in the database, so that nobody who can write there can sign.
    ///
    /// # Errors
    /// When the key's file cannot be read or made, or holds no key.
    pub fn signer(&self) -> anyhow::Result<Signer> {
        let told = |what: &dyn std::fmt::Display| format!("{}: {what}", self.signing_key_file.display());
        if let Some(seed) = &self.signing_key {
            return Signer::new(seed).context("PORTICO_SIDECAR_SIGNING_KEY");
        }
        match std::fs::read_to_string(&self.signing_key_file) {
            Ok(seed) => Signer::new(&seed).with_context(|| told(&"no signing key")),
            Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
                let seed = random()?;
                make_secret(&self.signing_key_file, &seed).with_context(|| told(&"cannot be made"))?;
                Ok(Signer::new(&seed)?)
            }
            Err(e) => Err(e).with_context(|| told(&"cannot be read")),
        }
    }

    /// Reads a configuration file's text, then the environment (`variable` gives a variable's value).
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn read(text: &str, file: &str, variable: &dyn Fn(&str) -> Option<String>) -> Result<Self, Vec<Diagnostic>> {
        let node = yaml::parse(text, 1).map_err(|e| vec![Diagnostic::error("bad-yaml", file, e.place, e.zh, e.en)])?;
        let zone = TimeZone::UTC;
        let mut fields = Fields::new(&node, file, &zone);
        let mut configuration = Self::take(&mut fields);
        let listen = fields.take::<Option<Box<str>>>("listen").map(String::from);
        let set = |name: &str| variable(&format!("PORTICO_SIDECAR_{name}"));
        configuration.override_with(&set);
        let mut found = Vec::new();
        for (key, address) in [("listen", listen), ("PORTICO_SIDECAR_LISTEN", set("LISTEN"))] {
            match address.map(|text| text.parse().map_err(|_| text)) {
                Some(Ok(address)) => configuration.listen = address,
                Some(Err(text)) => found.push(bad_address(file, key, &text)),
                None => {}
            }
        }
        found.extend(fields.finish());
        if found.iter().any(Diagnostic::is_error) { Err(found) } else { Ok(configuration) }
    }

    fn take(fields: &mut Fields<'_>) -> Self {
        let text = |t: Option<Box<str>>| t.map(String::from);
        let base = Self::of_root(text(fields.take("root")).unwrap_or_else(|| ".".into()).into());
        let number = |n: Option<i64>, usual: i64| n.filter(|n| *n >= 0).unwrap_or(usual);
        Self {
            database: text(fields.take("database")).unwrap_or(base.database.clone()),
            secure: fields.take::<Option<bool>>("secure").unwrap_or(base.secure),
            behind_proxy: fields.take("behind_proxy"),
            base_url: text(fields.take("base_url")),
            search: text(fields.take("search")).map_or(base.search.clone(), Into::into),
            searches_per_address: number(fields.take("searches_per_address"), base.searches_per_address),
            letters_per_address: number(fields.take("letters_per_address"), base.letters_per_address),
            letters_per_desk: number(fields.take("letters_per_desk"), base.letters_per_desk),
            wrong_codes: number(fields.take("wrong_codes"), base.wrong_codes),
            retention_days: number(fields.take("retention_days"), base.retention_days),
            git: fields.take("git"),
            mail: fields.take("mail"),
            webhook: fields.take("webhook"),
            signing_key_file: text(fields.take("signing_key_file")).map_or(base.signing_key_file.clone(), Into::into),
            sign_on: fields.take("sign_on"),
            ..base
        }
    }

    fn override_with(&mut self, set: &dyn Fn(&str) -> Option<String>) {
        if let Some(database) = set("DATABASE") {
            self.database = database;
        }
        if let Some(root) = set("ROOT") {
            self.root = root.into();
        }
        if let Some(search) = set("SEARCH") {
            self.search = search.into();
        }
        self.signing_key = set("SIGNING_KEY");
        if let (Some(server), mail) = (set("MAIL_SERVER"), &mut self.mail) {
            mail.get_or_insert_default().server = server;
        }
        if let (Some(secret), Some(webhook)) = (set("WEBHOOK_SECRET"), &mut self.webhook) {
            webhook.secret = secret;
        }
        if let (Some(secret), Some(sign_on)) = (set("SIGN_ON_SECRET"), &mut self.sign_on) {
            sign_on.secret = secret;
        }
    }
}

/// A new file that only its owner reads, whole and on the disk or not there at all.
fn make_secret(path: &Path, text: &str) -> std::io::Result<()> {
    use std::os::unix::fs::OpenOptionsExt;
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder)?;
    }
    let new = path.with_extension("new");
    let mut file = std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&new)?;
    std::io::Write::write_all(&mut file, text.as_bytes())?;
    file.sync_all()?;
    std::fs::rename(&new, path)
}

fn bad_address(file: &str, key: &str, text: &str) -> Diagnostic {
    let (zh, en) = (format!("{key}：“{text}”不是监听地址"), format!("`{key}`: `{text}` is no address to listen on"));
    Diagnostic::error("bad-address", file, Place::default(), zh, en).hint("写成 127.0.0.1:8090", "write 127.0.0.1:8090")
}

impl FromNode for Mail {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        let mut inner = fields.nested(node);
        let mail = Self { server: inner.take::<Box<str>>("server").into(), from: inner.take::<Box<str>>("from").into() };
        if mail.from.is_empty() {
            inner.missing("from", "发件人", "sender");
        }
        fields.absorb(inner);
        Some(mail)
    }
}

impl FromNode for Webhook {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        let mut inner = fields.nested(node);
        let hook = Self { url: inner.take::<Box<str>>("url").into(), secret: inner.take::<Box<str>>("secret").into() };
        if hook.url.is_empty() {
            inner.missing("url", "推送地址", "address");
        }
        fields.absorb(inner);
        Some(hook)
    }
}

impl FromNode for SignOn {
    fn from_node(node: &Node, fields: &mut Fields<'_>) -> Option<Self> {
        let mut inner = fields.nested(node);
        let mut text = |key| inner.take::<Option<Box<str>>>(key).map(String::from);
        let sign_on = Self {
            issuer: text("issuer").unwrap_or_default(),
            client: text("client").unwrap_or_default(),
            secret: text("secret").unwrap_or_default(),
            address: text("address").unwrap_or_default(),
            claim: text("claim").unwrap_or_else(|| "preferred_username".into()),
            name: text("name").unwrap_or_else(|| "统一身份认证".into()),
        };
        for (key, value, zh, en) in [
            ("issuer", is_private(&sign_on.issuer), "身份提供方的 https 地址", "provider's https address"),
            ("client", !sign_on.client.is_empty(), "在身份提供方登记的标识", "name registered there"),
            ("address", is_private(&sign_on.address), "办理平台的 https 地址", "https address of the office"),
        ] {
            if !value {
                inner.missing(key, zh, en);
            }
        }
        fields.absorb(inner);
        Some(sign_on)
    }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use super::*;

    #[test]
    fn the_environment_has_the_last_word() {
        let variable = |name: &str| match name {
            "PORTICO_SIDECAR_DATABASE" => Some("postgres://db/portico".to_string()),
            "PORTICO_SIDECAR_LISTEN" => Some("[::1]:9000".to_string()),
            "PORTICO_SIDECAR_SEARCH" => Some("/srv/search".to_string()),
            _ => None,
        };
        let read = Configuration::read("root: /srv/group\nlisten: 127.0.0.1:1\nwrong_codes: 5\n", "sidecar.yaml", &variable).unwrap();
        assert_eq!((&*read.database, read.listen.to_string().as_str(), read.wrong_codes), ("postgres://db/portico", "[::1]:9000", 5));
        assert!(read.secure);
        assert_eq!(read.search, Path::new("/srv/search"));
    }

    #[test]
    fn mistakes_have_places() {
        let found = Configuration::read("listn: x\nlisten: here\nmail: {server: s}\n", "sidecar.yaml", &|_| None).unwrap_err();
        let codes: Vec<&str> = found.iter().map(|d| &*d.code).collect();
        assert_eq!(codes, ["bad-address", "missing-field", "unknown-key"]);
        let found = Configuration::read("sign_on: {issuer: http://sso.example, client: portico, address: https://a.example}\n", "s.yaml", &|_| None);
        assert_eq!(found.unwrap_err().iter().map(|d| &*d.code).collect::<Vec<_>>(), ["missing-field"]);
    }
}
