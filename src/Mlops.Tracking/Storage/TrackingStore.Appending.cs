using Mlops.Storage;

namespace Mlops.Tracking;

internal sealed partial class TrackingStore
{
    // One statement decides: a run that is deleted, a write that was made before, and one that misses what it follows, advance nothing.
    private const string AdvanceWriter =
        """
        INSERT INTO tracking_writer (run, writer, sequence)
        SELECT r.run, @writer, @sequence
        FROM tracking_run r JOIN tracking_experiment e ON e.experiment = r.experiment
        WHERE r.run = @run AND r.deleted IS NULL AND e.deleted IS NULL{lock}
        ON CONFLICT (run, writer) DO UPDATE SET sequence = excluded.sequence
            WHERE tracking_writer.sequence < excluded.sequence AND tracking_writer.sequence >= @follows AND tracking_writer.sequence <= @until
        """;

    private static readonly LockingSql Advance = new(AdvanceWriter, LockingSql.KeepRun);

    /// <summary>Appends a batch to a run, whole or not at all; a batch that was stored before changes nothing.</summary>
    /// <exception cref="RunDeletedException">The run is deleted.</exception>
    public Task<AppendOutcome> AppendAsync(RunBatch batch, CancellationToken cancellationToken)
    {
        Task<AppendOutcome> write = _database.WriteAsync(
            (Store: this, batch),
            static (session, state) =>
            {
                AppendOutcome outcome = Append(session, state.batch);
                if (outcome.HasEnded)
                {
                    state.Store.Announce(session, state.batch.Run);
                }

                return outcome;
            },
            _durability,
            cancellationToken);
        return batch.End is null ? write : AnnouncedAsync(write);
    }

    private static AppendOutcome Append(SqlSession session, RunBatch batch)
    {
        if (batch.Writer is { } writer && !TryAdvance(session, batch, writer))
        {
            return default(AppendOutcome) with { IsOutOfTurn = true };
        }

        Tail? tail = batch.Block is { } block ? AppendBlock(session, batch, block) : null;
        List<ParameterConflict>? conflicts = null;
        foreach ((string name, string value) in batch.Parameters)
        {
            if (SetParameter(session, batch.Run, name, value) is { } conflict)
            {
                (conflicts ??= []).Add(conflict);
            }
        }

        foreach ((string name, string value) in batch.Tags)
        {
            SetTag(session, batch.Run, name, value);
            if (name == RunTags.Name)
            {
                session.Execute("UPDATE tracking_run SET name = @name WHERE run = @run", ("@name", value), ("@run", batch.Run));
            }
        }

        if (batch.Environment is { } environment)
        {
            SetEnvironment(session, batch.Run, environment);
        }

        if (batch.Dropped > 0)
        {
            session.Execute(
                "UPDATE tracking_run SET dropped = dropped + @dropped WHERE run = @run",
                ("@dropped", batch.Dropped), ("@run", batch.Run));
        }

        bool ended = false;
        if (batch.End is { } end)
        {
            // The first end stands: another handle may have been quicker. An end that was only presumed gives way to the owner's own.
            ended = session.Execute(
                """
                UPDATE tracking_run SET status = @status, ended = @ended, lost = 0
                WHERE run = @run AND (status = @running OR (lost = 1 AND owner = @owner))
                """,
                ("@status", (long)end.Status), ("@ended", end.Time), ("@run", batch.Run), ("@running", (long)RunStatus.Running),
                ("@owner", batch.Owner)) == 1;
        }

        return new AppendOutcome(
            tail is not null && Packing.IsDue(tail.FreshBlocks, tail.FreshPoints, tail.MergedPoints),
            tail?.FreshBlocks,
            conflicts is null ? null : new ParameterConflictException(batch.RunId, conflicts),
            HasEnded: ended);
    }

    /// <summary>False when the write was made before, or does not follow the one it has to.</summary>
    private static bool TryAdvance(SqlSession session, RunBatch batch, long writer)
    {
        while (session.Execute(
            Advance.For(session),
            ("@writer", writer), ("@sequence", batch.Sequence), ("@run", batch.Run),
            ("@follows", batch.Follows ?? 0), ("@until", batch.Follows ?? long.MaxValue)) == 0)
        {
            long? stored = session.QueryFirst(
                "SELECT sequence FROM tracking_writer WHERE run = @run AND writer = @writer",
                static row => (long?)row.GetInt64(0), ("@run", batch.Run), ("@writer", writer));
            if (stored >= batch.Sequence || (stored is { } last && batch.Follows is { } follows && last != follows))
            {
                return false;
            }

            // Refuses, unless the run has been restored since.
            RequireWritable(session, batch.RunId);
        }

        return true;
    }

