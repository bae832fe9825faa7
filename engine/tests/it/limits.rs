//! Limits of campaigns and trunks, several trunks in one plan, and back-off, through the whole engine.

use std::collections::BTreeMap;
use std::sync::Arc;

use engine::limits::{Limits, TrunkLimits};
use engine::model::{CampaignStatus, ListEnd, Plan};
use engine::pacing::Limit;
use engine::value::Trunks;
use uuid::Uuid;

use crate::support::*;

fn on_trunks(text: &str) -> Plan {
    let trunk_name = Some(Trunks::parse(text).unwrap());
    Plan { trunk_name, max_tries: [50; 8], retry_delay_ms: 0, list_end: ListEnd::KeepRunning, ..robo() }
}

/// A campaign with these settings, running on the first Asterisk, whose trunks have these limits.
fn room(plan: Plan, settings: &[(&str, &str)], trunks: &[TrunkLimits], leads: u128) -> Room {
    let mut catalog = catalog(plan);
    let row = engine::model::Campaign { rules: rules(settings), ..campaign(CAMPAIGN) };
    catalog.campaigns.insert(CAMPAIGN, Arc::new(row));
    let mut room = Room::with_trunks(Limits { max_channels: 1000, max_cps: 50.0 }, catalog, trunks);
    (1..=leads).for_each(|n| room.store.add(lead(n, &["100"])));
    room.connect(PBX);
    room.ask(CAMPAIGN, CampaignStatus::Start);
    room
}

/// The trunks that the calls took, from their dial strings, and how many took each.
fn taken(room: &Room) -> BTreeMap<String, usize> {
    let mut taken = BTreeMap::new();
    for (_, setup) in &room.originated {
        *taken.entry(setup.channel.rsplit('@').next().unwrap().to_owned()).or_default() += 1;
    }
    taken
}

fn on_trunk(room: &Room, name: &str) -> Vec<Uuid> {
    let of = room.originated.iter().filter(|(_, setup)| setup.channel.ends_with(&format!("@{name}")));
    of.map(|(_, setup)| setup.uuid).filter(|uuid| room.engine.dialing(*uuid).is_some()).collect()
}

fn limit(room: &Room) -> String {
    room.why().reason.text
}

/// The calls that are up, by the engine.
fn up_now(room: &Room) -> Vec<Uuid> {
    room.engine.dialings().map(|dialing| dialing.setup.uuid).collect()
}

/// Lets time pass; calls on `dead` are refused at once, others are busy.
fn run(room: &mut Room, ms: u64, dead: &str) {
    for _ in 0..ms / 50 {
        room.wait_ms(50);
        for dialing in up_now(room) {
            let refused = room.engine.dialing(dialing).unwrap().setup.channel.ends_with(&format!("@{dead}"));
            room.fail(dialing, if refused { 34 } else { 17 });
        }
    }
}

#[test]
fn a_campaigns_max_channels_binds_and_is_named() {
    let mut room = room(on_trunks("t"), &[("MaxChannels", "3")], &[], 20);
    assert_eq!(room.live().len(), 3);
    assert_eq!(room.engine.limit(CAMPAIGN), Some(&Limit::CampaignChannels(3)));
    assert!(limit(&room).contains("3 of 3 calls at once"));
    room.fail(room.live()[1], 17);
    assert_eq!((room.live().len(), room.originated.len()), (3, 4), "the place is taken at once");
    room.change_campaign(CAMPAIGN, |row| row.rules = rules(&[("MaxChannels", "5")]));
    room.wait_ms(100);
    assert_eq!(room.live().len(), 5);
}

#[test]
fn a_campaigns_max_cps_is_smooth_and_changes_while_it_runs() {
    let mut room = room(on_trunks("t"), &[("MaxCps", "2.5")], &[], 500);
    room.wait_ms(10_000);
    assert!((25..=26).contains(&room.originated.len()), "{}", room.originated.len());
    assert!(limit(&room).contains("at most 2.5 calls a second"), "{}", limit(&room));
    let gaps = room.originated.windows(2).map(|pair| pair[1].0.since(pair[0].0).as_millis());
    assert_eq!(gaps.min(), Some(400));
    room.change_campaign(CAMPAIGN, |row| row.rules = rules(&[("MaxCps", "10")]));
    let before = room.originated.len();
    room.wait_ms(10_000);
    assert!((99..=101).contains(&(room.originated.len() - before)));
}

#[test]
fn a_trunks_channels_and_rate_bind_and_are_named_with_the_trunk() {
    let channels = [trunk("carrier1", Some(4), None)];
    let room_of = |trunks: &[TrunkLimits]| room(on_trunks("carrier1"), &[], trunks, 300);
    let mut full = room_of(&channels);
    assert_eq!(full.live().len(), 4);
    assert_eq!(limit(&full), "channel limit of trunk carrier1 on pbx1: 4 of 4 calls at once");
    full.fail(full.live()[0], 17);
    assert_eq!(full.live().len(), 4);
    let mut slow = room_of(&[trunk("carrier1", None, Some(5.0)), trunk("carrier2", Some(1), None)]);
    slow.wait_ms(10_000);
    assert!((50..=51).contains(&slow.originated.len()), "{}", slow.originated.len());
    assert_eq!(limit(&slow), "calls-per-second limit of trunk carrier1 on pbx1: at most 5 calls a second");
}

