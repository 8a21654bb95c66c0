using System.Runtime.CompilerServices;

namespace Mlops.Orchestration;

/// <summary>
/// Follows data from run to run. Every look is by keys, many at a time, and a run's rows are read once for all that lead into it, so its cost grows
/// with what it finds and the sizes of the runs on the way, and not with the number of runs.
/// </summary>
/// <param name="store">Where it is kept.</param>
/// <param name="take">It ends after so many.</param>
internal sealed class LineageWalk(PipelineStore store, int take)
{
    private const int PageOfRun = 500;
    private const int PageOfStep = 32;

    private readonly List<DataUse> _uses = [];
    private readonly HashSet<(long Run, string Step, string Item)> _seen = [];
    private readonly Dictionary<long, LineageGraph?> _graphs = [];

    /// <summary>Nodes of runs whose surroundings were read: those of the items of a group are the same.</summary>
    private readonly HashSet<(long Run, string Node)> _surveyed = [];

    /// <summary>Nodes that were among these surroundings: nothing comes of them that was not found.</summary>
    private readonly HashSet<(long Run, string Node)> _covered = [];
    private readonly HashSet<(long Run, string Step)> _readers = [];
    private bool _isFull;

    public async Task<LineageTrace> GoBackAsync(DataUse start, CancellationToken cancellationToken)
    {
        await foreach (DataRow row in ReadStepAsync(start.RunId, start.Step, cancellationToken).ConfigureAwait(false))
        {
            if (!row.Use.Data.IsOutput || row.Use.Data.Digest == start.Data.Digest)
            {
                Add(row);
            }
        }

        // What was read was made in earlier runs: from the latest on, each has met all that leads into it when its turn comes.
        var open = new PriorityQueue<DataRow, long>();
        if (await store.FindNodeAsync(start.RunId, start.Step, cancellationToken).ConfigureAwait(false) is { } node)
        {
            open.Enqueue(new DataRow(start, node, ""), -start.RunId);
        }

        while (!_isFull && open.TryDequeue(out DataRow? first, out long turn))
        {
            List<DataRow> made = [first];
            while (open.TryPeek(out _, out long next) && next == turn)
            {
                made.Add(open.Dequeue());
            }

            List<string> read = await CollectBehindAsync(first.Use.RunId, made, cancellationToken).ConfigureAwait(false);
            foreach (string[] digests in _isFull ? [] : read.Chunk(PipelineStore.MaximumDigests))
            {
                // Of the runs that made the same before this one, the latest: by content any of them is a true answer.
                foreach (DataRow producer in await store.ListProducersAsync(digests, first.Use.RunId, cancellationToken).ConfigureAwait(false))
                {
                    open.Enqueue(producer, -producer.Use.RunId);
                }
            }
        }

        return new LineageTrace(_uses, !_isFull);
    }

    public async Task<LineageTrace> GoForwardAsync(string digest, CancellationToken cancellationToken)
    {
        HashSet<string> known = new([digest], StringComparer.Ordinal);
        List<string> level = [digest];
        while (!_isFull && level.Count > 0)
        {
            List<DataRow> uses = [];
            foreach (string[] digests in level.Chunk(PipelineStore.MaximumDigests))
            {
                await foreach (DataRow use in ReadUsesAsync(digests, cancellationToken).ConfigureAwait(false))
                {
                    Add(use);
                    uses.Add(use);
                }
            }

            level = [];
            foreach (IGrouping<long, DataRow> run in uses.GroupBy(static use => use.Use.RunId))
            {
                await foreach (DataRow made in ReadAfterAsync(run.Key, [.. run], cancellationToken).ConfigureAwait(false))
                {
                    Add(made);
                    if (known.Add(made.Use.Data.Digest!))
                    {
                        level.Add(made.Use.Data.Digest!);
                    }
                }
            }
        }

        return new LineageTrace(_uses, !_isFull);
    }

