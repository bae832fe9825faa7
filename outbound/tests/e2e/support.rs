//! What the end-to-end tests stand on: a daemon in this process, an AMI client of its front door, a real Asterisk.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use ami::Message;
use ami::client::{ClientConfig, Incoming};
use outbound::config;
use outbound::serve::{self, Running};
use tempfile::TempDir;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, timeout_at};

use super::process::Process;

/// The longest wait for anything that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a condition is looked at that nobody tells.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A daemon on its own database, and a client that is logged in to it.
pub(crate) struct Bench {
    pub(crate) dir: TempDir,
    /// Where database and results are.
    data: PathBuf,
    config: String,
    daemon: Option<Daemon>,
    pub(crate) client: ami::client::Client,
    incoming: Receiver<Incoming>,
    /// All events that the client has seen.
    pub(crate) events: Vec<Message>,
}

/// The daemon: in this process, or the real binary.
enum Daemon {
    Here(Box<Running>),
    Apart(Process),
}

/// Where an Asterisk (real or simulated) is.
#[derive(Clone)]
pub(crate) struct Pbx {
    pub(crate) address: String,
    pub(crate) username: String,
    pub(crate) secret: String,
}

impl Bench {
    /// A daemon for this Asterisk; `more` goes into its `[[asterisk]]` block.
    pub(crate) async fn start(pbx: &Pbx, more: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let data = dir.path().to_owned();
        let config = config(pbx, more, &data);
        let running = serve::start(&config::parse(&config).unwrap()).await.unwrap();
        Self::of(dir, data, config, Daemon::Here(Box::new(running))).await
    }

    /// The same with the binary as a process of its own.
    pub(crate) async fn start_process(pbx: &Pbx, more: &str) -> Self {
        Self::start_process_in(TempDir::new().unwrap(), pbx, more, &[]).await
    }

    /// The same in this folder, and with more environment variables.
    pub(crate) async fn start_process_in(
        dir: TempDir,
        pbx: &Pbx,
        more: &str,
        variables: &[(&str, &OsStr)],
    ) -> Self {
        let data = dir.path().to_owned();
        let config = config(pbx, more, &data);
        let process = Process::start_with(dir.path(), &config, variables).await;
        Self::of(dir, data, config, Daemon::Apart(process)).await
    }

    /// The same, with config and log in one directory, database and results in another.
    pub(crate) async fn start_process_on(data: &Path, dir: TempDir, pbx: &Pbx, more: &str) -> Self {
        let config = config(pbx, more, data);
        let process = Process::start(dir.path(), &config).await;
        Self::of(dir, data.to_owned(), config, Daemon::Apart(process)).await
    }

    async fn of(dir: TempDir, data: PathBuf, config: String, daemon: Daemon) -> Self {
        let (client, incoming) = login(&daemon).await;
        Self { dir, data, config, daemon: Some(daemon), client, incoming, events: Vec::new() }
    }

    /// Ends the daemon as SIGTERM does.
    pub(crate) async fn stop(&mut self) {
        match self.daemon.take() {
            Some(Daemon::Here(running)) => running.stop().await,
            Some(Daemon::Apart(process)) => process.terminate().await,
            None => return,
        }
        self.hear_the_last().await;
    }

    /// Ends the process by SIGKILL.
    pub(crate) async fn kill(&mut self) {
        let Some(Daemon::Apart(mut process)) = self.daemon.take() else { panic!("no process runs") };
        process.kill();
        self.hear_the_last().await;
    }

    /// The process that runs.
    pub(crate) fn process(&self) -> &Process {
        let Some(Daemon::Apart(process)) = &self.daemon else { panic!("no process runs") };
        process
    }

    /// The process that runs, to wait for its end.
    pub(crate) fn process_mut(&mut self) -> &mut Process {
        let Some(Daemon::Apart(process)) = &mut self.daemon else { panic!("no process runs") };
        process
    }

