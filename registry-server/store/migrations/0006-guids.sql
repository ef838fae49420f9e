-- Oldest server: 0.1.0
-- Guids as Confluent's registry makes them (store/fingerprint.ts): MD5 over the text, then references, metadata and
-- rules, without anything between. Before, they were digests of JSON that held the same.
create function pg_temp.utf8(p_text text) returns bytea language sql immutable as $$
  select convert_to(coalesce(p_text, ''), 'UTF8')
$$;

create function pg_temp.list(p_list json) returns bytea language sql immutable as $$
  select coalesce(string_agg(pg_temp.utf8(value), ''::bytea order by place), '')
  from json_array_elements_text(coalesce(p_list, '[]')) with ordinality as l(value, place)
$$;

create function pg_temp.map(p_map json) returns bytea language sql immutable as $$
  select coalesce(string_agg(pg_temp.utf8(key) || pg_temp.utf8(value), ''::bytea order by key collate "C"), '')
  from json_each_text(coalesce(p_map, '{}'))
$$;

create function pg_temp.refs(p_refs json) returns bytea language sql immutable as $$
  select coalesce(string_agg(
    pg_temp.utf8(ref ->> 'name') || pg_temp.utf8(ref ->> 'subject') || int4send((ref ->> 'version')::integer),
    ''::bytea order by place), '')
  from json_array_elements(coalesce(p_refs, '[]')) with ordinality as l(ref, place)
$$;

create function pg_temp.metadata(p_metadata json) returns bytea language sql immutable as $$
  select case when p_metadata is null then '' else
    '\x01'::bytea
    || (select coalesce(string_agg(pg_temp.utf8(key) || pg_temp.list(value), ''::bytea order by key collate "C"), '')
        from json_each(coalesce(p_metadata -> 'tags', '{}')))
    || pg_temp.map(p_metadata -> 'properties')
    || pg_temp.list(p_metadata -> 'sensitive') end
$$;

create function pg_temp.rule(p_rule json) returns bytea language sql immutable as $$
  select pg_temp.utf8(p_rule ->> 'name') || pg_temp.utf8(p_rule ->> 'doc') || pg_temp.utf8(p_rule ->> 'kind')
    || pg_temp.utf8(p_rule ->> 'mode') || pg_temp.utf8(p_rule ->> 'type')
    || pg_temp.list(p_rule -> 'tags') || pg_temp.map(p_rule -> 'params')
    || pg_temp.utf8(p_rule ->> 'expr') || pg_temp.utf8(p_rule ->> 'onSuccess') || pg_temp.utf8(p_rule ->> 'onFailure')
    || case when (p_rule ->> 'disabled')::boolean then '\x01'::bytea else '' end
$$;

create function pg_temp.rules(p_rules json) returns bytea language sql immutable as $$
  select coalesce(string_agg(pg_temp.rule(rule), ''::bytea order by place), '')
  from json_array_elements(coalesce(p_rules, '[]')) with ordinality as l(rule, place)
$$;

create function pg_temp.rule_set(p_rule_set json) returns bytea language sql immutable as $$
  select case when p_rule_set is null then '' else
    '\x01'::bytea || pg_temp.rules(p_rule_set -> 'migrationRules') || pg_temp.rules(p_rule_set -> 'domainRules')
    || pg_temp.rules(p_rule_set -> 'encodingRules') || pg_temp.utf8(p_rule_set ->> 'enableAt') end
$$;

update schemas set guid = md5(
  pg_temp.utf8(schema) || pg_temp.refs(refs) || pg_temp.metadata(metadata) || pg_temp.rule_set(rule_set))::uuid;

-- Caches hold guids with the schemas: this tells them that those are not what they were.
update registry set purges = purges + 1;
