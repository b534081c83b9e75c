import { describe, expect, it, vi } from 'vitest'
import { type Answers, ask, evenkeel, makeFolder, Refusal } from '../testing.ts'
import {
  approvalOf,
  endpointOf,
  loopRowOf,
  rolloutOf,
  promotionApprovalOf,
  stepApprovalOf,
  versionOf,
} from '../testing-world.ts'

// Processes start slowly on a busy machine.
vi.setConfig({ testTimeout: 30_000 })

const totals = { modelsLive: 1, drifting: 0, blocked: 1 }
const needsYou = [
  { kind: 'approval', says: 'churn@7 waits for approval.', link: '/', command: 'evenkeel approve accept a1b2' },
]

describe('status', () => {
  it('says where each model is, what needs a person, and the next command', async () => {
    const { code, stdout } = await ask({ 'loop.read': () => ({ needsYou, rows: [loopRowOf()], totals }) }, 'status')

    expect(code).toBe(0)
    expect(stdout).toBe(
      [
        'SERVER',
        '! churn@7 waits for approval.',
        '    evenkeel approve accept a1b2',
        'churn  version 6 is live',
        '  loop   · data  · validate  · train  · evaluate  ! approve (waits for you)  · deploy  · monitor  · retrain',
        '  next   Decide on version 7.',
        '         evenkeel approve accept a1b2 --reason "…"',
        '',
      ].join('\n'),
    )
  })

  it('prints everything as JSON', async () => {
    const rows = [loopRowOf()]
    const { stdout } = await ask({ 'loop.read': () => ({ needsYou, rows, totals }) }, 'status', '--json')

    expect(JSON.parse(stdout)).toEqual({ url: 'SERVER', rows, needsYou, totals, processes: [] })
  })

  it('says how to begin where there is no model', async () => {
    const { stdout } = await ask({ 'loop.read': () => ({ needsYou: [], rows: [], totals }) }, 'status')

    expect(stdout).toContain('no model yet\n  next   evenkeel demo')
  })
})

describe('targets', () => {
  const local = { name: 'local', kind: 'local', answers: true, version: '6.1', jobCount: 2, reason: null }
  const gone = {
    ...local,
    name: 'gpu',
    kind: 'slurm',
    answers: false,
    version: null,
    jobCount: null,
    reason: 'Silence.',
  }

  it('lists them with what runs there', async () => {
    const { code, stdout } = await ask({ 'pipelines.listTargets': () => ({ items: [local] }) }, 'targets')

    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: ['target  kind   version  jobs', 'local   local  6.1      2', ''].join('\n'),
    })
  })

  it('ends with 8 when one does not answer, and says why', async () => {
    const { code, stdout } = await ask({ 'pipelines.listTargets': () => ({ items: [local, gone] }) }, 'targets')

    expect(code).toBe(8)
    expect(stdout).toContain('gpu     slurm  does not answer  –\n! gpu: Silence.')
  })
})

