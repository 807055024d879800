    SELECT sha256(
        outer_pad || sha256(
            inner_pad || convert_to(
                current_database() || E'\n' || session_user || E'\n' || tenant || E'\n' || until, 'UTF8'
            )
        )
    );
