import { createClient } from '@evenkeel/client'
import { longestCard, modelCards, modelPeople, registry as endpoints, ToolkitCard } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { listAudit } from '../../../platform/audit.ts'
import { type RegistryWorld, startRegistry } from '../testing.ts'

let world: RegistryWorld
let clock = new Date('2026-03-01T12:00:00Z')
beforeAll(async () => {
  world = await startRegistry(() => ({ now: () => clock }))
}, 60_000)
afterAll(() => world.stop())

const cards = () => createClient(modelCards, world.clientOptions())
const of = (model: string) => ({ params: { model, version: 1 } })
const get = (model: string, revision?: number) =>
  cards().get({ ...of(model), query: revision === undefined ? {} : { revision } })
const put = (model: string, revision: number, card: string, reason = '') =>
  cards().put({ ...of(model), body: { card, revision, reason } })

const written = '---\nlicense: apache-2.0\n---\n# Churn\n\nWho leaves.\n'

it('keeps every revision with who, when and why', async () => {
  const { card } = await world.register('edited', 'a', { card: '# Churn\n\nWho stays.\n' })
  clock = new Date('2026-03-02T12:00:00Z')

  const saved = await put('edited', 0, written, 'it was the other way round')
  await put('edited', 1, `${written}\n## Limits\n\nNone.\n`)

  expect(saved).toMatchObject({
    revision: 1,
    card: written,
    issues: [],
    reason: 'it was the other way round',
    editedBy: 'local',
    editedAt: '2026-03-02T12:00:00.000Z',
  })
  expect(await get('edited', 0)).toMatchObject({ revision: 0, card: '# Churn\n\nWho stays.\n' })
  expect((await get('edited')).revision).toBe(2)
  const first = await cards().listEdits({ ...of('edited'), query: { limit: 2 } })
  const second = await cards().listEdits({ ...of('edited'), query: { limit: 2, cursor: first.nextCursor! } })
  expect([...first.items, ...second.items].map((edit) => [edit.revision, edit.addedLines, edit.removedLines])).toEqual([
    [2, 4, 0],
    [1, 4, 1],
    [0, 0, 0],
  ])
  const read = await createClient(endpoints, world.clientOptions()).getVersion(of('edited'))
  expect(read.card).toContain('## Limits\n\nNone.\n\n## Decisions')
  expect(card).toContain('Who stays.')
  const audited = await listAudit(world.platform.db, { projectId: 'default', beforePosition: 1e9, limit: 9 })
  expect(audited[0]).toMatchObject({ action: 'registry.edit_card', subject: 'edited@1', after: { revision: 2 } })
})

it('refuses a save that would undo what somebody else saved, and says what that was', async () => {
  await world.register('raced', 'a', { card: 'one\n\ntwo\n' })
  await put('raced', 0, 'one\n\nTWO\n', 'louder')

  const stale = put('raced', 0, 'ONE\n\ntwo\n')

  await expect(stale).rejects.toMatchObject({
    status: 409,
    code: 'registry.card_changed',
    details: { revision: 1, editedBy: 'local', reason: 'louder', changes: [' one', ' ', '-two', '+TWO'] },
    why: expect.stringContaining('local saved revision 1 at 2026-03-02T12:00:00.000Z (louder)'),
  })
  expect((await get('raced')).card).toBe('one\n\nTWO\n')
})

it('lets one of two savers at the same time win', async () => {
  await world.register('crowd', 'a')

  const saves = await Promise.allSettled(Array.from({ length: 6 }, (_, i) => put('crowd', 0, `card ${i}`)))

  expect(saves.filter(({ status }) => status === 'fulfilled')).toHaveLength(1)
  expect((await get('crowd')).revision).toBe(1)
})

it('takes what is there already for saved', async () => {
  await world.register('same', 'a', { card: written })

  expect(await put('same', 0, written)).toMatchObject({ revision: 0 })
  expect(await put('same', 7, written)).toMatchObject({ revision: 0 })
})

