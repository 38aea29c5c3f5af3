# Keeps one dockerd for as long as standard input stays open, then removes every trace of the lab.
# Standard input is a pipe from the test process, so this also happens when that process is killed.
# usage: guard DIR INSIDE COMMAND...   (INSIDE is the text of inside.sh)

dir=$1 inside=$2
shift 2

unshare --mount --net --propagation private -- setpriv --pdeathsig TERM -- \
    sh -c "$inside" inside "$dir" "$@" </dev/null &
engine=$!
echo "$engine" >"$dir/engine"

# A signal ends the read too.
trap : HUP INT TERM
read -r _

# Politely first: only runc removes a container's cgroups. An engine that hangs or refuses is not waited for.
client() {
    # shellcheck disable=SC2086
    timeout "$1" docker -H "unix://$dir/docker.sock" "$2" "$3" $containers
}
containers=
if kill -0 "$engine" && containers=$(client 5 ps -aq) && [ -n "$containers" ]; then
    client 20 rm -f >/dev/null
fi

# The engine is killed outright: what it would tidy up on SIGTERM lives in its namespaces and ends with them,
# and waiting for it takes a second per lab.
# shellcheck disable=SC2046
kill -KILL "$engine" $(cat "$dir/pid")
wait "$engine"
find "$dir" -maxdepth 4 -type d -path '*/containers/*' -printf '%f\n' | grep -xE '[0-9a-f]{64}' >"$dir/containers"

# The rest of it: containerd and the shims name the lab in their arguments, a container's first process is a shim's
# child, and what else runs in it is in its cgroup.
kill_rest() {
    found=
    for file in $(
        grep -lsF "$dir/exec/" /proc/[0-9]*/cmdline
        grep -lsFf "$dir/containers" /proc/[0-9]*/cgroup
    ); do
        pid=${file#/proc/}
        pid=${pid%/*}
        # shellcheck disable=SC2013
        for child in $(grep -ls "^PPid:[[:space:]]*$pid\$" /proc/[0-9]*/status); do
            child=${child#/proc/}
            kill -KILL "${child%/*}"
        done
        kill -KILL "$pid" && found=yes
    done
    [ -n "$found" ]
}
tries=0
while kill_rest && [ $tries -lt 100 ]; do
    sleep 0.05
    tries=$((tries + 1))
done

while read -r id; do
    find /sys/fs/cgroup -depth -type d -path "*$id*" -exec rmdir {} +
done <"$dir/containers"
awk -v dir="$dir/" 'index($5, dir) == 1 { print $5 }' /proc/self/mountinfo | sort -r | while read -r mount; do
    umount -l "$mount"
done
rm -rf --one-file-system "$dir"
