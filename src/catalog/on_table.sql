-- Whether the table $1 (oid) has a trigger, policy or rule (which: $2, text) of the name $3 (text); or a publication of the name lists it.
SELECT CASE $2
       WHEN 'trigger' THEN EXISTS (SELECT FROM pg_catalog.pg_trigger t
                                    WHERE t.tgrelid OPERATOR(pg_catalog.=) $1 AND t.tgname::text OPERATOR(pg_catalog.=) $3)
       WHEN 'policy' THEN EXISTS (SELECT FROM pg_catalog.pg_policy p
                                   WHERE p.polrelid OPERATOR(pg_catalog.=) $1 AND p.polname::text OPERATOR(pg_catalog.=) $3)
       WHEN 'publication' THEN EXISTS (SELECT FROM pg_catalog.pg_publication_rel r
                                         JOIN pg_catalog.pg_publication p ON p.oid OPERATOR(pg_catalog.=) r.prpubid
                                        WHERE r.prrelid OPERATOR(pg_catalog.=) $1 AND p.pubname::text OPERATOR(pg_catalog.=) $3)
       ELSE EXISTS (SELECT FROM pg_catalog.pg_rewrite r
                     WHERE r.ev_class OPERATOR(pg_catalog.=) $1 AND r.rulename::text OPERATOR(pg_catalog.=) $3) END::text
