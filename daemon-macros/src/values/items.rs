//! `config` and `runtime`, which name items of the user's program.

use proc_macro2::{Ident, Span};
use syn::parse::Parser;
use syn::{Error, LitStr, Path, Result, Type};

use crate::given::Given;
use crate::suggest;

/// The runtime in which async hooks run.
#[derive(Clone)]
pub(crate) enum Runtime {
    /// Tokio with several threads, by the user's word.
    Tokio(Ident),
    /// Tokio on the thread of the loop alone.
    TokioCurrent(Ident),
    /// A function of the user.
    Function(Path),
}

const TOKIO: &str = "tokio";
const TOKIO_CURRENT: &str = "tokio_current";

/// Other runtimes, whose names are those of crates and not of functions.
const OTHERS: [&str; 8] = [
    "actix_rt",
    "async_std",
    "compio",
    "futures",
    "glommio",
    "monoio",
    "pollster",
    "smol",
];

/// Reads the type of the settings.
pub(crate) fn config(given: &Given) -> Result<Type> {
    let expected = || format!("a type, such as `{}`", given.example);
    match syn::parse2(given.value.clone()) {
        Ok(typed @ (Type::Path(_) | Type::Group(_) | Type::Paren(_) | Type::Tuple(_))) => Ok(typed),
        Ok(Type::Macro(call)) => Ok(Type::Macro(call)),
        Ok(other) => Err(given.mismatch(&other, expected())),
        Err(_) => Err(match syn::parse2::<LitStr>(given.value.clone()) {
            Ok(text) if text.value().contains(['/', '.']) => {
                let expected = format!("{}; `config_file` names the file", expected());
                given.mismatch(&text, expected)
            }
            Ok(text) if syn::parse_str::<Type>(&text.value()).is_ok() => {
                given.correction("a type, without quotes", format!("`{}`", text.value()))
            }
            _ => given.mismatch(&given.value, expected()),
        }),
    }
}

/// Reads a word for tokio, or the path of a function.
pub(crate) fn runtime(given: &Given) -> Result<Runtime> {
    let expected = "`tokio`, `tokio_current`, or the path of a function";
    if let Ok(text) = syn::parse2::<LitStr>(given.value.clone()) {
        let word = text.value();
        return Err(match syn::parse_str::<Path>(&word) {
            Ok(_) => given.correction(format!("{expected}, without quotes"), format!("`{word}`")),
            Err(_) => given.mismatch(&text, expected),
        });
    }
    let path = Path::parse_mod_style.parse2(given.value.clone());
    let path = path.map_err(|_| given.mismatch(&given.value, expected))?;
    match path.get_ident() {
        Some(word) => by_word(word, &path),
        None => Ok(Runtime::Function(path)),
    }
}

/// A word that is almost one of the two is a typing error. The name of another runtime is no function,
/// which would need a longer path.
fn by_word(word: &Ident, path: &Path) -> Result<Runtime> {
    let text = word.to_string();
    if text == TOKIO {
        return Ok(Runtime::Tokio(word.clone()));
    }
    if text == TOKIO_CURRENT {
        return Ok(Runtime::TokioCurrent(word.clone()));
    }
    let cure = match suggest::nearest(&text, [TOKIO, TOKIO_CURRENT]) {
        Some(near) => format!("did you mean `{near}`?"),
        None if OTHERS.contains(&&*text) => format!(
            "write the path of a function that runs `life` on {text}: `fn block_on<F: Future>(life: \
             F, left: fn() -> Duration) -> io::Result<F::Output>`"
        ),
        None => return Ok(Runtime::Function(path.clone())),
    };
    let message =
        format!("unknown runtime `{text}`; {cure} (a function of that name is `self::{text}`)");
    Err(Error::new_spanned(word, message))
}

impl Runtime {
    /// Returns the span of the user's value.
    pub(crate) fn span(&self) -> Span {
        match self {
            Self::Tokio(word) | Self::TokioCurrent(word) => word.span(),
            Self::Function(path) => syn::spanned::Spanned::span(path),
        }
    }
}
