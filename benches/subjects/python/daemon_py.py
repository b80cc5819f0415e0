"""python-daemon: DaemonContext with a locked pid file."""

import os
import pwd
import signal
import struct
import subprocess
import sys
import time

import daemon
import daemon.pidfile


def report(value):
    when = time.monotonic_ns()
    with open(os.environ["BENCH_DIR"] + "/reports", "wb", buffering=0) as pipe:
        pipe.write(struct.pack("=QQQ", when, os.getpid(), value))


pid_file = daemon.pidfile.TimeoutPIDLockFile(os.environ["BENCH_PID_FILE"], 0)
log = open(os.environ["BENCH_LOG_FILE"], "a")
user = os.environ.get("BENCH_USER")
ids = dict(zip(("uid", "gid"), pwd.getpwnam(user)[2:4])) if user else {}
stop = lambda *_: sys.exit(0)
context = daemon.DaemonContext(
    pidfile=pid_file, umask=0o027, stderr=log, signal_map={signal.SIGTERM: stop}, **ids
)
with context:
    if "BENCH_FAIL" in os.environ:
        sys.exit(42)
    if "BENCH_CHILD" in os.environ:
        subprocess.Popen(["sleep", "600"])
    wait = int(os.environ.get("BENCH_HOOK_MS", "0"))
    if wait:
        time.sleep(wait / 1000)
    report(0)
    while True:
        signal.pause()
