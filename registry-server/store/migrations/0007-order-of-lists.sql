-- Oldest server: 0.1.0
-- Lists are in the order of Java's strings, by the name with its context before it: that of UTF-16. "C" has the order of
-- code points, which differs only in that U+E000 to U+FFFF come before what is beyond them; so these get the last code
-- point of all in front of them (store/list-name.ts).
alter table subjects add column list_name text collate "C" not null generated always as (
  regexp_replace(case when context = '.' then subject else ':' || context || ':' || subject end,
    '[\uE000-\uFFFF]' collate "C", U&'\+10FFFF\\&', 'g')) stored;
create index subjects_by_list_name on subjects (list_name);
-- Names of other contexts stand in the middle of those of the default one, and may be many.
create index subjects_of_default_by_list_name on subjects (list_name) where context = '.';
