//! Quotes a path or an argument for each format.

/// Joins `words` to one command line.
pub(super) fn words(words: &[impl AsRef<str>], quote: fn(&str) -> String) -> String {
    let words = words.iter().map(|word| quote(word.as_ref()));
    words.collect::<Vec<_>>().join(" ")
}

/// Returns whether no shell and no format needs quotes for the word.
fn is_plain(word: &str) -> bool {
    let plain = |byte| matches!(byte, b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'=' | b',' | b':' | b'+');
    !word.is_empty() && word.bytes().all(plain)
}

/// Quotes a word for the POSIX shell. In single quotes only the quote is special.
pub(super) fn shell(word: &str) -> String {
    if is_plain(word) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

/// Quotes a word for `ExecStart=` and similar settings: C escapes in double quotes, and `%`
/// doubled, `systemd.unit(5)`.
///
/// `$` stays as it is, since [`exec`] turns variables off.
pub(super) fn systemd(word: &str) -> String {
    if is_plain(word) {
        return word.to_owned();
    }
    let escaped = word.replace('\\', r"\\").replace('"', "\\\"");
    format!("\"{}\"", specifiers(&escaped))
}

/// Escapes a value of systemd that extends to the end of the line, without quotes.
pub(super) fn specifiers(text: &str) -> String {
    text.replace('%', "%%")
}

/// Quotes a command line for systemd, `systemd.service(5)`.
pub(super) fn exec(command: &[&str]) -> String {
    // systemd refuses a program whose path has one of these characters, quoted or not.
    let through_shell = command[0].contains(['"', '\'', '\\']);
    let mut line = String::new();
    if through_shell || command.iter().any(|word| word.contains('$')) {
        // Turns variables off. `$$` would suffice for the arguments, but not for the path.
        line.push(':');
    }
    if through_shell {
        line.push_str(r#"/bin/sh -c "exec \"$0\" \"$@\"" "#);
    }
    line.push_str(&words(command, systemd));
    line
}

/// Quotes a path for logrotate: popt's double quotes, then a pattern of `glob(7)`.
pub(super) fn logrotate(path: &str) -> String {
    let mut pattern = String::new();
    for character in path.chars() {
        if matches!(character, '*' | '?' | '[' | ']' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    // Inside quotes popt removes a backslash only before a quote.
    format!("\"{}\"", pattern.replace('"', "\\\""))
}
