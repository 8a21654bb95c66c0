using System.Text.Json;

namespace Quickstart.Tests;

/// <summary>What numpy, scikit-learn and statsmodels computed; tests/reference/quickstart/README.md says how.</summary>
internal static class Golden
{
    public static JsonElement Root { get; } = Load();

    public static double[] Doubles(this JsonElement array) => [.. array.EnumerateArray().Select(static value => value.GetDouble())];

    private static JsonElement Load()
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "reference", "golden.json")));
        return document.RootElement.Clone();
    }
}
