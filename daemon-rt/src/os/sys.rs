//! Every `unsafe` block of the project: system calls that nix does not wrap, and memory that the
//! kernel shares with us. Each function is safe to call as its documentation says.
#![allow(
    unsafe_code,
    reason = "the one place for it; each block states why it holds"
)]

use std::ffi::{CStr, CString, c_char, c_int, c_void};
use std::fs::File;
use std::io;
use std::mem::MaybeUninit;
use std::num::NonZeroUsize;
use std::ops::Range;
use std::os::fd::{AsRawFd, BorrowedFd, FromRawFd, OwnedFd, RawFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::ExitStatus;
use std::ptr::{self, NonNull};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicPtr, AtomicU32, AtomicU64, Ordering};

use nix::errno::Errno;
use nix::libc;
use nix::sys::mman::{
    MRemapFlags, MapFlags, MmapAdvise, ProtFlags, madvise, mmap, mmap_anonymous, mremap, munmap,
};
#[cfg(target_env = "gnu")]
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{SaFlags, SigAction, SigHandler, SigSet};
use nix::unistd::{ForkResult, Pid, SysconfVar, sysconf};

use crate::logger::Stage;

// Processes.

/// `fork(2)`. The caller of this function has made sure that the process has one thread.
///
/// # Errors
/// What `fork` says: EAGAIN, ENOMEM.
pub(crate) fn fork() -> nix::Result<ForkResult> {
    // SAFETY: the process has a single thread (`Detach::check` counted them), so no lock can be
    // left taken by a thread that the child does not have.
    unsafe { nix::unistd::fork() }
}

/// `waitpid(2)`: the child and how it ended; `None` when `options` has WNOHANG and none has.
///
/// nix's own fails for a child that a realtime signal ended, after it has reaped it.
pub(crate) fn waitpid(pid: i32, options: c_int) -> nix::Result<Option<(i32, ExitStatus)>> {
    let mut status = 0;
    // SAFETY: the kernel writes an int to a pointer to one.
    let ended = Errno::result(unsafe { libc::waitpid(pid, &raw mut status, options) })?;
    Ok((ended != 0).then(|| (ended, ExitStatus::from_raw(status))))
}

/// A child that has ended, and how, which stays to be waited for: `waitid(2)` with WNOWAIT. `None`
/// asks for whichever child.
///
/// # Errors
/// ECHILD when there is no such child.
pub(crate) fn peek(child: Option<Pid>) -> nix::Result<Option<(i32, ExitStatus)>> {
    let options = libc::WEXITED | libc::WNOHANG | libc::WNOWAIT;
    let (kind, id) = child.map_or((libc::P_ALL, 0), |child| {
        (libc::P_PID, child.as_raw().cast_unsigned())
    });
    // SAFETY: a zeroed siginfo_t is a valid value of this plain C struct.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes a siginfo_t to a pointer to one.
    Errno::result(unsafe { libc::waitid(kind, id, &raw mut info, options) })?;
    // SAFETY: waitid fills in both, and leaves `si_pid` 0 when no child has ended.
    let (pid, status) = unsafe { (info.si_pid(), info.si_status()) };
    // The word of waitpid(2), in which a signal has the low bits.
    let status = if info.si_code == libc::CLD_EXITED {
        status << 8
    } else {
        status
    };
    Ok((pid != 0).then(|| (pid, ExitStatus::from_raw(status))))
}

