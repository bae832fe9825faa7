//! The start of a session: greeting, login, filters, event mask.
//!
//! The order is chosen so that nothing is missed and nothing floods us. The login asks for events of class `system`
//! alone: with `Events: off` Asterisk does not say `FullyBooted` (transcript D02), with all classes a busy Asterisk
//! would send everything before the first filter stands. `FullyBooted` follows the login's response at once if
//! Asterisk is up, or comes as an event when it is; filters come after it, because they could hide it. Only then are
//! all wanted events switched on. Asterisk takes logins before it is ready to call, so this matters after a restart.

use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::time::{Instant, timeout, timeout_at};

use super::config::{Auth, ClientConfig};
use super::link::new_action_id;
use super::{Filter, Login};
use crate::codec::Decoder;
use crate::message::{InvalidHeader, Message};

/// How long `FullyBooted` is waited for. A user without read class `system` never gets it.
const BOOT_PATIENCE: Duration = Duration::from_secs(5);
/// After so long a silence meanwhile Asterisk is asked whether it is there at all.
const ASK_AFTER: Duration = Duration::from_secs(1);
const READ_OCTETS: usize = 4096;

/// A filter that lets nothing pass. Where criteria are known its text is compared; an Asterisk that does not know them (before
/// 18.26, 20.11, 21.6 and 22.1; tried with 16.28) takes every text for a regular expression, and this is none.
const PROBE: (&str, &str) = ("action(include),name(OutboundProbe),header(Text),method(exact)", "(");

/// What became of the filters.
struct Filters {
    refused: Vec<String>,
    by_name: bool,
}

/// Why there is no session.
#[derive(Debug, thiserror::Error)]
pub(super) enum Failure {
    #[error("login refused: {0}")]
    Refused(String),
    #[error("{0}")]
    Lost(String),
    #[error("login cannot be sent: {0}")]
    Invalid(#[from] InvalidHeader),
    #[error("{0}")]
    Io(#[from] std::io::Error),
}

struct Handshake<'a, S> {
    stream: &'a mut S,
    decoder: &'a mut Decoder,
    config: &'a ClientConfig,
    booted: bool,
}

/// Logs in on a fresh connection. What the decoder holds afterwards belongs to the session.
pub(super) async fn login<S: AsyncRead + AsyncWrite + Unpin>(
    stream: &mut S,
    decoder: &mut Decoder,
    config: &ClientConfig,
) -> Result<Login, Failure> {
    let mut handshake = Handshake { stream, decoder, config, booted: false };
    let banner = in_time(config, handshake.banner()).await?;
    handshake.authenticate().await?;
    let fully_booted = handshake.wait_until_booted().await?;
    let filters = handshake.set_filters().await?;
    let mask = config.event_mask.as_deref().unwrap_or("on");
    let response = handshake.ask(Message::action("Events").with("EventMask", mask)?).await?;
    if !response.is_success() {
        return Err(Failure::Refused(response.text("Message").to_owned()));
    }
    Ok(Login { banner, filters_refused: filters.refused, filters_by_name: filters.by_name, fully_booted })
}

impl<S: AsyncRead + AsyncWrite + Unpin> Handshake<'_, S> {
    async fn authenticate(&mut self) -> Result<(), Failure> {
        let config = self.config;
        let mut action = Message::action("Login").with("Username", &config.username)?;
        match config.auth {
            Auth::Plain => action.push("Secret", config.secret.expose())?,
            Auth::Md5 => {
                let challenge = self.ask(Message::action("Challenge").with("AuthType", "MD5")?).await?;
                let Some(challenge) = challenge.get("Challenge") else {
                    return Err(Failure::Refused(challenge.text("Message").to_owned()));
                };
                action.push("AuthType", "MD5")?;
                action.push("Key", config.secret.key(challenge))?;
            }
        }
        action.push("Events", "system")?;
        let response = self.ask(action).await?;
        if response.is_success() {
            return Ok(());
        }
        Err(Failure::Refused(response.text("Message").to_owned()))
    }

    /// An Asterisk that boots takes its time, but it answers: a connection that is cut now is noticed as at any other time.
    async fn wait_until_booted(&mut self) -> Result<bool, Failure> {
        let until = Instant::now() + BOOT_PATIENCE;
        while !self.booted && Instant::now() < until {
            match timeout_at(until.min(Instant::now() + ASK_AFTER), self.message()).await {
                Ok(message) => drop(message?),
                Err(_) => drop(self.ask(Message::action("Ping")).await?),
            }
        }
        Ok(self.booted)
    }

