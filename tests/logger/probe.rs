//! Runs the probe and talks to it.

use std::collections::HashMap;
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

use tests::support::{daemon_path, until};

/// A running probe. It ends with its standard input, so at the latest when this is dropped.
pub(crate) struct Probe {
    child: Child,
    input: Option<ChildStdin>,
    output: BufReader<ChildStdout>,
}

impl Probe {
    pub(crate) fn path() -> String {
        daemon_path("logs_on_command")
    }

    /// Starts the probe on the file `log`.
    pub(crate) fn start(log: &Path, format: &str, filter: &str) -> Self {
        Self::spawn(Command::new(Self::path()).arg(log).args([format, filter]))
    }

    /// Starts the probe on the file `log` with a buffer of this many bytes, or without one for 0.
    pub(crate) fn buffered(log: &Path, bytes: usize) -> Self {
        let mut command = Command::new(Self::path());
        command
            .arg(log)
            .args(["seed", "debug"])
            .env("PROBE_BUFFER", bytes.to_string());
        Self::spawn(command.stderr(Stdio::null()))
    }

    /// Kills it with SIGKILL.
    pub(crate) fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Starts `command`, which must become the probe.
    pub(crate) fn spawn(command: &mut Command) -> Self {
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let input = child.stdin.take();
        let output = BufReader::new(child.stdout.take().unwrap());
        let mut probe = Self {
            child,
            input,
            output,
        };
        assert_eq!(probe.answer(), "ready");
        probe
    }

    /// Sends `command` without waiting for its answer.
    pub(crate) fn send(&mut self, command: &str) {
        writeln!(self.input.as_mut().unwrap(), "{command}").unwrap();
    }

    pub(crate) fn answer(&mut self) -> String {
        let mut line = String::new();
        self.output.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }

    pub(crate) fn ask(&mut self, command: &str) -> String {
        self.send(command);
        self.answer()
    }

    /// Asks and expects `done`.
    pub(crate) fn tell(&mut self, command: &str) {
        assert_eq!(self.ask(command), "done", "{command}");
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Closes its input and waits for its end.
    pub(crate) fn end(mut self) -> ExitStatus {
        drop(self.input.take());
        self.child.wait().unwrap()
    }
}

impl Drop for Probe {
    fn drop(&mut self) {
        drop(self.input.take());
        let _ = self.child.wait();
    }
}

/// Runs the probe on `arguments` with `commands` as its input; what it wrote to stderr.
pub(crate) fn run(command: &mut Command, commands: &str) -> String {
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child
        .stdin
        .take()
        .unwrap()
        .write_all(commands.as_bytes())
        .unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr).unwrap()
}

/// Repeats `attempt`, each time with a new log, until it takes less than a second. After that time
/// a buffer reaches the log by itself. Returns the result.
#[track_caller]
pub(crate) fn in_a_second<T>(mut attempt: impl FnMut() -> T) -> T {
    let in_time = || {
        let begun = Instant::now();
        let result = attempt();
        (begun.elapsed() < AGE).then_some(result)
    };
    until(in_time).unwrap()
}

/// How long a record is in a buffer: the first one at least, unless it is urgent, and each at most.
pub(crate) const AGE: Duration = Duration::from_secs(1);

pub(crate) fn lines(log: &Path) -> Vec<String> {
    fs::read_to_string(log)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect()
}

/// The messages of a log in the seed's format, whose every line must have its form.
pub(crate) fn messages(log: &Path) -> Vec<String> {
    let text = fs::read_to_string(log).unwrap();
    assert!(
        text.is_empty() || text.ends_with('\n'),
        "the last line is torn"
    );
    text.lines().map(|line| message(line).to_owned()).collect()
}

fn message(line: &str) -> &str {
    line.split_once(" : ")
        .unwrap_or_else(|| panic!("no record: {line:?}"))
        .1
}

/// Checks the records of `many` in `logs`: each whole, and those of each writer in order without a
/// gap or a double. Returns how many each writer has.
pub(crate) fn checked(logs: &[PathBuf]) -> HashMap<String, u64> {
    let found = at_least_once(logs);
    assert_eq!(found.partial, [""; 0]);
    assert_eq!(found.doubled, 0);
    // Whose last line has its end.
    for log in logs {
        let _ = messages(log);
    }
    found.counts
}

/// The records of `many` in a log.
pub(crate) struct Found {
    /// How many each writer has, in order without a gap.
    pub(crate) counts: HashMap<String, u64>,
    /// How many are there more than once.
    pub(crate) doubled: usize,
    /// The partial ones, each on a line of its own.
    pub(crate) partial: Vec<String>,
}

/// Checks that each record of `many` in `logs` is whole at least once. Those of each writer are
/// there without a gap. A partial one is the beginning of one that is whole in another place.
pub(crate) fn at_least_once(logs: &[PathBuf]) -> Found {
    let mut doubled = 0;
    let mut numbers: HashMap<String, Vec<u64>> = HashMap::new();
    let (mut whole, mut partial) = (Vec::new(), Vec::new());
    for line in logs.iter().flat_map(|log| lines(log)) {
        match line
            .split_once(" : ")
            .and_then(|(_, message)| check(message))
        {
            Some((who, number)) => {
                numbers.entry(who).or_default().push(number);
                whole.push(line);
            }
            None => partial.push(line),
        }
    }
    for partial in &partial {
        let is_whole = whole.iter().any(|line| line.starts_with(partial));
        assert!(is_whole, "no record begins so: {partial:?}");
    }
    let count = |(who, mut numbers): (String, Vec<u64>)| {
        numbers.sort_unstable();
        let all = numbers.len();
        numbers.dedup();
        let wanted = u64::try_from(numbers.len()).unwrap();
        assert!(numbers.iter().copied().eq(0..wanted), "{who}: lost");
        doubled += all - numbers.len();
        (who, wanted)
    };
    let counts = numbers.into_iter().map(count).collect();
    Found {
        counts,
        doubled,
        partial,
    }
}

/// The writer and the number of a record of `many`, if it is whole.
pub(crate) fn check(message: &str) -> Option<(String, u64)> {
    let mut words = message.split(' ');
    let (who, number) = (words.next()?, words.next()?.parse::<u64>().ok()?);
    let filling = words.next()?.strip_suffix('-')?;
    let sum = u64::from_str_radix(words.next()?, 16).ok()?;
    let bytes = [who.as_bytes(), &number.to_le_bytes(), filling.as_bytes()].concat();
    let wanted = bytes.iter().fold(0xcbf2_9ce4_8422_2325_u64, |sum, byte| {
        (sum ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    (sum == wanted && words.next().is_none()).then(|| (who.to_owned(), number))
}

/// The logs in `directory`: what a rotation named, and no staging file may be left.
pub(crate) fn logs(directory: &Path) -> Vec<PathBuf> {
    let names = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let logs: Vec<PathBuf> = names.collect();
    assert!(
        !logs
            .iter()
            .any(|log| log.to_str().unwrap().contains(".stage.")),
        "{logs:?}"
    );
    logs
}
