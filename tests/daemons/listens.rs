//! A daemon with a listener of each kind, by hand. It answers each connection with its pid.

use std::io::{self, Read, Write};
use std::net::TcpListener;
use std::os::unix::net::UnixListener;
use std::process::ExitCode;
use std::time::Duration;

use daemon_rt::spec::Listener;
use daemon_rt::{
    Context, Daemon, Event, Failure, Hooks, Interest, Outcome, Resources, Spec, Turns, Wake,
};
use tests::support::script::perform;

#[derive(Debug)]
struct Listens {
    http: TcpListener,
    admin: UnixListener,
}

impl Daemon for Listens {
    const SPEC: Spec = Spec::new("listens").listen(&[
        const { Listener::new("http", "127.0.0.1:0").nonblocking() },
        const { Listener::new("dns", "udp:127.0.0.1:0") },
        const { Listener::new("admin", "unix:admin.sock").nonblocking() },
        const { Listener::new("events", "unixgram:events.sock?mode=0600") },
    ]);
    type Life = Turns;
}

impl Hooks for Listens {
    fn create(resources: &mut Resources<'_>) -> Result<Self, Failure> {
        perform("new", None).map_err(|error| Failure::new(&error))?;
        Ok(Self {
            http: resources.listener("http")?,
            admin: resources.listener("admin")?,
        })
    }

    fn dispatch(&mut self, event: Event<'_>, context: &mut Context) -> Outcome {
        match event {
            Event::Start => Outcome::of(perform("on_start", Some(context))),
            Event::Run => {
                self.serve(context);
                Outcome::of(perform("run", Some(context)))
            }
            Event::Stop => Outcome::of(perform("on_stop", Some(context))),
            _ => Outcome::Unhandled,
        }
    }
}

impl Listens {
    /// Answers the connections that have arrived. One that arrives after the last turn stays in the
    /// queue of the socket.
    fn serve(&self, context: &mut Context) {
        let interests = [
            Interest::readable(&self.http),
            Interest::readable(&self.admin),
        ];
        match context.wait(&interests, Some(Duration::from_secs(60))) {
            Wake::Ready(0) => answer(self.http.accept()),
            Wake::Ready(_) => answer(self.admin.accept()),
            _ => {}
        }
    }
}

/// Answers the request of a connection, if it has one.
fn answer<S: Read + Write, A>(accepted: io::Result<(S, A)>) {
    let Ok((mut stream, _)) = accepted else {
        return;
    };
    let mut request = [0; 1024];
    if stream.read(&mut request).is_ok_and(|length| length > 0) {
        let body = std::process::id().to_string();
        let length = body.len();
        let head = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length:";
        let _ = write!(stream, "{head} {length}\r\n\r\n{body}");
    }
}

fn main() -> ExitCode {
    daemon_rt::main::<Listens>()
}
