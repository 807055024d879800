SELECT sha256(salt || convert_to(json_build_array(subjects, old, new)::text, 'UTF8'));
