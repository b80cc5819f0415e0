//! Each test starts this test program as another process, in which [`role`] acts.

#![allow(
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test stops at the first surprise"
)]

use std::fs::{self, File};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use nix::libc;
use nix::sys::memfd::{MFdFlags, memfd_create};
use nix::sys::signal::{Signal, raise};
use nix::unistd::{Pid, write};

use super::{Departure, Refused};
use crate::os::counted::Counted;
use crate::os::known_file::KnownFile;
use crate::os::sys::{Program, arrivals, kill, rollback};
use crate::os::{signal_queue, wake};

const ROLE: &str = "DEPARTURE_ROLE";

/// The other program. It prints what it took over. A shell that has waited for a child has an empty
/// mask.
const SCRIPT: &str = "echo pid $$; \
    while read -r line; do case $line in SigBlk*) echo \"$line\";; esac; done </proc/$$/status; \
    ls -l /proc/$$/fd | grep -c /dev/full; cat /proc/self/fd/$0";

/// Its answer before the lines of the inheritance: all signals are blocked that can be, and one
/// descriptor of two was kept.
const BEGIN: &str = "SigBlk:\tfffffffe7ffbfeff\n1\nfirst line\n";

const LONG: Duration = Duration::from_secs(60);

/// Not a test of its own: it is a process of the other tests.
#[test]
fn role() {
    let Ok(role) = std::env::var(ROLE) else {
        return;
    };
    match role.as_str() {
        "leaves" => leaves(),
        "stops" => stops(),
        "fails" => fails(),
        "flees" => {
            arm(shell, LONG);
            panic!("{:?}", rollback::go_back("a \\ and\nb"));
        }
        "unlinked" => {
            arm(unlinked_shell, LONG);
            panic!("{:?}", rollback::go_back("none"));
        }
        "nowhere" => {
            arm(nowhere, LONG);
            std::process::abort();
        }
        "overflows" => {
            arm(shell, LONG);
            println!("{}", overflow(0));
        }
        "hangs" => {
            arm(shell, Duration::from_millis(50));
            loop {
                std::hint::spin_loop();
            }
        }
        "thread" => {
            arm(shell, LONG);
            let _ = std::thread::spawn(|| std::process::abort()).join();
        }
        "exits" => {
            arm(shell, LONG);
            std::process::exit(3);
        }
        "explains" => {
            arm(shell, LONG);
            rollback::explain("`new` panicked".to_owned());
            std::process::abort();
        }
        "listed" => listed(),
        "ready" => ready(),
        number => {
            arm(shell, LONG);
            let signal = Signal::try_from(number.parse::<i32>().unwrap());
            raise(signal.unwrap()).unwrap();
        }
    }
}

fn run(role: &str) -> (i32, Output) {
    let child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "os::departure::tests::role", "--nocapture"])
        .arg("--test-threads=1")
        .env(ROLE, role)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let pid = child.id().cast_signed();
    (pid, child.wait_with_output().unwrap())
}

/// Runs `role` and returns what the other program printed, in the same process.
fn taken_over(role: &str) -> String {
    let (pid, output) = run(role);
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    match text.split_once(&format!("pid {pid}\n")) {
        Some((_, printed)) => printed.to_owned(),
        None => panic!("{role}: {output:?}"),
    }
}

fn shell(inheritance: &OwnedFd) -> Program {
    Program::at(Path::new("/bin/sh"), arguments(inheritance), []).unwrap()
}

fn unlinked_shell(inheritance: &OwnedFd) -> Program {
    let path = std::env::temp_dir().join(format!("departure-{}", std::process::id()));
    fs::copy("/bin/sh", &path).unwrap();
    let mut options = File::options();
    let file = options.read(true).custom_flags(libc::O_PATH).open(&path);
    fs::remove_file(&path).unwrap();
    Program::open(file.unwrap().into(), arguments(inheritance), []).unwrap()
}

fn nowhere(_: &OwnedFd) -> Program {
    Program::at(Path::new("/nowhere"), [], []).unwrap()
}

fn arguments(inheritance: &OwnedFd) -> [std::ffi::OsString; 4] {
    let number = inheritance.as_raw_fd().to_string();
    ["sh", "-c", SCRIPT, &number].map(Into::into)
}

fn departure(program: fn(&OwnedFd) -> Program) -> Departure {
    let flags = MFdFlags::MFD_ALLOW_SEALING | MFdFlags::MFD_CLOEXEC;
    let inheritance = memfd_create(c"inheritance", flags).unwrap();
    write(&inheritance, b"first line\n").unwrap();
    let [kept, closed] = [(); 2].map(|()| File::open("/dev/full").unwrap());
    let keep = vec![kept.as_raw_fd()];
    std::mem::forget((kept, closed));
    Departure {
        program: program(&inheritance),
        inheritance: KnownFile::new(inheritance).unwrap(),
        keep,
    }
}

fn arm(program: fn(&OwnedFd) -> Program, limit: Duration) {
    rollback::arm(departure(program), limit).unwrap();
}

/// Counts SIGUSR1 and a realtime signal three times.
fn count_some() {
    wake::prepare().unwrap();
    signal_queue::prepare().unwrap();
    let realtime = libc::SIGRTMIN() + 3;
    for number in [libc::SIGUSR1, libc::SIGTERM, realtime] {
        arrivals::count(number).unwrap();
    }
    raise(Signal::SIGUSR1).unwrap();
    for value in [1, -2, 3] {
        let counted = format!("{realtime} 5 6 {value}");
        counted.parse::<Counted>().unwrap().count();
    }
}

