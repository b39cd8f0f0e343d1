//! Reading forms: with files (multipart) and without, never more than is allowed.
//!
//! In: a request's body. Out: answers by field and files as they were sent, or what is too much. Whose request it is, for the limits.

use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts, Multipart};
use axum::http::request::Parts;

use super::problem::Problem;
use crate::sidecar::desk::{Desk, FileKind};
use crate::sidecar::letter::{Answers, Mistake};
use crate::sidecar::service::Sidecar;
use crate::sidecar::store::cases::Attachment;
use crate::sidecar::upload::{self, Unwelcome};

/// A form as it was sent.
#[derive(Debug, Default)]
pub(super) struct Sent {
    /// What was typed, by field.
    pub answers: Answers,
    /// Names and bytes of the files.
    pub files: Vec<(String, Vec<u8>)>,
    /// Files that were left out, and why.
    pub mistakes: Vec<Mistake>,
}

impl Sent {
    /// What was typed in a field.
    pub(super) fn get(&self, field: &str) -> &str {
        self.answers.get(field).map_or("", |a| a)
    }
}

/// Bytes of one typed answer at most: far above any field's own limit, which is told in characters.
const ANSWER_BYTES: usize = 200_000;
const FIELDS: usize = 100;
const FILES: &str = "files";

/// Reads a desk's form.
pub(super) async fn read(multipart: Multipart, desk: &Desk) -> Result<Sent, Problem> {
    read_with(multipart, desk.files().map_or(0, |f| f.max), desk.max_bytes).await
}

/// Reads a form with at most `most` files of at most `max_bytes` each. Files beyond the limits are read past, so that what was typed is not lost.
pub(super) async fn read_with(mut multipart: Multipart, most: usize, max_bytes: usize) -> Result<Sent, Problem> {
    let mut sent = Sent::default();
    // What had arrived before the form broke off or grew too large is kept.
    if let Err(problem) = read_into(&mut sent, &mut multipart, most, max_bytes).await {
        if sent.answers.is_empty() {
            return Err(problem);
        }
        sent.mistakes.push(Mistake::new("", problem.message()));
    }
    sent.mistakes.dedup();
    Ok(sent)
}

async fn read_into(sent: &mut Sent, multipart: &mut Multipart, most: usize, max_bytes: usize) -> Result<(), Problem> {
    let wrong = |e: axum::extract::multipart::MultipartError| {
        Problem::Wrong(if e.status().as_u16() == 413 { TOO_LARGE.into() } else { "提交的内容没有传完整，请检查网络后重新提交".into() })
    };
    while let Some(mut field) = multipart.next_field().await.map_err(wrong)? {
        let (key, file) = (field.name().unwrap_or("").to_string(), field.file_name().map(String::from));
        let limit = if file.is_some() { max_bytes } else { ANSWER_BYTES };
        let (mut bytes, mut over) = (Vec::new(), false);
        while let Some(chunk) = field.chunk().await.map_err(wrong)? {
            over |= bytes.len() + chunk.len() > limit;
            if !over {
                bytes.extend_from_slice(&chunk);
            }
        }
        match file {
            // A file field left empty sends an empty file without a name.
            Some(name) if name.is_empty() && bytes.is_empty() => {}
            Some(name) if over => sent.mistakes.push(Mistake::new(FILES, format!("“{name}”超过 {} MB，请压缩或拆分后再上传", max_bytes >> 20))),
            Some(_) if sent.files.len() >= most => sent.mistakes.push(Mistake::new(FILES, format!("附件最多 {most} 个"))),
            Some(name) => sent.files.push((name, bytes)),
            None if over || sent.answers.len() >= FIELDS => return Err(Problem::Wrong(TOO_LARGE.into())),
            None => drop(sent.answers.insert(key, String::from_utf8_lossy(&bytes).into_owned())),
        }
    }
    Ok(())
}

const TOO_LARGE: &str = "提交的内容太大，请减少附件后重新提交";

/// Looks at the files, a few requests at once: pictures take time and room.
pub(super) async fn attachments(sidecar: &Sidecar, sent: &mut Sent, kinds: &[FileKind]) -> Result<Vec<Attachment>, Problem> {
    if sent.files.is_empty() {
        return Ok(Vec::new());
    }
    let broken = |e: &dyn std::fmt::Display| Problem::Broken(e.to_string());
    let _turn = sidecar.pictures.acquire().await.map_err(|e| broken(&e))?;
    let (files, kinds) = (std::mem::take(&mut sent.files), kinds.to_vec());
    let looked = move || files.into_iter().map(|(name, bytes)| upload::look_at(&name, bytes, &kinds)).collect::<Vec<_>>();
    let mut kept = Vec::new();
    for result in tokio::task::spawn_blocking(looked).await.map_err(|e| broken(&e))? {
        match result {
            Ok(file) => kept.push(file),
            Err(Unwelcome::Wrong(why)) => sent.mistakes.push(Mistake::new(FILES, why)),
            Err(Unwelcome::NoRandom(cause)) => return Err(cause.into()),
        }
    }
    Ok(kept)
}

/// Where a request comes from: the connection's address, or what the proxy in front has appended. Of an IPv6 address, the network.
#[derive(Debug)]
pub(super) struct Origin(pub String);

impl FromRequestParts<std::sync::Arc<Sidecar>> for Origin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, sidecar: &std::sync::Arc<Sidecar>) -> Result<Self, Problem> {
        let connection = parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        let forwarded = || parts.headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?.rsplit(',').next()?.trim().parse().ok();
        let address = if sidecar.casework.configuration.behind_proxy { forwarded().or(connection) } else { connection };
        Ok(Self(match address {
            Some(IpAddr::V6(v6)) if v6.to_ipv4_mapped().is_none() => format!("{:x?}", &v6.segments()[..4]),
            Some(address) => address.to_canonical().to_string(),
            None => String::new(),
        }))
    }
}
