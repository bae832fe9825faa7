//! Instances of a real Asterisk, by the script that starts them.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::support::{Pbx, until};

/// The root of the project.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// A real Asterisk of this name, started where it is not up; `None` where OUTBOUND_TEST_ASTERISK=skip says so.
pub(crate) fn asterisk(instance: &str) -> Pbx {
    up(&["up", "--instance", instance])
}

/// One that writes its channels down itself ([`super::record`]).
pub(crate) fn recording_asterisk(instance: &str) -> Pbx {
    up(&["up", "--record", "--instance", instance])
}

fn up(arguments: &[&str]) -> Pbx {
    let line = script(arguments);
    let parts: Vec<&str> = line.trim().split(':').collect();
    let [host, port, username, secret] = parts[..] else { panic!("scripts/asterisk up: {line:?}") };
    Pbx { address: format!("{host}:{port}"), username: username.into(), secret: secret.into() }
}

/// Runs `scripts/asterisk` and returns what it prints.
pub(crate) fn script(arguments: &[&str]) -> String {
    let output = Command::new(root().join("scripts/asterisk")).args(arguments).output().unwrap();
    assert!(
        output.status.success(),
        "scripts/asterisk {arguments:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

/// Waits until an Asterisk has no channel any more: agents' legs follow those of the customers within moments.
pub(crate) async fn no_channels(instance: &str) {
    until("the end of all channels", || (channels(instance) == 0).then_some(())).await;
}

/// How many channels an Asterisk has.
pub(crate) fn channels(instance: &str) -> usize {
    let text = script(&["cli", "--instance", instance, "core", "show", "channels", "count"]);
    text.lines().find_map(|line| line.split_once(" active channel")?.0.trim().parse().ok()).unwrap()
}
