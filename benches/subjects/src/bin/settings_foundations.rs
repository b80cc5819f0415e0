//! Reads a file of settings, which is YAML, with foundations, and prints why it cannot. The types
//! are those of the other readers, each of which has a default here.

use foundations::settings::collections::Map;
use std::process::ExitCode;

use foundations::settings::settings;

#[settings(deny_unknown_fields = true)]
struct Settings {
    host: String,
    port: u16,
    workers: Option<u8>,
    verbose: bool,
    timeout: f64,
    mode: Mode,
    tags: Vec<String>,
    limits: Map<String, u32>,
    db: Db,
    servers: Vec<Server>,
}

#[settings]
enum Mode {
    #[default]
    Fast,
    Safe,
}

#[settings(deny_unknown_fields = true)]
struct Db {
    url: String,
    pool: u8,
    password: Option<String>,
}

#[settings(deny_unknown_fields = true)]
struct Server {
    name: String,
    port: u16,
}

fn main() -> ExitCode {
    let path = std::env::args().nth(1).unwrap_or_default();
    match foundations::settings::from_file::<Settings>(path) {
        Ok(_) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}
