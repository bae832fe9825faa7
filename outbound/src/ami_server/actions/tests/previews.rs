//! Offers to agents: how they are shown, and what is answered.

use std::sync::Arc;

use engine::model::Lead;
use engine::preview::Offer;
use engine::time::Wall;
use engine::value::{Interface, Number, Text};
use uuid::Uuid;

use super::room::Room;
use super::{FIRST, UNKNOWN};
use crate::admin::PreviewCommand;
use crate::ami_server::publish;

const FIELDS: &str = "Uuid: 00000000-0000-0000-0000-000000000001\r\n\
    CampUuid: 00000000-0000-0000-0000-0000000000ca\r\nPlanUuid: 00000000-0000-0000-0000-0000000000ba\r\n\
    DlmaUuid: 00000000-0000-0000-0000-000000000011\r\nDlListUuid: 00000000-0000-0000-0000-00000000001e\r\n\
    Queue: sales\r\nAgent: Agent 201\r\nInterface: Local/201@agents/n\r\nTimeout: 30\r\nName: Jane Doe\r\n\
    Detail: <unknown>\r\nUKey: k1\r\nUData: <unknown>\r\nEmail: <unknown>\r\nDialIndex: 2\r\nDialAddr: +1 202\r\n\
    DialTryCnt: 4\r\nTmCreate: 1970-01-01T00:00:00.000000007Z\r\n";

fn offer() -> Arc<Offer> {
    let mut lead = Lead::new(Uuid::from_u128(0x1e), Uuid::from_u128(0x11), Wall(0));
    (lead.name, lead.ukey) = (Text::parse("Jane Doe").ok(), Text::parse("k1").ok());
    (lead.numbers[1], lead.tries[1]) = (Number::parse("+1 202").ok(), 3);
    Arc::new(Offer {
        dialing: Uuid::from_u128(1),
        serial: 1,
        campaign: Uuid::from_u128(0xca),
        plan: Uuid::from_u128(0xba),
        queue: "sales".to_owned(),
        agent: "Agent 201".to_owned(),
        interface: Interface::parse("Local/201@agents/n").unwrap(),
        seconds: 30,
        lead,
        index: 1,
        created: Wall(7),
    })
}

async fn room() -> Room {
    let room = Room::open().await;
    room.rows().1.offers.push(offer());
    room
}

#[tokio::test]
async fn an_offer_is_told_and_listed_with_all_that_the_agent_needs() {
    let room = room().await;
    let mut client = room.client().await;
    publish(room.broadcast(), &engine::notify::Notify::PreviewOffered(offer()));
    assert_eq!(client.block().await, format!("Event: OutPreviewOffer\r\nPrivilege: message,all\r\n{FIELDS}"));
    for action in
        ["OutPreviewShow|ActionID: 1".to_owned(), format!("OutPreviewShow|ActionID: 1|Uuid: {FIRST}")]
    {
        let response = client.ask(&action).await;
        let expected =
            "Response: Success\r\nActionID: 1\r\nEventList: start\r\nMessage: Preview List will follow\r\n";
        assert_eq!(response, expected);
        assert_eq!(client.block().await, format!("Event: OutPreviewEntry\r\nActionID: 1\r\n{FIELDS}"));
        let complete =
            "Event: OutPreviewListComplete\r\nActionID: 1\r\nEventList: Complete\r\nListItems: 1\r\n";
        assert_eq!(client.block().await, complete);
    }
}

#[tokio::test]
async fn an_answer_to_an_offer_has_its_response_and_then_the_event_of_its_end() {
    let uuid = Uuid::from_u128(1);
    let refuse = |delay_ms| PreviewCommand::Refuse { dialing: uuid, delay_ms };
    let table = [
        (format!("Accept|Uuid: {FIRST}"), "accepted", PreviewCommand::Accept(uuid)),
        (format!("Refuse|Uuid: {FIRST}"), "refused", refuse(None)),
        (format!("Refuse|Uuid: {FIRST}|Delay: 60000"), "refused", refuse(Some(60_000))),
        (format!("Refuse|Uuid: {FIRST}|Delay: "), "refused", refuse(None)),
    ];
    for (action, done, command) in table {
        let room = room().await;
        let mut client = room.client().await;
        let response = client.ask(&format!("OutPreview{action}")).await;
        assert_eq!(response, format!("Response: Success\r\nMessage: Preview {done} successfully\r\n"));
        let end =
            format!("Event: OutPreviewEnd\r\nPrivilege: message,all\r\nUuid: {FIRST}\r\nResult: {done}\r\n");
        assert_eq!(client.block().await, end);
        assert_eq!(room.rows().1.previews, [command]);
    }
}

#[tokio::test]
async fn an_answer_that_comes_too_late_or_says_nothing_is_refused_with_the_reason() {
    let room = room().await;
    let mut client = room.client().await;
    let table = [
        (
            format!("OutPreviewAccept|Uuid: {UNKNOWN}"),
            "accepting preview - no such preview; it may have ended",
        ),
        (
            format!("OutPreviewRefuse|Uuid: {UNKNOWN}"),
            "refusing preview - no such preview; it may have ended",
        ),
        ("OutPreviewAccept".to_owned(), "accepting preview - Uuid: a uuid such as"),
        ("OutPreviewRefuse|Uuid: x".to_owned(), "refusing preview - Uuid: a uuid such as"),
        (
            format!("OutPreviewRefuse|Uuid: {FIRST}|Delay: -1"),
            "refusing preview - Delay: a number of milliseconds from 0 to 2592000000 expected",
        ),
    ];
    for (action, text) in table {
        let response = client.ask(&action).await;
        let start = format!("Response: Error\r\nMessage: Error encountered while {text}");
        assert!(response.starts_with(&start), "{action}: {response}");
    }
    let denied = room.client_named("other").await.ask(&format!("OutPreviewAccept|Uuid: {FIRST}")).await;
    assert_eq!(denied, "Response: Error\r\nMessage: Permission denied\r\n");
    assert!(room.rows().1.previews.is_empty());
}
