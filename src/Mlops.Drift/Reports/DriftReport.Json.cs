using System.Text.Json;

namespace Mlops.Drift;

public sealed partial record DriftReport
{
    /// <summary>The report as JSON; numbers have 12 significant digits, what is unknown is left out.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, DriftJson.Default.DriftReport);

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="DriftFormatException">The text is no report.</exception>
    public static DriftReport FromJson(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        try
        {
            return JsonSerializer.Deserialize(json, DriftJson.Default.DriftReport)
                ?? throw new DriftFormatException("Reading a drift report: the JSON is null.");
        }
        catch (JsonException exception)
        {
            throw new DriftFormatException($"Reading a drift report: {exception.Message}", exception);
        }
    }
}
