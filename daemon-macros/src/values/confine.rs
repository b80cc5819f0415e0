//! What a daemon may not do: names of capabilities, and limits.

use syn::{Error, LitStr, Result};

use crate::given::Given;
use crate::list;
use crate::suggest;
use crate::values::amount;
use crate::values::text;
use crate::values::value::Value;

/// Those of capabilities(7), without `CAP_`.
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

/// Those of setrlimit(2), without `RLIMIT_`, and whether the value is a size.
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

pub(crate) fn capabilities(given: &Given) -> Result<Value> {
    let wrong = |at: &dyn quote::ToTokens| {
        let message = "`capabilities` is a list of names, such as `[\"net_bind_service\"]`";
        Error::new_spanned(at, message)
    };
    let elements = given.elements().ok_or_else(|| wrong(&given.value))?;
    let mut names = vec![];
    for element in list::split(elements) {
        let name: LitStr = syn::parse2(element.clone()).map_err(|_| wrong(&element))?;
        let lower = name.value().to_ascii_lowercase();
        let bare = lower.strip_prefix("cap_").unwrap_or(&lower);
        if !CAPABILITIES.contains(&bare) {
            return Err(Error::new_spanned(&name, unknown_capability(bare)));
        }
        names.push(name);
    }
    Ok(Value::Names(names))
}

fn unknown_capability(name: &str) -> String {
    match suggest::nearest(name, CAPABILITIES) {
        Some(near) => format!("unknown capability `{name}`; did you mean `{near}`?"),
        None => format!(
            "unknown capability `{name}`; capabilities(7) has them, such as `net_bind_service`"
        ),
    }
}

/// A comma list of `name=soft` and `name=soft:hard`, or `none`.
pub(crate) fn limits(given: &Given) -> Result<Value> {
    let text = text::string(given)?;
    let mut seen = vec![];
    let whole = text.value();
    if whole == "none" {
        return Ok(Value::Text(text));
    }
    for part in whole.split(',').map(str::trim) {
        let wrong = |message: String| Err(Error::new_spanned(&text, message));
        let Some((name, limit)) = part.split_once('=').map(|(a, b)| (a.trim(), b.trim())) else {
            return wrong(format!(
                "`{part}` is no limit; write a name and a value, such as \"nofile=65536\""
            ));
        };
        let Some((_, is_size)) = LIMITS.iter().find(|(known, _)| *known == name) else {
            return wrong(unknown_limit(name));
        };
        if let Err(message) = check(name, limit, *is_size) {
            return wrong(message);
        }
        if seen.contains(&name.to_owned()) {
            return wrong(format!("the limit `{name}` is given twice"));
        }
        seen.push(name.to_owned());
    }
    Ok(Value::Text(text))
}

fn unknown_limit(name: &str) -> String {
    let names = || LIMITS.iter().map(|(name, _)| *name);
    match suggest::nearest(name, names()) {
        Some(near) => format!("unknown limit `{name}`; did you mean `{near}`?"),
        None => format!(
            "unknown limit `{name}`; expected one of {}",
            suggest::listed(names())
        ),
    }
}

fn check(name: &str, limit: &str, is_size: bool) -> std::result::Result<(), String> {
    let (soft, hard) = limit.split_once(':').unwrap_or((limit, limit));
    let read = |text: &str| match text.trim() {
        "unlimited" => Some(u64::MAX),
        text if is_size => amount::size(text),
        text => amount::number(text),
    };
    let (Some(soft), Some(hard)) = (read(soft), read(hard)) else {
        let kind = if is_size {
            "a number of bytes, such as \"64M\","
        } else {
            "a number"
        };
        return Err(format!(
            "the limit `{name}` is {kind} or \"unlimited\", or two of them, soft:hard"
        ));
    };
    if soft > hard {
        return Err(format!("the soft limit `{name}` is above the hard one"));
    }
    Ok(())
}
