//! What a real Asterisk sent for every way a call can go, through the decoder, the translation and the call, to the result.

#![expect(clippy::unwrap_used, reason = "clippy allows it in tests, but not in their helpers")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use ami::Message;
use ami::client::List;
use ami::codec::{Decoder, LineEnd};
use engine::PbxId;
use engine::calls::{Call, Effect};
use engine::dialing::{DialRoute, Dialing, DialingStatus, Ended, Outcome, Progress, Setup};
use engine::input::{CallEvent, QueueEvent};
use engine::model::{Lead, LeadTexts};
use engine::queues::AgentState::{Busy, Idle, WrapUp};
use engine::queues::Queues;
use engine::time::{Mono, Now, Wall};
use outbound::asterisk::translate::{self, Heard, QueueConfig};
use uuid::Uuid;

/// A transcript: its blocks, and the dialing's uuid (the ChannelId that was asked for).
fn transcript(name: &str) -> (Vec<Message>, Uuid) {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/captures/raw");
    let about: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(folder.join(format!("{name}.json"))).unwrap()).unwrap();
    let asked = about["sent"].as_array().unwrap().iter().map(|sent| sent["data"].as_str().unwrap());
    let originate = asked.clone().find(|data| data.starts_with("Action: Originate")).unwrap();
    let header = |name: &str| {
        let line = originate.lines().find_map(|line| line.strip_prefix(name));
        line.unwrap().trim().to_owned()
    };
    let channel_id = header("ChannelId:");
    // The daemon's ActionIDs are the dialings' uuids; those of the recording are not.
    let raw = String::from_utf8(std::fs::read(folder.join(format!("{name}.raw"))).unwrap()).unwrap();
    let raw = raw
        .replace(&format!("ActionID: {}\r\n", header("ActionID:")), &format!("ActionID: {channel_id}\r\n"));
    (blocks_of(&raw), channel_id.parse().unwrap())
}

fn blocks_of(raw: &str) -> Vec<Message> {
    let mut decoder = Decoder::new(LineEnd::Crlf);
    decoder.feed(raw.as_bytes());
    std::iter::from_fn(|| decoder.next_message().unwrap()).collect()
}

fn call(uuid: Uuid, queue: bool) -> Call {
    let setup = Setup {
        uuid,
        serial: 1,
        campaign: Uuid::nil(),
        plan: Uuid::nil(),
        dial_list: Uuid::nil(),
        destination: None,
        lead: Uuid::nil(),
        lead_texts: LeadTexts::default(),
        asterisk: "pbx1".into(),
        index: 1,
        address: "1".into(),
        channel: "PJSIP/1@carrier".into(),
        try_count: 1,
        timeout_ms: 30_000,
        route: DialRoute::Exten { exten: "x".into(), context: "res_outbound".into(), priority: 1 },
        caller_id: None,
        variables: Vec::new(),
        created: Wall(0),
    };
    let dialing = Dialing { setup: Arc::new(setup), progress: Progress::default() };
    let lead = Lead::new(Uuid::nil(), Uuid::nil(), Wall(0));
    let mut call = Call::new(dialing, PbxId(0), lead, Some(Mono(0)));
    call.for_queue = queue;
    call
}

/// Follows the call through its transcript. It must be over at its last block, not before; or soon after it, where it had no channel.
fn play(name: &str, queue: bool) -> (Ended, Vec<DialingStatus>) {
    let (blocks, uuid) = transcript(name);
    let mut call = call(uuid, queue);
    let mut statuses = Vec::new();
    let now = Now::default();
    for block in &blocks {
        let mut events = Vec::new();
        if block.event_name().is_some() {
            translate::event(block, |heard| events.extend(of_call(heard, uuid)));
        } else {
            events.extend(translate::response(block).filter(|(id, _)| *id == uuid).map(|(_, event)| event));
        }
        for event in events {
            match call.on(event, now) {
                Effect::Over => return (call.end(0, now).0, statuses),
                Effect::Changed => statuses.push(call.dialing.progress.status),
                Effect::None => {}
            }
        }
    }
    if call.deadline.is_some() && !call.has_channel() {
        // It failed, and no channel of it is told of within a second.
        return (call.end(0, now).0, statuses);
    }
    panic!("{name}: the call is not over at the end of its transcript");
}

