//! Two Asterisks with the calls that they really have, a few campaigns on two lists, and dice.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::input::{CallEvent, QueueState};
use engine::limits::{Limits, TrunkLimits};
use engine::model::{Campaign, CampaignStatus, DialList, DialMode, Lead, Plan};
use engine::notify::Notify;
use engine::preview::agent_channel;
use engine::time::Wall;
use engine::value::Trunks;
use engine::{Input, PbxId, PbxInput};
use uuid::Uuid;

use crate::dice::Dice;
use crate::support::*;

const LISTS: [Uuid; 2] = [LIST, Uuid::from_u128(0x12)];
const CAMPAIGNS: [Uuid; 3] = [CAMPAIGN, Uuid::from_u128(0xcb), Uuid::from_u128(0xcc)];

/// A call that an Asterisk really has, or had: events that it will still tell.
struct Phone {
    pbx: PbxId,
    lead: Uuid,
    events: Vec<CallEvent>,
    up: bool,
    answered: bool,
    /// Whose phone it is, where it is an agent's.
    agent: Option<String>,
}

pub struct World {
    seed: u64,
    pub dice: Dice,
    pub room: Room,
    phones: BTreeMap<Uuid, Phone>,
    connected: [bool; 2],
    seen_originated: usize,
    seen_notes: usize,
    seen_ended: usize,
    seen_hangups: usize,
    seen_agents: usize,
    bridged: usize,
    status: BTreeMap<Uuid, u8>,
    leads: u128,
}

impl World {
    pub fn new(seed: u64) -> Self {
        let mode = if seed.is_multiple_of(2) { DialMode::Desktop } else { DialMode::Robo };
        let trunk_name = Trunks::parse("a:3,b").ok();
        let plan = Plan { max_tries: [2; 8], trunk_name, ..queue_plan(mode) };
        let mut catalog = catalog(plan);
        catalog.dial_lists.insert(LISTS[1], Arc::new(DialList::new(LISTS[1], Wall(0))));
        for (uuid, list) in CAMPAIGNS.into_iter().zip([LISTS[0], LISTS[0], LISTS[1]]) {
            let mut row =
                Campaign { dial_list: Some(list), next_campaign: Some(CAMPAIGNS[1]), ..campaign(uuid) };
            if uuid == CAMPAIGNS[1] {
                row.rules = rules(&[("Weight", "3"), ("MaxChannels", "4"), ("MaxCps", "8")]);
            }
            catalog.campaigns.insert(uuid, Arc::new(row));
        }
        let mut room = Room::with_trunks(Limits { max_channels: 5, max_cps: 20.0 }, catalog, &trunks());
        (room.hold_claims, room.hold_acceptances) = (true, true);
        let mut world = Self {
            seed,
            dice: Dice(seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1),
            room,
            phones: BTreeMap::new(),
            connected: [false; 2],
            seen_originated: 0,
            seen_notes: 0,
            seen_ended: 0,
            seen_hangups: 0,
            seen_agents: 0,
            bridged: 0,
            status: BTreeMap::new(),
            leads: 0,
        };
        (0..10).for_each(|_| world.leads_are_added());
        world.goes_or_comes();
        world.room.ask(CAMPAIGN, CampaignStatus::Start);
        world
    }

    pub fn is_up(&self, pbx: PbxId) -> bool {
        self.connected[pbx.0]
    }

    pub fn some_campaign(&mut self) -> Uuid {
        CAMPAIGNS[self.dice.below(3)]
    }

    pub fn some_list(&mut self) -> Uuid {
        LISTS[self.dice.below(2)]
    }

    pub fn leads_are_added(&mut self) {
        self.leads += 1;
        let dial_list = self.some_list();
        let numbers: &[&str] = if self.dice.below(2) == 0 { &["100"] } else { &["100", "200"] };
        self.room.store.add(Lead { dial_list, ..lead(self.leads, numbers) });
        self.room.input(Input::LeadsChanged { dial_list });
    }

    /// The next event of a call is told; or it is lost, where nobody is connected (and now and then where somebody is).
    pub fn some_call_goes_on(&mut self) {
        let with_events: Vec<Uuid> =
            self.phones.iter().filter(|(_, p)| !p.events.is_empty()).map(|(uuid, _)| *uuid).collect();
        if with_events.is_empty() {
            return;
        }
        let uuid = with_events[self.dice.below(with_events.len())];
        self.next_event(uuid);
    }

