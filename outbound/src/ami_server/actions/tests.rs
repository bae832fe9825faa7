//! Every action over a connection: its texts, the order of response and event. Lists are in `lists`.

mod lists;
mod previews;
mod room;

use ami::server::Handler as _;

use super::known::ACTIONS;
use room::{Client, Room};

/// Rows get these one after the other.
const FIRST: &str = "00000000-0000-0000-0000-000000000001";
const UNKNOWN: &str = "ffffffff-ffff-ffff-ffff-ffffffffffff";

#[tokio::test]
async fn every_change_answers_with_the_contracts_text_and_then_comes_its_event() {
    for kind in ["Plan", "Dlma", "Destination", "Queue", "Campaign"] {
        let room = Room::open().await;
        let mut client = room.client().await;
        for (verb, done) in [("Create", "created"), ("Update", "updated"), ("Delete", "deleted")] {
            let response = client.ask(&format!("Out{kind}{verb}|Uuid: {FIRST}|Name: x")).await;
            assert_eq!(response, format!("Response: Success\r\nMessage: {kind} {done} successfully\r\n"));
            let event = client.block().await;
            let start = format!("Event: Out{kind}{verb}\r\nPrivilege: message,all\r\nUuid: {FIRST}\r\n");
            assert!(event.starts_with(&start), "{event}");
        }
        let show = client.ask(&format!("Out{kind}Show|Uuid: {FIRST}")).await;
        assert_eq!(show, no_such(kind));
    }
}

/// The transcript C20 of an Asterisk has these headers in this order.
#[tokio::test]
async fn core_settings_are_those_of_an_asterisk_that_bears_our_name() {
    let room = Room::open().await;
    let settings = room.client().await.ask("coresettings").await;
    let names: Vec<_> = settings.lines().filter_map(|line| line.split(':').next()).collect();
    let expected = "Response AMIversion AsteriskVersion SystemName CoreMaxCalls CoreMaxLoadAvg CoreRunUser \
                    CoreRunGroup CoreMaxFilehandles CoreRealTimeEnabled CoreCDRenabled CoreHTTPenabled \
                    SoundsSearchCustomDir";
    assert_eq!(names, expected.split(' ').collect::<Vec<_>>());
    assert!(settings.contains("\r\nAMIversion: 11.0.0\r\nAsteriskVersion: 22.0.0-outbound-"), "{settings}");
}

#[tokio::test]
async fn leads_are_made_changed_shown_and_deleted() {
    let room = Room::open().await;
    let mut client = room.client().await;
    let lead = "00000000-0000-0000-0000-000000000002";
    client.ask("OutDlmaCreate").await;
    client.block().await;
    let made = client.ask(&format!("OutDlListCreate|DlmaUuid: {FIRST}|Name: Ann|Number1: 123")).await;
    assert_eq!(made, "Response: Success\r\nMessage: Dl list created successfully\r\n");
    let event = client.block().await;
    let start =
        format!("Event: OutDlListCreate\r\nPrivilege: message,all\r\nUuid: {lead}\r\nDlmaUuid: {FIRST}\r\n");
    assert!(event.starts_with(&start), "{event}");
    let changed = client.ask(&format!("OutDlListUpdate|Uuid: {lead}|Number1: 456")).await;
    assert_eq!(changed, "Response: Success\r\nMessage: Dl list updated successfully\r\n");
    assert!(client.block().await.contains("\r\nNumber1: 456\r\n"));
    let selections =
        [format!("Uuid: {lead}"), format!("DlmaUuid: {FIRST}"), "Count: 5".into(), String::new()];
    for selection in selections {
        assert_eq!(list_of(&mut client, &format!("OutDlListShow|{selection}")).await, 1, "{selection}");
    }
    let none = ["Uuid: x".into(), format!("Uuid: {UNKNOWN}"), format!("DlmaUuid: {UNKNOWN}")];
    for selection in none {
        assert_eq!(list_of(&mut client, &format!("OutDlListShow|{selection}")).await, 0, "{selection}");
    }
    let gone = client.ask(&format!("OutDlListDelete|Uuid: {lead}")).await;
    assert_eq!(gone, "Response: Success\r\nMessage: Dl list deleted successfully\r\n");
    assert_eq!(
        client.block().await,
        format!("Event: OutDlListDelete\r\nPrivilege: message,all\r\nUuid: {lead}\r\n")
    );
    assert_eq!(list_of(&mut client, "OutDlListShow").await, 0);
}

