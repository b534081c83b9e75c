// Made by tools/generate-db-types.ts from the migrations; do not edit.
import type { ColumnType } from 'kysely'

type Generated<T> =
  T extends ColumnType<infer S, infer I, infer U> ? ColumnType<S, I | undefined, U> : ColumnType<T, T | undefined, T>
/** Write it with `json(value)`. */
type Json = ColumnType<unknown, string, string>
type Timestamp = ColumnType<Date, Date | string, Date | string>

// oxfmt-ignore
export interface Database {
  'artifacts.file': {
    project_id: string
    path: string
    digest: string
    size_bytes: number
    stored_at: Timestamp
  }
  'artifacts.upload': {
    upload_id: string
    project_id: string
    path: string
    part_count: number
    completed: Generated<boolean>
    expires_at: Timestamp
  }
  'artifacts.upload_part': {
    upload_id: string
    number: number
    digest: string
    size_bytes: number
  }
  'datasets.contract': {
    project_id: string
    dataset: string
    version: number
    body: Json
    created_at: Timestamp
    created_by: string
  }
  'datasets.dataset': {
    project_id: string
    name: string
    created_at: Generated<Timestamp>
  }
  'datasets.version': {
    project_id: string
    dataset: string
    version: number
    digest: string
    source_digest: string
    state: 'accepted' | 'refused'
    row_count: number
    size_bytes: number
    columns: Json
    files: Json
    event_time_min: Timestamp | null
    event_time_max: Timestamp | null
    note: string
    contract_version: number | null
    checks: Json
    profile: Json
    created_at: Timestamp
    created_by: string
  }
  'deployments.artifact': {
    project_id: string
    model: string
    version: number
    digest: string
    size_bytes: number
    golden: string | null
    signature: Json
  }
  'deployments.counter': {
    project_id: string
    node: string
    endpoint: string
    arm: 'primary' | 'canary' | 'baseline'
    version: number
    boot_id: string
    requests: number
    errors: number
    latency_counts: number[]
  }
  'deployments.endpoint': {
    project_id: string
    name: string
    environment: string
    model: string
    description: string
    feature_views: string[]
    recording: Json
    auto_deploy: boolean
    plan: Json
    version: number | null
    previous_version: number | null
    wanted_version: number | null
    created_at: Timestamp
  }
  'deployments.environment': {
    project_id: string
    name: string
    generation: number
    desired: Json
  }
  'deployments.node': {
    project_id: string
    name: string
    url: string
    last_seen_at: Timestamp
    status: Json | null
  }
  'deployments.node_environment': {
    project_id: string
    environment: string
    node: string
    loaded_generation: Generated<number>
    serving_generation: Generated<number>
    refused_generation: Generated<number>
    refusal: Generated<string>
  }
  'deployments.rollout': {
    id: string
    position: Generated<number>
    project_id: string
    endpoint: string
    environment: string
    model: string
    from_version: number | null
    to_version: number
    state: 'awaiting_approval' | 'loading' | 'canary' | 'paused' | 'promoting' | 'succeeded' | 'rolling_back' | 'rolled_back' | 'failed' | 'declined'
    says: string
    plan: Json
    step_index: number
    generation: number
    approval_id: string | null
    approved: boolean
    resident: boolean
    analysis: Json
    judging: Json
    history: Json
    started_by: string
    started_at: Timestamp
    ended_at: Timestamp | null
    event_time_start: Timestamp | null
    event_time_end: Timestamp | null
  }
  'deployments.rollout_arm': {
    rollout_id: string
    arm: 'canary' | 'baseline'
    requests: number
    errors: number
    slow: number
  }
  'deployments.traffic': {
    project_id: string
    endpoint: string
    at: Timestamp
    arm: 'primary' | 'canary' | 'baseline'
    version: number
    requests: number
    errors: number
    latency_counts: number[]
  }
  'features.ack': {
    project_id: string
    view: string
    node: string
    sequence: number
  }
  'features.push': {
    project_id: string
    view: string
    sequence: number
    batch_id: string | null
    event_count: number
    tiles: Json | null
    created_at: Timestamp
  }
  'features.tile_block': {
    project_id: string
    view: string
    key: string
    slot: number
    event_count: number
    data: Buffer
    part: number
  }
  'features.view': {
    project_id: string
    name: string
    version: number
    sequence: Generated<number>
    watermark_ms: number | null
    event_count: Generated<number>
  }
  'features.view_version': {
    project_id: string
    view: string
    version: number
    spec: Json
    created_at: Timestamp
    created_by: string
  }
  'governance.approval': {
    position: Generated<number>
    id: Generated<string>
    project_id: string
    state: 'pending' | 'approved' | 'rejected' | 'expired' | 'withdrawn'
    model: string
    version: number
    environment: string
    digest: string
    requested_by: string
    comment: string
    evidence: string[]
    decided_by: string | null
    reason: string | null
    requested_at: Timestamp
    decided_at: Timestamp | null
    expires_at: Timestamp
  }
  'governance.environment_policy': {
    project_id: string
    environment: string
    policy: Json
  }
  'governance.gate_policy': {
    project_id: string
    model: string
    policy: Json
  }
  'lineage.edge': {
    project_id: string
    level: 'job' | 'run'
    source: string
    target: string
    kind: 'reads' | 'writes' | 'part_of'
  }
  'lineage.emitted': {
    run_id: string
    step_key: string
    attempt: number
    event_type: string
    moment: Timestamp
  }
  'lineage.event': {
    id: Generated<number>
    project_id: string
    origin: 'own' | 'received'
    dedupe_key: string
    event_type: string | null
    event_time: Timestamp
    job: string | null
    run_id: string | null
    body: Json
    received_at: Timestamp
  }
  'lineage.node': {
    project_id: string
    id: string
    kind: 'job' | 'run' | 'dataset' | 'dataset_version' | 'model_version' | 'deployment'
    namespace: string
    name: string
    version: string | null
    label: string
    state: string | null
    state_time: Timestamp | null
    of_node: string | null
    origin: 'own' | 'received'
    link: string | null
    first_seen: Timestamp
    last_seen: Timestamp
  }
  'lineage.open_run': {
    run_id: string
    project_id: string
    looked_at: Timestamp
  }
  'lineage.target': {
    project_id: string
    name: string
    spec: Json
    sent_until: number
    failures: Generated<number>
    refused_count: Generated<number>
    last_success_at: Timestamp | null
    last_error: string | null
    last_error_at: Timestamp | null
    next_try_at: Timestamp | null
    leased_until: Timestamp | null
    created_at: Timestamp
  }
  'lineage.target_key': {
    project_id: string
    target: string
    key: string
  }
  'monitoring.incident': {
    id: Generated<string>
    position: Generated<number>
    project_id: string
    monitor: string
    endpoint: string
    model: string
    kind: 'decay' | 'drift' | 'data_quality' | 'rollout'
    cause: string
    state: 'open' | 'resolved'
    title: string
    what: Json
    why: Json
    fix: Json
    event_time_start: Timestamp
    event_time_end: Timestamp | null
    opened_at: Timestamp
    resolved_at: Timestamp | null
    resolution: string | null
  }
  'monitoring.label': {
    project_id: string
    endpoint: string
    id: string
    label: number
  }
  'monitoring.monitor': {
    project_id: string
    name: string
    endpoint: string
    spec: Json
  }
  'monitoring.monitor_window': {
    project_id: string
    monitor: string
    start_at: Timestamp
    end_at: Timestamp
    closed: boolean
    model: string | null
    version: number | null
    decayed: boolean | null
    drifted: boolean | null
    unclean: boolean | null
    content: Json
  }
  'monitoring.pending_window': {
    id: Generated<number>
    project_id: string
    monitor: string
    start_at: Timestamp
  }
  'monitoring.prediction': {
    project_id: string
    endpoint: string
    id: string
    model: string
    version: number
    arm: 'primary' | 'canary' | 'baseline'
    generation: number
    rollout_id: string | null
    event_time: Timestamp
    served_at: Timestamp
    features: Json
    score: number | null
    paired_candidate: number | null
    paired_champion: number | null
    latency_us: number
    error: string | null
  }
  'monitoring.segment': {
    project_id: string
    segment: string
    node: string
    digest: string
    size_bytes: number
    record_count: number
    endpoints: Json
    event_time_min: Timestamp | null
    event_time_max: Timestamp | null
    received_at: Timestamp
  }
  'monitoring.stream': {
    project_id: string
    endpoint: string
    record_count: Generated<number>
    label_count: Generated<number>
    complete_until: Timestamp | null
  }
  'pipelines.approval': {
    position: Generated<number>
    id: string
    project_id: string
    pipeline: string
    run_id: string
    step_key: string
    state: 'pending' | 'approved' | 'rejected' | 'expired' | 'withdrawn'
    spec: Json
    voices: Json | null
    evidence: Json
    evidence_digest: string
    reason: string | null
    requested_at: Timestamp
    decided_at: Timestamp | null
    expires_at: Timestamp
  }
  'pipelines.approval_decision': {
    position: Generated<number>
    approval_id: string
    user_id: string
    user_name: string
    decision: 'approve' | 'reject' | 'delegate'
    to_name: string | null
    reason: string
    at: Timestamp
  }
  'pipelines.attempt': {
    project_id: string
    run_id: string
    step_key: string
    attempt: number
    external_id: string
    executor: string
    host: string
    handle: string | null
    state: 'submitting' | 'submitted' | 'running' | 'succeeded' | 'failed' | 'cancelled' | 'lost'
    outcome: 'ok' | 'exit' | 'retry_requested' | 'config' | 'timeout' | 'stalled' | 'signal' | 'oom' | 'evicted' | 'lost' | 'submit_failed' | 'input_unavailable' | 'output_missing' | 'cancelled' | null
    exit_code: number | null
    reason: string | null
    stop_stage: 'term' | 'kill' | null
    stop_why: 'timeout' | 'stalled' | 'cancelled' | 'run_timeout' | 'fail_fast' | null
    stop_at: Timestamp | null
    submitted_at: Timestamp
    started_at: Timestamp | null
    seen_at: Timestamp
    ended_at: Timestamp | null
    small_values: Generated<Json>
    outputs: Generated<Json>
    progress: Json | null
    holds: Generated<Json>
    gpus: Generated<Json>
    heartbeat_at: Timestamp | null
    metrics: Generated<Json>
    image: string | null
    runtime: Json | null
    cpu_seconds: number | null
    peak_memory_bytes: number | null
    price_per_hour: number | null
    currency: string | null
  }
  'pipelines.backfill': {
    id: string
    project_id: string
    pipeline: string
    code: string
    start_at: Timestamp
    end_at: Timestamp
    unit: 'hour' | 'day' | 'week' | 'month'
    every: number
    timezone: string
    cache: 'reuse' | 'ignore'
    max_active: number
    run_order: 'oldest' | 'newest'
    params: Json
    time_params: Json
    state: 'running' | 'paused' | 'succeeded' | 'failed' | 'cancelled'
    says: string
    cancel_runs: Generated<boolean>
    reason: string
    created_by: string
    user_id: string
    created_at: Timestamp
    ended_at: Timestamp | null
  }
  'pipelines.backfill_partition': {
    project_id: string
    backfill_id: string
    position: number
    partition: string
    partition_end: string
    start_at: Timestamp
    end_at: Timestamp
    version: number
    state: 'pending' | 'running' | 'succeeded' | 'failed' | 'skipped' | 'cancelled'
    reason: string | null
    run_id: string | null
    tries: Generated<number>
  }
  'pipelines.environment_version': {
    id: string
    project_id: string
    pipeline: string
    environment: 'staging' | 'production'
    version: number
    from_version: number | null
    kind: 'promoted' | 'rolled_back'
    moved_by: string
    why: string
    moved_at: Timestamp
  }
  'pipelines.metric': {
    run_id: string
    step_key: string
    attempt: number
    at_byte: number
    name: string
    labels: Json
    value: number
    step: number | null
    time: Timestamp | null
  }
  'pipelines.pipeline_version': {
    project_id: string
    pipeline: string
    version: number
    spec: Json
    spec_digest: string
    created_by: string
    created_at: Timestamp
    candidate_scope: string | null
  }
  'pipelines.promotion_request': {
    id: string
    position: Generated<number>
    project_id: string
    pipeline: string
    version: number
    environment: 'staging' | 'production'
    from_version: number | null
    state: 'pending' | 'approved' | 'rejected' | 'expired' | 'withdrawn'
    requested_by: string
    user_id: string
    comment: string
    evidence: Json
    evidence_digest: string
    requested_at: Timestamp
    expires_at: Timestamp
    decided_by: string | null
    reason: string | null
    decided_at: Timestamp | null
  }
  'pipelines.release': {
    project_id: string
    pipeline: string
    version: number
    document: string
    created_by: string
    user_id: string
    created_at: Timestamp
    imported: boolean
  }
  'pipelines.release_key': {
    project_id: string
    id: string
    public_key: string
    name: string
    added_by: string
    added_at: Timestamp
  }
  'pipelines.run': {
    id: string
    project_id: string
    pipeline: string
    version: number
    model: string | null
    engine: number
    state: 'queued' | 'running' | 'waiting' | 'succeeded' | 'failed' | 'cancelled'
    reason: string | null
    trigger: Json
    params: Json
    plan: Json
    commit: string
    created_by: string
    user_id: string
    cancel_requested_at: Timestamp | null
    cancel_says: string | null
    wake_at: Timestamp | null
    looked_at: Timestamp
    created_at: Timestamp
    started_at: Timestamp | null
    ended_at: Timestamp | null
    revision: Generated<number>
    priority: Generated<number>
    concurrency: Json | null
    deadline_at: Timestamp | null
    backfill_id: string | null
    environment: 'dev' | 'ci' | 'staging' | 'production' | null
    scope: string | null
    sample: number | null
    seed: number | null
    reproduces: Json | null
    would_register: Json | null
  }
  'pipelines.secret_version': {
    id: string
    project_id: string
    name: string
    key_id: string
    sealed: Buffer
    created_by: string
    created_at: Timestamp
    retired_at: Timestamp | null
  }
  'pipelines.slot': {
    project_id: string
    name: string
    capacity: number
  }
  'pipelines.step': {
    project_id: string
    run_id: string
    key: string
    position: number
    state: 'pending' | 'ready' | 'waiting' | 'running' | 'succeeded' | 'cached' | 'failed' | 'skipped' | 'cancelled'
    reason: string | null
    ready_at: Timestamp | null
    started_at: Timestamp | null
    ended_at: Timestamp | null
    count_from: number
    needs: Generated<Json>
    cache: Json | null
    cache_key: string | null
    cache_parts: Json | null
    reused: Json | null
    wants: Json | null
  }
  'pipelines.step_source': {
    project_id: string
    repository: string
    commit: string
    path: string
    files: Json
    fetched_by: string
    fetched_at: Timestamp
  }
  'pipelines.trigger': {
    project_id: string
    pipeline: string
    name: string
    spec: Json
    user_id: string
    updated_at: Timestamp
    looked_until: Timestamp | null
    next_at: Timestamp | null
    paused_by: string | null
    paused_why: string | null
    paused_at: Timestamp | null
  }
  'pipelines.trigger_file': {
    project_id: string
    pipeline: string
    trigger: string
    path: string
    size_bytes: number
    mtime_ms: number
    since: Timestamp
    taken_by: string | null
    gone_at: Timestamp | null
    etag: string | null
  }
  'pipelines.trigger_firing': {
    id: string
    project_id: string
    pipeline: string
    trigger: string
    kind: 'schedule' | 'cron' | 'data' | 'decay' | 'drift' | 'model' | 'pipeline' | 'webhook' | 'folder' | 'bucket' | 'sql'
    dedupe_key: string
    outcome: 'pending' | 'started' | 'skipped'
    says: string
    event_time: Timestamp | null
    run_id: string | null
    fired_at: Timestamp
    occasion: Generated<string>
    evidence: Generated<Json>
    params: Generated<Json>
    depth: Generated<number>
    waits_for: 'quiet' | 'run' | null
    due_at: Timestamp | null
  }
  'pipelines.trigger_pause': {
    project_id: string
    paused_by: string
    paused_why: string
    paused_at: Timestamp
  }
  'pipelines.trigger_secret': {
    project_id: string
    pipeline: string
    trigger: string
    secret: string
  }
  'pipelines.trigger_watch': {
    project_id: string
    pipeline: string
    trigger: string
    source: string
    started_at: Timestamp
    looked_at: Timestamp
    listing: string | null
    is_known: Generated<boolean>
    value: string | null
    problem: string | null
    told: Generated<number>
  }
  'platform.audit_checkpoint': {
    position: number
    hash: string
    signed_at: Timestamp
    key_id: string
    signature: string
  }
  'platform.audit_entry': {
    position: number
    project_id: string
    at: Timestamp
    actor: string
    action: string
    subject: string
    reason: string | null
    before: Json | null
    after: Json | null
    previous_hash: string
    hash: string
  }
  'platform.blob_touch': {
    digest: string
    touched_at: Timestamp
  }
  'platform.live_event': {
    id: Generated<number>
    topic: string
    subject: string
    project_id: string
    created_at: Generated<Timestamp>
  }
  'platform.live_pending': {
    position: Generated<number>
    topic: string
    subject: string
    project_id: string
  }
  'platform.migration': {
    domain: string
    number: number
    name: string
    checksum: string
    applied_at: Generated<Timestamp>
  }
  'platform.periodic_job': {
    name: string
    next_at: Timestamp
  }
  'projects.project': {
    id: string
    name: string
    created_at: Generated<Timestamp>
  }
  'projects.token': {
    id: string
    user_id: string
    name: string
    kind: 'user' | 'node' | 'step'
    scope: string | null
    hash: string
    created_at: Generated<Timestamp>
    expires_at: Timestamp | null
    last_used_at: Timestamp | null
  }
  'projects.user_account': {
    id: string
    name: string
    project_id: string
    roles: string[]
    created_at: Generated<Timestamp>
  }
  'query.reader': {
    role: string
    project_id: string
    password: string | null
  }
  'registry.alias_move': {
    position: Generated<number>
    project_id: string
    model: string
    alias: string
    version: number | null
    previous_version: number | null
    moved_by: string
    reason: string
    moved_at: Timestamp
  }
  'registry.card_edit': {
    project_id: string
    model: string
    version: number
    revision: number
    card: string
    reason: string
    added_lines: number
    removed_lines: number
    edited_by: string
    edited_at: Timestamp
  }
  'registry.import_draft': {
    id: string
    project_id: string
    content: Json
    created_by: string
    created_at: Timestamp
    updated_at: Timestamp
  }
  'registry.model': {
    project_id: string
    name: string
    description: string
    owner: string
    created_at: Timestamp
    updated_at: Generated<Timestamp>
  }
  'registry.model_alias': {
    project_id: string
    model: string
    alias: string
    version: number
    moved_at: Timestamp
  }
  'registry.model_owner': {
    project_id: string
    model: string
    kind: 'user' | 'team'
    name: string
  }
  'registry.model_tag': {
    project_id: string
    model: string
    key: string
    value: string
  }
  'registry.model_version': {
    project_id: string
    model: string
    version: number
    stage: 'candidate' | 'refused' | 'passed' | 'archived'
    artifact_digest: string | null
    artifact_size_bytes: number | null
    golden: string | null
    signature: Json | null
    metrics: Json
    params: Json
    evaluation: Json | null
    gate: Json | null
    canary: Json | null
    baselines: Json
    lineage: Json
    run_id: Generated<string | null>
    card: string
    created_at: Timestamp
    created_by: string
    description: Generated<string>
    stage_label: Generated<'None' | 'Staging' | 'Production' | 'Archived'>
    source: string | null
    source_uri: string | null
    source_run_id: string | null
    source_model_id: string | null
    run_link: string | null
    updated_at: Generated<Timestamp>
    deleted_at: Timestamp | null
  }
  'registry.stage_move': {
    position: Generated<number>
    project_id: string
    model: string
    version: number
    label: 'None' | 'Staging' | 'Production' | 'Archived'
    previous_label: 'None' | 'Staging' | 'Production' | 'Archived'
    moved_by: string
    moved_at: Timestamp
  }
  'registry.version_comment': {
    id: string
    position: Generated<number>
    project_id: string
    model: string
    version: number
    text: string
    author: string
    created_at: Timestamp
    edited_at: Timestamp | null
  }
  'registry.version_tag': {
    project_id: string
    model: string
    version: number
    key: string
    value: string
  }
  'storage.collection': {
    position: Generated<number>
    id: string
    project_id: string
    state: 'queued' | 'running' | 'succeeded' | 'failed'
    phase: 'marking' | 'listing' | 'sweeping' | null
    dry_run: boolean
    grace_seconds: number
    started_by: string
    created_at: Timestamp
    ended_at: Timestamp | null
    counts: Json
    reason: string | null
  }
  'traces.assessment': {
    trace_number: number
    assessment_id: string
    name: string
    kind: 'feedback' | 'expectation' | 'issue'
    source_type: string
    source_id: string
    value: Json
    error: Json | null
    rationale: string | null
    metadata: Generated<Json>
    span_id: string | null
    overrides: string | null
    is_valid: boolean
    created_ms: number
    updated_ms: number
  }
  'traces.prompt_link': {
    trace_number: number
    name: string
    version: string
  }
  'traces.purged': {
    number: Generated<number>
    project_id: string
    run_id: string | null
    experiment_id: number | null
  }
  'traces.run_link': {
    trace_number: number
    run_id: string
  }
  'traces.span': {
    trace_number: number
    span_id: string
    parent_id: string | null
    name: string
    type: string
    status: 'UNSET' | 'OK' | 'ERROR'
    started_ns: number
    body: Json
    size_bytes: number
    usage: Json | null
    cost: Json | null
  }
  'traces.trace': {
    trace_number: Generated<number>
    project_id: string
    trace_id: string
    experiment_id: number
    client_request_id: string | null
    state: 'STATE_UNSPECIFIED' | 'IN_PROGRESS' | 'OK' | 'ERROR'
    requested_ms: number
    duration_ms: number | null
    request_preview: string | null
    response_preview: string | null
    tags: Generated<Json>
    metadata: Generated<Json>
    is_told: boolean
    span_count: Generated<number>
    span_bytes: Generated<number>
  }
  'tracking.dataset': {
    dataset_number: Generated<number>
    project_id: string
    experiment_id: number
    name: string
    digest: string
    source_type: string
    source: string
    schema: string | null
    profile: string | null
  }
  'tracking.experiment': {
    project_id: string
    experiment_id: number
    name: string
    artifact_location: string
    folder: Generated<string>
    created_ms: number
    updated_ms: number
    deleted_ms: number | null
  }
  'tracking.experiment_tag': {
    project_id: string
    experiment_id: number
    key: string
    value: string
  }
  'tracking.logged_model': {
    model_number: Generated<number>
    project_id: string
    model_id: string
    experiment_id: number
    name: string
    model_type: string | null
    source_run_id: string | null
    status: 'LOGGED_MODEL_PENDING' | 'LOGGED_MODEL_READY' | 'LOGGED_MODEL_UPLOAD_FAILED'
    status_message: string | null
    artifact_uri: string
    created_ms: number
    updated_ms: number
    deleted_ms: number | null
  }
  'tracking.logged_model_metric': {
    model_number: number
    run_id: string
    key: string
    dataset_name: Generated<string>
    dataset_digest: Generated<string>
    value: number
    timestamp_ms: number
    step: number
  }
  'tracking.logged_model_param': {
    model_number: number
    key: string
    value: string
  }
  'tracking.logged_model_tag': {
    model_number: number
    key: string
    value: string
  }
  'tracking.metric_journal': {
    entry_number: Generated<number>
    run_number: number
    point_count: number
    key_ids: number[]
    steps: number[]
    timestamps_ms: number[]
    values: number[]
  }
  'tracking.metric_key': {
    key_id: Generated<number>
    project_id: string
    key: string
  }
  'tracking.metric_point': {
    run_number: number
    key_id: number
    step: number
    timestamp_ms: number
    value: number
  }
  'tracking.metric_summary': {
    run_number: number
    key_id: number
    last_step: number
    last_timestamp_ms: number
    last_value: number
    min_value: number | null
    max_value: number | null
    point_count: number
  }
  'tracking.purged_run': {
    run_number: number
  }
  'tracking.retention_pass': {
    position: Generated<number>
    id: string
    project_id: string
    scope: string
    state: 'queued' | 'running' | 'succeeded' | 'failed'
    started_by: string
    created_at: Timestamp
    ended_at: Timestamp | null
    losses: Json
    reason: string | null
  }
  'tracking.retention_policy': {
    project_id: string
    experiment_id: number | null
    policy: Json
    set_by: string
    set_at: Timestamp
  }
  'tracking.run': {
    run_number: Generated<number>
    project_id: string
    run_id: string
    experiment_id: number
    name: string
    user_id: string
    status: 'RUNNING' | 'SCHEDULED' | 'FINISHED' | 'FAILED' | 'KILLED'
    started_ms: number
    ended_ms: number | null
    artifact_uri: string
    pipeline_run_id: string | null
    deleted_ms: number | null
  }
  'tracking.run_dataset': {
    run_number: number
    dataset_number: number
    tags: Json
  }
  'tracking.run_import': {
    run_number: number
    revision: string | null
    imported_at: Timestamp
  }
  'tracking.run_model': {
    run_number: number
    direction: 'input' | 'output'
    model_id: string
    step: number
  }
  'tracking.run_param': {
    run_number: number
    key: string
    value: string
  }
  'tracking.run_tag': {
    run_number: number
    key: string
    value: string
  }
  'tracking.run_view': {
    id: string
    project_id: string
    experiment_id: number
    name: string
    contents: Json
    is_default: boolean
    made_by: string
    created_at: Timestamp
    updated_by: string
    updated_at: Timestamp
  }
  'webhooks.webhook': {
    project_id: string
    webhook_id: string
    name: string
    description: string | null
    url: string
    events: string[]
    secret: Buffer | null
    status: 'ACTIVE' | 'DISABLED'
    created_ms: number
    updated_ms: number
  }
}