/// A descriptor that stands for process `pid`, `pidfd_open(2)`.
pub(crate) fn pidfd_open(pid: Pid) -> nix::Result<OwnedFd> {
    // SAFETY: plain numbers; a descriptor that comes back is new and nobody else's.
    let fd = Errno::result(unsafe { libc::syscall(libc::SYS_pidfd_open, pid.as_raw(), 0) })?;
    let fd = RawFd::try_from(fd).map_err(|_| Errno::EBADF)?;
    // SAFETY: the kernel just opened it for us.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Sends signal `number` to the process behind `pidfd`, `pidfd_send_signal(2)`.
pub(crate) fn pidfd_send_signal(pidfd: BorrowedFd<'_>, number: c_int) -> nix::Result<()> {
    let info = std::ptr::null::<c_void>();
    // SAFETY: the descriptor is open, and a null info is what kill(2) would send.
    let done = unsafe {
        libc::syscall(
            libc::SYS_pidfd_send_signal,
            pidfd.as_raw_fd(),
            number,
            info,
            0,
        )
    };
    Errno::result(done).map(drop)
}

/// Whether the kernel started this program with more rights than its caller has, `getauxval(3)`.
pub(crate) fn is_secure_execution() -> bool {
    // SAFETY: the call reads a word that the kernel wrote at exec.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Has `action` called when the process ends by `exit(3)` or by returning from `main`.
pub(crate) fn at_exit(action: extern "C" fn()) {
    // SAFETY: a function without arguments that lives as long as the program.
    let registered = unsafe { libc::atexit(action) };
    // Without memory for it, what is buffered is recovered as after a SIGKILL.
    let _ = registered;
}

// Descriptors.

/// Closes every descriptor above stderr except those in `keep`.
///
/// Call it only where nothing else owns a descriptor: in the daemon or in PID 1, just after the
/// fork, where every owner is a copy that is never dropped.
pub(crate) fn close_all_but(mut keep: [RawFd; 2]) -> io::Result<()> {
    keep.sort_unstable();
    let mut first = libc::STDERR_FILENO.cast_unsigned() + 1;
    for kept in keep {
        let kept = libc::c_uint::try_from(kept).map_err(|_| Errno::EBADF)?;
        if kept > first {
            close_range(first, kept - 1)?;
        }
        first = first.max(kept + 1);
    }
    close_range(first, libc::c_uint::MAX)
}

fn close_range(first: libc::c_uint, last: libc::c_uint) -> io::Result<()> {
    // SAFETY: the call takes plain numbers; what it closes has no owner left, as the caller states.
    let done = unsafe { libc::syscall(libc::SYS_close_range, first, last, 0) };
    match Errno::result(done) {
        Ok(_) => Ok(()),
        // Old kernels do not know the call, and sandboxes older than it refuse it.
        Err(Errno::ENOSYS | Errno::EPERM) => close_listed(first, last),
        Err(errno) => Err(errno.into()),
    }
}

/// The same by `/proc/self/fd`: never by the limit, which may be 10^9.
fn close_listed(first: libc::c_uint, last: libc::c_uint) -> io::Result<()> {
    let mut open = Vec::new();
    for entry in std::fs::read_dir("/proc/self/fd")? {
        let number = entry?
            .file_name()
            .to_str()
            .and_then(|name| name.parse().ok());
        open.extend(number.filter(|number: &libc::c_uint| (first..=last).contains(number)));
    }
    for fd in open.into_iter().filter_map(|fd| c_int::try_from(fd).ok()) {
        // SAFETY: as in `close_range`. The folder's own descriptor is among them and is closed
        // already; EBADF says so and harms nobody in a process of one thread.
        unsafe { libc::close(fd) };
    }
    Ok(())
}

/// Takes over the descriptor `number`, which this process inherited for the caller to use, and keeps
/// it from programs that this one runs. Once a number, before the process opens files of its own.
pub(crate) fn take_descriptor(number: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: F_SETFD touches no memory; a number that is not open is EBADF.
    Errno::result(unsafe { libc::fcntl(number, libc::F_SETFD, libc::FD_CLOEXEC) })?;
    // SAFETY: it is open, as the call above said. It was inherited, so no value of this process owns
    // it, and the caller takes it once.
    Ok(unsafe { OwnedFd::from_raw_fd(number) })
}

/// Makes the number of `target` mean what `source` means, atomically and close-on-exec: `dup3(2)`.
/// A `write` in progress on `target` ends on what it meant before.
pub(crate) fn replace(target: BorrowedFd<'_>, source: BorrowedFd<'_>) -> nix::Result<()> {
    // SAFETY: both descriptors are open for the whole call. The number stays its owner's: what it
    // means changes, as an owner that shares it with nobody else wants here.
    Errno::result(unsafe { libc::dup3(source.as_raw_fd(), target.as_raw_fd(), libc::O_CLOEXEC) })
        .map(drop)
}

/// `flock(2)` on a descriptor that stays the caller's (nix's `Flock` wants to own it).
pub(crate) fn flock(fd: BorrowedFd<'_>, operation: c_int) -> nix::Result<()> {
    // SAFETY: the descriptor is open for the whole call and the other argument is a number.
    Errno::result(unsafe { libc::flock(fd.as_raw_fd(), operation) }).map(drop)
}

/// Has the kernel send SIGCHLD to this process, once, when something in `folder` is made, removed or
/// renamed while the descriptor is open: `F_NOTIFY` of `fcntl(2)`.
///
/// Without a child that has ended it means nothing to anybody else.
pub(crate) fn tell_of_folder(folder: BorrowedFd<'_>) -> nix::Result<()> {
    const F_SETSIG: c_int = 10;
    // `DN_CREATE`, `DN_DELETE` and `DN_RENAME`, as fcntl.h has them.
    const EVENTS: libc::c_uint = 0x4 | 0x8 | 0x10;
    for (command, argument) in [
        (F_SETSIG, libc::SIGCHLD.cast_unsigned()),
        (libc::F_NOTIFY, EVENTS),
    ] {
        // SAFETY: the descriptor is open for the whole call and the arguments are numbers.
        Errno::result(unsafe { libc::fcntl(folder.as_raw_fd(), command, argument) })?;
    }
    Ok(())
}

/// Whether the file or folder at `path` has an access control list, `acl(5)`.
pub(crate) fn has_acl(path: &Path) -> bool {
    let Ok(path) = CString::new(path.as_os_str().as_bytes()) else {
        return false;
    };
    let name = c"system.posix_acl_access".as_ptr();
    // SAFETY: both texts end with a NUL, and nothing is written where there is no room.
    unsafe { libc::lgetxattr(path.as_ptr(), name, ptr::null_mut(), 0) > 0 }
}

// The environment and the arguments.

unsafe extern "C" {
    /// The environment, `environ(7)`: pointers to entries, the last one null.
    static mut environ: *const *const c_char;
}

/// Calls `see` with each entry of the environment. Only in a process of one thread.
pub(crate) fn each_variable(mut see: impl FnMut(&[u8])) {
    // SAFETY: the process has one thread, so nobody changes the environment meanwhile.
    let mut next = unsafe { environ };
    if next.is_null() {
        return;
    }
    // SAFETY: the pointers, the last one included, are the C library's, and none is null before it.
    while let Some(entry) = unsafe { (*next).as_ref() } {
        // SAFETY: each points to a string that a NUL ends.
        see(unsafe { CStr::from_ptr(entry) }.to_bytes());
        next = next.wrapping_add(1);
    }
}

/// Makes `block`, entries that a NUL ends each, the environment, for the life of the process: where
/// it was copied to, if anywhere, and on the heap else. Only in a process of one thread.
pub(crate) fn replace_environment(block: &[u8], copy: Option<&'static Range<usize>>) {
    let start: *const u8 = match copy {
        Some(region) => ptr::with_exposed_provenance(region.start),
        None => block.to_vec().leak().as_ptr(),
    };
    let entries = || block.split_inclusive(|byte| *byte == 0);
    let mut pointers = Vec::with_capacity(entries().count() + 1);
    let mut at = 0;
    for entry in entries() {
        pointers.push(start.wrapping_add(at).cast());
        at += entry.len();
    }
    pointers.push(ptr::null());
    // SAFETY: the process has one thread, so nobody reads the environment meanwhile; the pointers
    // and what they point to stay: the kernel's region is never unmapped, nor written to but by the
    // cleaning. `setenv(3)` and the like copy an array that is not their own.
    unsafe { environ = pointers.leak().as_ptr() };
}

/// Sets a variable of the environment. Only in a process of one thread.
pub(crate) fn set_env(name: &str, value: &str) {
    // SAFETY: the process has one thread, so nobody reads the environment meanwhile.
    unsafe { std::env::set_var(name, value) };
}

/// Removes a variable from the environment. Before the program has a second thread.
pub(crate) fn remove_env(name: &str) {
    // SAFETY: the process has one thread, so nobody reads the environment meanwhile.
    unsafe { std::env::remove_var(name) };
}

/// Overwrites `region`, a part of the process's own memory, with `bytes`, as many as fit, and NULs.
///
/// # Safety of the call
/// The region is where the kernel put the arguments or the environment at exec, and no reference to
/// that memory is alive: see `title`.
pub(crate) fn overwrite(region: &Range<usize>, bytes: &[u8]) {
    let target: *mut u8 = std::ptr::with_exposed_provenance_mut(region.start);
    let length = bytes.len().min(region.len());
    // SAFETY: the kernel mapped this region for the arguments and the environment, writable, at
    // exec; it does not overlap `bytes`, which is on the heap.
    unsafe {
        std::ptr::copy_nonoverlapping(bytes.as_ptr(), target, length);
        std::ptr::write_bytes(target.add(length), 0, region.len() - length);
    };
}

// What happens at a signal.

/// What happens at signal `number`.
fn disposition(number: c_int) -> io::Result<libc::sigaction> {
    // SAFETY: a zeroed sigaction is a valid value of this plain C struct.
    let mut action: libc::sigaction = unsafe { std::mem::zeroed() };
    // SAFETY: with no new action the call only writes the old one into `action`.
    Errno::result(unsafe { libc::sigaction(number, std::ptr::null(), &raw mut action) })?;
    Ok(action)
}

/// Whether signal `number` is ignored.
pub(crate) fn is_ignored(number: c_int) -> bool {
    disposition(number).is_ok_and(|action| action.sa_sigaction == libc::SIG_IGN)
}

/// Gives signal `number` its default disposition if it is ignored; a handler stays.
pub(crate) fn unignore(number: c_int) -> io::Result<()> {
    let mut action = disposition(number)?;
    if action.sa_sigaction == libc::SIG_IGN {
        action.sa_sigaction = libc::SIG_DFL;
        // SAFETY: SIG_DFL runs no code of ours.
        Errno::result(unsafe { libc::sigaction(number, &raw const action, std::ptr::null_mut()) })?;
    }
    Ok(())
}

/// Gives `signal` its default disposition and returns what it had.
pub(crate) fn default_disposition(signal: nix::sys::signal::Signal) -> nix::Result<SigAction> {
    let default = SigAction::new(SigHandler::SigDfl, SaFlags::empty(), SigSet::empty());
    restore_disposition(signal, &default)
}

/// Gives `signal` the disposition that [`default_disposition`] returned.
pub(crate) fn restore_disposition(
    signal: nix::sys::signal::Signal,
    action: &SigAction,
) -> nix::Result<SigAction> {
    // SAFETY: the action is the default one, or one that was in force in this process before.
    unsafe { nix::sys::signal::sigaction(signal, action) }
}

/// Calls `action` whenever signal `number` arrives, in signal context: it may touch atomics and
/// make async-signal-safe system calls, nothing else.
pub(crate) fn on_signal<F>(number: c_int, action: F) -> io::Result<()>
where
    F: Fn(&libc::siginfo_t) + Sync + Send + 'static,
{
    // SAFETY: the only caller passes `signal::pending::note`, which keeps to atomics, the mapped state
    // page among them, `write(2)` on an eventfd, `clock_gettime(2)`, `timer_settime(2)` and `_exit(2)`.
    unsafe { signal_hook_registry::register_sigaction(number, action) }.map(drop)
}

/// Catches signal `number` to do nothing, unless somebody has a handler for it.
pub(crate) fn catch_idly(number: c_int) -> io::Result<()> {
    extern "C" fn nothing(_: c_int) {}

    let mut action = disposition(number)?;
    if [libc::SIG_DFL, libc::SIG_IGN].contains(&action.sa_sigaction) {
        action.sa_sigaction = nothing as extern "C" fn(c_int) as usize;
        action.sa_flags = libc::SA_RESTART | libc::SA_ONSTACK;
        // SAFETY: the action is one of this process, but for a handler of the type that its flags
        // say, which does nothing.
        Errno::result(unsafe { libc::sigaction(number, &raw const action, ptr::null_mut()) })?;
    }
    Ok(())
}

// What comes with a signal, and what passes it on.

/// The `si_code` of a signal that PID 1 passed on and that came without a value: below zero, as
/// the kernel wants it of processes, and none of the system's own.
const PASSED_ON: c_int = -100;

/// The sender of a signal as `(pid, uid)`, where `si_code` says that a process sent it.
pub(crate) fn sender(info: &libc::siginfo_t) -> Option<(i32, u32)> {
    matches!(
        info.si_code,
        libc::SI_USER | libc::SI_QUEUE | libc::SI_TKILL | PASSED_ON
    )
    .then(|| {
        // SAFETY: with these codes the kernel, or PID 1 in its stead, filled in the fields `si_pid`
        // and `si_uid`.
        unsafe { (info.si_pid(), info.si_uid()) }
    })
}

/// The value that came with a queued signal.
pub(crate) fn queued_value(info: &libc::siginfo_t) -> Option<i32> {
    (info.si_code == libc::SI_QUEUE).then(|| {
        // SAFETY: with SI_QUEUE the kernel filled in `si_value`.
        let value = unsafe { info.si_value() };
        // The union's int is what `sigqueue(3)` and kill(1) set: the low half on every target.
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_possible_wrap,
            reason = "the int of the union"
        )]
        let value = value.sival_ptr.addr() as i32;
        value
    })
}

