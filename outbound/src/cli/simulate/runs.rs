//! Days of rooms under dialers, several at the same time. Days know nothing of each other, so the order does not matter.

use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::Context;
use indicatif::{ProgressBar, ProgressStyle};
use roomsim::watch::{DecisionTime, Laps, Watched};
use roomsim::{Policy, Room, Rule, Summary, Tally, simulate};
use serde::Serialize;

use super::against::Against;

/// Who dials.
pub(super) enum Dialer {
    Ours(Rule),
    Foreign(Against),
}

/// What a dialer made of a room.
#[derive(Debug, Serialize)]
pub(super) struct Outcome<'a> {
    pub(super) room: &'a Room,
    pub(super) policy: String,
    #[serde(flatten)]
    pub(super) summary: Summary,
    pub(super) decision_time: DecisionTime,
}

/// Runs every dialer in every room.
pub(super) fn run<'a>(
    rooms: &'a [Room],
    dialers: &[Dialer],
    jobs: usize,
) -> anyhow::Result<Vec<Outcome<'a>>> {
    let pairs: Vec<(&Room, &Dialer)> =
        rooms.iter().flat_map(|room| dialers.iter().map(move |dialer| (room, dialer))).collect();
    let days: Vec<(usize, u32)> = pairs
        .iter()
        .enumerate()
        .flat_map(|(pair, (room, _))| (0..room.days).map(move |day| (pair, day)))
        .collect();
    let bar = ProgressBar::new(days.len() as u64).with_style(style());
    let done = in_parallel(&days, jobs, |(pair, day)| {
        let (room, dialer) = pairs[*pair];
        let result = one_day(room, *day, dialer).with_context(|| format!("{}, day {day}", dialer.name()));
        bar.inc(1);
        result
    })?;
    bar.finish_and_clear();
    let outcome = |(index, (room, dialer)): (usize, &(&'a Room, &Dialer))| {
        let of_pair =
            || days.iter().zip(&done).filter(move |((pair, _), _)| *pair == index).map(|(_, day)| day);
        let tallies: Vec<Tally> = of_pair().map(|(tally, _)| tally.clone()).collect();
        let mut laps = Laps::default();
        of_pair().for_each(|(_, day)| laps.merge(day));
        let summary = Summary::of(&tallies, room.abandon_cap);
        Outcome { room, policy: dialer.name(), summary, decision_time: laps.times() }
    };
    Ok(pairs.iter().enumerate().map(outcome).collect())
}

fn one_day(room: &Room, day: u32, dialer: &Dialer) -> io::Result<(Tally, Laps)> {
    let mut policy = Watched::new(dialer.policy()?);
    let tally = simulate(room, day, &mut policy)?;
    Ok((tally, policy.laps().clone()))
}

impl Dialer {
    fn policy(&self) -> io::Result<Box<dyn Policy>> {
        Ok(match self {
            Self::Ours(rule) => rule.policy(false),
            Self::Foreign(against) => Box::new(against.begin()?),
        })
    }

    fn name(&self) -> String {
        match self {
            Self::Ours(rule) => rule.to_string(),
            Self::Foreign(against) => against.command().to_owned(),
        }
    }
}

/// The results in the order of `items`; ends at the first error.
fn in_parallel<I: Sync, O: Send>(
    items: &[I],
    jobs: usize,
    each: impl Fn(&I) -> anyhow::Result<O> + Sync,
) -> anyhow::Result<Vec<O>> {
    let next = AtomicUsize::new(0);
    let results = Mutex::new(Vec::with_capacity(items.len()));
    let work = || {
        while let index = next.fetch_add(1, Ordering::Relaxed)
            && let Some(item) = items.get(index)
        {
            let result = each(item);
            if result.is_err() {
                next.store(items.len(), Ordering::Relaxed);
            }
            if let Ok(mut results) = results.lock() {
                results.push((index, result));
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, items.len().max(1)) {
            scope.spawn(work);
        }
    });
    let mut results = results.into_inner().unwrap_or_else(std::sync::PoisonError::into_inner);
    results.sort_by_key(|(index, _)| *index);
    results.into_iter().map(|(_, result)| result).collect()
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{pos} of {len} days, {eta} to go {wide_bar}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
}
