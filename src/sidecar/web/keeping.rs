//! Keeping the office: accounts and what they may do, canned phrases, one's own password and one-time codes, the log.

use std::collections::BTreeMap;

use axum::Form;
use axum::extract::{Query, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::Shared;
use super::cases::{Fields, office};
use super::page::{page, shared, time, with_status};
use super::problem::Problem;
use super::session::Officer;
use crate::sidecar::accounts::{Grant, Role, may_audit, may_keep_accounts};
use crate::sidecar::password::{self, SHORTEST};
use crate::sidecar::seal::random;
use crate::sidecar::service::Sidecar;
use crate::sidecar::store::accounts::{self, Account, Phrase};
use crate::sidecar::store::database::{Trouble, Unmet};

/// What was typed in a field, without blanks around it.
pub(super) fn typed<'a>(sent: &'a BTreeMap<String, String>, key: &str) -> &'a str {
    sent.get(key).map_or("", |v| v.trim())
}

pub(super) async fn accounts(State(sidecar): Shared, officer: Officer) -> Result<Response, Problem> {
    accounts_page(&sidecar, &officer, "", &BTreeMap::new(), StatusCode::OK).await
}

/// The accounts, with what is told; and after a mistake, what was typed for one of them.
async fn accounts_page(sidecar: &Sidecar, officer: &Officer, told: &str, sent: &BTreeMap<String, String>, status: StatusCode) -> Result<Response, Problem> {
    if !may_keep_accounts(&officer.account.grants) {
        return Err(Problem::Forbidden);
    }
    let desks = sidecar.desks();
    let written = |a: &Account| a.grants.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let line = |a: &Account| json!({"name": a.name, "full_name": a.full_name, "email": a.email, "grants": written(a), "disabled": a.disabled, "version": a.version, "totp": !a.totp.is_empty()});
    let mut list: Vec<Value> = sidecar.casework.store.accounts().await?.iter().map(line).collect();
    let known = list.iter_mut().find(|a| a["name"] == typed(sent, "name"));
    let new = known.is_none();
    if let Some(account) = known {
        account["open"] = json!(true);
        for key in ["full_name", "email", "grants"] {
            account[key] = json!(typed(sent, key));
        }
        account["disabled"] = json!(!typed(sent, "disabled").is_empty());
    }
    let new = |key| if new { typed(sent, key) } else { "" };
    let new = json!({"name": new("name"), "full_name": new("full_name"), "email": new("email"), "grants": new("grants")});
    let roles: Vec<Value> = Role::ALL.iter().map(|r| json!({"word": r.word(), "name": r.name()})).collect();
    let content = json!({"office": office(officer, &desks), "accounts": list, "roles": roles, "told": told, "wrong": status != StatusCode::OK, "provider": sidecar.casework.configuration.sign_on.as_ref().map(|s| &s.name), "new": new, "shortest": SHORTEST});
    with_status(status, page(sidecar, "", "office-accounts", "账号管理", &content))
}

