/* libdaemon: daemon_fork, daemon_pid_file_create, daemon_retval_send. */
#define _GNU_SOURCE
#include <libdaemon/dfork.h>
#include <libdaemon/dpid.h>
#include <libdaemon/dsignal.h>
#include <string.h>
#include <sys/stat.h>
#include "subject.h"

static const char *pid_file(void)
{
    return getenv("BENCH_PID_FILE");
}

int main(int count, char **words)
{
    /* What its documentation's example does and no other subject is asked for: not where time is measured. */
    int careful = getenv("BENCH_CAREFUL") != NULL;
    daemon_pid_file_proc = pid_file;
    if (count > 1 && strcmp(words[1], "stop") == 0)
        return daemon_pid_file_kill_wait(SIGTERM, 5) != 0;
    if (careful) {
        daemon_reset_sigs(-1);
        daemon_unblock_sigs(-1);
    }
    if (daemon_pid_file_is_running() >= 0)
        return 1;
    daemon_retval_init();
    if (must(daemon_fork() + 1) - 1 != 0) {
        int ready = daemon_retval_wait(20) == 0;
        puts(ready ? "started" : "failed");
        return !ready;
    }
    umask(027);
    if (careful)
        daemon_close_all(-1);
    if (daemon_pid_file_create() != 0) {
        daemon_retval_send(1);
        return 1;
    }
    must(dup2(open(getenv("BENCH_LOG_FILE"), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0640), 2) == 2);
    int signals = catch_by_pipe();
    hook();
    daemon_retval_send(0);
    live_by_pipe(signals);
    daemon_pid_file_remove();
    return 0;
}
