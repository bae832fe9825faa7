//! Where predictive dialing meets other things: agents who do not pick up, limits of single campaigns, restarts.

use engine::abandon::{Counts, Day, Tally};
use engine::input::{CallEvent, Member};
use engine::model::{CampaignStatus, DialMode};
use uuid::Uuid;

use crate::support::*;

fn agents(count: usize) -> Vec<Member> {
    (0..count).map(|n| member(&format!("PJSIP/a{n}"), 1)).collect()
}

/// Its budget of abandoned calls is used up: one call for each idle agent.
fn use_up(room: &mut Room, campaign: Uuid) {
    let counts = Counts { answered_all: 100, answered_persons: 100, abandoned: 50, late: 0 };
    let day = Day::at(room.now.wall, 0);
    room.engine.load_tallies([Tally { budget: campaign.to_string(), day, counts }]);
}

#[test]
fn a_caller_whose_agent_did_not_pick_up_waits_again_and_takes_an_idle_agent() {
    let mut room = Room::ready(queue_plan(DialMode::Predictive), 50);
    use_up(&mut room, CAMPAIGN);
    room.queue("sales", &agents(2));
    room.ask(CAMPAIGN, CampaignStatus::Start);
    assert_eq!(room.live().len(), 2);
    let dialing = room.live()[0];
    room.answer(dialing);
    for event in [joined(), CallEvent::AgentCalled] {
        room.call(dialing, event);
    }
    room.member("sales", member("PJSIP/a0", 6));
    assert_eq!(room.live().len(), 2, "one rings, one is idle and has a call on its way");
    room.call(dialing, CallEvent::AgentNoAnswer);
    room.member("sales", member("PJSIP/a0", 1));
    room.wait_ms(2_000);
    assert_eq!(room.live().len(), 2, "both agents have somebody to talk to");
}
