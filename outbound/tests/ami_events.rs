//! Events against their documentation: each example of `ami_event.txt` with its values, byte for byte.

#![expect(clippy::unwrap_used, reason = "clippy allows it in tests, but not in their helpers")]

use std::sync::Arc;

use ami::Message;
use engine::dialing::{DialRoute, Dialing, DialingStatus, Progress, Setup};
use engine::model::{
    Campaign, Destination, DialList, DialMode, Lead, LeadClaim, LeadStatus, LeadTexts, Plan, Queue, Stamps,
    Variable,
};
use engine::notify::Notify;
use engine::time::Wall;
use engine::value::{CallerId, Name, Number, Tech, Text, Trunks, VariableName};
use outbound::ami_server::event;
use uuid::Uuid;

const DOCUMENT: &str = include_str!("../../tests/data/contract/ami_event.txt");

#[test]
fn campaign_events_are_the_documented_ones() {
    let mut row =
        Campaign::new(uuid("92dadd08-ac3c-47dc-a41b-10040643ee38"), wall("2015-12-09T13:29:39.483175Z"));
    row.name = text("1009c510-71aa-4736-89f9-9b39473271cc");
    row.detail = text("TestDetail");
    row.plan = Some(uuid("5ad6c7d8-535c-4cd3-b3e5-83ab420dcb56"));
    row.dial_list = Some(uuid("e276d8be-a558-4546-948a-f99913a7fea2"));
    let extra = "Dest: <unknown>\r\nScMode: 0\r\nScTimeStart: <unknown>\r\nScTimeEnd: <unknown>\r\n\
                 ScDateStart: <unknown>\r\nScDateEnd: <unknown>\r\nScDateList: <unknown>\r\n\
                 ScDateListExcept: <unknown>\r\nScDayList: <unknown>\r\nNextCampaign: <unknown>\r\n";
    documented("OutCampaignCreate", &Notify::CampaignCreated(Arc::new(row.clone())), extra);
    row.detail = text("Change");
    row.stamps.updated = Some(wall("2015-12-09T13:29:39.630756Z"));
    documented("OutCampaignUpdate", &Notify::CampaignUpdated(Arc::new(row.clone())), extra);
    documented("OutCampaignDelete", &Notify::CampaignDeleted(row.uuid), "");
}

#[test]
fn the_later_fields_of_a_campaign_have_their_values() {
    let mut row = Campaign::new(Uuid::nil(), Wall(0));
    row.destination = Some(Uuid::max());
    row.next_campaign = Some(Uuid::nil());
    row.schedule.enabled = true;
    row.schedule.time_start = text("09:00:00");
    row.schedule.time_end = text("17:30:00");
    row.schedule.date_start = text("2015-12-01");
    row.schedule.date_end = text("2015-12-31");
    row.schedule.date_list = text("2016-01-04,2016-01-05");
    row.schedule.date_list_except = text("2015-12-25");
    row.schedule.day_list = text("1,2,3");
    row.stamps.deleted = Some(Wall(1_000));
    let expected = "Event: OutCampaignUpdate\r\nPrivilege: message,all\r\n\
        Uuid: 00000000-0000-0000-0000-000000000000\r\nName: <unknown>\r\nDetail: <unknown>\r\nStatus: 0\r\n\
        Plan: <unknown>\r\nDlma: <unknown>\r\nTmCreate: 1970-01-01 00:00:00.000000\r\n\
        TmDelete: 1970-01-01 00:00:00.000001\r\nTmUpdate: <unknown>\r\n\
        Dest: ffffffff-ffff-ffff-ffff-ffffffffffff\r\nScMode: 1\r\nScTimeStart: 09:00:00\r\n\
        ScTimeEnd: 17:30:00\r\nScDateStart: 2015-12-01\r\nScDateEnd: 2015-12-31\r\n\
        ScDateList: 2016-01-04,2016-01-05\r\nScDateListExcept: 2015-12-25\r\nScDayList: 1,2,3\r\n\
        NextCampaign: 00000000-0000-0000-0000-000000000000\r\n\r\n";
    assert_eq!(wire(&event(&Notify::CampaignUpdated(Arc::new(row)))), expected);
}

#[test]
fn plan_events_are_the_documented_ones() {
    let mut row =
        Plan::new(uuid("945e7631-047f-49a8-a389-fb52ebc8ca45"), wall("2015-12-09T13:58:33.765672Z"));
    row.name = text("TestPlan");
    row.detail = text("TestDetail");
    let extra = "TechName: <unknown>\r\nServiceLevel: 0\r\nUuiField: <unknown>\r\nVariable: <unknown>\r\n";
    documented("OutPlanCreate", &Notify::PlanCreated(Arc::new(row.clone())), extra);
    row.detail = text("Change");
    row.stamps.updated = Some(wall("2015-12-09T13:58:33.945415Z"));
    documented("OutPlanUpdate", &Notify::PlanUpdated(Arc::new(row.clone())), extra);
    documented("OutPlanDelete", &Notify::PlanDeleted(row.uuid), "");
}

