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

fn connected(queue: &str, interface: &str) -> QueueEvent {
    QueueEvent::MemberConnected { queue: queue.into(), interface: interface.into() }
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
    let state =
        |name: &str, members: Vec<Member>| QueueState { name: name.into(), members, ..QueueState::default() };
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
    queues.on(connected("q", "a"), at(0));
    assert_eq!(told(&mut queues), [("q", "a", Idle, Busy), ("r", "a", Idle, Busy)]);
    queues.on(event("r", member("a", 1)), at(1));
    assert_eq!(told(&mut queues), [], "what the other queue says may be older than the call");
    queues.on(event("q", Member { in_call: true, ..member("a", 1) }), at(1));
    assert_eq!(told(&mut queues), []);
    queues.on(event("q", member("a", 1)), at(2));
    assert_eq!(told(&mut queues), [("q", "a", Busy, Idle), ("r", "a", Busy, Idle)]);
    queues.on(event("q", Member { paused: true, ..member("a", 1) }), at(3));
    assert_eq!(told(&mut queues), [("q", "a", Idle, Away)], "a pause is for one queue");
    queues.on(connected("r", "a"), at(3));
    queues.on(QueueEvent::MemberGone { queue: "r".into(), interface: "a".into() }, at(4));
    assert_eq!(told(&mut queues), [("r", "a", Idle, Away)]);
}

fn queue(name: &str, wrapup_s: u32, members: Vec<Member>) -> QueueState {
    QueueState { name: name.into(), members, wrapup_s, ..QueueState::default() }
}

#[test]
fn the_wrap_up_time_of_the_queue_counts_unless_the_member_has_his_own() {
    let mut queues = Queues::default();
    queues.replace(vec![queue("q", 20, vec![member("a", 2), member("b", 2)])], at(100));
    queues.on(event("q", Member { last_call_s: 100, ..member("a", 1) }), at(100));
    queues.on(event("q", Member { last_call_s: 100, wrapup_s: 5, ..member("b", 1) }), at(100));
    assert_eq!(queues.next_wrapup(), Some(at(105).mono));
    queues.end_wrapups(at(105));
    assert_eq!((queues.state("q", "a"), queues.state("q", "b")), (WrapUp, Idle));
    assert_eq!(queues.next_wrapup(), Some(at(120).mono));
}

#[test]
fn a_clock_that_is_set_or_differs_never_makes_a_wrap_up_longer() {
    let mut queues = Queues::default();
    queues.replace(vec![queue("q", 10, vec![member("a", 2)])], at(100));
    let ended = Member { last_call_s: 4000, ..member("a", 1) };
    queues.on(event("q", ended.clone()), at(100));
    assert_eq!(queues.next_wrapup(), Some(at(110).mono), "that Asterisk's clock is an hour ahead");
    queues.end_wrapups(at(110));
    queues.on(event("q", ended.clone()), at(111));
    assert_eq!(queues.state("q", "a"), Idle, "it was counted");
    queues.replace(vec![queue("q", 10, vec![ended])], at(112));
    assert_eq!(queues.state("q", "a"), Idle);
}

/// Two queues with the agent a, the first with a wrap-up time of 30 s.
fn two_queues(shared_last_call: bool) -> Queues {
    let mut queues = Queues::default();
    let state =
        |name, wrapup_s| QueueState { shared_last_call, ..queue(name, wrapup_s, vec![member("a", 1)]) };
    queues.replace(vec![state("q", 30), state("r", 0)], at(0));
    queues
}

#[test]
fn without_shared_lastcall_the_wrap_up_is_for_the_queue_of_the_call() {
    let mut queues = two_queues(false);
    queues.on(connected("q", "a"), at(1));
    queues.on(event("r", member("a", 1)), at(10));
    queues.on(event("q", Member { last_call_s: 10, ..member("a", 1) }), at(10));
    assert_eq!((queues.state("q", "a"), queues.state("r", "a")), (WrapUp, Idle));
}

#[test]
fn with_shared_lastcall_the_wrap_up_of_the_queue_of_the_call_counts_in_all() {
    let ends = |queue: &str, s: u64| {
        let mut queues = two_queues(true);
        queues.on(connected(queue, "a"), at(1));
        for queue in ["q", "r"] {
            queues.on(event(queue, Member { last_call_s: 10, ..member("a", 1) }), at(10));
        }
        let before = (queues.state("q", "a"), queues.state("r", "a"));
        queues.end_wrapups(at(s));
        (before, (queues.state("q", "a"), queues.state("r", "a")))
    };
    assert_eq!(ends("q", 39), ((WrapUp, WrapUp), (WrapUp, WrapUp)));
    assert_eq!(ends("q", 40), ((WrapUp, WrapUp), (Idle, Idle)));
    assert_eq!(ends("r", 10), ((Idle, Idle), (Idle, Idle)));
    let mut queues = two_queues(true);
    queues.on(event("r", Member { last_call_s: 10, ..member("a", 1) }), at(10));
    queues.on(event("q", Member { last_call_s: 10, ..member("a", 1) }), at(10));
    assert_eq!(queues.state("r", "a"), WrapUp, "not seen whose call it was: the longer one");
}

