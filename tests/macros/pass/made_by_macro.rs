//! Blocks that a `macro_rules!` makes, with its parameters in every place.

use std::time::Duration;

use daemon_rt::spec::Timer;
use daemon_rt::{ChildExit, Context, Daemon, Handle, Signal, Spec, daemon};

macro_rules! make {
    ($daemon:ident, $typed:ty, $name:literal, [$($signal:ident),*], $period:literal, $context:ty) => {
        #[derive(Default)]
        struct $daemon {
            turns: u32,
        }

        #[daemon(name = $name, signals = [$($signal),*], interval = $period)]
        impl $typed {
            fn run(&mut self, context: $context) {
                self.turns += 1;
                context.sleep(std::time::Duration::ZERO);
            }

            fn on_signal(&mut self, _: Signal) {}

            #[every($period)]
            fn flush(&mut self) {}
        }
    };
}

make!(First, First, "first", [SIGUSR1, SIGUSR2], "5s", &mut Context);
make!(Second, Second, "second", [], "1m", &mut Context);

/// The block or the names of its methods come from where the macro is called, the attribute does
/// not.
macro_rules! mark {
    ($daemon:ident, $hook:ident, $returns:ty) => {
        #[derive(Default)]
        struct $daemon;

        #[daemon(name = "fourth")]
        impl $daemon {
            fn $hook(&mut self, _: &mut Context) -> $returns {
                Ok(())
            }
        }
    };
    ($block:item) => {
        #[daemon(name = "third")]
        $block
    };
}

#[derive(Default)]
struct Third;

mark! {
    impl Third {
        fn run(&mut self, _: &mut Context) {}
        fn on_child(&mut self, _: ChildExit) -> Result<(), String> {
            Ok(())
        }
    }
}

mark!(Fourth, run, Result<(), String>);

#[derive(serde::Deserialize)]
struct Settings {}

/// A daemon of `async` hooks, with the words of its keys and its types as parameters.
macro_rules! serve {
    ($daemon:ident, $runtime:ident, $path:path, $settings:ty, $handle:ty, $hook:ident) => {
        struct $daemon;

        #[daemon(name = "serve", runtime = $runtime, config = $settings)]
        impl $daemon {
            async fn new(_: $settings) -> Self {
                Self
            }
            fn validate(_: &$settings) -> Result<(), String> {
                Ok(())
            }
            async fn $hook(&self, handle: $handle) {
                handle.stopping().await;
            }
            async fn on_reload(&self, _: $settings, _: $handle) {}
        }

        mod inner {
            use super::*;

            #[derive(Default)]
            pub struct Inner;

            #[daemon(name = "inner", runtime = $path)]
            impl Inner {
                async fn run(&self) {}
            }
        }
    };
}

serve!(Fifth, tokio, super::block_on, Settings, Handle, run);

fn block_on<F: Future>(life: F, left: fn() -> Duration) -> std::io::Result<F::Output> {
    let runtime = tokio::runtime::Runtime::new()?;
    let output = runtime.block_on(life);
    runtime.shutdown_timeout(left());
    Ok(output)
}

fn main() {
    assert_eq!([Third::SPEC.name(), Fourth::SPEC.name()], ["third", "fourth"]);
    const WANTED: Spec = Spec::new("first")
        .signals(&[Signal::SIGUSR1, Signal::SIGUSR2])
        .timers(&[Timer::new("flush", Duration::from_secs(5))])
        .interval(Duration::from_secs(5));
    assert_eq!([Fifth::SPEC.name(), inner::Inner::SPEC.name()], ["serve", "inner"]);
    assert_eq!(First::SPEC, WANTED);
    assert_eq!(Second::SPEC.name(), "second");
}