it.each([
  ['license: Apache 2.0', 'license', 2, 'apache-2.0'],
  ['license: other', 'license_name', null, 'how the license is called'],
  ['language: english', 'language', 2, 'ISO 639'],
  ['tags:\n  - a\n  - 7', 'tags', 3, 'a list of texts'],
  ['language: [en, english]', 'language.1', 2, 'ISO 639'],
  ['model-index:\n  - results: []', 'model-index.0.name', 3, 'expected string'],
  ['a: [1', '', 2, 'Flow sequence'],
  ['a: 1\na: 2', '', 3, 'unique'],
])('refuses the front matter %j and names the place', async (front, path, line, says) => {
  const model = `front ${front.length} ${path}`
  await world.register(model, front)

  await expect(put(model, 0, `---\n${front}\n---\ntext\n`)).rejects.toMatchObject({
    status: 422,
    code: 'registry.bad_card',
    details: { issues: [{ path, line, message: expect.stringContaining(says) }] },
  })
  expect((await get(model)).revision).toBe(0)
})

it('names a front matter that does not end, and a card that is too long', async () => {
  await world.register('odd', 'a')

  await expect(put('odd', 0, '---\nlicense: mit\n')).rejects.toMatchObject({
    details: { issues: [{ line: 1, message: expect.stringContaining('no second line') }] },
  })
  await expect(put('odd', 0, 'x'.repeat(longestCard + 1))).rejects.toMatchObject({ code: 'http.invalid_request' })
})

it('answers what is not there with its own error', async () => {
  await world.register('there', 'a')

  await expect(get('nothing')).rejects.toMatchObject({ code: 'registry.version_not_found' })
  await expect(get('there', 3)).rejects.toMatchObject({ code: 'registry.card_not_found' })
  await expect(put('nothing', 0, 'x')).rejects.toMatchObject({ code: 'registry.model_not_found' })
})

it('lets those edit who may register', async () => {
  await world.register('guarded', 'a')
  const viewer = createClient(modelCards, await world.asRole('viewer'))

  expect((await viewer.get({ ...of('guarded'), query: {} })).revision).toBe(0)
  const refusal = viewer.put({ ...of('guarded'), body: { card: 'x', revision: 0 } })
  await expect(refusal).rejects.toMatchObject({ status: 403 })
})

const full = `---
license: other
license_name: house-license
license_link: https://example.com/license
library_name: lightgbm
base_model: acme/churn-base
model-index:
  - name: churn
    results:
      - task: {type: tabular-classification}
        dataset: {type: csv, name: Winter}
        metrics: [{type: auc, value: 0.9}, {type: note, value: good}]
---
# Churn

Tells who leaves. See [the paper](https://example.com/paper).

## Intended use

- Retention calls
- Planning

## Users

The retention team.

## Limitations and risks

New tariffs are not
known.

## Ethical considerations

1. Age is not used.

\`\`\`bibtex
@misc{churn}
\`\`\`
`

it('exports a card as the Model Card Toolkit keeps it', async () => {
  await world.register('exported', 'a', { card: full, metrics: { auc: 0.73 }, params: { trees: 100 } })
  const people = createClient(modelPeople, world.clientOptions())
  await people.setOwners({ params: { model: 'exported' }, body: { owners: [{ kind: 'team', name: 'risk' }] } })

  const card = await cards().toolkit(of('exported'))

  expect(ToolkitCard.parse(card)).toEqual(card)
  expect(card).toMatchObject({
    schema_version: '0.0.2',
    model_details: {
      name: 'exported',
      overview: 'Tells who leaves. See [the paper](https://example.com/paper).',
      owners: [{ name: 'risk', contact: 'team:risk' }],
      version: { name: '1', date: '2026-03-02' },
      licenses: [{ custom_text: 'house-license https://example.com/license' }],
      references: [{ reference: 'https://huggingface.co/acme/churn-base' }, { reference: 'https://example.com/paper' }],
      citations: [{ style: 'BibTeX', citation: '@misc{churn}' }],
    },
    model_parameters: {
      model_architecture: 'lightgbm, trees=100',
      input_format: 'hour: FP32 [-1, 1]',
      output_format: 'probability: FP32 [-1, 1]',
    },
    quantitative_analysis: {
      performance_metrics: [
        { type: 'auc', value: 0.73 },
        { type: 'auc', value: 0.9, slice: 'Winter' },
      ],
    },
    considerations: {
      use_cases: [{ description: 'Retention calls' }, { description: 'Planning' }],
      users: [{ description: 'The retention team.' }],
      limitations: [{ description: 'New tariffs are not known.' }],
      tradeoffs: [],
    },
  })
  expect(card.considerations.ethical_considerations[0]).toEqual({ name: 'Age is not used.' })
})

it('exports a version without a card, too', async () => {
  await world.register('bare', 'a', { card: '' })

  expect(ToolkitCard.safeParse(await cards().toolkit(of('bare'))).success).toBe(true)
})
