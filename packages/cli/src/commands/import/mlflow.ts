import { createClient } from '@evenkeel/client'
import { artifacts, imports } from '@evenkeel/contract'
import { importMlflow, planMlflow } from '../../import/mlflow.ts'
import { createSourceHttp } from '../../import/source/http.ts'
import { createSource } from '../../import/source/index.ts'
import { targetOf } from '../../settings.ts'
import type { CommonOptions } from '../common.ts'
import { type MoveOptions, moveMlflow } from '../move-mlflow.ts'

/** Brings an MLflow server here. */
export const mlflow = (address: string, options: MoveOptions): Promise<number> =>
  moveMlflow(address, options, {
    verb: 'import',
    role: 'source',
    already: 'here already',
    whole: (url) => `everything that ${url} has is here`,
    stopped: {
      message: 'The import was stopped',
      why: 'a signal came; what had been brought by then is here, and whole',
    },
    open: async (other) => ({
      source: createSource(createSourceHttp({ ...other, role: 'source' })),
      here: await hereOf(options),
    }),
    plan: planMlflow,
    move: importMlflow,
  })

async function hereOf(options: CommonOptions) {
  const { url, token } = await targetOf(options)
  const client = { baseUrl: url, token }
  return { imports: createClient(imports, client), artifacts: createClient(artifacts, client) }
}