    private static Tail AppendBlock(SqlSession session, RunBatch batch, MetricBlock block)
    {
        // Blocks are numbered under this row's lock, so that their order is that of the commits. How late the points are that older code has stored
        // is not known: as late as can be.
        Tail? tail = session.QueryFirst(
            """
            UPDATE tracking_tail SET
                next_block = next_block + 1, fresh_blocks = fresh_blocks + 1, fresh_points = fresh_points + @points,
                latest_before = latest,
                latest = CASE WHEN latest IS NULL AND next_block > 0 THEN 9223372036854775807 WHEN latest >= @latest THEN latest ELSE @latest END
            WHERE run = @run
            RETURNING next_block, fresh_blocks, fresh_points, merged_points, latest_before
            """,
            static row => new Tail(row.GetInt64(0), row.GetInt64(1), row.GetInt64(2), row.GetInt64(3), row.IsDBNull(4) ? null : row.GetInt64(4)),
            ("@points", block.Points), ("@latest", block.LatestTime), ("@run", batch.Run));
        if (tail is null)
        {
            throw new RunNotFoundException(batch.RunId);
        }

        if (tail.NextBlock == 1 || tail.LatestBefore < block.EarliestTime)
        {
            InsertBlock(session, batch.Run, tail.NextBlock, block);
            SeriesUpsert.Execute(session, batch.Run, batch.Totals);
            return tail;
        }

        (MetricBlock? left, SeriesTotals[] totals) = LeaveOutStored(session, batch.Run, block, batch.Totals);
        if (left is not null)
        {
            InsertBlock(session, batch.Run, tail.NextBlock, left);
            SeriesUpsert.Execute(session, batch.Run, totals);
        }

        return left == block ? tail : Correct(session, batch.Run, tail, left is null ? 1 : 0, block.Points - (left?.Points ?? 0));
    }

    /// <summary>Takes back blocks and points that the tail has counted and that were not stored.</summary>
    private static Tail Correct(SqlSession session, long run, Tail tail, long blocks, long points)
    {
        session.Execute(
            "UPDATE tracking_tail SET fresh_blocks = fresh_blocks - @blocks, fresh_points = fresh_points - @points WHERE run = @run",
            ("@blocks", blocks), ("@points", points), ("@run", run));
        return tail with { FreshBlocks = tail.FreshBlocks - blocks, FreshPoints = tail.FreshPoints - points };
    }

    private static void InsertBlock(SqlSession session, long run, long number, MetricBlock block) => session.Execute(
        """
        INSERT INTO tracking_block (run, block, minimum_metric, maximum_metric, points, payload)
        VALUES (@run, @block, @minimum, @maximum, @points, @payload)
        """,
        ("@run", run), ("@block", number), ("@minimum", block.MinimumKey), ("@maximum", block.MaximumKey),
        ("@points", block.Points), ("@payload", block.Payload));

    private static ParameterConflict? SetParameter(SqlSession session, long run, string name, string value)
    {
        int added = session.Execute(
            "INSERT INTO tracking_parameter (run, name, value) VALUES (@run, @name, @value) ON CONFLICT (run, name) DO NOTHING",
            ("@run", run), ("@name", name), ("@value", value));
        if (added == 1)
        {
            return null;
        }

        string? stored = session.QueryFirst(
            "SELECT value FROM tracking_parameter WHERE run = @run AND name = @name",
            static row => row.GetString(0), ("@run", run), ("@name", name));
        return stored is null || stored == value ? null : new ParameterConflict(name, stored, value);
    }

    private static void SetTag(SqlSession session, long run, string name, string value) => session.Execute(
        """
        INSERT INTO tracking_tag (run, name, value) VALUES (@run, @name, @value)
        ON CONFLICT (run, name) DO UPDATE SET value = excluded.value
        """,
        ("@run", run), ("@name", name), ("@value", value));

    /// <param name="NextBlock">The number of this block.</param>
    /// <param name="FreshBlocks">Blocks that wait to be packed.</param>
    /// <param name="FreshPoints">What they hold.</param>
    /// <param name="MergedPoints">What blocks hold that were packed before.</param>
    /// <param name="LatestBefore">The latest time of any point that the run had before; null when it had none, or it is not known.</param>
    private sealed record Tail(long NextBlock, long FreshBlocks, long FreshPoints, long MergedPoints, long? LatestBefore);
}