fn counted_lines(pid: i32) -> String {
    let (realtime, uid) = (libc::SIGRTMIN() + 3, nix::unistd::getuid());
    format!(
        "caught {}\nsignal 10 {pid} {uid}\nsignal {realtime} 5 6 1\nsignal {realtime} 5 6 -2\nsignal {realtime} 5 6 3\n",
        [10, 15, realtime]
            .map(|number| 1_u64 << (number - 1))
            .iter()
            .sum::<u64>()
    )
}

fn leaves() {
    count_some();
    panic!("{:?}", departure(shell).leave());
}

#[test]
fn another_program_takes_over_what_was_counted() {
    let (pid, output) = run("leaves");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    let wanted = format!("pid {pid}\n{BEGIN}{}", counted_lines(pid));
    assert!(text.ends_with(&wanted), "{output:?}\nwanted {wanted}");
}

fn stops() {
    count_some();
    raise(Signal::SIGTERM).unwrap();
    assert_eq!(departure(shell).leave(), Refused::Stop);
    assert!(arrivals::take(libc::SIGUSR1).is_some());
}

#[test]
fn stop_keeps_the_program() {
    let (_, output) = run("stops");
    assert!(output.status.success(), "{output:?}");
}

/// The counters and the mask are as before.
fn fails() {
    count_some();
    let before = nix::sys::signal::SigSet::thread_get_mask().unwrap();
    let departure = departure(nowhere);
    assert_eq!(
        departure.leave(),
        Refused::Failed(nix::errno::Errno::ENOENT)
    );
    assert_eq!(before, nix::sys::signal::SigSet::thread_get_mask().unwrap());
    let mut counted = Vec::new();
    Counted::each(|one| counted.push(one.number));
    assert_eq!(counted.len(), 4);
    raise(Signal::SIGUSR1).unwrap();
    assert!(arrivals::take(libc::SIGUSR1).is_some());
    let flags = nix::fcntl::fcntl(&*departure.inheritance, nix::fcntl::FcntlArg::F_GETFD);
    assert_eq!(flags, Ok(libc::FD_CLOEXEC));
}

#[test]
fn program_goes_on_when_the_other_one_cannot_be_executed() {
    let (_, output) = run("fails");
    assert!(output.status.success(), "{output:?}");
}

#[test]
fn error_leads_back_with_its_text() {
    assert_eq!(
        taken_over("flees"),
        format!("{BEGIN}back a \\\\ and\\nb\ncaught 0\n")
    );
}

#[test]
fn program_without_a_name_is_executed() {
    assert_eq!(
        taken_over("unlinked"),
        format!("{BEGIN}back none\ncaught 0\n")
    );
}

#[test]
fn each_crash_leads_back() {
    for (role, name) in [
        ("overflows", "SIGSEGV"),
        ("thread", "SIGABRT"),
        ("11", "SIGSEGV"),
        ("6", "SIGABRT"),
        ("7", "SIGBUS"),
        ("4", "SIGILL"),
        ("8", "SIGFPE"),
        ("5", "SIGTRAP"),
        ("31", "SIGSYS"),
    ] {
        let wanted = format!("back the new program crashed by {name}\n");
        let printed = taken_over(role);
        assert!(printed.contains(&wanted), "{role}: {printed}");
    }
}

#[allow(unconditional_recursion, reason = "it shall crash")]
fn overflow(depth: u64) -> u64 {
    let room = std::hint::black_box([depth; 64]);
    overflow(depth + 1) + room[0]
}

#[test]
fn program_that_hangs_goes_back_after_its_time() {
    let printed = taken_over("hangs");
    assert!(
        printed.contains("back the new program was not ready in time\n"),
        "{printed}"
    );
}

#[test]
fn program_that_exits_goes_back() {
    let printed = taken_over("exits");
    assert!(
        printed.contains("back the new program ended\n"),
        "{printed}"
    );
}

#[test]
fn crash_tells_its_explanation() {
    let printed = taken_over("explains");
    assert!(printed.contains("back `new` panicked\n"), "{printed}");
}

#[test]
fn crash_without_a_way_back_ends_the_process() {
    let (_, output) = run("nowhere");
    assert_eq!(output.status.signal(), Some(libc::SIGABRT), "{output:?}");
}

/// A program may handle SIGABRT. Then its `abort` leads back, and that of another process does not.
fn listed() {
    arm(shell, LONG);
    wake::prepare().unwrap();
    arrivals::count(libc::SIGABRT).unwrap();
    let own = std::process::id().to_string();
    let sent = Command::new("kill").args(["-ABRT", &own]).status();
    assert!(sent.unwrap().success());
    while arrivals::take(libc::SIGABRT).is_none() {
        std::thread::yield_now();
    }
    std::process::abort();
}

#[test]
fn signal_that_the_program_handles_does_not_lead_back() {
    let printed = taken_over("listed");
    assert!(printed.contains("crashed by SIGABRT\n"), "{printed}");
}

/// After the process is ready, neither the time nor a crash leads back.
fn ready() {
    arm(shell, Duration::from_millis(100));
    rollback::disarm();
    assert_eq!(rollback::go_back("late"), None);
    assert_eq!(memory_files(), 0);
    std::thread::sleep(Duration::from_millis(300));
    let _ = kill(Pid::this(), libc::SIGILL);
}

/// Returns the number of open files of `memfd_create(2)`.
fn memory_files() -> usize {
    let open = fs::read_dir("/proc/self/fd").unwrap();
    let links = open.filter_map(|entry| fs::read_link(entry.unwrap().path()).ok());
    links
        .filter(|link| link.to_string_lossy().contains("memfd:inheritance"))
        .count()
}

#[test]
fn program_that_is_ready_does_not_go_back() {
    let (_, output) = run("ready");
    assert_eq!(output.status.signal(), Some(libc::SIGILL), "{output:?}");
}
