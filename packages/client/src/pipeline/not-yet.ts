import type { Path } from './mistake.ts'

const ofStep: Readonly<Record<string, string>> = {
  environment:
    'a run or a trigger has one (dev, staging, production), not a step; the software of a step is its "runtime".',
}

const ofTriggers: Readonly<Record<string, string>> = {
  performance: 'use "decay: [{ endpoint: … }]", which fires when the monitor of an endpoint says so.',
}

const ofTrigger: Readonly<Record<string, string>> = {
  for: 'the monitor says for how many windows; leave it out.',
  monitor: 'name the endpoint that is watched: "endpoint: …".',
  secret:
    'a file is no place for a secret; put it into a variable, and its name here: "secret_env: …" of a webhook, "credentials_secret: …" of a bucket.',
  code: 'the code is what was applied last; leave it out.',
}

/** What to do in place of a key that the reference knows and the server does not have yet. */
export function notYet(path: Path, key: string): string | undefined {
  if (path.length === 0) return ofStep[key]
  if (path[0] === 'on') return (path.length === 1 ? ofTriggers : ofTrigger)[key]
  if (path.at(-1) === 'cache' && key === 'gpu') return 'leave it out.'
  return path[0] === 'defaults' || path[0] === 'steps' ? ofStep[key] : undefined
}
