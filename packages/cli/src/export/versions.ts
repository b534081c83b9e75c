import { isPrompt, promptTag } from '../import/registry.ts'
import type { SourceVersion } from '../import/source/index.ts'
import type { ExportContext } from './context.ts'
import { marks, missingTags, type Tag, valueOf, withoutMarks } from './marks.ts'
import { tagWithNewIds } from './new-ids.ts'
import { originOf } from './origins.ts'
import type { ModelWithVersions } from './registry.ts'
import { verdictTags } from './verdicts.ts'

/** A version of ours that only takes up the number of one that was deleted here says something else than its number. */
function isGap({ tags, version }: SourceVersion): boolean {
  const mark = valueOf(tags, marks.version)
  return mark !== undefined && mark !== String(version)
}

/** Versions of a model over there. */
interface Numbers {
  readonly versions: ReadonlyMap<number, SourceVersion>
  /** Of those that are to be deleted when all are made. */
  readonly gaps: Set<number>
  /** The greatest that we know to be given out. */
  last: number
}

/**
 * Makes every version that is not there, under its number, and brings the others up to what they are here. Servers give
 * out the next number themselves: for one that was deleted here, a version is made and deleted.
 */
export async function exportVersions(context: ExportContext, { model, versions }: ModelWithVersions): Promise<void> {
  const { target } = context
  const there = new Map<number, SourceVersion>()
  for await (const version of target.versions(model.name, isPrompt(model))) there.set(version.version, version)
  const gaps = new Set([...there.values()].filter(isGap).map(({ version }) => version))
  const numbers: Numbers = { versions: there, gaps, last: Math.max(0, ...there.keys()) }
  for (const version of versions) {
    if (!(await exportVersion(context, version, numbers))) break
  }
  for (const number of gaps) await target.registry.deleteVersion({ name: model.name, version: String(number) })
}

/** @returns false when its number cannot be had, nor that of any after it; which is noted as a difference */
async function exportVersion(context: ExportContext, version: SourceVersion, numbers: Numbers): Promise<boolean> {
  const { version: number } = version
  const what = `version ${number} of ${version.name}`
  const there = numbers.versions.get(number)
  const tags = await tagsOf(context, version)
  if (!there) return makeUnderNumber(context, { version, tags, what }, numbers)
  const isOurs = valueOf(there.tags, marks.version) === String(number)
  if (isOurs) await bringUpTo(context, { version, tags, there, what })
  else context.tally.differs(what, 'another one has its number there')
  return true
}

interface NewVersion {
  readonly version: SourceVersion
  readonly tags: readonly Tag[]
  readonly what: string
}

async function makeUnderNumber(context: ExportContext, { version, tags, what }: NewVersion, numbers: Numbers) {
  const { version: number } = version
  while (numbers.last < number - 1) {
    numbers.last = await makeGap(context, version, numbers.last + 1)
    numbers.gaps.add(numbers.last)
  }
  if (numbers.last < number) {
    const made = await makeVersion(context, version, tags)
    numbers.last = made.version
    if (made.version === number) return true
    numbers.gaps.add(made.version)
  }
  context.tally.differs(what, `its number was given out there before; the next free one is ${numbers.last + 1}`)
  return false
}

const keyOf = ({ name, version }: SourceVersion) => ({ name, version: String(version) })

async function makeGap(
  { target }: ExportContext,
  { name, tags, source }: SourceVersion,
  number: number,
): Promise<number> {
  const isOfPrompt = tags.some(({ key }) => key === promptTag)
  const body = {
    name,
    // A prompt takes no source but the one that says so.
    source: isOfPrompt ? source : 'evenkeel:/deleted',
    tags: [{ key: marks.version, value: `gap ${number}` }, ...(isOfPrompt ? [{ key: promptTag, value: 'true' }] : [])],
  }
  return (await target.registry.createVersion(body)).version
}

async function makeVersion(
  context: ExportContext,
  version: SourceVersion,
  tags: readonly Tag[],
): Promise<SourceVersion> {
  const { registry } = context.target
  const made = await registry.createVersion({
    name: version.name,
    ...originOf(context, version),
    ...(version.run_link && { run_link: version.run_link }),
    description: version.description,
    tags,
  })
  if (made.version === version.version) await putStage(context, version, made)
  return made
}

async function putStage({ target }: ExportContext, { current_stage: stage }: SourceVersion, there: SourceVersion) {
  if (stage !== there.current_stage) await target.registry.setStage(keyOf(there), stage)
}

interface VersionPair extends NewVersion {
  readonly there: SourceVersion
}

async function bringUpTo(context: ExportContext, { version, tags, there, what }: VersionPair): Promise<void> {
  const { registry } = context.target
  for (const tag of missingTags(tags, there.tags)) await registry.setVersionTag(keyOf(there), tag)
  if (there.description !== version.description) await registry.describeVersion(keyOf(there), version.description)
  await putStage(context, version, there)
  const { source } = originOf(context, version)
  if (source !== there.source)
    context.tally.differs(what, `its source is ${there.source} there, and should be ${source}`)
}

async function tagsOf(context: ExportContext, version: SourceVersion): Promise<readonly Tag[]> {
  const { tags, creation_timestamp: createdMs, user_id: user } = version
  const createdBy = valueOf(tags, marks.createdBy) ?? user
  return [
    ...withoutMarks(tags).map((tag) => tagWithNewIds(tag, context.known)),
    { key: marks.version, value: String(version.version) },
    { key: marks.createdAt, value: valueOf(tags, marks.createdAt) ?? new Date(createdMs).toISOString() },
    ...(createdBy ? [{ key: marks.createdBy, value: createdBy }] : []),
    ...(tags.some(({ key }) => key === promptTag) ? [] : await verdictTags(context, version)),
  ]
}
