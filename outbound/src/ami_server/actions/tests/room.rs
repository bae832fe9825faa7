//! A front door on loopback with a core that keeps its rows in memory and answers at once.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use ami::ClassSet;
use ami::server::{Account, Broadcast, ServerConfig, serve};
use engine::catalog::Catalog;
use engine::dialing::Dialing;
use engine::model::Lead;
use engine::notify::Notify;
use engine::preview::{Declined, Offer, OfferEnd};
use engine::time::Wall;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use uuid::Uuid;

use super::super::Actions;
use crate::admin::{Command, LeadPatch, PreviewCommand, Refusal, Resource, prepare};
use crate::ami_server::{Answer, Core, publish};
use crate::store::LeadCounts;

/// Every row is made at 1970-01-01 00:00:00.000001.
const NOW: Wall = Wall(1_000);

#[derive(Debug, Default, Clone, PartialEq)]
pub(super) struct Rows {
    pub(super) leads: BTreeMap<Uuid, Lead>,
    pub(super) dialings: Vec<Dialing>,
    pub(super) offers: Vec<Arc<Offer>>,
    /// What agents said to them.
    pub(super) previews: Vec<PreviewCommand>,
    uuids: u128,
}

/// The fake core, and the way in.
#[derive(Clone)]
pub(super) struct Room {
    state: Arc<Mutex<(Catalog, Rows)>>,
    broadcast: Broadcast,
    address: std::net::SocketAddr,
    /// Where set, the daemon is ending: answers are dropped and the catalog is gone.
    ending: bool,
}

impl Room {
    pub(super) async fn open() -> Self {
        Self::open_as(false).await
    }

    pub(super) async fn ending() -> Self {
        Self::open_as(true).await
    }

    async fn open_as(ending: bool) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (state, broadcast) = (Arc::default(), Broadcast::new());
        let room = Self { state, broadcast: broadcast.clone(), address, ending };
        let account = |name: &str, write: &str| {
            Account::new(name, "outbound", ClassSet::ALL, ClassSet::parse(write.split(',')).unwrap())
        };
        let accounts =
            vec![account("admin", "command"), account("other", "system"), account("chief", "command,system")];
        let config = ServerConfig { accounts, login_delay: Duration::ZERO, ..ServerConfig::default() };
        let handler = Arc::new(Actions::new(room.clone()));
        tokio::spawn(serve(listener, config, broadcast, handler, std::future::pending()));
        room
    }

    pub(super) async fn client(&self) -> Client {
        Client::login(self.address, "admin").await
    }

    pub(super) async fn client_named(&self, name: &str) -> Client {
        Client::login(self.address, name).await
    }

    pub(super) fn rows(&self) -> MutexGuard<'_, (Catalog, Rows)> {
        self.state.lock().unwrap()
    }

    pub(super) fn broadcast(&self) -> &Broadcast {
        &self.broadcast
    }

    fn next_uuid(&self) -> Uuid {
        let mut state = self.rows();
        state.1.uuids += 1;
        Uuid::from_u128(state.1.uuids)
    }

    fn change_lead(&self, uuid: Uuid, answer: Answer, change: impl FnOnce(&mut Lead)) {
        let mut state = self.rows();
        let Some(lead) = state.1.leads.get_mut(&uuid).filter(|lead| lead.stamps.deleted.is_none()) else {
            return answer(Err(Refusal::Unknown(Resource::Lead)));
        };
        change(lead);
        answer(Ok(uuid));
        let lead = Arc::new(lead.clone());
        let notify = match lead.stamps.deleted {
            Some(_) => Notify::LeadDeleted(uuid),
            None => Notify::LeadUpdated(lead),
        };
        publish(&self.broadcast, &notify);
    }
}

