import { Card, CopyLine } from '../ui/index.ts'
import css from './Experiments.module.css'

const CODE = `import mlflow
with mlflow.start_run():
    mlflow.log_metric("accuracy", 0.93)`

/** How the first run comes here; the list takes its place as soon as one does. */
export function FirstRun() {
  return (
    <Card title="No run yet" note="This page waits for the first one and shows it at once.">
      <div className={css['first']}>
        <p>Code that logs with MLflow needs no change. Tell it where to log:</p>
        <CopyLine text={`export MLFLOW_TRACKING_URI=${window.location.origin}`} />
        <p>Then log something, in any script or notebook:</p>
        <CopyLine prompt={false} text={CODE} />
      </div>
    </Card>
  )
}
