//! The attribute accepts exactly the values that the runtime accepts.
//!
//! The parsers of the attribute are compiled into this test. The runtime answers as a process: the
//! value is in a variable of the environment or an option, and `check` exits with 2 if it does not
//! parse.

#![expect(clippy::expect_used, reason = "a test fails by a panic")]

use std::process::{Command, Stdio};

use proc_macro2::{Delimiter, Group, Ident, Literal, Span, TokenStream, TokenTree};
use tests::support::daemon_path;

mod corpus;

/// The parsers, whose other functions have no use here.
macro_rules! parsers {
    ($($name:ident at $path:literal,)*) => {$(
        #[path = $path]
        #[allow(dead_code, unused_imports, reason = "the attribute uses the rest")]
        mod $name;
    )*};
}

parsers! {
    errors at "../../daemon-macros/src/errors.rs",
    given at "../../daemon-macros/src/given.rs",
    list at "../../daemon-macros/src/list.rs",
    suggest at "../../daemon-macros/src/suggest.rs",
    values at "../../daemon-macros/src/values/mod.rs",
}

use self::corpus::{ROWS, Row};
use self::given::Given;
use self::values::Role;

#[test]
fn attribute_accepts_exactly_the_values_of_the_runtime() {
    let mut texts = 0;
    let mut wrong = vec![];
    let mut compare = |key: &str, text: &str, expected: [bool; 2]| {
        texts += 1;
        let found = [attribute_accepts(key, text), runtime_accepts(key, text)];
        if found != expected {
            wrong.push(format!(
                "{key} = {text:?}: [attribute, runtime] is {found:?}, not {expected:?}"
            ));
        }
    };
    for row in ROWS {
        let Row {
            key,
            valid,
            invalid,
            at_run_time,
        } = row;
        for text in *valid {
            compare(key, text, [true, true]);
        }
        for text in *invalid {
            compare(key, text, [false, false]);
        }
        for text in *at_run_time {
            compare(key, text, [false, true]);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(texts >= 150, "only {texts} texts");
}

/// Every key that an option or a variable can override is in the corpus.
#[test]
fn corpus_has_every_key_of_both() {
    let only_attribute = ["version", "env", "children", "config_file"];
    for key in values::KEYS {
        let compared = ROWS.iter().any(|row| row.key == key.name);
        let is_setting = matches!(key.role, Role::Setting(_));
        let is_setting = is_setting || matches!(key.role, Role::Listen);
        let expected = is_setting && !only_attribute.contains(&key.name);
        assert_eq!(compared, expected, "{}", key.name);
    }
}

fn attribute_accepts(name: &str, text: &str) -> bool {
    let key = values::key(name).expect("the key exists");
    let value = match name {
        "umask" | "no_new_privs" => text.parse().unwrap_or_default(),
        "capabilities" => names(text),
        "listen" => quote::quote!([any = #text]),
        _ => TokenTree::from(Literal::string(text)).into(),
    };
    let given = Given {
        key: Ident::new(name, Span::call_site()),
        value,
        example: key.example,
    };
    match &key.role {
        Role::Setting(setting) => (setting.read)(&given).is_ok(),
        Role::Listen => values::listeners(&given).is_ok(),
        _ => false,
    }
}

/// Writes a comma list of names as the attribute has it, `["chown", "kill"]`.
fn names(text: &str) -> TokenStream {
    let names = text.split(',').filter(|_| text != "none");
    let names = names.map(|name| {
        let name = Literal::string(name);
        quote::quote!(#name,)
    });
    TokenTree::from(Group::new(Delimiter::Bracket, names.collect())).into()
}

fn runtime_accepts(key: &str, text: &str) -> bool {
    if key == "listen" {
        return listener_accepts(text);
    }
    let mut check = Command::new(daemon_path("twin_by_hand"));
    check
        .arg("check")
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if text.is_empty() {
        // An empty variable is as none.
        check.arg(format!("--{}=", key.replace('_', "-")));
    } else {
        check.env(format!("TWIN_{}", key.to_uppercase()), text);
    }
    parses(&mut check)
}

/// Passes an address to the listener of its kind.
fn listener_accepts(text: &str) -> bool {
    let listener = match text.split(':').next() {
        Some("udp") => "dns",
        Some("unix") => "admin",
        Some("unixgram") => "events",
        _ => "http",
    };
    let mut check = Command::new(daemon_path("listens"));
    check
        .arg("check")
        .arg(format!("--listen={listener}={text}"))
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    parses(&mut check)
}

fn parses(check: &mut Command) -> bool {
    let status = check.status().expect("the program runs");
    status.code().expect("an exit code") != 2
}
