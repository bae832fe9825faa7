//! What is kept of an answered call, and a call that goes on from it after a restart.

use crate::abandon::Tally;
use crate::calls::{Call, Stage};
use crate::dialing::{Answer, DialingStatus};
use crate::outcome;

impl Call {
    /// What is worth keeping of it now.
    pub(crate) fn answer(&self) -> Answer {
        Answer {
            progress: self.dialing.progress.clone(),
            handed_on: self.seen.handed_on,
            left_queue: self.seen.left_queue,
            gave_up: self.seen.gave_up,
            left_early: self.has_left_early(),
            tally: self.tally.clone(),
        }
    }

    /// Goes on from what an earlier process has written. When things happened is known in wall time only, so nobody counts as
    /// late who was not counted then.
    pub(crate) fn go_on_from(&mut self, answer: Answer) -> Option<&Tally> {
        let Answer { progress, handed_on, left_queue, gave_up, left_early, tally } = answer;
        let seen = &mut self.seen;
        seen.answered = progress.res_dial == outcome::RES_ANSWER;
        if seen.answered {
            seen.originated = Some((true, outcome::RES_ANSWER));
        }
        seen.connected = progress.connected.is_some();
        (seen.handed_on, seen.left_queue, seen.gave_up, seen.left_early) =
            (handed_on, left_queue, gave_up, left_early);
        self.dialing.progress = progress;
        if seen.answered {
            // Clients may have been told so: it never falls, not over a restart either.
            let status = &mut self.dialing.progress.status;
            *status = (*status).max(DialingStatus::OriginateResponse);
        }
        self.tally = tally;
        self.tally.as_ref()
    }
}

/// True where a call has come so much further that it is written down.
pub(crate) fn is_milestone(before: Stage, after: Stage) -> bool {
    before != after
        && match after {
            Stage::Connected | Stage::Left => true,
            Stage::Answered | Stage::Offered => before == Stage::Dialing,
            Stage::Dialing => false,
        }
}
