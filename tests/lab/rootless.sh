# Becomes an engine of an unprivileged user, in a user, mount and network namespace as rootlesskit makes them.
# usage: rootless DIR COMMAND...   (run as root in the lab's namespaces)
set -e

dir=$1
shift
user=2000
subordinate=200000

chown "$user:$user" "$dir"
chown -R "$user:$user" "$dir/run" "$dir/etc/docker"

# Root writes the maps once this very process has its user namespace; newuidmap would be one more package.
(
    until [ "$(readlink "/proc/$$/ns/user")" != "$(readlink /proc/self/ns/user)" ]; do
        sleep 0.01
    done
    printf '0 %s 1\n1 %s 65536\n' "$user" "$subordinate" >"/proc/$$/uid_map"
    printf '0 %s 1\n1 %s 65536\n' "$user" "$subordinate" >"/proc/$$/gid_map"
) &

# Capabilities come with the first exec after the maps are there, which is also why the signal is set again here.
# shellcheck disable=SC2016
exec setpriv --reuid "$user" --regid "$user" --clear-groups \
    env "XDG_RUNTIME_DIR=$dir/run" \
    unshare --user --mount --net --propagation slave -- \
    sh -c 'until grep -q . /proc/self/gid_map; do sleep 0.01; done
        exec setpriv --pdeathsig TERM sh -c "busybox ip link set lo up; exec \"\$@\"" engine "$@"' engine "$@"
