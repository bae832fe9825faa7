//! Which calls have reached an Asterisk, as it knows itself: each Originate leaves the serial of its claim in a global variable
//! there, before anybody is dialed. Whoever finds a claim without a channel later, and without its serial, knows that no phone
//! has rung.
//!
//! The variables are few: a serial takes the place of an older one that was left [`MARK_PLACES`] claims before, except of claims
//! that were open at the start of the daemon. What Asterisk has forgotten with a restart must not be taken for what never
//! came: so another variable says from which serial on this life of it is known, and is set before its first call.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use ami::client::{ActionError, Client, Session};
use ami::{InvalidHeader, Message};
use engine::store_id::{MARK_PLACES, StoreId};
use tokio::task::JoinSet;
use uuid::Uuid;

/// What the ActionIDs of the variable for the beginning start with.
pub(super) const ACTION_ID: &str = "reached-";
/// The way to what an Asterisk knows.
#[derive(Debug, Clone, Copy)]
pub struct Marks(pub StoreId);

impl Marks {
    /// Says from which serial on calls leave their marks. It is read and written by the function that also leaves the marks:
    /// an Asterisk without it (func_global) knows nothing of either.
    pub(crate) fn beginning(self) -> String {
        format!("GLOBAL(OUTBOUND_CALLS_FROM_{})", self.0)
    }

    /// The variable of a call's mark.
    pub(crate) fn place(self, serial: u64) -> String {
        format!("GLOBAL(OUTBOUND_CALL_{}_{})", self.0, serial % MARK_PLACES)
    }

    /// A call's mark, as a `Variable` of its Originate.
    pub fn mark(self, serial: u64) -> String {
        format!("{}={serial}", self.place(serial))
    }

    /// Has it set that calls above this serial leave their marks.
    pub(crate) fn begin(self, highest: u64) -> Result<Message, InvalidHeader> {
        Message::action("Setvar")
            .with("ActionID", format_args!("{ACTION_ID}{highest}"))?
            .with("Variable", self.beginning())?
            .with("Value", highest)
    }
}

/// Whether a call has never come, by what its place and the beginning hold.
pub(crate) fn never_came(serial: u64, beginning: Option<u64>, place: &str) -> bool {
    // A higher serial has taken the place: then nobody knows.
    let absent = place.is_empty() || place.parse().is_ok_and(|other: u64| other < serial);
    absent && beginning.is_some_and(|beginning| serial > beginning)
}

/// The serials of a store.
#[derive(Debug, Clone, Copy)]
pub struct Serials {
    /// Whose they are.
    pub store: StoreId,
    /// The highest that earlier processes may have given to a claim.
    pub last: u64,
}

/// What one Asterisk was told.
pub(super) struct Reached {
    client: Client,
    marks: Marks,
    told: Mutex<Told>,
}

#[derive(Default)]
struct Told {
    /// The session in which the beginning is known to be set.
    session: Option<Session>,
    /// The highest serial of a claim that may have been sent.
    highest: u64,
}

impl Reached {
    pub(super) fn new(client: Client, serials: Serials) -> Self {
        let told = Mutex::new(Told { session: None, highest: serials.last });
        Self { client, marks: Marks(serials.store), told }
    }

    /// Sends the Originate of a claim, which leaves its mark.
    pub(super) fn submit(&self, serial: u64, mut originate: Message) -> Result<(), ActionError> {
        originate.push("Variable", self.marks.mark(serial))?;
        let session = self.client.session().ok_or(ActionError::NotConnected)?;
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        if told.session != Some(session) {
            // What was sent before may be of another life of Asterisk, whatever its serial.
            let highest = told.highest.max(serial.saturating_sub(1));
            self.client.submit_in(session, &self.marks.begin(highest)?)?;
            told.session = Some(session);
        }
        told.highest = told.highest.max(serial);
        self.client.submit_in(session, &originate)
    }

    /// Calls may be placed soon: from the first on, it must be known whether they came.
    fn see_to_beginning(&self, session: Session, is_set: bool) {
        let mut told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let set = || self.client.submit_in(session, &self.marks.begin(told.highest).ok()?).ok();
        if is_set || told.session != Some(session) && set().is_some() {
            told.session = Some(session);
        }
    }

    /// That the beginning is set is not sure any more: the next Originate sets it.
    pub(super) fn forget(&self) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).session = None;
    }

    /// Which of these calls, by their serials, have never come.
    pub(super) async fn never_came(&self, calls: &[(Uuid, u64)]) -> BTreeSet<Uuid> {
        let Some(session) = self.client.session() else { return BTreeSet::new() };
        let Some(beginning) = ask(self.client.clone(), self.marks.beginning()).await else {
            return BTreeSet::new();
        };
        let beginning: Option<u64> = beginning.parse().ok();
        self.see_to_beginning(session, beginning.is_some());
        let candidates = calls.iter().filter(|(_, serial)| beginning.is_some_and(|from| *serial > from));
        let candidates: Vec<(Uuid, u64)> = candidates.copied().collect();
        let mut asked = JoinSet::new();
        for place in candidates.iter().map(|(_, serial)| serial % MARK_PLACES).collect::<BTreeSet<_>>() {
            let (client, variable) = (self.client.clone(), self.marks.place(place));
            asked.spawn(async move { (place, ask(client, variable).await) });
        }
        let places: BTreeMap<u64, Option<String>> = asked.join_all().await.into_iter().collect();
        let held = |serial: u64| places.get(&(serial % MARK_PLACES)).and_then(Option::as_deref);
        let never = |serial: u64| held(serial).is_some_and(|place| never_came(serial, beginning, place));
        candidates.into_iter().filter(|(_, serial)| never(*serial)).map(|(uuid, _)| uuid).collect()
    }
}

