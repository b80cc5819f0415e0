//! A daemon without futures has no symbol and no thread of those that have them.

use std::borrow::Cow;
use std::path::Path;
use std::process::Command;

use tests::support::{Sandbox, programs_of, skip};

/// The module of the runtime that polls hooks, as the names of symbols have it.
const MODULE: &str = "9daemon_rt3run5tasks";

#[test]
fn daemon_without_futures_has_none_of_their_code_and_one_thread() {
    if !can_build() {
        return;
    }
    let programs = programs_of(&["-p", "examples", "--example", "server"]);
    let server = programs["server"].to_str().unwrap();
    assert_eq!(symbols_of_tasks(server), Vec::<String>::new());
    let sandbox = Sandbox::new(server);
    let daemon = sandbox.start();
    let threads = std::fs::read_dir(format!("/proc/{}/task", daemon.pid));
    assert_eq!(threads.unwrap().count(), 1);
    sandbox.stop();
    // The search finds them where they are.
    let awaits = tests::support::daemon_path("awaits");
    assert!(symbols_of_tasks(&awaits).len() > 10);
}

/// Whether this user may build the workspace. Otherwise reports a skip.
fn can_build() -> bool {
    let lock = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.lock");
    let can = rustix::fs::access(lock, rustix::fs::Access::WRITE_OK).is_ok();
    if !can {
        skip("only a user who may write the workspace can build it");
    }
    can
}

/// The symbols of a program that name [`MODULE`].
fn symbols_of_tasks(program: impl AsRef<Path>) -> Vec<String> {
    let bytes = std::fs::read(program).expect("a program");
    let names = symbol_names(&bytes).expect("an ELF file of 64 bits with symbols");
    let names = names.split(|byte| *byte == 0).map(String::from_utf8_lossy);
    let found = names.filter(|name| name.contains(MODULE));
    found.map(Cow::into_owned).collect()
}

/// The names of the symbols, `elf(5)`: the section that the table of symbols links to.
fn symbol_names(bytes: &[u8]) -> Option<&[u8]> {
    const SHT_SYMTAB: u64 = 2;
    let number = |at: usize, length: usize| {
        let word = bytes.get(at..at + length)?;
        let word = word
            .iter()
            .rev()
            .fold(0, |sum, byte| sum << 8 | u64::from(*byte));
        usize::try_from(word).ok()
    };
    let (table, entry, count) = (number(0x28, 8)?, number(0x3a, 2)?, number(0x3c, 2)?);
    let section = |index: usize| table + index * entry;
    let symbols = (0..count)
        .map(section)
        .find(|at| number(at + 4, 4) == usize::try_from(SHT_SYMTAB).ok())?;
    let names = section(number(symbols + 0x28, 4)?);
    let (start, length) = (number(names + 0x18, 8)?, number(names + 0x20, 8)?);
    bytes.get(start..start + length)
}

#[test]
fn runtime_names_no_async_runtime() {
    if !can_build() {
        return;
    }
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| env!("CARGO").into());
    let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../Cargo.toml");
    let mut tree = Command::new(cargo);
    tree.args([
        "tree",
        "-p",
        "daemon-rt",
        "--all-features",
        "--prefix",
        "none",
    ]);
    tree.args(["--target", "all", "--offline", "--manifest-path"])
        .arg(manifest);
    let output = tree.output().expect("cargo");
    assert!(output.status.success(), "{output:?}");
    let packages = String::from_utf8(output.stdout).expect("names");
    assert!(packages.contains("nix "), "{packages}");
    for runtime in ["tokio", "smol", "async-io", "futures"] {
        assert!(!packages.contains(runtime), "{packages}");
    }
}
