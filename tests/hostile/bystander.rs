//! A process that has nothing to do with the daemon, and remembers every signal that it gets.

use std::fs;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tests::support::{Sandbox, eventually};

#[derive(Debug)]
pub struct Bystander {
    child: Child,
    heard: PathBuf,
}

impl Bystander {
    pub fn new(sandbox: &Sandbox) -> Self {
        let (heard, ready) = (sandbox.path("heard"), sandbox.path("ready"));
        // `read` from a FIFO that nobody writes to waits without a child.
        let script = "for s in HUP INT QUIT USR1 USR2 TERM CONT CHLD ALRM; do
                trap \"echo $s >> heard\" $s
            done
            mkfifo quiet; : > heard; : > ready
            exec 3<> quiet
            while :; do read -r line <&3; done";
        let child = Command::new("sh")
            .args(["-c", script])
            .current_dir(sandbox.directory())
            .stdin(Stdio::null())
            .spawn()
            .unwrap();
        eventually("the bystander is ready", || ready.exists());
        Self { child, heard }
    }

    pub fn pid(&self) -> i32 {
        i32::try_from(self.child.id()).unwrap()
    }

    #[track_caller]
    pub fn assert_unharmed(&mut self, input: &str) {
        assert_eq!(self.child.try_wait().unwrap(), None, "{input}: it is dead");
        let heard = fs::read_to_string(&self.heard).unwrap();
        assert_eq!(heard, "", "{input}: it was signalled");
    }
}

impl Drop for Bystander {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
