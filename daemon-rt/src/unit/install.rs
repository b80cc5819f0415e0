//! Writes generated files into a system, and takes them away again.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use super::check::made_by;
use super::enable;
use super::error::Error;
use super::file::File;
use super::kind::Kind;
use super::plan::Plan;
use super::render::render;
use super::target::Target;

/// Writes the files of `kind` and returns their paths. With `enable` the service starts at the next
/// boot.
///
/// A file that is there is replaced when this daemon made it.
///
/// Runs in the caller.
///
/// # Errors
/// [`Error::Foreign`] before anything is written; then what the kernel or the init system said.
pub fn install(
    kind: Kind,
    plan: &Plan,
    to: Target<'_>,
    enable: bool,
) -> Result<Vec<PathBuf>, Error> {
    let files = render(kind, plan)?;
    for file in &files {
        check_owner(file, plan, to)?;
    }
    for file in &files {
        write(&to.path(&file.path), file)?;
    }
    if enable {
        enable::switch(kind, plan, to, true)?;
    }
    Ok(files.iter().map(|file| to.path(&file.path)).collect())
}

/// What an [`uninstall`] did.
#[derive(Debug)]
pub struct Removed {
    /// The paths of the files, which are gone.
    pub paths: Vec<PathBuf>,
    /// Why the service could not be disabled first.
    pub still_enabled: Option<Error>,
}

/// Disables the service and removes the files of `kind`; that one is not there is no error. Files
/// are removed also when the service cannot be disabled: they were to go, and the init system that
/// should be told may not even be the one that runs here.
///
/// Runs in the caller.
///
/// # Errors
/// [`Error::Foreign`] before anything is removed; then what the kernel said.
pub fn uninstall(kind: Kind, plan: &Plan, from: Target<'_>) -> Result<Removed, Error> {
    let mut here = render(kind, plan)?;
    here.retain(|file| fs::symlink_metadata(from.path(&file.path)).is_ok());
    for file in &here {
        check_owner(file, plan, from)?;
    }
    let disabled = match here.as_slice() {
        [] => Ok(()),
        _ => enable::switch(kind, plan, from, false),
    };
    for file in &here {
        let path = from.path(&file.path);
        fs::remove_file(&path).map_err(Error::at("remove", &path))?;
        // A service folder goes with its last file, unless somebody keeps others there.
        if matches!(kind, Kind::Runit | Kind::S6) {
            let _ = path.parent().map(fs::remove_dir);
        }
    }
    Ok(Removed {
        paths: here.iter().map(|file| from.path(&file.path)).collect(),
        still_enabled: disabled.err(),
    })
}

/// Refuses to touch a file that somebody else made: it has no mark and says something else.
fn check_owner(file: &File, plan: &Plan, target: Target<'_>) -> Result<(), Error> {
    let path = target.path(&file.path);
    let is_ours = match fs::read(&path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => true,
        Err(error) => return Err(Error::at("read", &path)(error)),
        Ok(bytes) => {
            let text = String::from_utf8_lossy(&bytes);
            // Some files of a service folder are one number, with no room for a mark.
            text == file.text
                || !file.text.contains(Plan::MARK)
                || made_by(&text, &plan.name).is_some()
        }
    };
    if is_ours || target.force {
        Ok(())
    } else {
        Err(Error::Foreign(path))
    }
}

/// Writes beside the file and renames: nobody reads half a unit, and a full disk loses nothing.
fn write(path: &Path, file: &File) -> Result<(), Error> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    fs::create_dir_all(folder).map_err(Error::at("create the directory", folder))?;
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    // Hidden, so that no init system takes it for a service.
    let temporary = folder.join(format!(".{name}.{}", std::process::id()));
    let written = write_new(&temporary, file).and_then(|()| fs::rename(&temporary, path));
    if written.is_err() {
        let _ = fs::remove_file(&temporary);
    }
    written.map_err(Error::at("write", path))
}

fn write_new(path: &Path, file: &File) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut new = options
        .write(true)
        .create_new(true)
        .mode(file.mode)
        .open(path)?;
    new.write_all(file.text.as_bytes())?;
    new.set_permissions(fs::Permissions::from_mode(file.mode))?;
    new.sync_all()
}
