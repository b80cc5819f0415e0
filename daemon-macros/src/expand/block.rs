//! Writes the user's block and the impls after it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, quote};

use crate::check::Life;
use crate::expand::{create, dispatch, runtime, spec, validate};
use crate::model::Model;
use crate::values::Value;

/// The steps of `daemon_rt::Step`, in the only order that compiles.
const STEPS: [&str; 16] = [
    "Check",
    "Fork",
    "Setsid",
    "ForkAgain",
    "CloseDescriptors",
    "TakeLock",
    "ResetSignals",
    "SetUmask",
    "ChangeDir",
    "CleanEnvironment",
    "Listen",
    "WritePidFile",
    "DropPrivileges",
    "OpenLog",
    "SetTitle",
    "CatchSignals",
];

/// Expands a model to the user's block, without helper attributes, and the impl after it.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let Model {
        krate, item, name, ..
    } = model;
    let daemon = &item.self_ty;
    let named = match name {
        Value::Text(name) => format!(" named `{}`", name.value()),
        _ => String::new(),
    };
    let doc = format!(
        " Runs `{}` as a daemon{named}; written by `#[daemon]`.",
        daemon.to_token_stream()
    );
    let (life, hooks, lint) = match model.life {
        Life::Turns => ("Turns", "Hooks", None),
        Life::Tasks => ("Tasks", "AsyncHooks", Some(lint())),
    };
    let [life, hooks] = [life, hooks].map(|name| Ident::new(name, Span::call_site()));
    let (spec, validate) = (spec::expand(model), validate::expand(model));
    let (runtime, create) = (runtime::expand(model), create::expand(model));
    let dispatch = dispatch::expand(model);
    let steps = STEPS.map(|step| Ident::new(step, Span::call_site()));
    let checks = spec::checks(model);
    quote! {
        #item
        #[doc = #doc]
        impl #krate::Daemon for #daemon {
            /// Declares the daemon and every default. A key without a method is off.
            const SPEC: #krate::Spec = #spec;
            /// Lists the steps from the caller to the daemon. `Step` documents each of them.
            const STEPS: &'static [#krate::Step] = &[#(#krate::Step::#steps),*];
            type Life = #krate::#life;
            #validate
        }
        #lint
        impl #krate::#hooks for #daemon {
            #runtime
            #create
            #dispatch
        }
        #(#checks)*
    }
}

/// Writes the exception from the one lint that sees generated code and that the design contradicts.
fn lint() -> TokenStream {
    quote! {
        #[allow(clippy::future_not_send, reason = "all hooks stay on the thread of the loop")]
    }
}
