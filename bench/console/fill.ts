import pg from 'pg'

/** Runs whose metrics are written by one statement. */
const atOnce = 5000

const prepare = (runs: number, metrics: number) => [
  'set synchronous_commit = off',
  `insert into tracking.run (project_id, run_id, experiment_id, name, user_id, status, started_ms, ended_ms, artifact_uri)
    select 'default', lpad(to_hex(i), 32, '0'), 0, 'run-' || i, 'user', 'FINISHED', 1700000000000 + i * 1000,
      1700000000500 + i * 1000, 'mlflow-artifacts:/0/' || lpad(to_hex(i), 32, '0') || '/artifacts'
    from generate_series(1, ${runs}::bigint) i`,
  `insert into tracking.run_param select run_number, key, value from tracking.run, lateral (values
    ('lr', (run_number % 7 / 1000.0)::text), ('optimizer', 'o' || run_number % 3)) p (key, value)`,
  `insert into tracking.metric_key (project_id, key)
    select 'default', 'metric_' || lpad(i::text, 3, '0') from generate_series(1, ${metrics}) i`,
]

const summaries = (from: number) => `
  insert into tracking.metric_summary
    (run_number, key_id, last_step, last_timestamp_ms, last_value, min_value, max_value, point_count)
  select r.run_number, k.key_id, 9, 1700000000000, v, v / 2, v, 10
  from tracking.run r cross join tracking.metric_key k
    cross join lateral (select ((r.run_number * 7919 + k.key_id * 104729) % 1000003) / 1000003.0 as v) value
  where r.run_number between ${from} and ${from + atOnce - 1}`

/** Writes runs, each with as many metrics, into the database of a server that has answered once, unless they are there. */
export async function fill(
  url: string,
  { runs, metrics }: { runs: number; metrics: number },
  onShare: (share: number) => void,
): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    const { rows } = await client.query<{ count: string }>('select count(*) from tracking.run')
    if (Number(rows[0]!.count) === runs) return
    for (const statement of prepare(runs, metrics)) await client.query(statement)
    for (let from = 1; from <= runs; from += atOnce) {
      await client.query(summaries(from))
      onShare(Math.min(1, (from + atOnce - 1) / runs))
    }
    await client.query('vacuum analyze')
  } finally {
    await client.end()
  }
}
