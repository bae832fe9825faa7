//! The barest dialer that there can be: it sends Originates to an Asterisk, keeps so many in flight, and sees of their events
//! only what it counts by. What an Asterisk takes from it is the most that it takes from anybody. Dressed as the daemon, it sends and
//! hears what the daemon does, and still does nothing else: the rest up to the daemon is what that itself costs.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use ami::client::Filter;
use anyhow::bail;
use engine::dialing::{DialRoute, Setup};
use engine::model::{LeadTexts, Plan};
use engine::time::Wall;
use uuid::Uuid;

use super::client::Client;
use super::tap::field;
use crate::asterisk::actions;

/// How long calls may take to end when no more are sent.
const DRAIN_MAX: Duration = Duration::from_secs(10);
/// Calls that may fail; with more it was no flood of calls.
const FAILED_MAX: u64 = 20;

/// What a flood makes of each call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target<'a> {
    /// What is dialed.
    pub(super) channel: &'a str,
    /// What the answered call runs.
    pub(super) application: &'a str,
    /// Its Originates and events are those of the daemon.
    pub(super) as_the_daemon: bool,
}

/// A flood that is logged in.
pub(super) struct Flood {
    client: Client,
    flight: Flight,
    make: Make,
    /// What the ActionIDs of its calls begin with.
    prefix: String,
}

impl Flood {
    /// Logs in, and has Asterisk send only how Originates and channels end, or all that it sends to the daemon.
    pub(super) fn login([address, user, secret]: [&str; 3], target: Target<'_>) -> anyhow::Result<Self> {
        let mut client = Client::login_as(address, user, secret)?;
        let by_name = |name| Filter::new(format!("action(include),name({name})"), "");
        let (filters, mask) = if target.as_the_daemon {
            (actions::filters(), actions::EVENT_MASK)
        } else {
            (["OriginateResponse", "Hangup"].map(by_name).to_vec(), "call")
        };
        for Filter { criteria, text } in &filters {
            let text = (!text.is_empty()).then_some(("Filter", text.as_str()));
            let headers = [("Operation", "Add"), ("MatchCriteria", criteria.as_str())];
            client.act("Filter", &headers.into_iter().chain(text).collect::<Vec<_>>())?;
        }
        client.act("Events", &[("EventMask", mask)])?;
        if target.as_the_daemon {
            return Ok(Self {
                client,
                flight: Flight::default(),
                make: dressed(target),
                prefix: String::new(),
            });
        }
        let prefix = format!("flood-{:016x}-", rand::random::<u64>());
        Ok(Self { client, flight: Flight::default(), make: bare(target, prefix.clone()), prefix })
    }

    /// Keeps so many calls in flight for a time, of which only what comes after `warm` counts; gives the calls a second. All
    /// have ended when it returns.
    pub(super) fn run(&mut self, in_flight: usize, warm: Duration, window: Duration) -> anyhow::Result<f64> {
        let begun = Instant::now();
        let mut counted_from = None;
        self.fill(in_flight)?;
        loop {
            self.read()?;
            let since = begun.elapsed();
            if counted_from.is_none() && since >= warm {
                counted_from = Some((Instant::now(), self.flight.ended));
            }
            if let Some((at, ended)) = counted_from
                && at.elapsed() >= window
            {
                let rate = (self.flight.ended - ended) as f64 / at.elapsed().as_secs_f64();
                self.drain()?;
                return Ok(rate);
            }
            self.fill(in_flight)?;
        }
    }

    fn fill(&mut self, in_flight: usize) -> anyhow::Result<()> {
        let mut octets = Vec::new();
        while self.flight.in_flight() < in_flight {
            (self.make)(&mut octets)?;
            self.flight.sent += 1;
        }
        self.client.write(&octets)
    }

    fn drain(&mut self) -> anyhow::Result<()> {
        let deadline = Instant::now() + DRAIN_MAX;
        while self.flight.in_flight() > 0 {
            if Instant::now() > deadline {
                bail!("{} calls of the flood do not end", self.flight.in_flight());
            }
            self.read()?;
        }
        if self.flight.failed > FAILED_MAX {
            bail!("{} calls of the flood failed", self.flight.failed);
        }
        Ok(())
    }

    fn read(&mut self) -> anyhow::Result<()> {
        let Self { client, flight, prefix, .. } = self;
        client.blocks(|block| flight.see(block, prefix))
    }
}

type Make = Box<dyn FnMut(&mut Vec<u8>) -> anyhow::Result<()>>;

/// The shortest Originate that there can be.
fn bare(target: Target<'_>, prefix: String) -> Make {
    let Target { channel, application, .. } = target;
    let rest = format!(
        "\r\nChannel: {channel}\r\nApplication: {application}\r\nTimeout: 30000\r\nAsync: true\r\n\r\n"
    );
    let mut next = 0;
    Box::new(move |octets| {
        next += 1;
        octets.extend_from_slice(format!("Action: Originate\r\nActionID: {prefix}{next}{rest}").as_bytes());
        Ok(())
    })
}

