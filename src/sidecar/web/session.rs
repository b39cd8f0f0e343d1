//! Signing in and out; who a request comes from.
//!
//! In: a name, a password, maybe a one-time code; later a cookie. Out: an [`Officer`]. Sessions lie in the database, hashed; they end after
//! twelve hours, at signing out, and when the account is changed.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Form;
use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::Shared;
use super::form::Origin;
use super::page::{page, with_status};
use super::problem::Problem;
use crate::sidecar::accounts::vendor_of;
use crate::sidecar::case::Millis;
use crate::sidecar::password;
use crate::sidecar::seal::{self, random};
use crate::sidecar::service::Sidecar;
use crate::sidecar::store::accounts::{self, Account};
use crate::sidecar::store::limits;

const LENGTH: Millis = 12 * 60 * 60 * 1000;

/// Who a request comes from.
#[derive(Debug)]
pub(super) struct Officer {
    pub account: Account,
    pub csrf: String,
}

impl Officer {
    /// Whether a form was made for this session.
    pub(super) fn check(&self, csrf: &str) -> Result<(), Problem> {
        if seal::same(&self.csrf, csrf) { Ok(()) } else { Err(Problem::Expired) }
    }
}

/// `__Host-`: only by https, only for this host, for no part of it in particular.
fn cookie_name(sidecar: &Sidecar) -> &'static str {
    if sidecar.casework.configuration.secure { "__Host-portico" } else { "portico" }
}

pub(super) fn cookie(headers: &HeaderMap, name: &str) -> Option<String> {
    let all = headers.get_all(header::COOKIE).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(';'));
    all.filter_map(|pair| pair.trim().split_once('=')).find(|(n, _)| *n == name).map(|(_, value)| value.to_string())
}

fn set_cookie(sidecar: &Sidecar, value: &str, seconds: Millis) -> HeaderValue {
    let secure = if sidecar.casework.configuration.secure { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Strict; Max-Age={seconds}{secure}", cookie_name(sidecar));
    // Hexadecimal digits and fixed words always are a header's value.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

impl FromRequestParts<Arc<Sidecar>> for Officer {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, sidecar: &Arc<Sidecar>) -> Result<Self, Problem> {
        from_elsewhere(&parts.headers)?;
        let cookie = cookie(&parts.headers, cookie_name(sidecar)).ok_or(Problem::SignIn)?;
        let session = sidecar.casework.store.session(&seal::hash(&cookie), sidecar.now()).await?.ok_or(Problem::SignIn)?;
        Ok(Self { account: session.account, csrf: session.csrf })
    }
}

/// Who looks at a page that everybody may see: maybe somebody who is signed in.
#[derive(Debug)]
pub(super) struct Visitor(pub Option<Officer>);

impl FromRequestParts<Arc<Sidecar>> for Visitor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, sidecar: &Arc<Sidecar>) -> Result<Self, Problem> {
        match Officer::from_request_parts(parts, sidecar).await {
            Ok(officer) => Ok(Self(Some(officer))),
            Err(Problem::SignIn | Problem::Expired) => Ok(Self(None)),
            Err(other) => Err(other),
        }
    }
}

/// A whole request of somebody who is signed in: its body had been read to the end at `received`.
#[derive(Debug)]
pub(super) struct Complete {
    pub officer: Officer,
    pub received: Millis,
    pub request: Request,
}

impl FromRequest<Arc<Sidecar>> for Complete {
    type Rejection = Problem;

    async fn from_request(request: Request, sidecar: &Arc<Sidecar>) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        // The moment comes first: how long anything else takes is not the bidder's fault.
        let body = Bytes::from_request(Request::from_parts(parts.clone(), body), sidecar).await.map_err(|e| Problem::Wrong(e.body_text()))?;
        let received = sidecar.now();
        let officer = Officer::from_request_parts(&mut parts, sidecar).await?;
        Ok(Self { officer, received, request: Request::from_parts(parts, Body::from(body)) })
    }
}

/// Refuses what another site has sent in a visitor's name.
fn from_elsewhere(headers: &HeaderMap) -> Result<(), Problem> {
    let site = headers.get("sec-fetch-site").and_then(|v| v.to_str().ok());
    if matches!(site, Some("cross-site")) { Err(Problem::Expired) } else { Ok(()) }
}

pub(super) async fn form(State(sidecar): Shared) -> Result<Response, Problem> {
    sign_in_page(&sidecar, "", "")
}

