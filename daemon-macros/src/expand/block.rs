//! Writes the user's block and the `impl Daemon` after it.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::expand::{create, dispatch, spec};
use crate::model::Model;

/// Expands a model to the user's block, without helper attributes, and the impl after it.
pub(crate) fn expand(model: &Model) -> TokenStream {
    let Model {
        krate, item, name, ..
    } = model;
    let daemon = &item.self_ty;
    let doc = format!(
        " Runs `{}` as a daemon named `{}`; written by `#[daemon]`.",
        daemon.to_token_stream(),
        name.value()
    );
    let (spec, create, dispatch) = (
        spec::expand(model),
        create::expand(model),
        dispatch::expand(model),
    );
    quote! {
        #item
        #[doc = #doc]
        impl #krate::Daemon for #daemon {
            /// Declares the daemon and every default. A key without a method is off.
            const SPEC: #krate::Spec = #spec;
            #create
            /// Lists the steps from the caller to the daemon. `Detach` documents each step.
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
