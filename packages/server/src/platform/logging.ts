import { type DestinationStream, type Logger, pino } from 'pino'

export type Log = Logger

const secrets = ['authorization', 'cookie', 'password', 'secret', 'token']

/** Writes JSON lines. Secrets are blanked wherever they hang, up to three levels deep. */
export function createLog({ level = 'info', to }: { level?: string; to?: DestinationStream } = {}): Log {
  const paths = secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`, `*.*.*.${name}`])
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths, censor: '[redacted]' },
    serializers: { err: pino.stdSerializers.err },
  }
  return to ? pino(options, to) : pino(options)
}
