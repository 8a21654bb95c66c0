using Mlops.Orchestration.Testing;

namespace Mlops.Orchestration.Tests;

/// <summary>What must hold of every run's log, whatever happened to the processes that wrote it.</summary>
internal static class LogInvariants
{
    public static async Task<List<RunEvent>> ReadAsync(Pipelines pipelines, long runId)
    {
        List<RunEvent> log = [];
        await foreach (RunEvent entry in pipelines.WatchAsync(runId))
        {
            log.Add(entry);
        }

        return log;
    }

    /// <summary>Checks a finished run.</summary>
    public static async Task<List<RunEvent>> CheckAsync(Pipelines pipelines, long runId)
    {
        List<RunEvent> log = await ReadAsync(pipelines, runId);
        IReadOnlyList<StepStatus> steps = await (await pipelines.GetAsync(runId)).GetStepsAsync();

        Assert.That(log.Select(static e => e.Sequence), Is.EqualTo(Enumerable.Range(1, log.Count).Select(static n => (long)n)), "numbers without gaps");
        Assert.That(log[0], Is.TypeOf<RunStarted>());
        Assert.That(log[^1], Is.TypeOf<RunSucceeded>().Or.TypeOf<RunFailed>().Or.TypeOf<RunCancelled>());
        Assert.That(log.Count(static e => e is RunSucceeded or RunFailed or RunCancelled), Is.EqualTo(1), "one end");
        Assert.That(steps.Select(static s => s.State), Has.None.AnyOf(StepState.Waiting, StepState.Ready, StepState.Running, StepState.AwaitingApproval), "nothing open after the end");

        PipelineRun run = await pipelines.GetAsync(runId);
        if (pipelines.Graphs.FirstOrDefault(graph => graph.Hash == run.GraphHash) is { } graph)
        {
            Assert.That(RunInvariants.Check(graph, log, steps), Is.Empty);
        }

        foreach (IGrouping<string, StepEvent> step in log.OfType<StepEvent>().GroupBy(static e => e.Step))
        {
            CheckStep(step.Key, [.. step], steps.Single(s => s.Key == step.Key));
        }

        return log;
    }

    /// <summary>The most steps whose keys begin so that ran at once, as the log tells it.</summary>
    public static int MostAtOnce(List<RunEvent> log, string prefix)
    {
        HashSet<string> running = [];
        int most = 0;
        foreach (AttemptEvent entry in log.OfType<AttemptEvent>().Where(e => e.Step.StartsWith(prefix, StringComparison.Ordinal)))
        {
            if (entry is StepStarted)
            {
                running.Add(entry.Step);
            }
            else if (entry is not (StepFenced or StepMemoized or StepChecked))
            {
                running.Remove(entry.Step);
            }

            most = int.Max(most, running.Count);
        }

        return most;
    }

    private static void CheckStep(string key, StepEvent[] log, StepStatus status)
    {
        StepEvent[] successes = [.. log.Where(static e => e is StepSucceeded or StepReused or StepCached)];
        Assert.That(successes, Has.Length.EqualTo(status.State == StepState.Succeeded ? 1 : 0), $"{key} commits at most once");

        AttemptEvent[] attempts = [.. log.OfType<AttemptEvent>().Where(static e => e is not (StepFenced or StepMemoized or StepChecked))];
        Assert.That(attempts.Select(static e => e.FencingToken), Is.Ordered, $"{key}: tokens never fall");
        StepStarted[] starts = [.. attempts.OfType<StepStarted>()];
        Assert.That(starts.Select(static e => e.FencingToken), Is.Unique.And.Ordered, $"{key}: every attempt has a larger token");
        Assert.That(starts.Select(static e => e.Attempt), Is.EqualTo(Enumerable.Range(1, starts.Length)), $"{key}: attempts are counted");
        Assert.That(status.Attempts, Is.EqualTo(starts.Length));

        // Every attempt ends in one way before the next begins.
        for (int i = 0; i < attempts.Length; i++)
        {
            bool isStart = attempts[i] is StepStarted;
            Assert.That(isStart, Is.EqualTo(i % 2 == 0), $"{key}: start and end alternate, entry {i} is {attempts[i].GetType().Name}");
        }
    }
}
