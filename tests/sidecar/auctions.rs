//! Vendors and auctions, asked over HTTP, on both databases: registering, certifying, two officials, bids, receipts, the result and its record.

use axum::http::StatusCode;
use portico::sidecar::auction::record::{Record, verify};
use portico::sidecar::bidding::{Answer, Decision, NotDone, Offer};
use portico::sidecar::directory;
use serde_json::{Value, json};

use crate::city::in_a_city;
use crate::market::{CODES, Market, draft_fields};

#[test]
fn a_vendor_registers_is_certified_stands_in_the_directory_and_is_taken_out_again() {
    in_a_city(async |city| {
        let official = city.officer("zhou", "procurement@www").await;
        let form = city.get("/-/vendor/register").await;
        let token = form.value("token");
        city.later(1);
        let mut fields = Market::registration(&token, CODES[0], "qinglan", "晴岚茶业");
        let wrong = city.post_files("/-/vendor/register", &[("token", &token), ("code", "91350100M000100Y44")], &[], "").await;
        assert_eq!(wrong.status, StatusCode::UNPROCESSABLE_ENTITY);
        for told in ["校验位不对", "请填写企业名称", "请上传营业执照"] {
            assert!(wrong.has(told), "{told}");
        }
        let done = city.post_files("/-/vendor/register", &fields, &[("licence.pdf", b"%PDF-1.7")], "").await;
        assert_eq!(done.status, StatusCode::OK, "{}", done.text);
        let again = city.post_files("/-/vendor/register", &fields, &[("licence.pdf", b"%PDF-1.7")], "").await;
        assert_eq!(again.status, StatusCode::CONFLICT);
        fields[1].1 = CODES[1];
        let taken = city.post_files("/-/vendor/register", &fields, &[("licence.pdf", b"%PDF-1.7")], "").await;
        assert!(taken.status == StatusCode::CONFLICT && taken.has("用户名已有人使用"));

        let path = format!("/-/office/vendor/{}", CODES[0]);
        let page = official.get(&path).await;
        assert!(page.has("晴岚茶业") && page.has("licence.pdf") && page.has("通过认证"));
        let deed = async |deed: &str, why: &str| {
            let page = official.get(&path).await;
            official.post(&path, &[("csrf", &page.value("csrf")), ("version", &page.value("version")), ("deed", deed), ("why", why)]).await
        };
        assert_eq!(deed("certify", "").await.status, StatusCode::SEE_OTHER);
        directory::publish(&city.sidecar).await;
        let file = format!("www/vendors/{}.md", CODES[0].to_ascii_lowercase());
        let text = city.content(&file);
        assert!(text.contains("title: 云岫晴岚茶业有限公司") && text.contains("高山红茶") && !text.contains("13900001111"), "{text}");
        let out = city.build().await;
        let built = std::fs::read_to_string(out.join(format!("www/vendors/{}.html", CODES[0].to_ascii_lowercase()))).unwrap();
        assert!(built.contains("高山红茶"));

        // A change is not public before it is accepted.
        let cookie = city.sign_in_as("qinglan", "yunxiu-test-password").await;
        let home = city.get_as("/-/vendor", &cookie).await;
        let csrf = home.value("csrf");
        let mut change = Market::registration("", CODES[0], "", "晴岚茶业");
        change.push(("csrf", &csrf));
        change.iter_mut().filter(|(key, _)| *key == "phone").for_each(|field| field.1 = "0630-8899999");
        assert_eq!(city.post_files("/-/vendor/profile", &change, &[], &cookie).await.status, StatusCode::SEE_OTHER);
        directory::publish(&city.sidecar).await;
        assert!(!city.content(&file).contains("8899999"));
        assert_eq!(deed("accept", "").await.status, StatusCode::SEE_OTHER);
        directory::publish(&city.sidecar).await;
        assert!(city.content(&file).contains("8899999"));

        assert!(deed("suspend", "").await.has("请填写原因"));
        assert_eq!(deed("suspend", "材料造假待查").await.status, StatusCode::SEE_OTHER);
        directory::publish(&city.sidecar).await;
        assert_eq!(city.content(&file), "", "gone with the next build");
        assert!(city.get_as("/-/vendor", &cookie).await.has("材料造假待查"));
        assert_eq!(deed("revoke", "查实造假").await.status, StatusCode::SEE_OTHER);
        assert!(!official.get(&path).await.has("通过认证</button>"), "for good");
    });
}

