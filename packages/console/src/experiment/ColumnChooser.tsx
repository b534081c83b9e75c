import { useInfiniteQuery } from '@tanstack/react-query'
import { IconArrowDown, IconArrowUp, IconX } from '@tabler/icons-react'
import { type ReactNode, useState } from 'react'
import {
  ActionIcon,
  Button,
  Dialog,
  Empty,
  Loaded,
  More,
  Part,
  SegmentedControl,
  TextInput,
  useDebouncedValue,
  Checkbox,
} from '../ui/index.ts'
import { bestOf, type Column, columnText, isBest, otherBest, RUN_COLUMNS, titleOf } from './columns.ts'
import css from './Experiments.module.css'
import { type KeyKind, keysQuery } from './queries.ts'

interface ColumnChooserProps {
  readonly experiment: string
  readonly columns: readonly Column[]
  /** Undefined: those that are shown while nobody chose. */
  readonly onChange: (columns: readonly Column[] | undefined) => void
  readonly onClose: () => void
}

const KINDS = [
  { value: 'metric', label: 'Metrics' },
  { value: 'param', label: 'Params' },
  { value: 'tag', label: 'Tags' },
  { value: 'run', label: 'Run' },
] as const

type Kind = (typeof KINDS)[number]['value']

/** The columns that can be made of a name, each with what it is called here. */
function choicesOf(kind: Kind, key: string): readonly (readonly [Column, string])[] {
  if (kind !== 'metric') return [[{ kind, key }, 'show']]
  return [
    [{ kind, key }, 'last'],
    [{ kind: 'min', key }, 'min'],
    [{ kind: 'max', key }, 'max'],
    [bestOf(key), 'best'],
  ]
}

/** Which columns the table has, and in which order. */
export function ColumnChooser({ experiment, columns, onChange, onClose }: ColumnChooserProps) {
  const [kind, setKind] = useState<Kind>('metric')
  const toggle = (column: Column) => {
    const rest = columns.filter((one) => !isAlike(one, column))
    onChange(rest.length < columns.length ? rest : [...columns, column])
  }
  return (
    <Dialog title="Columns" onClose={onClose} wide>
      <SegmentedControl
        aria-label="Kind of column"
        size="xs"
        data={[...KINDS]}
        value={kind}
        onChange={(value) => setKind(value as typeof kind)}
      />
      {kind === 'run' ? (
        <KeyList keys={Object.keys(RUN_COLUMNS)} kind="run" columns={columns} onToggle={toggle} />
      ) : (
        <Found key={kind} experiment={experiment} kind={kind} columns={columns} onToggle={toggle} />
      )}
      <Part title="Shown, from left to right">
        <Order columns={columns} onChange={onChange} onToggle={toggle} />
      </Part>
      <div className="ek-row-end">
        <Button kind="quiet" onClick={() => onChange(undefined)}>
          As it was
        </Button>
        <Button kind="primary" onClick={onClose}>
          Done
        </Button>
      </div>
    </Dialog>
  )
}

/** A metric has one best, whichever way it is judged. */
const isAlike = (a: Column, b: Column) => columnText(a) === columnText(b) || (isBest(a) && isBest(b) && a.key === b.key)
const isShown = (column: Column, columns: readonly Column[]) => columns.some((one) => isAlike(one, column))

interface FoundProps {
  readonly experiment: string
  readonly kind: KeyKind
  readonly columns: readonly Column[]
  readonly onToggle: (column: Column) => void
}

function Found({ experiment, kind, columns, onToggle }: FoundProps) {
  const [text, setText] = useState('')
  const [settled] = useDebouncedValue(text, 200)
  const keys = useInfiniteQuery(keysQuery(experiment, kind, settled))
  return (
    <>
      <TextInput
        mt="xs"
        size="xs"
        aria-label="Search names"
        placeholder="A part of the name"
        value={text}
        onChange={({ currentTarget }) => setText(currentTarget.value)}
      />
      <Loaded query={keys} height={200}>
        {({ pages }) => {
          const found = pages.flatMap(({ items }) => items)
          if (found.length === 0) return <Empty title={text ? 'Nothing is called so.' : 'None was logged yet.'} />
          return (
            <>
              <KeyList keys={found} kind={kind} columns={columns} onToggle={onToggle} />
              <More query={keys}>Show more names</More>
            </>
          )
        }}
      </Loaded>
    </>
  )
}

interface KeyListProps {
  readonly keys: readonly string[]
  readonly kind: Kind
  readonly columns: readonly Column[]
  readonly onToggle: (column: Column) => void
}

function KeyList({ keys, kind, columns, onToggle }: KeyListProps) {
  return (
    // It scrolls, so it must be reachable by keyboard.
    <div className={css['keys']} tabIndex={0} role="group" aria-label="Names">
      {keys.map((key) => (
        <div key={key} className={css['key']}>
          <span>{kind === 'run' ? titleOf({ kind, key }) : key}</span>
          <span className="ek-row">
            {choicesOf(kind, key).map(([column, label]) => (
              <Checkbox
                key={label}
                size="xs"
                label={label}
                aria-label={`${key}: ${label}`}
                checked={isShown(column, columns)}
                onChange={() => onToggle(column)}
              />
            ))}
          </span>
        </div>
      ))}
    </div>
  )
}

interface OrderProps extends Pick<ColumnChooserProps, 'columns' | 'onChange'> {
  readonly onToggle: (column: Column) => void
}

function Order({ columns, onChange, onToggle }: OrderProps) {
  const move = (from: number, to: number) => onChange(columns.toSpliced(from, 1).toSpliced(to, 0, columns[from]!))
  return (
    <div className={css['keys']} tabIndex={0} role="group" aria-label="Columns that are shown">
      <ol className={css['order']}>
        {columns.map((column, i) => (
          <li key={columnText(column)} className={css['key']}>
            <span>{titleOf(column)}</span>
            <span className="ek-row">
              {isBest(column) && (
                <button
                  type="button"
                  className="ek-more"
                  onClick={() => onChange(columns.with(i, otherBest(column)))}
                  title="Judge it the other way round"
                >
                  {column.kind === 'best-max' ? 'higher is better' : 'lower is better'}
                </button>
              )}
              <Step label={`${titleOf(column)}: to the left`} off={i === 0} onClick={() => move(i, i - 1)}>
                <IconArrowUp size={14} />
              </Step>
              <Step
                label={`${titleOf(column)}: to the right`}
                off={i === columns.length - 1}
                onClick={() => move(i, i + 1)}
              >
                <IconArrowDown size={14} />
              </Step>
              <Step label={`Hide ${titleOf(column)}`} off={false} onClick={() => onToggle(column)}>
                <IconX size={14} />
              </Step>
            </span>
          </li>
        ))}
      </ol>
    </div>
  )
}

interface StepProps {
  readonly label: string
  readonly off: boolean
  readonly onClick: () => void
  readonly children: ReactNode
}

const Step = ({ label, off, onClick, children }: StepProps) => (
  <ActionIcon variant="subtle" color="gray" size="sm" aria-label={label} disabled={off} onClick={onClick}>
    {children}
  </ActionIcon>
)