#[test]
fn a_plan_with_everything_set_shows_everything() {
    let mut row = Plan::new(Uuid::nil(), Wall(0));
    row.dial_mode = DialMode::Progressive;
    row.caller_id = CallerId::parse("\"Shop\" <5551234>").ok();
    row.trunk_name = Trunks::parse("trunk_1").ok();
    row.queue_name = name("sales");
    row.tech_name = Tech::parse("sip/").ok();
    row.service_level = -3;
    row.uui_field = name("X-UUI");
    row.max_tries = [1, 2, 3, 4, 5, 6, 7, 8];
    row.variables = vec![variable("a", "1"), variable("b", "x=y")];
    let message = event(&Notify::PlanUpdated(Arc::new(row)));
    let after_detail = "DialMode: 6\r\nDialTimeout: 30000\r\nCallerId: \"Shop\" <5551234>\r\nAnswerHandle: 0\r\n\
        DlEndHandle: 1\r\nRetryDelay: 50000\r\nTrunkName: trunk_1\r\nQueueName: sales\r\nAmdMode: 0\r\n\
        MaxRetryCnt1: 1\r\nMaxRetryCnt2: 2\r\nMaxRetryCnt3: 3\r\nMaxRetryCnt4: 4\r\nMaxRetryCnt5: 5\r\n\
        MaxRetryCnt6: 6\r\nMaxRetryCnt7: 7\r\nMaxRetryCnt8: 8\r\nTmCreate: 1970-01-01 00:00:00.000000\r\n\
        TmDelete: <unknown>\r\nTmUpdate: <unknown>\r\nTechName: sip/\r\nServiceLevel: -3\r\nUuiField: X-UUI\r\n\
        Variable: a=1\r\nVariable: b=x=y\r\n\r\n";
    assert!(wire(&message).ends_with(&format!("Detail: <unknown>\r\n{after_detail}")), "{message:?}");
}

#[test]
fn dlma_events_are_the_documented_ones() {
    let mut row =
        DialList::new(uuid("a0dc9df7-89bd-4c2c-ac81-bc7fbc54ff96"), wall("2015-12-09T19:12:51.753941Z"));
    row.name = text("8e6a4214-6e1c-47a3-946f-661e6cf58c04");
    row.detail = text("TestDetail");
    documented("OutDlmaCreate", &Notify::DialListCreated(Arc::new(row.clone())), "Variable: <unknown>\r\n");
    row.detail = text("Change");
    row.stamps.updated = Some(wall("2015-12-09T19:12:51.884059Z"));
    row.variables = vec![variable("lang", "en")];
    documented("OutDlmaUpdate", &Notify::DialListUpdated(Arc::new(row.clone())), "Variable: lang=en\r\n");
    documented("OutDlmaDelete", &Notify::DialListDeleted(row.uuid), "");
}

#[test]
fn dialing_events_are_the_documented_ones() {
    let mut row = dialing();
    let extra = "DestUuid: <unknown>\r\nVariable: <unknown>\r\n";
    documented("OutDialingCreate", &Notify::DialingCreated(row.clone()), extra);
    row.progress.status = DialingStatus::OriginateRequested;
    row.progress.channel_name = Some("SIP/trunk_test_1-00000007".into());
    row.progress.updated = Some(wall("2015-12-09T21:17:22.249904462Z"));
    documented("OutDialingUpdate", &Notify::DialingUpdated(row), extra);
    let deleted = uuid("4100781e-88f6-403d-af46-9500335d5560");
    documented("OutDialingDelete", &Notify::DialingDeleted(deleted), "");
}

#[test]
fn a_dialing_to_an_application_shows_it_instead_of_an_extension() {
    let Dialing { setup, progress } = dialing();
    let setup = Setup {
        route: DialRoute::Application { application: "Playback".into(), data: Some("demo".into()) },
        destination: Some(Uuid::max()),
        variables: vec![variable("a", "1"), variable("b", "2")],
        ..Arc::unwrap_or_clone(setup)
    };
    let progress = Progress {
        queue: Some("sales".into()),
        agent: Some("Alice".into()),
        res_dial: 4,
        res_amd: Some("HUMAN".into()),
        res_amd_detail: Some(String::new()),
        res_hangup: 16,
        res_hangup_detail: Some("Normal\r\nClearing".into()),
        ..progress
    };
    let message = event(&Notify::DialingUpdated(Dialing { setup: Arc::new(setup), progress }));
    let expected = "CurrentQueue: sales\r\nCurrentAgent: Alice\r\nDialIndex: 1\r\nDialAddr: 111-111-0001\r\n\
        DialChannel: SIP/111-111-0001@trunk_test_1\r\nDialTryCnt: 1\r\nDialTimeout: 30000\r\nDialType: 1\r\n\
        DialExten: <unknown>\r\nDialContext: <unknown>\r\nDialApplication: Playback\r\nDialData: demo\r\n\
        ChannelName: <unknown>\r\nResDial: 4\r\nResAmd: HUMAN\r\nResAmdDetail: <unknown>\r\nResHangup: 16\r\n\
        ResHangupDetail: Normal  Clearing\r\nTmCreate: 2015-12-09T21:17:22.209160178Z\r\nTmUpdate: <unknown>\r\n\
        TmDelete: <unknown>\r\nDestUuid: ffffffff-ffff-ffff-ffff-ffffffffffff\r\nVariable: a=1\r\n\
        Variable: b=2\r\n\r\n";
    assert!(wire(&message).ends_with(expected), "{message:?}");
}

