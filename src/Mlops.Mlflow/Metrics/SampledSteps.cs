using System.Runtime.CompilerServices;

namespace Mlops.Mlflow;

/// <summary>Steps that stand for all the steps of several runs.</summary>
internal static class SampledSteps
{
    /// <summary>So many steps are held while the runs are read: 20 MB.</summary>
    public const int UsualLimit = 500_000;

    // Of many runs that are read side by side.
    private const int SmallestPage = 1_000;

    /// <summary>
    /// Evenly spread over all steps that any of the runs has, at most so many, the last one always; and besides, the first and the
    /// last step of every run. The runs are read once, one after the other. Where they have more steps than may be held, they are read side by
    /// side instead, a small page of each at a time: once to count the steps, once more to choose.
    /// </summary>
    /// <param name="runs">The runs.</param>
    /// <param name="maximum">The most steps, without the ends of the runs.</param>
    /// <param name="limit">How many steps may be held, not below the maximum.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    public static async Task<HashSet<long>> OfAsync(IReadOnlyList<MetricPages> runs, int maximum, int limit, CancellationToken cancellationToken)
    {
        HashSet<long> ends = [];
        if (await CollectAsync(runs, limit, ends, cancellationToken).ConfigureAwait(false) is not { } all)
        {
            return await ChooseSideBySideAsync(runs, maximum, cancellationToken).ConfigureAwait(false);
        }

        if (all.Count <= maximum)
        {
            return all;
        }

        long[] ordered = [.. all];
        Array.Sort(ordered);
        for (long chosen = 0; chosen < maximum; chosen++)
        {
            ends.Add(ordered[chosen * ordered.Length / maximum]);
        }

        ends.Add(ordered[^1]);
        return ends;
    }

    /// <summary>All steps of the runs; null when they are more than the limit.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="limit">The most steps.</param>
    /// <param name="ends">Takes the first and the last step of every run.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    private static async Task<HashSet<long>?> CollectAsync(IReadOnlyList<MetricPages> runs, int limit, HashSet<long> ends, CancellationToken cancellationToken)
    {
        HashSet<long> all = [];
        foreach (MetricPages run in runs)
        {
            long? last = null;
            await foreach (long step in run.ReadStepsAsync(MetricHistory.LargestPage, cancellationToken).ConfigureAwait(false))
            {
                if (last is null)
                {
                    ends.Add(step);
                }

                last = step;
                if (all.Add(step) && all.Count > limit)
                {
                    return null;
                }
            }

            if (last is { } end)
            {
                ends.Add(end);
            }
        }

        return all;
    }

    private static async Task<HashSet<long>> ChooseSideBySideAsync(IReadOnlyList<MetricPages> runs, int maximum, CancellationToken cancellationToken)
    {
        HashSet<long> sampled = [];
        long all = 0;
        await foreach (long step in ReadUnionAsync(runs, sampled, cancellationToken).ConfigureAwait(false))
        {
            all++;
        }

        long seen = 0, chosen = 0, last = 0;
        await foreach (long step in ReadUnionAsync(runs, [], cancellationToken).ConfigureAwait(false))
        {
            if (chosen < maximum && seen == chosen * all / maximum)
            {
                sampled.Add(step);
                chosen++;
            }

            seen++;
            last = step;
        }

        sampled.Add(last);
        return sampled;
    }

    /// <summary>The steps of all runs in order, each once.</summary>
    /// <param name="runs">The runs.</param>
    /// <param name="ends">Takes the first and the last step of every run.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    private static async IAsyncEnumerable<long> ReadUnionAsync(
        IReadOnlyList<MetricPages> runs, HashSet<long> ends, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var next = new PriorityQueue<IAsyncEnumerator<long>, long>();
        int take = Math.Max(MetricHistory.LargestPage / runs.Count, SmallestPage);
        List<IAsyncEnumerator<long>> readers = [.. runs.Select(run => run.ReadStepsAsync(take, cancellationToken).GetAsyncEnumerator(cancellationToken))];
        try
        {
            foreach (IAsyncEnumerator<long> reader in readers)
            {
                if (await reader.MoveNextAsync().ConfigureAwait(false))
                {
                    ends.Add(reader.Current);
                    next.Enqueue(reader, reader.Current);
                }
            }

            long? last = null;
            while (next.TryDequeue(out IAsyncEnumerator<long>? reader, out long step))
            {
                if (step != last)
                {
                    last = step;
                    yield return step;
                }

                if (await reader.MoveNextAsync().ConfigureAwait(false))
                {
                    next.Enqueue(reader, reader.Current);
                }
                else
                {
                    ends.Add(step);
                }
            }
        }
        finally
        {
            foreach (IAsyncEnumerator<long> reader in readers)
            {
                await reader.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
