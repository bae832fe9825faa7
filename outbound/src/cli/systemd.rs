//! What systemd is told, where it asks (`Type=notify`, `WatchdogSec=`). Without it, nothing here does anything.

use std::time::Duration;

use sd_notify::NotifyState;

/// The daemon is ready.
pub(super) fn ready() {
    tell(&[NotifyState::Ready, NotifyState::Status("ready")]);
}

/// The daemon is alive, and how it is.
pub(super) fn alive(status: &str) {
    tell(&[NotifyState::Watchdog, NotifyState::Status(status)]);
}

/// The daemon is not well; the watchdog hears nothing.
pub(super) fn unwell(status: &str) {
    tell(&[NotifyState::Status(status)]);
}

/// The daemon ends.
pub(super) fn stopping() {
    tell(&[NotifyState::Stopping, NotifyState::Status("stopping: no new calls; calls that are up stay up")]);
}

/// After how long without [`alive`] systemd kills the daemon; `None` where it does not.
pub(super) fn watchdog() -> Option<Duration> {
    sd_notify::watchdog_enabled()
}

fn tell(states: &[NotifyState<'_>]) {
    if let Err(error) = sd_notify::notify(states) {
        tracing::warn!(%error, "systemd cannot be told how the daemon is (NOTIFY_SOCKET)");
    }
}
