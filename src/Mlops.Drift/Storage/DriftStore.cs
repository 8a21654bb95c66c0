using System.Buffers;
using System.Text;
using System.Text.Json;
using Mlops.Storage;

namespace Mlops.Drift;

/// <summary>
/// Keeps profiles, the references of model versions, monitor states, reports and alerts in the database. Thread-safe. It is itself a source
/// of references. The static methods take part in a transaction of the host, so that a monitor's state and alerts are stored together with
/// what the host has processed.
/// </summary>
public sealed partial class DriftStore : IReferenceSource
{
    private readonly Database _database;
    private readonly TimeProvider _timeProvider;

    /// <summary>Creates the store; its tables are made when the database opens.</summary>
    public DriftStore(Database database, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(database);
        database.Require(DriftStoreSchema.Migrations);
        _database = database;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>The tables, for hosts that write in their own transactions: pass it to <see cref="Database.Require"/> once.</summary>
    public static MigrationSet Migrations => DriftStoreSchema.Migrations;

    /// <summary>Stores the reference of a model version for a monitor; an earlier one is replaced.</summary>
    public Task SetReferenceAsync(string monitor, string modelVersion, ServedReference reference, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(monitor);
        ArgumentException.ThrowIfNullOrEmpty(modelVersion);
        ArgumentNullException.ThrowIfNull(reference);
        return _database.WriteAsync(
            (monitor, modelVersion, reference, Now: _timeProvider.GetUtcNow()),
            static (session, s) =>
            {
                SetReference(session, s.monitor, s.modelVersion, s.reference, s.Now);
                return true;
            },
            cancellationToken: cancellationToken);
    }

    /// <inheritdoc/>
    /// <exception cref="DriftFormatException">The stored profile is damaged or of a newer version.</exception>
    public async ValueTask<ServedReference?> FindAsync(string monitor, string modelVersion, CancellationToken cancellationToken = default)
    {
        List<ServedReference> found = await _database.QueryAsync(
            """
            SELECT p.bytes, r.baseline FROM drift_reference r LEFT JOIN drift_profile p ON p.digest = r.profile
            WHERE r.monitor = @monitor AND r.model_version = @version
            """,
            static row => new ServedReference(
                row.IsDBNull(0) ? null : ReferenceProfile.Read(row.GetFieldValue<byte[]>(0)),
                row.IsDBNull(1) ? null : ReadBaseline(row.GetFieldValue<byte[]>(1))),
            cancellationToken,
            ("@monitor", monitor),
            ("@version", modelVersion)).ConfigureAwait(false);
        return found.Count == 0 ? null : found[0];
    }

    /// <summary>Stores a monitor's state; an earlier one is replaced, whoever stored it: monitors of one name must live in one process.</summary>
    public Task SaveStateAsync(string monitor, byte[] state, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(monitor);
        ArgumentNullException.ThrowIfNull(state);
        return _database.WriteAsync(
            (monitor, state, Now: _timeProvider.GetUtcNow()),
            static (session, s) =>
            {
                SaveState(session, s.monitor, s.state, s.Now);
                return true;
            },
            cancellationToken: cancellationToken);
    }

    /// <summary>Stores a monitor's state within a write of the host, together with the host's cursor.</summary>
    /// <param name="session">The host's transaction.</param>
    /// <param name="monitor">The monitor's name.</param>
    /// <param name="state">From <see cref="DriftMonitor.SaveState()"/>.</param>
    /// <param name="savedAt">When the state was taken, by the clock of the host; kept to the microsecond.</param>
    public static void SaveState(SqlSession session, string monitor, byte[] state, DateTimeOffset savedAt)
    {
        ArgumentNullException.ThrowIfNull(session);
        session.Execute(
            """
            INSERT INTO drift_state (monitor, state, saved_at) VALUES (@monitor, @state, @now)
            ON CONFLICT (monitor) DO UPDATE SET state = excluded.state, saved_at = excluded.saved_at
            """,
            ("@monitor", monitor), ("@state", state), ("@now", UnixMicroseconds.From(savedAt)));
    }

    /// <summary>The monitor's stored state, or null.</summary>
    public async ValueTask<byte[]?> FindStateAsync(string monitor, CancellationToken cancellationToken = default)
    {
        List<byte[]> states = await _database.QueryAsync(
            "SELECT state FROM drift_state WHERE monitor = @monitor",
            static row => row.GetFieldValue<byte[]>(0),
            cancellationToken,
            ("@monitor", monitor)).ConfigureAwait(false);
        return states.Count == 0 ? null : states[0];
    }

    /// <summary>
    /// Stores a report, and deletes up to a hundred of the monitor's that are older than <paramref name="retention"/> and as many alerts that
    /// were cleared before. Storing a report again changes nothing, if it has a time.
    /// </summary>
    /// <param name="report">The report.</param>
    /// <param name="retention">1 min to 36 600 days before the report's time, or before now if that is earlier; null (default) to delete nothing.</param>
    /// <param name="cancellationToken">Cancels the write.</param>
    public Task SaveReportAsync(DriftReport report, TimeSpan? retention = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(report);
        if (retention is { } kept)
            RequireRetention(kept, nameof(retention));
        DateTimeOffset now = _timeProvider.GetUtcNow(), at = report.EvaluatedAt ?? now;

        // A row dated in the future must not take the history with it.
        long? before = retention is null ? null : UnixMicroseconds.From(at < now ? at : now) - UnixMicroseconds.From(retention.Value);
        return _database.WriteAsync(
            (report, json: report.ToJson(), at, before),
            static (session, s) =>
            {
                SaveReport(session, s.report, s.json, s.at);
                if (s.before is { } before)
                    DeleteOld(session, s.report.Monitor ?? "", before);
                return true;
            },
            cancellationToken: cancellationToken);
    }

    /// <summary>Stores that an alert was raised or cleared. Storing it again, or a repetition of the alert, changes nothing.</summary>
    public Task SaveAlertAsync(DriftAlert alert, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(alert);
        return _database.WriteAsync(
            alert,
            static (session, alert) =>
            {
                SaveAlert(session, alert);
                return true;
            },
            cancellationToken: cancellationToken);
    }

    /// <summary>Stores that an alert was raised or cleared within a write of the host.</summary>
    public static void SaveAlert(SqlSession session, DriftAlert alert)
    {
        ArgumentNullException.ThrowIfNull(session);
        ArgumentNullException.ThrowIfNull(alert);
        if (alert.Change == AlertChange.Cleared)
        {
            session.Execute(
                "UPDATE drift_alert SET cleared_at = @at WHERE id = @id AND cleared_at IS NULL", ("@at", UnixMicroseconds.From(alert.At)), ("@id", alert.Id));
            return;
        }

        session.Execute(
            """
            INSERT INTO drift_alert (id, monitor, model_version, kind, severity, raised_at, alert)
            VALUES (@id, @monitor, @version, @kind, @severity, @at, @alert) ON CONFLICT (id) DO NOTHING
            """,
            ("@id", alert.Id), ("@monitor", alert.Monitor), ("@version", alert.ModelVersion), ("@kind", (long)alert.Kind),
            ("@severity", (long)alert.Severity), ("@at", UnixMicroseconds.From(alert.At)), ("@alert", JsonSerializer.Serialize(alert, DriftJson.Default.DriftAlert)));
    }

    /// <summary>An observer that stores what the monitors it is added to tell; hosts add one to each monitor.</summary>
    /// <param name="retention">As for <see cref="SaveReportAsync"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="retention"/> is out of its range.</exception>
    public IDriftObserver CreateObserver(TimeSpan? retention = null)
    {
        if (retention is { } kept)
            RequireRetention(kept, nameof(retention));
        return new StoreObserver(this, retention);
    }

    internal static void RequireRetention(TimeSpan retention, string name) =>
        Require.InRange(retention, TimeSpan.FromMinutes(1), TimeSpan.FromDays(36_600), name);

    private static void SetReference(SqlSession session, string monitor, string modelVersion, ServedReference reference, DateTimeOffset now)
    {
        string? digest = reference.Profile?.Digest.ToString();
        if (reference.Profile is { } profile)
        {
            session.Execute(
                "INSERT INTO drift_profile (digest, bytes, created_at) VALUES (@digest, @bytes, @now) ON CONFLICT (digest) DO NOTHING",
                ("@digest", digest), ("@bytes", profile.ToArray()), ("@now", UnixMicroseconds.From(now)));
        }

        session.Execute(
            """
            INSERT INTO drift_reference (monitor, model_version, profile, baseline, created_at) VALUES (@monitor, @version, @profile, @baseline, @now)
            ON CONFLICT (monitor, model_version) DO UPDATE SET profile = excluded.profile, baseline = excluded.baseline, created_at = excluded.created_at
            """,
            ("@monitor", monitor), ("@version", modelVersion), ("@profile", digest), ("@baseline", ToBytes(reference.ErrorBaseline)), ("@now", UnixMicroseconds.From(now)));
    }

    private static void SaveReport(SqlSession session, DriftReport report, string json, DateTimeOffset at)
    {
        string monitor = report.Monitor ?? "";
        string? digest = report.EvaluatedAt is null ? null : ContentHash.Of(Encoding.UTF8.GetBytes(json)).ToString();
        if (session.Query("SELECT number FROM drift_report WHERE monitor = @monitor AND digest = @digest", static row => row.GetInt64(0), ("@monitor", monitor), ("@digest", digest)).Count > 0)
            return;
        long number = session.QueryFirst(
            """
            INSERT INTO drift_monitor (monitor, reports) VALUES (@monitor, 1)
            ON CONFLICT (monitor) DO UPDATE SET reports = drift_monitor.reports + 1
            RETURNING reports
            """,
            static row => row.GetInt64(0),
            ("@monitor", monitor));
        session.Execute(
            """
            INSERT INTO drift_report (monitor, number, model_version, evaluated_at, verdict, error_verdict, report, digest)
            VALUES (@monitor, @number, @version, @at, @verdict, @error, @report, @digest) ON CONFLICT (monitor, digest) DO NOTHING
            """,
            ("@monitor", monitor), ("@number", number), ("@version", report.ModelVersion), ("@at", UnixMicroseconds.From(at)), ("@verdict", (long)report.Verdict),
            ("@error", (long?)report.Error?.Verdict), ("@report", json), ("@digest", digest));
    }

    private static void DeleteOld(SqlSession session, string monitor, long before)
    {
        session.Execute(
            """
            DELETE FROM drift_report WHERE monitor = @monitor AND number IN (
                SELECT number FROM drift_report WHERE monitor = @monitor AND evaluated_at < @before ORDER BY evaluated_at, number LIMIT 100)
            """,
            ("@monitor", monitor), ("@before", before));
        session.Execute(
            """
            DELETE FROM drift_alert WHERE id IN (
                SELECT id FROM drift_alert WHERE monitor = @monitor AND cleared_at IS NOT NULL AND cleared_at < @before ORDER BY cleared_at LIMIT 100)
            """,
            ("@monitor", monitor), ("@before", before));
    }

    private static byte[]? ToBytes(ErrorBaseline? baseline)
    {
        if (baseline is null)
            return null;
        ArrayBufferWriter<byte> buffer = new();
        ByteWriter writer = new(buffer);
        baseline.Write(ref writer);
        return buffer.WrittenSpan.ToArray();
    }

    private static ErrorBaseline ReadBaseline(byte[] bytes)
    {
        ByteReader reader = new(bytes, "error baseline");
        return ErrorBaseline.Read(ref reader);
    }
}
