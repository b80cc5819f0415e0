//! A server with the command line and the settings of foundations, which has no verbs and no reload.

use std::process;
use std::sync::Arc;
use std::time::Duration;

use axum::{Router, extract::State, routing::get};
use foundations::BootstrapResult;
use foundations::cli::Cli;
use foundations::settings::settings;
use tokio::signal::unix::{SignalKind, signal};
use tokio::{net::TcpListener, time::sleep};

#[settings(impl_default = false)]
struct Settings {
    greeting: String,
    http: String,
}

impl Default for Settings {
    fn default() -> Self {
        let (greeting, http) = ("hello".to_owned(), "127.0.0.1:8080".to_owned());
        Self { greeting, http }
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
async fn main() -> BootstrapResult<()> {
    let cli = Cli::<Settings>::new(&foundations::service_info!(), vec![])?;
    let mut terminate = signal(SignalKind::terminate())?;
    let http = TcpListener::bind(cli.settings.http).await?;
    let routes = Router::new()
        .route("/", get(greet))
        .route("/slow", get(slow));
    let server = axum::serve(http, routes.with_state(Arc::from(cli.settings.greeting)));
    let stopping = async move {
        terminate.recv().await;
    };
    Ok(server.with_graceful_shutdown(stopping).await?)
}
