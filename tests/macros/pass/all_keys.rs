//! Every key.

use std::time::Duration;

use daemon_rt::logger::Format;
use daemon_rt::spec::{Children, Core, Env, OnPanic};
use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

#[daemon(
    name = "server",
    version = env!("CARGO_PKG_VERSION"),
    signals = [],
    pid_file = "/run/other.pid",
    working_dir = "/srv",
    umask = 0o077,
    env = ["PATH", "LANG"],
    user = "www-data",
    group = "adm",
    no_new_privs = true,
    capabilities = ["net_bind_service", "CAP_Kill"],
    rlimits = "nofile=65536,nproc=100:200,core=0",
    chroot = "/srv/jail",
    core = "off",
    title = "server: main",
    log_file = "/var/log/other.log",
    log_level = "info,hyper=warn",
    log_format = "json",
    log_buffer = "64K",
    log_rotate = "daily,10M",
    log_keep = "7,100M",
    log_limit = "100/1s",
    log_repeats = "fold",
    interval = "250ms",
    start_timeout = "2m",
    stop_timeout = "1h",
    hang_after = "0s",
    children = "reap",
    on_panic = "restart",
    crate = ::daemon_rt,
)]
impl Server {
    fn run(&mut self) {}
}

fn main() {
    let spec = Server::SPEC;
    assert_eq!(spec.version, Some(env!("CARGO_PKG_VERSION")));
    assert_eq!(spec.pid_file, Some("/run/other.pid"));
    assert_eq!(spec.working_dir, "/srv");
    assert_eq!(spec.umask, 0o077);
    assert_eq!(spec.env, Env::Only(&["PATH", "LANG"]));
    assert_eq!((spec.user, spec.group), (Some("www-data"), Some("adm")));
    assert_eq!(spec.no_new_privs, Some(true));
    assert_eq!(
        spec.capabilities,
        Some(&["net_bind_service", "CAP_Kill"][..])
    );
    assert_eq!(spec.rlimits, "nofile=65536,nproc=100:200,core=0");
    assert_eq!((spec.chroot, spec.core), (Some("/srv/jail"), Core::Off));
    assert_eq!(spec.title, "server: main");
    assert_eq!(spec.log_file, Some("/var/log/other.log"));
    assert_eq!(spec.log_level, "info,hyper=warn");
    assert_eq!(spec.log_format, Format::Json);
    assert_eq!((spec.log_buffer, spec.log_rotate), ("64K", "daily,10M"));
    assert_eq!(spec.log_keep, "7,100M");
    assert_eq!((spec.log_limit, spec.log_repeats), ("100/1s", "fold"));
    assert_eq!(spec.interval, Duration::from_millis(250));
    assert_eq!(spec.start_timeout, Duration::from_secs(120));
    assert_eq!(spec.stop_timeout, Duration::from_secs(3600));
    assert_eq!(spec.hang_after, Duration::ZERO);
    assert_eq!(spec.children, Children::Reap);
    assert_eq!(spec.on_panic, OnPanic::Restart);
}
