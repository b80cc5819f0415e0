//! One word of a path or an argument, as each format wants it written.

/// `words` as one command line.
pub(super) fn words(words: &[impl AsRef<str>], quote: fn(&str) -> String) -> String {
    let words = words.iter().map(|word| quote(word.as_ref()));
    words.collect::<Vec<_>>().join(" ")
}

/// Whether every shell and every format takes the word as it is.
fn is_plain(word: &str) -> bool {
    let plain = |byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'=' | b',' | b':' | b'+');
    !word.is_empty() && word.bytes().all(plain)
}

/// For the POSIX shell: in single quotes nothing is special but the quote.
pub(super) fn shell(word: &str) -> String {
    if is_plain(word) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// For `ExecStart=` and its like: C escapes in double quotes, and `%` doubled, `systemd.unit(5)`.
///
/// `$` is left alone: [`exec`] turns the variables off.
pub(super) fn systemd(word: &str) -> String {
    if is_plain(word) {
        return word.to_owned();
    }
    let escaped = word.replace('\\', r"\\").replace('"', "\\\"");
    format!("\"{}\"", specifiers(&escaped))
}

/// For settings of systemd that are one path to the end of the line, without quotes.
pub(super) fn specifiers(text: &str) -> String {
    text.replace('%', "%%")
}

/// A command line of systemd, `systemd.service(5)`.
pub(super) fn exec(command: &[&str]) -> String {
    // systemd refuses a program whose path has one of these, however it is quoted.
    let through_shell = command[0].contains(['"', '\'', '\\']);
    let mut line = String::new();
    if through_shell || command.iter().any(|word| word.contains('$')) {
        // No variables: `$$` would do for the arguments, but not for the path.
        line.push(':');
    }
    if through_shell {
        line.push_str(r#"/bin/sh -c "exec \"$0\" \"$@\"" "#);
    }
    line.push_str(&words(command, systemd));
    line
}

/// For logrotate: popt's double quotes, then a pattern of `glob(7)`.
pub(super) fn logrotate(path: &str) -> String {
    let mut pattern = String::new();
    for character in path.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    // Inside quotes popt takes a backslash away from nothing but the quote.
    format!("\"{}\"", pattern.replace('"', "\\\""))
}
