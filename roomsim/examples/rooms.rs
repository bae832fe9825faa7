//! Quick figures while a rule is being tuned, without building the daemon:
//! `cargo run --release -p roomsim --example rooms -- DAYS POLICY... [AGENTS/ANSWER/TALK...]`; without rooms, the published ones.
#![expect(clippy::print_stdout, reason = "prints figures")]

use roomsim::chance::Spread;
use roomsim::watch::Watched;
use roomsim::{Room, Rule, Summary, grid, simulate};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let days: u32 = arguments.next().unwrap_or_else(|| "5".to_owned()).parse()?;
    let (rooms, rules): (Vec<String>, Vec<String>) = arguments.partition(|argument| argument.contains('/'));
    let base = Room { days, ..Room::default() };
    let rooms = if rooms.is_empty() {
        grid::rooms(&base)
    } else {
        rooms.iter().map(|text| room(&base, text)).collect::<Result<_, _>>()?
    };
    for room in rooms {
        for rule in &rules {
            let rule: Rule = rule.parse()?;
            let mut policy = Watched::new(rule.policy(false));
            let tallies =
                (0..days).map(|day| simulate(&room, day, &mut policy)).collect::<Result<Vec<_>, _>>()?;
            let summary = Summary::of(&tallies, room.abandon_cap);
            let times = policy.laps().times();
            println!(
                "{:4} agents {:3.0} % {:4} s  {:14} {:5.1} ± {:3.1} %  abandoned {:4.2} ± {:4.2} %  worst half hour {:4.1} %  \
                 days over {:2} {:2}  {:8.2} us {:8.2} us",
                room.seats,
                room.answer.base * 100.0,
                room.talk_s.mean,
                rule.to_string(),
                summary.utilisation.value * 100.0,
                summary.utilisation.within * 100.0,
                summary.abandoned.value * 100.0,
                summary.abandoned.within * 100.0,
                summary.worst_half_hour * 100.0,
                summary.days_over_cap,
                summary.days_clearly_over_cap,
                times.p50_us,
                times.p99_us,
            );
        }
    }
    Ok(())
}

fn room(base: &Room, text: &str) -> Result<Room, Box<dyn std::error::Error>> {
    let mut parts = text.split('/');
    let mut next = || parts.next().ok_or("a room is AGENTS/ANSWER/TALK");
    let mut room = Room { seats: next()?.parse()?, ..base.clone() };
    room.answer.base = next()?.parse()?;
    room.talk_s = Spread { mean: next()?.parse()?, ..base.talk_s };
    Ok(room)
}
