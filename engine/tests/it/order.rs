//! Events of a call come in many orders; its result is the same.

use engine::dialing::Outcome;
use engine::input::CallEvent;

use crate::support::*;

fn permute(
    events: &[CallEvent],
    allowed: &dyn Fn(&[CallEvent]) -> bool,
    check: &mut dyn FnMut(&[CallEvent]),
) {
    let mut order = Vec::new();
    let mut left = events.to_vec();
    fn step(
        order: &mut Vec<CallEvent>,
        left: &mut Vec<CallEvent>,
        allowed: &dyn Fn(&[CallEvent]) -> bool,
        check: &mut dyn FnMut(&[CallEvent]),
    ) {
        if left.is_empty() {
            check(order);
        }
        for i in 0..left.len() {
            let event = left.remove(i);
            order.push(event);
            if allowed(order) {
                step(order, left, allowed, check);
            }
            let event = order.pop().unwrap();
            left.insert(i, event);
        }
    }
    step(&mut order, &mut left, allowed, check);
}

fn place(order: &[CallEvent], is: fn(&CallEvent) -> bool) -> usize {
    order.iter().position(is).unwrap_or(usize::MAX)
}

fn result(order: &[CallEvent]) -> Vec<(Outcome, u16, u16)> {
    let mut room = Room::running(queue_free(), 1);
    let dialing = room.live()[0];
    order.iter().for_each(|event| room.call(dialing, event.clone()));
    room.wait_ms(3000);
    let ended = room.ended.iter();
    ended.map(|e| (e.outcome, e.dialing.progress.res_dial, e.dialing.progress.res_hangup)).collect()
}

fn queue_free() -> engine::model::Plan {
    engine::model::Plan { list_end: engine::model::ListEnd::KeepRunning, ..robo() }
}

/// Accepted is first, Newchannel comes before the rest of the channel's events, Hangup is the channel's last.
fn channel_order(order: &[CallEvent]) -> bool {
    let hangup = place(order, |e| matches!(e, CallEvent::Hangup { .. }));
    let channel = place(order, |e| matches!(e, CallEvent::Channel { .. }));
    let begin = place(order, |e| matches!(e, CallEvent::DialBegin));
    let end = place(order, |e| matches!(e, CallEvent::DialEnd { .. }));
    let after = |a: usize, b: usize| a != usize::MAX && a < b;
    order[0] == ACCEPTED
        && !after(hangup, channel)
        && !after(begin, channel)
        && !after(end, begin)
        && !after(hangup, end)
}

#[test]
fn every_order_of_a_failed_calls_events_gives_one_and_the_same_result() {
    let events = [ACCEPTED, channel(), CallEvent::DialBegin, dial_end("BUSY"), failure(0), hangup(17)];
    let mut orders = 0;
    // OriginateResponse may come anywhere, before Newchannel too.
    permute(&events, &channel_order, &mut |order| {
        orders += 1;
        assert_eq!(result(order), [(Outcome::Busy, 5, 17)], "{order:?}");
    });
    assert_eq!(orders, 5);
}

#[test]
fn every_order_of_an_answered_calls_events_gives_one_and_the_same_result() {
    let events = [ACCEPTED, channel(), CallEvent::DialBegin, dial_end("ANSWER"), SUCCESS, hangup(16)];
    let mut orders = 0;
    // On success OriginateResponse never comes behind the Hangup; it may come before Newchannel here.
    let allowed = |order: &[CallEvent]| {
        let response = place(order, |e| matches!(e, CallEvent::Originated { .. }));
        channel_order(order)
            && (place(order, |e| matches!(e, CallEvent::Hangup { .. })) == usize::MAX
                || response != usize::MAX)
    };
    permute(&events, &allowed, &mut |order| {
        orders += 1;
        assert_eq!(result(order), [(Outcome::Answered, 4, 16)], "{order:?}");
    });
    assert_eq!(orders, 4);
}
