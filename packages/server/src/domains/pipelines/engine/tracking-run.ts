import { createHash } from 'node:crypto'

/**
 * Id of the tracking run that a step logs into: the same for each of its attempts, and known before anything is logged,
 * so that a step that logs nothing costs nothing.
 *
 * @returns 32 hex digits, as MLflow names runs
 */
export const trackingRunId = (runId: string, step: string): string =>
  createHash('sha256').update(`${runId}/${step}`).digest('hex').slice(0, 32)
