//! The bytes of a program, by crate and by function.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

/// The code of a program that has its symbols.
#[derive(Debug)]
pub(super) struct Code {
    /// Bytes by crate, the largest first.
    pub crates: Vec<(String, u64)>,
    /// Bytes by function, the largest first.
    pub functions: Vec<(String, u64)>,
}

/// Reads the symbols of `program`. `None` where nm(1) is missing.
pub(super) fn read(program: &Path) -> Option<Code> {
    let mut nm = Command::new("nm");
    nm.args(["--print-size", "--demangle", "--radix=d"]);
    let output = nm.arg(program).output().ok()?;
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let mut functions: Vec<(String, u64)> = text.lines().filter_map(parse).collect();
    functions.sort_by_key(|(name, size)| (std::cmp::Reverse(*size), name.clone()));
    let mut crates = BTreeMap::new();
    for (name, size) in &functions {
        *crates.entry(crate_of(name)).or_insert(0) += size;
    }
    let mut crates: Vec<(String, u64)> = crates.into_iter().collect();
    crates.sort_by_key(|(_, size)| std::cmp::Reverse(*size));
    Some(Code { crates, functions })
}

/// Returns name and size of a function: a line has address, size, kind and name.
fn parse(line: &str) -> Option<(String, u64)> {
    let mut words = line.splitn(4, ' ');
    let (_, size, kind, name) = (words.next()?, words.next()?, words.next()?, words.next()?);
    matches!(kind, "t" | "T" | "w" | "W").then_some(())?;
    Some((plain(name), size.parse().ok()?))
}

/// Removes the hashes, which differ between machines: `std[e28293b1aa0f68bd]` and `::h02ab…`.
fn plain(name: &str) -> String {
    let mut text = String::new();
    let mut rest = name;
    while let Some(at) = rest.find('[') {
        let (before, after) = rest.split_at(at);
        text.push_str(before);
        let is_hash =
            |inner: &str| inner.len() > 12 && inner.bytes().all(|b| b.is_ascii_hexdigit());
        match after[1..].split_once(']') {
            Some((inner, more)) if is_hash(inner) => rest = more,
            _ => {
                text.push('[');
                rest = &after[1..];
            }
        }
    }
    text.push_str(rest);
    let hash = text.rfind("::h").filter(|at| text.len() - at == 19);
    text.truncate(hash.unwrap_or(text.len()));
    text
}

/// Returns the crate in which the code of a function was written.
fn crate_of(name: &str) -> String {
    let name = name.trim_start_matches(['<', '&', '[', '(', '*']);
    let name = ["dyn ", "const ", "mut "]
        .iter()
        .fold(name, |name, word| name.strip_prefix(word).unwrap_or(name));
    match name.split_once("::") {
        Some((first, _))
            if first
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_') =>
        {
            first.to_owned()
        }
        _ => "other".to_owned(),
    }
}