describe('approve', () => {
  const pending = { 'governance.listApprovals': () => ({ items: [approvalOf()], nextCursor: null }) }

  it('lists what waits, with the evidence', async () => {
    const { stdout } = await ask(pending, 'approve', 'list')

    expect(stdout).toBe('a1b2  churn@7 → production, asked for by ana\n    AUC 0.81 on 20,000 rows.\n')
  })

  it('shows a step that waits with its evidence, decides on it, and hands a voice on', async () => {
    const asked = stepApprovalOf()
    const answers: Answers = {
      'governance.listApprovals': () => ({ items: [asked, approvalOf()], nextCursor: null }),
      'governance.getApproval': () => asked,
      'governance.decide': () =>
        stepApprovalOf({
          decisions: [{ by: 'ben', decision: 'approve', to: null, reason: 'fine', at: asked.expiresAt }],
        }),
      'governance.delegate': () => asked,
    }
    const list = await ask(answers, 'approve', 'list')
    expect(list.stdout).toContain(
      'b7c8  approve of churn, run run-1, started by ana: Is it good?\n    asked: ben, dora; 2 must agree',
    )
    const show = await ask(answers, 'approve', 'show', 'b7')
    for (const line of [
      'changed: The step "train" has another command.',
      'evaluate: auc=0.81',
      'on yes: deploy',
      'events@4',
    ])
      expect(show.stdout).toContain(line)
    const accept = await ask(answers, 'approve', 'accept', 'b7', '--reason', 'fine')
    expect(accept.stdout).toContain('approve of churn is approved by 1 of 2')
    const delegate = await ask(answers, 'approve', 'delegate', 'b7', '--to', 'eve')
    expect(delegate.asked.at(-1)).toMatchObject({ params: { approval: 'b7c8' }, body: { to: 'eve' } })
  })

  it('shows a release that waits, and says that it is in force once it is approved', async () => {
    const asked = promotionApprovalOf()
    const answers: Answers = {
      'governance.listApprovals': () => ({ items: [asked], nextCursor: null }),
      'governance.decide': () => promotionApprovalOf({ state: 'approved', decidedBy: 'ben' }),
      'releases.promote': () => ({ move: null, changed: false, approval: asked }),
    }
    const promoted = await ask(answers, 'promote-pipeline', 'words', '--to', 'production', '--reason', 'Friday')
    expect(promoted.code).toBe(7)
    expect(promoted.stdout).toContain('words@7 waits for another person before it is in force in production')
    expect(promoted.stdout).toContain('auc of fit is 0.9 and was 0.8 (+0.1).')
    expect(promoted.stdout).toContain('evenkeel approve accept c9d0')

    const list = await ask(answers, 'approve', 'list')
    expect(list.stdout).toContain('c9d0  release words@7 → production, asked for by ana: Friday')
    const accept = await ask(answers, 'approve', 'accept', 'c9', '--reason', 'fine')
    expect(accept.stdout).toContain('words@7 is approved, and in force in production')
  })

  it.each([
    ['accept', 'approve', 'approved'],
    ['reject', 'reject', 'rejected'],
  ] as const)('%s decides on the request that the start of an id fits', async (verb, decision, state) => {
    const answers: Answers = { ...pending, 'governance.decide': () => approvalOf({ state }) }
    const { code, stdout, asked } = await ask(answers, 'approve', verb, 'a1', '--reason', 'looks right')

    expect(code).toBe(0)
    expect(asked.at(-1)).toMatchObject({ params: { approval: 'a1b2' }, body: { decision, reason: 'looks right' } })
    expect(stdout).toContain(`churn@7 → production is ${state}`)
  })

  it('asks for more of an id that fits two requests, and decides nothing', async () => {
    const items = [approvalOf(), approvalOf({ id: 'a1c3' })]
    const answers: Answers = { 'governance.listApprovals': () => ({ items, nextCursor: null }) }
    const { code, stderr, asked } = await ask(answers, 'approve', 'accept', 'a1', '--reason', 'looks right')

    expect(code).toBe(2)
    expect(stderr).toContain('"a1" fits 2 requests')
    expect(asked.map(({ operation }) => operation)).not.toContain('governance.decide')
  })

  it.each([
    ['without a reason', ['accept', 'a1'], 'evenkeel approve accept ID --reason'],
    ['to nobody', ['delegate', 'a1'], 'evenkeel approve delegate ID --to'],
    ['without a request', ['reject', '--reason', 'bad'], 'evenkeel approve reject ID --reason'],
    ['by another word', ['maybe'], '"maybe" is not list, show, accept, reject or delegate'],
  ])('%s is refused', async (_, args, says) => {
    const { code, stderr } = await ask(pending, 'approve', ...args)

    expect(code).toBe(2)
    expect(stderr).toContain(says)
  })

  it('of own work ends with 4', async () => {
    const refuse = () => {
      throw new Refusal(403, 'governance.own_work')
    }
    const { code } = await ask(
      { ...pending, 'governance.decide': refuse },
      'approve',
      'accept',
      'a1',
      '--reason',
      'mine',
    )

    expect(code).toBe(4)
  })
})