#[test]
fn lead_events_have_the_contracts_order() {
    let mut row = Lead::new(uuid("382b639c-9eba-11e5-a926-0800271f0a4b"), Uuid::max(), Wall(0));
    let created = wire(&event(&Notify::LeadCreated(Arc::new(row.clone()))));
    assert!(
        created.contains(
            "DialingUuid: <unknown>\r\nDialingCampUuid: <unknown>\r\nDialingPlanUuid: <unknown>\r\n"
        )
    );
    row.name = text("Ann");
    row.status = LeadStatus::Dialing;
    row.ukey = text("42");
    row.claim = Some(LeadClaim { dialing: Uuid::nil(), campaign: Uuid::max(), plan: Uuid::nil() });
    row.numbers[0] = Number::parse("111-111-0001").ok();
    row.numbers[7] = Number::parse("+1 2").ok();
    row.tries[7] = 2;
    row.res_dial = 5;
    row.res_hangup = 17;
    row.res_hangup_detail = text("User busy");
    row.variables = vec![variable("k", "v")];
    let expected = "Event: OutDlListUpdate\r\nPrivilege: message,all\r\n\
        Uuid: 382b639c-9eba-11e5-a926-0800271f0a4b\r\nDlmaUuid: ffffffff-ffff-ffff-ffff-ffffffffffff\r\n\
        Name: Ann\r\nDetail: <unknown>\r\nStatus: 1\r\nUKey: 42\r\nUData: <unknown>\r\n\
        DialingUuid: 00000000-0000-0000-0000-000000000000\r\n\
        DialingCampUuid: ffffffff-ffff-ffff-ffff-ffffffffffff\r\n\
        DialingPlanUuid: 00000000-0000-0000-0000-000000000000\r\n\
        Number1: 111-111-0001\r\nNumber2: <unknown>\r\nNumber3: <unknown>\r\nNumber4: <unknown>\r\n\
        Number5: <unknown>\r\nNumber6: <unknown>\r\nNumber7: <unknown>\r\nNumber8: +1 2\r\nEmail: <unknown>\r\n\
        TryCnt1: 0\r\nTryCnt2: 0\r\nTryCnt3: 0\r\nTryCnt4: 0\r\nTryCnt5: 0\r\nTryCnt6: 0\r\nTryCnt7: 0\r\n\
        TryCnt8: 2\r\nResDial: 5\r\nResDialDetail: <unknown>\r\nResHangup: 17\r\nResHangupDetail: User busy\r\n\
        TmCreate: 1970-01-01 00:00:00.000000\r\nTmDelete: <unknown>\r\nTmUpdate: <unknown>\r\n\
        Variable: k=v\r\n\r\n";
    assert_eq!(wire(&event(&Notify::LeadUpdated(Arc::new(row)))), expected);
    let deleted = "Event: OutDlListDelete\r\nPrivilege: message,all\r\n\
        Uuid: 00000000-0000-0000-0000-000000000000\r\n\r\n";
    assert_eq!(wire(&event(&Notify::LeadDeleted(Uuid::nil()))), deleted);
}

