import { createClient } from '@evenkeel/client'
import { artifacts, registry } from '@evenkeel/contract'
import { createKnown } from '../../export/known.ts'
import { exportMlflow, planMlflow } from '../../export/mlflow.ts'
import { createTarget } from '../../export/target/index.ts'
import { createSourceHttp } from '../../import/source/http.ts'
import { createSource } from '../../import/source/index.ts'
import { targetOf } from '../../settings.ts'
import type { CommonOptions } from '../common.ts'
import { type MoveOptions, moveMlflow } from '../move-mlflow.ts'

/** Sends what is here to an MLflow server. */
export const mlflow = (address: string, options: MoveOptions): Promise<number> =>
  moveMlflow(address, options, {
    verb: 'export',
    role: 'target',
    already: 'there already',
    whole: (url) => `everything that is here is at ${url}`,
    stopped: {
      message: 'The export was stopped',
      why: 'a signal came; what had been sent by then is there, and whole',
    },
    open: async (other) => ({
      ...(await hereOf(options, other.signal)),
      target: createTarget(createSourceHttp({ ...other, role: 'target' })),
      known: createKnown(),
    }),
    plan: planMlflow,
    move: exportMlflow,
  })

/** This server, as clients of MLflow read it, and what only we ask it. */
async function hereOf(options: CommonOptions, signal: AbortSignal) {
  const { url, token } = await targetOf(options)
  const authorization = token === undefined ? undefined : `Bearer ${token}`
  const client = { baseUrl: url, token }
  return {
    source: createSource(createSourceHttp({ role: 'here', url, authorization, rate: undefined, signal })),
    here: { artifacts: createClient(artifacts, client), registry: createClient(registry, client) },
  }
}
