    SELECT coalesce(jsonb_object_agg(each.key, each.rows), '{}')
      FROM (
           SELECT entry.key, coalesce(jsonb_agg(DISTINCT r.value) FILTER (WHERE r.value IS NOT NULL), '[]') AS rows
             FROM (SELECT * FROM jsonb_each(a) UNION ALL SELECT * FROM jsonb_each(b)) AS entry (key, value)
             LEFT JOIN LATERAL jsonb_array_elements(entry.value) AS r (value) ON true
            GROUP BY entry.key
           ) AS each;
