using System.Globalization;
using System.Text;
using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    /// <summary>Inside the write that starts or ends a run: leaves a message for whoever wants to hear of it.</summary>
    /// <param name="session">The write's session.</param>
    /// <param name="run">The run, as it is now.</param>
    /// <param name="revived">When a run that had been ended for its dead process came back; null for any other transition.</param>
    private void Announce(SqlSession session, long run, long? revived = null)
    {
        if (_outbox is null || (!_outbox.IsHeard(RunTransition.StartedTopic) && !_outbox.IsHeard(RunTransition.EndedTopic)))
        {
            return;
        }

        RunTransition transition = Describe(session, run);
        bool started = transition.Status == RunStatus.Running;

        // With the times: a run that was ended for its dead process and came back starts and ends more than once.
        _outbox.Add(
            session,
            started ? RunTransition.StartedTopic : RunTransition.EndedTopic,
            string.Create(CultureInfo.InvariantCulture, $"{transition.RunId}/{transition.Status}/{UnixMicroseconds.From(transition.At)}{(revived is null ? "" : "/")}{revived}"),
            Fit(transition));
    }

    /// <summary>A run must be able to end however long the names and addresses of what it used are.</summary>
    private static string Fit(RunTransition transition)
    {
        string json = transition.ToJson();
        while (Encoding.UTF8.GetByteCount(json) > Outbox.MaximumPayloadBytes)
        {
            transition = transition with
            {
                Datasets = [.. transition.Datasets.Take(transition.Datasets.Count / 2)],
                Artifacts = [.. transition.Artifacts.Take(transition.Artifacts.Count / 2)],
            };
            json = transition.ToJson();
        }

        return json;
    }

    /// <summary>Makes the messages of a committed write go out at once.</summary>
    private async Task<T> AnnouncedAsync<T>(Task<T> write)
    {
        T result = await write.ConfigureAwait(false);
        _outbox?.Signal();
        return result;
    }

    private static RunTransition Describe(SqlSession session, long run)
    {
        RunTransition found = session.QueryFirst(
            """
            SELECT r.id, e.name, r.name, p.id, x.name, r.status, r.started, r.ended,
                (SELECT COUNT(*) FROM tracking_input i WHERE i.run = r.run), (SELECT COUNT(*) FROM tracking_artifact a WHERE a.run = r.run)
            FROM tracking_run r
            JOIN tracking_experiment e ON e.experiment = r.experiment
            LEFT JOIN tracking_run p ON p.run = r.parent
            LEFT JOIN tracking_experiment x ON x.experiment = p.experiment
            WHERE r.run = @run
            """,
            static row => new RunTransition
            {
                RunId = row.GetString(0),
                Experiment = row.GetString(1),
                Name = row.GetString(2),
                ParentId = row.IsDBNull(3) ? null : row.GetString(3),
                ParentExperiment = row.IsDBNull(4) ? null : row.GetString(4),
                Status = (RunStatus)row.GetInt64(5),
                At = UnixMicroseconds.ToTime(row.IsDBNull(7) ? row.GetInt64(6) : row.GetInt64(7)),
                Datasets = [],
                Artifacts = [],
                DatasetCount = (int)row.GetInt64(8),
                ArtifactCount = (int)row.GetInt64(9),
            },
            ("@run", run))!;
        return found.Status == RunStatus.Running ? found : found with { Datasets = ReadInputs(session, run), Artifacts = ReadArtifacts(session, run) };
    }

    private static List<DatasetInput> ReadInputs(SqlSession session, long run) => session.Query(
        """
        SELECT d.name, d.digest, d.uri, d.row_count, i.context
        FROM tracking_input i JOIN tracking_dataset d ON d.dataset = i.dataset
        WHERE i.run = @run ORDER BY d.name, d.digest, i.context LIMIT @take
        """,
        static row => new DatasetInput(row.GetString(0), row.GetString(1))
        {
            Uri = row.IsDBNull(2) ? null : row.GetString(2),
            Rows = row.IsDBNull(3) ? null : row.GetInt64(3),
            Context = row.GetString(4) is { Length: > 0 } context ? context : null,
        },
        ("@run", run), ("@take", (long)RunTransition.MaximumItems));

    private static List<RunArtifact> ReadArtifacts(SqlSession session, long run) => session.Query(
        "SELECT name, hash, length, created FROM tracking_artifact WHERE run = @run ORDER BY name LIMIT @take",
        MapArtifact, ("@run", run), ("@take", (long)RunTransition.MaximumItems));
}
