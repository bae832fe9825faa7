//! `outbound completions` and `outbound man`: what shells and `man` know of the commands.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Command};
use clap_complete::Shell;
use clap_mangen::Man;

/// `outbound completions`
#[derive(Debug, Args)]
pub(super) struct Completions {
    /// Of this shell
    shell: Shell,
}

/// `outbound man`
#[derive(Debug, Args)]
pub(super) struct Manual {
    /// Write the pages of all commands into this folder, instead of the first to stdout
    #[arg(long, value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Writes the completions of a shell.
pub(super) fn completions(command: &Completions, mut cli: Command) -> ExitCode {
    clap_complete::generate(command.shell, &mut cli, "outbound", &mut std::io::stdout());
    ExitCode::SUCCESS
}

/// Writes man pages.
pub(super) fn manual(command: &Manual, mut cli: Command) -> anyhow::Result<ExitCode> {
    cli.build();
    match &command.dir {
        None => Man::new(cli).render(&mut std::io::stdout())?,
        Some(dir) => {
            std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
            pages(dir, &cli, "outbound")?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn pages(dir: &Path, command: &Command, name: &str) -> anyhow::Result<()> {
    let mut text = Vec::new();
    Man::new(command.clone().name(name.to_owned())).render(&mut text)?;
    let file = dir.join(format!("{name}.1"));
    std::fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
    let below = command.get_subcommands().filter(|command| command.get_name() != "help");
    below.into_iter().try_for_each(|command| pages(dir, command, &format!("{name}-{}", command.get_name())))
}
