using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Serving;

namespace Quickstart;

/// <summary>The steps of <see cref="RetrainRidership"/>. Each may run again after a crash: keys make it find what it did before.</summary>
public sealed class Retraining(ReplayLog log, RidershipModels models, ModelRegistry registry, IModelRuntime runtime)
{
    /// <returns>The candidate's version.</returns>
    public async Task<int> TrainAsync(StepContext<RetrainRequest> context)
    {
        IReadOnlyList<TrainingRow> rows = await log.LabelledAsync(context.Parameters.Day, RetrainPolicy.TrainingDays, context.CancellationToken);
        List<TrainingRow> training = [.. rows.Take(rows.Count - RetrainPolicy.HoldOutDays)];
        ModelVersion version = await models.RegisterAsync("candidate", training, models.Fit(training), context.IdempotencyKey, null, context.CancellationToken);
        return version.Number;
    }

    public Task<CandidateDecision> JudgeAsync(int candidate, StepContext<RetrainRequest> context) =>
        JudgeAsync(candidate, context.Parameters, context.IdempotencyKey, context.CancellationToken);

    /// <summary>Lets the gate decide; the registry stores the evidence and moves the alias in one transaction.</summary>
    public async Task<CandidateDecision> JudgeAsync(int version, RetrainRequest request, string key, CancellationToken cancellationToken)
    {
        IReadOnlyList<TrainingRow> heldOut = await log.LabelledAsync(request.Day, RetrainPolicy.HoldOutDays, cancellationToken);
        var gate = new PairedErrorGate(runtime, heldOut);
        PromotionDecision decision = await registry.PromoteAsync(
            RidershipModels.Name, version, [PromotionGate.CompatibleSignature, gate], new() { Reason = request.Reason, IdempotencyKey = key }, cancellationToken);
        return new CandidateDecision(
            request.Day, request.Origin, request.Reason, decision.Previous!.Value, version, decision.Accepted, null, heldOut.Count, PairedErrorGate.VerdictOf(decision));
    }

    /// <summary>Fits the accepted candidate again on all days, with the reference and the error baseline that its monitor will need.</summary>
    /// <returns>The version served from the next day on.</returns>
    public async Task<int> RefitAsync(CandidateDecision decision, StepContext<RetrainRequest> context)
    {
        IReadOnlyList<TrainingRow> rows = await log.LabelledAsync(decision.Date, RetrainPolicy.TrainingDays, context.CancellationToken);
        LinearModel model = models.Fit(rows);
        ModelVersion version = await models.RegisterAsync("refit", rows, model, context.IdempotencyKey, decision.Candidate, context.CancellationToken);
        await models.SetReferenceAsync(version, rows, model, context.CancellationToken);
        await registry.SetAliasAsync(
            RidershipModels.Name, RidershipModels.Alias, version.Number, decision.Candidate,
            new() { Reason = $"version {decision.Candidate} fitted again on all days", IdempotencyKey = context.IdempotencyKey }, context.CancellationToken);
        return version.Number;
    }
}
