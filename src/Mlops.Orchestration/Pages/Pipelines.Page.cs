namespace Mlops.Orchestration;

public sealed partial class Pipelines
{
    /// <summary>A page of a longer log shows its beginning.</summary>
    private const int MaximumEventsOfPage = 20_000;

    private const int MaximumExplanations = 200;

    internal async Task<string> RenderAsync(PipelineRun run, CancellationToken cancellationToken)
    {
        List<RunEvent> events = [];
        for (int read = EventPage; read == EventPage && events.Count < MaximumEventsOfPage;)
        {
            List<RunEvent> page = await Store.ReadEventsAsync(run.Id, events.Count + 1, EventPage, cancellationToken).ConfigureAwait(false);
            events.AddRange(page);
            read = page.Count;
        }

        List<StepStatus> steps = await Store.ListStepsAsync(run.Id, cancellationToken).ConfigureAwait(false);
        PipelineGraph? graph = _byName.GetValueOrDefault(run.Pipeline) is { } known && known.Hash == run.GraphHash ? known : null;
        Dictionary<string, CacheExplanation> cache = new(StringComparer.Ordinal);
        foreach (StepStatus step in steps.Where(step => graph?.FindNodeOfStep(step.Key)?.Cache is not null).Take(MaximumExplanations))
        {
            if (await Store.ExplainAsync(run.Id, step.Key, cancellationToken).ConfigureAwait(false) is { } explanation)
            {
                cache.Add(step.Key, explanation);
            }
        }

        List<(string Step, StepLogLine Line)> lines = await Store.ReadLogAsync(run.Id, key: null, RunPage.MaximumLines + 1, cancellationToken).ConfigureAwait(false);
        IReadOnlyList<DataUse> data = await ListDataAsync(run.Id, RunPage.MaximumData + 1, after: null, cancellationToken).ConfigureAwait(false);
        return new RunPage(run, steps, events, graph, cache, lines, data).Render();
    }
}
