//! Properties inherited from the caller, messages of failed starts, and remains of root.

use std::fs;
use std::os::fd::AsFd;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::libc;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::trial::{How, LIMIT, NOBODY, PATIENCE, Trial, code_of, field, is_alive, kill_hard};
use super::{Verdict, has_pid_file, has_user};
use crate::sandbox::descendants;
use crate::subjects::Program;

/// Reported, and not by a time-out.
pub(super) fn failing_hook(program: &Program) -> Verdict {
    let trial = Trial::new(program);
    let how = How {
        variables: &[("BENCH_FAIL", "1")],
        ..How::default()
    };
    let (before, begin) = (descendants(), Instant::now());
    let code = code_of(&mut trial.command(&how).spawn().unwrap(), PATIENCE);
    let took = begin.elapsed();
    match trial
        .outcome(code, &before)
        .refused(|_| Verdict::fails("runs"))
    {
        Verdict::Held if took > LIMIT => Verdict::Fails(format!("after {} s", took.as_secs())),
        verdict => verdict,
    }
}

/// Some are there by luck, most of the time.
pub(super) fn pid_file_at_once(program: &Program) -> Verdict {
    const ROUNDS: usize = 20;
    if !has_pid_file(program) {
        return Verdict::HasNone;
    }
    let missing = (0..ROUNDS).filter(|_| {
        let trial = Trial::new(program);
        let before = descendants();
        let mut start = trial.command(&How::default()).spawn().unwrap();
        let code = code_of(&mut start, LIMIT);
        let text = fs::read_to_string(trial.pid_file()).unwrap_or_default();
        let daemon = trial.outcome(code, &before).daemon;
        daemon.is_none_or(|daemon| text.trim() != daemon.to_string())
    });
    let missing = missing.count();
    Verdict::unless((missing != 0).then(|| format!("not {missing} of {ROUNDS} times")))
}

pub(super) fn crowd(program: &Program) -> Verdict {
    let [daemons, ..] = crate::crowd::crowd(program);
    Verdict::unless((daemons != 1).then(|| format!("{daemons} daemons")))
}

pub(super) fn after_kill(program: &Program) -> Verdict {
    restarted(program, &How::default())
}

pub(super) fn after_kill_with_child(program: &Program) -> Verdict {
    let how = How {
        variables: &[("BENCH_CHILD", "1")],
        ..How::default()
    };
    restarted(program, &how)
}

fn restarted(program: &Program, how: &How) -> Verdict {
    let trial = Trial::new(program);
    trial.start(how).runs(|pid| {
        kill_hard(pid);
        trial.plain().runs(|_| Verdict::Held)
    })
}

pub(super) fn pipe(program: &Program) -> Verdict {
    let trial = Trial::new(program);
    let (read, write) = std::io::pipe().unwrap();
    let before = descendants();
    let mut command = trial.command(&How::default());
    command
        .stdout(Stdio::from(write.try_clone().unwrap()))
        .stderr(Stdio::from(write));
    let mut child = command.spawn().unwrap();
    // It also keeps the pipe.
    drop(command);
    let code = code_of(&mut child, LIMIT);
    trial.outcome(code, &before).runs(|_| {
        let mut wanted = [PollFd::new(read.as_fd(), PollFlags::POLLHUP)];
        let limit = PollTimeout::try_from(Duration::from_secs(1)).unwrap();
        // Its output is not read. Its end is still reported.
        poll(&mut wanted, limit).unwrap();
        let ended = wanted[0].revents().unwrap().contains(PollFlags::POLLHUP);
        Verdict::unless((!ended).then(|| "hangs".to_owned()))
    })
}

pub(super) fn descriptor(program: &Program) -> Verdict {
    let trial = Trial::new(program);
    let file = trial.sandbox.file("inherited");
    fs::write(&file, "").unwrap();
    let line = "exec 9< inherited; exec \"$@\"";
    let how = How {
        wrapper: &["sh", "-c", line, "sh"],
        ..How::default()
    };
    trial.start(&how).runs(|pid| {
        let open = fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
        let kept = open.filter_map(|entry| fs::read_link(entry.path()).ok());
        let kept = kept.into_iter().any(|target| target == file);
        Verdict::unless(kept.then(|| "kept open".to_owned()))
    })
}

