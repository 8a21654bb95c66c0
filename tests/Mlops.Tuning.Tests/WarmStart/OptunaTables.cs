namespace Mlops.Tuning.Tests;

/// <summary>The part of Optuna's relational schema 12 that an import reads, as SQLAlchemy creates it on SQLite, and a study in it.</summary>
internal static class OptunaTables
{
    public const string Schema = """
        CREATE TABLE version_info (version_info_id INTEGER PRIMARY KEY CHECK (version_info_id = 1), schema_version INTEGER, library_version VARCHAR(256));
        CREATE TABLE studies (study_id INTEGER NOT NULL PRIMARY KEY, study_name VARCHAR(512) NOT NULL);
        CREATE TABLE study_directions (study_direction_id INTEGER NOT NULL PRIMARY KEY, direction VARCHAR(8) NOT NULL, study_id INTEGER NOT NULL, objective INTEGER NOT NULL);
        CREATE TABLE trials (trial_id INTEGER NOT NULL PRIMARY KEY, number INTEGER, study_id INTEGER, state VARCHAR(8) NOT NULL, datetime_start DATETIME, datetime_complete DATETIME);
        CREATE TABLE trial_params (param_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER, param_name VARCHAR(512), param_value FLOAT, distribution_json TEXT);
        CREATE TABLE trial_values (trial_value_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER NOT NULL, objective INTEGER NOT NULL, value FLOAT, value_type VARCHAR(7) NOT NULL);
        CREATE TABLE trial_intermediate_values (
            trial_intermediate_value_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER NOT NULL, step INTEGER NOT NULL, intermediate_value FLOAT, intermediate_value_type VARCHAR(7) NOT NULL);
        CREATE TABLE trial_system_attributes (trial_system_attribute_id INTEGER NOT NULL PRIMARY KEY, trial_id INTEGER, "key" VARCHAR(512), value_json TEXT);
        """;

    public const string Study = """
        INSERT INTO version_info VALUES (1, 12, '4.8.0');
        INSERT INTO studies VALUES (3, 'other'), (7, 'svm');
        INSERT INTO study_directions VALUES (1, 'MINIMIZE', 3, 0), (2, 'MAXIMIZE', 7, 0);
        INSERT INTO trials VALUES
            (9, 0, 3, 'COMPLETE', '2026-03-01 09:00:00.000000', '2026-03-01 09:00:01.000000'),
            (10, 0, 7, 'COMPLETE', '2026-03-01 10:00:00.250000', '2026-03-01 10:00:09.000000'),
            (11, 1, 7, 'PRUNED', '2026-03-01 10:00:10.000000', '2026-03-01 10:00:11.000000'),
            (12, 2, 7, 'FAIL', '2026-03-01 10:00:12.000000', '2026-03-01 10:00:13.000000'),
            (13, 3, 7, 'COMPLETE', '2026-03-01 10:00:14.000000', '2026-03-01 10:00:15.000000'),
            (14, 4, 7, 'RUNNING', '2026-03-01 10:00:16.000000', NULL),
            (15, 5, 7, 'WAITING', NULL, NULL);
        INSERT INTO trial_params VALUES
            (1, 10, 'C', 0.25, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 10.0, "log": true}}'),
            (2, 10, 'degree', 3.0, '{"name": "IntDistribution", "attributes": {"log": false, "step": 2, "low": 1, "high": 9}}'),
            (3, 10, 'kernel', 1.0, '{"name": "CategoricalDistribution", "attributes": {"choices": ["linear", "rbf"]}}'),
            (4, 10, 'shrink', 0.0, '{"name": "CategoricalDistribution", "attributes": {"choices": [true, false]}}'),
            (5, 10, 'cut', 2.0, '{"name": "CategoricalDistribution", "attributes": {"choices": [0.5, 1, null]}}'),
            (6, 10, 'grid', 0.30000000000000004, '{"name": "DiscreteUniformDistribution", "attributes": {"low": 0.0, "high": 1.0, "q": 0.1}}'),
            (7, 11, 'C', 70.0, '{"name": "LogUniformDistribution", "attributes": {"low": 0.01, "high": 100.0}}'),
            (8, 11, 'degree', 5.0, '{"name": "IntUniformDistribution", "attributes": {"low": 1, "high": 9, "step": 2}}'),
            (9, 13, 'C', 1.0, '{"name": "FloatDistribution", "attributes": {"step": null, "low": 0.001, "high": 10.0, "log": true}}');
        INSERT INTO trial_values VALUES (1, 9, 0, 5.0, 'FINITE'), (2, 10, 0, 0.91, 'FINITE'), (3, 13, 0, NULL, 'INF_POS');
        INSERT INTO trial_intermediate_values VALUES (1, 11, 0, 0.4, 'FINITE'), (2, 11, 5, 0.45, 'FINITE'), (3, 11, 1, NULL, 'NAN');
        INSERT INTO trial_system_attributes VALUES (1, 10, 'constraints', '[-0.5, 0.25]'), (2, 10, 'unrelated', '{"a": 1}'), (3, 11, 'constraints', '{"latency": 0.5}');
        """;
}
