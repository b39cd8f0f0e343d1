//! What the store promises: what is told to be kept is kept, once, and by whom it may be seen.

use portico::sidecar::accounts::{Grant, Scope, may_see, scope};
use portico::sidecar::case::{Case, Clock, Count, Deed, Kind, Publishing, Rules, State};
use portico::sidecar::letter::Letter;
use portico::sidecar::store::accounts::{self, Account};
use portico::sidecar::store::cases::{self, Attachment, Filter, Record};
use portico::sidecar::store::database::{Trouble, Unmet};
use portico::sidecar::store::limits::{self, Bucket};
use portico::sidecar::store::outbox::{self, Notice};

use crate::cluster::on_both;

fn rules() -> Rules {
    let clock = Clock { days: 3, screen_days: 1, count: Count::Calendar, zone: jiff::tz::TimeZone::UTC };
    Rules { clock, publishing: Publishing::Consent, confidential: false, reopen_days: 15 }
}

fn record(number: &str) -> Record {
    let letter = Letter {
        subject: "路灯不亮".into(),
        text: "云溪路 12 号门前 100% 不亮_\\".into(),
        name: "张三".into(),
        others: vec![("小区".into(), "云溪苑".into())],
        consent: true,
        ..Letter::default()
    };
    let case = Case::receive(&rules(), true, 1000);
    Record {
        number: number.into(),
        code: "hash".into(),
        desk: "mayor".into(),
        site: "www".into(),
        confidential: false,
        letter,
        entered_by: String::new(),
        suspect: false,
        case,
        erased: false,
    }
}

fn everything() -> Scope {
    scope(&Grant::parse_all("centre@* confidential@*").unwrap())
}

#[test]
fn a_letter_reads_back_as_it_was_written() {
    on_both(|store, _| async move {
        let file = Attachment { id: "f1".into(), name: "照片.jpg".into(), kind: "image/jpeg".into(), bytes: vec![0, 1, 255] };
        store.write(cases::add(&record("a"), "nonce", vec![file.clone()])).await.unwrap();
        assert_eq!(store.case("a").await.unwrap(), Some(record("a")));
        assert_eq!(store.case("b").await.unwrap(), None);
        assert_eq!(store.file("a", "f1").await.unwrap(), Some(file));
        assert_eq!(store.file("b", "f1").await.unwrap(), None);
        assert_eq!(store.number_of("nonce").await.unwrap().as_deref(), Some("a"));
        let events = store.events("a").await.unwrap();
        assert_eq!(events.iter().map(|e| (e.version, e.state, e.deed)).collect::<Vec<_>>(), [(1, State::Received, None)]);
    });
}

#[test]
fn a_form_sent_twice_is_one_letter() {
    on_both(|store, _| async move {
        store.write(cases::add(&record("a"), "nonce", vec![])).await.unwrap();
        assert_eq!(store.write(cases::add(&record("b"), "nonce", vec![])).await, Err(Trouble::Unmet(Unmet::Taken)));
        assert_eq!(store.queue_length(&everything(), &Filter::default()).await.unwrap(), 1);
        assert_eq!(store.events("b").await.unwrap(), []);
    });
}

#[test]
fn of_two_officers_at_one_case_the_second_is_told() {
    on_both(|store, _| async move {
        store.write(cases::add(&record("a"), "nonce", vec![])).await.unwrap();
        let before = store.case("a").await.unwrap().unwrap().case;
        let act = |kind| {
            let deed = Deed::saying(kind, "不属于本市");
            let after = before.after(&deed, &rules(), 2000).unwrap();
            (cases::advance("a", &before, &after, &deed, "li", 2000), after)
        };
        let ((accept, accepted), (decline, _)) = (act(Kind::Accept), act(Kind::Decline));
        let (first, second) = tokio::join!(store.write(accept), store.write(decline));
        assert_eq!((first, second), (Ok(()), Err(Trouble::Unmet(Unmet::Conflict))));
        assert_eq!(store.case("a").await.unwrap().unwrap().case, accepted);
        assert_eq!(store.events("a").await.unwrap().len(), 2);
    });
}

