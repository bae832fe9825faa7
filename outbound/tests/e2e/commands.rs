//! The client commands, as somebody types them, against a daemon with a simulated Asterisk.

use std::io::{BufRead as _, BufReader};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

use pbxsim::Scenario;
use pbxsim::scenario::Agents;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::Receiver;

use super::clients::config;
use super::process::Process;
use super::proxy::{Proxy, Ways};
use super::simulated::simulated;

struct Shell {
    dir: TempDir,
    daemon: Process,
}

impl Shell {
    async fn open(pbx: &str) -> Self {
        let dir = TempDir::new().unwrap();
        let daemon = Process::start(dir.path(), &config(pbx, dir.path())).await;
        Self { dir, daemon }
    }

    /// A command in the daemon's folder, where its config is: with the port that the daemon really has.
    async fn run(&self, args: &[&str]) -> Output {
        let url = format!("http://{}", self.daemon.http_address);
        let (dir, args) = (self.dir.path().to_owned(), args.iter().map(|arg| (*arg).to_owned()).collect());
        tokio::task::spawn_blocking(move || outbound(&dir, args, &[("OUTBOUND_URL", &url)])).await.unwrap()
    }

    /// Its JSON; it has to be done.
    async fn json(&self, args: &[&str]) -> Value {
        let output = self.run(&[args, &["--json"]].concat()).await;
        assert!(output.status.success(), "{args:?}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// The exit code and the words of one that fails.
    async fn fails(&self, args: &[&str]) -> (i32, String) {
        let output = self.run(args).await;
        assert!(output.stdout.is_empty(), "{args:?}: {output:?}");
        (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
    }
}

fn outbound(dir: &Path, args: Vec<String>, variables: &[(&str, &str)]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_outbound"))
        .args(args)
        .current_dir(dir)
        .env_remove("OUTBOUND_TOKEN")
        .envs(variables.iter().copied())
        .output()
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_goes_from_nothing_to_its_results_by_commands_and_names() {
    let scenario =
        Scenario { by_number: true, agents: Agents { count: 3, ..Agents::default() }, ..Scenario::default() };
    let (pbx, _sim) = simulated(scenario, 10.0).await;
    let shell = Shell::open(&pbx.address).await;
    let plan = "plan create --name evening --dial-mode progressive --queue-name sales --trunk-name pstn --tech-name Local --max-tries 1,1 --retry-delay-ms 0";
    let plan = shell.json(&plan.split(' ').collect::<Vec<_>>()).await;
    assert_eq!((&plan["dial_mode"], &plan["max_tries"][0]), (&"progressive".into(), &1.into()));
    shell.json(&["list", "create", "--name", "my customers"]).await;
    for (name, numbers) in [("Ann", "1100001"), ("Bob", "3200002,1100003")] {
        let lead = ["lead", "create", "--dial-list", "my customers", "--name", name, "--numbers", numbers];
        shell.json(&lead).await;
    }
    std::fs::write(shell.dir.path().join("more.csv"), "name,phone\nCarl,1100004\nBad,none\n").unwrap();
    for imported in [1, 0] {
        let output =
            shell.run(&["list", "import", "more.csv", "--list", "other", "--create", "--json"]).await;
        let told: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|error| panic!("{error}: {output:?}"));
        assert_eq!((&told["imported"], &told["refused"]), (&imported.into(), &imported.into()), "{told}");
        assert_eq!(output.status.code(), Some(3 * i32::from(imported == 1)));
    }
    let report = std::fs::read_to_string(shell.dir.path().join("more.csv.rejected.csv")).unwrap();
    assert!(report.contains("\n3,phone,"), "{report}");
    shell
        .json(&["campaign", "create", "--name", "autumn", "--plan", "evening", "--dial-list", "my customers"])
        .await;
    let why = shell.json(&["campaign", "why", "autumn"]).await;
    assert_eq!(why["reason"], "stopped");
    let started = shell.json(&["campaign", "start", "autumn"]).await;
    assert!(started["status"] == "starting" || started["status"] == "start", "{started}");
    let watched = shell.run(&["campaign", "watch", "autumn", "--until-done"]).await;
    let text = String::from_utf8(watched.stdout).unwrap();
    assert!(watched.status.success() && text.contains("autumn: stop"), "{text}");
    assert!(
        text.lines().last().unwrap().contains("of all calls: 3 ended, 2 answered, 0 abandoned"),
        "{text}"
    );
    let results = shell.json(&["result", "list", "--campaign", "autumn"]).await;
    assert_eq!(results.as_array().unwrap().len(), 3);
    let of_bob = shell.json(&["result", "list", "--number", "1100003"]).await;
    assert_eq!(of_bob[0]["outcome"], "answered");
    exports(&shell).await;
    let leads = shell.run(&["lead", "list", "--dial-list", "my customers"]).await;
    let table = String::from_utf8(leads.stdout).unwrap();
    let lines: Vec<_> = table.lines().collect();
    assert!(lines[0].starts_with("NAME") && lines[2].starts_with("Bob"), "{table}");
    assert!(lines[2].contains("3200002, 1100003"), "{table}");
}

/// A `watch` that goes on, and its lines as they come.
struct Watched {
    child: Child,
    lines: Receiver<Value>,
}

impl Watched {
    fn start(shell: &Shell, url: &str) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_outbound"))
            .args(["campaign", "watch", "autumn", "--json"])
            .current_dir(shell.dir.path())
            .env_remove("OUTBOUND_TOKEN")
            .env("OUTBOUND_URL", url)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (sender, lines) = tokio::sync::mpsc::channel(1_000);
        let said = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                let _ = sender.blocking_send(serde_json::from_str(&line).unwrap());
            }
        });
        Self { child, lines }
    }

    /// The next line that fits.
    async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        let look = async {
            loop {
                let line = self.lines.recv().await.unwrap();
                if fits(&line) {
                    return line;
                }
            }
        };
        tokio::time::timeout(Duration::from_secs(60), look).await.unwrap()
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Results and leads as files, and leads back in.
async fn exports(shell: &Shell) {
    let said = |output: Output| {
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    let csv = said(shell.run(&["results", "export", "--campaign", "autumn"]).await);
    assert!(csv.starts_with("seq,outcome,dial_addr,") && csv.lines().count() == 4, "{csv}");
    let one = said(shell.run(&["result", "export", "--number", "1100003", "--format", "jsonl"]).await);
    assert_eq!(serde_json::from_str::<Value>(&one).unwrap()["outcome"], "answered");
    let quiet = said(shell.run(&["list", "export", "my customers", "-o", "leads.csv"]).await);
    assert_eq!(quiet, "");
    let file = std::fs::read_to_string(shell.dir.path().join("leads.csv")).unwrap();
    assert!(file.starts_with("name,detail,ukey,") && file.lines().count() == 3, "{file}");
    let again = ["list", "import", "leads.csv", "--list", "copy", "--create", "--json"];
    let told: Value = serde_json::from_str(&said(shell.run(&again).await)).unwrap();
    assert_eq!(told["imported"], 2);
    let bob = said(shell.run(&["list", "export", "copy", "--name", "BOB", "--format", "jsonl"]).await);
    let bob: Value = serde_json::from_str(&bob).unwrap();
    assert_eq!((&bob["name"], &bob["numbers"][1]), (&"Bob".into(), &"1100003".into()));
    let leads = said(shell.run(&["lead", "export", "--dial-list", "copy"]).await);
    assert_eq!(leads.lines().count(), 3);
    assert_eq!(shell.fails(&["list", "export", "nobody", "-o", "no.csv"]).await.0, 4);
    assert_eq!(shell.fails(&["results", "export", "--outcome", "lost", "-o", "no.csv"]).await.0, 2);
    for file in ["no.csv", "no.csv.part", "leads.csv.part"] {
        assert!(!shell.dir.path().join(file).exists(), "{file}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn who_watches_is_told_of_a_lost_connection_and_misses_nothing_of_that_time() {
    let scenario =
        Scenario { by_number: true, agents: Agents { count: 2, ..Agents::default() }, ..Scenario::default() };
    let (pbx, _sim) = simulated(scenario, 10.0).await;
    let shell = Shell::open(&pbx.address).await;
    let plan = "plan create --name evening --dial-mode progressive --queue-name sales --trunk-name pstn --tech-name Local --max-tries 1";
    shell.json(&plan.split(' ').collect::<Vec<_>>()).await;
    shell.json(&["list", "create", "--name", "customers"]).await;
    for number in ["1100001", "1100002", "3200003"] {
        shell.json(&["lead", "create", "--dial-list", "customers", "--numbers", number]).await;
    }
    shell
        .json(&["campaign", "create", "--name", "autumn", "--plan", "evening", "--dial-list", "customers"])
        .await;
    let proxy = Proxy::start(&shell.daemon.http_address, None).await;
    let mut watched = Watched::start(&shell, &format!("http://{}", proxy.address));
    let first = watched.until(|line| line["agents"]["idle"] == 2).await;
    assert_eq!(
        (&first["status"], &first["ended"], &first["connected"]),
        (&"stop".into(), &0.into(), &true.into())
    );

    proxy.set(Ways::CUT);
    proxy.break_all();
    let lost = watched.until(|line| line["connected"] == false).await;
    assert_eq!(lost["status"], "stop");
    shell.json(&["campaign", "start", "autumn"]).await;
    shell.run(&["campaign", "watch", "autumn", "--until-done"]).await;
    proxy.set(Ways::OPEN);
    let back = watched.until(|line| line["connected"] == true && line["ended"] == 3).await;
    assert_eq!(
        (&back["status"], &back["answered"], &back["in_flight"]),
        (&"stop".into(), &2.into(), &0.into())
    );
    shell.run(&["campaign", "delete", "autumn"]).await;
    assert_eq!(watched.child.wait().unwrap().code(), Some(4), "the campaign is gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_of_an_import_can_be_had_later_and_what_is_missing_is_said() {
    let shell = Shell::open("127.0.0.1:1").await;
    let file = |name: &str| shell.dir.path().join(name);
    let import = async |csv: &str, code: i32| {
        std::fs::write(file("more.csv"), csv).unwrap();
        let args = ["list", "import", "more.csv", "--list", "people", "--create", "--json"];
        let output = shell.run(&args).await;
        assert_eq!(output.status.code(), Some(code), "{output:?}");
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        told["import"].as_str().unwrap().to_owned()
    };
    let id = import("name,phone\nCarl,1100004\nBad,none\n", 3).await;
    let report = std::fs::read_to_string(file("more.csv.rejected.csv")).unwrap();
    let shown = shell.run(&["import", "report", &id]).await;
    assert!(shown.status.success() && report.contains("\n3,phone,"), "{shown:?}");
    assert_eq!(String::from_utf8(shown.stdout).unwrap(), report);
    std::fs::write(file("r.csv"), "of yesterday").unwrap();
    for (option, name) in [("--out", "r.csv"), ("--output", "s.csv"), ("-o", "t.csv")] {
        let written = shell.run(&["import", "report", &id, option, name]).await;
        assert!(written.status.success() && written.stdout.is_empty(), "{written:?}");
        assert_eq!(std::fs::read_to_string(file(name)).unwrap(), report);
        let mode = std::fs::metadata(file(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "phone numbers are nobody else's");
    }
    let whole = import("name,phone\nDora,1100005\n", 0).await;
    std::fs::remove_file(file(&format!("outbound.db.imports/{id}.rejected.csv"))).unwrap();
    let says = [
        (whole.as_str(), 4, "no row of this import was refused"),
        (&id, 4, "the report on 1 refused row is gone: reports are kept for 30 days"),
        ("b349d24b-2ee1-4808-adeb-0de94ccdcbcf", 4, "no such import"),
        ("more.csv", 2, "the id of an import expected; see `outbound import list`"),
    ];
    for (which, code, words) in says {
        let (found, text) = shell.fails(&["import", "report", which, "--out", "r.csv"]).await;
        assert!(found == code && text.contains(words), "{which}: {found}: {text}");
        assert_eq!(std::fs::read_to_string(file("r.csv")).unwrap(), report, "what was there stays");
        assert!(!file("r.csv.part").exists());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_export_that_breaks_off_fails_and_leaves_the_file_that_was_there() {
    let shell = Shell::open("127.0.0.1:1").await;
    let url = breaking_off(|_| None).await;
    let file = shell.dir.path().join("results.csv");
    std::fs::write(&file, "of yesterday").unwrap();
    let (code, text) = shell.fails(&["results", "export", "--url", &url, "-o", "results.csv"]).await;
    assert!(code == 6 && text.contains("it is not whole"), "{code}: {text}");
    assert_eq!(std::fs::read_to_string(&file).unwrap(), "of yesterday");
    assert!(!shell.dir.path().join("results.csv.part").exists());
    let piped = shell.run(&["results", "export", "--url", &url]).await;
    assert_eq!(piped.status.code(), Some(6), "{piped:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_report_that_breaks_off_behind_its_import_leaves_the_one_that_was_there() {
    let shell = Shell::open("127.0.0.1:1").await;
    let file = |name: &str| shell.dir.path().join(name);
    let list = "5f0f3f44-0d52-4a5b-9d0c-2f1f3d1f6c1e";
    let url = breaking_off(move |path| match path {
        path if path.ends_with("/report") => None,
        path if path.contains("/imports") => {
            Some(json!({ "id": "i1", "dial_list": list, "state": "done", "refused": 1 }))
        }
        _ => {
            Some(json!({ "uuid": list, "items": [{ "uuid": list, "name": "people" }], "next_cursor": null }))
        }
    })
    .await;
    std::fs::write(file("more.csv"), "phone\nnone\n").unwrap();
    std::fs::write(file("bad.csv"), "of yesterday").unwrap();
    let import = ["list", "import", "more.csv", "--list", list, "--url", &url, "--token", "t", "--report"];
    let (code, text) = shell.fails(&[&import[..], &["bad.csv"]].concat()).await;
    assert!(code == 6 && text.contains("outbound import report i1"), "{code}: {text}");
    assert_eq!(std::fs::read_to_string(file("bad.csv")).unwrap(), "of yesterday");
    assert!(!file("bad.csv.part").exists());
    let (code, text) = shell.fails(&[&import[..], &["more.csv"]].concat()).await;
    assert!(code == 1 && text.contains("written over more.csv"), "{code}: {text}");
}

/// A daemon that gives these answers by the paths that are asked for, and else ends in the middle of one; its URL.
async fn breaking_off(answer: impl Fn(&str) -> Option<Value> + Send + Sync + 'static) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut asked = Vec::new();
            while !is_whole(&asked) && stream.read_buf(&mut asked).await.is_ok_and(|read| read > 0) {}
            let asked = String::from_utf8_lossy(&asked);
            let head = "HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-type: application/json\r\n";
            let answer = match answer(asked.split(['?', ' ']).nth(1).unwrap_or_default()) {
                Some(json) => format!("{head}content-length: {}\r\n\r\n{json}", json.to_string().len()),
                None => format!("{head}transfer-encoding: chunked\r\n\r\n6\r\nseq\r\n1\r\n"),
            };
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    url
}

/// The end of a request's head without a body, or of a body in chunks.
fn is_whole(request: &[u8]) -> bool {
    let chunked = request.windows(7).any(|octets| octets.eq_ignore_ascii_case(b"chunked"));
    request.ends_with(if chunked { b"\r\n0\r\n\r\n" } else { b"\r\n\r\n" })
}

#[tokio::test(flavor = "multi_thread")]
async fn what_goes_wrong_is_said_with_what_to_do_and_has_its_exit_code() {
    let shell = Shell::open("127.0.0.1:1").await;
    shell.json(&["plan", "create", "--name", "a"]).await;
    shell.json(&["plan", "create", "--name", "twin"]).await;
    shell.json(&["plan", "create", "--name", "twin"]).await;
    let says = [
        (&["plan", "change", "a", "--dial-mode", "fast"][..], 2, "dial_mode: one of none, predictive"),
        (&["plan", "change", "a", "--dial-timeout-ms", "soon"], 2, "dial_timeout_ms: a whole number from"),
        (&["plan", "show", "twin"], 2, "2 of kind plan have the name \"twin\"; say which: "),
        (&["plan", "show", "nobody"], 4, "no plan has the name \"nobody\"; see `outbound plan list`"),
        (&["plans", "show", "nobody"], 4, "no plan has the name"),
        (&["list", "import", "a.csv", "--list", "nobody"], 4, "see `outbound list list`; --create makes it"),
        (&["lead", "show", "K1"], 4, "no lead has the ukey \"K1\"; `outbound lead list --name \"K1\"`"),
        (&["dialing", "show", "K1"], 2, "the uuid of a dialing expected"),
        (&["dialing", "hangup", "b349d24b-2ee1-4808-adeb-0de94ccdcbcf"], 4, "no such dialing"),
        (&["plan", "list", "--url", "http://127.0.0.1:1"], 6, "start one with `outbound serve`"),
        (&["plan", "list", "--url", "127.0.0.1"], 2, "--url: \"127.0.0.1\": http://HOST:PORT"),
        (&["plan", "list", "--token", "no"], 7, "the token is not good"),
        (&["plan", "paint", "a"], 2, "unrecognized subcommand 'paint'"),
        (&["campaign", "start"], 2, "<WHICH>"),
    ];
    for (args, code, words) in says {
        let (found, text) = shell.fails(args).await;
        assert!(found == code && text.contains(words), "{args:?}: {found}: {text}");
    }
    let campaign = shell.json(&["campaign", "create", "--name", "bare"]).await;
    let (code, text) = shell.fails(&["campaign", "start", "bare"]).await;
    assert!(code == 5 && text.contains("no plan is set: set plan of the campaign"), "{code}: {text}");
    assert_eq!(shell.json(&["campaign", "change", "bare", "--detail", "x"]).await["detail"], "x");
    assert_eq!(shell.json(&["campaign", "change", "bare", "--detail", ""]).await["detail"], Value::Null);
    shell.run(&["campaign", "delete", campaign["uuid"].as_str().unwrap()]).await;
    assert_eq!(shell.json(&["campaign", "list"]).await, serde_json::json!([]));
    let viewer = shell.json(&["token", "create", "--name", "screen", "--role", "viewer"]).await;
    let viewer = viewer["token"].as_str().unwrap();
    assert_eq!(shell.fails(&["plan", "create", "--token", viewer]).await.0, 7);
    assert!(shell.run(&["plan", "list", "--token", viewer]).await.status.success());
}

#[test]
fn shells_and_man_know_every_command() {
    let dir = TempDir::new().unwrap();
    let run = |args: &[&str]| {
        let output = outbound(dir.path(), args.iter().map(|arg| (*arg).to_owned()).collect(), &[]);
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    for shell in ["bash", "zsh", "fish"] {
        let text = run(&["completions", shell]);
        assert!(text.contains("force-stop") && text.contains("queue-name"), "{shell}");
    }
    assert!(run(&["man"]).contains(".TH outbound 1"));
    run(&["man", "--dir", "man"]);
    let page =
        |name: &str| std::fs::read_to_string(PathBuf::from(dir.path()).join("man").join(name)).unwrap();
    assert!(page("outbound-campaign-watch.1").contains("until"));
    assert!(page("outbound-result-export.1").contains("jsonl"));
    assert!(page("outbound-import-report.1").contains("FILE"));
    assert!(page("outbound-plan-create.1").contains("dial\\-mode"));
}