#[test]
fn the_smallest_of_all_limits_counts() {
    let trunks = [trunk("t", Some(6), Some(40.0))];
    let mut room = room(on_trunks("t"), &[("MaxChannels", "8"), ("MaxCps", "45")], &trunks, 50);
    room.wait_ms(1000);
    assert_eq!(room.live().len(), 6);
    assert!(matches!(room.engine.limit(CAMPAIGN), Some(Limit::TrunkChannels { max: 6, .. })));
    room.change_campaign(CAMPAIGN, |row| row.rules = rules(&[("MaxChannels", "5")]));
    room.fail(room.live()[0], 17);
    room.fail(room.live()[0], 17);
    assert_eq!((room.live().len(), room.engine.limit(CAMPAIGN)), (5, Some(&Limit::CampaignChannels(5))));
}

#[test]
fn trunks_get_calls_by_their_weights_in_turn() {
    let mut room = room(on_trunks("carrier1:3,carrier2:1"), &[("MaxCps", "10")], &[], 60);
    run(&mut room, 20_000, "");
    let taken = taken(&room);
    assert_eq!(taken["carrier1"].abs_diff(3 * taken["carrier2"]) / 4, 0, "{taken:?}");
    let second = |i: usize| room.originated[i].1.channel.ends_with("carrier2");
    assert!((0..100).all(|i| (i..i + 4).filter(|&i| second(i)).count() == 1), "one in each four");
}

#[test]
fn a_full_trunk_gives_its_share_to_the_others() {
    let trunks = [trunk("carrier1", Some(2), None), trunk("carrier2", Some(5), None)];
    let mut room = room(on_trunks("carrier1:9,carrier2"), &[], &trunks, 50);
    room.wait_ms(500);
    assert_eq!(taken(&room), BTreeMap::from([("carrier1".into(), 2), ("carrier2".into(), 5)]));
    let words = limit(&room);
    assert!(
        words.contains("trunk carrier1 on pbx1: 2 of 2") && words.contains("trunk carrier2 on pbx1: 5 of 5"),
        "{words}"
    );
}

#[test]
fn a_dead_trunk_is_only_probed_and_its_share_goes_to_the_other() {
    let mut room = room(on_trunks("carrier1:3,carrier2:1"), &[("MaxCps", "20")], &[], 60);
    run(&mut room, 60_000, "carrier1");
    let dead = taken(&room)["carrier1"];
    assert!((10..=40).contains(&dead), "{dead} calls to the dead trunk in a minute");
    assert!(room.originated.len() >= 1190, "the rate is kept: {}", room.originated.len());
    let before = room.originated.len();
    run(&mut room, 60_000, "");
    let late = &room.originated[room.originated.len() - 400..];
    let first = late.iter().filter(|(_, setup)| setup.channel.ends_with("carrier1")).count();
    assert_eq!(first, 300, "it has its share again");
    assert!(room.originated.len() - before >= 1190);
}

#[test]
fn a_lead_that_a_dead_trunk_refused_is_called_through_the_other_in_a_dialing_of_its_own() {
    let mut room = room(on_trunks("carrier1:3,carrier2:1"), &[], &[], 30);
    run(&mut room, 2_000, "carrier1");
    for row in &room.store.rows {
        let of_lead: Vec<_> = room.originated.iter().filter(|(_, s)| s.lead == row.lead.uuid).collect();
        let uuids: std::collections::BTreeSet<Uuid> = of_lead.iter().map(|(_, s)| s.uuid).collect();
        assert_eq!(uuids.len(), of_lead.len(), "each try is a dialing");
        assert!(of_lead.iter().any(|(_, s)| s.channel.ends_with("carrier2")), "{of_lead:?}");
    }
}

/// Calls placed each second while all calls fail with these events.
fn trickle(plan: Plan, seconds: usize, fail: impl Fn(&mut Room, Uuid)) -> (Vec<usize>, Room) {
    let mut room = room(plan, &[], &[], 60);
    let mut placed = vec![0; seconds];
    for second in &mut placed {
        let before = room.originated.len();
        // Failures come at once, and each makes room for the next call.
        for _ in 0..50 {
            room.wait_ms(20);
            for dialing in up_now(&room) {
                fail(&mut room, dialing);
            }
        }
        *second = room.originated.len() - before;
    }
    (placed, room)
}

