# Runs as PID 1 of new namespaces, in the cgroup that is to be the machine's root. Makes a root of
# its own out of LOWER (read only) and STAGE (copied), enters it, and becomes the init system.
#
# sh enter.sh LOWER STAGE CAPABILITIES COMMAND [ARGUMENT]…
set -eu
lower=$1 stage=$2 capabilities=$3
shift 3

# Every mount below dies with the mount namespace, so with this PID 1.
mount -t tmpfs -o mode=755 tmpfs /mnt
mkdir /mnt/upper /mnt/work /mnt/root
# A relative path: overlayfs would read commas and colons in an absolute one.
cd "$lower"
mount -t overlay -o lowerdir=.,upperdir=/mnt/upper,workdir=/mnt/work overlay /mnt/root
cd /mnt/root

# What the administrator of the lower root has enabled is not wanted here.
rm -rf etc/systemd/system etc/rc?.d etc/runlevels/default
mkdir -p etc/systemd/system etc/runlevels/default
for level in 0 1 2 3 4 5 6 S; do mkdir "etc/rc$level.d"; done
mkdir -p proc sys dev run tmp var/tmp
cp -a "$stage/." .

mount -t proc proc proc
# The kernel's settings are the machine's: an init system would change them for everybody.
for file in proc/sys proc/sysrq-trigger; do
    [ -e "$file" ] || continue
    mount --bind "$file" "$file"
    mount -o remount,bind,ro "$file"
done
mount -t sysfs -o ro sysfs sys
mount -t cgroup2 cgroup2 sys/fs/cgroup
mount -t tmpfs -o mode=755 tmpfs run
mount -t tmpfs -o mode=1777 tmpfs tmp
mount -t tmpfs -o mode=755 tmpfs dev
mkdir dev/pts dev/shm run/lock
mount -t devpts -o newinstance,ptmxmode=0666,mode=0620 devpts dev/pts
mount -t tmpfs -o mode=1777 tmpfs dev/shm
for device in null zero full random urandom tty; do
    : >"dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s fd/0 dev/stdin
ln -s fd/1 dev/stdout
ln -s fd/2 dev/stderr

pivot_root . mnt
umount -l /mnt
cd /
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=box \
    setpriv --bounding-set "$capabilities" "$@"
