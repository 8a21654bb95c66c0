using System.Runtime.CompilerServices;

namespace Mlops.Orchestration;

/// <summary>Follows data from run to run. Every look is by a key, so its cost grows with what it finds and not with the number of runs.</summary>
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
    private bool _isFull;

    public async Task<LineageTrace> GoBackAsync(DataUse start, CancellationToken cancellationToken)
    {
        HashSet<(long Run, string Digest)> asked = [];
        Dictionary<(long Run, string Digest), HashSet<string>> makers = [];
        Queue<DataUse> open = new([start]);
        while (!_isFull && open.TryDequeue(out DataUse? made))
        {
            List<DataUse> found = await CollectBehindAsync(made, cancellationToken).ConfigureAwait(false);
            if (_isFull)
            {
                break;
            }

            foreach (DataUse other in found.Where(static use => use.Data.IsOutput))
            {
                (long, string) key = (other.RunId, other.Data.Digest!);
                if (!makers.TryGetValue(key, out HashSet<string>? steps))
                {
                    makers.Add(key, steps = new HashSet<string>(StringComparer.Ordinal));
                }

                steps.Add(other.Step);
            }

            foreach (DataUse read in found.Where(static use => !use.Data.IsOutput))
            {
                (long, string) key = (read.RunId, read.Data.Digest!);
                bool isInternal = makers.TryGetValue(key, out HashSet<string>? steps) && steps.Any(step => step != read.Step);
                if (isInternal || !asked.Add(key))
                {
                    continue;
                }

                // Of the runs that made the same before this one, the latest: by content any of them is a true answer.
                List<DataRow> producers = await store.ListUsesAsync(
                    read.Data.Digest!, isOutput: true, (read.RunId, "", ""), count: 1, cancellationToken).ConfigureAwait(false);
                if (producers is [{ Use: var producer }])
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
                    page = await store.ListUsesAsync(next, isOutput, before, PageOfRun, cancellationToken).ConfigureAwait(false);
                    foreach (DataRow row in page)
                    {
                        before = (row.Use.RunId, row.Use.Step, row.Item);
                        await FollowAsync(row, known, open, cancellationToken).ConfigureAwait(false);
                    }
                }
                while (!_isFull && page.Count == PageOfRun);
            }
        }

        return new LineageTrace(_uses, !_isFull);
    }

    /// <summary>What a step has read, and what all steps before it in its run have read and made.</summary>
    private async Task<List<DataUse>> CollectBehindAsync(DataUse made, CancellationToken cancellationToken)
    {
        List<DataUse> found = [];
        await foreach (DataRow row in ReadStepAsync(made.RunId, made.Step, cancellationToken).ConfigureAwait(false))
        {
            if (!row.Use.Data.IsOutput || row.Use.Data.Digest == made.Data.Digest)
            {
                found.Add(row.Use);
                Add(row);
            }
        }

        string? node = await store.FindNodeAsync(made.RunId, made.Step, cancellationToken).ConfigureAwait(false);
        if (node is null || !_surveyed.Add((made.RunId, node)))
        {
            return found;
        }

        HashSet<string>? behind = (await GraphAsync(made.RunId, cancellationToken).ConfigureAwait(false))?.Before(node);
        await foreach (DataRow row in ReadRunAsync(made.RunId, cancellationToken).ConfigureAwait(false))
        {
            if (row.Use.Step != made.Step && behind?.Contains(row.Node) != false)
            {
                found.Add(row.Use);
                Add(row);
            }
        }

        return found;
    }

    /// <summary>From a step that has made or read the data to what came of it in its run.</summary>
    private async Task FollowAsync(DataRow start, HashSet<string> known, Queue<string> open, CancellationToken cancellationToken)
    {
        if (_isFull)
        {
            return;
        }

        Add(start);
        DataUse use = start.Use;
        if (!use.Data.IsOutput)
        {
            // What a step makes after reading the data comes of it; what it makes beside making the data does not.
            await foreach (DataRow row in ReadStepAsync(use.RunId, use.Step, cancellationToken).ConfigureAwait(false))
            {
                Take(row);
            }
        }

        if (!_surveyed.Add((use.RunId, start.Node)))
        {
            return;
        }

        HashSet<string>? after = (await GraphAsync(use.RunId, cancellationToken).ConfigureAwait(false))?.After(start.Node);
        await foreach (DataRow row in ReadRunAsync(use.RunId, cancellationToken).ConfigureAwait(false))
        {
            if (row.Use.Step != use.Step && after?.Contains(row.Node) != false)
            {
                Take(row);
            }
        }

        void Take(DataRow row)
        {
            if (row.Use.Data.IsOutput)
            {
                Add(row);
                if (known.Add(row.Use.Data.Digest!))
                {
                    open.Enqueue(row.Use.Data.Digest!);
                }
            }
        }
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
}