#[test]
fn calls_of_other_queues_claim_agents_whom_they_alone_have_first() {
    let mut queues = Queues::default();
    let both = ["a", "b"].map(|name| member(name, 1));
    queues.replace(
        vec![queue("q", 0, both.to_vec()), queue("r", 0, [&both[1..], &[member("c", 1)]].concat())],
        at(0),
    );
    let left = |queues: &Queues, queue: &str, of: &str, calls: u32| {
        queues.staff_left(queue, |name| if name == of { calls } else { 0 }).unwrap().idle
    };
    assert_eq!([0, 1, 2, 9].map(|calls| left(&queues, "q", "r", calls)), [2, 2, 1, 1]);
    assert_eq!([0, 1, 2, 9].map(|calls| left(&queues, "r", "q", calls)), [2, 2, 1, 1]);
    assert_eq!(queues.neighbours("q").collect::<Vec<_>>(), ["r"]);
    queues.on(QueueEvent::MemberGone { queue: "r".into(), interface: "b".into() }, at(1));
    assert_eq!(left(&queues, "q", "r", 9), 2);
    assert_eq!(queues.neighbours("q").count(), 0);
}

#[test]
fn who_is_paused_in_the_asking_queue_serves_the_other_ones_calls() {
    let mut queues = Queues::default();
    let paused = Member { paused: true, ..member("a", 1) };
    queues.replace(
        vec![
            queue("q", 0, vec![paused, member("b", 1)]),
            queue("r", 0, ["a", "b"].map(|n| member(n, 1)).to_vec()),
        ],
        at(0),
    );
    assert_eq!(queues.staff_left("q", |name| u32::from(name == "r")).unwrap().idle, 1);
    assert_eq!(queues.staff_left("q", |name| if name == "r" { 2 } else { 0 }).unwrap().idle, 0);
}

/// What is counted, and what a recount finds.
fn assert_in_order(queues: &Queues) {
    for (name, queue) in &queues.queues {
        let staff = queue.seats.values().map(Seat::staff).fold(Staff::default(), Staff::and);
        assert_eq!(queue.staff, staff, "{name}");
        for (other, common) in &queue.neighbours {
            let both = queue.seats.keys().filter(|agent| queues.queues[other].seats.contains_key(*agent));
            assert_eq!(both.count(), *common as usize, "{name} and {other}");
        }
        for (interface, seat) in &queue.seats {
            assert!(queues.agents[interface].queues.contains(name));
            let timer = |until| queues.wrapups.contains(&(until, name.clone(), interface.clone()));
            assert!(seat.wrapup.until.is_none_or(timer), "{interface} in {name}");
        }
    }
    let wraps = queues.queues.values().flat_map(|queue| queue.seats.values());
    assert_eq!(wraps.filter(|seat| seat.wrapup.until.is_some()).count(), queues.wrapups.len());
}

#[test]
fn whatever_happens_counts_agree_with_a_recount_and_changes_with_the_states() {
    for shared_last_call in [false, true] {
        let mut queues = Queues::default();
        let mut told: BTreeMap<(String, String), AgentState> = BTreeMap::new();
        let mut seed = 0x9E37_79B9_7F4A_7C15_u64;
        let mut dice = |sides: u64| {
            seed ^= seed << 13;
            seed ^= seed >> 7;
            seed ^= seed << 17;
            seed % sides
        };
        for second in 1..5000 {
            let name = ["q", "r", "s"][dice(3) as usize];
            let agent = ["a", "b", "c", "d"][dice(4) as usize];
            let member = |status: u64, dice: &mut dyn FnMut(u64) -> u64| Member {
                paused: dice(6) == 0,
                in_call: dice(6) == 0,
                last_call_s: second - dice(9) as i64,
                ..member(agent, status as u8)
            };
            let now = at(second as u64);
            match dice(12) {
                0 => queues.on(QueueEvent::MemberGone { queue: name.into(), interface: agent.into() }, now),
                1 => queues.on(connected(name, agent), now),
                2 => queues.set_taken(name, agent, false),
                3 => queues.end_wrapups(now),
                4 if dice(9) == 0 => queues.clear(),
                5 if dice(3) == 0 => {
                    let members = vec![member(dice(9), &mut dice)];
                    let state = QueueState { shared_last_call, ..queue(name, 5, members) };
                    queues.replace(vec![state, queue("q2", 0, Vec::new())], now);
                }
                _ => {
                    let status = dice(9);
                    queues.on(event(name, member(status, &mut dice)), now);
                }
            }
            assert_in_order(&queues);
            for change in queues.drain().agents {
                let key = (change.queue, change.agent);
                assert_eq!(told.insert(key.clone(), change.after).unwrap_or(Away), change.before, "{key:?}");
            }
            let now_so = |(queue, agent): &(String, String)| queues.state(queue, agent);
            assert!(told.iter().all(|(key, state)| now_so(key) == *state), "second {second}");
        }
    }
}
