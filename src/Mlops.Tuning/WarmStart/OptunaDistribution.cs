using System.Globalization;
using System.Text.Json;

namespace Mlops.Tuning;

/// <summary>Reads the distributions that Optuna stores with every parameter, those of its earlier versions included.</summary>
internal static class OptunaDistribution
{
    /// <summary>The domain of a distribution such as <c>{"name": "FloatDistribution", "attributes": {"low": 0.0, "high": 1.0, "log": false, "step": null}}</c>.</summary>
    public static ParameterDomain Read(string json)
    {
        using JsonDocument document = JsonDocument.Parse(json);
        string name = document.RootElement.GetProperty("name").GetString()!;
        JsonElement attributes = document.RootElement.GetProperty("attributes");
        return name switch
        {
            "FloatDistribution" => ParameterDomain.Real(Number(attributes, "low"), Number(attributes, "high"), IsTrue(attributes, "log"), Optional(attributes, "step")),
            "UniformDistribution" => ParameterDomain.Real(Number(attributes, "low"), Number(attributes, "high")),
            "LogUniformDistribution" => ParameterDomain.Real(Number(attributes, "low"), Number(attributes, "high"), log: true),
            "DiscreteUniformDistribution" => ParameterDomain.Real(Number(attributes, "low"), Number(attributes, "high"), step: Number(attributes, "q")),
            "IntDistribution" or "IntUniformDistribution" => Whole(attributes, IsTrue(attributes, "log")),
            "IntLogUniformDistribution" => Whole(attributes, log: true),
            "CategoricalDistribution" => ParameterDomain.Categorical([.. attributes.GetProperty("choices").EnumerateArray().Select(Label)]),
            _ => throw new NotSupportedException($"The distribution '{name}' is unknown."),
        };
    }

    private static ParameterDomain Whole(JsonElement attributes, bool log) => ParameterDomain.Whole(
        attributes.GetProperty("low").GetInt32(), attributes.GetProperty("high").GetInt32(), log, log ? 1 : (int)(Optional(attributes, "step") ?? 1));

    private static double Number(JsonElement attributes, string name) => attributes.GetProperty(name).GetDouble();

    private static double? Optional(JsonElement attributes, string name) =>
        attributes.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.Number ? value.GetDouble() : null;

    private static bool IsTrue(JsonElement attributes, string name) => attributes.TryGetProperty(name, out JsonElement value) && value.ValueKind == JsonValueKind.True;

    /// <summary>The text that <see cref="Trial.SuggestCategorical"/> stores for the same choice, so that a study can go on here.</summary>
    private static string Label(JsonElement choice) => choice.ValueKind switch
    {
        JsonValueKind.String => choice.GetString()!,
        JsonValueKind.Number when choice.TryGetInt64(out long whole) => whole.ToString(CultureInfo.InvariantCulture),
        JsonValueKind.Number => choice.GetDouble().ToString("R", CultureInfo.InvariantCulture),
        JsonValueKind.True => bool.TrueString,
        JsonValueKind.False => bool.FalseString,
        JsonValueKind.Null => "None",
        _ => throw new NotSupportedException($"The choice {choice.GetRawText()} is neither text, number, boolean nor null."),
    };
}
