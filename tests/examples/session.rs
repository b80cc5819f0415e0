//! A session at a shell, as a README shows it, ```` ```console ````: lines that begin with `$ ` are
//! typed, the others are what is printed.

use std::collections::HashMap;
use std::fs;
use std::os::unix::fs::chown;
use std::path::Path;

use tests::require_root;
use tests::support::{NOBODY, Process, Running, Sandbox, copy_program, until};

use crate::pattern;

/// A typed command and its output.
type Step = (String, Vec<String>);

#[derive(Debug)]
pub struct Session(Vec<Step>);

impl Session {
    /// The steps of all sessions in `text`.
    pub fn parse(text: &str) -> Self {
        let mut steps: Vec<Step> = vec![];
        let mut inside = false;
        for line in text.lines() {
            match line.strip_prefix("$ ") {
                _ if line.starts_with("```") => inside = line == "```console",
                _ if !inside => {}
                Some(typed) => steps.push((typed.to_owned(), vec![])),
                None => {
                    let (_, printed) = steps.last_mut().expect("a session begins with a command");
                    printed.push(line.to_owned());
                }
            }
        }
        Self(steps)
    }

    /// All that is typed, and all that is printed.
    pub fn whole(self) -> (String, String) {
        let (typed, printed): (Vec<_>, Vec<_>) = self.0.into_iter().unzip();
        (typed.join("\n"), printed.concat().join("\n"))
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Types it as an ordinary user, in a directory with the program.
    ///
    /// # Panics
    /// When something else is printed, or something is left running.
    pub fn play(&self, program: &str) {
        self.play_in(&ordinary_user(program));
    }

    /// The same as root, if root runs the tests; the log is in a directory of the user `nobody`.
    pub fn play_as_root(&self, program: &str) {
        require_root!("play the session of this example");
        let sandbox = own(program);
        let logs = sandbox.path("logs");
        fs::create_dir(&logs).expect("a new directory");
        chown(&logs, Some(NOBODY), Some(NOBODY)).expect("its owner");
        self.play_in(&sandbox);
    }

    fn play_in(&self, sandbox: &Sandbox) {
        let address = own_address();
        let mut bound = HashMap::new();
        for (typed, printed) in &self.0 {
            let typed = typed.replace("127.0.0.1", &address);
            let expected = printed.join("\n").replace("127.0.0.1", &address);
            let mut said = String::new();
            let mut look = || {
                said = shell(sandbox, &typed, &address);
                pattern::matches(&expected, &said, &mut bound).then_some(())
            };
            // The daemon works a little later, so the test looks again, as a reader does.
            let found = if only_looks(&typed) {
                until(look)
            } else {
                look()
            };
            assert!(
                found.is_some(),
                "$ {typed}\n{said}\nbut the README says\n{expected}"
            );
        }
        let left: Vec<_> = sandbox.processes().iter().map(Process::title).collect();
        assert!(left.is_empty(), "left running: {left:?}");
    }
}

fn only_looks(typed: &str) -> bool {
    [" logs", " status"].iter().any(|verb| typed.contains(verb))
}

/// Both outputs of one line.
fn shell(sandbox: &Sandbox, line: &str, address: &str) -> String {
    let mut command = sandbox.program("sh");
    command.arg("-c").arg(format!("exec 2>&1; {line}"));
    command.env("PORT80_LOG_FILE", sandbox.path("logs/port80.log"));
    command.env("ECHO_ADDRESS", format!("{address}:7007"));
    command.env("PORT80_ADDRESS", format!("{address}:80"));
    Running::begin(command).finish().stdout
}

/// The sandbox of a user without rights, if root runs the tests.
fn ordinary_user(program: &str) -> Sandbox {
    Sandbox::of_user(program, NOBODY).unwrap_or_else(|| own(program))
}

/// The sandbox of the user who runs the tests.
fn own(program: &str) -> Sandbox {
    let sandbox = Sandbox::new(program);
    let name = Path::new(program).file_name().expect("a name");
    copy_program(program, sandbox.directory().join(name));
    sandbox
}

/// A loopback address that no other process of the machine listens at: tests run in parallel.
fn own_address() -> String {
    let [_, a, b, c] = std::process::id().to_be_bytes();
    format!("127.{}.{b}.{c}", 64 + a)
}
