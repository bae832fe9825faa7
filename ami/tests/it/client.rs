//! The client against our server.

use std::time::Duration;

use ami::client::{ActionError, Auth, Client, ClientConfig, Filter, Incoming, Login, connect};
use ami::{Class, Message};
use tokio::io::AsyncReadExt as _;
use tokio::net::TcpListener;
use tokio::sync::mpsc::Receiver;

use crate::wire::{Server, in_time};

fn config(address: impl ToString, user: &str) -> ClientConfig {
    ClientConfig {
        backoff_min: Duration::from_millis(5),
        backoff_max: Duration::from_millis(20),
        ..ClientConfig::new("test", address.to_string(), user, format!("{user}pw"))
    }
}

async fn next(incoming: &mut Receiver<Incoming>) -> Incoming {
    in_time(incoming.recv()).await.expect("the session's task ended")
}

async fn up(incoming: &mut Receiver<Incoming>) -> Login {
    loop {
        match next(incoming).await {
            Incoming::Up(login) => return login,
            Incoming::Down { .. } => {}
            other => panic!("{other:?} before Up"),
        }
    }
}

async fn event(incoming: &mut Receiver<Incoming>) -> Message {
    match next(incoming).await {
        Incoming::Event(event) => event,
        other => panic!("{other:?} is no event"),
    }
}

fn action(name: &'static str, text: &str) -> Message {
    Message::action(name).with("Text", text).unwrap()
}

async fn echo(client: &Client, text: &str) -> Result<String, ActionError> {
    let response = client.call(action("Echo", text)).await?;
    Ok(response.text("Message").to_owned())
}

#[tokio::test]
async fn both_logins_lead_to_a_session() {
    let server = Server::start().await;
    for auth in [Auth::Md5, Auth::Plain] {
        let (client, mut incoming) = connect(ClientConfig { auth, ..config(server.address, "dialer") });
        let login = up(&mut incoming).await;
        assert_eq!(login.banner, "Asterisk Call Manager/11.0.0");
        assert!(login.fully_booted && login.filters_refused.is_empty());
        assert_eq!(echo(&client, "hello").await, Ok("hello".to_owned()));
    }
}

#[tokio::test]
async fn a_wrong_secret_is_told_and_tried_again() {
    let server = Server::start().await;
    for auth in [Auth::Md5, Auth::Plain] {
        let secret = "wrong".into();
        let (client, mut incoming) =
            connect(ClientConfig { auth, secret, ..config(server.address, "dialer") });
        for _ in 0..2 {
            let Incoming::LoginRefused { message } = next(&mut incoming).await else { panic!() };
            assert_eq!(message, "Authentication failed");
        }
        assert_eq!(client.submit(Message::action("Ping")), Err(ActionError::NotConnected));
    }
}

#[tokio::test]
async fn without_a_session_actions_fail_at_once() {
    let (client, mut incoming) = connect(config("127.0.0.1:1", "dialer"));
    assert!(matches!(next(&mut incoming).await, Incoming::Down { .. }));
    assert_eq!(client.submit(Message::action("Ping")), Err(ActionError::NotConnected));
    assert_eq!(echo(&client, "x").await, Err(ActionError::NotConnected));
    assert_eq!(client.list(Message::action("List")).await, Err(ActionError::NotConnected));
}

#[tokio::test]
async fn answers_that_overtake_each_other_find_their_callers() {
    let server = Server::start().await;
    let (client, mut incoming) = connect(config(server.address, "dialer"));
    up(&mut incoming).await;
    let later = client.call(Message::action("Later"));
    let now = client.call(Message::action("Now"));
    // join! polls in this order, so Later is sent first and answered last.
    let (later, now) = tokio::join!(later, now);
    assert_eq!(later.unwrap().text("Message"), "Later");
    assert_eq!(now.unwrap().text("Message"), "Now");
    let texts: Vec<_> = (0..100).map(|number| number.to_string()).collect();
    let mut calls = tokio::task::JoinSet::new();
    for text in texts {
        let client = client.clone();
        calls.spawn(async move { assert_eq!(echo(&client, &text).await, Ok(text)) });
    }
    in_time(calls.join_all()).await;
}

#[tokio::test]
async fn a_list_is_collected_and_its_events_stay_out_of_the_stream() {
    let server = Server::start().await;
    let (client, mut incoming) = connect(config(server.address, "dialer"));
    up(&mut incoming).await;
    let list = client.list(Message::action("List").with("Count", 500).unwrap()).await.unwrap();
    assert_eq!(list.response.text("Message"), "List will follow");
    assert_eq!(list.entries.len(), 500);
    assert_eq!(list.entries[499].text("Number"), "499");
    assert_eq!(list.complete.text("ListItems"), "500");
    let refused = client.list(Message::action("List")).await;
    assert_eq!(refused, Err(ActionError::Refused("No such list".to_owned())));
    server.broadcast.publish(Class::Call, &Message::event("Next"));
    assert_eq!(event(&mut incoming).await.event_name(), Some("Next"));
}

