//! The terminal: a progress bar where there is one, a line each few seconds where the output goes elsewhere.

use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use pbxsim::{AgentState, AgentView};
use tokio::time::Instant;

use super::tally::{Calls, Tally};

/// How often a line is written where there is no terminal.
const LINE_EVERY: Duration = Duration::from_secs(2);

pub(super) struct Screen {
    bar: ProgressBar,
    terminal: bool,
    next_line: Instant,
    customers: u64,
}

impl Screen {
    pub(super) fn new(customers: u64) -> Self {
        let terminal = std::io::stdout().is_terminal();
        let bar = ProgressBar::with_draw_target(Some(customers), ProgressDrawTarget::stdout());
        let style =
            ProgressStyle::with_template("{elapsed_precise} [{wide_bar}] {pos}/{len} customers\n{msg}");
        if let Ok(style) = style {
            bar.set_style(style.progress_chars("=> "));
        }
        Self { bar, terminal, next_line: Instant::now(), customers }
    }

    /// Says something that stays.
    #[expect(clippy::print_stdout, reason = "the demo's output is for people")]
    pub(super) fn say(&self, text: &str) {
        self.bar.suspend(|| println!("{text}"));
    }

    /// Shows how far it is.
    pub(super) fn show(&mut self, tally: &Tally, calls: &Calls, agents: &[AgentView]) {
        let states = states(agents);
        let figures = format!(
            "calls: {} ringing, {} waiting, {} talking | agents: {} | attempts {}, answered {}, abandoned {}",
            calls.ringing,
            calls.waiting,
            calls.talking,
            states,
            tally.attempts(),
            tally.answered,
            tally.of("abandoned"),
        );
        if self.terminal {
            self.bar.set_position(tally.finished);
            self.bar.set_message(figures);
        } else if Instant::now() >= self.next_line {
            self.next_line = Instant::now() + LINE_EVERY;
            self.say(&format!("{}/{} customers | {figures}", tally.finished, self.customers));
        }
    }

    /// The end of the campaign.
    pub(super) fn sum_up(&mut self, tally: &Tally, agents: &[AgentView]) {
        self.bar.finish_and_clear();
        let outcomes: Vec<String> =
            tally.outcomes.iter().map(|(outcome, count)| format!("{outcome} {count}")).collect();
        self.say(&format!(
            "\nThe campaign has ended.\n\
             customers          {}\n\
             attempts           {}\n\
             answered           {}\n\
             abandoned          {} ({:.1} % of answered)\n\
             agent utilisation  {:.1} %\n\
             results            {}",
            tally.finished,
            tally.attempts(),
            tally.answered,
            tally.of("abandoned"),
            share(tally.of("abandoned"), tally.answered),
            utilisation(agents),
            outcomes.join(", "),
        ));
    }
}

fn states(agents: &[AgentView]) -> String {
    let mut counts: BTreeMap<AgentState, usize> = BTreeMap::new();
    for agent in agents {
        *counts.entry(agent.state).or_default() += 1;
    }
    let named = |(state, count): (&AgentState, &usize)| format!("{count} {}", name(*state));
    counts.iter().map(named).collect::<Vec<_>>().join(", ")
}

fn name(state: AgentState) -> &'static str {
    match state {
        AgentState::LoggedOut => "logged out",
        AgentState::Idle => "idle",
        AgentState::Ringing => "ringing",
        AgentState::Talking => "talking",
        AgentState::WrapUp => "in wrap-up",
        AgentState::Paused => "paused",
    }
}

/// The share of logged-in time that agents spent in talk or wrap-up, in per cent.
fn utilisation(agents: &[AgentView]) -> f64 {
    let spent = |state: AgentState| -> f64 {
        agents.iter().filter_map(|agent| agent.spent.get(&state)).map(Duration::as_secs_f64).sum()
    };
    let busy = spent(AgentState::Talking) + spent(AgentState::WrapUp);
    let logged_in = busy + spent(AgentState::Idle) + spent(AgentState::Ringing) + spent(AgentState::Paused);
    if logged_in > 0.0 { 100.0 * busy / logged_in } else { 0.0 }
}

#[expect(clippy::cast_precision_loss, reason = "counts of calls, shown with one decimal")]
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { 100.0 * part as f64 / whole as f64 }
}
