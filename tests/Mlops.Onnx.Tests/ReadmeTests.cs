namespace Mlops.Onnx.Tests;

public sealed class ReadmeTests
{
    [Test]
    public void The_example_prints_what_the_readme_shows()
    {
        using var file = new MemoryStream();
        OnnxLinearRegression.Write(file, weights: [0.8, 1.5], bias: 2.0, featureNames: ["lag_7", "is_workday"]);
        using var candidate = new MemoryStream();
        OnnxLinearRegression.Write(candidate, weights: [0.8, 1.5, 1], bias: 2.0);

        OnnxModel model = OnnxModel.Read(file.ToArray());
        OnnxModel wider = OnnxModel.Read(candidate.ToArray());
        wider.Signature.IsCompatibleWith(model.Signature, out IReadOnlyList<string> differences);

        Assert.That(model.Signature.ToString(), Is.EqualTo("(features: float32[batch,2]) -> (prediction: float32[batch,1])"));
        Assert.That(string.Join(", ", model.FeatureNames!), Is.EqualTo("lag_7, is_workday"));
        Assert.That(model.IsSelfContained, Is.True);
        Assert.That(string.Join("; ", differences), Is.EqualTo("input 'features' was float32[batch,2] and is float32[batch,3]"));
    }
}
