//! Who is free, and what is told of it.

use super::*;
use crate::time::Wall;
use AgentState::{Away, Busy, Idle, WrapUp};

fn member(interface: &str, status: u8) -> Member {
    Member {
        interface: interface.into(),
        name: interface.into(),
        status,
        paused: false,
        in_call: false,
        last_call_s: 0,
        wrapup_s: 0,
    }
}

fn event(queue: &str, member: Member) -> QueueEvent {
    QueueEvent::Member { queue: queue.into(), member }
}

fn at(s: u64) -> Now {
    Now { mono: Mono(s * 1_000_000), wall: Wall(1_000_000_000 * s as i64), ..Now::default() }
}

/// What was told of agents: queue, agent, before, after.
fn told(queues: &mut Queues) -> Vec<(&'static str, &'static str, AgentState, AgentState)> {
    let short = |name: &str| ["q", "r", "a", "b"].into_iter().find(|known| *known == name).unwrap();
    let change = |c: AgentChange| (short(&c.queue), short(&c.agent), c.before, c.after);
    queues.drain().agents.into_iter().map(change).collect()
}

#[test]
fn only_an_unpaused_agent_whose_phone_is_free_is_idle() {
    let mut queues = Queues::default();
    let now = Now::default();
    queues.on(event("q", member("a", 1)), now);
    queues.on(event("q", member("b", 2)), now);
    queues.on(event("q", member("c", 5)), now);
    queues.on(event("q", Member { paused: true, ..member("d", 1) }), now);
    queues.on(event("q", Member { in_call: true, ..member("e", 1) }), now);
    assert_eq!(queues.staff("q"), Some(Staff { idle: 1, logged_in: 3, ringing: 0 }));
    queues.on(event("q", member("a", 6)), now);
    assert_eq!(queues.staff("q").unwrap().idle, 0);
    queues.on(QueueEvent::MemberGone { queue: "q".into(), interface: "b".into() }, now);
    assert_eq!(queues.staff("q"), Some(Staff { idle: 0, logged_in: 2, ringing: 1 }));
    assert_eq!(queues.staff("other"), None);
}

#[test]
fn wrap_up_is_counted_from_the_end_of_the_last_call() {
    let mut queues = Queues::default();
    queues.on(event("q", Member { last_call_s: 100, wrapup_s: 5, ..member("a", 1) }), at(102));
    assert_eq!(queues.staff("q").unwrap().idle, 0);
    assert_eq!(queues.next_wrapup(), Some(Mono(105_000_000)));
    queues.drain();
    queues.end_wrapups(at(105));
    assert_eq!(told(&mut queues), [("q", "a", WrapUp, Idle)]);
    assert_eq!(queues.staff("q").unwrap().idle, 1);
}

#[test]
fn what_an_agent_does_is_told_when_it_changes_and_only_then() {
    let mut queues = Queues::default();
    queues.on(event("q", member("a", 1)), at(0));
    assert_eq!(told(&mut queues), [("q", "a", Away, Idle)]);
    queues.on(event("q", member("a", 1)), at(1));
    assert_eq!(queues.drain(), Changes::default(), "nothing has changed");
    queues.on(event("q", member("a", 6)), at(2));
    assert_eq!(told(&mut queues), [("q", "a", Idle, Busy)]);
    queues.on(event("q", Member { in_call: true, ..member("a", 2) }), at(3));
    queues.on(event("q", Member { in_call: true, paused: true, ..member("a", 2) }), at(4));
    assert_eq!(told(&mut queues), [], "who pauses while he talks is away when the call is over");
    queues.on(event("q", Member { last_call_s: 5, wrapup_s: 10, ..member("a", 1) }), at(5));
    assert_eq!(told(&mut queues), [("q", "a", Busy, WrapUp)]);
    queues.on(event("q", Member { last_call_s: 5, wrapup_s: 10, ..member("a", 1) }), at(9));
    assert_eq!((queues.next_wrapup(), told(&mut queues)), (Some(at(15).mono), vec![]));
    queues.end_wrapups(at(15));
    assert_eq!(told(&mut queues), [("q", "a", WrapUp, Idle)]);
    queues.on(event("q", Member { last_call_s: 5, wrapup_s: 10, ..member("a", 5) }), at(16));
    assert_eq!(told(&mut queues), [("q", "a", Idle, Away)]);
}

#[test]
fn a_snapshot_and_a_lost_connection_tell_only_what_is_otherwise() {
    let mut queues = Queues::default();
    let state = |name: &str, members: Vec<Member>| QueueState { name: name.into(), members };
    queues.replace(vec![state("q", vec![member("a", 1), member("b", 2)])], at(0));
    assert_eq!(told(&mut queues), [("q", "a", Away, Idle), ("q", "b", Away, Busy)]);
    queues.replace(vec![state("q", vec![member("a", 1)]), state("r", vec![member("b", 1)])], at(1));
    let changes = queues.drain();
    assert_eq!(changes.queues, BTreeSet::from(["q".to_owned(), "r".to_owned()]));
    let change =
        |queue: &str, before, after| AgentChange { queue: queue.into(), agent: "b".into(), before, after };
    assert_eq!(changes.agents, [change("q", Busy, Away), change("r", Away, Idle)]);
    queues.clear();
    assert_eq!(told(&mut queues), [("q", "a", Idle, Away), ("r", "b", Idle, Away)]);
    assert_eq!(queues.staff("q"), None);
}

#[test]
fn a_call_of_one_queue_keeps_an_agent_from_all_of_his_queues() {
    let mut queues = Queues::default();
    for queue in ["q", "r"] {
        queues.on(event(queue, member("a", 1)), at(0));
    }
    queues.drain();
    queues.set_taken("q", "a", true);
    assert_eq!(told(&mut queues), [("q", "a", Idle, Busy), ("r", "a", Idle, Busy)]);
    queues.on(event("r", member("a", 1)), at(1));
    assert_eq!(told(&mut queues), [], "what the other queue says may be older than the call");
    queues.on(event("q", Member { in_call: true, ..member("a", 1) }), at(1));
    assert_eq!(told(&mut queues), []);
    queues.on(event("q", member("a", 1)), at(2));
    assert_eq!(told(&mut queues), [("q", "a", Busy, Idle), ("r", "a", Busy, Idle)]);
    queues.on(event("q", Member { paused: true, ..member("a", 1) }), at(3));
    assert_eq!(told(&mut queues), [("q", "a", Idle, Away)], "a pause is for one queue");
    queues.set_taken("r", "a", true);
    queues.on(QueueEvent::MemberGone { queue: "r".into(), interface: "a".into() }, at(4));
    assert_eq!(told(&mut queues), [("r", "a", Idle, Away)]);
}
