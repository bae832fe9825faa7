//! What lists look like: response, entries, end.

use std::sync::Arc;

use engine::dialing::{DialRoute, Dialing, Progress, Setup};
use engine::model::LeadTexts;
use engine::time::Wall;
use uuid::Uuid;

use super::FIRST;
use super::room::Room;

const SECOND: &str = "00000000-0000-0000-0000-000000000002";

#[tokio::test]
async fn a_list_is_a_response_its_entries_and_their_count_each_with_the_action_id() {
    let room = Room::open().await;
    let mut client = room.client().await;
    client.ask("outdlmacreate|NAME: A").await;
    client.block().await;
    let response = client.ask("OutDlmaShow|ActionID: 7").await;
    let expected =
        "Response: Success\r\nActionID: 7\r\nEventList: start\r\nMessage: Dlma List will follow\r\n";
    assert_eq!(response, expected);
    let entry = "Event: OutDlmaEntry\r\nActionID: 7\r\nUuid: 00000000-0000-0000-0000-000000000001\r\nName: A\r\n\
        Detail: <unknown>\r\nDlTable: 00000000000000000000000000000001\r\nTmCreate: 1970-01-01 00:00:00.000001\r\n\
        TmDelete: <unknown>\r\nTmUpdate: <unknown>\r\nVariable: <unknown>\r\n";
    assert_eq!(client.block().await, entry);
    let complete = "Event: OutDlmaListComplete\r\nActionID: 7\r\nEventList: Complete\r\nListItems: 1\r\n";
    assert_eq!(client.block().await, complete);
}

#[tokio::test]
async fn a_queue_entry_and_a_campaigns_counts_have_the_contracts_fields() {
    let room = Room::open().await;
    let mut client = room.client().await;
    for action in [
        "OutQueueCreate|Name: sales".into(),
        "OutDlmaCreate".into(),
        format!("OutCampaignCreate|Dlma: {SECOND}"),
    ] {
        client.ask(&action).await;
        client.block().await;
    }
    client.ask(&format!("OutDlListCreate|DlmaUuid: {SECOND}")).await;
    client.block().await;
    client.ask("OutCampaignCreate").await;
    client.block().await;
    client.ask("OutQueueShow|ActionID: q").await;
    let entry = format!(
        "Event: OutQueueEntry\r\nActionID: q\r\nUuid: {FIRST}\r\nName: sales\r\nDetail: <unknown>\r\n"
    );
    assert_eq!(client.block().await, entry);
    let complete = "Event: OutQueueListComplete\r\nActionID: q\r\nEventList: Complete\r\nListItems: 1\r\n";
    assert_eq!(client.block().await, complete);
    client.ask("OutCampaignStatShow").await;
    let entry = |uuid: u8, counts: [u64; 5]| {
        let [total, finished, available, dialing, called] = counts;
        format!(
            "Event: OutCampaignStatEntry\r\nUuid: 00000000-0000-0000-0000-{uuid:012}\r\nDlTotalCount: {total}\r\n\
             DlFinishedCount: {finished}\r\nDlAvailableCount: {available}\r\nDlDialingCount: {dialing}\r\n\
             DlCalledCount: {called}\r\n"
        )
    };
    assert_eq!(client.block().await, entry(3, [1, 1, 2, 3, 4]));
    assert_eq!(client.block().await, entry(5, [0; 5]));
    let complete = "Event: OutCampaignStatListComplete\r\nEventList: Complete\r\nListItems: 2\r\n";
    assert_eq!(client.block().await, complete);
}

#[tokio::test]
async fn every_list_has_the_contracts_names() {
    let room = Room::open().await;
    room.rows().1.dialings = vec![dialing(1), dialing(2)];
    let mut client = room.client().await;
    for action in
        ["OutPlanCreate", "OutDestinationCreate", "OutCampaignCreate", "OutDlmaCreate", "OutQueueCreate"]
    {
        client.ask(action).await;
        client.block().await;
    }
    client.ask("OutDlListCreate|DlmaUuid: 00000000-0000-0000-0000-000000000004").await;
    client.block().await;
    let table = [
        ("OutPlanShow", "Plan List", "OutPlanEntry", "OutPlanListComplete", 1),
        ("OutDlmaShow", "Dlma List", "OutDlmaEntry", "OutDlmaListComplete", 1),
        ("OutDestinationShow", "Destination List", "OutDestinationEntry", "OutDestinationListComplete", 1),
        ("OutQueueShow", "Queue List", "OutQueueEntry", "OutQueueListComplete", 1),
        ("OutCampaignShow", "Campaign List", "OutCampaignEntry", "OutCampaignListComplete", 1),
        (
            "OutCampaignStatShow",
            "Campaign Stat List",
            "OutCampaignStatEntry",
            "OutCampaignStatListComplete",
            1,
        ),
        ("OutDlListShow", "Dl List", "OutDlListEntry", "OutDlListComplete", 1),
        ("OutDialingShow", "Dialing List", "OutDialingEntry", "OutDialingListComplete", 2),
        (
            "OutDialingShow|Uuid: 00000000-0000-0000-0000-000000000002",
            "Dialing List",
            "OutDialingEntry",
            "OutDialingListComplete",
            1,
        ),
        ("OutDialingSummary", "Summary List", "OutDialingSummary\r\nCount: 2", "OutSummaryListComplete", 1),
    ];
    for (action, words, entry, complete, count) in table {
        let response = client.ask(action).await;
        assert_eq!(
            response,
            format!("Response: Success\r\nEventList: start\r\nMessage: {words} will follow\r\n")
        );
        for _ in 0..count {
            let got = client.block().await;
            assert!(got.starts_with(&format!("Event: {entry}\r\n")) && !got.contains("Privilege"), "{got}");
        }
        let end = format!("Event: {complete}\r\nEventList: Complete\r\nListItems: {count}\r\n");
        assert_eq!(client.block().await, end);
    }
}

fn dialing(number: u128) -> Dialing {
    let setup = Setup {
        uuid: Uuid::from_u128(number),
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
        channel: "PJSIP/1".into(),
        try_count: 1,
        timeout_ms: 30_000,
        route: DialRoute::Exten { exten: "1".into(), context: "res_outbound".into(), priority: 1 },
        caller_id: None,
        variables: Vec::new(),
        created: Wall(0),
    };
    Dialing { setup: Arc::new(setup), progress: Progress::default() }
}
