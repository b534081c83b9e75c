/** A view that queries may read. Names and meanings of columns stay; new ones may come. */
export interface View {
  readonly name: string
  readonly says: string
  /** After FROM; `p` is the alias of the table with the project. */
  readonly from: string
  /** Beside the project. */
  readonly where?: string
  /** Name, SQL, and what it means. */
  readonly columns: readonly (readonly [name: string, sql: string, says: string])[]
}

const moment = (milliseconds: string) => `to_timestamp(${milliseconds} / 1000.0)`
const trackedRun = 'join tracking.run p on p.run_number = m.run_number'
const shownRun = 'p.deleted_ms is null'

/** What clients log: with MLflow, or in a step. */
const tracking: readonly View[] = [
  {
    name: 'experiments',
    says: 'Experiments that are not deleted.',
    from: 'tracking.experiment p',
    where: 'p.deleted_ms is null',
    columns: [
      ['experiment_id', 'p.experiment_id', ''],
      ['name', 'p.name', ''],
      ['folder', 'p.folder', ''],
      ['created_at', moment('p.created_ms'), ''],
      ['updated_at', moment('p.updated_ms'), ''],
    ],
  },
  {
    name: 'runs',
    says: 'Logged runs that are not deleted; those of pipelines are in pipeline_runs.',
    from: 'tracking.run p join tracking.experiment e using (project_id, experiment_id)',
    where: shownRun,
    columns: [
      ['run_id', 'p.run_id', ''],
      ['experiment_id', 'p.experiment_id', ''],
      ['experiment', 'e.name', 'Name of the experiment.'],
      ['name', 'p.name', ''],
      ['user_name', 'p.user_id', 'As the client said it.'],
      ['status', 'p.status', 'RUNNING, SCHEDULED, FINISHED, FAILED or KILLED.'],
      ['started_at', moment('p.started_ms'), ''],
      ['ended_at', moment('p.ended_ms'), ''],
      ['pipeline_run_id', 'p.pipeline_run_id', 'The run of a pipeline whose step logged it.'],
    ],
  },
  {
    name: 'params',
    says: 'Params of logged runs.',
    from: `tracking.run_param m ${trackedRun}`,
    where: shownRun,
    columns: [
      ['run_id', 'p.run_id', ''],
      ['name', 'm.key', ''],
      ['value', 'm.value', 'Always text.'],
    ],
  },
  {
    name: 'tags',
    says: 'Tags of logged runs.',
    from: `tracking.run_tag m ${trackedRun}`,
    where: shownRun,
    columns: [
      ['run_id', 'p.run_id', ''],
      ['name', 'm.key', ''],
      ['value', 'm.value', ''],
    ],
  },
  {
    name: 'metrics',
    says: 'Metrics of logged runs: the last value, and the range.',
    from: `tracking.metric_summary m ${trackedRun} join tracking.metric_key k on k.key_id = m.key_id`,
    where: shownRun,
    columns: [
      ['run_id', 'p.run_id', ''],
      ['name', 'k.key', ''],
      ['last_value', 'm.last_value', 'Of the highest step.'],
      ['last_step', 'm.last_step', ''],
      ['last_at', moment('m.last_timestamp_ms'), ''],
      ['min_value', 'm.min_value', 'Null where no value is a number.'],
      ['max_value', 'm.max_value', ''],
      ['point_count', 'm.point_count', ''],
    ],
  },
  {
    name: 'metric_history',
    says: 'Every value of the metrics of logged runs; name a run, for there may be millions.',
    from: `tracking.metric_point m ${trackedRun} join tracking.metric_key k on k.key_id = m.key_id`,
    where: shownRun,
    columns: [
      ['run_id', 'p.run_id', ''],
      ['name', 'k.key', ''],
      ['step', 'm.step', ''],
      ['at', moment('m.timestamp_ms'), ''],
      ['value', 'm.value', ''],
    ],
  },
]