#[test]
fn the_record_of_deeds_can_be_added_to_and_nothing_else() {
    on_both(|store, url| async move {
        store.write(cases::add(&record("a"), "nonce", vec![])).await.unwrap();
        store.write(vec![accounts::look("1", 5, "li", "查看", "a")]).await.unwrap();
        for sql in ["UPDATE events SET who = 'x'", "DELETE FROM events", "UPDATE audit SET who = 'x'", "DELETE FROM audit"] {
            let refused = if url.starts_with("sqlite") {
                sqlx::query(sql).execute(&sqlx::SqlitePool::connect(&url).await.unwrap()).await.map(|_| ())
            } else {
                sqlx::query(sql).execute(&sqlx::PgPool::connect(&url).await.unwrap()).await.map(|_| ())
            };
            assert!(refused.unwrap_err().to_string().contains("never"), "{sql}");
        }
    });
}

#[test]
fn a_queue_shows_what_may_be_seen_the_most_urgent_first() {
    on_both(|store, _| async move {
        let mut all = Vec::new();
        for (number, site, department, confidential, due) in [
            ("a", "www", "jyj", false, Some(30)),
            ("b", "www", "", false, Some(10)),
            ("c", "swj", "jyj", false, None),
            ("d", "swj", "", true, Some(20)),
            ("e", "www", "j_j", false, Some(40)),
        ] {
            let mut one = record(number);
            (one.site, one.confidential, one.case.due_at) = (site.into(), confidential, due);
            one.case.department = Some(department.to_string()).filter(|d| !d.is_empty());
            store.write(cases::add(&one, number, vec![])).await.unwrap();
            all.push(one);
        }
        let order = ["b", "d", "a", "e", "c"];
        for who in ["centre@*", "centre@www", "officer@jyj", "officer@j_j leader@swj", "confidential@swj", "confidential@www", "admin@*", "auditor@*", ""] {
            let grants = Grant::parse_all(who).unwrap();
            let seen = store.queue(&scope(&grants), &Filter::default(), 100, 0).await.unwrap();
            let seen: Vec<&str> = seen.iter().map(|r| &*r.number).collect();
            let may = |number: &&&str| may_see(&grants, &all.iter().find(|r| r.number == **number).unwrap().subject());
            assert_eq!(seen, order.iter().filter(may).copied().collect::<Vec<_>>(), "{who}");
        }
        let found = |filter: Filter| {
            let store = store.clone();
            async move { store.queue(&everything(), &filter, 100, 0).await.unwrap().into_iter().map(|r| r.number).collect::<Vec<_>>().join("") }
        };
        assert_eq!(found(Filter { department: "jyj".into(), ..Filter::default() }).await, "ac");
        assert_eq!(found(Filter { search: "100% 不亮_\\".into(), ..Filter::default() }).await, "bdaec");
        assert_eq!(found(Filter { search: "1000".into(), ..Filter::default() }).await, "");
        assert_eq!(found(Filter { search: "_".into(), state: "accepted".into(), ..Filter::default() }).await, "");
        assert_eq!(found(Filter { due: Some((10, 30)), ..Filter::default() }).await, "da");
        assert_eq!(found(Filter { open: true, ..Filter::default() }).await, "bdae");
        assert_eq!(store.queue(&everything(), &Filter::default(), 2, 1).await.unwrap().iter().map(|r| &*r.number).collect::<Vec<_>>(), ["d", "a"]);
    });
}

#[test]
fn a_full_bucket_refuses_the_letter_with_it() {
    on_both(|store, _| async move {
        let bucket = Bucket { name: "desk:mayor".into(), most: 2, until: 100 };
        for (number, kept) in [("a", true), ("b", true), ("c", false)] {
            let mut write = vec![limits::count(&bucket)];
            write.extend(cases::add(&record(number), number, vec![]));
            assert_eq!(store.write(write).await.is_ok(), kept, "{number}");
        }
        assert!(store.is_full(&bucket).await.unwrap());
        assert_eq!(store.case("c").await.unwrap(), None);
        store.sweep(101).await.unwrap();
        assert!(!store.is_full(&bucket).await.unwrap());
    });
}

