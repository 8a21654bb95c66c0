using Mlops.Storage;

namespace Mlops.Orchestration;

/// <summary>
/// The tables of this package. A run's row numbers its log and is locked first by every transaction that touches the run;
/// results live in the log, and a step's row points at its own.
/// </summary>
internal static class OrchestrationSchema
{
    public static readonly MigrationSet Migrations = new("orchestration",
    [
        new Migration(1, """
            CREATE TABLE orchestration_version (
                id {identity},
                pipeline {text} NOT NULL,
                graph_hash {text} NOT NULL,
                graph {text} NOT NULL,
                first_seen {int} NOT NULL,
                UNIQUE (pipeline, graph_hash)
            ) {table};

            CREATE TABLE orchestration_worker (
                name {text} NOT NULL,
                version_id {int} NOT NULL,
                PRIMARY KEY (name, version_id)
            ) {keyed};

            CREATE TABLE orchestration_run (
                id {identity},
                uid {text} NOT NULL,
                pipeline {text} NOT NULL,
                version_id {int} NOT NULL,
                idempotency_key {text},
                parameters {blob} NOT NULL,
                trace_parent {text},
                state {int} NOT NULL,
                next_seq {int} NOT NULL,
                open_steps {int} NOT NULL,
                wake_at {int},
                failure_kind {int},
                failed_step {text},
                error {text},
                created {int} NOT NULL,
                finished {int},
                UNIQUE (pipeline, idempotency_key)
            ) {table};
            CREATE INDEX orchestration_run_due ON orchestration_run (wake_at, id) WHERE wake_at IS NOT NULL;
            CREATE INDEX orchestration_run_open ON orchestration_run (version_id, id) WHERE state = 1;
            CREATE INDEX orchestration_run_pipeline ON orchestration_run (pipeline, id);

            CREATE TABLE orchestration_step (
                run_id {int} NOT NULL,
                step_key {text} NOT NULL,
                node {text} NOT NULL,
                ordinal {int} NOT NULL,
                state {int} NOT NULL,
                pending {int} NOT NULL,
                attempt {int} NOT NULL,
                failures {int} NOT NULL,
                lost {int} NOT NULL,
                epoch {int} NOT NULL,
                not_before {int} NOT NULL,
                worker {text},
                result_seq {int},
                error {text},
                started {int},
                finished {int},
                item {blob},
                PRIMARY KEY (run_id, step_key)
            ) {table};
            CREATE INDEX orchestration_step_ready ON orchestration_step (run_id, not_before, ordinal, step_key) WHERE state = 1;
            CREATE INDEX orchestration_step_running ON orchestration_step (worker, run_id) WHERE state = 2;

            CREATE TABLE orchestration_event (
                run_id {int} NOT NULL,
                seq {int} NOT NULL,
                at {int} NOT NULL,
                kind {int} NOT NULL,
                step_key {text},
                attempt {int},
                epoch {int},
                value {int},
                detail {text},
                content_hash {text},
                content_length {int},
                payload {blob},
                PRIMARY KEY (run_id, seq)
            ) {table};
            """),
        new Migration(2, """
            ALTER TABLE orchestration_run ADD COLUMN paused {int};
            ALTER TABLE orchestration_run ADD COLUMN rerun_of {int};

            CREATE TABLE orchestration_memo (
                run_id {int} NOT NULL,
                step_key {text} NOT NULL,
                name {text} NOT NULL,
                seq {int} NOT NULL,
                PRIMARY KEY (run_id, step_key, name)
            ) {keyed};

            CREATE TABLE orchestration_artifact (
                run_id {int} NOT NULL,
                step_key {text} NOT NULL,
                hash {text} NOT NULL,
                PRIMARY KEY (run_id, step_key, hash)
            ) {keyed};
            """),
    ]);
}
