# Runs in namespaces of its own. Starts a syslogd, and compares what it makes of the same record of
# logger(1) and of the probe, before and after it was restarted. Prints a line for each record.
#
# sh syslogds.sh KIND DIRECTORY PROBE TARGET
set -eu
kind=$1 probe=$3 target=$4
cd "$2"

mount -t tmpfs -o mode=755 tmpfs /run
# A directory with a socket at `/dev/log` that no other process sees.
mkdir -p /run/dev /run/systemd/journal
for device in null zero full random urandom tty; do
    : >"/run/dev/$device"
    mount --bind "/dev/$device" "/run/dev/$device"
done
mount --rbind /run/dev /dev

case $kind in
rsyslog)
    cat >conf <<-'END'
	module(load="imuxsock")
	template(name="parts" type="string" string="%programname% %procid% %pri-text%%msg%\n")
	*.* action(type="omfile" file="/run/out" template="parts")
	END
    begin() { exec rsyslogd -n -f "$PWD/conf" -i /run/rsyslogd.pid; }
    ;;
syslog-ng-*)
    cat >conf <<-END
	@version: 3.38
	source local { unix-${kind#syslog-ng-}("/dev/log"); };
	template parts { template("\$PROGRAM \$PID \$FACILITY.\$PRIORITY \$MSG\n"); };
	log { source(local); destination { file("/run/out" template(parts)); }; };
	END
    begin() {
        exec syslog-ng -F --no-caps -f "$PWD/conf" --persist-file /run/persist \
            --control /run/control --pidfile /run/syslog-ng.pid
    }
    ;;
busybox)
    begin() { exec busybox syslogd -n -O /run/out; }
    ;;
journald)
    mkdir -p /run/log/journal
    ln -s /run/systemd/journal/dev-log /dev/log
    begin() { exec /lib/systemd/systemd-journald; }
    ;;
esac

# Prints the records that arrived.
records() {
    if [ "$kind" = journald ]; then
        journalctl -q -D /run/log/journal -t probe -o json 2>/dev/null || :
    else
        cat /run/out 2>/dev/null || :
    fi | grep 'two words' || :
}

# Waits at most 20 s.
await() {
    for _ in $(seq 400); do
        ! eval "$1" || return 0
        sleep 0.05
    done
    echo "timed out: $1" >&2
    exit 1
}

mkfifo commands
"$probe" "$target" short debug <commands >answers &
exec 3>commands
await 'grep -q ready answers'

for round in 1 2; do
    begin >>"$kind.output" 2>&1 &
    syslogd=$!
    await '[ -S /dev/log ]'
    await 'logger -i -t probe -p daemon.info "two words" 2>/dev/null'
    echo 'log info two words' >&3
    await "[ \$(records | wc -l) -ge $((2 * round)) ]"
    kill "$syslogd"
    wait "$syslogd" || :
    [ -L /dev/log ] && rm -f /run/systemd/journal/dev-log || rm -f /dev/log
done
exec 3>&-
records
