import { AliasName, ModelName, registryErrors, StageLabel } from '@evenkeel/contract'
import { failures } from '../../../platform/errors.ts'

const fail = failures(registryErrors)

export interface KeyValue {
  readonly key: string
  readonly value: string
}

const longest = { key: 250, value: 100_000, model: 250, alias: 255 } as const

/** Tag whose value is the text of a prompt. */
const promptText = 'mlflow.prompt.text'

export const refuse = (field: string, why: string) => fail('registry.bad_value', { field }, { why })

/** @throws DomainError `registry.bad_value` */
export function requireModelName(name: string): void {
  if (ModelName.safeParse(name).success) return
  if (/[/:]/.test(name)) throw refuse('name', `Invalid model name '${name}'. Names cannot contain '/' or ':'.`)
  throw refuse('name', `Invalid model name '${cut(name)}'. Names are 1 to ${longest.model} characters, and no path.`)
}

/** @throws DomainError `registry.bad_value` */
export function requireAlias(alias: string): void {
  if (AliasName.safeParse(alias).success) return
  if (/^latest$/i.test(alias)) throw refuse('alias', "'latest' alias name (case insensitive) is reserved.")
  if (/^v\d+$/i.test(alias)) throw refuse('alias', `Version alias name '${alias}' is reserved.`)
  const allowed = `Names may only contain alphanumerics, underscores (_), and dashes (-), at most ${longest.alias}.`
  throw refuse('alias', `Invalid alias name: '${cut(alias)}'. ${allowed}`)
}

/** @throws DomainError `registry.bad_value` */
export function requireTag({ key, value }: KeyValue): void {
  const parts = key.split('/')
  const isPath = key.length > longest.key || parts.some((part) => part === '' || part === '.' || part === '..')
  if (isPath || !/^[/\p{L}\p{N}_.\- :]+$/u.test(key)) {
    const allowed = `Names are at most ${longest.key} letters, digits, spaces and "_-.:/", and a path that nothing shortens.`
    throw refuse('key', `Invalid tag name: '${cut(key)}'. ${allowed}`)
  }
  if (value.length <= longest.value) return
  const what = key === promptText ? 'Prompt text' : `Value of tag ${key}`
  throw refuse('value', `${what} exceeds max length of ${longest.value} characters.`)
}

/** @throws DomainError `registry.bad_value` for a text that is no number of a version */
export function versionOf(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text)
  throw refuse('version', `Model version must be an integer, got '${cut(text)}'.`)
}

/** The label that a client means, however it is written. @throws DomainError `registry.bad_value` */
export function labelOf(stage: string): StageLabel {
  const label = StageLabel.options.find((one) => one.toLowerCase() === stage.toLowerCase())
  if (label) return label
  const why = `Invalid Model Version stage: ${cut(stage)}. Value must be one of ${StageLabel.options.join(', ')}.`
  throw refuse('stage', why)
}

/** An error is no place to send a megabyte back. */
const cut = (text: string) => (text.length > 100 ? `${text.slice(0, 100)}…` : text)
