import { Name } from '@evenkeel/contract'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { CliError, exitCodes } from '../../errors.ts'
import { type CommonOptions, outputOf } from '../common.ts'
import { schemaText } from './schema.ts'

const schemaPath = '.evenkeel/pipeline.schema.json'

/** Writes an example to begin with, and the schema for editors. A file that is there stays as it is. */
export async function init(name: string, options: CommonOptions): Promise<number> {
  const parsed = Name.safeParse(name)
  if (!parsed.success) throw refusal(`"${name}" is no name: ${parsed.error.issues[0]!.message}`, exitCodes.usage)
  const file = join('pipelines', `${name}.yaml`)
  await writeNew(file, example(name))
  await writeNew(schemaPath, schemaText()).catch(keep)
  outputOf(options).result({ file, schema: schemaPath }, () => [
    `wrote ${file} and ${schemaPath}`,
    `next   evenkeel pipeline validate ${file}, then evenkeel pipeline apply ${file}`,
  ])
  return exitCodes.ok
}

/** A schema that is there serves as well; `evenkeel pipeline schema` prints the newest. */
function keep(error: unknown): void {
  if (!(error instanceof CliError)) throw error
}

async function writeNew(path: string, text: string): Promise<void> {
  try {
    await write(path, text, 'wx')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    throw refusal(`${path} is there already, and is not overwritten`, exitCodes.conflict)
  }
}

async function write(path: string, text: string, flag: 'w' | 'wx' = 'w'): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, text, { flag })
}

const refusal = (why: string, exitCode: number) =>
  new CliError({
    code: exitCode === exitCodes.conflict ? 'cli.file_exists' : 'cli.usage',
    message: 'Nothing was written',
    why,
    fix: 'evenkeel pipeline init ANOTHER-NAME',
    exitCode,
  })

const example = (name: string): string => `# yaml-language-server: $schema=../${schemaPath}
name: ${name}
description: Counts words, to show how steps pass files on.

params:
  greeting: { type: string, default: hello }

defaults:
  timeout: 10m
  code: []                # these commands need no files of yours

steps:
  write:
    run: |
      printf '%s world\\n' \${{ params.greeting }} > \${{ outputs.text }}
    outputs: { text: file }

  count:
    matrix: { unit: [words, chars] }
    run: wc --\${{ matrix.unit }} < \${{ inputs.text }} > \${{ outputs.count }}
    inputs: { text: "\${{ steps.write.outputs.text }}" }
    outputs: { count: file }

  report:
    run: cat \${{ inputs.counts }}/* | tee "$EVENKEEL_SUMMARY"
    inputs: { counts: "\${{ steps.count.*.outputs.count }}" }
`
