namespace Mlops.Orchestration;

/// <summary>Follows data from run to run. Every look is by a key, so its cost grows with what it finds and not with the number of runs.</summary>
/// <param name="store">Where it is kept.</param>
/// <param name="take">It ends after so many.</param>
internal sealed class LineageWalk(PipelineStore store, int take)
{
    private const int PageSize = 500;

    private readonly List<DataUse> _uses = [];
    private readonly HashSet<(long Run, string Step, string Item)> _seen = [];
    private readonly HashSet<(long Run, string Step, string Digest)> _visited = [];
    private readonly Dictionary<long, LineageGraph?> _graphs = [];
    private bool _isFull;

    public async Task<LineageTrace> GoBackAsync(DataUse start, CancellationToken cancellationToken)
    {
        Queue<DataUse> open = new([start]);
        while (!_isFull && open.TryDequeue(out DataUse? made))
        {
            List<DataUse> found = await CollectBehindAsync(made, cancellationToken).ConfigureAwait(false);
            ILookup<string?, string> makers = found.Where(static use => use.Data.IsOutput).ToLookup(static use => use.Data.Digest, static use => use.Step);
            foreach (DataUse read in found.Where(static use => !use.Data.IsOutput).DistinctBy(static use => use.Data.Digest))
            {
                if (makers[read.Data.Digest].Any(step => step != read.Step))
                {
                    continue;
                }

                // Of the runs that made the same before this one, the latest: by content any of them is a true answer.
                List<DataRow> producers = await store.ListUsesAsync(
                    read.Data.Digest!, isOutput: true, (read.RunId, "", ""), count: 1, cancellationToken).ConfigureAwait(false);
                if (producers is [{ Use: var producer }] && _visited.Add((producer.RunId, producer.Step, producer.Data.Digest!)))
                {
                    open.Enqueue(producer);
                }
            }
        }

        return new LineageTrace(_uses, !_isFull);
    }

    public async Task<LineageTrace> GoForwardAsync(string digest, CancellationToken cancellationToken)
    {
        HashSet<string> known = new([digest], StringComparer.Ordinal);
        Queue<string> open = new([digest]);
        while (!_isFull && open.TryDequeue(out string? next))
        {
            foreach (bool isOutput in (bool[])[true, false])
            {
                (long Run, string Step, string Item) before = (long.MaxValue, "", "");
                List<DataRow> page;
                do
                {
                    page = await store.ListUsesAsync(next, isOutput, before, PageSize, cancellationToken).ConfigureAwait(false);
                    foreach (DataRow row in page)
                    {
                        before = (row.Use.RunId, row.Use.Step, row.Item);
                        await FollowAsync(row, next, known, open, cancellationToken).ConfigureAwait(false);
                    }
                }
                while (!_isFull && page.Count == PageSize);
            }
        }

        return new LineageTrace(_uses, !_isFull);
    }

    /// <summary>What a step has read, and what all steps before it in its run have read and made.</summary>
    private async Task<List<DataUse>> CollectBehindAsync(DataUse made, CancellationToken cancellationToken)
    {
        List<DataUse> found = [];
        string? node = await store.FindNodeAsync(made.RunId, made.Step, cancellationToken).ConfigureAwait(false);
        HashSet<string>? behind = node is null ? null : (await GraphAsync(made.RunId, cancellationToken).ConfigureAwait(false))?.Before(node);
        await foreach (DataRow row in ReadRunAsync(made.RunId, cancellationToken).ConfigureAwait(false))
        {
            bool isPart = row.Use.Step == made.Step
                ? !row.Use.Data.IsOutput || row.Use.Data.Digest == made.Data.Digest
                : behind is null || behind.Contains(row.Node);
            if (isPart)
            {
                found.Add(row.Use);
                Add(row);
            }
        }

        return found;
    }

    private async Task FollowAsync(DataRow start, string digest, HashSet<string> known, Queue<string> open, CancellationToken cancellationToken)
    {
        if (_isFull)
        {
            return;
        }

        Add(start);
        if (!_visited.Add((start.Use.RunId, start.Use.Step, start.Use.Data.IsOutput ? digest : "")))
        {
            return;
        }

        HashSet<string>? after = (await GraphAsync(start.Use.RunId, cancellationToken).ConfigureAwait(false))?.After(start.Node);
        await foreach (DataRow row in ReadRunAsync(start.Use.RunId, cancellationToken).ConfigureAwait(false))
        {
            // What a step makes beside the data does not come of it; what it makes after reading it does.
            bool isPart = row.Use.Data.IsOutput && (row.Use.Step == start.Use.Step ? !start.Use.Data.IsOutput : after is null || after.Contains(row.Node));
            if (isPart)
            {
                Add(row);
                if (known.Add(row.Use.Data.Digest!))
                {
                    open.Enqueue(row.Use.Data.Digest!);
                }
            }
        }
    }

    private async IAsyncEnumerable<DataRow> ReadRunAsync(long runId, [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (string Step, string Item) after = ("", "");
        List<DataRow> page;
        do
        {
            page = await store.ListUsesOfRunAsync(runId, after, PageSize, cancellationToken).ConfigureAwait(false);
            foreach (DataRow row in page)
            {
                yield return row;
                after = (row.Use.Step, row.Item);
            }
        }
        while (!_isFull && page.Count == PageSize);
    }

    private void Add(DataRow row)
    {
        if (_seen.Contains((row.Use.RunId, row.Use.Step, row.Item)))
        {
            return;
        }

        if (_uses.Count == take)
        {
            _isFull = true;
            return;
        }

        _seen.Add((row.Use.RunId, row.Use.Step, row.Item));
        _uses.Add(row.Use);
    }

    /// <summary>Null where only older versions of this package knew the graph: then the whole run counts.</summary>
    private async Task<LineageGraph?> GraphAsync(long runId, CancellationToken cancellationToken)
    {
        if (!_graphs.TryGetValue(runId, out LineageGraph? graph))
        {
            graph = await store.FindEdgesAsync(runId, cancellationToken).ConfigureAwait(false) is { } edges ? new LineageGraph(edges) : null;
            _graphs.Add(runId, graph);
        }

        return graph;
    }
}
