//! What goes over the wires: actions out, events and answers in, and what the faults make of them on their way.

use ami::Message;
use engine::input::CallEvent;
use engine::preview::agent_channel;
use pbxsim::Out;
use uuid::Uuid;

use super::site::Site;
use super::watch::Dialed;
use super::world::{Due, World};
use super::{SECOND, duration};
use crate::asterisk::translate::{self, Heard};

/// An action that has no answer after so long has failed.
const ACTION_TIMEOUT: u64 = 10 * SECOND;

impl World {
    /// Sends actions in a session.
    pub(super) fn send(&mut self, pbx: usize, actions: Vec<Message>) {
        let Some(session) = self.session_of(pbx) else { return };
        let compared = self.daemon.as_ref().is_some_and(|daemon| daemon.links[pbx].compared);
        let site = &mut self.sites[pbx];
        for action in actions {
            // An agent for whom a customer waits is called at once.
            let is_customer = || {
                let uuid = Uuid::try_parse(action.text("ChannelId"));
                uuid.is_ok_and(|uuid| !self.watch.agents.contains(&uuid))
            };
            if action.text("Action") == "Originate" && !compared && is_customer() {
                self.watch.fail("compared before dial", || {
                    let id = action.text("ChannelId");
                    format!(
                        "{id} is dialed on pbx{}, whose channels were not listed since it is connected",
                        pbx + 1
                    )
                });
            }
            let late = site.is_dead(self.now);
            let at = if late { site.arrives_late(self.now) } else { Some(site.arrives_out(self.now)) };
            if let Some(at) = at {
                self.agenda.at(at, Due::Action { pbx, session, late, action: Box::new(action) });
            }
        }
    }

    /// Sends an action whose answer is waited for.
    pub(super) fn ask(&mut self, pbx: usize, (number, action): (u64, Message)) {
        let Some(session) = self.session_of(pbx) else { return };
        self.agenda.at(self.now + ACTION_TIMEOUT, Due::Unanswered { pbx, session, number });
        self.send(pbx, vec![action]);
    }

    fn session_of(&self, pbx: usize) -> Option<u64> {
        self.daemon.as_ref()?.links[pbx].session
    }

    /// An action arrives.
    pub(super) fn action_arrives(&mut self, pbx: usize, session: u64, late: bool, action: &Message) {
        let site = &mut self.sites[pbx];
        let lost = late && session <= site.reset;
        if lost
            || !late && (site.session != Some(session) || site.is_dead(self.now))
            || self.now < site.reachable_at
        {
            return;
        }
        self.trace.note(self.now, || {
            format!("pbx{} is asked{}: {}", pbx + 1, if late { " late" } else { "" }, in_words(action))
        });
        if action.text("Action") == "Setvar"
            && let Ok(serial) = action.text("Value").parse()
        {
            self.watch.told_serial(pbx, serial);
        }
        let originates = action.text("Action") == "Originate";
        site.sim.action(session, action, duration(self.now));
        if originates {
            self.originate_arrives(pbx, action);
        }
        self.hear(pbx);
    }

    /// Looks at what an Originate came to, before anybody hears of it.
    fn originate_arrives(&mut self, pbx: usize, action: &Message) {
        let Ok(uuid) = Uuid::try_parse(action.text("ChannelId")) else { return };
        // The response is the first thing that is said.
        let sim = &mut self.sites[pbx].sim;
        let mut said = Vec::new();
        while let Some(out) = sim.poll_event() {
            said.push(out);
        }
        let taken = said.iter().find_map(|out| match out {
            Out::Reply { message, .. } => Some(message.is_success()),
            Out::Event { .. } | Out::Down => None,
        });
        if taken == Some(true) {
            self.note_dialed(pbx, uuid, action);
        }
        said.into_iter().for_each(|out| self.said(pbx, out));
    }