#[test]
fn two_officials_announce_a_lot_vendors_undercut_each_other_and_the_result_proves_itself() {
    in_a_city(async |city| {
        let market = Market::open(&city).await;
        let (zhou, wu) = (&market.zhou, &market.wu);
        let fields = draft_fields(&city, 10, 70);
        let csrf = zhou.get("/-/office/lots/draft").await.value("csrf");
        let mut all = vec![("csrf", &*csrf)];
        all.extend(fields.iter().map(|(k, v)| (*k, &**v)));
        let bad: Vec<(&str, &str)> = all.iter().map(|(k, v)| if *k == "ceiling" { (*k, "１２３") } else { (*k, *v) }).collect();
        assert!(city.post_files("/-/office/lots/draft", &bad, &[], &zhou.cookie).await.has("半角数字"));
        let drafted = city.post_files("/-/office/lots/draft", &all, &[("要求.pdf", b"%PDF-1.7")], &zhou.cookie).await;
        assert_eq!(drafted.status, StatusCode::SEE_OTHER, "{}", drafted.text);
        let office = drafted.headers["location"].clone();
        let id = office.rsplit('/').next().unwrap().to_string();
        assert_eq!(id, "YXJJ-2026-001");
        assert_eq!(city.get(&format!("/-/lot/{id}")).await.status, StatusCode::NOT_FOUND, "a draft is nobody's business");
        let refused = zhou.post(&office, &[("csrf", &csrf), ("deed", "approve")]).await;
        assert!(refused.status == StatusCode::CONFLICT && refused.has("应由两人分别办理"));
        let other = wu.get("/-/office/lots").await.value("csrf");
        assert_eq!(wu.post(&office, &[("csrf", &other), ("deed", "approve")]).await.status, StatusCode::SEE_OTHER);
        directory::publish(&city.sidecar).await;
        let file = "www/trade/yxjj-2026-001.md";
        assert!(city.content(file).contains("state: announced"), "{}", city.content(file));
        assert!(city.content("www/trade/yxjj-2026-001-要求.pdf").starts_with("%PDF"));
        city.build().await;

        let bid = async |vendor: usize, key: &str, body: Value| market.bid(vendor, &id, key, &body).await;
        assert_eq!(bid(0, "a", json!({"price": "150000"})).await.1["why"], "not-yet-open");
        city.pass(10).await;
        directory::publish(&city.sidecar).await;
        assert!(city.content(file).contains("state: open"));
        let (status, first) = bid(0, "b", json!({"price": "153000.00"})).await;
        assert_eq!((status, first["index"].as_u64()), (StatusCode::CREATED, Some(1)), "{first}");
        assert_eq!(bid(0, "b", json!({"price_fen": 15_300_000})).await, (StatusCode::CREATED, first.clone()), "a retry is the same bid");
        assert_eq!(bid(0, "b", json!({"price": "152000"})).await.0, StatusCode::CONFLICT, "another price is not");
        assert_eq!(bid(1, "c", json!({"price": "153000"})).await.1["why"], "too-high");
        assert_eq!(bid(1, "c", json!({"price": "153000"})).await.1["why"], "too-high", "refusals are kept too");
        assert_eq!(bid(1, "d", json!({"price": "1527.00"})).await.1["why"], "slip");
        assert_eq!(bid(1, "d", json!({"price": "152700"})).await.0, StatusCode::CREATED);
        assert_eq!(bid(2, "e", json!({"price": "140000"})).await.1["why"], "vendor", "registered is not certified");
        for bad in [
            json!({"price": "0"}),
            json!({"price": "-1"}),
            json!({"price": "NaN"}),
            json!({"price": "１２３"}),
            json!({"price": "1.001"}),
            json!({"price_fen": 9_223_372_036_854_775_808_u64}),
            json!({"price_fen": 12.5}),
            json!({"price_fen": 0}),
            json!({}),
        ] {
            let (status, told) = bid(0, "bad", bad.clone()).await;
            assert_eq!((status, told["why"].as_str()), (StatusCode::UNPROCESSABLE_ENTITY, Some("price")), "{bad}: {told}");
        }
        // The page's two steps.
        let page = market.get(0, &format!("/-/lot/{id}")).await;
        assert!(page.has("152,700.00") && page.has("供应商 2") && !page.has(CODES[1]) && !page.has("启衡"), "names are numbers while it runs");
        let confirm = market.post(0, &format!("/-/lot/{id}/confirm"), &[("price", "15200")]).await;
        assert!(confirm.has("价格无误"), "{}", confirm.text);
        let fields = [("price", &*confirm.value("price")), ("key", &*confirm.value("key"))];
        assert!(market.post(0, &format!("/-/lot/{id}"), &fields).await.has("请核对小数点"));
        let confirm = market.post(0, &format!("/-/lot/{id}/confirm"), &[("price", "150000")]).await;
        let taken = market.post(0, &format!("/-/lot/{id}"), &[("price", "150000"), ("key", &confirm.value("key"))]).await;
        assert!(taken.has("报价成功") && taken.has("您目前报价最低"), "{}", taken.text);
        let receipt = market.get(0, &format!("/-/lot/{id}/receipt/3")).await;
        assert_eq!(market.get(1, &format!("/-/lot/{id}/receipt/3")).await.status, StatusCode::NOT_FOUND, "others' receipts are not mine");
        assert_eq!(city.get(&format!("/-/lot/{id}/record.json")).await.status, StatusCode::CONFLICT, "it would tell names");

        city.pass(60).await;
        assert_eq!(bid(1, "late", json!({"price": "100000", "meant": true})).await.1["why"], "closed");
        let decide = async |fields: &[(&str, &str)]| {
            let csrf = wu.get("/-/office/lots").await.value("csrf");
            let mut all = vec![("csrf", &*csrf)];
            all.extend_from_slice(fields);
            wu.post(&office, &all).await
        };
        assert!(decide(&[("deed", "award"), ("bid", "3")]).await.has("截止后 10 秒"));
        city.pass(1).await;
        assert!(decide(&[("deed", "award"), ("bid", "2")]).await.has("成交的不是最低报价"));
        assert_eq!(decide(&[("deed", "award"), ("bid", "3")]).await.status, StatusCode::SEE_OTHER);
        assert!(decide(&[("deed", "cancel"), ("reason", "太晚")]).await.status == StatusCode::UNPROCESSABLE_ENTITY);
        directory::publish(&city.sidecar).await;
        directory::publish_numbers(&city.sidecar, city.sidecar.now()).await;
        let record: Record = serde_json::from_str(&city.content("www/trade/yxjj-2026-001.json")).unwrap();
        let verdict = verify(&record).unwrap();
        assert_eq!((verdict.bids, verdict.lowest_fen), (3, Some(15_000_000)));
        let receipt = serde_json::from_str(&receipt.text).unwrap();
        assert_eq!(portico::sidecar::auction::record::verify_receipt(&record, &receipt), Ok(()));
        let text = city.content(file);
        assert!(text.contains("state: awarded") && text.contains("award_fen: 15000000"), "{text}");
        assert!(
            city.content("www/numbers/auctions-monthly.csv").contains("2026-11,1,1,160000.00,150000.00,10000.00,6.2%"),
            "{}",
            city.content("www/numbers/auctions-monthly.csv")
        );
        let out = city.build().await;
        let html = std::fs::read_to_string(out.join("www/trade/yxjj-2026-001.html")).unwrap();
        assert!(html.contains("class=\"series series-1\"") && html.contains("yxjj-2026-001.json"), "the chart and the record");
    });
}

