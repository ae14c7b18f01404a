-- What zdm.rule_policy says, as one JSON document; NULL when it says nothing.
SELECT pg_catalog.json_agg(pg_catalog.json_build_object(
           'rule', p.rule, 'relation', p.relation::oid::int8, 'risk', p.risk, 'reason', p.reason))::text
  FROM zdm.rule_policy p
