//! What `outbound campaign watch` shows: what is known of a campaign, put together of rows that were asked for and of events.

use std::collections::HashSet;

use serde_json::{Value, json};

use super::escaped;
use super::table::cell;
use crate::cli::client::Client;

/// Results that are read at the beginning; those that come are counted by their events.
const RESULTS: usize = 1_000;
/// The plan may get another queue, and no event of the campaign tells: looked at each so many looks.
const PLAN_LOOKS: u32 = 30;
const AGENTS: [&str; 4] = ["idle", "busy", "wrap_up", "away"];

/// See the module.
#[derive(Default)]
pub(super) struct Picture {
    /// Its uuid.
    pub(super) campaign: String,
    /// Why there is no connection, while there is none.
    pub(super) lost: Option<String>,
    name: Value,
    status: Value,
    plan: Value,
    /// The plan's queue, and for how many looks more it counts.
    queue: Value,
    queue_looks: u32,
    ended: usize,
    answered: usize,
    abandoned: usize,
    /// More had ended than were read.
    more_ended: bool,
    /// Dialings that are counted already: their events may come yet.
    counted: HashSet<String>,
    why: Value,
    agents: [u64; 4],
}

impl Picture {
    pub(super) fn new(campaign: &str) -> Self {
        Self { campaign: campaign.to_owned(), ..Self::default() }
    }

    /// Gets everything, while events wait.
    pub(super) async fn begin(&mut self, client: &Client) -> anyhow::Result<()> {
        let campaign = client.get(&format!("campaigns/{}", self.campaign)).await?;
        let results = client.items("results", &format!("&campaign={}", self.campaign), RESULTS).await?;
        *self = Self { more_ended: results.len() == RESULTS, ..Self::new(&self.campaign) };
        self.changed(&campaign);
        results.iter().for_each(|result| self.ended(result));
        let uuids = results.iter().filter_map(|result| result["dialing_uuid"].as_str());
        self.counted = uuids.map(str::to_owned).collect();
        Ok(())
    }

    /// Gets what no event tells.
    pub(super) async fn look(&mut self, client: &Client) -> anyhow::Result<()> {
        self.why = client.get(&format!("campaigns/{}/why", self.campaign)).await?;
        if self.queue_looks == 0 {
            self.queue = match self.plan.as_str() {
                Some(plan) => client.get(&format!("plans/{plan}")).await?["queue_name"].take(),
                None => Value::Null,
            };
            self.queue_looks = PLAN_LOOKS;
        }
        self.queue_looks -= 1;
        let queues = match self.queue.as_str() {
            Some(queue) => client.items("queues/live", &format!("&queue={}", escaped(queue)), 1_000).await?,
            None => Vec::new(),
        };
        self.agents = AGENTS.map(|state| queues.iter().filter_map(|queue| queue[state].as_u64()).sum());
        Ok(())
    }

    /// The row of the campaign is this now.
    pub(super) fn changed(&mut self, campaign: &Value) {
        if self.plan != campaign["plan"] {
            (self.plan, self.queue_looks) = (campaign["plan"].clone(), 0);
        }
        (self.name, self.status) = (campaign["name"].clone(), campaign["status"].clone());
    }

    /// A dialing has ended with this result.
    pub(super) fn ended(&mut self, result: &Value) {
        if result["dialing_uuid"].as_str().is_some_and(|uuid| self.counted.contains(uuid)) {
            return;
        }
        self.ended += 1;
        self.answered += usize::from(result["outcome"] == "answered");
        self.abandoned += usize::from(result["outcome"] == "abandoned");
    }

    /// It has stopped, or is paused.
    pub(super) fn is_done(&self) -> bool {
        matches!(self.status.as_str(), Some("stop" | "pause"))
    }

    /// Status, reason and connection: where they change, that is news.
    pub(super) fn state(&self) -> String {
        format!("{} {} {}", cell(&self.status), cell(&self.why["reason"]), self.lost.is_some())
    }

    pub(super) fn json(&self) -> Value {
        let agents: serde_json::Map<_, _> = AGENTS
            .iter()
            .zip(self.agents)
            .map(|(state, count)| ((*state).to_owned(), json!(count)))
            .collect();
        let figures = &self.why["figures"];
        json!({
            "campaign": self.campaign, "name": self.name, "status": self.status, "connected": self.lost.is_none(),
            "in_flight": figures["in_flight"], "ringing": figures["ringing"],
            "ended": self.ended, "answered": self.answered, "abandoned": self.abandoned, "more_ended": self.more_ended,
            "agents": agents, "reason": self.why["reason"], "text": self.why["text"], "until": self.why["until"],
        })
    }

    pub(super) fn lines(&self) -> Vec<String> {
        let (figures, [idle, busy, wrap_up, away]) = (&self.why["figures"], self.agents);
        let of = if self.more_ended { "of the last 1000 calls, and since" } else { "of all calls" };
        let mut lines = vec![
            format!("{}: {}", cell(&self.name), cell(&self.status)),
            format!(
                "calls: {} in flight, {} ringing",
                cell(&figures["in_flight"]),
                cell(&figures["ringing"])
            ),
            format!("{of}: {} ended, {} answered, {} abandoned", self.ended, self.answered, self.abandoned),
            format!("agents: {idle} idle, {busy} busy, {wrap_up} in wrap-up, {away} away"),
            format!("now: {}", cell(&self.why["text"])),
        ];
        lines.extend(self.lost.as_ref().map(|why| {
            format!("connection lost: {why}; what stands here is old, and the daemon is tried again each two seconds")
        }));
        lines
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn result(uuid: &str, outcome: &str) -> Value {
        json!({ "dialing_uuid": uuid, "outcome": outcome })
    }

    #[test]
    fn what_was_read_is_not_counted_again_when_its_event_comes() {
        let mut picture = Picture::new("c");
        picture.ended(&result("a", "answered"));
        picture.counted.insert("a".to_owned());
        for (uuid, outcome) in [("a", "answered"), ("b", "abandoned"), ("c", "busy")] {
            picture.ended(&result(uuid, outcome));
        }
        assert!(picture.lines()[2].ends_with(": 3 ended, 1 answered, 1 abandoned"), "{:?}", picture.lines());
    }

    #[test]
    fn a_lost_connection_is_said_and_is_news() {
        let mut picture = Picture::new("c");
        picture.changed(&json!({ "name": "autumn", "status": "start", "plan": null }));
        let before = picture.state();
        assert_eq!((picture.lines().len(), &picture.json()["connected"]), (5, &json!(true)));
        picture.lost = Some("the daemon ended it".to_owned());
        assert_ne!(picture.state(), before);
        assert!(picture.lines()[5].starts_with("connection lost: the daemon ended it"));
        assert_eq!(picture.json()["connected"], json!(false));
    }
}