    fn next_event(&mut self, uuid: Uuid) {
        let lost = self.dice.below(40) == 0;
        let doubled = self.dice.below(20) == 0;
        let Some(phone) = self.phones.get_mut(&uuid) else { return };
        let (pbx, event) = (phone.pbx, phone.events.remove(0));
        match event {
            CallEvent::Hangup { .. }
            | CallEvent::Originated { success: false, .. }
            | CallEvent::Refused { .. } => {
                phone.up = false;
            }
            CallEvent::Originated { success: true, .. } => phone.answered = true,
            _ => {}
        }
        let (up, answered, is_agent) = (phone.up, phone.answered, phone.agent.is_some());
        self.other_phone_follows(uuid, &event, up && answered, is_agent);
        if self.connected[pbx.0] && !lost {
            for _ in 0..=usize::from(doubled) {
                self.room.pbx(pbx, PbxInput::Call(uuid, event.clone()));
            }
        }
    }

    /// What an agent's phone does when that of his customer is answered or is hung up, and the other way round.
    fn other_phone_follows(&mut self, uuid: Uuid, event: &CallEvent, talks: bool, is_agent: bool) {
        let Some(other) =
            self.phones.get_mut(&agent_channel(uuid)).filter(|other| other.up && other.answered)
        else {
            return;
        };
        match event {
            CallEvent::Originated { success: true, .. } if talks && !is_agent => {
                other.events.insert(0, CallEvent::Bridged);
                self.bridged += 1;
            }
            CallEvent::Hangup { .. } if other.agent.is_some() => other.events = vec![hangup(16)],
            _ => {}
        }
    }

    /// An agent answers an offer, or twice; the store writes what was accepted.
    pub fn some_agent_answers(&mut self) {
        let offers: Vec<Uuid> = self.room.engine.offers().map(|offer| offer.dialing).collect();
        if !offers.is_empty() {
            let dialing = offers[self.dice.below(offers.len())];
            let delay_ms = [None, Some(0), Some(3_000)][self.dice.below(3)];
            match self.dice.below(4) {
                0 => self.room.input(Input::PreviewRefuse { dialing, delay_ms }),
                1 => (0..2).for_each(|_| self.room.input(Input::PreviewAccept { dialing })),
                _ => self.room.input(Input::PreviewAccept { dialing }),
            }
        }
    }

    pub fn the_store_writes_what_was_accepted(&mut self) {
        let committed = self.dice.below(10) > 0;
        self.room.commit(committed);
    }

    /// Agents who were called for an accepted offer, and those of them who got to talk.
    pub fn previews(&self) -> [usize; 2] {
        [self.phones.values().filter(|phone| phone.agent.is_some()).count(), self.bridged]
    }

    pub fn a_call_is_named_twice(&mut self) {
        let some = self.phones.iter().nth(self.dice.below(self.phones.len().max(1)));
        let Some((&uuid, phone)) = some.filter(|(_, phone)| !phone.up && self.connected[phone.pbx.0]) else {
            return;
        };
        let pbx = phone.pbx;
        self.room.pbx(pbx, PbxInput::Call(uuid, hangup(16)));
    }

    pub fn answer_some_claims(&mut self) {
        if self.room.claims.is_empty() {
            return;
        }
        // The store works requests off in their order.
        let (request, claim) = self.room.claims.remove(0);
        let claimed = (self.dice.below(30) > 0).then(|| self.room.store.claim(&claim));
        self.room.input(Input::Leads { request, claimed });
    }

    pub fn answer_lists(&mut self) {
        for (pbx, asked) in std::mem::take(&mut self.room.lists_asked) {
            let here = self.phones.iter().filter(|(_, phone)| phone.pbx == pbx && phone.up);
            let talks = |uuid: Uuid| self.phones.get(&uuid).is_some_and(|phone| phone.up && phone.answered);
            let bridged = |uuid: Uuid, phone: &Phone| match phone.agent {
                Some(_) => talks(uuid) && talks(agent_channel(uuid)),
                None => phone.answered,
            };
            let up = here.map(|(uuid, phone)| (*uuid, up(phone.answered, bridged(*uuid, phone)))).collect();
            self.room.pbx(pbx, PbxInput::Channels { asked, up, unreached: Default::default() });
        }
    }

