//! The one task that makes events of what the feed is told. It begins when somebody listens and ends a while after the last has gone; in
//! between each event is written once, whoever reads it.

use std::collections::{BTreeMap, HashMap};
use std::future::Future;
use std::pin::pin;
use std::time::Duration;

use engine::dialing::Ended;
use engine::model::CampaignStatus;
use engine::notify::Notify;
use engine::preview::Offer;
use engine::time::Wall;
use engine::view::PbxView;
use serde_json::{Value, json};
use tokio::sync::watch;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, sleep_until};
use uuid::Uuid;

use super::super::{imports, live, rows};
use super::shape::{self, Shaped};
use crate::core::Daemon;
use crate::driver::wall;
use crate::events::hub::Hub;
use crate::events::{Follower, Told};
use crate::results::result_json;

/// Events gather for so long: waking a hundred listeners costs as much for one as for many.
const GATHER: Duration = Duration::from_millis(20);
/// Taken in at once.
const BATCH_MAX: usize = 512;
/// As often agents and Asterisks are looked at; what changes twice in between is told once.
const LOOK: Duration = Duration::from_millis(500);
/// What happens is kept for so long after the last listener has gone: he may only have lost his connection.
const LINGER: Duration = Duration::from_secs(120);
/// The results among which one is looked for that was not told.
const RECENT: usize = 1_024;

/// Makes events until `stop` is done, then those of what was told before.
pub(crate) async fn follow(mut follower: Follower, daemon: Daemon, stop: impl Future<Output = ()> + Send) {
    let mut stop = pin!(stop);
    let mut listeners = follower.feed.hub().listeners();
    loop {
        tokio::select! {
            () = &mut stop => return,
            // The sender is in the hub.
            _ = listeners.wait_for(|listeners| *listeners > 0) => {}
        }
        // `None` only while the daemon ends.
        let Some(seen) = begin(&follower, &daemon).await else {
            stop.await;
            return;
        };
        let mut scribe = Scribe { daemon: daemon.clone(), seen, ended: HashMap::new(), looked: None };
        let stopped = scribe.run(&mut follower, &mut listeners, &mut stop).await;
        follower.feed.turn(false);
        while follower.told.try_recv().is_ok() {}
        if stopped {
            return;
        }
        follower.feed.hub().end();
    }
}

/// What was the case when the events began.
struct Seen {
    statuses: BTreeMap<Uuid, CampaignStatus>,
    /// The campaigns of offers.
    offers: BTreeMap<Uuid, Uuid>,
}

/// Turns the feed on, in between two things that happen; so what is told from then on is what was not the case yet.
async fn begin(follower: &Follower, daemon: &Daemon) -> Option<Seen> {
    let feed = follower.feed.clone();
    feed.take_lost();
    let seen = daemon.inbox.read(move |engine| {
        feed.turn(true);
        let campaigns = engine.catalog().campaigns.values();
        Seen {
            statuses: campaigns.map(|row| (row.uuid, row.status)).collect(),
            offers: engine.offers().map(|offer| (offer.dialing, offer.campaign)).collect(),
        }
    });
    let seen = seen.await?;
    follower.feed.hub().begin();
    Some(seen)
}

impl Seen {
    fn offer(&mut self, offer: &Offer) {
        self.offers.insert(offer.dialing, offer.campaign);
    }
}

struct Scribe {
    daemon: Daemon,
    seen: Seen,
    /// How dialings ended whose end is not committed yet.
    ended: HashMap<Uuid, Box<Ended>>,
    looked: Option<Looked>,
}

/// Agents by Asterisk, queue and interface, and Asterisks by name, as they were told last.
#[derive(Default)]
struct Looked {
    agents: BTreeMap<(String, String, String), Value>,
    asterisks: BTreeMap<String, Value>,
}

