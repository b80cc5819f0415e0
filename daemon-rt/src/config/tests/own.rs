//! The table `[daemon]`, which is the runtime's.

use std::collections::BTreeMap;

use super::{mistakes_of, parse, read};

#[test]
fn table_of_the_runtime_is_not_the_users() {
    let text = "[daemon]\nlog_level = \"info\"\n[db]\nx = 1\n";
    let settings: BTreeMap<String, toml::Value> = read(text).expect("settings");
    assert_eq!(settings.keys().collect::<Vec<_>>(), ["db"]);
    let keys = parse(text, &[]).expect("a document").runtime_keys();
    assert_eq!(keys.expect("keys"), [("log_level", "info".to_owned())]);
    let none = parse("", &[]).expect("a document").runtime_keys();
    assert!(none.expect("keys").is_empty());
}

#[test]
fn values_are_texts_for_their_parsers() {
    let text = "daemon = { drain = 1.5, hang_after = 0, interval = \"5s\", log_limit = 100 }";
    let keys = parse(text, &[]).expect("a document").runtime_keys();
    let texts = [
        ("drain", "1.5"),
        ("hang_after", "0"),
        ("interval", "5s"),
        ("log_limit", "100"),
    ];
    assert_eq!(
        keys.expect("keys"),
        texts.map(|(key, text)| (key, text.to_owned()))
    );
}

#[test]
fn other_key_of_the_runtime_is_refused_with_its_option() {
    let text = "[daemon]\nuser = \"root\"\npid_file = \"/x\"\nintreval = \"1s\"\ncolour = 1\nlog_level = [1]\n";
    let document = parse(text, &[]).expect("a document");
    assert_eq!(
        mistakes_of(document.runtime_keys()),
        [
            ":2:1: daemon.user: the file may not set this key; pass the option --user",
            ":3:1: daemon.pid_file: the file may not set this key; pass the option --pid-file",
            ":4:1: daemon.intreval: unknown key; did you mean `interval`?",
            ":5:1: daemon.colour: unknown key; use `log_level`, `log_limit`, `log_repeats`, `interval`, `hang_after`, `drain`, or remove it",
            ":6:13: daemon.log_level: found an array of 1 element, wanted a string; write it in quotes",
        ]
    );
    let scalar = parse("\ndaemon = 5", &[]).expect("a document");
    assert_eq!(
        mistakes_of(scalar.runtime_keys()),
        [":2:10: daemon: found the number 5, wanted a table; write [daemon]"]
    );
}

#[test]
fn value_that_its_parser_refuses_has_a_place() {
    let document = parse("[daemon]\ninterval = \"5\"\n", &[]).expect("a document");
    assert_eq!(
        document.wrong("interval", "no unit; pass 5s").to_string(),
        "/etc/web.toml:2:12: daemon.interval: no unit; pass 5s"
    );
}
