//! Declarations that generated files are tried with.

use std::time::Duration;

use crate::unit::file::File;
use crate::unit::{Choice, Kind, Plan, Socket, Verbs, render};

/// A path that means something to every format: shell, systemd, glob, popt.
pub const AWKWARD: &str = r#"/opt/a b/100% $HOME ${X} it's "so" [x]*?\n;&#~é"#;

/// The daemon `server`, as it is without any key.
pub fn plain() -> Plan {
    Plan {
        name: "server".into(),
        description: "server daemon".into(),
        executable: "/usr/local/bin/server".into(),
        before: Vec::new(),
        pid_file: "/run/server.pid".into(),
        log_file: "/var/log/server.log".into(),
        config_file: None,
        user: None,
        group: None,
        own_group: None,
        working_dir: "/".into(),
        sockets: Vec::new(),
        umask: 0o027,
        chroot: None,
        capabilities: None,
        limits: Vec::new(),
        no_new_privs: None,
        start_timeout: Duration::from_secs(30),
        stop_timeout: Duration::from_secs(20),
        options: Vec::new(),
        made_by: vec!["unit".into()],
        choice: Choice::default(),
        command: || clap::Command::new("server"),
    }
}

/// The same with `user = "games"`.
pub fn with_user() -> Plan {
    Plan {
        pid_file: "/run/server/server.pid".into(),
        log_file: "/var/log/server/server.log".into(),
        user: Some("games".into()),
        group: Some("games".into()),
        ..plain()
    }
}

/// The other daemon of `server_or_dropper`.
pub fn dropper() -> Plan {
    Plan {
        name: "dropper".into(),
        description: "dropper daemon".into(),
        executable: "/usr/local/bin/dropper".into(),
        pid_file: "/run/dropper/dropper.pid".into(),
        log_file: "/var/log/dropper/dropper.log".into(),
        ..with_user()
    }
}

/// The dropper with a low port, and limits.
pub fn with_rights() -> Plan {
    Plan {
        capabilities: Some(vec!["CAP_NET_BIND_SERVICE".into()]),
        limits: vec![
            ("LimitCORE".into(), "0".into()),
            ("LimitNOFILE".into(), "100:200".into()),
        ],
        options: vec![
            (Verbs::Starting, "--capabilities=net_bind_service".into()),
            (Verbs::Starting, "--core=off".into()),
            (Verbs::Starting, "--rlimits=nofile=100:200".into()),
        ],
        ..dropper()
    }
}

/// The same in a root of its own.
pub fn in_a_jail() -> Plan {
    let plan = with_rights();
    let mut options = plan.options.clone();
    options.push((Verbs::Starting, "--chroot=/srv/jail".into()));
    options.push((
        Verbs::Starting,
        "--log-file=/srv/jail/var/log/dropper/dropper.log".into(),
    ));
    Plan {
        chroot: Some("/srv/jail".into()),
        log_file: "/srv/jail/var/log/dropper/dropper.log".into(),
        options,
        ..plan
    }
}

/// One whose children are to be setuid programs.
pub fn with_setuid_children() -> Plan {
    Plan {
        no_new_privs: Some(false),
        options: vec![(Verbs::Starting, "--no-new-privs=false".into())],
        ..dropper()
    }
}

/// A socket at an address of IP.
fn socket(name: &str, address: &str) -> Socket {
    Socket {
        name: name.into(),
        is_stream: true,
        address: address.into(),
        is_v6_only: None,
        has_low_port: false,
        mode: None,
    }
}

/// The daemon with a user, and a listener of each kind.
pub fn listening() -> Plan {
    let sockets = vec![
        socket("http", "127.0.0.1:8080"),
        Socket {
            is_v6_only: Some(false),
            ..socket("any", "[::]:8081")
        },
        Socket {
            is_stream: false,
            ..socket("dns", "127.0.0.1:5353")
        },
        Socket {
            mode: Some(0o600),
            ..socket("admin", "/run/server/admin.sock")
        },
        Socket {
            is_stream: false,
            mode: Some(0o660),
            ..socket("events", "/run/events/100%.sock")
        },
        socket("abstract", "@server"),
    ];
    Plan {
        sockets,
        ..with_user()
    }
}

/// Also with a port that only root may bind.
pub fn listening_at_a_low_port() -> Plan {
    let mut plan = listening();
    plan.sockets.push(Socket {
        is_v6_only: Some(true),
        has_low_port: true,
        ..socket("low", "[::]:80")
    });
    plan
}

/// Every path awkward.
pub fn awkward() -> Plan {
    let pid_file = format!("{AWKWARD}/run/server.pid");
    let log_file = format!("{AWKWARD}/log/server.log");
    Plan {
        executable: format!("{AWKWARD}/server"),
        working_dir: format!("{AWKWARD}/work"),
        options: vec![
            (Verbs::All, format!("--pid-file={pid_file}")),
            (Verbs::Starting, format!("--log-file={log_file}")),
            (Verbs::Starting, "--title=".into()),
        ],
        pid_file,
        log_file,
        ..plain()
    }
}

/// Every variant of a unit of systemd.
pub fn units() -> Vec<(&'static str, Plan)> {
    let variant = |plan: Plan, choice| Plan { choice, ..plan };
    let forking = || Choice {
        forking: true,
        ..Choice::default()
    };
    let watchdog = || Choice {
        watchdog: Some(Duration::from_secs(30)),
        ..Choice::default()
    };
    vec![
        ("plain", plain()),
        ("user", with_user()),
        ("awkward", awkward()),
        ("forking", variant(plain(), forking())),
        ("forking with a user", variant(with_user(), forking())),
        ("watchdog", variant(with_user(), watchdog())),
        ("listening", listening()),
        ("listening at a low port", listening_at_a_low_port()),
    ]
}

/// The one file of a kind.
pub fn file(kind: Kind, plan: &Plan) -> File {
    let mut files = render(kind, plan).unwrap();
    assert_eq!(files.len(), 1, "{kind:?}");
    files.remove(0)
}
