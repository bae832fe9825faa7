//! One webhook: what has happened becomes deliveries, and those that are due are tried, begun in their order, a few at a time. One that fails
//! waits, and those behind it go on; a receiver that does not answer at all is left alone for a while, then asked by one delivery.

use std::time::Duration;

use engine::time::Wall;
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use rand::RngExt as _;
use serde_json::json;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::post::{ON_THEIR_WAY, Post, Poster};
use super::{Webhooks, signature};
use crate::driver::wall;
use crate::format::Nanos;
use crate::store::StoreError;
use crate::store::webhooks::{DeliveryRow, DeliveryState, Due, Told, WebhookChange, WebhookRow};

/// Results that are looked at for one commit.
const COLLECT: i64 = 200;
/// Deliveries that wait at most; what else has happened stays where it is until then.
const WAITING_MAX: i64 = 1_000;
/// Deliveries that are tried for one commit ...
const AT_ONCE: i64 = 50;
/// ... or as many as are tried in this time.
const COMMIT_EACH: Duration = Duration::from_secs(1);
/// Statuses of campaigns are looked for as often.
const LOOK: Duration = Duration::from_secs(1);
/// Results gather for so long.
const GATHER: Duration = Duration::from_millis(50);
/// The first wait before another try; each is twice as long ...
const RETRY_MIN_S: f64 = 1.0;
/// ... up to this ...
const RETRY_MAX_S: f64 = 3_600.0;
/// ... until a delivery has been tried for so long.
const TRIED_FOR: Duration = Duration::from_secs(24 * 3_600);
/// A receiver that does not answer is left alone for at most so long.
const REST_MAX_S: f64 = 60.0;
/// Of a wait: as much more or less, so that not all come back at once.
const JITTER: f64 = 0.2;

/// Works until the webhook is deleted or disabled, or the store is closed.
pub(super) async fn work(webhooks: Webhooks, id: Uuid, poster: Poster) {
    let mut worker = Worker { webhooks, id, poster, unanswered: 0, answers: false };
    let mut changed = worker.webhooks.changed();
    let mut results = worker.webhooks.store().last_result();
    loop {
        changed.borrow_and_update();
        results.borrow_and_update();
        let Some(row) = worker.webhooks.get(id).filter(|row| row.enabled) else { return };
        if worker.webhooks.ends() {
            return;
        }
        let next = match worker.turn(&row).await {
            Ok(next) => next,
            Err(StoreError::Closed) => return,
            // What keeps the store from working is told by itself.
            Err(error) => {
                tracing::debug!(webhook = %id, %error, "deliveries wait for the store");
                LOOK
            }
        };
        tokio::select! {
            () = sleep(next) => {}
            _ = changed.changed() => {}
            // A receiver that is left alone is so also where there is more for it.
            changed = results.changed(), if worker.unanswered == 0 => {
                if changed.is_err() {
                    return;
                }
                sleep(GATHER).await;
            }
        }
    }
}

struct Worker {
    webhooks: Webhooks,
    id: Uuid,
    poster: Poster,
    /// Tries without an answer since the last one with.
    unanswered: u32,
    /// The last try had an answer; false before the first.
    answers: bool,
}

impl Worker {
    /// Collects and delivers what there is; says when to come again.
    async fn turn(&mut self, row: &WebhookRow) -> Result<Duration, StoreError> {
        let store = self.webhooks.store().clone();
        let mut more = false;
        if let Some(news) = store.webhook_news(row.clone(), COLLECT, WAITING_MAX).await? {
            more = news.more;
            let has_moved = news.more || !news.found.is_empty();
            if has_moved {
                store.change_webhooks(vec![WebhookChange::Collect(self.id, news, wall())]).await?;
            }
        }
        let (due, next) = store.due_deliveries(self.id, wall(), AT_ONCE).await?;
        if due.is_empty() {
            let waits = next.map_or(LOOK, |next| next.since(wall()));
            return Ok(if more { Duration::ZERO } else { waits.min(LOOK) });
        }
        let (tried, answers_again) = self.deliver(row, due).await;
        for dead in tried.iter().filter(|row| row.state == DeliveryState::Dead) {
            tracing::warn!(webhook = %self.id, delivery = %dead.uuid, tries = dead.tries, status = dead.status,
                error = dead.error, "a delivery is given up; POST .../deliveries/{{id}}/retry tries it again");
        }
        let mut changes = vec![WebhookChange::Tried(self.id, tried)];
        changes.extend(answers_again.then(|| WebhookChange::AnswersAgain(self.id, wall())));
        store.change_webhooks(changes).await?;
        Ok(if self.unanswered > 0 { wait(self.unanswered, REST_MAX_S) } else { Duration::ZERO })
    }

