//! Documentation, foreign attributes, other items and other methods stay as they are.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

/// The daemon.
#[allow(dead_code)]
#[daemon(name = "server")]
#[doc = "In two paragraphs."]
impl Server {
    /// How much is enough.
    pub const LIMIT: usize = 3;

    /// One turn.
    #[inline]
    #[cfg_attr(debug_assertions, doc = "Slower here.")]
    pub(crate) fn run(&mut self) {}

    #[must_use]
    #[deprecated = "only to see the attribute kept"]
    fn answer<T: Default>(_by: u8) -> T {
        T::default()
    }

    const fn on_stop(&mut self) {}

    async fn later(self) {}
}

fn main() {
    #[expect(deprecated)]
    let answer: u8 = Server::answer(1);
    assert_eq!(answer, 0);
    assert_eq!(Server::LIMIT, 3);
    assert_eq!(Server::SPEC.name(), "server");
}
