//! How much more or less often calls are answered just now than the learned hazards say: a slow estimate, and two of shorter
//! memory that replace it at once when they are apart from it by more than chance.

/// Answers over expected answers, the older ones fading.
#[derive(Debug, Clone, Copy)]
struct Window {
    answers: f64,
    expected: f64,
}

impl Window {
    fn add(&mut self, answers: f64, expected: f64, memory: f64) {
        let keep = (-expected / memory).exp();
        self.answers = self.answers * keep + answers;
        self.expected = self.expected * keep + expected;
    }
}

/// The factor on the hazard of an answer.
#[derive(Debug, Clone)]
pub(super) struct Level {
    slow: Window,
    short: [Window; 2],
    answers: u64,
    per_second: f64,
    began: f64,
    first_calls_s: f64,
    at: Option<f64>,
}

/// Answers after which the level is looked at; before, the hazards themselves still learn quickly.
const SETTLED: u64 = 60;
/// A level has no more to go by than this many answers at first.
const FIRST: f64 = 60.0;
/// What the slow estimate remembers: the answers of so many seconds, but at least so many.
const SLOW: (f64, f64) = (900.0, 100.0);
/// The same of the short ones.
const SHORT: [(f64, f64); 2] = [(45.0, 12.0), (240.0, 40.0)];
/// Fewer expected answers than this say nothing.
const LEAST: f64 = 6.0;
/// Deviations that are no chance any more. A rise must be believed sooner: it costs abandoned calls, a fall only time.
const RISEN: f64 = 3.2;
const FALLEN: f64 = -4.0;
/// What the prior of the hazards is worth, in answers.
const PRIOR_ANSWERS: f64 = 2.4;
/// Standard errors by which the chance of an answer is overrated.
const ERRORS: f64 = 1.5;
/// A relative error that is not worth any caution.
const KNOWN: f64 = 0.1;
const RANGE: (f64, f64) = (0.05, 20.0);

impl Level {
    /// `first_calls_s`: so long the first calls are on their way, seconds.
    pub(super) fn new(first_calls_s: f64) -> Self {
        let first = Window { answers: FIRST, expected: FIRST };
        Self {
            slow: first,
            short: [Window { answers: 0.0, expected: 0.0 }; 2],
            answers: 0,
            per_second: 0.0,
            began: 0.0,
            first_calls_s,
            at: None,
        }
    }

    /// The factor.
    pub(super) fn factor(&self) -> f64 {
        (self.slow.answers / self.slow.expected).clamp(RANGE.0, RANGE.1)
    }

    /// By how much to overrate the chance of an answer as long as few were seen, or none of late answers.
    pub(super) fn caution(&self) -> f64 {
        let first_calls = self.at.is_none_or(|at| at - self.began < self.first_calls_s);
        let known = self.answers as f64 / if first_calls { 8.0 } else { 1.0 };
        1.0 + ERRORS * (1.0 / (PRIOR_ANSWERS + known).sqrt() - KNOWN).max(0.0)
    }

    /// Answers per second, of the last minutes.
    pub(super) fn answers_per_second(&self) -> f64 {
        self.per_second
    }

    /// Until `now` there were so many answers where the hazards alone made one expect so many.
    pub(super) fn observe(&mut self, answers: f64, expected: f64, now: f64) {
        let seconds = self.at.map_or(0.0, |at| (now - at).max(0.0));
        if self.at.is_none() || (self.answers == 0 && expected == 0.0) {
            self.began = now;
        }
        self.at = Some(now);
        if seconds > 0.0 {
            let part = -(-seconds / 120.0_f64).exp_m1();
            self.per_second += (answers / seconds - self.per_second) * part;
        }
        self.answers += answers as u64;
        if self.answers < SETTLED {
            return;
        }
        let factor = self.factor();
        let memory = |(seconds, least): (f64, f64)| (self.per_second * seconds).max(least) / factor;
        let memories = SHORT.map(memory);
        self.slow.add(answers, expected, memory(SLOW));
        for (window, memory) in self.short.iter_mut().zip(memories) {
            window.add(answers, expected, memory);
        }
        for (index, memory) in memories.into_iter().enumerate() {
            self.believe_a_step(index, memory);
        }
    }

    fn believe_a_step(&mut self, index: usize, memory: f64) {
        let window = self.short[index];
        let usual = window.expected * self.factor();
        // fading halves the variance of a full window
        let full = (window.expected / memory).min(1.0);
        let variance = usual * (1.0 - 0.5 * full);
        if usual < LEAST {
            return;
        }
        let apart = (window.answers - usual) / variance.sqrt();
        if !(FALLEN..=RISEN).contains(&apart) {
            let half = 0.5 / self.factor();
            self.slow = Window { answers: window.answers + 0.5, expected: window.expected + half };
            // what the longer ones remember is of before
            self.short[index..].fill(window);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A second at a time: answers come in as evenly as whole numbers can.
    fn live(level: &mut Level, from: u32, seconds: u32, answers: f64, expected: f64) {
        for second in from..from + seconds {
            let whole = (f64::from(second + 1) * answers).floor() - (f64::from(second) * answers).floor();
            level.observe(whole, expected, f64::from(second));
        }
    }

    #[test]
    fn nothing_is_said_before_the_hazards_have_settled() {
        let mut level = Level::new(40.0);
        live(&mut level, 0, 100, 0.5, 0.1);
        assert!((level.factor() - 1.0).abs() < 1e-9);
    }

    #[test]
    fn a_slow_drift_is_followed() {
        let mut level = Level::new(40.0);
        live(&mut level, 0, 3_600, 0.22, 0.2);
        assert!((level.factor() - 1.1).abs() < 0.03, "{}", level.factor());
    }

    #[test]
    fn a_threefold_rise_is_believed_within_two_dozen_answers() {
        let mut level = Level::new(40.0);
        live(&mut level, 0, 3_600, 0.2, 0.2);
        live(&mut level, 3_600, 40, 0.6, 0.2);
        assert!(level.factor() > 1.8, "{}", level.factor());
        live(&mut level, 3_640, 120, 0.6, 0.2);
        assert!((level.factor() - 3.0).abs() < 0.6, "{}", level.factor());
    }

    #[test]
    fn a_fall_to_a_third_is_believed_some_minutes_later() {
        let mut level = Level::new(40.0);
        live(&mut level, 0, 3_600, 0.6, 0.6);
        live(&mut level, 3_600, 300, 0.2, 0.6);
        assert!(level.factor() < 0.6, "{}", level.factor());
    }

    #[test]
    fn caution_ends_with_the_first_hundred_answers() {
        let mut level = Level::new(40.0);
        assert!(level.caution() > 1.5);
        live(&mut level, 0, 200, 0.5, 0.5);
        assert!((level.caution() - 1.0).abs() < 1e-9);
    }
}
