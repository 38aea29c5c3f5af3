# A registry that hands out what lies in a directory: it answers one request on standard input.
# usage: registry NAME DIR   (DIR has blobs and manifests by digest, and manifests by tag)

read -r method path _ || exit 0
cr=$(printf '\r')
while read -r line && [ -n "${line%"$cr"}" ]; do :; done

answer() {
    printf 'HTTP/1.1 %s\r\nContent-Length: %s\r\nContent-Type: %s\r\n' "$1" "$2" "$3"
    [ -z "$4" ] || printf 'Docker-Content-Digest: %s\r\n' "$4"
    printf 'Docker-Distribution-Api-Version: registry/2.0\r\nConnection: close\r\n\r\n'
}

file=$2/${path##*/}
case $path in
/v2/) answer '200 OK' 0 application/json ;;
/v2/*/manifests/* | /v2/*/blobs/*)
    [ -f "$file" ] || { answer '404 Not Found' 0 application/json; exit 0; }
    type=application/octet-stream
    case $path in */manifests/*) type=application/vnd.docker.distribution.manifest.v2+json ;; esac
    answer '200 OK' "$(stat -c %s "$file")" "$type" "sha256:$(sha256sum <"$file" | cut -d ' ' -f 1)"
    [ "$method" = HEAD ] || cat "$file"
    ;;
*) answer '404 Not Found' 0 application/json ;;
esac
