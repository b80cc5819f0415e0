//! Names of capabilities, and resource limits.

use syn::{Error, Result};

use crate::given::Given;
use crate::suggest;
use crate::values::amount;
use crate::values::text;
use crate::values::value::Value;

/// The names in capabilities(7), without `CAP_`.
static CAPABILITIES: [&str; 41] = [
    "audit_control",
    "audit_read",
    "audit_write",
    "block_suspend",
    "bpf",
    "checkpoint_restore",
    "chown",
    "dac_override",
    "dac_read_search",
    "fowner",
    "fsetid",
    "ipc_lock",
    "ipc_owner",
    "kill",
    "lease",
    "linux_immutable",
    "mac_admin",
    "mac_override",
    "mknod",
    "net_admin",
    "net_bind_service",
    "net_broadcast",
    "net_raw",
    "perfmon",
    "setfcap",
    "setgid",
    "setpcap",
    "setuid",
    "sys_admin",
    "sys_boot",
    "sys_chroot",
    "sys_module",
    "sys_nice",
    "sys_pacct",
    "sys_ptrace",
    "sys_rawio",
    "sys_resource",
    "sys_time",
    "sys_tty_config",
    "syslog",
    "wake_alarm",
];

/// The names in setrlimit(2), without `RLIMIT_`, and whether the value is a size.
static LIMITS: [(&str, bool); 16] = [
    ("as", true),
    ("core", true),
    ("cpu", false),
    ("data", true),
    ("fsize", true),
    ("locks", false),
    ("memlock", true),
    ("msgqueue", true),
    ("nice", false),
    ("nofile", false),
    ("nproc", false),
    ("rss", true),
    ("rtprio", false),
    ("rttime", false),
    ("sigpending", false),
    ("stack", true),
];

pub(super) fn capabilities(given: &Given) -> Result<Value> {
    let names = given.texts(|name| {
        let lower = name.value().trim().to_ascii_lowercase();
        let bare = lower.strip_prefix("cap_").unwrap_or(&lower);
        if !CAPABILITIES.contains(&bare) {
            return Err(Error::new_spanned(&name, unknown_capability(bare)));
        }
        Ok(name)
    })?;
    Ok(Value::Names(names))
}

fn unknown_capability(name: &str) -> String {
    match suggest::nearest(name, CAPABILITIES) {
        Some(near) => format!("unknown capability `{name}`; did you mean `{near}`?"),
        None => format!(
            "unknown capability `{name}`; capabilities(7) lists the names, such as \
             `net_bind_service`"
        ),
    }
}

/// Reads a comma list of `name=soft` and `name=soft:hard`, or `none`.
pub(super) fn limits(given: &Given) -> Result<Value> {
    let text = text::string(given)?;
    let whole = text.value();
    if whole == "none" {
        return Ok(Value::Text(text));
    }
    let mut seen = vec![];
    for part in whole.split(',').map(str::trim) {
        let name = limit(part).map_err(|message| Error::new_spanned(&text, message))?;
        if seen.contains(&name) {
            let message = format!("the limit `{name}` is given twice");
            return Err(Error::new_spanned(&text, message));
        }
        seen.push(name);
    }
    Ok(Value::Text(text))
}

/// Checks one limit, and returns its name.
fn limit(part: &str) -> std::result::Result<&'static str, String> {
    let Some((name, value)) = part.split_once('=') else {
        return Err(format!(
            "`{part}` is not a limit; write a name and a value, such as \"nofile=65536\""
        ));
    };
    let name = name.trim();
    let Some((name, is_size)) = LIMITS.iter().find(|(known, _)| *known == name) else {
        let known = LIMITS.iter().map(|(known, _)| *known);
        return Err(suggest::unknown(
            format_args!("limit `{name}`"),
            name,
            known,
        ));
    };
    let (soft, hard) = value.split_once(':').unwrap_or((value, value));
    let (soft, hard) = (soft.trim(), hard.trim());
    match (bound(soft, *is_size), bound(hard, *is_size)) {
        (Some(soft), Some(hard)) if soft <= hard => Ok(name),
        (Some(_), Some(_)) => Err(format!(
            "the soft limit of `{name}` is above the hard limit; found `{soft}:{hard}`"
        )),
        _ => {
            let kind = if *is_size {
                "a number of bytes such as `64M`"
            } else {
                "a number"
            };
            Err(format!(
                "the limit `{name}` must be {kind}, `unlimited`, or two of these as `soft:hard`; \
                 found `{}`",
                value.trim()
            ))
        }
    }
}

/// Parses one bound of a limit. The kernel reads the largest number as `unlimited`, so it is not a
/// number here.
fn bound(text: &str, is_size: bool) -> Option<u64> {
    match text {
        "unlimited" => Some(u64::MAX),
        text if is_size => amount::size(text).filter(|size| *size < u64::MAX),
        text => amount::number(text).filter(|number| *number < u64::MAX),
    }
}
