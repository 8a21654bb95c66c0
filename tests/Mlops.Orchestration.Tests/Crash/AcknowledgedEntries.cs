using Mlops.Storage;

namespace Mlops.Orchestration.Tests;

/// <summary>Entries of logs as a reader saw them. What is seen is committed; of what was committed at Power nothing may be gone after a crash.</summary>
internal sealed class AcknowledgedEntries(Pipelines pipelines)
{
    private readonly Dictionary<long, List<RunEvent>> _seen = [];

    /// <summary>What was seen once and was gone, or another, later.</summary>
    public List<RunEvent> Lost { get; } = [];

    public int Count => _seen.Values.Sum(static log => log.Count);

    public async Task ReadAsync(IEnumerable<PipelineRun> runs, CancellationToken cancellationToken)
    {
        foreach (PipelineRun run in runs)
        {
            List<RunEvent> seen = _seen.TryGetValue(run.Id, out List<RunEvent>? known) ? known : _seen[run.Id] = [];
            seen.AddRange(await pipelines.Store.ReadEventsAsync(run.Id, seen.Count + 1, 10_000, cancellationToken));
        }
    }

    /// <summary>Looks which are still there; only those count from then on.</summary>
    public async Task CompareAsync(CancellationToken cancellationToken)
    {
        foreach ((long run, List<RunEvent> seen) in _seen)
        {
            List<RunEvent> now = await pipelines.Store.ReadEventsAsync(run, 1, 10_000, cancellationToken);
            int same = seen.Zip(now).TakeWhile(static pair => pair.First == pair.Second).Count();
            Lost.AddRange(seen.Skip(same));
            seen.RemoveRange(same, seen.Count - same);
        }
    }
}