    /// <summary>Adds what the steps that made something have read, and what all steps before them in their run have read and made.</summary>
    /// <returns>The digests of what was read and was not made by these steps.</returns>
    private async Task<List<string>> CollectBehindAsync(long run, List<DataRow> made, CancellationToken cancellationToken)
    {
        LineageGraph? graph = await GraphAsync(run, cancellationToken).ConfigureAwait(false);
        HashSet<(string Step, string Digest)> asked = [.. made.Select(static row => (row.Use.Step, row.Use.Data.Digest!))];
        HashSet<string> makers = [.. made.Select(static row => row.Use.Step)];
        Surroundings[] behind = [.. made.GroupBy(static row => row.Node).Select(node => new Surroundings(graph?.Before(node.Key), node))];
        List<(string Step, string Digest)> reads = [];
        Dictionary<string, HashSet<string>> madeBy = new(StringComparer.Ordinal);
        await foreach (DataRow row in ReadRunAsync(run, cancellationToken).ConfigureAwait(false))
        {
            (string Step, string Digest) use = (row.Use.Step, row.Use.Data.Digest!);
            bool isOwn = makers.Contains(row.Use.Step) && (!row.Use.Data.IsOutput || asked.Contains(use));
            if (!isOwn && !Array.Exists(behind, nodes => nodes.Contain(row)))
            {
                continue;
            }

            Add(row);
            if (!row.Use.Data.IsOutput)
            {
                reads.Add(use);
            }
            else if (!madeBy.TryAdd(use.Digest, [use.Step]))
            {
                madeBy[use.Digest].Add(use.Step);
            }
        }

        return [.. reads
            .Where(read => !madeBy.TryGetValue(read.Digest, out HashSet<string>? steps) || steps.All(step => step == read.Step))
            .Select(static read => read.Digest).Distinct(StringComparer.Ordinal)];
    }

    /// <summary>What came in its run of data that steps of the run have made or read.</summary>
    private async IAsyncEnumerable<DataRow> ReadAfterAsync(long run, List<DataRow> uses, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        uses.RemoveAll(use => _covered.Contains((run, use.Node)));
        LineageGraph? graph = await GraphAsync(run, cancellationToken).ConfigureAwait(false);

        // What a step makes after reading the data comes of it; what it makes beside making the data does not.
        HashSet<string> readers = [.. uses.Where(use => !use.Use.Data.IsOutput && _readers.Add((run, use.Use.Step))).Select(static use => use.Use.Step)];
        Surroundings[] after =
        [
            .. uses.GroupBy(static use => use.Node).Where(node => _surveyed.Add((run, node.Key)))
                .Select(node => new Surroundings(graph?.After(node.Key), node)).Where(static nodes => !nodes.AreNone),
        ];
        if (readers.Count == 0 && after.Length == 0)
        {
            yield break;
        }

        await foreach (DataRow row in ReadRunAsync(run, cancellationToken).ConfigureAwait(false))
        {
            if (row.Use.Data.IsOutput && (readers.Contains(row.Use.Step) || Array.Exists(after, nodes => nodes.Contain(row))))
            {
                yield return row;
            }
        }

        _covered.UnionWith(after.SelectMany(static nodes => nodes.Others).Select(node => (run, node)));
    }

    private async IAsyncEnumerable<DataRow> ReadUsesAsync(string[] digests, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        DataRow? last = null;
        List<DataRow> page;
        do
        {
            page = await store.ListUsesAsync(digests, last, PageOfRun, cancellationToken).ConfigureAwait(false);
            foreach (DataRow row in page)
            {
                yield return last = row;
            }
        }
        while (!_isFull && page.Count == PageOfRun);
    }

    private async IAsyncEnumerable<DataRow> ReadStepAsync(long runId, string step, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        string after = "";
        List<DataRow> page;
        do
        {
            page = await store.ListUsesOfRunAsync(runId, (step, after), PageOfStep, cancellationToken).ConfigureAwait(false);
            foreach (DataRow row in page.TakeWhile(row => row.Use.Step == step))
            {
                yield return row;
                after = row.Item;
            }
        }
        while (!_isFull && page.Count == PageOfStep && page[^1].Use.Step == step);
    }

    private async IAsyncEnumerable<DataRow> ReadRunAsync(long runId, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        (string Step, string Item) after = ("", "");
        List<DataRow> page;
        do
        {
            page = await store.ListUsesOfRunAsync(runId, after, PageOfRun, cancellationToken).ConfigureAwait(false);
            foreach (DataRow row in page)
            {
                yield return row;
                after = (row.Use.Step, row.Item);
            }
        }
        while (!_isFull && page.Count == PageOfRun);
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

    /// <summary>The nodes before or after one node, for some of its steps; null for the whole run.</summary>
    private sealed class Surroundings(HashSet<string>? nodes, IGrouping<string, DataRow> node)
    {
        private readonly HashSet<string> _steps = [.. node.Select(static row => row.Use.Step)];

        public bool AreNone => nodes is { Count: 0 };

        /// <summary>Without the node itself, which a loop leads back to.</summary>
        public IEnumerable<string> Others => nodes?.Where(other => other != node.Key) ?? [];

        /// <summary>A step does not surround itself.</summary>
        public bool Contain(DataRow row) => nodes?.Contains(row.Node) != false && (_steps.Count > 1 || !_steps.Contains(row.Use.Step));
    }
}
