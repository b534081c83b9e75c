import { type Logger, pino } from 'pino'

export type Log = Logger

/** JSON lines on stdout. */
export const createLog = (level: string): Log =>
  pino({
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    redact: { paths: ['token', '*.token', 'authorization', '*.authorization'], censor: '[redacted]' },
    serializers: { err: pino.stdSerializers.err },
  })
