-- The rule that makes a view what it is says nothing that the view does not.
SELECT jsonb_strip_nulls(jsonb_build_object('rule', jsonb_build_object(
           'table', r.name,
           'name', w.rulename,
           'on', CASE w.ev_type WHEN '2' THEN 'update' WHEN '3' THEN 'insert' ELSE 'delete' END,
           'condition', coalesce(substring(d.definition FROM '\n\s+WHERE (.*?) DO '), 'true'),
           'action', CASE WHEN d.definition !~ ' DO NOTHING;$' THEN substring(d.definition FROM ' DO\s+(.*);$') END,
           'firing', CASE w.ev_enabled
               WHEN 'R' THEN 'replica' WHEN 'A' THEN 'always' WHEN 'D' THEN 'disabled' ELSE 'origin' END
       )))::text
  FROM relations r
  JOIN pg_rewrite w ON w.ev_class = r.oid
 CROSS JOIN LATERAL (SELECT pg_get_ruledef(w.oid) AS definition) d
 WHERE w.ev_type <> '1'
