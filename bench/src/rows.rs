//! A plan, a campaign that runs it, and a list with as many leads as wanted, in a database of its own.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use engine::dialing::{Claim, DialRoute, Dialing, DialingStatus, Progress, Setup};
use engine::model::{Campaign, CampaignStatus, Change, DialList, DialMode, Lead, LeadClaim, Plan, Variable};
use engine::store_id::StoreId;
use engine::time::Wall;
use engine::value::{CallerId, Name, Number, Text, Trunks, VariableName};
use outbound::store::{CACHE_MIB, Loaded, Store, StoreOptions, Synchronous};
use rusqlite::Connection;
use uuid::Uuid;

/// The plan.
pub const PLAN: Uuid = Uuid::from_u128(0x91a7_0000_0000_4000_8000_0000_0000_0001);
/// The dial list.
pub const LIST: Uuid = Uuid::from_u128(0x1157_0000_0000_4000_8000_0000_0000_0001);
/// The campaign.
pub const CAMPAIGN: Uuid = Uuid::from_u128(0xca39_0000_0000_4000_8000_0000_0000_0001);
/// The queue, as the captures name it.
pub const QUEUE: &str = "salessip";
/// When everything begins: Monday 2026-11-23, a little after the captures were made.
pub const EPOCH: Wall = Wall(1_795_440_000_000_000_000);

/// Leads with the fields that a list usually has: name, key, data, a number, an e-mail address, one variable.
const LEADS: &str = r#"
WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < ?1)
INSERT INTO lead (uuid, dlma, name, status, ukey, udata, number1, email, trycnt1, trycnt2, trycnt3, trycnt4, trycnt5,
    trycnt6, trycnt7, trycnt8, res_dial, res_hangup, variables, tm_create)
SELECT unhex(printf('%08x00004000800%013x', (n * 2654435761) % 4294967296, n)),
    (SELECT id FROM dlma WHERE uuid = ?2), 'Lead ' || n, 0, 'key-' || n, 'data of lead ' || n, '1202555' || n,
    'lead' || n || '@example.org', 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[["BALANCE","12.50"]]', ?3
FROM n
"#;

/// A plan with the fields that plans usually have; one with a queue where the mode needs agents.
///
/// # Errors
/// Never: its texts are ours.
pub fn plan(mode: DialMode) -> anyhow::Result<Plan> {
    let mut plan = Plan::new(PLAN, EPOCH);
    plan.name = Some(Text::parse("Summer offer")?);
    plan.dial_mode = mode;
    plan.caller_id = Some(CallerId::parse("\"Sales\" <12025550100>")?);
    plan.trunk_name = Some(Trunks::parse("carrier")?);
    plan.variables = vec![Variable { name: VariableName::parse("OFFER")?, value: "summer".to_owned() }];
    if !matches!(mode, DialMode::Robo | DialMode::Redirect) {
        plan.queue_name = Some(Name::parse(QUEUE)?);
    }
    Ok(plan)
}

/// A claimed lead, as the store gives it: the `number`th.
///
/// # Errors
/// Never: its texts are ours.
pub fn claim(number: u64, list: Uuid, campaign: Uuid) -> anyhow::Result<Claim> {
    let mut lead = Lead::new(
        Uuid::from_u128(0x1ead_0000_0000_4000_8000_0000_0000_0000 + u128::from(number)),
        list,
        EPOCH,
    );
    lead.name = Some(Text::parse(&format!("Lead {number}"))?);
    lead.ukey = Some(Text::parse(&format!("key-{number}"))?);
    lead.udata = Some(Text::parse(&format!("data of lead {number}"))?);
    lead.numbers[0] = Some(Number::parse(&format!("1202555{number}"))?);
    lead.variables = vec![Variable { name: VariableName::parse("BALANCE")?, value: "12.50".to_owned() }];
    // Scattered as random ones are.
    let dialing = u128::from(number.wrapping_mul(0x9e37_79b9_7f4a_7c15)) << 64 | 0x4000_8000_0000_0000_0000;
    let dialing = StoreId::new(0xbe7c).dialing(Uuid::from_u128(dialing));
    lead.claim = Some(LeadClaim { dialing, campaign, plan: PLAN });
    Ok(Claim { dialing, serial: number, lead, index: 0 })
}

/// The dialing of a claim, answered and talking.
pub fn dialing(claim: &Claim, plan: &Plan) -> Dialing {
    let lead = &claim.lead;
    let setup = Setup {
        uuid: claim.dialing,
        serial: claim.serial,
        campaign: CAMPAIGN,
        plan: plan.uuid,
        dial_list: LIST,
        destination: None,
        lead: lead.uuid,
        lead_texts: lead.texts(),
        asterisk: "pbx1".into(),
        index: 1,
        address: lead.numbers[0].as_ref().map(ToString::to_string).unwrap_or_default(),
        channel: "PJSIP/12025551000@carrier".to_owned(),
        try_count: 1,
        timeout_ms: plan.dial_timeout_ms,
        route: DialRoute::Exten {
            exten: plan.uuid.to_string(),
            context: "res_outbound".to_owned(),
            priority: 1,
        },
        caller_id: plan.caller_id.as_ref().map(ToString::to_string),
        variables: plan.variables.iter().chain(&lead.variables).cloned().collect(),
        created: EPOCH,
    };
    let at = |ms| Some(EPOCH.after_ms(ms));
    let progress = Progress {
        status: DialingStatus::OriginateResponse,
        channel_name: Some("PJSIP/carrier-0000001f".to_owned()),
        res_dial: 5,
        updated: at(900),
        dial_begin: at(100),
        dial_end: at(800),
        ..Progress::default()
    };
    Dialing { setup: Arc::new(setup), progress }
}

/// Makes a database with this plan, its campaign, and a list of so many leads.
///
/// # Errors
/// What the file or the database says.
pub fn database(path: &Path, plan: &Plan, leads: u64) -> anyhow::Result<()> {
    let (store, _) = open(path, Synchronous::Normal)?;
    let list = DialList::new(LIST, EPOCH);
    let campaign = Campaign {
        name: Some(Text::parse("Summer")?),
        status: CampaignStatus::Start,
        plan: Some(PLAN),
        dial_list: Some(LIST),
        ..Campaign::new(CAMPAIGN, EPOCH)
    };
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    for change in [
        Change::PlanCreated(Arc::new(plan.clone())),
        Change::DialListCreated(Arc::new(list)),
        Change::CampaignCreated(Arc::new(campaign)),
    ] {
        let (done, answer) = tokio::sync::oneshot::channel();
        store.apply(change, move |result| drop(done.send(result)));
        runtime.block_on(answer)??;
    }
    runtime.block_on(store.close())?;
    add_leads(path, leads).context("making leads")
}

fn add_leads(path: &Path, leads: u64) -> rusqlite::Result<()> {
    let connection = Connection::open(path)?;
    connection.execute_batch("PRAGMA synchronous = OFF; PRAGMA cache_size = -262144; BEGIN")?;
    connection.execute(LEADS, rusqlite::params![leads.cast_signed(), LIST.as_bytes(), EPOCH.0])?;
    connection.execute("UPDATE lead_count SET total = ?1", [leads.cast_signed()])?;
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize")
}

/// Opens it as the daemon does.
///
/// # Errors
/// What the store says.
pub fn open(path: &Path, synchronous: Synchronous) -> anyhow::Result<(Store, Loaded)> {
    let options =
        StoreOptions { url: format!("sqlite:{}", path.display()), synchronous, cache_mib: CACHE_MIB };
    Ok(Store::open(&options)?)
}
