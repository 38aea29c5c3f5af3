# Runs in the mount and network namespace of one lab and becomes the engine, or what starts it.
# usage: inside DIR COMMAND...
set -e

dir=$1
shift

# Shared as on a host with systemd, but only among the lab's own namespaces.
mount --make-rshared /
# The engine and its shims keep sockets and locks here whatever their flags say.
mount --bind "$dir/run" /run
# Plugins and subordinate ids come from here. Nothing of the machine's /etc/docker does: 20.10 keeps its identity there.
mount -t overlay -o "lowerdir=/etc,upperdir=$dir/etc,workdir=$dir/etc.work" overlay /etc
mount --bind "$dir/etc/docker" /etc/docker
busybox ip link set lo up
exec "$@"
