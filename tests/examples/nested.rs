//! The verbs nested in a program's own command, where a README does not show it.

use std::process::Command;

use tests::support::examples::program;

/// The output of the example `nested`.
fn printed(arguments: &[&str]) -> String {
    let output = Command::new(program("nested"))
        .args(arguments)
        .output()
        .unwrap();
    assert!(output.status.success(), "{arguments:?}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn generated_files_name_the_nested_command() {
    let options = ["--log-level", "info"];
    let arguments = |kind| [&["collector", "unit", kind], &options[..]].concat();
    let unit = printed(&arguments("systemd"));
    assert!(
        unit.contains("/nested collector run --log-level=info\n"),
        "{unit}"
    );
    assert!(unit.contains("/nested collector reload\n"), "{unit}");
    let script = printed(&arguments("sysv"));
    assert!(script.contains("\"$program\" collector status"), "{script}");
    assert!(script.contains("\"$program\" collector \"$@\""), "{script}");
    let runit = printed(&arguments("runit"));
    assert!(runit.contains("/nested collector run "), "{runit}");
}
