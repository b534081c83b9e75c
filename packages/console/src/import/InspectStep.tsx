import { type ImportDraft, type ModelInspection, plural } from '@evenkeel/contract'
import { SignatureTable } from '../model/SignatureTable.tsx'
import { Card, Facts, Figure, formatBytes, formatCount, formatPercent, Meter, Pairs, Part, Parts } from '../ui/index.ts'
import css from './Import.module.css'

const FORMATS = { onnx: 'ONNX', lightgbm: 'LightGBM', xgboost: 'XGBoost' } as const

/** What is in the file? */
export function InspectStep({ draft: { inspection, source } }: { readonly draft: ImportDraft }) {
  if (!inspection) return null
  const { format, treeCount, artifact, signature, nodeCount } = inspection
  return (
    <>
      <Card title="The file" note="Read without running any of it">
        <Facts>
          <Figure label="Format" value={FORMATS[format]} />
          {treeCount !== null && <Figure label="Trees" value={formatCount(treeCount)} />}
          <Figure label="File" value={formatBytes(source?.sizeBytes ?? artifact.sizeBytes)} />
          {format !== 'onnx' && <Figure label="As ONNX" value={formatBytes(artifact.sizeBytes)} />}
          <Figure label="Inputs" value={signature.inputs.length} />
          <Figure label="Outputs" value={signature.outputs.length} />
          <Figure label="ONNX nodes" value={formatCount(nodeCount)} />
        </Facts>
        <div className={css['more']}>
          <Parts>
            <Part title="What it needs">
              <Pairs
                entries={[
                  ['ONNX version', String(inspection.irVersion)],
                  ...inspection.opsets.map(({ domain, version }) => [`Opset ${domain}`, String(version)] as const),
                ]}
              />
            </Part>
            <Part title="What it says of itself">
              <Pairs entries={saysOf(inspection)} />
            </Part>
            <Importance inspection={inspection} />
          </Parts>
        </div>
        <Licence inspection={inspection} />
      </Card>
      <SignatureTable signature={signature} />
    </>
  )
}

const isLicence = (name: string) => /licen[cs]e/i.test(name)

function saysOf({ format, metadata, producer }: ModelInspection): (readonly [string, string])[] {
  // What stands in a converted file was written by us.
  if (format !== 'onnx')
    return [
      ['Converted by', 'Evenkeel'],
      ['From', FORMATS[format]],
    ]
  return [['Written by', producer || 'it does not say'], ...Object.entries(metadata).slice(0, 12)]
}

function Licence({ inspection: { metadata } }: { readonly inspection: ModelInspection }) {
  const [, licence] = Object.entries(metadata).find(([name]) => isLicence(name)) ?? []
  return licence === undefined ? (
    <p className={css['warning']}>
      The file names no licence. Find out whether you may use the model, and say so in the last step.
    </p>
  ) : (
    <p>Its licence, in its own words: {licence}</p>
  )
}

function Importance({ inspection: { importance } }: { readonly inspection: ModelInspection }) {
  const ranked = importance.toSorted((a, b) => b.share - a.share)
  const shown = ranked.slice(0, 10)
  if (shown.length === 0) return null
  return (
    <Part title="What it looks at, by share of the gain">
      <table className="ek-table ek-tight">
        <tbody>
          {shown.map(({ feature, share }) => (
            <tr key={feature}>
              <th scope="row">{feature}</th>
              <td style={{ width: '40%', verticalAlign: 'middle' }}>
                <Meter share={share} label={`Share of ${feature}`} />
              </td>
              <td className="ek-num">{formatPercent(share)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {ranked.length > shown.length && (
        <p className="ek-dim">and {plural(ranked.length - shown.length, 'feature')} more</p>
      )}
    </Part>
  )
}