#[test]
fn a_session_ends_when_its_account_changes() {
    on_both(|store, _| async move {
        let li = Account { name: "li".into(), full_name: "李四".into(), grants: Grant::parse_all("officer@jyj").unwrap(), ..Account::default() };
        store.write(vec![accounts::add(&li)]).await.unwrap();
        let li = store.account("li").await.unwrap().unwrap();
        store.write(vec![accounts::begin("s", &li, "csrf", 100)]).await.unwrap();
        assert_eq!(store.session("s", 99).await.unwrap().unwrap().account, li);
        assert_eq!(store.session("s", 100).await.unwrap(), None);
        let promoted = Account { grants: Grant::parse_all("centre@www").unwrap(), ..li.clone() };
        store.write(vec![accounts::change(&promoted)]).await.unwrap();
        assert_eq!(store.session("s", 99).await.unwrap(), None);
        assert_eq!(store.write(vec![accounts::change(&promoted)]).await, Err(Trouble::Unmet(Unmet::Conflict)));
        assert_eq!(store.write(vec![accounts::use_step("li", 7)]).await, Ok(()));
        assert_eq!(store.write(vec![accounts::use_step("li", 7)]).await, Err(Trouble::Unmet(Unmet::Conflict)));
    });
}

#[test]
fn a_notice_is_written_once_and_claimed_once() {
    on_both(|store, _| async move {
        let notice = Notice {
            id: "a-2-answered".into(),
            kind: "answered".into(),
            number: "a".into(),
            channel: "mail".into(),
            address: "li@mail.example".into(),
            subject: "答复".into(),
            text: "已答复".into(),
            created_at: 5,
            tries: 0,
            delivered_at: None,
            trouble: String::new(),
        };
        store.write(vec![outbox::add(&notice), outbox::add(&notice)]).await.unwrap();
        assert_eq!(store.notices_due(5).await.unwrap(), std::slice::from_ref(&notice));
        assert_eq!(store.write(vec![outbox::claim(&notice, 5, 50)]).await, Ok(()));
        assert_eq!(store.write(vec![outbox::claim(&notice, 5, 50)]).await, Err(Trouble::Unmet(Unmet::Conflict)));
        assert_eq!(store.notices_due(49).await.unwrap(), []);
        store.write(vec![outbox::failed(&notice.id, "refused", Some(60))]).await.unwrap();
        assert_eq!(store.notices_due(60).await.unwrap()[0].tries, 1);
        store.write(vec![outbox::delivered(&notice.id, 61)]).await.unwrap();
        assert_eq!(store.notices_due(999).await.unwrap(), []);
        assert_eq!(store.notices_waiting().await.unwrap(), (0, 0));
    });
}

#[test]
fn personal_data_is_erased_and_the_numbers_stay() {
    on_both(|store, _| async move {
        let mut old = record("old");
        (old.case.state, old.case.due_at, old.case.closed_at) = (State::Closed, None, Some(50));
        store.write(cases::add(&old, "1", vec![Attachment { id: "f".into(), name: "a".into(), kind: "b".into(), bytes: vec![1] }])).await.unwrap();
        store.write(cases::add(&record("open"), "2", vec![])).await.unwrap();
        store.erase(60, 99).await.unwrap();
        let erased = store.case("old").await.unwrap().unwrap();
        assert!(erased.erased && erased.letter.name.is_empty() && erased.letter.text.is_empty() && erased.letter.others.is_empty());
        assert_eq!(store.files("old").await.unwrap(), []);
        assert_eq!(store.counted("mayor", 2000).await.unwrap().len(), 2);
        assert_eq!(store.case("open").await.unwrap(), Some(record("open")));
    });
}

#[test]
fn the_secret_is_made_once() {
    on_both(|store, _| async move {
        assert_eq!(store.secret("first").await.unwrap(), "first");
        assert_eq!(store.secret("second").await.unwrap(), "first");
    });
}
