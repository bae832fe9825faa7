//! The start of a call: what an Originate makes, and its OriginateResponse.

use crate::channel::{Channel, Digits, Key, Origin, Party, Role, Slot, State, Target, or_unknown};
use crate::kind::Kind;
use crate::plan::Plan;
use crate::sim::Sim;
use crate::time::Time;

/// An Originate that passed the checks at the door.
#[derive(Debug)]
pub(crate) struct Order {
    pub(crate) action_id: Option<String>,
    pub(crate) channel: String,
    pub(crate) ids: (Option<String>, Option<String>),
    pub(crate) target: Target,
    pub(crate) timeout: Time,
    pub(crate) caller: Party,
    pub(crate) account: String,
    pub(crate) vars: Vec<(String, String)>,
}

impl Sim {
    /// Starts the call; the answer to the action is out already.
    pub(crate) fn originate(&mut self, order: Order) {
        self.serial.calls += 1;
        let (tech, resource) = order.channel.split_once('/').unwrap_or((&order.channel, ""));
        let (tech, resource) = (tech.to_owned(), resource.to_owned());
        let taken = order.ids.0.as_ref().is_some_and(|id| self.channels.id_in_use(id));
        if taken || self.full() {
            return self.no_channel(&order);
        }
        match tech.as_str() {
            "PJSIP" | "SIP" => self.originate_sip(&tech, &resource, order),
            "Local" => self.originate_local(&resource, order),
            _ => self.no_channel(&order),
        }
    }

    fn full(&mut self) -> bool {
        let second = self.now.as_secs();
        if self.this_second.0 != second {
            self.this_second = (second, 0);
        }
        self.this_second.1 += 1;
        let (channels, rate) = (self.scenario.max_channels, self.scenario.max_calls_per_s);
        (channels > 0 && self.channels.len() >= channels) || (rate > 0 && self.this_second.1 > rate)
    }

    /// No channel came about: an OriginateResponse is all there is.
    fn no_channel(&mut self, order: &Order) {
        self.counts.refused_at_once += 1;
        let origin = order.origin();
        let id = order.ids.0.as_deref().unwrap_or_default();
        self.response_event(&origin, false, "0", (&order.channel, id), &order.caller);
    }

    fn originate_sip(&mut self, tech: &str, resource: &str, order: Order) {
        let (number, endpoint) = resource.split_once('@').unwrap_or(("", resource));
        let endpoint = endpoint.split('/').next().unwrap_or(endpoint).to_owned();
        let plan = self.plan_for(number, true);
        let known = self.scenario.trunks.is_empty() || self.scenario.trunks.contains(&endpoint);
        let Some(plan) = plan.filter(|_| known && !endpoint.is_empty()) else {
            return self.no_channel(&order);
        };
        let name = format!("{tech}/{endpoint}-{:08x}", self.serial.sip);
        self.serial.sip += 1;
        let id = self.id_or_new(order.ids.0.as_deref());
        let mut channel = Channel::new(name, id.clone(), id, Role::Dialing, self.now);
        channel.device = format!("{tech}/{endpoint}");
        channel.context = format!("from-{endpoint}");
        let number = number.to_owned();
        let setup = plan.setup;
        channel.plan = Some(Box::new(plan));
        let key = self.channels.add(channel);
        self.log_call(key, &number);
        self.channel_event(Kind::Newchannel, key, &[]);
        self.introduce(key, &order);
        self.dial_event(Kind::DialBegin, None, key, &[("DialString", resource)]);
        self.set_timer(key, Slot::Far, setup);
    }

