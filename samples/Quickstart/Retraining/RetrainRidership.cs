using Mlops.Orchestration;

namespace Quickstart;

/// <summary>Train on all but the newest labelled days, judge on exactly those, and only if better fit again on all of them.</summary>
public sealed class RetrainRidership : IPipelineDefinition<RetrainRequest>
{
    public void Define(PipelineBuilder<RetrainRequest> p)
    {
        p.Serialize(QuickstartJson.Default);
        Step<int> candidate = p.With<Retraining>().Step("train", static (retraining, ctx) => retraining.TrainAsync(ctx));
        Step<CandidateDecision> decision = p.With<Retraining>().Step("judge", candidate, static (retraining, c, ctx) => retraining.JudgeAsync(c, ctx));
        p.When(decision, static d => d.Accepted)
            .Then(b => b.With<Retraining>().Step("refit", decision, static (retraining, d, ctx) => retraining.RefitAsync(d, ctx)));
    }

    /// <summary>Both kinds of alarm of one day start one run.</summary>
    public static string KeyOf(DateOnly day) => $"retrain/{day:yyyy-MM-dd}";
}
