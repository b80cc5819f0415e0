# Makes the root file system NAME as the directory DIR, once: what later calls find, they keep.
#
# sh root.sh NAME DIR
set -eu
name=$1 dir=$2

case $name in
sysv)
    suite=bookworm
    packages=sysvinit-core,sysv-rc,initscripts,insserv,procps,s6,runit,busybox,supervisor,monit
    ;;
openrc) suite=bookworm packages=openrc,sysvinit-core,procps ;;
trixie) suite=trixie packages=systemd,systemd-sysv,procps ;;
*)
    echo "no such root: $name" >&2
    exit 2
    ;;
esac

# The mirror that this machine's apt uses.
# shellcheck disable=SC2016 # the names are apt's
mirror=$(apt-get indextargets --format '$(SITE)' 'Created-By: Packages' 'Component: main' | head -n 1)

mkdir -p "${dir%/*}"
exec 9>"$dir.lock"
flock 9
[ ! -d "$dir" ] || exit 0
# Built under another name, so that an interrupted call leaves nothing that looks whole.
rm -rf "$dir.new"
mmdebstrap --quiet --mode=root --variant=apt --include="$packages" \
    --dpkgopt='path-exclude=/usr/share/doc/*' --dpkgopt='path-exclude=/usr/share/locale/*' \
    "$suite" "$dir.new" "$mirror"
mv "$dir.new" "$dir"