const registry: readonly View[] = [
  {
    name: 'models',
    says: 'Registered models.',
    from: 'registry.model p',
    columns: [
      ['model', 'p.name', ''],
      ['description', 'p.description', ''],
      ['owner', 'p.owner', ''],
      ['created_at', 'p.created_at', ''],
      ['updated_at', 'p.updated_at', ''],
    ],
  },
  {
    name: 'model_versions',
    says: 'Versions of models that are not deleted.',
    from: 'registry.model_version p',
    where: 'p.deleted_at is null',
    columns: [
      ['model', 'p.model', ''],
      ['version', 'p.version', ''],
      ['stage', 'p.stage', 'candidate, refused, passed or archived.'],
      ['digest', 'p.artifact_digest', 'Of the ONNX file; null where only a client of MLflow registered it.'],
      ['size_bytes', 'p.artifact_size_bytes', ''],
      ['metrics', 'p.metrics', 'JSON: name to number.'],
      ['params', 'p.params', 'JSON.'],
      ['gate_passed', "(p.gate ->> 'passed')::boolean", 'Null while no gate has decided.'],
      ['gate_says', "p.gate ->> 'says'", ''],
      ['pipeline', "p.lineage ->> 'pipeline'", ''],
      ['pipeline_run_id', "p.lineage ->> 'runId'", 'The run that made it.'],
      ['trained_from', "(p.lineage ->> 'trainedFrom')::timestamptz", 'Event time.'],
      ['trained_until', "(p.lineage ->> 'trainedUntil')::timestamptz", 'Event time.'],
      ['commit', "p.lineage ->> 'commit'", ''],
      ['stage_label', 'p.stage_label', 'As clients of MLflow call it.'],
      ['created_at', 'p.created_at', ''],
      ['created_by', 'p.created_by', ''],
    ],
  },
  {
    name: 'model_version_tags',
    says: 'Tags of versions.',
    from: 'registry.version_tag p',
    columns: [
      ['model', 'p.model', ''],
      ['version', 'p.version', ''],
      ['name', 'p.key', ''],
      ['value', 'p.value', ''],
    ],
  },
  {
    name: 'model_aliases',
    says: 'Where aliases point now.',
    from: 'registry.model_alias p',
    columns: [
      ['model', 'p.model', ''],
      ['alias', 'p.alias', ''],
      ['version', 'p.version', ''],
      ['moved_at', 'p.moved_at', ''],
    ],
  },
  {
    name: 'alias_moves',
    says: 'Where aliases pointed.',
    from: 'registry.alias_move p',
    columns: [
      ['model', 'p.model', ''],
      ['alias', 'p.alias', ''],
      ['version', 'p.version', 'Null: it was taken away.'],
      ['previous_version', 'p.previous_version', ''],
      ['moved_by', 'p.moved_by', ''],
      ['reason', 'p.reason', ''],
      ['moved_at', 'p.moved_at', ''],
    ],
  },
]

const data: readonly View[] = [
  {
    name: 'datasets',
    says: 'Datasets.',
    from: 'datasets.dataset p',
    columns: [
      ['dataset', 'p.name', ''],
      ['created_at', 'p.created_at', ''],
    ],
  },
  {
    name: 'dataset_versions',
    says: 'Versions of datasets, refused ones too.',
    from: 'datasets.version p',
    columns: [
      ['dataset', 'p.dataset', ''],
      ['version', 'p.version', ''],
      ['digest', 'p.digest', ''],
      ['state', 'p.state', 'accepted or refused.'],
      ['row_count', 'p.row_count', ''],
      ['size_bytes', 'p.size_bytes', ''],
      ['event_time_min', 'p.event_time_min', ''],
      ['event_time_max', 'p.event_time_max', ''],
      ['note', 'p.note', ''],
      ['contract_version', 'p.contract_version', ''],
      ['created_at', 'p.created_at', ''],
      ['created_by', 'p.created_by', ''],
    ],
  },
]