    /// Starts the daemon again on the same database, as it was started before. Ends it first where it runs.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        let running = serve::start(&config::parse(&self.config).unwrap()).await.unwrap();
        self.go_on(Daemon::Here(Box::new(running))).await;
    }

    /// Starts the process again on the same database.
    pub(crate) async fn restart_process(&mut self) {
        self.stop().await;
        let process = Process::start(self.dir.path(), &self.config).await;
        self.go_on(Daemon::Apart(process)).await;
    }

    /// Starts the process, and ends it by SIGKILL so long after its start, ready or not.
    pub(crate) async fn die_young(&mut self, after: Duration) {
        assert!(self.daemon.is_none(), "one runs already");
        let mut process = Process::spawn(self.dir.path(), &self.config, &[]);
        tokio::time::sleep(after).await;
        process.kill();
    }

    /// Reads events until a time, or until one fits; true where one did.
    pub(crate) async fn read_until(
        &mut self,
        deadline: Instant,
        mut fits: impl FnMut(&Message) -> bool,
    ) -> bool {
        while let Ok(Some(heard)) = timeout_at(deadline, self.incoming.recv()).await {
            if let Incoming::Event(event) = heard {
                let found = fits(&event);
                self.events.push(event);
                if found {
                    return true;
                }
            }
        }
        false
    }

    async fn go_on(&mut self, daemon: Daemon) {
        (self.client, self.incoming) = login(&daemon).await;
        self.daemon = Some(daemon);
    }

    /// Events that were under way when the daemon ended.
    async fn hear_the_last(&mut self) {
        loop {
            match self.incoming.recv().await {
                Some(Incoming::Event(event)) => self.events.push(event),
                Some(Incoming::Down { .. }) | None => return,
                Some(_) => {}
            }
        }
    }

    /// Sends an action; its response must be a success.
    pub(crate) async fn act(&self, name: &'static str, headers: &[(&str, &str)]) -> Message {
        let response = self.client.call(action(name, headers)).await.unwrap();
        assert!(response.is_success(), "{name} {headers:?}: {response:?}");
        response
    }

    /// Creates something, and returns its uuid from the event.
    pub(crate) async fn create(&mut self, what: &str, headers: &[(&str, &str)]) -> String {
        let (name, event): (&'static str, String) = match what {
            "Plan" => ("OutPlanCreate", "OutPlanCreate".into()),
            "Dlma" => ("OutDlmaCreate", "OutDlmaCreate".into()),
            "DlList" => ("OutDlListCreate", "OutDlListCreate".into()),
            "Destination" => ("OutDestinationCreate", "OutDestinationCreate".into()),
            "Campaign" => ("OutCampaignCreate", "OutCampaignCreate".into()),
            "Queue" => ("OutQueueCreate", "OutQueueCreate".into()),
            other => panic!("{other}"),
        };
        let from = self.events.len();
        self.act(name, headers).await;
        self.wait(from, |e| e.event_name() == Some(&event)).await.text("Uuid").to_owned()
    }

    /// The first event from `from` on that fits; waits for it.
    pub(crate) async fn wait(&mut self, from: usize, fits: impl Fn(&Message) -> bool) -> Message {
        let deadline = Instant::now() + PATIENCE;
        let mut at = from;
        loop {
            while at < self.events.len() {
                if fits(&self.events[at]) {
                    return self.events[at].clone();
                }
                at += 1;
            }
            match timeout_at(deadline, self.incoming.recv()).await {
                Ok(Some(Incoming::Event(event))) => self.events.push(event),
                Ok(Some(_)) => {}
                Ok(None) | Err(_) => {
                    let last: Vec<_> = self.events.iter().rev().take(8).collect();
                    panic!("the event did not come; the last were {last:#?}");
                }
            }
        }
    }

    /// Reads events while something else goes on: a client that does not read is cut off.
    pub(crate) async fn read_while<T>(&mut self, other: impl Future<Output = T>) -> T {
        tokio::pin!(other);
        loop {
            tokio::select! {
                done = &mut other => return done,
                Some(heard) = self.incoming.recv() => {
                    if let Incoming::Event(event) = heard {
                        self.events.push(event);
                    }
                }
            }
        }
    }

    /// Waits until a campaign has a status.
    pub(crate) async fn campaign_status(&mut self, campaign: &str, status: &str) {
        self.campaign_status_from(0, campaign, status).await;
    }

    /// Waits until a campaign has a status, in the events from `from` on.
    pub(crate) async fn campaign_status_from(&mut self, from: usize, campaign: &str, status: &str) {
        self.wait(from, |e| {
            e.event_name() == Some("OutCampaignUpdate")
                && e.text("Uuid") == campaign
                && e.text("Status") == status
        })
        .await;
    }

    /// Waits until a campaign has ended, however long that takes while something happens; whether that is told, or was before
    /// somebody listened.
    pub(crate) async fn campaign_ended(&mut self, campaign: &str) {
        let row = self.client.list(action("OutCampaignShow", &[("Uuid", campaign)])).await.unwrap();
        let mut ended = row.entries.first().unwrap().text("Status") == "0";
        while !ended {
            let from = self.events.len();
            self.wait(from, |_| true).await;
            ended = self.events[from..].iter().any(|event| has_ended(event, campaign));
        }
    }

    /// Asks for a status of a campaign.
    pub(crate) async fn set_status(&self, campaign: &str, status: &str) {
        self.act("OutCampaignUpdate", &[("Uuid", campaign), ("Status", status)]).await;
    }

    /// The statuses that a campaign went through, from its events.
    pub(crate) fn statuses(&self, campaign: &str) -> Vec<String> {
        let of_campaign =
            |e: &&Message| e.event_name() == Some("OutCampaignUpdate") && e.text("Uuid") == campaign;
        self.events.iter().filter(of_campaign).map(|e| e.text("Status").to_owned()).collect()
    }

    /// The events of a name.
    pub(crate) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Message> {
        self.events.iter().filter(move |e| e.event_name() == Some(name))
    }

    /// The lines of the results file.
    pub(crate) fn results(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.data.join("results.jsonl")).unwrap_or_default();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// One dial list entry as it is now.
    pub(crate) async fn lead(&self, uuid: &str) -> Message {
        let list = self.client.list(action("OutDlListShow", &[("Uuid", uuid)])).await.unwrap();
        list.entries.first().unwrap().clone()
    }

    /// Checks what must hold for every dialing, whatever happened: one Create first, rising status, one Delete last.
    pub(crate) fn check_dialings(&self) {
        for created in self.named("OutDialingCreate") {
            let uuid = created.text("Uuid");
            let of_dialing = |e: &&Message| {
                e.text("Uuid") == uuid && e.event_name().is_some_and(|name| name.starts_with("OutDialing"))
            };
            let events: Vec<&Message> = self.events.iter().filter(of_dialing).collect();
            let names: Vec<&str> = events.iter().filter_map(|e| e.event_name()).collect();
            assert_eq!(names.first(), Some(&"OutDialingCreate"), "{uuid}");
            assert_eq!(names.last(), Some(&"OutDialingDelete"), "{uuid}: {names:?}");
            assert!(
                names[1..names.len() - 1].iter().all(|name| *name == "OutDialingUpdate"),
                "{uuid}: {names:?}"
            );
            let numbers = events[..events.len() - 1].iter().map(|e| e.text("Status").parse::<u32>().unwrap());
            let numbers: Vec<u32> = numbers.collect();
            assert!(numbers.is_sorted(), "{uuid}: {numbers:?}");
        }
    }
}

