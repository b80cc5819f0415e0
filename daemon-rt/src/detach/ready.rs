//! The readiness pipe, by which the starting processes report to the caller.
//!
//! Only the message [`Message::Ready`] is success. The end of the pipe without it is a failure.

use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;

use nix::fcntl::OFlag;

use crate::error::{Error, ErrorKind};

/// Longer texts are cut, so that a message goes through the pipe in one write.
const MAX_TEXT: usize = 32 * 1024;

/// A message of the pipe.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Message {
    /// From the first child: the daemon's process id.
    Pid(i32),
    /// From the daemon: `on_start` has returned.
    Ready,
    /// From either: the reason of the failure, and the exit code of the verb.
    Failed { code: u8, reason: String },
    /// From the daemon: another daemon took the lock first. The number is its process id, or 0.
    Already(i32),
}

impl Message {
    /// Returns the message of a start that failed with `error`.
    pub(crate) fn of(error: &Error) -> Self {
        match error.kind() {
            ErrorKind::AlreadyRunning => Self::Already(error.running_pid().unwrap_or_default()),
            _ => Self::Failed {
                code: error.exit_code(),
                reason: error.to_string(),
            },
        }
    }

    /// Writes the message by one call.
    fn write(&self, mut to: impl Write) -> io::Result<()> {
        let (tag, code, text) = match self {
            Self::Pid(pid) => (b'P', 0, &pid.to_le_bytes()[..]),
            Self::Ready => (b'R', 0, &[][..]),
            Self::Failed { code, reason } => (b'F', *code, reason.as_bytes()),
            Self::Already(pid) => (b'A', 0, &pid.to_le_bytes()[..]),
        };
        let text = &text[..text.len().min(MAX_TEXT)];
        let [a, b, c, d] = u32::try_from(text.len()).unwrap_or_default().to_le_bytes();
        let head = [tag, code, a, b, c, d];
        to.write_all(&[&head, text].concat())
    }

    /// Returns the first message in `bytes` and its length, or `None` if it is not complete.
    fn decode(bytes: &[u8]) -> Option<(Self, usize)> {
        let (head, rest) = bytes.split_first_chunk::<6>()?;
        let length =
            usize::try_from(u32::from_le_bytes([head[2], head[3], head[4], head[5]])).ok()?;
        let text = rest.get(..length)?;
        let number = text
            .first_chunk()
            .map_or(0, |bytes| i32::from_le_bytes(*bytes));
        let message = match head[0] {
            b'P' => Self::Pid(number),
            b'R' => Self::Ready,
            b'A' => Self::Already(number),
            _ => Self::Failed {
                code: head[1],
                reason: String::from_utf8_lossy(text).into_owned(),
            },
        };
        Some((message, 6 + length))
    }
}

/// The end that the daemon writes to. It is close-on-exec.
#[derive(Debug)]
pub(crate) struct Reporter(File);

impl Reporter {
    /// Sends a message. Returns false if no caller reads it, because it was killed. The write then
    /// fails with EPIPE, since every Rust program ignores SIGPIPE.
    pub(crate) fn send(&mut self, message: &Message) -> bool {
        message.write(&self.0).is_ok()
    }

    pub(crate) fn descriptor(&self) -> &File {
        &self.0
    }
}

/// The end that the caller reads from, without blocking.
#[derive(Debug)]
pub(crate) struct Listener {
    pipe: File,
    heard: Vec<u8>,
    messages: VecDeque<Message>,
}

impl Listener {
    /// Returns the next complete message. The pid goes first, since the daemon may be quicker than
    /// its parent, which reports the pid.
    pub(crate) fn next(&mut self) -> Option<Message> {
        while let Some((message, length)) = Message::decode(&self.heard) {
            self.heard.drain(..length);
            if matches!(message, Message::Pid(_)) {
                self.messages.push_front(message);
            } else {
                self.messages.push_back(message);
            }
        }
        self.messages.pop_front()
    }

    /// Reads the bytes that have arrived. Returns false at the end of the pipe, when no writer is
    /// left.
    pub(crate) fn listen(&mut self) -> io::Result<bool> {
        let mut chunk = [0; 512];
        loop {
            match self.pipe.read(&mut chunk) {
                Ok(0) => return Ok(false),
                Ok(length) => {
                    self.heard.extend_from_slice(&chunk[..length]);
                    // After a short read the pipe is empty.
                    if length < chunk.len() {
                        return Ok(true);
                    }
                }
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return Ok(true),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
    }

    pub(crate) fn descriptor(&self) -> &File {
        &self.pipe
    }
}

/// Creates the pipe, in the caller.
pub(crate) fn pipe() -> Result<(Listener, Reporter), Error> {
    let failed = |errno| Error::step("create the readiness pipe", errno);
    let (read, write) = nix::unistd::pipe2(OFlag::O_CLOEXEC).map_err(failed)?;
    let flags = nix::fcntl::FcntlArg::F_SETFL(OFlag::O_NONBLOCK);
    nix::fcntl::fcntl(read.as_fd(), flags).map_err(failed)?;
    Ok((
        Listener {
            pipe: File::from(read),
            heard: Vec::new(),
            messages: VecDeque::new(),
        },
        Reporter(File::from(write)),
    ))
}
