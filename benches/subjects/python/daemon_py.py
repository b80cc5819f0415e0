"""python-daemon: DaemonContext with a locked pid file."""

import os
import signal
import struct
import sys
import time

import daemon
import daemon.pidfile


def report(value):
    when = time.monotonic_ns()
    with open(os.environ["BENCH_DIR"] + "/reports", "wb", buffering=0) as pipe:
        pipe.write(struct.pack("=QQQ", when, os.getpid(), value))


folder = os.environ["BENCH_DIR"]
pid_file = daemon.pidfile.TimeoutPIDLockFile(folder + "/pid", 0)
log = open(folder + "/log", "a")
stop = lambda *_: sys.exit(0)
context = daemon.DaemonContext(
    pidfile=pid_file, umask=0o027, stderr=log, signal_map={signal.SIGTERM: stop}
)
with context:
    wait = int(os.environ.get("BENCH_HOOK_MS", "0"))
    if wait:
        time.sleep(wait / 1000)
    report(0)
    while True:
        signal.pause()
