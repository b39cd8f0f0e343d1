//! The desks beside the preview's pages: the sidecar in the same process, on the same port, over a database in `.portico/`.
//!
//! In: the group's folder. Out: routes below `/-/`. It starts when it is first asked for, so that a preview of pages pays nothing. What it publishes
//! lies in `content/`, so the preview shows it like any other change.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::extract::{ConnectInfo, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::any;
use tokio::sync::OnceCell;
use tower::ServiceExt;

use super::{Preview, SEARCH, file};
use crate::diagnostic::Lang;
use crate::pipeline::{Request, index_again};
use crate::sidecar::accounts::Grant;
use crate::sidecar::configuration::Configuration;
use crate::sidecar::finding::IndexSource;
use crate::sidecar::password::hashed;
use crate::sidecar::seal::random;
use crate::sidecar::service::{Sidecar, Sources, steady_clock};
use crate::sidecar::store::accounts::{Account, add};
use crate::sidecar::web;
use crate::source::front_matter::Audience;

/// The desks, started or not yet.
struct Beside {
    preview: Preview,
    base_url: String,
    say: fn(&str),
    desks: OnceCell<Router>,
}

/// The desks' routes.
pub(super) fn routes(preview: Preview, base_url: &str, say: fn(&str)) -> Router {
    let beside = Arc::new(Beside { preview, base_url: base_url.into(), say, desks: OnceCell::new() });
    let answer = async move |request: axum::extract::Request| beside.answer(request).await;
    Router::new().route("/-/", any(answer.clone())).route("/-/{*rest}", any(answer))
}

/// Makes the index of what the preview shows, in this process.
fn index(configuration: &Configuration) -> IndexSource {
    let (root, dir) = (configuration.root.clone(), configuration.search.clone());
    Box::new(move || {
        let request = Request {
            root: root.clone(),
            out: root.join(".portico/preview"),
            sites: Vec::new(),
            audience: Audience::Public,
            drafts: false,
            base_url: None,
            at: None,
            clean: false,
            explain: None,
        };
        index_again(&request, &dir)?;
        Ok(())
    })
}

/// A request as it came in: what the preview's router has read from its path would be counted among what the desks' own reads.
fn afresh(mut request: axum::extract::Request) -> axum::extract::Request {
    let connection = request.extensions_mut().remove::<ConnectInfo<SocketAddr>>();
    request.extensions_mut().clear();
    if let Some(connection) = connection {
        request.extensions_mut().insert(connection);
    }
    request
}

impl Beside {
    async fn answer(&self, request: axum::extract::Request) -> Response {
        match self.desks.get_or_try_init(|| self.start()).await {
            Ok(desks) => {
                let Ok(answer) = desks.clone().oneshot(afresh(request)).await;
                answer
            }
            // The pages do not need it; the next request tries again.
            Err(cause) => {
                (self.say)(&format!("{}: {cause:#}", self.word("互动窗口未启动", "the desks are not served")));
                if request.uri().path().trim_matches('/') == SEARCH {
                    let (head, _) = request.into_parts();
                    return file(State(self.preview.clone()), head.method, head.uri, head.headers).await;
                }
                (StatusCode::SERVICE_UNAVAILABLE, format!("{cause:#}\n")).into_response()
            }
        }
    }

    fn word<'t>(&self, zh: &'t str, en: &'t str) -> &'t str {
        match self.preview.lang {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }

    async fn start(&self) -> anyhow::Result<Router> {
        std::fs::create_dir_all(self.preview.root.join(".portico"))?;
        let (folder, base) = (self.preview.root.clone(), self.base_url.clone());
        let configuration = Configuration { secure: false, base_url: Some(base.clone()), ..Configuration::of_root(folder.clone()) };
        let index = index(&configuration);
        let frames = Box::new(move || Ok(crate::pipeline::frames(&folder, Some(&base))?.0));
        let (sidecar, _) = Sidecar::open(configuration, Sources { frames, index }, steady_clock()).await?;
        let desks = sidecar.desks();
        if !desks.desks.is_empty() || desks.centre.is_some() {
            self.first_account(&sidecar).await?;
        }
        tokio::spawn(sidecar.clone().look_after());
        Ok(web::router(sidecar))
    }

    /// An account to look around with, when there is none: its password is told once.
    async fn first_account(&self, sidecar: &Sidecar) -> anyhow::Result<()> {
        let store = &sidecar.casework.store;
        if !store.accounts().await?.is_empty() {
            return Ok(());
        }
        let password: String = random()?.chars().take(16).collect();
        let grants = Grant::parse_all("centre@* leader@* confidential@* admin@* auditor@* procurement@*").unwrap_or_default();
        let account = Account { name: "preview".into(), full_name: "预览".into(), password: hashed(&password)?, grants, ..Account::default() };
        store.write(vec![add(&account)]).await?;
        let office = format!("{}/-/office", self.base_url.replace("{site}.", ""));
        (self.say)(&match self.preview.lang {
            Lang::Zh => format!("办理平台：{office}　用户名 preview，密码 {password}（只显示这一次）"),
            Lang::En => format!("Office: {office}  name preview, password {password} (told this once)"),
        });
        Ok(())
    }
}
