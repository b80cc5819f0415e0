//! The sockets at which a daemon listens.

mod addresses;
mod dropped;
mod handed_out;
mod inherited;
mod paths;
mod units;

use std::collections::BTreeMap;
use std::net::SocketAddr;

use serde_json::Value;
use tests::support::{NOBODY, Sandbox, daemon_path};

/// The listeners as `status --json` has them: address and source by name.
#[track_caller]
fn listeners(sandbox: &Sandbox) -> BTreeMap<String, (String, String)> {
    let status = sandbox.verb(&["status", "--json"]).exits(0);
    let json: Value = serde_json::from_str(&status.stdout).expect("JSON");
    let text = |row: &Value, name: &str| row[name].as_str().expect("a text").to_owned();
    let rows = json["listeners"].as_array().expect("a list").iter();
    rows.map(|row| {
        (
            text(row, "name"),
            (text(row, "address"), text(row, "source")),
        )
    })
    .collect()
}

/// The address of IP at which the listener listens.
#[track_caller]
fn ip(sandbox: &Sandbox, name: &str) -> SocketAddr {
    let (address, _) = &listeners(sandbox)[name];
    let address = address.strip_prefix("udp:").unwrap_or(address);
    address.parse().expect("an address")
}

/// The daemon of the user of the tests, and that of an ordinary user.
fn sandboxes() -> impl Iterator<Item = Sandbox> {
    let of_user = Sandbox::of_user(&daemon_path("listens"), NOBODY);
    [Some(Sandbox::of("listens")), of_user]
        .into_iter()
        .flatten()
}