    /// Sets all filters in one write, and behind them one that only an Asterisk takes that looks at names.
    async fn set_filters(&mut self) -> Result<Filters, Failure> {
        let mut filters = Filters { refused: Vec::new(), by_name: true };
        if self.config.filters.is_empty() {
            return Ok(filters);
        }
        let mut octets = Vec::new();
        let mut asked = Vec::new();
        let probe = Filter::new(PROBE.0, PROBE.1);
        for filter in self.config.filters.iter().chain([&probe]) {
            let (id, action) = filter_action(filter)?;
            action.encode(&mut octets);
            asked.push((id, filter));
        }
        self.write(&octets).await?;
        in_time(self.config, async {
            for (id, filter) in asked {
                let response = self.response(&id).await?;
                if response.is_success() {
                    continue;
                }
                if *filter == probe {
                    filters.by_name = false;
                } else {
                    let Filter { criteria, text } = filter;
                    filters.refused.push(format!("{criteria} {text}: {}", response.text("Message")));
                }
            }
            // A user who may not set filters at all is refused that one too.
            filters.by_name |= !filters.refused.is_empty();
            Ok(filters)
        })
        .await
    }

    async fn ask(&mut self, mut action: Message) -> Result<Message, Failure> {
        let (_, id) = new_action_id();
        action.push_second("ActionID", &id);
        let mut octets = Vec::new();
        action.encode(&mut octets);
        self.write(&octets).await?;
        in_time(self.config, self.response(&id)).await
    }

    async fn write(&mut self, octets: &[u8]) -> Result<(), Failure> {
        in_time(self.config, async { Ok(self.stream.write_all(octets).await?) }).await
    }

    async fn banner(&mut self) -> Result<String, Failure> {
        loop {
            match self.decoder.next_line() {
                Ok(Some(line)) => return Ok(line),
                Ok(None) => self.read().await?,
                Err(error) => return Err(Failure::Lost(format!("this is no Asterisk: {error}"))),
            }
        }
    }

    async fn response(&mut self, id: &str) -> Result<Message, Failure> {
        loop {
            let message = self.message().await?;
            if message.event_name().is_none() && message.action_id() == Some(id) {
                return Ok(message);
            }
        }
    }

    /// The next message; what cannot be read is no answer to us.
    async fn message(&mut self) -> Result<Message, Failure> {
        loop {
            match self.decoder.next_message() {
                Ok(Some(message)) => {
                    self.booted |= message.event_name() == Some("FullyBooted");
                    return Ok(message);
                }
                Ok(None) => self.read().await?,
                Err(_) => {}
            }
        }
    }

    async fn read(&mut self) -> Result<(), Failure> {
        let mut chunk = [0; READ_OCTETS];
        match self.stream.read(&mut chunk).await? {
            0 => Err(Failure::Lost("Asterisk closed the connection during the login".to_owned())),
            octets => {
                self.decoder.feed(&chunk[..octets]);
                Ok(())
            }
        }
    }
}

/// Waits for one step.
async fn in_time<T>(
    config: &ClientConfig,
    step: impl Future<Output = Result<T, Failure>>,
) -> Result<T, Failure> {
    let late = || Failure::Lost("Asterisk did not answer the login in time".to_owned());
    timeout(config.login_timeout, step).await.map_err(|_| late())?
}

fn filter_action(filter: &Filter) -> Result<(String, Message), Failure> {
    let (_, id) = new_action_id();
    let mut action = Message::action("Filter").with("ActionID", &id)?.with("Operation", "Add")?;
    if !filter.criteria.is_empty() {
        action.push("MatchCriteria", &filter.criteria)?;
    }
    if !filter.text.is_empty() {
        action.push("Filter", &filter.text)?;
    }
    Ok((id, action))
}

#[cfg(test)]
mod tests {
    use tokio::io::duplex;

    use super::*;
    use crate::codec::LineEnd;

