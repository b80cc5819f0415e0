//! A program that takes over the process of a daemon, and one that only answers whether it can.

use std::process::ExitCode;

use nix::unistd::getppid;

use crate::daemon::{Daemon, Life};
use crate::detach;
use crate::error::Error;
use crate::os::sys;
#[cfg(feature = "config")]
use crate::resources::Resources;
use crate::settings::{LogTarget, Settings};
use crate::trust::{self, Rule};
use crate::upgrade::{Answer, CHECK, Inheritance, VARIABLE, VERSION};

/// Takes over the process of a daemon that has executed this program, or answers its question. Returns
/// `None` in every other process.
///
/// # Errors
/// This process cannot be the daemon, and the program before cannot be executed again.
pub(super) fn take_over<D: Daemon>() -> Result<Option<ExitCode>, Error> {
    let Some(value) = std::env::var_os(VARIABLE) else {
        return Ok(None);
    };
    if value == CHECK && !sys::is_secure_execution() {
        let from = Answer::read_question().map(|question| Inheritance::parse(&question));
        // Only a child of the daemon answers.
        let asker = from.as_ref().and_then(|from| from.number("pid"));
        return match from.filter(|_| asker == Some(getppid().as_raw())) {
            Some(from) => answer::<D>(&from).map(Some),
            None => Ok(None),
        };
    }
    match Inheritance::find()? {
        Some(from) => Err(adopt::<D>(from)),
        None => Ok(None),
    }
}

/// Becomes the daemon. Returns the error if it cannot, and neither can the program before.
#[inline(never)]
fn adopt<D: Daemon>(from: Inheritance) -> Error {
    let adopted = detach::arm(&from, D::SPEC.signals)
        .and_then(|()| detach::adopt(&D::SPEC, D::SPEC.signals, from));
    match adopted {
        Ok(detached) => <D::Life as Life<D>>::serve(detached),
        Err(error) => {
            detach::go_back(&error.to_string());
            error
        }
    }
}

/// Answers the daemon that runs this process, whether this program can take over.
#[inline(never)]
fn answer<D: Daemon>(from: &Inheritance) -> Result<ExitCode, Error> {
    let answer = match check::<D>(from) {
        Ok(()) => Answer {
            code: 0,
            text: String::new(),
        },
        Err(error) => Answer {
            code: error.exit_code(),
            text: error.to_string(),
        },
    };
    let given = answer.give();
    given.map_err(|source| Error::step("answer the daemon", source))?;
    Ok(answer.code.into())
}

/// Compares the declaration with that of the daemon, looks at the log, and reads the settings. This
/// process is the daemon's child, and has its user and its root.
fn check<D: Daemon>(from: &Inheritance) -> Result<(), Error> {
    if from.number("version") != Some(VERSION) {
        return Err(Error::not_configured(
            "the two programs have different versions of `daemon-rt`; run `restart`",
        ));
    }
    let settings = Settings::adopt(&D::SPEC, from)?;
    settings.check_panics()?;
    // The program before would need it as well, if it had to come back.
    if settings.log_target == LogTarget::File {
        let log = settings.confinement.inside(&settings.log_file)?;
        trust::check_writable(&log, Rule::Log)?;
    }
    #[cfg(feature = "config")]
    if let Some(read) = settings.read_config(&settings.spec)? {
        let resources = Resources::of(Some(&read.document));
        let validated = D::check_settings(&resources);
        validated.map_err(|failure| Error::not_configured(failure.to_string()))?;
    }
    Ok(())
}
