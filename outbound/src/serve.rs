//! `outbound serve`: puts the daemon together, and takes it apart again.

mod front;
mod opening;

use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use ami::client::ClientConfig;
use ami::server::Broadcast;
use engine::catalog::Catalog;
use engine::limits::Limits;
use engine::{Engine, Input, ListImport, PbxConfig, PbxId, Settings};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use self::front::{Front, server_config};
use crate::access::{Access, FirstStart};
use crate::asterisk::reached::Serials;
use crate::asterisk::{self, Asterisk};
use crate::config::{AsteriskConfig, Config, TrunkConfig};
use crate::core::Daemon;
use crate::driver::{self, Clock, Inbox, Parts};
use crate::events::Feed;
use crate::http::{self, HttpListener};
use crate::imports::Imports;
use crate::metrics;
use crate::results::ResultsFile;
use crate::store::Loaded;
use crate::vital::{self, Vital, Watch};
use crate::webhooks::Webhooks;

type BoxFuture = Pin<Box<dyn Future<Output = ()> + Send>>;

/// How long the end may take before it is forced.
const STOP_MAX: Duration = Duration::from_secs(20);

/// A daemon that runs.
pub struct Running {
    /// Where AMI clients come in.
    pub ami_address: SocketAddr,
    /// Where they come in by TLS, if they may.
    pub ami_tls_address: Option<SocketAddr>,
    /// Where HTTP clients come in.
    pub http_address: SocketAddr,
    /// What the front doors work with.
    pub daemon: Daemon,
    watch: Watch,
    driver: JoinHandle<()>,
    results: Option<(oneshot::Sender<()>, JoinHandle<()>)>,
    ami_stop: oneshot::Sender<()>,
    ami_server: JoinHandle<()>,
    webhooks: (oneshot::Sender<()>, JoinHandle<()>),
    imports: (oneshot::Sender<()>, JoinHandle<()>),
    events: (oneshot::Sender<()>, JoinHandle<()>),
    http: (oneshot::Sender<()>, JoinHandle<()>),
}

/// Starts the daemon. It is ready when this returns; it may still be connecting to its Asterisks.
///
/// # Errors
/// A store that cannot be opened, an address that cannot be listened on: each with what to do.
pub async fn start(config: &Config) -> anyhow::Result<Running> {
    metrics::begin();
    let server_config = server_config(config)?;
    let clients = config.asterisk.iter().map(client_config).collect::<anyhow::Result<Vec<_>>>()?;
    let front = Front::bind(&config.ami).await?;
    let (ami_address, ami_tls_address) = (front.address, front.tls_address);
    let listener = HttpListener::bind(&config.http).await?;
    let http_address = listener.address();
    let (store, loaded) = opening::open_store(config.store.options()).await?;
    let access = Access::open(store.clone(), first_start(config)).await?;
    let webhooks = Webhooks::open(store.clone()).await?;
    let (vital, watch) = vital::new();
    let results = match &config.results.file {
        Some(path) => Some(opening::open_results(&store, path).await?),
        None => None,
    };
    let exported = results.as_ref().map(ResultsFile::exported);
    let results = results.map(|file| follow_results(&vital, file));
    let broadcast = Broadcast::new();
    let clock = Clock::start();
    let serials = Serials { store: loaded.store_id, last: loaded.last_serial };
    let open_imports = loaded.imports.clone();
    let engine = engine(config, loaded, &clock);
    let (feed, follower) = Feed::new();
    let parts =
        Parts { engine, clock, store: store.clone(), broadcast: broadcast.clone(), events: feed.clone() };
    let (driver, inbox) = driver::new(parts, |inbox| connect(clients, serials, inbox, &vital));
    let driver = vital.spawn("driver", driver.run());
    let asterisks = config.asterisk.len();
    let database = config.store.options().file();
    let ways = (inbox.clone(), feed.clone());
    let imports = Imports::open(store.clone(), ways, database.as_deref(), open_imports);
    let broadcast = broadcast.clone();
    let daemon = Daemon { inbox, store, broadcast, events: feed, webhooks, imports, asterisks, exported };
    let hooks = until_told(&vital, "webhooks", |stop| daemon.webhooks.clone().run(stop));
    let imports = until_told(&vital, "imports", |stop| daemon.imports.clone().run(stop));
    let events = until_told(&vital, "live events", |stop| http::api::follow(follower, daemon.clone(), stop));
    let (ami_stop, ami_server) = front.serve(server_config, &daemon, &vital);
    let http = listener.serve(daemon.clone(), access, &vital);
    tracing::info!(ami = %ami_address, ami_tls = ami_tls_address.map(tracing::field::display), http = %http_address, store = %config.store.url, asterisks = config.asterisk.len(), "outbound is ready");
    Ok(Running {
        ami_address,
        ami_tls_address,
        http_address,
        daemon,
        watch,
        driver,
        results,
        ami_stop,
        ami_server,
        webhooks: hooks,
        imports,
        events,
        http,
    })
}

