//! The task that listens to one Asterisk.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use ami::Message;
use ami::client::{ActionError, Client, Incoming};
use engine::input::{QueueEvent, QueueState};
use engine::{PbxId, PbxInput};
use tokio::sync::mpsc::Receiver;
use tokio::task::JoinHandle;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::actions;
use super::dialplan::Dialplan;
use super::presence::Presence;
use super::reached::{self, Reached};
use super::translate::{self, Heard, QueueConfig};
use crate::driver::Inbox;
use crate::metrics::AsteriskMeter;

/// How often the dialplan is looked for while calls are in flight.
const DIALPLAN_WATCH: Duration = Duration::from_millis(50);
/// How long after a QueueStatus that failed it is asked again.
const QUEUES_AGAIN: Duration = Duration::from_secs(1);
/// How often an Asterisk that refuses everything is asked whether it takes actions again (`core abort shutdown`).
const REFUSES_WATCH: Duration = Duration::from_secs(1);
/// How often queues are compared with Asterisk's own list: `queue reload` adds and removes them without an event.
const QUEUES_WATCH: Duration = Duration::from_secs(30);
/// Queue events that are kept while a QueueStatus is under way; beyond these the list is asked for again.
const QUEUE_EVENTS_MAX: usize = 10_000;

pub(super) struct Link {
    pub(super) id: PbxId,
    pub(super) name: Arc<str>,
    pub(super) client: Client,
    pub(super) dialplan: Arc<Dialplan>,
    pub(super) reached: Arc<Reached>,
    pub(super) presence: Arc<Presence>,
    pub(super) meter: Arc<AsteriskMeter>,
    pub(super) inbox: Inbox,
    /// That queues.conf cannot be read was said since the login.
    pub(super) told_no_config: Arc<AtomicBool>,
}

/// What is under way on one session.
#[derive(Default)]
struct Asked {
    queues: Option<QueueQuery>,
    /// Whether the dialplan is gone.
    watch: Option<JoinHandle<bool>>,
    /// Asterisk refuses everything; a Ping asks whether it still does.
    refuses: bool,
    ping: Option<JoinHandle<bool>>,
}

/// A QueueStatus under way. What its list says is older than the events that come meanwhile, so these are kept and said
/// again after it.
struct QueueQuery {
    answer: JoinHandle<Option<Vec<QueueState>>>,
    meanwhile: Vec<QueueEvent>,
}

impl Link {
    pub(super) async fn run(self, mut incoming: Receiver<Incoming>) {
        let mut asked = Asked::default();
        let mut tick = watch_interval(DIALPLAN_WATCH);
        let mut queue_tick = watch_interval(QUEUES_WATCH);
        let mut refuses_tick = watch_interval(REFUSES_WATCH);
        loop {
            tokio::select! {
                heard = incoming.recv() => match heard {
                    Some(heard) => self.hear(heard, &mut asked).await,
                    None => return,
                },
                answer = joined(asked.queues.as_mut().map(|query| &mut query.answer)) => {
                    let meanwhile = asked.queues.take().map(|query| query.meanwhile).unwrap_or_default();
                    self.queues_known(answer.flatten(), meanwhile, &mut asked).await;
                },
                gone = joined(asked.watch.as_mut()) => {
                    asked.watch = None;
                    if gone == Some(true) {
                        self.restore_dialplan("it was gone");
                    }
                },
                taken = joined(asked.ping.as_mut()) => {
                    asked.ping = None;
                    if taken == Some(true) && asked.refuses {
                        tracing::info!(asterisk = %self.name, "it takes actions again");
                        self.is_back(&mut asked).await;
                    }
                },
                () = self.presence.refused() => self.refuses(&mut asked).await,
                _ = queue_tick.tick(), if asked.queues.is_none() && !asked.refuses && self.client.is_up() => {
                    asked.queues = Some(self.ask_queues(Duration::ZERO));
                }
                _ = refuses_tick.tick(), if asked.refuses && asked.ping.is_none() => {
                    let client = self.client.clone();
                    let taken = async move { client.call(Message::action("Ping")).await.is_ok_and(|pong| pong.is_success()) };
                    asked.ping = Some(tokio::spawn(taken));
                }
                _ = tick.tick(), if asked.watch.is_none() && self.client.calls() > 0 => {
                    let dialplan = Arc::clone(&self.dialplan);
                    asked.watch = Some(tokio::spawn(async move { dialplan.is_gone().await }));
                }
            }
        }
    }

