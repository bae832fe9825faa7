//! What the end-to-end tests stand on: a daemon in this process, an AMI client of its front door, a real Asterisk.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use ami::Message;
use ami::client::{ClientConfig, Incoming};
use outbound::config::{self, Config};
use outbound::serve::{self, Running};
use tempfile::TempDir;
use tokio::sync::mpsc::Receiver;
use tokio::time::{Instant, timeout_at};

/// The longest wait for anything that has to happen.
const PATIENCE: Duration = Duration::from_secs(60);

/// A daemon on its own database, and a client that is logged in to it.
pub(crate) struct Bench {
    pub(crate) dir: TempDir,
    pub(crate) config: Config,
    pub(crate) running: Option<Running>,
    pub(crate) client: ami::client::Client,
    incoming: Receiver<Incoming>,
    /// All events that the client has seen.
    pub(crate) events: Vec<Message>,
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
        let config = config(pbx, more, dir.path());
        let running = serve::start(&config).await.unwrap();
        let (client, incoming) = login(&running).await;
        Self { dir, config, running: Some(running), client, incoming, events: Vec::new() }
    }

    /// Ends the daemon as SIGTERM does.
    pub(crate) async fn stop(&mut self) {
        if let Some(running) = self.running.take() {
            running.stop().await;
        }
    }

    /// Starts the daemon again on the same database.
    pub(crate) async fn restart(&mut self) {
        self.stop().await;
        let running = serve::start(&self.config).await.unwrap();
        (self.client, self.incoming) = login(&running).await;
        self.running = Some(running);
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

    /// Waits until a campaign has a status.
    pub(crate) async fn campaign_status(&mut self, campaign: &str, status: &str) {
        self.wait(0, |e| {
            e.event_name() == Some("OutCampaignUpdate") && e.text("Uuid") == campaign && e.text("Status") == status
        })
        .await;
    }

    /// The statuses that a campaign went through, from its events.
    pub(crate) fn statuses(&self, campaign: &str) -> Vec<String> {
        let of_campaign = |e: &&Message| e.event_name() == Some("OutCampaignUpdate") && e.text("Uuid") == campaign;
        self.events.iter().filter(of_campaign).map(|e| e.text("Status").to_owned()).collect()
    }

    /// The events of a name.
    pub(crate) fn named<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Message> {
        self.events.iter().filter(move |e| e.event_name() == Some(name))
    }

    /// The lines of the results file.
    pub(crate) fn results(&self) -> Vec<serde_json::Value> {
        let text = std::fs::read_to_string(self.dir.path().join("results.jsonl")).unwrap_or_default();
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
            assert!(names[1..names.len() - 1].iter().all(|name| *name == "OutDialingUpdate"), "{uuid}: {names:?}");
            let numbers = events[..events.len() - 1].iter().map(|e| e.text("Status").parse::<u32>().unwrap());
            let numbers: Vec<u32> = numbers.collect();
            assert!(numbers.is_sorted(), "{uuid}: {numbers:?}");
        }
    }
}

/// An action with headers.
pub(crate) fn action(name: &'static str, headers: &[(&str, &str)]) -> Message {
    headers.iter().fold(Message::action(name), |message, (header, value)| message.with(header, value).unwrap())
}

fn config(pbx: &Pbx, more: &str, dir: &Path) -> Config {
    let text = format!(
        "[store]\nurl = \"sqlite:{dir}/outbound.db\"\n\
         [[asterisk]]\nname = \"pbx1\"\naddress = \"{}\"\nusername = \"{}\"\nsecret = \"{}\"\n{more}\n\
         [ami]\nlisten = \"127.0.0.1:0\"\n[[ami.user]]\nname = \"admin\"\nsecret = \"outbound\"\n\
         [http]\nlisten = \"127.0.0.1:0\"\n\
         [results]\nfile = \"{dir}/results.jsonl\"\n",
        pbx.address,
        pbx.username,
        pbx.secret,
        dir = dir.display(),
    );
    config::parse(&text).unwrap()
}

async fn login(running: &Running) -> (ami::client::Client, Receiver<Incoming>) {
    let config = ClientConfig::new("test", running.ami_address.to_string(), "admin", "outbound");
    let (client, mut incoming) = ami::client::connect(config);
    loop {
        match incoming.recv().await.unwrap() {
            Incoming::Up(_) => return (client, incoming),
            other => assert!(matches!(other, Incoming::Down { .. }), "{other:?}"),
        }
    }
}

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A real Asterisk of this name, started where it is not up; `None` where OUTBOUND_TEST_ASTERISK=skip says so.
pub(crate) fn asterisk(instance: &str) -> Pbx {
    let line = script(&["up", "--instance", instance]);
    let parts: Vec<&str> = line.trim().split(':').collect();
    let [host, port, username, secret] = parts[..] else { panic!("scripts/asterisk up: {line:?}") };
    Pbx { address: format!("{host}:{port}"), username: username.into(), secret: secret.into() }
}

/// Runs `scripts/asterisk` and returns what it prints.
pub(crate) fn script(arguments: &[&str]) -> String {
    let output = Command::new(root().join("scripts/asterisk")).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "scripts/asterisk {arguments:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// How many channels an Asterisk has.
pub(crate) fn channels(instance: &str) -> usize {
    let text = script(&["cli", "--instance", instance, "core", "show", "channels", "count"]);
    text.lines().find_map(|line| line.split_once(" active channel")?.0.trim().parse().ok()).unwrap()
}
