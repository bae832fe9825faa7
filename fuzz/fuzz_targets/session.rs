//! A client's octets through a session of the front door: login, every action, down to typed commands on a core that
//! keeps its rows in memory. Whatever comes in, what goes out is well made, each action has its one response, and no
//! event stands before the response that it belongs to.
#![no_main]

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ami::codec::{Decoder, Limits, LineEnd};
use ami::server::{Account, Broadcast, ServerConfig, serve_stream};
use ami::{ClassSet, Message};
use engine::catalog::Catalog;
use engine::dialing::Dialing;
use engine::model::Lead;
use engine::notify::Notify;
use engine::preview::{Declined, Offer};
use engine::time::Wall;
use libfuzzer_sys::fuzz_target;
use outbound::admin::{Command, LeadPatch, PreviewCommand, Refusal, Resource, prepare};
use outbound::ami_server::{Actions, Answer, Core, publish};
use outbound::store::LeadCounts;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::runtime::Runtime;
use uuid::Uuid;

const BANNER: &str = "Asterisk Call Manager/11.0.0";
const LOGIN: &[u8] = b"Action: Login\r\nUsername: admin\r\nSecret: outbound\r\n\r\n";
const NOW: Wall = Wall(1_000);

thread_local! {
    static RUNTIME: Runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .expect("a runtime");
}

fuzz_target!(|data: &[u8]| {
    let [how, octets @ ..] = data else { return };
    // Most begin logged in, or little would be reached.
    let mut sent = if how % 8 == 0 { Vec::new() } else { LOGIN.to_vec() };
    sent.extend_from_slice(octets);
    let piece = if how % 3 == 0 { 1 + usize::from(*how) } else { usize::MAX };
    let received = RUNTIME.with(|runtime| runtime.block_on(talk(&sent, piece)));
    check(&sent, &received);
});

/// Sends everything, in pieces, and hangs up; returns what came back.
async fn talk(sent: &[u8], piece: usize) -> Vec<u8> {
    let (client, server) = tokio::io::duplex(64 << 10);
    let (mut reader, mut writer) = tokio::io::split(client);
    let accounts = vec![Account::new("admin", "outbound", ClassSet::ALL, ClassSet::ALL)];
    let send_buffer = 64 << 20;
    let login_delay = Duration::ZERO;
    let config = ServerConfig { accounts, login_delay, send_buffer, ..ServerConfig::default() };
    let broadcast = Broadcast::new();
    let handler = Arc::new(Actions::new(Rows { state: Arc::default(), broadcast: broadcast.clone() }));
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 1));
    let session = serve_stream(server, peer, config, broadcast, handler);
    let send = async {
        for piece in sent.chunks(piece) {
            if writer.write_all(piece).await.is_err() {
                return;
            }
        }
        let _ = writer.shutdown().await;
    };
    let mut received = Vec::new();
    let (_, _, read) = tokio::join!(session, send, reader.read_to_end(&mut received));
    read.expect("a duplex does not fail");
    received
}

fn check(sent: &[u8], received: &[u8]) {
    let text = std::str::from_utf8(received).expect("UTF-8");
    let text = text.strip_prefix(BANNER).and_then(|text| text.strip_prefix("\r\n")).expect("the greeting");
    assert!(!text.contains('\0'), "NUL");
    for line in text.split("\r\n") {
        assert!(!line.contains(['\r', '\n']), "a line end within a line: {line:?}");
    }
    let roomy = Limits { line: 1 << 22, message: 1 << 24, headers: 1 << 16 };
    let mut decoder = Decoder::with_limits(LineEnd::Crlf, roomy);
    decoder.feed(text.as_bytes());
    let mut made: BTreeMap<String, i64> = BTreeMap::new();
    let (mut responses, mut over) = (0, false);
    while let Some(message) = decoder.next_message().expect("well made") {
        for (name, _) in message.iter() {
            assert!(!name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()), "{message:?}");
        }
        match message.iter().next() {
            Some(("Response", kind)) => {
                responses += 1;
                over |= kind == "Goodbye" || message.text("Message") == "Authentication failed";
                if let Some(words) = message.text("Message").strip_suffix(" successfully") {
                    *made.entry(words.to_ascii_lowercase().replace(' ', "")).or_default() += 1;
                }
            }
            Some(("Event", name)) => told(name, &message, &mut made),
            _ => panic!("neither response nor event: {message:?}"),
        }
    }
    assert_eq!(decoder.buffered(), 0, "half a message");
    let owed = blocks(sent);
    assert!(responses == owed || (over && responses < owed), "{responses} responses to {owed} actions");
}

