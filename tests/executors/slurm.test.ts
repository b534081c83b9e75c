import { describe, expect, it } from 'vitest'
import { conformance, never, shell } from '../../packages/server/src/domains/pipelines/executors/testing/conformance.ts'
import { addressOf, executorsOf } from './world.ts'

const url = addressOf('slurm', 'EVENKEEL_TEST_SLURM')
const { EVENKEEL_TEST_SLURM_KEY: jwtKeyFile, EVENKEEL_TEST_SLURM_USER: user = 'root' } = process.env

describe.skipIf(url === undefined)('slurm', () => {
  const make = executorsOf({ kind: 'slurm', url: url ?? '', user, jwtKeyFile })
  conformance('conforms', make, { concurrent: false })

  it('gives a job the cores it asks for, and says why it cannot have more than there are', async () => {
    const executor = make()
    const submit = (cpu: number) =>
      executor.submit(
        shell('echo $SLURM_JOB_CPUS_PER_NODE', { resources: { cpu, gpu: 0 } }),
        `cores-${cpu}-${Date.now()}`,
      )
    const one = await submit(2)
    await executor.ended(one, never)

    expect((await executor.read(one, 'log', 0, 100)).toString()).toBe('2\n')
    await expect(submit(1000)).rejects.toThrow(/job/)
  })
})