#[test]
fn destination_events_have_the_contracts_order() {
    let mut row = Destination::new(Uuid::max(), Wall(0));
    row.exten = name("100");
    row.context = name("sales");
    row.variables = vec![variable("a", "1"), variable("b", "2")];
    row.stamps = Stamps { updated: Some(Wall(5_000)), ..row.stamps };
    let head = "Event: OutDestinationCreate\r\nPrivilege: message,all\r\n\
        Uuid: ffffffff-ffff-ffff-ffff-ffffffffffff\r\nName: <unknown>\r\nDetail: <unknown>\r\nType: 0\r\n\
        Exten: 100\r\nContext: sales\r\nPriority: <unknown>\r\n";
    let tail = "Application: <unknown>\r\nData: <unknown>\r\nTmCreate: 1970-01-01 00:00:00.000000\r\n\
        TmDelete: <unknown>\r\nTmUpdate: 1970-01-01 00:00:00.000005\r\n\r\n";
    let created = |row: &Destination| wire(&event(&Notify::DestinationCreated(Arc::new(row.clone()))));
    assert_eq!(created(&row), format!("{head}Variable: a=1\r\nVariable: b=2\r\n{tail}"));
    row.variables.clear();
    assert_eq!(created(&row), format!("{head}Variable: <unknown>\r\n{tail}"));
    let updated = wire(&event(&Notify::DestinationUpdated(Arc::new(row.clone()))));
    assert_eq!(updated, created(&row).replace("OutDestinationCreate", "OutDestinationUpdate"));
    let deleted = wire(&event(&Notify::DestinationDeleted(row.uuid)));
    assert!(deleted.starts_with("Event: OutDestinationDelete\r\nPrivilege: message,all\r\nUuid: ffffffff-"));
}

#[test]
fn queue_events_have_the_contracts_fields() {
    let row = Queue { name: text("sales"), ..Queue::new(Uuid::max(), Wall(0)) };
    let expected = |name: &str| {
        format!(
            "Event: {name}\r\nPrivilege: message,all\r\nUuid: ffffffff-ffff-ffff-ffff-ffffffffffff\r\n\
             Name: sales\r\nDetail: <unknown>\r\n\r\n"
        )
    };
    assert_eq!(wire(&event(&Notify::QueueCreated(Arc::new(row.clone())))), expected("OutQueueCreate"));
    assert_eq!(wire(&event(&Notify::QueueUpdated(Arc::new(row.clone())))), expected("OutQueueUpdate"));
    let deleted = "Event: OutQueueDelete\r\nPrivilege: message,all\r\n\
        Uuid: ffffffff-ffff-ffff-ffff-ffffffffffff\r\n\r\n";
    assert_eq!(wire(&event(&Notify::QueueDeleted(row.uuid))), deleted);
}

/// The event is its documented example, then the extra fields, then the end of the block.
#[track_caller]
fn documented(name: &str, notify: &Notify, extra: &str) {
    assert_eq!(wire(&event(notify)), format!("{}{extra}\r\n", example(name)));
}

/// The example of an event as the document has it: the block that holds values instead of their placeholders.
fn example(name: &str) -> String {
    let first = format!("  Event: {name}\n");
    let blocks = DOCUMENT.match_indices(&first).map(|(at, _)| &DOCUMENT[at..]);
    let blocks =
        blocks.map(|rest| rest.lines().take_while(|line| line.starts_with("  ")).collect::<Vec<_>>());
    let block = blocks.filter(|lines| !lines.iter().any(|line| line.contains("<value>"))).last().unwrap();
    block.iter().map(|line| format!("{}\r\n", line.trim_start())).collect()
}

fn wire(message: &Message) -> String {
    let mut octets = Vec::new();
    message.encode(&mut octets);
    String::from_utf8(octets).unwrap()
}

fn dialing() -> Dialing {
    let plan = uuid("5ad6c7d8-535c-4cd3-b3e5-83ab420dcb56");
    let setup = Setup {
        uuid: uuid("14e8e861-232f-49fb-8101-f5ae489d94d6"),
        serial: 1,
        campaign: uuid("8cd1d05b-ad45-434f-9fde-4de801dee1c7"),
        plan,
        dial_list: uuid("e276d8be-a558-4546-948a-f99913a7fea2"),
        destination: None,
        lead: uuid("382b639c-9eba-11e5-a926-0800271f0a4b"),
        lead_texts: LeadTexts::default(),
        asterisk: "pbx1".into(),
        index: 1,
        address: "111-111-0001".into(),
        channel: "SIP/111-111-0001@trunk_test_1".into(),
        try_count: 1,
        timeout_ms: 30_000,
        route: DialRoute::Exten { exten: plan.to_string(), context: "res_outbound".into(), priority: 1 },
        caller_id: None,
        variables: Vec::new(),
        created: wall("2015-12-09T21:17:22.209160178Z"),
    };
    Dialing { setup: Arc::new(setup), progress: Progress::default() }
}

fn wall(text: &str) -> Wall {
    let timestamp: jiff::Timestamp = text.parse().unwrap();
    Wall(timestamp.as_nanosecond().try_into().unwrap())
}

fn uuid(text: &str) -> Uuid {
    text.parse().unwrap()
}

fn text(text: &str) -> Option<Text> {
    Some(Text::parse(text).unwrap())
}

fn name(text: &str) -> Option<Name> {
    Some(Name::parse(text).unwrap())
}

fn variable(name: &str, value: &str) -> Variable {
    Variable { name: VariableName::parse(name).unwrap(), value: value.to_owned() }
}
