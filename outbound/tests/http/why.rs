//! Why a campaign does not dial, over HTTP, in situations as they come: a daemon with a simulated Asterisk, or with none.

use engine::why::Code;
use pbxsim::Scenario;
use pbxsim::scenario::Agents;
use serde_json::{Value, json};

use super::support::Room;

/// Numbers tell how they behave; so many agents are in the queue `sales`.
fn agents(count: usize) -> Scenario {
    Scenario { by_number: true, agents: Agents { count, ..Agents::default() }, ..Scenario::default() }
}

fn plan(mode: &str) -> Value {
    json!({ "dial_mode": mode, "queue_name": "sales", "tech_name": "Local", "trunk_name": "pstn", "abandon_rule": "none" })
}

/// `base` with other fields.
fn with(mut base: Value, more: &Value) -> Value {
    for (name, value) in more.as_object().unwrap() {
        base[name] = value.clone();
    }
    base
}

struct Campaign<'a> {
    room: &'a Room,
    path: String,
    list: Value,
}

impl<'a> Campaign<'a> {
    /// One that calls these numbers by such a plan, with these settings of its own; not started.
    async fn of(room: &'a Room, plan: &Value, settings: &Value, numbers: &[&str]) -> Self {
        let plan = room.create("plans", plan).await;
        let list = room.create("dial-lists", &json!({})).await;
        for number in numbers {
            room.create("leads", &json!({ "dial_list": list["uuid"], "numbers": [number] })).await;
        }
        let row = with(json!({ "plan": plan["uuid"], "dial_list": list["uuid"] }), settings);
        let row = room.create("campaigns", &row).await;
        let path = format!("campaigns/{}", row["uuid"].as_str().unwrap());
        Self { room, path, list }
    }

    async fn ask(&self, what: &str) {
        let asked = self.room.ask("POST", &format!("{}/{what}", self.path), &[], "").await;
        assert_eq!(asked.status, 200, "{asked:?}");
    }

    /// The same, started on an Asterisk that is there.
    async fn runs(room: &'a Room, plan: &Value, settings: &Value, numbers: &[&str]) -> Self {
        let campaign = Self::of(room, plan, settings, numbers).await;
        let ready = room.until("asterisks", |asterisks| asterisks["items"][0]["state"] == "ready").await;
        assert_eq!(ready["items"][0]["why"], Value::Null);
        campaign.ask("start").await;
        campaign
    }

    async fn why(&self) -> Value {
        self.room.get(&format!("{}/why", self.path)).await
    }

