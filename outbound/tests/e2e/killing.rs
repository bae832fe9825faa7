//! The daemon is killed at random moments, again and again, and started again: `make test-killed` for the full measure.

use std::time::{Duration, Instant};

use rand::rngs::StdRng;
use rand::{RngExt as _, SeedableRng as _};
use tempfile::TempDir;

use super::accounts::{Callee, Limits, balance};
use super::fixtures::{campaign_on, list};
use super::instance::{no_channels, recording_asterisk};
use super::observer::Observer;
use super::record::{ChannelLog, simulated};
use super::simulator::{ROOM, Simulator};
use super::support::{Bench, Pbx, has_ended};

/// Kinds of callees by the beginning of their first and second number, and how many of a hundred leads they are.
const KINDS: [(&str, Option<&str>, usize); 9] = [
    // Rings a second, answers, stays for three.
    ("11", None, 25),
    // Answers at once, stays a second.
    ("15", None, 15),
    ("21", None, 10),
    ("20", None, 5),
    // Rings for ever.
    ("30", None, 10),
    ("32", None, 10),
    ("40", None, 5),
    // Busy, then answered by the second number; not answered by either.
    ("21", Some("11"), 10),
    ("31", Some("32"), 10),
];

pub(crate) const PLAN: [(&str, &str); 10] = [
    ("TechName", "Local"),
    ("TrunkName", "pstn"),
    ("QueueName", "short"),
    ("DialMode", "3"),
    ("PowerRatio", "1.5"),
    ("DialTimeout", "3000"),
    ("RetryDelay", "500"),
    ("MaxRetryCnt1", "2"),
    ("MaxRetryCnt2", "1"),
    ("AbandonSeconds", "2"),
];
/// The same plan on another queue.
pub(crate) fn plan_on(queue: &'static str) -> Vec<(&'static str, &'static str)> {
    PLAN.into_iter().map(|(key, value)| (key, if key == "QueueName" { queue } else { value })).collect()
}

pub(crate) const LIMITS: Limits<'static> = Limits { tries: &[2, 1], retry_delay: 0.5 };

/// So many leads of all kinds, mixed.
pub(crate) async fn callees(bench: &mut Bench, count: usize) -> (String, Vec<Callee>) {
    let kinds: Vec<_> = KINDS.iter().flat_map(|kind| std::iter::repeat_n(kind, kind.2)).collect();
    let kinds: Vec<_> = (0..count).map(|at| kinds[at * 37 % kinds.len()]).collect();
    let numbers: Vec<Vec<String>> = kinds
        .iter()
        .enumerate()
        .map(|(at, (first, second, _))| {
            let number = |kind: &str| format!("{kind}{at:05}");
            std::iter::once(number(first)).chain(second.map(number)).collect()
        })
        .collect();
    let texts: Vec<Vec<&str>> =
        numbers.iter().map(|lead| lead.iter().map(String::as_str).collect()).collect();
    let leads: Vec<&[&str]> = texts.iter().map(|lead| &lead[..]).collect();
    let (dlma, uuids) = list(bench, &leads).await;
    let callees = uuids.into_iter().zip(numbers).map(|(uuid, numbers)| Callee { uuid, numbers });
    (dlma, callees.collect())
}

/// One life of the daemon, to its SIGKILL. True where the campaign has ended.
async fn one_life(bench: &mut Bench, dice: &mut StdRng, campaign: &str) -> bool {
    let moment = dice.random_range(0..100);
    if moment < 40 {
        // While it starts, logs in, compares, makes its first claims.
        bench.die_young(Duration::from_millis(dice.random_range(0..400))).await;
        return false;
    }
    bench.restart_process().await;
    let ended = if moment < 70 {
        // Right after some claim.
        let mut left = dice.random_range(1..30);
        let deadline = tokio::time::Instant::now() + Duration::from_secs(3);
        let mut ended = false;
        bench
            .read_until(deadline, |event| {
                left -= i32::from(event.event_name() == Some("OutDialingCreate"));
                ended |= has_ended(event, campaign);
                left <= 0 || ended
            })
            .await;
        ended
    } else {
        let deadline = tokio::time::Instant::now() + Duration::from_millis(dice.random_range(200..4_000));
        bench.read_until(deadline, |event| has_ended(event, campaign)).await
    };
    bench.kill().await;
    ended
}