impl Drop for Bench {
    /// Database, results and logs of a failed test stay.
    fn drop(&mut self) {
        if std::thread::panicking() {
            println!("kept: {}", self.dir.path().display());
            self.dir.disable_cleanup(true);
        }
    }
}

/// True where an event tells the end of a campaign.
pub(crate) fn has_ended(event: &Message, campaign: &str) -> bool {
    event.event_name() == Some("OutCampaignUpdate")
        && event.text("Uuid") == campaign
        && event.text("Status") == "0"
}

/// An action with headers.
pub(crate) fn action(name: &'static str, headers: &[(&str, &str)]) -> Message {
    headers
        .iter()
        .fold(Message::action(name), |message, (header, value)| message.with(header, value).unwrap())
}

fn config(pbx: &Pbx, more: &str, dir: &Path) -> String {
    format!(
        "[store]\nurl = \"sqlite:{dir}/outbound.db\"\n\
         [[asterisk]]\nname = \"pbx1\"\naddress = \"{}\"\nusername = \"{}\"\nsecret = \"{}\"\n{more}\n\
         [ami]\nlisten = \"127.0.0.1:0\"\n[[ami.user]]\nname = \"admin\"\nsecret = \"outbound\"\n\
         [http]\nlisten = \"127.0.0.1:0\"\n\
         [results]\nfile = \"{dir}/results.jsonl\"\n[log]\nformat = \"json\"\n",
        pbx.address,
        pbx.username,
        pbx.secret,
        dir = dir.display(),
    )
}

async fn login(daemon: &Daemon) -> (ami::client::Client, Receiver<Incoming>) {
    let address = match daemon {
        Daemon::Here(running) => running.ami_address.to_string(),
        Daemon::Apart(process) => process.ami_address.clone(),
    };
    session(ClientConfig::new("test", address, "admin", "outbound")).await
}

/// A session that is logged in.
pub(crate) async fn session(config: ClientConfig) -> (ami::client::Client, Receiver<Incoming>) {
    let (client, mut incoming) = ami::client::connect(config);
    loop {
        match incoming.recv().await.unwrap() {
            Incoming::Up(_) => return (client, incoming),
            other => assert!(matches!(other, Incoming::Down { .. }), "{other:?}"),
        }
    }
}

/// Looks again and again until something is there, as long as anything may take.
pub(crate) async fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "did not come: {what}");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
