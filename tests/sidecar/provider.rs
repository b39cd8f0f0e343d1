//! Signing in through an identity provider, against a small one (OpenID Connect's code flow with PKCE): who it names comes in as the account
//! that has been made for them, and nobody else does.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use axum::Form;
use axum::extract::State;
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use portico::sidecar::sign_on::SignOn;
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::city::{Answer, City};

/// The provider: whom it has signed in, by code, with what it was told when they came.
#[derive(Clone, Default)]
struct Provider {
    issuer: String,
    codes: Arc<Mutex<BTreeMap<String, BTreeMap<String, String>>>>,
}

impl Provider {
    async fn start() -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let issuer = format!("http://{}", listener.local_addr().unwrap());
        let provider = Self { issuer, ..Self::default() };
        let document = json!({"issuer": provider.issuer, "authorization_endpoint": format!("{}/authorize", provider.issuer), "token_endpoint": format!("{}/token", provider.issuer)});
        let router = axum::Router::new()
            .route("/.well-known/openid-configuration", get(async move || axum::Json(document)))
            .route("/token", post(token))
            .with_state(provider.clone());
        tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        provider
    }

    /// Somebody comes with the address they were sent to, and signs in as `name`: where they are sent back to.
    fn signs_in(&self, address: &str, name: &str) -> String {
        let query = address.strip_prefix(&format!("{}/authorize?", self.issuer)).expect(address);
        let mut asked: BTreeMap<String, String> = query.split('&').filter_map(|p| p.split_once('=')).map(|(k, v)| (k.into(), decoded(v))).collect();
        assert_eq!((&*asked["response_type"], &*asked["client_id"], &*asked["code_challenge_method"]), ("code", "portico", "S256"));
        assert!(asked["scope"].split(' ').any(|s| s == "openid"));
        asked.insert("name".into(), name.into());
        let (code, back) = (format!("code-{}", self.codes.lock().unwrap().len()), format!("{}?state={}", asked["redirect_uri"], asked["state"]));
        self.codes.lock().unwrap().insert(code.clone(), asked);
        format!("{back}&code={code}")
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::new();
    let mut rest = text.bytes();
    while let Some(b) = rest.next() {
        bytes.push(if b == b'%' {
            u8::from_str_radix(&[rest.next(), rest.next()].map(|c| char::from(c.unwrap())).iter().collect::<String>(), 16).unwrap()
        } else {
            b
        });
    }
    String::from_utf8(bytes).unwrap()
}

async fn token(State(provider): State<Provider>, Form(sent): Form<BTreeMap<String, String>>) -> Response {
    // A code works once.
    let Some(asked) = provider.codes.lock().unwrap().remove(&sent["code"]) else { return StatusCode::BAD_REQUEST.into_response() };
    let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(sent["code_verifier"].as_bytes()));
    let right = challenge == asked["code_challenge"] && sent["redirect_uri"] == asked["redirect_uri"] && sent["client_secret"] == "密钥";
    if !right {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let claims = json!({"iss": provider.issuer, "aud": "portico", "exp": 4_000_000_000_i64, "nonce": asked["nonce"], "preferred_username": asked["name"]});
    let id_token = format!("e30.{}.sig", URL_SAFE_NO_PAD.encode(claims.to_string()));
    axum::Json(json!({"id_token": id_token, "access_token": "x", "token_type": "Bearer"})).into_response()
}

async fn city(provider: &Provider) -> City {
    let folder = tempfile::tempdir().unwrap();
    let database = format!("sqlite:{}", folder.path().join("s.db").display());
    let sign_on = SignOn {
        issuer: provider.issuer.clone(),
        client: "portico".into(),
        secret: "密钥".into(),
        address: "https://www.yunxiu.gov.example".into(),
        claim: "preferred_username".into(),
        name: "统一身份认证".into(),
    };
    City::found(folder, database, &|c| c.sign_on = Some(sign_on.clone())).await
}