struct Measure {
    kills: usize,
    leads: usize,
    seed: u64,
    max_cps: u32,
}

/// Kills the daemon again and again in a campaign; then the campaign ends by itself. Returns the bench and the leads.
async fn kill_again_and_again(pbx: &Pbx, plan: &[(&str, &str)], measure: &Measure) -> (Bench, Vec<Callee>) {
    let begun = Instant::now();
    let mut dice = StdRng::seed_from_u64(measure.seed);
    let mut bench = Bench::start_process(pbx, &format!("max_cps = {}", measure.max_cps)).await;
    let plan = bench.create("Plan", plan).await;
    let (dlma, leads) = callees(&mut bench, measure.leads).await;
    let campaign = campaign_on(&mut bench, &plan, &dlma, &[]).await;
    bench.set_status(&campaign, "1").await;
    bench.campaign_status(&campaign, "1").await;
    bench.kill().await;
    let mut kills = 1;
    while kills < measure.kills && !one_life(&mut bench, &mut dice, &campaign).await {
        kills += 1;
    }
    assert_eq!(kills, measure.kills, "the campaign has ended before; take more LEADS");
    bench.restart_process().await;
    bench.campaign_ended(&campaign).await;
    let seconds = begun.elapsed().as_secs_f64();
    println!("seed {}: {kills} kills, {} leads, {seconds:.0} s", measure.seed, leads.len());
    (bench, leads)
}

async fn on_asterisk(instance: &str, measure: &Measure) {
    let pbx = recording_asterisk(instance);
    let record = ChannelLog::from_now(instance);
    let observer = Observer::start(&pbx).await;
    let (mut bench, leads) = kill_again_and_again(&pbx, &PLAN, measure).await;
    no_channels(instance).await;
    let observed: usize = observer.dialed().values().sum();
    assert_eq!(observed, record.calls().len(), "Asterisk's record and its events");
    balance(&mut bench, || record.calls(), &leads, &LIMITS).await;
}

/// Two seconds of the simulated Asterisk in one.
const SPEED: f64 = 2.0;

async fn on_the_simulator(measure: &Measure) {
    let dir = TempDir::new().unwrap();
    let simulator = Simulator::start(dir.path(), ROOM, SPEED);
    let pbx =
        Pbx { address: simulator.address.clone(), username: "outbound".into(), secret: "outbound".into() };
    let plan = plan_on("sales");
    let (mut bench, leads) = kill_again_and_again(&pbx, &plan, measure).await;
    balance(&mut bench, || simulated(&simulator.calls, SPEED), &leads, &LIMITS).await;
}

fn from_environment(name: &str, otherwise: u64) -> u64 {
    std::env::var(name).ok().map_or(otherwise, |text| text.parse().unwrap())
}

fn full_measure() -> Measure {
    let size = |name, otherwise| usize::try_from(from_environment(name, otherwise)).unwrap();
    let seed = from_environment("SEED", 1);
    Measure { kills: size("KILLS", 100), leads: size("LEADS", 1_000), seed, max_cps: 12 }
}

fn small_measure() -> Measure {
    Measure { kills: 10, leads: 100, seed: from_environment("SEED", 1), max_cps: 20 }
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_random_kills_of_the_daemon_lose_and_double_nothing() {
    on_asterisk("kills", &small_measure()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_random_kills_of_the_daemon_lose_and_double_nothing_on_the_simulator() {
    on_the_simulator(&Measure { max_cps: 10, ..small_measure() }).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes: make test-killed"]
async fn a_hundred_random_kills_of_the_daemon_among_a_thousand_leads_lose_and_double_nothing() {
    on_asterisk("killing", &full_measure()).await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes: make test-killed"]
async fn a_hundred_random_kills_of_the_daemon_lose_and_double_nothing_on_the_simulator() {
    on_the_simulator(&full_measure()).await;
}
