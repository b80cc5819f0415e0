//! The settings of the daemon itself: the file, and the layers above it.

use std::ffi::OsStr;
use std::fmt;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use nix::unistd::geteuid;

use super::in_force::Read;
use super::keys::{KEYS, variable};
use super::places::{self, Owner, Places};
use super::{Overrides, Settings, Source};
use crate::config::{self, Document, LIMIT, Override, too_big};
use crate::error::Error;
use crate::instance::published::{Published, Row};
use crate::os::sys;
use crate::spec::Spec;
use crate::trust;
use crate::upgrade::{Heritage, Inheritance};

/// The layers from which the settings are made: a file, variables and options.
///
/// Variables and options are kept in memory, since the daemon cleans its environment.
pub(crate) struct Layers {
    /// The path of the file, outside of a `chroot`.
    pub(crate) file: PathBuf,
    /// The path by which the daemon reads the file.
    inside: PathBuf,
    /// Whether the path is given, so that the file must exist.
    is_named: bool,
    /// Whether root starts the daemon.
    by_root: bool,
    overrides: Vec<Override>,
}

/// Shows no value, since it may be a secret.
impl fmt::Debug for Layers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Layers");
        shown.field("file", &self.file).finish_non_exhaustive()
    }
}

impl Layers {
    /// Finds the file, and reads the variables and options of this invocation.
    ///
    /// # Errors
    /// `ErrorKind::Usage` for an option or a variable that sets no key.
    /// `ErrorKind::NotConfigured` if the file has no default location, or if it is not below the
    /// root `chroot`.
    pub(super) fn find(
        spec: &Spec,
        overrides: &Overrides,
        owner: Owner,
        places: Places,
        chroot: Option<&Path>,
    ) -> Result<Self, Error> {
        let file = match spec.config_file {
            Some(path) => PathBuf::from(path),
            None => places::config_file(spec.name, owner, places, chroot)?,
        };
        let inside = match chroot {
            None => file.clone(),
            Some(root) => inside(&file, root)?,
        };
        let mut layers = variables(spec.name)?;
        for text in overrides.set() {
            layers.push(Override::option(text)?);
        }
        Ok(Self {
            file,
            inside,
            is_named: spec.config_file.is_some(),
            by_root: geteuid().is_root(),
            overrides: layers,
        })
    }

    /// Hands the layers to the next program in this process.
    pub(super) fn hand_over(&self, to: &mut Heritage) {
        to.put("config-file", &self.file);
        if !self.is_named {
            to.put("has-default-config", "");
        }
        if self.by_root {
            to.put("config-by-root", "");
        }
        for set in &self.overrides {
            match &set.source {
                config::Source::Variable(name) => {
                    to.put("config-variable", format!("{name}={}", set.text));
                }
                config::Source::Option => {
                    to.put("config-option", format!("{}={}", set.path, set.text));
                }
            }
        }
    }

    /// Takes the layers of the program before this one. Its variables and options stay in force.
    ///
    /// # Errors
    /// As [`Layers::find`].
    pub(super) fn adopt(
        spec: &Spec,
        from: &Inheritance,
        owner: Owner,
        chroot: Option<&Path>,
    ) -> Result<Self, Error> {
        let default = || match from.get("config-file") {
            Some(path) if from.get("has-default-config").is_some() => Ok(PathBuf::from(path)),
            _ => places::config_file(spec.name, owner, Places::Own, chroot),
        };
        let file = spec
            .config_file
            .map_or_else(default, |path| Ok(path.into()))?;
        let prefix = variable(spec.name, "_");
        let pairs = from.all("config-variable").filter_map(OsStr::to_str);
        let pairs = pairs.filter_map(|text| text.split_once('='));
        let variables = pairs.filter_map(|(name, text)| Override::variable(&prefix, name, text));
        let options = from.all("config-option").filter_map(OsStr::to_str);
        let options = options
            .map(Override::option)
            .collect::<Result<Vec<_>, _>>()?;
        let inside = match chroot {
            None => file.clone(),
            Some(root) => inside(&file, root)?,
        };
        Ok(Self {
            inside,
            file,
            is_named: spec.config_file.is_some(),
            by_root: from.get("config-by-root").is_some(),
            overrides: variables.chain(options).collect(),
        })
    }

    /// Reads the file and merges the layers, in a process that has the user and the root directory
    /// of the daemon.
    ///
    /// # Errors
    /// `ErrorKind::NotConfigured` for a named file that is missing, and for a wrong content. Others
    /// if the file cannot be read, or if another user could have written it.
    fn read(&self, chroot: Option<&Path>) -> Result<Document, Error> {
        let read = trust::read_settings(&self.inside, chroot, self.by_root, LIMIT);
        let read = read.map_err(|error| match chroot {
            Some(root) => error.outside_of(root),
            None => error,
        })?;
        if let Some((_, size)) = &read
            && *size > LIMIT
        {
            return Err(too_big(&self.file, *size));
        }
        let bytes = read.map(|(bytes, _)| bytes);
        if bytes.is_none() && self.is_named {
            let file = self.file.display();
            return Err(Error::not_configured(format!(
                "the settings {file} do not exist; create the file, or pass another one by --config"
            )));
        }
        Document::parse(self.file.clone(), bytes, self.overrides.clone())
    }
}

