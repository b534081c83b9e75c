import type { Ended, LossCause } from '../executors/executor.ts'
import type { Ending } from './apply.ts'
import type { Stop } from './states.ts'

/**
 * What the end of a job means for its attempt.
 *
 * @param stop - set when we asked it to end
 * @see sysexits.h for 75 (temporary failure) and 78 (configuration), GNU timeout for 124, POSIX shells for 128 + signal
 */
export function outcomeOf(seen: Ended, stop: Stop | null): Ending {
  switch (seen.state) {
    case 'lost':
    case 'unknown':
      if (stop) return stopped(stop)
      return 'cause' in seen && seen.cause !== undefined ? ofCause(seen.cause, seen.says) : ofLoss(seen)
    case 'ended':
      // A job that was told to stop and still finished its work has finished its work.
      if (seen.exitCode === 0) return { outcome: 'ok', reason: 'It ended with exit code 0.' }
      if (stop) return stopped(stop)
      return seen.cause === undefined ? ofExitCode(seen.exitCode) : ofCause(seen.cause)
  }
}

function ofLoss(seen: Ended): Ending {
  const says = 'says' in seen && seen.says !== undefined ? ` ${seen.says}` : ''
  return {
    outcome: 'lost',
    reason: `The process is gone without an exit code: the host went down, or it was killed.${says}`,
  }
}

function ofCause(cause: LossCause, says = ''): Ending {
  const more = says === '' ? '' : ` ${says}`
  switch (cause) {
    case 'oom':
      return { outcome: 'oom', reason: `It needed more memory than it was given, and was killed.${more}` }
    case 'evicted':
      return { outcome: 'evicted', reason: `The platform took its machine away.${more}` }
    case 'not_started':
      return { outcome: 'submit_failed', reason: `The platform could not start it.${more}` }
  }
}

function stopped({ why }: Stop): Ending {
  switch (why) {
    case 'timeout':
      return { outcome: 'timeout', reason: 'It ran longer than its timeout and was stopped.' }
    case 'stalled':
      return { outcome: 'stalled', reason: 'It was silent for longer than its heartbeat allows and was stopped.' }
    case 'cancelled':
      return { outcome: 'cancelled', reason: 'It was stopped because the run was cancelled.' }
    case 'run_timeout':
      return { outcome: 'cancelled', reason: 'It was stopped because the run took longer than its timeout.' }
    case 'fail_fast':
      return { outcome: 'cancelled', reason: 'It was stopped because another one of its matrix failed (fail_fast).' }
  }
}

function ofExitCode(code: number): Ending {
  if (code === 75) return { outcome: 'retry_requested', reason: 'It asked to be tried again (exit code 75).' }
  if (code === 78) return { outcome: 'config', reason: 'Its configuration is wrong (exit code 78); the log says what.' }
  if (code === 124) return { outcome: 'timeout', reason: 'It reported a timeout (exit code 124).' }
  if (code > 128) return { outcome: 'signal', reason: `It was killed by signal ${code - 128}; not by Evenkeel.` }
  return { outcome: 'exit', reason: `It ended with exit code ${code}; the log says why.` }
}
