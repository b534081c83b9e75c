import type { LineageGraph, LineageNode, LineageTarget } from '@evenkeel/contract'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { ask, evenkeel, makeFolder } from '../../testing.ts'

vi.setConfig({ testTimeout: 30_000 })

const at = '2026-03-02T00:00:00.000Z'
const node = (kind: LineageNode['kind'], label: string, changes: Partial<LineageNode> = {}): LineageNode => ({
  id: `${kind}:${label}`,
  kind,
  namespace: 'evenkeel://localhost/default',
  name: label,
  version: null,
  label,
  state: null,
  of: null,
  origin: 'own',
  link: null,
  firstSeen: at,
  lastSeen: at,
  ...changes,
})

const graph: LineageGraph = {
  root: 'model_version:churn@1',
  nodes: [
    node('model_version', 'churn@1'),
    node('run', 'churn 1f2e', { state: 'COMPLETE' }),
    node('run', 'churn.load 3d4c', { state: 'COMPLETE' }),
    node('dataset_version', 'flights@1'),
    node('dataset', 'raw', { origin: 'received', namespace: 's3://bucket' }),
    node('deployment', 'churn-live'),
  ],
  edges: [
    { source: 'run:churn 1f2e', target: 'model_version:churn@1', kind: 'writes' },
    { source: 'run:churn.load 3d4c', target: 'run:churn 1f2e', kind: 'part_of' },
    { source: 'dataset_version:flights@1', target: 'run:churn.load 3d4c', kind: 'reads' },
    { source: 'dataset_version:flights@1', target: 'run:churn 1f2e', kind: 'reads' },
    { source: 'dataset:raw', target: 'dataset_version:flights@1', kind: 'writes' },
    { source: 'model_version:churn@1', target: 'deployment:churn-live', kind: 'reads' },
  ],
  truncated: false,
}

it('draws both sides as indented trees, each node once', async () => {
  const { code, stdout, asked } = await ask(
    { 'lineage.graph': () => graph },
    'lineage',
    'show',
    'churn@1',
    '--depth',
    '4',
  )

  expect(code).toBe(0)
  expect(stdout.split('\n').slice(0, -1)).toEqual([
    'model version churn@1',
    'comes from',
    '  └─ run churn 1f2e, COMPLETE',
    '     ├─ dataset version flights@1',
    '     │  └─ dataset raw, of s3://bucket',
    '     └─ run churn.load 3d4c, COMPLETE',
    '        └─ dataset version flights@1 (see above)',
    'leads to',
    '  └─ deployment churn-live',
  ])
  expect(asked.at(-1)).toMatchObject({ operation: 'lineage.graph' })
})

it('prints the graph as it is with --json', async () => {
  const { stdout } = await ask({ 'lineage.graph': () => graph }, 'lineage', 'show', 'churn@1', '--upstream', '--json')

  expect(JSON.parse(stdout)).toEqual(graph)
})

const target: LineageTarget = {
  name: 'marquez',
  spec: { kind: 'http', url: 'https://marquez.example.org/api/v1/lineage' },
  hasKey: true,
  lastSuccessAt: at,
  lastError: 'The target answered 503',
  lastErrorAt: at,
  nextTryAt: at,
  waitingCount: 3,
  lagSeconds: 90,
  refusedCount: 1,
}

it('says of each target when it last worked, how far behind it is, and what went wrong', async () => {
  const { stdout } = await ask({ 'lineage.listTargets': () => ({ items: [target] }) }, 'lineage', 'targets')

  expect(stdout).toMatch(/marquez +https:\S+ +2026-03-02 00:00 +3 +1 min 30 s +1 +The target answered 503/)
})

it('reads the key of a target from a file, and asks for nothing without a place', async () => {
  const folder = await makeFolder()
  await writeFile(join(folder, 'key'), 'top-secret\n')
  const args = ['lineage', 'targets', 'add', 'marquez']
  const url = 'https://marquez.example.org/api/v1/lineage'
  const { asked, stdout } = await ask(
    { 'lineage.putTarget': () => target },
    ...args,
    '--to',
    url,
    '--key-file',
    join(folder, 'key'),
  )

  expect(asked.at(-1)).toMatchObject({ body: { spec: { kind: 'http', url }, key: 'top-secret', from: 'now' } })
  expect(stdout).not.toContain('top-secret')
  expect((await evenkeel(...args)).code).toBe(2)
})
