import type { Path } from './mistake.ts'

const machine = 'every step runs on the machine of the server, with what it has; leave it out.'

const ofStep: Readonly<Record<string, string>> = {
  resources: machine,
  runs_on: machine,
  environment: 'there is one environment for pipelines; leave it out.',
  secrets: 'let the command read a file of the machine it runs on, and leave it out.',
  concurrency: 'leave it out; give a trigger "when_busy", or let a command take a lock with flock.',
  heartbeat: 'give the step a "timeout" instead.',
}

const ofPipeline: Readonly<Record<string, string>> = {
  ...ofStep,
  timeout: 'give each step one, under "defaults: { timeout: 6h }".',
}

const ofTriggers: Readonly<Record<string, string>> = {
  performance: 'use "decay: [{ endpoint: … }]", which fires when the monitor of an endpoint says so.',
}

const ofTrigger: Readonly<Record<string, string>> = {
  for: 'the monitor says for how many windows; leave it out.',
  monitor: 'name the endpoint that is watched: "endpoint: …".',
  secret: 'a file is no place for a secret; put it into a variable, and its name here: "secret_env: …".',
  code: 'the code is what was applied last; leave it out.',
}

const ofMatrix: Readonly<Record<string, string>> = {
  max_parallel: 'the server runs as many steps at once as it has cores; leave it out.',
  fail_fast: 'the other steps of a matrix always go on; leave it out.',
}

/** What to do in place of a key that the reference knows and the server does not have yet. */
export function notYet(path: Path, key: string): string | undefined {
  if (path.length === 0) return ofPipeline[key]
  if (path[0] === 'on') return (path.length === 1 ? ofTriggers : ofTrigger)[key]
  if (path.at(-1) === 'matrix') return ofMatrix[key]
  if (path.at(-1) === 'cache' && key === 'gpu') return 'leave it out.'
  return path[0] === 'defaults' || path[0] === 'steps' ? ofStep[key] : undefined
}

/** The same for keys of a matrix, whose schema takes any list. */
export const notYetInMatrix = (key: string): string | undefined => ofMatrix[key]
