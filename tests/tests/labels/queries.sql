# columns
select id, email from core.people
= id: - | email: email

# columns of a table with an alias
select p.size, lower(p.email) as e from core.people as p
= size: - | e: email

# columns with the table's name in front
select people.email, core.people.body from core.people
= email: email | body: body

# an expression over two columns
select p.email || ':' || p.body as both, p.size + 1 as more from core.people p
= both: body email | more: -

# what only chooses rows is no value
select size from core.people where email like '%mail%' order by body
= size: -

# columns of two tables
select p.email, w.balance from core.people p join core.wallets w on w.person = p.id
= email: email | balance: balance

# an inline record
select home_street as s, home_city as c from core.people
= s: street | c: street

# quoted and folded names
select "email", EMAIL as e, "people"."body" as b from Core."people"
= email: email | e: email | b: body

# names with blanks, and a keyword in quotes
select o."Some word" as w, o."user" as u from core."Odd" o
= w: word | u: -

# a keyword that is no column
select current_user as me, p.size from core.people p
= me: - | size: -

# constants
select 1 as one, 'email' as two, now() as three
= one: - | two: - | three: -

# a cast, a collation, a time zone
select cast(email as text) as a, born::text as b, email collate "C" as c, born::timestamp at time zone 'UTC' as d from core.people
= a: email | b: born | c: email | d: born

# a cast keeps the name
select email::text, cast(body as varchar(500)) from core.people
= email: email | body: body

# the name of a function
select lower(email), upper(body) from core.people
= lower: email | upper: body

# columns in another order than the view has them
select body as b, size as a, email as c from core.people
= a: - | b: body | c: email

# case, and its conditions
select case when body = 'x' then 1 else size end as a, case size when 1 then email end as b from core.people
= a: body | b: email

# coalesce and its kin
select coalesce(w.note, p.email) as a, nullif(p.size, 0) as b, greatest(p.size, w.balance) as c from core.people p, core.wallets w
= a: email | b: - | c: balance

# words that are functions
select extract(year from born) as a, substring(email from 2 for 3) as b, position('a' in body) as c, trim(both ' ' from email) as d, overlay(email placing 'x' from 1) as e from core.people
= a: born | b: email | c: body | d: email | e: email

# comparisons
select email = 'a' as a, email like 'a%' as b, size between 1 and 3 as c, born in (now()::date) as d, email is null as e, body is distinct from 'a' as f from core.people
= a: email | b: email | c: - | d: born | e: email | f: body

# any and all
select email = any (array['a', 'b']) as a, size > all (select balance from core.wallets) as b from core.people
= a: email | b: balance

# a parameter of an operator by its full name
select email operator(pg_catalog.||) body as a from core.people
= a: body email

# star
select * from core.wallets
= id: - | person: - | balance: balance | note: -

# star of one table
select w.*, p.body from core.people p, core.wallets w
= id: - | person: - | balance: balance | note: - | body: body

# star beside columns
select size as n, w.* from core.people, core.wallets w
= n: - | balance: balance | note: -

# star of a table by its full name
select core.wallets.* from core.wallets
= balance: balance | note: -

# using merges
select * from core.people p join core.wallets w using (id)
= id: - | email: email | balance: balance | note: -

# using merges what carries different labels
select * from (select email as x, size from core.people) a full join (select code as x, size as n from core.nodes) b using (x)
= x: code email | size: - | n: -

# a merged column by its name
select x from (select email as x from core.people) a full join (select code as x from core.nodes) b using (x)
= x: code email

# natural join
select * from (select id, email as x from core.people) a natural left join (select id, code as y from core.nodes) b
= id: - | x: email | y: code

# natural join puts what is shared first
select t.a, t.b, t.c from ((select size, email from core.people) p natural join (select code, size from core.nodes) n) t (a, b, c)
= a: - | b: email | c: code

# an alias of a table that renames columns
select a, b, c from core.people as p (a, b, c)
= a: - | b: email | c: body

