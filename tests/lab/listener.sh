# Stands in for systemd: stays as the process that made the listening socket, and hands it to the engine.
# usage: listener COMMAND...   (started by systemd-socket-activate)

# shellcheck disable=SC2016
setpriv --pdeathsig TERM -- sh -c 'export LISTEN_PID=$$; exec "$@"' engine "$@" &
wait