/// Whose address the signals of a [`Timer`] carry.
static MARK: AtomicBool = AtomicBool::new(false);

/// Whether a [`Timer`] sent the signal, and not one of the program's own.
pub(crate) fn is_timer(info: &libc::siginfo_t) -> bool {
    // SAFETY: with SI_TIMER the kernel filled in `si_value`.
    info.si_code == libc::SI_TIMER && unsafe { info.si_value() }.sival_ptr == mark().sival_ptr
}

fn mark() -> libc::sigval {
    libc::sigval {
        sival_ptr: (&raw const MARK).cast_mut().cast(),
    }
}

/// Takes the next of the signals in `set`, which are blocked: `sigwaitinfo(2)`.
pub(crate) fn wait_for_signal(set: &SigSet) -> libc::siginfo_t {
    // SAFETY: a zeroed siginfo_t is a valid value of this plain C struct.
    let mut info: libc::siginfo_t = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel reads the set and writes a siginfo_t to a pointer to one. Only an
    // interruption makes it fail.
    while unsafe { libc::sigwaitinfo(set.as_ref(), &raw mut info) } < 0 {}
    info
}

/// Sends `process` the signal that was taken as `info`, with its sender and its value,
/// `rt_sigqueueinfo(2)`.
///
/// # Errors
/// EAGAIN for a realtime signal when as many are queued as `RLIMIT_SIGPENDING` allows.
pub(crate) fn pass_on(process: Pid, info: &libc::siginfo_t) -> nix::Result<()> {
    let mut info = *info;
    if info.si_code != libc::SI_QUEUE {
        info.si_code = PASSED_ON;
    }
    // SAFETY: the kernel reads the siginfo_t, which it wrote itself but for the code.
    let done = unsafe {
        libc::syscall(
            libc::SYS_rt_sigqueueinfo,
            process.as_raw(),
            info.si_signo,
            &raw const info,
        )
    };
    Errno::result(done).map(drop)
}

