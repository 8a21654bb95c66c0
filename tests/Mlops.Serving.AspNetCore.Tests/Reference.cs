using System.Text.Json;

namespace Mlops.Serving.AspNetCore.Tests;

/// <summary>The models of tests/reference and what the framework that trained each said.</summary>
internal static class Reference
{
    public static readonly string[] Models =
    [
        "digits/1", "digits/2", "digits_cnn/1", "breast_cancer_logreg/1", "breast_cancer_mlp/1", "breast_cancer_gbdt/1", "diabetes_mlp/1", "diabetes_gbdt/1",
    ];

    public static string Folder => Path.Combine(AppContext.BaseDirectory, "reference", "serving");

    public static ReferenceRows Rows(string model)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, model, "reference.json")));
        JsonElement root = document.RootElement;
        return new ReferenceRows(
            [.. root.GetProperty("inputs").EnumerateArray().Select(Read)],
            [.. root.GetProperty("outputs").EnumerateArray().Select(Read)],
            root.GetProperty("atol").GetDouble(),
            root.GetProperty("rtol").GetDouble());
    }

    private static ReferenceTensor Read(JsonElement tensor) => new(
        tensor.GetProperty("name").GetString()!,
        tensor.GetProperty("datatype").GetString()!,
        [.. tensor.GetProperty("shape").EnumerateArray().Select(static size => size.GetInt64())],
        [.. tensor.GetProperty("data").EnumerateArray().Select(static value => value.GetDouble())]);
}

internal sealed record ReferenceRows(ReferenceTensor[] Inputs, ReferenceTensor[] Outputs, double Absolute, double Relative)
{
    /// <summary>Compares values with the reference rows from one on.</summary>
    public void AssertClose(ReferenceTensor expected, double[] actual, int firstRow)
    {
        Assert.That(actual, Has.Length.Not.Zero);
        for (int i = 0; i < actual.Length; i++)
        {
            double reference = expected.Data[firstRow * expected.Width + i];
            Assert.That(actual[i], Is.EqualTo(reference).Within(Absolute + Relative * Math.Abs(reference)), expected.Name);
        }
    }
}

internal sealed record ReferenceTensor(string Name, string Type, long[] Shape, double[] Data)
{
    public int Rows => (int)Shape[0];

    public int Width => Data.Length / Rows;

    public double[] Take(int firstRow, int rows) => Data[(firstRow * Width)..((firstRow + rows) * Width)];

    public long[] ShapeOf(int rows) => [rows, .. Shape.Skip(1)];
}