    fn originate_local(&mut self, resource: &str, order: Order) {
        let (place, option) = resource.split_once('/').unwrap_or((resource, ""));
        let (number, context) = place.split_once('@').unwrap_or((place, "default"));
        let (number, context) = (number.to_owned(), context.to_owned());
        let networks = &self.scenario.networks;
        let known = networks.is_empty() || networks.contains(&context);
        let plan = self.plan_for(&number, false).filter(|_| known);
        let exten = if number.is_empty() { "s" } else { &number };
        let base = format!("Local/{number}@{context}-{:08x}", self.serial.local);
        self.serial.local += 1;
        let one = self.half(&format!("{base};1"), (&context, exten), None, &order);
        self.log_call(one, &number);
        self.channel_event(Kind::Newchannel, one, &[]);
        let second_taken = order.ids.1.as_ref().is_some_and(|id| self.channels.id_in_use(id));
        if second_taken {
            return self.stillborn(one, &order);
        }
        let two = self.half(&format!("{base};2"), (&context, exten), Some(one), &order);
        self.channel_event(Kind::Newchannel, two, &[]);
        self.introduce(one, &order);
        self.introduce_far_half(one, two);
        let Some(plan) = plan else { return self.no_such_extension(one, two) };
        let setup = plan.setup;
        if let Some(channel) = self.channels.get_mut(two) {
            channel.plan = Some(Box::new(plan));
        }
        self.local_bridge(one, two, !option.contains('n'));
        self.dial_event(Kind::DialBegin, None, one, &[("DialString", resource)]);
        if setup.is_zero() { self.far_step(two) } else { self.set_timer(two, Slot::Far, setup) }
    }

    fn half(&mut self, name: &str, (context, exten): (&str, &str), first: Option<Key>, order: &Order) -> Key {
        let (given, linked) = match first.and_then(|key| self.channels.get(key)) {
            None => (order.ids.0.clone(), None),
            Some(one) => {
                let derived = order.ids.0.as_ref().map(|id| format!("{id};2"));
                (order.ids.1.clone().or(derived), Some(one.linkedid.clone()))
            }
        };
        let id = self.id_or_new(given.as_deref());
        let linkedid = linked.unwrap_or_else(|| id.clone());
        let role = if first.is_some() { Role::FarHalf } else { Role::Dialing };
        let mut channel = Channel::new(name.to_owned(), id, linkedid, role, self.now);
        channel.state = if first.is_some() { State::Ring } else { State::Down };
        name.rsplit_once('-').map_or(name, |(device, _)| device).clone_into(&mut channel.device);
        context.clone_into(&mut channel.context);
        exten.clone_into(&mut channel.exten);
        channel.half = first;
        let key = self.channels.add(channel);
        if let Some(one) = first.and_then(|key| self.channels.get_mut(key)) {
            one.half = Some(key);
        }
        key
    }

    /// What the dialer told about the call becomes known: variables, account, caller.
    fn introduce(&mut self, key: Key, order: &Order) {
        if let Some(channel) = self.channels.get_mut(key) {
            channel.origin = Some(Box::new(order.origin()));
        }
        self.new_exten(key, "AppDial2", "(Outgoing Line)");
        for (name, value) in &order.vars {
            self.var_set(key, name, value);
        }
        self.set_account(key, &order.account);
        if order.caller != Party::default() {
            self.set_caller(key, &order.caller);
            self.set_line(key, &order.caller);
        }
        if !order.timeout.is_zero() {
            self.set_timer(key, Slot::Timeout, order.timeout);
        }
    }

    fn introduce_far_half(&mut self, one: Key, two: Key) {
        let Some(first) = self.channels.get(one) else { return };
        let (vars, caller, account) = (first.vars.clone(), first.cid.clone(), first.account.clone());
        for (name, value) in vars {
            self.var_set(two, &name, &value);
        }
        if caller != Party::default() {
            if let Some(second) = self.channels.get_mut(two) {
                second.line = caller.clone();
            }
            self.set_caller(two, &caller);
        }
        self.set_account(two, &account);
        if caller != Party::default() {
            self.set_line(two, &caller);
        }
    }

    fn set_account(&mut self, key: Key, account: &str) {
        if account.is_empty() {
            return;
        }
        if let Some(channel) = self.channels.get_mut(key) {
            account.clone_into(&mut channel.account);
        }
        self.channel_event(Kind::NewAccountCode, key, &[("OldAccountCode", "")]);
    }

    pub(crate) fn set_caller(&mut self, key: Key, caller: &Party) {
        if let Some(channel) = self.channels.get_mut(key) {
            channel.cid = caller.clone();
        }
        let presentation = "0 (Presentation Allowed, Not Screened)";
        self.channel_event(Kind::NewCallerid, key, &[("CID-CallingPres", presentation)]);
    }

