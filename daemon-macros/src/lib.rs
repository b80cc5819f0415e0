//! The `#[daemon]` attribute. Use it through `daemon-rt`, which re-exports it.
#![forbid(unsafe_code)]

use proc_macro::TokenStream;

mod attribute;
mod check;
mod errors;
mod expand;
mod fallback;
mod given;
mod list;
mod manifest;
mod model;
mod parse;
mod suggest;
#[cfg(test)]
#[expect(clippy::expect_used, clippy::panic, reason = "a test fails by a panic")]
mod tests;
mod twice;
mod values;

// Editors do not read the file, so they show the words below it.
#[doc = include_str!("../docs/daemon.md")]
///
/// # All keys and methods
///
/// Keys: `name`, `signals`, `version`, `config`, `config_file`, `listen`, `pid_file`, `working_dir`, `umask`, `env`, `user`, `group`,
/// `no_new_privs`, `capabilities`, `rlimits`, `chroot`, `core`, `title`, `log_file`, `log_level`,
/// `log_format`, `log_buffer`, `log_rotate`, `log_keep`, `log_limit`, `log_repeats`, `interval`,
/// `start_timeout`, `stop_timeout`, `drain`, `hang_after`, `children`, `on_panic`, `runtime`, `crate`.
///
/// Methods: `new`, `validate`, `on_start`, `run`, `on_reload`, `on_stop`, `on_signal`, `on_child`,
/// `#[signal(SIGUSR1)]`, `#[every("30s")]`.
#[proc_macro_attribute]
pub fn daemon(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::daemon(args.into(), item.into()).into()
}

#[doc = include_str!("../docs/signal.md")]
#[proc_macro_attribute]
pub fn signal(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::outside("signal", args.into(), item.into()).into()
}

#[doc = include_str!("../docs/every.md")]
#[proc_macro_attribute]
pub fn every(args: TokenStream, item: TokenStream) -> TokenStream {
    attribute::outside("every", args.into(), item.into()).into()
}
