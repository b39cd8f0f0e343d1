//! Object storage that speaks S3.
//!
//! In: a release. Out: in the bucket `files/<digest>` (every content once), `trees/<key>.json` (one folder: names → digests and keys),
//! `releases/N-<key>.json` (the record) and `live.json`, the pointer, which is replaced last and only if nobody replaced it meanwhile.
//! Nothing else is ever replaced, so every release stays whole until it is old enough to be removed.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use object_store::aws::AmazonS3Builder;
use object_store::path::Path as Key;
use object_store::{Attribute, Attributes, ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload, RetryConfig, UpdateVersion};
use serde::{Deserialize, Serialize};
use tokio::task::JoinSet;

use super::cleaning::Cleaning;
use super::{Sent, TargetError};
use crate::publish::store::Store;
use crate::source::content_type;
use crate::source::publishing::Target;

/// Requests on their way at once.
const AT_ONCE: usize = 16;

/// `live.json`: which release is live.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pointer {
    /// Its number.
    pub number: u64,
    /// The key of its whole folder.
    pub tree: String,
}

/// `trees/<key>.json`: one folder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tree {
    /// By name: the digest (BLAKE3) under which the file's content lies.
    pub files: BTreeMap<String, String>,
    /// By name: the key of a folder in it.
    pub folders: BTreeMap<String, String>,
}

/// What went wrong while sending.
#[derive(Debug)]
pub(super) enum Fault {
    Storage(object_store::Error),
    Disk(std::io::Error),
    Overtaken,
}

impl From<object_store::Error> for Fault {
    fn from(e: object_store::Error) -> Self {
        Self::Storage(e)
    }
}

impl From<std::io::Error> for Fault {
    fn from(e: std::io::Error) -> Self {
        Self::Disk(e)
    }
}

impl From<serde_json::Error> for Fault {
    fn from(e: serde_json::Error) -> Self {
        Self::Disk(e.into())
    }
}

pub(super) fn send(store: &Store, number: u64, target: &Target, place: &str, keep: usize) -> Result<Sent, TargetError> {
    let name = target.name.to_string();
    let failed = |text: String| TargetError::Failed(name.clone(), text);
    let (bucket, prefix) = place.split_once('/').unwrap_or((place, ""));
    let remote = remote(target, bucket).map_err(|e| failed(e.to_string()))?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(|e| failed(e.to_string()))?;
    let base = Key::parse(prefix).map_err(|e| failed(e.to_string()))?;
    let remote: Arc<dyn ObjectStore> = Arc::new(remote);
    let mut upload = Upload { remote: remote.clone(), base: base.clone(), store, sent: 0 };
    match runtime.block_on(upload.release(number)) {
        Ok(Sent::Already) => Ok(Sent::Already),
        Ok(sent) => {
            // What could not be removed is removed another time; the release is live.
            let _ = runtime.block_on(Cleaning { remote, base, keep }.run());
            Ok(sent)
        }
        Err(Fault::Storage(e)) => Err(failed(e.to_string())),
        Err(Fault::Disk(e)) => Err(failed(e.to_string())),
        Err(Fault::Overtaken) => Err(TargetError::Overtaken(name)),
    }
}

/// The bucket; who is asking stands in `AWS_ACCESS_KEY_ID` and `AWS_SECRET_ACCESS_KEY`, never in the repository.
fn remote(target: &Target, bucket: &str) -> object_store::Result<impl ObjectStore + use<>> {
    let retry = RetryConfig { max_retries: 3, retry_timeout: std::time::Duration::from_secs(60), ..RetryConfig::default() };
    let mut builder = AmazonS3Builder::from_env().with_bucket_name(bucket).with_retry(retry);
    builder = builder.with_region(target.region.as_deref().unwrap_or("us-east-1"));
    if let Some(endpoint) = &target.endpoint {
        builder = builder.with_endpoint(&**endpoint).with_allow_http(endpoint.starts_with("http://"));
    }
    builder.build()
}

struct Upload<'a> {
    remote: Arc<dyn ObjectStore>,
    base: Key,
    store: &'a Store,
    sent: usize,
}