# an alias that renames the first columns only
select p.a, p.size, p.email from core.wallets as p (a, person, email, size)
= a: - | email: balance | size: -

# an alias that renames columns to each other's names
select t.id, t.email from core.people as t (email, id)
= id: email | email: -

# a join in parentheses
select email, balance from (core.people p join core.wallets w on w.person = p.id)
= email: email | balance: balance

# a join in parentheses in which tables have names
select p.email, w.balance from (core.people p cross join core.wallets w)
= email: email | balance: balance

# a join in parentheses with an alias
select t.email, t.balance from (core.people p join core.wallets w on w.person = p.id) as t
= email: email | balance: balance

# a join in parentheses with an alias and its columns
select t.a as id, t.b as x, t.i as y, t.c as z from (core.people p cross join core.nodes n) t (a, b, c, d, e, f, g, h, i)
= id: - | x: email | y: street | z: body

# columns that such an alias leaves as they are
select t.code, t.email from (core.people p cross join core.nodes n) t (a)
= code: code | email: email

# parentheses in parentheses
select t.x, t.y from ((core.nodes n join core.wallets w on true) join core.people p on true) t (i, r, s, x, j, k, y)
= x: code | y: balance

# a join of an alias of a join
select u.q from ((core.nodes a cross join core.nodes b) t (a1, a2, a3, q) join core.wallets w on w.id = t.a1) u
= q: code

# using in parentheses with an alias
select t.a, t.b from (core.people p join core.wallets w using (id)) t (a, b)
= a: - | b: email

# star of an alias of a join
select t.* from (core.wallets w cross join (select code from core.nodes) n) t (a, b, c, d, e)
= a: - | b: - | c: balance | d: - | e: code

# joins of every kind
select a.code as a, b.code as b, p.email as c from core.nodes a left join core.nodes b on b.parent = a.id right join core.people p on p.id = a.id
= a: code | b: code | c: email

# a join without parentheses in a join
select n.code, p.email from core.nodes n join core.wallets w join core.people p on p.id = w.person on n.id = w.id
= code: code | email: email

# a row
select p from core.people p
= p: body born doc email street tags

# a row by the table's own name
select people as r from core.people
= r: body born doc email street tags

# a row as a text
select p::text as r, w::text as s from core.people p, core.wallets w
= r: body born doc email street tags | s: balance

# a row as json
select to_jsonb(p) as a, row_to_json(p) as b, to_json(w) as c from core.people p, core.wallets w
= a: body born doc email street tags | b: body born doc email street tags | c: balance

# a row of some columns
select row(p.size, p.email)::text as a, (size, body)::text as b, row(w.*)::text as c from core.people p, core.wallets w
= a: email | b: body | c: balance

# rows gathered
select array_agg(p)::text as a, json_agg(p.*) as b, jsonb_agg(n) as c, string_agg(n::text, ',') as d from core.people p, core.nodes n
= a: body born doc email street tags | b: body born doc email street tags | c: code | d: code

# a field of a row
select (p).email, (p).size as s, ((p)).body as b from core.people p
= email: email | s: - | b: body

# a field of a row that was gathered
select (array_agg(n))[1].code as a from core.nodes n
= a: code

# a function's notation for a column
select email(p) as a, size(p) as b from core.people p
= a: body born doc email street tags | b: body born doc email street tags

# a row that is counted
select count(p.*) as a, count(*) as b, count(w.balance) as c from core.people p, core.wallets w
= a: body born doc email street tags | b: - | c: balance

# a row held against absence
select p is null as a, (p is not null)::text as b from core.nodes p
= a: code | b: code

# a row of a subquery
select x from (select email as e, size as s from core.people) x
= x: email

# a row of a common table
with c as (select code, size from core.nodes) select to_jsonb(c) as j, c.size from c
= j: code | size: -

# a row of a join
select t as r from (core.wallets w cross join core.nodes n) t
= r: balance code

# a table that is called like one of its columns
select size from core.people size
= size: -

# a table that is called like a column that it has not
select email as e from core.wallets email
= e: balance