describe('deploy', () => {
  const endpoints: Answers = {
    'deployments.list': ({ query }) => ({
      items: [endpointOf({ name: 'churn-staging', environment: 'staging' }), endpointOf()].filter(
        ({ model }) => model === query['model'],
      ),
      nextCursor: null,
    }),
  }
  const answering = (changes: Parameters<typeof rolloutOf>[0]): Answers => ({
    ...endpoints,
    'deployments.deploy': () => rolloutOf(changes),
  })

  it('goes to the production endpoint of the model, with the canary asked for', async () => {
    const { code, stdout, asked } = await ask(answering({}), 'deploy', 'churn@7', '--canary', '5', '--comment', 'go')

    expect(code).toBe(0)
    expect(asked[0]).toMatchObject({ operation: 'deployments.list', query: { model: 'churn' } })
    const body = { version: 7, comment: 'go', plan: { steps: [5] } }
    expect(asked.at(-1)).toMatchObject({ params: { endpoint: 'churn-live' }, body })
    expect(stdout).toBe('churn@7 is loading: Nodes load version 7.\nnext   evenkeel open /deployments/churn-live\n')
  })

  it('switches at once with --canary 0, and takes the version behind an alias', async () => {
    const items = [versionOf({ version: 8 }), versionOf({ aliases: ['champion'] })]
    const answers: Answers = { ...answering({}), 'registry.listVersions': () => ({ items, nextCursor: null }) }
    const { asked } = await ask(answers, 'deploy', 'churn@champion', '--endpoint', 'other', '--canary', '0')

    expect(asked.at(-1)).toMatchObject({ params: { endpoint: 'other' }, body: { version: 7, plan: { steps: [] } } })
  })

  it('changes nothing with --dry-run', async () => {
    const { code, stdout, asked } = await ask(answering({}), 'deploy', 'churn@7', '--dry-run')

    expect(code).toBe(0)
    expect(stdout).toBe('would deploy churn@7 to churn-live\n')
    expect(asked.map(({ operation }) => operation)).toEqual(['deployments.list'])
  })

  it('that waits for approval ends with 7, and says who is asked for what', async () => {
    const answers = answering({ state: 'awaiting_approval', approvalId: 'a1b2' })
    const { code, stdout } = await ask(answers, 'deploy', 'churn@7', '--wait')

    expect(code).toBe(7)
    expect(stdout).toContain('evenkeel approve accept a1b2')
  })

  it.each([
    ['succeeded', 0],
    ['rolled_back', 9],
    ['failed', 1],
  ] as const)('with --wait tells what happens, and its exit code is the outcome: %s', async (state, exitCode) => {
    const end = rolloutOf({ state, says: 'It is over.', endedAt: '2026-03-03T00:00:00.000Z' })
    const answers: Answers = { ...answering({}), 'deployments.getRollout': () => end }
    const { code, stdout, stderr } = await ask(answers, 'deploy', 'churn@7', '--wait')

    expect(code).toBe(exitCode)
    expect(stderr).toContain('Nodes load version 7.')
    expect(stdout).toContain(`churn@7 is ${state}: It is over.`)
  })

  it('of a version that did not pass its gate ends with 6', async () => {
    const refuse = () => {
      throw new Refusal(409, 'deployments.not_passed', { detail: 'AUC 0.51 is below 0.6.' })
    }
    const { code, stderr } = await ask({ ...endpoints, 'deployments.deploy': refuse }, 'deploy', 'churn@7')

    expect(code).toBe(6)
    expect(stderr).toContain('AUC 0.51 is below 0.6.')
  })

  it.each([
    ['churn', 'is not of the form model@7'],
    ['unknown@7', 'no endpoint serves unknown'],
  ])('%s is refused', async (name, says) => {
    const { code, stderr } = await ask(endpoints, 'deploy', name)

    expect(code).toBe(2)
    expect(stderr).toContain(says)
  })
})