    /// Tries deliveries, until one gets no answer; how they stand then, and whether the receiver answers again. One that is not known to
    /// answer is asked by one delivery.
    async fn deliver(&mut self, webhook: &WebhookRow, due: Vec<Due>) -> (Vec<DeliveryRow>, bool) {
        let begun = Instant::now();
        let mut tried = Vec::with_capacity(due.len());
        let (mut answered, mut unanswered) = (false, false);
        let mut due = due.into_iter();
        let mut on_their_way = FuturesUnordered::new();
        loop {
            let ends = unanswered || begun.elapsed() >= COMMIT_EACH || self.webhooks.ends();
            let room = if self.answers || answered { ON_THEIR_WAY } else { 1 };
            while !ends && on_their_way.len() < room {
                match due.next() {
                    Some(Due { row, told: Some(told) }) => {
                        on_their_way.push(self.attempt(webhook, row, told))
                    }
                    Some(Due { row, told: None }) => tried.push(unknown(row)),
                    None => break,
                }
            }
            let Some((row, answer)) = on_their_way.next().await else { break };
            (answered, unanswered) = (answered || answer.is_ok(), unanswered || answer.is_err());
            tried.push(after_try(row, answer, wall()));
        }
        drop(on_their_way);
        let answers_again = answered && !unanswered && !self.answers;
        if answered || unanswered {
            self.answers = !unanswered;
            let before = if answered { 0 } else { self.unanswered };
            self.unanswered = if unanswered { before.saturating_add(1) } else { 0 };
        }
        (tried, answers_again)
    }

    async fn attempt(
        &self,
        webhook: &WebhookRow,
        row: DeliveryRow,
        told: Told,
    ) -> (DeliveryRow, Result<u16, String>) {
        let answer = self.post(webhook, &row, &told).await;
        (row, answer)
    }

    async fn post(&self, webhook: &WebhookRow, row: &DeliveryRow, told: &Told) -> Result<u16, String> {
        let body = body(row, told);
        let signature = signature(&webhook.secret, wall().0 / 1_000_000_000, &body);
        let headers = [
            ("x-outbound-event", row.kind.as_str().to_owned()),
            ("x-outbound-delivery", row.uuid.to_string()),
            ("x-outbound-attempt", (row.tries + 1).to_string()),
            ("x-outbound-signature", signature),
        ];
        let answer = self.poster.post(Post { url: &webhook.url, headers, body }).await;
        tracing::debug!(webhook = %self.id, delivery = %row.uuid, ?answer, "a delivery was tried");
        answer
    }
}

/// The body: the same in each try.
fn body(row: &DeliveryRow, told: &Told) -> String {
    let (kind, id) = (row.kind.as_str(), row.uuid);
    match told {
        Told::Result(campaign, result) => {
            // The record begins with a brace, and is not empty.
            let fields = result.strip_prefix('{').unwrap_or("}");
            format!(
                "{{\"delivery\":\"{id}\",\"type\":\"{kind}\",\"campaign\":\"{campaign}\",\"result\":{{\"seq\":{},{fields}}}",
                row.seq
            )
        }
        Told::Status(campaign, status, at) => json!({ "delivery": id, "type": kind, "campaign": campaign,
            "time": Nanos(*at).to_string(), "status": status })
        .to_string(),
        Told::Import(end) => json!({ "delivery": id, "type": kind, "campaign": null, "time": Nanos(end.ended).to_string(),
            "import": {
                "id": end.id, "dial_list": end.dial_list, "state": end.state.as_str(), "name": end.name, "rows": end.progress.rows(),
                "imported": end.progress.leads, "updated": end.progress.updated, "skipped": end.progress.skipped,
                "refused": end.progress.refused, "dry_run": end.dry_run, "error": end.error,
            } })
        .to_string(),
    }
}

/// How a delivery stands of which nothing can be told.
fn unknown(row: DeliveryRow) -> DeliveryRow {
    let error = Some("what it was about is not known any more".to_owned());
    DeliveryRow { state: DeliveryState::Dead, error, status: None, ..row }
}

