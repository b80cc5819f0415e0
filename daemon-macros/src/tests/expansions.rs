//! The committed expansions equal the output of the macro.
//!
//! `UPDATE_EXPANSIONS=1 cargo test -p daemon-macros` updates them.

use std::path::{Path, PathBuf};
use std::{env, fs};

use quote::ToTokens;
use syn::{File, Item, Meta};

use crate::attribute;

/// The directories with daemons, each with the place of its files' expansions.
const DIRECTORIES: [(&str, Place); 3] = [
    (
        "../tests/macros/pass",
        Place::Directory("../tests/macros/expanded"),
    ),
    ("../examples", Place::Beside),
    ("../examples/web", Place::Beside),
];

/// The place of the expansion of a file.
enum Place {
    Directory(&'static str),
    Beside,
}

impl Place {
    fn of(&self, source: &Path) -> PathBuf {
        match self {
            Self::Directory(directory) => {
                Path::new(directory).join(source.file_name().expect("a file"))
            }
            Self::Beside => source.with_extension("expanded.rs"),
        }
    }
}

#[test]
fn committed_expansions_are_current() {
    let update = env::var_os("UPDATE_EXPANSIONS").is_some();
    let mut shapes = 0;
    for (directory, place) in DIRECTORIES {
        for source in sources(directory) {
            let Some(expanded) = expanded(&source) else {
                continue;
            };
            shapes += 1;
            let place = place.of(&source);
            if update {
                fs::write(&place, &expanded).expect("the expansion can be written");
            }
            let committed = fs::read_to_string(&place).unwrap_or_default();
            assert!(
                committed == expanded,
                "{} is not the expansion of {}; UPDATE_EXPANSIONS=1 writes it:\n{expanded}",
                place.display(),
                source.display()
            );
        }
    }
    assert!(shapes >= 12, "only {shapes} shapes");
}

/// The generated part of the example, as a reader sees it: in its module, with its documentation.
#[test]
fn example_expansion_fits_a_screen() {
    let expanded = expanded(Path::new("../examples/server.rs")).expect("a daemon");
    let generated = expanded
        .lines()
        .skip_while(|line| !line.contains("as a daemon named"));
    let end = generated.take_while(|line| *line != "}").count();
    assert!(end <= 61, "{end} lines");
}

fn sources(directory: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).expect("the directory exists");
    let mut files: Vec<_> = entries
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.retain(|path| {
        let name = path.to_string_lossy();
        name.ends_with(".rs") && !name.ends_with(".expanded.rs")
    });
    files.sort();
    files
}

/// Returns the file with every `#[daemon]` block expanded, or `None` without such a block.
fn expanded(source: &Path) -> Option<String> {
    let text = fs::read_to_string(source).expect("the source can be read");
    let mut file: File = syn::parse_file(&text).expect("the source is Rust");
    expand_all(&mut file.items).then(|| prettyplease::unparse(&file))
}

/// Expands the blocks among the items and in modules. Returns whether there was one.
fn expand_all(items: &mut Vec<Item>) -> bool {
    let mut found = false;
    for mut item in std::mem::take(items) {
        match &mut item {
            Item::Impl(block) => {
                let at = block.attrs.iter().position(|attribute| {
                    let last = attribute.path().segments.last();
                    last.is_some_and(|segment| segment.ident == "daemon")
                });
                if let Some(at) = at {
                    found = true;
                    let args = match block.attrs.remove(at).meta {
                        Meta::List(list) => list.tokens,
                        _ => panic!("no arguments"),
                    };
                    let output = attribute::daemon(args, block.to_token_stream());
                    let output: File = syn::parse2(output).expect("the expansion is Rust");
                    items.extend(output.items);
                    continue;
                }
            }
            Item::Mod(module) => {
                if let Some((_, inner)) = &mut module.content {
                    found |= expand_all(inner);
                }
            }
            _ => {}
        }
        items.push(item);
    }
    found
}