/// A timer on the monotonic clock that sends a signal to this process, `timer_create(2)`. It is
/// never deleted: the process has one for its life.
#[derive(Debug)]
pub(crate) struct Timer(AtomicPtr<c_void>);

impl Timer {
    pub(crate) fn new(signal: c_int) -> nix::Result<Self> {
        // SAFETY: a zeroed sigevent is a valid value of this plain C struct.
        let mut event: libc::sigevent = unsafe { std::mem::zeroed() };
        event.sigev_notify = libc::SIGEV_SIGNAL;
        event.sigev_signo = signal;
        event.sigev_value = mark();
        let mut timer: libc::timer_t = ptr::null_mut();
        // SAFETY: the kernel reads the event and writes the timer's id, both on this stack.
        let made =
            unsafe { libc::timer_create(libc::CLOCK_MONOTONIC, &raw mut event, &raw mut timer) };
        Errno::result(made)?;
        Ok(Self(AtomicPtr::new(timer)))
    }

    /// Lets it fire once, `time` from now; a time that was set before is forgotten. May be called
    /// in signal context, `signal-safety(7)`.
    pub(crate) fn set(&self, time: std::time::Duration) -> nix::Result<()> {
        let time = libc::itimerspec {
            it_interval: *nix::sys::time::TimeSpec::new(0, 0).as_ref(),
            it_value: *nix::sys::time::TimeSpec::from(time).as_ref(),
        };
        let timer = self.0.load(Ordering::Relaxed);
        // SAFETY: the id is of a timer that is never deleted, and the kernel reads the time here.
        Errno::result(unsafe { libc::timer_settime(timer, 0, &raw const time, ptr::null_mut()) })
            .map(drop)
    }
}

// Capabilities.

/// The sets of capabilities of a thread, 64 bits each.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CapabilitySets {
    pub effective: u64,
    pub permitted: u64,
    pub inheritable: u64,
}

/// The header of `capget(2)` and `capset(2)`: `_LINUX_CAPABILITY_VERSION_3`, and this thread.
const CAPABILITY_HEADER: [u32; 2] = [0x2008_0522, 0];

/// The sets of this thread, `capget(2)`.
pub(crate) fn capabilities() -> nix::Result<CapabilitySets> {
    let mut header = CAPABILITY_HEADER;
    let mut halves = [[0_u32; 3]; 2];
    // SAFETY: both have the layout of this version in linux/capability.h; the kernel writes the sets
    // and may write the header.
    let done = unsafe { libc::syscall(libc::SYS_capget, header.as_mut_ptr(), halves.as_mut_ptr()) };
    Errno::result(done)?;
    let whole = |set: usize| u64::from(halves[1][set]) << 32 | u64::from(halves[0][set]);
    Ok(CapabilitySets {
        effective: whole(0),
        permitted: whole(1),
        inheritable: whole(2),
    })
}

