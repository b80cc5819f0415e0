//! A crate's files as the rules see them: the module of each, and its imports.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};
use syn::{Attribute, Item, ItemMod, ItemUse, Macro, UseTree, Visibility};

/// A module's path from the root of its crate, without `crate`.
pub type Module = Vec<String>;

/// The text of each file by its path below `src`.
pub type Files = BTreeMap<String, String>;

/// A file, read.
#[derive(Debug, Default)]
pub struct Source {
    /// The paths that it imports or names, from the root of the crate.
    pub paths: BTreeSet<Module>,
    /// What it exports under a name of its own: a name, and where that leads.
    pub exports: Vec<(String, Module)>,
    /// Identifiers that it uses, in macros also.
    pub words: BTreeSet<String>,
    /// Macros that it calls.
    pub macros: BTreeSet<String>,
}

/// Returns the module that the file at `path` is.
pub fn module_of(path: &str) -> Module {
    let stem = path.trim_end_matches(".rs");
    let mut parts: Module = stem.split('/').map(str::to_owned).collect();
    if parts.last().is_some_and(|last| last == "mod") || stem == "lib" {
        parts.pop();
    }
    parts
}

/// Reads the file at `path`, whose text is `text`. Tests within it do not count.
pub fn read(path: &str, text: &str) -> Source {
    let file = syn::parse_file(text).unwrap_or_else(|error| panic!("{path}: {error}"));
    let mut reader = Reader {
        here: module_of(path),
        source: Source::default(),
    };
    if !is_test(&file.attrs) {
        reader.visit_file(&file);
    }
    reader.source
}

struct Reader {
    here: Module,
    source: Source,
}

impl Reader {
    /// Notes a path that begins with `crate`, `self` or `super`.
    fn note(&mut self, words: &[String]) -> Option<Module> {
        let path = from_root(&self.here, words)?;
        self.source.paths.insert(path.clone());
        Some(path)
    }

    fn note_tokens(&mut self, tokens: TokenStream) {
        let mut words: Vec<String> = Vec::new();
        let mut is_joined = false;
        let mut after_dollar = false;
        for token in tokens {
            match token {
                TokenTree::Ident(word) => {
                    let word = word.to_string();
                    self.source.words.insert(word.clone());
                    if !is_joined {
                        self.note(&words);
                        words.clear();
                    }
                    // `$crate` is the crate that defines the macro.
                    if !after_dollar {
                        words.push(word);
                    }
                    (is_joined, after_dollar) = (false, false);
                }
                TokenTree::Punct(mark) if mark.as_char() == ':' => is_joined = true,
                TokenTree::Punct(mark) => {
                    (is_joined, after_dollar) = (false, mark.as_char() == '$');
                }
                TokenTree::Group(group) => self.note_tokens(group.stream()),
                TokenTree::Literal(_) => is_joined = false,
            }
        }
        self.note(&words);
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Use(item) => &item.attrs,
            _ => &Vec::new(),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, module: &'ast ItemMod) {
        // `super` means this file in a module within it.
        if module.content.is_some() {
            self.here.push(module.ident.to_string());
            visit::visit_item_mod(self, module);
            self.here.pop();
        }
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let is_export = !matches!(item.vis, Visibility::Inherited);
        for (words, name) in leaves(&item.tree) {
            if let Some(path) = self.note(&words)
                && is_export
            {
                self.source.exports.push((name, path));
            }
        }
    }

    // `pub(crate)` imports nothing.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}

    fn visit_path(&mut self, path: &'ast syn::Path) {
        let words = path.segments.iter().map(|part| part.ident.to_string());
        let words: Vec<_> = words.collect();
        self.source.words.extend(words.iter().cloned());
        self.note(&words);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        if let Some(name) = call.path.segments.last() {
            self.source.macros.insert(name.ident.to_string());
        }
        self.note_tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }
}

/// Whether the item is compiled for tests alone.
fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let list = attribute.meta.require_list();
        attribute.path().is_ident("cfg")
            && list.is_ok_and(|list| has_word(list.tokens.clone(), "test"))
    })
}

fn has_word(tokens: TokenStream, wanted: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(word) => word == wanted,
        TokenTree::Group(group) => has_word(group.stream(), wanted),
        _ => false,
    })
}

/// Returns each path of a `use`, and the name that it gets.
fn leaves(tree: &UseTree) -> Vec<(Module, String)> {
    let mut found = Vec::new();
    collect(tree, &mut Vec::new(), &mut found);
    found
}

fn collect(tree: &UseTree, before: &mut Module, found: &mut Vec<(Module, String)>) {
    let mut leaf = |word: String, name: String| {
        let mut path = before.clone();
        if word != "self" || path.is_empty() {
            path.push(word);
        }
        found.push((path, name));
    };
    match tree {
        UseTree::Path(path) => {
            before.push(path.ident.to_string());
            collect(&path.tree, before, found);
            before.pop();
        }
        UseTree::Name(name) => leaf(name.ident.to_string(), name.ident.to_string()),
        UseTree::Rename(name) => leaf(name.ident.to_string(), name.rename.to_string()),
        UseTree::Glob(_) => leaf("*".to_owned(), "*".to_owned()),
        UseTree::Group(group) => {
            for tree in &group.items {
                collect(tree, before, found);
            }
        }
    }
}

fn from_root(here: &[String], words: &[String]) -> Option<Module> {
    let (first, rest) = words.split_first()?;
    match first.as_str() {
        "crate" if !rest.is_empty() => Some(rest.to_vec()),
        "self" if !rest.is_empty() => Some([here, rest].concat()),
        "super" => {
            let ups = words.iter().take_while(|word| *word == "super").count();
            let kept = here.len().checked_sub(ups)?;
            Some([&here[..kept], &words[ups..]].concat())
        }
        _ => None,
    }
}
