//! `outbound check`: logs in to every Asterisk of the config and says what is missing and how to mend it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use ami::Message;
use ami::client::{Client, Incoming};
use jiff::civil::DateTime;
use tokio::sync::mpsc::Receiver;
use tokio::time::timeout;

use crate::asterisk::{actions, reached};
use crate::config::{self, AmiConfig, AsteriskConfig, HttpConfig};
use crate::serve::client_config;
use crate::store::{Store, StoreError, StoreOptions, Synchronous};

/// How long an Asterisk may take to answer the login.
const LOGIN_MAX: Duration = Duration::from_secs(15);
/// A clock that is further off than this makes logs hard to compare, and wrap-up times wrong.
const CLOCK_OFF_MAX_S: i64 = 2;

/// What was looked at, and what came of it.
struct Finding {
    ok: bool,
    text: String,
}

fn good(text: impl Into<String>) -> Finding {
    Finding { ok: true, text: text.into() }
}

fn bad(text: impl Into<String>) -> Finding {
    Finding { ok: false, text: text.into() }
}

/// Runs the command: 0 when nothing is missing, 1 otherwise.
#[expect(clippy::print_stdout, reason = "the findings are what the command is for")]
pub(super) async fn run(path: Option<PathBuf>) -> anyhow::Result<ExitCode> {
    let config = config::load(path.as_deref())?;
    println!("config: ok");
    let mut all_ok = true;
    let options = StoreOptions {
        url: config.store.url.clone(),
        synchronous: Synchronous::Full,
        cache_mib: config.store.cache_mib,
    };
    let mut findings = vec![(config.store.url.clone(), store(options).await)];
    if config.asterisk.is_empty() {
        findings.push(("asterisk".to_owned(), vec![bad("none is configured; add an [[asterisk]] block")]));
    }
    if config.ami.user.is_empty() {
        findings.push(("ami".to_owned(), vec![bad("nobody may log in; add an [[ami.user]] block")]));
    }
    findings.push(("ami".to_owned(), front_door(&config.ami)));
    findings.push(("http".to_owned(), http_door(&config.http)));
    findings.push(("schedules".to_owned(), vec![time_zone()]));
    for asterisk in &config.asterisk {
        findings.push((format!("asterisk {}", asterisk.name), check_asterisk(asterisk).await));
    }
    for (place, findings) in &findings {
        for finding in findings {
            all_ok &= finding.ok;
            println!("{place}: {}{}", if finding.ok { "" } else { "MISSING: " }, finding.text);
        }
    }
    println!("{}", if all_ok { "all is well" } else { "mend what is MISSING, then check again" });
    Ok(if all_ok { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Secrets and certificate that are kept outside of the config.
fn front_door(config: &AmiConfig) -> Vec<Finding> {
    let users = config.user.iter().map(|user| user.credential().map(drop));
    let unusable = users.chain([config.tls().map(drop)]).filter_map(Result::err);
    unusable.map(|error| bad(format!("{error:#}"))).collect()
}

/// Who can listen in, and the certificate.
fn http_door(config: &HttpConfig) -> Vec<Finding> {
    let looked_at = [config.check_exposure(), config.tls().map(drop)];
    let mut findings: Vec<_> =
        looked_at.into_iter().filter_map(Result::err).map(|error| bad(format!("{error:#}"))).collect();
    if config.is_exposed() && config.insecure {
        let text = format!(
            "{} can be reached from other machines without TLS, as http.insecure allows: passwords and tokens cross the network in the \
             clear",
            config.listen
        );
        findings.push(good(text));
    }
    findings
}

/// By whose clock campaigns without a `ScTimeZone` start and stop.
fn time_zone() -> Finding {
    let zone = jiff::tz::TimeZone::try_system();
    let name =
        zone.as_ref().map_or(Some("UTC, because the machine's zone is not set"), |zone| zone.iana_name());
    let name = name.unwrap_or("the machine's, which has no name");
    good(format!("their time zone is {name}, unless a campaign sets ScTimeZone"))
}

async fn store(options: StoreOptions) -> Vec<Finding> {
    let opened = tokio::task::spawn_blocking(move || Store::open(&options)).await;
    match opened {
        Ok(Ok((store, _))) => {
            let _ = store.close().await;
            vec![good("the store can be opened")]
        }
        Ok(Err(StoreError::Held { holder, .. })) => {
            vec![good(format!("in use by a daemon ({holder}); not looked into"))]
        }
        Ok(Err(error)) => vec![bad(error.to_string())],
        Err(error) => vec![bad(error.to_string())],
    }
}

async fn check_asterisk(config: &AsteriskConfig) -> Vec<Finding> {
    let mut client_config = match client_config(config) {
        Ok(client_config) => client_config,
        Err(error) => return vec![bad(format!("{error:#}"))],
    };
    client_config.event_mask = Some(actions::EVENT_MASK.to_owned());
    client_config.filters = actions::filters();
    let (client, mut incoming) = ami::client::connect(client_config);
    let mut findings = match timeout(LOGIN_MAX, login(&mut incoming)).await {
        Ok(Ok(findings)) => findings,
        Ok(Err(finding)) => return vec![finding],
        Err(_) => {
            return vec![bad(format!(
                "no answer from {} in {} s; is Asterisk running, is manager.conf enabled and bound there?",
                config.address,
                LOGIN_MAX.as_secs()
            ))];
        }
    };
    // Somebody has to take what is heard, else nothing is read.
    let drain = tokio::spawn(async move { while incoming.recv().await.is_some() {} });
    findings.extend(look(&client).await);
    drain.abort();
    findings
}

async fn login(incoming: &mut Receiver<Incoming>) -> Result<Vec<Finding>, Finding> {
    while let Some(heard) = incoming.recv().await {
        match heard {
            Incoming::Up(login) => {
                let refused = login
                    .filters_refused
                    .first()
                    .map(|why| bad(format!("event filters refused ({why}); give the user write = system")));
                let booted = (!login.fully_booted).then(|| {
                    bad("the user does not see that Asterisk is booted, nor reloads; give it read = system")
                });
                let flooded = (!login.filters_by_name).then(|| good(actions::NO_FILTERS.to_owned()));
                let banner = good(format!("logged in ({})", login.banner));
                return Ok([Some(banner), refused, flooded, booted].into_iter().flatten().collect());
            }
            Incoming::LoginRefused { message } => {
                return Err(bad(format!(
                    "login refused ({message}); check username and secret here and in manager.conf"
                )));
            }
            Incoming::Down { reason } => {
                return Err(bad(format!(
                    "no connection ({reason}); is Asterisk running, is manager.conf enabled and bound there?"
                )));
            }
            Incoming::Event(_) | Incoming::Response(_) | Incoming::DecodeError(_) => {}
        }
    }
    Err(bad("the session ended"))
}

async fn look(client: &Client) -> Vec<Finding> {
    let mut findings = Vec::new();
    match client.call(Message::action("CoreSettings")).await {
        Ok(response) => findings.push(good(format!("Asterisk {}", response.text("AsteriskVersion")))),
        Err(error) => findings.push(bad(error.to_string())),
    }
    // An Originate to nowhere: refused for its channel if we may originate, for permission if not. No phone can ring.
    if let Ok(action) = Message::action("Originate").with("Channel", "").and_then(|a| a.with("Async", "true"))
    {
        findings.push(may(client, action, "originate", "place calls").await);
    }
    if let Ok(action) = Message::action("Hangup").with("Channel", "outbound-check") {
        findings.push(may(client, action, "call", "hang calls up").await);
    }
    if let Ok(action) = reached::may_be_told() {
        findings.push(may(client, action, "call", "note which calls have reached Asterisk").await);
    }
    if let Ok(action) = actions::dialplan_remove(uuid::Uuid::nil()) {
        findings.push(may(client, action, "system", "write the dialplan of plans").await);
    }
    if let Ok(action) = Message::action("ShowDialPlan").with("Context", "outbound-check") {
        findings.push(
            may(client, action, "config or reporting", "see whether the dialplan is still there").await,
        );
    }
    if let Ok(action) = actions::queue_config() {
        findings.push(may(client, action, "config", "read queues.conf, where wrap-up times are").await);
    }
    let modules = [
        ("app_queue", "hand calls to agents"),
        ("app_amd", "detect answer machines"),
        ("func_global", "know after a crash which calls have reached Asterisk"),
    ];
    for (module, purpose) in modules {
        findings.push(module_loaded(client, module, purpose).await);
    }
    match client.list(Message::action("QueueStatus")).await {
        Ok(list) => {
            let queues =
                list.entries.iter().filter(|entry| entry.event_name() == Some("QueueParams")).count();
            findings.push(good(format!("{queues} queues")));
        }
        Err(error) => findings.push(bad(format!(
            "queues cannot be listed ({error}); load app_queue, give the user write = agent or reporting"
        ))),
    }
    findings.push(clock(client).await);
    findings
}

async fn may(client: &Client, action: Message, class: &str, purpose: &str) -> Finding {
    match client.call(action).await {
        Ok(response) if response.text("Message").contains("Permission denied") => {
            bad(format!("the user may not {purpose}; give it write = {class} in manager.conf"))
        }
        Ok(_) => good(format!("may {purpose}")),
        Err(error) => bad(format!("may it {purpose}? {error}")),
    }
}

async fn module_loaded(client: &Client, module: &str, purpose: &str) -> Finding {
    let Ok(action) = Message::action("ModuleCheck").with("Module", module) else { return bad(module) };
    match client.call(action).await {
        Ok(response) if response.is_success() => good(format!("{module} is loaded")),
        Ok(response) if response.text("Message").contains("Permission denied") => {
            good(format!("{module}: the user may not ask (write = system); not looked into"))
        }
        Ok(_) => {
            bad(format!("{module} is not loaded, which is needed to {purpose}; load it in modules.conf"))
        }
        Err(error) => bad(format!("{module}: {error}")),
    }
}

/// Asterisk tells no clock by AMI, but the time at which it started, and for how long it is up.
async fn clock(client: &Client) -> Finding {
    let (before, status) = (jiff::Zoned::now(), client.call(Message::action("CoreStatus")).await);
    let Ok(status) = status else {
        return bad("CoreStatus is not answered; give the user write = system or reporting");
    };
    let started = format!("{}T{}", status.text("CoreStartupDate"), status.text("CoreStartupTime"));
    let Ok(started) = started.parse::<DateTime>() else { return good("its clock cannot be seen") };
    let ahead_s = (started - before.datetime()).total(jiff::Unit::Second).unwrap_or_default();
    #[expect(clippy::cast_precision_loss, reason = "a few seconds")]
    if ahead_s > CLOCK_OFF_MAX_S as f64 {
        return bad(format!(
            "its clock is at least {ahead_s:.0} s ahead of ours (it says it has started then); run NTP on both"
        ));
    }
    good("its clock is not ahead of ours")
}
