using Mlops.Storage;

namespace Mlops.Tracking.Tests.Storage;

/// <summary>What a writer's numbers are for: however its batches are repeated, each is stored once, whole and in its turn.</summary>
public abstract class SequenceSuite : TrackingSuite
{
    private const long Writer = 7;

    [Test]
    public async Task A_replay_that_is_repeated_in_whole_or_in_part_stores_each_batch_once()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        ITrackingStore store = Store();
        foreach ((int first, int last) in new[] { (1, 2), (1, 2), (2, 4), (1, 4), (4, 4), (3, 6) })
        {
            await store.AppendAsync(Batches(run, first, last), CancellationToken.None);
        }

        await ExpectAsync(run, 1, 2, 3, 4, 5, 6);
    }

    [Test]
    public async Task A_number_that_was_skipped_is_never_taken_later()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        ITrackingStore store = Store();
        await store.AppendAsync(Batches(run, 1, 1), CancellationToken.None);
        await store.AppendAsync(Batches(run, 4, 5), CancellationToken.None);
        await store.AppendAsync(Batches(run, 2, 3), CancellationToken.None);

        await ExpectAsync(run, 1, 4, 5);
    }

    [Test]
    public async Task Numbers_of_one_writer_say_nothing_of_anothers_or_of_another_run()
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        RunRecord other = await Tracker.CreateRunAsync("e");
        ITrackingStore store = Store();
        await store.AppendAsync(Batches(run, 5, 5), CancellationToken.None);
        await store.AppendAsync([.. Batches(run, 1, 2).Select(static batch => batch with { Writer = Writer + 1 })], CancellationToken.None);
        await store.AppendAsync(Batches(other, 1, 1), CancellationToken.None);

        await ExpectAsync(run, 1, 2, 5);
        await ExpectAsync(other, 1);
    }

    /// <summary>A batch that follows another one counts only while that one is the writer's last.</summary>
    [TestCase(1, 2, 1, ExpectedResult = true)]
    [TestCase(1, 3, 2, ExpectedResult = false, Description = "what it follows is not stored")]
    [TestCase(2, 3, 1, ExpectedResult = false, Description = "another one lies between")]
    [TestCase(2, 2, 1, ExpectedResult = false, Description = "it is stored itself")]
    [TestCase(2, 3, 0, ExpectedResult = false, Description = "somebody was quicker than the first")]
    [TestCase(0, 1, 0, ExpectedResult = true)]
    [TestCase(2, 9, null, ExpectedResult = true)]
    [TestCase(2, 2, null, ExpectedResult = false, Description = "repeated")]
    [TestCase(2, 1, null, ExpectedResult = false, Description = "out of order")]
    public async Task<bool> A_batch_out_of_its_turn_says_so_and_leaves_nothing(int stored, int sequence, int? follows)
    {
        RunRecord run = await Tracker.CreateRunAsync("e");
        TrackingStore store = Store();
        RunRow row = (await store.FindRunAsync(run.Id, CancellationToken.None))!;
        if (stored > 0)
        {
            await store.AppendAsync(new RunBatch { Run = row.Key, RunId = run.Id, Writer = Writer, Sequence = stored }, CancellationToken.None);
        }

        AppendOutcome outcome = await store.AppendAsync(
            new RunBatch
            {
                Run = row.Key,
                RunId = run.Id,
                Writer = Writer,
                Sequence = sequence,
                Follows = follows,
                Tags = [KeyValuePair.Create("t", "v")],
                Dropped = 3,
                End = (RunStatus.Finished, 1),
            },
            CancellationToken.None);

        RunRecord after = await Tracker.GetRunAsync(run.Id);
        bool isTaken = after.Tags.ContainsKey("t");
        Assert.That(
            (outcome.IsOutOfTurn, outcome.HasEnded, after.Status == RunStatus.Finished, after.DroppedItems),
            Is.EqualTo((!isTaken, isTaken, isTaken, isTaken ? 3 : 0)));
        return isTaken;
    }

    /// <summary>As when a commit whose answer was lost lands after all while its batches are read again from the journal.</summary>
    [Test]
    public async Task Of_replays_that_overlap_at_once_each_batch_is_stored_once()
    {
        const int Batches = 12;
        List<Database> databases = [.. Enumerable.Range(0, 8).Select(_ => Create(Folder))];
        try
        {
            for (int round = 0; round < 5; round++)
            {
                RunRecord run = await Tracker.CreateRunAsync("e");
                await Task.WhenAll(databases.Select((database, i) => Task.Run(async () =>
                {
                    ITrackingStore store = new TrackingStore(database, Durability.Process);
                    for (int last = 1 + (i % 4); last <= Batches; last += 1 + (i % 3))
                    {
                        await store.AppendAsync(SequenceSuite.Batches(run, 1, last), CancellationToken.None);
                    }

                    await store.AppendAsync(SequenceSuite.Batches(run, 1, Batches), CancellationToken.None);
                })));
                await ExpectAsync(run, [.. Enumerable.Range(1, Batches)]);
            }
        }
        finally
        {
            foreach (Database database in databases)
            {
                await database.DisposeAsync();
            }
        }
    }

    private TrackingStore Store() => new(Database, Durability.Process);

    private static RunAppend[] Batches(RunRecord run, int first, int last) => [.. Enumerable.Range(first, last - first + 1).Select(sequence => new RunAppend
    {
        RunId = run.Id,
        Owner = "",
        Writer = Writer,
        Sequence = sequence,
        Dropped = 1,
        Names = ["m"],
        Points = [new(0, Sample.Of(sequence, 0, sequence))],
    })];

    private async Task ExpectAsync(RunRecord run, params int[] sequences)
    {
        IReadOnlyList<MetricPoint> stored = await Tracker.GetMetricHistoryAsync(run.Id, "m");
        Assert.That(stored.Select(static point => (int)point.Step), Is.EqualTo(sequences));
        RunRecord record = await Tracker.GetRunAsync(run.Id);
        Assert.That((record.DroppedItems, record.Metrics["m"].Count), Is.EqualTo(((long)sequences.Length, (long)sequences.Length)));
    }
}
