//! The steps from the caller to the daemon.

/// The way from the caller to the daemon.
#[derive(Debug)]
#[must_use]
pub struct Detach {
    _private: (),
}

macro_rules! steps { ($($n:ident)*) => { impl Detach { $(
    /// A step.
    pub fn $n(self) -> Self { self }
)* } } }
steps! { check fork setsid fork_again close_descriptors take_lock reset_signals set_umask change_dir
clean_environment write_pid_file drop_privileges open_log set_title catch_signals }
