#!/bin/sh
# Prints a file of a tier as a tenant has it: sh render.sh FILE NAME=VALUE ..., such as $(grep ^tenant tenants/acme/parameters.env)
set -eu
export LC_ALL=C
file=$1 script='' value='[a-z][a-z0-9_]{0,30}|[0-9]{1,18}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}'
shift
for given in "$@"; do
    printf '%s' "$given" | tr '\n' ' ' | grep -Eqx "tenant_[a-z_]+=($value)" || { echo "this cannot be a value: $given" >&2; exit 1; }
    script="$script;s/\${${given%%=*}}/${given#*=}/g"
    case $given in tenant_role=*) script="$script;s/\${tenant_dns}/$(printf '%s' "${given#*=}" | tr _ -)/g" ;; esac
done
if sed "${script#;}" "$file" | sed 's/\${tenant_dollar}/ /g' | grep -F '${tenant_' >&2; then echo "nothing says what this stands for" >&2; exit 1; fi
sed "${script#;};s/\${tenant_dollar}/\$/g" "$file"
