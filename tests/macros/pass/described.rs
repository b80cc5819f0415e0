//! The documentation of the block and the version.

use daemon_rt::{Daemon, daemon};

#[derive(Default)]
struct Server;

///
/// Serves "pages",
/// and \\ more.
///
/// # Details
#[allow(dead_code)]
#[daemon(name = "server", version = "1.2.3")]
impl Server {
    fn run(&mut self) {}
}

#[derive(Default)]
struct Block;

const VERSION: &str = "4";

#[daemon(name = "block", version = VERSION)]
/**
 Stands in a block comment.

 Details.
*/
impl Block {
    fn run(&mut self) {}
}

#[derive(Default)]
struct Silent;

#[doc(hidden)]
#[daemon(name = "silent")]
impl Silent {
    fn run(&mut self) {}
}

fn main() {
    let spec = Server::SPEC;
    assert_eq!(spec.about, Some(r#"Serves "pages", and \\ more."#));
    assert_eq!(spec.version, Some("1.2.3"));
    assert_eq!(Block::SPEC.about, Some("Stands in a block comment."));
    assert_eq!(Block::SPEC.version, Some("4"));
    assert_eq!((Silent::SPEC.about, Silent::SPEC.version), (None, None));
}
