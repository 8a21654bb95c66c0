using Mlops.Onnx;

namespace Mlops.Serving.OnnxRuntime;

/// <summary>Translates what an ONNX file declares into what can be served, or says why it cannot.</summary>
internal static class OnnxSignatures
{
    public static ModelSignature ToServing(string model, OnnxModel description)
    {
        if (description.Signature.Inputs.Count == 0 || description.Signature.Outputs.Count == 0)
            throw new ModelLoadException(model, ModelLoadFailure.Unsupported, $"its signature {description.Signature} lacks inputs or outputs.");

        return new ModelSignature(
            [.. description.Signature.Inputs.Select(value => ToSpec(model, "input", value))],
            [.. description.Signature.Outputs.Select(value => ToSpec(model, "output", value))],
            description.FeatureNames)
        {
            Platform = "onnx_onnxv1",
        };
    }

    private static TensorSpec ToSpec(string model, string role, OnnxValue value)
    {
        if (value.Kind != OnnxValueKind.Tensor)
            throw Unsupported("is no tensor; convert classifiers without ZipMap (zipmap=False)");
        if (OnnxElements.ToServed(value.ElementType) is not { } type)
            throw Unsupported("has elements that cannot be served");
        if (value.Shape is not { } shape)
            throw Unsupported("has an unknown number of dimensions; export it with its shape");
        if (shape.Any(static dimension => dimension.Size == 0))
            throw Unsupported("has a dimension of size 0");

        try
        {
            return new TensorSpec(
                value.Name,
                type,
                [.. shape.Select(static dimension => dimension.Size)],
                shape.Any(static dimension => dimension.Symbol is not null) ? [.. shape.Select(static dimension => dimension.Symbol)] : null);
        }
        catch (OverflowException)
        {
            throw Unsupported("has rows longer than 2 GiB");
        }

        ModelLoadException Unsupported(string why) => new(model, ModelLoadFailure.Unsupported, $"{role} '{value}' {why}.");
    }
}
