//! The rules between the files of a crate.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Files, Module, Source, module_of, read};

/// A row of the table in ARCHITECTURE.md.
#[derive(Debug, Clone)]
pub struct Floor {
    pub number: usize,
    /// The directory or file at the top of `src`.
    pub entry: String,
    /// The only entries that it may import, where the table names them.
    pub only: Option<Vec<String>>,
}

/// Where something may stand: a word, and the paths below `src` that may have it.
#[derive(Debug, Clone, Copy)]
pub struct Reserved {
    pub word: &'static str,
    pub places: &'static [&'static str],
}

/// Returns everything that is wrong with the crate of `files`, a sentence each.
pub fn faults(files: &Files, floors: &[Floor], reserved: &[Reserved]) -> Vec<String> {
    let crate_ = Crate::of(files);
    let mut faults = crate_.table_faults(floors);
    faults.extend(crate_.root_imports());
    faults.extend(crate_.climbing_imports(floors));
    faults.extend(crate_.circle());
    faults.extend(crate_.misplaced(files, reserved));
    faults
}

struct Crate {
    /// The files by the module that each is.
    paths: BTreeMap<Module, String>,
    sources: BTreeMap<Module, Source>,
    /// An import: the module, the one that it imports, and the name.
    imports: BTreeSet<(Module, Module, String)>,
}

impl Crate {
    fn of(files: &Files) -> Self {
        let paths: BTreeMap<_, _> = files
            .keys()
            .map(|path| (module_of(path), path.clone()))
            .collect();
        let sources: BTreeMap<_, _> = files
            .iter()
            .map(|(path, text)| (module_of(path), read(path, text)))
            .collect();
        let mut this = Self {
            paths,
            sources,
            imports: BTreeSet::new(),
        };
        let mut imports = BTreeSet::new();
        for (module, source) in &this.sources {
            for path in &source.paths {
                let target = this.defines(path);
                if target != *module {
                    imports.insert((module.clone(), target, path.join("::")));
                }
            }
        }
        this.imports = imports;
        this
    }

    /// Returns the module in which the path's name is defined, behind all exports under another
    /// one.
    fn defines(&self, path: &[String]) -> Module {
        let mut path = path.to_vec();
        // As many exports as there are modules could follow each other.
        for _ in 0..self.paths.len() {
            let length = (0..=path.len())
                .rev()
                .find(|length| self.paths.contains_key(&path[..*length]))
                .unwrap_or_default();
            let (module, rest) = path.split_at(length);
            let exported = rest.first().and_then(|name| {
                let exports = &self.sources.get(module)?.exports;
                exports.iter().find(|(exported, _)| exported == name)
            });
            match exported {
                Some((_, target)) if *target != path => {
                    path = [target.as_slice(), &rest[1..]].concat();
                }
                _ => return module.to_vec(),
            }
        }
        path
    }

    fn table_faults(&self, floors: &[Floor]) -> Vec<String> {
        let entries: BTreeSet<_> = self.paths.keys().filter_map(|path| path.first()).collect();
        let named: BTreeSet<_> = floors.iter().map(|floor| &floor.entry).collect();
        let missing = entries
            .difference(&named)
            .map(|entry| format!("`{entry}` has no floor in ARCHITECTURE.md"));
        let stale = named.difference(&entries).map(|entry| {
            format!("ARCHITECTURE.md has a floor for `{entry}`, which does not exist")
        });
        missing.chain(stale).collect()
    }

    fn root_imports(&self) -> Vec<String> {
        let imports = self.imports.iter();
        imports
            .filter(|(_, target, _)| target.is_empty())
            .map(|(module, _, name)| {
                format!("{} imports `{name}` through the root", self.paths[module])
            })
            .collect()
    }

    fn climbing_imports(&self, floors: &[Floor]) -> Vec<String> {
        let floor = |module: &Module| {
            floors
                .iter()
                .find(|floor| Some(&floor.entry) == module.first())
        };
        let mut faults = Vec::new();
        for (module, target, name) in &self.imports {
            let (Some(own), Some(its)) = (floor(module), floor(target)) else {
                continue;
            };
            let path = &self.paths[module];
            if own.entry == its.entry {
                continue;
            }
            if own.number <= its.number {
                faults.push(format!(
                    "{path} is on floor {} and imports `{name}` from floor {}",
                    own.number, its.number
                ));
            }
            if own
                .only
                .as_ref()
                .is_some_and(|only| !only.contains(&its.entry))
            {
                faults.push(format!(
                    "{path} imports `{name}`, which the table does not allow"
                ));
            }
        }
        faults
    }

    /// Returns one circle of files, if there is one. A `mod.rs` that only exports is no part of it,
    /// since each export is followed to where its name is defined.
    fn circle(&self) -> Option<String> {
        let mut done = BTreeSet::new();
        self.sources.keys().find_map(|module| {
            let mut way = Vec::new();
            self.search(module, &mut way, &mut done)
        })
    }

    fn search<'a>(
        &'a self,
        module: &'a Module,
        way: &mut Vec<(&'a Module, &'a str)>,
        done: &mut BTreeSet<&'a Module>,
    ) -> Option<String> {
        if let Some(start) = way.iter().position(|(passed, _)| *passed == module) {
            let steps = way[start..].iter();
            let names =
                steps.map(|(passed, name)| format!("{} → ({name}) → ", self.paths[*passed]));
            return Some(format!(
                "a circle of files: {}{}",
                names.collect::<String>(),
                self.paths[module]
            ));
        }
        if done.contains(module) || !self.paths.contains_key(module) {
            return None;
        }
        for (_, target, name) in self.imports.iter().filter(|(from, ..)| from == module) {
            way.push((module, name.as_str()));
            let found = self.search(target, way, done);
            way.pop();
            if found.is_some() {
                return found;
            }
        }
        done.insert(module);
        None
    }

    fn misplaced(&self, files: &Files, reserved: &[Reserved]) -> Vec<String> {
        let mut faults = Vec::new();
        for Reserved { word, places } in reserved {
            for (path, text) in files {
                let source = &self.sources[&module_of(path)];
                let is_placed = places.iter().any(|place| path.starts_with(place));
                let has_word = source.words.contains(*word)
                    || source.macros.contains(*word)
                    || (*word == "unsafe" && has_keyword(text, word));
                if has_word && !is_placed {
                    faults.push(format!("{path} has `{word}`, which belongs to {places:?}"));
                }
            }
        }
        faults
    }
}

/// Whether the keyword is among the tokens of the text, in macros and tests also.
fn has_keyword(text: &str, keyword: &str) -> bool {
    fn look(tokens: proc_macro2::TokenStream, keyword: &str) -> bool {
        tokens.into_iter().any(|token| match token {
            proc_macro2::TokenTree::Ident(word) => word == keyword,
            proc_macro2::TokenTree::Group(group) => look(group.stream(), keyword),
            _ => false,
        })
    }
    text.parse().is_ok_and(|tokens| look(tokens, keyword))
}