    pub fn goes_or_comes(&mut self) {
        let pbx = PbxId(self.dice.below(2));
        let stays = self.dice.below(2) == 0;
        if self.connected[pbx.0] && stays {
            return;
        }
        if std::mem::replace(&mut self.connected[pbx.0], false) {
            self.room.pbx(pbx, PbxInput::Down);
        } else {
            self.comes(pbx);
        }
    }

    fn comes(&mut self, pbx: PbxId) {
        self.connected[pbx.0] = true;
        self.room.pbx(pbx, PbxInput::Up);
        let members = (0..3).map(|n| member(&format!("PJSIP/a{n}"), 1)).collect();
        self.room.pbx(
            pbx,
            PbxInput::Queues(vec![QueueState { name: "sales".into(), members, ..QueueState::default() }]),
        );
    }

    /// The process is killed and started again.
    pub fn restart(&mut self) {
        self.room.wait_ms(0);
        self.check();
        let catalog = self.room.engine.catalog().clone();
        let mut now = self.room.now;
        now.mono = engine::time::Mono(0);
        let store = self.room.store.clone();
        self.room = Room::over_with(self.room.limits, catalog, store, now, &trunks());
        (self.room.hold_claims, self.room.hold_acceptances) = (true, true);
        self.seen_agents = 0;
        // Nobody knows these agents any more; their phones would show that they are busy.
        self.phones.values_mut().for_each(|phone| phone.agent = phone.agent.take().map(|_| String::new()));
        self.connected = [false; 2];
        (self.seen_originated, self.seen_notes, self.seen_ended, self.seen_hangups) = (0, 0, 0, 0);
        self.status.clear();
    }

    /// What came out is looked at, and carried out in the world.
    pub fn check(&mut self) {
        let seed = self.seed;
        for note in &self.room.notes[self.seen_notes..] {
            if let Notify::CampaignUpdated(row) = note {
                let code = row.status.code();
                let before = self.status.insert(row.uuid, code).unwrap_or(code);
                assert!(may_follow(before, code), "seed {seed}: status {before} -> {code}");
            }
        }
        self.seen_notes = self.room.notes.len();
        self.hang_up_as_asked();
        self.agents_phones_ring();
        for i in self.seen_originated..self.room.originated.len() {
            let setup = Arc::clone(&self.room.originated[i].1);
            let row = self.room.store.row(setup.lead);
            assert!(row.next_try <= setup.created, "seed {seed}: the retry delay is not kept");
            let max = self.room.engine.catalog().plans[&PLAN].max_tries[0]
                .max(row.lead.tries[usize::from(setup.index) - 1]);
            // What was accepted before the plan changed is called all the same.
            let accepted = self.phones.contains_key(&agent_channel(setup.uuid));
            assert!(
                accepted || setup.try_count <= max.max(1),
                "seed {seed}: try {} of {max}",
                setup.try_count
            );
            assert!(
                !self.phones.values().any(|phone| phone.up && phone.lead == setup.lead),
                "seed {seed}: a customer is called twice at once"
            );
            let pbx = PbxId(usize::from(&*setup.asterisk == "pbx2"));
            let phone = self.new_phone(pbx, setup.lead);
            assert!(self.phones.insert(setup.uuid, phone).is_none(), "seed {seed}: dialed twice");
        }
        self.seen_originated = self.room.originated.len();
        for ended in &self.room.ended[self.seen_ended..] {
            let answered =
                self.phones.get(&ended.dialing.setup.uuid).is_some_and(|phone| phone.answered && phone.up);
            assert!(!answered, "seed {seed}: ended while the customer talks");
        }
        self.seen_ended = self.room.ended.len();
        let engine = &self.room.engine;
        let live: u32 = (engine.dialings().count() + engine.offers().count()) as u32;
        assert_eq!(
            live as usize,
            self.room.store.open_claims().len(),
            "seed {seed}: claims are dialings or offers"
        );
        assert!(live <= 2 * self.room.limits.max_channels, "seed {seed}");
        let dialed = engine.dialings().filter(|dialing| dialing.setup.campaign == CAMPAIGNS[1]).count();
        let offered = engine.offers().filter(|offer| offer.campaign == CAMPAIGNS[1]).count();
        assert!(dialed + offered <= 4, "seed {seed}: more calls than the campaign's MaxChannels");
    }