/// Sets the sets of this thread, `capset(2)`.
pub(crate) fn set_capabilities(sets: CapabilitySets) -> nix::Result<()> {
    let mut header = CAPABILITY_HEADER;
    // The low halves first.
    let halves = [0, 32].map(|shift| {
        [sets.effective, sets.permitted, sets.inheritable].map(|set| {
            #[allow(clippy::cast_possible_truncation, reason = "a half of it")]
            let half = (set >> shift) as u32;
            half
        })
    });
    // SAFETY: as in `capabilities`; the kernel only reads the sets.
    let done = unsafe { libc::syscall(libc::SYS_capset, header.as_mut_ptr(), halves.as_ptr()) };
    Errno::result(done).map(drop)
}

/// Takes capability `number` out of the bounding set of this thread, for good.
pub(crate) fn drop_bounding(number: u32) -> nix::Result<()> {
    let number = libc::c_ulong::from(number);
    // SAFETY: plain numbers.
    Errno::result(unsafe { libc::prctl(libc::PR_CAPBSET_DROP, number, 0, 0, 0) }).map(drop)
}

// Memory of this process.

/// Private memory straight from the kernel.
struct Pages {
    start: NonNull<u8>,
    size: NonZeroUsize,
}

impl Pages {
    fn new(size: NonZeroUsize) -> nix::Result<Self> {
        let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
        // SAFETY: the kernel picks the address, so no existing mapping is replaced.
        let start = unsafe { mmap_anonymous(None, size, access, MapFlags::MAP_PRIVATE) }?;
        Ok(Self {
            start: start.cast(),
            size,
        })
    }

    fn grow(&mut self, size: NonZeroUsize) -> nix::Result<()> {
        let (old, new) = (self.size.get(), size.get());
        // SAFETY: the mapping is ours and nobody holds a reference into it: `&mut self`.
        let start = unsafe {
            mremap(
                self.start.cast(),
                old,
                new,
                MRemapFlags::MREMAP_MAYMOVE,
                None,
            )
        }?;
        (self.start, self.size) = (start.cast(), size);
        Ok(())
    }
}

impl Drop for Pages {
    fn drop(&mut self) {
        // SAFETY: the mapping is ours, of this size, and nothing refers to it any more. It can
        // only fail for arguments that are not a mapping's.
        let _ = unsafe { munmap(self.start.cast(), self.size.get()) };
    }
}

/// Maps `count` pairs of zeros, private, for as long as the process lives. They cost no memory until
/// they are written to.
pub(crate) fn map_zeros(count: usize) -> nix::Result<&'static [[AtomicU64; 2]]> {
    let size = count
        .checked_mul(size_of::<[AtomicU64; 2]>())
        .and_then(NonZeroUsize::new);
    let pages = std::mem::ManuallyDrop::new(Pages::new(size.ok_or(Errno::EINVAL)?)?);
    // SAFETY: the mapping is page-aligned, of this size and never unmapped; zeros are valid words,
    // and all access to them is through atomics.
    Ok(unsafe { std::slice::from_raw_parts(pages.start.as_ptr().cast(), count) })
}

/// Bytes that grow without the heap: `N` on the stack, then pages of their own.
pub(crate) struct Bytes<const N: usize> {
    near: [MaybeUninit<u8>; N],
    far: Option<Pages>,
    room: usize,
    len: usize,
}

impl<const N: usize> Bytes<N> {
    pub(crate) const fn new() -> Self {
        Self {
            near: [const { MaybeUninit::uninit() }; N],
            far: None,
            room: N,
            len: 0,
        }
    }

    pub(crate) const fn len(&self) -> usize {
        self.len
    }

    /// Appends `bytes`; false, and nothing appended, when there is no memory.
    #[inline]
    pub(crate) fn push(&mut self, bytes: &[u8]) -> bool {
        if bytes.len() > self.room - self.len && !self.grow(bytes.len()) {
            return false;
        }
        let end = self.start().wrapping_add(self.len);
        // SAFETY: `len + bytes.len() <= room`, the size of the memory at `start`, which is ours
        // alone and so does not overlap `bytes`.
        unsafe { ptr::copy_nonoverlapping(bytes.as_ptr(), end, bytes.len()) };
        self.len += bytes.len();
        true
    }

    /// Forgets what is beyond `len`.
    pub(crate) fn truncate(&mut self, len: usize) {
        self.len = self.len.min(len);
    }

    pub(crate) fn as_slice(&self) -> &[u8] {
        let start = match &self.far {
            None => self.near.as_ptr().cast::<u8>(),
            Some(pages) => pages.start.as_ptr().cast_const(),
        };
        // SAFETY: the first `len` bytes at `start` were written by `push`, and `&self` keeps them.
        unsafe { std::slice::from_raw_parts(start, self.len) }
    }

    fn start(&mut self) -> *mut u8 {
        match &self.far {
            None => self.near.as_mut_ptr().cast(),
            Some(pages) => pages.start.as_ptr(),
        }
    }

    #[cold]
    fn grow(&mut self, more: usize) -> bool {
        let wanted = self
            .len
            .checked_add(more)
            .and_then(usize::checked_next_power_of_two);
        let Some(wanted) = wanted
            .map(|wanted| wanted.max(16 * N))
            .and_then(NonZeroUsize::new)
        else {
            return false;
        };
        let grown = match &mut self.far {
            Some(pages) => pages.grow(wanted),
            None => Pages::new(wanted).map(|pages| {
                // SAFETY: `len` bytes of `near` are written, and the new pages have more room.
                unsafe {
                    ptr::copy_nonoverlapping(
                        self.near.as_ptr().cast(),
                        pages.start.as_ptr(),
                        self.len,
                    );
                }
                self.far = Some(pages);
            }),
        };
        if grown.is_ok() {
            self.room = wanted.get();
        }
        grown.is_ok()
    }
}

