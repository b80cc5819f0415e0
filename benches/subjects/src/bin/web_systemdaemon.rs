//! A server as systemdaemon's documentation shows it: the service is called again by each reload.

use std::io;
use std::process;
use std::sync::Arc;
use std::time::Duration;

use axum::{Router, extract::State, routing::get};
use serde::{Deserialize, Serialize};
use systemdaemon::{Daemon, ReloadPolicy, RestartPolicy, Service, ServiceConfig};
use tokio::{net::TcpListener, time::sleep};

#[derive(Clone, Debug, Deserialize, Serialize)]
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

struct Web;

impl Service for Web {
    type Config = Settings;
    type Error = io::Error;

    async fn run(&self, settings: Settings) -> io::Result<()> {
        let address = std::env::var("WEB_LISTEN").map_err(io::Error::other)?;
        let http = TcpListener::bind(address.trim_start_matches("http=")).await?;
        let routes = Router::new()
            .route("/", get(greet))
            .route("/slow", get(slow));
        axum::serve(http, routes.with_state(Arc::from(settings.greeting))).await
    }
}

async fn greet(State(greeting): State<Arc<str>>) -> String {
    format!("{greeting} from {}", process::id())
}

async fn slow(greeting: State<Arc<str>>) -> String {
    sleep(Duration::from_secs(2)).await;
    greet(greeting).await
}

#[tokio::main]
async fn main() {
    let daemon = Daemon::default();
    daemon.setup_logger(tracing::Level::INFO);
    let path = std::env::var_os("WEB_CONFIG").unwrap_or_else(|| "/etc/web.toml".into());
    let config = ServiceConfig::<Settings, _>::try_load_toml_or_default(path.as_ref());
    tokio::join!(
        daemon.service_handler(&Web, &config, RestartPolicy::Always),
        daemon.reload_handler(&config, ReloadPolicy::KeepOnError),
        daemon.watchdog_handler(),
        daemon.shutdown_handler(),
    );
}