    fn agents_phones_ring(&mut self) {
        let seed = self.seed;
        for i in self.seen_agents..self.room.agents_called.len() {
            let call = self.room.agents_called[i].1.clone();
            let pbx = PbxId(usize::from(&*call.customer.asterisk == "pbx2"));
            let agent = Some(call.interface.to_string());
            let twice =
                self.phones.values().any(|phone| phone.up && phone.pbx == pbx && phone.agent == agent);
            assert!(!twice, "seed {seed}: an agent is called twice at once");
            let mut events = vec![ACCEPTED, channel(), CallEvent::DialBegin, SUCCESS];
            match self.dice.below(6) {
                0 => events = vec![refused("Permission denied")],
                1 => events = vec![ACCEPTED, failure(0)],
                2 => events = vec![ACCEPTED, channel(), hangup(19), failure(3)],
                3 => events.push(hangup(16)),
                _ => {}
            }
            let phone = Phone { pbx, lead: Uuid::nil(), events, up: true, answered: false, agent };
            assert!(self.phones.insert(call.channel, phone).is_none(), "seed {seed}: called twice");
        }
        self.seen_agents = self.room.agents_called.len();
    }

    fn hang_up_as_asked(&mut self) {
        for (pbx, channel) in &self.room.hangups[self.seen_hangups..] {
            let Ok(uuid) = Uuid::try_parse(channel) else { continue };
            if let Some(phone) = self.phones.get_mut(&uuid).filter(|p| p.up && self.connected[pbx.0]) {
                phone.events = if phone.answered { vec![hangup(16)] } else { vec![failure(0), hangup(16)] };
            }
        }
        self.seen_hangups = self.room.hangups.len();
    }

    fn new_phone(&mut self, pbx: PbxId, lead: Uuid) -> Phone {
        let mut events = vec![ACCEPTED, channel(), CallEvent::DialBegin];
        match self.dice.below(8) {
            0 => events = vec![refused("Permission denied")],
            1 => events = vec![ACCEPTED, failure(0)],
            2..=4 => {
                events.extend([dial_end("BUSY"), failure(0), hangup(17)]);
                let (i, j) = (3 + self.dice.below(3), 3 + self.dice.below(3));
                events.swap(i, j);
            }
            5 => events.extend([dial_end("ANSWER"), SUCCESS, hangup(16)]),
            _ => {
                events.extend([SUCCESS, dial_end("ANSWER"), joined(), CallEvent::AgentCalled]);
                let (i, j) = (3 + self.dice.below(4), 3 + self.dice.below(4));
                events.swap(i, j);
                events.extend([CallEvent::AgentNoAnswer, CallEvent::AgentCalled, connected(), hangup(16)]);
            }
        }
        Phone { pbx, lead, events, up: true, answered: false, agent: None }
    }

    /// Everything is stopped, connected and ends.
    pub fn come_to_rest(&mut self) {
        for pbx in [PbxId(0), PbxId(1)] {
            if !self.connected[pbx.0] {
                self.comes(pbx);
            }
        }
        for campaign in CAMPAIGNS {
            self.room.ask(campaign, CampaignStatus::Stop);
        }
        for _ in 0..200 {
            while !self.room.claims.is_empty() {
                self.answer_some_claims();
            }
            self.room.commit(true);
            self.check();
            let waiting: Vec<Uuid> = self.phones.keys().copied().collect();
            for uuid in waiting {
                while self.phones.get(&uuid).is_some_and(|phone| !phone.events.is_empty()) {
                    self.next_event(uuid);
                }
            }
            self.answer_lists();
            self.room.wait_ms(1000);
        }
        let seed = self.seed;
        assert_eq!(self.room.store.open_claims().len(), 0, "seed {seed}");
        assert_eq!(self.room.engine.dialings().count(), 0, "seed {seed}");
        assert_eq!(CAMPAIGNS.map(|campaign| self.room.status(campaign)), [0; 3], "seed {seed}");
        assert_eq!(self.room.engine.poll_timeout(), None, "seed {seed}");
    }
}

fn trunks() -> [TrunkLimits; 1] {
    [trunk("a", Some(3), Some(12.0))]
}

fn may_follow(before: u8, now: u8) -> bool {
    before == now
        || match before {
            0 => now == 11,
            1 => [10, 12, 30].contains(&now),
            2 => [10, 11, 30].contains(&now),
            10 => [0, 11, 30].contains(&now),
            11 => [1, 10].contains(&now),
            12 => [2, 10, 11, 30].contains(&now),
            30 => now == 0,
            _ => false,
        }
}