    async fn hear(&self, heard: Incoming, asked: &mut Asked) {
        match heard {
            Incoming::Up(login) => {
                tracing::info!(asterisk = %self.name, banner = %login.banner, "connected");
                for refused in &login.filters_refused {
                    tracing::warn!(asterisk = %self.name, %refused,
                        "event filter refused; give the user write class system, else it is sent far more than it needs");
                }
                if !login.filters_by_name {
                    tracing::info!(asterisk = %self.name, "{}", actions::NO_FILTERS);
                }
                self.meter.connected();
                self.is_back(asked).await;
            }
            Incoming::Down { reason } => {
                *asked = Asked::default();
                self.is_away(&reason).await;
            }
            Incoming::LoginRefused { message } if translate::is_shutting_down(&message) => {
                self.is_away(&message).await;
            }
            Incoming::LoginRefused { message } => self.presence.refused_login(&message),
            Incoming::DecodeError(error) => {
                tracing::warn!(asterisk = %self.name, %error, "a message could not be read and was skipped");
            }
            Incoming::Response(message) => self.response(&message, asked).await,
            Incoming::Event(message) => self.event(&message, &mut asked.queues).await,
        }
    }

    async fn is_back(&self, asked: &mut Asked) {
        asked.refuses = false;
        self.presence.connected();
        self.dialplan.forget();
        self.reached.forget();
        self.told_no_config.store(false, Ordering::Relaxed);
        self.inbox.pbx(self.id, PbxInput::Up).await;
        asked.queues = Some(self.ask_queues(Duration::ZERO));
    }

    async fn is_away(&self, reason: &str) {
        self.presence.lost(reason, self.client.calls());
        self.inbox.pbx(self.id, PbxInput::Down).await;
    }

    /// It waits for its last calls to end: no more calls there, while the events of those that are up still count.
    async fn refuses(&self, asked: &mut Asked) {
        if !asked.refuses && self.client.is_up() {
            (asked.refuses, asked.queues) = (true, None);
            self.is_away("Asterisk is shutting down, and refuses everything until its calls have ended")
                .await;
        }
    }

    async fn response(&self, message: &Message, asked: &mut Asked) {
        let shutting_down = !message.is_success() && translate::is_shutting_down(message.text("Message"));
        if shutting_down {
            self.refuses(asked).await;
        }
        if let Some((uuid, event)) = translate::response(message) {
            self.meter.responded(uuid);
            self.inbox.pbx(self.id, PbxInput::Call(uuid, event)).await;
        } else if shutting_down {
            self.reached.forget();
        } else if !message.is_success() && message.action_id().is_some_and(|id| id.starts_with("dialplan-")) {
            let action_id = message.action_id().unwrap_or_default();
            tracing::error!(asterisk = %self.name, action_id, answer = message.text("Message"),
                "the dialplan of a plan cannot be written; the user needs write class system");
        } else if !message.is_success()
            && message.action_id().is_some_and(|id| id.starts_with(reached::ACTION_ID))
        {
            tracing::warn!(asterisk = %self.name, answer = message.text("Message"),
                "Asterisk cannot note which calls have reached it; the user needs write class call");
        }
    }

