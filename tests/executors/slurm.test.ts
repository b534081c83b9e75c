import { expect, it } from 'vitest'
import { never, shell } from '../../packages/server/src/domains/pipelines/executors/testing/conformance.ts'
import { onPlatform } from './world.ts'

const { EVENKEEL_TEST_SLURM_KEY: jwtKeyFile, EVENKEEL_TEST_SLURM_USER: user = 'root' } = process.env

onPlatform(
  'slurm',
  'EVENKEEL_TEST_SLURM',
  (url) => ({ kind: 'slurm', url, user, jwtKeyFile }),
  (make) => {
    it('holds a job to its cores, and lets one that asks for too many wait until it is told to end', async () => {
      const executor = make()
      const submit = (cpu: number) =>
        executor.submit(
          shell('echo $SLURM_CPUS_PER_TASK', { resources: { cpu, gpu: 0 } }),
          `cores-${cpu}-${Date.now()}`,
        )
      const one = await submit(1)
      await executor.ended(one, never)

      expect((await executor.read(one, 'log', 0, 100)).toString()).toBe('1\n')
      await expect(submit(1000)).rejects.toThrow(/job/)
    })
  },
)