describe('a rollout by hand', () => {
  const running = { 'deployments.get': () => endpointOf({ rollout: rolloutOf({ state: 'canary' }) }) } satisfies Answers

  it('rollback goes to the version asked for', async () => {
    const answers: Answers = { 'deployments.rollback': () => rolloutOf({ fromVersion: 7, toVersion: 5 }) }
    const { code, stdout, asked } = await ask(answers, 'rollback', 'churn-live', '--reason', 'wrong units', '--to', '5')

    expect(code).toBe(0)
    expect(asked[0]).toMatchObject({ params: { endpoint: 'churn-live' }, body: { reason: 'wrong units', version: 5 } })
    expect(stdout).toContain('going back to version 5')
  })

  it('rollback without an earlier version ends with 5', async () => {
    const refuse = () => {
      throw new Refusal(409, 'deployments.nothing_to_roll_back')
    }
    const { code } = await ask({ 'deployments.rollback': refuse }, 'rollback', 'churn-live', '--reason', 'wrong units')

    expect(code).toBe(5)
  })

  it.each(['promote', 'abort'] as const)('%s acts on the rollout that runs, with the reason', async (verb) => {
    const answers: Answers = { ...running, [`deployments.${verb}`]: () => rolloutOf() }
    const { code, asked } = await ask(answers, verb, 'churn-live', '--reason', 'seen enough')

    expect(code).toBe(0)
    expect(asked.at(-1)).toMatchObject({ params: { rollout: 'r1' }, body: { reason: 'seen enough' } })
  })

  it('promote without a rollout ends with 5', async () => {
    const answers: Answers = { 'deployments.get': () => endpointOf() }
    const { code, stderr } = await ask(answers, 'promote', 'churn-live', '--reason', 'seen enough')

    expect(code).toBe(5)
    expect(stderr).toContain('No rollout of churn-live is running')
  })
})

describe('api', () => {
  it('prints the answer as it came', async () => {
    const body = { needsYou: [], rows: [], totals }
    const { code, stdout } = await ask({ 'loop.read': () => body }, 'api', 'get', '/api/v1/loop')

    expect(code).toBe(0)
    expect(JSON.parse(stdout)).toEqual(body)
  })

  it.each([
    [403, 4],
    [404, 3],
    [409, 5],
  ])('prints a refusal of %i on stderr and ends with %i', async (status, exitCode) => {
    const refuse = () => {
      throw new Refusal(status, 'some.refusal')
    }
    const { code, stdout, stderr } = await ask({ 'loop.read': refuse }, 'api', 'GET', '/api/v1/loop')

    expect({ code, stdout }).toEqual({ code: exitCode, stdout: '' })
    expect(JSON.parse(stderr)).toMatchObject({ code: 'some.refusal' })
  })
})

it('a token of the environment goes with each request', async () => {
  process.env['EVENKEEL_TOKEN'] = 'secret'
  try {
    const { asked } = await ask({ 'loop.read': () => ({ needsYou: [], rows: [], totals }) }, 'status')
    expect(asked[0]?.token).toBe('Bearer secret')
  } finally {
    delete process.env['EVENKEEL_TOKEN']
  }
})

it('a server that is not there ends with 8 and says how to start one', async () => {
  const { code, stderr } = await evenkeel('status', '--url', 'http://127.0.0.1:1', '--folder', await makeFolder())

  expect(code).toBe(8)
  expect(stderr).toContain('evenkeel up')
})

it('down says so when nothing runs', async () => {
  const folder = await makeFolder()
  const { code, stdout } = await evenkeel('down', '--folder', folder)

  expect(code).toBe(0)
  expect(stdout).toBe(`nothing ran on ${folder}\n`)
})
