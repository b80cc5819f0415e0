#!/bin/sh
#
# @name@        @description@
#
# chkconfig: 2345 95 05
# description: @description@
# processname: @name@
# pidfile: @pid_file@
#
### BEGIN INIT INFO
# Provides: @name@
# Required-Start: $remote_fs $syslog
# Required-Stop: $remote_fs $syslog
# Should-Start: $network $time
# Should-Stop: $network
# Default-Start: 2 3 4 5
# Default-Stop: 0 1 6
# Short-Description: @description@
# Description: @description@
### END INIT INFO
@mark@

name=@name@
program=@executable@
subsystem=/var/lock/subsys/$name

# Red Hat's functions print the results. Both they and the LSB's pass the verb to systemd where
# systemd is PID 1, so that it knows the state of the service.
if [ -r /etc/rc.d/init.d/functions ]; then
    # shellcheck source=/dev/null
    . /etc/rc.d/init.d/functions
elif [ -r /lib/lsb/init-functions ]; then
    # shellcheck source=/dev/null
    . /lib/lsb/init-functions
fi

usage() {
    echo "Usage: $0 {start|stop|restart|reload|force-reload|condrestart|try-restart|status}" >&2
    exit 2
}

# Prints the result at the end of the line, then the reason if it is known.
report() {
    if [ "$1" -eq 0 ]; then
        if command -v success >/dev/null 2>&1; then success; else printf '[  OK  ]'; fi
        echo
    else
        if command -v failure >/dev/null 2>&1; then failure; else printf '[FAILED]'; fi
        echo
        [ -z "$2" ] || printf '%s\n' "$2" >&2
    fi
}

# run TITLE VERB [OPTION]...: runs one of the daemon's verbs.
run() {
    printf '%s %s: ' "$1" "$name"
    shift
    reason=$("$program"@before@ "$@" 2>&1 >/dev/null)
    code=$?
    report "$code" "$reason"
    return "$code"
}

# Red Hat's rc stops only services that have a file here.
lock_subsystem() {
    [ ! -d "${subsystem%/*}" ] || : >"$subsystem"
}

# try-restart starts nothing, so the daemon's status decides whether it runs.
mark_subsystem() {
    if "$program"@before@ status@all_options@ >/dev/null 2>&1; then
        lock_subsystem
    else
        rm -f "$subsystem"
    fi
}

[ "$#" -eq 1 ] || usage

case $1 in
start | stop | restart | reload | force-reload | condrestart | try-restart | status) ;;
*) usage ;;
esac

if [ ! -x "$program" ]; then
    echo "$program is not installed" >&2
    [ "$1" != status ] || exit 4
    exit 5
fi

case $1 in
start)
    run Starting start@start_options@ && lock_subsystem
    ;;
stop)
    run Stopping stop@stop_options@ && rm -f "$subsystem"
    ;;
restart)
    run Restarting restart@start_options@ && lock_subsystem
    ;;
condrestart | try-restart)
    run Restarting try-restart@start_options@ && mark_subsystem
    ;;
reload | force-reload)
    run Reloading reload@all_options@
    ;;
status)
    "$program"@before@ status@all_options@
    ;;
esac
