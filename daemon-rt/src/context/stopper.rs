//! The handle by which a thread of the program stops the daemon.

use crate::os::sys::arrivals;

/// Stops the daemon from any thread of its process; from [`Context::stopper`].
///
/// ```
/// use daemon_rt::{Context, daemon};
/// # fn serve() {}
///
/// #[derive(Default)]
/// struct Server;
///
/// #[daemon(name = "server")]
/// impl Server {
///     fn on_start(&mut self, context: &mut Context) {
///         let stopper = context.stopper();
///         std::thread::spawn(move || {
///             serve();
///             stopper.stop();
///         });
///     }
///
///     fn run(&mut self, context: &mut Context) {
///         context.sleep(std::time::Duration::MAX);
///     }
/// }
/// ```
///
/// [`Context::stopper`]: crate::Context::stopper
#[derive(Debug, Clone)]
pub struct Stopper(());

impl Stopper {
    pub(super) fn new() -> Self {
        Self(())
    }

    /// Stops the daemon as soon as the hook that runs returns, as [`Context::stop`] does. It wakes
    /// the loop and returns at once. Only the first call of a process has an effect.
    ///
    /// [`Context::stop`]: crate::Context::stop
    pub fn stop(&self) {
        arrivals::request_stop();
    }
}