/// A value that is replaced as a whole and read without a lock, at any time and from any thread.
///
/// What it held before is never freed, since a reader may still look at it: for settings that a
/// person changes.
pub(crate) struct Settable<T: 'static>(AtomicPtr<T>);

impl<T: Send + Sync> Settable<T> {
    pub(crate) const fn empty() -> Self {
        Self(AtomicPtr::new(ptr::null_mut()))
    }

    pub(crate) fn get(&self) -> Option<&'static T> {
        // SAFETY: the pointer is null or came from `Box::leak` of a `T`, which nobody mutates or
        // frees; acquire pairs with the release in `set`, so its fields are visible.
        unsafe { self.0.load(Ordering::Acquire).as_ref() }
    }

    pub(crate) fn set(&self, value: Option<T>) {
        let new = value.map_or(ptr::null_mut(), |value| {
            ptr::from_mut(Box::leak(Box::new(value)))
        });
        self.0.store(new, Ordering::Release);
    }
}

/// What a forked child must not take over from its parent: the kernel hands it a zeroed copy.
pub(crate) struct OwnPage {
    /// This process's id, or zero until somebody asks.
    pid: AtomicU32,
    /// Taken while the log is being reopened, or the staging file made.
    pub(crate) reopening: AtomicBool,
    /// The staging file, once there is one.
    pub(crate) stage: Settable<Stage>,
    /// Whether it was made, or could not be.
    pub(crate) staged: AtomicBool,
}

impl OwnPage {
    const fn empty() -> Self {
        Self {
            pid: AtomicU32::new(0),
            reopening: AtomicBool::new(false),
            stage: Settable::empty(),
            staged: AtomicBool::new(false),
        }
    }
}

static OWN_PAGE: AtomicPtr<OwnPage> = AtomicPtr::new(ptr::null_mut());

/// The page of this process, `MADV_WIPEONFORK` in madvise(2): a child forked by any means, from
/// any thread, begins with zeros, so nothing in it can look taken by a thread that it lacks.
///
/// Made at the first call, since many processes never need it, and without a lock: a child forked
/// while another thread held that would wait for ever.
#[inline]
pub(crate) fn own_page() -> &'static OwnPage {
    made_own_page().unwrap_or_else(make_own_page)
}

/// The same, if it was made.
#[inline]
pub(crate) fn made_own_page() -> Option<&'static OwnPage> {
    // SAFETY: the pointer is null, or that of a page that is never unmapped and consists of atomics;
    // acquire pairs with the release in `make_own_page`.
    unsafe { OWN_PAGE.load(Ordering::Acquire).as_ref() }
}

#[cold]
fn make_own_page() -> &'static OwnPage {
    let new = map_own_page().unwrap_or_else(|_| Box::leak(Box::new(OwnPage::empty())));
    let (null, order) = (ptr::null_mut(), Ordering::AcqRel);
    let first = OWN_PAGE.compare_exchange(
        null,
        ptr::from_ref(new).cast_mut(),
        order,
        Ordering::Acquire,
    );
    match first {
        Ok(_) => new,
        // Another thread was faster; this page stays unused.
        Err(_) => made_own_page().unwrap_or(new),
    }
}

fn map_own_page() -> nix::Result<&'static OwnPage> {
    let size = NonZeroUsize::new(size_of::<OwnPage>()).ok_or(Errno::EINVAL)?;
    let page = Pages::new(size)?;
    // SAFETY: the mapping is `page`'s. Until the call succeeds nobody else knows of it.
    unsafe { madvise(page.start.cast(), size.get(), MmapAdvise::MADV_WIPEONFORK) }?;
    let page = std::mem::ManuallyDrop::new(page);
    // SAFETY: page-aligned, large enough and never unmapped; zeros are a valid `OwnPage`, an empty
    // one, which consists of atomics, so that the kernel's wiping is no mutation behind a reference's back:
    // it happens before the child runs at all.
    Ok(unsafe { page.start.cast::<OwnPage>().as_ref() })
}

/// This process's id without a system call.
#[inline]
pub(crate) fn pid() -> u32 {
    let page = own_page();
    match page.pid.load(Ordering::Relaxed) {
        0 => {
            let pid = std::process::id();
            page.pid.store(pid, Ordering::Relaxed);
            pid
        }
        pid => pid,
    }
}

/// Gives back to the kernel what the command line and the start took of the memory, and the daemon
/// would keep for its life: the stack below the caller, and free pages of the heap, `malloc_trim(3)`,
/// which other C libraries give back by themselves.
///
/// A process of more than some 32 MB keeps its heap: to search one of gigabytes takes half a second,
/// in which the daemon would be ready and do nothing.
pub(crate) fn give_back() {
    #[cfg(target_env = "gnu")]
    if getrusage(UsageWho::RUSAGE_SELF).is_ok_and(|usage| usage.max_rss() < 32 * 1024) {
        // SAFETY: the call takes a number, and the allocator's own locks.
        unsafe { libc::malloc_trim(0) };
    }
    let page = sysconf(SysconfVar::PAGE_SIZE).ok().flatten();
    let Some(page) = page.and_then(|page| NonZeroUsize::new(usize::try_from(page).ok()?)) else {
        return;
    };
    let below = stack_below(page.get());
    if let Some(start) = NonNull::new(ptr::with_exposed_provenance_mut(below.start)) {
        // SAFETY: these pages were a local of a call that has returned, so nothing lives in them, and
        // what uses them next expects no value there. Above them is left what `madvise` itself needs.
        let _ = unsafe { madvise(start, below.len(), MmapAdvise::MADV_DONTNEED) };
    }
}