# a table that is called like a labelled column
select email from core.people email
= email: email

# a column of another table that is called like a table
select code from core.nodes email, core.wallets code
= code: code

# two tables of one kind
select a.email as x, b.size as y from core.people a, core.people b
= x: email | y: -

# system columns
select p.tableoid as a, ctid as b, xmin::text as c from core.people p
= a: - | b: - | c: -

# a subquery
select x.e from (select email e, size from core.people) x
= e: email

# a subquery whose columns are renamed
select x.b from (select size, body from core.people) as x (a, b)
= b: body

# a subquery in a subquery
select y.z from (select x.e as z from (select email as e from core.people) x) y
= z: email

# star of a subquery
select * from (select p.*, 1 as one from core.wallets p) x
= balance: balance | note: - | one: -

# lateral
select p.size, x.m from core.wallets w, core.people p, lateral (select w.balance as m where w.note <> p.body) x
= size: - | m: balance

# lateral that passes on what stands before it
select x.e, x.b from core.people p cross join lateral (select p.email as e, w.balance as b from core.wallets w where w.person = p.id) x
= e: email | b: balance

# lateral with a star
select x.* from core.people p, lateral (select p.*, n.code from core.nodes n limit 1) x
= email: email | code: code | size: -

# lateral in a join in parentheses
select t.q from (core.people p left join lateral (select p.body as b) x on true) t (a, b, c, d, e, f, g, h, i, q)
= q: body

# a scalar subquery
select size + (select max(balance) from core.wallets w where w.person = p.id) as a from core.people p
= a: balance

# a scalar subquery that names what is around
select (select p.email) as a, (select email) as b from core.people p
= a: email | b: email

# a scalar subquery that names nothing of its own
select (select size from core.wallets limit 1) as a, (select p.size from core.nodes n limit 1) as b from core.people p
= a: - | b: -

# an inner alias that hides an outer one
select (select p.size from core.nodes p limit 1) as a, (select p.code from core.nodes p limit 1) as b, p.email as c from core.people p
= a: - | b: code | c: email

# an inner column that hides an outer one
select (select size from core.nodes limit 1) as a, (select min(id::text) from core.nodes where email is not null) as b from core.people
= a: - | b: email

# an inner common table that hides a table around it
with x as (select email as v from core.people) select (with x as (select size as v from core.nodes) select v from x limit 1) as a, (select v from x limit 1) as b
= a: - | b: email

# exists
select exists (select from core.people where email = 'x') as a, exists (select 1 from core.wallets) as b, size in (select balance from core.wallets) as c from core.nodes
= a: email | b: - | c: balance

# an array of a query
select array(select email from core.people) as a, array[size, 1] as b from core.nodes
= a: email | b: -

# elements of arrays
select tags[1] as a, tags[1:2] as b, p.tags[1] as c, (array[p.size, 2])[1] as d from core.people p
= a: tags | b: tags | c: tags | d: -

# unnest
select t from core.people p, unnest(p.tags) as t
= t: tags

# unnest whose column has a name
select t.a, p.size from core.people p, unnest(p.tags) as t (a)
= a: tags | size: -

# unnest with its ordinal numbers
select t.a, t.n from core.people p cross join lateral unnest(p.tags) with ordinality as t (a, n)
= a: tags | n: tags

# unnest of several arrays
select t.a, t.b from core.people p, unnest(p.tags, array[p.email]) as t (a, b)
= a: email tags | b: email tags

# unnest of what was gathered
select u.e from (select array_agg(email) as all_of, array_agg(size) as sizes from core.people) x, unnest(x.all_of) as u (e)
= e: email

# unnest beside columns
select unnest(tags) as a, size as b, unnest(array[email]) as c from core.people
= a: tags | b: - | c: email

# a function in from that is given a row
select x.key, x.value from core.people p, jsonb_each_text(to_jsonb(p)) x
= key: body born doc email street tags | value: body born doc email street tags

