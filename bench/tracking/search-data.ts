import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import pg from 'pg'

const mlflowPython = process.env['PYTHON_MLFLOW'] ?? process.env['PYTHON'] ?? 'python3'

/** Runs with 5 metrics, 5 params and 4 tags each, in the experiment "Default"; the same numbers as `fill_mlflow.py`. */
const statements = (runs: number) => [
  `insert into tracking.run (project_id, run_id, experiment_id, name, user_id, status, started_ms, ended_ms, artifact_uri)
    select 'default', lpad(to_hex(i), 32, '0'), 0, 'run-' || i, 'user', 'FINISHED', 1700000000000 + i * 1000,
      1700000000500 + i * 1000, 'mlflow-artifacts:/0/' || lpad(to_hex(i), 32, '0') || '/artifacts'
    from generate_series(1, ${runs}::bigint) i`,
  `insert into tracking.metric_key (project_id, key)
    select 'default', key from unnest(array['acc', 'loss', 'val_acc', 'val_loss', 'f1']) key`,
  `insert into tracking.metric_summary (run_number, key_id, last_step, last_timestamp_ms, last_value, point_count)
    select r.run_number, k.key_id, 9, 1700000000000, ((r.run_number * 7919 + k.key_id * 104729) % 1000003) / 1000003.0, 10
    from tracking.run r, tracking.metric_key k`,
  `insert into tracking.run_param select run_number, key, value from tracking.run, lateral (values
    ('lr', (run_number % 7 / 1000.0)::text), ('batch', (run_number % 8 * 32)::text), ('optimizer', 'o' || run_number % 3),
    ('model', 'm' || run_number % 50), ('seed', run_number::text)) p (key, value)`,
  `insert into tracking.run_tag select run_number, key, value from tracking.run, lateral (values
    ('team', 'team' || run_number % 20), ('mlflow.user', 'user'), ('mlflow.runName', name),
    ('mlflow.source.name', 'train.py')) t (key, value)`,
  'vacuum analyze',
]

/** Writes the runs into the database of a server of ours that has answered once. */
export async function fillOurs(url: string, runs: number): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  try {
    for (const statement of statements(runs)) await client.query(statement)
  } finally {
    await client.end()
  }
}

/** Writes the runs into the SQLite file of a MLflow server that has started once. */
export async function fillMlflow(file: string, runs: number): Promise<void> {
  const script = new URL('fill_mlflow.py', import.meta.url).pathname
  await promisify(execFile)(mlflowPython, [script, file, String(runs)])
}
