//! The keys of `#[daemon(…)]`, one row per key: the parser of its value, and the default.

use syn::Result;

use crate::given::Given;
use crate::values::value::Value;
use crate::values::{amount, confine, levels, scalar, text, words};

/// A key, an example of its value, and its role.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) example: &'static str,
    pub(crate) role: Role,
}

/// The use of a key.
pub(crate) enum Role {
    /// Keys that the parser of the arguments treats on its own.
    Name,
    Signals,
    Config,
    Listen,
    Runtime,
    Crate,
    /// A method of `daemon_rt::Spec`.
    Setting(Setting),
}

/// The parser of a setting, and its default, which may depend on the daemon's name.
pub(crate) struct Setting {
    pub(crate) read: fn(&Given) -> Result<Value>,
    /// `None` if `SPEC` mentions the setting only when it is given.
    pub(crate) default: Option<fn(&Value) -> Value>,
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
    default: fn(&Value) -> Value,
) -> Key {
    let default = Some(default);
    key(name, example, Role::Setting(Setting { read, default }))
}

const fn optional(
    name: &'static str,
    example: &'static str,
    read: fn(&Given) -> Result<Value>,
) -> Key {
    let default = None;
    key(name, example, Role::Setting(Setting { read, default }))
}

/// All keys, in the order of `SPEC`.
#[rustfmt::skip]
pub(crate) static KEYS: &[Key] = &[
    key("name", r#""server""#, Role::Name),
    key("signals", "[SIGUSR1, SIGUSR2]", Role::Signals),
    optional("version", r#"env!("CARGO_PKG_VERSION")"#, scalar::version),
    key("config", "Settings", Role::Config),
    optional("config_file", r#""/etc/server.toml""#, text::file),
    key("listen", r#"[http = "127.0.0.1:8080"]"#, Role::Listen),
    optional("pid_file", r#""/run/server.pid""#, text::file),
    setting("working_dir", r#""/srv""#, text::directory, |_| Value::text("/")),
    setting("umask", "0o027", scalar::umask, |_| Value::umask("0o027")),
    setting("env", r#"["PATH", "LANG"]"#, text::variables, |_| Value::Variables(None)),
    optional("user", r#""www-data""#, text::filled),
    optional("group", r#""www-data""#, text::filled),
    optional("no_new_privs", "true", scalar::flag),
    optional("capabilities", r#"["net_bind_service"]"#, confine::capabilities),
    optional("rlimits", r#""nofile=65536,nproc=100:200""#, confine::limits),
    optional("chroot", r#""/srv/jail""#, text::directory),
    optional("core", r#""off""#, words::core),
    setting("title", r#""server: main""#, text::filled, Value::clone),
    optional("log_file", r#""/var/log/server.log""#, text::log_file),
    setting("log_level", r#""info""#, levels::levels, |_| Value::level("Debug")),
    setting("log_format", r#""full""#, words::format, |_| Value::word(&words::FORMATS, "Short")),
    optional("log_buffer", r#""64K""#, amount::buffer),
    optional("log_rotate", r#""daily,10M""#, amount::rotation),
    optional("log_keep", r#""7,100M""#, amount::keep),
    optional("log_limit", r#""100/1s""#, amount::limit),
    optional("log_repeats", r#""fold""#, words::repeats),
    optional("interval", r#""5s""#, scalar::time),
    setting("start_timeout", r#""30s""#, scalar::timeout, |_| Value::seconds(30)),
    setting("stop_timeout", r#""20s""#, scalar::timeout, |_| Value::seconds(20)),
    optional("drain", r#""10s""#, scalar::time),
    setting("hang_after", r#""60s""#, scalar::time, |_| Value::seconds(60)),
    setting("children", r#""reap""#, words::children, |_| Value::word(&words::CHILDREN, "Own")),
    optional("on_panic", r#""restart""#, words::on_panic),
    key("runtime", "tokio", Role::Runtime),
    key("crate", "::daemon_rt", Role::Crate),
];

/// Returns the row of a key.
pub(crate) fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}
