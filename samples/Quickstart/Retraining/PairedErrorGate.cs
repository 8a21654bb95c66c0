using System.Runtime.InteropServices;
using Mlops.Registry;
using Mlops.Serving;

namespace Quickstart;

/// <summary>Passes a candidate that predicts the held-out days better than the champion, both as the ONNX models that would serve.</summary>
public sealed class PairedErrorGate(IModelRuntime runtime, IReadOnlyList<TrainingRow> heldOut) : IPromotionGate
{
    private const string ChampionError = "champion_error", CandidateError = "candidate_error", P = "p";

    public string Name => "held-out errors";

    public async ValueTask<GateResult> EvaluateAsync(PromotionContext context, CancellationToken cancellationToken = default)
    {
        if (context.Current is not { } current)
            return GateResult.Undecided("there is no champion to compare with");
        double[] champion = Errors(await context.Registry.ReadAsync(current, cancellationToken), current.Number);
        double[] candidate = Errors(await context.Registry.ReadAsync(context.Candidate, cancellationToken), context.Candidate.Number);
        PairedVerdict verdict = PairedErrorTest.Compare(champion, candidate);
        string reason = $"mean error {verdict.CandidateError:F3} against {verdict.ChampionError:F3} on {heldOut.Count} days, {ReportText.P(verdict.PValue)}";
        (string, double)[] numbers = [(ChampionError, verdict.ChampionError), (CandidateError, verdict.CandidateError), (P, verdict.PValue), ("days", heldOut.Count)];
        return verdict.CandidateIsBetter(RetrainPolicy.GateLevel) ? GateResult.Pass(reason, numbers) : GateResult.Fail(reason, numbers);
    }

    /// <summary>The numbers that a stored decision was made on.</summary>
    public static PairedVerdict VerdictOf(PromotionDecision decision)
    {
        GateOutcome outcome = decision.Gates.Single(gate => gate.Numbers.ContainsKey(P));
        return new PairedVerdict(outcome.Numbers[ChampionError], outcome.Numbers[CandidateError], outcome.Numbers[P]);
    }

    private double[] Errors(byte[] model, int version)
    {
        var package = new ModelPackage { Content = model, Version = version };
        using IModelSession session = runtime.Load(RidershipModels.Name, package, CancellationToken.None);
        using IModelSlot slot = session.CreateSlot(SlotShape.For(session.Signature, heldOut.Count));
        Span<float> input = MemoryMarshal.Cast<byte, float>(slot.GetInput(0, heldOut.Count));
        int width = input.Length / heldOut.Count;
        for (int i = 0; i < heldOut.Count; i++)
            heldOut[i].Features.CopyTo(input[(i * width)..]);
        slot.Run(heldOut.Count);
        ReadOnlySpan<float> output = MemoryMarshal.Cast<byte, float>(slot.GetOutput(0, heldOut.Count));
        double[] errors = new double[heldOut.Count];
        for (int i = 0; i < errors.Length; i++)
            errors[i] = Math.Abs(heldOut[i].Target - output[i]);
        return errors;
    }
}