#[tokio::test]
async fn what_cannot_be_done_is_an_error_with_its_reason_and_changes_nothing() {
    let room = Room::open().await;
    let mut client = room.client().await;
    client.ask("OutCampaignCreate").await;
    client.block().await;
    let before = { room.rows().0.campaigns.clone() };
    let uuid = format!("|Uuid: {UNKNOWN}");
    let table = [
        (format!("OutCampaignUpdate{uuid}"), "updating campaign - no such campaign"),
        (format!("OutCampaignDelete{uuid}"), "deleting campaign - no such campaign"),
        (format!("OutCampaignCreate|Plan: {UNKNOWN}"), "creating campaign - no such plan"),
        (format!("OutCampaignCreate|Dlma: {UNKNOWN}"), "creating campaign - no such dlma"),
        (format!("OutCampaignUpdate|Uuid: {FIRST}|Status: 1"), "updating campaign - no plan is set"),
        (
            format!("OutCampaignUpdate|Uuid: {FIRST}|Name: y|Status: 9"),
            "updating campaign - Status: one of 0, 1, 2, 10, 11, 12, 30 expected",
        ),
        (format!("OutPlanUpdate{uuid}"), "updating plan - no such plan"),
        (format!("OutPlanDelete{uuid}"), "deleting plan - no such plan"),
        (
            "OutPlanCreate|DialTimeout: 5".to_owned(),
            "creating plan - DialTimeout: a number of milliseconds from 1000 to 600000 expected",
        ),
        (format!("OutDlmaUpdate{uuid}"), "updating dlma - no such dlma"),
        (format!("OutDlmaDelete{uuid}"), "deleting dlma - no such dlma"),
        (format!("OutQueueUpdate{uuid}"), "updating queue - no such queue"),
        (format!("OutQueueDelete{uuid}"), "deleting queue - no such queue"),
        ("OutQueueDelete|Uuid: x".to_owned(), "deleting queue - Uuid: a uuid such as"),
        ("OutDlmaCreate|Variable: x".to_owned(), "creating dlma - Variable: name=value"),
        (format!("OutDestinationUpdate{uuid}"), "updating destination - no such destination"),
        (format!("OutDestinationDelete{uuid}"), "deleting destination - no such destination"),
        ("OutDestinationCreate|Type: 3".to_owned(), "creating destination - Type: 0 or 1 expected"),
        ("OutDlListCreate".to_owned(), "creating dl list. - DlmaUuid: a uuid such as"),
        (format!("OutDlListCreate|DlmaUuid: {UNKNOWN}"), "creating dl list. - no such dlma"),
        (format!("OutDlListUpdate{uuid}"), "updating dl list. - no such dl list"),
        (format!("OutDlListUpdate|Uuid: {FIRST}|DlmaUuid: {UNKNOWN}"), "updating dl list. - no such dlma"),
        (format!("OutDlListDelete{uuid}"), "deleting dl_list - no such dl list"),
        ("OutDlListDelete".to_owned(), "deleting dl_list - Uuid: a uuid such as"),
    ];
    for (action, text) in table {
        let response = client.ask(&action).await;
        let start = format!("Response: Error\r\nMessage: Error encountered while {text}");
        assert!(response.starts_with(&start), "{action}: {response}");
    }
    let rows = room.rows();
    assert_eq!(rows.0.campaigns, before);
    assert!(rows.0.plans.is_empty() && rows.0.dial_lists.is_empty() && rows.0.destinations.is_empty());
    assert!(rows.1.leads.is_empty());
}

#[tokio::test]
async fn a_show_of_one_that_is_not_there_is_the_error_alone() {
    let room = Room::open().await;
    let mut client = room.client().await;
    for kind in ["Campaign", "CampaignStat", "Plan", "Dlma", "Destination", "Queue", "Dialing", "Preview"] {
        let expected = no_such(kind);
        for uuid in [UNKNOWN, "x"] {
            assert_eq!(client.ask(&format!("Out{kind}Show|Uuid: {uuid}")).await, expected);
        }
        assert_eq!(list_of(&mut client, &format!("Out{kind}Show")).await, 0);
    }
    let bad_count = "Response: Error\r\nMessage: Count: a number from 1 to 2000 expected\r\n";
    assert_eq!(client.ask("OutDlListShow|Count: 0").await, bad_count);
}