# a function in from by its own name
select jsonb_array_elements_text.value as v from core.people p, jsonb_array_elements_text(jsonb_build_array(p.body))
= v: body

# a function with a list of columns
select x.a, x.b from core.people p, jsonb_to_record(jsonb_build_object('a', p.email)) as x (a text, b int)
= a: email | b: email

# a function that makes rows
select g, p.size from core.people p, generate_series(1, 2) as g
= g: - | size: -

# members of json
select doc -> 'a' as a, doc ->> 'b' as b, doc #>> '{a,b}' as c, doc @> '{}' as d, jsonb_path_query(doc, '$.a') as e from core.people
= a: doc | b: doc | c: doc | d: doc | e: doc

# json made of columns
select jsonb_build_object('e', email, 's', size) as a, jsonb_object_agg(size, body) as b, jsonb_set(doc, '{x}', to_jsonb(email)) as c from core.people group by email, size, doc
= a: email | b: body | c: doc email

# xml made of columns
select xmlforest(email, size as s) as a, xmlconcat(xmlforest(body)) as b from core.people
= a: email | b: body

# xmltable
select x.v, p.size from core.people p, xmltable('/email' passing xmlforest(p.email) columns v text path '.') x
= v: email | size: -

# a table of json: from 17
select t.v, p.size from core.people p, json_table(p.doc, '$' columns (v text path '$.a')) t
= v: doc | size: -

# aggregates
select count(*) as a, sum(balance) as b, max(note) as c, string_agg(note, ',' order by balance) as d from core.wallets
= a: - | b: balance | c: - | d: balance

# aggregates with a filter
select count(*) filter (where body = 'x') as a, array_agg(size) filter (where email > 'a') as b from core.people
= a: body | b: email

# ordered-set aggregates
select percentile_disc(0.5) within group (order by email) as a, mode() within group (order by size) as b from core.people
= a: email | b: -

# groups
select size, max(email) as e, count(distinct body) as n from core.people group by size having min(born) > '1900-01-01'
= size: - | e: email | n: body

# groups by place and by name
select email as e, size as s from core.people group by 1, s
= e: email | s: -

# grouping sets
select email, size, grouping(email) as g from core.people group by grouping sets ((email), (size), ())
= email: email | size: - | g: email

# cube and rollup
select body, size, count(*) as n from core.people group by cube (body, size), rollup (size)
= body: body | size: - | n: -

# window functions
select row_number() over (partition by body order by email) as a, lag(email) over (order by size) as b, size as c from core.people
= a: body email | b: email | c: -

# a window by its name
select rank() over w as a, size as b, sum(size) over (w rows between 1 preceding and current row) as c from core.people window w as (order by email)
= a: email | b: - | c: email

# an aggregate as a window function
select max(balance) over () as a, sum(1) over (partition by note) as b from core.wallets
= a: balance | b: -

# distinct on
select distinct on (body) body as b, email as e, size as s from core.people order by body, size
= b: body | e: email | s: -

# first rows
select size, email from core.people order by email fetch first 1 row only
= size: - | email: email

# limits from a query
select size from core.people limit (select count(*) from core.wallets)
= size: -

# union, by place
select size as v, id as w from core.people union all select balance, person from core.wallets
= v: balance | w: -

# union takes its names from the first
select email as a, size::text as b from core.people union select size::text, code from core.nodes
= a: email | b: code

# intersect and except
select email as a from core.people except select code from core.nodes intersect select body from core.people
= a: body code email

# a union in parentheses
(select email as a from core.people order by 1 limit 1) union all (select note from core.wallets)
= a: email

# a union of stars
select * from core.wallets union all select * from core.wallets
= balance: balance | note: -

# values
select v.a, v.b from (values (1, 'x'), (2, 'y')) v (a, b)
= a: - | b: -

# values made of columns
select v.column1 as a, v.column2 as b from core.people p, lateral (values (p.size, p.email), (1, p.body)) v
= a: - | b: body email

# a scalar subquery of values
select (values (p.email)) as a, p.size from core.people p
= a: email | size: -

