//! The lock file: its inodes, the locks of each, and the state page.

use crate::world::{FILES, Rules, World};

/// A file, a verb or a daemon by its number.
pub(crate) type Id = Option<u8>;

/// The phase in the state page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) enum Phase {
    Empty,
    Starting,
    Running,
    Reloading,
    Upgrading,
    Stopping,
}

impl Phase {
    /// Reports whether the daemon is ready, and another one may give way to it.
    pub(crate) fn is_ready(self) -> bool {
        matches!(self, Self::Running | Self::Reloading)
    }
}

/// The numbers of the reloads or upgrades of a page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Answers {
    pub begun: u8,
    pub done: u8,
}

/// The state page.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Page {
    pub phase: Phase,
    pub reloads: Answers,
    pub upgrades: Answers,
    /// A verb asks for an upgrade.
    pub is_wanted: bool,
}

impl Page {
    pub(crate) const fn new(phase: Phase) -> Self {
        let none = Answers { begun: 0, done: 0 };
        Self {
            phase,
            reloads: none,
            upgrades: none,
            is_wanted: false,
        }
    }
}

/// An inode that the path led to once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct File {
    /// The daemon with the record lock.
    pub record: Id,
    /// The daemon with the second lock.
    pub second: Id,
    /// The daemon with the lock that it carries over an exec.
    pub carried: Id,
    /// The verb with the verb lock.
    pub queue: Id,
    pub page: Page,
}

impl File {
    pub(crate) const EMPTY: Self = Self {
        record: None,
        second: None,
        carried: None,
        queue: None,
        page: Page::new(Phase::Empty),
    };

    /// Returns the daemon that a lock shows.
    pub(crate) fn holder(&self) -> Id {
        self.record.or(self.second).or(self.carried)
    }
}

pub(crate) fn id(number: usize) -> Id {
    u8::try_from(number).ok()
}

pub(crate) fn index(id: Id) -> usize {
    usize::from(id.expect("an open file or a found daemon"))
}

impl World {
    /// Opens the file at the path, or creates it.
    pub(crate) fn open(&mut self) -> Id {
        if self.path.is_none() {
            let is_free = |file: &usize| !self.is_open(*file);
            let free = (0..FILES).find(is_free).expect("enough files");
            self.files[free] = File::EMPTY;
            self.path = id(free);
        }
        self.path
    }

    /// Reports whether a process has the file open.
    pub(crate) fn is_open(&self, file: usize) -> bool {
        let mut callers = self.callers.iter();
        let mut daemons = self.daemons.iter();
        callers.any(|caller| caller.file == id(file))
            || daemons.any(|daemon| daemon.file == id(file) || daemon.new == id(file))
    }

    /// Forgets the content of each file that is gone, so that equal states are one.
    pub(crate) fn forget_files(&mut self) {
        for file in 0..FILES {
            if self.path != id(file) && !self.is_open(file) {
                self.files[file] = File::EMPTY;
            }
        }
    }

    /// Takes the second lock, if the protocol has one. Returns false if another daemon holds it, or
    /// carries its locks over an exec.
    pub(crate) fn take_second(&mut self, daemon: usize, file: Id, rules: Rules) -> bool {
        let File {
            second, carried, ..
        } = &mut self.files[index(file)];
        if !rules.has_second {
            return true;
        }
        let is_free = carried.is_none_or(|holder| Some(holder) == id(daemon));
        if is_free {
            *second = second.or(id(daemon));
        }
        is_free && *second == id(daemon)
    }

    /// Takes the lock that a descriptor keeps over an exec. No other daemon can hold it.
    pub(crate) fn carry(&mut self, daemon: usize, file: Id) {
        self.files[index(file)].carried = id(daemon);
    }

    pub(crate) fn drop_carried(&mut self, daemon: usize, file: Id) {
        let carried = &mut self.files[index(file)].carried;
        carried.take_if(|holder| Some(*holder) == id(daemon));
    }

    /// Takes the record lock. Returns false if another daemon holds it.
    pub(crate) fn take_record(&mut self, daemon: usize, file: Id) -> bool {
        let record = &mut self.files[index(file)].record;
        *record = record.or(id(daemon));
        *record == id(daemon)
    }

    /// Releases the record lock, as each `close` of the file by the daemon does.
    pub(crate) fn drop_record(&mut self, daemon: usize, file: Id) -> bool {
        let record = &mut self.files[index(file)].record;
        record
            .take_if(|holder| Some(*holder) == id(daemon))
            .is_some()
    }

    pub(crate) fn drop_second(&mut self, daemon: usize, file: Id) -> bool {
        let second = &mut self.files[index(file)].second;
        second
            .take_if(|holder| Some(*holder) == id(daemon))
            .is_some()
    }

    /// Releases the verb lock of each file.
    pub(crate) fn drop_queue(&mut self, caller: usize) {
        for file in &mut self.files {
            file.queue.take_if(|holder| Some(*holder) == id(caller));
        }
    }
}