/// Whole pages of this thread's stack that nothing lives in: the room of a local of this function, but
/// for what is next to the caller. `page` is the size of one: the kernel rounds lengths up to it. No
/// calls in here: they would touch what is deeper.
#[inline(never)]
fn stack_below(page: usize) -> Range<usize> {
    /// About as deep as a start goes.
    const SIZE: usize = 32 * 1024;
    /// For the calls that the caller makes to give it back.
    const LEFT: usize = 1024;
    let room = std::hint::black_box(MaybeUninit::<[u8; SIZE]>::uninit());
    let start = room.as_ptr().expose_provenance();
    start.next_multiple_of(page)..(start + SIZE - LEFT) / page * page
}

// Memory that is a file's.

/// Maps the first `size` bytes of `file`, shared and for writing, for the life of the process.
fn map_shared(file: &File, size: usize) -> nix::Result<NonNull<c_void>> {
    let size = NonZeroUsize::new(size).ok_or(Errno::EINVAL)?;
    let access = ProtFlags::PROT_READ | ProtFlags::PROT_WRITE;
    // SAFETY: the kernel picks the address, so no existing mapping is replaced.
    let start = unsafe { mmap(None, size, access, MapFlags::MAP_SHARED, file, 0) }?;
    let first = start.as_ptr().expose_provenance();
    Mapping::note(first..first + size.get());
    Ok(start)
}

/// A mapping of a file, of which the kernel may say at any access that there is nothing behind it:
/// somebody has cut the file short, or a file system that writes each change to a new place (btrfs)
/// is full. It says so by SIGBUS, which would end the process.
struct Mapping {
    range: Range<usize>,
    /// Whether pages of it are the process's own by now, and no longer the file's.
    is_broken: AtomicBool,
    next: Option<&'static Self>,
}

/// All mappings: some few, the latest first.
static MAPPINGS: AtomicPtr<Mapping> = AtomicPtr::new(ptr::null_mut());

/// Whether there is one that is broken: mostly not, and whoever asks is in a hurry.
static ANY_IS_BROKEN: AtomicBool = AtomicBool::new(false);

/// What happened at SIGBUS before: the standard library tells a stack that overflows.
static BEFORE: OnceLock<libc::sigaction> = OnceLock::new();

impl Mapping {
    fn note(range: Range<usize>) {
        if BEFORE.get().is_none()
            && let Ok(before) = disposition(libc::SIGBUS)
            && BEFORE.set(before).is_ok()
        {
            let mut action = before;
            action.sa_sigaction = on_bus_error as BusHandler as usize;
            action.sa_flags = libc::SA_SIGINFO | libc::SA_ONSTACK;
            // SAFETY: the handler is of the type that the flags say, keeps to atomics and to system
            // calls, and hands on what is not its own. Without it the process dies as it would have.
            let _ = unsafe { libc::sigaction(libc::SIGBUS, &raw const action, ptr::null_mut()) };
        }
        let mut next = Self::latest();
        loop {
            let mapping = ptr::from_mut(Box::leak(Box::new(Self {
                range: range.clone(),
                is_broken: AtomicBool::new(false),
                next,
            })));
            let known = next.map_or(ptr::null_mut(), |next| ptr::from_ref(next).cast_mut());
            let (order, failed) = (Ordering::AcqRel, Ordering::Acquire);
            match MAPPINGS.compare_exchange(known, mapping, order, failed) {
                Ok(_) => return,
                Err(_) => next = Self::latest(),
            }
        }
    }

    fn latest() -> Option<&'static Self> {
        // SAFETY: the pointer is null or that of a leaked mapping, which nobody mutates; acquire
        // pairs with the release in `note`.
        unsafe { MAPPINGS.load(Ordering::Acquire).as_ref() }
    }

    fn of(address: usize) -> Option<&'static Self> {
        let all = std::iter::successors(Self::latest(), |mapping| mapping.next);
        all.into_iter()
            .find(|mapping| mapping.range.contains(&address))
    }
}

/// Whether the mapping of a file that begins at `start` is no longer the file's: what is stored there
/// stays in this process.
#[inline]
fn is_broken<T>(start: *const T) -> bool {
    ANY_IS_BROKEN.load(Ordering::Relaxed)
        && Mapping::of(start.addr()).is_some_and(|it| it.is_broken.load(Ordering::Relaxed))
}

type BusHandler = extern "C" fn(c_int, *const libc::siginfo_t, *mut c_void);

extern "C" fn on_bus_error(number: c_int, info: *const libc::siginfo_t, context: *mut c_void) {
    // SAFETY: with SA_SIGINFO the kernel hands over a siginfo_t, which for this signal has an address
    // if `si_code` says that the kernel sent it.
    let address = unsafe { ((*info).si_code > 0).then(|| (*info).si_addr().addr()) };
    let errno = Errno::last_raw();
    let mapping = address.and_then(|address| Some((Mapping::of(address)?, address)));
    if let Some((mapping, address)) = mapping
        && own_instead(address).is_ok()
    {
        mapping.is_broken.store(true, Ordering::Relaxed);
        ANY_IS_BROKEN.store(true, Ordering::Relaxed);
    } else {
        hand_on(number, info, context);
    }
    Errno::set_raw(errno);
}

