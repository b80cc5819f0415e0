//! Planted files in place of a file, and the victim that they lead to.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};
use std::os::unix::net::UnixListener;
use std::path::{Path, PathBuf};

use nix::sys::stat::{Mode, SFlag, makedev, mknod};
use nix::unistd::mkfifo;
use tests::support::NOBODY;

/// A file that must stay as it is.
#[derive(Debug)]
pub struct Victim {
    pub path: PathBuf,
    before: Facts,
}

type Facts = (Vec<u8>, u32, u32, u32, u64, i64, i64);

impl Victim {
    pub fn new(path: PathBuf) -> Self {
        fs::write(&path, "precious\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let before = facts(&path);
        Self { path, before }
    }

    #[track_caller]
    pub fn assert_untouched(&self, input: &str) {
        assert_eq!(facts(&self.path), self.before, "{input}");
    }
}

/// Content, mode, owner, inode and the time of the last write. The count of names is the plant's.
fn facts(path: &Path) -> Facts {
    let stat = fs::symlink_metadata(path).unwrap();
    let owner = (stat.uid(), stat.gid());
    let content = fs::read(path).unwrap();
    (
        content,
        stat.mode(),
        owner.0,
        owner.1,
        stat.ino(),
        stat.mtime(),
        stat.mtime_nsec(),
    )
}

/// The kinds of planted files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Plant {
    Link,
    RelativeLink,
    DanglingLink,
    LinkToItself,
    LinkToLink,
    LinkToDevice,
    HardLink,
    Fifo,
    Socket,
    NullDevice,
    FullDevice,
    BlockDevice,
    Directory,
    FilledDirectory,
    ForeignFile,
    ForeignOpenFile,
}

impl Plant {
    pub const ALL: [Self; 16] = [
        Self::Link,
        Self::RelativeLink,
        Self::DanglingLink,
        Self::LinkToItself,
        Self::LinkToLink,
        Self::LinkToDevice,
        Self::HardLink,
        Self::Fifo,
        Self::Socket,
        Self::NullDevice,
        Self::FullDevice,
        Self::BlockDevice,
        Self::Directory,
        Self::FilledDirectory,
        Self::ForeignFile,
        Self::ForeignOpenFile,
    ];

    /// Puts it at `path`, aimed at `victim` in the same directory.
    pub fn put(self, path: &Path, victim: &Path) {
        let device = |kind, major, minor| {
            mknod(
                path,
                kind,
                Mode::from_bits_truncate(0o666),
                makedev(major, minor),
            )
            .unwrap();
        };
        match self {
            Self::Link => symlink(victim, path).unwrap(),
            Self::RelativeLink => symlink(victim.file_name().unwrap(), path).unwrap(),
            Self::DanglingLink => symlink(path.with_file_name("nowhere"), path).unwrap(),
            Self::LinkToItself => symlink(path, path).unwrap(),
            Self::LinkToLink => {
                let between = path.with_file_name("between");
                let _ = fs::remove_file(&between);
                symlink(victim, &between).unwrap();
                symlink(between, path).unwrap();
            }
            Self::LinkToDevice => symlink("/dev/null", path).unwrap(),
            Self::HardLink => fs::hard_link(victim, path).unwrap(),
            Self::Fifo => mkfifo(path, Mode::from_bits_truncate(0o666)).unwrap(),
            Self::Socket => drop(UnixListener::bind(path).unwrap()),
            Self::NullDevice => device(SFlag::S_IFCHR, 1, 3),
            Self::FullDevice => device(SFlag::S_IFCHR, 1, 7),
            // No driver has this number: to open it fails, and to write to it would.
            Self::BlockDevice => device(SFlag::S_IFBLK, 240, 1),
            Self::Directory => fs::create_dir(path).unwrap(),
            Self::FilledDirectory => {
                fs::create_dir(path).unwrap();
                fs::write(path.join("file"), "precious\n").unwrap();
            }
            Self::ForeignFile => foreign(path, 0o644),
            Self::ForeignOpenFile => foreign(path, 0o666),
        }
    }

    /// Removes it, and asserts that it was unchanged.
    #[track_caller]
    pub fn take(self, path: &Path, input: &str) {
        let kind = fs::symlink_metadata(path)
            .unwrap_or_else(|_| panic!("{input}: the plant is gone"))
            .file_type();
        if kind.is_dir() {
            if self == Self::FilledDirectory {
                let inside = fs::read(path.join("file")).unwrap();
                assert_eq!(inside, b"precious\n", "{input}");
            }
            fs::remove_dir_all(path).unwrap();
        } else {
            if matches!(self, Self::ForeignFile | Self::ForeignOpenFile) {
                assert_eq!(fs::read(path).unwrap(), b"4711\n", "{input}");
            }
            fs::remove_file(path).unwrap();
        }
        let _ = fs::remove_file(path.with_file_name("between"));
        let nowhere = path.with_file_name("nowhere");
        assert!(!nowhere.exists(), "{input}: a link was followed");
    }
}

fn foreign(path: &Path, mode: u32) {
    fs::write(path, "4711\n").unwrap();
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    chown(path, Some(NOBODY), Some(NOBODY)).unwrap();
}
