//! Events to the clients.

use ami::server::Broadcast;
use bench::client::Client;
use bench::daemon;
use divan::Bencher;
use tokio::runtime::Runtime;

use crate::codec::dialing_event;

fn clients(count: usize) -> (Runtime, Broadcast, Vec<Client>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let broadcast = Broadcast::new();
    let clients = (0..count).map(|_| Client::log_in(&runtime, &broadcast).unwrap()).collect();
    (runtime, broadcast, clients)
}

/// An event is built, encoded and queued for so many clients. They read between two samples, which is not measured.
#[divan::bench(args = [0, 1, 10, 100, 1_000], sample_size = 1, sample_count = 2000)]
fn event_to_clients(bencher: Bencher<'_, '_>, count: usize) {
    let (runtime, broadcast, mut clients) = clients(count);
    let notify = dialing_event();
    let mut told = 0;
    let read = || {
        told += 1;
        if told % 100 == 0 {
            for client in &mut clients {
                client.drain(&runtime);
            }
        }
    };
    bencher.with_inputs(read).bench_local_values(|()| daemon::tell(&broadcast, &notify));
}
