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
        new Migration(3, """
            ALTER TABLE orchestration_step ADD COLUMN question {text};
            CREATE INDEX orchestration_step_question ON orchestration_step (run_id, step_key) WHERE question IS NOT NULL AND state = 1;

            CREATE TABLE orchestration_decision (
                run_id {int} NOT NULL,
                step_key {text} NOT NULL,
                approved {int} NOT NULL,
                actor {text} NOT NULL,
                comment {text},
                at {int} NOT NULL,
                PRIMARY KEY (run_id, step_key)
            ) {keyed};
            """),
        new Migration(4, """
            ALTER TABLE orchestration_run ADD COLUMN urgency {int} NOT NULL DEFAULT 1;
            ALTER TABLE orchestration_run ADD COLUMN pooled {int} NOT NULL DEFAULT 0;
            ALTER TABLE orchestration_step ADD COLUMN pool {text} NOT NULL DEFAULT '';

            DROP INDEX orchestration_run_due;
            CREATE INDEX orchestration_run_due ON orchestration_run (urgency, wake_at, id) WHERE wake_at IS NOT NULL;
            DROP INDEX orchestration_step_ready;
            CREATE INDEX orchestration_step_ready ON orchestration_step (run_id, pool, not_before, ordinal, step_key) WHERE state = 1;
            CREATE INDEX orchestration_step_pool ON orchestration_step (pool) WHERE state = 2 AND pool <> '';

            CREATE TABLE orchestration_pool (
                name {text} NOT NULL PRIMARY KEY,
                slots {int} NOT NULL
            ) {keyed};

            CREATE TABLE orchestration_pool_wait (
                run_id {int} NOT NULL,
                pool {text} NOT NULL,
                urgency {int} NOT NULL,
                wake_at {int},
                PRIMARY KEY (run_id, pool)
            ) {keyed};
            CREATE INDEX orchestration_pool_wait_due ON orchestration_pool_wait (urgency, wake_at, run_id, pool) WHERE wake_at IS NOT NULL;
            """),
        new Migration(5, """
            ALTER TABLE orchestration_run ADD COLUMN cache_use {text};

            CREATE TABLE orchestration_cache (
                cache_key {text} NOT NULL PRIMARY KEY,
                run_id {int} NOT NULL,
                step_key {text} NOT NULL,
                seq {int} NOT NULL,
                expires {int}
            ) {keyed};

            CREATE TABLE orchestration_cache_flight (
                cache_key {text} NOT NULL PRIMARY KEY,
                run_id {int} NOT NULL,
                step_key {text} NOT NULL,
                epoch {int} NOT NULL
            ) {keyed};

            CREATE TABLE orchestration_cache_use (
                pipeline {text} NOT NULL,
                step_key {text} NOT NULL,
                run_id {int} NOT NULL,
                outcome {int} NOT NULL,
                cache_key {text} NOT NULL,
                parts {text} NOT NULL,
                from_run {int},
                PRIMARY KEY (pipeline, step_key, run_id)
            ) {keyed};
            """),
        new Migration(6, """
            ALTER TABLE orchestration_run ADD COLUMN schedule {text};
            CREATE INDEX orchestration_run_schedule ON orchestration_run (schedule, id) WHERE schedule IS NOT NULL AND state = 1;

            CREATE TABLE orchestration_schedule (
                name {text} NOT NULL PRIMARY KEY,
                pipeline {text} NOT NULL,
                cron {text} NOT NULL,
                zone {text} NOT NULL,
                dealt_with {int} NOT NULL,
                paused {int}
            ) {keyed};
            """),
        new Migration(7, """
            ALTER TABLE orchestration_step ADD COLUMN progress {real};
            ALTER TABLE orchestration_step ADD COLUMN message {text};
            """),
        new Migration(8, """
            ALTER TABLE orchestration_run ADD COLUMN only_steps {text};

            CREATE TABLE orchestration_log (
                run_id {int} NOT NULL,
                step_key {text} NOT NULL,
                attempt {int} NOT NULL,
                line {int} NOT NULL,
                at {int} NOT NULL,
                level {int} NOT NULL,
                message {text} NOT NULL,
                PRIMARY KEY (run_id, step_key, attempt, line)
            ) {keyed};
            """),
        new Migration(9, """
            CREATE TABLE orchestration_sensor (
                name {text} NOT NULL PRIMARY KEY,
                looked {int} NOT NULL,
                look_from {text}
            ) {keyed};
            """),
        new Migration(10, """
            ALTER TABLE orchestration_run ADD COLUMN partition_of {text};
            ALTER TABLE orchestration_run ADD COLUMN partition_start {int};
            ALTER TABLE orchestration_run ADD COLUMN partition_end {int};
            ALTER TABLE orchestration_run ADD COLUMN backfill {int};
            CREATE INDEX orchestration_run_partition ON orchestration_run (partition_of, partition_end, id) WHERE partition_of IS NOT NULL;
            CREATE INDEX orchestration_run_backfill ON orchestration_run (backfill, id) WHERE backfill IS NOT NULL AND state = 1;

            CREATE TABLE orchestration_backfill (
                id {identity},
                schedule {text} NOT NULL,
                idempotency_key {text},
                from_time {int} NOT NULL,
                to_time {int} NOT NULL,
                partitions {int} NOT NULL,
                maximum_active {int} NOT NULL,
                urgency {int} NOT NULL,
                state {int} NOT NULL,
                dealt_with {int} NOT NULL,
                started {int} NOT NULL,
                created {int} NOT NULL,
                UNIQUE (schedule, idempotency_key)
            ) {table};
            CREATE INDEX orchestration_backfill_open ON orchestration_backfill (schedule, id) WHERE state = 1;
            """),
        new Migration(11, """
            ALTER TABLE orchestration_version ADD COLUMN edges {text};

            CREATE TABLE orchestration_data (
                run_id {int} NOT NULL,
                step_key {text} NOT NULL,
                item {text} NOT NULL,
                is_output {int} NOT NULL,
                is_artifact {int} NOT NULL,
                digest {text} NOT NULL,
                name {text} NOT NULL,
                PRIMARY KEY (run_id, step_key, item)
            ) {keyed};
            CREATE INDEX orchestration_data_digest ON orchestration_data (digest, is_output, run_id, step_key);
            CREATE INDEX orchestration_artifact_hash ON orchestration_artifact (hash, run_id, step_key);
            """),
        new Migration(12, """
            CREATE INDEX orchestration_run_finished ON orchestration_run (finished, id) WHERE finished IS NOT NULL;
            CREATE INDEX orchestration_cache_run ON orchestration_cache (run_id);
            CREATE INDEX orchestration_cache_expires ON orchestration_cache (expires, cache_key) WHERE expires IS NOT NULL;

            CREATE TABLE orchestration_purge (
                run_id {int} NOT NULL PRIMARY KEY,
                pipeline {text} NOT NULL
            ) {keyed};

            CREATE TABLE orchestration_partition (
                partition_of {text} NOT NULL,
                pipeline {text} NOT NULL,
                partition_end {int} NOT NULL,
                run_id {int} NOT NULL,
                state {int} NOT NULL,
                version_id {int} NOT NULL,
                PRIMARY KEY (partition_of, pipeline, partition_end)
            ) {keyed};
            """),
        new Migration(13, """
            ALTER TABLE orchestration_pool_wait ADD COLUMN version_id {int} NOT NULL DEFAULT 0;
            DROP INDEX orchestration_pool_wait_due;
            CREATE INDEX orchestration_pool_wait_due ON orchestration_pool_wait (urgency, version_id, wake_at, run_id, pool) WHERE wake_at IS NOT NULL;
            DROP INDEX orchestration_run_due;
            CREATE INDEX orchestration_run_due ON orchestration_run (urgency, version_id, wake_at, id) WHERE wake_at IS NOT NULL;
            """),
    ]);
}