#[test]
fn a_cancelled_lot_says_why_and_takes_nothing() {
    in_a_city(async |city| {
        let market = Market::open(&city).await;
        let id = market.announce(10, 70).await;
        let decide = |decision| city.sidecar.auctioneer.decide(&id, decision, "wu");
        assert!(matches!(decide(Decision::Cancel(" ".into())).await, Err(NotDone::NotSo(_))));
        decide(Decision::Cancel("采购需求变更".into())).await.unwrap();
        city.pass(20).await;
        assert_eq!(market.bid(0, &id, "a", &json!({"price": "150000"})).await.1["why"], "ended");
        directory::publish(&city.sidecar).await;
        let text = city.content(&format!("www/trade/{}.md", id.to_ascii_lowercase()));
        assert!(text.contains("state: cancelled") && text.contains("采购需求变更"), "{text}");
        city.build().await;
    });
}

#[test]
fn who_is_suspended_or_expired_or_not_signed_in_does_not_bid() {
    in_a_city(async |city| {
        let market = Market::open(&city).await;
        let id = market.announce(1, 61).await;
        city.pass(2).await;
        assert_eq!(market.bid(0, &id, "a", &json!({"price": "153000"})).await.0, StatusCode::CREATED);
        market.decide(0, "suspend", "待查").await;
        assert_eq!(market.bid(0, &id, "b", &json!({"price": "150000"})).await.1["why"], "vendor");
        assert_eq!(market.bid(0, &id, "a", &json!({"price": "153000"})).await.0, StatusCode::CREATED, "what was answered stays answered");
        market.expire(1).await;
        let (_, told) = market.bid(1, &id, "c", &json!({"price": "150000"})).await;
        assert!(told["error"].as_str().unwrap().contains("过期"), "{told}");
        let url = format!("/-/api/lots/{id}/bids");
        let stranger = city.post_json(&url, &json!({"price": "150000"}), &[("idempotency-key", "x")]).await;
        assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
        let forged = city.post_json(&url, &json!({"price": "150000"}), &[("idempotency-key", "x"), ("cookie", &market.cookies[1])]).await;
        assert_eq!(forged.status, StatusCode::FORBIDDEN, "without the session's token");
        let official = city
            .post_json(
                &url,
                &json!({"price": "150000"}),
                &[("idempotency-key", "x"), ("cookie", &market.wu.cookie), ("x-csrf-token", &market.wu.get("/-/office/lots").await.value("csrf"))],
            )
            .await;
        assert_eq!(official.status, StatusCode::FORBIDDEN, "an official bids for nobody");
        let openapi = city.get("/-/api/openapi.json").await;
        assert!(openapi.has("/-/api/lots/{id}/bids") && openapi.has("/-/api/desks"));
    });
}

