//! `outbound backup FILE`: a checked copy of the database, made while the daemon works with it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use clap::Args;
use indicatif::{HumanBytes, ProgressBar, ProgressStyle};

use crate::config;
use crate::store::backup::{Progress, backup};

/// See the module.
#[derive(Debug, Args)]
pub(super) struct Backup {
    /// Where the copy goes; it is there when it is complete and checked
    file: PathBuf,
    /// The config; else ./outbound.toml, else /etc/outbound/outbound.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Replace the file where it is there already
    #[arg(long)]
    force: bool,
}

/// Runs the command.
#[expect(clippy::print_stdout, reason = "what was copied is what the user waits for")]
pub(super) async fn run(command: Backup) -> anyhow::Result<ExitCode> {
    let Backup { file, config, force } = command;
    let url = config::load(config.as_deref())?.store.url;
    let (given_up, begun) = (Arc::new(AtomicBool::new(false)), Instant::now());
    let give_up = Arc::clone(&given_up);
    let stop = tokio::spawn(async move {
        if super::stop_signal().await.is_ok() {
            give_up.store(true, Ordering::Relaxed);
        }
    });
    let (from, to) = (url.clone(), file.clone());
    let copied = tokio::task::spawn_blocking(move || {
        let bar = bar()?;
        let size = backup(&from, &to, force, |progress| {
            show(&bar, progress);
            !given_up.load(Ordering::Relaxed)
        });
        bar.finish_and_clear();
        anyhow::Ok(size?)
    });
    let size = copied.await??;
    stop.abort();
    let took_s = begun.elapsed().as_secs_f64();
    println!("copied {url} to {}: {} in {took_s:.1} s, checked", file.display(), HumanBytes(size));
    Ok(ExitCode::SUCCESS)
}

/// Shown on a terminal only.
fn bar() -> anyhow::Result<ProgressBar> {
    let style = ProgressStyle::with_template("{msg} {wide_bar} {bytes} of {total_bytes}, {eta} left")?;
    Ok(ProgressBar::new(0).with_style(style).with_message("copying"))
}

fn show(bar: &ProgressBar, progress: Progress) {
    match progress {
        Progress::Copied(done, all) => {
            bar.set_length(all);
            bar.set_position(done);
        }
        Progress::Checks => bar.set_message("checking"),
    }
}
