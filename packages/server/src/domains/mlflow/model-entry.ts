import { failPlatform } from '../../platform/errors.ts'

const mandatory = ['artifact_path', 'flavors', 'utc_time_created', 'run_id'] as const

/**
 * What the list of models of a run keeps of an `MLmodel`: where it lies and which flavours it has, without their
 * configuration.
 *
 * @throws DomainError `http.invalid_request` for text that is no such model
 */
export function modelEntryOf(text: string): object {
  const model = parseObject(text)
  const missing = mandatory.filter((field) => !(field in model))
  if (missing.length > 0) {
    const listed = missing.map((field) => `'${field}'`).join(', ')
    throw refuse(`Model json is missing mandatory fields: {${listed}}`)
  }
  const { run_id, utc_time_created, artifact_path, model_uuid, flavors } = model
  return {
    run_id,
    utc_time_created,
    artifact_path,
    ...(model_uuid !== undefined && { model_uuid }),
    flavors: isObject(flavors)
      ? Object.fromEntries(Object.entries(flavors).map(([name, flavor]) => [name, withoutConfig(flavor)]))
      : flavors,
  }
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

function withoutConfig(flavor: unknown): unknown {
  if (!isObject(flavor)) return flavor
  const { config: _, ...rest } = flavor
  return rest
}

function parseObject(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text)
    if (isObject(value)) return value
  } catch {
    // Said below: it is no object either way.
  }
  throw refuse(`Malformed model info. \n ${text.slice(0, 200)} \n is not a valid JSON.`)
}

const refuse = (why: string) =>
  failPlatform('http.invalid_request', { issues: [{ path: 'model_json', message: why }] }, { why })
