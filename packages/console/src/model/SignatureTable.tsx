import type { Signature } from '@evenkeel/contract'
import { Card } from '../ui/index.ts'

/** Inputs and outputs of a model, as a caller must send and will get them. */
export function SignatureTable({ signature: { inputs, outputs } }: { readonly signature: Signature }) {
  const rows = [
    ...inputs.map((field) => ({ ...field, direction: 'input' })),
    ...outputs.map((field) => ({ ...field, direction: 'output' })),
  ]
  return (
    <Card title="Signature" note="−1 is a free dimension; the first is the batch" flush>
      <table className="ek-table">
        <thead>
          <tr>
            <th>Name</th>
            <th>Direction</th>
            <th>Type</th>
            <th className="ek-num">Shape</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ name, direction, datatype, shape }) => (
            <tr key={`${direction} ${name}`}>
              <th scope="row">{name}</th>
              <td>{direction}</td>
              <td>{datatype}</td>
              <td className="ek-num">[{shape.map((size) => String(size).replace('-', '−')).join(', ')}]</td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  )
}
