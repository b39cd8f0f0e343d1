//! The desks beside the preview's pages: the sidecar in the same process, on the same port, over a database in `.portico/`.
//!
//! In: the group's folder. Out: routes below `/-/`; none when the group has no desks. What the sidecar publishes lies in `content/`, so the
//! preview shows it like any other change.

use std::path::Path;

use axum::Router;
use axum::extract::Request;
use axum::routing::any;
use tower::ServiceExt;

use crate::diagnostic::Lang;
use crate::sidecar::accounts::Grant;
use crate::sidecar::configuration::Configuration;
use crate::sidecar::password::hashed;
use crate::sidecar::seal::random;
use crate::sidecar::service::{Sidecar, machine_clock};
use crate::sidecar::store::accounts::{Account, add};
use crate::sidecar::web;

/// The desks' routes. A sidecar that cannot start is told and left out: the pages do not need it.
pub(super) async fn routes(root: &Path, base_url: &str, lang: Lang, say: fn(&str)) -> Router {
    if !root.join("sites/desks").is_dir() {
        return Router::new();
    }
    match start(root, base_url, lang, say).await {
        Ok(router) => router,
        Err(cause) => {
            say(&match lang {
                Lang::Zh => format!("互动窗口未启动：{cause:#}"),
                Lang::En => format!("the desks are not served: {cause:#}"),
            });
            Router::new()
        }
    }
}

async fn start(root: &Path, base_url: &str, lang: Lang, say: fn(&str)) -> anyhow::Result<Router> {
    std::fs::create_dir_all(root.join(".portico"))?;
    let base = base_url.to_string();
    let configuration = Configuration { secure: false, base_url: Some(base.clone()), ..Configuration::of_root(root.into()) };
    let folder = root.to_path_buf();
    let source = Box::new(move || Ok(crate::pipeline::frames(&folder, Some(&base))?.0));
    let (sidecar, _) = Sidecar::open(configuration, source, machine_clock()).await?;
    let home = base_url.replace("{site}.", "");
    let account = first_account(&sidecar, lang).await?;
    say(&match lang {
        Lang::Zh => format!("互动窗口：{home}/-/　办理平台：{home}/-/office{account}"),
        Lang::En => format!("Desks: {home}/-/  Office: {home}/-/office{account}"),
    });
    tokio::spawn(sidecar.clone().look_after());
    let desks = web::router(sidecar);
    let answer = async move |request: Request| {
        let Ok(answer) = desks.oneshot(request).await;
        answer
    };
    Ok(Router::new().route("/-/", any(answer.clone())).route("/-/{*rest}", any(answer)))
}

/// An account to look around with, when there is none: its password is told once.
async fn first_account(sidecar: &Sidecar, lang: Lang) -> anyhow::Result<String> {
    let store = &sidecar.casework.store;
    if !store.accounts().await?.is_empty() {
        return Ok(String::new());
    }
    let password: String = random()?.chars().take(16).collect();
    let grants = Grant::parse_all("centre@* leader@* confidential@* admin@* auditor@*").unwrap_or_default();
    let account = Account { name: "preview".into(), full_name: "预览".into(), password: hashed(&password)?, grants, ..Account::default() };
    store.write(vec![add(&account)]).await?;
    Ok(match lang {
        Lang::Zh => format!("（用户名 preview，密码 {password}，只显示这一次）"),
        Lang::En => format!(" (name preview, password {password}, told this once)"),
    })
}