    async fn event(&self, message: &Message, queues: &mut Option<QueueQuery>) {
        let mut heard = Vec::new();
        translate::event(message, |h| heard.push(h));
        for heard in heard {
            match heard {
                Heard::Call(uuid, event) => self.inbox.pbx(self.id, PbxInput::Call(uuid, event)).await,
                Heard::Queue(event) => {
                    if let Some(query) = queues.as_mut().filter(|q| q.meanwhile.len() < QUEUE_EVENTS_MAX) {
                        query.meanwhile.push(event.clone());
                    }
                    self.inbox.pbx(self.id, PbxInput::Queue(event)).await;
                }
                Heard::QueuesReloaded => *queues = Some(self.ask_queues(Duration::ZERO)),
                Heard::DialplanReloaded => self.restore_dialplan("Asterisk reloaded it"),
                Heard::ShuttingDown => tracing::warn!(asterisk = %self.name, "Asterisk is shutting down"),
            }
        }
    }

    fn restore_dialplan(&self, why: &str) {
        match self.dialplan.restore() {
            Ok(plans) => tracing::info!(asterisk = %self.name, plans, why, "dialplan written again"),
            Err(error) => {
                tracing::warn!(asterisk = %self.name, %error, "dialplan cannot be written now; it will be before the next call")
            }
        }
    }

    fn ask_queues(&self, after: Duration) -> QueueQuery {
        let (client, name) = (self.client.clone(), Arc::clone(&self.name));
        let (told, presence) = (Arc::clone(&self.told_no_config), Arc::clone(&self.presence));
        let answer = tokio::spawn(async move {
            tokio::time::sleep(after).await;
            let config = queue_config(&client, &name, &told).await;
            match client.list(Message::action("QueueStatus")).await {
                Ok(list) => Some(translate::queues(&list.entries, &config)),
                Err(ActionError::Refused(text)) if translate::is_shutting_down(&text) => {
                    presence.refuses();
                    None
                }
                // Said by whoever has lost it.
                Err(ActionError::NotConnected | ActionError::Disconnected) => None,
                Err(error) => {
                    tracing::warn!(asterisk = %name, %error, "cannot list queues; is app_queue loaded there?");
                    None
                }
            }
        });
        QueueQuery { answer, meanwhile: Vec::new() }
    }

    async fn queues_known(
        &self,
        answer: Option<Vec<QueueState>>,
        meanwhile: Vec<QueueEvent>,
        asked: &mut Asked,
    ) {
        let Some(states) = answer else {
            if self.client.is_up() && !asked.refuses {
                asked.queues = Some(self.ask_queues(QUEUES_AGAIN));
            }
            return;
        };
        self.inbox.pbx(self.id, PbxInput::Queues(states)).await;
        for event in meanwhile {
            self.inbox.pbx(self.id, PbxInput::Queue(event)).await;
        }
    }
}

/// What queues.conf says, as far as it may be read. `told`: that it may not was said since the login.
async fn queue_config(client: &Client, asterisk: &str, told: &AtomicBool) -> QueueConfig {
    let Ok(action) = actions::queue_config() else { return QueueConfig::default() };
    let why = match client.call(action).await {
        Ok(response) if response.is_success() => return translate::queue_config(&response),
        Ok(response) => response.text("Message").to_owned(),
        Err(ActionError::NotConnected | ActionError::Disconnected) => return QueueConfig::default(),
        Err(error) => error.to_string(),
    };
    if !told.swap(true, Ordering::Relaxed) {
        tracing::warn!(%asterisk, %why,
            "queues.conf cannot be read, so wrap-up times count as 0; give the user write class config");
    }
    QueueConfig::default()
}

fn watch_interval(each: Duration) -> Interval {
    let mut tick = interval(each);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    tick
}

/// What a task comes to; waits for ever where there is none.
async fn joined<T>(task: Option<&mut JoinHandle<T>>) -> Option<T> {
    match task {
        Some(task) => task.await.ok(),
        None => std::future::pending().await,
    }
}
