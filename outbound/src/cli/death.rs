//! The end of a process of which a part has died: one line in the log, and an exit code that says so. Nothing is put in order
//! first: what may follow a kill -9 may follow this.

use std::backtrace::{Backtrace, BacktraceStatus};
use std::panic::PanicHookInfo;
use std::process::exit;

use crate::vital;

/// The exit code of a daemon that has ended itself because a part of it died (EX_SOFTWARE of sysexits.h).
const EXIT_DIED: i32 = 70;
/// What is to be done about it.
const NEXT: &str = "start it again, where systemd has not already: calls that are up are taken over and nothing is lost; and \
    report this line, it is a bug";

/// From now on a panic in any task or thread ends the process.
pub(super) fn follows_panic() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        let backtrace = Backtrace::capture();
        let backtrace = (backtrace.status() == BacktraceStatus::Captured).then_some(backtrace);
        tracing::error!(
            part = part(),
            place,
            panic = message(panic),
            backtrace = backtrace.map(tracing::field::display),
            next = NEXT,
            "a part of the daemon panicked, so the daemon ends"
        );
        exit(EXIT_DIED)
    }));
}

/// Ends the process because a part has ended that must not.
pub(super) fn follows_end(part: &str) -> ! {
    tracing::error!(part, next = NEXT, "a part of the daemon has ended that must not, so the daemon ends");
    exit(EXIT_DIED)
}

/// What runs here: a vital part, else the thread.
fn part() -> String {
    let task = vital::current();
    let thread = || std::thread::current().name().unwrap_or("a thread without a name").to_owned();
    task.map_or_else(thread, |part| part.to_string())
}

fn message<'a>(panic: &'a PanicHookInfo<'_>) -> &'a str {
    let payload = panic.payload();
    let owned = || payload.downcast_ref::<String>().map(String::as_str);
    payload.downcast_ref::<&str>().copied().or_else(owned).unwrap_or("no message")
}
