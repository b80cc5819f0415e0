//! `load ADDRESS [CLIENTS [SECONDS [PATH]]]`: loads a server, and prints the report.

use std::process::ExitCode;
use std::thread;
use std::time::Duration;

use load::{Load, Plan};

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match plan(&words) {
        Ok((plan, time)) => {
            let load = Load::begin(&plan);
            thread::sleep(time);
            let report = load.end();
            print!("{report}");
            ExitCode::from(u8::from(report.failures() != 0))
        }
        Err(text) => {
            eprintln!("load: {text}");
            ExitCode::from(2)
        }
    }
}

/// Parses the words, and returns how long the load lasts as well.
fn plan(words: &[String]) -> Result<(Plan, Duration), String> {
    let number = |at: usize, default: u32| match words.get(at) {
        None => Ok(default),
        Some(word) => word.parse().map_err(|error| format!("`{word}`: {error}")),
    };
    let address = words.first().ok_or("pass the address of a server")?;
    let mut plan = Plan::new(address.parse()?, number(1, 8)? as usize);
    if let Some(path) = words.get(3) {
        plan.path.clone_from(path);
    }
    Ok((plan, Duration::from_secs(u64::from(number(2, 10)?))))
}
