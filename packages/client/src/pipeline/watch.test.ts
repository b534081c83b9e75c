import { expect, it } from 'vitest'
import { compilePipeline } from './compile.ts'

const file = {
  name: 'p',
  params: { files: { type: 'list' }, mark: { type: 'string' } },
  steps: { a: { run: 'true' } },
}
const compiled = (on: object) =>
  compilePipeline({ ...file, on }, { step: () => ({ run: 'true' }), code: () => [], file: () => undefined })

it('compiles triggers that watch', () => {
  const result = compiled({
    folder: [{ path: '/in', pattern: '*.csv', max_wait: '1h', param: 'files', when_busy: 'queue' }],
    bucket: [{ url: 's3://drop/in?region=eu-central-1', credentials_secret: 'DROP', every: '5m', param: 'files' }],
    sql: [{ connection_secret: 'DB', query: 'select 1', every: '5m', param: 'mark' }],
  })

  const debounce = { quietSeconds: 30, maxWaitSeconds: 3600 }
  const on = { kind: 'folder', path: '/in', pattern: '*.csv', debounce, param: 'files' }
  const bucket = {
    kind: 'bucket',
    url: 's3://drop/in?region=eu-central-1',
    credentialsSecret: 'DROP',
    everySeconds: 300,
    debounce: { quietSeconds: 30, maxWaitSeconds: 600 },
    param: 'files',
  }
  const query = { kind: 'sql', connectionSecret: 'DB', query: 'select 1', everySeconds: 300, param: 'mark' }
  expect(result.ok && result.pipeline.triggers).toEqual([
    { name: 'folder', spec: { on, whenBusy: 'queue' } },
    { name: 'bucket', spec: { on: bucket } },
    { name: 'sql', spec: { on: query } },
  ])
})

it.each([
  [{ folder: [{ path: '/in', param: 'mark' }] }, 'The param "mark" gets a list; give it "type: list".'],
  [{ sql: [{ connection_secret: 'DB', query: 'select 1', param: 'marks' }] }, 'Did you mean "mark"?'],
  [{ sql: [{ connection_secret: 'D-B', query: 'select 1' }] }, 'letters, digits and "_", at most 128'],
  [{ bucket: [{ url: 's3://b', param: 'mark' }] }, 'The param "mark" gets a list; give it "type: list".'],
  [{ bucket: [{ url: 's3://b', secret: 'K:V' }] }, 'a file is no place for a secret'],
])('refuses %j', (on, says) => {
  expect(JSON.stringify(compiled(on)).replaceAll('\\"', '"')).toContain(says)
})
