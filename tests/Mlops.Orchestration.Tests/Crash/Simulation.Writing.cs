namespace Mlops.Orchestration.Tests;

internal sealed partial class Simulation
{
    /// <summary>As many as a worker commits together.</summary>
    private const int MaximumBatch = 256;

    private readonly HashSet<(string Step, long Epoch)> _committed = [];

    /// <summary>Transactions in which some results counted and others did not.</summary>
    public int MixedBatches { get; private set; }

    private async Task WriteAsync(bool all)
    {
        while (_results.Count > 0)
        {
            int index = _random.Next(_results.Count);
            if (_random.Next(2) == 0 || !await TryWriteTogetherAsync(_results[index].Worker, all))
            {
                await WriteOneAsync(index, all);
            }

            if (!all)
            {
                return;
            }
        }
    }

    private async Task WriteOneAsync(int index, bool all)
    {
        (int worker, ClaimedStep step, StepOutcome outcome) = _results[index];
        bool again = !all && _random.Next(4) == 0;
        if (!again)
        {
            _results.RemoveAt(index);
        }

        CommitResult? result = await WriteAsync(step, outcome, _random.Next(2) == 0 ? Name(worker) : null);
        Note($"write {step.Key}#{step.Attempt}{(again ? ", and keep it" : "")}: {result?.Status}");
        if (result is not null)
        {
            See(worker, step, outcome, result);
        }
    }

    /// <summary>Some of the results of a worker in one transaction, now and then one of them twice; false when it has none that succeeded.</summary>
    private async Task<bool> TryWriteTogetherAsync(int worker, bool all)
    {
        List<(int Worker, ClaimedStep Step, StepOutcome Outcome)> batch = [];
        foreach ((int Worker, ClaimedStep Step, StepOutcome Outcome) result in _results.Where(result => result.Worker == worker && result.Outcome is StepOutcome.Succeeded).ToArray())
        {
            for (int times = _random.Next(8) switch { 0 => 2, < 3 => 0, _ => 1 }; times > 0 && batch.Count < MaximumBatch; times--)
            {
                batch.Insert(_random.Next(batch.Count + 1), result);
            }

            if (batch.Contains(result) && (all || _random.Next(4) != 0))
            {
                _results.Remove(result);
            }
        }

        if (batch.Count == 0)
        {
            return false;
        }

        string? continueAs = _random.Next(2) == 0 ? Name(worker) : null;
        List<StepCompletion> completions = batch.ConvertAll(result => Complete(result.Step, (StepOutcome.Succeeded)result.Outcome, continueAs));
        CommitResult[] results = await _pipelines.Store.CommitAsync(completions[0].Step.Run.Id, completions[0].Durability, () => completions, default);
        Note($"write together {string.Join(", ", batch.Zip(results, static (one, result) => $"{one.Step.Key}#{one.Step.Attempt}: {result.Status}"))}");
        for (int i = 0; i < results.Length; i++)
        {
            See(worker, batch[i].Step, batch[i].Outcome, results[i]);
        }

        MixedBatches += results.DistinctBy(static result => result.Status).Count() > 1 ? 1 : 0;
        return true;
    }

    /// <summary>Whether a result counts depends on nothing that it is written with.</summary>
    private void See(int worker, ClaimedStep step, StepOutcome outcome, CommitResult result)
    {
        if (outcome is StepOutcome.Succeeded)
        {
            bool known = _committed.Contains((step.Key, step.Epoch));
            Assert.That(result.Status == CommitStatus.AlreadyCommitted, Is.EqualTo(known), $"a result is known once it was committed: {step.Key}#{step.Attempt}, {result.Status}");
            if (result.Status == CommitStatus.Committed)
            {
                _committed.Add((step.Key, step.Epoch));
            }
        }

        if (result.Next is { } next)
        {
            Note($"claim {next.Key}#{next.Attempt} by {worker} with it");
            _claims.Add((worker, next));
        }
    }

    private StepCompletion Complete(ClaimedStep step, StepOutcome.Succeeded done, string? continueAs)
    {
        PipelineGraph graph = _pipelines.Graphs[0];
        return new StepCompletion(step, graph, graph.FindNode(step.Node)!, done.Output, done.Payload, [], continueAs);
    }

    private async Task<CommitResult?> WriteAsync(ClaimedStep step, StepOutcome outcome, string? continueAs)
    {
        PipelineGraph graph = _pipelines.Graphs[0];
        PipelineNode node = graph.FindNode(step.Node)!;
        return outcome switch
        {
            StepOutcome.Succeeded done => await _pipelines.Store.CommitAsync(Complete(step, done, continueAs), default),
            StepOutcome.Failed failed => await _pipelines.Store.FailAsync(
                new StepFailure(step, graph, node, failed.Error, failed.Kind, failed.IsPermanent ? null : TimeSpan.FromSeconds(1), continueAs), default),
            StepOutcome.Asked asked => await _pipelines.Store.AskAsync(step, asked.Question, null, continueAs, default),
            StepOutcome.Released released => await _pipelines.Store.ReleaseAsync(step, released.Reason, default),
            _ => null,
        };
    }
}