/// Puts a page of this process's own where a page of a file was, with what can still be read of it.
/// In signal context.
fn own_instead(address: usize) -> nix::Result<()> {
    // SAFETY: the call reads a word that the kernel wrote at exec.
    let page = unsafe { libc::getauxval(libc::AT_PAGESZ) };
    let page = usize::try_from(page).ok().and_then(NonZeroUsize::new);
    let page = page.ok_or(Errno::EINVAL)?;
    let old = ptr::with_exposed_provenance_mut::<c_void>(address / page.get() * page.get());
    let new = std::mem::ManuallyDrop::new(Pages::new(page)?);
    rescue(old, new.start.as_ptr().cast(), page.get());
    let (size, flags) = (page.get(), libc::MREMAP_MAYMOVE | libc::MREMAP_FIXED);
    // SAFETY: both are pages of this process. The old one is in a mapping that is never unmapped, of words
    // that are atomic or of bytes that one thread at a time writes; the call replaces it in one step by the
    // new one, which has no owner. What another thread has written since the copy is lost.
    let moved = unsafe { libc::mremap(new.start.as_ptr().cast(), size, size, flags, old) };
    if moved == libc::MAP_FAILED {
        return Err(Errno::last());
    }
    Ok(())
}

/// Copies a page that the process may not touch: through a pipe, since where nothing can be read the
/// kernel fails a write(2) and sends no signal. What cannot be copied stays zeros.
fn rescue(old: *const c_void, new: *mut c_void, size: usize) {
    let mut pipe = [-1; 2];
    // SAFETY: the kernel writes two descriptors to an array of two.
    if unsafe { libc::pipe2(pipe.as_mut_ptr(), libc::O_CLOEXEC | libc::O_NONBLOCK) } != 0 {
        return;
    }
    // SAFETY: the kernel checks what it reads of `old`, and `new` is a page of our own.
    unsafe {
        if libc::write(pipe[1], old, size) > 0 {
            libc::read(pipe[0], new, size);
        }
        libc::close(pipe[0]);
        libc::close(pipe[1]);
    }
}

/// Has happen at a SIGBUS what would have happened without the runtime.
fn hand_on(number: c_int, info: *const libc::siginfo_t, context: *mut c_void) {
    let before = BEFORE.get();
    let before = before.filter(|it| ![libc::SIG_DFL, libc::SIG_IGN].contains(&it.sa_sigaction));
    let handler = before.map(|it| ptr::with_exposed_provenance::<()>(it.sa_sigaction));
    let takes_info = before.is_some_and(|it| it.sa_flags & libc::SA_SIGINFO != 0);
    // SAFETY: the word is a handler of the type that its flags say. Where there was none, the process
    // ends as it would have, now or when the access is tried again.
    unsafe {
        match handler {
            Some(handler) if takes_info => {
                std::mem::transmute::<*const (), BusHandler>(handler)(number, info, context);
            }
            Some(handler) => {
                std::mem::transmute::<*const (), extern "C" fn(c_int)>(handler)(number);
            }
            None => {
                libc::signal(number, libc::SIG_DFL);
                libc::raise(number);
            }
        }
    }
}

/// How many words the state page has: 4096 bytes.
pub(crate) const PAGE_WORDS: usize = 512;

/// Maps the first page of `file`, shared and for writing, for as long as the process lives.
///
/// The file must be at least a page long. Where it does not stay so, or its file system is full, the
/// page is the process's own from then on: [`is_page_broken`].
pub(crate) fn map_page(file: &File) -> nix::Result<&'static [AtomicU64; PAGE_WORDS]> {
    let page = map_shared(file, PAGE_WORDS * size_of::<u64>())?;
    // SAFETY: the mapping is page-aligned, one page long, never unmapped, and every access to it,
    // here and by other processes, is to whole words through atomics or through `pread`.
    Ok(unsafe { page.cast::<[AtomicU64; PAGE_WORDS]>().as_ref() })
}

/// Whether what is stored in a page of [`map_page`] does not reach the file any more.
pub(crate) fn is_page_broken(page: &'static [AtomicU64; PAGE_WORDS]) -> bool {
    is_broken(page.as_ptr())
}

/// A file mapped shared and for writing, for as long as the process lives: words at its beginning,
/// bytes behind them.
#[derive(Debug)]
pub(crate) struct SharedMap {
    start: NonNull<u8>,
    size: usize,
}

// SAFETY: the mapping is never unmapped; bytes are written through `&mut self` only, and words
// through atomics.
unsafe impl Send for SharedMap {}

impl SharedMap {
    pub(crate) fn new(file: &File, size: usize) -> nix::Result<Self> {
        let start = map_shared(file, size)?.cast();
        Ok(Self { start, size })
    }

    /// Whether what is stored here does not reach the file any more, and what the file had may read
    /// as zeros.
    #[inline]
    pub(crate) fn is_broken(&self) -> bool {
        is_broken(self.start.as_ptr())
    }

    /// Sets word `index`, after everything that was written before.
    #[inline]
    pub(crate) fn store(&self, index: usize, value: u64) {
        assert!((index + 1) * 8 <= self.size);
        // SAFETY: within the mapping and aligned, as the mapping is; only ever accessed here.
        let word = unsafe { self.start.cast::<AtomicU64>().add(index).as_ref() };
        word.store(value, Ordering::Release);
    }

    /// Copies `bytes` to `at`; where they end, or none when they do not fit.
    #[inline]
    pub(crate) fn copy_in(&mut self, at: usize, bytes: &[u8]) -> Option<usize> {
        let end = at
            .checked_add(bytes.len())
            .filter(|end| *end <= self.size)?;
        // SAFETY: `at..end` is within the mapping, and `&mut self` excludes other users of it.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), self.start.as_ptr().add(at), bytes.len());
        };
        Some(end)
    }

    /// The bytes of `range`.
    pub(crate) fn bytes(&self, range: std::ops::Range<usize>) -> &[u8] {
        assert!(range.start <= range.end && range.end <= self.size);
        // SAFETY: within the mapping, and initialized, as every byte of a file is. They are this process's
        // to write, through `&mut self`; what a file that is cut short makes of them is zeros, or a copy.
        unsafe { std::slice::from_raw_parts(self.start.as_ptr().add(range.start), range.len()) }
    }
}
