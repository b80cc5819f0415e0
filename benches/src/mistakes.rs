//! Twenty mistakes in a file of settings: which readers name file, line, column, key and cure.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::sandbox::Sandbox;
use crate::subjects::{Builder, Program, READERS};
use crate::table::{Cell, Table};

/// Words for each file in its order, of which one tells what would be right.
const CURES: [&[&str]; 20] = [
    &["integer", "number", "u16"],
    &["string", "quote"],
    &["string", "text"],
    &["u16", "65535"],
    &["u8", "255", "unsigned"],
    &["u8", "integer", "255"],
    &["bool", "true"],
    &["bool", "true"],
    &["`workers`"],
    &["`limits`"],
    &["`url`, `pool`", "above"],
    &["missing", "is not set", "required"],
    &["missing", "is not set", "required"],
    &["fast"],
    &["sequence", "array", "list", "["],
    &["string", "text"],
    &["map", "table"],
    &["duplicate", "twice", "already", "second"],
    &["`=`", "'='", "expected `.`", "`:`", "':'"],
    &["quote", "`\"`", "closed", "end of"],
];

/// A file, and what its first line says that a good error names.
struct Mistake {
    text: String,
    line: usize,
    column: usize,
    /// The key, with its tables.
    key: Vec<String>,
    cures: &'static [&'static str],
}

pub(crate) fn measure(builder: &Builder) -> Table {
    let programs = builder.build(&READERS);
    let mistakes = mistakes();
    let rows = programs.iter().map(|program| {
        let mut named = [0; 5];
        for mistake in &mistakes {
            let answer = read(program, mistake);
            for (count, is_named) in named.iter_mut().zip(answer) {
                *count += usize::from(is_named);
            }
        }
        let cells = named.map(|count| Cell::Text(format!("{count} of {}", mistakes.len())));
        (program.name.to_owned(), cells.to_vec())
    });
    Table {
        title: format!("{} mistakes in a file of settings", mistakes.len()),
        columns: vec!["file", "line", "column", "key", "cure"],
        rows: rows.collect(),
        note: "The files are those of a unit test of daemon-rt. A key is named with its tables. A cure is the type that \
               would be right, the name that was probably meant, or the missing character. A reader that \
               accepts the file names nothing. The row of toml is that crate with the path before its \
               error. The types of the others deny unknown fields. foundations reads YAML, with equal \
               mistakes."
            .to_owned(),
    }
}

fn mistakes() -> Vec<Mistake> {
    let directory =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../daemon-rt/src/config/tests/mistakes");
    let files = fs::read_dir(directory)
        .unwrap()
        .map(|file| file.unwrap().path());
    let mut files: Vec<PathBuf> = files
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    assert_eq!(files.len(), CURES.len());
    let mistake = |(path, cures): (&PathBuf, &&'static [&'static str])| {
        let text = fs::read_to_string(path).unwrap();
        let (place, key) = text[2..text.find('\n').unwrap()].split_once(' ').unwrap();
        let (line, column) = place.split_once(':').unwrap();
        Mistake {
            line: line.parse().unwrap(),
            column: column.parse().unwrap(),
            key: key
                .split(['.', '[', ']'])
                .filter(|word| !word.is_empty())
                .map(str::to_owned)
                .collect(),
            cures,
            text,
        }
    };
    files.iter().zip(&CURES).map(mistake).collect()
}

/// Whether the program's answer names file, line, column, key and cure.
fn read(program: &Program, mistake: &Mistake) -> [bool; 5] {
    let sandbox = Sandbox::in_memory();
    let (name, text) = if program.name == "foundations" {
        ("settings.yaml", yaml(&mistake.text))
    } else {
        ("settings.toml", mistake.text.clone())
    };
    fs::write(sandbox.file(name), text).unwrap();
    let mut command = sandbox.command(&program.words);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let output = command.output().unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    if std::env::var_os("BENCH_SHOW").is_some() {
        let wrong = mistake
            .text
            .lines()
            .nth(mistake.line - 1)
            .unwrap_or_default();
        eprintln!("--- {}: {wrong}\n{said}", program.name);
    }
    if output.status.success() {
        return [false; 5];
    }
    let [line, column] = place(&said, mistake);
    let key = mistake.key.iter().all(|word| said.contains(word));
    let cure = mistake.cures.iter().any(|word| said.contains(word));
    [said.contains(name), line, column, key, cure]
}

/// Whether `said` names the line, and also the column. In YAML that is another one.
fn place(said: &str, mistake: &Mistake) -> [bool; 2] {
    let marks = [
        format!(":{}:", mistake.line),
        format!("line {}", mistake.line),
    ];
    let rest = marks.iter().find_map(|mark| said.split_once(mark.as_str()));
    let Some((_, rest)) = rest else {
        return [false; 2];
    };
    let rest = rest
        .trim_start_matches([',', ' '])
        .trim_start_matches("column ");
    let end = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    [
        true,
        rest[..end]
            .parse()
            .is_ok_and(|named: usize| named >= mistake.column),
    ]
}

/// The same settings with the same mistake as YAML, line by line.
fn yaml(toml: &str) -> String {
    let mut yaml = String::new();
    let (mut first, mut others) = ("", "");
    // Without a quote that is text in YAML, and a mistake with a sign that must be quoted.
    let toml = toml.replace("= localhost", "= @localhost");
    for line in toml.lines() {
        let line = if let Some(name) = line.strip_prefix("[[") {
            let is_first = first.is_empty() || !yaml.contains("servers:");
            (first, others) = ("  - ", "    ");
            if is_first {
                name.replace("]]", ":")
            } else {
                String::new()
            }
        } else if let Some(name) = line.strip_prefix('[') {
            (first, others) = ("  ", "  ");
            name.replace(']', ":")
        } else if line.is_empty() || line.starts_with('#') {
            line.to_owned()
        } else {
            let swapped = match line.split_once(" = ") {
                Some((key, value)) => format!("{first}{key}: {value}"),
                None => line.replacen(": ", " = ", 1),
            };
            first = others;
            swapped
        };
        let _ = writeln!(yaml, "{line}");
    }
    yaml
}
