psql -X -v ON_ERROR_STOP=1 -d "$FROM" -c 'SELECT polity.require_every_row()'
pg_dump -Fc --enable-row-security -N extensions -d "$FROM" -f dump

pg_restore -l dump | grep -v ' EXTENSION \| ACL - SCHEMA public ' > all
grep ' SCHEMA - ' all | grep -v ' COMMENT - ' > schemas
grep -v -x -F -f schemas all > rest
lend() {
    psql -X -q -A -t -v ON_ERROR_STOP=1 -d "$TO" -c "SELECT format('$1 CREATE ON SCHEMA %I $2 %I;', nspname, rolname)
        FROM pg_namespace, pg_roles
       WHERE pg_get_userbyid(nspowner) = '${PLATFORM}_owner'
         AND rolname IN ('${PLATFORM}_auditor', '${PLATFORM}_context', '${PLATFORM}_maintenance', '${PLATFORM}_reader')" |
        psql -X -q -v ON_ERROR_STOP=1 -d "$TO"
}
pg_restore -e -L schemas -d "$TO" dump
lend GRANT TO
pg_restore -e --enable-row-security -L rest -d "$TO" dump
lend REVOKE FROM
psql -X -v ON_ERROR_STOP=1 -d "$TO" -c 'SELECT polity.require_every_row()'
