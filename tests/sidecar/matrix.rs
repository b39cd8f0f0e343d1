//! Route × role × department, generated from the OpenAPI document: nobody reads or changes what is not theirs, and no answer is a 5xx.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use portico::sidecar::accounts::{Grant, Role, may_see};
use portico::sidecar::seal::hash;
use portico::sidecar::store::accounts::Session;

use crate::city::{City, LETTER, in_a_city};

/// A case of every kind: with a department, with none, confidential.
async fn cases(city: &City) -> Vec<String> {
    let (with, _) = city.write("mayor", &LETTER, &[]).await.receipt();
    let (without, _) = city.write("mayor", &LETTER, &[]).await.receipt();
    let (secret, _) = city.write("tax", &[("subject", "某某商行"), ("text", "不开发票")], &[]).await.receipt();
    let centre = city.officer("first", "centre@www").await;
    centre.act(&with, "accept", "", "").await;
    centre.act(&with, "assign", "", "jyj").await;
    vec![with, without, secret]
}

async fn session(city: &City, cookie: &str) -> Session {
    let id = hash(cookie.split_once('=').unwrap().1);
    city.sidecar.casework.store.session(&id, city.sidecar.now()).await.unwrap().unwrap()
}

#[test]
fn every_route_answers_every_role_as_it_may() {
    in_a_city(|city| async move {
        let numbers = cases(&city).await;
        let document: serde_json::Value = serde_json::from_str(&city.get("/-/api/openapi.json").await.text).unwrap();
        let mut people = vec![(String::new(), Vec::new(), String::new())];
        for (i, role) in Role::ALL.iter().enumerate() {
            for site in ["www", "jyj", "zjj"] {
                let (name, grants) = (format!("p{i}{site}"), format!("{}@{site}", role.word()));
                let cookie = city.officer(&name, &grants).await.cookie;
                let csrf = session(&city, &cookie).await.csrf;
                people.push((cookie, Grant::parse_all(&grants).unwrap(), csrf));
            }
        }
        let mut tried = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, about) in methods.as_object().unwrap() {
                for (cookie, grants, csrf) in &people {
                    for number in &numbers {
                        let address = path.replace("{number}", number).replace("{desk}", "mayor");
                        let body = serde_json::json!({"version": 999, "deed": "accept", "number": number, "code": "0", "token": "x", "answers": {}});
                        let request = Request::builder().method(method.to_uppercase().as_str()).uri(&address);
                        let request = request.header("cookie", cookie).header("x-csrf-token", csrf).header("content-type", "application/json");
                        let answer = city.send(request.body(Body::from(body.to_string())).unwrap()).await;
                        tried += 1;
                        let who = format!("{method} {address} {grants:?}: {} {}", answer.status, answer.text);
                        assert!(about["responses"].get(answer.status.as_str()).is_some(), "not in the document: {who}");
                        let record = city.sidecar.casework.store.case(number).await.unwrap().unwrap();
                        let mine = !grants.is_empty() && may_see(grants, &record.subject());
                        if path.contains("{number}") {
                            let expected = match (grants.is_empty(), mine) {
                                (true, _) => vec![StatusCode::UNAUTHORIZED],
                                (_, false) => vec![StatusCode::NOT_FOUND],
                                (_, true) if method == "get" => vec![StatusCode::OK],
                                // Read, but not to be changed; or changed by somebody else meanwhile.
                                (_, true) => vec![StatusCode::NOT_FOUND, StatusCode::CONFLICT],
                            };
                            assert!(expected.contains(&answer.status), "{who}");
                        }
                        if !mine {
                            assert!(!answer.text.contains(&format!("\"number\":\"{number}\"")), "a leak: {who}");
                        }
                    }
                }
            }
        }
        assert!(tried > 7 * 19, "only {tried} requests were tried");
    });
}

#[test]
fn the_json_api_takes_a_letter_and_deals_with_it() {
    in_a_city(|city| async move {
        let form: serde_json::Value = serde_json::from_str(&city.get("/-/api/desks/mayor").await.text).unwrap();
        city.later(1);
        let post = |path: String, body: serde_json::Value, headers: Vec<(&'static str, String)>| {
            let mut request = Request::post(path).header("content-type", "application/json");
            for (name, value) in headers {
                request = request.header(name, value);
            }
            city.send(request.body(Body::from(body.to_string())).unwrap())
        };
        let answers: serde_json::Map<String, serde_json::Value> = LETTER.iter().map(|(k, v)| (k.to_string(), (*v).into())).collect();
        let letter = serde_json::json!({"token": form["token"], "answers": answers});
        let sent = post("/-/api/desks/mayor/letters".into(), letter, vec![]).await;
        assert_eq!(sent.status, StatusCode::CREATED, "{}", sent.text);
        let receipt: serde_json::Value = serde_json::from_str(&sent.text).unwrap();
        let seen = post("/-/api/status".into(), receipt.clone(), vec![]).await;
        assert!(seen.has("\"state\":\"received\""), "{}", seen.text);
        let cookie = city.officer("wang", "centre@www").await.cookie;
        let csrf = session(&city, &cookie).await.csrf;
        let number = receipt["number"].as_str().unwrap();
        let deed = |version: i64, deed: &str| {
            post(
                format!("/-/api/cases/{number}/deeds"),
                serde_json::json!({"version": version, "deed": deed}),
                vec![("cookie", cookie.clone()), ("x-csrf-token", csrf.clone())],
            )
        };
        assert!(deed(1, "accept").await.has("\"state\":\"accepted\""));
        assert_eq!(deed(1, "accept").await.status, StatusCode::CONFLICT);
        assert_eq!(deed(2, "close").await.status, StatusCode::CONFLICT);
        assert_eq!(deed(2, "dance").await.status, StatusCode::UNPROCESSABLE_ENTITY);
        let forged =
            post(format!("/-/api/cases/{number}/deeds"), serde_json::json!({"version": 2, "deed": "note", "text": "x"}), vec![("cookie", cookie.clone())])
                .await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN);
    });
}
