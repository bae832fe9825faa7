//! Rules that look at counts only. They are what other dialers do, and the measure for ours.

use std::io;

use crate::policy::Policy;
use crate::protocol::{Answer, End, Start, Step};

/// One call for each idle agent: idle agents less the calls in flight or waiting.
#[derive(Debug, Clone, Copy)]
pub struct Progressive;

/// `ratio` calls for each idle agent, less the calls in flight or waiting.
#[derive(Debug, Clone, Copy)]
pub struct Power {
    /// Calls for each idle agent.
    pub ratio: f64,
}

/// The first implementation's rule: (idle agents + `level`) less the dialings that exist. A dialing exists until its call is over,
/// so calls in talk are taken off too; that is what makes it so slow.
#[derive(Debug, Clone, Copy)]
pub struct Level {
    /// Calls above the number of idle agents.
    pub level: i32,
}

impl Policy for Progressive {
    fn start(&mut self, _: &Start) -> io::Result<()> {
        Ok(())
    }

    fn step(&mut self, step: &Step) -> io::Result<Answer> {
        Ok(answer(step, i64::from(step.idle) - on_the_way(step)))
    }

    fn end(&mut self, _: &End) -> io::Result<()> {
        Ok(())
    }
}

impl Policy for Power {
    fn start(&mut self, _: &Start) -> io::Result<()> {
        Ok(())
    }

    fn step(&mut self, step: &Step) -> io::Result<Answer> {
        let allowed = (self.ratio * f64::from(step.idle)).floor() as i64;
        Ok(answer(step, allowed - on_the_way(step)))
    }

    fn end(&mut self, _: &End) -> io::Result<()> {
        Ok(())
    }
}

impl Policy for Level {
    fn start(&mut self, _: &Start) -> io::Result<()> {
        Ok(())
    }

    fn step(&mut self, step: &Step) -> io::Result<Answer> {
        let allowed = i64::from(step.idle) + i64::from(self.level);
        Ok(answer(step, allowed - on_the_way(step) - i64::from(step.talk)))
    }

    fn end(&mut self, _: &End) -> io::Result<()> {
        Ok(())
    }
}

fn on_the_way(step: &Step) -> i64 {
    i64::from(step.inflight) + i64::from(step.waiting)
}

fn answer(step: &Step, allowed: i64) -> Answer {
    let dial = u32::try_from(allowed.max(0)).unwrap_or(u32::MAX).min(step.lines_free);
    Answer { dial, note: None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dial(policy: &mut dyn Policy, step: &Step) -> u32 {
        policy.step(step).unwrap().dial
    }

    fn step(idle: u32, inflight: u32, waiting: u32, talk: u32) -> Step {
        Step { idle, inflight, waiting, talk, lines_free: 100, ..Step::default() }
    }

    #[test]
    fn level_allows_idle_agents_and_the_level_less_every_call_that_is_not_over() {
        let table = [
            (0, step(5, 0, 0, 0), 5),
            (3, step(5, 0, 0, 0), 8),
            (0, step(5, 4, 0, 0), 1),
            (0, step(5, 4, 0, 1), 0),
            (3, step(5, 4, 0, 1), 3),
            (-2, step(5, 0, 0, 0), 3),
            (9, step(0, 3, 2, 1), 3),
            (0, Step { lines_free: 2, ..step(5, 0, 0, 0) }, 2),
        ];
        for (level, step, calls) in table {
            assert_eq!(dial(&mut Level { level }, &step), calls, "{level} {step:?}");
        }
    }

    #[test]
    fn progressive_has_one_call_for_each_idle_agent() {
        for (step, calls) in
            [(step(5, 0, 0, 9), 5), (step(5, 3, 0, 9), 2), (step(1, 3, 0, 0), 0), (step(2, 0, 1, 0), 1)]
        {
            assert_eq!(dial(&mut Progressive, &step), calls, "{step:?}");
        }
    }

    #[test]
    fn power_has_so_many_calls_for_each_idle_agent() {
        for (step, calls) in
            [(step(5, 0, 0, 9), 12), (step(1, 1, 0, 0), 1), (step(1, 2, 0, 0), 0), (step(0, 0, 0, 9), 0)]
        {
            assert_eq!(dial(&mut Power { ratio: 2.5 }, &step), calls, "{step:?}");
        }
    }
}
