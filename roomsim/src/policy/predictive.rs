//! The engine's own pacing, told of the room by the protocol's messages.

use std::io;

use engine::pacing::{Crew, Failure, Line, Rules, predict};

use crate::policy::Policy;
use crate::protocol::{Answer, End, Event, Start, Step, Why};

/// The engine's predictive pacing for one campaign on one queue.
pub struct Predictive {
    crew: Crew,
    line: Option<Line>,
    notes: bool,
}

impl Predictive {
    /// `notes`: whether answers say why, in words.
    pub fn new(notes: bool) -> Self {
        Self { crew: Crew::new(), line: None, notes }
    }
}

impl Policy for Predictive {
    fn start(&mut self, start: &Start) -> io::Result<()> {
        self.crew = Crew::new();
        self.line = Some(Line::new(Rules {
            cap: start.abandon_cap,
            patience_s: start.patience,
            ring_timeout_s: start.ring_timeout,
            detects: start.amd,
        }));
        Ok(())
    }

    fn step(&mut self, step: &Step) -> io::Result<Answer> {
        let Some(line) = &mut self.line else { return Ok(Answer::default()) };
        step.events.iter().for_each(|event| hear(&mut self.crew, line, event));
        let prediction = predict(&mut self.crew, &mut [line], 0, step.t, step.lines_free);
        Ok(Answer { dial: prediction.calls, note: self.notes.then(|| prediction.to_string()) })
    }

    fn end(&mut self, _: &End) -> io::Result<()> {
        self.line = None;
        Ok(())
    }
}

fn hear(crew: &mut Crew, line: &mut Line, event: &Event) {
    match *event {
        Event::Ready { t, agent } => crew.ready(agent, t),
        Event::Talk { t, agent, .. } => crew.talk(agent, t),
        Event::Wrap { t, agent, .. } => crew.wrap(agent, t),
        Event::Away { t, agent } => crew.away(agent, t),
        Event::Dialed { t, call } => line.dialed(call.into(), t),
        Event::Answered { t, call } => line.answered(call.into(), t),
        Event::Offered { t, call } => line.offered(call.into(), t),
        Event::Connected { t, call, .. } => line.connected(call.into(), t),
        Event::Abandoned { t, call } => line.abandoned(call.into(), t),
        Event::Failed { t, call, why } => line.failed(call.into(), t, why.into()),
        Event::Unknown => {}
    }
}

impl From<Why> for Failure {
    fn from(why: Why) -> Self {
        match why {
            Why::Busy => Self::Busy,
            Why::NoAnswer => Self::NoAnswer,
            Why::Machine => Self::Machine,
            Why::Other => Self::Other,
        }
    }
}
