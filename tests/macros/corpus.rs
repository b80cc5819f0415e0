//! Values of every key that the attribute and the runtime both read.

/// The values of one key.
pub(crate) struct Row {
    pub(crate) key: &'static str,
    pub(crate) valid: &'static [&'static str],
    pub(crate) invalid: &'static [&'static str],
    /// Values that only an option or a variable may have, for the convenience of a command line.
    pub(crate) at_run_time: &'static [&'static str],
}

const fn row(
    key: &'static str,
    valid: &'static [&'static str],
    invalid: &'static [&'static str],
) -> Row {
    Row {
        key,
        valid,
        invalid,
        at_run_time: &[],
    }
}

impl Row {
    const fn at_run_time(mut self, texts: &'static [&'static str]) -> Self {
        self.at_run_time = texts;
        self
    }
}

/// Times are read alike for all their keys, so the corpus is at the first.
#[rustfmt::skip]
pub(crate) const ROWS: &[Row] = &[
    // The command line resolves relative paths, because the working directory is known there.
    row("pid_file", &["/run/twin.pid", "/a b"], &["", "/", "/run/", "run/", "-"])
        .at_run_time(&["twin.pid", "./twin.pid"]),
    row("log_file", &["/var/log/twin.log", "syslog:", "syslog:/run/log", "syslog-rfc5424:", "syslog-rfc5424:/run/log"],
        &["", "/", "/var/log/", "syslog:log", "syslog: ", "syslog-rfc5424:log", "syslog", "syslog-rfc5424", "/dev/log", "-", "stderr", "stdout"])
        .at_run_time(&["twin.log", "./syslog", "syslog.log"]),
    row("working_dir", &["/", "/srv", "/srv/"], &[""]).at_run_time(&["srv"]),
    row("chroot", &["/srv/jail", "/srv/jail/"], &[""]).at_run_time(&["jail"]),
    row("title", &["twin", "twin: main", " "], &[""]),
    row("user", &["root", "nobody"], &[""]),
    row("group", &["root"], &[""]),
    row("no_new_privs", &["true", "false"], &["", "True", "yes", "1", "on", "none"]),
    row("core", &["on", "off"], &["", "On", " on", "yes", "true", "unlimited", "inherited"]),
    row("on_panic", &["exit", "restart"], &["", "Exit", "restart ", "abort", "none", "exit,restart"]),
    row("log_format", &["short", "seed", "full", "json"], &["", "text", "Seed", "JSON", " json", "json "]),
    row("log_repeats", &["all", "fold"], &["", "none", "All", "FOLD", " fold", "fold,all"]),
    row("log_level",
        &["trace", "debug", "info", "warn", "error", "fatal", "off", "DEBUG", "Info", "warning",
          "Warning", " info ", "info,hyper=warn", "hyper=warn", "hyper=warn,info", "a::b=trace,c=off",
          " info , a = debug ", "a=info,a=debug", "a=WARN"],
        &["", " ", ",", "info,", ",info", "info,,a=debug", "verbose", "inf", "1", "info debug",
          "info,debug", "=info", " =info", "a=", "a=loud", "a==info", "a=b=info", "notice", "none"]),
    row("log_buffer",
        &["0", "1", "4096", "64K", "1M", "64M", "65536K", "67108864", "00064K"],
        &["", " ", "K", "64k", "64KB", "64 K", " 64K", "64K ", "-1", "+1", "+64K", "1.5M", "0x10",
          "64_000", "65M", "1G", "67108865", "99999999999999999999", "17179869184G", "é", "٣", "none"]),
    row("log_rotate",
        &["never", "daily", "10M", "1", "1K,daily", "daily,10M", "daily, 10M", " daily ", " never ",
          "10M , daily"],
        &["", "0", "0K", "weekly", "Daily", "daily,daily", "10M,20M", "never,10M", "10M,never",
          "daily,", "10M,", ",10M", "daily,10M,20M", "-1M", "+10M", "10m", "10M daily", "off",
          "daily,0"]),
    row("log_keep",
        &["0", "7", "1000", "007", " 7 ", "7,100M", "7,0", "7,gz", "7,100M,gz", "7, 1M, gz"],
        &["", "1001", "-1", "+7", "gz", "100M", "7,", "7,many", "7,gz,1M", "7,gz,gz", "7,1M,gz,",
          "7,1M,1M", "7,100m", "7,GZ", "7,+1M", "seven", "4294967296", "7;gz"]),
    row("log_limit",
        &["none", "1/1s", "100/1s", "1000/10m", "1000000/1h", "1/1000000h", "007/01s"],
        &["", "100", "100/s", "/1s", "0/1s", "1/0s", "100/1d", "100/1ms", "100/1S", "100/1s ",
          "100 /1s", "+100/1s", "100/+1s", "-1/1s", "1000001/1s", "1/1000001s", "1/1h1m", "None",
          "100/1s/1s", "x/1s"]),
    // Rust reads `027` as a decimal number, so the attribute asks for `0o`.
    row("umask", &["0o027", "0o0", "0o777", "0o000022"],
        &["", "0o", "0o1000", "0o8", "0x17", "0b1", "0o0_27", "0o027u32", "-0o27", "0o+27", "+27",
          "-27", "999", "27o", "u=rwx"])
        .at_run_time(&["027", "27", "0", "777"]),
    row("rlimits",
        &["none", "as=1", "core=1", "cpu=1", "data=1", "fsize=1", "locks=1", "memlock=1",
          "msgqueue=1", "nice=1", "nofile=1", "nproc=1", "rss=1", "rtprio=1", "rttime=1",
          "sigpending=1", "stack=1", "nofile=1:2", "nofile=unlimited", "nofile=1:unlimited",
          "nproc=100:200, core=0:unlimited,stack=8M", "stack=64K", "as=1G", " nofile = 5 ",
          "nofile= 1 : 2 ", "stack=0", "nofile=18446744073709551614"],
        &["", "nofile", "nofile=", "nofile=-1", "nofile=+1", "nofile=1K", "nofiles=1", "NOFILE=1",
          "RLIMIT_NOFILE=1", "nofile=2:1", "nofile=1:2:3", "nofile=1:", "nofile=unlimited:1",
          "nofile=1,nofile=2", "nofile=1,", ",nofile=1", "none,nofile=1", "None", " none",
          "nofile=1 nproc=2", "stack=64k", "stack=64KB", "stack=18446744073709551615",
          "nofile=18446744073709551615", "stack=99999999999G", "stack=infinity", "=1", "nofile==1"]),
    row("capabilities",
        &["none", "chown", "CHOWN", "cap_chown", "CAP_CHOWN", "Cap_Net_Bind_Service",
          "net_bind_service,chown", "chown, kill", " chown ", "chown,chown",
          "chown,dac_override,dac_read_search,fowner,fsetid,kill,setgid,setuid,setpcap,\
           linux_immutable,net_bind_service,net_broadcast,net_admin,net_raw,ipc_lock,ipc_owner,\
           sys_module,sys_rawio,sys_chroot,sys_ptrace,sys_pacct,sys_admin,sys_boot,sys_nice,\
           sys_resource,sys_time,sys_tty_config,mknod,lease,audit_write,audit_control,setfcap,\
           mac_override,mac_admin,syslog,wake_alarm,block_suspend,audit_read,perfmon,bpf,\
           checkpoint_restore"],
        &["", ",", "chown,", "chown;kill", "net_bind", "cap_", "CAP_CAP_CHOWN", "all", "cap chown",
          "41", "none,chown", "NONE"]),
    // A number without a unit is in seconds, as everywhere in the shell.
    row("interval",
        &["0s", "5s", "250ms", "2m", "1h", "7d", "366d", "8784h", "31622400s", "31622400000ms", "007s",
          "5", "0", "007", "31622400", "1h30m", "1d2h3m4s5ms", "1s500ms", "0h0m", "90m90s", "365d24h"],
        &["", " ", "s", "ms", "5 s", "5S", "5sec", "5x", "-5s", "+5s", "1.5s", "5s ", " 5s", "-5", "+5",
          "5 ", "1h30", "30m1h", "1h1h", "1h 30m", "1h+30m", "hm", "1hm", "1h30x", "5ms1s", "1m1m",
          "367d", "366d1ms", "31622401", "31622401s", "31622400001ms", "99999999999999999999h",
          "99999999999999999999", "1h99999999999999999999s", "٣s", "5µs", "never"]),
    row("listen",
        &["127.0.0.1:80", "0.0.0.0:0", "127.0.0.1:65535", "127.0.0.1:080", "[::]:80", "[::1]:0",
          "[::]:80?v6only", "[fe80::1%2]:80", "[::ffff:1.2.3.4]:80", "udp:127.0.0.1:53",
          "udp:[::]:53?v6only", "unix:a", "unix:./a", "unix:./@a", "unix:a.", "unix:a//b", "unix:/a",
          "unix:/run/a/b.sock", "unix:...", "unix:a?mode=0600", "unix:a?mode=0", "unix:a?mode=777",
          "unix:a?mode=0000600", "unix:a:b", "unix:a=b", "unix:a,b", "unix:ä", "unix:@a", "unix:@/a/",
          "unix:@..", "unixgram:a", "unixgram:/a?mode=0666", "unixgram:@a",
          // 107 bytes.
          "unix:@0123456789012345678901234567890123456789012345678901234567890123456789\
           0123456789012345678901234567890123456"],
        &["", "80", ":80", "*:80", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
          "127.0.0.1:+1", "127.1:80", "0127.0.0.1:80", "1.2.3.4.5:80", "localhost:80", "::", "::1",
          "::1:80", "[::1]", "[::1]80", "[::1%lo]:80", "[127.0.0.1]:80", "127.0.0.1:80?v6only",
          "[::]:80?", "[::]:80?v4only", "[::]:80?v6only?v6only", "[::]:80?v6only=1", "[::]:80?V6ONLY",
          "tcp:127.0.0.1:80", "http://127.0.0.1:80", "127.0.0.1:80/", "127.0.0.1:http", "UDP:127.0.0.1:53",
          "udp:", "udp:53", "udp::53", "udp:127.0.0.1", "udp:udp:127.0.0.1:53", "udp:127.0.0.1:53?mode=0600",
          "unix:", "unix", "unix:/", "unix:a/", "unix:.", "unix:..", "unix:a/.", "unix:a/..", "unix:../a",
          "unix:a/../b", "unix:/../a", "unix:a?", "unix:a?mode", "unix:a?mode=", "unix:a?mode=8",
          "unix:a?mode=1000", "unix:a?mode=+600", "unix:a?mode=0o600", "unix:a?mode=rw", "unix:a?v6only",
          "unix:a?mode=0600?mode=0600", "unix:a?b", "unix:?mode=0600", "unix:@", "unix:@?mode=0600",
          "unix:@a?mode=0600", "unixgram:", "unixgram:/", "unixpacket:a", "unix:a b", " unix:a",
          "unix:a\tb", "unix:a\nb", "unix:\u{a0}a", "unix:a\u{85}b", "unix:a\u{1}b", "/run/a", "a", "@a",
          "unix:@01234567890123456789012345678901234567890123456789012345678901234567890\
           1234567890123456789012345678901234567", "fd:", "fd:-1", "fd:+3", "fd:1", "fd:2", "fd:x",
          "fd:3:4", "fd:2147483648", "fd:3?mode=0600"])
        .at_run_time(&["fd:0", "fd:3", "fd:2147483647", "fd:03"]),
    row("start_timeout", &["30s", "30", "1ms"], &["soon", "0", "0s", "0ms", "0m0s", "367d"]),
    row("stop_timeout", &["20s", "1m30s", "1ms"], &["soon", "0s", "0ms", "367d"]),
    row("drain", &["10s", "0s", "1m30s"], &["soon", "367d"]),
    row("hang_after", &["60s", "0s"], &["soon", "367d"]),
];
