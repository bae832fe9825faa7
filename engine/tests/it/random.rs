//! Random days: calls with their events in disorder, doubled or lost, Asterisks that go and come, restarts, and users who
//! change everything. Whatever happens, the invariants of [`super::world`] hold, and in the end everything comes to rest.

use engine::PbxId;
use engine::model::{CampaignStatus, DialMode, ListEnd, Rules};

use crate::support::*;
use crate::world::World;

const SEEDS: u64 = 200;
const STEPS: u64 = 1200;

#[test]
fn whatever_happens_no_call_is_lost_or_doubled_and_all_come_to_an_end() {
    let mut talks = [0; 2];
    for seed in 1..=SEEDS {
        let mut world = World::new(seed);
        for _ in 0..STEPS {
            step(&mut world);
            world.check();
        }
        world.come_to_rest();
        let [offers_accepted, bridged] = world.previews();
        talks = [talks[0] + offers_accepted, talks[1] + bridged];
    }
    assert!(talks[0] > 200 && talks[1] > 20, "previews are part of these days: {talks:?}");
}

fn step(world: &mut World) {
    match world.dice.below(100) {
        0..=37 => world.some_call_goes_on(),
        38..=50 => world.answer_some_claims(),
        51..=57 => world.some_agent_answers(),
        58..=64 => world.the_store_writes_what_was_accepted(),
        65..=79 => {
            let ms = [1, 20, 300, 2_000, 9_000, 31_000][world.dice.below(6)];
            world.room.wait_ms(ms);
        }
        80..=84 => world.answer_lists(),
        85..=89 => some_agent_changes(world),
        90..=92 => some_status_is_asked_for(world),
        93 => world.goes_or_comes(),
        94..=95 => some_plan_changes(world),
        96 => (0..4).for_each(|_| world.leads_are_added()),
        97 => {
            let campaign = world.some_campaign();
            let list = world.some_list();
            world.room.change_campaign(campaign, |row| row.dial_list = Some(list));
        }
        98 => world.a_call_is_named_twice(),
        _ if world.dice.below(8) == 0 => world.restart(),
        _ => {}
    }
}

fn some_agent_changes(world: &mut World) {
    let (name, status) = (world.dice.below(4), [1, 1, 1, 2, 5, 6][world.dice.below(6)]);
    let pbx = PbxId(world.dice.below(2));
    if world.is_up(pbx) {
        let event = engine::input::QueueEvent::Member {
            queue: "sales".into(),
            member: member(&format!("PJSIP/a{name}"), status),
        };
        world.room.pbx(pbx, engine::PbxInput::Queue(event));
    }
}

fn some_status_is_asked_for(world: &mut World) {
    use CampaignStatus::{ForceStopping, Pause, Start, Stop};
    let wanted = [Start, Start, Start, Start, Start, Start, Stop, Pause, ForceStopping][world.dice.below(9)];
    let campaign = world.some_campaign();
    let catalog = world.room.engine.catalog();
    if catalog.requested_status(&catalog.campaigns[&campaign], wanted).is_ok() {
        world.room.ask(campaign, wanted);
    }
}

fn some_plan_changes(world: &mut World) {
    let dice = &mut world.dice;
    let modes = [
        DialMode::Robo,
        DialMode::Robo,
        DialMode::Progressive,
        DialMode::Predictive,
        DialMode::None,
        DialMode::Desktop,
        DialMode::Desktop,
        DialMode::Desktop,
        DialMode::Desktop,
    ];
    let mode = modes[dice.below(9)];
    let first = ["agent", "customer"][dice.below(2)];
    let tries = [1, 2, 5][dice.below(3)];
    let retry_delay_ms = [0, 1, 1_000, 50_000][dice.below(4)];
    let list_end = [ListEnd::Stop, ListEnd::KeepRunning][dice.below(2)];
    world.room.change_plan(|plan| {
        plan.dial_mode = mode;
        plan.rules.set("PreviewFirst", first).unwrap();
        plan.max_tries = [tries; 8];
        plan.retry_delay_ms = retry_delay_ms;
        plan.list_end = list_end;
    });
}
