# columns as they are
SELECT id, name, nick, mail, country, born, seen, "left", visits, points, rank, total, active, ip, tags, marks, extra, scores, photo, opens, waits, level FROM core.people
= id: uuid | name: text(80) | nick: text(20)? | mail: email | country: country? | born: date? | seen: timestamp | left: timestamp? | visits: int | points: int? | rank: smallint | total: bigint | active: bool | ip: inet? | tags: text(10)[] | marks: int[]? | extra: json | scores: map<int> | photo: bytes? | opens: time | waits: interval | level: float
# columns of records
SELECT p.home_street, p.home_zip, p.work_street, p."where" FROM core.people p
= home_street: text(40) | home_zip: text? | work_street: text(40)? | where: Place
# a star, of which one is declared
SELECT * FROM core.lines
= no: int
# stars of joins, by names that differ
SELECT l.*, o.status FROM core.lines l JOIN core.orders o ON o.id = l."order"
= order: -> core.Order | no: int | count: int | price: decimal(10, 2)? | status: Status
# references
SELECT id, person, giver FROM core.orders
= id: -> core.Order | person: -> core.Person | giver: -> core.Person?
# a left join
SELECT p.id, o.id AS first_order, o.amount FROM core.people p LEFT JOIN core.orders o ON o.person = p.id
= id: uuid | first_order: int? | amount: decimal(12, 2)?
# a right join
SELECT o.status, p.name FROM core.people p RIGHT JOIN core.orders o ON o.giver = p.id
= status: Status | name: text(80)?
# a full join
SELECT o.id AS o, p.id AS p FROM core.people p FULL JOIN core.orders o ON o.giver = p.id
= o: int? | p: uuid?
# a left join, then a condition on it
SELECT p.id, o.amount FROM core.people p LEFT JOIN core.orders o ON o.person = p.id WHERE o.id IS NOT NULL
= id: uuid | amount: decimal(12, 2)
# an inner join behind a left join
SELECT p.id, o.status, l.price FROM core.people p LEFT JOIN core.orders o ON o.person = p.id JOIN core.lines l ON l."order" = o.id
= id: uuid | status: Status | price: decimal(10, 2)?
# a join using one column
SELECT "order", a.no, b.price FROM core.lines a JOIN core.lines b USING ("order")
= order: int | no: int | price: decimal(10, 2)?
# a cross join
SELECT a.id AS a, b.id AS b FROM core.orders a CROSS JOIN core.people b
= a: int | b: uuid
# conditions that prove
SELECT id, nick, points, born FROM core.people WHERE nick <> '' AND points IS NOT NULL AND NOT born IS NULL
= id: uuid | nick: text(20) | points: int | born: date
# conditions that prove by lists
SELECT nick, points FROM core.people WHERE nick IN ('a', 'b') AND points BETWEEN 1 AND 3
= nick: text(20) | points: int
# counts and sums by group
SELECT person, count(*) AS orders, count(rate) AS rated, sum(amount) AS amount, sum(rate) AS rates, min(at) AS first, max(colour) AS colour FROM core.orders GROUP BY person
= person: -> core.Person | orders: bigint | rated: bigint | amount: decimal(18, 2) | rates: decimal(18, 4)? | first: timestamp | colour: Colour?
# figures of all rows
SELECT count(*) AS n, sum(visits) AS visits, max(seen) AS seen, avg(visits) AS mean, bool_and(active) AS all_active FROM core.people
= n: bigint | visits: bigint? | seen: timestamp? | mean: float? | all_active: bool?
# sums of whole numbers
SELECT rank, sum(rank) AS ranks, sum(visits) AS visits FROM core.people GROUP BY rank
= rank: smallint | ranks: bigint | visits: bigint
# averages, rounded
SELECT status, round(avg(amount), 2) AS mean FROM core.orders GROUP BY status
= status: Status | mean: decimal(14, 2)
# filters of aggregates
SELECT status, count(*) FILTER (WHERE rate IS NULL) AS unrated, sum(amount) FILTER (WHERE rate > 1) AS high FROM core.orders GROUP BY status
= status: Status | unrated: bigint | high: decimal(18, 2)?
# gathered values
SELECT person, array_agg(id) AS ids, array_agg(colour) AS colours, string_agg(sku, ',') AS skus, jsonb_agg(amount) AS amounts FROM core.orders GROUP BY person
= person: uuid | ids: int[] | colours: Colour?[] | skus: text | amounts: json
# grouping sets
SELECT person, status, count(*) AS n FROM core.orders GROUP BY GROUPING SETS ((person), (status))
= person: uuid? | status: Status? | n: bigint
# having
SELECT person, max(rate) AS rate FROM core.orders GROUP BY person HAVING max(rate) IS NOT NULL
= person: uuid | rate: decimal(6, 4)
# window functions
SELECT id, row_number() OVER (ORDER BY at) AS place, sum(amount) OVER (PARTITION BY person) AS amount, lag(at) OVER (ORDER BY at) AS before, first_value(status) OVER (ORDER BY at) AS first, rank() OVER w AS place_in FROM core.orders WINDOW w AS (ORDER BY day)
= id: int | place: bigint | amount: decimal(18, 2) | before: timestamp? | first: Status | place_in: bigint
# a frame that may be empty
SELECT id, sum(amount) OVER (ORDER BY at ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS before FROM core.orders
= id: int | before: decimal(18, 2)?
# case
SELECT id, CASE WHEN visits > 3 THEN 'often' ELSE 'seldom' END AS word, CASE WHEN nick IS NOT NULL THEN nick ELSE name END AS called, CASE WHEN active THEN points END AS points FROM core.people
= id: uuid | word: text(6) | called: text(80) | points: int?
# case over an enum
SELECT id, CASE WHEN amount > 3 THEN status ELSE 'gone' END AS status, CASE status WHEN 'open' THEN 'red' ELSE 'green' END AS colour FROM core.orders
= id: int | status: Status | colour: Colour
# coalesce
SELECT coalesce(nick, name) AS called, coalesce(points, 0) AS points, coalesce(nick, 'nobody') AS nick, coalesce(born, "left"::date AT TIME ZONE 'UTC') IS NULL AS unborn, coalesce(country, 'SN') AS country FROM core.people
= called: text(80) | points: int | nick: text(20) | unborn: bool | country: country
# nullif, greatest
SELECT nullif(visits, 0) AS visits, greatest(points, visits) AS most, least(points, NULL) AS least FROM core.people
= visits: int? | most: int | least: int?
# casts
SELECT visits::bigint AS visits, total::int AS total, id::text AS id, (seen AT TIME ZONE 'UTC')::date AS day, name::varchar(10) AS name, level::numeric(8, 3) AS level, extra::text AS extra FROM core.people
= visits: bigint | total: int | id: text | day: date | name: text(10) | level: decimal(8, 3) | extra: text
# arithmetic
SELECT visits + 1 AS a, visits * total AS b, rank / 2 AS c, amount * 2 AS d, amount + rate AS e, amount * rate AS f, o.day - 3 AS g, o.day - p.born AS h, o.at + interval '1 day' AS i, o.at - p.seen AS j, level * 2 AS k FROM core.orders o JOIN core.people p ON p.id = o.person
= a: int | b: bigint | c: int | d: decimal(24, 2) | e: decimal(16, 4)? | f: decimal(20, 6)? | g: date | h: int? | i: timestamp | j: interval | k: float
# texts
SELECT name || nick AS a, nick || '!' AS b, upper(name) AS c, left(name, 3) AS d, substring(name FROM 2 FOR 4) AS e, length(nick) AS f, trim(name) AS g, concat(nick, '-') AS h, split_part(name, ' ', 1) AS i, md5(name) AS j FROM core.people
= a: text(100)? | b: text(21)? | c: text | d: text(3) | e: text(4) | f: int? | g: text(80) | h: text | i: text(80) | j: text(32)
# dates
SELECT date_trunc('month', seen) AS month, extract(year FROM seen AT TIME ZONE 'UTC')::int AS year, '2026-05-01Z'::timestamptz - seen AS since, (now() AT TIME ZONE 'UTC')::date AS today, age("left", seen) AS stayed FROM core.people
= month: timestamp | year: int | since: interval | today: date | stayed: interval?
# json
SELECT extra->'a' AS a, extra->>'b' AS b, jsonb_build_object('id', id, 'name', name) AS o, to_jsonb(tags) AS tags, (extra->>'n')::int AS n FROM core.people
= a: json? | b: text? | o: { id: uuid, name: text } | tags: json | n: int?
# parts of lists
SELECT tags[1] AS first, cardinality(tags) AS n, 'x' = ANY (tags) AS x, array_to_string(tags, ',') AS all FROM core.people
= first: text(10)? | n: int | x: bool | all: text
# constants
SELECT 1 AS a, 'x' AS b, true AS c, NULL::int AS d, 1.50 AS e, 3000000000 AS f, DATE '2026-01-01' AS g, 'red' AS h FROM core.orders
= a: int | b: text(1) | c: bool | d: int? | e: decimal(3, 2) | f: bigint | g: date | h: Colour
# subqueries as values
SELECT p.id, (SELECT count(*) FROM core.orders o WHERE o.person = p.id) AS orders, (SELECT max(o.at) FROM core.orders o WHERE o.person = p.id) AS last, (SELECT o.status FROM core.orders o WHERE o.giver = p.id LIMIT 1) AS given, EXISTS (SELECT 1 FROM core.orders o WHERE o.giver = p.id) AS gave, p.id IN (SELECT giver FROM core.orders) AS x FROM core.people p
= id: uuid | orders: bigint | last: timestamp? | given: Status? | gave: bool | x: bool?
# a subquery in FROM
SELECT q.person, q.n, p.name FROM (SELECT person, count(*) AS n FROM core.orders GROUP BY person) q JOIN core.people p ON p.id = q.person
= person: -> core.Person | n: bigint | name: text(80)
# a left join of a subquery
SELECT p.id, q.n, coalesce(q.n, 0) AS orders FROM core.people p LEFT JOIN (SELECT person, count(*) AS n FROM core.orders GROUP BY person) q ON q.person = p.id
= id: uuid | n: bigint? | orders: bigint
# lateral
SELECT p.id, last.at FROM core.people p LEFT JOIN LATERAL (SELECT at FROM core.orders o WHERE o.person = p.id ORDER BY at DESC LIMIT 1) last ON true
= id: uuid | at: timestamp?
# with
WITH sums (who, sum) AS (SELECT person, sum(amount) FROM core.orders GROUP BY person) SELECT p.name, s.sum FROM sums s JOIN core.people p ON p.id = s.who
= name: text(80) | sum: decimal(18, 2)
# with, recursive
WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5) SELECT i FROM n
= i: int
# union
SELECT id, name FROM core.people UNION ALL SELECT id, nick FROM core.people
= id: uuid | name: text(80)?
# union of numbers
SELECT visits AS n FROM core.people UNION SELECT total FROM core.people UNION SELECT 3
= n: bigint
# union with a constant and an enum
SELECT status, 'a' AS kind FROM core.orders UNION ALL SELECT 'PAID', 'bc' FROM core.people
= status: Status | kind: text(2)
# except
SELECT id FROM core.people EXCEPT SELECT giver FROM core.orders
= id: uuid?
# values
SELECT v.n, v.word FROM (VALUES (1, 'one'), (2, NULL)) AS v(n, word)
= n: int | word: text(3)?
# distinct
SELECT DISTINCT status, colour FROM core.orders
= status: Status | colour: Colour?
# names that functions give
SELECT count(*), max(visits) FROM core.people
= count: bigint | max: int?
# names without an alias
SELECT o.id, o.at::date FROM (SELECT id, at AT TIME ZONE 'UTC' AS at FROM core.orders) o
= id: int | at: date
# elements by their name
SELECT p.id, tag, n, n + 1 AS more FROM core.people p, unnest(p.tags) AS tag, generate_series(1, 2) AS n
= id: uuid | tag: text(10) | n: int | more: int
# columns of a function
SELECT j.a, j.b FROM core.people p, jsonb_to_record(p.extra) AS j(a int, b text)
= a: int? | b: text?
# elements
SELECT p.id, t.tag FROM core.people p, unnest(p.tags) AS t(tag)
= id: uuid | tag: text(10)
# loose: what is not known
SELECT id, num_nonnulls(nick, points) AS n, regexp_count(name, 'a') AS m FROM core.people
= id: uuid | n: int | m: bigint
# loose: widened
SELECT rank, visits, name, mail, status, amount, rank AS small FROM core.people JOIN core.orders ON person = people.id
= rank: int | visits: bigint | name: text | mail: text | status: text | amount: decimal(14, 3) | small: float
