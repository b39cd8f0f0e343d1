//! Removing from object storage what no release shows any more.
//!
//! In: a bucket, and how many releases are kept. Out: fewer objects. First the records of old releases go, then what nothing refers to: so
//! whatever breaks off, the next cleaning finds what this one left. What is younger than a day stays, somebody may be sending it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use object_store::path::Path as Key;
use object_store::{ObjectMeta, ObjectStore, ObjectStoreExt};
use tokio::task::JoinSet;
use tokio_stream::StreamExt;

use super::s3::{Fault, Pointer, Tree};

/// Requests on their way at once.
const AT_ONCE: usize = 16;
/// What is younger may be part of a release that is just being sent.
const GRACE: Duration = Duration::from_secs(24 * 3600);

/// One cleaning.
pub(super) struct Cleaning {
    pub remote: Arc<dyn ObjectStore>,
    pub base: Key,
    pub keep: usize,
}

impl Cleaning {
    /// Cleans when there are twice as many releases as are to be kept: everything in the bucket has to be listed for it.
    pub(super) async fn run(&self) -> Result<(), Fault> {
        let mut releases = self.releases().await?;
        if releases.len() < 2 * self.keep.max(1) {
            return Ok(());
        }
        let live: Pointer = serde_json::from_slice(&self.remote.get(&self.base.clone().join("live.json")).await?.bytes().await?)?;
        releases.sort();
        let kept = releases.split_off(releases.len() - self.keep.max(1));
        let old: Vec<Key> = releases.iter().filter(|(_, tree)| *tree != live.tree).map(|(number, tree)| self.record(*number, tree)).collect();
        self.delete(old).await?;
        let roots = kept.into_iter().map(|(_, tree)| tree).chain([live.tree]).collect();
        let used = self.used(roots).await?;
        let before = SystemTime::now() - GRACE;
        for part in ["trees", "files"] {
            let found = self.listed(part).await?;
            let unused = found.into_iter().filter(|o| SystemTime::from(o.last_modified) < before && o.location.filename().is_some_and(|n| !used.contains(n)));
            self.delete(unused.map(|o| o.location).collect()).await?;
        }
        Ok(())
    }

    fn record(&self, number: u64, tree: &str) -> Key {
        self.base.clone().join("releases").join(format!("{number}-{tree}.json"))
    }

    /// Every release there is: its number and the key of its whole folder.
    async fn releases(&self) -> Result<Vec<(u64, String)>, Fault> {
        let name = |o: &ObjectMeta| {
            let (number, tree) = o.location.filename()?.strip_suffix(".json")?.split_once('-')?;
            Some((number.parse().ok()?, tree.to_string()))
        };
        Ok(self.listed("releases").await?.iter().filter_map(name).collect())
    }

    async fn listed(&self, part: &str) -> Result<Vec<ObjectMeta>, Fault> {
        let mut all = Vec::new();
        let mut found = self.remote.list(Some(&self.base.clone().join(part)));
        while let Some(object) = found.next().await {
            all.push(object?);
        }
        Ok(all)
    }

    /// The names of all objects that some releases show.
    async fn used(&self, mut trees: Vec<String>) -> Result<BTreeSet<String>, Fault> {
        let mut used = BTreeSet::new();
        let mut under_way = JoinSet::new();
        while !trees.is_empty() || !under_way.is_empty() {
            while under_way.len() < AT_ONCE
                && let Some(tree) = trees.pop()
            {
                let name = format!("{tree}.json");
                if used.insert(name.clone()) {
                    let (remote, key) = (self.remote.clone(), self.base.clone().join("trees").join(name));
                    under_way.spawn(async move { remote.get(&key).await?.bytes().await });
                }
            }
            if let Some(bytes) = under_way.join_next().await {
                let tree: Tree = serde_json::from_slice(&bytes.map_err(std::io::Error::other)??)?;
                used.extend(tree.files.into_values());
                trees.extend(tree.folders.into_values());
            }
        }
        Ok(used)
    }

    async fn delete(&self, keys: Vec<Key>) -> Result<(), Fault> {
        let mut done = self.remote.delete_stream(Box::pin(tokio_stream::iter(keys.into_iter().map(Ok))));
        while let Some(one) = done.next().await {
            one?;
        }
        Ok(())
    }
}