const pipelines: readonly View[] = [
  {
    name: 'pipeline_runs',
    says: 'Runs of pipelines.',
    from: 'pipelines.run p',
    columns: [
      ['run_id', 'p.id', ''],
      ['pipeline', 'p.pipeline', ''],
      ['pipeline_version', 'p.version', ''],
      ['environment', "coalesce(p.environment, 'dev')", ''],
      ['model', 'p.model', ''],
      ['state', 'p.state', 'queued, running, waiting, succeeded, failed or cancelled.'],
      ['reason', 'p.reason', ''],
      ['trigger_kind', "p.trigger ->> 'kind'", ''],
      ['trigger_says', "p.trigger ->> 'says'", ''],
      ['params', 'p.params', 'JSON.'],
      ['commit', 'p.commit', ''],
      ['seed', 'p.seed', ''],
      ['reproduces_run_id', "p.reproduces ->> 'run'", 'The run that it makes again.'],
      ['created_by', 'p.created_by', ''],
      ['created_at', 'p.created_at', ''],
      ['started_at', 'p.started_at', ''],
      ['ended_at', 'p.ended_at', ''],
    ],
  },
  {
    name: 'pipeline_steps',
    says: 'Steps of runs of pipelines.',
    from: 'pipelines.step p',
    columns: [
      ['run_id', 'p.run_id', ''],
      ['step', 'p.key', ''],
      ['position', 'p.position', ''],
      ['state', 'p.state', ''],
      ['reason', 'p.reason', ''],
      ['cache_code', "p.cache ->> 'code'", 'Why it ran, or reused.'],
      ['ready_at', 'p.ready_at', ''],
      ['started_at', 'p.started_at', ''],
      ['ended_at', 'p.ended_at', ''],
    ],
  },
  {
    name: 'pipeline_attempts',
    says: 'Attempts of steps.',
    from: 'pipelines.attempt p',
    columns: [
      ['run_id', 'p.run_id', ''],
      ['step', 'p.step_key', ''],
      ['attempt', 'p.attempt', ''],
      ['target', 'p.executor', ''],
      ['state', 'p.state', ''],
      ['outcome', 'p.outcome', ''],
      ['exit_code', 'p.exit_code', ''],
      ['reason', 'p.reason', ''],
      ['small_values', 'p.small_values', 'JSON: what it wrote to its output file.'],
      ['submitted_at', 'p.submitted_at', ''],
      ['started_at', 'p.started_at', ''],
      ['ended_at', 'p.ended_at', ''],
    ],
  },
  {
    name: 'pipeline_metrics',
    says: 'What attempts measured.',
    from: 'pipelines.metric m join pipelines.run p on p.id = m.run_id',
    columns: [
      ['run_id', 'm.run_id', ''],
      ['step', 'm.step_key', ''],
      ['attempt', 'm.attempt', ''],
      ['name', 'm.name', ''],
      ['labels', 'm.labels', 'JSON.'],
      ['value', 'm.value', ''],
      ['at_step', 'm.step', 'What the step counts: epochs, trees.'],
      ['at', 'm.time', ''],
    ],
  },
]

const production: readonly View[] = [
  {
    name: 'endpoints',
    says: 'What is served where.',
    from: 'deployments.endpoint p',
    columns: [
      ['endpoint', 'p.name', ''],
      ['environment', 'p.environment', ''],
      ['model', 'p.model', ''],
      ['version', 'p.version', 'The one that serves; null while none does.'],
      ['previous_version', 'p.previous_version', ''],
      ['description', 'p.description', ''],
      ['created_at', 'p.created_at', ''],
    ],
  },
  {
    name: 'deployments',
    says: 'Rollouts of versions to endpoints.',
    from: 'deployments.rollout p',
    columns: [
      ['deployment_id', 'p.id', ''],
      ['endpoint', 'p.endpoint', ''],
      ['environment', 'p.environment', ''],
      ['model', 'p.model', ''],
      ['from_version', 'p.from_version', ''],
      ['to_version', 'p.to_version', ''],
      ['state', 'p.state', ''],
      ['says', 'p.says', 'How it is, or how it ended, with the numbers.'],
      ['started_by', 'p.started_by', ''],
      ['started_at', 'p.started_at', ''],
      ['ended_at', 'p.ended_at', ''],
      ['event_time_start', 'p.event_time_start', ''],
      ['event_time_end', 'p.event_time_end', ''],
    ],
  },
  {
    name: 'monitoring_windows',
    says: 'Windows of event time of monitors.',
    from: 'monitoring.monitor_window p join monitoring.monitor m on m.project_id = p.project_id and m.name = p.monitor',
    columns: [
      ['monitor', 'p.monitor', ''],
      ['endpoint', 'm.endpoint', ''],
      ['starts_at', 'p.start_at', 'Event time.'],
      ['ends_at', 'p.end_at', 'Event time.'],
      ['is_closed', 'p.closed', ''],
      ['model', 'p.model', ''],
      ['version', 'p.version', ''],
      ['has_decayed', 'p.decayed', 'Null: it cannot be told.'],
      ['has_drifted', 'p.drifted', ''],
      ['is_unclean', 'p.unclean', 'The quality of the data.'],
    ],
  },
  {
    name: 'incidents',
    says: 'Incidents.',
    from: 'monitoring.incident p',
    columns: [
      ['incident_id', 'p.id', ''],
      ['monitor', 'p.monitor', ''],
      ['endpoint', 'p.endpoint', ''],
      ['model', 'p.model', ''],
      ['kind', 'p.kind', 'decay, drift, data_quality or rollout.'],
      ['state', 'p.state', 'open or resolved.'],
      ['title', 'p.title', ''],
      ['event_time_start', 'p.event_time_start', ''],
      ['event_time_end', 'p.event_time_end', ''],
      ['opened_at', 'p.opened_at', ''],
      ['resolved_at', 'p.resolved_at', ''],
      ['resolution', 'p.resolution', ''],
    ],
  },
]

/** All of them, in the order in which they are listed. */
export const views: readonly View[] = [...tracking, ...registry, ...data, ...pipelines, ...production]