impl Core for Room {
    async fn command(&self, command: Command, answer: Answer) {
        if self.ending {
            return;
        }
        let next = self.next_uuid();
        let mut state = self.rows();
        match prepare(&command, &state.0, NOW, || next) {
            Ok(prepared) => {
                state.0.apply(&prepared.change);
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
        (!self.ending).then(|| read(&self.rows().0))
    }

    async fn dialings(&self, uuid: Option<Uuid>) -> Vec<Dialing> {
        let mut dialings = self.rows().1.dialings.clone();
        dialings.retain(|dialing| uuid.is_none_or(|uuid| dialing.setup.uuid == uuid));
        dialings
    }

    async fn preview(&self, command: PreviewCommand, answer: Answer) {
        if self.ending {
            return;
        }
        let (PreviewCommand::Accept(dialing) | PreviewCommand::Refuse { dialing, .. }) = command;
        let end = match command {
            PreviewCommand::Accept(_) => OfferEnd::Accepted,
            PreviewCommand::Refuse { .. } => OfferEnd::Refused,
        };
        let mut state = self.rows();
        let Some(at) = state.1.offers.iter().position(|offer| offer.dialing == dialing) else {
            return answer(Err(Declined::Unknown.into()));
        };
        state.1.offers.remove(at);
        state.1.previews.push(command);
        answer(Ok(dialing));
        publish(&self.broadcast, &Notify::PreviewEnded { dialing, end });
    }

    async fn offers(&self, dialing: Option<Uuid>) -> Vec<Arc<Offer>> {
        let offers = self.rows().1.offers.clone();
        offers.into_iter().filter(|offer| dialing.is_none_or(|dialing| offer.dialing == dialing)).collect()
    }

    async fn create_lead(&self, dial_list: Uuid, patch: LeadPatch, answer: Answer) {
        let lead = patch.lead(self.next_uuid(), dial_list, NOW);
        self.rows().1.leads.insert(lead.uuid, lead.clone());
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
        self.rows().1.leads.get(&uuid).filter(|lead| lead.stamps.deleted.is_none()).cloned()
    }

    async fn leads(&self, dial_list: Option<Uuid>, count: u32) -> Vec<Lead> {
        let rows = self.rows();
        let shown = rows.1.leads.values().filter(|lead| lead.stamps.deleted.is_none());
        let shown = shown.filter(|lead| dial_list.is_none_or(|list| list == lead.dial_list));
        shown.take(count as usize).cloned().collect()
    }

    async fn lead_counts(&self, dial_list: Uuid) -> Result<LeadCounts, Refusal> {
        let total = self.leads(Some(dial_list), u32::MAX).await.len() as u64;
        Ok(LeadCounts { total, finished: 1, available: 2, dialing: 3, called: 4 })
    }
}

/// A client that is logged in.
pub(super) struct Client {
    stream: TcpStream,
    read: String,
}

impl Client {
    async fn login(address: std::net::SocketAddr, name: &str) -> Self {
        let mut client = Self { stream: TcpStream::connect(address).await.unwrap(), read: String::new() };
        client.send(&format!("Action: Login\r\nUsername: {name}\r\nSecret: outbound\r\n\r\n")).await;
        assert!(client.block().await.contains("Response: Success\r\n"));
        assert!(client.block().await.starts_with("Event: FullyBooted\r\n"));
        client
    }

    async fn send(&mut self, text: &str) {
        self.stream.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends an action, whose lines are split at `|`, and reads one block.
    pub(super) async fn ask(&mut self, action: &str) -> String {
        self.send(&format!("Action: {}\r\n\r\n", action.replace('|', "\r\n"))).await;
        self.block().await
    }

    /// The next block, without the empty line at its end.
    pub(super) async fn block(&mut self) -> String {
        loop {
            if let Some((block, rest)) = self.read.split_once("\r\n\r\n") {
                let block = format!("{block}\r\n");
                self.read = rest.to_owned();
                return block;
            }
            let mut octets = [0; 4096];
            let got = tokio::time::timeout(Duration::from_secs(10), self.stream.read(&mut octets)).await;
            let got = got.unwrap().unwrap();
            assert!(got > 0, "closed after {:?}", self.read);
            self.read.push_str(std::str::from_utf8(&octets[..got]).unwrap());
        }
    }
}
