import { isFolder, type ModelVersion } from '@evenkeel/contract'
import { IconChevronRight } from '@tabler/icons-react'
import { useNavigate, useSearch } from '@tanstack/react-router'
import { Fragment, useState } from 'react'
import { pathToVersion, pathToVersionCompare } from '../shell/paths.ts'
import { ActionIcon, Brief, Button, Card, Checkbox, LinkButton, PageLink, StateWord, Time } from '../ui/index.ts'
import css from './VersionTable.module.css'
import { VersionDetail } from './VersionDetail.tsx'
import { canaryMark, gateMark, TRIGGERS } from './words.ts'

/** Every version with its verdicts; one can be opened in place. */
export function VersionTable({ versions }: { readonly versions: readonly ModelVersion[] }) {
  const { version: open } = useSearch({ from: '/models/$model' })
  const navigate = useNavigate({ from: '/models/$model' })
  const toggle = (version: number) =>
    void navigate({
      search: (search) => ({ ...search, version: version === open ? undefined : version }),
      replace: true,
      resetScroll: false,
    })

  const [picked, setPicked] = useState<readonly number[]>([])
  // Two are compared: a third one takes the place of the one that was chosen first.
  const pick = (version: number) =>
    setPicked((now) => (now.includes(version) ? now.filter((one) => one !== version) : [...now.slice(-1), version]))

  return (
    <Card
      title="Versions"
      note="Newest first. j and k move, Enter opens."
      actions={versions.length > 1 && <CompareButton model={versions[0]!.model} picked={picked} />}
      flush
    >
      <table className="ek-table ek-stack">
        <thead>
          <tr>
            <th>Version</th>
            <th>AUC</th>
            <th>Gate</th>
            <th>Canary</th>
            <th>Why it was trained</th>
            <th>Made</th>
          </tr>
        </thead>
        <tbody>
          {versions.map((version) => (
            <Fragment key={version.version}>
              <VersionRow
                version={version}
                open={version.version === open}
                onToggle={() => toggle(version.version)}
                picked={picked.includes(version.version)}
                onPick={() => pick(version.version)}
              />
              {version.version === open && (
                <tr>
                  <td colSpan={6} className={css['detail']}>
                    <VersionDetail version={version} />
                  </td>
                </tr>
              )}
            </Fragment>
          ))}
        </tbody>
      </table>
    </Card>
  )
}

function CompareButton({ model, picked }: { readonly model: string; readonly picked: readonly number[] }) {
  const [before, after] = picked.toSorted((a, b) => a - b)
  if (before === undefined || after === undefined) {
    return (
      <Button disabledReason="Choose two versions." onClick={() => undefined}>
        Compare
      </Button>
    )
  }
  return (
    <LinkButton href={pathToVersionCompare(model, before, after)}>
      Compare {before} and {after}
    </LinkButton>
  )
}

const undecided = ({ artifact }: ModelVersion) =>
  artifact ? 'The gate has not decided yet.' : 'It has no ONNX file that could be judged.'

interface VersionRowProps {
  readonly version: ModelVersion
  readonly open: boolean
  readonly onToggle: () => void
  readonly picked: boolean
  readonly onPick: () => void
}

function VersionRow({ version, open, onToggle, picked, onPick }: VersionRowProps) {
  const { model, version: number, aliases, metrics, gate, canary, lineage, origin, createdAt, createdBy } = version
  const gated = gateMark(version)
  const canaried = canaryMark(version)
  const auc = metrics['auc'] ?? version.evaluation?.candidate['auc']
  return (
    <tr>
      <th scope="row" className={css['version']}>
        <Checkbox
          size="xs"
          className={css['pick']!}
          checked={picked}
          onChange={onPick}
          aria-label={`Compare version ${number}`}
        />
        <ActionIcon
          variant="subtle"
          color="gray"
          size={26}
          data-row
          onClick={onToggle}
          aria-expanded={open}
          aria-label={`Details of version ${number}`}
        >
          <IconChevronRight size={14} className={css['chevron']} data-open={open || undefined} />
        </ActionIcon>
        <PageLink href={pathToVersion(model, number)}>v{number}</PageLink>
        {aliases.map((alias) => (
          <span key={alias} className="ek-tag">
            {alias}
          </span>
        ))}
      </th>
      <td data-label="AUC">{auc === undefined ? '–' : auc.toFixed(4)}</td>
      <td className={css['says']} data-label="Gate">
        <StateWord state={gated.state}>{gated.word}</StateWord>
        <p>
          <Brief text={gate?.says ?? undecided(version)} />
        </p>
      </td>
      <td className={css['says']} data-label="Canary">
        {canaried ? <StateWord state={canaried.state}>{canaried.word}</StateWord> : <span className="ek-dim">–</span>}
        {canary && (
          <p>
            <Brief text={canary.says} />
          </p>
        )}
      </td>
      <td className={css['says']} data-label="Trained because of">
        {lineage.trigger
          ? TRIGGERS[lineage.trigger.kind]
          : origin && !isFolder(version)
            ? 'logged with MLflow'
            : 'uploaded'}
        {lineage.trigger && (
          <p>
            <Brief text={lineage.trigger.says} />
          </p>
        )}
      </td>
      <td className={css['made']} data-label="Made">
        <Time at={createdAt} />
        <p>by {createdBy}</p>
      </td>
    </tr>
  )
}
