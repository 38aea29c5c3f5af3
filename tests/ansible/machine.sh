# A machine with systemd for as long as standard input stays open: this machine's files, and what it writes stays in memory.
# Prints the id of its first process once it is up, then removes every trace of it.
# usage: sh machine.sh DIR BIND...   (DIR is an empty directory whose name is the machine's; each BIND is seen there too)

dir=$1 name=$(basename "$1")
shift

cgroups=
for hierarchy in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified /sys/fs/cgroup; do
    [ -w "$hierarchy/cgroup.procs" ] && mkdir -p "$hierarchy/$name" && cgroups="$cgroups $hierarchy/$name"
done

inside='
set -e
dir=$1 cgroups=$2 name=$3
shift 3
for cgroup in $cgroups; do echo 0 >"$cgroup/cgroup.procs"; done
mount -t tmpfs tmpfs "$dir"
mkdir "$dir/upper" "$dir/work" "$dir/root"
mount -t overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" overlay "$dir/root"
rm -f "$dir/root/etc/systemd/system/"*.wants/*
ln -sf /usr/lib/systemd/system/basic.target "$dir/root/etc/systemd/system/default.target"
mkdir -p /run/systemd
mount -t tmpfs tmpfs /run/systemd
exec systemd-nspawn --quiet --directory="$dir/root" --machine="$name" --register=no --keep-unit --private-users=no --link-journal=no \
    "$@" --boot
'
first=$#
for bind; do set -- "$@" "--bind=$bind"; done
shift "$first"
unshare --mount --pid --fork --kill-child --mount-proc --propagation private -- \
    sh -c "$inside" inside "$dir" "$cgroups" "$name" "$@" </dev/null >"$dir.log" 2>&1 &
unshare=$!

child() { # of the process $1, by the name $2
    for file in $(grep -ls "^PPid:[[:space:]]*$1\$" /proc/[0-9]*/status); do
        grep -qs "^Name:[[:space:]]*$2" "$file" && file=${file#/proc/} && echo "${file%/*}"
    done
}
up() {
    nspawn=$(child $unshare systemd-nspawn) && systemd=$(child "$nspawn" systemd) &&
        nsenter --target "$systemd" --mount --uts --ipc --pid --root --wd systemctl is-active --quiet basic.target
} 2>/dev/null
tries=0
until up; do
    systemd=
    tries=$((tries + 1))
    [ $tries -lt 600 ] && kill -0 $unshare || { cat "$dir.log" >&2; break; }
    sleep 0.1
done
echo "$systemd"

# A signal ends the read too.
trap : HUP INT TERM
read -r _
kill -KILL $unshare
wait $unshare 2>/dev/null
tries=0
# shellcheck disable=SC2086
while [ $tries -lt 100 ]; do
    find $cgroups -depth -type d -exec rmdir {} + 2>/dev/null
    left=
    for cgroup in $cgroups; do [ -d "$cgroup" ] && left=yes; done
    [ -n "$left" ] || break
    tries=$((tries + 1))
    sleep 0.05
done
rm -f "$dir.log"
rmdir "$dir"