/// Follows the address back with the browser's cookie. The browser comes from another host.
async fn comes_back(city: &City, address: &str, cookie: &str) -> Answer {
    let path = address.strip_prefix("https://www.yunxiu.gov.example").expect(address);
    let request = Request::get(path).header("cookie", cookie).header("sec-fetch-site", "cross-site");
    city.send(request.body(axum::body::Body::empty()).unwrap()).await
}

fn cookie_of(answer: &Answer) -> String {
    answer.headers["set-cookie"].split(';').next().unwrap().to_string()
}

#[test]
fn who_is_known_here_comes_in_through_the_provider() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let provider = Provider::start().await;
        let city = city(&provider).await;
        city.officer("li", "officer@jyj").await;
        assert!(city.get("/-/office/sign-in").await.has("用统一身份认证登录"));
        let away = city.get("/-/office/sign-on").await;
        let (there, cookie) = (&away.headers["location"], cookie_of(&away));
        assert!(away.headers["set-cookie"].contains("SameSite=Lax") && cookie.starts_with("__Host-portico-sign-on="));
        let back = provider.signs_in(there, "li");
        // Without the browser's own cookie, or with another's, the answer is worth nothing.
        let other = cookie_of(&city.get("/-/office/sign-on").await);
        for wrong in ["", &other] {
            assert_eq!(comes_back(&city, &back, wrong).await.status, StatusCode::FORBIDDEN);
        }
        let entered = comes_back(&city, &back, &cookie).await;
        assert!(entered.status == StatusCode::OK && entered.has("url=/-/office"), "{}", entered.text);
        let session = entered.all_cookies.iter().find(|c| c.starts_with("__Host-portico=")).unwrap();
        assert!(session.contains("SameSite=Strict"));
        let office = Request::get("/-/office").header("cookie", session.split(';').next().unwrap()).body(axum::body::Body::empty()).unwrap();
        assert!(city.send(office).await.has("li同志"));
        assert!(city.sidecar.casework.store.looks(10, 0).await.unwrap().iter().any(|l| l.who == "li" && l.about == "统一身份认证"));
        let again = comes_back(&city, &back, &cookie).await;
        assert!(again.status == StatusCode::SERVICE_UNAVAILABLE && again.has("暂时无法使用"), "a code works once");
    });
}

#[test]
fn a_stranger_and_a_closed_account_stay_outside() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let provider = Provider::start().await;
        let city = city(&provider).await;
        let root = city.officer("root", "admin@*").await;
        let csrf = root.get("/-/office/accounts").await.value("csrf");
        // Whoever comes through the provider needs no password here; and none fits.
        let fields = [("csrf", &*csrf), ("name", "sun"), ("grants", "officer@jyj"), ("disabled", "yes")];
        assert!(root.post("/-/office/accounts", &fields).await.has("已保存 sun"));
        for name in ["sun", "nobody"] {
            let away = city.get("/-/office/sign-on").await;
            let back = provider.signs_in(&away.headers["location"], name);
            let refused = comes_back(&city, &back, &cookie_of(&away)).await;
            assert!(refused.status == StatusCode::FORBIDDEN && refused.has("还没有办理平台的账号"), "{name}");
            assert!(!refused.all_cookies.iter().any(|c| c.starts_with("__Host-portico=")));
        }
        for password in ["", " "] {
            let refused = city.post("/-/office/sign-in", &[("name", "sun"), ("password", password)], "").await;
            assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        }
    });
}

#[test]
fn without_a_provider_there_is_no_such_way_in() {
    crate::city::in_a_city(|city| async move {
        assert_eq!(city.get("/-/office/sign-on").await.status, StatusCode::NOT_FOUND);
        assert_eq!(city.get("/-/office/sign-on/back?state=x&code=y").await.status, StatusCode::NOT_FOUND);
        assert!(!city.get("/-/office/sign-in").await.has("身份认证"));
    });
}
