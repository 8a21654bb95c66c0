using Mlops.Onnx;

namespace Mlops.Registry;

internal sealed class SignatureGate : IPromotionGate
{
    public string Name => "signature";

    public async ValueTask<GateResult> EvaluateAsync(PromotionContext context, CancellationToken cancellationToken)
    {
        if (context.Current is null)
        {
            return new GateResult(Passed: true, "no version to be compatible with");
        }

        OnnxModel candidate = await context.Registry.ReadOnnxAsync(context.Candidate, cancellationToken).ConfigureAwait(false);
        OnnxModel current = await context.Registry.ReadOnnxAsync(context.Current, cancellationToken).ConfigureAwait(false);
        return candidate.Signature.IsCompatibleWith(current.Signature, out IReadOnlyList<string> differences)
            ? new GateResult(Passed: true, $"compatible with version {context.Current.Number}")
            : new GateResult(Passed: false, string.Join("; ", differences));
    }
}
