//! The error texts of the runtime, each with the next step for an operator.
//!
//! A text of the system, `cannot STEP PATH: ERRNO`, needs no more than its path. Every other text
//! ends with an instruction, or is in the table of [`REASONS`]. The tests print the list.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

use crate::source::Files;

/// The functions that take the text of an error: the constructors of `Error`, and free ones.
const CONSTRUCTORS: &[&str] = &[
    "usage",
    "not_allowed",
    "not_configured",
    "timed_out",
    "other",
    "untrusted",
    "not_ready",
    "not_reloaded",
];
const FUNCTIONS: &[&str] = &["complain", "Err"];

/// The words with which an instruction begins.
const VERBS: &[&str] = &[
    "add", "end", "build", "change", "chown", "call", "chmod", "choose", "close", "create",
    "declare", "enable", "give", "install", "let", "leave", "link", "look", "mount", "name",
    "omit", "open", "pass", "pick", "put", "remove", "repair", "restart", "run", "save", "say",
    "see", "set", "specify", "start", "stop", "thaw", "try", "unset", "use", "wait", "write",
];

/// The texts without an instruction, each by its beginning, and the reason.
const REASONS: &[(&str, &str)] = &[
    ("--{option}: {why}", "the parser's text instructs"),
    ("{variable}: {why}", "the parser's text instructs"),
    (
        "{place}: {DAEMON}.{key}: {why}",
        "the parser's text instructs",
    ),
    ("{}: {why}", "the reason instructs"),
    ("cannot hand out the listener", "the reason instructs"),
    ("{place}: {name}{message}; {advice}", "the advice instructs"),
    ("{self}: {message}; {advice}", "the advice instructs"),
    (
        "a key before its value",
        "the report of the settings adds what to do",
    ),
    (
        "a number of at most 64 bits",
        "the report of the settings adds what to do",
    ),
    (
        "an empty table",
        "the report of the settings adds what to do",
    ),
    ("less depth", "an example is refused, which nobody sees"),
    ("the declaration of", "the parser's text instructs"),
    (
        "`{text}` is not {expected}",
        "what is expected is the instruction",
    ),
    ("built without the feature", "the usage follows"),
    ("{what}: {error}", "the requirement's error instructs"),
    ("unknown: {error}", "the error instructs"),
    ("not disabled: {error}", "the error instructs"),
    ("not reloaded, {then}", "the daemon's own reason"),
    ("{command:?}: {reason}", "the tool's own text"),
    ("{}: {e}", "clap's own text"),
    ("systemctl cannot", "the tool's own text"),
    (
        "cannot pass on signal",
        "a report of PID 1, with the kernel's reason",
    ),
    (
        "gzip: {status}",
        "a record of the log, beside the file's name",
    ),
    ("mountinfo has no mount", "inside of another error"),
    (
        "another daemon is about to start",
        "a record of the daemon that ends for it",
    ),
    (
        "it is outside of the chroot",
        "a record of a daemon that goes on",
    ),
    ("interrupted by {signal}", "the operator interrupted it"),
    (
        "the start ended without a lock",
        "a fault of the runtime, which no step can cause",
    ),
    ("{NOT_DROPPED}", "the kernel did not do what it confirmed"),
    ("waiting for {}", "a progress report"),
    ("NOTIFY_SOCKET={}", "the reason instructs"),
    ("not upgraded, {then}", "the reason instructs"),
    (
        "{} runs the daemon in the foreground",
        "the advice instructs",
    ),
    ("it {}", "the description of the owner instructs"),
    ("{} {why}", "the description of the owner instructs"),
    ("{} {owner}", "the description of the owner instructs"),
    (
        "gzip: {error}",
        "a record of the log, beside the file's name",
    ),
    (
        "gzip is not in PATH",
        "a record of the log, which goes on without it",
    ),
    ("a setting of the log", "the head of a text that instructs"),
    ("the log file", "the head of a text that instructs"),
    (
        "contains a control character",
        "the middle of a text that instructs",
    ),
    ("is not absolute", "the middle of a text that instructs"),
    ("a supplementary group", "a part of NOT_DROPPED"),
    ("a user id or a group id", "a part of NOT_DROPPED"),
    ("a way to become root again", "a part of NOT_DROPPED"),
    ("limit the bounding set", "the step of a system call"),
    ("rotate the log", "the step of a system call"),
    ("signal the daemon", "the step of a system call"),
    ("{name} {version}", "the output of --version"),
    (
        "{path} differs from the declaration",
        "the result of `unit --check`",
    ),
];

