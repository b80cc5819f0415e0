//! What the compiler makes of `#[daemon]`: every mistake with its error, every shape that is right.
//!
//! `TRYBUILD=overwrite cargo test -p tests --test macros` writes the expected errors anew.

#[test]
fn mistakes_are_reported() {
    trybuild::TestCases::new().compile_fail("macros/ui/*.rs");
}

#[test]
fn right_shapes_compile() {
    trybuild::TestCases::new().pass("macros/pass/*.rs");
}
