using Mlops.Onnx;

namespace Mlops.Serving.OnnxRuntime.Tests;

/// <summary>Delivers version 1, 2, 3, ... of a linear model whose answer for a row of zeros is its version.</summary>
internal sealed class LinearSource(int features) : IModelSource
{
    private long _version;

    public static byte[] Model(double[] weights, double bias, string[]? featureNames = null)
    {
        using var stream = new MemoryStream();
        OnnxLinearRegression.Write(stream, weights, bias, featureNames: featureNames);
        return stream.ToArray();
    }

    public ValueTask<ModelPackage?> LoadAsync(string model, long maximumBytes, CancellationToken cancellationToken = default)
    {
        long version = Interlocked.Increment(ref _version);
        return ValueTask.FromResult<ModelPackage?>(new ModelPackage { Content = Model(new double[features], version), Version = version });
    }
}
