import type { TriggerSpec } from '@evenkeel/contract'

/** A trigger as it is written. Kinds come with the server; what is not known here is still said. */
interface TriggerFields {
  readonly kind: string
  readonly [field: string]: unknown
}

/** What a trigger listens to, as a sentence. */
export function triggerWords(on: TriggerSpec['on'] | TriggerFields): string {
  return known(on as TriggerSpec['on']) ?? fromFields(on)
}

const MODEL_EVENTS = {
  registered: 'is registered',
  passed: 'passes its gate',
  refused: 'is refused by its gate',
  promoted: 'becomes the champion',
  rolled_back: 'is rolled back',
} as const

function known(on: TriggerSpec['on']): string | undefined {
  switch (on.kind) {
    case 'schedule':
      return `Each time the event time of ${on.dataset} passes the end of a month.`
    case 'cron':
      return `At ${on.cron}, in ${on.timezone}.`
    case 'data':
      return `Each new version of ${on.dataset}${on.minNewRows > 0 ? ` with ${on.minNewRows} new rows or more` : ''}.`
    case 'decay':
      return `When the model behind ${on.endpoint} has lost quality.`
    case 'drift':
      return `When the data of ${on.endpoint} drifts.`
    case 'model':
      return `When a version of ${on.model} ${MODEL_EVENTS[on.event]}.`
    case 'pipeline':
      return `When a run of ${on.pipeline} has ${on.state === 'cancelled' ? 'been cancelled' : on.state}.`
    case 'webhook':
      return 'A signed request from outside.'
    case 'folder':
      return `New or changed files ${on.pattern} in ${on.path}.`
    case 'bucket':
      return `New or changed objects ${on.pattern} in ${on.url.replace(/\?.*/, '')}.`
    case 'sql':
      return `When the answer of the database behind the secret ${on.connectionSecret} changes, asked every ${on.everySeconds} s.`
    // A newer server than this console was built for.
    default:
      return undefined
  }
}

function fromFields({ kind, ...fields }: TriggerFields): string {
  const words = Object.entries(fields).flatMap(([name, value]) => fieldWords(name, value))
  return `On ${spaced(kind)}${words.length > 0 ? `: ${words.join(', ')}` : ''}.`
}

/** A field and its value in words; nothing for what is empty. */
function fieldWords(name: string, value: unknown): string[] {
  if (value === null || value === undefined || value === '') return []
  if (typeof value === 'boolean') return [value ? spaced(name) : `not ${spaced(name)}`]
  if (Array.isArray(value)) return value.length === 0 ? [] : [`${spaced(name)} ${value.map(String).join(' and ')}`]
  if (typeof value === 'object')
    return Object.entries(value).flatMap(([inner, one]) => fieldWords(`${name} ${inner}`, one))
  return [`${spaced(name)} ${typeof value === 'string' ? value : JSON.stringify(value)}`]
}

/** `minNewRows` as people write it: `min new rows`. */
const spaced = (name: string): string =>
  name
    .replaceAll(/([A-Z])/g, ' $1')
    .replaceAll('_', ' ')
    .toLowerCase()
