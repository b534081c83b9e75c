import { useState } from 'react'
import { Card, CopyLine, TextInput } from '../ui/index.ts'
import css from './Import.module.css'

const SKLEARN = `from skl2onnx import to_onnx
onnx = to_onnx(model, X[:1], options={"zipmap": False})
open("model.onnx", "wb").write(onnx.SerializeToString())`

/** Models that are no single file at hand: each way is a command. */
export function Elsewhere() {
  return (
    <div className={css['ways']}>
      <Server />
      <Card title="A folder or a version of MLflow" note="Trees of LightGBM and XGBoost, and ONNX">
        <div className={css['stack']}>
          <p>A folder with a file MLmodel:</p>
          <CopyLine text="npx evenkeel register ./model --model NAME" />
          <p>What a client of MLflow registered here:</p>
          <CopyLine text="npx evenkeel register churn@3" />
        </div>
      </Card>
      <Card title="A folder of Hugging Face" note="Files of safetensors: kept and described, and not served">
        <div className={css['stack']}>
          <p>A folder with its config.json and README.md, or a file alone:</p>
          <CopyLine text="npx evenkeel register ./distilbert --model NAME" />
        </div>
      </Card>
      <Card
        title="scikit-learn, PyTorch, Keras"
        note="Pickles are never loaded here; your own Python does it, in a sandbox"
      >
        <div className={css['stack']}>
          <p>A pickle, joblib or skops file, with the Python of its environment:</p>
          <CopyLine text="npx evenkeel register model.pkl --model NAME --python .venv/bin/python" />
          <p>Or export it as ONNX:</p>
          <CopyLine text={SKLEARN} prompt={false} />
          <CopyLine text={'torch.onnx.export(model, example, "model.onnx")'} prompt={false} />
        </div>
      </Card>
    </div>
  )
}

/** Everything that an MLflow server has: a command, because it may take hours and goes on where it stopped. */
function Server() {
  const [address, setAddress] = useState('')
  const url = /^https?:\/\/[^\s'"]+$/.test(address.trim()) ? address.trim() : 'http://old-server:5000'
  return (
    <Card title="An MLflow server" note="Runs, files and registered models, with their ids">
      <div className={css['stack']}>
        <TextInput
          className={css['wide']!}
          label="Address of the server"
          placeholder="http://old-server:5000"
          value={address}
          onChange={({ currentTarget }) => setAddress(currentTarget.value)}
          error={address.trim() !== '' && url !== address.trim() && 'Begin with http:// or https://'}
        />
        <CopyLine text={`npx evenkeel import mlflow ${url}`} />
        <p className="ek-dim">Run it where both can be reached. It can be stopped, and goes on where it was.</p>
      </div>
    </Card>
  )
}
