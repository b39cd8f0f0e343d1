//! Route × role × department: every route of the OpenAPI document, and every page of the office as the router names it. Nobody reads or changes
//! what is not theirs, and no answer is a 5xx.

use std::collections::BTreeSet;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use portico::sidecar::accounts::{Grant, Role, may_do, may_see};
use portico::sidecar::case::Kind;
use portico::sidecar::seal::hash;
use portico::sidecar::store::accounts::Session;

use crate::city::{Answer, City, LETTER, in_a_city};

/// What only those may read who may see the case.
const MARKS: [&str; 3] = ["斑马线甲", "斑马线乙", "商行丙"];

/// A case of every kind: with a department, with none, confidential. Each has a file and a subject of its own.
async fn cases(city: &City) -> Vec<String> {
    let mut letter = LETTER.to_vec();
    letter[1] = ("subject", MARKS[0]);
    let (with, _) = city.write("mayor", &letter, &[("甲.pdf", b"%PDF-1.4")]).await.receipt();
    letter[1] = ("subject", MARKS[1]);
    let (without, _) = city.write("mayor", &letter, &[("乙.pdf", b"%PDF-1.4")]).await.receipt();
    let (secret, _) = city.write("tax", &[("subject", MARKS[2]), ("text", "不开发票")], &[]).await.receipt();
    let centre = city.officer("first", "centre@www").await;
    centre.act(&with, "accept", "", "").await;
    centre.act(&with, "assign", "", "jyj").await;
    vec![with, without, secret]
}

/// Somebody at the door: what they may do, and how they are known.
struct Person {
    grants: Vec<Grant>,
    cookie: String,
    csrf: String,
}

/// Nobody, and every role at every site.
async fn everybody(city: &City) -> Vec<Person> {
    let mut people = vec![Person { grants: Vec::new(), cookie: String::new(), csrf: String::new() }];
    for (i, role) in Role::ALL.iter().enumerate() {
        for site in ["www", "jyj", "zjj"] {
            let (name, grants) = (format!("p{i}{site}"), format!("{}@{site}", role.word()));
            let cookie = city.officer(&name, &grants).await.cookie;
            let csrf = session(city, &cookie).await.csrf;
            people.push(Person { grants: Grant::parse_all(&grants).unwrap(), cookie, csrf });
        }
    }
    people
}

/// The routes that a source file of the web's names: address and methods.
fn routes_in(source: &str) -> BTreeSet<(String, &'static str)> {
    let mut routes = BTreeSet::new();
    for part in source.split(".route(\"").skip(1) {
        let (address, rest) = part.split_once('"').unwrap();
        let handlers = rest.split(".route(").next().unwrap().split(".layer").next().unwrap().split("\n}").next().unwrap();
        for method in ["get", "post", "put", "delete", "patch"] {
            if handlers.contains(&format!("{method}(")) {
                routes.insert((address.to_string(), method));
            }
        }
    }
    routes
}

/// Cases whose mark stands in an answer to somebody who may not see them.
fn leaks(text: &str, may_see: [bool; 3]) -> Vec<&'static str> {
    MARKS.iter().zip(may_see).filter(|(mark, may)| !may && text.contains(**mark)).map(|(mark, _)| *mark).collect()
}

async fn seen_by(city: &City, grants: &[Grant], numbers: &[String]) -> [bool; 3] {
    let mut may = [false; 3];
    for (may, number) in may.iter_mut().zip(numbers) {
        *may = may_see(grants, &city.sidecar.casework.store.case(number).await.unwrap().unwrap().subject());
    }
    may
}

async fn versions(city: &City, numbers: &[String]) -> Vec<i64> {
    let mut versions = Vec::new();
    for number in numbers {
        versions.push(city.sidecar.casework.store.case(number).await.unwrap().unwrap().case.version);
    }
    versions
}

async fn session(city: &City, cookie: &str) -> Session {
    let id = hash(cookie.split_once('=').unwrap().1);
    city.sidecar.casework.store.session(&id, city.sidecar.now()).await.unwrap().unwrap()
}

#[test]
fn the_document_tells_of_every_route_of_the_api() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let document = runtime.block_on(async {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite:{}", folder.path().join("s.db").display());
        City::found(folder, url, &|_| {}).await.get("/-/api/openapi.json").await.text
    });
    let document: serde_json::Value = serde_json::from_str(&document).unwrap();
    let told: BTreeSet<(String, &str)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, methods)| methods.as_object().unwrap().keys().map(move |method| (path.clone(), if method == "get" { "get" } else { "post" })))
        .collect();
    let sources = [include_str!("../../src/sidecar/web/api.rs"), include_str!("../../src/sidecar/web/bids.rs")];
    let mut routes: BTreeSet<_> = sources.into_iter().flat_map(routes_in).collect();
    routes.retain(|(path, _)| path != "/-/api/openapi.json" && !path.contains('*'));
    assert_eq!(routes, told);
    assert!(routes.len() >= 7 && routes.contains(&("/-/api/cases/{number}/deeds".to_string(), "post")));
}

