//! The macro returns tokens for any input: it does not panic and does not hang.

use proc_macro2::{Delimiter, Group, Ident, Literal, Punct, Spacing, Span, TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use quote::ToTokens;
use syn::{Item, parse_str};

use crate::attribute;

/// Words that lead far into the macro, and some that lead nowhere.
const WORDS: &[&str] = &[
    "name",
    "signals",
    "pid_file",
    "umask",
    "env",
    "log_level",
    "interval",
    "children",
    "crate",
    "impl",
    "fn",
    "async",
    "unsafe",
    "const",
    "extern",
    "mut",
    "self",
    "Self",
    "where",
    "for",
    "new",
    "run",
    "validate",
    "runtime",
    "config",
    "tokio",
    "Arc",
    "Handle",
    "on_start",
    "on_signal",
    "on_singal",
    "on_child",
    "Context",
    "signal",
    "every",
    "daemon",
    "cfg",
    "cfg_attr",
    "SIGUSR1",
    "SIGRTMIN",
    "SIGKILL",
    "SIGTERM",
    "Server",
    "r#try",
    "struct",
    "enum",
    "union",
    "trait",
    "mod",
    "u8",
    "_",
];
const TEXTS: &[&str] = &[
    "",
    "server",
    "5s",
    "0s",
    "999999999999999999999h",
    "/run/x",
    "/",
    "a\0b",
    "info,a=warn",
    "=",
    "é",
    "٣s",
    "own",
];
const NUMBERS: &[&str] = &[
    "0",
    "0o027",
    "0o",
    "30",
    "1e9",
    "99999999999999999999999",
    "0x1f",
    "3u8",
];

/// A block with something of everything.
const BLOCK: &str = r#"
    #[doc = "x"]
    impl Server {
        const LIMIT: u8 = 1;
        #[cfg(unix)] fn new() -> Result<Self, E> { Ok(Self) }
        fn on_start(&mut self, context: &mut Context) {}
        fn run(&mut self) -> Result<(), E> { Ok(()) }
        fn on_signal(&mut self, signal: Signal, context: &mut Context) {}
        fn on_child(&mut self, child: ChildExit) {}
        #[cfg(a)] #[cfg(b)] #[signal(SIGUSR1, SIGRTMIN + 3)] fn dump(&mut self, info: SignalInfo) {}
        #[every("30s")] fn flush(&mut self) {}
        fn other<T>(self: Box<Self>, t: T) -> T { t }
    }
"#;
const ARGS: &str = r#"name = "server", signals = [SIGUSR1, SIGUSR2, SIGRTMIN + 3], umask = 0o027,
    env = ["PATH"], log_level = "info,hyper=warn", interval = "5s", crate = ::daemon_rt"#;

/// A block of `async` hooks and settings.
const ASYNC_BLOCK: &str = r#"
    impl Server {
        async fn new(settings: Settings, handle: &Handle) -> Result<Self, E> { Ok(Self) }
        fn validate(settings: &Settings) -> Result<(), E> { Ok(()) }
        async fn on_start(self: Arc<Self>) {}
        async fn run(&self, handle: Handle) -> Result<(), E> { Ok(()) }
        fn on_reload(&self, settings: Settings, handle: Handle) {}
        async fn on_signal(&self, signal: Signal) {}
        #[every("30s")] async fn flush(&self) {}
    }
"#;
const ASYNC_ARGS: &str = r#"name = "server", signals = [SIGUSR1], runtime = my::runtime,
    config = Map<String, Settings>, config_file = "/srv/x", drain = "5s", stop_timeout = "1m""#;

fn literal(text: &str) -> TokenTree {
    text.parse::<Literal>()
        .map_or_else(|_| Literal::string(text).into(), TokenTree::from)
}

fn word(text: &str) -> TokenTree {
    match text.strip_prefix("r#") {
        Some(raw) => Ident::new_raw(raw, Span::call_site()).into(),
        None => Ident::new(text, Span::call_site()).into(),
    }
}

fn group(delimiter: Delimiter, tokens: TokenStream) -> TokenTree {
    Group::new(delimiter, tokens).into()
}

fn leaf() -> impl Strategy<Value = TokenTree> + Clone {
    let punct = prop::sample::select("=,#+-&:;.<>!'|?".chars().collect::<Vec<_>>());
    prop_oneof![
        4 => prop::sample::select(WORDS).prop_map(word),
        1 => prop::sample::select(TEXTS).prop_map(|text| Literal::string(text).into()),
        1 => prop::sample::select(NUMBERS).prop_map(literal),
        3 => (punct, any::<bool>()).prop_map(|(c, joint)| {
            let spacing = if joint { Spacing::Joint } else { Spacing::Alone };
            Punct::new(c, spacing).into()
        }),
    ]
    .boxed()
}

fn delimiter() -> impl Strategy<Value = Delimiter> {
    use Delimiter::{Brace, Bracket, None, Parenthesis};
    prop::sample::select(vec![Brace, Bracket, None, Parenthesis])
}

fn tokens() -> impl Strategy<Value = TokenStream> {
    let tree = leaf().prop_recursive(4, 64, 8, |inner| {
        (delimiter(), prop::collection::vec(inner, 0..8)).prop_map(|(delimiter, trees)| {
            Group::new(delimiter, trees.into_iter().collect()).into()
        })
    });
    prop::collection::vec(tree, 0..24).prop_map(|trees| trees.into_iter().collect())
}

/// A change of one token in a valid input.
#[derive(Debug, Clone)]
enum Change {
    Remove,
    Double,
    Replace(TokenTree),
    Wrap(Delimiter),
}

fn change() -> impl Strategy<Value = Change> {
    prop_oneof![
        Just(Change::Remove),
        Just(Change::Double),
        leaf().prop_map(Change::Replace),
        delimiter().prop_map(Change::Wrap),
    ]
}

/// Changes the token at `at`, counted through all groups.
fn mutated(tokens: TokenStream, at: &mut usize, change: &Change) -> TokenStream {
    let mut output = vec![];
    for mut tree in tokens {
        let here = *at == 0;
        *at = at.wrapping_sub(1);
        if let TokenTree::Group(group) = &tree {
            let inner = mutated(group.stream(), at, change);
            tree = Group::new(group.delimiter(), inner).into();
        }
        match change {
            _ if !here => output.push(tree),
            Change::Remove => {}
            Change::Double => output.extend([tree.clone(), tree]),
            Change::Replace(other) => output.push(other.clone()),
            Change::Wrap(delimiter) => {
                let group = Group::new(*delimiter, TokenStream::from(tree));
                output.push(group.into());
            }
        }
    }
    output.into_iter().collect()
}

fn parsed(text: &str) -> TokenStream {
    text.parse().expect("the text is tokens")
}

/// `PROPTEST_CASES` raises the number of cases. The seed is fixed, so that two runs differ only by
/// the code. `PROPTEST_RNG_SEED` sets another.
fn config() -> ProptestConfig {
    let default = ProptestConfig::default();
    let rng_seed = match default.rng_seed {
        RngSeed::Random => RngSeed::Fixed(0),
        asked @ RngSeed::Fixed(_) => asked,
    };
    ProptestConfig {
        rng_seed,
        cases: default.cases.max(4_000),
        failure_persistence: None,
        ..default
    }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn any_tokens(args in tokens(), item in tokens()) {
        attribute::daemon(args, item);
    }

    #[test]
    fn any_arguments_on_a_good_block(args in tokens()) {
        attribute::daemon(args, parsed(BLOCK));
    }

    #[test]
    fn any_methods(name in prop::sample::select(WORDS), attribute in tokens(), inputs in tokens()) {
        use Delimiter::{Brace, Bracket, Parenthesis};
        let helper = |name| {
            let helper = [word(name), group(Parenthesis, attribute.clone())];
            [Punct::new('#', Spacing::Alone).into(), group(Bracket, TokenStream::from_iter(helper))]
        };
        let rest = [word("fn"), word(name), group(Parenthesis, inputs), group(Brace, parsed(""))];
        let method = helper("signal").into_iter().chain(helper("every")).chain(rest).collect();
        let item = [word("impl"), word("Server"), group(Brace, method)];
        attribute::daemon(parsed(ARGS), TokenStream::from_iter(item));
    }

    /// An input that is still an impl block comes back whole: an error loses no tokens of the user.
    #[test]
    fn mutated_blocks(
        changes in prop::collection::vec((0..250_usize, change()), 1..4),
        in_args in (0..60_usize, change()),
        (args, block) in prop::sample::select(vec![(ARGS, BLOCK), (ASYNC_ARGS, ASYNC_BLOCK)]),
    ) {
        let mut item = parsed(block);
        for (mut at, change) in changes {
            item = mutated(item, &mut at, &change);
        }
        let (mut at, change) = in_args;
        let args = mutated(parsed(args), &mut at, &change);
        let output = attribute::daemon(args, item.clone());
        if let Ok(Item::Impl(block)) = syn::parse2(item) {
            let output: syn::File = syn::parse2(output).expect("an impl block expands to items");
            let Some(Item::Impl(kept)) = output.items.first() else {
                panic!("the block is not the first item");
            };
            assert_eq!(kept.items.len(), block.items.len());
        }
    }
}

/// The unchanged input is what the mutations start from: it has to be right.
#[test]
fn the_start_is_right() {
    let args = r#"name = "server", signals = [SIGUSR1, SIGUSR2, SIGRTMIN + 3]"#;
    for (args, block) in [(args, BLOCK), (ASYNC_ARGS, ASYNC_BLOCK)] {
        parse_str::<Item>(block).expect("an item");
        let output = attribute::daemon(parsed(args), parsed(block)).into_token_stream();
        assert!(!output.to_string().contains("compile_error"), "{output}");
    }
}
