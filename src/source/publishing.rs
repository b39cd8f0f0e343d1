//! Settings of publishing: the key `publish` of `sites/group.yaml`.
//!
//! In: its YAML tree. Out: [`PublishSettings`]. What becomes of a release is the publishing room's.

use bitcode::{Decode, Encode};
use schemars::JsonSchema;
use serde::Serialize;

use super::fields::{Fields, FromNode};
use super::front_matter::choice;
use super::settings::settings;
use super::yaml::Node;

choice! {
    /// How a file is compressed before anyone asks for it. The word is the file's further ending, except Zstandard's `zst`.
    Encoding {
        /// RFC 1952
        Gzip = "gzip" | "gz",
        /// RFC 7932
        Brotli = "brotli" | "br",
        /// RFC 8878
        Zstd = "zstd" | "zst",
    }
}

impl Encoding {
    /// What is appended to the name of a compressed file.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Gzip => "gz",
            Self::Brotli => "br",
            Self::Zstd => "zst",
        }
    }
}

type Txt = Option<Box<str>>;

settings! {
    /// 发布: where releases lie and where they go.
    PublishSettings {
        /// The folder of releases, relative to the group's root; `releases` when it is missing.
        folder: Txt = "folder",
        /// How many releases are kept, 10.
        keep: Option<u32> = "keep",
        /// Which compressed files lie beside each text: gzip and brotli when it is missing.
        precompress: Option<Vec<Encoding>> = "precompress",
        /// Other places that receive every release.
        targets: Vec<Target> = "targets",
    }
}

settings! {
    /// 发布目标: one place that receives every release; exactly one of `s3` and `rsync` is given.
    Target {
        /// What it is called in messages.
        name: Box<str> = "name",
        /// `host:/folder`, `user@host:/folder` or a folder.
        rsync: Txt = "rsync",
        /// The remote shell of rsync, `ssh`.
        shell: Txt = "shell",
        /// `bucket` or `bucket/prefix`.
        s3: Txt = "s3",
        /// The address of the object storage, when it is not Amazon's.
        endpoint: Txt = "endpoint",
        /// Its region, `us-east-1`.
        region: Txt = "region",
    }
}
