namespace Mlops.Serving;

internal sealed partial class ModelExecutor
{
    private const int MaximumGroups = 8;
    private readonly Lock _grouping = new();
    private volatile CallGroup[] _groups = [];

    private CallGroup FindGroup(TensorRequest request, out int rows)
    {
        foreach (CallGroup group in _groups)
        {
            if (!group.Layout.Fits(request, out rows))
                continue;
            group.Layout.CheckText(Model, request);
            return group;
        }

        var layout = RequestLayout.Of(Model, request, _session.Signature);
        rows = layout.Rows;
        return AddGroup(layout);
    }

    private CallGroup AddGroup(RequestLayout layout)
    {
        CallGroup added = NewGroup(layout);
        added.LastUse = Environment.TickCount64;
        CallGroup? evicted = null;
        lock (_grouping)
        {
            List<CallGroup> groups = [added, .. _groups];
            if (groups.Count > MaximumGroups)
            {
                evicted = groups.Skip(1).Where(group => group != RowGroup).MinBy(static group => group.LastUse)!;
                groups.Remove(evicted);
            }

            _groups = [.. groups];
        }

        evicted?.Dispose();
        return added;
    }

    private CallGroup NewGroup(RequestLayout layout) =>
        new(this, layout, new BatchController(Version.CannotBatch is null ? _context.Options.Batching.MaximumRows : 1, _time.TimestampFrequency));
}
