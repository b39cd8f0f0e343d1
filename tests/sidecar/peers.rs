//! Notices against real peers: a mail server and a webhook's receiver, down and up again, and one that never answers.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use portico::sidecar::configuration::{Mail, Webhook};
use portico::sidecar::delivery::deliver;
use sha2::Sha256;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

use crate::city::{City, LETTER};
use crate::cluster::postgres_url;

/// What has arrived at a peer, and whether the peer is up.
#[derive(Clone, Default)]
struct Peer {
    up: Arc<AtomicBool>,
    arrived: Arc<Mutex<Vec<Arrival>>>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Arrival {
    /// `Message-ID` or `Idempotency-Key`.
    key: String,
    head: String,
    text: String,
}

impl Peer {
    fn is_up(&self) -> bool {
        self.up.load(Ordering::SeqCst)
    }

    fn set_up(&self, up: bool) {
        self.up.store(up, Ordering::SeqCst);
    }

    fn arrived(&self) -> Vec<Arrival> {
        self.arrived.lock().unwrap().clone()
    }
}

/// A mail server (RFC 5321), as much of it as a client needs. Down, it hangs up on whoever calls.
async fn mail_server() -> (Peer, String) {
    let (peer, listener) = (Peer::default(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let url = format!("smtp://{}", listener.local_addr().unwrap());
    let own = peer.clone();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            if own.is_up() {
                tokio::spawn(take_mail(stream, own.clone()));
            }
        }
    });
    (peer, url)
}

async fn take_mail(stream: TcpStream, peer: Peer) {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read).lines();
    let mut head = String::new();
    write.write_all(b"220 mail.yunxiu.gov.example ESMTP\r\n").await.unwrap();
    while let Ok(Some(line)) = lines.next_line().await {
        let answer: &[u8] = match line.get(..4).unwrap_or("") {
            "EHLO" => b"250-mail.yunxiu.gov.example\r\n250 8BITMIME\r\n",
            "DATA" => {
                write.write_all(b"354 go on\r\n").await.unwrap();
                let mut text = Vec::new();
                while let Ok(Some(line)) = lines.next_line().await {
                    if line == "." {
                        break;
                    }
                    text.push(line);
                }
                let blank = text.iter().position(String::is_empty).unwrap();
                let all = format!("{head}{}", text[..blank].join("\n"));
                let key = all.lines().find(|l| l.starts_with("Message-ID:")).unwrap().to_string();
                peer.arrived.lock().unwrap().push(Arrival { key, head: all, text: text[blank..].concat() });
                b"250 taken\r\n"
            }
            "QUIT" => b"221 bye\r\n",
            _ => {
                head.push_str(&line);
                head.push('\n');
                b"250 ok\r\n"
            }
        };
        if write.write_all(answer).await.is_err() {
            return;
        }
    }
}

const SECRET: &str = "约定的密钥";

