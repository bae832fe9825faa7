//! The way to one Asterisk: what it says becomes inputs of the engine ([`translate`]), what the engine wants becomes
//! actions ([`actions`]); the dialplan of the plans is kept written ([`dialplan`]); whether it is there is in [`presence`]. No
//! decision about calls is made here.

pub mod actions;
mod dialplan;
mod link;
mod presence;
pub mod reached;
pub mod translate;
mod variables;

use std::sync::Arc;
use std::time::Duration;

use ami::Message;
use ami::client::{ActionError, Client, ClientConfig};
use engine::dialing::Setup;
use engine::input::AgentCall;
use engine::model::Plan;
use engine::time::Mono;
use engine::{PbxId, PbxInput};
use uuid::Uuid;

use dialplan::Dialplan;
use presence::Presence;
use reached::{Reached, Serials};

pub use presence::Found;

use crate::driver::Inbox;
use crate::metrics::AsteriskMeter;
use crate::vital::Vital;

/// How long after a list of channels that failed it is asked for again.
const CHANNELS_AGAIN: Duration = Duration::from_secs(1);

/// One Asterisk, as the driver sees it. Nothing here waits.
pub struct Asterisk {
    id: PbxId,
    name: Arc<str>,
    client: Client,
    dialplan: Arc<Dialplan>,
    reached: Arc<Reached>,
    presence: Arc<Presence>,
    meter: Arc<AsteriskMeter>,
}

/// Opens the session with an Asterisk, for as long as the returned value lives; what it says goes to `inbox`.
pub fn connect(
    id: PbxId,
    mut config: ClientConfig,
    serials: Serials,
    inbox: Inbox,
    vital: &Vital,
) -> Asterisk {
    config.event_mask = Some(actions::EVENT_MASK.to_owned());
    config.filters = actions::filters();
    let name: Arc<str> = config.name.as_str().into();
    let (client, incoming) = ami::client::connect(config);
    let dialplan = Arc::new(Dialplan::new(client.clone()));
    let reached = Arc::new(Reached::new(client.clone(), serials));
    let presence = Arc::new(Presence::new(Arc::clone(&name)));
    let meter = Arc::<AsteriskMeter>::default();
    let pings = Arc::clone(&meter);
    client.set_on_pong(move |took| pings.ping.observe(took));
    let link = link::Link {
        id,
        name: Arc::clone(&name),
        client: client.clone(),
        dialplan: Arc::clone(&dialplan),
        inbox,
        reached: Arc::clone(&reached),
        presence: Arc::clone(&presence),
        meter: Arc::clone(&meter),
        told_no_config: Arc::default(),
    };
    vital.spawn(format!("link of {name}"), link.run(incoming));
    Asterisk { id, name, client, dialplan, reached, presence, meter }
}

impl Asterisk {
    /// Its name in the config.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Sends an Originate, behind the dialplan that its answer needs where that is not written yet. Asterisk works off the
    /// actions of a session one after the other, so nothing has to wait for an answer. The call leaves its mark there
    /// ([`reached`]).
    ///
    /// # Errors
    /// Nothing was sent: the phone cannot ring.
    pub fn originate(&self, setup: &Setup, plan: &Plan) -> Result<(), ActionError> {
        self.meter.asks(setup.uuid);
        let sent = self.submit_originate(setup, plan);
        match &sent {
            Ok(()) => self.meter.sent(),
            Err(_) => self.meter.unsent(setup.uuid),
        }
        sent
    }

    fn submit_originate(&self, setup: &Setup, plan: &Plan) -> Result<(), ActionError> {
        self.dialplan.ensure(plan)?;
        self.reached.submit(setup.serial, actions::originate(setup, plan)?)
    }

    /// What is counted of it.
    pub fn meter(&self) -> &Arc<AsteriskMeter> {
        &self.meter
    }