impl Upload<'_> {
    fn key(&self, path: &str) -> Key {
        path.split('/').fold(self.base.clone(), |key, part| key.join(part))
    }

    async fn release(&mut self, number: u64) -> Result<Sent, Fault> {
        let tree = self.store.tree(number).ok_or_else(|| std::io::Error::other("the release is gone"))?;
        let before = self.pointer().await?;
        if before.as_ref().is_some_and(|(pointer, _)| pointer.tree == tree) {
            return Ok(Sent::Already);
        }
        self.tree(&tree, before.as_ref().map(|(pointer, _)| pointer.tree.clone())).await?;
        let record = serde_json::to_vec_pretty(&self.store.record(number)?)?;
        self.put(&format!("releases/{number}-{tree}.json"), record, PutMode::Overwrite).await?;
        let mode = before.map_or(PutMode::Create, |(_, version)| PutMode::Update(version));
        match self.put("live.json", serde_json::to_vec(&Pointer { number, tree })?, mode).await {
            Err(Fault::Storage(object_store::Error::Precondition { .. } | object_store::Error::AlreadyExists { .. })) => Err(Fault::Overtaken),
            other => other.map(|()| Sent::Live(Some(self.sent))),
        }
    }

    async fn pointer(&self) -> Result<Option<(Pointer, UpdateVersion)>, Fault> {
        match self.remote.get(&self.key("live.json")).await {
            Ok(found) => {
                let version = UpdateVersion { e_tag: found.meta.e_tag.clone(), version: found.meta.version.clone() };
                Ok(Some((serde_json::from_slice(&found.bytes().await?)?, version)))
            }
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(e) => Err(e.into()),
        }
    }

    /// Sends a folder: its files, the folders in it, then itself. One that is there has everything in it.
    async fn tree(&mut self, key: &str, before: Option<String>) -> Result<(), Fault> {
        let path = format!("trees/{key}.json");
        if before.as_deref() == Some(key) || self.is_there(&path).await? {
            return Ok(());
        }
        let old: Tree = match before {
            Some(old) => serde_json::from_slice(&self.remote.get(&self.key(&format!("trees/{old}.json"))).await?.bytes().await?)?,
            None => Tree::default(),
        };
        let folder = self.store.dir().join("trees").join(key);
        let mut tree = listed(&folder)?;
        for (name, inner) in &tree.folders {
            Box::pin(self.tree(inner, old.folders.get(name).cloned())).await?;
        }
        self.files(&folder, &mut tree, &old).await?;
        self.put(&path, serde_json::to_vec(&tree)?, PutMode::Overwrite).await
    }

    async fn is_there(&self, path: &str) -> Result<bool, Fault> {
        match self.remote.head(&self.key(path)).await {
            Ok(_) => Ok(true),
            Err(object_store::Error::NotFound { .. }) => Ok(false),
            Err(e) => Err(e.into()),
        }
    }

    /// Sends the files of a folder that the folder before it did not have.
    async fn files(&mut self, folder: &Path, tree: &mut Tree, old: &Tree) -> Result<(), Fault> {
        let mut under_way = JoinSet::new();
        for (name, digest) in &mut tree.files {
            let bytes = std::fs::read(folder.join(name))?;
            *digest = blake3::hash(&bytes).to_hex().to_string();
            if old.files.get(name) == Some(digest) {
                continue;
            }
            while under_way.len() >= AT_ONCE {
                done(under_way.join_next().await)?;
            }
            let (remote, key, options) = (self.remote.clone(), self.key(&format!("files/{digest}")), described(name));
            under_way.spawn(async move { remote.put_opts(&key, PutPayload::from(bytes), options).await.map(drop) });
            self.sent += 1;
        }
        while !under_way.is_empty() {
            done(under_way.join_next().await)?;
        }
        Ok(())
    }

    async fn put(&self, path: &str, bytes: Vec<u8>, mode: PutMode) -> Result<(), Fault> {
        let mut attributes = Attributes::new();
        attributes.insert(Attribute::ContentType, "application/json".into());
        let options = PutOptions { mode, attributes, ..PutOptions::default() };
        self.remote.put_opts(&self.key(path), PutPayload::from(bytes), options).await?;
        Ok(())
    }
}

fn done(result: Option<Result<object_store::Result<()>, tokio::task::JoinError>>) -> Result<(), Fault> {
    match result {
        Some(Err(e)) => Err(Fault::Disk(std::io::Error::other(e))),
        Some(Ok(Err(e))) => Err(e.into()),
        Some(Ok(Ok(()))) | None => Ok(()),
    }
}

/// A folder on the shelf; compressed copies are left to whoever delivers from the storage.
fn listed(folder: &Path) -> std::io::Result<Tree> {
    let mut tree = Tree::default();
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_symlink() {
            let key = std::fs::read_link(entry.path())?.file_name().map(|k| k.to_string_lossy().into_owned());
            tree.folders.insert(name, key.unwrap_or_default());
        } else {
            tree.files.insert(name, String::new());
        }
    }
    let names: Vec<String> = tree.files.keys().cloned().collect();
    let is_copy = |name: &str| [".gz", ".br", ".zst"].iter().any(|e| name.strip_suffix(e).is_some_and(|stem| names.iter().any(|n| n == stem)));
    tree.files.retain(|name, _| !is_copy(name));
    Ok(tree)
}

/// How a file is to be delivered.
fn described(name: &str) -> PutOptions {
    let mut attributes = Attributes::new();
    attributes.insert(Attribute::ContentType, content_type(name).into());
    attributes.insert(Attribute::CacheControl, "public, max-age=31536000, immutable".into());
    PutOptions { attributes, ..PutOptions::default() }
}
