//! A web server: a reload changes its greeting, and a stop lets its slow requests finish.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::Duration;
use std::{io, net, process};

use axum::{Router, extract::State, routing::get};
use daemon_rt::{Handle, daemon};
use log::info;
use tokio::{net::TcpListener, sync::watch, time::sleep};

/// The keys of `web.toml`.
#[derive(serde::Deserialize)]
#[serde(default)]
struct Settings {
    greeting: String,
}

impl Default for Settings {
    fn default() -> Self {
        let greeting = "hello".to_owned();
        Self { greeting }
    }
}

struct Web {
    http: net::TcpListener,
    greeting: watch::Sender<String>,
    served: AtomicU64,
}

#[daemon(name = "web", config = Settings, runtime = tokio, signals = [SIGUSR1],
    listen = [http = "127.0.0.1:8080"])]
impl Web {
    fn new(settings: Settings, http: net::TcpListener) -> Self {
        Self {
            http,
            greeting: watch::Sender::new(settings.greeting),
            served: AtomicU64::new(0),
        }
    }

    async fn run(self: Arc<Self>, handle: Handle) -> io::Result<()> {
        let http = TcpListener::from_std(self.http.try_clone()?)?;
        let routes = Router::new().route("/", get(greet));
        let routes = routes.route("/slow", get(slow)).with_state(self);
        let server = axum::serve(http, routes);
        server.with_graceful_shutdown(handle.stopping()).await
    }

    fn on_reload(&self, settings: Settings) {
        self.greeting.send_replace(settings.greeting);
    }

    #[every("1s")]
    fn tell(&self, handle: Handle) {
        handle.status(&format!("{} requests", self.served.load(Relaxed)));
    }

    #[signal(SIGUSR1)]
    fn dump(&self) {
        info!("{} requests", self.served.load(Relaxed));
    }
}

async fn greet(State(web): State<Arc<Web>>) -> String {
    web.served.fetch_add(1, Relaxed);
    format!("{} from {}", *web.greeting.borrow(), process::id())
}

async fn slow(web: State<Arc<Web>>) -> String {
    sleep(Duration::from_secs(2)).await;
    greet(web).await
}

fn main() -> process::ExitCode {
    daemon_rt::main::<Web>()
}
