//! Somebody who can write to the database: whatever is changed there, put in, taken out or moved is found.

use portico::sidecar::audit;
use serde_json::json;
use sqlx::AssertSqlSafe;

use crate::city::City;
use crate::market::{CODES, Market};

/// Every table of the auction: the row that is changed, its texts and its numbers. `bulletin` only says that a file is to be looked at again.
const TABLES: [(&str, &str, &[&str], &[&str]); 5] = [
    ("vendors", "code = '91539900MA7XQC0K8M'", &["code", "state", "profile", "proposed", "seal"], &["registered_at", "certified_at", "version"]),
    ("vendor_events", "code = '91539900MA7XQC0K8M' AND version = 1", &["code", "who", "deed", "why", "seal"], &["version", "at"]),
    (
        "lots",
        "1 = 1",
        &["id", "terms", "drafted_by", "approved_by", "leader", "ended", "peaks", "signature", "seal"],
        &["closes_at", "extended", "bids", "leading_fen", "leading_entry", "size", "head_at", "seen_at", "version"],
    ),
    ("lot_entries", "entry = 2", &["lot", "text", "root", "signature"], &["entry"]),
    ("bid_answers", "key = 'k2'", &["lot", "vendor", "key", "answer", "seal"], &["fen"]),
];

async fn run(city: &City, sql: &str) {
    let sql = AssertSqlSafe(sql.to_string());
    if city.database.starts_with("postgres") {
        let pool = sqlx::PgPool::connect(&city.database).await.unwrap();
        sqlx::raw_sql(sql).execute(&pool).await.unwrap();
        pool.close().await;
    } else {
        let pool = sqlx::SqlitePool::connect(&city.database).await.unwrap();
        sqlx::raw_sql(sql).execute(&pool).await.unwrap();
        pool.close().await;
    }
}

async fn faults(city: &City) -> Vec<String> {
    audit::everything(&city.sidecar.casework.store, &city.sidecar.auctioneer).await.unwrap()
}

/// Takes away what keeps the service itself from changing rows.
async fn drop_triggers(city: &City) {
    for table in ["vendor_events", "lot_entries", "bid_answers"] {
        if city.database.starts_with("postgres") {
            run(city, &format!("DROP TRIGGER {table}_stay ON {table}")).await;
        } else {
            run(city, &format!("DROP TRIGGER {table}_stay; DROP TRIGGER {table}_remain")).await;
        }
    }
}

pub async fn every_field_of_every_table(city: &City) {
    let market = Market::open(city).await;
    let id = market.announce(1, 61).await;
    city.pass(2).await;
    for (n, price) in [(1, "153000"), (2, "152000"), (3, "150000")] {
        market.bid(n % 2, &id, &format!("k{n}"), &json!({"price": price})).await;
    }
    market.bid(0, &id, "refused", &json!({"price": "152999"})).await;
    assert_eq!(faults(city).await, Vec::<String>::new());
    drop_triggers(city).await;
    for (table, row, texts, numbers) in TABLES {
        for column in texts {
            // What the row is found by may change with it: it is found again by its other end.
            let changed = row.replace("'91539900MA7XQC0K8M'", "'91539900MA7XQC0K8Mx'").replace("'k2'", "'k2x'");
            let back = if row.contains(&format!("{column} =")) { &*changed } else { row };
            run(city, &format!("UPDATE {table} SET {column} = {column} || 'x' WHERE {row}")).await;
            assert!(!faults(city).await.is_empty(), "{table}.{column}");
            run(city, &format!("UPDATE {table} SET {column} = substr({column}, 1, length({column}) - 1) WHERE {back}")).await;
        }
        for column in numbers {
            let back = if row.contains(&format!("{column} =")) {
                row.replace("entry = 2", "entry = 102").replace("version = 1", "version = 101")
            } else {
                row.to_string()
            };
            run(city, &format!("UPDATE {table} SET {column} = {column} + 100 WHERE {row}")).await;
            assert!(!faults(city).await.is_empty(), "{table}.{column}");
            run(city, &format!("UPDATE {table} SET {column} = {column} - 100 WHERE {back}")).await;
        }
        assert_eq!(faults(city).await, Vec::<String>::new(), "{table} is as it was");
    }
    and_whole_rows(city, &id).await;
    // A lot that was changed takes no bids any more.
    run(city, "UPDATE lots SET closes_at = closes_at + 3600000").await;
    let (status, told) = market.bid(1, &id, "k9", &json!({"price": "140000"})).await;
    assert!(status == 409 && told["error"].as_str().unwrap().contains("校验不通过"), "{told}");
}

/// Rows taken out, moved, or put back from an earlier day.
async fn and_whole_rows(city: &City, id: &str) {
    let swap = |a: i64, b: i64| {
        format!(
            "UPDATE lot_entries SET entry = 1000 + entry WHERE entry IN ({a}, {b}); UPDATE lot_entries SET entry = {b} WHERE entry = 1000 + {a}; UPDATE lot_entries SET entry = {a} WHERE entry = 1000 + {b}"
        )
    };
    run(city, &swap(1, 2)).await;
    assert!(!faults(city).await.is_empty(), "moved");
    run(city, &swap(1, 2)).await;
    for (table, row) in [("lot_entries", "entry = 3"), ("bid_answers", "key = 'k2'"), ("vendor_events", "version = 2")] {
        run(city, &format!("CREATE TABLE kept AS SELECT * FROM {table} WHERE {row}; DELETE FROM {table} WHERE {row}")).await;
        assert!(!faults(city).await.is_empty(), "{table}: taken out");
        run(city, &format!("INSERT INTO {table} SELECT * FROM kept; DROP TABLE kept")).await;
    }
    assert_eq!(faults(city).await, Vec::<String>::new());
    // An earlier row with its own good seal.
    run(city, "CREATE TABLE kept AS SELECT * FROM lots").await;
    let offer = portico::sidecar::bidding::Offer {
        lot: id.into(),
        vendor: CODES[1].into(),
        key: "k4".into(),
        fen: 14_900_000,
        received: city.sidecar.now(),
        meant: true,
    };
    city.sidecar.auctioneer.bid(offer).await.unwrap();
    run(city, "CREATE TABLE now AS SELECT * FROM lots; DELETE FROM lots; INSERT INTO lots SELECT * FROM kept").await;
    assert!(!faults(city).await.is_empty(), "put back");
    run(city, "DELETE FROM lots; INSERT INTO lots SELECT * FROM now").await;
    assert_eq!(faults(city).await, Vec::<String>::new());
}
