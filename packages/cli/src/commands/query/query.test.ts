import { expect, it, vi } from 'vitest'
import { type Answers, ask, Refusal } from '../../testing.ts'

vi.setConfig({ testTimeout: 30_000 })

const columns = [
  { name: 'name', type: 'text' },
  { name: 'auc', type: 'float8' },
  { name: 'params', type: 'jsonb' },
]
const rows = [
  ['a "b", c', 0.5, { lr: 1 }],
  ['', null, null],
]
const answers: Answers = {
  'query.run': () => ({ columns, rows, truncated: null, durationMs: 12 }),
  'query.schema': () => ({
    items: [
      { name: 'runs', says: 'Logged runs.', columns: [{ name: 'run_id', type: 'text', says: 'Its id.' }] },
      { name: 'models', says: 'Models.', columns: [{ name: 'model', type: 'text', says: '' }] },
    ],
  }),
}

it('prints a table, and says how long it took', async () => {
  const { code, stdout, stderr, asked } = await ask(answers, 'query', 'select 1', '--limit', '5')

  expect(code).toBe(0)
  expect(stdout).toBe('name      auc  params\na "b", c  0.5  {"lr":1}\n          –    –\n')
  expect(stderr).toBe('2 rows in 12 ms\n')
  expect(asked).toMatchObject([{ body: { sql: 'select 1', limit: 5 } }])
})

it.each([['--csv'], ['--format=csv']])('prints CSV with %s', async (option) => {
  const { stdout, stderr } = await ask(answers, 'query', 'select 1', option)

  expect(stdout).toBe('name,auc,params\n"a ""b"", c",0.5,"{""lr"":1}"\n"",,\n')
  expect(stderr).toBe('')
})

it.each([['--json'], ['--format=json']])('prints JSON with %s', async (option) => {
  const { stdout } = await ask(answers, 'query', 'select 1', option)

  expect(JSON.parse(stdout)).toEqual({ columns, rows, truncated: null, durationMs: 12 })
})

it('says that there is more, also where only data goes to stdout', async () => {
  const more: Answers = { 'query.run': () => ({ columns, rows, truncated: 'rows', durationMs: 12 }) }
  const { stderr } = await ask(more, 'query', 'select 1', '--csv', '--limit', '2')

  expect(stderr).toBe('2 rows in 12 ms; there are more than 2; ask with --limit, or narrow it down\n')
})

it('lists the views, and the columns of one', async () => {
  const all = await ask(answers, 'query', '--schema')
  const one = await ask(answers, 'query', '--schema', 'runs')
  const none = await ask(answers, 'query', '--schema', 'run')

  expect(all.stdout).toContain('runs    Logged runs.  run_id\n')
  expect(one.stdout).toBe('runs  Logged runs.\ncolumn  type  what\nrun_id  text  Its id.\n')
  expect([none.code, none.stderr]).toEqual([3, expect.stringContaining('there are runs, models')])
})

it('ends with 2 for a query that cannot be answered, and with 8 where nobody may ask', async () => {
  const refusing = (status: number, code: string): Answers => ({
    'query.run': () => {
      throw new Refusal(status, code)
    },
  })

  expect((await ask(refusing(422, 'query.failed'), 'query', 'select x')).code).toBe(2)
  expect((await ask(refusing(503, 'query.not_available'), 'query', 'select x')).code).toBe(8)
})
