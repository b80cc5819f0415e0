/* The three ways to wait for signals in C. */
#define _GNU_SOURCE
#include <string.h>
#include <sys/signalfd.h>
#include "subject.h"

static void live_by_wait(sigset_t *set)
{
    for (;;) {
        siginfo_t info;
        int number = sigwaitinfo(set, &info);
        if (number == SIGTERM)
            return;
        if (number > 0)
            handle(number);
    }
}

static void live_by_signalfd(sigset_t *set)
{
    int signals = signalfd(-1, set, SFD_CLOEXEC | SFD_NONBLOCK);
    for (;;) {
        struct signalfd_siginfo infos[64];
        struct pollfd wanted = {.fd = signals, .events = POLLIN};
        poll(&wanted, 1, -1);
        ssize_t length = read(signals, infos, sizeof infos);
        for (ssize_t at = 0; at < length / (ssize_t)sizeof infos[0]; at++) {
            if (infos[at].ssi_signo == SIGTERM)
                return;
            handle((int)infos[at].ssi_signo);
        }
    }
}

int main(int count, char **words)
{
    must(count == 2);
    if (strcmp(words[1], "self-pipe") == 0) {
        int pipe = catch_by_pipe();
        hook();
        live_by_pipe(pipe);
        return 0;
    }
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGUSR1);
    sigaddset(&set, SIGUSR2);
    sigaddset(&set, SIGRTMIN);
    sigprocmask(SIG_BLOCK, &set, NULL);
    hook();
    if (strcmp(words[1], "sigwaitinfo") == 0)
        live_by_wait(&set);
    else
        live_by_signalfd(&set);
    return 0;
}