/// How a delivery stands after a try.
fn after_try(row: DeliveryRow, answer: Result<u16, String>, now: Wall) -> DeliveryRow {
    let tries = row.tries.saturating_add(1);
    let (status, error) = match answer {
        Ok(status) => (Some(status), None),
        Err(error) => (None, Some(error)),
    };
    let state = match status {
        Some(200..=299) => DeliveryState::Done,
        _ if now.since(row.begun) >= TRIED_FOR => DeliveryState::Dead,
        _ => DeliveryState::Waiting,
    };
    let due = now.0.saturating_add(i64::try_from(wait(tries, RETRY_MAX_S).as_nanos()).unwrap_or(i64::MAX));
    DeliveryRow { state, tries, due: Wall(due), updated: Some(now), status, error, ..row }
}

/// The wait after so many failures.
fn wait(failures: u32, max_s: f64) -> Duration {
    let doublings = i32::try_from(failures.saturating_sub(1).min(20)).unwrap_or(20);
    let seconds = (RETRY_MIN_S * 2f64.powi(doublings)).min(max_s);
    Duration::from_secs_f64(seconds * rand::rng().random_range(1.0 - JITTER..=1.0 + JITTER))
}

#[cfg(test)]
mod tests {
    use engine::model::CampaignStatus;

    use crate::store::webhooks::EventType;

    use super::*;

    fn row() -> DeliveryRow {
        DeliveryRow {
            id: 1,
            uuid: Uuid::nil(),
            kind: EventType::DialingEnded,
            seq: 7,
            state: DeliveryState::Waiting,
            tries: 0,
            due: Wall(0),
            begun: Wall(0),
            updated: None,
            status: None,
            error: None,
        }
    }

    #[test]
    fn waits_double_from_a_second_to_an_hour_and_are_never_the_same() {
        for (failures, seconds) in
            [(1, 1.0), (2, 2.0), (5, 16.0), (12, 2_048.0), (13, 3_600.0), (u32::MAX, 3_600.0)]
        {
            let waits: Vec<f64> = (0..50).map(|_| wait(failures, RETRY_MAX_S).as_secs_f64()).collect();
            let within = (seconds * 0.79)..(seconds * 1.21);
            assert!(waits.iter().all(|wait| within.contains(wait)), "{failures}: {waits:?}");
            assert!(waits.iter().any(|wait| *wait != waits[0]));
        }
        assert!(wait(50, REST_MAX_S) < Duration::from_secs(73));
    }

    #[test]
    fn a_delivery_is_done_or_waits_or_is_dead_after_a_day() {
        let day = i64::try_from(TRIED_FOR.as_nanos()).unwrap();
        let answers = [Ok(200), Ok(204), Ok(199), Ok(302), Ok(404), Ok(500), Err("away".to_owned())];
        for (at, answer) in answers.into_iter().enumerate() {
            let soon = after_try(row(), answer.clone(), Wall(day - 1));
            let late = after_try(row(), answer.clone(), Wall(day));
            let (waits, dies) = if at < 2 {
                (DeliveryState::Done, DeliveryState::Done)
            } else {
                (DeliveryState::Waiting, DeliveryState::Dead)
            };
            assert_eq!((soon.state, late.state, soon.tries), (waits, dies, 1), "{answer:?}");
            assert_eq!((soon.status, soon.error), (answer.clone().ok(), answer.err()));
            assert!(soon.due > Wall(day - 1));
        }
    }

    #[test]
    fn a_body_is_json_with_what_it_is_about() {
        let result = Told::Result(Uuid::nil(), "{\"dialing_uuid\":\"a\",\"outcome\":\"busy\"}".to_owned());
        let json: serde_json::Value = serde_json::from_str(&body(&row(), &result)).unwrap();
        let nil = Uuid::nil();
        let wanted = json!({ "delivery": nil, "type": "dialing.ended", "campaign": nil,
            "result": { "seq": 7, "dialing_uuid": "a", "outcome": "busy" } });
        assert_eq!(json, wanted);
        let row = DeliveryRow { kind: EventType::CampaignStatus, ..row() };
        let status = Told::Status(nil, CampaignStatus::Starting, Wall(0));
        let json: serde_json::Value = serde_json::from_str(&body(&row, &status)).unwrap();
        assert_eq!((&json["status"], &json["type"]), (&json!("starting"), &json!("campaign.status")));
    }
}
