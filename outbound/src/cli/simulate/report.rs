//! What a simulation found, for people and for programs.

use roomsim::Room;

use super::runs::Outcome;

/// One array with an object for each room and policy.
#[expect(clippy::print_stdout, reason = "is what was asked for")]
pub(super) fn json(outcomes: &[Outcome<'_>]) -> anyhow::Result<()> {
    println!("{}", serde_json::to_string_pretty(outcomes)?);
    Ok(())
}

/// One line a policy, under the room it ran in.
#[expect(clippy::print_stdout, reason = "is what was asked for")]
pub(super) fn table(outcomes: &[Outcome<'_>]) {
    let width =
        outcomes.iter().map(|outcome| outcome.policy.chars().count()).max().unwrap_or(0).max("policy".len());
    let mut room = None;
    for outcome in outcomes {
        if room != Some(outcome.room) {
            println!("{}{}", if room.is_some() { "\n" } else { "" }, title(outcome.room));
            println!("{}", heading(width));
            room = Some(outcome.room);
        }
        println!("{}", line(outcome, width));
    }
}

fn title(room: &Room) -> String {
    format!(
        "{} agents, {} % answered, {} s talk, {} s wrap-up; {} days of {} h, seed {}",
        room.all_seats(),
        short(room.answer.base * 100.0),
        short(room.talk_s.mean),
        short(room.wrap_s.mean),
        room.days,
        short(room.day_s / 3_600.0),
        room.seed
    )
}

/// With at most two decimal places: 0.07 times 100 is not quite 7.
fn short(number: f64) -> f64 {
    (number * 100.0).round() / 100.0
}

fn heading(width: usize) -> String {
    format!(
        "{:width$}  {:>13}  {:>13}  {:>13}  {:>9}  {:>10}  {:>11}  {:>15}",
        "policy",
        "utilisation %",
        "abandoned %",
        "worst 30 min",
        "days over",
        "calls/day",
        "persons/day",
        "decision us",
    )
}

fn line(outcome: &Outcome<'_>, width: usize) -> String {
    let Outcome { policy, summary, decision_time, .. } = outcome;
    let percent = |share: f64| share * 100.0;
    format!(
        "{policy:width$}  {:>13}  {:>13}  {:>13.1}  {:>9}  {:>10.0}  {:>11.0}  {:>15}",
        format!("{:.1} ± {:.1}", percent(summary.utilisation.value), percent(summary.utilisation.within)),
        format!("{:.2} ± {:.2}", percent(summary.abandoned.value), percent(summary.abandoned.within)),
        percent(summary.worst_half_hour),
        format!("{}, {}", summary.days_over_cap, summary.days_clearly_over_cap),
        summary.calls_a_day,
        summary.persons_a_day,
        format!("{:.1}, {:.1}", decision_time.p50_us, decision_time.p99_us),
    )
}
