/* What the C subjects share, as the library does for those in Rust. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

static long must(long truth)
{
    if (!truth) {
        perror("bench");
        abort();
    }
    return truth;
}

static const char *file(const char *name)
{
    static char path[4096];
    snprintf(path, sizeof path, "%s/%s", getenv("BENCH_DIR"), name);
    return path;
}

static uint64_t now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (uint64_t)time.tv_sec * 1000000000 + (uint64_t)time.tv_nsec;
}

static void report(uint64_t when, uint64_t value)
{
    uint64_t words[] = {when, (uint64_t)getpid(), value};
    int pipe = open(file("reports"), O_WRONLY | O_CLOEXEC);
    must(write(pipe, words, sizeof words) == sizeof words);
    close(pipe);
}

static inline void write_pid(void)
{
    char text[16];
    int length = snprintf(text, sizeof text, "%d\n", getpid());
    int pid = open(getenv("BENCH_PID_FILE"), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
    must(write(pid, text, (size_t)length) == length);
    close(pid);
}

static inline void hook(void)
{
    const char *wait = getenv("BENCH_HOOK_MS");
    if (getenv("BENCH_FAIL") != NULL)
        exit(42);
    if (getenv("BENCH_CHILD") != NULL && must(fork() + 1) - 1 == 0)
        execlp("sleep", "sleep", "600", NULL);
    if (wait != NULL && atoi(wait) != 0)
        usleep((useconds_t)atoi(wait) * 1000);
    report(now(), 0);
}

static uint64_t queued;

static inline void handle(int number)
{
    uint64_t entered = now();
    if (number == SIGUSR1)
        report(entered, 1);
    else if (number == SIGUSR2)
        report(entered, queued);
    else
        queued++;
}

static int note_pipe;

static void note(int number)
{
    int saved = errno;
    char byte = (char)number;
    ssize_t done = write(note_pipe, &byte, 1);
    (void)done;
    errno = saved;
}

static inline int catch_by_pipe(void)
{
    int ends[2];
    struct sigaction action = {.sa_handler = note, .sa_flags = SA_RESTART};
    must(pipe2(ends, O_CLOEXEC | O_NONBLOCK) == 0);
    note_pipe = ends[1];
    sigaction(SIGTERM, &action, NULL);
    sigaction(SIGUSR1, &action, NULL);
    sigaction(SIGUSR2, &action, NULL);
    sigaction(SIGRTMIN, &action, NULL);
    return ends[0];
}

static inline void live_by_pipe(int pipe)
{
    for (;;) {
        char numbers[256];
        struct pollfd wanted = {.fd = pipe, .events = POLLIN};
        poll(&wanted, 1, -1);
        ssize_t count = read(pipe, numbers, sizeof numbers);
        for (ssize_t at = 0; at < count; at++) {
            if (numbers[at] == SIGTERM)
                return;
            handle(numbers[at]);
        }
    }
}