/// The form with the name that was typed, and what is wrong.
pub(super) fn sign_in_page(sidecar: &Sidecar, name: &str, mistake: &str) -> Result<Response, Problem> {
    let provider = sidecar.casework.configuration.sign_on.as_ref().map(|s| &s.name);
    page(sidecar, "", "office-sign-in", "办理平台登录", &json!({"name": name, "mistake": mistake, "provider": provider}))
}

pub(super) async fn sign_in(
    State(sidecar): Shared,
    origin: Origin,
    headers: HeaderMap,
    Form(sent): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    from_elsewhere(&headers)?;
    let typed = |key: &str| sent.get(key).map_or("", |v| v.as_str());
    let (name, now) = (typed("name").trim(), sidecar.now());
    let casework = &sidecar.casework;
    let most = casework.configuration.wrong_codes;
    let buckets = [casework.bucket("sign-in", &origin.0, most * 5, now), casework.bucket("account", name, most, now)];
    for bucket in buckets.iter().filter(|_| most > 0) {
        if casework.store.is_full(bucket).await? {
            return Err(Problem::TooMany);
        }
    }
    let account = casework.store.account(name).await?.filter(|a| !a.disabled);
    if !is_right(&sidecar, account.as_ref(), typed("password"), typed("code"), now).await? {
        for bucket in buckets.iter().filter(|_| most > 0) {
            // A full bucket is told at the next try.
            let _ = casework.store.write(vec![limits::count(bucket)]).await;
        }
        return with_status(StatusCode::UNPROCESSABLE_ENTITY, sign_in_page(&sidecar, name, "用户名、密码或动态码不正确"));
    }
    let account = account.unwrap_or_default();
    let session = begin(&sidecar, &account, "").await?;
    let home = if vendor_of(&account.grants).is_some() { "/-/vendor" } else { "/-/office" };
    let mut answer = (StatusCode::SEE_OTHER, [(header::LOCATION, home)]).into_response();
    answer.headers_mut().insert(header::SET_COOKIE, session);
    Ok(answer)
}

/// Begins a session, noted in the log with the way it was come by. Gives its cookie.
pub(super) async fn begin(sidecar: &Sidecar, account: &Account, way: &str) -> Result<HeaderValue, Problem> {
    let (id, csrf, entry, now) = (random()?, random()?, random()?, sidecar.now());
    let begin = accounts::begin(&seal::hash(&id), account, &csrf, now + LENGTH);
    sidecar.casework.store.write(vec![begin, accounts::look(&entry, now, &account.name, "登录", way)]).await?;
    Ok(set_cookie(sidecar, &id, LENGTH / 1000))
}

/// Whether password and one-time code fit. A code works once, also among several sidecars.
async fn is_right(sidecar: &Sidecar, account: Option<&Account>, password: &str, code: &str, now: Millis) -> Result<bool, Problem> {
    let broken = |e: &dyn std::fmt::Display| Problem::Broken(e.to_string());
    let (password, kept) = (password.to_string(), account.map(|a| a.password.clone()));
    let turn = sidecar.hashing.acquire().await.map_err(|e| broken(&e))?;
    let fits = tokio::task::spawn_blocking(move || password::fits(&password, kept.as_deref())).await.map_err(|e| broken(&e))?;
    drop(turn);
    let Some(account) = account.filter(|_| fits) else { return Ok(false) };
    if account.totp.is_empty() {
        return Ok(true);
    }
    let Some(step) = password::step_of(code, &account.totp, now) else { return Ok(false) };
    Ok(sidecar.casework.store.write(vec![accounts::use_step(&account.name, step)]).await.is_ok())
}

pub(super) async fn sign_out(
    State(sidecar): Shared,
    officer: Officer,
    headers: HeaderMap,
    Form(sent): Form<BTreeMap<String, String>>,
) -> Result<Response, Problem> {
    officer.check(sent.get("csrf").map_or("", |c| c))?;
    if let Some(cookie) = cookie(&headers, cookie_name(&sidecar)) {
        sidecar.casework.store.write(vec![accounts::end(&seal::hash(&cookie))]).await?;
    }
    let mut answer = (StatusCode::SEE_OTHER, [(header::LOCATION, "/-/office/sign-in")]).into_response();
    answer.headers_mut().insert(header::SET_COOKIE, set_cookie(&sidecar, "", 0));
    Ok(answer)
}