#[tokio::test]
async fn everybody_sees_the_event_and_the_actor_sees_its_response_before() {
    let room = Room::open().await;
    let (mut actor, mut other) = (room.client().await, room.client_named("other").await);
    let response = actor.ask("OutPlanCreate|ActionID: a|Name: P").await;
    assert_eq!(response, "Response: Success\r\nActionID: a\r\nMessage: Plan created successfully\r\n");
    let event = actor.block().await;
    assert!(event.starts_with("Event: OutPlanCreate\r\nPrivilege: message,all\r\n"), "{event}");
    assert_eq!(other.block().await, event);
    let denied = other.ask("OutPlanCreate").await;
    assert_eq!(denied, "Response: Error\r\nMessage: Permission denied\r\n");
}

#[tokio::test]
async fn only_who_may_write_class_system_gives_asterisk_something_to_expand() {
    let room = Room::open().await;
    let (mut admin, mut chief) = (room.client().await, room.client_named("chief").await);
    let table = [
        ("OutDestinationCreate|Type: 1|Application: Playback|Data: ${X}", "destination - Data"),
        ("OutDestinationCreate|Variable: a=$[1]", "destination - Variable"),
        ("OutPlanCreate|Variable: a=${X}", "plan - Variable"),
        ("OutDlmaCreate|Variable: a=${X}", "dlma - Variable"),
        ("OutDlListCreate|Variable: a=${X}", "dl list. - Variable"),
    ];
    for (action, place) in table {
        let expected = format!(
            "Response: Error\r\nMessage: Error encountered while creating {place}: a value without ${{ and $[ (with them \
             it needs write class system) expected\r\n"
        );
        assert_eq!(admin.ask(action).await, expected, "{action}");
    }
    for (action, _) in &table[..4] {
        assert!(chief.ask(action).await.starts_with("Response: Success\r\n"), "{action}");
        chief.block().await;
    }
}

#[tokio::test]
async fn a_daemon_that_ends_still_answers() {
    let room = Room::ending().await;
    let mut client = room.client().await;
    let table = [
        ("OutPlanCreate", "Error encountered while creating plan"),
        ("OutPlanShow", "No such plan"),
        (
            "OutDlListCreate|DlmaUuid: ffffffff-ffff-ffff-ffff-ffffffffffff",
            "Error encountered while creating dl list.",
        ),
    ];
    for (action, text) in table {
        let expected = format!("Response: Error\r\nMessage: {text} - the dialer is shutting down\r\n");
        assert_eq!(client.ask(action).await, expected);
    }
}

#[tokio::test]
async fn the_known_actions_are_listed_and_need_the_class_command() {
    let actions = super::Actions::new(Room::open().await);
    assert_eq!(actions.commands().len(), ACTIONS.len() + 1);
    for command in actions.commands() {
        let class = actions.write_class(&command.name.to_uppercase()).unwrap();
        assert!(class.permits(ami::Class::Command.into()), "{}", command.name);
    }
    assert_eq!(actions.write_class("OutDialingCreate"), None);
}

/// The error of a Show of one that is not there.
fn no_such(kind: &str) -> String {
    let text = match kind {
        "Queue" => "Error encountered while show queue".to_owned(),
        "CampaignStat" => "No such campaign".to_owned(),
        kind => format!("No such {}", kind.to_lowercase()),
    };
    format!("Response: Error\r\nMessage: {text}\r\n")
}

/// Asks for a list and reads it to its end: how many entries it says it has, and has.
async fn list_of(client: &mut Client, action: &str) -> usize {
    let response = client.ask(action).await;
    assert!(response.starts_with("Response: Success\r\nEventList: start\r\n"), "{action}: {response}");
    let mut entries = 0;
    loop {
        let block = client.block().await;
        if let Some((_, items)) = block.split_once("EventList: Complete\r\nListItems: ") {
            assert_eq!(items.trim_end(), entries.to_string());
            return entries;
        }
        entries += 1;
    }
}
