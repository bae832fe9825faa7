//! The process lives as a whole or not at all: what a panic, a part that ends and a part that hangs come to; what systemd is
//! told meanwhile.

use std::ffi::OsStr;
use std::os::unix::net::UnixDatagram;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use pbxsim::{Scenario, SimHandle};
use serde_json::Value;
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use super::fixtures::{campaign_on, list_of, numbers};
use super::simulated::simulated;
use super::support::{Bench, action, until};

/// The exit code of a daemon of which a part has died.
const DIED: i32 = 70;
/// The watchdog's time in these tests.
const WATCHDOG: Duration = Duration::from_millis(600);

/// The real binary with a simulated Asterisk, and a campaign that is ready to be started. Its parts fail on demand.
struct Patient {
    bench: Bench,
    campaign: String,
    faults: PathBuf,
    _sim: SimHandle,
}

impl Patient {
    async fn start(variables: &[(&str, &OsStr)]) -> Self {
        let (pbx, sim) = simulated(Scenario { by_number: true, ..Scenario::default() }, 10.0).await;
        let dir = TempDir::new().unwrap();
        let faults = dir.path().join("faults");
        std::fs::create_dir(&faults).unwrap();
        let variables = [variables, &[("OUTBOUND_FAULTS", faults.as_os_str())]].concat();
        let mut bench = Bench::start_process_in(dir, &pbx, "", &variables).await;
        let plan = [("DialMode", "4"), ("TechName", "Local"), ("TrunkName", "pstn"), ("QueueName", "sales")];
        let plan = bench.create("Plan", &plan).await;
        let (dlma, _) = list_of(&mut bench, &numbers("21", 20)).await;
        let campaign = campaign_on(&mut bench, &plan, &dlma, &[]).await;
        Self { bench, campaign, faults, _sim: sim }
    }

    fn set_off(&self, fault: &str) {
        std::fs::write(self.faults.join(fault), "").unwrap();
    }

    /// Gives every part of the daemon something to do: calls and their results, rows that are read, a look over HTTP. It may
    /// end at any moment.
    async fn stir(&self) {
        let client = &self.bench.client;
        let start = [("Uuid", self.campaign.as_str()), ("Status", "1")];
        let _ = client.call(action("OutCampaignUpdate", &start)).await;
        let _ = client.list(action("OutDlListShow", &[])).await;
        let Ok(mut http) = TcpStream::connect(&self.bench.process().http_address).await else { return };
        let _ = http.write_all(b"GET /readyz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").await;
        let _ = http.read_to_end(&mut Vec::new()).await;
    }