/// A text and the file that has it.
pub type Texts = BTreeSet<(String, String)>;

/// Returns the error texts of `files`. Tests within them do not count.
pub fn texts(files: &Files) -> Texts {
    let mut texts = Texts::new();
    for (path, text) in files {
        let code = text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        let tokens: TokenStream = code
            .parse()
            .unwrap_or_else(|error| panic!("{path}: {error}"));
        let mut found = Vec::new();
        walk(tokens, &mut BTreeMap::new(), &mut found);
        texts.extend(found.into_iter().map(|text| (text, path.clone())));
    }
    texts
}

/// Collects the texts of a list of tokens. `known` has the literals of each variable.
fn walk(tokens: TokenStream, known: &mut BTreeMap<String, Vec<String>>, found: &mut Vec<String>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let word = |at: usize| match tokens.get(at) {
        Some(TokenTree::Ident(word)) => word.to_string(),
        _ => String::new(),
    };
    let is_path = |at: usize| {
        let colon = |at: usize| matches!(tokens.get(at), Some(TokenTree::Punct(mark)) if mark.as_char() == ':');
        at >= 3 && colon(at - 1) && colon(at - 2) && word(at - 3) == "Error"
    };
    for (at, token) in tokens.iter().enumerate() {
        if word(at) == "let" {
            let end = tokens[at..]
                .iter()
                .position(|token| matches!(token, TokenTree::Punct(mark) if mark.as_char() == ';'));
            let value = &tokens[at..at + end.unwrap_or(0)];
            known.insert(word(at + 1), literals(value.iter().cloned().collect()));
        }
        let TokenTree::Group(group) = token else {
            continue;
        };
        let name = if at > 0 { word(at - 1) } else { String::new() };
        let takes_text = group.delimiter() == Delimiter::Parenthesis
            && (FUNCTIONS.contains(&name.as_str()) && word(at.saturating_sub(2)) != "fn"
                || CONSTRUCTORS.contains(&name.as_str()) && is_path(at - 1)
                || name == "advise" && word(at.saturating_sub(2)) != "fn");
        if takes_text {
            let mut own = literals(group.stream());
            for token in group.stream() {
                if let TokenTree::Ident(word) = token {
                    own.extend(known.get(&word.to_string()).cloned().unwrap_or_default());
                }
            }
            found.extend(own);
        }
        walk(group.stream(), &mut known.clone(), found);
    }
}

/// Returns the string literals with several words.
fn literals(tokens: TokenStream) -> Vec<String> {
    let mut found = Vec::new();
    for token in tokens {
        match token {
            TokenTree::Group(group) => found.extend(literals(group.stream())),
            TokenTree::Literal(literal) => {
                if let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) {
                    found.push(text.value());
                }
            }
            _ => {}
        }
    }
    found.retain(|text| text.trim().contains(' '));
    found
}

/// Returns whether a clause of the text begins with an instruction.
pub fn instructs(text: &str) -> bool {
    let clauses = text.split([';', '(', ',', ':']);
    let mut words = clauses.flat_map(|clause| clause.split_whitespace().take(2));
    words.any(|word| VERBS.contains(&word)) || text.contains("such as")
}

/// Returns the texts that neither instruct nor have a reason, and the reasons without a text.
pub fn silent(texts: &Texts) -> Vec<String> {
    let reason = |text: &str| REASONS.iter().find(|(start, _)| text.starts_with(start));
    let silent = texts
        .iter()
        .filter(|(text, _)| !instructs(text) && reason(text).is_none())
        .map(|(text, path)| format!("{path}: {text:?} does not say what to do next"));
    let idle = REASONS
        .iter()
        .filter(|(start, _)| !texts.iter().any(|(text, _)| text.starts_with(start)))
        .map(|(start, _)| format!("no text begins with {start:?}"));
    silent.chain(idle).collect()
}
