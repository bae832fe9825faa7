//! Asterisk goes away in the middle of a campaign, in every way it can, and comes back: it is noticed within five seconds,
//! calls go on within ten, and nothing is lost or doubled.

use std::time::Duration;

use tempfile::TempDir;

use super::accounts::{Limits, balance};
use super::fixtures::campaign_on;
use super::instance::{recording_asterisk, root, script};
use super::killing::{LIMITS, callees, plan_on};
use super::process::Log;
use super::proxy::{Holes, Proxy, Ways};
use super::record::simulated;
use super::scene::{BACK, Console, LOST, NOTICED, RETURNED, Scene};
use super::simulator::{ROOM, Simulator};
use super::support::{Bench, Pbx, until};

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_that_is_cut_without_a_word_is_noticed_and_the_campaign_goes_on() {
    let mut scene = Scene::start("cut", 120, None).await;
    let before = scene.said(RETURNED);
    scene.cut(Ways::CUT, 8).await;
    let (_, line) = scene.says(RETURNED, before).await;
    println!("{line}");
    assert_eq!(line["fields"]["asterisk"], "pbx1");
    assert_eq!(line["fields"]["reason"], "no answer to a Ping within 3s");
    let away = line["fields"]["away_ms"].as_u64().unwrap();
    assert!((3_000..12_000).contains(&away), "{away} ms");
    let why = scene
        .log()
        .with("what holds the campaign back")
        .into_iter()
        .map(|line| line["fields"]["limit"].to_string());
    let why: Vec<String> = why.filter(|limit| limit.contains("no Asterisk is connected")).collect();
    assert!(
        why.iter().any(|limit| limit.contains("pbx1 has been away for 0 s (no answer to a Ping within 3s)")),
        "{why:?}"
    );
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes: make test-killed"]
async fn silent_cuts_of_all_lengths_and_both_directions_lose_and_double_nothing() {
    let mut scene = Scene::start("cuts", 700, None).await;
    for (ways, seconds) in [
        (Ways::CUT, 3),
        (Ways::CUT, 5),
        (Ways::CUT, 8),
        (Ways::CUT, 20),
        (Ways::DEAF, 3),
        (Ways::DEAF, 12),
        (Ways::MUTE, 3),
        (Ways::MUTE, 12),
    ] {
        scene.cut(ways, seconds).await;
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes: make test-killed"]
async fn an_asterisk_that_is_killed_five_times_in_a_campaign_loses_and_doubles_nothing() {
    let mut scene = Scene::start("deaths", 500, None).await;
    for at in 1..=5 {
        let noticed = scene
            .goes_away("SIGKILL", async |scene| drop(script(&["kill", "--instance", scene.instance])))
            .await;
        assert!(noticed < NOTICED, "{noticed:?}");
        scene.nothing_is_dialed(tokio::time::sleep(Duration::from_secs(at))).await;
        scene.bench.read_while(booted(scene.instance)).await;
        let back = scene.next_call("up again").await;
        assert!(back < BACK, "{back:?}");
        // Some calls get through, and some are up when it dies again.
        scene.bench.read_while(tokio::time::sleep(Duration::from_secs(3))).await;
    }
    scene.end().await;
}

async fn booted(instance: &'static str) {
    tokio::task::spawn_blocking(move || recording_asterisk(instance)).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_asterisk_that_waits_for_its_end_is_given_no_calls_until_that_is_called_off() {
    let mut scene = Scene::start("graceful", 60, None).await;
    let console = Console::of("graceful").await;
    console.talks().await;
    let noticed =
        scene.goes_away("core stop gracefully", async |_| console.command("core stop gracefully")).await;
    assert!(noticed < NOTICED, "{noticed:?}");
    scene.nothing_is_dialed(tokio::time::sleep(Duration::from_secs(2))).await;
    let log = scene.log();
    let instance = scene.instance;
    tokio::task::spawn_blocking(move || script(&["cli", "--instance", instance, "core abort shutdown"]))
        .await
        .unwrap();
    let back = scene.next_call("core abort shutdown").await;
    assert!(back < BACK, "{back:?}");
    Console::of("graceful").await.hangs_up().await;
    let why = log.with("what holds the campaign back");
    assert!(
        why.iter().any(|line| line["fields"]["limit"].to_string().contains("Asterisk is shutting down")),
        "{why:?}"
    );
    let (_, results) = scene.end().await;
    let refused = results.iter().filter(|result| result["outcome"] == "refused").count();
    assert!(refused < 12, "it went on asking: {refused} refused");
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes: make test-killed"]
async fn restarts_and_stops_of_an_asterisk_on_command_lose_and_double_nothing() {
    let mut scene = Scene::start("restarts", 500, None).await;
    let instance = scene.instance;
    let console = Console::of(instance).await;
    let noticed = scene.goes_away("core restart now", async |_| console.command("core restart now")).await;
    assert!(noticed < NOTICED, "{noticed:?}");
    scene.bench.read_while(booted(instance)).await;
    let back = scene.next_call("restarted").await;
    assert!(back < BACK, "{back:?}");
    // It refuses everything until its last call has ended.
    let console = Console::of(instance).await;
    let noticed =
        scene.goes_away("core stop gracefully", async |_| console.command("core stop gracefully")).await;
    assert!(noticed < NOTICED, "{noticed:?}");
    scene.nothing_is_dialed(stopped(instance)).await;
    scene.bench.read_while(booted(instance)).await;
    let back = scene.next_call("started again").await;
    assert!(back < BACK, "{back:?}");
    let (_, results) = scene.end().await;
    let refused = results.iter().filter(|result| result["outcome"] == "refused").count();
    println!("{refused} Originates were refused");
    assert!(refused < 60, "it went on asking: {refused} refused");
}

async fn stopped(instance: &'static str) {
    until("the end of Asterisk", || {
        let output = std::process::Command::new(root().join("scripts/asterisk"))
            .args(["cli", "--instance", instance, "core show uptime"])
            .output()
            .unwrap();
        (!output.status.success()).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes: make test-killed"]
async fn an_asterisk_that_hangs_and_goes_on_calls_nobody_of_whom_it_was_told_before() {
    let mut scene = Scene::start("hangs", 400, None).await;
    for seconds in [8, 20] {
        let noticed = scene.goes_away("SIGSTOP", async |scene| scene.signal("STOP")).await;
        assert!(noticed < NOTICED, "{noticed:?}");
        scene.nothing_is_dialed(tokio::time::sleep(Duration::from_secs(seconds) - noticed)).await;
        scene.signal("CONT");
        let back = scene.next_call("SIGCONT").await;
        assert!(back < BACK, "{back:?}");
    }
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes: make test-killed"]
async fn a_user_whose_secret_is_changed_goes_on_and_comes_back_when_it_is_changed_again() {
    // One of its own, with its secret as it was.
    script(&["down", "--instance", "secrets"]);
    let mut scene = Scene::start("secrets", 300, None).await;
    let config = format!("{}/srv/asterisk/{}/etc/manager.conf", script(&["path"]).trim(), scene.instance);
    let right = std::fs::read_to_string(&config).unwrap();
    std::fs::write(&config, right.replace("secret = outbound", "secret = other")).unwrap();
    scene.cli("manager reload");
    // A session that is logged in stays.
    let went_on = scene.next_call("secret changed").await;
    assert!(went_on < BACK, "{went_on:?}");
    scene.goes_away("connection broken", async |scene| scene.proxy.break_all()).await;
    let (_, line) =
        scene.says("login refused; check username and secret here and in Asterisk's manager.conf", 0).await;
    println!("{line}");
    scene.nothing_is_dialed(tokio::time::sleep(Duration::from_secs(8))).await;
    let said = scene.said("login refused; check username and secret here and in Asterisk's manager.conf");
    assert_eq!(said, 1, "the same thing is said once");
    std::fs::write(&config, right).unwrap();
    scene.cli("manager reload");
    let back = scene.next_call("secret changed back").await;
    assert!(back < BACK, "{back:?}");
    scene.end().await;
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "takes some minutes: make test-killed"]
async fn lost_events_are_found_by_comparing_and_double_nothing() {
    let events = &["Newchannel", "OriginateResponse", "Hangup", "AgentConnect", "QueueCallerJoin", "DialEnd"];
    let holes = Holes { events, percent: 10, seed: 1 };
    let scene = Scene::start("holes", 200, Some(holes)).await;
    let lost = std::sync::Arc::clone(&scene.proxy.lost);
    let (bench, results) = scene.end().await;
    println!("lost: {:?}", lost.lock().unwrap());
    bench.check_dialings();
    assert!(lost.lock().unwrap()["Hangup"] > 5);
    let unknown = results.iter().filter(|result| result["outcome"] == "unknown").count();
    println!("{unknown} of {} unknown", results.len());
    // Of an ended call either of two events tells what it was: only where both are lost nobody knows.
    assert!(unknown * 20 < results.len(), "{unknown} of {}", results.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn where_one_of_two_asterisks_is_cut_off_the_other_goes_on_and_the_log_names_it() {
    let dirs = [TempDir::new().unwrap(), TempDir::new().unwrap()];
    let [first, second] = [0, 1].map(|at: usize| Simulator::start(dirs[at].path(), ROOM, 1.0));
    let proxy = Proxy::start(&first.address, None).await;
    let pbx = Pbx { address: proxy.address.clone(), username: "outbound".into(), secret: "outbound".into() };
    let other = format!(
        "max_cps = 5\n[[asterisk]]\nname = \"pbx2\"\naddress = \"{}\"\nusername = \"outbound\"\nsecret = \"outbound\"\nmax_cps = 5",
        second.address
    );
    let mut bench = Bench::start_process(&pbx, &other).await;
    let plan = bench.create("Plan", &plan_on("sales")).await;
    let (dlma, leads) = callees(&mut bench, 120).await;
    let campaign = campaign_on(&mut bench, &plan, &dlma, &[]).await;
    bench.set_status(&campaign, "1").await;
    let ended = |simulator: &Simulator| simulated(&simulator.calls, 1.0).len();
    bench
        .read_while(until("calls on both", || (ended(&first) > 0 && ended(&second) > 0).then_some(())))
        .await;
    proxy.set(Ways::CUT);
    let log = bench.process().log_file();
    let lost = bench.read_while(until("the loss", || log.with(LOST).pop())).await;
    assert_eq!(lost["fields"]["asterisk"], "pbx1");
    let before = ended(&second);
    bench.read_while(until("the other goes on", || (ended(&second) > before + 15).then_some(()))).await;
    proxy.set(Ways::OPEN);
    let back = |log: &Log| {
        log.with(RETURNED).into_iter().rev().find(|line| {
            line["fields"]["asterisk"] == "pbx1" && line["fields"]["reason"] != "not connected yet"
        })
    };
    bench.read_while(until("its return", || back(&log))).await;
    let before = ended(&first);
    bench.read_while(until("calls on it again", || (ended(&first) > before).then_some(()))).await;
    bench.campaign_ended(&campaign).await;
    let both = || {
        let mut rang = [simulated(&first.calls, 1.0), simulated(&second.calls, 1.0)].concat();
        rang.sort_by(|a, b| a.start.total_cmp(&b.start));
        rang
    };
    // Two clocks: theirs begin when they are started.
    balance(&mut bench, both, &leads, &Limits { retry_delay: -1.0, ..LIMITS }).await;
}