impl Scribe {
    /// Works until nobody has listened for a while, or it is stopped: true then.
    async fn run(
        &mut self,
        follower: &mut Follower,
        listeners: &mut watch::Receiver<usize>,
        stop: &mut (impl Future<Output = ()> + Unpin),
    ) -> bool {
        let hub = follower.feed.hub().clone();
        let mut look = interval(LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut told = Vec::new();
        let mut alone_until: Option<Instant> = None;
        loop {
            if *listeners.borrow_and_update() > 0 {
                alone_until = None;
            } else {
                alone_until.get_or_insert_with(|| Instant::now() + LINGER);
            }
            tokio::select! {
                biased;
                () = &mut *stop => {
                    while let Ok(one) = follower.told.try_recv() {
                        told.push(one);
                    }
                    self.take_in(&hub, &mut told).await;
                    return true;
                }
                () = sleep_until(alone_until.unwrap_or_else(Instant::now)), if alone_until.is_some() => return false,
                _ = listeners.changed() => {}
                _ = look.tick(), if hub.is_observed() => self.look(&hub).await,
                taken = follower.told.recv_many(&mut told, BATCH_MAX) => {
                    if follower.feed.take_lost() {
                        told.clear();
                        while follower.told.try_recv().is_ok() {}
                        tracing::warn!("more happened than could be told to HTTP listeners; they begin anew");
                        return false;
                    }
                    self.take_in(&hub, &mut told).await;
                    if taken < BATCH_MAX {
                        sleep(GATHER).await;
                    }
                }
            }
        }
    }

    async fn take_in(&mut self, hub: &Hub, told: &mut Vec<Told>) {
        let mut shaped = Vec::with_capacity(told.len());
        for one in told.drain(..) {
            match one {
                Told::Ended(ended) => drop(self.ended.insert(ended.dialing.setup.uuid, ended)),
                Told::Change(at, notify) => shaped.push(self.change(at, *notify).await),
                Told::Import(at, step, view) => {
                    shaped.push(shape::event(step.as_str(), at, None, &imports::shape(&view), None));
                }
            }
        }
        add(hub, shaped);
    }

    async fn change(&mut self, at: Wall, notify: Notify) -> Shaped {
        if let Notify::DialingDeleted(uuid) = notify {
            return self.dialing_over(at, uuid).await;
        }
        let (mut kind, mut campaign, object) = shape::of_change(&notify);
        match &notify {
            Notify::CampaignCreated(row) => drop(self.seen.statuses.insert(row.uuid, row.status)),
            Notify::CampaignUpdated(row) => {
                let before = self.seen.statuses.insert(row.uuid, row.status);
                kind = if before == Some(row.status) { kind } else { "campaign.status" };
            }
            Notify::CampaignDeleted(uuid) => drop(self.seen.statuses.remove(uuid)),
            Notify::PreviewOffered(offer) => self.seen.offer(offer),
            Notify::PreviewEnded { dialing, .. } => campaign = self.seen.offers.remove(dialing),
            _ => {}
        }
        shape::event(kind, at, campaign, &object, None)
    }

    /// A dialing is over: with its result, or it never came to be.
    async fn dialing_over(&mut self, at: Wall, uuid: Uuid) -> Shaped {
        if let Some(ended) = self.ended.remove(&uuid) {
            let (campaign, object) = (ended.dialing.setup.campaign, rows::dialing(&ended.dialing));
            return shape::event("dialing.ended", at, Some(campaign), &object, Some(&result_json(&ended)));
        }
        let object = json!({ "uuid": uuid });
        match self.recent_result(uuid).await {
            Some((campaign, result)) => {
                shape::event("dialing.ended", at, Some(campaign), &object, Some(&result))
            }
            None => shape::event("dialing.released", at, None, &object, None),
        }
    }

    /// The result of a dialing that ended right before events began; it is committed when that is told.
    async fn recent_result(&self, uuid: Uuid) -> Option<(Uuid, String)> {
        let store = &self.daemon.store;
        let last = *store.last_result().borrow();
        let count = i64::try_from(RECENT).unwrap_or(i64::MAX);
        let recent = store.results_after(last.saturating_sub(count), RECENT).await.ok()?;
        recent.into_iter().rev().find_map(|(_, json)| {
            let record: Value = serde_json::from_str(&json).ok()?;
            (record["dialing_uuid"] == uuid.to_string())
                .then(|| Some((record["camp_uuid"].as_str()?.parse().ok()?, json)))?
        })
    }

    async fn look(&mut self, hub: &Hub) {
        let Some(views) = self.daemon.inbox.read(engine::Engine::pbx_views).await else { return };
        let away = self.daemon.inbox.away().await.unwrap_or_default();
        let now = looked(&views, &away);
        if let Some(before) = self.looked.replace(now)
            && let Some(now) = &self.looked
        {
            add(hub, differences(&before, now));
        }
    }
}

fn add(hub: &Hub, shaped: Vec<Shaped>) {
    if !shaped.is_empty() {
        hub.add(|ring| shaped.iter().for_each(|event| ring.push(event.kind, event.campaign, &event.data)));
    }
}

fn looked(views: &[PbxView], away: &[(String, String)]) -> Looked {
    let mut looked = Looked::default();
    for pbx in views {
        looked.asterisks.insert(pbx.name.to_string(), live::asterisk(pbx, away));
        for queue in &pbx.queues {
            for (member, state) in &queue.agents {
                let key = (pbx.name.to_string(), queue.name.clone(), member.interface.clone());
                looked.agents.insert(key, live::agent(&pbx.name, &queue.name, member, *state));
            }
        }
    }
    looked
}

fn differences(before: &Looked, now: &Looked) -> Vec<Shaped> {
    let at = wall();
    let asterisks = now.asterisks.iter().filter(|(name, asterisk)| {
        // How many calls it has changes all the time, and is no event.
        before.asterisks.get(*name).is_none_or(|before| before["state"] != asterisk["state"])
    });
    let asterisks = asterisks.map(|(_, asterisk)| shape::event(shape::ASTERISK, at, None, asterisk, None));
    let agents = now.agents.iter().filter(|(key, agent)| before.agents.get(*key) != Some(agent));
    let agents = agents.map(|(_, agent)| shape::event(shape::AGENT, at, None, agent, None));
    let gone = before.agents.iter().filter(|(key, _)| !now.agents.contains_key(*key));
    let gone = gone.map(|(_, agent)| shape::event(shape::AGENT_GONE, at, None, agent, None));
    asterisks.chain(agents).chain(gone).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn looked(agents: &[(&str, &str)], asterisk: &str, calls: u32) -> Looked {
        let agents = agents.iter().map(|(name, state)| {
            let key = ("pbx1".to_owned(), "sales".to_owned(), (*name).to_owned());
            (key, json!({ "name": name, "state": state }))
        });
        let asterisk = json!({ "name": "pbx1", "state": asterisk, "calls": calls });
        Looked { agents: agents.collect(), asterisks: BTreeMap::from([("pbx1".to_owned(), asterisk)]) }
    }

    #[test]
    fn what_is_told_of_agents_and_asterisks_is_what_has_changed() {
        let before = looked(&[("anna", "idle"), ("bert", "idle"), ("carl", "busy")], "ready", 1);
        let now = looked(&[("anna", "idle"), ("bert", "busy"), ("dora", "away")], "ready", 2);
        let told = |before: &Looked, now: &Looked| -> Vec<(&str, Value)> {
            let name = |event: &Shaped| {
                serde_json::from_str::<Value>(&event.data).unwrap()["object"]["name"].clone()
            };
            differences(before, now).iter().map(|event| (event.kind, name(event))).collect()
        };
        let changes = [("agent.changed", "bert"), ("agent.changed", "dora"), ("agent.removed", "carl")];
        assert_eq!(told(&before, &now), changes.map(|(kind, name)| (kind, json!(name))));
        let away = looked(&[("anna", "idle"), ("bert", "idle"), ("carl", "busy")], "away", 0);
        assert_eq!(told(&before, &away), [("asterisk.changed", json!("pbx1"))]);
        assert_eq!(told(&before, &before), []);
    }
}