    /// Calls an agent, behind the dialplan in which he waits for his customer.
    ///
    /// # Errors
    /// Nothing was sent: the phone cannot ring.
    pub fn originate_agent(&self, call: &AgentCall, plan: &Plan) -> Result<(), ActionError> {
        self.dialplan.ensure(plan)?;
        self.client.submit(actions::originate_agent(call)?)
    }

    /// Sends a Hangup.
    ///
    /// # Errors
    /// Nothing was sent.
    pub fn hangup(&self, channel: &str, cause: u16) -> Result<(), ActionError> {
        self.client.submit(actions::hangup(channel, cause)?)
    }

    /// Writes a plan's dialplan now, where it is connected; otherwise it is written before the next call that needs it.
    pub fn write_dialplan(&self, plan: &Plan) {
        if let Err(error) = self.dialplan.ensure(plan) {
            tracing::debug!(asterisk = %self.name, plan = %plan.uuid, %error, "dialplan is written later");
        }
    }

    /// Writes it again whatever was written before.
    pub fn rewrite_dialplan(&self, plan: &Plan) {
        self.dialplan.forget();
        self.write_dialplan(plan);
    }

    /// Takes a plan's dialplan away.
    pub fn remove_dialplan(&self, plan: Uuid) {
        self.dialplan.remove(plan);
    }

    /// Tells how many calls are in flight here: while there are any, the dialplan is watched; and they say how long what comes may wait.
    pub fn set_in_flight(&self, calls: u32) {
        self.client.set_calls(calls);
    }

    /// What became of our calls there, by its own list.
    pub fn found(&self, found: Found) {
        self.presence.found(found);
    }

    /// What it has was compared with what we think: it may be given calls.
    pub fn ready(&self) {
        self.presence.ready();
    }

    /// Why no calls are placed there, in words; `None` where they are.
    pub fn absence(&self) -> Option<String> {
        self.presence.absence()
    }

    /// What keeps it from being connected, as it was found last; `None` where it is.
    pub fn cause_of_absence(&self) -> Option<String> {
        self.presence.cause_of_absence()
    }

    /// Asks for all channels until it is answered or the session is gone; the answer goes to `inbox` as
    /// [`PbxInput::Channels`], with those of the `unheard` calls that have never come there. `now` reads the engine's clock.
    pub fn list_channels(
        &self,
        unheard: Vec<(Uuid, u64)>,
        inbox: Inbox,
        now: impl Fn() -> Mono + Send + 'static,
    ) {
        let (id, name, client) = (self.id, Arc::clone(&self.name), self.client.clone());
        let reached = Arc::clone(&self.reached);
        let presence = Arc::clone(&self.presence);
        tokio::spawn(async move {
            while client.is_up() {
                let asked = now();
                match client.list(Message::action("CoreShowChannels")).await {
                    // One that could not be read would be taken for gone.
                    Ok(list) if !translate::is_whole(&list) => {
                        tracing::warn!(asterisk = %name, "a list of channels was not whole; it is asked for again");
                        tokio::time::sleep(CHANNELS_AGAIN).await;
                    }
                    Ok(list) => {
                        let up = translate::channels(&list.entries);
                        let missing: Vec<(Uuid, u64)> =
                            unheard.into_iter().filter(|(uuid, _)| !up.contains_key(uuid)).collect();
                        let unreached = reached.never_came(&missing).await;
                        tracing::debug!(asterisk = %name, channels = up.len(), unreached = unreached.len(), "channels listed");
                        return inbox.pbx(id, PbxInput::Channels { asked, up, unreached }).await;
                    }
                    // Asked again when it is back.
                    Err(ActionError::Refused(text)) if translate::is_shutting_down(&text) => {
                        return presence.refuses();
                    }
                    // Likewise; and whoever has lost it says so.
                    Err(ActionError::NotConnected | ActionError::Disconnected) => return,
                    Err(error) => {
                        tracing::warn!(asterisk = %name, %error, "channels cannot be listed; no calls are placed there before");
                        tokio::time::sleep(CHANNELS_AGAIN).await;
                    }
                }
            }
        });
    }
}