#[test]
fn instant_failures_of_every_kind_end_in_a_trickle() {
    type Fail = fn(&mut Room, Uuid);
    let kinds: [(&str, Fail); 5] = [
        ("503", |room, dialing| room.fail(dialing, 34)),
        ("no channel", |room, dialing| room.call(dialing, failure(0))),
        ("cause 0", |room, dialing| room.fail(dialing, 0)),
        ("cause 27", |room, dialing| room.fail(dialing, 27)),
        ("Local Congestion()", |room, dialing| {
            for event in [ACCEPTED, channel(), dial_end("CONGESTION"), failure(8), hangup(0)] {
                room.call(dialing, event);
            }
        }),
    ];
    for (kind, fail) in kinds {
        let (placed, room) = trickle(on_trunks("carrier1"), 60, fail);
        let first: usize = placed[..10].iter().sum();
        let last: usize = placed[20..].iter().sum();
        assert!(first < 30 && (8..=12).contains(&last), "{kind}: {placed:?}");
        let words = limit(&room);
        assert!(words.starts_with("trunk carrier1 on pbx1 is congested ("), "{words}");
        assert!(words.contains("probing one call each 4 s, since "), "{words}");
    }
}

#[test]
fn a_plan_without_a_trunk_backs_off_too() {
    let plan = Plan { trunk_name: None, ..on_trunks("x") };
    let (placed, room) = trickle(plan, 40, |room, dialing| room.fail(dialing, 34));
    assert!(placed[20..].iter().sum::<usize>() <= 6, "{placed:?}");
    assert!(limit(&room).starts_with("dialing without a trunk on pbx1 is congested ("));
}

#[test]
fn an_asterisk_that_refuses_everything_is_asked_rarely_and_named() {
    let (placed, mut room) = trickle(on_trunks("carrier1,carrier2"), 40, |room, dialing| {
        room.call(dialing, refused("Permission denied"));
    });
    assert!(placed[20..].iter().sum::<usize>() <= 6, "{placed:?}");
    assert!(limit(&room).starts_with("Asterisk pbx1 refuses calls ("), "{}", limit(&room));
    let before = room.originated.len();
    run(&mut room, 60_000, "");
    assert!(room.originated.len() > before + 1_000, "it has recovered");
    assert!(room.store.rows.iter().all(|row| row.lead.tries[0] < 50));
}

#[test]
fn numbers_that_do_not_exist_do_not_slow_a_trunk_down() {
    let (placed, _) = trickle(on_trunks("t"), 5, |room, dialing| room.fail(dialing, 1));
    assert!(placed.iter().all(|calls| *calls >= 49), "{placed:?}");
}

#[test]
fn channels_that_are_told_of_after_the_failure_do_not_slow_a_trunk_down() {
    let count = std::cell::Cell::new(0);
    let (placed, _) = trickle(on_trunks("t"), 5, |room, dialing| {
        count.set(count.get() + 1);
        let mut events = [channel(), failure(0), hangup(1)];
        if count.get() % 3 == 0 {
            events.swap(0, 1);
        }
        events.into_iter().for_each(|event| room.call(dialing, event));
    });
    assert!(placed.iter().all(|calls| *calls >= 49), "{placed:?}");
}

#[test]
fn single_refusals_in_a_healthy_stream_do_not_throttle() {
    let count = std::cell::Cell::new(0);
    let (placed, _) = trickle(on_trunks("t"), 5, |room, dialing| {
        count.set(count.get() + 1);
        room.fail(dialing, if count.get() % 6 == 0 { 34 } else { 17 });
    });
    assert!(placed.iter().all(|calls| *calls >= 49), "{placed:?}");
}

#[test]
fn calls_of_an_earlier_process_count_on_their_trunk() {
    let plan = on_trunks("carrier1,carrier2");
    let trunks = [trunk("carrier1", Some(3), None), trunk("carrier2", Some(3), None)];
    let mut room = room(plan, &[], &trunks, 20);
    room.wait_ms(500);
    assert_eq!(room.live().len(), 6);
    room.fail(on_trunk(&room, "carrier2")[0], 17);
    room.wait_ms(500);
    room.change_plan(|plan| plan.trunk_name = Some(Trunks::parse("carrier2").unwrap()));
    let catalog = room.engine.catalog().clone();
    let mut again = Room::over_with(room.limits, catalog, room.store.clone(), room.now, &trunks);
    let up: Vec<_> = room.live().into_iter().map(|uuid| (uuid, up(false, false))).collect();
    again.pbx(PBX, engine::PbxInput::Up);
    again.channels(PBX, &up);
    again.pbx(PBX, engine::PbxInput::Queues(Vec::new()));
    again.wait_ms(1_000);
    assert_eq!(again.originated.len(), 0, "carrier2 is full, with the calls that were there");
    assert_eq!(limit(&again), "channel limit of trunk carrier2 on pbx1: 3 of 3 calls at once");
    let there = again.engine.dialings().filter(|d| d.setup.channel.ends_with("carrier1")).count();
    assert_eq!(there, 3, "those on carrier1 are still shown there");
}
