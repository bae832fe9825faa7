//! What the daemon asks of an Asterisk: actions, the events it wants to see, the dialplan of a plan.

use ami::client::Filter;
use ami::{InvalidHeader, Message};
use engine::CONTEXT;
use engine::abandon::queue_timeout_s;
use engine::dialing::{DialRoute, Setup};
use engine::input::AgentCall;
use engine::model::{AmdMode, DialMode, Plan};
use engine::preview::{HOLDING, bridge_data};
use engine::value::AbandonFrom;
use uuid::Uuid;

use super::translate::{AMD_EVENT, QUEUE_EVENT};
use super::variables;

/// The event classes that a dialer needs.
pub const EVENT_MASK: &str = "system,call,agent,user,dialplan";

/// A dialing's uuid: other channels' events are of no use here. Asterisk takes POSIX extended expressions.
const OUR_IDS: &str = "^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$";

/// The events of our own channels, and the header with the channel's id.
const BY_ID: [(&str, &str); 4] = [
    ("Newchannel", "Uniqueid"),
    ("Hangup", "Uniqueid"),
    ("DialBegin", "DestUniqueid"),
    ("DialEnd", "DestUniqueid"),
];
/// The events that come whomever they are about.
const BY_NAME: [&str; 15] = [
    "OriginateResponse",
    "UserEvent",
    "QueueCallerJoin",
    "QueueCallerLeave",
    "QueueCallerAbandon",
    "AgentCalled",
    "AgentRingNoAnswer",
    "AgentConnect",
    "QueueMemberStatus",
    "QueueMemberPause",
    "QueueMemberAdded",
    "QueueMemberRemoved",
    "FullyBooted",
    "Reload",
    "Shutdown",
];

/// The names of the events that pass the filters, but for those of which only some do (`VarSet`, `BridgeEnter`).
pub(crate) fn event_names() -> impl Iterator<Item = &'static str> {
    BY_ID.into_iter().map(|(name, _)| name).chain(BY_NAME)
}

/// What is said of an Asterisk that does not look at the names in [`filters`]. Its calls are the same.
pub const NO_FILTERS: &str = "it sends the events of all channels: filters by name are known from Asterisk 18.26, 20.11, 21.6 and 22.1 on";

/// Filters that cut the events of a call from 22 to about 8: only our own channels, and only what moves a call.
pub fn filters() -> Vec<Filter> {
    let by_id = BY_ID.into_iter().map(|(name, header)| {
        Filter::new(format!("action(include),name({name}),header({header}),method(regex)"), OUR_IDS)
    });
    let by_name = BY_NAME.into_iter().map(|name| Filter::new(format!("action(include),name({name})"), ""));
    let variable = |start: &str| {
        Filter::new("action(include),name(VarSet),header(Variable),method(starts_with)", start.to_owned())
    };
    // Of all bridges only those in which somebody is who waited for the other party of a preview.
    let bridged =
        Filter::new("action(include),name(BridgeEnter),header(Exten),method(exact)", HOLDING.to_string());
    by_id.chain(by_name).chain([variable("AMD"), variable("QUEUESTATUS"), bridged]).collect()
}

/// Asks for queues.conf: wrap-up times are in no event and no list.
///
/// # Errors
/// Never: the name is ours.
pub fn queue_config() -> Result<Message, InvalidHeader> {
    Message::action("GetConfig").with("Filename", "queues.conf")
}

/// Makes the call. The dialing's uuid is ActionID and ChannelId.
///
/// # Errors
/// [`InvalidHeader`] for a value that would end its line.
pub fn originate(setup: &Setup, plan: &Plan) -> Result<Message, InvalidHeader> {
    let mut action = Message::action("Originate");
    action.push("ActionID", setup.uuid)?;
    action.push("Channel", &setup.channel)?;
    action.push("ChannelId", setup.uuid)?;
    if plan.dial_mode == DialMode::Desktop {
        name_other_half(&mut action, &setup.channel, setup.uuid)?;
    }
    match &setup.route {
        DialRoute::Exten { exten, context, priority } => {
            action.push("Context", context)?;
            action.push("Exten", exten)?;
            action.push("Priority", priority)?;
        }
        DialRoute::Application { application, data } => {
            action.push("Application", application)?;
            action.push("Data", data.as_deref().unwrap_or_default())?;
        }
    }
    action.push("Timeout", setup.timeout_ms)?;
    if let Some(caller_id) = &setup.caller_id {
        action.push("CallerID", caller_id)?;
    }
    for variable in variables::headers(setup, plan) {
        action.push("Variable", variable)?;
    }
    action.push("Async", "true")?;
    Ok(action)
}

