//! Steps of the engine: an input, and all that comes out for it. None may grow with what else there is.

use std::cell::RefCell;

use bench::room::{Room, Size, Stage};
use divan::Bencher;
use engine::Input;
use engine::model::DialMode;

pub(crate) fn measure(
    bencher: Bencher<'_, '_>,
    size: Size,
    before: impl Fn(&mut Room) -> anyhow::Result<Input>,
) {
    let room = RefCell::new(Room::new(size).unwrap());
    let next = || before(&mut room.borrow_mut()).unwrap();
    bencher.with_inputs(next).bench_local_values(|input| room.borrow_mut().step(input));
}

/// Each input of a call, with one campaign and 10 calls in flight.
#[divan::bench(args = Stage::ALL, sample_size = 1, sample_count = 2000)]
fn input(bencher: Bencher<'_, '_>, stage: Stage) {
    measure(bencher, Size::of(DialMode::Robo), |room| room.before(stage));
}

/// The dearest of them with many calls in flight.
#[divan::bench(args = [10, 100, 1_000, 10_000], sample_size = 1, sample_count = 2000)]
fn hangup_by_calls_in_flight(bencher: Bencher<'_, '_>, in_flight: usize) {
    measure(bencher, Size { in_flight, ..Size::of(DialMode::Robo) }, |room| room.before(Stage::Hangup));
}

#[divan::bench(args = [10, 100, 1_000, 10_000], sample_size = 1, sample_count = 2000)]
fn leads_by_calls_in_flight(bencher: Bencher<'_, '_>, in_flight: usize) {
    measure(bencher, Size { in_flight, ..Size::of(DialMode::Robo) }, |room| room.before(Stage::Leads));
}

/// Beside so many campaigns that run and have no leads.
#[divan::bench(args = [1, 10, 100, 1_000], sample_size = 1, sample_count = 1000)]
fn hangup_by_campaigns_without_leads(bencher: Bencher<'_, '_>, campaigns: usize) {
    let size = Size { campaigns, all_have_leads: false, ..Size::of(DialMode::Robo) };
    measure(bencher, size, |room| room.before(Stage::Hangup));
}

#[divan::bench(args = [1, 10, 100, 1_000], sample_size = 1, sample_count = 1000)]
fn leads_by_campaigns_without_leads(bencher: Bencher<'_, '_>, campaigns: usize) {
    let size = Size { campaigns, all_have_leads: false, ..Size::of(DialMode::Robo) };
    measure(bencher, size, |room| room.before(Stage::Leads));
}

/// Beside so many campaigns that all want the channel that has become free.
#[divan::bench(args = [1, 10, 100, 1_000], sample_size = 1, sample_count = 50)]
fn hangup_by_campaigns_that_compete(bencher: Bencher<'_, '_>, campaigns: usize) {
    measure(bencher, Size { campaigns, ..Size::of(DialMode::Robo) }, |room| room.before(Stage::Hangup));
}

/// An event in the middle of a call, beside as many.
#[divan::bench(args = [1, 10, 100, 1_000], sample_size = 1, sample_count = 200)]
fn dial_end_by_campaigns_that_compete(bencher: Bencher<'_, '_>, campaigns: usize) {
    measure(bencher, Size { campaigns, ..Size::of(DialMode::Robo) }, |room| room.before(Stage::DialEnd));
}

/// From nothing to a call in flight for each channel, beside so many campaigns that run and have no leads.
#[divan::bench(args = [1, 10, 100, 300], sample_size = 1, sample_count = 3)]
fn start_by_campaigns_without_leads(campaigns: usize) {
    Room::new(Size { campaigns, all_have_leads: false, ..Size::of(DialMode::Robo) }).unwrap();
}

/// The same where all have leads.
#[divan::bench(args = [1, 10, 100, 1_000], sample_size = 1, sample_count = 3)]
fn start_by_campaigns_that_compete(campaigns: usize) {
    Room::new(Size { campaigns, ..Size::of(DialMode::Robo) }).unwrap();
}