# common tables
with a as (select email as e, size as s from core.people) select s, e from a
= s: - | e: email

# common tables whose columns are renamed
with a (x, y) as (select email, size from core.people) select y, x from a
= y: - | x: email

# common tables that read each other
with a as (select email e from core.people), b as (select e as f from a) select f from b
= f: email

# a common table under another name
with a as (select email, size from core.people) select q.v, q.w from a as q (v, w)
= v: email | w: -

# a common table in a subquery
select x.e from (with a as (select email as e from core.people) select * from a) x
= e: email

# a common table that is called like a column
with email as (select size as s from core.people) select s from email
= s: -

# a common table that is called like a table
with people as (select code as email from core.nodes) select people.email, p.email as other from people, core.people p
= email: code | other: email

# a common table that is materialized
with a as materialized (select body from core.people), b as not materialized (select size from core.nodes) select body, size from a, b
= body: body | size: -

# the table of a common table
with a as (table core.wallets) select balance, note from a
= balance: balance | note: -

# recursion
with recursive r as (select id, size::bigint as v from core.people union select r.id, w.balance from r join core.wallets w on w.person = r.id) select v, id from r
= v: balance | id: -

# recursion whose columns change places
with recursive r (a, b, n) as (select code, ''::varchar(20), 1 from core.nodes union all select b, a, n + 1 from r where n < 3) select a, b, n from r
= a: code | b: code | n: -

# recursion over a tree
with recursive r as (select id, size, array[code]::text[] as path from core.nodes where parent is null union all select n.id, n.size, r.path || n.code::text from core.nodes n join r on n.parent = r.id) select size, path, id from r
= size: - | path: code | id: -

# a recursive one that reads a later one
with recursive a as (select v from b), b as (select email as v from core.people) select v from a
= v: email

# one of several is recursive
with recursive n as (select 1 as i union all select i + 1 from n where i < 3), e as (select email, i from core.people, n) select email, i from e
= email: email | i: -

# a later one that is called like one further out
with b as (select size as v from core.nodes) select (with recursive a as (select v from b), b as (select body as v from core.people) select v from a limit 1) as x
= x: body

# a view
select address, size from core.mail
= address: email | size: -

# star of a view
select m.* from core.mail m
= address: email | size: - | id: -

# a row of a view
select to_jsonb(m) as j from core.mail m
= j: email

# figures lose their label
select total, note from core.sums
= total: - | note: -

# a view in a join in parentheses
select t.b from (core.mail m cross join core.sums s) t (a, b)
= b: email

# a function by hand: not installed
select core.address_of(w.person) as a, w.note as b from core.wallets w
= a: body born doc email street tags | b: -

# a function by hand that calls another: not installed
select core.address_by_way(w.person) as a from core.wallets w
= a: body born doc email street tags

# a function by hand that reads nothing: not installed
select core.shouted(w.note) as a, core.shouted(p.email) as b from core.wallets w, core.people p
= a: - | b: email

# a function by hand in from: not installed
select c, w.note from core.wallets w, core.codes() c
= c: code | note: -

# a function by hand among the columns of a subquery: not installed
select x.* from (select core.codes() as c, size from core.people) x
= c: code | size: -

# catalogues of the store
select c.relname::text as name, p.email from pg_catalog.pg_class c, core.people p where c.relname = 'people'
= name: - | email: email

# a sample
select email, size from core.people tablesample system (100)
= email: email | size: -

# a call with named arguments
select make_interval(days => p.size) as a from core.people p
= a: -

# types in front of texts
select date '2020-01-01' + p.size as a, interval '1 day' as b from core.people p
= a: - | b: -

# an alias without as
select email e, body "B", size from core.people
= e: email | B: body | size: -

# comments
select /* email /* nested */ */ size, -- body
  email from core.people
= size: - | email: email

# texts that look like names
select 'email' as a, $$body$$ as b, E'\x65mail' as c, size from core.people
= a: - | b: - | c: - | size: -
