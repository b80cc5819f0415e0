//! The init systems that a machine can boot, as data.

/// One init system: where it lives, how it begins, how one knows that it has booted.
#[derive(Debug)]
pub struct Init {
    /// The name that the tests print.
    pub name: &'static str,
    /// The root that [`root.sh`](super) makes; `None` is this machine's own.
    pub root: Option<&'static str>,
    /// A file of the lower root without which there is nothing to boot.
    pub needs: &'static str,
    /// The program that becomes PID 1.
    pub command: &'static [&'static str],
    /// PID 1's `/proc/1/comm` from then on.
    pub comm: &'static str,
    /// Files of the machine, beside those of a test: path, mode, text.
    pub files: &'static [(&'static str, u32, &'static str)],
    /// Units that are masked by a link to /dev/null.
    pub masks: &'static [&'static str],
    /// Taken from PID 1's bounding set.
    pub capabilities: &'static str,
    /// A shell command that succeeds as soon as the machine has booted.
    pub ready: &'static str,
    /// A shell command that ends the machine, as an administrator would.
    pub poweroff: &'static str,
}

/// The marker that init systems without a notion of "booted" make.
const MARK: &str = "test -e /run/box-ready";

/// The units that would set the machine's clock or load modules.
const CAPABILITIES: &str = "-sys_time,-sys_module";

/// A PID 1 that starts nothing and reaps nothing: the worst container.
pub const NONE: Init = Init {
    name: "none",
    root: None,
    needs: "/bin/sleep",
    command: &["sleep", "infinity"],
    comm: "sleep",
    files: &[],
    masks: &[],
    capabilities: CAPABILITIES,
    // From then on it is no more what made the machine's root.
    ready: "grep -qx sleep /proc/1/comm",
    // Not by a signal from inside: the kernel shields a PID 1 that does not handle it.
    poweroff: "",
};

/// The systemd of this machine.
pub const SYSTEMD: Init = Init {
    name: "systemd",
    root: None,
    needs: "/lib/systemd/systemd",
    command: &[
        "/lib/systemd/systemd",
        "--system",
        "--unit=multi-user.target",
    ],
    comm: "systemd",
    files: &[("/etc/machine-id", 0o444, "")],
    masks: &[
        "dbus.service",
        "dbus.socket",
        "dev-hugepages.mount",
        "dev-mqueue.mount",
        "getty.target",
        "modprobe@.service",
        "run-lock.mount",
        "sys-fs-fuse-connections.mount",
        "sys-kernel-config.mount",
        "sys-kernel-debug.mount",
        "sys-kernel-tracing.mount",
        "systemd-ask-password-console.path",
        "systemd-ask-password-wall.path",
        "systemd-firstboot.service",
        "systemd-initctl.socket",
        "systemd-journal-flush.service",
        "systemd-journald-audit.socket",
        "systemd-logind.service",
        "systemd-modules-load.service",
        "systemd-networkd.service",
        "systemd-remount-fs.service",
        "systemd-sysctl.service",
        "systemd-sysusers.service",
        "systemd-timesyncd.service",
        "systemd-udev-trigger.service",
        "systemd-udevd-control.socket",
        "systemd-udevd-kernel.socket",
        "systemd-udevd.service",
        "systemd-update-utmp-runlevel.service",
        "systemd-update-utmp.service",
        "timers.target",
        "tmp.mount",
    ],
    capabilities: CAPABILITIES,
    ready: "systemctl is-system-running",
    poweroff: "kill -s RTMIN+4 1",
};

/// The systemd of Debian 13.
pub const SYSTEMD_257: Init = Init {
    name: "systemd 257",
    root: Some("trixie"),
    ..SYSTEMD
};

/// sysvinit with the rc scripts of Debian.
pub const SYSVINIT: Init = Init {
    name: "sysvinit",
    root: Some("sysv"),
    needs: "/sbin/init",
    command: &["/sbin/init"],
    comm: "init",
    files: &[(
        "/etc/inittab",
        0o644,
        "id:2:initdefault:\n\
         l0:0:wait:/etc/init.d/rc 0\n\
         l1:1:wait:/etc/init.d/rc 1\n\
         l2:2:wait:/etc/init.d/rc 2\n\
         ok:2:once:/bin/touch /run/box-ready\n\
         h0:0:wait:/sbin/poweroff -f\n",
    )],
    masks: &[],
    capabilities: "-sys_time,-sys_module,-sys_admin",
    ready: MARK,
    poweroff: "init 0",
};

