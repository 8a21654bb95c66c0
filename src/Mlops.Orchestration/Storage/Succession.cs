namespace Mlops.Orchestration;

/// <summary>
/// What results that are committed together bring forward: each successor is told once of all that it waited for, and the slots of the
/// attempts that have ended go on with what is ready.
/// </summary>
/// <param name="completions">The results, of one run and one worker.</param>
internal sealed class Succession(IReadOnlyList<StepCompletion> completions)
{
    private readonly OrderedDictionary<PipelineNode, (long Delta, StepCompletion By)> _told = new();

    /// <summary>Notes that nodes no longer wait for a result.</summary>
    public void Tell(List<PipelineNode> nodes, long delta, StepCompletion by)
    {
        foreach (PipelineNode node in nodes)
        {
            _told[node] = (_told.TryGetValue(node, out (long Delta, StepCompletion By) known) ? known.Delta + delta : delta, by);
        }
    }

    /// <summary>Tells the nodes, and gives the slots of committed results their next steps.</summary>
    public void Complete(RunTransaction run, CommitResult?[] results)
    {
        RunInfo info = completions[0].Step.Run;
        List<int> free = [];
        if (!run.IsPaused && !run.MustYield)
        {
            free.AddRange(Enumerable.Range(0, results.Length).Where(i => results[i] is not null && completions[i].ContinueAs is not null));
        }

        string worker = free.Count == 0 ? "" : completions[free[0]].ContinueAs!;
        foreach ((PipelineNode node, (long delta, StepCompletion by)) in _told)
        {
            if (free.Count == 0)
            {
                run.Activate(node.Key, delta);
            }
            else if (run.ActivateAndClaim(node.Key, delta, info, worker) is { } next)
            {
                // Best the slot that has the input in its hands.
                int slot = int.Max(free.FindIndex(i => ReferenceEquals(completions[i], by)), 0);
                GiveNext(free[slot], next);
                free.RemoveAt(slot);
            }
        }

        if (free.Count > 0 && run.MayHaveReady)
        {
            List<ClaimedStep> claimed = run.Claim(info, worker, free.Count);
            for (int i = 0; i < claimed.Count; i++)
            {
                GiveNext(free[i], claimed[i]);
            }
        }

        void GiveNext(int index, ClaimedStep next) => results[index] = results[index]! with { Next = next };
    }
}
