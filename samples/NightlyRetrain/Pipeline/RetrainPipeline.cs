using Mlops.Orchestration;

namespace NightlyRetrain;

/// <summary>Fits a model on the newest three years, compares it with the one that serves, and asks a person before it takes its place.</summary>
public sealed class RetrainPipeline : IPipelineDefinition<Night>
{
    private static readonly double[] Penalties = [0.0001, 0.001, 0.01, 0.1, 1];

    public void Define(PipelineBuilder<Night> p)
    {
        p.Serialize(NightJson.Default);

        Step<Dataset> data = p.With<Training>().Step("load", static (training, ctx) => training.LoadAsync(ctx))
            .WithRetry(RetryPolicy.Exponential(5, TimeSpan.FromSeconds(2)))
            .WithCheck("three-years", static d => d.Count >= 1_000 ? null : $"{d.Count} days are not enough")
            .WithCheck("no-holes", static d => d.DaysMissing == 0 ? null : $"{d.DaysMissing} days are missing", CheckSeverity.Warn);

        Step<double[]> penalties = p.Step("penalties", static _ => Task.FromResult(Penalties));
        Steps<Score> scores = p.With<Training>().ForEach(
            "validate", penalties, static all => all, static penalty => FormattableString.Invariant($"{penalty}"), data,
            static (training, penalty, d, ctx) => training.ValidateAsync(penalty, d, ctx)).WithCache();
        Step<double> penalty = p.Step("choose", scores, static (all, _) => Task.FromResult(all.MinBy(static score => score.Error)!.Penalty));

        Step<Candidate> candidate = p.With<Training>().Step("train", data, penalty, static (training, d, best, ctx) => training.TrainAsync(d, best, ctx))
            .WithTimeout(TimeSpan.FromHours(1));
        Step<Comparison> comparison = p.With<Release>().Step("compare", candidate, data, static (release, c, d, ctx) => release.CompareAsync(c, d, ctx));

        p.When(comparison, static c => c.IsWorthwhile).Then(b =>
        {
            ApprovalStep approval = b.Approval("approve", comparison, static c => $"Serve {c}?");
            b.With<Release>().Step("promote", comparison, approval, static (release, c, decision, ctx) => release.PromoteAsync(c, decision, ctx));
        });
    }
}
