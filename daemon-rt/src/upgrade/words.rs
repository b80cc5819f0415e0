//! The words that both programs know.

/// The variable by which a program recognizes that it is the next one. Its value is the number of a
/// descriptor and that of the process, `5 4711`.
pub(crate) const VARIABLE: &str = "DAEMON_RT_UPGRADE";

/// The value of the variable in a process that only checks.
pub(crate) const CHECK: &str = "check";

/// The version of the protocol. A program refuses another one.
pub(crate) const VERSION: u64 = 1;

/// The name of the descriptor of the program before, which is executed again if this one fails.
pub(crate) const BEFORE: &str = "program";

/// The name of the descriptor of the program itself, in a root directory where it may not find itself.
pub(crate) const OWN: &str = "own-program";

/// The key of the reason why the program before runs again.
pub(crate) const BACK: &str = "back";

/// The key of a process into which others of its user must not look. The kernel forgets it at
/// `execve(2)`.
pub(crate) const UNDUMPABLE: &str = "undumpable";