    /// Waits until this is the reason.
    async fn until(&self, reason: &str) -> Value {
        self.room.until(&format!("{}/why", self.path), |why| why["reason"] == reason).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_asterisk_it_says_since_when_and_why_and_so_do_all_campaigns_at_once() {
    let room = Room::open().await;
    let asterisks = room.get("asterisks").await;
    let away = asterisks["items"][0]["why"].as_str().unwrap();
    assert!(away.contains("has been away for"), "{asterisks}");
    let campaign = Campaign::of(&room, &plan("progressive"), &json!({}), &["1000001"]).await;
    let why = campaign.why().await;
    assert_eq!((&why["reason"], &why["text"]), (&json!("stopped"), &json!("the campaign is stopped")));
    assert_eq!((&why["status"], &why["advice"]), (&json!("stop"), &json!("Start the campaign")));
    campaign.ask("start").await;
    let why = room
        .until(&format!("{}/why", campaign.path), |why| why["text"].as_str().unwrap().contains("refused"))
        .await;
    let text = why["text"].as_str().unwrap();
    assert!(text.starts_with("Asterisk pbx1 is not connected since ") && text.ends_with(')'), "{why}");
    assert_eq!((&why["reason"], &why["dialing"]), (&json!("asterisk_not_connected"), &json!(false)));
    assert!(why["since"].is_string() && why["until"].is_null() && why["advice"].is_string(), "{why}");
    assert_eq!((&why["limits"][0]["asterisk"], &why["limits"][0]["text"]), (&json!("pbx1"), &json!(text)));
    let all = room.get("campaigns/why").await;
    assert_eq!(all["items"][0]["campaign"], campaign.path.trim_start_matches("campaigns/"));
    assert_eq!(all["items"][0]["reason"], "asterisk_not_connected");
    assert!(all["items"].as_array().unwrap().len() == 1 && all["next_cursor"].is_null());
    campaign.ask("pause").await;
    assert_eq!(campaign.until("paused").await["text"], "the campaign is paused");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_missing_is_named() {
    let room = Room::open().await;
    let missing = [
        (json!({ "plan": null }), "no_plan", "no plan is set"),
        (json!({ "dial_list": null }), "no_dial_list", "no dial list is set"),
    ];
    for (settings, reason, text) in missing {
        let campaign = Campaign::of(&room, &plan("progressive"), &settings, &[]).await;
        let why = campaign.why().await;
        assert_eq!(why["reason"], reason, "{why}");
        assert_eq!(why["text"], format!("stopped, and cannot be started: {text}"));
    }
    let no_mode = Campaign::of(&room, &json!({ "dial_mode": "none" }), &json!({}), &[]).await;
    assert_eq!(no_mode.why().await["reason"], "no_dial_mode");
    let empty = Campaign::of(&room, &plan("progressive"), &json!({}), &[]).await;
    assert_eq!(empty.why().await["text"], "the campaign is stopped; its dial list is empty");
    let unknown = room.ask("GET", "campaigns/00000000-0000-0000-0000-000000000001/why", &[], "").await;
    assert_eq!(unknown.status, 404);
    assert_eq!(room.ask("GET", &format!("{}/why?x=1", empty.path), &[], "").await.status, 422);
}

#[tokio::test(flavor = "multi_thread")]
async fn outside_of_its_schedule_with_the_time_at_which_it_opens() {
    let room = Room::open().await;
    let day = jiff::Zoned::now().date().checked_add(jiff::Span::new().days(30)).unwrap();
    let schedule = json!({ "schedule": { "enabled": true, "date_start": day.to_string(), "time_start": "09:00:00" },
        "time_zone": "Europe/Berlin" });
    let campaign = Campaign::of(&room, &plan("progressive"), &schedule, &["1000001"]).await;
    let why = campaign.why().await;
    assert_eq!(why["text"], format!("outside its schedule until {day} 09:00 Europe/Berlin"), "{why}");
    assert_eq!(why["reason"], "outside_schedule");
    assert!(why["until"].as_str().unwrap().starts_with(&day.to_string()), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn all_agents_talk_then_one_is_called_for() {
    let room = Room::simulated(agents(2)).await;
    let campaign =
        Campaign::runs(&room, &plan("progressive"), &json!({}), &["1200001", "1200002", "3000003"]).await;
    let why =
        room.until(&format!("{}/why", campaign.path), |why| why["figures"]["agents_talking"] == 2).await;
    assert_eq!(why["reason"], "no_idle_agent", "{why}");
    assert_eq!(why["text"], "no idle agent in sales: 2 logged in, 2 talking");
    assert_eq!((&why["figures"]["agents_logged_in"], &why["figures"]["agents_idle"]), (&json!(2), &json!(0)));
    assert_eq!((&why["figures"]["in_flight"], &why["dialing"]), (&json!(2), &json!(false)));
    let why = room.until(&format!("{}/why", campaign.path), |why| why["figures"]["ringing"] == 1).await;
    assert_eq!((&why["status"], &why["dialing"]), (&json!("start"), &json!(true)), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_is_there_or_the_queue_is_not() {
    let room = Room::simulated(agents(0)).await;
    let campaign = Campaign::runs(&room, &plan("predictive"), &json!({}), &["1000001"]).await;
    let why = campaign.until("nobody_logged_in").await;
    assert_eq!(why["text"], "nobody is logged in to sales: the queue has no members");
    let other = with(plan("power"), &json!({ "queue_name": "nowhere" }));
    let campaign = Campaign::runs(&room, &other, &json!({}), &["1000001"]).await;
    let why = campaign.until("no_such_queue").await;
    assert_eq!(
        (&why["text"], &why["figures"]["queue"]),
        (&json!("no queue nowhere on pbx1"), &json!("nowhere"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn leads_that_wait_are_counted_and_the_list_comes_to_its_end() {
    let room = Room::simulated(agents(3)).await;
    let slow = json!({ "max_tries": [2], "retry_delay_ms": 600_000, "list_end": "keep_running" });
    let numbers = ["2000001", "2000002", "2000003"];
    let campaign = Campaign::runs(&room, &with(plan("progressive"), &slow), &json!({}), &numbers).await;
    let why = campaign.until("retry_delay").await;
    assert_eq!(why["text"], "3 leads wait for their retry delay (next in 10 min)", "{why}");
    assert_eq!(why["figures"]["waiting"], 3);
    assert!(why["until"].as_str() > why["since"].as_str(), "{why}");
    assert_eq!(why["limits"].as_array().unwrap().len(), 1, "nothing else holds it back: {why}");
    let once = json!({ "max_tries": [1], "retry_delay_ms": 0, "list_end": "keep_running" });
    let campaign = Campaign::runs(&room, &with(plan("robo"), &once), &json!({}), &numbers).await;
    let why = campaign.until("list_used_up").await;
    assert_eq!(why["text"], "the list is used up: no lead has tries left");
    let leads = room.get(&format!("leads?dial_list={}", campaign.list["uuid"].as_str().unwrap())).await;
    for lead in leads["items"].as_array().unwrap() {
        let path = format!("leads/{}", lead["uuid"].as_str().unwrap());
        assert_eq!(room.ask("DELETE", &path, &[], "").await.status, 204);
    }
    assert_eq!(campaign.until("list_empty").await["text"], "the dial list is empty: it has no leads");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_has_worked_through_its_list_says_so() {
    let room = Room::simulated(agents(1)).await;
    let once = json!({ "max_tries": [1] });
    let campaign = Campaign::runs(&room, &with(plan("robo"), &once), &json!({}), &["2000001"]).await;
    let why = campaign.until("list_used_up").await;
    assert_eq!(why["status"], "stop");
    assert!(
        why["text"]
            .as_str()
            .unwrap()
            .starts_with("the list is used up; the campaign has stopped by itself at ")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn limits_of_campaign_trunk_and_asterisk_are_named_with_their_numbers() {
    let numbers: Vec<String> = (0..9).map(|n| format!("300000{n}")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let limits = "max_channels = 6\nmax_cps = 50\n[[asterisk.trunk]]\nname = \"pstn\"\nmax_channels = 4";
    let room = Room::limited(agents(1), limits).await;
    let own = Campaign::runs(&room, &plan("robo"), &json!({ "max_channels": 3 }), &numbers).await;
    let why = own.until("campaign_channels").await;
    assert_eq!(why["text"], "the campaign's channel limit: 3 of 3 calls at once");
    let trunk = Campaign::runs(&room, &plan("robo"), &json!({}), &numbers).await;
    let why = trunk.until("trunk_channels").await;
    assert_eq!(why["text"], "channel limit of trunk pstn on pbx1: 4 of 4 calls at once");
    assert_eq!((&why["figures"]["trunk"], &why["figures"]["calls"]), (&json!("pstn"), &json!(4)));
    let elsewhere = with(plan("robo"), &json!({ "tech_name": "PJSIP", "trunk_name": "other" }));
    let asterisk = Campaign::runs(&room, &elsewhere, &json!({}), &numbers).await;
    let why = asterisk.until("asterisk_channels").await;
    assert_eq!(why["text"], "channel limit of Asterisk pbx1: 6 of 6 calls at once");
}

#[tokio::test(flavor = "multi_thread")]
async fn calls_per_second_bind_until_the_next_call() {
    let numbers: Vec<String> = (0..9).map(|n| format!("300000{n}")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let room = Room::limited(agents(1), "max_cps = 0.2").await;
    let campaign = Campaign::runs(&room, &plan("robo"), &json!({}), &numbers).await;
    let why = campaign.until("asterisk_rate").await;
    assert_eq!(why["text"], "calls-per-second limit of Asterisk pbx1: at most 0.2 calls a second");
    assert!(why["until"].is_string() && why["figures"]["max_cps"] == json!(0.2), "{why}");
    let room = Room::simulated(agents(1)).await;
    let campaign = Campaign::runs(&room, &plan("robo"), &json!({ "max_cps": 0.1 }), &numbers).await;
    let why = campaign.until("campaign_rate").await;
    assert_eq!(why["text"], "the campaign's calls-per-second limit: at most 0.1 calls a second");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_trunk_that_fails_all_its_calls_is_named() {
    let numbers: Vec<String> = (0..40).map(|n| format!("51000{n:02}")).collect();
    let numbers: Vec<&str> = numbers.iter().map(String::as_str).collect();
    let room = Room::simulated(agents(1)).await;
    let campaign = Campaign::runs(&room, &plan("robo"), &json!({}), &numbers).await;
    let why = campaign.until("trunk_congested").await;
    assert!(why["text"].as_str().unwrap().starts_with("trunk pstn on pbx1 is congested ("), "{why}");
    assert!(why["since"].is_string() && why["figures"]["refused"].as_u64() >= Some(5), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn offers_wait_for_their_agents() {
    let room = Room::simulated(agents(2)).await;
    let campaign =
        Campaign::runs(&room, &plan("desktop"), &json!({}), &["1000001", "1000002", "1000003"]).await;
    let why = room.until(&format!("{}/why", campaign.path), |why| why["figures"]["offers"] == 2).await;
    assert_eq!(why["reason"], "offers_open", "{why}");
    assert_eq!(why["text"], "2 offers wait for the answers of agents in sales (2 logged in, 2 idle)");
}

#[test]
fn the_table_of_reasons_in_the_documentation_is_that_of_the_code() {
    let page = include_str!("../../../docs/http.md");
    for code in Code::ALL {
        assert!(!code.meaning().contains('_'), "names of settings are in what to do: {code:?}");
        let row = format!("| `{}` | {} | {} |", code.as_str(), code.meaning(), code.advice().unwrap_or(""));
        assert!(page.contains(&row.replace("  |", " |")), "missing in docs/http.md: {row}");
    }
}
