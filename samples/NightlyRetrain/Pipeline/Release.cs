using System.Runtime.InteropServices;
using Mlops.Orchestration;
using Mlops.Registry;
using Mlops.Serving;

namespace NightlyRetrain;

/// <summary>The steps that put a candidate in the place of the version that serves.</summary>
public sealed class Release(ModelRegistry registry, IModelRuntime runtime)
{
    public const string Model = "ridership", Alias = "champion";

    /// <summary>Both as the files that would serve, on the same days. Neither was fitted on them.</summary>
    public async Task<Comparison> CompareAsync(Candidate candidate, Dataset data, StepContext<Night> context)
    {
        ModelVersion? champion = await registry.FindAsync($"{Model}@{Alias}", context.CancellationToken);
        Day[] heldOut = Training.HeldOut(await Training.ReadAsync(data, context));
        double error = await ErrorAsync(await registry.GetAsync($"{Model}/{candidate.Version}", context.CancellationToken), heldOut, context.CancellationToken);
        double? championError = champion is null ? null : await ErrorAsync(champion, heldOut, context.CancellationToken);
        var comparison = new Comparison(candidate.Version, error, champion?.Number, championError);
        context.Logger.LogInformation("{Comparison}: {Verdict}", comparison, comparison.IsWorthwhile ? "worthwhile" : "not worth a change");
        return comparison;
    }

    /// <returns>The version that serves from now on.</returns>
    public async Task<int> PromoteAsync(Comparison comparison, StepApproval approval, StepContext<Night> context)
    {
        try
        {
            await registry.SetAliasAsync(
                Model, Alias, comparison.Version, comparison.Champion,
                new() { Actor = approval.Actor, Reason = $"{comparison}", IdempotencyKey = context.IdempotencyKey }, context.CancellationToken);
            return comparison.Version;
        }
        catch (AliasConflictException e)
        {
            // Another version serves than the one it was compared with: trying again would not help.
            throw new PermanentStepException(e.Message, e);
        }
    }

    private async Task<double> ErrorAsync(ModelVersion version, Day[] days, CancellationToken cancellationToken)
    {
        var package = new ModelPackage { Content = await registry.ReadAsync(version, cancellationToken), Version = version.Number };
        using IModelSession session = runtime.Load(Model, package, cancellationToken);
        using IModelSlot slot = session.CreateSlot(SlotShape.For(session.Signature, days.Length));
        Span<float> inputs = MemoryMarshal.Cast<byte, float>(slot.GetInput(0, days.Length));
        for (int i = 0; i < days.Length; i++)
            days[i].ToInputs().CopyTo(inputs[(i * Day.InputCount)..]);
        slot.Run(days.Length);

        ReadOnlySpan<float> predictions = MemoryMarshal.Cast<byte, float>(slot.GetOutput(0, days.Length));
        double sum = 0;
        for (int i = 0; i < days.Length; i++)
            sum += Math.Abs(days[i].Entries - predictions[i]);
        return sum / days.Length;
    }
}
