/* The floor's start, in C: a lock, two forks, a readiness pipe, a pid file. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include "subject.h"

int main(void)
{
    char byte;
    int ends[2];
    int lock = open(file("lock"), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    must(lock >= 0);
    if (flock(lock, LOCK_EX | LOCK_NB) != 0)
        return 1;
    must(pipe2(ends, O_CLOEXEC) == 0);
    if (must(fork() + 1) - 1 != 0) {
        close(ends[1]);
        int ready = read(ends[0], &byte, 1) == 1;
        puts(ready ? "started" : "failed");
        return !ready;
    }
    close(ends[0]);
    setsid();
    if (must(fork() + 1) - 1 != 0)
        _exit(0);
    umask(027);
    must(chdir("/") == 0);
    write_pid();
    must(dup2(open(getenv("BENCH_LOG_FILE"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640), 2) == 2);
    int signals = catch_by_pipe();
    hook();
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    must(dup2(null, 0) == 0 && dup2(null, 1) == 1);
    must(write(ends[1], "R", 1) == 1);
    close(ends[1]);
    live_by_pipe(signals);
    unlink(getenv("BENCH_PID_FILE"));
    return 0;
}
