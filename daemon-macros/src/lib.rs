//! The `#[daemon]` attribute. Use it through `daemon-rt`, which re-exports it.
#![forbid(unsafe_code)]