    /// Waits for the end of the process, which must be that of one of which a part has died; gives its last words.
    async fn last_words(&mut self, cause: &str) -> Value {
        let process = self.bench.process_mut();
        let status = until("the end of the process", || process.ended()).await;
        let log = process.log();
        assert_eq!(status.code(), Some(DIED), "{cause}: {status}; {log:#?}");
        // A client whose action came upon the dead part may have been told, and the log, a moment before.
        let last: Vec<&Value> = log.iter().filter(|line| line["fields"]["next"].is_string()).collect();
        let [line] = last[..] else { panic!("{cause}: {log:#?}") };
        assert_eq!(line["level"], "ERROR");
        let words = line["fields"].clone();
        assert!(words["next"].as_str().unwrap().starts_with("start it again"), "{cause}: {words:#?}");
        words
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_any_part_ends_the_process_and_one_line_says_where() {
    let parts = [
        ("driver", "driver"),
        ("store-writer", "store-writer"),
        ("store-reader", "store-reader"),
        ("results file", "results file"),
        ("link", "link of pbx1"),
        ("session", "tokio-rt-worker"),
        ("http", "tokio-rt-worker"),
        ("blocking", "tokio-rt-worker"),
    ];
    for (fault, part) in parts {
        let mut patient = Patient::start(&[]).await;
        patient.set_off(&format!("panic.{fault}"));
        patient.stir().await;
        let words = patient.last_words(fault).await;
        assert_eq!(words["message"], "a part of the daemon panicked, so the daemon ends");
        assert_eq!(words["part"], part);
        assert_eq!(words["panic"], format!("a test wants that {fault} panics"));
        assert!(words["place"].as_str().unwrap().starts_with("outbound/src/faults.rs:"), "{words:#?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_ends_though_the_daemon_runs_ends_the_process() {
    for part in ["driver", "store-writer", "store-reader", "results file"] {
        let mut patient = Patient::start(&[]).await;
        patient.set_off(&format!("end.{part}"));
        patient.stir().await;
        let words = patient.last_words(part).await;
        assert_eq!(words["message"], "a part of the daemon has ended that must not, so the daemon ends");
        assert_eq!(words["part"], part);
    }
}

/// The socket that systemd would listen on.
struct Systemd {
    socket: UnixDatagram,
    path: PathBuf,
    heard: Vec<String>,
}

impl Systemd {
    fn listen(dir: &TempDir) -> Self {
        let path = dir.path().join("notify");
        let socket = UnixDatagram::bind(&path).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self { socket, path, heard: Vec::new() }
    }

    /// Takes in what has come; how often a line was among it so far.
    fn count(&mut self, line: &str) -> usize {
        let mut buffer = [0; 4096];
        while let Ok(octets) = self.socket.recv(&mut buffer) {
            self.heard.extend(str::from_utf8(&buffer[..octets]).unwrap().lines().map(str::to_owned));
        }
        self.heard.iter().filter(|heard| *heard == line).count()
    }

    async fn wait(&mut self, line: &str, times: usize) {
        until(line, || (self.count(line) >= times).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn systemd_hears_of_the_start_of_each_beat_while_the_driver_answers_and_of_the_end() {
    let dir = TempDir::new().unwrap();
    let mut systemd = Systemd::listen(&dir);
    let watchdog = WATCHDOG.as_micros().to_string();
    let path = systemd.path.clone();
    let variables = [("NOTIFY_SOCKET", path.as_os_str()), ("WATCHDOG_USEC", OsStr::new(&watchdog))];
    let mut patient = Patient::start(&variables).await;
    systemd.wait("READY=1", 1).await;
    let begun = Instant::now();
    systemd.wait("WATCHDOG=1", 10).await;
    assert!(begun.elapsed() >= WATCHDOG / 2 * 7, "ten beats in {:?}: too many", begun.elapsed());
    assert!(begun.elapsed() < WATCHDOG * 10, "ten beats in {:?}: too few", begun.elapsed());
    let works =
        |heard: &String| heard.starts_with("STATUS=1 of 1 Asterisks ready, 0 campaigns at work, 0 calls");
    assert!(systemd.heard.iter().any(works), "{:?}", systemd.heard);

    // The driver hangs: the beats end, and systemd would end the process after the watchdog's time.
    patient.set_off("hang.driver");
    systemd.wait("STATUS=a part of the daemon does not answer: driver", 1).await;
    let beats = systemd.count("WATCHDOG=1");
    systemd.wait("STATUS=a part of the daemon does not answer: driver", 4).await;
    assert_eq!(systemd.count("WATCHDOG=1"), beats);
    let complaints = patient.bench.process().complaints();
    assert_eq!(complaints.len(), 1, "said once: {complaints:#?}");
    assert_eq!(complaints[0]["fields"]["part"], "driver");

    // It was only late after all.
    std::fs::remove_file(patient.faults.join("hang.driver")).unwrap();
    systemd.wait("WATCHDOG=1", beats + 3).await;
    assert_eq!(systemd.count("STOPPING=1"), 0);
    patient.bench.stop().await;
    assert_eq!(systemd.count("STOPPING=1"), 1);
    assert_eq!(systemd.count("READY=1"), 1);
}
