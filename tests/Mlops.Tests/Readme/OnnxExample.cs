// readme: begin
using Mlops.Onnx;
// readme: end

namespace Mlops.Tests.Readme.Onnx;

/// <summary>The first example of Mlops.Onnx.</summary>
[TestFixture]
public sealed class OnnxExample : ReadmeExample
{
    [Test]
    public void It_prints_what_the_readme_shows()
    {
        // given: begin
        using (FileStream candidate = File.Create("candidate.onnx"))
            OnnxLinearRegression.Write(candidate, weights: [0.8, 1.5, 1.0], bias: 2.0);
        // given: end

        // readme: begin
        using var file = new MemoryStream();
        OnnxLinearRegression.Write(file, weights: [0.8, 1.5], bias: 2.0, featureNames: ["lag_7", "is_workday"]);

        OnnxModel model = OnnxModel.Read(file.ToArray());
        Console.WriteLine(model.Signature);
        Console.WriteLine(string.Join(", ", model.FeatureNames!));
        Console.WriteLine($"self-contained: {model.IsSelfContained}");

        OnnxModel wider = OnnxModel.Read(File.ReadAllBytes("candidate.onnx"));      // three features instead of two
        if (!wider.Signature.IsCompatibleWith(model.Signature, out IReadOnlyList<string> differences))
            Console.WriteLine(string.Join("; ", differences));
        // readme: end

        AssertShownIn("src/Mlops.Onnx/README.md");
    }
}
