//! The keys of `#[daemon(…)]`: one row a key, with how it is read and what it is when absent.

use syn::{LitStr, Result};

use crate::given::Given;
use crate::values::value::Value;
use crate::values::{amount, confine, levels, scalar, text, words};

/// A key, its value as an example, and what becomes of it.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) example: &'static str,
    pub(crate) role: Role,
}

/// What a key is for.
pub(crate) enum Role {
    /// What the rest of the declaration builds on; read by `args`.
    Name,
    Signals,
    Crate,
    /// A method of `daemon_rt::Spec`.
    Setting(Setting),
}

/// How a setting is read, and its value when absent, which may be the daemon's name.
pub(crate) struct Setting {
    pub(crate) read: fn(&Given) -> Result<Value>,
    /// None for what is off unless asked for: `SPEC` does not mention it then.
    pub(crate) default: Option<fn(&LitStr) -> Value>,
}

const fn key(name: &'static str, example: &'static str, role: Role) -> Key {
    Key {
        name,
        example,
        role,
    }
}

const fn setting(
    name: &'static str,
    example: &'static str,
    read: fn(&Given) -> Result<Value>,
    default: fn(&LitStr) -> Value,
) -> Key {
    let default = Some(default);
    key(name, example, Role::Setting(Setting { read, default }))
}

const fn extra(
    name: &'static str,
    example: &'static str,
    read: fn(&Given) -> Result<Value>,
) -> Key {
    let default = None;
    key(name, example, Role::Setting(Setting { read, default }))
}

/// In the order in which `SPEC` lists them.
#[rustfmt::skip]
pub(crate) static KEYS: &[Key] = &[
    key("name", r#""server""#, Role::Name),
    key("signals", "[SIGUSR1, SIGUSR2]", Role::Signals),
    setting("pid_file", r#""/run/server.pid""#, text::file, |_| Value::Maybe(None)),
    setting("working_dir", r#""/srv""#, text::directory, |_| Value::text("/")),
    setting("umask", "0o027", scalar::umask, |_| Value::umask("0o027")),
    setting("env", r#"["PATH", "LANG"]"#, text::variables, |_| Value::Variables(None)),
    setting("user", r#""www-data""#, text::account, |_| Value::Maybe(None)),
    setting("group", r#""www-data""#, text::account, |_| Value::Maybe(None)),
    extra("no_new_privs", "true", scalar::flag),
    extra("capabilities", r#"["net_bind_service"]"#, confine::capabilities),
    extra("rlimits", r#""nofile=65536,nproc=100:200""#, confine::limits),
    extra("chroot", r#""/srv/jail""#, text::directory),
    extra("core", r#""off""#, words::core),
    setting("title", r#""server: main""#, text::title, |name| Value::Text(name.clone())),
    setting("log_file", r#""/var/log/server.log""#, text::log_file, |_| Value::Maybe(None)),
    setting("log_level", r#""info""#, levels::levels, |_| Value::text("debug")),
    setting("log_format", r#""full""#, words::format, |_| Value::word(&words::FORMATS, "Seed")),
    extra("log_buffer", r#""64K""#, amount::buffer),
    extra("log_rotate", r#""daily,10M""#, amount::rotation),
    extra("log_keep", r#""7,100M""#, amount::keep),
    extra("log_limit", r#""100/1s""#, amount::limit),
    extra("log_repeats", r#""fold""#, words::repeats),
    setting("interval", r#""5s""#, scalar::time, |_| Value::seconds(0)),
    setting("start_timeout", r#""30s""#, scalar::time, |_| Value::seconds(30)),
    setting("stop_timeout", r#""20s""#, scalar::time, |_| Value::seconds(20)),
    setting("hang_after", r#""60s""#, scalar::time, |_| Value::seconds(60)),
    setting("children", r#""reap""#, words::children, |_| Value::word(&words::CHILDREN, "Own")),
    extra("on_panic", r#""restart""#, words::on_panic),
    key("crate", "::daemon_rt", Role::Crate),
];

/// The row of a key.
pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}
