//! Blocks that a `macro_rules!` makes, with its parameters in every place.

use daemon_rt::{Context, Daemon, Signal, daemon};

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

fn main() {
    assert_eq!(First::SPEC.signals, [Signal::SIGUSR1, Signal::SIGUSR2]);
    assert_eq!(Second::SPEC.name, "second");
}