#[test]
fn the_matrix_is_not_blind() {
    assert_eq!(leaks("… 斑马线乙 …", [true, false, false]), ["斑马线乙"]);
    assert_eq!(leaks("… 斑马线甲 …", [true, false, false]), [""; 0]);
    let routes = routes_in("Router::new().route(\"/-/a\", get(x).post(y))\n.route(\"/-/b/{id}\", post(z)).layer(get(q))");
    let routes: Vec<_> = routes.iter().map(|(path, method)| format!("{method} {path}")).collect();
    assert_eq!(routes, ["get /-/a", "post /-/a", "post /-/b/{id}"]);
}

#[test]
fn every_route_answers_every_role_as_it_may() {
    in_a_city(|city| async move {
        let numbers = cases(&city).await;
        let document: serde_json::Value = serde_json::from_str(&city.get("/-/api/openapi.json").await.text).unwrap();
        let people = everybody(&city).await;
        let mut tried = 0;
        for (path, methods) in document["paths"].as_object().unwrap() {
            for (method, about) in methods.as_object().unwrap() {
                for Person { grants, cookie, csrf } in &people {
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
                        assert_eq!(leaks(&answer.text, seen_by(&city, grants, &numbers).await), [""; 0], "a leak: {who}");
                        assert!(mine || !answer.text.contains(&format!("\"number\":\"{number}\"")), "a leak: {who}");
                    }
                }
            }
        }
        assert!(tried > 7 * 19, "only {tried} requests were tried");
    });
}

/// Asks for a page of the office, or sends it a form that says everything a form can say: a note for the case as it stands.
async fn knock(city: &City, person: &Person, method: &str, address: &str, number: &str, version: i64) -> Answer {
    let fields = [("csrf", &*person.csrf), ("version", &version.to_string()), ("deed", "note"), ("text", "试探"), ("case", &format!("{number}@{version}"))];
    if method == "get" {
        let request = Request::get(address).header("cookie", &person.cookie);
        return city.send(request.body(Body::empty()).unwrap()).await;
    }
    if address.contains("/enter/") { city.post_files(address, &fields, &[], &person.cookie).await } else { city.post(address, &fields, &person.cookie).await }
}

#[test]
fn every_page_of_the_office_shows_everybody_what_is_theirs() {
    in_a_city(|city| async move {
        let numbers = cases(&city).await;
        let people = everybody(&city).await;
        let mut routes = routes_in(include_str!("../../src/sidecar/web/mod.rs"));
        // Signing out would end the session with which the next page is asked for.
        routes.retain(|(path, _)| path.starts_with("/-/office") && path != "/-/office/sign-out");
        let (mut tried, mut shown) = (0, BTreeSet::new());
        for (path, method) in &routes {
            let open = path.starts_with("/-/office/sign-");
            for person in &people {
                let about = if path.contains("{number}") { &numbers[..] } else { &numbers[..1] };
                for number in about {
                    let files = city.sidecar.casework.store.files(number).await.unwrap();
                    let file = files.first().map_or("none", |f| &*f.id).to_string();
                    let mut address = path.replace("{number}", number).replace("{desk}", "tax").replace("{id}", &file);
                    if *path == "/-/office" || path.contains("export") {
                        address.push_str("?state=all");
                    }
                    let before = versions(&city, &numbers).await;
                    let version = before[numbers.iter().position(|n| n == number).unwrap()];
                    let answer = knock(&city, person, method, &address, number, version).await;
                    tried += 1;
                    let who = format!("{method} {address} {:?}: {} {}", person.grants, answer.status, answer.text);
                    assert!(!answer.status.is_server_error(), "{who}");
                    let outside = answer.headers.get("location").is_some_and(|to| to == "/-/office/sign-in");
                    assert!(open || outside == person.grants.is_empty(), "who is not signed in is led to the door: {who}");
                    let may = seen_by(&city, &person.grants, &numbers).await;
                    assert_eq!(leaks(&answer.text, may), [""; 0], "a leak: {who}");
                    if path.ends_with("{number}") && *method == "get" && !person.grants.is_empty() {
                        let mine = may[numbers.iter().position(|n| n == number).unwrap()];
                        assert_eq!(answer.status, if mine { StatusCode::OK } else { StatusCode::NOT_FOUND }, "{who}");
                    }
                    shown.extend(MARKS.iter().filter(|mark| answer.has(mark)).map(|mark| (path.clone(), *mark)));
                    for ((number, before), after) in numbers.iter().zip(before).zip(versions(&city, &numbers).await) {
                        let record = city.sidecar.casework.store.case(number).await.unwrap().unwrap();
                        assert!(before == after || may_do(&person.grants, Kind::Note, &record.subject()), "a change by one who may not: {who}");
                    }
                }
            }
        }
        assert!(routes.len() >= 18 && tried > 18 * 19, "only {} routes and {tried} requests", routes.len());
        // Those who may see a case do see it: the marks are not simply missing.
        for page in ["/-/office", "/-/office/export.csv", "/-/office/case/{number}"] {
            for mark in MARKS {
                assert!(shown.contains(&(page.to_string(), mark)), "nobody sees {mark} on {page}");
            }
        }
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
