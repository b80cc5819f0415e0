//! The user's own names are the ones that the expansion must not pick up.
#![allow(dead_code)]

mod core {}
mod std {}
mod daemon_rt {}
mod spec {}
mod tokio {}
mod serde {}

struct Arc;
struct AsyncHooks;
struct Clone;
struct Future;
struct FnOnce;
struct Handle;
struct Hooks;
struct Resources;
struct Tasks;
struct Turns;

struct Box;
struct Child;
struct Context;
struct Daemon;
struct Duration;
struct Env;
struct Err;
struct Event;
struct Failure;
struct None;
struct Ok;
struct Option;
struct Outcome;
struct Result;
struct Signal;
struct Some;
struct Spec;
struct Start;
struct Step;
struct Timer;

trait Busy {
    fn run(&mut self) {
        ::std::panic!("the method of a trait");
    }
    fn dispatch(&mut self) {}
    fn create() {}
    fn detach() {}
}

impl Busy for Server {}

#[derive(Default)]
struct Server;

#[::daemon_rt::daemon(name = "server", signals = [SIGUSR1], user = "nobody", interval = "5s")]
impl Server {
    fn on_start(&mut self) {}
    fn run(&mut self, _: &mut ::daemon_rt::Context) {}
    fn on_child(&mut self, _: ::daemon_rt::ChildExit) {}
    fn on_signal(&mut self, _: ::daemon_rt::SignalInfo) {}
    #[every("1s")]
    fn flush(&mut self) {}

    // No name is reserved: the runtime calls these through the trait.
    fn create(&self) {}
    fn detach(&self) {}
    fn dispatch(&self) {}
    fn get(&self) {}
    fn created(&self) {}
}

/// The settings of the two daemons below.
#[derive(::serde::Deserialize)]
#[serde(crate = "::serde")]
struct Settings {}

impl Busy for Configured {}

struct Configured;

#[::daemon_rt::daemon(name = "configured", config = Settings, runtime = tokio)]
impl Configured {
    fn new(_: Settings, _: &mut ::daemon_rt::Context) -> Self {
        Self
    }
    fn validate(_: &Settings) -> ::std::result::Result<(), &'static str> {
        ::std::result::Result::Ok(())
    }
    fn run(&mut self) {}
    fn on_reload(&mut self, _: Settings) {}
}

impl Busy for Serving {}

struct Serving;

#[::daemon_rt::daemon(name = "serving", signals = [SIGUSR1], config = Settings, runtime = tokio_current)]
impl Serving {
    fn new(_: ::daemon_rt::Handle, _: Settings) -> Self {
        Self
    }
    async fn run(self: ::std::sync::Arc<Self>, _: ::daemon_rt::Handle) {}
    async fn on_reload(&self, _: Settings, _: &::daemon_rt::Handle) {}
    async fn on_signal(&self, _: ::daemon_rt::SignalInfo) {}

    // Neither is one of the `Arc`.
    #[every("1s")]
    async fn clone(&self) {}
    #[every("2s")]
    fn as_ref(&self) {}
    fn block_on(&self) {}
    fn surround(&self) {}
}

fn main() {
    let declared = ::std::format!("{:?}", <Server as ::daemon_rt::Daemon>::SPEC);
    ::std::assert!(declared.contains("user: Some(\"nobody\")"), "{declared}");
}
