import { expect, it } from 'vitest'
import { startFixture } from '../testing.ts'
import { requireFreePort } from './ports.ts'

it('a taken port is refused with the option that chooses another; a free one is not', async () => {
  const { port, stop } = await startFixture({})

  await expect(requireFreePort(port, 'console and API', '--port')).rejects.toMatchObject({
    explanation: {
      code: 'cli.port_taken',
      message: `Port ${port} for the console and API is taken`,
      fix: expect.stringContaining(`evenkeel up --port ${port + 100}`),
      exitCode: 5,
    },
  })
  await stop()
  await expect(requireFreePort(port, 'console and API', '--port')).resolves.toBeUndefined()
})
