//! How far claims have got, as Asterisk itself knows it: a global variable there holds the serial of the last claim whose
//! Originate may have come in. It is set in the same session, right before each Originate, so a claim with a higher serial
//! has never reached this Asterisk: whoever finds it later knows that no phone has rung. One word for several claims would
//! not do: when a process is killed, its connection may be reset, and Asterisk drops what it has not read yet.

use std::sync::{Mutex, PoisonError};

use ami::client::{ActionError, Client, Session};
use ami::{InvalidHeader, Message};
use engine::store_id::StoreId;

/// What the variable's ActionIDs begin with.
pub(super) const ACTION_ID: &str = "reached-";

pub(super) struct Reached {
    client: Client,
    variable: String,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    /// The session that was told last.
    session: Option<Session>,
    /// The highest serial that any session was told.
    serial: u64,
}

impl Reached {
    pub(super) fn new(client: Client, store: StoreId) -> Self {
        Self { client, variable: format!("OUTBOUND_REACHED_{store}"), told: Mutex::default() }
    }

    /// Sends the Originate of a claim, where this session was not told of its serial behind the word for it.
    pub(super) fn submit(&self, serial: u64, originate: &Message) -> Result<(), ActionError> {
        let session = self.client.session().ok_or(ActionError::NotConnected)?;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.session != Some(session) || told.serial < serial {
            // It never falls: calls with higher serials may be up, of which an earlier session was told.
            let highest = told.serial.max(serial);
            let word = Message::action("Setvar")
                .with("ActionID", format_args!("{ACTION_ID}{highest}"))?
                .with("Variable", &self.variable)?
                .with("Value", highest)?;
            self.client.submit_in(session, &word)?;
            (told.session, told.serial) = (Some(session), highest);
        }
        self.client.submit_in(session, originate)
    }

    /// What this session was told may not have been taken: the next Originate goes behind a word of its own.
    pub(super) fn forget(&self) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).session = None;
    }

    /// What Asterisk says; `None` where it does not know or may not be asked. Where it may no longer be told, what it says is
    /// from a time when it could be, and older than the calls that have reached it since.
    pub(super) async fn ask(&self) -> Option<u64> {
        self.call(may_be_told().ok()?).await?;
        let response = self.call(Message::action("Getvar").with("Variable", &self.variable).ok()?).await?;
        response.text("Value").parse().ok()
    }

    async fn call(&self, action: Message) -> Option<Message> {
        self.client.call(action).await.ok().filter(Message::is_success)
    }
}

/// Sets nothing: an empty value is no variable. Asterisk refuses it to a user who may not set variables.
///
/// # Errors
/// Never: the name is ours.
pub fn may_be_told() -> Result<Message, InvalidHeader> {
    Message::action("Setvar").with("Variable", "OUTBOUND_CHECK").and_then(|action| action.with("Value", ""))
}

#[cfg(test)]
mod tests {
    use ami::client::{ClientConfig, Incoming};
    use ami::codec::{Decoder, LineEnd};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    /// An Asterisk that says yes to all: logs one client in, and gives the values that it is told, with the calls between.
    async fn heard(stream: &mut TcpStream, wanted: usize) -> Vec<String> {
        stream.write_all(b"Asterisk Call Manager/11.0.0\r\n").await.unwrap();
        let (mut decoder, mut chunk, mut heard) = (Decoder::new(LineEnd::Any), [0; 4096], Vec::new());
        while heard.len() < wanted {
            let octets = stream.read(&mut chunk).await.unwrap();
            decoder.feed(&chunk[..octets]);
            while let Some(action) = decoder.next_message().unwrap() {
                match action.text("Action") {
                    "Setvar" => heard.push(action.text("Value").to_owned()),
                    "Originate" => heard.push(format!("call {}", action.text("Channel"))),
                    name => {
                        let mut answer = Vec::new();
                        let response = Message::response("Success").with("ActionID", action.text("ActionID"));
                        response.unwrap().encode(&mut answer);
                        if name == "Login" {
                            answer.extend(b"Event: FullyBooted\r\n\r\n");
                        }
                        stream.write_all(&answer).await.unwrap();
                    }
                }
            }
        }
        heard
    }

    #[tokio::test]
    async fn each_call_goes_behind_its_serial_and_no_session_is_told_less_than_the_one_before() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let config =
            ClientConfig { auth: ami::client::Auth::Plain, ..ClientConfig::new("a", address, "u", "s") };
        let (client, mut incoming) = ami::client::connect(config);
        let reached = Reached::new(client, StoreId::new(1));
        let call = |serial: u64| {
            let originate = Message::action("Originate").with("Channel", serial).unwrap();
            reached.submit(serial, &originate).unwrap();
        };
        let mut first = async |calls: &[u64], wanted: usize| {
            let (mut stream, _) = listener.accept().await.unwrap();
            let session = async {
                while !matches!(incoming.recv().await, Some(Incoming::Up(_))) {}
                calls.iter().for_each(|serial| call(*serial));
            };
            tokio::join!(session, heard(&mut stream, wanted)).1
        };
        assert_eq!(first(&[7, 9, 8], 5).await, ["7", "call 7", "9", "call 9", "call 8"]);
        assert_eq!(first(&[3, 10], 4).await, ["9", "call 3", "10", "call 10"]);
    }
}
