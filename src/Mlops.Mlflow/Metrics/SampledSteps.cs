using System.Runtime.CompilerServices;

namespace Mlops.Mlflow;

/// <summary>Steps that stand for all the steps of several runs.</summary>
internal static class SampledSteps
{
    /// <summary>
    /// Evenly spread over all steps that any of the runs has, at most so many, the last one always; and besides, the first and the
    /// last step of every run. The runs are read side by side, a page of each at a time: once to count the steps, once more to choose.
    /// </summary>
    public static async Task<HashSet<long>> OfAsync(IReadOnlyList<MetricPages> runs, int maximum, CancellationToken cancellationToken)
    {
        HashSet<long> sampled = [], ends = [];
        long all = 0;
        await foreach (long step in ReadUnionAsync(runs, ends, cancellationToken).ConfigureAwait(false))
        {
            if (++all <= maximum)
            {
                sampled.Add(step);
            }
        }

        if (all <= maximum)
        {
            return sampled;
        }

        sampled = ends;
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
        List<IAsyncEnumerator<long>> readers = [.. runs.Select(run => run.ReadStepsAsync(cancellationToken).GetAsyncEnumerator(cancellationToken))];
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