/// Calls the agent of a preview. His phone shows the customer; his call carries what the customer's does.
///
/// # Errors
/// [`InvalidHeader`] for a value that would end its line.
pub fn originate_agent(call: &AgentCall) -> Result<Message, InvalidHeader> {
    let mut action = Message::action("Originate")
        .with("ActionID", call.channel)?
        .with("Channel", &call.interface)?
        .with("ChannelId", call.channel)?;
    name_other_half(&mut action, call.interface.as_str(), call.channel)?;
    match call.bridge_to {
        None => {
            action.push("Context", CONTEXT)?;
            action.push("Exten", HOLDING)?;
            action.push("Priority", 1)?;
        }
        Some(customer) => {
            action.push("Application", "Bridge")?;
            action.push("Data", bridge_data(customer))?;
        }
    }
    action.push("Timeout", call.customer.timeout_ms)?;
    action.push("CallerID", customer_id(&call.customer))?;
    for variable in variables::variables(&call.customer) {
        action.push("Variable", variable)?;
    }
    action.push("Async", "true")?;
    Ok(action)
}

/// Bridge() takes the first channel whose id begins with what it is given, and the other half of a Local channel is called
/// `<id>;2` where it is given no name of its own.
fn name_other_half(action: &mut Message, channel: &str, id: Uuid) -> Result<(), InvalidHeader> {
    if channel.starts_with("Local/") {
        action.push("OtherChannelId", format_args!("other-{id}"))
    } else {
        Ok(())
    }
}

/// The customer as the agent's phone shows him: `"Name" <number>`. Asterisk cuts a caller id at 256 octets.
fn customer_id(customer: &Setup) -> String {
    const NAME_MAX: usize = 80;
    let number: String = customer.address.chars().filter(|c| !matches!(c, ' ' | '.' | '<' | '>')).collect();
    let name = customer.lead_texts.name.as_ref().map(|name| name.as_str()).unwrap_or_default();
    let plain = |c: &char| !c.is_control() && !matches!(c, '"' | '\\' | '<' | '>');
    let name: String = name.chars().filter(plain).take(NAME_MAX).collect();
    if name.is_empty() { number } else { format!("\"{name}\" <{number}>") }
}

/// Hangs a channel up, named by its id or name.
///
/// # Errors
/// [`InvalidHeader`] for a channel that would end its line.
pub fn hangup(channel: &str, cause: u16) -> Result<Message, InvalidHeader> {
    Message::action("Hangup").with("Channel", channel)?.with("Cause", cause)
}

/// Channel variables of the dialplan: when the call was answered, and what detection has left of the seconds until an agent
/// must be there.
const ANSWERED: &str = "OUT_ANSWERED";
const LEFT: &str = "OUT_SECONDS_LEFT";