/// A webhook's receiver, which refuses what is not signed. Down, it takes what it is sent and breaks before it can say so.
async fn receiver() -> (Peer, String) {
    let (peer, listener) = (Peer::default(), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let url = format!("http://{}/events", listener.local_addr().unwrap());
    let router = axum::Router::new().route("/events", axum::routing::post(take_event)).with_state(peer.clone());
    tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
    (peer, url)
}

async fn take_event(State(peer): State<Peer>, headers: HeaderMap, body: Bytes) -> StatusCode {
    let header = |name: &str| headers.get(name).unwrap().to_str().unwrap().to_string();
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(format!("{}.", header("x-portico-timestamp")).as_bytes());
    mac.update(&body);
    let own: String = mac.finalize().into_bytes().iter().map(|b| format!("{b:02x}")).collect();
    if own != header("x-portico-signature") {
        return StatusCode::UNAUTHORIZED;
    }
    let arrival = Arrival { key: header("idempotency-key"), head: String::new(), text: String::from_utf8(body.to_vec()).unwrap() };
    peer.arrived.lock().unwrap().push(arrival);
    if peer.is_up() { StatusCode::NO_CONTENT } else { StatusCode::INTERNAL_SERVER_ERROR }
}

/// A city with both peers, for each kind of database.
fn with_peers<F: Future<Output = ()>>(test: impl Fn(City, Peer, Peer, String) -> F) {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    for postgres in [false, true] {
        runtime.block_on(async {
            let folder = tempfile::tempdir().unwrap();
            let database = if postgres { postgres_url() } else { format!("sqlite:{}", folder.path().join("s.db").display()) };
            let ((mail, server), (hook, url)) = (mail_server().await, receiver().await);
            let city = City::found(folder, database.clone(), &|c| {
                c.mail = Some(Mail { server: server.clone(), from: "云岫市市长信箱 <noreply@yunxiu.gov.example>".into() });
                c.webhook = Some(Webhook { url: url.clone(), secret: SECRET.into() });
            })
            .await;
            test(city, mail, hook, database).await;
        });
    }
}

async fn letter_with_an_address(city: &City) -> (String, String) {
    let mut letter = LETTER.to_vec();
    letter.extend([("email", "zhang@mail.example"), ("phone", "13900001234")]);
    city.write("mayor", &letter, &[]).await.receipt()
}

/// The words of a header or a body in base 64.
fn plain(encoded: &str) -> String {
    let words = encoded.split("=?utf-8?b?").skip(1).map(|part| part.split("?=").next().unwrap());
    let bytes: Vec<u8> = if encoded.contains("=?") { words.flat_map(|w| STANDARD.decode(w).unwrap()).collect() } else { STANDARD.decode(encoded).unwrap() };
    String::from_utf8(bytes).unwrap()
}

#[test]
fn a_notice_reaches_its_mailbox_and_its_gateway() {
    with_peers(|city, mail, hook, _| async move {
        mail.set_up(true);
        hook.set_up(true);
        let (number, code) = letter_with_an_address(&city).await;
        deliver(&city.sidecar).await;
        let mails = mail.arrived();
        let one = &mails[0];
        assert!(mails.len() == 1 && one.head.contains("RCPT TO:<zhang@mail.example>") && one.head.contains("MAIL FROM:<noreply@yunxiu.gov.example>"));
        let subject = one.head.split("Subject: ").nth(1).unwrap().split("\nContent-").next().unwrap().split("\nDate").next().unwrap();
        assert!(plain(subject).contains("已经收到") && plain(&one.text).contains(&number), "{one:?}");
        assert!(!plain(&one.text).contains(&code) && !plain(&one.text).contains("斑马线"));
        let events = hook.arrived();
        let event: serde_json::Value = serde_json::from_str(&events[0].text).unwrap();
        assert_eq!((events.len(), &event["event"], &event["number"]), (1, &"received".into(), &number.clone().into()));
        assert_eq!(event["sms"]["to"], "13900001234");
        assert!(!events[0].text.contains(&code) && !events[0].text.contains("张三丰"));
        deliver(&city.sidecar).await;
        assert_eq!((mail.arrived().len(), hook.arrived().len()), (1, 1), "what has arrived is not sent again");
        assert_eq!(city.sidecar.casework.store.notices_waiting().await.unwrap(), (0, 0));
        let wang = city.officer("wang", "centre@www").await;
        assert!(wang.get(&format!("/-/office/case/{number}")).await.has("送达"));
    });
}

#[test]
fn peers_that_are_down_get_it_later_under_the_same_key() {
    with_peers(|city, mail, hook, _| async move {
        let (number, _) = letter_with_an_address(&city).await;
        for _ in 0..3 {
            deliver(&city.sidecar).await;
            city.later(5);
        }
        let wang = city.officer("wang", "centre@www").await;
        assert!(wang.get(&format!("/-/office/case/{number}")).await.has("已尝试 3 次，未送达"));
        assert_eq!(wang.act(&number, "accept", "", "").await.status, StatusCode::OK, "the case does not wait for it");
        mail.set_up(true);
        hook.set_up(true);
        city.later(60);
        deliver(&city.sidecar).await;
        // Two mails, each once; the gateway broke off after it had taken the event, so it got it again with the key it knows.
        let mut mails: Vec<String> = mail.arrived().into_iter().map(|a| a.key).collect();
        mails.sort();
        mails.dedup();
        assert_eq!((mail.arrived().len(), mails.len()), (2, 2));
        let received: Vec<Arrival> = hook.arrived().into_iter().filter(|a| a.key.contains("/received/")).collect();
        assert!(received.len() == 4 && received.windows(2).all(|w| w[0] == w[1]), "{received:?}");
        city.later(24 * 60);
        deliver(&city.sidecar).await;
        assert_eq!((mail.arrived().len(), hook.arrived().len()), (2, 5));
    });
}

#[test]
fn of_two_sidecars_one_delivers() {
    with_peers(|city, mail, hook, database| async move {
        mail.set_up(true);
        hook.set_up(true);
        let configuration = city.sidecar.casework.configuration.clone();
        let other = City::found(tempfile::tempdir().unwrap(), database, &|c| {
            c.mail.clone_from(&configuration.mail);
            c.webhook.clone_from(&configuration.webhook);
        })
        .await;
        for _ in 0..5 {
            letter_with_an_address(&city).await;
        }
        other.clock.store(city.sidecar.now(), Ordering::SeqCst);
        tokio::join!(deliver(&city.sidecar), deliver(&other.sidecar), deliver(&city.sidecar), deliver(&other.sidecar));
        assert_eq!((mail.arrived().len(), hook.arrived().len()), (5, 5));
    });
}

#[test]
fn a_peer_that_never_answers_keeps_nothing_else_waiting() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", silent.local_addr().unwrap());
        let folder = tempfile::tempdir().unwrap();
        let database = format!("sqlite:{}", folder.path().join("s.db").display());
        let city = City::found(folder, database, &|c| c.webhook = Some(Webhook { url: url.clone(), secret: SECRET.into() })).await;
        let (number, _) = city.write("mayor", &LETTER, &[]).await.receipt();
        let looking = tokio::spawn(city.sidecar.clone().look_after());
        let (held, _) = silent.accept().await.unwrap();
        let wang = city.officer("wang", "centre@www").await;
        for (deed, to) in [("accept", ""), ("assign", "jyj"), ("answer", ""), ("approve", ""), ("close", ""), ("publish", "")] {
            assert_eq!(wang.act(&number, deed, "已办", to).await.status, StatusCode::OK, "{deed}");
        }
        let file = format!("www/mayor/{number}.md");
        while city.content(&file).is_empty() {
            tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        }
        let notices = city.sidecar.casework.store.notices_of(&number).await.unwrap();
        assert!(notices.iter().all(|n| n.tries == 0 && n.delivered_at.is_none()), "the first one is still being waited for");
        drop(held);
        looking.abort();
    });
}
