import { createClient } from '@evenkeel/client'
import { registry as endpoints } from '@evenkeel/contract'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { type Face, startFace } from './testing.ts'

let face: Face
beforeAll(async () => {
  face = await startFace()
  await face.call('POST', 'registered-models/create', { name: 'a-model' })
  await face.call('POST', 'model-versions/create', { name: 'a-model', source: 's3://a/b' })
  await prompt('a-prompt', 'Hello {{name}}')
})
afterAll(() => face.world.stop())

const isPrompt = { key: 'mlflow.prompt.is_prompt', value: 'true' }

/** As the client registers one. */
async function prompt(name: string, text: string, source = 'dummy-source') {
  await face.call('POST', 'registered-models/create', {
    name,
    tags: [isPrompt, { key: '_mlflow_experiment_ids', value: ',0,' }],
  })
  const tags = [isPrompt, { key: 'mlflow.prompt.text', value: text }, { key: '_mlflow_prompt_type', value: 'text' }]
  return face.call('POST', 'model-versions/create', { name, source, tags })
}

const models = async (filter?: string) =>
  (
    (await face.call('GET', 'registered-models/search', filter === undefined ? {} : { filter })).body
      .registered_models as { name: string }[]
  ).map(({ name }) => name)
const versions = async (filter?: string) =>
  (
    (await face.call('GET', 'model-versions/search', filter === undefined ? {} : { filter })).body.model_versions as {
      name: string
    }[]
  ).map(({ name }) => name)

it.each([
  [undefined, ['a-model']],
  ["name LIKE 'a-%'", ['a-model']],
  ["tags.`mlflow.prompt.is_prompt` = 'true'", ['a-prompt']],
  ["tags.`mlflow.prompt.is_prompt` != 'false'", ['a-prompt']],
  ["tags.`mlflow.prompt.is_prompt` != 'true'", ['a-model']],
  ["tag.`mlflow.prompt.is_prompt` = 'false' AND name LIKE 'a-%'", ['a-model']],
  ["tags.`mlflow.prompt.is_prompt` = 'true' AND tags.`_mlflow_experiment_ids` LIKE '%,0,%'", ['a-prompt']],
  ["tags.`mlflow.prompt.is_prompt` = 'true' OR name = 'a-model'", ['a-model', 'a-prompt']],
])('answers models to a search for %s', async (filter, expected) => {
  expect(await models(filter)).toEqual(expected)
})

it('keeps versions of prompts from searches for models, by their own tag or that of their prompt', async () => {
  await face.call('POST', 'registered-models/create', { name: 'b-prompt', tags: [isPrompt] })
  await face.call('POST', 'model-versions/create', { name: 'b-prompt', source: 'prompt-template', tags: [isPrompt] })
  const untag = { name: 'b-prompt', version: '1', key: isPrompt.key }
  await face.call('DELETE', 'model-versions/delete-tag', untag)

  expect(await versions()).toEqual(['a-model'])
  expect(await versions("tags.`mlflow.prompt.is_prompt` = 'true'")).toEqual(['a-prompt', 'b-prompt'])
  await face.call('DELETE', 'registered-models/delete', { name: 'b-prompt' })
})

it('shows no prompt among the models of our own API, and tells nobody of its versions', async () => {
  const ours = createClient(endpoints, face.world.clientOptions())
  expect((await ours.listModels({ query: {} })).items.map(({ name }) => name)).toEqual(['a-model'])
})

it('keeps a text of 100,000 characters, and none that is longer', async () => {
  const text = '{{x}}'.repeat(20_000)
  const { status } = await prompt('long-prompt', text)
  const found = await face.call('GET', 'model-versions/get', { name: 'long-prompt', version: '1' })
  expect(status).toBe(200)
  expect(found.body.model_version.tags).toContainEqual({ key: 'mlflow.prompt.text', value: text })

  const refused = await prompt('long-prompt', `${text}x`)
  expect(refused.status).toBe(400)
  expect(refused.body.message).toBe('Prompt text exceeds max length of 100000 characters.')
})

it('resolves aliases of prompts, champion among them, and the newest version', async () => {
  await prompt('aliased-prompt', 'one')
  await prompt('aliased-prompt', 'two')
  const alias = { name: 'aliased-prompt', alias: 'champion', version: '1' }
  expect((await face.call('POST', 'registered-models/alias', alias)).status).toBe(200)

  const byAlias = await face.call('GET', 'registered-models/alias', { name: 'aliased-prompt', alias: 'champion' })
  const newest = await face.call('GET', 'registered-models/alias', { name: 'aliased-prompt', alias: 'latest' })

  expect([byAlias.body.model_version.version, newest.body.model_version.version]).toEqual(['1', '2'])
})

it.each(['file:///etc/passwd', '/etc/passwd', 'a/../b'])('refuses %s as the source of a prompt', async (source) => {
  expect((await prompt('sourced', 'text', source)).status).toBe(400)
})