fn of_call(heard: Heard, uuid: Uuid) -> Option<CallEvent> {
    match heard {
        Heard::Call(id, event) if id == uuid => Some(event),
        _ => None,
    }
}

#[test]
fn every_transcript_of_a_call_ends_in_its_outcome() {
    use Outcome::{Abandoned, Answered, Busy, Congestion, Failed, NoAnswer, Refused};
    // (transcript, answer goes to a queue, outcome, ResDial, ResHangup)
    let table = [
        ("A01_local_answer_exten", false, Answered, 4, 16),
        ("A03_local_answer_callee_hangs_up", false, Answered, 4, 16),
        ("A05_local_answer_at_once", false, Answered, 4, 16),
        ("A08_local_app_wait", false, Answered, 4, 0),
        ("A10_local_n_queue_agent_answers", true, Answered, 4, 16),
        ("A12_local_n_queue_agent_hangs_up", true, Answered, 4, 16),
        ("A12b_local_n_queue_ami_hangup", true, Answered, 4, 16),
        ("A13_local_n_queue_caller_abandons", true, Abandoned, 4, 16),
        ("A14_local_n_queue_abandon_while_agent_rings", true, Abandoned, 4, 16),
        ("A15_local_n_queue_joinempty", true, Abandoned, 4, 16),
        ("A17_local_n_queue_timeout", true, Abandoned, 4, 0),
        ("A18_local_n_queue_ringnoanswer", true, Answered, 4, 16),
        ("A19_local_n_queue_unknown", true, Abandoned, 4, 0),
        ("A20_local_busy_app", false, Busy, 5, 0),
        ("A21_local_busy_cause17", false, Busy, 5, 17),
        ("A22_local_congestion_app", false, Congestion, 8, 0),
        ("A23_local_hangup_cause27", false, Failed, 0, 27),
        ("A23_local_hangup_cause34", false, Congestion, 8, 34),
        ("A23_local_hangup_cause38", false, Congestion, 8, 38),
        ("A23_local_hangup_cause41", false, Congestion, 8, 41),
        ("A24_local_timeout_ringing", false, NoAnswer, 3, 19),
        ("A25_local_timeout_silent", false, NoAnswer, 3, 19),
        ("A26_local_hangup_cause1", false, Failed, 0, 1),
        ("A26_local_hangup_cause28", false, Failed, 0, 28),
        ("A26_local_hangup_cause3", false, Failed, 0, 3),
        ("A27_local_callee_declines_ringing", false, Failed, 0, 16),
        ("A28_local_noanswer_cause19", false, NoAnswer, 3, 19),
        ("A29_local_rejected_cause21", false, Failed, 0, 21),
        ("A30_local_no_such_exten", false, Failed, 0, 0),
        ("A32_unknown_tech", false, Failed, 0, 0),
        ("A33_no_slash", false, Refused, 0, 0),
        ("A35_dest_exten_unknown", false, Refused, 0, 0),
        ("A40_local_hangup_ringing", false, Failed, 0, 16),
        ("B01_sip_answer_exten", false, Answered, 4, 16),
        ("B02_sip_answer_callee_bye", false, Answered, 4, 0),
        ("B03_sip_answer_bye_q850", false, Answered, 4, 38),
        ("B05_sip_queue_agent_answers", true, Answered, 4, 16),
        ("B08_sip_queue_caller_abandons", true, Abandoned, 4, 0),
        ("B10_sip_486_busy", false, Busy, 5, 17),
        ("B11_sip_404", false, Failed, 0, 1),
        ("B12_sip_480", false, NoAnswer, 3, 19),
        ("B13_sip_503", false, Congestion, 8, 34),
        ("B14_sip_484", false, Failed, 0, 28),
        ("B15_sip_603", false, Failed, 0, 21),
        ("B20_sip_ring_timeout", false, NoAnswer, 3, 19),
        ("B23_sip_silent_long", false, NoAnswer, 3, 18),
        ("B26_sip_unknown_endpoint", false, Failed, 0, 0),
        ("B27_sip_no_contact", false, Failed, 0, 0),
        ("B30_sip_hangup_ringing", false, Failed, 0, 16),
    ];
    for (name, queue, outcome, res_dial, res_hangup) in table {
        let (ended, statuses) = play(name, queue);
        let progress = &ended.dialing.progress;
        assert_eq!(
            (ended.outcome, progress.res_dial, progress.res_hangup),
            (outcome, res_dial, res_hangup),
            "{name}"
        );
        assert!(statuses.is_sorted(), "{name}: {statuses:?}");
    }
}

