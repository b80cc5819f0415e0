//! Text that differs from run to run, held against what a README shows of it.
//!
//! A date is any date, a number with a point or with a unit behind it any such number, and `…` the
//! beginning of any word. A number of four digits or more stands for one that is always the same
//! within a session: a process id. The rest is literal.

use std::collections::HashMap;

/// Which number the README's stands for.
pub type Bound = HashMap<String, String>;

const UNITS: [&str; 4] = ["s", "ms", "kB", "MB"];

/// Whether `said` is what `shown` shows; if so, `bound` learns the numbers.
pub fn matches(shown: &str, said: &str, bound: &mut Bound) -> bool {
    let (shown, said) = (tokens(shown), tokens(said));
    let mut learned = bound.clone();
    let fits = shown.len() == said.len()
        && shown
            .iter()
            .zip(&said)
            .enumerate()
            .all(|(at, (shown_token, said_token))| {
                let unit = shown
                    .get(at + 1)
                    .filter(|next| UNITS.contains(&next.as_str()));
                is_same(shown_token, said_token, unit.is_some(), &mut learned)
            });
    if fits {
        *bound = learned;
    }
    fits
}

fn is_same(shown: &str, said: &str, has_unit: bool, bound: &mut Bound) -> bool {
    let are = |of: fn(&str) -> bool| of(shown) && of(said);
    let ends = shown
        .strip_prefix('…')
        .is_some_and(|end| said.ends_with(end));
    if ends || are(is_date) || are(is_decimal) || (has_unit && are(is_number)) {
        return true;
    }
    if shown.len() >= 4 && are(is_number) {
        return bound
            .entry(shown.to_owned())
            .or_insert_with(|| said.to_owned())
            == said;
    }
    shown == said
}

/// Words, numbers and signs; a date is one of them. The white space goes.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens = vec![];
    for line in text.lines() {
        let line = match line.split_once(" : ") {
            Some((date, message)) if is_date(date) => {
                tokens.push(date.to_owned());
                message
            }
            _ => line,
        };
        line.split_whitespace()
            .for_each(|word| split(word, &mut tokens));
        tokens.push("\n".to_owned());
    }
    tokens
}

/// A word, and apart from it the signs around it.
fn split(word: &str, tokens: &mut Vec<String>) {
    let is_sign = |sign: char| ",:()".contains(sign);
    let behind = word.trim_start_matches(is_sign);
    let core = behind.trim_end_matches(is_sign);
    let (before, behind) = (&word[..word.len() - behind.len()], &behind[core.len()..]);
    tokens.extend(before.chars().map(String::from));
    tokens.extend((!core.is_empty()).then(|| core.to_owned()));
    tokens.extend(behind.chars().map(String::from));
}

/// `Nov 22 15:24:23`.
fn is_date(text: &str) -> bool {
    let words: Vec<_> = text.split(' ').collect();
    let [month, day, clock] = words[..] else {
        return false;
    };
    month.len() == 3 && is_number(day) && clock.len() == 8 && clock.split(':').all(is_number)
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_decimal(text: &str) -> bool {
    text.split_once('.')
        .is_some_and(|(whole, part)| is_number(whole) && is_number(part))
}
