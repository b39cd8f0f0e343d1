//! A market for the tests: a procurement centre with two officials, two certified vendors and one that only registered.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use portico::sidecar::accounts::Grant;
use portico::sidecar::bidding::Decision;
use portico::sidecar::certification::{self, Registration};
use portico::sidecar::password;
use portico::sidecar::store::accounts::Account;
use portico::sidecar::vendor::{Deed, Profile};
use serde_json::Value;

use crate::city::{Answer, City, Officer, PASSWORD};

/// Codes of the vendors: the first two are certified.
pub const CODES: [&str; 3] = ["91539900MA7XQC0K8M", "91350100M000100Y43", "91539900MA7XQC0K9Q"];

pub struct Market<'c> {
    city: &'c City,
    pub zhou: Officer<'c>,
    pub wu: Officer<'c>,
    /// The vendors' sessions.
    pub cookies: Vec<String>,
}

/// The fields of a draft that opens and closes so many minutes from now.
pub fn draft_fields(city: &City, opens: i64, closes: i64) -> BTreeMap<&'static str, String> {
    let at = |minutes: i64| {
        let stamp = jiff::Timestamp::from_millisecond(city.sidecar.now() + minutes * 60_000).unwrap();
        stamp.in_tz("Asia/Shanghai").unwrap().strftime("%Y-%m-%dT%H:%M").to_string()
    };
    BTreeMap::from([
        ("title", "市直机关公务打印设备".to_string()),
        ("goods", "A4 黑白激光打印机".into()),
        ("quantity", "85 台".into()),
        ("specification", "双面打印，不低于 30 页/分".into()),
        ("department", "jyj".into()),
        ("budget", "160000".into()),
        ("ceiling", "153000".into()),
        ("step", "300".into()),
        ("step_kind", "yuan".into()),
        ("opens_at", at(opens)),
        ("closes_at", at(closes)),
        ("deposit", "无需缴纳保证金".into()),
    ])
}

impl<'c> Market<'c> {
    pub fn registration<'f>(token: &'f str, code: &'f str, account: &'f str, name: &str) -> Vec<(&'static str, &'f str)> {
        let full = if name == "晴岚茶业" { "云岫晴岚茶业有限公司" } else { "云岫启衡办公设备有限公司" };
        vec![
            ("token", token),
            ("code", code),
            ("name", full),
            ("licence_number", "云岫商核〔2026〕31号"),
            ("legal_person", "柏松年"),
            ("business_scope", "茶叶种植、加工、销售"),
            ("address", "云岫市茶园镇晴岚路 6 号"),
            ("phone", "0630-8810601"),
            ("products", "高山红茶 | 200 克/盒 | 158 元\n绿茶"),
            ("introduction", "公司成立于 2011 年。"),
            ("contact", "柏小满"),
            ("contact_phone", "13900001111"),
            ("account", account),
            ("password", PASSWORD),
        ]
    }

    pub async fn open(city: &'c City) -> Self {
        let (zhou, wu) = (city.officer("zhou", "procurement@www").await, city.officer("wu", "procurement@www").await);
        let mut cookies = Vec::new();
        let hashed = password::hashed(PASSWORD).unwrap();
        for (n, (code, name)) in CODES.iter().zip(["云岫晴岚茶业有限公司", "云岫启衡办公设备有限公司", "云岫栖云文化有限公司"]).enumerate()
        {
            let profile = Profile { name: name.into(), legal_person: "柏松年".into(), phone: "0630-8810601".into(), ..Profile::default() };
            let grants = Grant::parse_all(&format!("vendor@{code}")).unwrap();
            let account = Account { name: format!("vendor{n}"), password: hashed.clone(), grants, ..Account::default() };
            let registration = Registration { code: (*code).into(), profile, account, files: vec![], bucket: None };
            let (store, signer) = (&city.sidecar.casework.store, city.sidecar.auctioneer.signer());
            certification::register(store, signer, registration, city.sidecar.now()).await.unwrap();
            if n < 2 {
                certification::decide(store, signer, (code, 1), (Deed::Certify, ""), "zhou", city.sidecar.now()).await.unwrap();
            }
            cookies.push(city.sign_in(&format!("vendor{n}")).await);
        }
        Self { city, zhou, wu, cookies }
    }

    /// Does something with a vendor as an official.
    pub async fn decide(&self, vendor: usize, deed: &str, why: &str) {
        let (store, signer) = (&self.city.sidecar.casework.store, self.city.sidecar.auctioneer.signer());
        let seen = store.vendor(CODES[vendor]).await.unwrap().unwrap().version;
        certification::decide(store, signer, (CODES[vendor], seen), (Deed::parse(deed).unwrap(), why), "zhou", self.city.sidecar.now()).await.unwrap();
    }

    /// A vendor's licence runs out.
    pub async fn expire(&self, vendor: usize) {
        let (store, signer, now) = (&self.city.sidecar.casework.store, self.city.sidecar.auctioneer.signer(), self.city.sidecar.now());
        let profile = Profile { licence_until: Some(now - 1), ..store.vendor(CODES[vendor]).await.unwrap().unwrap().profile };
        certification::propose(store, signer, CODES[vendor], profile, vec![], "vendor1", now).await.unwrap();
        self.decide(vendor, "accept", "").await;
    }

    /// Drafts a lot and has it approved.
    pub async fn announce(&self, opens: i64, closes: i64) -> String {
        self.announce_with(opens, closes, &[]).await
    }

    pub async fn announce_with(&self, opens: i64, closes: i64, more: &[(&'static str, &str)]) -> String {
        let mut fields = draft_fields(self.city, opens, closes);
        fields.extend(more.iter().map(|(k, v)| (*k, (*v).to_string())));
        let csrf = self.zhou.get("/-/office/lots/draft").await.value("csrf");
        let mut all = vec![("csrf", &*csrf)];
        all.extend(fields.iter().map(|(k, v)| (*k, &**v)));
        let drafted = self.city.post_files("/-/office/lots/draft", &all, &[], &self.zhou.cookie).await;
        assert_eq!(drafted.status, StatusCode::SEE_OTHER, "{}", drafted.text);
        let id = drafted.headers["location"].rsplit('/').next().unwrap().to_string();
        self.city.sidecar.auctioneer.decide(&id, Decision::Approve, "wu").await.unwrap();
        id
    }

    pub async fn get(&self, vendor: usize, path: &str) -> Answer {
        self.city.get_as(path, &self.cookies[vendor]).await
    }

    pub async fn csrf(&self, vendor: usize) -> String {
        self.get(vendor, "/-/vendor").await.value("csrf")
    }

    pub async fn post(&self, vendor: usize, path: &str, fields: &[(&str, &str)]) -> Answer {
        let csrf = self.csrf(vendor).await;
        let mut all = vec![("csrf", &*csrf)];
        all.extend_from_slice(fields);
        self.city.post(path, &all, &self.cookies[vendor]).await
    }

    /// Bids by the API.
    pub async fn bid(&self, vendor: usize, lot: &str, key: &str, body: &Value) -> (StatusCode, Value) {
        let csrf = self.csrf(vendor).await;
        let headers = [("idempotency-key", key), ("x-csrf-token", &*csrf), ("cookie", &*self.cookies[vendor])];
        let answer = self.city.post_json(&format!("/-/api/lots/{lot}/bids"), body, &headers).await;
        (answer.status, serde_json::from_str(&answer.text).unwrap())
    }
}
