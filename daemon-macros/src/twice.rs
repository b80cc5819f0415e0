//! Finds a second `#[daemon]` block of a type, for which the compiler would report several errors.
//!
//! An attribute sees only its own block. So the blocks of this compile are remembered. A second one
//! for the same name counts if the source file has both in one module. Without the file, as in a
//! macro's output, the errors are those of the compiler.

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;

use quote::ToTokens;
use syn::{ImplItem, Item, ItemImpl};

/// A `#[daemon]` block, by the texts that identify it.
#[derive(PartialEq)]
struct Block {
    daemon: String,
    methods: Vec<String>,
}

static BLOCKS: Mutex<Vec<(PathBuf, Block)>> = Mutex::new(vec![]);

/// Returns the methods of an earlier `#[daemon]` block in this module for the type of `item`.
pub(crate) fn earlier(item: &ItemImpl) -> Option<Vec<String>> {
    if !proc_macro::is_available() {
        return None;
    }
    let file = item.impl_token.span.unwrap().local_file()?;
    let this = Block::of(item);
    let mut blocks = BLOCKS.lock().ok()?;
    let mut earlier = blocks
        .iter()
        .filter(|(other, block)| *other == file && block.daemon == this.daemon)
        .map(|(_, block)| block)
        .peekable();
    let items = match earlier.peek() {
        Some(_) => items(&file),
        None => vec![],
    };
    let methods = earlier
        .find(|earlier| are_together(&items, earlier, &this))
        .map(|earlier| earlier.methods.clone());
    blocks.push((file, this));
    methods
}

impl Block {
    fn of(item: &ItemImpl) -> Self {
        let name = |inner: &ImplItem| match inner {
            ImplItem::Fn(function) => Some(function.sig.ident.to_string()),
            _ => None,
        };
        Self {
            daemon: item.self_ty.to_token_stream().to_string(),
            methods: item.items.iter().filter_map(name).collect(),
        }
    }
}

fn items(file: &PathBuf) -> Vec<Item> {
    let text = fs::read_to_string(file).unwrap_or_default();
    syn::parse_file(&text).map_or_else(|_| vec![], |file| file.items)
}

/// True if both blocks are among the items of one module, in this order.
fn are_together(items: &[Item], first: &Block, second: &Block) -> bool {
    let blocks = items.iter().filter_map(|item| match item {
        Item::Impl(item) if is_daemon(item) => Some(Block::of(item)),
        _ => None,
    });
    let mut after = blocks.skip_while(|block| block != first).skip(1);
    let modules = || {
        items.iter().filter_map(|item| match item {
            Item::Mod(module) => module.content.as_ref().map(|(_, items)| items),
            _ => None,
        })
    };
    after.any(|block| block == *second) || modules().any(|items| are_together(items, first, second))
}

fn is_daemon(item: &ItemImpl) -> bool {
    item.attrs.iter().any(|attribute| {
        let last = attribute.path().segments.last();
        last.is_some_and(|segment| segment.ident == "daemon")
    })
}