#[test]
fn the_agent_is_the_members_name_and_the_queue_its_own() {
    let progress = play("A10_local_n_queue_agent_answers", true).0.dialing.progress;
    assert_eq!((progress.queue.as_deref(), progress.agent.as_deref()), (Some("sales"), Some("Agent One")));
    assert_eq!(progress.channel_name.as_deref(), Some("Local/1115550001@pstn-00000008;1"));
    assert_eq!(progress.res_hangup_detail.as_deref(), Some("Normal Clearing"));
}

#[test]
fn detection_is_read_from_the_variables() {
    for (name, status, cause) in [
        ("A50_local_amd_human", "HUMAN", "HUMAN-800-800"),
        ("B40_sip_amd_machine", "MACHINE", "LONGGREETING-1500-1500"),
    ] {
        let progress = play(name, false).0.dialing.progress;
        assert_eq!(progress.res_amd.as_deref(), Some(status), "{name}");
        assert_eq!(progress.res_amd_detail.as_deref(), Some(cause), "{name}");
    }
    assert_eq!(play("A52_local_amd_hangup", false).0.dialing.progress.res_amd.as_deref(), Some("HANGUP"));
}

#[test]
fn queues_and_members_are_read_from_list_and_events() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/captures/raw");
    let blocks = |name: &str| {
        let mut decoder = Decoder::new(LineEnd::Crlf);
        decoder.feed(&std::fs::read(folder.join(format!("{name}.raw"))).unwrap());
        let mut blocks = Vec::new();
        while let Some(block) = decoder.next_message().unwrap() {
            blocks.push(block);
        }
        blocks
    };
    let status = blocks("C02_queue_status");
    let end = status.iter().position(|b| b.event_name() == Some("QueueStatusComplete")).unwrap();
    let queues = translate::queues(&status[1..end], &QueueConfig::default());
    let dynamic = queues.iter().find(|queue| queue.name == "dyn").unwrap();
    assert!(dynamic.members.is_empty());
    let stuck = queues.iter().find(|queue| queue.name == "stuck2").unwrap();
    assert_eq!((stuck.members[0].interface.as_str(), stuck.members[0].status), ("Local/107@agents/n", 1));

    let mut heard = Vec::new();
    for block in blocks("C03_queue_members") {
        translate::event(&block, |h| heard.push(h));
    }
    let paused = |h: &&Heard| matches!(h, Heard::Queue(QueueEvent::Member { member, .. }) if member.paused);
    let gone = |h: &&Heard| matches!(h, Heard::Queue(QueueEvent::MemberGone { .. }));
    assert!(heard.iter().any(|h| paused(&h)) && heard.iter().any(|h| gone(&h)));
}

/// What an agent in two queues does while he takes a call of one that has a wrap-up time, as Asterisk told it.
#[test]
fn an_agent_of_two_queues_is_busy_in_both_and_wraps_up_in_the_one_whose_call_it_was() {
    let (blocks, _) = transcript("B09_sip_queue_agent_wrapup");
    let agent = |name: &str, wrapup_s| {
        let event = Message::event("QueueMember")
            .with("Queue", name)
            .and_then(|m| m.with("Location", "PJSIP/agent1"))
            .and_then(|m| m.with("Status", "1"));
        let config =
            QueueConfig { wrapup_s: BTreeMap::from([(name.to_owned(), wrapup_s)]), ..QueueConfig::default() };
        translate::queues(&[event.unwrap()], &config).remove(0)
    };
    // Its last call ended in this second.
    let now = Now { wall: Wall(1_795_400_372_500_000_000), ..Now::default() };
    let mut queues = Queues::default();
    queues.replace(vec![agent("salessip", 0), agent("wrapsip", 5)], now);
    queues.drain();
    let mut told = Vec::new();
    for block in blocks.iter().filter(|block| block.action_id().is_none()) {
        translate::event(block, |heard| {
            if let Heard::Queue(event) = heard {
                queues.on(event, now);
            }
        });
        told.extend(
            queues.drain().agents.into_iter().map(|change| (change.queue, change.before, change.after)),
        );
    }
    let change = |queue: &str, before, after| (queue.to_owned(), before, after);
    assert_eq!(
        told,
        [
            change("salessip", Idle, Busy),
            change("wrapsip", Idle, Busy),
            change("salessip", Busy, Idle),
            change("wrapsip", Busy, WrapUp),
        ]
    );
    assert_eq!(queues.next_wrapup(), Some(now.mono.after(Duration::from_millis(4500))));
    assert_eq!(queues.other_callers("wrapsip"), 0, "he came and left");
}

