/* libdaemon: daemon_fork, daemon_pid_file_create, daemon_retval_send. */
#define _GNU_SOURCE
#include <libdaemon/dfork.h>
#include <libdaemon/dpid.h>
#include <sys/stat.h>
#include "subject.h"

static const char *pid_file(void)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/pid", getenv("BENCH_DIR"));
    return path;
}

int main(void)
{
    daemon_pid_file_proc = pid_file;
    if (daemon_pid_file_is_running() >= 0)
        return 1;
    daemon_retval_init();
    if (must(daemon_fork() + 1) - 1 != 0) {
        int ready = daemon_retval_wait(20) == 0;
        puts(ready ? "started" : "failed");
        return !ready;
    }
    umask(027);
    if (daemon_pid_file_create() != 0) {
        daemon_retval_send(1);
        return 1;
    }
    must(dup2(open(file("log"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640), 2) == 2);
    int signals = catch_by_pipe();
    hook();
    daemon_retval_send(0);
    live_by_pipe(signals);
    daemon_pid_file_remove();
    return 0;
}
