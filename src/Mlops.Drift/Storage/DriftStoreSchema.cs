using Mlops.Storage;

namespace Mlops.Drift;

/// <summary>
/// The tables of drift checks. <c>drift_monitor.reports</c> is advanced under the monitor's row lock, so that readers who follow the
/// numbers of its reports miss none.
/// </summary>
internal static class DriftStoreSchema
{
    public static readonly MigrationSet Migrations = new("drift",
    [
        new Migration(1, """
            CREATE TABLE drift_profile (
                digest {text} NOT NULL PRIMARY KEY,
                bytes {blob} NOT NULL,
                created_at {int} NOT NULL
            ) {table};
            CREATE TABLE drift_reference (
                monitor {text} NOT NULL,
                model_version {text} NOT NULL,
                profile {text} REFERENCES drift_profile (digest),
                baseline {blob},
                created_at {int} NOT NULL,
                PRIMARY KEY (monitor, model_version)
            ) {keyed};
            CREATE TABLE drift_state (
                monitor {text} NOT NULL PRIMARY KEY,
                state {blob} NOT NULL,
                saved_at {int} NOT NULL
            ) {table};
            CREATE TABLE drift_monitor (
                monitor {text} NOT NULL PRIMARY KEY,
                reports {int} NOT NULL
            ) {keyed};
            CREATE TABLE drift_report (
                monitor {text} NOT NULL,
                number {int} NOT NULL,
                model_version {text},
                evaluated_at {int} NOT NULL,
                verdict {int} NOT NULL,
                error_verdict {int},
                report {text} NOT NULL,
                PRIMARY KEY (monitor, number)
            ) {table};
            CREATE TABLE drift_alert (
                id {text} NOT NULL PRIMARY KEY,
                monitor {text} NOT NULL,
                model_version {text},
                kind {int} NOT NULL,
                severity {int} NOT NULL,
                raised_at {int} NOT NULL,
                cleared_at {int},
                alert {text} NOT NULL
            ) {keyed};
            CREATE INDEX drift_alert_by_time ON drift_alert (monitor, raised_at, id);
            """),
        new Migration(2, "CREATE INDEX drift_report_by_time ON drift_report (monitor, evaluated_at, number);"),

        // The digest is null where a report has no time: such reports are never the same. Filters are answered from an index alone, since
        // the rows are large.
        new Migration(3, """
            ALTER TABLE drift_report ADD COLUMN digest {text};
            CREATE UNIQUE INDEX drift_report_by_digest ON drift_report (monitor, digest);
            CREATE INDEX drift_report_by_filter ON drift_report (monitor, number, evaluated_at, model_version, verdict);
            CREATE INDEX drift_alert_standing ON drift_alert (monitor, raised_at, id) WHERE cleared_at IS NULL;
            CREATE INDEX drift_alert_cleared ON drift_alert (monitor, cleared_at) WHERE cleared_at IS NOT NULL;
            """),
    ]);
}
