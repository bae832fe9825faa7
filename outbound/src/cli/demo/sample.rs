//! The sample campaign, made by the same commands that every client sends.

use anyhow::anyhow;
use engine::model::{CampaignStatus, DialMode, RulesPatch};
use engine::value::{Name, Number, Text, Trunks};
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::admin::{CampaignPatch, Command, DialListPatch, LeadPatch, PlanPatch, Refusal};
use crate::ami_server::{Answer, Core};
use crate::core::Daemon;

/// The name of the campaign.
pub(super) const CAMPAIGN: &str = "Demo campaign";

/// The queue of the simulated Asterisk.
pub(super) const QUEUE: &str = "sales";
/// Leads that are on their way to the store at a time.
const LEADS_AT_ONCE: usize = 256;
/// Tries of each customer's number.
const MAX_TRIES: u32 = 2;

/// So long may a person wait for an agent, in seconds. The simulated agents pick their phones up after 1.5 s on the average:
/// with the usual 2 s, one in ten comes too late, and the budget of abandoned calls is used up at once.
const PATIENCE_S: &str = "5";

/// What was made.
pub(super) struct Sample {
    pub(super) campaign: Uuid,
    pub(super) max_tries: u32,
}

/// Makes plan, list and campaign, and starts it.
pub(super) async fn create(daemon: &Daemon, customers: u32, agents: u32) -> anyhow::Result<Sample> {
    let rules = RulesPatch::read(|name| (name == "AbandonSeconds").then_some(PATIENCE_S));
    let rules = rules.map_err(|(name, error)| anyhow!("{name}: {error}"))?;
    let plan = PlanPatch {
        name: Some(text("Demo plan")),
        dial_mode: Some(DialMode::Predictive),
        dial_timeout_ms: Some(8_000),
        retry_delay_ms: Some(5_000),
        trunk_name: Some(Trunks::parse("carrier").ok()),
        queue_name: Some(Name::parse(QUEUE).ok()),
        service_level: Some(i32::try_from(agents / 10).unwrap_or(0)),
        max_tries: [Some(MAX_TRIES); 8],
        rules,
        ..PlanPatch::default()
    };
    let plan = command(daemon, Command::CreatePlan(plan)).await?;
    let list = DialListPatch { name: Some(text("Demo list")), ..DialListPatch::default() };
    let dial_list = command(daemon, Command::CreateDialList(list)).await?;
    let campaign = CampaignPatch {
        name: Some(text(CAMPAIGN)),
        plan: Some(Some(plan)),
        dial_list: Some(Some(dial_list)),
        ..CampaignPatch::default()
    };
    let campaign = command(daemon, Command::CreateCampaign(campaign)).await?;
    leads(daemon, dial_list, customers).await?;
    let start = Command::UpdateCampaign {
        uuid: campaign,
        patch: CampaignPatch::default(),
        status: Some(CampaignStatus::Start),
    };
    command(daemon, start).await?;
    Ok(Sample { campaign, max_tries: MAX_TRIES })
}

async fn leads(daemon: &Daemon, dial_list: Uuid, customers: u32) -> anyhow::Result<()> {
    let numbers: Vec<u32> = (1..=customers).collect();
    for chunk in numbers.chunks(LEADS_AT_ONCE) {
        let mut made = tokio::task::JoinSet::new();
        for customer in chunk {
            let mut patch =
                LeadPatch { name: Some(text(&format!("Customer {customer}"))), ..LeadPatch::default() };
            patch.numbers[0] = Some(Number::parse(&format!("555{customer:07}")).ok());
            let daemon = daemon.clone();
            made.spawn(async move {
                let (answer, answered) = answer();
                daemon.create_lead(dial_list, patch, answer).await;
                answered.await
            });
        }
        while let Some(result) = made.join_next().await {
            result??.map_err(|refusal| anyhow!("a lead was refused: {refusal}"))?;
        }
    }
    Ok(())
}

async fn command(daemon: &Daemon, command: Command) -> anyhow::Result<Uuid> {
    let (answer, answered) = answer();
    daemon.command(command, answer).await;
    answered.await?.map_err(|refusal| anyhow!("the sample campaign cannot be made: {refusal}"))
}

fn answer() -> (Answer, oneshot::Receiver<Result<Uuid, Refusal>>) {
    let (sender, receiver) = oneshot::channel();
    let answer: Answer = Box::new(move |result| {
        let _ = sender.send(result);
    });
    (answer, receiver)
}

fn text(value: &str) -> Option<Text> {
    Text::parse(value).ok()
}
