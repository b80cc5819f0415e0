//! The documentation of the block and the version.

use daemon_rt::{Daemon, Spec, daemon};

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
    let server = Spec::new("server").about(r#"Serves "pages", and \\ more."#).version("1.2.3");
    assert_eq!(Server::SPEC, server);
    let block = Spec::new("block").about("Stands in a block comment.").version("4");
    assert_eq!(Block::SPEC, block);
    assert_eq!(Silent::SPEC, Spec::new("silent"));
}
