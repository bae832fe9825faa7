//! A second session with the Asterisk, beside the daemon's: what really rang, how much of it at once, how fast.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use ami::Message;
use ami::client::{Client, ClientConfig, Filter, Incoming};
use tokio::sync::mpsc::Receiver;

use super::support::{Pbx, session, until};

const OUR_IDS: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

/// The events of our channels, and the header with the channel's id.
const BY_ID: [(&str, &str); 4] = [
    ("Newchannel", "Uniqueid"),
    ("Hangup", "Uniqueid"),
    ("DialEnd", "DestUniqueid"),
    ("OriginateResponse", "Uniqueid"),
];
const OF_MEMBERS: &str = "QueueMemberStatus";

/// Sees our channels come and go, and the queues' members.
pub(crate) struct Observer {
    seen: Arc<Mutex<Vec<(Instant, Message)>>>,
    client: Client,
}

impl Observer {
    pub(crate) async fn start(pbx: &Pbx) -> Self {
        let by_id = BY_ID.map(|(name, header)| {
            Filter::new(format!("action(include),name({name}),header({header}),method(regex)"), OUR_IDS)
        });
        let members = Filter::new(format!("action(include),name({OF_MEMBERS})"), "");
        let mut config = ClientConfig::new("observer", &pbx.address, "observer", "observer");
        config.filters = by_id.into_iter().chain([members]).collect();
        let (client, incoming) = session(config).await;
        let seen = Arc::default();
        tokio::spawn(record(incoming, Arc::clone(&seen)));
        Self { seen, client }
    }

    /// Everything seen so far.
    pub(crate) fn seen(&self) -> Vec<(Instant, Message)> {
        self.seen.lock().unwrap().clone()
    }

    fn count(&self, name: &str, uuid: &str) -> usize {
        let fits = |message: &Message| message.event_name() == Some(name) && message.text("Uniqueid") == uuid;
        self.seen.lock().unwrap().iter().filter(|(_, message)| fits(message)).count()
    }

    /// True while a channel is there.
    pub(crate) fn is_up(&self, uuid: &str) -> bool {
        self.count("Newchannel", uuid) > self.count("Hangup", uuid)
    }

    /// How often each number was dialed; `Local/<number>@...` tells it. No ChannelId may come twice.
    pub(crate) fn dialed(&self) -> BTreeMap<String, usize> {
        let (mut ids, mut dialed) = (BTreeMap::new(), BTreeMap::new());
        for (_, message) in self.seen() {
            if message.event_name() == Some("Newchannel") {
                let before = ids.insert(message.text("Uniqueid").to_owned(), message.clone());
                assert!(before.is_none(), "a ChannelId rang twice: {before:?} {message:?}");
                let (_, number) = message.text("Channel").split_once('/').unwrap();
                *dialed.entry(number.split('@').next().unwrap().to_owned()).or_default() += 1;
            }
        }
        dialed
    }

    /// The most of our channels at once.
    pub(crate) fn peak(&self) -> usize {
        let (mut now, mut peak) = (0_usize, 0);
        for (_, message) in self.seen() {
            match message.event_name() {
                Some("Newchannel") => now += 1,
                Some("Hangup") => now -= 1,
                _ => {}
            }
            peak = peak.max(now);
        }
        peak
    }

    /// The most calls that were placed within any second.
    pub(crate) fn fastest_second(&self) -> usize {
        let seen = self.seen();
        let placed = seen.iter().filter(|(_, message)| message.event_name() == Some("Newchannel"));
        let placed: Vec<Instant> = placed.map(|(at, _)| *at).collect();
        let within = |from: usize| {
            placed[from..].iter().take_while(|at| at.duration_since(placed[from]) < SECOND).count()
        };
        (0..placed.len()).map(within).max().unwrap_or(0)
    }

    /// From the first of our channels to the end of the last.
    pub(crate) fn duration(&self) -> Duration {
        let seen = self.seen();
        let ours = |message: &Message| matches!(message.event_name(), Some("Newchannel" | "Hangup"));
        let mut times = seen.iter().filter(|(_, message)| ours(message)).map(|(at, _)| *at);
        let first = times.next().unwrap();
        times.next_back().unwrap_or(first).duration_since(first)
    }

    /// Waits until all of our channels are gone.
    pub(crate) async fn all_gone(&self) {
        let count = |name: &str| self.seen().iter().filter(|(_, m)| m.event_name() == Some(name)).count();
        until("the Hangup of each channel", || (count("Newchannel") == count("Hangup")).then_some(())).await;
    }

    /// The members of a queue now, by their interface: true where one is idle.
    pub(crate) async fn members(&self, queue: &str) -> BTreeMap<String, bool> {
        let action = super::support::action("QueueStatus", &[("Queue", queue)]);
        let entries = self.client.list(action).await.unwrap().entries;
        let members = entries.iter().filter(|entry| entry.event_name() == Some("QueueMember"));
        members.map(|entry| (entry.text("Location").to_owned(), entry.text("Status") == IDLE)).collect()
    }
}

const SECOND: Duration = Duration::from_secs(1);
/// AST_DEVICE_NOT_INUSE.
pub(crate) const IDLE: &str = "1";

/// About one of our channels, or a member of a queue: what the filters let pass, where Asterisk knows them.
fn is_wanted(message: &Message) -> bool {
    let name = message.event_name();
    let by_id = BY_ID.iter().find(|(event, _)| name == Some(event));
    by_id.map_or(name == Some(OF_MEMBERS), |(_, header)| is_ours(message.text(header)))
}

/// Whether a channel with this id is one of ours: those of others have ids like 1795397552.127, the other halves of ours `<uuid>;2`.
pub(crate) fn is_ours(id: &str) -> bool {
    id.len() == 36
}

async fn record(mut incoming: Receiver<Incoming>, seen: Arc<Mutex<Vec<(Instant, Message)>>>) {
    while let Some(heard) = incoming.recv().await {
        // An Asterisk that does not know filters by name sends everything.
        if let Incoming::Event(message) = heard
            && is_wanted(&message)
        {
            seen.lock().unwrap().push((Instant::now(), message));
        }
    }
}