    fn note_dialed(&mut self, pbx: usize, uuid: Uuid, action: &Message) {
        self.calls += 1;
        let claim = |uuid: Uuid| self.disk.rows.claimed_by(uuid);
        let is_agent = self.watch.agents.contains(&uuid);
        let dialing = if is_agent { agent_channel(uuid) } else { uuid };
        let Some(open) = claim(dialing) else {
            if is_agent {
                // It was on the way when its dialing ended: nobody's customer is called, and it is hung up as an orphan.
                return;
            }
            self.watch.fail("claim before dial", || format!("{uuid} is dialed, and nobody has a claim"));
            return;
        };
        let index = u8::try_from(open.claim.index + 1).unwrap_or(u8::MAX);
        let (lead, plan, campaign) = (open.claim.lead.uuid, open.plan, open.campaign);
        let channel = action.text("Channel");
        let trunk = channel.split_once('@').map(|(_, trunk)| trunk.trim_end_matches("/n").to_owned());
        let is_up = |pbx: usize, uuid: Uuid| self.sites[pbx].sim.is_up(&uuid.to_string());
        // One that is called twice is still up by its first call; that is found all the same.
        let channel = is_up(pbx, uuid);
        let dialed = Dialed {
            pbx,
            lead,
            channel,
            gone: None,
            answer_heard: false,
            tainted: false,
            campaign,
            trunk: trunk.filter(|_| !is_agent),
            is_agent,
        };
        let sites = &self.sites;
        self.watch.reached(uuid, dialed, index, |pbx, uuid| sites[pbx].sim.is_up(&uuid.to_string()));
        if channel {
            self.watch.channels(pbx, uuid, &self.disk.rows);
            if !is_agent {
                self.watch.tries(lead, index, plan);
            }
        }
    }

    /// Takes what an Asterisk says, and sends it on.
    pub(super) fn hear(&mut self, pbx: usize) {
        while let Some(out) = self.sites[pbx].sim.poll_event() {
            self.said(pbx, out);
        }
    }

    fn said(&mut self, pbx: usize, out: Out) {
        match out {
            Out::Reply { session, message } => self.reply(pbx, session, message),
            Out::Event { message, .. } => {
                let mut heard = Vec::new();
                translate::event(&message, |what| heard.push(what));
                if !heard.is_empty() {
                    self.event(pbx, heard);
                }
            }
            Out::Down => {
                if let Some(session) = self.sites[pbx].session.take() {
                    let at = self.sites[pbx].arrives_in(self.now);
                    self.agenda.at(at, Due::Down { pbx, session });
                }
            }
        }
    }

    fn reply(&mut self, pbx: usize, session: u64, message: Message) {
        let site = &mut self.sites[pbx];
        if site.session != Some(session) || site.is_dead(self.now) {
            return;
        }
        let is_first = message.event_name().is_none();
        if is_first && Site::strikes(&mut site.dice, &mut site.tampering.unanswered) {
            self.trace.note(self.now, || format!("an answer of pbx{} is lost", pbx + 1));
            self.watch.answers_lost = true;
            site.lost_answer = message.action_id().map(str::to_owned);
            return;
        }
        if !is_first && site.lost_answer.is_some() && site.lost_answer.as_deref() == message.action_id() {
            return;
        }
        let at = site.arrives_in(self.now);
        self.agenda.at(at, Due::Reply { pbx, session, message: Box::new(message) });
    }

    fn event(&mut self, pbx: usize, heard: Vec<Heard>) {
        for what in &heard {
            if let Heard::Call(uuid, CallEvent::Hangup { .. }) = what {
                self.watch.gone(*uuid);
            }
        }
        let site = &mut self.sites[pbx];
        let Some(session) = site.session.filter(|_| !site.is_dead(self.now)) else {
            return self.taint(&heard);
        };
        let tampering = &mut site.tampering;
        if Site::strikes(&mut site.dice, &mut tampering.lost) {
            self.trace.note(self.now, || format!("lost from pbx{}: {heard:?}", pbx + 1));
            return self.taint(&heard);
        }
        let mut at = site.arrives_in(self.now);
        let tampering = &mut site.tampering;
        if Site::strikes(&mut site.dice, &mut tampering.doubled) {
            let again = at + site.dice.between(0, 3 * SECOND);
            self.agenda.at(again, Due::Heard { pbx, session, heard: heard.clone() });
        } else if Site::strikes(&mut site.dice, &mut tampering.reordered) {
            at += site.dice.between(1_000, 50_000);
        } else if Site::strikes(&mut site.dice, &mut tampering.late) {
            at += site.dice.between(SECOND / 10, 5 * SECOND);
            self.taint(&heard);
        }
        self.agenda.at(at, Due::Heard { pbx, session, heard });
    }

    /// Somebody may not hear this.
    pub(super) fn taint(&mut self, heard: &[Heard]) {
        for what in heard {
            if let Heard::Call(uuid, _) = what {
                self.watch.taint(*uuid);
            }
        }
    }
}

/// An action, short.
fn in_words(action: &Message) -> String {
    let name = action.text("Action");
    let what = ["ChannelId", "Channel", "Extension", "ActionID"].iter().find_map(|header| action.get(header));
    match name {
        "Originate" => format!("Originate {} as {}", action.text("Channel"), action.text("ChannelId")),
        _ => format!("{name} {}", what.unwrap_or_default()),
    }
}
