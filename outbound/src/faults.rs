//! Faults on demand, for tests of the real binary. They are compiled in with the feature `faults`, which only this crate's own
//! tests turn on; everywhere else [`ends`] is always false and costs nothing.
//!
//! A file sets a fault off, in the folder that the variable `OUTBOUND_FAULTS` names: `panic.PART`, `end.PART`, or
//! `hang.PART`, which blocks the thread for as long as the file is there.

/// Sets off the fault of a part that a test wants; true where the part shall end.
#[cfg(not(feature = "faults"))]
#[inline]
pub(crate) const fn ends(_part: &str) -> bool {
    false
}

/// Sets off the fault of a part that a test wants; true where the part shall end.
#[cfg(feature = "faults")]
pub(crate) fn ends(part: &str) -> bool {
    use std::path::PathBuf;
    use std::sync::LazyLock;
    use std::time::Duration;

    static FOLDER: LazyLock<Option<PathBuf>> =
        LazyLock::new(|| std::env::var_os("OUTBOUND_FAULTS").map(PathBuf::from));
    const LOOK_AGAIN: Duration = Duration::from_millis(20);

    let Some(folder) = &*FOLDER else { return false };
    let wanted = |fault: &str| folder.join(format!("{fault}.{part}")).exists();
    while wanted("hang") {
        std::thread::sleep(LOOK_AGAIN);
    }
    assert!(!wanted("panic"), "a test wants that {part} panics");
    wanted("end")
}
