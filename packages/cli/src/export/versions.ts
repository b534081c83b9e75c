import { isPrompt, promptTag } from '../import/registry.ts'
import type { SourceVersion } from '../import/source/index.ts'
import type { ExportContext } from './context.ts'
import { marks, missingTags, type Tag, valueOf, withoutMarks } from './marks.ts'
import { tagWithNewIds } from './new-ids.ts'
import { originOf } from './origins.ts'
import type { ModelWithVersions } from './registry.ts'
import { verdictTags } from './verdicts.ts'

/** How the mark of a version begins that only takes up the number of one that was deleted here. */
const gap = 'gap'

const isGap = ({ tags }: SourceVersion) => valueOf(tags, marks.version)?.startsWith(gap) ?? false

/**
 * Makes every version that is not there, under its number, and brings the others up to what they are here. Servers give
 * out the next number themselves: for one that was deleted here, a version is made and deleted.
 */
export async function exportVersions(context: ExportContext, { model, versions }: ModelWithVersions): Promise<void> {
  const { target, tally } = context
  const there = new Map<number, SourceVersion>()
  for await (const version of target.versions(model.name, isPrompt(model))) there.set(version.version, version)
  const gaps = new Set([...there.values()].filter(isGap).map(({ version }) => version))
  let last = Math.max(0, ...there.keys())
  for (const version of versions) {
    const { version: number } = version
    const what = `version ${number} of ${model.name}`
    const [known, tags] = [there.get(number), await tagsOf(context, version)]
    if (known && valueOf(known.tags, marks.version) !== String(number)) {
      tally.differs(what, 'another one has its number there')
    } else if (known) {
      await bringUpTo(context, { version, tags, there: known, what })
    } else {
      for (; last < number - 1; gaps.add(last)) last = await makeGap(context, version, last + 1)
      const made = await makeVersion(context, version, tags)
      last = made.version
      if (last === number) continue
      await target.registry.deleteVersion(keyOf(made))
      tally.differs(what, `its number is taken there by one that was deleted; the next free one is ${last}`)
      break
    }
  }
  for (const number of gaps) await target.registry.deleteVersion({ name: model.name, version: String(number) })
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
    tags: [
      { key: marks.version, value: `${gap} ${number}` },
      ...(isOfPrompt ? [{ key: promptTag, value: 'true' }] : []),
    ],
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

interface VersionPair {
  readonly version: SourceVersion
  readonly tags: readonly Tag[]
  readonly there: SourceVersion
  readonly what: string
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
