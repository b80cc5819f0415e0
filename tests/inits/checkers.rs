//! The input of the programs that read a generated file, and their output.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use tests::support::program_or_skip;

/// Both outputs of a program, since most checkers choose freely.
pub fn said(output: &Output) -> String {
    let (out, err) = (&output.stdout, &output.stderr);
    format!(
        "{}{}",
        String::from_utf8_lossy(out),
        String::from_utf8_lossy(err)
    )
}

/// Those of `programs` that this machine has; the others are reported as skipped.
pub fn installed<'a>(programs: &[&'a str]) -> Vec<&'a str> {
    let programs = programs.iter().copied();
    programs
        .filter(|program| program_or_skip(program))
        .collect()
}

/// A directory of this test, removed with it.
pub struct Directory(pub PathBuf);

impl Directory {
    pub fn new(name: &str) -> Self {
        let name = format!("{name}-{}", std::process::id());
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    pub fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }
}

impl Drop for Directory {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
