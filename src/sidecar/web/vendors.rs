//! The vendors' own pages: registering, how one stands, changing the profile, further users, files.

use axum::Form;
use axum::extract::{Multipart, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::Shared;
use super::cases::Fields;
use super::form::{self, Origin, Sent};
use super::keeping::{hashed, is_name, typed};
use super::lots::lot_line;
use super::page::{page, shared, time, with_status};
use super::problem::Problem;
use super::session::Officer;
use crate::sidecar::accounts::{Grant, Role, vendor_of};
use crate::sidecar::case::Millis;
use crate::sidecar::certification::{self, Registration, owner};
use crate::sidecar::desk::{Desks, FileKind};
use crate::sidecar::password::SHORTEST;
use crate::sidecar::procurement::{Centre, day_after};
use crate::sidecar::seal::BadToken;
use crate::sidecar::service::Sidecar;
use crate::sidecar::store::accounts::Account;
use crate::sidecar::store::vendors::Vendor;
use crate::sidecar::vendor::{Profile, State as VendorState, credit_code, products, typed_products};

const FILES: usize = 6;
pub(super) const FILE_BYTES: usize = 10 * 1024 * 1024;
pub(super) const FILE_KINDS: &[FileKind] = &[FileKind::Picture, FileKind::Pdf, FileKind::Office];

/// The fields of a profile: name, label, autocomplete, whether it must be filled in.
const PROFILE: [(&str, &str, &str, bool); 9] = [
    ("name", "企业名称", "organization", true),
    ("licence_number", "许可证号", "off", false),
    ("licence_until", "许可证有效期至", "off", false),
    ("legal_person", "法定代表人", "off", true),
    ("address", "地址", "street-address", true),
    ("phone", "对外电话", "tel", true),
    ("contact", "联系人（不公开）", "name", true),
    ("contact_phone", "联系人手机（不公开）", "tel", true),
    ("contact_email", "联系邮箱（不公开）", "email", false),
];

/// The procurement centre; there are no such pages without one.
pub(super) fn centre(desks: &Desks) -> Result<&Centre, Problem> {
    desks.centre.as_ref().ok_or(Problem::Missing)
}

/// What was typed of a profile.
fn profile_of(sent: &Sent, desks: &Desks) -> Result<Profile, Vec<(&'static str, String)>> {
    let text = |key: &str| sent.get(key).trim().chars().filter(|c| *c == '\n' || !c.is_control()).collect::<String>();
    let until = text("licence_until");
    let licence_until = day_after(&until, &desks.zone);
    let profile = Profile {
        name: text("name"),
        licence_number: text("licence_number"),
        licence_until,
        legal_person: text("legal_person"),
        business_scope: text("business_scope"),
        address: text("address"),
        phone: text("phone"),
        website: text("website"),
        introduction: text("introduction"),
        products: products(&text("products")),
        contact: text("contact"),
        contact_phone: text("contact_phone"),
        contact_email: text("contact_email"),
    };
    let mut mistakes = profile.mistakes();
    if !until.is_empty() && licence_until.is_none() {
        mistakes.push(("licence_until", "有效期写成 2027-12-31 的样子".into()));
    }
    if mistakes.is_empty() { Ok(profile) } else { Err(mistakes) }
}

/// A profile's fields as a form shows them.
fn fields(value: &dyn Fn(&str) -> String, mistakes: &[(&'static str, String)]) -> Value {
    let wrong = |key: &str| mistakes.iter().find(|(field, _)| *field == key).map_or("", |(_, why)| why);
    let line = |(key, label, complete, required): &(&str, &str, &str, bool)| json!({"key": key, "label": label, "complete": complete, "required": required, "value": value(key), "mistake": wrong(key), "kind": if *key == "licence_until" { "date" } else { "text" }});
    let long = |key: &str, label: &str, help: &str, required: bool| json!({"key": key, "label": label, "help": help, "required": required, "value": value(key), "mistake": wrong(key)});
    json!({
        "lines": PROFILE.iter().map(line).collect::<Vec<_>>(),
        "website": {"value": value("website"), "mistake": wrong("website")},
        "long": [
            long("business_scope", "经营范围", "", true),
            long("products", "产品", "每行一项：名称 | 规格 | 参考价", false),
            long("introduction", "企业简介", "显示在工商博览的企业页面", false),
        ],
    })
}

/// A profile's values by field.
fn value_of(profile: &Profile, key: &str, desks: &Desks) -> String {
    match key {
        "name" => profile.name.clone(),
        "licence_number" => profile.licence_number.clone(),
        "licence_until" => profile.licence_until.map(|at| time(Some(at - 1), desks)[..10].to_string()).unwrap_or_default(),
        "legal_person" => profile.legal_person.clone(),
        "business_scope" => profile.business_scope.clone(),
        "address" => profile.address.clone(),
        "phone" => profile.phone.clone(),
        "website" => profile.website.clone(),
        "introduction" => profile.introduction.clone(),
        "products" => typed_products(&profile.products),
        "contact" => profile.contact.clone(),
        "contact_phone" => profile.contact_phone.clone(),
        "contact_email" => profile.contact_email.clone(),
        _ => String::new(),
    }
}

/// A profile for people: labels with values, empty ones left out.
pub(super) fn facts(profile: &Profile, desks: &Desks) -> Value {
    let rest = [("website", "网站"), ("business_scope", "经营范围"), ("products", "产品"), ("introduction", "企业简介")];
    let all = PROFILE.iter().map(|(key, label, ..)| (*key, *label)).chain(rest);
    all.map(|(key, label)| json!({"label": label, "value": value_of(profile, key, desks)})).filter(|fact| fact["value"] != "").collect()
}

pub(super) async fn form(State(sidecar): Shared) -> Result<Response, Problem> {
    form_page(&sidecar, &Sent::default(), &[], StatusCode::OK)
}

fn form_page(sidecar: &Sidecar, sent: &Sent, mistakes: &[(&'static str, String)], status: StatusCode) -> Result<Response, Problem> {
    let (desks, now) = (sidecar.desks(), sidecar.now());
    let centre = centre(&desks)?;
    let content = json!({
        "intro": centre.intro, "centre": centre.name, "phone": centre.phone, "token": sidecar.casework.seal.form_token("vendor", now)?,
        "fields": fields(&|key| sent.get(key).to_string(), mistakes), "code": sent.get("code"), "account": sent.get("account"), "shortest": SHORTEST,
        "mistakes": mistakes.iter().map(|(field, why)| json!({"field": field, "message": why})).collect::<Vec<_>>(),
    });
    with_status(status, page(sidecar, &centre.site, "vendor-register", "供应商登记", &content))
}

pub(super) async fn register(State(sidecar): Shared, origin: Origin, multipart: Multipart) -> Result<Response, Problem> {
    let (desks, now) = shared(&sidecar);
    let centre = centre(&desks)?;
    let mut sent = form::read_with(multipart, FILES, FILE_BYTES).await?;
    let mut mistakes = Vec::new();
    match sidecar.casework.seal.open_form_token(sent.get("token"), "vendor", now) {
        Ok(_) => {}
        Err(BadToken::TooFast) => mistakes.push(("token", "请稍候再提交".into())),
        Err(_) => mistakes.push(("token", "页面已失效，请核对内容后再次提交".into())),
    }
    let code = credit_code(sent.get("code")).map_err(|why| mistakes.push(("code", why.to_string()))).unwrap_or_default();
    let profile = profile_of(&sent, &desks).map_err(|found| mistakes.extend(found)).unwrap_or_default();
    let files = form::attachments(&sidecar, &mut sent, FILE_KINDS).await?;
    mistakes.extend(sent.mistakes.iter().map(|m| ("files", m.message.clone())));
    if files.is_empty() && sent.mistakes.is_empty() {
        mistakes.push(("files", "请上传营业执照（图片或 PDF）".into()));
    }
    let name = sent.get("account").trim().to_string();
    if !is_name(&name) {
        mistakes.push(("account", "用户名只能用字母、数字、点和连字符".into()));
    }
    if !mistakes.is_empty() {
        return form_page(&sidecar, &sent, &mistakes, StatusCode::UNPROCESSABLE_ENTITY);
    }
    let account = match user(&sidecar, &code, &name, &profile.contact, &profile.contact_email, sent.get("password")).await {
        Ok(account) => account,
        Err(why) => return form_page(&sidecar, &sent, &[("password", why)], StatusCode::UNPROCESSABLE_ENTITY),
    };
    let most = sidecar.casework.configuration.letters_per_address;
    let bucket = (most > 0).then(|| sidecar.casework.bucket("vendor", &origin.0, most, now));
    let registration = Registration { code, profile, account, files, bucket };
    match certification::register(&sidecar.casework.store, sidecar.auctioneer.signer(), registration, now).await {
        Ok(vendor) => page(
            &sidecar,
            &centre.site,
            "vendor-registered",
            "登记已提交",
            &json!({"code": vendor.code, "name": vendor.profile.name, "account": name, "centre": centre.name, "phone": centre.phone}),
        ),
        Err(why @ certification::NotDone::Registered) => form_page(&sidecar, &sent, &[("code", why.to_string())], StatusCode::CONFLICT),
        Err(why @ certification::NotDone::NameTaken) => form_page(&sidecar, &sent, &[("account", why.to_string())], StatusCode::CONFLICT),
        Err(other) => Err(other.into()),
    }
}

/// A vendor's user, or what is wrong with the password.
async fn user(sidecar: &Sidecar, code: &str, name: &str, full_name: &str, email: &str, password: &str) -> Result<Account, String> {
    let password = hashed(sidecar, password).await?;
    let grants = vec![Grant { role: Role::Vendor, site: code.to_string() }];
    Ok(Account { name: name.into(), full_name: full_name.into(), email: email.into(), password, grants, ..Account::default() })
}

/// The vendor an account belongs to.
pub(super) async fn own(sidecar: &Sidecar, officer: &Officer) -> Result<Vendor, Problem> {
    let code = vendor_of(&officer.account.grants).ok_or(Problem::Forbidden)?;
    sidecar.casework.store.vendor(code).await?.ok_or(Problem::Missing)
}

/// What the pages of a vendor have in common.
pub(super) fn trade(officer: &Officer, vendor: &Vendor) -> Value {
    let name = if officer.account.full_name.is_empty() { &officer.account.name } else { &officer.account.full_name };
    json!({"vendor": vendor.profile.name, "user": name, "csrf": officer.csrf, "state": vendor.state.word()})
}

pub(super) async fn home(State(sidecar): Shared, officer: Officer) -> Result<Response, Problem> {
    home_page(&sidecar, &officer, "", &[], StatusCode::OK).await
}

async fn home_page(sidecar: &Sidecar, officer: &Officer, told: &str, mistakes: &[(&'static str, String)], status: StatusCode) -> Result<Response, Problem> {
    let (desks, now, store) = (sidecar.desks(), sidecar.now(), &sidecar.casework.store);
    let (centre, vendor) = (centre(&desks)?, own(sidecar, officer).await?);
    let events = store.vendor_events(&vendor.code).await?;
    let users: Vec<Value> = store
        .accounts()
        .await?
        .iter()
        .filter(|a| vendor_of(&a.grants) == Some(&vendor.code))
        .map(|a| json!({"name": a.name, "full_name": a.full_name, "disabled": a.disabled}))
        .collect();
    let files = store.files(&owner(&vendor.code)).await?;
    let shown = vendor.proposed.as_ref().unwrap_or(&vendor.profile);
    let lots = store.lots().await?;
    let open = lots.iter().filter(|lot| lot.tree.size() > 0 && lot.standing.ended.is_none());
    let content = json!({
        "trade": trade(officer, &vendor), "code": vendor.code, "state": vendor.state.word(), "state_name": vendor.state.name(),
        "expired": vendor.profile.licence_until.is_some_and(|until| now >= until), "proposed": vendor.proposed.is_some(),
        "revoked": vendor.state == VendorState::Revoked,
        "events": events.iter().rev().map(|e| event(e, &desks)).collect::<Vec<_>>(),
        "fields": fields(&|key| value_of(shown, key, &desks), mistakes), "users": users, "told": told, "shortest": SHORTEST,
        "mistakes": mistakes.iter().map(|(field, why)| json!({"field": field, "message": why})).collect::<Vec<_>>(),
        "files": files.iter().map(|f| &f.name).collect::<Vec<_>>(), "phone": centre.phone, "centre": centre.name,
        "lots": open.map(|lot| lot_line(lot, &desks, now)).collect::<Vec<_>>(),
    });
    with_status(status, page(sidecar, &centre.site, "vendor-home", &vendor.profile.name, &content))
}

/// A line of a vendor's history for people.
pub(super) fn event(event: &crate::sidecar::store::vendors::Event, desks: &Desks) -> Value {
    let deed = crate::sidecar::vendor::Deed::parse(&event.deed).map(crate::sidecar::vendor::Deed::name);
    let name = deed.unwrap_or(if event.deed == "register" { "提交登记" } else { "提交资料变更" });
    json!({"at": time(Some(event.at), desks), "deed": name, "why": event.why, "who": event.who})
}

pub(super) async fn propose(State(sidecar): Shared, officer: Officer, multipart: Multipart) -> Result<Response, Problem> {
    let (desks, now) = shared(&sidecar);
    let mut sent = form::read_with(multipart, FILES, FILE_BYTES).await?;
    officer.check(sent.get("csrf"))?;
    let vendor = own(&sidecar, &officer).await?;
    let profile = match profile_of(&sent, &desks) {
        Ok(profile) => profile,
        Err(found) => return home_page(&sidecar, &officer, "", &found, StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    let files = form::attachments(&sidecar, &mut sent, FILE_KINDS).await?;
    if let Some(mistake) = sent.mistakes.first() {
        return home_page(&sidecar, &officer, "", &[("files", mistake.message.clone())], StatusCode::UNPROCESSABLE_ENTITY).await;
    }
    let (store, signer) = (&sidecar.casework.store, sidecar.auctioneer.signer());
    certification::propose(store, signer, &vendor.code, profile, files, &officer.account.name, now).await?;
    Ok((StatusCode::SEE_OTHER, [(header::LOCATION, "/-/vendor")]).into_response())
}

pub(super) async fn add_user(State(sidecar): Shared, officer: Officer, Form(sent): Fields) -> Result<Response, Problem> {
    officer.check(typed(&sent, "csrf"))?;
    let (vendor, now): (Vendor, Millis) = (own(&sidecar, &officer).await?, sidecar.now());
    let name = typed(&sent, "name");
    let made = match is_name(name) {
        true => user(&sidecar, &vendor.code, name, typed(&sent, "full_name"), typed(&sent, "email"), sent.get("password").map_or("", |p| p)).await,
        false => Err("用户名只能用字母、数字、点和连字符".into()),
    };
    let account = match made {
        Ok(account) => account,
        Err(why) => return home_page(&sidecar, &officer, &why, &[], StatusCode::UNPROCESSABLE_ENTITY).await,
    };
    match certification::add_user(&sidecar.casework.store, &account, &officer.account.name, now).await {
        Ok(()) => home_page(&sidecar, &officer, &format!("已新增用户 {name}"), &[], StatusCode::OK).await,
        Err(why @ certification::NotDone::NameTaken) => home_page(&sidecar, &officer, &why.to_string(), &[], StatusCode::CONFLICT).await,
        Err(other) => Err(other.into()),
    }
}
