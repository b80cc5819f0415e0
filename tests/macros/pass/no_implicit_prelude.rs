//! A crate without a prelude.
#![no_implicit_prelude]

#[derive(::std::default::Default)]
struct Server;

#[::daemon_rt::daemon(
    name = "server",
    signals = [SIGUSR1, SIGRTMIN + 1],
    env = ["PATH"],
    user = "nobody",
    interval = "5s"
)]
impl Server {
    fn run(&mut self, _: &mut ::daemon_rt::Context) {}
    fn on_child(&mut self, _: ::daemon_rt::ChildExit) {}
    fn on_signal(&mut self, _: ::daemon_rt::Signal) {}
    #[signal(SIGUSR1)]
    fn dump(&mut self) -> ::std::result::Result<(), ::std::string::String> {
        ::std::result::Result::Ok(())
    }
    #[every("1s")]
    fn flush(&mut self) {}
}

#[derive(::serde::Deserialize)]
struct Settings {}

struct Serving;

#[::daemon_rt::daemon(name = "serving", config = Settings, runtime = tokio)]
impl Serving {
    async fn new(_: Settings, _: &::daemon_rt::Handle) -> Self {
        Self
    }
    fn validate(_: &Settings) -> ::std::result::Result<(), ::std::string::String> {
        ::std::result::Result::Ok(())
    }
    async fn run(self: ::std::sync::Arc<Self>, _: ::daemon_rt::Handle) {}
    async fn on_reload(&self, _: Settings) {}
}

#[derive(::std::default::Default)]
struct Spawning;

#[::daemon_rt::daemon(name = "spawning", runtime = tokio)]
impl Spawning {
    fn run(&mut self) {}
}

fn main() {
    ::std::assert_eq!(<Server as ::daemon_rt::Daemon>::SPEC.name(), "server");
}
