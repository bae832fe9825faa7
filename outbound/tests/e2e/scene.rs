//! A campaign under way between the daemon, a network that can fail and a real Asterisk, and what is measured of it.

use std::process::Command;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ami::client::ClientConfig;
use serde_json::Value;

use super::accounts::{Callee, balance};
use super::fixtures::campaign_on;
use super::instance::{no_channels, recording_asterisk, script};
use super::killing::{LIMITS, PLAN, callees};
use super::process::Log;
use super::proxy::{Holes, Proxy, Ways};
use super::record::ChannelLog;
use super::support::{Bench, Pbx, action, session, until};

/// The figures.
pub(crate) const NOTICED: Duration = Duration::from_secs(5);
pub(crate) const BACK: Duration = Duration::from_secs(10);

/// A campaign under way: the daemon, a network that can fail, an Asterisk.
pub(crate) struct Scene {
    pub(crate) instance: &'static str,
    pub(crate) bench: Bench,
    pub(crate) proxy: Proxy,
    pub(crate) record: ChannelLog,
    pub(crate) campaign: String,
    pub(crate) leads: Vec<Callee>,
}

impl Scene {
    pub(crate) async fn start(instance: &'static str, count: usize, holes: Option<Holes>) -> Self {
        let pbx = recording_asterisk(instance);
        let record = ChannelLog::from_now(instance);
        let proxy = Proxy::start(&pbx.address, holes).await;
        let pbx = Pbx { address: proxy.address.clone(), ..pbx };
        let mut bench = Bench::start_process(&pbx, "max_cps = 10").await;
        let plan = bench.create("Plan", &PLAN).await;
        let (dlma, leads) = callees(&mut bench, count).await;
        let campaign = campaign_on(&mut bench, &plan, &dlma, &[]).await;
        bench.set_status(&campaign, "1").await;
        let mut scene = Self { instance, bench, proxy, record, campaign, leads };
        scene.next_call("started").await;
        scene
    }

    pub(crate) fn log(&self) -> Log {
        self.bench.process().log_file()
    }

    /// Waits until the log has one more line with this message than before; gives how long it took, and the line.
    pub(crate) async fn says(&mut self, message: &str, before: usize) -> (Duration, Value) {
        let begun = Instant::now();
        let log = self.log();
        let line = self.bench.read_while(until(message, || log.with(message).into_iter().nth(before))).await;
        (begun.elapsed(), line)
    }

    pub(crate) fn said(&self, message: &str) -> usize {
        self.log().with(message).len()
    }

    /// Waits for the next call that Asterisk sees from now on; gives how long it took.
    pub(crate) async fn next_call(&mut self, cause: &str) -> Duration {
        let (begun, now) =
            (Instant::now(), SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64());
        let record = &self.record;
        self.bench
            .read_while(until("the next call", || record.calls().into_iter().find(|call| call.start > now)))
            .await;
        println!("{cause}: the next call {:.1} s later", begun.elapsed().as_secs_f64());
        begun.elapsed()
    }

    /// Does something to the way to Asterisk that takes it away; gives how long it took until that was noticed.
    pub(crate) async fn goes_away(&mut self, cause: &str, act: impl AsyncFnOnce(&mut Self)) -> Duration {
        let before = self.said(LOST);
        let begun = Instant::now();
        act(self).await;
        let (_, line) = self.says(LOST, before).await;
        let took = begun.elapsed();
        println!("{cause}: noticed after {:.1} s: {}", took.as_secs_f64(), line["fields"]["reason"]);
        took
    }

    /// No call is even begun while it is away. Waits so long, or while `act` lasts.
    pub(crate) async fn nothing_is_dialed(&mut self, act: impl Future<Output = ()>) {
        // What was begun before the loss was noticed is told by now.
        self.bench.client.call(ami::Message::action("Ping")).await.unwrap();
        let drained = tokio::time::Instant::now() + Duration::from_millis(100);
        self.bench.read_until(drained, |_| false).await;
        let from = self.bench.named("OutDialingCreate").count();
        self.bench.read_while(act).await;
        assert_eq!(self.bench.named("OutDialingCreate").count(), from, "dialed while it was away");
    }

    /// The way is closed for so long.
    pub(crate) async fn cut(&mut self, ways: Ways, seconds: u64) {
        let cause = format!("{ways:?} for {seconds} s");
        let whole = Duration::from_secs(seconds);
        let begun = Instant::now();
        if whole < NOTICED {
            self.proxy.set(ways);
            self.bench.read_while(tokio::time::sleep(whole)).await;
        } else {
            let noticed = self.goes_away(&cause, async |scene| scene.proxy.set(ways)).await;
            assert!(noticed < NOTICED, "{cause}: noticed after {noticed:?}");
            let rest = whole.saturating_sub(begun.elapsed());
            self.nothing_is_dialed(tokio::time::sleep(rest)).await;
        }
        self.proxy.set(Ways::OPEN);
        let back = self.next_call(&cause).await;
        assert!(back < BACK, "{cause}: the next call came after {back:?}");
    }

    /// The campaign ends by itself; everything is held against what Asterisk has written.
    pub(crate) async fn end(mut self) -> (Bench, Vec<Value>) {
        self.bench.campaign_ended(&self.campaign).await;
        no_channels(self.instance).await;
        let results = balance(&mut self.bench, || self.record.calls(), &self.leads, &LIMITS).await;
        (self.bench, results)
    }

    /// Sends its Asterisk a signal.
    pub(crate) fn signal(&self, signal: &str) {
        let file = format!("{}/srv/asterisk/{}/pid", script(&["path"]).trim(), self.instance);
        let text = std::fs::read_to_string(file).unwrap();
        let pid = text.split_whitespace().next().unwrap();
        assert!(Command::new("kill").args(["-s", signal, pid]).status().unwrap().success());
    }

    pub(crate) fn cli(&self, command: &str) -> String {
        script(&["cli", "--instance", self.instance, command])
    }
}

pub(crate) const LOST: &str = "connection lost; no calls are placed there until it is back";
pub(crate) const RETURNED: &str = "back and compared, calls are placed there again; of those in flight those that are up go on, those \
                        that are gone end, those that never reached it go back";

/// Somebody at the Asterisk's own console.
pub(crate) struct Console(ami::client::Client);

impl Console {
    pub(crate) async fn of(instance: &str) -> Self {
        let address = recording_asterisk(instance).address;
        let mut config = ClientConfig::new("console", address, "observer", "observer");
        config.event_mask = Some("off".to_owned());
        let (client, mut incoming) = session(config).await;
        tokio::spawn(async move { while incoming.recv().await.is_some() {} });
        Self(client)
    }

    /// Asterisk may be gone before it answers, and says nothing more to this session while it waits for its end.
    pub(crate) fn command(&self, command: &str) {
        self.0.submit(action("Command", &[("Command", command)])).unwrap();
    }

    /// A call of somebody else, which stays until it is hung up. It is up when this returns.
    pub(crate) async fn talks(&self) {
        let headers = [
            ("Channel", "Local/1200001@pstn/n"),
            ("Application", "Wait"),
            ("Data", "60"),
            ("ChannelId", "somebody-else"),
        ];
        assert!(self.0.call(action("Originate", &headers)).await.unwrap().is_success());
    }

    pub(crate) async fn hangs_up(&self) {
        let hung_up = self.0.call(action("Hangup", &[("Channel", "somebody-else")])).await.unwrap();
        assert!(hung_up.is_success(), "{hung_up:?}");
    }
}
