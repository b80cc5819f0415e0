//! A daemon by hand: a lock, two forks, a readiness pipe, a pid file; its `stop` through a pidfd.
#![allow(clippy::unwrap_used, reason = "a bench ends at the first surprise")]

use std::fs::{File, OpenOptions};
use std::io::{Read, Write};
use std::os::fd::{AsFd, AsRawFd, FromRawFd, OwnedFd};
use std::os::unix::fs::OpenOptionsExt;

use bench_subjects::{by_hand, file, hook, log, pid_file};
use nix::errno::Errno;
use nix::fcntl::OFlag;
use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::stat::{Mode, umask};
use nix::unistd::{ForkResult, chdir, dup2_stderr, dup2_stdin, dup2_stdout, pipe2, setsid};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("start") => start(),
        Some("stop") => stop(),
        Some("run") => run(),
        Some("nothing") => {}
        _ => std::process::exit(2),
    }
}

/// Returns in the daemon when it has been stopped.
fn start() {
    let lock = open_lock();
    if !try_lock(&lock) {
        let pid = std::fs::read_to_string(pid_file()).unwrap_or_default();
        println!("already running, pid {}", pid.trim());
        std::process::exit(1);
    }
    let (read, write) = pipe2(OFlag::O_CLOEXEC).unwrap();
    if let ForkResult::Parent { .. } = fork() {
        drop(write);
        let mut verdict = [0];
        let ready = File::from(read).read(&mut verdict).unwrap() == 1;
        println!("{}", if ready { "started" } else { "failed" });
        std::process::exit(i32::from(!ready));
    }
    drop(read);
    setsid().unwrap();
    if let ForkResult::Parent { .. } = fork() {
        exit();
    }
    let signals = detached();
    hook();
    leave_stdio();
    File::from(write).write_all(b"R").unwrap();
    by_hand::live(signals);
    std::fs::remove_file(pid_file()).unwrap();
    drop(lock);
}

/// The daemon's own work before its init hook.
fn detached() -> by_hand::Signals {
    umask(Mode::from_bits_truncate(0o027));
    chdir("/").unwrap();
    std::fs::write(pid_file(), format!("{}\n", std::process::id())).unwrap();
    let log = log();
    dup2_stderr(log.as_fd()).unwrap();
    by_hand::catch()
}

fn leave_stdio() {
    let null = OpenOptions::new()
        .read(true)
        .write(true)
        .open("/dev/null")
        .unwrap();
    dup2_stdin(null.as_fd()).unwrap();
    dup2_stdout(null.as_fd()).unwrap();
}

/// Stays in the foreground, and notifies a waiting manager as `sd_notify(3)` does.
fn run() {
    let signals = by_hand::catch();
    hook();
    if let Some(path) = std::env::var_os("NOTIFY_SOCKET") {
        let socket = std::os::unix::net::UnixDatagram::unbound().unwrap();
        socket.send_to(b"READY=1", path).unwrap();
    }
    by_hand::live(signals);
}

/// Returns when the daemon's lock is free.
fn stop() {
    let pid = std::fs::read_to_string(pid_file()).unwrap();
    let pidfd = pidfd_open(pid.trim().parse().unwrap()).unwrap();
    terminate(&pidfd);
    let mut wanted = [PollFd::new(pidfd.as_fd(), PollFlags::POLLIN)];
    poll(&mut wanted, PollTimeout::NONE).unwrap();
    assert!(try_lock(&open_lock()));
    println!("stopped");
}

fn open_lock() -> File {
    let mut options = OpenOptions::new();
    options
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600);
    options.open(file("lock")).unwrap()
}

#[allow(unsafe_code, reason = "nix's owns the descriptor")]
fn try_lock(lock: &File) -> bool {
    // SAFETY: the descriptor is open for the whole call.
    unsafe { libc::flock(lock.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) == 0 }
}

#[allow(unsafe_code, reason = "a fork")]
fn fork() -> ForkResult {
    // SAFETY: the program has one thread.
    unsafe { nix::unistd::fork() }.unwrap()
}

#[allow(unsafe_code, reason = "the standard library has none")]
fn exit() -> ! {
    // SAFETY: ends the process without running what the other one will run.
    unsafe { libc::_exit(0) }
}

#[allow(unsafe_code, reason = "nix has none")]
fn pidfd_open(pid: i32) -> nix::Result<OwnedFd> {
    // SAFETY: plain numbers.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid, 0) })?;
    // SAFETY: the kernel just opened it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(i32::try_from(fd).map_err(|_| Errno::EBADF)?) })
}

#[allow(unsafe_code, reason = "nix has none")]
fn terminate(pidfd: &OwnedFd) {
    let none = std::ptr::null::<libc::siginfo_t>();
    // SAFETY: a null info is what kill(2) would send.
    unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            libc::SIGTERM,
            none,
            0,
        )
    };
}