/// One step of a dialplan: application and its data. The first has priority 1.
pub type Step = (&'static str, String);

/// What an answered call of a plan runs through: machine detection where the plan asks for it, the end of what is not to
/// pass, then the queue; and, for whom the queue does not keep, the plan's message. Nobody is left in silence: what follows
/// the queue follows at once, and without a message that is the hang-up.
pub fn dialplan(plan: &Plan) -> Vec<Step> {
    let mut steps: Vec<Step> = vec![("NoOp", format!("outbound plan {}", plan.uuid))];
    let timeout = queue_timeout_s(plan);
    let from_answer = plan.rules.abandon_from == Some(AbandonFrom::Answer);
    let detection_counts = plan.amd_mode.detects() && from_answer && timeout.is_some();
    if detection_counts {
        steps.push(("Set", format!("{ANSWERED}=${{EPOCH}}")));
    }
    if plan.amd_mode.detects() {
        detect(plan, &mut steps);
    }
    if let Some(queue) = &plan.queue_name {
        let data = match timeout {
            None => queue.to_string(),
            Some(seconds) if detection_counts => {
                steps.push(("Set", format!("{LEFT}=$[{seconds} - ${{EPOCH}} + ${{{ANSWERED}}}]")));
                format!("{queue},,,,$[${{{LEFT}}} < 1 ? 1 :: ${{{LEFT}}}]")
            }
            Some(seconds) => format!("{queue},,,,{seconds}"),
        };
        steps.push(("Queue", data));
        steps.push(("UserEvent", format!("{QUEUE_EVENT},Status: ${{QUEUESTATUS}}")));
        if let Some(message) = &plan.rules.abandon_message {
            steps.push(("Playback", message.to_string()));
        }
    }
    steps.push(("Hangup", "16".to_owned()));
    steps
}

/// Machine detection, and the end of what is not to pass.
fn detect(plan: &Plan, steps: &mut Vec<Step>) {
    let passing = plan.amd_mode.passing(plan.answer_handle);
    let results = [(AmdMode::HUMAN, "HUMAN"), (AmdMode::MACHINE, "MACHINE"), (AmdMode::NOTSURE, "NOTSURE")];
    let passes: Vec<String> = results
        .into_iter()
        .filter(|(bit, _)| passing & bit != 0)
        .map(|(_, status)| format!("\"${{AMDSTATUS}}\"=\"{status}\""))
        .collect();
    let condition = if passes.is_empty() { "0".to_owned() } else { format!("$[{}]", passes.join(" | ")) };
    steps.push(("AMD", String::new()));
    steps.push(("UserEvent", format!("{AMD_EVENT},Status: ${{AMDSTATUS}},Cause: ${{AMDCAUSE}}")));
    // Behind this step and the hang-up.
    steps.push(("GotoIf", format!("{condition}?{}", steps.len() + 3)));
    steps.push(("Hangup", "16".to_owned()));
}

/// Where the party of a preview waits who was called first: it hears ringing until the other one answers. What is longer than
/// any DialTimeout was forgotten by everybody.
pub fn holding() -> Vec<Step> {
    // Ringing() to a channel that has answered is a tone that Asterisk itself plays.
    vec![("Ringing", String::new()), ("Wait", "660".to_owned()), ("Hangup", "16".to_owned())]
}

/// Writes one step.
///
/// # Errors
/// [`InvalidHeader`] for a value that would end its line.
pub fn dialplan_step(plan: Uuid, priority: usize, step: &Step) -> Result<Message, InvalidHeader> {
    Message::action("DialplanExtensionAdd")
        .with("ActionID", format_args!("dialplan-{plan}-{priority}"))?
        .with("Context", CONTEXT)?
        .with("Extension", plan)?
        .with("Priority", priority)?
        .with("Application", step.0)?
        .with("ApplicationData", &step.1)?
        .with("Replace", "true")
}

/// Takes the dialplan of a plan away. It may never have been written, so a refusal of this says nothing and its ActionID is
/// another one.
///
/// # Errors
/// Never: a uuid does not end its line.
pub fn dialplan_remove(plan: Uuid) -> Result<Message, InvalidHeader> {
    Message::action("DialplanExtensionRemove")
        .with("ActionID", format_args!("no-dialplan-{plan}"))?
        .with("Context", CONTEXT)?
        .with("Extension", plan)
}

#[cfg(test)]
mod tests {
    use super::*;
    use engine::model::{AnswerHandle, DialMode, RulesPatch};
    use engine::time::Wall;
    use engine::value::Name;

    fn plan(amd: u8, answers: AnswerHandle) -> Plan {
        let mut plan = Plan::new(Uuid::nil(), Wall(0));
        plan.amd_mode = AmdMode::from_code(amd).unwrap();
        plan.answer_handle = answers;
        plan.queue_name = Name::parse("sales").ok();
        plan
    }

    #[test]
    fn an_agents_phone_shows_the_customer_and_nothing_that_breaks_its_line() {
        let mut setup = super::variables::tests::setup(&[]);
        assert_eq!(customer_id(&setup), "\"Doe, Jane\" <1>");
        setup.lead_texts.name = engine::value::Text::parse("A\"<sip:x>\\ B\t").ok();
        setup.address = "+1 202.555".to_owned();
        assert_eq!(customer_id(&setup), "\"Asip:x B\" <+1202555>");
        setup.lead_texts.name = None;
        assert_eq!(customer_id(&setup), "+1202555");
    }

    fn lines(action: &Message) -> Vec<String> {
        let mut octets = Vec::new();
        action.encode(&mut octets);
        String::from_utf8(octets)
            .unwrap()
            .lines()
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    #[test]
    fn an_agent_is_called_to_wait_for_the_customer_or_to_be_bridged_to_him() {
        let customer = std::sync::Arc::new(super::variables::tests::setup(&[]));
        let call = |interface: &str, bridge_to| AgentCall {
            channel: Uuid::from_u128(9),
            interface: engine::value::Interface::parse(interface).unwrap(),
            bridge_to,
            customer: std::sync::Arc::clone(&customer),
        };
        let waits = lines(&originate_agent(&call("PJSIP/agent1", None)).unwrap());
        let expected = [
            "Action: Originate",
            "ActionID: 00000000-0000-0000-0000-000000000009",
            "Channel: PJSIP/agent1",
            "ChannelId: 00000000-0000-0000-0000-000000000009",
            "Context: res_outbound",
            "Exten: 00000000-0000-0000-0000-000000000000",
            "Priority: 1",
            "Timeout: 30000",
            "CallerID: \"Doe, Jane\" <1>",
            "Variable: __OUT_DIALING_UUID=00000000-0000-0000-0000-000000000001",
        ];
        assert_eq!(waits[..10], expected);
        assert_eq!(waits.last().map(String::as_str), Some("Async: true"));
        let bridged = lines(&originate_agent(&call("Local/201@agents/n", Some(Uuid::from_u128(1)))).unwrap());
        let expected = [
            "OtherChannelId: other-00000000-0000-0000-0000-000000000009",
            "Application: Bridge",
            "Data: 00000000-0000-0000-0000-000000000001,x",
        ];
        assert_eq!(bridged[4..7], expected);
    }

    #[test]
    fn without_detection_an_answer_goes_straight_to_the_queue() {
        let steps = dialplan(&plan(0, AnswerHandle::HumanOnly));
        let applications: Vec<&str> = steps.iter().map(|step| step.0).collect();
        assert_eq!(applications, ["NoOp", "Queue", "UserEvent", "Hangup"]);
    }

    fn with(mut plan: Plan, settings: &[(&str, &'static str)]) -> Vec<String> {
        let given = |name: &str| settings.iter().find(|(n, _)| *n == name).map(|(_, text)| *text);
        RulesPatch::read(given).unwrap().apply(&mut plan.rules);
        dialplan(&plan).into_iter().skip(1).map(|(app, data)| format!("{app}({data})")).collect()
    }

    #[test]
    fn whom_the_queue_does_not_keep_hears_the_message_and_is_hung_up() {
        let told = "UserEvent(OutboundQueue,Status: ${QUEUESTATUS})";
        let mut predictive = plan(0, AnswerHandle::All);
        predictive.dial_mode = DialMode::Predictive;
        assert_eq!(with(predictive.clone(), &[]), ["Queue(sales)", told, "Hangup(16)"]);
        let message = [("AbandonMessage", "custom/sorry")];
        let steps = with(predictive, &message);
        assert_eq!(steps, ["Queue(sales,,,,2)", told, "Playback(custom/sorry)", "Hangup(16)"]);
        let robo = Plan { dial_mode: DialMode::Robo, ..plan(0, AnswerHandle::All) };
        let steps = with(robo.clone(), &message);
        assert_eq!(steps, ["Queue(sales)", told, "Playback(custom/sorry)", "Hangup(16)"]);
        let steps = with(robo, &[("AbandonSeconds", "7"), ("AbandonFrom", "answer")]);
        assert_eq!(steps, ["Queue(sales,,,,7)", told, "Hangup(16)"]);
    }

    #[test]
    fn seconds_from_the_answer_are_less_by_those_of_detection() {
        let steps = with(plan(1, AnswerHandle::All), &[("AbandonSeconds", "5"), ("AbandonFrom", "answer")]);
        let expected = [
            "Set(OUT_ANSWERED=${EPOCH})",
            "AMD()",
            "UserEvent(OutboundAMD,Status: ${AMDSTATUS},Cause: ${AMDCAUSE})",
            "GotoIf($[\"${AMDSTATUS}\"=\"HUMAN\"]?7)",
            "Hangup(16)",
            "Set(OUT_SECONDS_LEFT=$[5 - ${EPOCH} + ${OUT_ANSWERED}])",
            "Queue(sales,,,,$[${OUT_SECONDS_LEFT} < 1 ? 1 :: ${OUT_SECONDS_LEFT}])",
            "UserEvent(OutboundQueue,Status: ${QUEUESTATUS})",
            "Hangup(16)",
        ];
        assert_eq!(steps, expected);
        let steps = with(plan(1, AnswerHandle::All), &[("AbandonSeconds", "5"), ("AbandonFrom", "greeting")]);
        assert_eq!(steps[4], "Queue(sales,,,,5)");
    }

    #[test]
    fn detection_lets_only_that_pass_which_mode_and_handle_both_allow() {
        let condition = |amd, answers| dialplan(&plan(amd, answers))[3].1.clone();
        assert_eq!(condition(1, AnswerHandle::All), "$[\"${AMDSTATUS}\"=\"HUMAN\"]?6");
        assert_eq!(
            condition(7, AnswerHandle::HumanPossible),
            "$[\"${AMDSTATUS}\"=\"HUMAN\" | \"${AMDSTATUS}\"=\"NOTSURE\"]?6"
        );
        assert_eq!(condition(2, AnswerHandle::HumanOnly), "0?6");
        assert_eq!(dialplan(&plan(1, AnswerHandle::All))[5].0, "Queue");
    }
}