#[test]
fn queues_conf_tells_wrap_up_times_and_the_last_of_two_counts() {
    let mut response = Message::response("Success");
    for (name, value) in [
        ("Category-000000", "general"),
        ("Line-000000-000000", "autofill=yes"),
        ("Line-000000-000001", "shared_lastcall=yes"),
        ("Category-000001", "sales"),
        ("Templates-000001", "base"),
        ("Line-000001-000000", "wrapuptime=0"),
        ("Category-000002", "wrap"),
        ("Templates-000002", "base"),
        ("Line-000002-000000", "wrapuptime=0"),
        ("Line-000002-000001", "wrapuptime=5"),
        ("Line-000002-000002", "member=Local/222@agents/n,0,a=b"),
        ("Category-000003", "plain"),
    ] {
        response.push(name, value).unwrap();
    }
    let config = translate::queue_config(&response);
    assert!(config.shared_last_call);
    let times = BTreeMap::from([("sales".to_owned(), 0), ("wrap".to_owned(), 5)]);
    assert_eq!(config.wrapup_s, times);
    let params = Message::event("QueueParams").with("Queue", "wrap").unwrap();
    let entry =
        Message::event("QueueEntry").with("Queue", "wrap").and_then(|m| m.with("Uniqueid", "17.3")).unwrap();
    let queues = translate::queues(&[params, entry], &config);
    assert_eq!((queues[0].wrapup_s, &queues[0].callers[..]), (5, &["17.3".to_owned()][..]));
}

#[test]
fn reloads_are_heard_by_what_they_reload() {
    let reload = |module: &str| {
        let event = Message::event("Reload").with("Module", module).unwrap();
        let mut heard = Vec::new();
        translate::event(&event, |h| heard.push(h));
        heard
    };
    assert_eq!(reload("pbx_config.so"), [Heard::DialplanReloaded]);
    assert_eq!(reload("app_queue"), [Heard::QueuesReloaded]);
    assert_eq!(reload("All"), [Heard::DialplanReloaded, Heard::QueuesReloaded]);
    assert_eq!(reload("chan_pjsip"), []);
}

#[test]
fn a_list_of_channels_tells_who_talks_to_whom_in_which_queue() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../tests/data/captures/raw");
    let raw = std::fs::read_to_string(folder.join("C10_recovery_coreshowchannels.raw")).unwrap();
    let (entries, mut rest): (Vec<Message>, Vec<Message>) =
        blocks_of(&raw).into_iter().partition(|b| b.event_name() == Some("CoreShowChannel"));
    let complete = rest.pop().unwrap();
    let list = |entries: &[Message]| List {
        response: Message::new(),
        entries: entries.to_vec(),
        complete: complete.clone(),
    };
    assert!(translate::is_whole(&list(&entries)) && !translate::is_whole(&list(&entries[1..])));
    let up = translate::channels(&entries);
    let talks = &up[&"1d935f00-79ea-4a1e-bdb8-396a76b23066".parse::<Uuid>().unwrap()];
    assert!(talks.answered && talks.bridged);
    assert_eq!(talks.queue.as_deref(), Some("salessip"));
    assert_eq!(talks.partner.as_deref(), Some("PJSIP/agent1-0000007c"));
    let rings = &up[&"ebb7c5ff-8abd-4c7b-a833-e5ea6a24c93d".parse::<Uuid>().unwrap()];
    assert!(!rings.answered && !rings.bridged);
    assert_eq!((&rings.queue, &rings.partner), (&None, &None));
}
