import { randomUUID } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { RunPlanStep } from '../engine/plan.ts'
import type { PipelinesDeps } from '../needs.ts'

type Deps = Pick<PipelinesDeps, 'blobs' | 'queries' | 'queryFolder'>

/**
 * Cuts the dataset files that a step reads to a part of their rows: every so many-th one in the order of the file, and
 * always the first. The same file and sample make the same part.
 *
 * @param sample - a share of the rows in (0, 1], or a count of rows over all versions of an input
 * @returns digest of each file to that of its part
 */
export async function cutInputs(
  deps: Deps,
  { inputs }: Pick<RunPlanStep, 'inputs'>,
  sample: number,
): Promise<Map<string, string>> {
  const cut = new Map<string, string>()
  for (const input of Object.values(inputs)) {
    if (input.from !== 'dataset') continue
    const share = shareOf(sample, sumOf(input.versions.map(({ rowCount }) => rowCount)))
    for (const { digest } of input.versions.flatMap(({ files }) => files)) {
      if (share < 1 && !cut.has(digest)) cut.set(digest, await cutFile(deps, digest, share))
    }
  }
  return cut
}

const sumOf = (counts: readonly number[]): number => counts.reduce((sum, count) => sum + count, 0)

const shareOf = (sample: number, rowCount: number): number =>
  sample <= 1 ? sample : Math.min(1, sample / Math.max(1, rowCount))

async function cutFile({ blobs, queries, queryFolder }: Deps, digest: string, share: number): Promise<string> {
  const folder = join(queryFolder, 'samples')
  await mkdir(folder, { recursive: true })
  const target = join(folder, `${randomUUID()}.parquet`)
  const source = await blobs.localPath(digest)
  try {
    await queries.run(
      `copy (select * exclude (file_row_number)
         from read_parquet(${literal(source)}, file_row_number = true)
         where floor(file_row_number * ${share}::double) <> floor((file_row_number - 1) * ${share}::double)
         order by file_row_number)
       to ${literal(target)} (format parquet)`,
    )
    return (await blobs.put(createReadStream(target))).digest
  } finally {
    await rm(target, { force: true })
  }
}

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`
