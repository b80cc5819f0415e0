//! Links all programs with packed relative relocations, which a small program has as well: see
//! `docs/features.md`.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // musl's loader knows them since 1.2.4, and a static program needs none.
    let is = |variable, value: &str| std::env::var(variable).is_ok_and(|found| found == value);
    if is("CARGO_CFG_TARGET_OS", "linux") && is("CARGO_CFG_TARGET_ENV", "gnu") {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
