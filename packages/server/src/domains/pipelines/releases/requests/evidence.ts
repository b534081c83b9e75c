import { type Run, ReleaseDocument } from '@evenkeel/contract'
import type { Db } from '../../../../platform/db.ts'
import { changesInWords } from '../../approvals/changes.ts'
import { presentRuns, specOf } from '../../present.ts'
import { pipelinesStore } from '../../store.ts'
import type { ReleaseRow } from '../store.ts'

interface Of {
  readonly projectId: string
  readonly pipeline: string
}

const mostSentences = 60

/** What somebody should look at before a release takes the place of what is in force: sentences with numbers. */
export async function evidenceFor(db: Db, of: Of, release: ReleaseRow, inForce: number | null): Promise<string[]> {
  const { commit, notes, releasedBy } = ReleaseDocument.parse(JSON.parse(release.document))
  const at = commit === null ? 'from no commit' : `from the commit ${commit.slice(0, 12)}`
  const sentences = [
    `${of.pipeline}@${release.version} was released by ${releasedBy} ${at}${notes ? `: ${notes}` : '.'}`,
    ...(await changesSince(db, of, release.version, inForce)),
    ...(await measured(db, of, release.version, inForce)),
  ]
  const more = sentences.length - mostSentences
  return more > 0 ? [...sentences.slice(0, mostSentences), `And ${more} more.`] : sentences
}

async function changesSince(
  db: Db,
  { projectId, pipeline }: Of,
  version: number,
  inForce: number | null,
): Promise<string[]> {
  if (inForce === null) return ['Nothing is in force there yet.']
  const find = (one: number) => pipelinesStore(db).findVersion(projectId, pipeline, one)
  const [before, after] = [await find(inForce), await find(version)]
  const changes = before && after ? changesInWords(specOf(before), specOf(after)) : []
  return [
    `It takes the place of version ${inForce}.`,
    ...(changes.length > 0 ? changes : ['Its steps and params are the same.']),
  ]
}

/** What its newest run in staging measured, beside the newest one of what is in force. */
async function measured(db: Db, of: Of, version: number, inForce: number | null): Promise<string[]> {
  const trial = await newestRun(db, of, 'staging', version)
  if (!trial) return [`No run of version ${version} in staging has succeeded yet.`]
  const usual = inForce === null ? undefined : await newestRun(db, of, 'production', inForce)
  const old = new Map(usual ? numbersOf(usual) : [])
  const sample = trial.sample === null ? '' : ` on a sample (${trial.sample})`
  return [
    `Its newest run in staging${sample}, ${trial.id}, succeeded${usual ? `; compared with ${usual.id} in production` : ''}.`,
    ...numbersOf(trial).map(([name, value]) => `${name} is ${value}${beside(value, old.get(name))}.`),
  ]
}

function beside(value: number, before: number | undefined): string {
  if (before === undefined) return ''
  const difference = value - before
  return ` and was ${before} (${difference >= 0 ? '+' : ''}${Number(difference.toPrecision(6))})`
}

/** Metrics without labels, and small values that are numbers. */
const numbersOf = ({ steps }: Run): [string, number][] =>
  steps.flatMap(({ key, metrics, values }) => [
    ...metrics.flatMap(({ name, labels, value }): [string, number][] =>
      Object.keys(labels).length === 0 && typeof value === 'number' ? [[`${name} of ${key}`, value]] : [],
    ),
    ...Object.entries(values).flatMap(([name, text]): [string, number][] =>
      text.trim() !== '' && Number.isFinite(Number(text)) ? [[`${name} of ${key}`, Number(text)]] : [],
    ),
  ])

/** Runs that are looked through for one of this version. */
const lookedAt = 50

async function newestRun(
  db: Db,
  { projectId, pipeline }: Of,
  environment: 'staging' | 'production',
  version: number,
): Promise<Run | undefined> {
  const store = pipelinesStore(db)
  const filter = { pipeline, environment, state: 'succeeded' as const, before: undefined }
  const found = (await store.listRuns(projectId, filter, lookedAt)).find((run) => run.version === version)
  return found && (await presentRuns(store, [found]))[0]
}
