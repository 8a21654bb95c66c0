using Mlops.Storage;

namespace Mlops;

/// <summary>
/// The tables of the prediction log. Outcomes have their own, since another process may store one before the prediction itself is stored.
/// </summary>
internal static class PredictionLogSchema
{
    public static readonly MigrationSet Migrations = new("predictions",
    [
        new Migration(1, """
            CREATE TABLE serving_prediction (
                id {text} NOT NULL,
                row_index {int} NOT NULL,
                model {text} NOT NULL,
                version {int} NOT NULL,
                digest {text} NOT NULL,
                variant {text} NOT NULL,
                propensity {real} NOT NULL,
                made_at {int} NOT NULL,
                duration_ns {int} NOT NULL,
                queue_ns {int} NOT NULL,
                compute_ns {int} NOT NULL,
                routing_key_hash {text},
                feature_names {text},
                features {blob},
                outputs {blob} NOT NULL,
                output_length {int} NOT NULL,
                PRIMARY KEY (id, row_index)
            ) {table};
            CREATE INDEX serving_prediction_by_model ON serving_prediction (model, made_at, id, row_index);
            CREATE INDEX serving_prediction_by_time ON serving_prediction (made_at);
            CREATE INDEX serving_prediction_by_key ON serving_prediction (routing_key_hash) WHERE routing_key_hash IS NOT NULL;
            CREATE TABLE serving_outcome (
                id {text} NOT NULL,
                row_index {int} NOT NULL,
                model {text} NOT NULL,
                value {real} NOT NULL,
                happened_at {int} NOT NULL,
                stored_at {int} NOT NULL,
                PRIMARY KEY (id, row_index)
            ) {keyed};
            CREATE INDEX serving_outcome_by_time ON serving_outcome (stored_at);
            """),

        // An outcome that names the wrong model must not stand in the way of the right one. Code of version 1 names the old key where keys meet; ours names none.
        new Migration(2, """
            CREATE TABLE serving_outcome_of_model (
                id {text} NOT NULL,
                row_index {int} NOT NULL,
                model {text} NOT NULL,
                value {real} NOT NULL,
                happened_at {int} NOT NULL,
                stored_at {int} NOT NULL,
                PRIMARY KEY (id, row_index, model)
            ) {keyed};
            INSERT INTO serving_outcome_of_model (id, row_index, model, value, happened_at, stored_at)
                SELECT id, row_index, model, value, happened_at, stored_at FROM serving_outcome;
            DROP TABLE serving_outcome;
            ALTER TABLE serving_outcome_of_model RENAME TO serving_outcome;
            CREATE INDEX serving_outcome_by_time ON serving_outcome (stored_at);
            """) { OldestCode = 2 },
    ]);
}