/// The daemon's own Originate.
fn dressed(target: Target<'_>) -> Make {
    let plan = Plan::new(Uuid::new_v4(), Wall(0));
    let application = target.application.to_owned();
    let mut setup = Setup {
        uuid: Uuid::nil(),
        serial: 0,
        campaign: Uuid::new_v4(),
        plan: plan.uuid,
        dial_list: Uuid::nil(),
        destination: None,
        lead: Uuid::nil(),
        lead_texts: LeadTexts::default(),
        asterisk: "bench".into(),
        index: 1,
        address: String::new(),
        channel: target.channel.to_owned(),
        try_count: 1,
        timeout_ms: 30_000,
        route: DialRoute::Application { application, data: None },
        caller_id: None,
        variables: Vec::new(),
        created: Wall(0),
    };
    Box::new(move |octets| {
        (setup.uuid, setup.lead, setup.serial) = (Uuid::new_v4(), Uuid::new_v4(), setup.serial + 1);
        let marked = actions::originate(&setup, &plan)?;
        marked
            .with("Variable", format_args!("GLOBAL(OUTBOUND_CALL_bench_{})={0}", setup.serial % 256))?
            .encode(octets);
        Ok(())
    })
}

/// Which calls are on their way. A call has ended when its Originate was answered and its channel is hung up, whichever comes first.
#[derive(Debug, Default)]
struct Flight {
    sent: u64,
    ended: u64,
    failed: u64,
    /// Channels whose Originate was answered, and that are not hung up.
    up: HashSet<String>,
    /// Channels that are hung up, and whose Originate was not answered.
    gone: HashSet<String>,
}

impl Flight {
    fn in_flight(&self) -> usize {
        usize::try_from(self.sent - self.ended).unwrap_or(usize::MAX)
    }

    /// Takes an event. Events of other people's calls, and of the far halves of Local channels, change nothing.
    fn see(&mut self, block: &str, prefix: &str) {
        if block.starts_with("Event: Hangup\r\n") {
            if !field(block, "Channel").ends_with(";2") {
                self.half(field(block, "Uniqueid"), false);
            }
        } else if block.starts_with("Event: OriginateResponse\r\n")
            && field(block, "ActionID").starts_with(prefix)
        {
            match field(block, "Response") {
                "Success" => self.half(field(block, "Uniqueid"), true),
                _ => {
                    self.failed += 1;
                    self.ended += 1;
                }
            }
        } else if block.starts_with("Response: Error\r\n") {
            self.failed += 1;
            self.ended += 1;
        }
    }

    fn half(&mut self, channel: &str, answered: bool) {
        let (here, there) =
            if answered { (&mut self.up, &mut self.gone) } else { (&mut self.gone, &mut self.up) };
        if there.remove(channel) {
            self.ended += 1;
        } else {
            here.insert(channel.to_owned());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hangup(channel: &str, id: &str) -> String {
        format!(
            "Event: Hangup\r\nPrivilege: call,all\r\nChannel: {channel}\r\nUniqueid: {id}\r\nLinkedid: 9\r\nCause: 16"
        )
    }

    fn answered(action: &str, response: &str, id: &str) -> String {
        format!(
            "Event: OriginateResponse\r\nActionID: {action}\r\nResponse: {response}\r\nChannel: L\r\nUniqueid: {id}"
        )
    }

    #[test]
    fn a_call_has_ended_when_answer_and_hangup_are_in_in_either_order() {
        let mut flight = Flight { sent: 3, ..Flight::default() };
        for (block, in_flight) in [
            (answered("f-1", "Success", "1.1"), 3),
            (hangup("Local/1@pstn-1;2", "1.2"), 3),
            (hangup("Local/1@pstn-2;1", "1.3"), 3),
            (answered("g-1", "Success", "1.3"), 3),
            (answered("f-2", "Success", "1.3"), 2),
            (hangup("Local/1@pstn-1;1", "1.1"), 1),
            (answered("f-3", "Failure", "<null>"), 0),
        ] {
            flight.see(&block, "f-");
            assert_eq!(flight.in_flight(), in_flight, "{block}");
        }
        assert_eq!((flight.ended, flight.failed), (3, 1));
    }

    #[test]
    fn a_header_is_found_by_its_whole_name() {
        let block = hangup("SIP/Uniqueid: 7", "1.4");
        assert_eq!(field(&block, "Uniqueid"), "1.4");
        assert_eq!(field(&block, "Cause"), "16");
        assert_eq!(field(&block, "Caus"), "");
    }
}
