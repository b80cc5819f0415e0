//! A program with commands of its own, one of which is a daemon.

use std::io;
use std::process::ExitCode;

use clap::Command;
use daemon_rt::{cli, daemon};
use log::info;

#[derive(Default)]
struct Collector;

#[daemon(name = "collector")]
impl Collector {
    /// Runs once a minute, because the shortest average covers one minute.
    #[every("1m")]
    fn collect(&mut self) -> io::Result<()> {
        info!("{}", load()?);
        Ok(())
    }

    fn on_start(&mut self) -> io::Result<()> {
        self.collect()
    }
}

/// The load averages, proc_loadavg(5).
fn load() -> io::Result<String> {
    let text = std::fs::read_to_string("/proc/loadavg")?;
    let averages = text.split(' ').take(3);
    Ok(averages.collect::<Vec<_>>().join(" "))
}

fn main() -> ExitCode {
    let show = Command::new("show").about("Show the load averages now");
    let program = Command::new("nested")
        .about("The load of this machine")
        .subcommand_required(true)
        .subcommand(show)
        .subcommand(cli::command::<Collector>().about("Collect the averages in the background"));
    match program.get_matches().subcommand() {
        Some(("collector", matches)) => cli::dispatch::<Collector>(matches),
        _ => match load() {
            Ok(load) => {
                println!("{load}");
                ExitCode::SUCCESS
            }
            Err(error) => {
                eprintln!("nested: {error}");
                ExitCode::FAILURE
            }
        },
    }
}
