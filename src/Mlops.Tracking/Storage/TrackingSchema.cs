using Mlops.Storage;

namespace Mlops.Tracking;

/// <summary>
/// The tables. Points arrive in blocks, one row per write and run, and are packed into chunks of one series; <c>tracking_tail</c> is
/// the row that writers of a run's metrics lock, numbers its blocks and counts what has not been packed.
/// </summary>
internal static class TrackingSchema
{
    public static readonly MigrationSet Migrations = new("tracking",
    [
        new Migration(1, """
            CREATE TABLE tracking_experiment (
                experiment {identity},
                name {text} NOT NULL UNIQUE,
                created {int} NOT NULL
            ) {table};

            CREATE TABLE tracking_run (
                run {identity},
                id {text} NOT NULL UNIQUE,
                experiment {int} NOT NULL REFERENCES tracking_experiment (experiment),
                parent {int} REFERENCES tracking_run (run),
                name {text} NOT NULL,
                status {int} NOT NULL,
                started {int} NOT NULL,
                ended {int},
                dropped {int} NOT NULL,
                idempotency_key {text} UNIQUE
            ) {table};
            CREATE INDEX tracking_run_started ON tracking_run (experiment, started, run);
            CREATE INDEX tracking_run_parent ON tracking_run (parent, started, run);

            CREATE TABLE tracking_parameter (
                run {int} NOT NULL REFERENCES tracking_run (run),
                name {text} NOT NULL,
                value {text} NOT NULL,
                PRIMARY KEY (run, name)
            ) {keyed};

            CREATE TABLE tracking_tag (
                run {int} NOT NULL REFERENCES tracking_run (run),
                name {text} NOT NULL,
                value {text} NOT NULL,
                PRIMARY KEY (run, name)
            ) {keyed};

            CREATE TABLE tracking_artifact (
                run {int} NOT NULL REFERENCES tracking_run (run),
                name {text} NOT NULL,
                hash {blob} NOT NULL,
                length {int} NOT NULL,
                created {int} NOT NULL,
                PRIMARY KEY (run, name)
            ) {keyed};

            CREATE TABLE tracking_key (
                metric {identity},
                name {text} NOT NULL UNIQUE
            ) {table};

            CREATE TABLE tracking_tail (
                run {int} NOT NULL PRIMARY KEY,
                next_block {int} NOT NULL,
                fresh_blocks {int} NOT NULL,
                fresh_points {int} NOT NULL,
                merged_points {int} NOT NULL,
                packings {int} NOT NULL
            ) {keyed};

            CREATE TABLE tracking_writer (
                run {int} NOT NULL,
                writer {int} NOT NULL,
                sequence {int} NOT NULL,
                PRIMARY KEY (run, writer)
            ) {keyed};

            CREATE TABLE tracking_block (
                run {int} NOT NULL,
                block {int} NOT NULL,
                minimum_metric {int} NOT NULL,
                maximum_metric {int} NOT NULL,
                points {int} NOT NULL,
                payload {blob} NOT NULL,
                PRIMARY KEY (run, block)
            ) {table};

            CREATE TABLE tracking_chunk (
                chunk {identity},
                run {int} NOT NULL,
                metric {int} NOT NULL,
                first_step {int} NOT NULL,
                last_step {int} NOT NULL,
                points {int} NOT NULL,
                payload {blob} NOT NULL
            ) {table};
            CREATE INDEX tracking_chunk_series ON tracking_chunk (run, metric, first_step, chunk);

            CREATE TABLE tracking_series (
                run {int} NOT NULL,
                metric {int} NOT NULL,
                points {int} NOT NULL,
                minimum_order {int},
                maximum_order {int},
                last_step {int} NOT NULL,
                last_time {int} NOT NULL,
                last_order {int} NOT NULL,
                last_bits {int} NOT NULL,
                PRIMARY KEY (run, metric)
            ) {keyed};
            CREATE INDEX tracking_series_value ON tracking_series (metric, last_order, run);
            """),

        // A run's deleted is null, the time it was deleted, or 0 when it is being removed for good. The index that replaces tracking_run_started begins with its columns.
        new Migration(2, """
            ALTER TABLE tracking_run ADD COLUMN deleted {int};
            CREATE INDEX tracking_run_walk ON tracking_run (experiment, started, run, deleted);
            CREATE INDEX tracking_run_deleted ON tracking_run (deleted, run) WHERE deleted IS NOT NULL;
            DROP INDEX tracking_run_started;

            ALTER TABLE tracking_experiment ADD COLUMN changed {int};
            ALTER TABLE tracking_experiment ADD COLUMN deleted {int};
            CREATE INDEX tracking_experiment_created ON tracking_experiment (created, experiment);

            CREATE TABLE tracking_experiment_tag (
                experiment {int} NOT NULL REFERENCES tracking_experiment (experiment),
                name {text} NOT NULL,
                value {text} NOT NULL,
                PRIMARY KEY (experiment, name)
            ) {keyed};

            CREATE TABLE tracking_dataset (
                dataset {identity},
                experiment {int} NOT NULL REFERENCES tracking_experiment (experiment),
                name {text} NOT NULL,
                digest {text} NOT NULL,
                uri {text},
                uri_type {text},
                columns {text},
                profile {text},
                row_count {int},
                created {int} NOT NULL,
                UNIQUE (experiment, name, digest)
            ) {table};

            CREATE TABLE tracking_input (
                run {int} NOT NULL REFERENCES tracking_run (run),
                dataset {int} NOT NULL REFERENCES tracking_dataset (dataset),
                context {text} NOT NULL,
                created {int} NOT NULL,
                PRIMARY KEY (run, dataset, context)
            ) {keyed};
            CREATE INDEX tracking_input_dataset ON tracking_input (dataset, run);

            CREATE TABLE tracking_input_tag (
                run {int} NOT NULL,
                dataset {int} NOT NULL,
                context {text} NOT NULL,
                name {text} NOT NULL,
                value {text} NOT NULL,
                PRIMARY KEY (run, dataset, context, name)
            ) {keyed};
            """),

        // A run without an owner holds no lease; one that is lost was ended for it. 1 is RunStatus.Running, spelt out for the planner.
        new Migration(3, """
            ALTER TABLE tracking_run ADD COLUMN owner {text};
            ALTER TABLE tracking_run ADD COLUMN lost {int};
            ALTER TABLE tracking_run ADD COLUMN environment {blob};
            CREATE INDEX tracking_run_owner ON tracking_run (owner, run) WHERE owner IS NOT NULL AND status = 1;

            CREATE TABLE tracking_environment (
                hash {blob} NOT NULL PRIMARY KEY,
                document {text} NOT NULL
            ) {keyed};
            """),

        // The latest time of a run's points, and what that was before the last write; null while it has none, or only such as older code has stored.
        new Migration(4, """
            ALTER TABLE tracking_tail ADD COLUMN latest {int};
            ALTER TABLE tracking_tail ADD COLUMN latest_before {int};
            """),
    ]);
}
