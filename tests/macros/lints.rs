//! The expansion is silent under a wall of lints, also where the crate forbids them, so that no
//! `allow` in it could help. `cargo clippy --all-targets` is the test; run, it checks two values.
#![forbid(
    future_incompatible,
    let_underscore,
    nonstandard_style,
    rust_2018_idioms,
    unused,
    absolute_paths_not_starting_with_crate,
    ambiguous_negative_literals,
    elided_lifetimes_in_paths,
    explicit_outlives_requirements,
    keyword_idents,
    let_underscore_drop,
    macro_use_extern_crate,
    meta_variable_misuse,
    missing_abi,
    missing_copy_implementations,
    missing_debug_implementations,
    missing_docs,
    non_ascii_idents,
    redundant_lifetimes,
    single_use_lifetimes,
    trivial_casts,
    trivial_numeric_casts,
    unit_bindings,
    unreachable_pub,
    unsafe_code,
    unstable_features,
    unused_import_braces,
    unused_lifetimes,
    unused_macro_rules,
    unused_qualifications,
    unused_results,
    variant_size_differences
)]
#![forbid(
    clippy::all,
    clippy::pedantic,
    clippy::absolute_paths,
    clippy::allow_attributes,
    clippy::allow_attributes_without_reason,
    clippy::arithmetic_side_effects,
    clippy::as_conversions,
    clippy::default_numeric_fallback,
    clippy::else_if_without_else,
    clippy::expect_used,
    clippy::impl_trait_in_params,
    clippy::indexing_slicing,
    clippy::missing_docs_in_private_items,
    clippy::missing_inline_in_public_items,
    clippy::missing_trait_methods,
    clippy::multiple_inherent_impl,
    clippy::panic,
    clippy::pattern_type_mismatch,
    clippy::renamed_function_params,
    clippy::same_name_method,
    clippy::str_to_string,
    clippy::tests_outside_test_module,
    clippy::unreachable,
    clippy::unwrap_used,
    clippy::wildcard_enum_match_arm
)]
// The one lint of it that the expansion of `async` hooks has to allow.
#![deny(clippy::nursery)]

use core::time::Duration;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use daemon_rt::{ChildExit, Context, Handle, Signal, SignalInfo};

/// A daemon of hooks.
#[derive(Debug, Default)]
struct Hooks {
    /// The turns so far.
    turns: u64,
}

#[daemon_rt::daemon(
    name = "hooks",
    signals = [SIGUSR1, SIGUSR2, SIGRTMIN + 3],
    user = "nobody",
    env = ["PATH"],
    interval = "60s",
    stop_timeout = "2h",
    hang_after = "1500ms",
    children = "reap"
)]
impl Hooks {
    /// Before the first turn.
    fn on_start(&mut self) -> Result<(), String> {
        self.turns = "7".parse::<u64>().map_err(|error| error.to_string())?;
        Ok(())
    }

    /// A turn.
    fn run(&mut self, context: &mut Context) {
        self.turns = self.turns.saturating_add(1);
        context.sleep(Duration::from_millis(self.turns));
    }

    /// The signals that are left.
    fn on_signal(&mut self, signal: Signal) {
        self.turns = u64::from(signal == Signal::SIGUSR2);
    }

    /// One signal.
    #[signal(SIGUSR1)]
    fn dump(&mut self, info: SignalInfo) {
        self.turns = u64::from(info.sender.is_some());
    }

    /// An end.
    fn on_child(&mut self, child: ChildExit) {
        self.turns = u64::from(child.pid);
    }
}

/// A daemon of a timer that is not always there, and that alone takes the context.
#[derive(Debug)]
struct Sparse {
    /// The turns so far.
    turns: u64,
}

#[daemon_rt::daemon(name = "sparse", signals = [SIGUSR1])]
impl Sparse {
    /// Builds it.
    const fn new() -> Self {
        Self { turns: 7 }
    }

    /// A tick.
    #[cfg(windows)]
    #[every("5m")]
    fn flush(&mut self, _: &mut Context) {
        self.turns = 1;
    }

    /// A signal.
    #[cfg(windows)]
    #[signal(SIGUSR1)]
    fn dump(&mut self) {
        self.turns = 2;
    }
}

/// The settings of both daemons below. The derive of serde allows lints, which is not possible here.
type Settings = BTreeMap<String, u64>;

/// A daemon with settings, beside a runtime.
#[derive(Debug)]
struct Configured {
    /// The settings in force.
    settings: Settings,
}

#[daemon_rt::daemon(name = "configured", config = Settings, runtime = tokio)]
impl Configured {
    /// Builds it.
    const fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Looks at the settings.
    fn validate(settings: &Settings) -> Result<(), String> {
        if settings.is_empty() {
            return Err(String::from("no settings"));
        }
        Ok(())
    }

    /// A turn.
    fn run(&mut self, context: &mut Context) {
        let turn = self.settings.pop_first().map_or(0, |(_, turn)| turn);
        context.sleep(Duration::from_millis(turn));
    }

    /// New settings.
    fn on_reload(&mut self, settings: Settings) {
        self.settings = settings;
    }
}

/// A daemon of `async` hooks.
#[derive(Debug)]
struct Serving {
    /// The settings in force.
    settings: Mutex<Settings>,
    /// The turns so far.
    turns: AtomicU64,
}

#[daemon_rt::daemon(
    name = "serving",
    signals = [SIGUSR1, SIGUSR2],
    runtime = tokio_current,
    config = Settings
)]
impl Serving {
    /// Builds it.
    fn new(settings: Settings, handle: &Handle) -> Self {
        handle.status("building");
        Self {
            settings: Mutex::new(settings),
            turns: AtomicU64::new(0),
        }
    }

    /// A turn.
    async fn run(self: Arc<Self>, handle: Handle) {
        handle.stopping().await;
        let _: u64 = self.turns.fetch_add(1, Ordering::Relaxed);
    }

    /// New settings.
    fn on_reload(&self, settings: Settings) -> Result<(), String> {
        *self.settings.lock().map_err(|error| error.to_string())? = settings;
        Ok(())
    }

    /// A signal.
    #[signal(SIGUSR1)]
    async fn dump(&self, handle: Handle) {
        handle.reloaded().await;
        self.turns.store(1, Ordering::Relaxed);
    }

    /// The signals that are left.
    fn on_signal(&self, signal: Signal) {
        self.turns
            .store(u64::from(signal == Signal::SIGUSR2), Ordering::Relaxed);
    }

    /// A tick.
    #[cfg(windows)]
    #[every("5m")]
    async fn flush(&self, _: &Handle) {}
}

/// The tests.
#[cfg(test)]
mod tests {
    use super::{Configured, Hooks, Serving, Sparse};
    use daemon_rt::{Daemon as _, Hooks as _, Resources};

    #[test]
    fn daemons_in_this_file_have_their_names() {
        assert_eq!(Hooks::SPEC.name(), "hooks");
        assert_eq!(Configured::SPEC.name(), "configured");
        assert_eq!(Serving::SPEC.name(), "serving");
        let sparse = Sparse::create(&mut Resources::default());
        assert_eq!(sparse.map(|sparse| sparse.turns).ok(), Some(7));
    }
}
