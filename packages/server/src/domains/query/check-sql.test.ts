import { describe, expect, it } from 'vitest'
import { checkSql } from './check-sql.ts'

describe('takes', () => {
  it.each([
    'select * from runs',
    'select 1;',
    'SELECT count(*) FILTER (WHERE status = $$x$$) FROM runs'.replaceAll('$$', "'"),
    'with best as (select run_id, max(last_value) as v from metrics group by run_id) select * from best where v > 0.5 -- ok',
    "select r.name, m.last_value from runs r join metrics m using (run_id) where m.name in ('auc', 'loss') order by 2 desc limit 10",
    "select date_trunc('day', started_at), count(*) from runs group by 1",
    `select "name" as "a ""b""" from runs where name like '%;drop table%' /* ; /* nested */ ; */`,
    "select metrics ->> 'auc', (params ->> 'lr')::float8 from model_versions",
    'select row_number() over (partition by model order by version) from model_versions',
    'select cast(last_value as numeric(10, 2)) from metrics',
    "values (1, 'a'), (2, 'b')",
    "select 'it''s -- no comment'",
    'select * from (values (1)) as t(x)',
  ])('%s', (sql) => {
    expect(checkSql(sql)).toHaveProperty('sql')
  })

  it('without the semicolon at its end', () => {
    expect(checkSql('select 1 ;\n')).toEqual({ sql: 'select 1' })
  })
})

describe('refuses', () => {
  it.each([
    ['select 1; select 2', 'more than one statement'],
    ['insert into runs values (1)', 'no SELECT'],
    ['copy runs to stdout', 'no SELECT'],
    ['set role postgres', 'no SELECT'],
    ['explain analyze select 1', 'no SELECT'],
    ['do $$ begin end $$', 'outside of a text'],
    ['', 'no SELECT'],
    ['select * into copy from runs', 'SELECT INTO'],
    ["select pg_read_file('/etc/passwd')", 'catalogs'],
    ['select pg_sleep(60)', 'catalogs'],
    ['select "pg_sleep"(60)', 'catalogs'],
    ['select pg_catalog.pg_sleep(60)', 'catalogs'],
    ['select PG_ADVISORY_LOCK(1)', 'catalogs'],
    ['select * from pg_stat_activity', 'catalogs'],
    ['select * from information_schema.tables', 'catalogs'],
    ["select set_config('role', 'none', true)", 'The function "set_config"'],
    ["select current_setting('data_directory')", 'The function "current_setting"'],
    ["select query_to_xml('select 1', true, true, '')", 'The function "query_to_xml"'],
    ["select lo_import('/etc/passwd')", 'The function "lo_import"'],
    ["select * from dblink('x', 'y')", 'The function "dblink"'],
    ["select nextval('x')", 'The function "nextval"'],
    ["select repeat('x', 1000000000)", 'The function "repeat"'],
    ['select set_config /* why */ -- not\n (1)', 'The function "set_config"'],
    ['select "Sum"(1)', 'The function "Sum"'],
    // What the database takes for the end of a line, a text or a comment ends it here too.
    ['select 1 -- \r, set_config(1)', 'The function "set_config"'],
    ["select E'a'\n'\\'', set_config(1) --'", 'escapes'],
    ["select e'\\''", 'escapes'],
    ["select U&'\\0061'", 'U&'],
    ['select u&"\\0070g_sleep"(1)', 'U&'],
    ["select 'open", 'A quote has no end'],
    ['select "open', 'A quote has no end'],
    ['select 1 /* open /* */', 'A comment has no end'],
    ['select $1', 'outside of a text'],
    ['select 1 \\gexec', 'outside of a text'],
    ['select 1\0', 'the code 0'],
  ])('%s', (sql, reason) => {
    expect(checkSql(sql)).toEqual({ refusal: expect.stringContaining(reason) })
  })
})