/// Returns the path of the file for a process whose root is `root`.
fn inside(path: &Path, root: &Path) -> Result<PathBuf, Error> {
    let (shown, chroot) = (path.display(), root.display());
    let below = path.strip_prefix(root).map_err(|_| {
        Error::not_configured(format!(
            "the settings {shown} are not below the chroot {chroot}: a reload could not read them; \
             pass --config with a path below it"
        ))
    })?;
    // Above the root is the root itself, so the daemon would read another file than its caller.
    if below.components().any(|part| part == Component::ParentDir) {
        return Err(Error::not_configured(format!(
            "the settings {shown} have `..` in their path below the chroot {chroot}; \
             pass --config without it"
        )));
    }
    Ok(Path::new("/").join(below))
}

/// Returns the error of settings that `validate` has refused.
pub(crate) fn refused(reason: &str) -> Error {
    Error::not_configured(match reason.trim() {
        "" => "`validate` refused the settings without a reason; let it return one",
        _ => reason,
    })
}

/// Returns the layer of the environment: `NAME__DB__URL` sets `db.url`. An empty variable sets
/// nothing. In a setuid program the caller controls the environment, so it is ignored.
fn variables(name: &str) -> Result<Vec<Override>, Error> {
    let mut layer = Vec::new();
    if sys::is_secure_execution() {
        return Ok(layer);
    }
    let prefix = variable(name, "_");
    let begins = |name: &OsStr| name.as_bytes().starts_with(prefix.as_bytes());
    let mut found: Vec<_> = std::env::vars_os()
        .filter(|(name, value)| begins(name) && !value.is_empty())
        .collect();
    found.sort_unstable();
    for (name, value) in found {
        let (Some(key), Some(text)) = (name.to_str(), value.to_str()) else {
            let name = name.display();
            return Err(Error::usage(format!(
                "{name}: the value is not UTF-8; unset it"
            )));
        };
        layer.extend(Override::variable(&prefix, key, text));
    }
    Ok(layer)
}

impl Settings {
    /// Reads the settings of the daemon itself, as [`Layers::read`]. `base` is the declaration
    /// without the file. Returns `None` for a daemon without settings.
    ///
    /// # Errors
    /// As [`Layers::read`]. `ErrorKind::NotConfigured` for a wrong value of a key of the runtime.
    pub(crate) fn read_config(&self, base: &Spec) -> Result<Option<Read>, Error> {
        let Some(layers) = &self.config else {
            return Ok(None);
        };
        let read = layers.read(self.confinement.chroot.as_deref());
        let document = read.map_err(|error| {
            if !error.is_system(io::ErrorKind::PermissionDenied) {
                return error;
            }
            let account = self.user.as_ref().and_then(|user| user.account.as_ref());
            let user = account.map_or("the daemon's user", |(name, _)| name);
            error.advise(format!(
                "let {user} read the settings, as by `chmod 640` and `chgrp`"
            ))
        })?;
        let mut spec = *base;
        for (name, text) in document.runtime_keys()? {
            let key = KEYS.iter().find(|key| key.name == name);
            // Variables and options win.
            if let Some(key) = key.filter(|key| self.is_given(key.name).is_none()) {
                (key.set)(&mut spec, &text).map_err(|why| document.wrong(name, &why))?;
            }
        }
        Ok(Some(Read { document, spec }))
    }

    /// Returns what the daemon publishes of its settings. Secrets are hidden.
    pub(crate) fn published(&self, read: &Read) -> Published {
        let document = &read.document;
        let own = document
            .own_rows()
            .into_iter()
            .map(|row| self.in_force(row, &read.spec));
        let rows = document.rows().into_iter().chain(own).map(|row| Row {
            key: row.key,
            value: row.value,
            source: row.source,
        });
        Published {
            file: document.path().display().to_string(),
            exists: !document.is_absent(),
            rows: rows.collect(),
            ..Published::default()
        }
    }

    /// Returns the row of a key of the runtime. Variables and options win over the file.
    fn in_force(&self, row: config::Row, spec: &Spec) -> config::Row {
        let name = row.key.rsplit('.').next().unwrap_or_default();
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            return row;
        };
        let source = match self.is_given(key.name) {
            None => return row,
            Some(Source::Variable) => variable(self.name, key.name),
            #[cfg(feature = "cli")]
            Some(Source::Option) => format!("--{}", key.option),
        };
        let value = (key.shown)(spec).map_or(row.value, |text| format!("\"{text}\""));
        config::Row {
            value,
            source,
            ..row
        }
    }
}

/// Returns whether the value of `KEY=VALUE` is a secret, by the name of its key.
///
/// # Errors
/// `ErrorKind::Usage` if the text is not such a pair.
#[cfg(feature = "units")]
pub(crate) fn is_secret(text: &str) -> Result<bool, Error> {
    let overrides = vec![Override::option(text)?];
    let document = Document::parse(PathBuf::new(), None, overrides)?;
    let plain = text.split_once('=').map_or("", |(_, value)| value);
    let hides = |value: &str| value.contains("***") && !plain.contains("***");
    Ok(document.rows().iter().any(|row| hides(&row.value)))
}
