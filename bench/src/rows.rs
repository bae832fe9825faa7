//! A plan, a campaign that runs it, and a list with as many leads as wanted, in a database of its own.

use std::path::Path;
use std::sync::Arc;

use anyhow::Context;
use engine::model::{Campaign, CampaignStatus, Change, DialList, DialMode, Plan, Variable};
use engine::time::Wall;
use engine::value::{CallerId, Name, Text, Trunks, VariableName};
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

/// Makes a database with this plan, its campaign, and a list of so many leads.
///
/// # Errors
/// What the file or the database says.
pub fn database(path: &Path, plan: &Plan, leads: u64) -> anyhow::Result<()> {
    let (store, _) = open(path)?;
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
    connection.execute_batch("COMMIT; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA optimize")
}

/// Opens it as the daemon does where nothing else is set.
///
/// # Errors
/// What the store says.
pub fn open(path: &Path) -> anyhow::Result<(Store, Loaded)> {
    let options = StoreOptions {
        url: format!("sqlite:{}", path.display()),
        synchronous: Synchronous::Full,
        cache_mib: CACHE_MIB,
    };
    Ok(Store::open(&options)?)
}
