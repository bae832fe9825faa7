//! `outbound demo`: the whole system on this machine. A simulated Asterisk, a store, the front doors, and a sample campaign
//! that starts by itself.

mod sample;
mod screen;
mod tally;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Args;
use engine::model::CampaignStatus;
use pbxsim::scenario::{Agents, Customers, QueueSetup, Spread};
use pbxsim::{Scenario, ServeOptions, SimHandle};
use tokio::net::TcpListener;
use uuid::Uuid;

use crate::ami_server::Core;
use crate::config::{self, Config, LogConfig};
use crate::serve::{self, Running};
use sample::Sample;
use screen::Screen;
use tally::Tally;

/// How often the figures on the terminal are renewed.
const TICK: Duration = Duration::from_millis(250);
/// The user of the demo's AMI port.
const USER: &str = "admin";
/// His secret.
const SECRET: &str = "outbound";
/// Of the same user over HTTP.
const PASSWORD: &str = "outbound-demo";

/// What the demo may be told.
#[derive(Debug, Args)]
pub(super) struct Demo {
    /// Customers in the dial list
    #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    customers: u32,
    /// Agents in the queue
    #[arg(long, default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=1_000))]
    agents: u32,
    /// The seed of all chance in the simulated world
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Keep store and results in this folder; else they are in a temporary one that goes with the demo
    #[arg(long, value_name = "DIR")]
    data: Option<PathBuf>,
    /// End with the campaign, print a summary, exit 0
    #[arg(long)]
    until_done: bool,
    /// Where AMI clients come in
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:5039")]
    ami_listen: SocketAddr,
    /// Where HTTP clients come in
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8080")]
    http_listen: SocketAddr,
}

/// Runs the command.
pub(super) async fn run(demo: Demo) -> anyhow::Result<ExitCode> {
    super::logging::start(&LogConfig { level: "warn".to_owned(), ..LogConfig::default() })?;
    let folder = Folder::open(demo.data.as_deref())?;
    let pbx = simulated_asterisk(&demo).await?;
    let config = config(&demo, &pbx.address, &folder.path)?;
    super::death::follows_panic();
    let mut running = serve::start(&config).await?;
    let sample = sample::create(&running.daemon, demo.customers, demo.agents).await?;
    let mut screen = Screen::new(u64::from(demo.customers));
    screen.say(&format!(
        "outbound demo: {} customers, {} agents, seed {}\n\
         AMI   {}  (user {USER}, secret {SECRET}; try: Action: OutCampaignShow)\n\
         page  http://{http}/  (user {USER}, password {PASSWORD})\n\
         API   http://{http}/api/v1 (what there is: http://{http}/api/docs)\n\
         see   export OUTBOUND_URL=http://{http} OUTBOUND_TOKEN=$(cat {data}/outbound.db.token)\n      \
         {program} campaign why \"{name}\"\n      \
         {program} campaign watch \"{name}\"\n      \
         {program} result list\n      \
         curl -sS -H \"Authorization: Bearer $OUTBOUND_TOKEN\" $OUTBOUND_URL/api/v1/campaigns/why\n\
         data  {data}",
        demo.customers,
        demo.agents,
        demo.seed,
        running.ami_address,
        http = running.http_address,
        data = folder.path.display(),
        name = sample::CAMPAIGN,
        // As it was called here, it can be called in another terminal.
        program = std::env::args().next().unwrap_or_else(|| "outbound".to_owned()),
    ));
    let ended = watch(&mut running, &pbx.handle, &sample, &mut screen, demo.until_done).await;
    running.stop().await;
    ended
}

/// Shows the campaign until it has ended (or, without `until_done`, until a signal comes).
async fn watch(
    running: &mut Running,
    pbx: &SimHandle,
    sample: &Sample,
    screen: &mut Screen,
    until_done: bool,
) -> anyhow::Result<ExitCode> {
    let mut tally = Tally::new(sample.max_tries);
    let mut summed_up = false;
    let mut tick = tokio::time::interval(TICK);
    let signal = super::stop_signal();
    tokio::pin!(signal);
    loop {
        tokio::select! {
            signal = &mut signal => {
                screen.say(&format!("\n{}: stopping", signal?));
                return Ok(ExitCode::SUCCESS);
            }
            part = running.half_dead() => super::death::follows_end(&part),
            _ = tick.tick() => {}
        }
        tally.take_in(&running.daemon.store).await?;
        let status = status(running, sample.campaign).await;
        let agents = pbx.with(|sim, _| sim.agents());
        screen.show(&tally, &tally::Calls::count(running).await, &agents);
        if status == Some(CampaignStatus::Stop) && !summed_up {
            running.daemon.inbox.written().await;
            tally.take_in(&running.daemon.store).await?;
            screen.sum_up(&tally, &agents);
            if until_done {
                return Ok(ExitCode::SUCCESS);
            }
            summed_up = true;
            screen.say("The ports stay open; Ctrl-C ends the demo.");
        }
    }
}

