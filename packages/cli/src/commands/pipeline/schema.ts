import { PipelineFile } from '@evenkeel/contract'
import { z } from 'zod'
import { exitCodes } from '../../errors.ts'

/** JSON Schema of a pipeline file, for editors. */
export const schemaText = (): string => `${JSON.stringify(pipelineSchema(), null, 2)}\n`

function pipelineSchema() {
  const schema = z.toJSONSchema(PipelineFile, { io: 'input', target: 'draft-7' })
  return { ...schema, title: 'Evenkeel pipeline' }
}

export async function schema(): Promise<number> {
  process.stdout.write(schemaText())
  return exitCodes.ok
}
