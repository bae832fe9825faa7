//! What the store says in the log, by the path that a line names.

use std::io;
use std::path::Path;
use std::sync::{Mutex, OnceLock};
use std::time::{Duration, Instant};

use serde_json::Value;
use tracing_subscriber::fmt::MakeWriter;

static LOG: Mutex<Vec<u8>> = Mutex::new(Vec::new());

struct Log;

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOG.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        Self
    }
}

/// Has the log kept from now on. All tests of the process share it.
pub(crate) fn listen() {
    static STARTED: OnceLock<()> = OnceLock::new();
    STARTED.get_or_init(|| tracing_subscriber::fmt().json().with_writer(Log).init());
}

/// The messages of the lines that name a path, with their causes, in their order.
pub(crate) fn said_of(path: &Path) -> Vec<String> {
    let log = String::from_utf8(LOG.lock().unwrap().clone()).unwrap();
    let of_path = log.lines().filter(|line| line.contains(path.to_str().unwrap()));
    let said = of_path.map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        let text = |field: &str| line["fields"][field].as_str().unwrap_or_default().to_owned();
        format!("{} {}{}", text("message"), text("cause"), text("error"))
    });
    said.collect()
}

/// Looks until something is there; says how long it took.
pub(crate) async fn until(what: &str, longest: Duration, mut look: impl FnMut() -> bool) -> Duration {
    let begun = Instant::now();
    while !look() {
        assert!(begun.elapsed() < longest, "did not come within {longest:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    begun.elapsed()
}
