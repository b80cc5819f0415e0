//! Visits every reachable state, breadth first, and returns the shortest trace to a fault.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::{BuildHasherDefault, Hasher};
use std::mem;

use crate::step::Step;
use crate::world::{Rules, World};

/// The figures of a search.
#[derive(Debug, Default, Clone, Copy)]
pub struct Counts {
    /// The reachable states.
    pub states: usize,
    /// The steps between them.
    pub steps: usize,
    /// The states in which no process has anything left to do.
    pub quiet: usize,
}

/// A quick hash, since the states come from no attacker. A state is hashed by small numbers.
#[derive(Default)]
struct Quick(u64);

impl Hasher for Quick {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64((*byte).into());
        }
    }

    #[inline]
    fn write_u8(&mut self, number: u8) {
        self.write_u64(number.into());
    }

    #[inline]
    fn write_isize(&mut self, number: isize) {
        self.write_u64(number.cast_unsigned() as u64);
    }

    #[inline]
    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(5) ^ number).wrapping_mul(0x517c_c1b7_2722_0a95);
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

struct Search {
    states: Vec<World>,
    /// The first step to each state, and the state before it.
    origins: Vec<Option<(usize, Step, &'static str)>>,
    /// The due steps: the state that each reaches, and the state before it.
    due: Vec<(usize, usize)>,
}

/// Searches all states from `begin`. `check` gets each state, and whether it is quiet.
///
/// # Errors
/// A trace to a state that `check` refuses, or from which due steps reach no quiet state.
pub fn search(
    begin: World,
    rules: Rules,
    check: impl Fn(&World, bool) -> Result<(), &'static str>,
) -> Result<Counts, String> {
    let mut search = Search {
        states: vec![begin],
        origins: vec![None],
        due: Vec::new(),
    };
    let mut known = HashMap::with_hasher(BuildHasherDefault::<Quick>::new());
    known.insert(begin, 0);
    let (mut next, mut steps, mut quiet) = (0, 0, Vec::new());
    while let Some(state) = search.states.get(next).copied() {
        let mut is_quiet = true;
        for (step, action, reached) in state.steps(rules) {
            steps += 1;
            let number = match known.entry(reached) {
                Entry::Occupied(entry) => *entry.get(),
                Entry::Vacant(entry) => {
                    search.states.push(reached);
                    search.origins.push(Some((next, step, action)));
                    *entry.insert(search.states.len() - 1)
                }
            };
            if step.is_due() {
                is_quiet = false;
                search.due.push((number, next));
            }
        }
        check(&state, is_quiet).map_err(|fault| search.trace(next, fault))?;
        if is_quiet {
            quiet.push(next);
        }
        next += 1;
    }
    let counts = Counts {
        states: next,
        steps,
        quiet: quiet.len(),
    };
    match search.first_without_rest(quiet) {
        Some(state) => Err(search.trace(state, "a process waits for ever")),
        None => Ok(counts),
    }
}

impl Search {
    /// Returns the first state from which due steps reach no quiet state.
    fn first_without_rest(&mut self, quiet: Vec<usize>) -> Option<usize> {
        self.due.sort_unstable();
        let mut rests = vec![false; self.states.len()];
        let mut open = quiet;
        while let Some(state) = open.pop() {
            if mem::replace(&mut rests[state], true) {
                continue;
            }
            let begin = self.due.partition_point(|(reached, _)| *reached < state);
            let leading = self.due[begin..].iter();
            let leading = leading.take_while(|(reached, _)| *reached == state);
            open.extend(leading.map(|(_, before)| before));
        }
        rests.iter().position(|rests| !rests)
    }

    /// Returns the fault and the steps that lead to it, one per line.
    fn trace(&self, mut state: usize, fault: &str) -> String {
        let mut lines = vec![format!("{:?}", self.states[state])];
        while let Some((before, step, action)) = self.origins[state] {
            lines.push(format!("{step} {action}"));
            state = before;
        }
        lines.push(fault.to_owned());
        lines.reverse();
        lines.join("\n")
    }
}