pub(super) async fn keep_account(State(sidecar): Shared, officer: Officer, Form(sent): Fields) -> Result<Response, Problem> {
    officer.check(typed(&sent, "csrf"))?;
    if !may_keep_accounts(&officer.account.grants) {
        return Err(Problem::Forbidden);
    }
    let now = sidecar.now();
    let store = &sidecar.casework.store;
    let before = store.account(typed(&sent, "name")).await?;
    let account = match wanted_account(&sidecar, before.clone(), &sent).await {
        Ok(account) => account,
        Err(why) => return accounts_page(&sidecar, &officer, &why, &sent, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let (statement, what) = if before.is_some() { (accounts::change(&account), "修改账号") } else { (accounts::add(&account), "新增账号") };
    let grants = account.grants.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
    let about = format!("{} {grants}{}", account.name, if account.disabled { " 停用" } else { "" });
    let done = store.write(vec![statement, accounts::look(&random()?, now, &officer.account.name, what, &about)]).await;
    match done {
        Ok(()) => accounts_page(&sidecar, &officer, &format!("已保存 {}", account.name), &BTreeMap::new(), StatusCode::OK).await,
        Err(Trouble::Unmet(Unmet::Conflict | Unmet::Taken)) => {
            accounts_page(&sidecar, &officer, "账号刚刚被其他人修改过，请核对后再保存", &sent, StatusCode::CONFLICT).await
        }
        Err(other) => Err(other.into()),
    }
}

/// Whether somebody can sign in under a name.
pub(super) fn is_name(name: &str) -> bool {
    !name.is_empty() && name.len() <= 40 && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

/// The account as the form wants it, or what is wrong.
async fn wanted_account(sidecar: &Sidecar, before: Option<Account>, sent: &BTreeMap<String, String>) -> Result<Account, String> {
    let name = typed(sent, "name");
    if !is_name(name) {
        return Err("用户名只能用字母、数字、点和连字符".into());
    }
    let grants = Grant::parse_all(typed(sent, "grants")).ok_or("角色写法有误，应如 officer@jyj，多个以空格隔开")?;
    let password = typed(sent, "password");
    let kept = match (&before, password.is_empty()) {
        (Some(before), true) => before.password.clone(),
        // Whoever signs in at the identity provider needs none here, and none fits.
        (None, true) if sidecar.casework.configuration.sign_on.is_some() => String::new(),
        _ => hashed(sidecar, password).await?,
    };
    let version = typed(sent, "version").parse().unwrap_or(0);
    let totp = before.map(|b| b.totp).filter(|_| typed(sent, "drop_totp").is_empty()).unwrap_or_default();
    Ok(Account {
        name: name.into(),
        full_name: typed(sent, "full_name").into(),
        email: typed(sent, "email").into(),
        password: kept,
        totp,
        grants,
        disabled: !typed(sent, "disabled").is_empty(),
        version,
    })
}

/// A new password as it is kept, or what is wrong with it.
pub(super) async fn hashed(sidecar: &Sidecar, password: &str) -> Result<String, String> {
    if password.chars().count() < SHORTEST {
        return Err(format!("密码至少 {SHORTEST} 个字符"));
    }
    let password = password.to_string();
    let broken = |e: &dyn std::fmt::Display| {
        tracing::error!(cause = %e, "a password cannot be hashed");
        "系统繁忙，请稍后再试".to_string()
    };
    let _turn = sidecar.hashing.acquire().await.map_err(|e| broken(&e))?;
    tokio::task::spawn_blocking(move || password::hashed(&password)).await.map_err(|e| broken(&e))?.map_err(|e| broken(&e))
}

pub(super) async fn phrases(State(sidecar): Shared, officer: Officer) -> Result<Response, Problem> {
    phrases_page(&sidecar, &officer, &Phrase { id: String::new(), department: String::new(), text: String::new() }, "").await
}

/// The phrases; with what was typed for one of them (the new one has no id), and what is wrong with it.
async fn phrases_page(sidecar: &Sidecar, officer: &Officer, typed: &Phrase, mistake: &str) -> Result<Response, Problem> {
    let (own, writes) = (own_department(officer), writes_phrases(officer));
    let view = |p: &Phrase| {
        let open = p.id == typed.id;
        json!({"id": p.id, "text": p.text, "own": writes && p.department == own, "open": open, "typed": if open { &typed.text } else { &p.text }})
    };
    let list: Vec<Value> = sidecar.casework.store.phrases(own).await?.iter().map(view).collect();
    let new = if typed.id.is_empty() { &*typed.text } else { "" };
    let content = json!({"office": office(officer, &sidecar.desks()), "phrases": list, "writes": writes, "typed": new, "mistake": mistake});
    let status = if mistake.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    with_status(status, page(sidecar, "", "office-phrases", "常用语", &content))
}

/// The department an officer answers for; empty for the information centre, whose phrases are everybody's.
fn own_department(officer: &Officer) -> &str {
    officer.account.grants.iter().find(|g| g.role == Role::Officer).map_or("", |g| &*g.site)
}

fn writes_phrases(officer: &Officer) -> bool {
    officer.account.grants.iter().any(|g| matches!(g.role, Role::Centre | Role::Officer))
}

/// Adds a phrase, or changes or removes one of the officer's own.
pub(super) async fn keep_phrase(State(sidecar): Shared, officer: Officer, Form(sent): Fields) -> Result<Response, Problem> {
    officer.check(typed(&sent, "csrf"))?;
    if !writes_phrases(&officer) {
        return Err(Problem::Forbidden);
    }
    let (id, text) = (typed(&sent, "id").to_string(), typed(&sent, "text").replace("\r\n", "\n"));
    let mut phrase = Phrase { id, department: own_department(&officer).into(), text };
    let statement = if !typed(&sent, "remove").is_empty() {
        accounts::remove_phrase(&phrase)
    } else if phrase.text.is_empty() || phrase.text.chars().count() > 500 {
        return phrases_page(&sidecar, &officer, &phrase, "请填写 500 字以内的常用语").await;
    } else if phrase.id.is_empty() {
        phrase.id = format!("{:015}-{}", sidecar.now(), &random()?[..8]);
        accounts::add_phrase(&phrase)
    } else {
        accounts::change_phrase(&phrase)
    };
    match sidecar.casework.store.write(vec![statement]).await {
        Ok(()) => Ok((StatusCode::SEE_OTHER, [(header::LOCATION, "/-/office/phrases")]).into_response()),
        Err(Trouble::Unmet(_)) => {
            let kept = Phrase { id: String::new(), ..phrase };
            phrases_page(&sidecar, &officer, &kept, "这条常用语已被删除，或不属于您的单位；您的文字保留在“新增”中").await
        }
        Err(other) => Err(other.into()),
    }
}

pub(super) async fn me(State(sidecar): Shared, officer: Officer) -> Result<Response, Problem> {
    let mut secret = [0; 20];
    getrandom::fill(&mut secret).map_err(|e| Problem::Broken(e.to_string()))?;
    me_page(&sidecar, &officer, &password::base32(&secret), "")
}

/// One's own account, with the secret that a telephone is to be told, and what is wrong.
fn me_page(sidecar: &Sidecar, officer: &Officer, secret: &str, told: &str) -> Result<Response, Problem> {
    let status = if told.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let content = json!({
        "office": office(officer, &sidecar.desks()), "account": officer.account.name, "totp": !officer.account.totp.is_empty(), "secret": secret,
        "told": told, "shortest": SHORTEST,
    });
    with_status(status, page(sidecar, "", "office-me", "我的账号", &content))
}

/// Changes one's own password, or begins to use one-time codes; signed out everywhere afterwards.
pub(super) async fn change_me(State(sidecar): Shared, officer: Officer, Form(sent): Fields) -> Result<Response, Problem> {
    let typed = |key: &str| sent.get(key).map_or("", |v| v.as_str());
    officer.check(typed("csrf"))?;
    // The same secret again: the telephone may know it already.
    let wrong = |why: &str| me_page(&sidecar, &officer, typed("secret"), why);
    let now = sidecar.now();
    let (old, kept) = (typed("password").to_string(), officer.account.password.clone());
    let turn = sidecar.hashing.acquire().await.map_err(|e| Problem::Broken(e.to_string()))?;
    let fits = tokio::task::spawn_blocking(move || password::fits(&old, Some(&kept))).await.map_err(|e| Problem::Broken(e.to_string()))?;
    drop(turn);
    if !fits {
        return wrong("当前密码不正确");
    }
    let mut account = officer.account.clone();
    let what = if typed("secret").is_empty() {
        match hashed(&sidecar, typed("new_password")).await {
            Ok(kept) => account.password = kept,
            Err(why) => return wrong(&why),
        }
        "修改密码"
    } else {
        if password::step_of(typed("code"), typed("secret"), now).is_none() {
            return wrong("动态码不正确：请核对手机时间，并用下面的密钥再试一次");
        }
        account.totp = typed("secret").to_string();
        "启用动态码"
    };
    let log = accounts::look(&random()?, now, &account.name, what, "");
    sidecar.casework.store.write(vec![accounts::change(&account), log]).await?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, "/-/office/sign-in")]).into_response())
}

/// Which page of the log.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct LogPage {
    page: i64,
}

pub(super) async fn log(State(sidecar): Shared, officer: Officer, Query(asked): Query<LogPage>) -> Result<Response, Problem> {
    if !may_audit(&officer.account.grants) {
        return Err(Problem::Forbidden);
    }
    let (desks, _) = shared(&sidecar);
    let at = asked.page.max(0);
    let looks = sidecar.casework.store.looks(100, at * 100).await?;
    let lines: Vec<Value> = looks.iter().map(|l| json!({"at": time(Some(l.at), &desks), "who": l.who, "what": l.what, "about": l.about})).collect();
    let content = json!({"office": office(&officer, &desks), "lines": lines, "page": at, "more": looks.len() == 100});
    page(&sidecar, "", "office-log", "操作日志", &content)
}
