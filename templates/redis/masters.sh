# Calls `walk` with the options of redis-cli for each master of a cluster, or once where the server is in none.
on_each_master() {
    nodes=$(redis-cli -e "$@" CLUSTER NODES 2> /dev/null < /dev/null) || nodes=
    if [ -z "$nodes" ]; then
        walk "$@"
        return
    fi
    printf '%s\n' "$nodes" |
        awk '$3 ~ /master/ && $3 !~ /fail|noaddr|handshake/ { sub(/@.*/, "", $2); print $2 }' |
        while read -r address; do
            walk "$@" -h "${address%:*}" -p "${address##*:}"
        done
}
