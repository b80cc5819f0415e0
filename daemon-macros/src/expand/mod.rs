//! Writes the `impl Daemon` of a finished model.

mod dispatch;
mod spec;

use proc_macro2::{Span, TokenStream, TokenTree};
use quote::{ToTokens, quote, quote_spanned};
use syn::spanned::Spanned;
use syn::{Attribute, Path};

use crate::model::Model;

/// The user's block, untouched but for the helper attributes, and the impl behind it.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let Model {
        krate, item, name, ..
    } = model;
    let daemon = &item.self_ty;
    let doc = format!(
        " `{}` as a daemon named `{}`, written by `#[daemon]`; the work is done in `daemon_rt`.",
        daemon.to_token_stream(),
        name.value()
    );
    let (spec, create, dispatch) = (spec::expand(model), create(model), dispatch::expand(model));
    quote! {
        #item
        #[doc = #doc]
        impl #krate::Daemon for #daemon {
            /// The declaration, with the defaults written out; what it does not name is off.
            const SPEC: #krate::Spec = #spec;
            #create
            /// The way from the caller to the daemon, one step a line; `Detach` says what each does.
            fn detach(steps: #krate::Detach) -> #krate::Detach {
                steps
                    .check()
                    .fork()
                    .setsid()
                    .fork_again()
                    .close_descriptors()
                    .take_lock()
                    .reset_signals()
                    .set_umask()
                    .change_dir()
                    .clean_environment()
                    .write_pid_file()
                    .drop_privileges()
                    .open_log()
                    .set_title()
                    .catch_signals()
            }
            #dispatch
        }
    }
}

/// One `create` for each `new`, and one for `Default` where there is none.
fn create(model: &Model) -> TokenStream {
    let Model {
        krate,
        constructors,
        item,
        ..
    } = model;
    let function = |condition: TokenStream, body: TokenStream| {
        quote! {
            /// Builds the daemon, in the detached process.
            #condition
            fn create() -> ::core::result::Result<Self, #krate::Failure> {
                #body
            }
        }
    };
    let by_new = constructors.iter().map(|new| {
        let cfgs = &new.cfgs;
        let krate = at(krate, new.returns);
        let call =
            quote_spanned!(located(new.returns)=> #krate::outcome::created::<Self>(Self::new()));
        function(quote!(#(#cfgs)*), call)
    });
    let others: Vec<_> = constructors.iter().map(|new| &*new.cfgs).collect();
    let by_default = unless(&others).map(|condition| {
        let daemon = item.self_ty.span();
        let krate = at(krate, daemon);
        function(
            condition,
            quote_spanned!(located(daemon)=> #krate::outcome::by_default()),
        )
    });
    quote!(#(#by_new)* #by_default)
}

/// The condition under which none of the others holds; none when one always does.
fn unless(others: &[&[Attribute]]) -> Option<TokenStream> {
    let others: Vec<_> = others
        .iter()
        .map(|cfgs| predicate(cfgs))
        .collect::<Option<_>>()?;
    Some(match &others[..] {
        [] => TokenStream::new(),
        [only] => quote!(#[cfg(not(#only))]),
        several => quote!(#[cfg(not(any(#(#several),*)))]),
    })
}

/// The `#[cfg]`s of a method as one predicate; none if it has none.
fn predicate(cfgs: &[Attribute]) -> Option<TokenStream> {
    let lists = cfgs.iter().filter_map(|cfg| cfg.meta.require_list().ok());
    let predicates: Vec<_> = lists.map(|list| &list.tokens).collect();
    match &predicates[..] {
        [] => None,
        [only] => Some(only.to_token_stream()),
        several => Some(quote!(all(#(#several),*))),
    }
}

/// The place `at`, for tokens that mean what they mean here.
fn located(at: Span) -> Span {
    Span::call_site().located_at(at)
}

/// The path of the runtime, at a place of the user's.
fn at(krate: &Path, at: Span) -> TokenStream {
    let place = |mut token: TokenTree| {
        token.set_span(token.span().located_at(at));
        token
    };
    krate.to_token_stream().into_iter().map(place).collect()
}
