import { type ParamValue, sourceText, type StepSpec } from '@evenkeel/contract'
import { Card, CopyLine, formatDuration, Pair, Pairs, Part, Parts } from '../ui/index.ts'
import { wordsOf } from './param-text.ts'
import { cacheWords, inputWords, needsOf } from './spec.ts'

interface SpecPanelProps {
  readonly step: StepSpec
  /** Defaults of the run params. */
  readonly params: Readonly<Record<string, ParamValue>>
}

const WHEN = {
  success: 'all before it succeeded',
  failure: 'one before it failed',
  always: 'all before it have ended, however',
} as const satisfies Record<Extract<StepSpec['when'], string>, string>

/** A step as it is written. */
export function SpecPanel({ step, params }: SpecPanelProps) {
  const inputs = Object.entries(step.inputs)
  const seen = [
    ...step.params.filter((name) => !(name in step.with)).map((name) => [name, wordsOf(params[name] ?? null)] as const),
    ...Object.entries(step.with).map(([name, value]) => [name, `${wordsOf(value)}, its own`] as const),
  ]
  return (
    <Card title={`Step ${step.key}`} note={step.uses && `It ships with Evenkeel: ${step.uses}.`}>
      {step.run && (
        <Part title="Command">
          <CopyLine text={step.run.join(' ')} />
        </Part>
      )}
      {step.source && (
        <Part title="Code of another repository">
          <CopyLine text={sourceText(step.source)} />
        </Part>
      )}
      {step.approval && (
        <Part title="Asks people">
          <p>{step.approval.message || 'Shall the run go on?'}</p>
          <Pairs
            entries={[
              ['who', step.approval.by?.join(', ') ?? 'anybody who may approve'],
              ['must agree', String(step.approval.count)],
              ['expires after', formatDuration(step.approval.expiresSeconds * 1000)],
            ]}
          />
        </Part>
      )}
      <Parts>
        <Part title="Order">
          <Pairs>
            <Pair name="after">{needsOf(step).join(', ') || 'nothing; it is first'}</Pair>
            <Pair name="runs when">{typeof step.when === 'object' ? step.when.condition : WHEN[step.when]}</Pair>
            {step.expand && <Pair name="becomes">one step for each value that is listed</Pair>}
            {step.allowFailure && <Pair name="its failure">does not fail the run</Pair>}
          </Pairs>
        </Part>
        <Part title="Params it sees">
          {seen.length === 0 ? <p className="ek-dim">None.</p> : <Pairs entries={seen} />}
        </Part>
        {inputs.length > 0 && (
          <Part title="Inputs">
            <Pairs entries={inputs.map(([name, input]) => [name, inputWords(input)])} />
          </Part>
        )}
        <Part title="Limits">
          <Pairs>
            <Pair name="attempts">{step.retries + 1}</Pair>
            <Pair name="longest attempt">{formatDuration(step.timeoutSeconds * 1000)}</Pair>
            <Pair name="reused">{cacheWords(step)}</Pair>
            {step.outputs.length > 0 && <Pair name="outputs">{step.outputs.join(', ')}</Pair>}
          </Pairs>
        </Part>
      </Parts>
    </Card>
  )
}