    pub(crate) fn set_line(&mut self, key: Key, line: &Party) {
        if let Some(channel) = self.channels.get_mut(key) {
            channel.line = line.clone();
        }
        self.channel_event(Kind::NewConnectedLine, key, &[]);
    }

    fn plan_for(&mut self, number: &str, sip: bool) -> Option<Plan> {
        if self.scenario.by_number {
            Plan::by_number(number, sip)
        } else {
            Some(Plan::drawn(&self.scenario.customers, sip, &mut self.chance))
        }
    }

    fn id_or_new(&mut self, given: Option<&str>) -> String {
        given.map_or_else(|| self.new_uniqueid(), str::to_owned)
    }

    /// The `OtherChannelId` is in use: the first half ends before it was anything.
    fn stillborn(&mut self, one: Key, order: &Order) {
        let Some(gone) = self.hangup_event(one, 0, None) else { return };
        self.close_log(&gone.uniqueid);
        self.response_event(&order.origin(), false, "0", (&order.channel, &gone.uniqueid), &order.caller);
        self.device_state(&gone.device, "NOT_INUSE");
    }

    fn no_such_extension(&mut self, one: Key, two: Key) {
        self.hangup_event(two, 0, None);
        let Some(gone) = self.hangup_event(one, 0, None) else { return };
        self.close_log(&gone.uniqueid);
        self.counts.failed += 1;
        if let Some(origin) = &gone.origin {
            self.response_event(origin, false, "0", (&origin.requested, &gone.uniqueid), &gone.cid);
        }
        self.device_state(&gone.device, "INVALID");
        self.device_state(&gone.device, "INVALID");
    }

    /// The OriginateResponse of an answered call, unless it is out already.
    pub(crate) fn originate_success(&mut self, key: Key) {
        self.cancel(key, Slot::Response);
        let Some(channel) = self.channels.get_mut(key) else { return };
        let due = channel.origin.take_if(|origin| origin.answered_response_due);
        let Some(origin) = due else { return };
        if !self.wants(Kind::OriginateResponse) {
            return;
        }
        let Some(channel) = self.channels.get(key) else { return };
        let (name, id) = (channel.name.clone(), channel.uniqueid.clone());
        let caller = channel.cid.clone();
        self.response_event(&origin, true, "4", (&name, &id), &caller);
    }

    pub(crate) fn response_event(
        &mut self,
        origin: &Origin,
        success: bool,
        reason: &str,
        (channel, id): (&str, &str),
        caller: &Party,
    ) {
        if !self.wants(Kind::OriginateResponse) {
            return;
        }
        let mut headers: Vec<(&'static str, &str)> = Vec::with_capacity(9);
        if let Some(action_id) = &origin.action_id {
            headers.push(("ActionID", action_id));
        }
        headers.push(("Response", if success { "Success" } else { "Failure" }));
        headers.push(("Channel", channel));
        match &origin.target {
            Target::Exten { context, exten, .. } => {
                headers.extend([("Context", context.as_str()), ("Exten", exten.as_str())]);
            }
            Target::App { app, data } => {
                headers.extend([("Application", app.as_str()), ("Data", data.as_str())]);
            }
        }
        headers.extend([
            ("Reason", reason),
            ("Uniqueid", or_unknown(id)),
            ("CallerIDNum", or_unknown(&caller.number)),
            ("CallerIDName", or_unknown(&caller.name)),
        ]);
        self.plain_event(Kind::OriginateResponse, &headers);
    }
}

impl Order {
    fn origin(&self) -> Origin {
        Origin {
            action_id: self.action_id.clone(),
            requested: self.channel.clone(),
            target: self.target.clone(),
            answered_response_due: false,
        }
    }
}

/// Seconds as the Wait application takes them.
pub(crate) fn wait_data(time: Time) -> String {
    if time.subsec_millis() == 0 {
        return Digits::of(time.as_secs()).text().to_owned();
    }
    let text = format!("{:.3}", time.as_secs_f64());
    text.trim_end_matches('0').to_owned()
}
