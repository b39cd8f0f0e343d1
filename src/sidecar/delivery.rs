//! Delivery: what lies in the outbox is sent by mail or to the webhook, and tried again until it is taken.
//!
//! In: notices that are due. Out: their delivery state. A notice is claimed before it is sent, so that of several sidecars one sends it; a
//! sidecar that dies while sending leaves it to be sent again under the same key (`Message-ID`, `Idempotency-Key`).

use std::time::Duration;

use lettre::message::header::ContentType;
use lettre::{AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor};

use super::case::Millis;
use super::configuration::{Mail, Webhook};
use super::seal::{event_signature, hex};
use super::service::Sidecar;
use super::store::outbox::{self, Notice};

/// How long one delivery may take, and how long it is claimed.
const PATIENCE: Duration = Duration::from_secs(20);
const CLAIM: Millis = 60_000;
/// After so many failures (about four days) a notice is given up; it stays in the outbox with its trouble.
const TRIES: i64 = 16;

/// Delivers what is due, one after another.
pub async fn deliver(sidecar: &Sidecar) {
    let store = &sidecar.casework.store;
    let due = match store.notices_due(sidecar.now()).await {
        Ok(due) => due,
        Err(cause) => return tracing::error!(%cause, "the outbox cannot be read"),
    };
    for notice in due {
        // The ones before may have taken long. Another sidecar has it, or the database is gone: then it is due later.
        let now = sidecar.now();
        if store.write(vec![outbox::claim(&notice, now, now + CLAIM)]).await.is_err() {
            continue;
        }
        let done = match tokio::time::timeout(PATIENCE, send(sidecar, &notice)).await {
            Ok(Ok(())) => {
                sidecar.count(|c| &c.delivered);
                outbox::delivered(&notice.id, sidecar.now())
            }
            Ok(Err(trouble)) => failure(sidecar, &notice, &trouble.to_string()),
            Err(_) => failure(sidecar, &notice, "no answer in time"),
        };
        if let Err(cause) = store.write(vec![done]).await {
            tracing::error!(%cause, kind = notice.kind, "a delivery's state cannot be kept");
        }
    }
}

fn failure(sidecar: &Sidecar, notice: &Notice, trouble: &str) -> super::store::database::Statement {
    sidecar.count(|c| &c.undelivered);
    tracing::warn!(kind = notice.kind, number = notice.number, channel = notice.channel, tries = notice.tries + 1, trouble, "not delivered");
    // Half a minute, a minute, two … up to eight hours.
    let wait = 30_000_i64 << notice.tries.clamp(0, 10);
    let next = (notice.tries + 1 < TRIES).then(|| sidecar.now() + wait.min(8 * 60 * 60 * 1000));
    outbox::failed(&notice.id, trouble, next)
}

async fn send(sidecar: &Sidecar, notice: &Notice) -> anyhow::Result<()> {
    let configuration = &sidecar.casework.configuration;
    match (notice.channel.as_str(), &configuration.mail, &configuration.webhook) {
        ("mail", Some(mail), _) => send_mail(mail, notice).await,
        ("webhook", _, Some(webhook)) => send_event(webhook.clone(), notice.clone(), sidecar.now()).await,
        _ => anyhow::bail!("the channel {} is not set up", notice.channel),
    }
}

async fn send_mail(mail: &Mail, notice: &Notice) -> anyhow::Result<()> {
    let id = format!("<{}@portico-sidecar>", hex(notice.id.as_bytes()));
    let message = Message::builder()
        .from(mail.from.parse()?)
        .to(notice.address.parse()?)
        .subject(notice.subject.clone())
        .message_id(Some(id))
        .header(ContentType::TEXT_PLAIN)
        .body(notice.text.clone())?;
    let transport = AsyncSmtpTransport::<Tokio1Executor>::from_url(&mail.server)?.timeout(Some(PATIENCE)).build();
    transport.send(message).await?;
    Ok(())
}

/// Posts an event. `X-Portico-Signature` is the HMAC-SHA-256 of `timestamp.body`.
async fn send_event(webhook: Webhook, notice: Notice, now: Millis) -> anyhow::Result<()> {
    let at = now.to_string();
    let signature = event_signature(&webhook.secret, &at, &notice.text);
    tokio::task::spawn_blocking(move || {
        let agent: ureq::Agent = ureq::Agent::config_builder().timeout_global(Some(PATIENCE)).max_redirects(0).build().into();
        let request = agent.post(&webhook.url).header("Content-Type", "application/json").header("Idempotency-Key", &notice.id);
        let answer = request.header("X-Portico-Timestamp", &at).header("X-Portico-Signature", &signature).send(&notice.text)?;
        anyhow::ensure!(answer.status().is_success(), "answered {}", answer.status());
        Ok(())
    })
    .await?
}