#[tokio::test]
async fn the_response_of_a_submitted_action_comes_in_the_order_of_the_wire() {
    let server = Server::start().await;
    let (client, mut incoming) = connect(config(server.address, "dialer"));
    up(&mut incoming).await;
    for number in 0..200 {
        client.submit(action("Say", "x").with("ActionID", number).unwrap()).unwrap();
    }
    for number in 0..200 {
        let Incoming::Response(response) = next(&mut incoming).await else { panic!() };
        assert_eq!(response.action_id(), Some(number.to_string().as_str()));
        assert_eq!(event(&mut incoming).await.event_name(), Some("Said"));
    }
}

#[tokio::test]
async fn a_late_answer_is_not_taken_for_something_else() {
    let server = Server::start().await;
    let action_timeout = Duration::from_millis(50);
    let (client, mut incoming) = connect(config(server.address, "dialer"));
    up(&mut incoming).await;
    let (hasty, mut its) = connect(ClientConfig { action_timeout, ..config(server.address, "dialer") });
    up(&mut its).await;
    assert_eq!(hasty.call(Message::action("Later")).await, Err(ActionError::TimedOut));
    client.call(action("Now", "")).await.unwrap();
    server.broadcast.publish(Class::Call, &Message::event("Next"));
    assert_eq!(event(&mut its).await.event_name(), Some("Next"));
}

#[tokio::test]
async fn filters_and_mask_are_set_before_the_first_event() {
    let server = Server::start().await;
    let filters = vec![
        Filter::new("action(include),name(Hangup)", ""),
        Filter::new("name(Hangup),method(endsWith)", "x"),
    ];
    let wanted = ClientConfig { filters, ..config(server.address, "dialer") };
    let (_client, mut incoming) = connect(ClientConfig { event_mask: Some("call".to_owned()), ..wanted });
    let login = up(&mut incoming).await;
    let refused = "name(Hangup),method(endsWith) x: Filter was formatted incorrectly.  Check the syntax of the filter given.";
    assert_eq!(login.filters_refused, [refused]);
    assert!(login.filters_by_name);
    server.broadcast.publish(Class::Call, &Message::event("Newchannel"));
    server.broadcast.publish(Class::System, &Message::event("Hangup").with("Class", "system").unwrap());
    server.broadcast.publish(Class::Call, &Message::event("Hangup"));
    assert_eq!(event(&mut incoming).await, Message::event("Hangup"));
}

#[tokio::test]
async fn the_session_comes_back_when_asterisk_does_and_forgets_what_was_under_way() {
    let server = Server::start().await;
    let address = server.address;
    let (client, mut incoming) = connect(config(address, "dialer"));
    up(&mut incoming).await;
    let waiting = tokio::spawn({
        let client = client.clone();
        async move { client.call(Message::action("Never")).await }
    });
    // Answered after the action before it was taken: a session's actions go one after the other.
    assert_eq!(echo(&client, "x").await, Ok("x".to_owned()));
    server.stop().await;
    assert!(matches!(next(&mut incoming).await, Incoming::Down { .. }));
    assert_eq!(in_time(waiting).await.unwrap(), Err(ActionError::Disconnected));
    assert_eq!(client.submit(Message::action("Never")), Err(ActionError::NotConnected));
    let listener = TcpListener::bind(address).await.unwrap();
    let _server = Server::on(listener, Server::config());
    up(&mut incoming).await;
    assert_eq!(echo(&client, "again").await, Ok("again".to_owned()));
}

#[tokio::test]
async fn a_peer_that_hangs_after_the_login_is_left() {
    let server = Server::start().await;
    // A relay that carries the login and then nothing more, as when a cable is cut.
    let relay = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let quick = ClientConfig {
        ping_interval: Duration::from_millis(50),
        ping_timeout: Duration::from_millis(50),
        ..config(relay.local_addr().unwrap(), "dialer")
    };
    let (client, mut incoming) = connect(quick);
    let (mut near, _) = relay.accept().await.unwrap();
    let mut far = tokio::net::TcpStream::connect(server.address).await.unwrap();
    tokio::select! {
        _ = tokio::io::copy_bidirectional(&mut near, &mut far) => panic!("the relay ended"),
        _ = up(&mut incoming) => {}
    }
    assert!(client.is_up());
    let Incoming::Down { reason } = next(&mut incoming).await else { panic!() };
    assert_eq!(reason, "no answer to a Ping within 50ms");
}

#[tokio::test]
async fn the_session_stays_while_asterisk_answers_pings() {
    let server = Server::start().await;
    let quick = ClientConfig {
        ping_interval: Duration::from_millis(1),
        ping_timeout: Duration::from_secs(10),
        ..config(server.address, "dialer")
    };
    let (client, mut incoming) = connect(quick);
    up(&mut incoming).await;
    // No answer ever comes to this, so the time is filled with Pings.
    let never = tokio::time::timeout(Duration::from_millis(200), client.call(Message::action("Never"))).await;
    assert!(never.is_err());
    assert!(incoming.is_empty() && client.is_up());
}

#[tokio::test]
async fn the_session_ends_with_its_last_handle_and_its_receiver() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let (client, incoming) = connect(config(listener.local_addr().unwrap(), "dialer"));
    let (mut stream, _) = listener.accept().await.unwrap();
    let other = client.clone();
    drop((client, incoming, other));
    let mut octets = Vec::new();
    in_time(stream.read_to_end(&mut octets)).await.unwrap();
}
