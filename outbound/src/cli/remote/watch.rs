//! `outbound campaign watch`: a campaign as it goes. Its status and its ended calls come as events; what no event tells (calls in flight, agents,
//! what holds it back) is asked for once a second. A connection that is lost is said, and taken up again where it was.

use std::time::Duration;

use console::Term;
use serde_json::Value;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep};

use super::picture::Picture;
use super::print;
use super::table::fitted;
use crate::cli::client::{Client, Event, Failure, code};

/// What of the campaign's events is listened to.
const TYPES: &str = "campaign.updated,campaign.status,campaign.deleted,dialing.ended";
/// Between two looks.
const LOOK: Duration = Duration::from_secs(1);
/// Between two lines where no terminal is; a line comes at once when status, reason or connection change.
const LINE_LOOKS: u32 = 10;
/// Between two tries to come again.
const AGAIN: Duration = Duration::from_secs(2);
/// Where no terminal is, a daemon that is away for longer is given up.
const AWAY_MAX: Duration = Duration::from_secs(60);

/// Follows a campaign until the user ends it, or, where that is wanted, until it has stopped.
///
/// # Errors
/// A [`Failure`]: the daemon cannot be reached at first, or is away for too long, or does not let us; there is no such campaign.
pub(super) async fn watch(client: &Client, key: &str, as_json: bool, until_done: bool) -> anyhow::Result<()> {
    let mut watch = Watch {
        client,
        picture: Picture::new(key),
        screen: Screen::new(as_json),
        until_done,
        last: None,
        lost: None,
    };
    loop {
        let Err(error) = watch.follow().await else { return Ok(()) };
        let away = error.downcast_ref::<Failure>().is_none_or(|failure| failure.code == code::AWAY);
        let lost = watch.lost.get_or_insert_with(Instant::now).elapsed();
        if !away || watch.last.is_none() || (!watch.screen.redraws && lost >= AWAY_MAX) {
            return Err(error);
        }
        watch.picture.lost = Some(format!("{error:#}"));
        watch.screen.show(&watch.picture)?;
        sleep(AGAIN).await;
    }
}

struct Watch<'a> {
    client: &'a Client,
    picture: Picture,
    screen: Screen,
    until_done: bool,
    /// The id of the last event; none before the first.
    last: Option<String>,
    /// Since when the daemon is away.
    lost: Option<Instant>,
}

impl Watch<'_> {
    /// Follows it until that is done.
    ///
    /// # Errors
    /// The connection is lost, or there is something else that it cannot go on with.
    async fn follow(&mut self) -> anyhow::Result<()> {
        let query = format!("campaign={}&type={TYPES}", self.picture.campaign);
        let mut events = self.client.listen(&query, self.last.as_deref()).await?;
        let first = events.next().await?;
        if first.kind != "ready" || self.last.is_none() {
            self.picture.begin(self.client).await?;
        }
        (self.last, self.lost, self.picture.lost) = (Some(first.id), None, None);
        let mut looks = interval(LOOK);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                // What was missed comes before it is shown.
                biased;
                event = events.next() => if self.take_in(event?)? {
                    looks.reset_immediately();
                },
                _ = looks.tick() => {
                    self.picture.look(self.client).await?;
                    self.screen.show(&self.picture)?;
                    if self.until_done && self.picture.is_done() {
                        return Ok(());
                    }
                }
            }
        }
    }

    /// True where it has to be looked at once.
    fn take_in(&mut self, event: Event) -> anyhow::Result<bool> {
        self.last = Some(event.id);
        match event.kind.as_str() {
            "dialing.ended" => self.picture.ended(&event.data["result"]),
            "campaign.updated" => self.picture.changed(&event.data["object"]),
            "campaign.status" => {
                self.picture.changed(&event.data["object"]);
                return Ok(true);
            }
            "campaign.deleted" => {
                return Err(Failure::new(code::NOT_FOUND, "the campaign was deleted").into());
            }
            // Where the stream has come to.
            _ => {}
        }
        Ok(false)
    }
}

/// Where it is shown.
struct Screen {
    term: Term,
    as_json: bool,
    /// It draws over what it has drawn.
    redraws: bool,
    drawn: usize,
    /// What the last line said that is worth a line when it changes.
    state: String,
    shown: u32,
}

impl Screen {
    fn new(as_json: bool) -> Self {
        let term = Term::stdout();
        let redraws = term.is_term() && !as_json;
        Self { term, as_json, redraws, drawn: 0, state: String::new(), shown: 0 }
    }

    fn show(&mut self, picture: &Picture) -> anyhow::Result<()> {
        let state = picture.state();
        if self.redraws {
            let lines = picture.lines();
            let _ = self.term.clear_last_lines(self.drawn);
            self.drawn = lines.len();
            lines.iter().try_for_each(|line| self.term.write_line(&fitted(line)))?;
        } else if state != self.state || self.shown.is_multiple_of(LINE_LOOKS) {
            let text =
                if self.as_json { Value::to_string(&picture.json()) } else { picture.lines().join(" | ") };
            print(&format!("{text}\n"))?;
        }
        (self.state, self.shown) = (state, self.shown.wrapping_add(1));
        Ok(())
    }
}