async fn status(running: &Running, campaign: Uuid) -> Option<CampaignStatus> {
    let read =
        move |catalog: &engine::catalog::Catalog| catalog.campaigns.get(&campaign).map(|row| row.status);
    running.daemon.catalog(read).await.flatten()
}

struct Pbx {
    handle: SimHandle,
    address: String,
}

async fn simulated_asterisk(demo: &Demo) -> anyhow::Result<Pbx> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.context("no port for the simulated Asterisk")?;
    let address = listener.local_addr()?.to_string();
    let options = ServeOptions { seed: demo.seed, ..ServeOptions::default() };
    let handle = SimHandle::new(scenario(demo.agents), &options);
    let served = handle.clone();
    tokio::spawn(async move {
        if let Err(error) = pbxsim::serve_handle(listener, &served, options, std::future::pending()).await {
            tracing::error!(%error, "the simulated Asterisk has ended");
        }
    });
    Ok(Pbx { handle, address })
}

/// A room in which something happens every second: short rings, short talks.
fn scenario(agents: u32) -> Scenario {
    let customers = Customers {
        ring_s: Spread { mean: 3.0, cv: 0.5 },
        talk_s: Spread { mean: 12.0, cv: 0.7 },
        patience_s: Spread { mean: 10.0, cv: 0.7 },
        machine_share: 0.0,
        ..Customers::default()
    };
    let agents = Agents {
        count: usize::try_from(agents).unwrap_or(usize::MAX),
        wrap_up_s: Spread { mean: 2.0, cv: 0.5 },
        ..Agents::default()
    };
    let queue = QueueSetup { name: sample::QUEUE.to_owned(), ..QueueSetup::default() };
    Scenario { customers, agents, queues: vec![queue], ..Scenario::default() }
}

fn config(demo: &Demo, pbx: &str, folder: &Path) -> anyhow::Result<Config> {
    let asterisk = config::AsteriskConfig {
        name: "pbxsim".to_owned(),
        address: pbx.to_owned(),
        username: "outbound".to_owned(),
        secret: Some(config::SecretText::new("outbound")),
        secret_file: None,
        secret_env: None,
        max_channels: 1_000,
        max_cps: 50.0,
        trunk: Vec::new(),
    };
    let user = config::AmiUser {
        name: USER.to_owned(),
        secret: Some(config::SecretText::new(SECRET)),
        read: vec!["all".to_owned()],
        write: vec!["all".to_owned()],
        ..config::AmiUser::default()
    };
    let mut config = Config { asterisk: vec![asterisk], ..Config::default() };
    let store = folder.join("outbound.db");
    config.store.url = format!("sqlite:{}", store.to_str().context("the data folder's name is not UTF-8")?);
    config.ami.listen = demo.ami_listen;
    config.ami.user = vec![user];
    config.http.listen = demo.http_listen;
    config.http.first_password = Some(config::SecretText::new(PASSWORD));
    config.results.file = Some(folder.join("results.jsonl"));
    Ok(config)
}

/// The folder of the demo's files; a temporary one is removed when this is dropped.
struct Folder {
    path: PathBuf,
    _temporary: Option<tempfile::TempDir>,
}

impl Folder {
    fn open(given: Option<&Path>) -> anyhow::Result<Self> {
        match given {
            Some(path) => {
                std::fs::create_dir_all(path)
                    .with_context(|| format!("cannot make the folder {}", path.display()))?;
                Ok(Self { path: path.to_owned(), _temporary: None })
            }
            None => {
                let temporary = tempfile::Builder::new().prefix("outbound-demo").tempdir()?;
                Ok(Self { path: temporary.path().to_owned(), _temporary: Some(temporary) })
            }
        }
    }
}