/// An event of a change must have had its response before: `OutPlanCreate` after `Plan created successfully`.
fn told(name: &str, message: &Message, made: &mut BTreeMap<String, i64>) {
    let what = name.strip_prefix("Out").unwrap_or_default();
    let verb = [("Create", "created"), ("Update", "updated"), ("Delete", "deleted")];
    let Some((what, done)) = verb.iter().find_map(|(end, done)| Some((what.strip_suffix(end)?, done))) else {
        return;
    };
    let words = format!("{}{done}", what.to_ascii_lowercase());
    let left = made.entry(words).or_default();
    *left -= 1;
    assert!(*left >= 0, "an event before its response: {message:?}");
}

/// How many blocks a client sent, good or bad.
fn blocks(sent: &[u8]) -> usize {
    let mut decoder = Decoder::new(LineEnd::Any);
    decoder.feed(sent);
    std::iter::from_fn(|| decoder.next_message().transpose()).count()
}

/// Rows in memory; every command is answered at once.
#[derive(Clone)]
struct Rows {
    state: Arc<Mutex<State>>,
    broadcast: Broadcast,
}

#[derive(Default)]
struct State {
    catalog: Catalog,
    leads: BTreeMap<Uuid, Lead>,
    uuids: u128,
}

impl Rows {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no panic so far")
    }

    fn next_uuid(&self) -> Uuid {
        let mut state = self.state();
        state.uuids += 1;
        Uuid::from_u128(state.uuids)
    }

    fn change_lead(&self, uuid: Uuid, answer: Answer, change: impl FnOnce(&mut Lead)) {
        let mut state = self.state();
        let Some(lead) = state.leads.get_mut(&uuid).filter(|lead| lead.stamps.deleted.is_none()) else {
            return answer(Err(Refusal::Unknown(Resource::Lead)));
        };
        change(lead);
        answer(Ok(uuid));
        let notify = match lead.stamps.deleted {
            Some(_) => Notify::LeadDeleted(uuid),
            None => Notify::LeadUpdated(Arc::new(lead.clone())),
        };
        publish(&self.broadcast, &notify);
    }
}

impl Core for Rows {
    async fn command(&self, command: Command, answer: Answer) {
        let next = self.next_uuid();
        let mut state = self.state();
        match prepare(&command, &state.catalog, NOW, || next) {
            Ok(prepared) => {
                state.catalog.apply(&prepared.change);
                answer(Ok(prepared.uuid));
                publish(&self.broadcast, &prepared.change.into());
            }
            Err(refusal) => answer(Err(refusal)),
        }
    }

    async fn catalog<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Catalog) -> T + Send + 'static,
    ) -> Option<T> {
        Some(read(&self.state().catalog))
    }

    async fn dialings(&self, _: Option<Uuid>) -> Vec<Dialing> {
        Vec::new()
    }

    async fn preview(&self, _: PreviewCommand, answer: Answer) {
        answer(Err(Declined::Unknown.into()));
    }

    async fn offers(&self, _: Option<Uuid>) -> Vec<Arc<Offer>> {
        Vec::new()
    }

    async fn create_lead(&self, dial_list: Uuid, patch: LeadPatch, answer: Answer) {
        let lead = patch.lead(self.next_uuid(), dial_list, NOW);
        self.state().leads.insert(lead.uuid, lead.clone());
        answer(Ok(lead.uuid));
        publish(&self.broadcast, &Notify::LeadCreated(Arc::new(lead)));
    }

    async fn update_lead(&self, uuid: Uuid, patch: LeadPatch, answer: Answer) {
        self.change_lead(uuid, answer, |lead| {
            patch.apply(lead);
            lead.stamps.updated = Some(NOW);
        });
    }

    async fn delete_lead(&self, uuid: Uuid, answer: Answer) {
        self.change_lead(uuid, answer, |lead| lead.stamps.deleted = Some(NOW));
    }

    async fn lead(&self, uuid: Uuid) -> Option<Lead> {
        self.state().leads.get(&uuid).filter(|lead| lead.stamps.deleted.is_none()).cloned()
    }

    async fn leads(&self, dial_list: Option<Uuid>, count: u32) -> Vec<Lead> {
        let state = self.state();
        let shown = state.leads.values().filter(|lead| lead.stamps.deleted.is_none());
        let shown = shown.filter(|lead| dial_list.is_none_or(|list| list == lead.dial_list));
        shown.take(count as usize).cloned().collect()
    }

    async fn lead_counts(&self, dial_list: Uuid) -> Result<LeadCounts, Refusal> {
        let total = self.leads(Some(dial_list), u32::MAX).await.len() as u64;
        Ok(LeadCounts { total, ..LeadCounts::default() })
    }
}
