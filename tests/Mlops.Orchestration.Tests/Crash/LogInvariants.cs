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

        PipelineRun run = await pipelines.GetAsync(runId);
        Assert.That(RunInvariants.Check(pipelines.Graphs.FirstOrDefault(graph => graph.Hash == run.GraphHash), log, steps), Is.Empty);
        Assert.That(log[0], Is.TypeOf<RunStarted>());
        foreach (IGrouping<string, AttemptEvent> step in log.OfType<AttemptEvent>().GroupBy(static e => e.Step))
        {
            CheckStep(step.Key, [.. step.Where(static e => e is not (StepFenced or StepMemoized or StepChecked))]);
        }

        return log;
    }

    /// <summary>Every attempt ends in one way before the next begins.</summary>
    private static void CheckStep(string key, AttemptEvent[] attempts)
    {
        for (int i = 0; i < attempts.Length; i++)
        {
            bool isStart = attempts[i] is StepStarted;
            Assert.That(isStart, Is.EqualTo(i % 2 == 0), $"{key}: start and end alternate, entry {i} is {attempts[i].GetType().Name}");
        }
    }
}
