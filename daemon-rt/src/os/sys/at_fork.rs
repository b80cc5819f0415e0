//! A descriptor and a mapping that no copy of the process keeps, `pthread_atfork(3)`.
//!
//! A child that keeps either would keep the locks of their open file description.

use std::ffi::c_void;
use std::os::fd::{AsRawFd, BorrowedFd};
use std::ptr;
use std::sync::atomic::{AtomicI32, AtomicPtr, AtomicU64, Ordering};

use nix::libc;

use super::mapping::PAGE_WORDS;
use crate::os::file_id::FileId;

/// The size of the page.
const SIZE: usize = PAGE_WORDS * size_of::<u64>();

/// The descriptor, and the identity of its file; -1 for none.
static NUMBER: AtomicI32 = AtomicI32::new(-1);
static DEVICE: AtomicU64 = AtomicU64::new(0);
static INODE: AtomicU64 = AtomicU64::new(0);

/// The page that is mapped by the descriptor.
static PAGE: AtomicPtr<c_void> = AtomicPtr::new(ptr::null_mut());

/// Makes every child that `fork(3)` creates close `descriptor`, unless another file has its number by
/// then. It also gives the child a copy of `page` in place of the mapped one. A child that executes another program
/// keeps neither in any case. Called once.
pub(crate) fn keep_from_copies(
    descriptor: BorrowedFd<'_>,
    file: FileId,
    page: &'static [AtomicU64; PAGE_WORDS],
) {
    DEVICE.store(file.device, Ordering::Relaxed);
    INODE.store(file.inode, Ordering::Relaxed);
    PAGE.store(ptr::from_ref(page).cast_mut().cast(), Ordering::Relaxed);
    NUMBER.store(descriptor.as_raw_fd(), Ordering::Release);
    // SAFETY: the handler keeps to system calls and atomics, and lives as long as the program.
    let registered = unsafe { libc::pthread_atfork(None, None, Some(separate)) };
    // If memory is exhausted, a copy keeps the lock until it ends.
    let _ = registered;
}

extern "C" fn separate() {
    let number = NUMBER.swap(-1, Ordering::AcqRel);
    if number < 0 {
        return;
    }
    copy_page(PAGE.load(Ordering::Relaxed));
    // SAFETY: zeros are a valid value of this plain C struct.
    let mut stat: libc::stat = unsafe { std::mem::zeroed() };
    // SAFETY: the kernel writes a stat to a pointer to one.
    let is_open = unsafe { libc::fstat(number, &raw mut stat) } == 0;
    let is_ours = stat.st_dev == DEVICE.load(Ordering::Relaxed)
        && stat.st_ino == INODE.load(Ordering::Relaxed);
    if is_open && is_ours {
        // SAFETY: the descriptor is that of the lock file, which a copy never uses.
        unsafe { libc::close(number) };
    }
}

/// Puts memory of this process in place of the mapped page.
fn copy_page(page: *mut c_void) {
    let mut content = [0_u8; SIZE];
    let access = libc::PROT_READ | libc::PROT_WRITE;
    let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_FIXED;
    // SAFETY: the page is mapped for the life of the process, and the child has one thread. A reference
    // to it is to atomics, and finds the same values afterwards.
    unsafe {
        ptr::copy_nonoverlapping(page.cast(), content.as_mut_ptr(), SIZE);
        if libc::mmap(page, SIZE, access, flags, -1, 0) == page {
            ptr::copy_nonoverlapping(content.as_ptr(), page.cast(), SIZE);
        }
    }
}
