//! The user's own names are the ones that the expansion must not pick up.
#![allow(dead_code)]

mod core {}
mod std {}
mod daemon_rt {}
mod spec {}

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

fn main() {
    let declared = ::std::format!("{:?}", <Server as ::daemon_rt::Daemon>::SPEC);
    ::std::assert!(declared.contains("user: Some(\"nobody\")"), "{declared}");
}
