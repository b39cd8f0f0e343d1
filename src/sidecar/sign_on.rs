//! Signing in through the city's own identity provider (统一身份认证), by OpenID Connect's code flow with PKCE. Pure.
//!
//! In: the settings, the provider's document, what one sign-in drew by lot, an ID token, the moment. Out: addresses, and the account's name.
//! The token comes straight from the provider over TLS, which may stand in place of its signature (OpenID Connect Core 1.0, 3.1.3.7, 6.);
//! so no library for signatures is needed, and none of their advisories.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::case::Millis;
use super::seal::{Seal, hex, same};

/// The identity provider, as it is set up.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SignOn {
    /// `https://sso.yunxiu.gov.example`, exactly as the provider writes it in its tokens.
    pub issuer: String,
    /// As the provider knows this service.
    pub client: String,
    /// What this service proves itself with.
    pub secret: String,
    /// The public address of the host the office works on: `https://www.yunxiu.gov.example`.
    pub address: String,
    /// The claim that holds the account's name; its owner must not be able to change it.
    pub claim: String,
    /// 统一身份认证, as it stands on the button.
    pub name: String,
}

impl SignOn {
    /// Where the provider sends people back to; it has to be registered there.
    #[must_use]
    pub fn back(&self) -> String {
        format!("{}/-/office/sign-on/back", self.address.trim_end_matches('/'))
    }

    /// Where the provider's document lies.
    #[must_use]
    pub fn document(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'))
    }
}

/// Whether an address may be spoken to: what goes there is secret. Only this machine may be reached without TLS.
#[must_use]
pub fn is_private(address: &str) -> bool {
    let host = address.strip_prefix("http://").map(|rest| rest.split(['/', ':']).next().unwrap_or(""));
    address.starts_with("https://") || host.is_some_and(|host| matches!(host, "localhost" | "127.0.0.1"))
}

/// What is used of the provider's document.
#[derive(Debug, Clone, Deserialize)]
pub struct Provider {
    /// The provider's name for itself.
    pub issuer: String,
    /// Where people sign in.
    pub authorization_endpoint: String,
    /// Where a code is exchanged.
    pub token_endpoint: String,
}

/// What one sign-in is recognised by: everything follows from the cookie that the browser keeps meanwhile, so nothing is held here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draw {
    /// Comes back with the browser.
    pub state: String,
    /// Comes back in the token.
    pub nonce: String,
    /// Told to the provider only with the code (RFC 7636).
    pub verifier: String,
}

impl Draw {
    /// What belongs to a cookie.
    #[must_use]
    pub fn of(cookie: &str, seal: &Seal) -> Self {
        let drawn = |what| hex(&seal.sign(&["sign-on", what, cookie]));
        Self { state: drawn("state"), nonce: drawn("nonce"), verifier: drawn("verifier") }
    }

    /// The verifier's digest, which the provider is told first.
    #[must_use]
    pub fn challenge(&self) -> String {
        URL_SAFE_NO_PAD.encode(Sha256::digest(self.verifier.as_bytes()))
    }
}

/// The claims that are looked at.
#[derive(Deserialize)]
struct Claims {
    iss: String,
    aud: Audience,
    #[serde(default)]
    azp: String,
    exp: i64,
    #[serde(default)]
    nonce: String,
    #[serde(flatten)]
    others: serde_json::Map<String, serde_json::Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

/// How far the provider's clock may be from ours.
const SKEW: Millis = 60_000;

/// The account's name in an ID token that came straight from the provider.
///
/// # Errors
/// Why the token is not one for this sign-in, for the log.
pub fn account_of(token: &str, sign_on: &SignOn, draw: &Draw, now: Millis) -> Result<String, String> {
    let payload = token.split('.').nth(1).ok_or("no JWT")?;
    let bytes = URL_SAFE_NO_PAD.decode(payload).map_err(|e| e.to_string())?;
    let claims: Claims = serde_json::from_slice(&bytes).map_err(|e| e.to_string())?;
    let ours = match &claims.aud {
        Audience::One(one) => *one == sign_on.client,
        Audience::Several(all) => all.contains(&sign_on.client) && (all.len() == 1 || claims.azp == sign_on.client),
    };
    let checks = [
        (claims.iss == sign_on.issuer, "another issuer"),
        (ours, "for somebody else"),
        (claims.exp.saturating_mul(1000) > now - SKEW, "expired"),
        (same(&claims.nonce, &draw.nonce), "of another sign-in"),
    ];
    if let Some((_, why)) = checks.iter().find(|(holds, _)| !holds) {
        return Err((*why).to_string());
    }
    // `sub` and the like are taken by name; the four above are no names of people.
    let name = claims.others.get(&sign_on.claim).and_then(|value| value.as_str()).unwrap_or("");
    if name.is_empty() { Err(format!("no claim {}", sign_on.claim)) } else { Ok(name.to_string()) }
}

#[cfg(test)]
#[expect(clippy::unwrap_used, reason = "tests")]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn sign_on() -> SignOn {
        let text = String::from;
        SignOn {
            issuer: text("https://sso.example"),
            client: text("portico"),
            secret: text("s"),
            address: text("https://www.example/"),
            claim: text("sub"),
            name: String::new(),
        }
    }

    fn token(claims: &Value) -> String {
        format!("e30.{}.x", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    #[test]
    fn a_token_is_taken_for_its_own_sign_in_only() {
        let draw = Draw::of("cookie", &Seal::new("secret"));
        let good = json!({"iss": "https://sso.example", "aud": "portico", "exp": 1000, "nonce": draw.nonce, "sub": "li"});
        let read = |claims: &Value, now| account_of(&token(claims), &sign_on(), &draw, now);
        assert_eq!(read(&good, 1_000_000).unwrap(), "li");
        for (key, value) in [
            ("iss", json!("https://sso.example.evil")),
            ("aud", json!("other")),
            ("aud", json!(["portico", "other"])),
            ("nonce", json!("0")),
            ("nonce", json!("")),
            ("sub", json!("")),
            ("sub", json!(7)),
            ("exp", json!("1000")),
        ] {
            let mut bad = good.clone();
            bad[key] = value;
            assert!(read(&bad, 1_000_000).is_err(), "{bad}");
        }
        assert!(read(&good, 1_000_000 + SKEW).is_err());
        let mut several = good.clone();
        (several["aud"], several["azp"]) = (json!(["portico", "other"]), json!("portico"));
        assert_eq!(read(&several, 0).unwrap(), "li");
        for bad in ["", "a.b.c", "a.!.c"] {
            assert!(account_of(bad, &sign_on(), &draw, 0).is_err());
        }
    }

    #[test]
    fn what_belongs_to_one_cookie_belongs_to_no_other() {
        let seal = Seal::new("secret");
        let (one, other) = (Draw::of("a", &seal), Draw::of("b", &seal));
        assert!(one.state != other.state && one.state != one.nonce && one.nonce != one.verifier);
        assert!((43..=128).contains(&one.verifier.len()), "as RFC 7636 wants it");
    }

    #[test]
    fn secrets_go_where_nobody_listens() {
        for (address, may) in [
            ("https://sso.example", true),
            ("http://localhost:9000/a", true),
            ("http://sso.example", false),
            ("http://localhost.evil", false),
            ("ftp://x", false),
        ] {
            assert_eq!(is_private(address), may, "{address}");
        }
    }
}