/// The value of a variable; `None` where it could not be asked.
async fn ask(client: Client, variable: String) -> Option<String> {
    let action = Message::action("Getvar").with("Variable", variable).ok()?;
    let response = client.call(action).await.ok().filter(Message::is_success)?;
    Some(response.text("Value").to_owned())
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
    use ami::client::{Auth, ClientConfig, Incoming};
    use ami::codec::{Decoder, LineEnd};
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::{TcpListener, TcpStream};

    use super::*;

    #[test]
    fn a_call_has_never_come_where_its_place_holds_an_older_one_or_nothing() {
        // (beginning, what its place holds)
        let table = [
            (Some(99), "", true),
            (Some(99), "44", true),
            (Some(99), "300", false),
            (Some(99), "556", false),
            (Some(99), "garbage", false),
            (Some(300), "", false),
            (None, "", false),
        ];
        for (beginning, place, never) in table {
            assert_eq!(never_came(300, beginning, place), never, "{beginning:?} {place:?}");
        }
    }

    /// An Asterisk that has been up for longer or shorter, and answers as one does.
    #[derive(Default)]
    struct Pbx {
        globals: BTreeMap<String, String>,
    }

    impl Pbx {
        /// Logs a client in and answers it until it has said `end`.
        async fn serve(&mut self, stream: &mut TcpStream) {
            stream.write_all(b"Asterisk Call Manager/11.0.0\r\n").await.unwrap();
            let (mut decoder, mut chunk) = (Decoder::new(LineEnd::Any), [0; 4096]);
            loop {
                let octets = stream.read(&mut chunk).await.unwrap();
                decoder.feed(&chunk[..octets]);
                while let Some(action) = decoder.next_message().unwrap() {
                    if action.text("Action") == "End" {
                        return;
                    }
                    let mut answer = Vec::new();
                    self.answer(&action).encode(&mut answer);
                    if action.text("Action") == "Login" {
                        answer.extend(b"Event: FullyBooted\r\n\r\n");
                    }
                    stream.write_all(&answer).await.unwrap();
                }
            }
        }

        fn answer(&mut self, action: &Message) -> Message {
            let name = action.text("Variable");
            let mut response = Message::response("Success");
            response.push_lossy("ActionID", action.text("ActionID"));
            match action.text("Action") {
                "Getvar" => {
                    response.push_lossy("Value", self.globals.get(name).map_or("", String::as_str));
                }
                "Setvar" => drop(self.globals.insert(name.to_owned(), action.text("Value").to_owned())),
                "Originate" => {
                    let (name, value) = name.split_once('=').unwrap();
                    self.globals.insert(name.to_owned(), value.to_owned());
                }
                _ => {}
            }
            response
        }
    }

    /// A session in which these calls are sent; then it is said which of those with these serials never came.
    async fn session(
        reached: &Reached,
        incoming: &mut tokio::sync::mpsc::Receiver<Incoming>,
        calls: &[u64],
        asked: &[u64],
    ) -> Vec<u64> {
        while !matches!(incoming.recv().await, Some(Incoming::Up(_))) {}
        let uuids: Vec<(Uuid, u64)> =
            asked.iter().map(|serial| (Uuid::from_u128((*serial).into()), *serial)).collect();
        let never = reached.never_came(&uuids).await;
        for serial in calls {
            reached.submit(*serial, Message::action("Originate")).unwrap();
        }
        reached.client.submit(Message::action("End")).unwrap();
        uuids.into_iter().filter(|(uuid, _)| never.contains(uuid)).map(|(_, serial)| serial).collect()
    }

    #[tokio::test]
    async fn what_was_sent_is_known_again_and_what_a_restart_has_taken_is_not_taken_for_unsent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let config = ClientConfig { auth: Auth::Plain, ..ClientConfig::new("a", address, "u", "s") };
        let (client, mut incoming) = ami::client::connect(config);
        let mut pbx = Pbx::default();
        let process = |last| Reached::new(client.clone(), Serials { store: StoreId::new(1), last });
        let mut next = async |pbx: &mut Pbx, reached: &Reached, calls: &[u64], asked: &[u64]| {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::join!(session(reached, &mut incoming, calls, asked), pbx.serve(&mut stream)).0
        };
        let none: [u64; 0] = [];
        assert_eq!(
            next(&mut pbx, &process(999), &[], &[7]).await,
            none,
            "of what was before nothing is known"
        );
        // The daemon was killed before a call of it came: from its login on all is known.
        let reached = process(1_000);
        assert_eq!(next(&mut pbx, &reached, &[1_001, 1_002], &[999, 1_000]).await, [1_000]);
        assert_eq!(next(&mut pbx, &reached, &[1_300], &[999, 1_002, 1_003]).await, [1_003]);
        // Again: the place of 1,044 was taken by 1,300.
        let reached = process(1_400);
        let asked = [1_001, 1_044, 1_300, 1_301, 1_400];
        assert_eq!(next(&mut pbx, &reached, &[1_450], &asked).await, [1_301, 1_400]);
        // Asterisk was restarted: what it has forgotten may have rung. A later call with a lower serial changes nothing.
        pbx.globals.clear();
        assert_eq!(next(&mut pbx, &reached, &[1_420], &[1_450]).await, none);
        assert_eq!(next(&mut pbx, &reached, &[], &[1_450, 1_451]).await, [1_451]);
    }
}
