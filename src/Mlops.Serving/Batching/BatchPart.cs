namespace Mlops.Serving;

/// <summary>The calls of a runner that go into one run: all of a batch, or what is left to find the guilty call of one that failed.</summary>
/// <param name="Start">Place of the first.</param>
/// <param name="Count">Places, of which some may be empty.</param>
/// <param name="Calls">Calls in them.</param>
/// <param name="Rows">Their rows.</param>
/// <param name="Group">What they have in common.</param>
/// <param name="IsRerun">Whether they have been run before.</param>
internal readonly record struct BatchPart(int Start, int Count, int Calls, int Rows, CallGroup Group, bool IsRerun)
{
    /// <summary><c>null</c> when no call is left.</summary>
    public static BatchPart? Of(Runner runner, int start, int count, bool isRerun)
    {
        int calls = 0, rows = 0;
        CallGroup? group = null;
        foreach (ModelCall? call in runner.Calls.Slice(start, count))
        {
            if (call is null)
                continue;
            call.FirstRow = rows;
            rows += call.Rows;
            calls++;
            group = call.Group;
        }

        return group is null ? null : new BatchPart(start, count, calls, rows, group, isRerun);
    }

    /// <summary>Whether a place of the runner belongs to it.</summary>
    public bool Has(int place) => place >= Start && place < Start + Count;

    public Span<ModelCall?> In(Runner runner) => runner.Calls.Slice(Start, Count);
}
