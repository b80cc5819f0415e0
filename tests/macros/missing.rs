//! Mistakes of a manifest: what the attribute needs and the package does not have.

use std::fs;
use std::path::Path;
use std::process::Command;

const RUNTIME: &str = "
#[derive(Default)]
struct Server;
#[daemon_rt::daemon(name = \"server\", runtime = tokio)]
impl Server {
    async fn run(&self) {}
}
";

const SETTINGS: &str = "
struct Settings;
struct Server;
#[daemon_rt::daemon(name = \"server\", config = Settings)]
impl Server {
    fn new(_: Settings) -> Self { Self }
    fn run(&mut self) {}
    fn on_reload(&mut self, _: Settings) {}
}
";

#[test]
fn missing_dependency_and_feature_are_one_error_each_with_the_command() {
    let directory = tempfile::tempdir().expect("a directory");
    for (name, text) in [("runtime", RUNTIME), ("settings", SETTINGS)] {
        let errors = check(directory.path(), name, text);
        let of_the_code = errors.lines().filter(|line| line.starts_with("error"));
        // The last one is of cargo.
        assert_eq!(of_the_code.count(), 2, "{errors}");
        let expected = match name {
            "runtime" => {
                "`runtime = tokio` needs a dependency; run `cargo add tokio --features \
                 rt-multi-thread`"
            }
            _ => "run `cargo add daemon-rt --features config`",
        };
        assert!(errors.contains(expected), "{errors}");
    }
}

/// Checks a package that depends on the runtime alone, without features, and returns the errors.
fn check(directory: &Path, name: &str, text: &str) -> String {
    let root = directory.join(name);
    let runtime = concat!(env!("CARGO_MANIFEST_DIR"), "/../daemon-rt");
    let manifest = format!(
        "[package]\nname = \"{name}\"\nedition = \"2024\"\n[dependencies.daemon-rt]\n\
         path = {runtime:?}\ndefault-features = false\n"
    );
    fs::create_dir_all(root.join("src")).expect("a directory");
    fs::write(root.join("Cargo.toml"), manifest).expect("a manifest");
    fs::write(
        root.join("src/main.rs"),
        format!("{text}\nfn main() {{}}\n"),
    )
    .expect("a source");
    // The versions of this workspace are downloaded already.
    let lock = concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock");
    fs::copy(lock, root.join("Cargo.lock")).expect("a lock file");
    let output = Command::new(env!("CARGO"))
        .args(["check", "--quiet", "--offline"])
        .current_dir(&root)
        .env(
            "CARGO_TARGET_DIR",
            concat!(env!("CARGO_TARGET_TMPDIR"), "/missing"),
        )
        .output()
        .expect("cargo runs");
    String::from_utf8_lossy(&output.stderr).into_owned()
}
