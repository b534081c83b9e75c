import type { RunRow } from '@evenkeel/contract'
import { expect, it } from 'vitest'
import { columnsOf } from './columns.ts'
import { headOfRuns, linesOfRuns } from './run-csv.ts'

const run: RunRow = {
  id: 'r1',
  name: 'first, or so',
  experimentId: '1',
  userId: 'ada',
  status: 'FINISHED',
  startedMs: 1000,
  endedMs: 3500,
  artifactUri: '',
  lifecycle: 'active',
  metrics: { loss: { last: 0.123456789, lastStep: 1, lastMs: 1, min: 0.1, max: 9, count: 2 } },
  params: { lr: '1e-3' },
  tags: {},
}

it('writes runs with the columns that are shown, in full', () => {
  const columns = columnsOf(['run:status', 'run:duration', 'metric:loss', 'best-min:loss', 'param:lr', 'tag:none'])

  expect(headOfRuns(columns)).toBe(
    'run,run_id,run:status,run:duration_s,metric:loss,best-min:loss,param:lr,tag:none\r\n',
  )
  expect(linesOfRuns([run], columns)).toBe('"first, or so",r1,FINISHED,2.5,0.123456789,0.1,1e-3,\r\n')
})
