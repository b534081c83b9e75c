import { createServer } from 'node:net'
import { CliError } from '../errors.ts'

/** @throws CliError when somebody else listens on the port */
export async function requireFreePort(port: number, purpose: string, option: string): Promise<void> {
  const taken = await new Promise<boolean>((resolve, reject) => {
    const probe = createServer()
    probe.once('error', (error: NodeJS.ErrnoException) => (error.code === 'EADDRINUSE' ? resolve(true) : reject(error)))
    probe.listen(port, '127.0.0.1', () => probe.close(() => resolve(false)))
  })
  if (!taken) return
  throw new CliError({
    code: 'cli.port_taken',
    message: `Port ${port} for the ${purpose} is taken`,
    why: 'another program listens there',
    fix: `evenkeel up ${option} ${port + 100}   (or stop the other program)`,
    exitCode: 5,
  })
}
