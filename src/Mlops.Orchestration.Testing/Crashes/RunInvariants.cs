namespace Mlops.Orchestration.Testing;

/// <summary>What must hold of every run that is over, whatever happened to the processes that wrote its log. Each finding begins with the rule's name.</summary>
internal static class RunInvariants
{
    public const string CommittedOnce = "committed once";
    public const string NothingOpen = "nothing open after the end";
    public const string LogWhole = "log without gaps";
    public const string TokensGrow = "tokens grow";
    public const string InputsFirst = "inputs before successors";
    public const string LimitsKept = "limits kept";
    public const string AttemptsCounted = "attempts counted";

    /// <param name="graph">Null where nobody knows it any more: what it says of inputs and limits is not looked at then.</param>
    /// <param name="log">The whole log.</param>
    /// <param name="steps">All steps as they stand.</param>
    public static List<string> Check(PipelineGraph? graph, IReadOnlyList<RunEvent> log, IReadOnlyList<StepStatus> steps)
    {
        List<string> findings = [];
        CheckEnds(log, steps, findings);
        ILookup<string, StepEvent> byStep = log.OfType<StepEvent>().ToLookup(static entry => entry.Step, StringComparer.Ordinal);
        Dictionary<string, long> committed = new(StringComparer.Ordinal);
        foreach (StepEvent entry in log.OfType<StepEvent>().Where(static entry => entry is StepSucceeded or StepReused or StepCached))
        {
            committed.TryAdd(entry.Step, entry.Sequence);
        }

        foreach (StepStatus step in steps)
        {
            StepEvent[] entries = [.. byStep[step.Key]];
            int commits = entries.Count(static entry => entry is StepSucceeded or StepReused or StepCached);
            if (commits != (step.State == StepState.Succeeded ? 1 : 0))
            {
                findings.Add($"{CommittedOnce}: '{step.Key}' is {step.State} and has {commits} commits");
            }

            CheckAttempts(graph, step, [.. entries.OfType<AttemptEvent>()], findings);
            CheckInputs(graph, step, entries, committed, findings);
        }

        CheckLimits(graph, log, findings);
        return findings;
    }

    private static void CheckEnds(IReadOnlyList<RunEvent> log, IReadOnlyList<StepStatus> steps, List<string> findings)
    {
        for (int i = 0; i < log.Count; i++)
        {
            if (log[i].Sequence != i + 1)
            {
                findings.Add(FormattableString.Invariant($"{LogWhole}: entry {i + 1} has the number {log[i].Sequence}"));
                break;
            }
        }

        int ends = log.Count(static entry => entry is RunSucceeded or RunFailed or RunCancelled);
        if (ends != 1 || log[^1] is not (RunSucceeded or RunFailed or RunCancelled))
        {
            findings.Add($"{NothingOpen}: the log has {ends} ends, and its last entry is {log[^1].GetType().Name}");
        }

        foreach (StepStatus step in steps.Where(static step => step.State is StepState.Waiting or StepState.Ready or StepState.Running or StepState.AwaitingApproval))
        {
            findings.Add($"{NothingOpen}: '{step.Key}' is {step.State}");
        }
    }

    private static void CheckAttempts(PipelineGraph? graph, StepStatus step, AttemptEvent[] entries, List<string> findings)
    {
        AttemptEvent[] own = [.. entries.Where(static entry => entry is not (StepFenced or StepMemoized or StepChecked))];
        long token = 0;
        foreach (AttemptEvent entry in own)
        {
            if (entry is StepStarted ? entry.FencingToken <= token : entry.FencingToken != token)
            {
                findings.Add(FormattableString.Invariant($"{TokensGrow}: '{step.Key}' has {entry.FencingToken} after {token} in entry {entry.Sequence}"));
            }

            token = entry.FencingToken;
        }

        int starts = own.Count(static entry => entry is StepStarted);
        int failed = entries.Count(static entry => entry is StepRetryScheduled or StepFailed { Kind: not StepFailureKind.Lost });
        int given = entries.Count(static entry => entry is StepReclaimed or StepReleased or ApprovalRequested);
        if (starts != step.Attempts || !own.OfType<StepStarted>().Select(static entry => entry.Attempt).SequenceEqual(Enumerable.Range(1, starts)))
        {
            findings.Add($"{AttemptsCounted}: '{step.Key}' has {starts} starts and {step.Attempts} attempts");
        }

        int allowed = graph?.FindNodeOfStep(step.Key)?.Retry.Attempts ?? int.MaxValue;
        if (failed > allowed || starts > allowed + given)
        {
            findings.Add($"{AttemptsCounted}: '{step.Key}' started {starts} times and failed {failed} times; {allowed} attempts are allowed, and {given} were given back");
        }
    }

    private static void CheckInputs(
        PipelineGraph? graph, StepStatus step, StepEvent[] entries, Dictionary<string, long> committed, List<string> findings)
    {
        if (entries.OfType<StepStarted>().FirstOrDefault() is not { } first || graph?.FindNodeOfStep(step.Key) is not { } node)
        {
            return;
        }

        foreach (PipelineNode source in node.Sources().Where(source => node.Kind != NodeKind.Item || source is not RepeatNode))
        {
            // A group counts with all of its steps.
            string prefix = source.Key + "[";
            foreach (string key in committed.Keys.Where(key => key == source.Key || (source is ExpandNode && key.StartsWith(prefix, StringComparison.Ordinal))).Prepend(source.Key))
            {
                if (committed.GetValueOrDefault(key, long.MaxValue) > first.Sequence)
                {
                    findings.Add(FormattableString.Invariant($"{InputsFirst}: '{step.Key}' started in entry {first.Sequence}, before '{key}' was committed"));
                }
            }
        }
    }

    private static void CheckLimits(PipelineGraph? graph, IReadOnlyList<RunEvent> log, List<string> findings)
    {
        Dictionary<PipelineNode, HashSet<string>> running = [];
        foreach (AttemptEvent entry in log.OfType<AttemptEvent>())
        {
            if (graph?.FindNodeOfStep(entry.Step) is not { MaximumParallel: { } limit } node)
            {
                continue;
            }

            HashSet<string> steps = running.TryGetValue(node, out HashSet<string>? known) ? known : running[node] = new(StringComparer.Ordinal);
            if (entry is StepStarted)
            {
                steps.Add(entry.Step);
                if (steps.Count > limit)
                {
                    findings.Add(FormattableString.Invariant($"{LimitsKept}: {steps.Count} steps of '{node.Key}' ran at once in entry {entry.Sequence}, {limit} may"));
                }
            }
            else if (entry is not (StepFenced or StepMemoized or StepChecked))
            {
                steps.Remove(entry.Step);
            }
        }
    }
}