impl Running {
    /// The part that has ended though the daemon runs; waits for ever while none has. The daemon is half dead then: the process
    /// should end at once.
    pub async fn half_dead(&mut self) -> Arc<str> {
        tokio::select! {
            // First: others end with the store.
            biased;
            thread = self.daemon.store.ended() => thread.into(),
            part = self.watch.ended() => part,
        }
    }

    /// Ends the daemon: no new calls, those that are up stay up and are taken over at the next start; everything that is known
    /// is written.
    pub async fn stop(self) {
        let Self { daemon, driver, results, ami_stop, ami_server, webhooks, imports, events, http, .. } =
            self;
        let end = async {
            daemon.inbox.shut_down().await;
            let _ = driver.await;
            if let Some((stop, results)) = results {
                let _ = stop.send(());
                let _ = results.await;
            }
            let _ = ami_stop.send(());
            let _ = ami_server.await;
            for (stop, task) in [imports, webhooks, events, http] {
                let _ = stop.send(());
                let _ = task.await;
            }
            if let Err(error) = daemon.store.close().await {
                tracing::error!(%error, "the store was not closed properly");
            }
        };
        if tokio::time::timeout(STOP_MAX, end).await.is_err() {
            tracing::error!(
                "the end took too long and was forced; what was not written is found again at the next start"
            );
        }
    }
}

fn first_start(config: &Config) -> FirstStart {
    if config.http.is_exposed() {
        tracing::warn!(listen = %config.http.listen, "HTTP without TLS can be reached from other machines (http.insecure): passwords and tokens cross the network in the clear");
    }
    let password = config.http.first_password.as_ref().map(|password| password.text().to_owned());
    FirstStart { database: config.store.options().file(), password }
}

fn follow_results(vital: &Vital, file: ResultsFile) -> (oneshot::Sender<()>, JoinHandle<()>) {
    until_told(vital, "results file", |stop| file.run(stop))
}

/// Starts a vital part that ends when it is told to.
fn until_told<T: Future<Output = ()> + Send + 'static>(
    vital: &Vital,
    name: &str,
    task: impl FnOnce(BoxFuture) -> T,
) -> (oneshot::Sender<()>, JoinHandle<()>) {
    let (stop, stopped) = oneshot::channel::<()>();
    let stopped: BoxFuture = Box::pin(async {
        let _ = stopped.await;
    });
    (stop, vital.spawn(name, task(stopped)))
}

fn engine(config: &Config, loaded: Loaded, clock: &Clock) -> Engine {
    let pbxs = config.asterisk.iter().map(|asterisk| PbxConfig {
        name: asterisk.name.as_str().into(),
        limits: Limits { max_channels: asterisk.max_channels, max_cps: asterisk.max_cps },
        trunks: asterisk.trunk.iter().map(TrunkConfig::limits).collect(),
    });
    let mut catalog = Catalog::default();
    catalog.plans.extend(loaded.plans.into_iter().map(|row| (row.uuid, Arc::new(row))));
    catalog.dial_lists.extend(loaded.dial_lists.into_iter().map(|row| (row.uuid, Arc::new(row))));
    catalog.destinations.extend(loaded.destinations.into_iter().map(|row| (row.uuid, Arc::new(row))));
    catalog.queues.extend(loaded.queues.into_iter().map(|row| (row.uuid, Arc::new(row))));
    catalog.campaigns.extend(loaded.campaigns.into_iter().map(|row| (row.uuid, Arc::new(row))));
    if !loaded.open_claims.is_empty() {
        tracing::info!(calls = loaded.open_claims.len(), "calls of an earlier run are taken over");
    }
    let settings =
        Settings { snapshots: config.results.snapshots, zone: clock.zone(), store: Some(loaded.store_id) };
    let mut engine = Engine::new(settings, pbxs.collect(), catalog, loaded.open_claims, clock.now());
    engine.load_tallies(loaded.tallies);
    for import in [ListImport::Growing, ListImport::Held] {
        for file in loaded.imports.iter().filter(|file| file.campaigns == Some(import)) {
            let input = Input::ListImport { dial_list: file.dial_list, import: file.campaigns };
            engine.handle(input, clock.now());
        }
    }
    engine
}

fn connect(configs: Vec<ClientConfig>, serials: Serials, inbox: &Inbox, vital: &Vital) -> Vec<Asterisk> {
    let connect = |(at, config): (usize, ClientConfig)| {
        asterisk::connect(PbxId(at), config, serials, inbox.clone(), vital)
    };
    configs.into_iter().enumerate().map(connect).collect()
}

/// How an Asterisk of the config is reached.
///
/// # Errors
/// Its secret cannot be read.
pub fn client_config(config: &AsteriskConfig) -> anyhow::Result<ClientConfig> {
    Ok(ClientConfig::new(&config.name, &config.address, &config.username, config.secret()?))
}