    /// Answers each action with success, as an Asterisk does to a user without read class `system`; 16.28 alone cannot take a
    /// filter that is no regular expression.
    async fn answer_without_boot(mut far: tokio::io::DuplexStream, banner: &str) {
        far.write_all(format!("Asterisk Call Manager/{banner}\r\n").as_bytes()).await.unwrap();
        let mut decoder = Decoder::new(LineEnd::Any);
        let mut chunk = [0; 4096];
        while let Ok(octets @ 1..) = far.read(&mut chunk).await {
            decoder.feed(&chunk[..octets]);
            while let Some(action) = decoder.next_message().unwrap() {
                let mut octets = Vec::new();
                let refused = banner == "5.0.4" && action.text("Filter") == "(";
                let mut response = Message::response(if refused { "Error" } else { "Success" });
                response.push_second("ActionID", action.text("ActionID"));
                response.encode(&mut octets);
                far.write_all(&octets).await.unwrap();
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_user_who_is_not_told_of_the_boot_goes_on_after_a_while() {
        let (mut near, far) = duplex(4096);
        let config = ClientConfig { auth: Auth::Plain, ..ClientConfig::new("a", "-", "orig", "origpw") };
        let mut decoder = Decoder::new(LineEnd::Crlf);
        let start = tokio::time::Instant::now();
        let login = tokio::select! {
            login = login(&mut near, &mut decoder, &config) => login.unwrap(),
            () = answer_without_boot(far, "11.0.0") => panic!("the client went away"),
        };
        assert!(!login.fully_booted);
        assert_eq!(start.elapsed(), BOOT_PATIENCE);
    }

    #[tokio::test(start_paused = true)]
    async fn an_asterisk_that_does_not_look_at_names_is_known_by_what_it_refuses() {
        for (banner, by_name) in [("5.0.4", false), ("11.0.0", true)] {
            let (mut near, far) = duplex(4096);
            let config = ClientConfig {
                auth: Auth::Plain,
                filters: vec![Filter::new("action(include),name(Hangup)", "")],
                ..ClientConfig::new("a", "-", "dialer", "dialerpw")
            };
            let mut decoder = Decoder::new(LineEnd::Crlf);
            let login = tokio::select! {
                login = login(&mut near, &mut decoder, &config) => login.unwrap(),
                () = answer_without_boot(far, banner) => panic!("the client went away"),
            };
            assert_eq!((login.filters_by_name, login.filters_refused.len()), (by_name, 0));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_asterisk_that_does_not_even_greet_is_given_up() {
        let (mut near, _far) = duplex(4096);
        let config = ClientConfig::new("a", "-", "dialer", "dialerpw");
        let failed = login(&mut near, &mut Decoder::new(LineEnd::Crlf), &config).await;
        assert!(matches!(failed, Err(Failure::Lost(_))), "{failed:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_is_cut_while_asterisk_boots_is_given_up_as_at_any_other_time() {
        let (mut near, mut far) = duplex(4096);
        let config = ClientConfig { auth: Auth::Plain, ..ClientConfig::new("a", "-", "dialer", "dialerpw") };
        let mut decoder = Decoder::new(LineEnd::Crlf);
        let start = tokio::time::Instant::now();
        let asterisk = async {
            far.write_all(b"Asterisk Call Manager/11.0.0\r\n").await.unwrap();
            let mut chunk = [0; 4096];
            let octets = far.read(&mut chunk).await.unwrap();
            let mut actions = Decoder::new(LineEnd::Any);
            actions.feed(&chunk[..octets]);
            let login = actions.next_message().unwrap().unwrap();
            let mut octets = Vec::new();
            let answer = Message::response("Success").with("ActionID", login.text("ActionID")).unwrap();
            answer.encode(&mut octets);
            far.write_all(&octets).await.unwrap();
            // From here on nothing comes, and nothing arrives.
            std::future::pending::<()>().await;
        };
        let failed = tokio::select! {
            login = login(&mut near, &mut decoder, &config) => login,
            () = asterisk => panic!(),
        };
        assert!(matches!(failed, Err(Failure::Lost(_))), "{failed:?}");
        assert_eq!(start.elapsed(), ASK_AFTER + config.login_timeout);
    }

    #[tokio::test]
    async fn a_name_that_would_end_its_line_is_not_sent() {
        let (mut near, mut far) = duplex(4096);
        far.write_all(b"Asterisk Call Manager/11.0.0\r\n").await.unwrap();
        let config = ClientConfig::new("a", "-", "dialer\r\nEvents: on", "dialerpw");
        let failed = login(&mut near, &mut Decoder::new(LineEnd::Crlf), &config).await;
        assert!(matches!(failed, Err(Failure::Invalid(_))), "{failed:?}");
    }
}
