using Mlops.Storage;

namespace Mlops.Tuning;

/// <summary>
/// The tables of studies. <c>tuning_study.next_number</c> and <c>.finished</c> are advanced under the study's row lock, which makes
/// trial numbers and finish sequences gap-free and lets readers follow the sequence without missing a row.
/// </summary>
internal static class TuningSchema
{
    public static readonly MigrationSet Migrations = new("tuning",
    [
        new Migration(1, """
            CREATE TABLE tuning_study (
                id {identity},
                name {text} NOT NULL UNIQUE,
                directions {text} NOT NULL,
                seed {int} NOT NULL,
                sampler {text} NOT NULL,
                created {int} NOT NULL,
                next_number {int} NOT NULL,
                finished {int} NOT NULL
            ) {table};

            CREATE TABLE tuning_parameter (
                study_id {int} NOT NULL REFERENCES tuning_study (id),
                name {text} NOT NULL,
                domain {text} NOT NULL,
                PRIMARY KEY (study_id, name)
            ) {keyed};

            CREATE TABLE tuning_trial (
                id {identity},
                study_id {int} NOT NULL REFERENCES tuning_study (id),
                number {int} NOT NULL,
                state {int} NOT NULL,
                attempt {int} NOT NULL,
                ask_key {text},
                watermark {int} NOT NULL,
                proposal {text} NOT NULL,
                parameters {text} NOT NULL,
                value {real},
                further_values {text},
                reason {text},
                last_step {int},
                last_report {int},
                report_chunks {int} NOT NULL,
                owner {text} NOT NULL,
                epoch {int} NOT NULL,
                lease_until {int} NOT NULL,
                started {int} NOT NULL,
                finished {int},
                finish_sequence {int},
                observed {int} NOT NULL,
                UNIQUE (study_id, number)
            ) {table};

            CREATE UNIQUE INDEX tuning_trial_ask_key ON tuning_trial (study_id, ask_key) WHERE ask_key IS NOT NULL;
            CREATE UNIQUE INDEX tuning_trial_finish ON tuning_trial (study_id, finish_sequence) WHERE finish_sequence IS NOT NULL;
            CREATE INDEX tuning_trial_running ON tuning_trial (study_id, lease_until) WHERE state = 1;
            CREATE INDEX tuning_trial_unobserved ON tuning_trial (study_id, finish_sequence) WHERE observed = 0;

            CREATE TABLE tuning_report (
                trial_id {int} NOT NULL REFERENCES tuning_trial (id),
                chunk {int} NOT NULL,
                points {blob} NOT NULL,
                PRIMARY KEY (trial_id, chunk)
            ) {keyed};
            """),

        // A trial's violation is by how much its constraints are missed; null before they existed, which counts as 0.
        new Migration(2, """
            ALTER TABLE tuning_trial ADD COLUMN constraints {text};
            ALTER TABLE tuning_trial ADD COLUMN violation {real};
            """),

        // Pauses share the study's finish sequence, so that readers who follow it see them at their place.
        new Migration(3, """
            CREATE TABLE tuning_pause (
                study_id {int} NOT NULL REFERENCES tuning_study (id),
                sequence {int} NOT NULL,
                trial_id {int} NOT NULL REFERENCES tuning_trial (id),
                step {int},
                report {int},
                parameters {text} NOT NULL,
                PRIMARY KEY (study_id, sequence)
            ) {keyed};

            CREATE TABLE tuning_checkpoint (
                trial_id {int} PRIMARY KEY REFERENCES tuning_trial (id),
                step {int} NOT NULL,
                data {blob} NOT NULL
            ) {table};
            """),

        // How many trials before its own a trial does not see; null where it sees what has finished.
        new Migration(4, "ALTER TABLE tuning_study ADD COLUMN lag {int};"),

        // Of a trial that paused: what it had told of its constraints, and where it was judged before the judgement by which it paused. The index counts by state and finds the best of those that satisfy them without reading trials.
        new Migration(5, """
            ALTER TABLE tuning_pause ADD COLUMN constraints {text};
            ALTER TABLE tuning_pause ADD COLUMN violation {real};
            ALTER TABLE tuning_pause ADD COLUMN judged_step {int};
            CREATE INDEX tuning_trial_state ON tuning_trial (study_id, state, value, number, violation);
            """),
    ]);
}
