t.ctid = ANY (ARRAY(SELECT d.place FROM polity_due d))
       AND ((t.tableoid, t.ctid) IN (SELECT d.part, d.place FROM polity_due d)) IS TRUE