#[test]
fn the_end_is_put_off_by_late_bids_and_a_clock_put_back_opens_nothing() {
    in_a_city(async |city| {
        let market = Market::open(&city).await;
        let id = market.announce_with(1, 61, &[("within", "3"), ("by", "5"), ("times", "1")]).await;
        city.pass(60).await;
        let (status, told) = market.bid(0, &id, "a", &json!({"price": "153000"})).await;
        assert_eq!(status, StatusCode::CREATED, "{told}");
        city.pass(5).await;
        assert_eq!(market.bid(1, &id, "b", &json!({"price": "152000"})).await.0, StatusCode::CREATED, "five minutes more");
        city.pass(2).await;
        assert_eq!(market.bid(0, &id, "c", &json!({"price": "151000"})).await.1["why"], "closed", "once and no more");
        city.pass(-30).await;
        assert_eq!(market.bid(0, &id, "d", &json!({"price": "151000"})).await.1["why"], "closed", "over is over");
    });
}

#[test]
fn bids_at_the_same_time_have_one_order_and_every_answer_is_kept() {
    in_a_city(async |city| {
        let market = Market::open(&city).await;
        let id = market.announce(1, 61).await;
        city.pass(2).await;
        let offers: Vec<Offer> = (0..400_i64)
            .map(|n| Offer {
                lot: id.clone(),
                vendor: CODES[usize::from(n % 2 == 0)].into(),
                key: format!("k{n}"),
                fen: 15_300_000 - (n / 2) * 30_000,
                received: city.sidecar.now(),
                meant: true,
            })
            .collect();
        let auctioneer = &city.sidecar.auctioneer;
        let told = futures_of(offers.iter().map(|offer| auctioneer.bid(offer.clone()))).await;
        let again = futures_of(offers.iter().map(|offer| auctioneer.bid(offer.clone()))).await;
        assert_eq!(told, again, "whoever asks again is told the same");
        let taken = told.iter().filter(|t| matches!(t, Ok(Answer::Taken(_)))).count();
        let entries = city.sidecar.casework.store.entries(&id, 0, i64::MAX).await.unwrap();
        assert_eq!(entries.len(), taken + 1);
        assert!(verify(&auctioneer.record(&id, entries)).is_ok());
        assert!(taken >= 100);
    });
}

async fn futures_of<F: Future + Send>(futures: impl Iterator<Item = F>) -> Vec<F::Output>
where
    F::Output: Send,
{
    let mut all: Vec<_> = futures.map(Box::pin).collect();
    let mut done: Vec<Option<F::Output>> = all.iter().map(|_| None).collect();
    std::future::poll_fn(|cx| {
        for (future, place) in all.iter_mut().zip(&mut done) {
            if place.is_none()
                && let std::task::Poll::Ready(value) = future.as_mut().poll(cx)
            {
                *place = Some(value);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().flatten().collect()
}

#[test]
fn whatever_is_changed_in_the_database_is_found() {
    in_a_city(async |city| crate::tampering::every_field_of_every_table(&city).await);
}
