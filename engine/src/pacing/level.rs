//! How much more or less often calls are answered just now than the learned hazards say: a slow estimate, and a fast one that
//! replaces it at once when the two are apart by more than chance.

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
    fast: Window,
    answers: u64,
    per_second: f64,
    at: Option<f64>,
}

/// Answers after which the level is looked at; before, the hazards themselves still learn quickly.
const SETTLED: u64 = 60;
/// A level has no more to go by than this many answers at first.
const FIRST: f64 = 60.0;
const SLOW_SECONDS: f64 = 900.0;
const SLOW_ANSWERS: f64 = 100.0;
const FAST_SECONDS: f64 = 45.0;
const FAST_ANSWERS: f64 = 12.0;
/// Deviations that are no chance any more. A rise must be believed sooner: it costs abandoned calls, a fall only time.
const RISEN: f64 = 3.2;
const FALLEN: f64 = -4.0;
const RANGE: (f64, f64) = (0.05, 20.0);

impl Level {
    pub(super) fn new() -> Self {
        let first = Window { answers: FIRST, expected: FIRST };
        Self {
            slow: first,
            fast: Window { answers: 0.0, expected: 0.0 },
            answers: 0,
            per_second: 0.0,
            at: None,
        }
    }

    /// The factor.
    pub(super) fn factor(&self) -> f64 {
        (self.slow.answers / self.slow.expected).clamp(RANGE.0, RANGE.1)
    }

    /// Answers per second, of the last minutes.
    pub(super) fn answers_per_second(&self) -> f64 {
        self.per_second
    }

    /// Until `now` there were so many answers where the hazards alone made one expect so many.
    pub(super) fn observe(&mut self, answers: f64, expected: f64, now: f64) {
        let seconds = self.at.map_or(0.0, |at| (now - at).max(0.0));
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
        let memory = |seconds: f64, least: f64| (self.per_second * seconds).max(least) / factor;
        let (slow, fast) = (memory(SLOW_SECONDS, SLOW_ANSWERS), memory(FAST_SECONDS, FAST_ANSWERS));
        self.slow.add(answers, expected, slow);
        self.fast.add(answers, expected, fast);
        self.believe_a_step(fast);
    }

    fn believe_a_step(&mut self, memory: f64) {
        let usual = self.fast.expected * self.factor();
        // fading halves the variance of a full window
        let full = (self.fast.expected / memory).min(1.0);
        let variance = usual * (1.0 - 0.5 * full);
        if usual * 2.0 < FAST_ANSWERS {
            return;
        }
        let apart = (self.fast.answers - usual) / variance.sqrt();
        if apart > RISEN || apart < FALLEN {
            self.slow = Window {
                answers: self.fast.answers + 0.5,
                expected: self.fast.expected + 0.5 / self.factor(),
            };
        }
    }
}