/// The caller's signals that the mask `field` of the daemon still has, started so.
fn mask_after(program: &Program, option: &str, mask: &str) -> Verdict {
    let trial = Trial::new(program);
    let names = [
        ("HUP", libc::SIGHUP),
        ("INT", libc::SIGINT),
        ("ALRM", libc::SIGALRM),
    ];
    let how = How {
        wrapper: &["env", &format!("{option}=HUP,INT,ALRM")],
        ..How::default()
    };
    trial.start(&how).runs(|pid| {
        let bits = u64::from_str_radix(&field(pid, mask), 16).unwrap();
        let kept = names
            .iter()
            .filter(|(_, number)| bits & (1 << (number - 1)) != 0);
        let kept: Vec<&str> = kept.map(|(name, _)| *name).collect();
        Verdict::unless((!kept.is_empty()).then(|| format!("keeps {}", kept.join(" "))))
    })
}

pub(super) fn ignored_signals(program: &Program) -> Verdict {
    mask_after(program, "--ignore-signal", "SigIgn")
}

pub(super) fn blocked_signals(program: &Program) -> Verdict {
    mask_after(program, "--block-signal", "SigBlk")
}

/// The leader of a session gets a terminal by opening one.
pub(super) fn terminal(program: &Program) -> Verdict {
    let trial = Trial::new(program);
    trial.plain().runs(|pid| {
        let session = nix::unistd::getsid(Some(nix::unistd::Pid::from_raw(pid))).unwrap();
        Verdict::unless((session.as_raw() == pid).then(|| "leads its session".to_owned()))
    })
}

/// A start that becomes nobody, under `wrapper`.
fn as_nobody(
    program: &Program,
    wrapper: &[&str],
    look: impl FnOnce(i32) -> Option<String>,
) -> Verdict {
    if !has_user(program) {
        return Verdict::HasNone;
    }
    let trial = Trial::new(program);
    let log = trial.sandbox.file("logs/bench.log");
    // This one writes its pid file as the user that it becomes.
    let own = trial.sandbox.file("logs/bench.pid");
    let pid_file = own.to_str().filter(|_| program.name == "python-daemon");
    let how = How {
        wrapper,
        variables: &[
            ("BENCH_USER", "nobody"),
            ("BENCH_LOG_FILE", log.to_str().unwrap()),
        ],
        pid_file,
    };
    trial.start(&how).runs(|pid| {
        assert!(is_alive(pid));
        Verdict::unless(look(pid))
    })
}

pub(super) fn groups(program: &Program) -> Verdict {
    as_nobody(program, &["setpriv", "--groups", "0,4,27"], |pid| {
        let groups = field(pid, "Groups");
        let own = NOBODY.to_string();
        let kept: Vec<&str> = groups
            .split_whitespace()
            .filter(|group| *group != own)
            .collect();
        (!kept.is_empty()).then(|| format!("keeps {}", kept.join(" ")))
    })
}

pub(super) fn ids(program: &Program) -> Verdict {
    as_nobody(program, &[], |pid| {
        let own = [
            NOBODY.to_string(),
            NOBODY.to_string(),
            NOBODY.to_string(),
            NOBODY.to_string(),
        ];
        let kept = ["Uid", "Gid"]
            .iter()
            .find(|name| field(pid, name) != own.join("\t"));
        kept.map(|name| format!("keeps {name} {}", field(pid, name).replace('\t', " ")))
    })
}

/// With this bit the kernel takes no capability away when the user changes.
pub(super) fn capabilities(program: &Program) -> Verdict {
    as_nobody(
        program,
        &["setpriv", "--securebits=+no_setuid_fixup"],
        |pid| {
            let kept = u64::from_str_radix(&field(pid, "CapPrm"), 16)
                .unwrap()
                .count_ones();
            (kept != 0).then(|| format!("keeps {kept}"))
        },
    )
}
