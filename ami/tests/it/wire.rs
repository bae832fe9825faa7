//! A server with a small handler, and a client that is no more than a socket.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ami::codec::{Decoder, LineEnd};
use ami::server::{Account, Broadcast, Command, Handler, Listeners, Replier, ServerConfig, serve};
use ami::{Class, ClassSet, Message};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout;

/// Longer than anything takes unless it hangs.
const HANG: Duration = Duration::from_secs(20);

/// Entries of the list that `LongList` is answered with: more than any buffer takes.
pub(crate) const LONG_LIST: usize = 20_000;

pub(crate) async fn in_time<T>(step: impl Future<Output = T>) -> T {
    timeout(HANG, step).await.expect("it hangs")
}

/// Actions for tests: `Echo`, `Say` (an event to all), `List`, `LongList`, `Never` (no answer), `Later` (answers when the next
/// `Now` comes, after that).
pub(crate) struct Actions {
    broadcast: Broadcast,
    waiting: Mutex<Vec<Replier>>,
}

impl Actions {
    pub(crate) fn new(broadcast: Broadcast) -> Self {
        Self { broadcast, waiting: Mutex::default() }
    }
}

impl Handler for Actions {
    async fn handle(&self, action: Message, replier: Replier) {
        match action.text("Action").to_ascii_lowercase().as_str() {
            "say" => {
                replier.success("Said");
                let mut event = Message::event("Said");
                event.push_lossy("Privilege", "call,all");
                event.push_lossy("Text", action.text("Text"));
                self.broadcast.publish(Class::Call, &event);
            }
            "list" => list(&action, &replier),
            "longlist" => {
                replier.success("List will follow");
                let entry = Message::event("Entry").with("Text", "x".repeat(1000)).unwrap();
                for _ in 0..LONG_LIST {
                    replier.entry(&entry).await;
                }
                replier.event(&Message::event("ListComplete"));
            }
            "later" => self.waiting.lock().unwrap().push(replier),
            "now" => {
                replier.success("Now");
                for waiting in self.waiting.lock().unwrap().drain(..) {
                    waiting.success("Later");
                }
            }
            "never" => {}
            _ => replier.success(action.text("Text")),
        }
    }

    fn write_class(&self, action: &str) -> Option<ClassSet> {
        match action.to_ascii_lowercase().as_str() {
            "echo" | "list" | "never" | "later" | "now" | "say" | "longlist" => Some(ClassSet::NONE),
            "originate" => Some(Class::Originate.into()),
            _ => None,
        }
    }

    fn commands(&self) -> Vec<Command> {
        vec![Command { name: "Originate", synopsis: "Originate a call." }]
    }
}

fn list(action: &Message, replier: &Replier) {
    let Ok(count) = action.text("Count").parse::<usize>() else { return replier.error("No such list") };
    let mut response = Message::response("Success");
    response.push_lossy("EventList", "start");
    response.push_lossy("Message", "List will follow");
    replier.respond(response);
    let id = replier.action_id().unwrap_or_default();
    for number in 0..count {
        let mut entry = Message::event("Entry");
        entry.push("Number", number).unwrap();
        entry.push("ActionID", id).unwrap();
        replier.event(&entry);
    }
    let mut complete = Message::event("ListComplete");
    complete.push("ActionID", id).unwrap();
    complete.push_lossy("EventList", "Complete");
    complete.push("ListItems", count).unwrap();
    replier.event(&complete);
}

pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    pub(crate) broadcast: Broadcast,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<std::io::Result<()>>,
}

impl Server {
    /// The accounts of the recorded Asterisk; a wrong login is answered soon.
    pub(crate) fn config() -> ServerConfig {
        let lean_read = ClassSet::of(&[Class::Call, Class::Agent, Class::User, Class::System]);
        let lean_write =
            ClassSet::parse(["call", "originate", "reporting", "agent", "user", "system"]).unwrap();
        let orig = ClassSet::of(&[Class::Call, Class::Agent, Class::User]);
        let accounts = vec![
            Account::new("dialer", "dialerpw", ClassSet::ALL, ClassSet::ALL),
            Account::new("lean", "leanpw", lean_read, lean_write),
            Account::new("orig", "origpw", orig, ClassSet::from(Class::Originate)),
            Account::new("noorig", "noorigpw", ClassSet::ALL, ClassSet::from(Class::Call)),
        ];
        ServerConfig { accounts, login_delay: Duration::from_millis(20), ..ServerConfig::default() }
    }

    pub(crate) async fn start() -> Self {
        Self::with(Self::config()).await
    }

    pub(crate) async fn with(config: ServerConfig) -> Self {
        Self::on(TcpListener::bind("127.0.0.1:0").await.unwrap(), config)
    }

    pub(crate) fn on(listener: TcpListener, config: ServerConfig) -> Self {
        let address = listener.local_addr().unwrap();
        Self::on_listeners(address, listener, config)
    }

    pub(crate) fn on_listeners(
        address: SocketAddr,
        listeners: impl Into<Listeners> + Send + 'static,
        config: ServerConfig,
    ) -> Self {
        let broadcast = Broadcast::new();
        let handler = Arc::new(Actions::new(broadcast.clone()));
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve(listeners, config, broadcast.clone(), handler, shutdown));
        Self { address, broadcast, stop: Some(stop), task }
    }

    pub(crate) async fn stop(mut self) {
        drop(self.stop.take());
        in_time(self.task).await.unwrap().unwrap();
    }
}

/// A client that is no more than a socket.
pub(crate) struct Wire<S = TcpStream> {
    pub(crate) stream: S,
    decoder: Decoder,
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        Self::over(TcpStream::connect(address).await.unwrap()).await
    }

    /// Connected and logged in, with `FullyBooted` read.
    pub(crate) async fn login(address: SocketAddr, user: &str) -> Self {
        let mut wire = Self::connect(address).await;
        wire.log_in(user).await;
        wire
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> Wire<S> {
    /// On a connection that is there, with the greeting read.
    pub(crate) async fn over(stream: S) -> Self {
        let mut wire = Self { stream, decoder: Decoder::new(LineEnd::Crlf) };
        loop {
            if let Some(line) = wire.decoder.next_line().unwrap() {
                assert_eq!(line, "Asterisk Call Manager/11.0.0");
                return wire;
            }
            assert!(wire.read().await, "closed before the greeting");
        }
    }

    pub(crate) async fn log_in(&mut self, user: &str) {
        self.send(&format!("Action: Login\r\nUsername: {user}\r\nSecret: {user}pw\r\n\r\n")).await;
        assert_eq!(self.next().await.text("Message"), "Authentication accepted");
        assert_eq!(self.next().await.event_name(), Some("FullyBooted"));
    }

    pub(crate) async fn send(&mut self, text: &str) {
        in_time(self.stream.write_all(text.as_bytes())).await.unwrap();
    }

    pub(crate) async fn ask(&mut self, text: &str) -> Message {
        self.send(text).await;
        self.next().await
    }

    pub(crate) async fn next(&mut self) -> Message {
        self.next_or_end().await.expect("the server closed the connection")
    }

    /// `None` at the end of the connection.
    pub(crate) async fn next_or_end(&mut self) -> Option<Message> {
        loop {
            if let Some(message) = self.decoder.next_message().unwrap() {
                return Some(message);
            }
            if !self.read().await {
                return None;
            }
        }
    }

    async fn read(&mut self) -> bool {
        let mut chunk = [0; 16384];
        let octets = in_time(self.stream.read(&mut chunk)).await.unwrap_or(0);
        self.decoder.feed(&chunk[..octets]);
        octets > 0
    }
}
