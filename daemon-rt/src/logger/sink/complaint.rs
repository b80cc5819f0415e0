//! Reports on stderr that the log cannot be written.

use std::io;
use std::os::fd::AsFd;
use std::path::Path;
use std::sync::atomic::Ordering;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::unistd::write;

use super::open::Sink;
use crate::logger::clock::Now;
use crate::logger::line::Line;
use crate::logger::log_place::LogPlace;
use crate::logger::syslog::Syslog;
use crate::os::escape::Message;
use crate::os::file_id::FileId;

impl Sink {
    /// Reports the failure on stderr, at most once a second. Does so only if stderr is unchanged
    /// since the start and accepts the text at once.
    pub(super) fn complain(&self, errno: Errno) {
        let now = Now::coarse().second;
        if self.complained.swap(now, Ordering::Relaxed) == now {
            return;
        }
        let stderr = io::stderr();
        let same = FileId::of(&stderr);
        let is_output = same == FileId::of(&self.output);
        let mut ready = [PollFd::new(stderr.as_fd(), PollFlags::POLLOUT)];
        if same.is_none()
            || same != self.stderr
            || is_output
            || poll(&mut ready, PollTimeout::ZERO) != Ok(1)
        {
            return;
        }
        let place = self.place.get().map(LogPlace::path);
        let path = place
            .or(self.syslog().map(Syslog::path))
            .unwrap_or(Path::new("its stream"));
        let mut text = Line::new();
        text.push_display::<Message>(format_args!(
            "cannot write the log to {}: {}",
            path.display(),
            errno.desc()
        ));
        let _ = write(&stderr, text.end());
    }
}
