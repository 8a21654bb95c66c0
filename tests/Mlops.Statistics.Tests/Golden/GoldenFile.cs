using System.Globalization;
using System.Text.Json;

namespace Mlops.Statistics.Tests;

/// <summary>The file named by MLOPS_GOLDEN, else the copy under tests/reference.</summary>
internal static class GoldenFile
{
    private static readonly Lazy<JsonDocument> Document = new(Open);

    public static JsonElement Root => Document.Value.RootElement;

    public static IEnumerable<JsonElement> Array(string name) => Root.TryGetProperty(name, out JsonElement array) ? array.EnumerateArray() : [];

    public static double Number(JsonElement element) => element.ValueKind == JsonValueKind.Number
        ? element.GetDouble()
        : element.GetString()!.ToUpperInvariant() switch
        {
            "NAN" => double.NaN,
            "INFINITY" or "INF" => double.PositiveInfinity,
            "-INFINITY" or "-INF" => double.NegativeInfinity,
            string text => double.Parse(text, CultureInfo.InvariantCulture),
        };

    public static double[] Numbers(JsonElement element) => [.. element.EnumerateArray().Select(Number)];

    private static JsonDocument Open()
    {
        string? named = Environment.GetEnvironmentVariable("MLOPS_GOLDEN");
        return JsonDocument.Parse(File.ReadAllBytes(named ?? FindCopy()));
    }

    private static string FindCopy()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            string candidate = Path.Combine(folder.FullName, "tests", "reference", "drift", "golden.json");
            if (File.Exists(candidate))
                return candidate;
        }

        throw new FileNotFoundException("tests/reference/drift/golden.json was not found above the test assembly; set MLOPS_GOLDEN.");
    }
}
