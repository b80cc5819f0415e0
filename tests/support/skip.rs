//! Tests that cannot run here: each is reported at once, and all of them again by the last target.
//!
//! Under `BOXES_REQUIRED=1`, where everything is to be tested, such a test fails.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::daemons::build_directory;
use super::process::Process;

/// The user without privileges that every system has.
pub const NOBODY: u32 = 65534;

/// Returns from the test unless it runs as root: `require_root!("mount")`. A second argument is the
/// value to return.
#[macro_export]
macro_rules! require_root {
    ($what:literal $(, $value:expr)?) => {
        if !$crate::support::root_or_skip($what) {
            return $($value)?;
        }
    };
}

/// Returns from the test unless these programs are installed: `require_programs!("flock perl")`. A
/// second argument is the value to return.
#[macro_export]
macro_rules! require_programs {
    ($programs:literal $(, $value:expr)?) => {
        if !$programs.split(' ').all($crate::support::program_or_skip) {
            return $($value)?;
        }
    };
}

/// Returns from the test unless the process has this capability, as root of a container may not.
#[macro_export]
macro_rules! require_capability {
    ($name:literal) => {
        if !$crate::support::capability_or_skip($name) {
            return;
        }
    };
}

/// Returns from the test unless `unshare(1)` can make these namespaces, and mount in them:
/// `require_namespaces!("--mount --pid --fork")`. A second argument is the value to return.
#[macro_export]
macro_rules! require_namespaces {
    ($options:literal $(, $value:expr)?) => {
        if !$crate::support::namespaces_or_skip($options) {
            return $($value)?;
        }
    };
}

/// True if the tests run as root. Otherwise reports a skip.
#[must_use]
pub fn root_or_skip(what: &str) -> bool {
    let root = rustix::process::geteuid().is_root();
    if !root {
        skip(&format!("only root can {what}"));
    }
    root
}

/// True if `program` is installed. Otherwise reports what is skipped.
#[must_use]
pub fn program_or_skip(program: &str) -> bool {
    let found = is_installed(program);
    if !found {
        skip(&format!("{program} is not installed"));
    }
    found
}

/// True if the shell finds `program`.
///
/// # Panics
/// When there is no shell.
#[must_use]
pub fn is_installed(program: &str) -> bool {
    let mut look = Command::new("sh");
    look.args(["-c", "command -v \"$0\"", program]);
    let found = look.stdout(Stdio::null()).status().expect("a shell");
    found.success()
}

/// True if this process is root's and has the capability `name`. Otherwise reports what is skipped.
///
/// # Panics
/// When `name` is not in the table.
#[must_use]
pub fn capability_or_skip(name: &str) -> bool {
    if !root_or_skip(&format!("have {name}")) {
        return false;
    }
    let named = CAPABILITIES.iter().find(|(known, _)| *known == name);
    let (_, bit) = named.unwrap_or_else(|| panic!("{name} is not in the table"));
    let own = Process::of(std::process::id().cast_signed()).field("CapEff");
    let own = u64::from_str_radix(&own, 16).expect("a hexadecimal number");
    let has_it = own & (1 << bit) != 0;
    if !has_it {
        skip(&format!("{name} is not among the capabilities"));
    }
    has_it
}

/// The bits of the capabilities that tests ask for, `capabilities(7)`.
const CAPABILITIES: [(&str, u32); 2] = [("CAP_SYS_PTRACE", 19), ("CAP_SYS_ADMIN", 21)];

/// True if `unshare OPTIONS` works, as it does not for root of most containers. Otherwise reports
/// what is skipped.
#[must_use]
pub fn namespaces_or_skip(options: &str) -> bool {
    if !["unshare", "mount"].into_iter().all(program_or_skip) {
        return false;
    }
    let works = can_unshare(options);
    if !works {
        skip(&format!("`unshare {options}` is not permitted"));
    }
    works
}

/// True if `unshare OPTIONS` works.
#[must_use]
pub fn can_unshare(options: &str) -> bool {
    let mut unshare = Command::new("unshare");
    unshare.args(options.split(' ')).arg("true");
    let made = unshare.stderr(Stdio::null()).status();
    made.is_ok_and(|status| status.success())
}

/// Reports that the running test or a part of it is skipped.
///
/// # Panics
/// Under `BOXES_REQUIRED=1`.
pub fn skip(reason: &str) {
    assert!(
        std::env::var_os("BOXES_REQUIRED").is_none(),
        "not tested: {reason}"
    );
    skip_unsupported(reason);
}

/// Reports a skip that no installed program could prevent, since the kernel does not permit the
/// test. It is reported on the real stderr, which the test harness does not capture, and noted for
/// [`take_skipped`].
pub fn skip_unsupported(reason: &str) {
    let test = running_test();
    let _ = writeln!(io::stderr(), "skipped: {test}: {reason}");
    // Without a place to note it, as for a user who may not write there, the line above remains.
    let _ = note(&format!("{reason}\t{test}\n"));
}

/// Takes the tests that this run of cargo has skipped, by reason, and removes the notes of runs
/// that were over before they were listed.
///
/// # Panics
/// When the notes cannot be read.
pub fn take_skipped() -> BTreeMap<String, BTreeSet<String>> {
    let text = match fs::read_to_string(notes()) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
        text => text.expect("notes that can be read"),
    };
    let _ = fs::remove_file(notes());
    let others = fs::read_dir(directory()).into_iter().flatten().flatten();
    for notes in others.filter(|notes| !Path::new("/proc").join(notes.file_name()).exists()) {
        let _ = fs::remove_file(notes.path());
    }
    let mut tests: BTreeMap<_, BTreeSet<_>> = BTreeMap::new();
    for (reason, test) in text.lines().filter_map(|line| line.split_once('\t')) {
        let of_reason = tests.entry(reason.to_owned()).or_default();
        of_reason.insert(test.to_owned());
    }
    tests
}

/// Appends a line that is whole even if several tests write at once.
fn note(line: &str) -> io::Result<()> {
    fs::create_dir_all(directory())?;
    let mut file = File::options().append(true).create(true).open(notes())?;
    file.write_all(line.as_bytes())
}

/// A file for each run of cargo, which starts all test programs.
fn notes() -> PathBuf {
    directory().join(std::os::unix::process::parent_id().to_string())
}

fn directory() -> PathBuf {
    build_directory().join("skipped")
}

/// `TARGET MODULE::TEST`; the harness names a test's thread by the test.
fn running_test() -> String {
    let program = std::env::current_exe().unwrap_or_default();
    let stem = program.file_stem().unwrap_or_default().to_string_lossy();
    let (target, _hash) = stem.rsplit_once('-').unwrap_or((&stem, ""));
    let thread = std::thread::current();
    format!("{target} {}", thread.name().unwrap_or("a thread of a test"))
}
