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
            description.FeatureNames);
    }

    private static TensorSpec ToSpec(string model, string role, OnnxValue value)
    {
        if (value.Kind != OnnxValueKind.Tensor)
            throw Unsupported("is no tensor; convert classifiers without ZipMap (zipmap=False)");
        if (ToType(value.ElementType) is not { } type)
            throw Unsupported("has elements that cannot be served");
        if (value.Shape is not { Count: > 0 } shape || (shape[0].IsFixed && shape[0].Size != 1))
            throw Unsupported("has no first dimension that counts rows (free, or 1)");
        if (shape.Skip(1).Any(static dimension => dimension.Size < 1))
            throw Unsupported("has rows of unknown length; fix every dimension but the first");

        try
        {
            return new TensorSpec(value.Name, type, [.. shape.Select(static dimension => dimension.Size)]);
        }
        catch (OverflowException)
        {
            throw Unsupported("has rows longer than 2 GiB");
        }

        ModelLoadException Unsupported(string why) => new(model, ModelLoadFailure.Unsupported, $"{role} '{value}' {why}.");
    }

    private static TensorDataType? ToType(OnnxElementType type) => type switch
    {
        OnnxElementType.Boolean => TensorDataType.Boolean,
        OnnxElementType.UInt8 => TensorDataType.UInt8,
        OnnxElementType.UInt16 => TensorDataType.UInt16,
        OnnxElementType.UInt32 => TensorDataType.UInt32,
        OnnxElementType.UInt64 => TensorDataType.UInt64,
        OnnxElementType.Int8 => TensorDataType.Int8,
        OnnxElementType.Int16 => TensorDataType.Int16,
        OnnxElementType.Int32 => TensorDataType.Int32,
        OnnxElementType.Int64 => TensorDataType.Int64,
        OnnxElementType.Float16 => TensorDataType.Float16,
        OnnxElementType.BFloat16 => TensorDataType.BFloat16,
        OnnxElementType.Float32 => TensorDataType.Float32,
        OnnxElementType.Float64 => TensorDataType.Float64,
        _ => null,
    };
}
