//! Signing in through the city's identity provider: away to it, and back with a code.
//!
//! In: the provider's settings. Out: a redirect to it; afterwards a session of the account it names, if there is such an account. Roles are
//! given here and never there. What is to be remembered meanwhile lies in a cookie of ten minutes, so that any sidecar can take people back.

use std::time::Duration;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::json;

use super::Shared;
use super::cases::encoded;
use super::page::{page, with_status};
use super::problem::Problem;
use super::session::{begin, cookie, sign_in_page};
use crate::sidecar::seal::{random, same};
use crate::sidecar::service::Sidecar;
use crate::sidecar::sign_on::{Draw, Provider, SignOn, account_of, is_private};

/// How long the provider may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

fn settings(sidecar: &Sidecar) -> Result<SignOn, Problem> {
    sidecar.casework.configuration.sign_on.clone().ok_or(Problem::Missing)
}

/// `Lax`: people come back from another host.
fn meanwhile(sidecar: &Sidecar, value: &str, seconds: i64) -> HeaderValue {
    let secure = if sidecar.casework.configuration.secure { "; Secure" } else { "" };
    let text = format!("{}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}", cookie_name(sidecar));
    // Hexadecimal digits and fixed words always are a header's value.
    HeaderValue::from_str(&text).unwrap_or(HeaderValue::from_static(""))
}

fn cookie_name(sidecar: &Sidecar) -> &'static str {
    if sidecar.casework.configuration.secure { "__Host-portico-sign-on" } else { "portico-sign-on" }
}

/// Away to the provider.
pub(super) async fn away(State(sidecar): Shared) -> Result<Response, Problem> {
    let sign_on = settings(&sidecar)?;
    let provider = match asked(sign_on.clone(), provider).await {
        Ok(provider) => provider,
        Err(cause) => return unavailable(&sidecar, &sign_on, &cause),
    };
    let id = random()?;
    let draw = Draw::of(&id, &sidecar.casework.seal);
    let parts = [
        ("client_id", &*sign_on.client),
        ("redirect_uri", &sign_on.back()),
        ("state", &draw.state),
        ("nonce", &draw.nonce),
        ("code_challenge", &draw.challenge()),
    ];
    let query: String = parts.iter().map(|(key, value)| format!("&{key}={}", encoded(value))).collect();
    let joint = if provider.authorization_endpoint.contains('?') { '&' } else { '?' };
    let address = format!("{}{joint}response_type=code&scope=openid%20profile&code_challenge_method=S256{query}", provider.authorization_endpoint);
    let address = HeaderValue::from_str(&address).map_err(|e| Problem::Broken(e.to_string()))?;
    let mut answer = (StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response();
    answer.headers_mut().insert(header::SET_COOKIE, meanwhile(&sidecar, &id, 600));
    Ok(answer)
}

/// What the provider sends people back with.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Back {
    code: String,
    state: String,
}

/// Back from the provider.
pub(super) async fn back(State(sidecar): Shared, headers: HeaderMap, Query(sent): Query<Back>) -> Result<Response, Problem> {
    let sign_on = settings(&sidecar)?;
    let draw = cookie(&headers, cookie_name(&sidecar)).map(|id| Draw::of(&id, &sidecar.casework.seal));
    let Some(draw) = draw.filter(|draw| same(&draw.state, &sent.state) && !sent.code.is_empty()) else {
        return refused(&sidecar, "登录已过期或被取消，请重新登录");
    };
    let (verifier, code) = (draw.verifier.clone(), sent.code);
    let token = match asked(sign_on.clone(), move |sign_on| id_token(sign_on, &code, &verifier)).await {
        Ok(token) => token,
        Err(cause) => return unavailable(&sidecar, &sign_on, &cause),
    };
    let name = match account_of(&token, &sign_on, &draw, sidecar.now()) {
        Ok(name) => name,
        Err(cause) => return unavailable(&sidecar, &sign_on, &anyhow::anyhow!(cause)),
    };
    let Some(account) = sidecar.casework.store.account(&name).await?.filter(|a| !a.disabled) else {
        return refused(&sidecar, "您还没有办理平台的账号，请联系系统管理员");
    };
    let session = begin(&sidecar, &account, &sign_on.name).await?;
    // A page and not a redirect: the session's cookie goes only with requests that begin on this host.
    let mut answer = page(&sidecar, "", "office-entered", "正在进入办理平台", &json!({}))?;
    answer.headers_mut().append(header::SET_COOKIE, session);
    answer.headers_mut().append(header::SET_COOKIE, meanwhile(&sidecar, "", 0));
    Ok(answer)
}

fn refused(sidecar: &Sidecar, why: &str) -> Result<Response, Problem> {
    with_status(StatusCode::FORBIDDEN, sign_in_page(sidecar, "", why))
}

fn unavailable(sidecar: &Sidecar, sign_on: &SignOn, cause: &anyhow::Error) -> Result<Response, Problem> {
    tracing::error!(cause = %format!("{cause:#}"), issuer = sign_on.issuer, "nobody can be signed in by the identity provider");
    let why = format!("{}暂时无法使用，请稍后再试，或用密码登录", sign_on.name);
    with_status(StatusCode::SERVICE_UNAVAILABLE, sign_in_page(sidecar, "", &why))
}

/// Asks the provider, away from the threads that serve others.
async fn asked<T: Send + 'static>(sign_on: SignOn, question: impl FnOnce(&SignOn) -> anyhow::Result<T> + Send + 'static) -> anyhow::Result<T> {
    tokio::task::spawn_blocking(move || question(&sign_on)).await?
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0).build().into()
}

fn provider(sign_on: &SignOn) -> anyhow::Result<Provider> {
    let text = agent().get(sign_on.document()).call()?.body_mut().read_to_string()?;
    let provider: Provider = serde_json::from_str(&text)?;
    anyhow::ensure!(provider.issuer == sign_on.issuer, "it calls itself {}", provider.issuer);
    anyhow::ensure!(is_private(&provider.token_endpoint), "its tokens are not given over TLS");
    Ok(provider)
}

/// Exchanges a code for the ID token.
fn id_token(sign_on: &SignOn, code: &str, verifier: &str) -> anyhow::Result<String> {
    #[derive(Deserialize)]
    struct Tokens {
        id_token: String,
    }
    let provider = provider(sign_on)?;
    let back = sign_on.back();
    let form = [
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", &back),
        ("code_verifier", verifier),
        ("client_id", &sign_on.client),
        ("client_secret", &sign_on.secret),
    ];
    let text = agent().post(&provider.token_endpoint).send_form(form)?.body_mut().read_to_string()?;
    Ok(serde_json::from_str::<Tokens>(&text)?.id_token)
}
