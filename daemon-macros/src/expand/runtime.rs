//! Writes the function that calls the user's runtime.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use crate::check::Life;
use crate::expand::place::in_block;
use crate::model::Model;
use crate::values::Runtime;

/// Writes `block_on`, or `surround` if no hook is `async`. Only this function names the runtime.
pub(super) fn expand(model: &Model) -> Option<TokenStream> {
    let runtime = model.runtime.as_ref()?;
    let body = body(model, runtime);
    Some(match model.life {
        Life::Tasks => quote! {
            /// Runs the daemon inside of its runtime.
            fn block_on<F: ::core::future::Future>(
                life: F,
                left: fn() -> ::core::time::Duration,
            ) -> ::std::io::Result<F::Output> {
                #body
            }
        },
        Life::Turns => quote! {
            /// Runs the daemon beside its runtime.
            fn surround(
                serve: impl ::core::ops::FnOnce() -> u8,
                left: fn() -> ::core::time::Duration,
            ) -> ::std::io::Result<u8> {
                #body
            }
        },
    })
}

/// Writes the calls of the runtime at the user's word, so that an error in them is an error there.
fn body(model: &Model, runtime: &Runtime) -> TokenStream {
    let at = in_block(&model.item, runtime.span());
    let (builder, run) = match (runtime, model.life) {
        (Runtime::Function(function), Life::Tasks) => return quote!(#function(life, left)),
        (Runtime::Function(function), Life::Turns) => {
            return quote!(#function(async { serve() }, left));
        }
        (Runtime::TokioCurrent(_), _) => (
            quote_spanned!(at=> new_current_thread),
            quote! {
                let tasks = ::tokio::task::LocalSet::new();
                let output = tasks.block_on(&runtime, life);
                ::core::mem::drop(tasks);
            },
        ),
        (Runtime::Tokio(_), Life::Tasks) => (
            quote_spanned!(at=> new_multi_thread),
            quote!(let output = runtime.block_on(life);),
        ),
        (Runtime::Tokio(_), Life::Turns) => (
            quote_spanned!(at=> new_multi_thread),
            quote! {
                let entered = runtime.enter();
                let output = serve();
                ::core::mem::drop(entered);
            },
        ),
    };
    let tokio = quote_spanned!(at=> ::tokio);
    let krate = &model.krate;
    quote! {
        #krate::__private::outside(#tokio::runtime::Handle::try_current().is_ok())?;
        let runtime = #tokio::runtime::Builder::#builder().enable_all().build()?;
        #run
        runtime.shutdown_timeout(left());
        ::core::result::Result::Ok(output)
    }
}
