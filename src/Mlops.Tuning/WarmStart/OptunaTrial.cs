using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

namespace Mlops.Tuning;

/// <summary>A trial as Optuna keeps it.</summary>
/// <param name="number">The number.</param>
/// <param name="state">How it ended; null while it runs or waits.</param>
/// <param name="started">In microseconds, or null.</param>
/// <param name="finished">In microseconds, or null.</param>
internal sealed partial class OptunaTrial(long number, TrialState? state, long? started, long? finished)
{
    public long Number => number;

    public TrialState? State => state;

    public long? Started => started;

    public long? Finished => finished;

    public List<(string Name, double Value, string Distribution)> Parameters { get; } = [];

    public List<double> Values { get; } = [];

    public List<TrialReport> Reports { get; } = [];

    public Dictionary<string, double> Constraints { get; } = new(StringComparer.Ordinal);

    /// <summary>What of it cannot be, or null.</summary>
    public string? Fault { get; private set; }

    public void Add(long step, double value)
    {
        if (step is < 0 or > int.MaxValue)
        {
            Fault ??= string.Create(CultureInfo.InvariantCulture, $"it reports at step {step}");
            return;
        }

        Reports.Add(new TrialReport((int)step, value));
    }

    /// <summary>A list of values, or an object of them by name. Python writes what is not finite as names, which JSON does not know.</summary>
    public void ReadConstraints(string json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(NotFinite().Replace(json, static found => found.Value switch
            {
                "Infinity" => double.MaxValue.ToString("R", CultureInfo.InvariantCulture),
                "-Infinity" => double.MinValue.ToString("R", CultureInfo.InvariantCulture),
                "NaN" => "null",
                _ => found.Value,
            }));
            if (document.RootElement.ValueKind == JsonValueKind.Object)
            {
                foreach (JsonProperty constraint in document.RootElement.EnumerateObject())
                {
                    Constraints[constraint.Name] = constraint.Value.GetDouble();
                }
            }
            else if (document.RootElement.ValueKind == JsonValueKind.Array)
            {
                foreach (JsonElement constraint in document.RootElement.EnumerateArray())
                {
                    Constraints[Constraints.Count.ToString(CultureInfo.InvariantCulture)] = constraint.GetDouble();
                }
            }
        }
        catch (Exception exception) when (StoredRow.IsDamage(exception))
        {
            Constraints.Clear();
            Fault ??= "its constraints are no numbers";
        }
    }

    // Texts are matched as well, so that what they hold is left alone.
    [GeneratedRegex("""
        "(?:[^"\\]|\\.)*"|-?Infinity|NaN
        """, RegexOptions.ExplicitCapture, 1_000)]
    private static partial Regex NotFinite();
}