/// `OpenRC`, started by sysvinit.
pub const OPENRC: Init = Init {
    name: "OpenRC",
    root: Some("openrc"),
    files: &[(
        "/etc/inittab",
        0o644,
        "id:2:initdefault:\n\
         s0::sysinit:/sbin/openrc sysinit\n\
         l0:0:wait:/sbin/openrc shutdown\n\
         l2:2:wait:/sbin/openrc default\n\
         ok:2:once:/bin/touch /run/box-ready\n\
         h0:0:wait:/sbin/poweroff -f\n",
    )],
    ..SYSVINIT
};

/// runit as PID 1.
pub const RUNIT: Init = Init {
    name: "runit",
    root: Some("sysv"),
    needs: "/sbin/runit",
    command: &["/sbin/runit"],
    comm: "runit",
    files: &[
        (
            "/etc/runit/1",
            0o755,
            "#!/bin/sh\ninstall -m 0 /dev/null /run/runit.stopit\n",
        ),
        (
            "/etc/runit/2",
            0o755,
            "#!/bin/sh\ntouch /run/box-ready\nexec runsvdir -P /etc/service\n",
        ),
        (
            "/etc/runit/3",
            0o755,
            "#!/bin/sh\nsv force-stop /etc/service/*\n",
        ),
    ],
    masks: &[],
    capabilities: CAPABILITIES,
    ready: MARK,
    poweroff: "chmod 100 /run/runit.stopit; kill -s CONT 1",
};

/// s6-svscan as PID 1.
pub const S6: Init = Init {
    name: "s6",
    root: Some("sysv"),
    needs: "/usr/bin/s6-svscan",
    command: &["/etc/box-init"],
    comm: "s6-svscan",
    files: &[(
        "/etc/box-init",
        0o755,
        "#!/bin/sh\nmkdir -p /run/service\nexec s6-svscan /run/service\n",
    )],
    masks: &[],
    capabilities: CAPABILITIES,
    ready: "s6-svscanctl -a /run/service",
    poweroff: "s6-svscanctl -t /run/service",
};

/// The init of busybox.
pub const BUSYBOX: Init = Init {
    name: "busybox",
    root: Some("sysv"),
    needs: "/bin/busybox",
    command: &["/bin/busybox", "init"],
    comm: "busybox",
    files: &[("/etc/inittab", 0o644, "::once:/bin/touch /run/box-ready\n")],
    masks: &[],
    capabilities: CAPABILITIES,
    ready: MARK,
    poweroff: "kill -s USR2 1",
};

/// supervisord as PID 1, as containers have it.
pub const SUPERVISORD: Init = Init {
    name: "supervisord",
    root: Some("sysv"),
    needs: "/usr/bin/supervisord",
    command: &[
        "/usr/bin/supervisord",
        "-n",
        "-c",
        "/etc/supervisor/supervisord.conf",
    ],
    comm: "supervisord",
    files: &[],
    masks: &[],
    capabilities: CAPABILITIES,
    ready: "supervisorctl avail",
    poweroff: "supervisorctl shutdown",
};

/// monit under sysvinit: as PID 1 it reaps nothing, and takes a zombie for its service.
pub const MONIT: Init = Init {
    name: "monit",
    needs: "/usr/bin/monit",
    files: &[
        (
            "/etc/inittab",
            0o644,
            "id:2:initdefault:\n\
             mo:2:respawn:/usr/bin/monit -I -c /etc/box-monitrc\n\
             h0:0:wait:/sbin/poweroff -f\n",
        ),
        (
            "/etc/box-monitrc",
            0o600,
            "set daemon 1\n\
             set httpd unixsocket /run/monit.sock allow root:root\n\
             set pidfile /run/monit.pid\n\
             set idfile /run/monit.id\n\
             set statefile /run/monit.state\n\
             include /etc/monit/box/*\n",
        ),
        ("/etc/monit/box/none", 0o600, ""),
    ],
    ready: "monit -c /etc/box-monitrc status",
    ..SYSVINIT
};

/// All of them.
pub const ALL: &[&Init] = &[
    &NONE,
    &SYSTEMD,
    &SYSTEMD_257,
    &SYSVINIT,
    &OPENRC,
    &RUNIT,
    &S6,
    &BUSYBOX,
    &SUPERVISORD,
    &MONIT,
];
