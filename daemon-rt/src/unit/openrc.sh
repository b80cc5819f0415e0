#!/sbin/openrc-run
@mark@

# No `command` or `pidfile`: start-stop-daemon trusts the number in the pid file. The verbs check
# the lock.
# shellcheck disable=SC2034 # read by openrc-run
description=@description@
# shellcheck disable=SC2034
extra_started_commands="reload"

depend() {
    use localmount net logger
    after bootmisc
}

start() {
    ebegin "Starting @name@"
    @start@ >/dev/null
    eend $?
}

stop() {
    ebegin "Stopping @name@"
    @stop@ >/dev/null
    eend $?
}

reload() {
    ebegin "Reloading @name@"
    @reload@ >/dev/null
    eend $?
}

# 0: running, 3: stopped, 32: crashed, where OpenRC has started it and it does not run.
status() {
    @status@
    code=$?
    if [ "$code" -ne 0 ] && service_started; then
        eerror "status: crashed"
        return 32
    fi
    return "$code"
}
