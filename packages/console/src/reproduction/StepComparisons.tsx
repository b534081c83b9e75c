import type { OutputComparison, Reproduction, Sameness, StepComparison } from '@evenkeel/contract'
import { useQuery } from '@tanstack/react-query'
import { Brief, formatMs, Loaded, StateWord } from '../ui/index.ts'
import css from './Reproductions.module.css'
import { reproductionQuery } from './queries.ts'
import { sameness as looks } from './words.ts'

/** Each step then and now, with its outputs. */
export function StepComparisons({ reproduction }: { readonly reproduction: string }) {
  return (
    <Loaded query={useQuery(reproductionQuery(reproduction))} height={200}>
      {(found) => (
        <>
          <Table reproduction={found} />
          <p className="ek-dim">Numbers count as equal up to {found.tolerance} apart, relative above 1.</p>
          <Surroundings reproduction={found} />
        </>
      )}
    </Loaded>
  )
}

function Table({ reproduction: { steps, modelFile } }: { readonly reproduction: Reproduction }) {
  return (
    <table className="ek-table ek-tight ek-stack">
      <thead>
        <tr>
          <th>Step</th>
          <th>Result</th>
          <th>Took</th>
          <th>What is not the same</th>
        </tr>
      </thead>
      <tbody>
        {steps.map((step) => (
          <Step key={step.step} step={step} />
        ))}
        <tr>
          <th scope="row">model file</th>
          <td>
            <Result of={modelFile.sameness} />
          </td>
          <td />
          <td>{modelFile.says}</td>
        </tr>
      </tbody>
    </table>
  )
}

function Step({ step: { step, sameness, says, before, after, outputs } }: { readonly step: StepComparison }) {
  const others = outputs.filter((output) => output.sameness !== 'identical')
  return (
    <tr>
      <th scope="row">{step}</th>
      <td>
        <Result of={sameness} />
      </td>
      <td>
        {duration(after)} <span className="ek-dim">(then {duration(before)})</span>
      </td>
      <td>{others.length > 0 ? <Outputs outputs={others} /> : <Brief text={says} />}</td>
    </tr>
  )
}

function Outputs({ outputs }: { readonly outputs: readonly OutputComparison[] }) {
  return (
    <ul className={css['list']}>
      {outputs.map(({ output, sameness, says }) => (
        <li key={output}>
          {output}: <Result of={sameness} /> {says}
        </li>
      ))}
    </ul>
  )
}

const Result = ({ of }: { readonly of: Sameness }) => <StateWord state={looks[of].mark}>{looks[of].word}</StateWord>

const duration = (side: StepComparison['before']): string =>
  side && side.durationMs !== null ? formatMs(side.durationMs) : '–'

function Surroundings({ reproduction: { surroundings, seed } }: { readonly reproduction: Reproduction }) {
  if (surroundings.length === 0) {
    return <p className="ek-dim">Machine, software and seed{seed === null ? '' : ` (${seed})`} were the same.</p>
  }
  return (
    <>
      <p>Other than then:</p>
      <ul>
        {surroundings.map(({ what, says }) => (
          <li key={`${what} ${says}`}>
            {what}: {says}
          </li>
        ))}
      </ul>
    </>
  )
}
