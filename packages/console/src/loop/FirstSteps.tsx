import { IconFileSpreadsheet, IconPlayerPlay, IconUpload } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { CopyLine, LinkButton } from '../ui/index.ts'
import css from './FirstSteps.module.css'

/** What a fresh installation shows: three doors, each a command that works. */
export function FirstSteps() {
  const origin = window.location.origin
  return (
    <section className={css['first']} aria-labelledby="first-steps">
      <h2 id="first-steps" className={css['title']}>
        No model yet. Three ways in:
      </h2>
      <div className={css['doors']}>
        <Door icon={<IconPlayerPlay size={20} />} title="Watch the whole loop">
          <p>
            Six months of real flights: a model is trained, approved and served; it decays, is retrained, and a bad
            successor is rolled back. It runs on ports and a folder of its own and takes a few minutes.
          </p>
          <CopyLine text="npm run demo -- --port 7080 --inference-port 7081" />
        </Door>
        <Door icon={<IconFileSpreadsheet size={20} />} title="Bring your own table">
          <p>Send a CSV or Parquet file. It becomes a version of a dataset, is profiled, and checked from then on.</p>
          <CopyLine text={`curl -F format=csv -F file=@my.csv ${origin}/api/v1/datasets/my-data/versions`} />
        </Door>
        <Door icon={<IconUpload size={20} />} title="Bring your own model">
          <p>
            A file of ONNX, LightGBM or XGBoost: look at it, try it on rows of yours, give it a reference for drift, and
            register it.
          </p>
          <div>
            <LinkButton href="/new/import" kind="primary">
              Import a model
            </LinkButton>
          </div>
        </Door>
      </div>
      <p className={css['after']}>Then ask what to do next:</p>
      <CopyLine text="npx evenkeel status" />
      <p className={css['after']}>Everything is an HTTP operation with a description:</p>
      <CopyLine text={`curl ${origin}/api/openapi.json`} />
    </section>
  )
}

interface DoorProps {
  readonly icon: ReactNode
  readonly title: string
  readonly children: ReactNode
}

function Door({ icon, title, children }: DoorProps) {
  return (
    <div className={css['door']}>
      <span className={css['icon']} aria-hidden="true">
        {icon}
      </span>
      <h3>{title}</h3>
      {children}
    </div>
  )
}
