//! Signals that a program counted and did not handle, as text for the program after it.

use std::fmt;
use std::str::FromStr;

use crate::os::signal_queue;
use crate::os::sys::arrivals::{each_arrived, pack, record, unpack};

/// A signal that arrived and was not handled. Its text is number, sender's pid and uid, and the
/// value if there is one: `34 711 1000 -5`. The kernel's are from `0 0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Counted {
    pub number: i32,
    pub sender: (u32, u32),
    /// Of a realtime signal.
    pub value: Option<i32>,
}

impl Counted {
    /// Calls `see` with each signal that was counted and not taken: the standard ones, then the
    /// realtime ones in order. None is taken. May be called in signal context.
    pub(crate) fn each(mut see: impl FnMut(Self)) {
        let mut see = |number, from, value| {
            see(Self {
                number,
                sender: unpack(from),
                value,
            });
        };
        each_arrived(|number, from| see(number, from, None));
        signal_queue::each(see);
    }

    /// Counts it in this process, as if it had arrived here.
    pub(crate) fn count(self) {
        let (pid, uid) = self.sender;
        record(self.number, pack(pid, uid), self.value);
    }
}

impl fmt::Display for Counted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (pid, uid) = self.sender;
        write!(f, "{} {pid} {uid}", self.number)?;
        self.value.map_or(Ok(()), |value| write!(f, " {value}"))
    }
}

impl FromStr for Counted {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let mut words = text.split(' ');
        let mut word = || words.next().ok_or(());
        let number = word()?.parse().map_err(drop)?;
        let sender = (
            word()?.parse().map_err(drop)?,
            word()?.parse().map_err(drop)?,
        );
        let value = words.next().map(str::parse).transpose().map_err(drop)?;
        let counted = Self {
            number,
            sender,
            value,
        };
        // The counters have a word for each of them.
        let is_known = (1..=64).contains(&number) && words.next().is_none();
        is_known.then_some(counted).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::Counted;

    #[test]
    fn text_of_a_signal_is_read_back() {
        for (value, text) in [(None, "10 711 1000"), (Some(-5), "34 0 0 -5")] {
            let counted: Counted = text.parse().unwrap_or(Counted {
                number: 0,
                sender: (0, 0),
                value: None,
            });
            assert_eq!(
                (counted.value, counted.to_string()),
                (value, text.to_owned())
            );
        }
        for wrong in [
            "",
            "10",
            "10 1",
            "0 1 1",
            "65 1 1",
            "10 1 1 1 1",
            "10  1 1",
            "x 1 1",
        ] {
            assert_eq!(wrong.parse::<Counted>(), Err(()), "{wrong}");
        }
    }
}
