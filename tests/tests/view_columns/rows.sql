insert into core.people (id, name, nick, mail, country, born, seen, "left", visits, points, rank, total, active, ip, home_street, home_zip, work_street, work_zip, "where", tags, marks, extra, scores, photo, opens, waits, level) values
  ('00000000-0000-7000-8000-000000000001', 'Awa Diop', 'a', 'awa@x.sn', 'SN', '1990-05-01', '2026-01-02 03:04:05Z', '2026-02-02Z', 5, 3, 1, 70, true, '10.0.0.1', 'Rue 1', '1', 'Rue 2', '2', '{"street": "Rue 3", "zip": "9"}', '{x,y}', '{1,2}', '{"a": 1, "b": "x", "n": 4}', '{"a": 1}', '\x00', '08:00', '1 hour', 1.5),
  ('00000000-0000-7000-8000-000000000002', 'Ben', null, 'ben@x.sn', null, null, '2026-01-03Z', null, 0, null, 2, 1, false, null, 'Rue 1', null, null, null, '{"street": "Rue 3"}', '{}', null, '{}', '{}', null, '09:00', '2 days', 0.1),
  ('00000000-0000-7000-8000-000000000003', 'Cy', null, 'cy@x.sn', null, null, '2026-01-04Z', null, 1, null, 2, 2, true, null, 'Rue 1', null, null, null, '{"street": "Rue 3"}', '{z}', null, '{}', '{}', null, '09:00', '2 days', 0.1);
insert into core.orders (id, person, giver, status, colour, sku, amount, rate, at, day) values
  (1, '00000000-0000-7000-8000-000000000001', '00000000-0000-7000-8000-000000000002', 'open', 'red', 'AB', 10.50, 1.2345, '2026-01-02Z', '2026-01-02'),
  (2, '00000000-0000-7000-8000-000000000002', null, 'PAID', null, 'CD', 0.01, null, '2026-01-05Z', '2026-01-05');
insert into core.lines ("order", no, count, price) values (1, 1, 2, 3.25), (2, 1, 1, null);
