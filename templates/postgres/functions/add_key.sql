DECLARE
    inner_pad bytea := decode(repeat('36', 64), 'hex');
    outer_pad bytea := decode(repeat('5c', 64), 'hex');
BEGIN
    IF length(key) NOT BETWEEN 32 AND 64 THEN
        RAISE EXCEPTION USING ERRCODE = '22023', MESSAGE = 'a key has 32 to 64 bytes';
    END IF;
    FOR i IN 0..length(key) - 1 LOOP
        inner_pad := set_byte(inner_pad, i, 54 # get_byte(key, i));
        outer_pad := set_byte(outer_pad, i, 92 # get_byte(key, i));
    END LOOP;
    INSERT INTO polity_key.signing (inner_pad, outer_pad) VALUES (inner_pad, outer_pad);
END;
