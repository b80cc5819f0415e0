//! Every key.

use std::time::Duration;

use daemon_rt::logger::{Buffer, Filter, Format, Keep, Level, Limit, Repeats, Rotate};
use daemon_rt::spec::{Children, Core, Env, OnPanic};
use daemon_rt::{Daemon, Spec, daemon};

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
    let wanted = Spec::new("server")
        .version(env!("CARGO_PKG_VERSION"))
        .pid_file("/run/other.pid")
        .working_dir("/srv")
        .umask(0o077)
        .env(Env::Only(&["PATH", "LANG"]))
        .user("www-data")
        .group("adm")
        .no_new_privs(true)
        .capabilities(&["net_bind_service", "CAP_Kill"])
        .rlimits("nofile=65536,nproc=100:200,core=0")
        .chroot("/srv/jail")
        .core(Core::Off)
        .title("server: main")
        .log_file("/var/log/other.log")
        .log_filter(Filter::all(Level::Info).with(&[("hyper", Level::Warn)]))
        .log_format(Format::Json)
        .log_buffer(Buffer::kib(64))
        .log_rotate(Rotate::DAILY.or_at(10 << 20))
        .log_keep(Keep::files(7).within(100 << 20))
        .log_limit(Limit::per(100, Duration::from_secs(1)))
        .log_repeats(Repeats::Fold)
        .interval(Duration::from_millis(250))
        .start_timeout(Duration::from_secs(120))
        .stop_timeout(Duration::from_secs(3600))
        .hang_after(Duration::ZERO)
        .children(Children::Reap)
        .on_panic(OnPanic::Restart);
    assert_eq!(Server::SPEC, wanted);
}
